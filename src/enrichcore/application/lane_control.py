"""Lanes are stopped and resumed by people; what third parties say of them is recorded with the outcomes."""

from collections.abc import Callable, Iterable

from enrichcore.application.core import Core
from enrichcore.application.unit import Unit
from enrichcore.domain import events as e
from enrichcore.domain import lane as lanes
from enrichcore.domain.ids import ClientId, LaneId, lane_id
from enrichcore.domain.lane import Lane


def stop_lane(core: Core, client: str, workstream: str, workflow: str, *, by: str, why: str) -> bool:
    """Send nothing on a lane until it is resumed."""
    return _on_lane(
        core,
        *_configured(core, client, workstream, workflow),
        lambda lane: lanes.decide_stop(lane, workstream=workstream, workflow=workflow, reason=why, by=by),
    )


def resume_lane(core: Core, client: str, workstream: str, workflow: str, *, by: str, why: str) -> bool:
    """Send on a lane again."""
    return _on_lane(
        core,
        *_configured(core, client, workstream, workflow),
        lambda lane: lanes.decide_resume(lane, by=by, why=why),
    )


def _configured(core: Core, client: str, workstream: str, workflow: str) -> tuple[LaneId, ClientId]:
    core.registry.lane(client, workstream, workflow)
    owner = core.registry.client(client)
    return lane_id(owner.id, workstream, workflow), owner.id


def _on_lane(core: Core, lane: LaneId, client_id: ClientId, decide: Callable[[Lane], Iterable[e.Event]]) -> bool:
    def command(unit: Unit) -> bool:
        draft = unit.lane(lane, client_id)
        return draft.emit_all(decide(draft.state))

    return core.decided(command)
