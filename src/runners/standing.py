"""Where the items of a batch stand, those for the same reason together: what is stuck, why, and what would move it."""

from collections.abc import Sequence
from shlex import quote
from typing import Any, Final
from uuid import UUID

from attrs import frozen

from enrichcore.application import Enrichment
from enrichcore.application.explaining import explain
from enrichcore.domain.batch import Batch, BatchStatus
from enrichcore.domain.life_cycle import GAPS, State
from enrichcore.domain.pipeline import Kind
from runners.statements import rows

#: More items than a batch has.
_ALL: Final = 2**31 - 1


@frozen(kw_only=True)
class Group:
    """Items of a batch whose step stands still for the same reason."""

    workflow: str
    state: State
    #: In the words of the step, or of the company run that it waits for.
    reason: str
    #: Why one of them is not moving, and what would move it.
    explanation: str
    count: int
    #: The first of them, or all.
    ids: tuple[UUID, ...]


def groups_of(enrichment: Enrichment, batch: Batch) -> list[Group]:
    """What the items of a batch wait for, or ended without; the largest group first."""
    found = rows(enrichment, "standing", batch=batch.batch_id, ids=_ALL)
    return [_group(enrichment, batch, *row) for row in found]


def first_groups(enrichment: Enrichment, batch: Batch, most: int) -> tuple[list[Group], int]:
    """The largest of those groups, each with one item's id, and how many are left out."""
    found = rows(enrichment, "standing", batch=batch.batch_id, ids=1)
    groups = [_group(enrichment, batch, *row) for row in found[:most]]
    return groups, len(found) - len(groups)


def _group(
    enrichment: Enrichment, batch: Batch, workflow: str, in_state: str, reason: str, count: int, ids: Sequence[UUID]
) -> Group:
    state = State(in_state)
    if state in GAPS:
        step = batch.pipeline.step(workflow)
        again = "runs it again" if step is not None and step.kind is Kind.LOCAL else "sends it again"
        # The others of this step may have ended for a reason that still holds.
        because = f" --reason {quote(reason)}" if reason else ""
        named = f"--step {workflow} --state {state}{because}"
        said = f"Step {workflow} {_ENDED[state]}{reason and f' ({reason})'}; `enrichcore retry {batch.batch_id} {named}` {again}."
    else:
        said = explain(enrichment.store, enrichment.registry, ids[0], now=enrichment.now(), workflow=workflow)
    return Group(workflow=workflow, state=state, reason=reason, explanation=said, count=count, ids=tuple(ids))


_ENDED: Final = {State.FAILED: "failed", State.TIMED_OUT: "timed out"}


def sentence(enrichment: Enrichment, batch: Batch) -> str:
    """How a batch stands, in one sentence."""
    counts = enrichment.store.item_counts(batch.batch_id)
    total = sum(count for name, count in counts.items() if name not in {"gaps", "in_doubt"})
    active, said = counts.get("active", 0), f"Batch {batch.batch_id} of {total:,} items"
    match batch.status:
        case BatchStatus.PAUSED:
            how = f"is paused with {active:,} of them to go; `enrichcore resume {batch.batch_id}` moves it"
        case BatchStatus.RUNNING if not batch.filled:
            why = batch.filling_failed
            rest = (
                f"the others cannot be made ({why}), which timers try again every minute"
                if why
                else "timers complete it"
            )
            how = f"is still being made from its upload, which names {batch.item_count:,} people; {rest}"
        case BatchStatus.RUNNING if active:
            how = f"is running, with {active:,} of them to go"
        case BatchStatus.RUNNING:
            how = "has no item to go, and finishes as soon as timers look at it"
        case BatchStatus.CANCELLED if active:
            how = f"is cancelled but for {active:,}, which timers cancel within a minute or two"
        case BatchStatus.CANCELLED:
            how = f"is cancelled; `enrichcore retry {batch.batch_id} --state cancelled` takes that back"
        case _:
            gaps = f", {counts['gaps']:,} of them with gaps" if counts["gaps"] else ""
            how = f"is {batch.status}{gaps}"
    return f"{said} {how}."


def shown(group: Group) -> dict[str, Any]:
    """A group for programs."""
    return {
        "workflow": group.workflow,
        "state": str(group.state),
        "reason": group.reason,
        "count": group.count,
        "explanation": group.explanation,
        "ids": list(group.ids),
    }
