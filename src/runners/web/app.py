"""The ASGI application: pages, API and metrics put together, and faults told in words.

A fault of the API is JSON with a `reason`; a fault of a page is a page. What nobody foresaw goes to the log, never to the
browser.
"""

import logging
import re
from collections.abc import Callable
from importlib.metadata import version
from typing import Any, Final

from litestar import Litestar, MediaType, Request, Response, get
from litestar.config.app import AppConfig
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.response import Redirect

from enrichcore.application import ApplicationError, CannotLaunch, Enrichment, UnknownId
from enrichcore.ingest.errors import IngestError
from enrichcore.registry import UnknownNameError
from enrichcore.store import Conflict, StoreUnavailable
from enrichcore.store.postgres import PostgresStore
from runners.masking import Masks
from runners.web.access import LoginNeeded
from runners.web.api import api
from runners.web.batch_actions import WORDS
from runners.web.desk import Desk
from runners.web.metrics import metrics
from runners.web.pages import pages
from runners.web.rendering import rendered
from runners.web.signing_in import show_login, sign_in, static_file

log = logging.getLogger("enrichcore.web")

#: Largest file that is taken, in bytes.
LARGEST_UPLOAD: Final = 512 * 1024 * 1024
#: Nothing is loaded from elsewhere, and no page is shown inside another site's.
_HEADERS: Final = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:;"
        " form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cache-control": "no-store",
}
#: The OpenAPI document's name for the token.
_TOKEN: Final = "token"  # noqa: S105 - a name, not a secret
#: The decoder's kinds of values, as people call them.
_KINDS: Final = {
    "int": "a whole number",
    "float": "a number",
    "str": "a text",
    "bool": "true or false",
    "uuid": "a uuid",
    "object": "an object",
    "array": "a list",
    "null": "nothing",
}
_NO_WORD: Final = "is none of its words"
#: What the decoder of requests says, and what it means to whoever wrote them.
_FAULTS: Final[tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...]] = (
    (re.compile(r"Object missing required field (`[^`]*`)"), r"the field \1 is missing"),
    (re.compile(r"Object contains unknown field (`[^`]*`)"), r"there is no field \1"),
    (re.compile("^'data'$"), "the body is missing"),
    (re.compile("Invalid UUID"), "this is no uuid"),
    (re.compile("Invalid enum value ('.*')"), rf"\1 {_NO_WORD}"),
    (
        re.compile("Expected `([^`]+)`, got `([^`]+)`"),
        lambda found: f"give {_kind(found[1])} and not {_kind(found[2])}",
    ),
    (re.compile("Expected `([^`]+)` >= (.+)"), lambda found: f"give {_kind(found[1])} of {found[2]} or more"),
    (re.compile("Expected `([^`]+)` <= (.+)"), lambda found: f"give {_kind(found[1])} of {found[2]} or less"),
)
#: error → status; the first that fits counts
_STATUS: Final[tuple[tuple[type[Exception], int], ...]] = (
    (UnknownId, 404),
    (UnknownNameError, 404),
    (CannotLaunch, 409),
    (ApplicationError, 409),
    (IngestError, 422),
    (Conflict, 409),
    (StoreUnavailable, 503),
)


def create_pages(application: Enrichment, store: PostgresStore, masks: Masks | None = None) -> Litestar:
    """The pages, the API and the metrics as one ASGI application; needs no lifespan events.

    Args:
        application: the use cases, with the configuration in force.
        store: the application's own store, which pages also read with SQL.
        masks: the secrets of every configuration that the process has read; those of the application's unless given.
    """
    desk = Desk(application, store, masks or Masks(application.registry))
    return Litestar(
        route_handlers=[pages(), api(), metrics, show_login, sign_in, static_file, described],
        dependencies={"desk": Provide(lambda: desk, sync_to_thread=False, use_cache=True)},
        exception_handlers={Exception: _told},
        response_headers=_HEADERS,
        request_max_body_size=LARGEST_UPLOAD,
        state=State({"desk": desk}),
        openapi_config=OpenAPIConfig(
            title="enrichcore",
            version=version("enrichcore"),
            path="/schema",
            render_plugins=[JsonRenderPlugin(path="/")],
            components=Components(security_schemes={_TOKEN: SecurityScheme(type="http", scheme="bearer")}),
            security=[{_TOKEN: []}],
            use_handler_docstrings=True,
        ),
        logging_config=None,
        on_app_init=[_quietly],
    )


@get("/openapi.json", include_in_schema=False, sync_to_thread=False)
def described(request: Request[Any, Any, Any]) -> dict[str, Any]:
    """The API's description once more, where many programs look for it first."""
    schema: dict[str, Any] = request.app.openapi_schema.to_schema()
    return schema


def _quietly(config: AppConfig) -> AppConfig:
    config.debug = False
    return config


def _told(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """The answer to a request that failed."""
    if isinstance(error, LoginNeeded):
        wanted = request.url.path if request.method == "GET" else "/batches"
        return Redirect("/login", query_params={"next": wanted}, status_code=303)
    status, reason = _status(error)
    if status >= 500 and not isinstance(error, StoreUnavailable):  # noqa: PLR2004 - server errors begin at 500
        log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    reason = request.app.state.desk.masked(reason)
    if request.url.path.startswith(("/api/", "/schema", "/openapi", "/metrics")):
        return Response({"status_code": status, "reason": reason}, status_code=status, media_type=MediaType.JSON)
    return rendered("fault.html", status_code=status, reason=reason, code=status)


def _status(error: Exception) -> tuple[int, str]:
    if isinstance(error, HTTPException):
        return error.status_code, _http_reason(error)
    for kind, status in _STATUS:
        if isinstance(error, kind):
            return status, _sentence(str(error))
    return 500, "Something went wrong on our side; the daemon's log says what."


def _http_reason(error: HTTPException) -> str:
    match error.status_code:
        case 404:
            return "There is nothing at this address." if error.detail in {"", "Not Found"} else error.detail
        case 405:
            return "This address does not take that kind of request."
        case 413:
            return f"The file is larger than {LARGEST_UPLOAD // 1024**2} MB: import it with `enrichcore upload`."
        case 500:
            return "Something went wrong on our side; the daemon's log says what."
    extra = error.extra if isinstance(error.extra, list) else []
    faults = "; ".join(
        _fault(one.get("key", ""), str(one.get("message", ""))) for one in extra if isinstance(one, dict)
    )
    return f"The request cannot be read: {faults}" if faults else _sentence(error.detail)


def _fault(key: str, message: str) -> str:
    """What is wrong with one field; the body as a whole goes by the name of the handler's argument, which nobody knows."""
    for said, meant in _FAULTS:
        message = said.sub(meant, message)
    if key in WORDS and message.endswith(_NO_WORD):
        message = f"{message}: {', '.join(WORDS[key])}"
    return message if key in {"", "data"} else f"{key}: {message}"


def _kind(told: str) -> str:
    """A kind of value, or one of several."""
    return " or ".join(_KINDS.get(one.strip(), one.strip()) for one in told.split("|"))


def _sentence(text: str) -> str:
    text = text.strip() or "This cannot be done"
    # The name of a file, or of a field, is no word that begins a sentence.
    first = text.partition(" ")[0]
    return (
        (text[0].upper() if first.isalpha() else text[0]) + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")
    )
