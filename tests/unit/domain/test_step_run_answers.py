"""Answers to one step run: rank, timing, generations, credits, and waits for a company, decision by decision."""

from datetime import timedelta
from decimal import Decimal

import pytest
from attrs import evolve

from enrichcore.domain import events as e
from enrichcore.domain import step_run as steps
from enrichcore.domain.answers import Rank
from enrichcore.domain.life_cycle import ENDS, OPEN, IllegalStepEvent, State
from enrichcore.domain.step_run import Outcome
from tests.unit.domain.scenes import COMPANY_RUN, HOURS, ITEM, NOW, answer, names, scene

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
    State.CANCELLED: dict.fromkeys(Rank, ("AnswerKept", State.CANCELLED)),
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
    """Early before its wait is registered, late after its deadline, or where the run ended without an answer."""
    told = scene(state)
    told.now += after
    (event,) = told.answer("another")
    assert event.timing is timing


@pytest.mark.parametrize(("after", "timing"), [(HOURS, e.Timing.IN_TIME), (7 * HOURS, e.Timing.LATE)])
def test_a_second_answer_is_in_time_until_the_deadline(after, timing):
    """The first one does not make it late."""
    told = scene(State.AWAITING_ANSWER)
    told.answer("data", title="CTO")
    told.now += after
    (event,) = told.answer("another", title="CEO")
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


def test_a_second_answer_to_one_post_counts_only_what_it_costs_more():
    """It is the same POST, so it is not paid for twice."""
    told = scene(State.AWAITING_ANSWER)
    told.answer("data", credits_told=Decimal(2))
    told.now += 30 * HOURS
    told.answer("revised", credits_told=Decimal(1))
    assert told.run.spent == 2
    (event,) = told.answer("revised again", credits_told=Decimal(5))
    assert (event.spent, event.corrected, event.corrected_on, told.run.spent) == (0, 3, NOW.date(), 5)


@pytest.mark.parametrize("state", [State.CANCELLED, State.TIMED_OUT])
def test_a_late_answer_corrects_the_day_on_which_its_post_was_counted(state):
    """Today has nothing to do with it."""
    told = scene(state)
    counted_on = told.now.date()
    told.now += 30 * HOURS
    (event,) = told.answer("data", credits_told=Decimal(4))
    assert (event.reserved, event.spent, event.corrected, event.corrected_on) == (0, 0, 3, counted_on)
    assert (told.run.reserved, told.run.spent) == (0, 4)


def test_a_late_answer_that_tells_no_price_changes_nothing():
    """Its POST is counted at its price already."""
    told = scene(State.TIMED_OUT)
    (event,) = told.answer("data")
    assert (event.spent, event.corrected, event.corrected_on, told.run.spent) == (0, 0, None, 1)


def test_an_answer_to_one_of_two_posts_counts_the_other_at_its_price():
    """Until that is answered too, or turns out never to have arrived."""
    told = scene(State.IN_DOUBT)
    told.settle(e.Settlement.RESEND)
    told.claim(price=3)
    (event,) = told.answer("data", token=told.token(2), credits_told=Decimal(2))
    assert (event.reserved, event.spent, told.run.spent) == (-4, 3, 3)
    told.outcome(Outcome.NOT_DELIVERED, attempt=1)
    assert (told.run.reserved, told.run.spent) == (0, 2)
    told.outcome(Outcome.NOT_DELIVERED, attempt=2)
    assert told.run.spent == 2


def test_an_answer_without_a_token_is_of_the_latest_post_that_is_waited_for():
    """One that timed out before stays counted as it was."""
    told = scene(State.AWAITING_ANSWER, attempts=2)
    told.pass_time()
    told.claim(price=3)
    told.answer("data", credits_told=Decimal(5))
    assert (told.run.reserved, told.run.spent) == (0, 1 + 5)


def test_a_reused_answer_is_no_posts_own():
    """What was sent before it is paid for all the same."""
    told = scene(State.AWAITING_ANSWER, attempts=2)
    told.pass_time()
    reused = evolve(answer("known", credits_told=Decimal(0)), source=e.Source.REUSE)
    told.record(steps.decide_answer(told.run, ITEM, reused, now=told.now))
    assert (told.run.state, told.run.spent) == (State.COMPLETED, 1)


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
    assert (changed(told, "reserved"), changed(told, "spent")) == (told.run.reserved, told.run.spent) == (8, 1 + 4)
    told.outcome(Outcome.NOT_DELIVERED, attempt=1)
    told.answer("data", credits_told=Decimal(9))
    assert changed(told, "reserved") == told.run.reserved == 0
    assert changed(told, "spent") + changed(told, "corrected") == told.run.spent == 4 + 9


def changed(told, name):
    """The sum of one change over all events."""
    return sum(getattr(event, name, 0) for event in told.log)


# --- waits for a company -----------------------------------------------------------------------------------------


def serve(told, ended, rank=None, version=7):
    """The wait ends as its company run ended."""
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
        steps.guarded(scene(State.SENDING).run, e.StepSkipped(workflow="enrich_person", reason="unwanted"))
