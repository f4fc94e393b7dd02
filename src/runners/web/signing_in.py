"""Signing in with the token and out again, and the stylesheet and scripts; open to anyone, but for signing out."""

from importlib.resources import files
from typing import Any, Final

from attrs import define
from litestar import MediaType, Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect

from runners.web.access import COOKIE, NAME, cookie, own_path, require_same_origin
from runners.web.desk import TheDesk
from runners.web.rendering import rendered

_STATIC: Final = {"style.css": MediaType.CSS, "live.js": "text/javascript", "check.js": "text/javascript"}


@define
class Credentials:
    """What the form sends."""

    token: str = ""
    next: str = "/batches"


@get("/login", include_in_schema=False, sync_to_thread=False)
def show_login(request: Request[Any, Any, Any]) -> Response[str]:
    """The form that asks for the token."""
    return rendered("login.html", next=own_path(request.query_params.get("next", "")), wrong=False)


@post("/login", include_in_schema=False, sync_to_thread=False)
def sign_in(
    request: Request[Any, Any, Any],
    desk: TheDesk,
    data: URLEncodedBody[Credentials],
) -> Response[Any]:
    """Remember the browser that gave the token."""
    require_same_origin(request)
    token, wanted = desk.registry.runner.api_token, own_path(data.next)
    if token is None:
        return Redirect(wanted, status_code=303)
    if not token.matches(data.token.strip()):
        return rendered("login.html", status_code=401, next=wanted, wrong=True)
    return Redirect(wanted, status_code=303, cookies=[cookie(token, request)])


@post("/logout", sync_to_thread=False)
def sign_out() -> Redirect:
    """Forget the token in this browser, and the name."""
    gone = [Cookie(key=key, path="/", max_age=0) for key in (COOKIE, NAME)]
    return Redirect("/login", status_code=303, cookies=gone)


@get("/static/{name:str}", include_in_schema=False, sync_to_thread=False)
def static_file(name: FromPath[str]) -> Response[bytes]:
    """The stylesheet, or the script."""
    if name not in _STATIC:
        raise NotFoundException
    content = files(__package__ or "").joinpath("static", name).read_bytes()
    return Response(content, media_type=_STATIC[name], headers={"cache-control": "no-cache"})
