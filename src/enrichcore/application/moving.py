"""Companies' rows that stand on a lane that does not send, while somebody waits for them who has a lane that does.

A company run uses the lane of the item that started it. Where that lane is stopped, is away or doubtful, is held for long, or
has left the configuration, nobody else would ever be served; so the run is handed to an item that waits for it.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

from enrichcore.application.claiming import Lanes
from enrichcore.application.core import Core
from enrichcore.application.unit import Unit
from enrichcore.domain.lane import Lane

#: Companies moved in one commit.
_PER_COMMIT: Final = 200
#: A lane that is held for longer than this is not waited for.
_PATIENCE: Final = timedelta(minutes=5)


def move_companies(core: Core, configured: Lanes, limit: int) -> int:
    """Hand companies' rows that cannot leave to items whose lane is open; how many.

    Costs two questions where there is nothing to move.
    """
    now = core.clock()
    known: dict[UUID, Lane] = {lane.lane_id: lane for lane, _ in core.store.lanes()}
    minded = {lane_id: _why_shut(known.get(lane_id), within=now + _PATIENCE) for lane_id in configured}
    kept = [lane_id for lane_id, why in minded.items() if not why]
    open_lanes = [lane_id for lane_id in kept if not _why_shut(known.get(lane_id), within=now)]
    if not open_lanes:
        return 0
    found = list(core.store.stranded(kept, open_lanes, limit).items())
    moved = 0
    for begin in range(0, len(found), _PER_COMMIT):
        part = found[begin : begin + _PER_COMMIT]
        moved += core.decided_in_parts(partial(_move, reasons=minded, open_lanes=frozenset(open_lanes)), part)
    return moved


def _why_shut(lane: Lane | None, *, within: datetime) -> str:
    """Why nothing leaves on a configured lane until after a time; empty where it may."""
    if lane is None:
        return ""
    if lane.stopped:
        return f"is stopped ({lane.stopped})"
    if lane.probed or (lane.held_until is not None and lane.held_until > within):
        return f"is held ({lane.held_for})" if lane.held_for else "is held"
    return ""


def _move(
    unit: Unit, pairs: Sequence[tuple[UUID, UUID]], *, reasons: Mapping[UUID, str], open_lanes: Collection[UUID]
) -> int:
    unit.preload(item for _, item in pairs)
    return sum(unit.hand_over(company, item, reasons=reasons, open_lanes=open_lanes) for company, item in pairs)
