"""One row for one person: of several items that would ask the same, one is sent, and the others wait for its answer.

A step waits only for a row that is out, never for one that may not leave for a long time: whatever ends that row, or takes
it back, lets those who wait go on in the same commit. Both sides record it, so that a row cannot end unseen while another
begins to wait for it. A row whose step was cancelled is out until its deadline. Whoever is to be sent once more waits as
well: the answer that comes may spare it.
"""

from datetime import datetime, timedelta
from typing import Final

from enrichcore.domain import events as e
from enrichcore.domain.ids import ItemId
from enrichcore.domain.life_cycle import State
from enrichcore.domain.pipeline import Entity, Kind, Step
from enrichcore.domain.step_run import Decided, guarded
from enrichcore.domain.step_state import StepRun

#: How long a step waits at least, also for a row whose deadline is past and is not minded now.
_LEAST: Final = timedelta(minutes=1)


def shares(step: Step) -> bool:
    """Whether a step takes answers that other items of the same person were given."""
    return step.entity is Entity.PERSON and step.kind is not Kind.LOCAL and bool(step.reuse_within)


def asks_the_same(one: Step, other: Step) -> bool:
    """Whether two steps, of whatever workstreams, bring the same kind of answer about a person."""
    return one.entity is other.entity is Entity.PERSON and one.result == other.result and other.kind is not Kind.LOCAL


def is_new(run: StepRun) -> bool:
    """Whether a run is to be sent for the first time; what was surely not delivered does not count."""
    return run.state is State.READY and run.generation == 1 and run.tries == 0


def is_out(run: StepRun, now: datetime) -> bool:
    """Whether a run's row is out, so that its answer is worth waiting for."""
    return run.out and (run.state is not State.CANCELLED or (run.deadline is not None and run.deadline > now))


def decide_wait(run: StepRun, item_id: ItemId, out: StepRun, step: Step, *, now: datetime) -> Decided:
    """Wait for the answer to another item's row, no longer than that row is waited for itself.

    Args:
        run: what would be sent.
        item_id: whose row is out.
        out: that row's run.
        step: that row's step.
        now: the time.
    """
    if run.state is not State.READY or not is_out(out, now):
        return ()
    due = max(out.deadline or now + step.answer_within, now + _LEAST)
    return guarded(run, e.PersonAwaited(workflow=run.workflow, item_id=item_id, due=due))


def decide_promise(out: StepRun, item_id: ItemId) -> Decided:
    """Remember who waits for the answer to a row that is out."""
    if item_id in out.promised_to:
        return ()
    return guarded(out, e.AnswerPromised(workflow=out.workflow, item_id=item_id))


def decide_release(run: StepRun, item_id: ItemId, *, now: datetime) -> Decided:
    """Let a step that waited for that item's row go on: to be served by the answer, or to be sent itself."""
    if run.behind != item_id:
        return ()
    return guarded(run, e.StepReady(workflow=run.workflow, generation=run.generation, due=now))
