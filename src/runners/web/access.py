"""Who may see the pages and call the API.

With `[runner] api_token` set, pages ask for it once and remember it in a cookie that does not hold it; the API asks for it
on every call. Without one, pages are for this machine alone: the daemon listens on a loopback address, the browser asked
for one, and no proxy stands in between. What changes anything is taken from our own pages only.
"""

import hmac
from hashlib import sha256
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import quote, unquote, urlsplit

from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.exceptions import HTTPException
from litestar.handlers.base import BaseRouteHandler

from enrichcore.registry import Registry
from enrichcore.registry.secret import Secret

COOKIE: Final = "enrichcore_pages"
NAME: Final = "enrichcore_name"
_LONGEST_NAME: Final = 100
#: The cookie's life, in seconds: a working month.
_REMEMBERED_S: Final = 30 * 24 * 3600
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
#: What proxies add; a request that has one did not come from this machine's browser directly.
_FORWARDED: Final = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip")

Connection = ASGIConnection[Any, Any, Any, Any]


class Refused(HTTPException):
    """Not for this caller; its detail says what would help."""

    status_code = 403


class TokenNeeded(HTTPException):
    """The API asks for the token."""

    status_code = 401


class LoginNeeded(Exception):
    """The page asks for the token; the browser is sent to the form."""


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this machine alone."""
    if host.rstrip(".").lower() == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def guard_pages(connection: Connection, _: BaseRouteHandler) -> None:
    """Let people in who may see the pages.

    Raises:
        Refused: No token is configured and the request is not of this machine; or it comes from another site.
        LoginNeeded: The token was not given yet.
    """
    registry: Registry = connection.app.state.desk.registry
    token = registry.runner.api_token
    if token is None:
        _require_local(connection, registry)
    elif not hmac.compare_digest(connection.cookies.get(COOKIE, "").encode(), remembered(token).encode()):
        raise LoginNeeded
    require_same_origin(connection)


def guard_api(connection: Connection, _: BaseRouteHandler) -> None:
    """Let programs in that know the token.

    Raises:
        Refused: No token is configured, so the API is not served.
        TokenNeeded: The token is missing or wrong.
    """
    registry: Registry = connection.app.state.desk.registry
    token = registry.runner.api_token
    if token is None:
        raise Refused(detail="The API is off: set [runner] api_token in the configuration to use it.")
    bearer = connection.headers.get("authorization", "")
    if bearer[:7].lower() != "bearer " or not token.matches(bearer[7:].strip()):
        raise TokenNeeded(
            detail="The token is missing or wrong: send `Authorization: Bearer ...` with [runner] api_token."
        )


def _require_local(connection: Connection, registry: Registry) -> None:
    asked = urlsplit(f"//{connection.headers.get('host', '')}").hostname or ""
    forwarded = any(name in connection.headers for name in _FORWARDED)
    if not is_loopback(registry.runner.host) or not is_loopback(asked) or forwarded:
        raise Refused(
            detail="These pages can be reached from other machines and are not protected:"
            " set [runner] api_token in the configuration, and sign in with it."
        )


def require_same_origin(connection: Connection) -> None:
    """Refuse a change that another site's page asked for.

    Raises:
        Refused: The request changes something and its origin is not this site.
    """
    if connection.scope["method"] in _SAFE:  # type: ignore[typeddict-item] # pages are HTTP only
        return
    # A page of another site cannot set X-Forwarded-Host, so what a proxy says there may be believed.
    ours = {connection.headers.get("host"), connection.headers.get("x-forwarded-host")} - {None, ""}
    if urlsplit(connection.headers.get("origin", "")).netloc not in ours:
        raise Refused(detail="This was sent from another site, so nothing was done: use the form on our own page.")


def remembered(token: Secret) -> str:
    """What the cookie holds: proof of the token, from which it cannot be read."""
    return hmac.new(token.reveal().encode("utf-8", "surrogatepass"), b"enrichcore pages", sha256).hexdigest()


def cookie(token: Secret, connection: Connection) -> Cookie:
    """The cookie for who gave the token."""
    https = "https" in {connection.url.scheme, connection.headers.get("x-forwarded-proto", "")}
    return Cookie(
        key=COOKIE,
        value=remembered(token),
        max_age=_REMEMBERED_S,
        httponly=True,
        samesite="lax",
        secure=https,
        path="/",
    )


def name_cookie(name: str) -> Cookie:
    """The cookie that fills in a name in the next form; it proves nothing."""
    value = quote(" ".join(name.split())[:_LONGEST_NAME])
    return Cookie(key=NAME, value=value, max_age=_REMEMBERED_S, httponly=True, samesite="lax", path="/")


def remembered_name(connection: Connection) -> str:
    """The name that was given with the last form of this browser."""
    return unquote(connection.cookies.get(NAME, ""))[:_LONGEST_NAME]


def own_path(wanted: str) -> str:
    """Where to go after signing in: a path of this site, whatever was asked for."""
    plain = wanted.isprintable() and "\\" not in wanted
    return wanted if plain and wanted.startswith("/") and not wanted.startswith("//") else "/batches"
