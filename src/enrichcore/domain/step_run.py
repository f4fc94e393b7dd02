"""One step run: how events fold into its state, and the decisions about it.

Items and company runs both hold step runs and share every decision here, and those of people in `step_control`. Each
decision takes the state, says what should be recorded, and is guarded by the life cycle. A decision that finds nothing to
do returns no events: outcomes and answers may come twice, late or in any order, and none of that is an error.

Two counts are kept apart. `attempt` numbers the POSTs over all the run's life, so that each has its own idempotency key.
`tries` counts the POSTs of this generation that may have been delivered; what was surely not delivered gives its try back.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from attrs import Factory, evolve, frozen

from enrichcore.domain import events as e
from enrichcore.domain import placed, posts
from enrichcore.domain.amounts import duration_said
from enrichcore.domain.answers import Rank
from enrichcore.domain.ids import RunId, attempt_of, idempotency_key
from enrichcore.domain.life_cycle import State, arrival, require
from enrichcore.domain.pipeline import Kind, OnDoubt, Step
from enrichcore.domain.posts import Post
from enrichcore.domain.step_state import StepRun

# --- what is told ------------------------------------------------------------------------------------------------


class Outcome(StrEnum):
    """What became of a POST."""

    DELIVERED = "delivered"
    #: Surely not delivered: refused connection, 429, 503.
    NOT_DELIVERED = "not_delivered"
    #: Nobody knows: 500, 502, 504, read time-out, connection lost after bytes left.
    UNKNOWN = "unknown"
    #: This row is refused for good: 400, 413, 422.
    ROW_REFUSED = "row_refused"
    #: The whole lane is refused: 401, 402, 403, 404, 410. The row was not taken.
    LANE_REFUSED = "lane_refused"


#: Outcomes of a row that was surely not taken.
SURELY_NOT: Final = frozenset({Outcome.NOT_DELIVERED, Outcome.ROW_REFUSED, Outcome.LANE_REFUSED})


@frozen(kw_only=True)
class PostOutcome:
    """What a runner saw of one POST."""

    attempt: int
    outcome: Outcome
    reason: str = ""
    http_status: int = 0
    #: When a row that was not delivered may be tried again.
    due: datetime
    #: Hash of the URL that the row was POSTed to.
    webhook: str = ""
    #: Until when the third party asked to be left alone.
    hold: datetime | None = None
    #: Whether no connection could be made.
    unreachable: bool = False
    #: Whether the row was sent by itself, to see whether rows may leave again.
    probe: bool = False
    #: Whether the runner did not wait for the outcome, so that it tells nothing of the webhook.
    given_up: bool = False


@frozen(kw_only=True)
class Answer:
    """An answer as it came in, read and hashed, before it is placed."""

    body: bytes
    content_hash: str
    rank: Rank
    source: e.Source
    #: The attempt's token, where the sender gave one back.
    token: str = ""
    facts: Mapping[str, Any] = Factory(dict)
    credits: Decimal | None = None
    error: str = ""
    reused_from: UUID | None = None
    reused_version: int | None = None
    #: Who placed it by hand, and why.
    by: str = ""
    why: str = ""


# --- fold --------------------------------------------------------------------------------------------------------


def fold(run: StepRun, event: e.StepEvent, *, at: datetime, version: int) -> StepRun:
    """The state after `event`, which was recorded `at` as the `version`-th of its stream."""
    state, changes = arrival(run.state, event), _changes(run, event, at, version)
    booked = posts.changes(event)
    if booked.spent or booked.corrected:
        changes["spent"] = run.spent + booked.spent + booked.corrected
    if run.behind is not None and (state is not State.READY or isinstance(event, e.StepReady)):
        changes["behind"] = None
    after = evolve(run, state=state, **changes)
    return evolve(after, promised_to=()) if after.promised_to and not after.out else after


def _changes(run: StepRun, event: e.StepEvent, at: datetime, version: int) -> dict[str, Any]:
    """What an event changes besides the state."""
    match event:
        case e.StepReady():
            return {"generation": event.generation, "wake_at": event.due, "reason": ""}
        case e.StepSkipped():
            return {"wake_at": None, "reason": event.reason, "posts": posts.ended(run.posts, event.reserved, at)}
        case e.StepCompletedLocally():
            rank = Rank.DATA if event.data else Rank.EMPTY
            return {"wake_at": None, "facts": event.data, "rank": rank, "answered_at": at, "answer_version": version}
        case e.CompanyAwaited():
            return {"wake_at": None, "company_run_id": event.company_run_id}
        case e.PersonAwaited():
            return {"behind": event.item_id, "wake_at": event.due, "reason": "a row about the same person is out"}
        case e.AnswerPromised():
            return {"promised_to": (*run.promised_to, event.item_id)}
        case e.CompanyServed():
            served = {"reason": event.reason}
            if event.rank is None or (run.rank is not None and event.rank < run.rank):
                return served
            return {**served, "rank": event.rank, "answered_at": at, "answer_version": event.run_version}
        case e.StepSending():
            return {
                "attempt": event.attempt,
                "tries": run.tries + 1,
                "wake_at": event.lease_until,
                "posts": (*run.posts, Post(attempt=event.attempt, price=event.reserved)),
                "deadline": None,
                "set_aside": "",
            }
        case e.StepSent():
            delivered = posts.delivered(run.posts, event.attempt)
            return {"wake_at": event.deadline, "deadline": event.deadline, "reason": "", "posts": delivered}
        case e.SendRefused():
            left = posts.without(run.posts, event.attempt)
            return {"tries": max(run.tries - 1, 0), "wake_at": event.due, "reason": event.reason, "posts": left}
        case e.SendUnknown():
            return {"wake_at": event.deadline, "deadline": event.deadline, "reason": event.reason}
        case e.StepFailed():
            return {"wake_at": None, "reason": event.reason, "posts": posts.refused(run.posts, event, at)}
        case e.SendNoted():
            return _changes_of_note(run, event)
        case e.AnswerEvent():
            return placed.changes(run, event, at, version)
        case e.AnswerSetAside():
            return {"set_aside": event.reason}
        case e.AnswerTimedOut():
            ended = posts.ended(run.posts, event.reserved, at)
            return {"wake_at": at if event.again else None, "reason": event.reason, "posts": ended}
        case e.DoubtSettled():
            granted = run.granted + (event.by_person and event.settlement is e.Settlement.RESEND)
            deadline = event.at if event.settlement is e.Settlement.SENT else run.deadline
            return {"granted": granted, "wake_at": event.at, "deadline": deadline, "reason": event.why}
        case e.RetryRequested():
            return {
                "generation": event.generation,
                "attempts_before": run.attempt,
                "tries": 0,
                "granted": 0,
                "deadline": None,
                "set_aside": "",
                "asked_anew_at": run.asked_anew_at if event.known_will_do else at,
                "wake_at": event.due,
                "reason": event.why,
            }
        case e.StepRestored():
            reason = "" if event.delivered else "the step was cancelled before that was known"
            waited_for = posts.restored(run.posts, event)
            return {"wake_at": event.deadline, "deadline": event.deadline, "reason": reason, "posts": waited_for}
        case e.StepCancelled():
            until = event.deadline or (run.deadline if posts.waited_for(run.posts) else None)
            ended = posts.ended(run.posts, event.reserved, at)
            return {"wake_at": None, "reason": event.why, "posts": ended, "deadline": until}
    return {}


def _changes_of_note(run: StepRun, event: e.SendNoted) -> dict[str, Any]:
    if event.undelivered:
        given_back = int(event.generation == run.generation)
        gone = run.state is State.CANCELLED and event.attempt == run.attempt
        left = posts.without(run.posts, event.attempt)
        return {
            "tries": max(run.tries - given_back, 0),
            "posts": left,
            "deadline": None if gone else run.deadline,
        }
    if event.outcome == Outcome.DELIVERED:
        return {"posts": posts.delivered(run.posts, event.attempt)}
    return {}


# --- decisions ---------------------------------------------------------------------------------------------------

Decided = Sequence[e.StepEvent]


def decide_claim(
    run: StepRun,
    step: Step,
    run_id: RunId,
    *,
    now: datetime,
    lease: timedelta,
    workstream: str,
    webhook: str,
    price: Decimal,
) -> Decided:
    """Take the run for one POST; nothing when it may not leave now.

    What was launched as a local step never leaves, though its workflow may have a webhook by now.
    """
    due = run.state is State.READY and (run.wake_at or now) <= now
    if not due or step.kind is Kind.LOCAL or not may_post(run, step):
        return ()
    attempt = run.attempt + 1
    return guarded(
        run,
        e.StepSending(
            workflow=run.workflow,
            generation=run.generation,
            attempt=attempt,
            key=idempotency_key(run_id, run.workflow, run.generation, attempt),
            workstream=workstream,
            webhook=webhook,
            lease_until=now + lease,
            reserved=price,
        ),
    )


def decide_skip(run: StepRun, reason: str) -> Decided:
    """Leave a run out that is ready, because there is nothing to ask with."""
    if run.state is not State.READY:
        return ()
    return guarded(run, e.StepSkipped(workflow=run.workflow, reason=reason, **given_up(run)))


def decide_outcome(run: StepRun, step: Step, seen: PostOutcome, *, now: datetime) -> Decided:
    """Record what became of a POST, whenever that is known; what is given back is what that POST counts as.

    An outcome of another attempt than the latest, or one that comes when it can move nothing, is noted.
    """
    latest = seen.attempt == run.attempt and seen.attempt > run.attempts_before
    out = run.state in {State.SENDING, State.IN_DOUBT}
    held = posts.unheard_of(run.posts, seen.attempt)
    given_back = -posts.reserved([held] if held is not None else [])
    attempt: dict[str, Any] = {"workflow": run.workflow, "generation": run.generation, "attempt": seen.attempt}
    match seen.outcome:
        case Outcome.DELIVERED if (latest and out) or _withdraws_resend(run, seen.attempt, now):
            deadline = run.deadline or now + step.answer_within
            return guarded(run, e.StepSent(**attempt, http_status=seen.http_status, deadline=deadline))
        case Outcome.NOT_DELIVERED if latest and out:
            return guarded(
                run,
                e.SendRefused(**attempt, reason=seen.reason, due=seen.due, reserved=given_back, webhook=seen.webhook),
            )
        case Outcome.LANE_REFUSED if latest and out:
            refused = e.SendRefused(**attempt, reason=seen.reason, due=now, reserved=given_back, webhook=seen.webhook)
            ready = e.StepReady(workflow=run.workflow, generation=run.generation, due=now)
            # A timer ends a step whose answer came and was set aside.
            return guarded(run, refused) if run.set_aside else guarded(run, refused, ready)
        case Outcome.ROW_REFUSED if latest and out:
            others = run.reserved + given_back
            failed = e.StepFailed(
                workflow=run.workflow, attempt=seen.attempt, reason=seen.reason, reserved=-run.reserved, spent=others
            )
            return guarded(run, failed)
        case Outcome.UNKNOWN if latest and run.state is State.SENDING:
            return _in_doubt(run, step, seen.reason, now)
    if run.state is State.START:
        return ()
    surely_not = seen.outcome in SURELY_NOT
    counted = held.cost if surely_not and held is not None and held.cost else e.NOTHING
    return guarded(
        run,
        e.SendNoted(
            workflow=run.workflow,
            generation=run.generation if seen.attempt > run.attempts_before else run.generation - 1,
            attempt=seen.attempt,
            outcome=seen.outcome,
            reason=seen.reason,
            undelivered=surely_not and held is not None,
            reserved=given_back if surely_not else e.NOTHING,
            **posts.correcting(held, -counted),
            webhook=seen.webhook,
        ),
    )


def decide_wake(run: StepRun, step: Step, *, now: datetime) -> Decided:
    """Do what time asks for: end a lease, a wait, or a pause between attempts."""
    if run.wake_at is None or run.wake_at > now:
        return ()
    match run.state:
        case State.SENDING:
            return _in_doubt(run, step, "the runner stopped before it knew whether the row was delivered", now)
        case State.AWAITING_ANSWER | State.IN_DOUBT:
            return give_up(run, step, f"no answer within {duration_said(step.answer_within)}")
        case State.RETRY_WAIT:
            ready = e.StepReady(workflow=run.workflow, generation=run.generation, due=now)
            return guarded(run, ready, *([not_sent(run, run.set_aside)] if run.set_aside else []))
    return ()


def decide_answer(
    run: StepRun, run_id: RunId, answer: Answer, *, now: datetime, keeps_when_cancelled: bool = True
) -> Decided:
    """Place an answer: in force, revised, kept, or nothing when its content was seen before.

    Identical content settles a newer generation only when it carries that generation's token, or is reused on purpose.
    After a cancellation an answer is only kept, unless `keeps_when_cancelled` is false, as for a company run, which is no batch's.
    """
    names = dict.fromkeys([run.workflow, *(post.charged_to[1] for post in run.posts if post.charged_to is not None)])
    attempt = attempt_of(answer.token, run_id, names, generations=run.generation, attempts=run.attempt)
    of_this_generation = answer.source is e.Source.REUSE or (attempt is not None and attempt > run.attempts_before)
    cancelled = run.state is State.CANCELLED
    lacking = not keeps_when_cancelled if cancelled else placed.unanswered(run, answer.rank)
    if answer.content_hash in run.seen and not (of_this_generation and lacking):
        return ()
    content: dict[str, Any] = {
        "workflow": run.workflow,
        "body": answer.body,
        "content_hash": answer.content_hash,
        "rank": answer.rank,
        "timing": placed.timing(run, now),
        "source": answer.source,
        "generation": run.generation,
        "attempt": attempt,
        "credits": answer.credits,
        "error": answer.error,
        "reused_from": answer.reused_from,
        "reused_version": answer.reused_version,
        "by": answer.by,
        "why": answer.why,
    }
    if cancelled and keeps_when_cancelled:
        return guarded(run, posts.priced(run.posts, e.AnswerKept(**content, facts=answer.facts, serves=True)))
    if placed.outranked(run, answer.rank):
        return guarded(run, posts.priced(run.posts, e.AnswerKept(**content)))
    kind = e.AnswerRevised if run.state is State.COMPLETED else e.StepAnswered
    return guarded(run, posts.priced(run.posts, kind(**content, facts=answer.facts)))


def not_sent(run: StepRun, set_aside: str) -> e.StepFailed:
    """The end of a row that would be sent once more, whose answer came and could not be applied."""
    why = f"its answer came and was set aside ({set_aside}), so the row is not sent once more"
    return e.StepFailed(workflow=run.workflow, reason=why, reserved=-run.reserved, spent=run.reserved)


def guarded(run: StepRun, *events: e.StepEvent) -> Decided:
    """The events of a decision, each held against the life cycle.

    Raises:
        IllegalStepEvent: The life cycle has no such row.
    """
    state = run.state
    for event in events:
        require(state, event)
        state = arrival(state, event)
    return events


def give_up(run: StepRun, step: Step, reason: str, *, by: str = "") -> Decided:
    """End the wait for an answer: send once more where an attempt is left."""
    if run.set_aside:
        # What came may yet be placed: nobody asked to pay for it once more.
        again, reason = False, f"its answer came and was set aside ({run.set_aside}), {reason}"
    else:
        again = may_post(run, step)
        reason += "" if again else ", no attempt left"
    return guarded(
        run,
        e.AnswerTimedOut(
            workflow=run.workflow,
            generation=run.generation,
            attempt=run.attempt,
            again=again,
            reason=reason,
            by=by,
            **given_up(run),
        ),
    )


def given_up(run: StepRun) -> dict[str, Decimal]:
    """What is waited for no longer counts as spent."""
    return {"reserved": -run.reserved, "spent": run.reserved}


def may_post(run: StepRun, step: Step) -> bool:
    """Whether the settings of a step allow one POST more in this generation."""
    return run.tries < step.attempts + run.granted


def _withdraws_resend(run: StepRun, attempt: int, now: datetime) -> bool:
    """Whether a delivery that is known at last makes a planned resend needless."""
    planned = run.unsent and (run.deadline is None or run.deadline > now)
    return planned and attempt > run.attempts_before and posts.unheard_of(run.posts, attempt) is not None


def _in_doubt(run: StepRun, step: Step, reason: str, now: datetime) -> Decided:
    deadline = now + step.answer_within
    unknown = e.SendUnknown(
        workflow=run.workflow, generation=run.generation, attempt=run.attempt, reason=reason, deadline=deadline
    )
    if step.on_doubt is OnDoubt.RESEND and may_post(run, step) and not run.set_aside:
        why = "the step says to resend what is in doubt"
        resend = settled(run, step, e.Settlement.RESEND, now=now, by="policy", why=why, by_person=False)
        return guarded(run, unknown, resend)
    return guarded(run, unknown)


def settled(
    run: StepRun, step: Step, settlement: e.Settlement, *, now: datetime, by: str, why: str, by_person: bool
) -> e.DoubtSettled:
    """A doubt that is decided: the row is waited for until its deadline, or sent again at once."""
    wait_until = run.deadline or now + step.answer_within
    return e.DoubtSettled(
        workflow=run.workflow,
        generation=run.generation,
        attempt=run.attempt,
        settlement=settlement,
        by=by,
        why=why,
        at=wait_until if settlement is e.Settlement.SENT else now,
        by_person=by_person,
    )
