"""What people decide about batches: pause, resume, cancel, retry and settle; and how batches turn by themselves."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

from enrichcore.application.core import ITEMS_PER_COMMIT, Core
from enrichcore.application.retry_costs import is_asked_for
from enrichcore.application.reuse import AskedAgain
from enrichcore.application.unit import Unit
from enrichcore.domain import batch as batches
from enrichcore.domain import batch_item, step_control
from enrichcore.domain import events as e
from enrichcore.domain.batch import Batch, BatchStatus
from enrichcore.domain.batch_item import BatchItem
from enrichcore.domain.draft import Draft
from enrichcore.domain.ids import BatchId
from enrichcore.domain.life_cycle import State
from enrichcore.domain.step_state import StepRun

#: A batch that is not cancelled to the end by then has lost who began it: 10,000 items take seconds.
_INTERRUPTED_AFTER: Final = timedelta(seconds=60)


def pause(core: Core, batch_id: BatchId, *, by: str, why: str) -> bool:
    """Send nothing more of a batch for now; tells whether that changed anything."""
    return core.on_batch(batch_id, partial(batches.decide_pause, by=by, why=why))


def resume(core: Core, batch_id: BatchId, *, by: str, why: str) -> bool:
    """Go on with a paused batch; tells whether that changed anything."""
    return core.on_batch(batch_id, partial(batches.decide_resume, by=by, why=why))


def cancel(core: Core, batch_id: BatchId, *, by: str, why: str) -> int:
    """Stop a batch and its items, until they are retried on purpose; the number of items stopped."""
    core.on_batch(batch_id, partial(batches.decide_cancel, by=by, why=why))
    return _cancel_rest(core, batch_id, by=by, why=why)


def _cancel_rest(core: Core, batch_id: BatchId, *, by: str, why: str) -> int:
    stopped = 0
    while found := core.store.active_items(batch_id, ITEMS_PER_COMMIT):
        core.decided_in_parts(partial(_cancel_items, by=by, why=why), found)
        stopped += len(found)
    return stopped


def _cancel_items(unit: Unit, item_ids: Sequence[UUID], *, by: str, why: str) -> int:
    unit.preload(item_ids)
    for run_id in item_ids:
        item = unit.item(run_id)
        if item is not None:
            batch_item.cancel(item, unit.found_batch(item.state.batch_id)[0].pipeline, by=by, why=why)
    return len(item_ids)


def turn_batches(core: Core) -> int:
    """Finish batches whose last item ended, reopen those where one goes on, and cancel to the end; how many turned."""
    turned = 0
    for batch_id in map(BatchId, core.store.turning_batches()):
        if core.batch(batch_id)[0].status is BatchStatus.CANCELLED:
            turned += _take_over_cancelling(core, batch_id)
            continue
        active = len(core.store.active_items(batch_id))
        turned += core.on_batch(batch_id, partial(_turn, active=active))
    return turned


def _take_over_cancelling(core: Core, batch_id: BatchId) -> bool:
    """Cancel the items of a batch whose cancelling was interrupted, as whoever began it said; tells whether any were left."""
    told = [one for one in core.store.stream(batch_id) if isinstance(one.event, e.BatchCancelled)]
    if not told or core.clock() - told[-1].at < _INTERRUPTED_AFTER:
        return False
    event = told[-1].event
    assert isinstance(event, e.BatchCancelled)  # noqa: S101 - what was looked for
    return _cancel_rest(core, batch_id, by=event.by, why=event.why) > 0


def _turn(batch: Batch, active: int) -> tuple[e.Event, ...]:
    if batch.status is BatchStatus.FINISHED and active:
        return batches.decide_reopen(batch, why="an item goes on")
    return batches.decide_finish(batch, active_items=active)


def retry(
    core: Core, batch_id: BatchId, *, by: str, why: str, step: str | None, state: State | None, reason: str
) -> int:
    """Run ended steps of a batch again: those that failed or timed out, unless a state is named; how many."""
    since = core.clock()

    def decide(unit: Unit, item: Draft[BatchItem]) -> int:
        asked = [run for run in item.state.runs.values() if is_asked_for(run, step=step, state=state, reason=reason)]
        return sum(_retry(unit, item, run, by=by, why=why, force=state is not None, since=since) for run in asked)

    # Asked for explicitly, so a batch that was cancelled runs again for what is to be sent.
    return _on_items(core, batch_id, decide, reopen=None if state is None else (by, why))


def _retry(
    unit: Unit, item: Draft[BatchItem], run: StepRun, *, by: str, why: str, force: bool, since: datetime
) -> bool:
    around = unit.around(item.state)
    step = around.pipeline.step(run.workflow)
    if step is not None and batch_item.asks_company(step):
        unit.anew[item.state.item_id] = AskedAgain(since=since, known_will_do=run.state is not State.COMPLETED)
    asked = batch_item.retry(item, around, run.workflow, by=by, why=why, force=force)
    unit.carry_on(item)
    return asked


def settle(core: Core, batch_id: BatchId, settlement: e.Settlement, *, by: str, why: str, step: str | None) -> int:
    """Decide what is in doubt in a batch, or end waits for answers that are lost, its company runs included; how many."""
    since = core.clock()

    def decide(unit: Unit, item: Draft[BatchItem]) -> int:
        # A company's row may have been sent under another workflow's name; the item's own name counts here.
        asked = [run for run in item.state.open_runs if step in {None, run.workflow}]
        return sum(_settle(unit, item, run, settlement, by=by, why=why, since=since) for run in asked)

    return _on_items(core, batch_id, decide)


def _settle(
    unit: Unit, item: Draft[BatchItem], run: StepRun, settlement: e.Settlement, *, by: str, why: str, since: datetime
) -> bool:
    company = unit.company(run.company_run_id) if run.company_run_id is not None else None
    draft: Draft[Any] = item if company is None else company
    out = run if company is None else company.state.run
    pinned = unit.pinned_step(draft, out.workflow)
    if pinned is None or (out.deadline is not None and out.deadline - pinned.answer_within > since):
        # What left while this was decided about others, such as a company's row that an earlier commit let leave, is another row.
        return False
    settled = draft.emit_all(step_control.decide_settle(out, pinned, settlement, now=unit.now, by=by, why=why))
    if settled and company is None:
        # A wait that is given up may end the step.
        unit.go_on(item, run)
    return settled


def _on_items(
    core: Core,
    batch_id: BatchId,
    decide: Callable[[Unit, Draft[BatchItem]], int],
    *,
    reopen: tuple[str, str] | None = None,
) -> int:
    """Decide about every item of a batch; with `reopen`, who and why, the batch runs again if anything came of it."""
    core.batch(batch_id)

    def command(unit: Unit, item_ids: Sequence[UUID]) -> int:
        unit.preload(item_ids)
        decided = sum(decide(unit, item) for run_id in item_ids if (item := unit.item(run_id)) is not None)
        if decided and reopen is not None:
            by, why = reopen
            core.turn_in(unit, batch_id, partial(batches.decide_reopen, why=why, by=by, force=True))
        return decided

    after: UUID | None = None
    total = 0
    while found := core.store.items_of(batch_id, after, ITEMS_PER_COMMIT):
        after = found[-1]
        total += core.decided_in_parts(command, found)
    turn_batches(core)
    return total
