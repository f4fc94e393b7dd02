"""The page of answers that could not be placed: what came, why it has no place, and another try for all of them."""

from typing import Annotated, Any, Final
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromQuery, QueryParameter, URLEncodedBody
from litestar.response import Redirect

from enrichcore.application.answers import AckStatus
from enrichcore.application.matching import redrive
from enrichcore.domain.events import CallbackUnmatched, Recorded
from runners.plain import body_text
from runners.statements import rows
from runners.web.access import name_cookie, remembered_name
from runners.web.batch_actions import LONGEST_WHY, Said, named
from runners.web.desk import BY, PAGE, Desk, TheDesk
from runners.web.history import BODY_SHOWN
from runners.web.match_page import match_handlers
from runners.web.rendering import PageNumber, Paging

#: Characters of a body that are shown.
_BODY_SHOWN: Final = 200

_Count = Annotated[int | None, QueryParameter(ge=0)]


def unmatched_handlers() -> list[Any]:
    """The handlers of this module."""
    return [unmatched, unmatched_redrive, *match_handlers()]


@get("/unmatched", sync_to_thread=True)
def unmatched(
    request: Request[Any, Any, Any],
    desk: TheDesk,
    page: PageNumber = 1,
    placed: _Count = None,
    left: _Count = None,
    item: FromQuery[UUID | None] = None,
    became: FromQuery[str] = "",
) -> Response[str]:
    """Answers that have no place, oldest first."""
    waiting = _waiting(desk)
    paging = Paging(number=page, size=PAGE, total=len(waiting))
    shown = waiting[paging.offset : paging.offset + paging.size]
    came = desk.store.events_at([(unmatched_id, 1) for unmatched_id in shown])
    return desk.page(
        "unmatched.html",
        answers=[_answer(desk, came[unmatched_id, 1]) for unmatched_id in shown],
        paging=paging,
        placed=placed,
        left=left,
        item=item,
        became=became if became in set(AckStatus) else "placed",
        name=remembered_name(request),
    )


@post("/unmatched/redrive", sync_to_thread=True)
def unmatched_redrive(desk: TheDesk, data: URLEncodedBody[Said]) -> Redirect:
    """Try to place every one again, by its own item_id."""
    why = data.why.strip()[:LONGEST_WHY]
    placed, left = redrive(desk.application, _waiting(desk), by=named(data.by, BY), why=why)
    cookies = [name_cookie(data.by)] if data.by.strip() else []
    told = {"placed": str(placed), "left": str(len(left))}
    return Redirect("/unmatched", query_params=told, status_code=303, cookies=cookies)


def _waiting(desk: Desk) -> list[UUID]:
    return [row[0] for row in rows(desk.application, "unmatched")]


def _answer(desk: Desk, recorded: Recorded) -> dict[str, Any]:
    event = recorded.event
    assert isinstance(event, CallbackUnmatched)  # noqa: S101 - what the statement selects
    client = "" if recorded.client_id is None else desk.client_name(recorded.client_id)
    # Masked before it is cut, so that no part of a secret is left at the end.
    body = desk.masked(body_text(event.body, BODY_SHOWN))
    return {
        "id": recorded.stream_id,
        "received_at": recorded.at,
        "place": " / ".join(filter(None, (client, event.workstream, event.workflow))),
        "claimed_id": desk.masked(str(event.claimed_id or "")),
        "reason": desk.masked(event.reason),
        "body": body if len(body) <= _BODY_SHOWN else f"{body[:_BODY_SHOWN]}…",
    }
