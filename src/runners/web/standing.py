"""What keeps the items of a batch, in the words of `enrichcore explain`, and where on these pages it is decided."""

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from attrs import frozen

from enrichcore.domain.batch import Batch, BatchStatus
from enrichcore.domain.life_cycle import GAPS
from runners.standing import Group, first_groups
from runners.web.desk import Desk

#: Groups that the page of a batch shows, the largest.
MOST: Final = 12

#: A command that a sentence names → what the pages call it.
_BUTTONS: Final = {"settle": "Settle doubts…", "retry": "Retry…", "resume": "Resume…"}
_DECIDED: Final = re.compile(r"`enrichcore (settle|retry|resume) ([0-9a-f-]{36})\b")
_LANE: Final = re.compile(r"`enrichcore lanes --resume ([\w-]+/[\w-]+/[\w-]+)`")


@frozen(kw_only=True)
class Place:
    """Where on the pages something is decided, or seen."""

    label: str
    #: Empty where it is a button of the page that shows this.
    address: str = ""


@frozen(kw_only=True)
class Standing:
    """Items that stand still for the same reason."""

    workflow: str
    state: str
    count: int
    #: One of them.
    item_id: UUID
    said: str
    places: tuple[Place, ...]


def standing_of(desk: Desk, batch: Batch) -> tuple[list[Standing], int]:
    """What the items of a batch wait for, or ended without, the largest group first; and how many groups are left out."""
    groups, left = first_groups(desk.application, batch, MOST)
    return [_standing(desk, batch, group) for group in groups], left


def _standing(desk: Desk, batch: Batch, group: Group) -> Standing:
    return Standing(
        workflow=group.workflow,
        state=str(group.state),
        count=group.count,
        item_id=group.ids[0],
        said=desk.masked(group.explanation),
        places=(_retried(desk, batch, group),)
        if group.state in GAPS
        else places_of(group.explanation, shown_at=batch.batch_id),
    )


def _retried(desk: Desk, batch: Batch, group: Group) -> Place:
    """Where those of a group alone are run again; a reason that repeats a secret is left out of the address."""
    reason = group.reason if desk.masked(group.reason) == group.reason else ""
    asked = urlencode(
        {
            "ended": group.state if batch.status is BatchStatus.CANCELLED else "",
            "step": group.workflow,
            "reason": reason,
        }
    )
    return Place(label=_BUTTONS["retry"], address=f"/batches/{batch.batch_id}/retry?{asked}")


def places_of(said: str, *, shown_at: UUID | None = None) -> tuple[Place, ...]:
    """Where the pages have what a sentence names: a command, a lane, a budget.

    Args:
        said: the sentence.
        shown_at: the batch whose page shows it, with buttons of its own.
    """
    return tuple(dict.fromkeys(_places(said, str(shown_at or ""))))


def _places(said: str, shown_at: str) -> Iterator[Place]:
    for command, batch_id in _DECIDED.findall(said):
        if command == "retry":
            yield Place(label=_BUTTONS[command], address=f"/batches/{batch_id}/retry")
            continue
        here = batch_id == shown_at
        yield Place(
            label=f"{_BUTTONS[command]} {'above' if here else 'at its batch'}",
            address="" if here else f"/batches/{batch_id}",
        )
    if lane := _LANE.search(said):
        yield Place(label=f"Lane {lane[1]}", address=f"/lanes/{lane[1]}")
    elif re.search(r"\b(lane|budget)\b", said):
        yield Place(label="Lanes and budgets", address="/lanes")
    if "`enrichcore unmatched" in said:
        yield Place(label="Unmatched answers", address="/unmatched")
