"""One step run, decision by decision: given what happened, when something comes, then these events."""

from datetime import timedelta
from decimal import Decimal

import pytest

from enrichcore.domain import events as e
from enrichcore.domain import step_run as steps
from enrichcore.domain.answers import Rank
from enrichcore.domain.ids import idempotency_key
from enrichcore.domain.life_cycle import ENDS, OPEN, IllegalStepEvent, State
from enrichcore.domain.pipeline import OnDoubt
from enrichcore.domain.step_run import Outcome
from tests.unit.domain.scenes import COMPANY_RUN, HOURS, ITEM, LEASE, NOW, RunScene, names, scene

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
    """A price that changed between a POST and its outcome leaves no remainder and takes nothing more."""
    for later in (0, 1, 9):
        told = scene(State.READY)
        told.claim(price=3)
        told.outcome(Outcome.NOT_DELIVERED, price=later)
        assert told.run.reserved == 0


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
    assert told.run.reserved == 1
    (noted,) = told.outcome(Outcome.NOT_DELIVERED)
    assert (noted.reserved, told.run.reserved) == (-1, 0)


def test_an_old_refusal_gives_back_its_own_credits_in_a_new_generation_but_no_attempt():
    """The reserve is the old POST's; the attempts are the new generation's."""
    told = scene(State.CANCELLED)
    told.retry(force=True)
    told.claim(price=5)
    told.outcome(Outcome.NOT_DELIVERED, attempt=1)
    assert (told.run.tries, told.run.reserved) == (1, 5)


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


@pytest.mark.parametrize("settlement", e.Settlement)
@pytest.mark.parametrize("state", sorted(set(State) - {State.IN_DOUBT}))
def test_only_a_doubt_can_be_settled(state, settlement):
    """Elsewhere the decision finds nothing to do."""
    assert scene(state).settle(settlement) == ()


# --- time --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [State.AWAITING_ANSWER, State.IN_DOUBT])
@pytest.mark.parametrize(("attempts", "then"), [(1, State.TIMED_OUT), (2, State.READY)])
def test_a_deadline_ends_the_wait_or_sends_again_while_attempts_are_left(state, attempts, then):
    """Both for what was accepted and for what is in doubt."""
    told = scene(state, attempts=attempts)
    assert told.wake(6 * HOURS - timedelta(microseconds=1)) == ()
    (timed_out,) = told.wake(timedelta(microseconds=1))
    assert (timed_out.again, told.run.state) == (then is State.READY, then)


def test_the_reserve_of_a_run_that_timed_out_is_held():
    """The row was taken, so its credits may well be spent; only an answer tells."""
    assert scene(State.TIMED_OUT).run.reserved == 1


@pytest.mark.parametrize("state", [State.START, State.READY, State.WAITING_FOR_COMPANY, *sorted(ENDS)])
def test_time_alone_moves_nothing_that_waits_for_something_else(state):
    """Ready runs wait for a runner, waits for their company run, and ends for nothing."""
    assert scene(state).wake(timedelta(days=400)) == ()


# --- answers -----------------------------------------------------------------------------------------------------

#: state → what the first answer of each rank is recorded as, and where the run stands then.
PLACED = {
    **{
        state: {
            Rank.DATA: ("StepAnswered", State.COMPLETED),
            Rank.EMPTY: ("StepAnswered", State.COMPLETED),
            Rank.ERROR: ("StepAnswered", State.FAILED),
        }
        for state in set(State) - {State.COMPLETED, State.CANCELLED}
    },
    State.COMPLETED: {
        Rank.DATA: ("AnswerRevised", State.COMPLETED),
        Rank.EMPTY: ("AnswerKept", State.COMPLETED),
        Rank.ERROR: ("AnswerKept", State.COMPLETED),
    },
    State.CANCELLED: {rank: ("AnswerKept", State.CANCELLED) for rank in Rank},
}


@pytest.mark.parametrize("rank", Rank)
@pytest.mark.parametrize("state", State)
def test_every_answer_has_its_place_in_every_state(state, rank):
    """In force, revised, or kept; the run that is completed here holds data."""
    told = scene(state)
    (event,) = told.answer("another", rank)
    assert (type(event).__name__, told.run.state) == PLACED[state][rank]
    assert (event.body, event.content_hash) == (b"another", "hash of another")


@pytest.mark.parametrize("state", State)
def test_the_same_answer_again_is_counted_and_not_appended(state):
    """Whatever became of it the first time."""
    told = scene(state)
    told.answer("another", Rank.EMPTY)
    assert told.answer("another", Rank.EMPTY) == ()


@pytest.mark.parametrize(
    ("first", "second", "then", "in_force"),
    [
        (Rank.DATA, Rank.DATA, "AnswerRevised", "second"),
        (Rank.DATA, Rank.EMPTY, "AnswerKept", "first"),
        (Rank.DATA, Rank.ERROR, "AnswerKept", "first"),
        (Rank.EMPTY, Rank.DATA, "AnswerRevised", "second"),
        (Rank.EMPTY, Rank.EMPTY, "AnswerRevised", "second"),
        (Rank.EMPTY, Rank.ERROR, "AnswerKept", "first"),
        (Rank.ERROR, Rank.DATA, "StepAnswered", "second"),
        (Rank.ERROR, Rank.EMPTY, "StepAnswered", "second"),
        (Rank.ERROR, Rank.ERROR, "StepAnswered", "second"),
    ],
)
def test_data_is_worth_more_than_empty_and_empty_more_than_an_error(first, second, then, in_force):
    """Of equals, the later is in force."""
    told = scene(State.AWAITING_ANSWER)
    told.answer("first", first, said="first")
    (event,) = told.answer("second", second, said="second")
    assert type(event).__name__ == then
    assert told.run.facts == {"said": in_force}
    assert told.run.rank is max(first, second)


def test_an_empty_answer_to_a_retry_does_not_take_known_data_away():
    """The retry is completed; the data of the generation before stays in force."""
    told = scene(State.COMPLETED)
    told.retry(force=True)
    told.claim()
    told.answer("nothing found", Rank.EMPTY)
    assert (told.run.state, told.run.rank, told.run.facts) == (State.COMPLETED, Rank.DATA, {"title": "CTO"})


@pytest.mark.parametrize(
    ("state", "after", "timing"),
    [
        (State.START, timedelta(0), e.Timing.EARLY),
        (State.READY, timedelta(0), e.Timing.EARLY),
        (State.SENDING, timedelta(0), e.Timing.EARLY),
        (State.RETRY_WAIT, timedelta(0), e.Timing.EARLY),
        (State.AWAITING_ANSWER, timedelta(0), e.Timing.IN_TIME),
        (State.AWAITING_ANSWER, 6 * HOURS, e.Timing.IN_TIME),
        (State.AWAITING_ANSWER, 7 * HOURS, e.Timing.LATE),
        (State.IN_DOUBT, timedelta(0), e.Timing.IN_TIME),
        (State.IN_DOUBT, 7 * HOURS, e.Timing.LATE),
        (State.TIMED_OUT, timedelta(0), e.Timing.LATE),
        (State.FAILED, timedelta(0), e.Timing.LATE),
        (State.CANCELLED, timedelta(0), e.Timing.LATE),
    ],
)
def test_an_answer_is_early_in_time_or_late(state, after, timing):
    """Early before its wait is registered, late after its deadline or the run's end."""
    told = scene(state)
    told.now += after
    (event,) = told.answer("another")
    assert event.timing is timing


def test_an_answer_between_a_time_out_and_the_next_send_is_late():
    """Its wait is over, though the run waits to be sent once more."""
    told = scene(State.AWAITING_ANSWER, attempts=2)
    told.pass_time()
    told.now += HOURS
    (event,) = told.answer("another")
    assert (event.timing, told.run.state) == (e.Timing.LATE, State.COMPLETED)


def test_an_answer_to_a_doubt_that_is_to_be_sent_again_is_in_time():
    """It makes the resend needless."""
    told = scene(State.IN_DOUBT)
    told.settle(e.Settlement.RESEND)
    (event,) = told.answer("another")
    assert (event.timing, told.claim()) == (e.Timing.IN_TIME, ())


def test_a_token_tells_which_attempt_an_answer_is_of():
    """Without one, or with one that is not this run's, nobody knows."""
    told = scene(State.AWAITING_ANSWER)
    assert [
        told.answer(text, token=token)[0].attempt for text, token in [("a", told.token()), ("b", ""), ("c", "x")]
    ] == [
        1,
        None,
        None,
    ]


# --- generations -------------------------------------------------------------------------------------------------


def again(state, **changes):
    """A run of a second generation in the given state, whose first brought the answer "data"."""
    told = scene(State.COMPLETED, **changes)
    told.retry(force=True)
    if state is not State.READY:
        told.claim()
        told.outcome(Outcome.DELIVERED)
    if state is State.TIMED_OUT:
        told.pass_time()
    assert told.run.state is state
    return told


def test_a_retry_is_a_new_generation_with_its_own_attempts():
    """Attempts are counted anew, POSTs go on being numbered."""
    told = again(State.AWAITING_ANSWER)
    assert (told.run.generation, told.run.attempt, told.run.tries) == (2, 2, 1)


@pytest.mark.parametrize("state", [State.READY, State.AWAITING_ANSWER, State.TIMED_OUT])
def test_identical_content_without_a_token_does_not_settle_a_newer_generation(state):
    """It may be the old answer once more."""
    told = again(state)
    assert told.answer("data", title="CTO") == ()
    assert told.answer("data", title="CTO", token=told.token(attempt=1, generation=1)) == ()
    assert told.run.state is state


@pytest.mark.parametrize("state", [State.AWAITING_ANSWER, State.TIMED_OUT])
def test_identical_content_with_its_token_settles_a_newer_generation(state):
    """Nothing has changed at the provider, and that is an answer; also when it comes after the deadline."""
    told = again(state)
    (event,) = told.answer("data", title="CTO", token=told.token())
    assert (type(event), told.run.state) == (e.StepAnswered, State.COMPLETED)
    assert told.answer("data", title="CTO", token=told.token()) == ()


def test_identical_content_with_its_token_settles_a_generation_that_has_only_an_error():
    """The provider failed first and then told what it had told before."""
    told = again(State.AWAITING_ANSWER)
    told.answer("quota", Rank.ERROR, token=told.token())
    assert told.run.state is State.FAILED
    (event,) = told.answer("data", title="CTO", token=told.token())
    assert (type(event), told.run.state) == (e.StepAnswered, State.COMPLETED)


def test_a_late_answer_of_an_earlier_generation_saves_the_newer_its_wait():
    """What the first POST brings at last is as good as what the second would."""
    told = scene(State.TIMED_OUT)
    old = told.token()
    told.retry()
    (event,) = told.answer("data", token=old)
    assert (event.attempt, told.run.state, told.claim()) == (1, State.COMPLETED, ())


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("state", State)
def test_a_retry_runs_ended_steps_again(state, force):
    """Completed data and cancelled steps only when asked for explicitly; what is open, never."""
    wanted = state in ENDS and (force or state not in {State.COMPLETED, State.CANCELLED})
    told = scene(state)
    assert names(told.retry(force=force)) == (["RetryRequested"] if wanted else [])
    if wanted:
        assert (told.run.state, told.run.generation, told.run.wake_at) == (State.READY, 2, told.now)


def test_an_empty_answer_may_be_retried_without_force():
    """It holds nothing that a retry could lose."""
    told = scene(State.AWAITING_ANSWER)
    told.answer("nothing", Rank.EMPTY)
    assert names(told.retry()) == ["RetryRequested"]


@pytest.mark.parametrize("state", State)
def test_a_person_can_cancel_what_is_open(state):
    """And nothing else."""
    told = scene(state)
    assert names(told.cancel()) == (["StepCancelled"] if state in OPEN else [])


# --- money -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("told_credits", "spent"), [(None, 1), (Decimal(0), 0), (Decimal("2.5"), Decimal("2.5"))])
def test_an_answer_replaces_the_reserve_by_what_it_tells(told_credits, spent):
    """Where it does not tell, what was reserved counts as spent."""
    told = scene(State.AWAITING_ANSWER)
    (event,) = told.answer("data", credits_told=told_credits)
    assert (event.reserved, event.spent) == (-1, spent)
    assert (told.run.reserved, told.run.spent) == (0, spent)


def test_a_second_answer_spends_only_what_it_tells():
    """There is no reserve left that it could replace."""
    told = scene(State.COMPLETED)
    (event,) = told.answer("revised")
    assert (event.reserved, event.spent, told.run.spent) == (0, 0, 1)


def test_a_kept_answer_after_a_cancellation_settles_the_credits():
    """The row was paid for, though its answer is not used."""
    told = scene(State.CANCELLED)
    told.answer("data", credits_told=Decimal(4))
    assert (told.run.reserved, told.run.spent) == (0, 4)


def test_credit_changes_add_up_to_what_is_held():
    """A sum over the events is the state, through doubts, refusals, retries and answers."""
    told = scene(State.IN_DOUBT, attempts=2)
    told.settle(e.Settlement.RESEND)
    told.claim(price=2)
    told.outcome(Outcome.LANE_REFUSED)
    told.claim(price=4)
    told.outcome(Outcome.DELIVERED)
    told.cancel()
    told.retry(force=True)
    told.claim(price=8)
    held = sum(getattr(event, "reserved", 0) for event in told.log)
    assert held == told.run.reserved == 1 + 4 + 8
    told.outcome(Outcome.NOT_DELIVERED, attempt=1)
    told.answer("data", credits_told=Decimal(9))
    assert sum(getattr(event, "reserved", 0) for event in told.log) == told.run.reserved == 0
    assert sum(getattr(event, "spent", 0) for event in told.log) == told.run.spent == 9


# --- waits for a company -----------------------------------------------------------------------------------------


def serve(told, ended, rank=None, version=7):
    return told.record(
        [
            e.CompanyServed(
                workflow=told.step.workflow,
                company_run_id=COMPANY_RUN,
                run_version=version,
                ended=ended.value,
                rank=rank,
                reason=f"the company run {ended}",
            )
        ]
    )


@pytest.mark.parametrize("ended", sorted(ENDS))
def test_a_wait_ends_as_its_company_run_ended(ended):
    """The step carries the run and its version, not its answer."""
    told = scene(State.WAITING_FOR_COMPANY)
    rank = Rank.DATA if ended is State.COMPLETED else None
    serve(told, ended, rank)
    assert (told.run.state, told.run.rank, told.run.facts) == (ended, rank, {})
    assert (told.run.company_run_id, told.run.answer_version) == (COMPANY_RUN, 7 if rank else None)


def test_a_company_run_that_fails_does_not_take_a_better_answer_away():
    """What was in force before the retry stays in force, so that a poorer late answer cannot replace it."""
    told = scene(State.WAITING_FOR_COMPANY)
    told.answer("data", title="CTO")
    told.retry(force=True)
    told.record([e.CompanyAwaited(workflow=told.step.workflow, company_run_id=COMPANY_RUN)])
    serve(told, State.TIMED_OUT)
    told.answer("nothing", Rank.EMPTY)
    assert (told.run.state, told.run.rank, told.run.facts) == (State.COMPLETED, Rank.DATA, {"title": "CTO"})


def test_every_decision_is_guarded_by_the_life_cycle():
    """An event that the table does not allow raises before it can be recorded."""
    with pytest.raises(IllegalStepEvent, match="StepSkipped of enrich_person cannot come in state sending"):
        steps._guarded(scene(State.SENDING).run, e.StepSkipped(workflow="enrich_person", reason="unwanted"))
