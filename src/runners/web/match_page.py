"""The page of one answer that could not be placed: all that came, and a form that places it by hand, as `unmatched --match` does."""

import re
from typing import Any, Final
from uuid import UUID

from attrs import define
from litestar import Request, Response, get, post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect

from enrichcore.application import UnknownId
from enrichcore.application.answers import parse
from enrichcore.application.matching import CannotMatch, match, standing_answer
from enrichcore.domain.events import CallbackMatched, CallbackUnmatched, Recorded
from runners.plain import body_text
from runners.web.access import name_cookie, remembered_name
from runners.web.batch_actions import LONGEST_WHY, named
from runners.web.desk import BY, Desk, TheDesk
from runners.web.history import BODY_SHOWN
from runners.web.rendering import cell

#: Bytes of a mended body; what the receiver takes as an answer.
_LARGEST_BODY: Final = 4 * 1024 * 1024
_UUID: Final = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_WHOSE: Final = "Give the id of one item or company run, or the address of its page."


@define
class Matched:
    """Whose answer it is, as the form says."""

    by: str = ""
    why: str = ""
    #: The id of an item or company run, or the address of its page.
    item: str = ""
    #: The step that it answers; empty for the one whose address it came to.
    step: str = ""
    #: What it should have said; empty for what came.
    body: str = ""
    #: The answer that the step has already, in the words that whoever places this one was shown.
    beside: str = ""


def match_handlers() -> list[Any]:
    """The handlers of this module."""
    return [unmatched_answer, unmatched_match]


@get("/unmatched/{unmatched_id:uuid}", sync_to_thread=True)
def unmatched_answer(request: Request[Any, Any, Any], desk: TheDesk, unmatched_id: FromPath[UUID]) -> Response[str]:
    """One answer, and the form; of one that was placed, how."""
    return _shown(request, desk, unmatched_id, Matched(by=remembered_name(request)))


@post("/unmatched/{unmatched_id:uuid}/match", sync_to_thread=True)
def unmatched_match(
    request: Request[Any, Any, Any], desk: TheDesk, unmatched_id: FromPath[UUID], data: URLEncodedBody[Matched]
) -> Response[Any]:
    """Place it; what was filled in is shown again where that cannot be done."""
    whose = {UUID(found) for found in _UUID.findall(data.item)}
    body = data.body.encode("utf-8", "replace") if data.body.strip() else None
    if len(whose) != 1:
        return _shown(request, desk, unmatched_id, data, refused=_WHOSE)
    if body is not None and len(body) > _LARGEST_BODY:
        return _shown(request, desk, unmatched_id, data, refused="An answer has at most 4 MiB.")
    item_id, step = whose.pop(), data.step.strip()
    try:
        standing = standing_answer(desk.application, unmatched_id, item_id, step=step, body=body)
        if standing is not None and standing.said != data.beside:
            return _shown(request, desk, unmatched_id, data, beside=standing.said)
        why = data.why.strip()[:LONGEST_WHY]
        ack = match(desk.application, unmatched_id, item_id, by=named(data.by, BY), why=why, step=step, body=body)
    except CannotMatch as refusal:
        return _shown(request, desk, unmatched_id, data, refused=f"It cannot be placed so: {refusal}.")
    cookies = [name_cookie(data.by)] if data.by.strip() else []
    told = {"item": ack.item_id, "became": str(ack.status)}
    return Redirect("/unmatched", query_params=told, status_code=303, cookies=cookies)


def _shown(
    request: Request[Any, Any, Any],
    desk: Desk,
    unmatched_id: UUID,
    given: Matched,
    *,
    refused: str = "",
    beside: str = "",
) -> Response[str]:
    events = desk.store.stream(unmatched_id)
    came = events[0] if events else None
    if came is None or not isinstance(came.event, CallbackUnmatched):
        raise UnknownId("unmatched answer", unmatched_id)
    placed = next((one for one in events if isinstance(one.event, CallbackMatched)), None)
    return desk.page(
        "unmatched_answer.html",
        status_code=409 if refused or beside else 200,
        answer=_answer(desk, came, came.event),
        is_json=_is_json(came.event.body),
        # Those whose answers come by callback, for whoever has to name another than it came to.
        steps=sorted({workflow for stream in desk.registry.workstreams.values() for workflow in stream.lanes}),
        placed=placed,
        given=given,
        claimed=came.event.claimed_id,
        refused=desk.masked(refused),
        beside=beside,
        name=given.by or remembered_name(request),
    )


def _answer(desk: Desk, recorded: Recorded, event: CallbackUnmatched) -> dict[str, Any]:
    client = "" if recorded.client_id is None else desk.client_name(recorded.client_id)
    return {
        "id": recorded.stream_id,
        "received_at": recorded.at,
        "client": cell(client),
        "workstream": event.workstream,
        "workflow": event.workflow,
        "reason": desk.masked(event.reason),
        "body": desk.masked(body_text(event.body, BODY_SHOWN)),
    }


def _is_json(body: bytes) -> bool:
    try:
        parse(body)
    except ValueError:
        return False
    return True
