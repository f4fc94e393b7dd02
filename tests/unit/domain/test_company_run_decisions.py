"""A company run: begun for a wish, shared by all who wait, asked again when its answer is too old or no good."""

from datetime import timedelta
from uuid import UUID

import pytest
from attrs import evolve

from enrichcore.domain import company_run, ids, step_control
from enrichcore.domain import events as e
from enrichcore.domain.answers import Rank
from enrichcore.domain.life_cycle import IllegalStepEvent, State
from enrichcore.domain.pipeline import Entity
from tests.unit.domain.scenes import (
    BATCH,
    BY_ANN,
    CLIENT,
    COMPANY,
    COMPANY_RUN,
    HOURS,
    ITEM,
    NOW,
    WEBHOOK,
    answer,
    names,
)

STEP = evolve(WEBHOOK, workflow="enrich_company", entity=Entity.COMPANY, result="company_profile")
WISH = company_run.Wish(
    item_id=ITEM,
    client_id=CLIENT,
    batch_id=BATCH,
    company_id=COMPANY,
    workstream="apollo_scrape",
    step=STEP,
    facts={"company_domain": "quillhaven.example"},
)
OTHER_BATCH = ids.BatchId(UUID(int=20))
OTHER_WISH = evolve(
    WISH, batch_id=OTHER_BATCH, workstream="crm_data", step=evolve(STEP, workflow="company_again", attempts=3), facts={}
)


def begun():
    """A company run that the first wish began."""
    return company_run.begin(COMPANY_RUN, WISH, NOW)


def answered(rank=Rank.DATA):
    """A company run that has its answer."""
    draft = begun()
    company_run.answer(draft, answer("answer", rank, company_name="Quillhaven"))
    return draft


def test_a_wish_begins_a_company_run_that_is_ready():
    """It has its starter's lane, settings and batch, and what was known of the company."""
    draft = begun()
    assert names(draft.events) == ["CompanyRunStarted", "StepReady"]
    state = draft.state
    assert (state.workstream, state.step, state.batch_id) == ("apollo_scrape", STEP, BATCH)
    assert (state.result, state.imported) == ("company_profile", {"company_domain": "quillhaven.example"})
    assert (state.run.state, state.run.workflow, draft.version) == (State.READY, "enrich_company", 2)


def test_one_company_and_result_is_one_run():
    """Its id is made of client, company and result, whoever asks."""
    assert ids.company_run_id(CLIENT, COMPANY, "company_profile") == COMPANY_RUN
    assert ids.company_run_id(CLIENT, COMPANY, "company_news") != COMPANY_RUN


@pytest.mark.parametrize(
    ("age", "serves"),
    [(timedelta(0), True), (HOURS - timedelta(microseconds=1), True), (HOURS, False), (2 * HOURS, False)],
)
def test_an_answer_serves_at_once_while_it_is_young(age, serves):
    """Younger than `reuse_within`; zero never reuses."""
    run = answered().state
    assert company_run.serves_at_once(run, HOURS, NOW + age) is serves
    assert not company_run.serves_at_once(run, timedelta(0), NOW + age)


@pytest.mark.parametrize(("rank", "serves"), [(Rank.DATA, True), (Rank.EMPTY, True), (Rank.ERROR, False)])
def test_data_and_empty_answers_serve_and_errors_do_not(rank, serves):
    """That nothing was found is an answer too; that the provider failed is none."""
    assert company_run.serves_at_once(answered(rank).state, HOURS, NOW) is serves


@pytest.mark.parametrize(("rank", "state"), [(Rank.DATA, State.COMPLETED), (Rank.ERROR, State.FAILED)])
def test_an_answer_to_a_run_that_was_left_is_in_force(rank, state):
    """It belongs to no batch, so nobody in particular cancelled it."""
    draft = begun()
    draft.emit_all(step_control.decide_cancel(draft.state.run, STEP, now=NOW, by="enrichcore", why="nobody waits"))
    company_run.answer(draft, answer("late", rank))
    assert (draft.events[-1].timing, draft.state.run.state, draft.state.run.rank) == (e.Timing.LATE, state, rank)


def test_a_later_generation_that_was_left_takes_nothing_from_the_answer_in_force():
    """It serves as it did, by what it was told, however its run ended since."""
    draft = answered()
    company_run.restart(draft, OTHER_WISH)
    assert not company_run.serves_at_once(draft.state, HOURS, NOW)
    draft.emit_all(step_control.decide_cancel(draft.state.run, STEP, now=NOW, by="enrichcore", why="nobody waits"))
    assert company_run.serves_at_once(draft.state, HOURS, NOW)
    assert company_run.served(draft.state, draft.version, "company_again", reused=True).ended is State.COMPLETED
    assert company_run.served(draft.state, draft.version, "company_again", reused=False).ended is State.CANCELLED


def test_a_run_without_an_answer_serves_no_one():
    """It is waited for."""
    assert not company_run.serves_at_once(begun().state, HOURS, NOW)


def test_a_restart_takes_the_new_starters_lane_and_keeps_the_history():
    """The next generation is charged to its own starter; the answer in force stays until a better one comes."""
    draft = answered()
    company_run.restart(draft, OTHER_WISH)
    assert names(draft.events[-2:]) == ["CompanyRunStarted", "RetryRequested"]
    state = draft.state
    assert (state.workstream, state.step.workflow, state.batch_id) == ("crm_data", "company_again", OTHER_BATCH)
    assert (state.run.workflow, state.run.generation, state.run.state) == ("company_again", 2, State.READY)
    assert state.run.facts == {"company_name": "Quillhaven"}


def test_a_cancelled_run_is_started_again_by_a_new_wish():
    """No one has to force it."""
    draft = begun()
    draft.emit_all(step_control.decide_cancel(draft.state.run, draft.state.step, now=draft.now, **BY_ANN))
    company_run.restart(draft, OTHER_WISH)
    assert draft.state.run.state is State.READY


def test_a_run_under_way_is_not_restarted():
    """A wish that comes while it runs changes neither its lane nor its settings."""
    draft = begun()
    company_run.restart(draft, OTHER_WISH)
    assert names(draft.events) == ["CompanyRunStarted", "StepReady"]


def test_answers_are_placed_under_every_workflow_that_asked():
    """A late callback of the first workstream's table is still this run's; another workflow's is not."""
    draft = answered()
    company_run.restart(draft, OTHER_WISH)
    assert {workflow for _, workflow in draft.state.asked_as} == {"enrich_company", "company_again"}


@pytest.mark.parametrize("rank", Rank)
def test_a_wait_ends_as_the_run_ended(rank):
    """It carries the run, its version and its rank, not the answer."""
    draft = answered(rank)
    served = company_run.served(draft.state, draft.version, "enrich_company", reused=False)
    assert served == e.CompanyServed(
        workflow="enrich_company",
        company_run_id=COMPANY_RUN,
        run_version=3,
        ended="failed" if rank is Rank.ERROR else "completed",
        reason="answer" if rank is Rank.ERROR else "",
        rank=rank,
    )


def test_a_wait_for_a_cancelled_run_ends_cancelled_and_without_a_rank():
    """Every way the run ends, ends its waits."""
    draft = begun()
    draft.emit_all(step_control.decide_cancel(draft.state.run, draft.state.step, now=draft.now, **BY_ANN))
    served = company_run.served(draft.state, draft.version, "enrich_company", reused=False)
    assert (served.ended, served.rank, served.reason) == ("cancelled", None, "as she said")


def test_a_run_under_way_ends_no_wait():
    """Serving from it is a fault of ours, and is told instead of recorded."""
    with pytest.raises(IllegalStepEvent, match="CompanyServed"):
        company_run.served(begun().state, 2, "enrich_company", reused=False)


def test_the_log_of_a_company_run_gives_its_state_again():
    """Folding from the first event, over a restart in another lane."""
    draft = answered()
    company_run.restart(draft, OTHER_WISH)
    (started, *rest) = draft.events
    state = company_run.initial(COMPANY_RUN, CLIENT, started)
    for version, event in enumerate(rest, start=2):
        state = company_run.fold(state, event, NOW, version)
    assert state == draft.state
