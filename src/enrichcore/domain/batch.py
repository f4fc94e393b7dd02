"""A batch: one launch of an upload through its workstream's pipeline.

It says whether its items may be sent. The items themselves are aggregates of their own; a batch is filled when all of
them exist, and finished when none of them is active.
"""

from datetime import datetime
from enum import StrEnum

from attrs import evolve, frozen

from enrichcore.domain import events as e
from enrichcore.domain.ids import BatchId, ClientId, UploadId
from enrichcore.domain.pipeline import Pipeline

# --- state -------------------------------------------------------------------------------------------------------


class BatchStatus(StrEnum):
    """Where a batch stands."""

    RUNNING = "running"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    FINISHED = "finished"


@frozen(kw_only=True)
class Batch:
    """The folded state of one batch."""

    batch_id: BatchId
    client_id: ClientId
    upload_id: UploadId
    workstream: str
    pipeline: Pipeline
    fingerprint: str
    item_count: int
    launched_at: datetime
    status: BatchStatus = BatchStatus.RUNNING
    #: Whether every item exists; a launch that was interrupted is filled later.
    filled: bool = False
    #: Why items that are missing could not be made when that was last tried; empty where nothing failed.
    filling_failed: str = ""

    @property
    def under_way(self) -> bool:
        """Whether its rows leave, or will once it goes on."""
        return self.status in {BatchStatus.RUNNING, BatchStatus.PAUSED}


# --- fold --------------------------------------------------------------------------------------------------------


def initial(batch_id: BatchId, client_id: ClientId, event: e.BatchLaunched, at: datetime) -> Batch:
    """The state after a batch's first event."""
    return Batch(
        batch_id=batch_id,
        client_id=client_id,
        upload_id=event.upload_id,
        workstream=event.workstream,
        pipeline=event.pipeline,
        fingerprint=event.fingerprint,
        item_count=event.item_count,
        launched_at=at,
    )


_LEADS_TO = {
    e.BatchPaused: BatchStatus.PAUSED,
    e.BatchResumed: BatchStatus.RUNNING,
    e.BatchCancelled: BatchStatus.CANCELLED,
    e.BatchFinished: BatchStatus.FINISHED,
    e.BatchReopened: BatchStatus.RUNNING,
}


def fold(batch: Batch, event: e.Event, _at: datetime, _version: int) -> Batch:
    """The state after `event`."""
    if isinstance(event, e.BatchFilled):
        return evolve(batch, filled=True, item_count=event.item_count, filling_failed="")
    if isinstance(event, e.BatchFillingFailed):
        return evolve(batch, filling_failed=event.reason)
    status = _LEADS_TO.get(type(event))
    return batch if status is None else evolve(batch, status=status)


# --- decisions ---------------------------------------------------------------------------------------------------


def decide_filling_failed(batch: Batch, *, reason: str) -> tuple[e.Event, ...]:
    """Remember why the missing items could not be made, unless that is known."""
    known = batch.filled or batch.status is BatchStatus.CANCELLED or batch.filling_failed == reason
    return () if known else (e.BatchFillingFailed(reason=reason),)


def decide_pause(batch: Batch, *, by: str, why: str) -> tuple[e.Event, ...]:
    """Hold back what has not been sent."""
    return (e.BatchPaused(by=by, why=why),) if batch.status is BatchStatus.RUNNING else ()


def decide_resume(batch: Batch, *, by: str, why: str) -> tuple[e.Event, ...]:
    """Go on after a pause."""
    return (e.BatchResumed(by=by, why=why),) if batch.status is BatchStatus.PAUSED else ()


def decide_cancel(batch: Batch, *, by: str, why: str) -> tuple[e.Event, ...]:
    """Stop; its items are cancelled with it."""
    over = {BatchStatus.CANCELLED, BatchStatus.FINISHED}
    return () if batch.status in over else (e.BatchCancelled(by=by, why=why),)


def decide_finish(batch: Batch, *, active_items: int) -> tuple[e.Event, ...]:
    """Finish with the last item."""
    over = {BatchStatus.CANCELLED, BatchStatus.FINISHED}
    return () if active_items or not batch.filled or batch.status in over else (e.BatchFinished(),)


def decide_reopen(batch: Batch, *, why: str, by: str = "", force: bool = False) -> tuple[e.Event, ...]:
    """Run again, because an item goes on; a cancelled batch only when asked for explicitly."""
    over = {BatchStatus.FINISHED, BatchStatus.CANCELLED} if force else {BatchStatus.FINISHED}
    return (e.BatchReopened(why=why, by=by),) if batch.status in over else ()
