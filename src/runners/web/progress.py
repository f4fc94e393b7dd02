"""How far batches are, counted from the inline state, so it is true at this moment."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from attrs import frozen

from enrichcore.domain.batch import Batch, BatchStatus
from enrichcore.domain.life_cycle import GAPS, State
from enrichcore.domain.pipeline import Step
from runners.web.desk import Desk, Row
from runners.web.rendering import STATE_ORDER


@frozen(kw_only=True)
class Share:
    """A part of a step's rows that are in the same state."""

    state: State
    count: int
    #: Where its part of the bar begins and how wide it is, of 100.
    start: float
    width: float


@frozen(kw_only=True)
class StepProgress:
    """One step of a batch."""

    step: Step
    shares: tuple[Share, ...]
    #: Items that have not come to this step yet.
    to_come: int


@frozen(kw_only=True)
class Again:
    """Steps of a batch that can be run again."""

    #: Empty for those that failed or timed out.
    state: str
    words: str
    count: int


@frozen(kw_only=True)
class Progress:
    """One batch."""

    batch_id: UUID
    client: str
    #: What people call the client and the workstream.
    client_label: str
    workstream: str
    workstream_label: str
    upload_id: UUID
    launched_at: datetime
    status: str
    #: Whether every item is made; how many there are then.
    filled: bool
    item_count: int
    items_total: int
    items_active: int
    items_completed: int
    items_failed: int
    items_cancelled: int
    items_with_gaps: int
    items_in_doubt: int
    #: Why items that are missing cannot be made; empty where nothing failed.
    filling_failed: str

    @property
    def ended_percent(self) -> float:
        """How many of its items have ended, in percent."""
        ended = self.items_total - self.items_active
        return round(100 * ended / self.items_total, 1) if self.items_total else 0.0

    @property
    def filling(self) -> bool:
        """Whether more items are being made."""
        return not self.filled and self.status != BatchStatus.CANCELLED


def progress_of(desk: Desk, batches: Sequence[Batch]) -> list[Progress]:
    """The batches with their counts, in the given order; one round trip."""
    rows = desk.rows("batch_progress", batches=[batch.batch_id for batch in batches])
    counts = {row["batch_id"]: row for row in rows}
    return [_progress(desk, batch, counts[batch.batch_id]) for batch in batches if batch.batch_id in counts]


def _progress(desk: Desk, batch: Batch, counts: Row) -> Progress:
    return Progress(
        batch_id=batch.batch_id,
        client=desk.client_name(batch.client_id),
        client_label=desk.client_label(batch.client_id),
        workstream=batch.workstream,
        workstream_label=desk.workstream_label(batch.workstream),
        upload_id=batch.upload_id,
        launched_at=batch.launched_at,
        status=str(batch.status),
        filled=batch.filled,
        item_count=batch.item_count,
        items_total=counts["items_total"],
        items_active=counts["items_active"],
        items_completed=counts["items_completed"],
        items_failed=counts["items_failed"],
        items_cancelled=counts["items_cancelled"],
        items_with_gaps=counts["items_with_gaps"],
        items_in_doubt=counts["items_in_doubt"],
        filling_failed=desk.masked(batch.filling_failed),
    )


def steps_of(desk: Desk, batch: Batch, total: int) -> list[StepProgress]:
    """Each step of a batch with its states, in pipeline order."""
    counted: dict[str, dict[State, int]] = {}
    for (workflow, state), count in desk.store.step_counts(batch.batch_id).items():
        counted.setdefault(workflow, {})[State(state)] = count
    return [_step(step, counted.get(step.workflow, {}), total) for step in batch.pipeline.steps]


def _step(step: Step, counts: dict[State, int], total: int) -> StepProgress:
    whole = max(total, sum(counts.values()), 1)
    shares: list[Share] = []
    start = 0.0
    for state in STATE_ORDER:
        if count := counts.get(state, 0):
            width = 100 * count / whole
            shares.append(Share(state=state, count=count, start=round(start, 3), width=round(width, 3)))
            start += width
    return StepProgress(step=step, shares=tuple(shares), to_come=max(0, total - sum(counts.values())))


def again(status: BatchStatus, steps: Iterable[StepProgress]) -> list[Again]:
    """What can be run again by hand: what gave nothing, and of a cancelled batch also what was cancelled."""
    counted: Counter[State] = Counter()
    for one in steps:
        counted.update({share.state: share.count for share in one.shares})
    if status is BatchStatus.CANCELLED:
        # Which of them is said, for that alone makes the batch run again.
        found = [Again(state=str(state), words=words, count=counted[state]) for state, words in _ENDED.items()]
    else:
        found = [Again(state="", words="failed or timed out", count=sum(counted[state] for state in GAPS))]
    return [one for one in found if one.count]


_ENDED: Final = {
    State.CANCELLED: "cancelled",
    State.FAILED: "failed",
    State.TIMED_OUT: "timed out",
}


def progress_json(progress: Progress, steps: Iterable[StepProgress] | None = None) -> dict[str, Any]:
    """A batch under the names that the command line uses."""
    told = {
        "batch_id": progress.batch_id,
        "client": progress.client,
        "workstream": progress.workstream,
        "upload_id": progress.upload_id,
        "launched_at": progress.launched_at,
        "status": progress.status,
        "filled": progress.filled,
        "item_count": progress.item_count,
        "items_total": progress.items_total,
        "items_active": progress.items_active,
        "items_completed": progress.items_completed,
        "items_failed": progress.items_failed,
        "items_cancelled": progress.items_cancelled,
        "items_with_gaps": progress.items_with_gaps,
        "items_in_doubt": progress.items_in_doubt,
    }
    if steps is not None:
        told["steps"] = [
            {"workflow": one.step.workflow, "states": {str(share.state): share.count for share in one.shares}}
            for one in steps
        ]
    return told
