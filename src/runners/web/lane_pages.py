"""The pages of lanes: where each stands beside its client's budget; one with its history, stopped and resumed by hand."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect

from enrichcore.domain.ids import lane_id
from runners.lanes import budget_line, known_budgets, known_lanes, lane_words
from runners.web.access import name_cookie, remembered_name
from runners.web.batch_actions import LONGEST_WHY, Said, named
from runners.web.desk import BY, Desk, TheDesk

_LANE = "/lanes/{client:str}/{workstream:str}/{workflow:str}"


def lane_handlers() -> list[Any]:
    """The handlers of this module."""
    return [lanes, lane, lane_stop, lane_resume]


@get("/lanes", sync_to_thread=True)
def lanes(desk: TheDesk) -> Response[str]:
    """Every lane of the configuration, and every budget."""
    found = [_masked(desk, one) for one in known_lanes(desk.application)]
    money = [(budget_line(budget), budget["ended"]) for budget in known_budgets(desk.application)]
    return desk.page("lanes.html", lanes=found, budgets=money)


@get(_LANE, sync_to_thread=True)
def lane(
    request: Request[Any, Any, Any],
    desk: TheDesk,
    client: FromPath[str],
    workstream: FromPath[str],
    workflow: FromPath[str],
) -> Response[str]:
    """One lane, and what happened to it, the latest first."""
    key = _key(desk, client, workstream, workflow)
    found = next((one for one in known_lanes(desk.application) if one["lane_id"] == key), None)
    if found is None:
        raise NotFoundException(detail="The client has no webhook for this lane in the configuration.")
    told = [(one.at, desk.masked(lane_words(one.event))) for one in reversed(desk.store.stream(key))]
    return desk.page("lane.html", lane=_masked(desk, found), told=told, name=remembered_name(request))


@post(f"{_LANE}/stop", sync_to_thread=True)
def lane_stop(
    desk: TheDesk,
    client: FromPath[str],
    workstream: FromPath[str],
    workflow: FromPath[str],
    data: URLEncodedBody[Said],
) -> Redirect:
    """Send nothing on the lane until it is resumed."""
    why = data.why.strip()[:LONGEST_WHY] or "stopped by hand"
    desk.application.stop_lane(client, workstream, workflow, by=named(data.by, BY), why=why)
    return _back(desk, client, workstream, workflow, data.by)


@post(f"{_LANE}/resume", sync_to_thread=True)
def lane_resume(
    desk: TheDesk,
    client: FromPath[str],
    workstream: FromPath[str],
    workflow: FromPath[str],
    data: URLEncodedBody[Said],
) -> Redirect:
    """Send on the lane again."""
    why = data.why.strip()[:LONGEST_WHY]
    desk.application.resume_lane(client, workstream, workflow, by=named(data.by, BY), why=why)
    return _back(desk, client, workstream, workflow, data.by)


def _key(desk: Desk, client: str, workstream: str, workflow: str) -> UUID:
    desk.registry.lane(client, workstream, workflow)
    return lane_id(desk.registry.client(client).id, workstream, workflow)


def _masked(desk: Desk, found: dict[str, Any]) -> dict[str, Any]:
    """A lane whose reason, which third parties worded, repeats no secret."""
    return {**found, "reason": desk.masked(found["reason"])}


def _back(desk: Desk, client: str, workstream: str, workflow: str, by: str) -> Redirect:
    """To the lane, with the name remembered for the next form."""
    cookies = [name_cookie(by)] if by.strip() else []
    # As the configuration spells it, which is a known address of ours.
    slug = desk.registry.client(client).slug
    return Redirect(f"/lanes/{slug}/{workstream}/{workflow}", status_code=303, cookies=cookies)
