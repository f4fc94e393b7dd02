"""A company run: one company's way through one kind of company result, shared by every item that wants it.

It belongs to no batch; it uses the lane and settings of the item that started its present generation, and is charged to
that item's batch. Items never copy its answer: a wait that ends carries the run's id and version, so a late or revised
answer improves every lead without touching an item.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from attrs import Factory, evolve, frozen

from enrichcore.domain import events as e
from enrichcore.domain import posts, step_control
from enrichcore.domain import step_run as steps
from enrichcore.domain.answers import Rank
from enrichcore.domain.draft import Draft
from enrichcore.domain.ids import BatchId, ClientId, CompanyId, CompanyRunId, ItemId
from enrichcore.domain.life_cycle import State, require
from enrichcore.domain.pipeline import Step
from enrichcore.domain.step_state import StepRun

# --- state -------------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class CompanyRun:
    """The folded state of one company run."""

    company_run_id: CompanyRunId
    client_id: ClientId
    company_id: CompanyId
    result: str
    #: Workstream whose lane serves the present generation.
    workstream: str
    #: Settings of the present generation, pinned by its starter.
    step: Step
    #: Batch that the present generation is charged to.
    batch_id: BatchId
    #: What was known of the company when the present generation started.
    imported: Mapping[str, Any] = Factory(dict)
    run: StepRun
    #: Every (workstream, workflow) that ever asked; answers for others are not this run's.
    asked_as: frozenset[tuple[str, str]] = frozenset()


# --- fold --------------------------------------------------------------------------------------------------------


def initial(run_id: CompanyRunId, client_id: ClientId, event: e.CompanyRunStarted) -> CompanyRun:
    """The state after a company run's first event."""
    return CompanyRun(
        company_run_id=run_id,
        client_id=client_id,
        company_id=event.company_id,
        result=event.result,
        workstream=event.workstream,
        step=event.step,
        batch_id=event.batch_id,
        imported=event.facts,
        run=StepRun(workflow=event.step.workflow),
        asked_as=frozenset({(event.workstream, event.step.workflow)}),
    )


def fold(run: CompanyRun, event: e.Event, at: datetime, version: int) -> CompanyRun:
    """The state after `event`; a second start changes the lane and settings, not the history."""
    match event:
        case e.StepEvent():
            folded = steps.fold(run.run, event, at=at, version=version)
            if isinstance(event, e.StepSending):
                folded = evolve(folded, posts=posts.charged(folded.posts, run.batch_id, event.workflow))
            return evolve(run, run=folded)
        case e.CompanyRunStarted():
            return evolve(
                run,
                workstream=event.workstream,
                step=event.step,
                batch_id=event.batch_id,
                imported=event.facts,
                run=evolve(run.run, workflow=event.step.workflow),
                asked_as=run.asked_as | {(event.workstream, event.step.workflow)},
            )
    return run


# --- decisions ---------------------------------------------------------------------------------------------------


def draft(run: CompanyRun, version: int, now: datetime) -> Draft[CompanyRun]:
    """Begin a decision about a company run."""
    return Draft(run, version, fold, now)


@frozen(kw_only=True)
class Wish:
    """An item's wish to have its company asked about."""

    item_id: ItemId
    client_id: ClientId
    batch_id: BatchId
    company_id: CompanyId
    workstream: str
    step: Step
    facts: Mapping[str, Any] = Factory(dict)
    #: Why an old answer will not do, for people.
    why: str = ""


def started(wish: Wish, why: str = "") -> e.CompanyRunStarted:
    """The event that starts a company run, or a new generation of it, for a wish."""
    return e.CompanyRunStarted(
        company_id=wish.company_id,
        result=wish.step.result,
        workstream=wish.workstream,
        step=wish.step,
        facts=wish.facts,
        started_by=wish.item_id,
        batch_id=wish.batch_id,
        why=why,
    )


def begin(run_id: CompanyRunId, wish: Wish, now: datetime) -> Draft[CompanyRun]:
    """A company run that no one has asked for before."""
    event = started(wish)
    new = Draft(initial(run_id, wish.client_id, event), 1, fold, now)
    new.events.append(event)
    new.emit(e.StepReady(workflow=wish.step.workflow, generation=1, due=now))
    return new


def serves_at_once(run: CompanyRun, reuse_within: timedelta, now: datetime) -> bool:
    """Whether the run has an answer, with data or empty, that is young enough to serve a new wait.

    However a later generation ended: the answer in force is what is known of the company.
    """
    answered = run.run.answered_at
    return has_answer(run) and answered is not None and now - answered < reuse_within


def has_answer(run: CompanyRun) -> bool:
    """Whether the run is at an end, and an answer is in force, with data or empty."""
    return run.run.ended and run.run.rank in {Rank.DATA, Rank.EMPTY}


def answered_since(run: CompanyRun, since: datetime) -> bool:
    """Whether the run ended, and its answer, of whatever rank, came after that time."""
    answered = run.run.answered_at
    told = run.run.state in {State.COMPLETED, State.FAILED} or has_answer(run)
    return told and run.run.rank is not None and answered is not None and answered > since


def is_left_out(run: CompanyRun, now: datetime) -> bool:
    """Whether the run was cancelled with its last waiter while a row of it was out, whose answer may still come."""
    return bool(step_control.decide_restore(run.run, now=now, by="", why=""))


def wait_again(run: Draft[CompanyRun], item_id: ItemId) -> bool:
    """Wait for the row of a run that was left while it was out, as it was sent; tells whether there is one."""
    why = "its row is out, and an item waits for it again"
    return run.emit_all(step_control.decide_restore(run.state.run, now=run.now, by=f"item {item_id}", why=why))


def restart(run: Draft[CompanyRun], wish: Wish) -> None:
    """Ask about the company once more, with the new starter's lane and settings.

    A run under way is left alone, and a row that is out is waited for.
    """
    if not run.state.run.ended or wait_again(run, wish.item_id):
        return
    why = wish.why or "there is no answer young enough to reuse"
    run.emit(started(wish))
    run.emit_all(step_control.decide_retry(run.state.run, now=run.now, by=f"item {wish.item_id}", why=why, force=True))


def hand_over(run: Draft[CompanyRun], wish: Wish, why: str) -> bool:
    """Let a row that cannot leave on its lane leave on that of another item that waits for it; tells whether it may."""
    return may_be_handed(run.state, wish.step) and run.emit(started(wish, why))


def may_be_handed(run: CompanyRun, step: Step) -> bool:
    """Whether a row may leave with the settings of another item's step.

    Nothing of it may be out, for what comes of a POST is settled with whoever was charged, and those settings must allow one
    more.
    """
    waiting = run.run
    return waiting.state is State.READY and not posts.waited_for(waiting.posts) and steps.may_post(waiting, step)


def served(run: CompanyRun, version: int, workflow: str, *, reused: bool) -> e.CompanyServed:
    """The event that ends one item's wait, as the run ended; by what is known of its company, where that is reused.

    Raises:
        IllegalStepEvent: the run is not at an end, so it ends no wait.
    """
    ended = run.run
    state = State.COMPLETED if reused and has_answer(run) else ended.state
    event = e.CompanyServed(
        workflow=workflow,
        company_run_id=run.company_run_id,
        run_version=version,
        ended=state,
        reused=reused,
        reason=ended.reason if state is ended.state else "",
        rank=ended.rank if state in {State.COMPLETED, State.FAILED} else None,
    )
    require(State.WAITING_FOR_COMPANY, event)
    return event


def answer(run: Draft[CompanyRun], came: steps.Answer) -> None:
    """Place an answer for the company; a run that was left belongs to no batch, so it is in force there too."""
    decided = steps.decide_answer(
        run.state.run, run.state.company_run_id, came, now=run.now, keeps_when_cancelled=False
    )
    run.emit_all(decided)
