"""Sending one step run: claims, what became of each POST, doubts and deadlines, decision by decision."""

from datetime import timedelta
from decimal import Decimal

import pytest

from enrichcore.domain import events as e
from enrichcore.domain import step_control
from enrichcore.domain import step_run as steps
from enrichcore.domain.ids import idempotency_key
from enrichcore.domain.life_cycle import ENDS, State
from enrichcore.domain.pipeline import OnDoubt
from enrichcore.domain.step_run import Outcome
from tests.unit.domain.scenes import HOURS, ITEM, LEASE, NOW, RunScene, names, scene

BEGUN = sorted(set(State) - {State.START})

# --- claims ------------------------------------------------------------------------------------------------------


def test_a_claim_makes_the_attempt_durable_before_any_byte_leaves():
    """It numbers the attempt, gives it its own key, leases it to the runner, and reserves its price."""
    told = scene(State.READY)
    (sending,) = told.claim(price=2)
    assert sending == e.StepSending(
        workflow="enrich_person",
        generation=1,
        attempt=1,
        key=idempotency_key(ITEM, "enrich_person", 1, 1),
        workstream="crm_data",
        webhook="hash",
        lease_until=NOW + LEASE,
        reserved=Decimal(2),
    )
    assert (told.run.state, told.run.reserved, told.run.wake_at) == (State.SENDING, 2, NOW + LEASE)


@pytest.mark.parametrize("state", sorted(set(State) - {State.READY}))
def test_only_a_ready_run_can_be_claimed(state):
    """A claim that finds the run in another state takes nothing."""
    assert scene(state).claim() == ()


def test_a_run_that_is_not_due_cannot_be_claimed():
    """Due times hold back to the moment, and not a moment longer."""
    told = RunScene()
    told.record([e.StepReady(workflow="enrich_person", generation=1, due=NOW + HOURS)])
    assert told.claim() == ()
    told.now += HOURS
    assert names(told.claim()) == ["StepSending"]


def test_every_attempt_has_its_own_key():
    """No two POSTs share an idempotency key, in whatever generation."""
    told = scene(State.TIMED_OUT)
    told.retry()
    told.claim()
    told.outcome(Outcome.NOT_DELIVERED)
    told.pass_time()
    told.claim()
    sent = [event for event in told.log if isinstance(event, e.StepSending)]
    assert [(event.generation, event.attempt) for event in sent] == [(1, 1), (2, 2), (2, 3)]
    assert len({event.key for event in sent}) == 3


# --- outcomes of a POST ------------------------------------------------------------------------------------------

#: (state, outcome of the latest POST) → what is recorded, and where the run stands then.
OF_THE_LATEST = {
    (State.SENDING, Outcome.DELIVERED): (["StepSent"], State.AWAITING_ANSWER),
    (State.SENDING, Outcome.NOT_DELIVERED): (["SendRefused"], State.RETRY_WAIT),
    (State.SENDING, Outcome.UNKNOWN): (["SendUnknown"], State.IN_DOUBT),
    (State.SENDING, Outcome.ROW_REFUSED): (["StepFailed"], State.FAILED),
    (State.SENDING, Outcome.LANE_REFUSED): (["SendRefused", "StepReady"], State.READY),
    (State.IN_DOUBT, Outcome.DELIVERED): (["StepSent"], State.AWAITING_ANSWER),
    (State.IN_DOUBT, Outcome.NOT_DELIVERED): (["SendRefused"], State.RETRY_WAIT),
    (State.IN_DOUBT, Outcome.UNKNOWN): (["SendNoted"], State.IN_DOUBT),
    (State.IN_DOUBT, Outcome.ROW_REFUSED): (["StepFailed"], State.FAILED),
    (State.IN_DOUBT, Outcome.LANE_REFUSED): (["SendRefused", "StepReady"], State.READY),
}


@pytest.mark.parametrize("outcome", Outcome)
@pytest.mark.parametrize("state", BEGUN)
def test_an_outcome_moves_a_run_that_is_out_and_is_noted_elsewhere(state, outcome):
    """Every outcome in every state: the table above, and a note wherever it can change nothing."""
    told = scene(state)
    came = told.outcome(outcome)
    assert (names(came), told.run.state) == OF_THE_LATEST.get((state, outcome), (["SendNoted"], state))


def test_an_outcome_for_a_run_that_never_began_is_nothing():
    """There is nothing to note it on."""
    assert scene(State.START).outcome(Outcome.DELIVERED) == ()


@pytest.mark.parametrize("outcome", [Outcome.NOT_DELIVERED, Outcome.LANE_REFUSED])
def test_what_was_surely_not_delivered_costs_no_attempt_and_no_credit(outcome):
    """With one attempt, a row may be refused at the door any number of times and still be sent."""
    told = scene(State.READY, attempts=1)
    for _ in range(5):
        told.claim(price=3)
        told.outcome(outcome)
        assert (told.run.tries, told.run.reserved) == (0, 0)
        told.pass_time()
    assert told.run.state is State.READY


def test_a_row_refused_for_good_gives_its_credits_back():
    """The provider said no to this row, so nothing was spent."""
    told = scene(State.FAILED)
    assert (told.run.reserved, told.run.spent, told.run.reason) == (0, 0, "was row_refused")


def test_a_refusal_waits_until_it_is_due():
    """The pause that the third party asked for is the run's due time."""
    told = scene(State.RETRY_WAIT)
    assert told.run.wake_at == NOW + HOURS
    assert told.wake(HOURS - timedelta(microseconds=1)) == ()
    assert names(told.wake(timedelta(microseconds=1))) == ["StepReady"]


def test_a_refusal_that_is_told_twice_gives_back_only_once():
    """A doubled report neither returns a second attempt nor a second reserve."""
    told = scene(State.IN_DOUBT, attempts=2)
    told.settle(e.Settlement.RESEND)
    told.claim()
    told.outcome(Outcome.NOT_DELIVERED, attempt=1)
    told.outcome(Outcome.NOT_DELIVERED, attempt=1)
    assert (told.run.tries, told.run.reserved) == (1, 1)
    assert [event.undelivered for event in told.log if isinstance(event, e.SendNoted)] == [True, False]


def test_a_doubled_refusal_of_an_earlier_post_does_not_pay_for_a_later_one():
    """A late second report of the first POST leaves the second one's attempt and credits alone."""
    told = scene(State.RETRY_WAIT)
    told.pass_time()
    told.claim()
    told.outcome(Outcome.NOT_DELIVERED, attempt=1)
    told.outcome(Outcome.UNKNOWN, attempt=2)
    assert (told.run.state, told.run.tries, told.run.reserved) == (State.IN_DOUBT, 1, 1)


def test_what_is_given_back_is_what_was_reserved():
    """Each POST gives back its own price, also when the next was claimed at another."""
    told = scene(State.READY)
    for price in (3, 5):
        told.claim(price=price)
        assert told.run.reserved == price
        told.outcome(Outcome.NOT_DELIVERED)
        assert told.run.reserved == 0
        told.wake()


def test_the_first_certain_word_on_a_post_counts():
    """A delivery that is known is not taken back by a contradicting report."""
    told = scene(State.AWAITING_ANSWER)
    told.outcome(Outcome.NOT_DELIVERED)
    assert (told.run.state, told.run.tries, told.run.reserved) == (State.AWAITING_ANSWER, 1, 1)


def test_a_delivery_that_is_known_at_last_withdraws_the_planned_resend():
    """A resend that has not gone out yet is not needed, and the first POST's deadline still holds."""
    told = scene(State.IN_DOUBT)
    deadline = told.run.deadline
    told.settle(e.Settlement.RESEND)
    told.now += HOURS
    (sent,) = told.outcome(Outcome.DELIVERED, attempt=1)
    assert (told.run.state, sent.deadline) == (State.AWAITING_ANSWER, deadline)


def test_a_delivery_known_at_last_withdraws_a_resend_that_was_refused_at_the_door():
    """Also when the resend was tried and not taken, the first POST is out and its answer is waited for."""
    told = scene(State.IN_DOUBT)
    told.settle(e.Settlement.RESEND)
    told.claim()
    told.outcome(Outcome.NOT_DELIVERED, attempt=2, due=NOW + HOURS)
    (sent,) = told.outcome(Outcome.DELIVERED, attempt=1)
    assert (sent.attempt, sent.deadline) == (1, NOW + 6 * HOURS)
    assert told.run.state is State.AWAITING_ANSWER


def test_a_delivery_known_after_its_deadline_does_not_withdraw_the_resend():
    """Its wait was given in full already."""
    told = scene(State.IN_DOUBT, attempts=2)
    told.pass_time()
    assert names(told.outcome(Outcome.DELIVERED, attempt=1)) == ["SendNoted"]
    assert told.run.state is State.READY


def test_a_delivery_of_an_earlier_generation_is_only_noted():
    """A retry was asked for; what an old POST did does not withdraw it."""
    told = scene(State.CANCELLED)
    told.retry(force=True)
    (noted,) = told.outcome(Outcome.DELIVERED, attempt=1)
    assert (names([noted]), noted.generation, told.run.state) == (["SendNoted"], 1, State.READY)


def test_a_cancelled_post_gives_its_credits_back_when_it_was_not_delivered():
    """The outcome comes after the end, and still keeps the money right."""
    told = scene(State.CANCELLED)
    told.now += 30 * HOURS
    (noted,) = told.outcome(Outcome.NOT_DELIVERED)
    assert (noted.reserved, noted.corrected, noted.corrected_on) == (0, -1, NOW.date())
    assert (told.run.reserved, told.run.spent) == (0, 0)


def test_an_old_refusal_gives_back_its_own_credits_in_a_new_generation_but_no_attempt():
    """The cost is the old POST's; the attempts are the new generation's."""
    told = scene(State.CANCELLED)
    told.retry(force=True)
    told.claim(price=5)
    told.outcome(Outcome.NOT_DELIVERED, attempt=1)
    assert (told.run.tries, told.run.reserved, told.run.spent) == (1, 5, 0)


# --- doubt -------------------------------------------------------------------------------------------------------


def test_a_lease_that_runs_out_puts_the_row_in_doubt():
    """Nobody knows whether the bytes left; the deadline runs."""
    told = scene(State.SENDING)
    assert told.wake(LEASE - timedelta(microseconds=1)) == ()
    (unknown,) = told.wake(timedelta(microseconds=1))
    assert (names([unknown]), unknown.deadline) == (["SendUnknown"], NOW + LEASE + 6 * HOURS)


def test_by_default_a_doubt_is_never_resent_silently():
    """`on_doubt = "wait"` waits for the answer until the deadline, even with attempts left."""
    told = scene(State.IN_DOUBT, attempts=3)
    assert told.wake(6 * HOURS - timedelta(microseconds=1)) == ()
    assert told.run.state is State.IN_DOUBT


def test_the_policy_resends_at_once_while_an_attempt_is_left():
    """`on_doubt = "resend"` spends an attempt for each doubt, and the last one waits."""
    told = scene(State.READY, attempts=2, on_doubt=OnDoubt.RESEND)
    told.claim()
    assert names(told.outcome(Outcome.UNKNOWN)) == ["SendUnknown", "DoubtSettled"]
    assert told.run.state is State.READY
    told.claim()
    assert names(told.outcome(Outcome.UNKNOWN)) == ["SendUnknown"]
    assert told.run.state is State.IN_DOUBT


def test_a_person_may_settle_a_doubt_as_sent():
    """The answer is then awaited until the deadline that ran already."""
    told = scene(State.IN_DOUBT)
    deadline = told.run.deadline
    told.now += HOURS
    (settled,) = told.settle(e.Settlement.SENT)
    assert (told.run.state, told.run.wake_at, settled.by_person) == (State.AWAITING_ANSWER, deadline, True)


def test_a_person_may_have_a_doubt_sent_again_beyond_the_attempts():
    """The decision is one more POST than `attempts` allows, and only one."""
    told = scene(State.IN_DOUBT, attempts=1)
    told.settle(e.Settlement.RESEND)
    assert names(told.claim()) == ["StepSending"]
    told.outcome(Outcome.UNKNOWN)
    assert names(told.pass_time()) == ["AnswerTimedOut"]
    assert told.run.state is State.TIMED_OUT


def test_a_step_that_timed_out_says_in_words_how_long_it_was_waited_for():
    """People read the reason on pages and in `explain`, and retry by it."""
    assert (
        scene(State.TIMED_OUT, answer_within=timedelta(hours=2)).run.reason
        == "no answer within 2 hours, no attempt left"
    )


@pytest.mark.parametrize("settlement", e.Settlement)
@pytest.mark.parametrize("state", sorted(set(State) - {State.IN_DOUBT}))
def test_only_a_doubt_can_be_settled(state, settlement):
    """Elsewhere the decision finds nothing to do, but that the answer to a row that was delivered may be given up."""
    waits = settlement is e.Settlement.LOST and state is State.AWAITING_ANSWER
    assert names(scene(state).settle(settlement)) == (["AnswerTimedOut"] if waits else [])


@pytest.mark.parametrize("state", [State.AWAITING_ANSWER, State.IN_DOUBT])
@pytest.mark.parametrize(("attempts", "then"), [(1, State.TIMED_OUT), (2, State.READY)])
def test_a_wait_that_a_person_gives_up_ends_as_its_deadline_would(state, attempts, then):
    """With who gave it up, and why."""
    told = scene(state, attempts=attempts)
    (ended,) = told.settle(e.Settlement.LOST)
    assert (ended.by, told.run.state, told.run.reserved, told.run.spent) == ("ann", then, 0, 1)
    assert ended.reason.startswith("given up before its deadline: as she said")


def test_a_cancelled_step_is_taken_back_while_its_row_is_out():
    """As it was, deadline and credits included; later it can only run again."""
    told = scene(State.AWAITING_ANSWER)
    before = told.run
    told.cancel()
    assert names(told.restore()) == ["StepRestored"]
    assert told.run == before
    told.cancel()
    told.now += 6 * HOURS
    assert told.restore() == ()


@pytest.mark.parametrize("price", [0, 1])
def test_a_cancelled_step_is_taken_back_each_time(price):
    """Its row is out after the second cancellation as it was after the first, whatever it costs."""
    told = scene(State.READY)
    told.claim(price=price)
    told.outcome(Outcome.DELIVERED)
    before = told.run
    for _ in range(2):
        told.cancel()
        assert told.run.out
        assert names(told.restore()) == ["StepRestored"]
        assert told.run == before


# --- time --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [State.AWAITING_ANSWER, State.IN_DOUBT])
@pytest.mark.parametrize(("attempts", "then"), [(1, State.TIMED_OUT), (2, State.READY)])
def test_a_deadline_ends_the_wait_or_sends_again_while_attempts_are_left(state, attempts, then):
    """Both for what was accepted and for what is in doubt."""
    told = scene(state, attempts=attempts)
    assert told.wake(6 * HOURS - timedelta(microseconds=1)) == ()
    (timed_out,) = told.wake(timedelta(microseconds=1))
    assert (timed_out.again, told.run.state) == (then is State.READY, then)


def test_a_row_that_nobody_answered_is_spent_when_its_wait_ends():
    """It was taken, so its credits may well be gone; nothing stays reserved for what nobody waits for."""
    told = scene(State.TIMED_OUT)
    assert (told.log[-1].reserved, told.log[-1].spent) == (-1, 1)
    assert (told.run.reserved, told.run.spent) == (0, 1)


def test_each_wait_that_ends_counts_its_own_row():
    """Also while an attempt is left: the second row is another one."""
    told = scene(State.AWAITING_ANSWER, attempts=2)
    told.pass_time()
    assert (told.run.state, told.run.reserved, told.run.spent) == (State.READY, 0, 1)
    told.claim(price=3)
    assert (told.run.reserved, told.run.spent) == (3, 1)


@pytest.mark.parametrize("state", [State.SENDING, State.AWAITING_ANSWER, State.IN_DOUBT])
def test_a_row_that_is_out_when_its_step_is_cancelled_is_spent(state):
    """And is known to be out until its answer can no longer come."""
    told = scene(state)
    (cancelled,) = told.cancel()
    assert (cancelled.reserved, cancelled.spent, cancelled.deadline) == (-1, 1, NOW + 6 * HOURS)
    assert (told.run.reserved, told.run.spent, told.run.deadline) == (0, 1, NOW + 6 * HOURS)


@pytest.mark.parametrize("state", [State.READY, State.RETRY_WAIT, State.WAITING_FOR_COMPANY])
def test_a_step_that_is_cancelled_with_nothing_out_costs_nothing(state):
    """Nor does anybody wait for it."""
    told = scene(state)
    (cancelled,) = told.cancel()
    assert (cancelled.spent, cancelled.deadline) == (0, None)


def test_a_row_in_doubt_is_spent_when_its_resend_is_refused_for_good():
    """The refusal gives back only what its own POST reserved."""
    told = scene(State.IN_DOUBT)
    told.settle(e.Settlement.RESEND)
    told.claim(price=5)
    (failed,) = told.outcome(Outcome.ROW_REFUSED)
    assert (failed.reserved, failed.spent) == (-6, 1)
    assert (told.run.reserved, told.run.spent) == (0, 1)


def test_a_row_in_doubt_is_spent_when_its_resend_is_skipped():
    """As where the resend lacks what its request names."""
    told = scene(State.IN_DOUBT)
    told.settle(e.Settlement.RESEND)
    told.record(steps.decide_skip(told.run, "nothing to ask with"))
    assert (told.run.state, told.run.reserved, told.run.spent) == (State.SKIPPED, 0, 1)


def test_a_log_from_before_keeps_what_it_reserved():
    """Its events ended no reserve, so that sums over them and the state agree."""
    told = scene(State.AWAITING_ANSWER)
    timed_out = e.AnswerTimedOut(workflow="enrich_person", generation=1, attempt=1, again=False, reason="no answer")
    told.record([timed_out])
    assert (told.run.state, told.run.reserved, told.run.spent) == (State.TIMED_OUT, 1, 0)
    told.answer("data", credits_told=Decimal(2))
    assert (told.run.reserved, told.run.spent) == (0, 2)


@pytest.mark.parametrize("state", [State.START, State.READY, State.WAITING_FOR_COMPANY, *sorted(ENDS)])
def test_time_alone_moves_nothing_that_waits_for_something_else(state):
    """Ready runs wait for a runner, waits for their company run, and ends for nothing."""
    assert scene(state).wake(timedelta(days=400)) == ()


@pytest.mark.parametrize("seen", [Outcome.NOT_DELIVERED, Outcome.LANE_REFUSED])
def test_a_row_that_comes_back_after_its_answer_was_set_aside_is_not_sent_again(seen):
    """What came may yet be placed, and then it counts; until then the step has failed for that."""
    told = scene(State.SENDING, attempts=2)
    told.record(step_control.decide_set_aside(told.run, "a fault", now=told.now))
    assert names(told.outcome(seen)) == ["SendRefused"]
    assert names(told.wake()) == ["StepReady", "StepFailed"]
    assert told.run.reason.startswith("its answer came and was set aside (a fault)")
    assert (told.run.state, told.run.reserved) == (State.FAILED, 0)
    told.answer("data", title="CTO")
    assert told.run.state is State.COMPLETED


def test_that_an_answer_was_set_aside_is_noted_once_and_only_for_a_row_that_is_out():
    """A retry begins without it."""
    told = scene(State.AWAITING_ANSWER)
    assert names(told.record(step_control.decide_set_aside(told.run, "a fault", now=told.now))) == ["AnswerSetAside"]
    assert told.record(step_control.decide_set_aside(told.run, "another", now=told.now)) == ()
    told.pass_time()
    told.retry()
    assert (told.run.state, told.run.set_aside) == (State.READY, "")
    assert step_control.decide_set_aside(told.run, "a fault", now=told.now) == ()
