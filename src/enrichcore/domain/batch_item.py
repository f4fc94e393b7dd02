"""A batch item: one distinct person's way through the pipeline of one batch.

State is kept per step run, so an earlier step may be retried or answered late without moving the item back; `reached` is
the furthest step that the item itself has begun. Decisions end with `advance`, which carries the item on as far as it
can go without the outside world: conditions are asked, local functions called, and company steps left `ready` for
`enrichcore.domain.company_run` to join them to a company run in the same commit. A local step whose function is not at hand
stays `ready` too.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any

from attrs import Factory, evolve, frozen

from enrichcore.domain import events as e
from enrichcore.domain import local_function, step_control
from enrichcore.domain import step_run as steps
from enrichcore.domain.draft import Draft
from enrichcore.domain.ids import BatchId, ClientId, CompanyId, ItemId, PersonId
from enrichcore.domain.life_cycle import State
from enrichcore.domain.local_function import LocalFunction, LocalFunctionFailed
from enrichcore.domain.pipeline import Entity, Kind, OnFailure, Pipeline, Step
from enrichcore.domain.step_state import StepRun

# --- state -------------------------------------------------------------------------------------------------------


class ItemStatus(StrEnum):
    """Where an item stands as a whole."""

    ACTIVE = "active"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


@frozen(kw_only=True)
class BatchItem:
    """The folded state of one item."""

    item_id: ItemId
    client_id: ClientId
    batch_id: BatchId
    workstream: str
    pipeline: str
    workflows: tuple[str, ...]
    person_id: PersonId
    company_id: CompanyId | None = None
    #: What was known at launch, by imports.
    imported: Mapping[str, Any] = Factory(dict)
    status: ItemStatus = ItemStatus.ACTIVE
    #: Index of the furthest step that the item has begun; -1 before the first.
    reached: int = -1
    runs: Mapping[str, StepRun] = Factory(dict)

    def run(self, workflow: str) -> StepRun:
        """The step run of that workflow, also when it has not begun."""
        return self.runs.get(workflow) or _not_begun(workflow)

    @property
    def current(self) -> StepRun | None:
        """The step run that the item has reached."""
        return self.run(self.workflows[self.reached]) if self.reached >= 0 else None

    @property
    def gaps(self) -> tuple[str, ...]:
        """Workflows that gave nothing because they failed or timed out."""
        return tuple(workflow for workflow in self.workflows if workflow in self.runs and self.runs[workflow].is_gap)

    @property
    def in_doubt(self) -> bool:
        """Whether a POST of this item may or may not have been delivered."""
        return any(run.state is State.IN_DOUBT for run in self.runs.values())

    @property
    def open_runs(self) -> tuple[StepRun, ...]:
        """Step runs that have begun and not ended."""
        return tuple(run for run in self.runs.values() if run.open)

    def facts(self, company_facts: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """What is known: the import, then the company's answer, then this item's own steps, in pipeline order."""
        known = {**self.imported, **(company_facts or {})}
        for workflow in self.workflows:
            if workflow in self.runs:
                known.update(self.runs[workflow].facts)
        return known


# Asked for five times in an item's launch, and the same for all items.
@lru_cache(maxsize=1024)
def _not_begun(workflow: str) -> StepRun:
    return StepRun(workflow=workflow)


# --- fold --------------------------------------------------------------------------------------------------------


def initial(item_id: ItemId, client_id: ClientId, batch_id: BatchId, event: e.ItemCreated) -> BatchItem:
    """The state after an item's first event."""
    return BatchItem(
        item_id=item_id,
        client_id=client_id,
        batch_id=batch_id,
        workstream=event.workstream,
        pipeline=event.pipeline,
        workflows=event.workflows,
        person_id=event.person_id,
        company_id=event.company_id,
        imported=event.facts,
    )


def fold(item: BatchItem, event: e.Event, at: datetime, version: int) -> BatchItem:
    """The state after `event`."""
    match event:
        case e.StepEvent(workflow=workflow):
            run = steps.fold(item.run(workflow), event, at=at, version=version)
            reached = item.reached
            if isinstance(event, e.StepReady) and item.status is ItemStatus.ACTIVE:
                reached = max(reached, item.workflows.index(workflow))
            return evolve(item, runs={**item.runs, workflow: run}, reached=reached)
        case e.ItemCompleted():
            return evolve(item, status=ItemStatus.COMPLETED)
        case e.ItemFailed():
            return evolve(item, status=ItemStatus.FAILED)
        case e.ItemCancelled():
            return evolve(item, status=ItemStatus.CANCELLED)
        case e.ItemResumed():
            return evolve(item, status=ItemStatus.ACTIVE)
    return item


# --- decisions ---------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class Surroundings:
    """What an item's decision may look at besides the item."""

    pipeline: Pipeline
    #: Local functions by the name that their step gives.
    functions: Mapping[str, LocalFunction] = Factory(dict)
    #: Company facts from the company runs that served this item.
    company_facts: Mapping[str, Any] = Factory(dict)
    #: Whether an ended item may go on by itself; False where its batch is cancelled, for then nothing would move it.
    may_resume: bool = True


def draft(item: BatchItem, version: int, now: datetime) -> Draft[BatchItem]:
    """Begin a decision about an item."""
    return Draft(item, version, fold, now)


def advance(item: Draft[BatchItem], around: Surroundings) -> None:
    """Carry the item on until it needs the outside world or ends.

    Stops at a company step in `ready`: the caller joins it to a company run (`needs_company_run`), after which this is
    called again. An item ends, either way, only when none of its step runs is open.
    """
    while item.state.status is ItemStatus.ACTIVE:
        run = item.state.current
        if run is not None and run.state is State.READY and _settle_at_once(item, run, around):
            continue
        if run is not None and run.open:
            return
        stopped = _stopped_by(item.state, around.pipeline)
        if stopped is None and _begin_next(item):
            continue
        if not item.state.open_runs:
            item.emit(_end(item.state, stopped))
        return


def call_functions(item: Draft[BatchItem], around: Surroundings) -> None:
    """Call the local functions that were not at hand when their steps' turn came, and carry the item on."""
    for run in item.state.open_runs:
        step = around.pipeline.step(run.workflow)
        if run.state is State.READY and step is not None and step.kind is Kind.LOCAL:
            _settle_at_once(item, run, around)
    advance(item, around)


def needs_company_run(item: BatchItem, pipeline: Pipeline) -> tuple[StepRun, Step] | None:
    """The step that is to be joined to a company run before the commit, if there is one."""
    for run in item.open_runs:
        step = pipeline.step(run.workflow)
        if run.state is State.READY and step is not None and asks_company(step) and item.company_id is not None:
            return run, step
    return None


def asks_company(step: Step) -> bool:
    """Whether a step is served by a company run."""
    return step.entity is Entity.COMPANY and step.kind is not Kind.LOCAL


def go_on(item: Draft[BatchItem], around: Surroundings, *, before: StepRun) -> None:
    """After something came for a step: resume the item if its failure had stopped it, and carry it on."""
    after = item.state.run(before.workflow)
    mended = before.is_gap and after.state is State.COMPLETED and _stopped_by(item.state, around.pipeline) is None
    if item.state.status is ItemStatus.FAILED and mended and around.may_resume:
        item.emit(e.ItemResumed(why=f"a good answer came for {after.workflow}"))
    advance(item, around)


def answer(item: Draft[BatchItem], around: Surroundings, workflow: str, came: steps.Answer) -> None:
    """Place an answer for one of the item's steps, reached or not."""
    before = item.state.run(workflow)
    if item.state.status is ItemStatus.CANCELLED and not before.ended:
        # A cancelled item has no use for a step that it never began: the answer is kept beside it.
        item.emit(
            e.StepReady(workflow=workflow, generation=1, due=item.now),
            e.StepCancelled(workflow=workflow, by="item", why="the item was cancelled before this step"),
        )
        before = item.state.run(workflow)
    item.emit_all(steps.decide_answer(before, item.state.item_id, came, now=item.now))
    go_on(item, around, before=before)


def retry(
    item: Draft[BatchItem], around: Surroundings, workflow: str, *, by: str, why: str, force: bool = False
) -> bool:
    """Run an ended step again; tells whether anything was asked for. What was cancelled goes on only when forced.

    A cancelled step whose row is still out is waited for again, not sent again.
    """
    status = item.state.status
    over = status is ItemStatus.CANCELLED or (status is not ItemStatus.ACTIVE and not around.may_resume)
    if over and not force:
        return False
    before, now = item.state.run(workflow), item.now
    restored = step_control.decide_restore(before, now=now, by=by, why=why)
    if not item.emit_all(restored or step_control.decide_retry(before, now=now, by=by, why=why, force=force)):
        return False
    if item.state.status is not ItemStatus.ACTIVE:
        item.emit(e.ItemResumed(why=f"{workflow} is to run again: {why}"))
    if (run := item.state.run(workflow)).state is State.READY:
        _settle_at_once(item, run, around)
    advance(item, around)
    return True


def cancel(item: Draft[BatchItem], pipeline: Pipeline, *, by: str, why: str) -> bool:
    """Stop the item and every step of it that has not ended."""
    if item.state.status is not ItemStatus.ACTIVE:
        return False
    for run in item.state.open_runs:
        item.emit_all(step_control.decide_cancel(run, pipeline.step(run.workflow), now=item.now, by=by, why=why))
    return item.emit(e.ItemCancelled(by=by, why=why))


def _end(item: BatchItem, stopped: StepRun | None) -> e.Event:
    if stopped is None:
        return e.ItemCompleted(gaps=item.gaps)
    return e.ItemFailed(workflow=stopped.workflow, reason=stopped.reason or stopped.state)


def _begin_next(item: Draft[BatchItem]) -> bool:
    """Begin the next step that has not ended already by an early answer."""
    for workflow in item.state.workflows[item.state.reached + 1 :]:
        run = item.state.run(workflow)
        if run.open:
            # A person retried it after an early answer: it is under way before its turn.
            return False
        if not run.ended:
            return item.emit(e.StepReady(workflow=workflow, generation=run.generation, due=item.now))
    return False


def _stopped_by(item: BatchItem, pipeline: Pipeline) -> StepRun | None:
    """The failure that keeps the item from its next step: of the step that it reached, or of one answered early."""
    for workflow in item.workflows[max(item.reached, 0) :]:
        run = item.run(workflow)
        if not run.ended:
            return None
        if _stops(run, pipeline):
            return run
    return None


def _stops(run: StepRun, pipeline: Pipeline) -> bool:
    step = pipeline.step(run.workflow)
    return run.is_gap and step is not None and step.on_failure is OnFailure.STOP


def _settle_at_once(item: Draft[BatchItem], run: StepRun, around: Surroundings) -> bool:
    """End a ready step that needs nobody outside: unwanted, nothing to ask with, or local."""
    step = around.pipeline.step(run.workflow)
    if step is None:
        return item.emit(e.StepSkipped(workflow=run.workflow, reason="the pipeline has no such step"))
    if run.attempt > 0 and (run.tries or run.generation > 1):
        # Something of it was out, or a person wants it again. What was only put off is wanted as little as what was never tried.
        return False
    facts = item.state.facts(around.company_facts)
    if step.when is not None and not step.when.holds(facts):
        return item.emit(e.StepSkipped(workflow=run.workflow, reason=f"not wanted: {_denied(step)}"))
    if step.kind is Kind.LOCAL:
        return _call(item, step, around.functions, facts)
    if asks_company(step) and item.state.company_id is None:
        return item.emit(e.StepSkipped(workflow=run.workflow, reason="no company is known for this person"))
    return False


def _denied(step: Step) -> str:
    assert step.when is not None  # noqa: S101 - asked only for a step that has a condition
    return f"the step runs only when {step.when}"


def _call(item: Draft[BatchItem], step: Step, functions: Mapping[str, LocalFunction], facts: Mapping[str, Any]) -> bool:
    """Call a step's function; where it is not at hand the step stays ready, for a process that has it."""
    function = functions.get(step.function)
    if function is None:
        return False
    try:
        data = local_function.call(step.function, function, facts)
    except LocalFunctionFailed as failure:
        return item.emit(e.StepFailed(workflow=step.workflow, reason=str(failure)))
    return item.emit(e.StepCompletedLocally(workflow=step.workflow, data=data))
