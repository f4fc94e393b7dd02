"""How fast rows leave: at the pace that the lanes of a group share, and at their lane's own where that is slower.

A group goes at the highest rate and burst of its lanes, whoever asks. A lane that is slower has a bucket of its own besides; were
the shared one filled at its rate instead, its neighbours would go slower because of it, and it faster because of them.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import TypeVar
from uuid import uuid5

from enrichcore.application.sending import Pace
from enrichcore.domain.ids import NAMESPACE
from enrichcore.registry import LaneSettings
from enrichcore.store.commit import Claims

L = TypeVar("L")


def paces_of(lanes: Mapping[L, LaneSettings]) -> dict[L, tuple[Pace, ...]]:
    """The paces that each lane's rows keep to: its group's, and its own where that is slower."""
    by_group = sorted(lanes, key=lambda lane: lanes[lane].pace_group)
    found: dict[L, tuple[Pace, ...]] = {}
    for group, members in groupby(by_group, key=lambda lane: lanes[lane].pace_group):
        own = {lane: Pace(group=f"{group}/{lane}", rate=lanes[lane].rate, burst=lanes[lane].burst) for lane in members}
        rate, burst = max(pace.rate for pace in own.values()), max(pace.burst for pace in own.values())
        shared = Pace(group=group, rate=rate, burst=burst)
        for lane, pace in own.items():
            found[lane] = (shared,) if (pace.rate, pace.burst) == (rate, burst) else (shared, pace)
    return found


def take(claims: Claims, paces: Sequence[Pace], wanted: int, now: datetime) -> int:
    """Take up to `wanted` tokens from the bucket of each pace, as many from one as from the other; how many.

    With none wanted it locks the buckets, in the same order for all lanes of a group.
    """
    taken: list[int] = []
    for pace in paces:
        wanted = _take(claims, pace, wanted, now)
        taken.append(wanted)
    # The last bucket had the fewest: the others have what is too many given back.
    for pace, count in zip(paces, taken, strict=True):
        if count > wanted:
            _take(claims, pace, wanted - count, now)
    return wanted


def _take(claims: Claims, pace: Pace, wanted: int, now: datetime) -> int:
    return claims.take_tokens(uuid5(NAMESPACE, f"pace/{pace.group}"), wanted, rate=pace.rate, burst=pace.burst, now=now)
