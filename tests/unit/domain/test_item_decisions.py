"""An item's way through its pipeline: given a pipeline and what happened, when something comes, then it goes on, waits or ends."""

import pytest
from attrs import evolve

from enrichcore.domain import batch_item
from enrichcore.domain import events as e
from enrichcore.domain import step_run as steps
from enrichcore.domain.answers import Rank
from enrichcore.domain.batch_item import ItemStatus
from enrichcore.domain.life_cycle import State
from enrichcore.domain.pipeline import Condition, Entity, Kind, OnFailure, Presence, Step
from enrichcore.domain.step_run import Outcome, PostOutcome
from tests.unit.domain.scenes import COMPANY_RUN, WEBHOOK, item_scene, names

FIRST = evolve(WEBHOOK, workflow="first")
SECOND = evolve(WEBHOOK, workflow="second")
THIRD = evolve(WEBHOOK, workflow="third")
STRICT = evolve(FIRST, on_failure=OnFailure.STOP)
COMPANY = evolve(WEBHOOK, workflow="company", entity=Entity.COMPANY, result="company_profile")
LOCAL = Step(workflow="local", kind=Kind.LOCAL, entity=Entity.COMPANY, function="mine:normalise")
EMAIL = evolve(WEBHOOK, workflow="email", when=Condition(field="person_email", presence=Presence.MISSING))


def normalise(facts):
    """A local function that gives data."""
    return {"company_name": facts["company_name"].title()}


def breaks(_facts):
    """A local function that raises."""
    raise KeyError("company_name")


# --- going on ----------------------------------------------------------------------------------------------------


def test_an_item_begins_with_its_first_step_and_waits_for_a_runner():
    """Nothing else happens until that step ends."""
    told = item_scene(FIRST, SECOND)
    assert names(told.advance()) == ["StepReady"]
    assert (told.item.current.workflow, told.item.reached) == ("first", 0)
    assert told.advance() == []


def test_an_item_goes_on_when_its_step_is_completed():
    """An answer ends the step and begins the next, in one decision."""
    told = item_scene(FIRST, SECOND)
    told.advance()
    told.send("first")
    assert names(told.answer("first")) == ["StepAnswered", "StepReady"]
    told.send("second")
    assert names(told.answer("second")) == ["StepAnswered", "ItemCompleted"]
    assert told.item.status is ItemStatus.COMPLETED


def test_with_continue_an_item_goes_on_past_a_failure_and_names_the_gap():
    """A time-out of one step does not cost the person the others."""
    told = item_scene(FIRST, SECOND)
    told.advance()
    told.send("first")
    assert names(told.time_out("first")) == ["AnswerTimedOut", "StepReady"]
    (_, completed) = told.answer("second")
    assert completed == e.ItemCompleted(gaps=["first"])


def test_an_item_without_steps_is_completed():
    """There is nothing to do."""
    assert item_scene().advance() == [e.ItemCompleted()]


def test_a_step_that_its_condition_does_not_want_is_skipped():
    """The reason names the condition."""
    told = item_scene(EMAIL, facts={"person_email": "ida@quillhaven.example"})
    (_, skipped, completed) = told.advance()
    assert skipped == e.StepSkipped(
        workflow="email", reason="not wanted: the step runs only when person_email is missing"
    )
    assert completed == e.ItemCompleted(gaps=[])


def test_a_row_that_was_only_put_off_is_not_sent_once_it_is_not_wanted():
    """Nothing of it is out, and what it was to find came late with another answer."""
    told = item_scene(FIRST, EMAIL)
    told.advance()
    told.send("first")
    told.time_out("first")
    told.claim("email")
    put_off = PostOutcome(attempt=1, outcome=Outcome.NOT_DELIVERED, http_status=429, due=told.now)
    told.step("email", lambda run, step: steps.decide_outcome(run, step, put_off, now=told.now))
    told.answer("first", person_email="ida@quillhaven.example")
    assert names(told.time_out("email")) == ["StepReady", "StepSkipped", "ItemCompleted"]


def test_a_condition_sees_what_earlier_steps_and_the_company_told():
    """Import, company answer and own steps are one set of facts; the item's own steps have the last word."""
    told = item_scene(FIRST, EMAIL, facts={"a": "import", "b": "import", "c": "import"})
    told.company_facts = {"b": "company", "c": "company"}
    told.advance()
    told.answer("first", "data", c="step", person_email="ida@quillhaven.example")
    assert told.item.run("email").state is State.SKIPPED
    assert told.item.facts(told.company_facts) == {
        "a": "import",
        "b": "company",
        "c": "step",
        "person_email": "ida@quillhaven.example",
    }


def test_a_company_step_of_a_person_without_a_company_is_skipped():
    """There is nothing to ask with."""
    told = item_scene(COMPANY, company_id=None)
    assert names(told.advance()) == ["StepReady", "StepSkipped", "ItemCompleted"]


def test_a_company_step_waits_to_be_joined_to_a_company_run():
    """The item says what it needs, and stands until it is joined."""
    told = item_scene(COMPANY)
    told.advance()
    run, step = batch_item.needs_company_run(told.item, told.pipeline)
    assert (run.workflow, step) == ("company", COMPANY)
    told.decide(lambda draft: draft.emit(e.CompanyAwaited(workflow="company", company_run_id=COMPANY_RUN)))
    assert batch_item.needs_company_run(told.item, told.pipeline) is None
    assert told.advance() == []


@pytest.mark.parametrize("step", [FIRST, LOCAL], ids=["person", "local"])
def test_other_steps_need_no_company_run(step):
    """A local step of a company neither."""
    told = item_scene(step, facts={"company_name": "quillhaven"}, functions={"mine:normalise": normalise})
    told.advance()
    assert batch_item.needs_company_run(told.item, told.pipeline) is None


# --- local steps -------------------------------------------------------------------------------------------------


def test_a_local_step_is_computed_where_it_becomes_ready():
    """Its data is recorded, so that replay never calls the function."""
    told = item_scene(LOCAL, facts={"company_name": "quillhaven"}, functions={"mine:normalise": normalise})
    (_, completed, _) = told.advance()
    assert completed == e.StepCompletedLocally(workflow="local", data={"company_name": "Quillhaven"})
    assert told.item.facts() == {"company_name": "Quillhaven"}


def test_a_local_function_that_fails_marks_its_row_only():
    """The item goes on with a gap."""
    told = item_scene(LOCAL, FIRST, functions={"mine:normalise": breaks})
    (_, failed, _) = told.advance()
    assert failed == e.StepFailed(workflow="local", reason="mine:normalise: KeyError: 'company_name'")
    assert told.item.current.workflow == "first"


def test_a_local_step_whose_function_is_not_at_hand_stays_ready():
    """Nothing of it has failed: it is called where it is at hand, and the item goes on."""
    told = item_scene(LOCAL, FIRST, facts={"company_name": "quillhaven"}, functions={})
    assert names(told.advance()) == ["StepReady"]
    assert told.advance() == []
    told.functions = {"mine:normalise": normalise}
    assert names(told.decide(lambda draft: batch_item.call_functions(draft, told.around))) == [
        "StepCompletedLocally",
        "StepReady",
    ]


def test_a_retried_local_step_is_computed_again():
    """A mended function heals the row, as a new generation."""
    told = item_scene(LOCAL, facts={"company_name": "quillhaven"}, functions={"mine:normalise": breaks})
    told.advance()
    told.functions = {"mine:normalise": normalise}
    assert names(told.retry("local")) == ["RetryRequested", "ItemResumed", "StepCompletedLocally", "ItemCompleted"]
    assert told.item.run("local").generation == 2


# --- being stopped -----------------------------------------------------------------------------------------------


def test_with_stop_a_failure_ends_the_item():
    """The steps after it are not begun."""
    told = item_scene(STRICT, SECOND)
    told.advance()
    told.send("first")
    (_, failed) = told.time_out("first")
    assert (type(failed), failed.workflow) == (e.ItemFailed, "first")
    assert told.item.run("second").state is State.START


@pytest.mark.parametrize("rank", [Rank.DATA, Rank.EMPTY])
def test_a_good_late_answer_resumes_an_item_that_was_stopped(rank):
    """It goes on behind the step that is mended."""
    told = item_scene(STRICT, SECOND)
    told.advance()
    told.send("first")
    told.time_out("first")
    assert names(told.answer("first", "late", rank)) == ["StepAnswered", "ItemResumed", "StepReady"]
    assert told.item.current.workflow == "second"


def test_a_late_error_does_not_resume_a_stopped_item():
    """It is a failure still."""
    told = item_scene(STRICT, SECOND)
    told.advance()
    told.send("first")
    told.time_out("first")
    assert names(told.answer("first", "quota", Rank.ERROR)) == ["StepAnswered"]
    assert told.item.status is ItemStatus.FAILED


def test_a_late_answer_for_another_step_does_not_resume_a_stopped_item():
    """What stopped it stops it still, so it neither resumes nor fails a second time."""
    told = item_scene(SECOND, STRICT, THIRD)
    told.advance()
    told.send("second")
    told.time_out("second")
    told.send("first")
    told.time_out("first")
    assert names(told.answer("second")) == ["StepAnswered"]


def test_a_late_answer_does_not_resume_an_item_of_a_batch_that_is_over():
    """The answer is in force, but nothing would move the item."""
    told = item_scene(STRICT, SECOND, may_resume=False)
    told.advance()
    told.send("first")
    told.time_out("first")
    assert names(told.answer("first")) == ["StepAnswered"]
    assert told.item.status is ItemStatus.FAILED


def test_an_early_error_of_a_strict_step_stops_the_item_when_its_turn_comes():
    """Not before, and not as if it had been completed."""
    told = item_scene(SECOND, STRICT, THIRD)
    told.advance()
    told.answer("first", "quota", Rank.ERROR)
    assert told.item.status is ItemStatus.ACTIVE
    (_, failed) = told.answer("second")
    assert (type(failed), failed.workflow) == (e.ItemFailed, "first")
    assert names(told.answer("first", "late")) == ["StepAnswered", "ItemResumed", "StepReady"]
    assert told.item.current.workflow == "third"


def test_an_item_fails_only_when_nothing_of_it_is_open():
    """A retry of an earlier step that is still under way is not left behind in an ended item."""
    told = item_scene(SECOND, STRICT)
    told.advance()
    told.answer("second")
    told.retry("second", force=True)
    told.send("first")
    assert names(told.time_out("first")) == ["AnswerTimedOut"]
    assert names(told.answer("second", "revised")) == ["StepAnswered", "ItemFailed"]


# --- answers out of turn -----------------------------------------------------------------------------------------


def test_an_early_answer_settles_a_step_before_its_turn():
    """When its turn comes, the item passes it."""
    told = item_scene(FIRST, SECOND, THIRD)
    told.advance()
    assert names(told.answer("second")) == ["StepAnswered"]
    assert names(told.answer("first")) == ["StepAnswered", "StepReady"]
    assert told.item.current.workflow == "third"


def test_early_answers_to_all_steps_complete_the_item():
    """Nothing is left to send."""
    told = item_scene(FIRST, SECOND)
    told.advance()
    told.answer("second")
    assert names(told.answer("first")) == ["StepAnswered", "ItemCompleted"]


def test_a_step_that_was_answered_early_and_retried_is_not_begun_a_second_time():
    """The item waits for it when its turn comes."""
    told = item_scene(FIRST, SECOND, THIRD)
    told.advance()
    told.answer("second", "quota", Rank.ERROR)
    told.retry("second")
    told.send("second")
    assert names(told.answer("first")) == ["StepAnswered"]
    assert told.item.run("second").state is State.AWAITING_ANSWER
    assert names(told.answer("second", "data")) == ["StepAnswered", "StepReady"]
    assert told.item.current.workflow == "third"


def test_a_late_answer_to_an_earlier_step_does_not_move_the_item_back():
    """The earlier step is mended, the present one goes on."""
    told = item_scene(FIRST, SECOND)
    told.advance()
    told.send("first")
    told.time_out("first")
    assert names(told.answer("first")) == ["StepAnswered"]
    assert (told.item.current.workflow, told.item.gaps) == ("second", ())


@pytest.mark.parametrize("workflow", ["first", "second"])
def test_an_answer_for_a_cancelled_item_is_kept(workflow):
    """Of a step that was begun, and of one that never was."""
    told = item_scene(FIRST, SECOND)
    told.advance()
    told.cancel()
    *_, kept = told.answer(workflow)
    assert type(kept) is e.AnswerKept
    assert told.item.status is ItemStatus.CANCELLED
    assert told.item.open_runs == ()


def test_an_answer_kept_for_a_cancelled_item_does_not_carry_it_past_its_steps():
    """Brought back by a forced retry, it goes through the steps that it never began."""
    told = item_scene(FIRST, SECOND, THIRD)
    told.advance()
    told.cancel()
    told.answer("third")
    told.retry("first", force=True)
    told.answer("first")
    assert told.item.current.workflow == "second"


# --- persons -----------------------------------------------------------------------------------------------------


def test_cancelling_an_item_cancels_what_is_open_of_it():
    """Its steps first, then the item; a second time there is nothing to do."""
    told = item_scene(FIRST, SECOND)
    told.advance()
    assert names(told.cancel()) == ["StepCancelled", "ItemCancelled"]
    assert told.cancel() == []


def test_retrying_an_earlier_step_runs_that_step_only():
    """Later ones are left as they are, and the item is completed anew."""
    told = item_scene(FIRST, SECOND)
    told.advance()
    told.send("first")
    told.time_out("first")
    told.answer("second")
    assert names(told.retry("first")) == ["RetryRequested", "ItemResumed"]
    assert told.item.status is ItemStatus.ACTIVE
    assert names(told.answer("first", "late")) == ["StepAnswered", "ItemCompleted"]
    assert told.item.run("second").generation == 1


def test_a_retry_of_the_step_that_stopped_an_item_takes_it_on():
    """If it fails again, the item fails again."""
    told = item_scene(STRICT, SECOND)
    told.advance()
    told.send("first")
    told.time_out("first")
    assert names(told.retry("first")) == ["RetryRequested", "ItemResumed"]
    told.send("first")
    assert names(told.time_out("first")) == ["AnswerTimedOut", "ItemFailed"]


def test_a_retried_step_that_was_skipped_asks_its_condition_again():
    """It was skipped for what was known; what is known decides anew."""
    told = item_scene(EMAIL, facts={"person_email": "ida@quillhaven.example"})
    told.advance()
    assert names(told.retry("email")) == ["RetryRequested", "ItemResumed", "StepSkipped", "ItemCompleted"]


@pytest.mark.parametrize("force", [False, True])
def test_a_cancelled_item_is_brought_back_only_when_asked_for_explicitly(force):
    """Also by way of a step of it that was not cancelled."""
    told = item_scene(FIRST, SECOND)
    told.advance()
    told.answer("first", "nothing", Rank.EMPTY)
    told.cancel()
    assert names(told.retry("first", force=force)) == (["RetryRequested", "ItemResumed"] if force else [])


def test_an_ended_item_of_a_batch_that_is_over_is_retried_only_when_asked_for_explicitly():
    """Otherwise it would be active where nothing can be sent."""
    told = item_scene(FIRST, may_resume=False)
    told.advance()
    told.send("first")
    told.time_out("first")
    assert told.retry("first") == []
    assert names(told.retry("first", force=True)) == ["RetryRequested", "ItemResumed"]


def test_an_item_tells_whether_it_is_in_doubt():
    """By any of its steps."""
    told = item_scene(FIRST)
    told.advance()
    told.claim("first")
    assert not told.item.in_doubt
    told.time_out("first")
    assert told.item.in_doubt


def test_a_step_that_its_pipeline_lost_is_skipped():
    """An item names a workflow that the pipeline does not have: it goes on rather than stand still."""
    told = item_scene(FIRST, SECOND)
    told.pipeline = evolve(told.pipeline, steps=[SECOND])
    assert names(told.advance()) == ["StepReady", "StepSkipped", "StepReady"]
