"""What people decide about one step run: a doubt, a wait, another run, an end, and that they did not mean that end.

An answer that could not be applied is set aside for them.
"""

from datetime import datetime

from enrichcore.domain import events as e
from enrichcore.domain import posts
from enrichcore.domain.answers import Rank
from enrichcore.domain.life_cycle import UNDER_WAY, UNSENT, State
from enrichcore.domain.pipeline import Step
from enrichcore.domain.posts import Heard
from enrichcore.domain.step_run import Decided, give_up, given_up, guarded, not_sent, settled
from enrichcore.domain.step_state import StepRun


def decide_settle(run: StepRun, step: Step, settlement: e.Settlement, *, now: datetime, by: str, why: str) -> Decided:
    """Let a person decide a doubt about delivery, or that an answer will not come.

    A wait that is given up ends as it would at its deadline; an answer that comes all the same counts.
    """
    if settlement is e.Settlement.LOST and run.state in {State.AWAITING_ANSWER, State.IN_DOUBT}:
        return give_up(run, step, f"given up before its deadline: {why}", by=by)
    if settlement is e.Settlement.LOST or run.state is not State.IN_DOUBT:
        return ()
    return guarded(run, settled(run, step, settlement, now=now, by=by, why=why, by_person=True))


def decide_retry(run: StepRun, *, now: datetime, by: str, why: str, force: bool = False) -> Decided:
    """Run an ended step once more; completed data and cancelled steps only when asked for explicitly."""
    if not run.ended:
        return ()
    kept = run.state is State.CANCELLED or (run.state is State.COMPLETED and run.rank is Rank.DATA)
    if kept and not force:
        return ()
    again = e.RetryRequested(
        workflow=run.workflow,
        generation=run.generation + 1,
        due=now,
        by=by,
        why=why,
        known_will_do=run.state is not State.COMPLETED,
    )
    return guarded(run, again)


def decide_restore(run: StepRun, *, now: datetime, by: str, why: str) -> Decided:
    """Take a cancellation back while the step's row is still out: its answer is waited for, and nothing is sent again.

    Nothing where the row is not out: `decide_retry` runs such a step again.
    """
    out = max(
        (post for post in run.posts if post.heard is not Heard.ANSWERED), key=lambda post: post.attempt, default=None
    )
    if run.state is not State.CANCELLED or run.deadline is None or run.deadline <= now or out is None:
        return ()
    counted = out.cost or e.NOTHING
    restored = e.StepRestored(
        workflow=run.workflow,
        generation=run.generation,
        attempt=out.attempt,
        delivered=out.heard is Heard.DELIVERED,
        deadline=run.deadline,
        by=by,
        why=why,
        reserved=counted,
        **posts.correcting(out, -counted),
    )
    return guarded(run, restored)


def decide_cancel(run: StepRun, step: Step | None, *, now: datetime, by: str, why: str) -> Decided:
    """Stop a step that has not ended; where its row is out, it is kept until when the answer may come."""
    if not run.open:
        return ()
    until = now + step.answer_within if run.state is State.SENDING and step is not None else run.deadline
    deadline = until if posts.waited_for(run.posts) else None
    return guarded(run, e.StepCancelled(workflow=run.workflow, by=by, why=why, deadline=deadline, **given_up(run)))


def decide_set_aside(run: StepRun, reason: str, *, now: datetime) -> Decided:
    """Note that the answer to a row that is out came, and could not be applied; one that is to leave once more does not leave.

    What a person wants sent again is sent all the same.
    """
    if run.state in UNDER_WAY and not run.set_aside:
        return guarded(run, e.AnswerSetAside(workflow=run.workflow, reason=reason))
    if run.state in UNSENT and run.tries and not run.granted:
        ready = e.StepReady(workflow=run.workflow, generation=run.generation, due=now)
        return guarded(run, *([] if run.state is State.READY else [ready]), not_sent(run, reason))
    return ()
