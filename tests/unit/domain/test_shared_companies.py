"""Items that share companies, told one by one: one send for all, waits that end together, and what a late answer mends."""

from uuid import UUID

import pytest
from attrs import evolve

from enrichcore.domain import events as e
from enrichcore.domain import ids
from enrichcore.domain.answers import Rank
from enrichcore.domain.batch_item import ItemStatus
from enrichcore.domain.life_cycle import State
from enrichcore.domain.pipeline import Condition, Entity, Kind, OnFailure, Pipeline, Presence, Step
from enrichcore.domain.step_run import Answer, Outcome, PostOutcome
from enrichcore.testing import strategies
from tests.property.item_world import ItemWorld

COMPANY = Step(workflow="company", kind=Kind.WEBHOOK, entity=Entity.COMPANY, result="company_profile")
PERSON = Step(workflow="person", kind=Kind.WEBHOOK, entity=Entity.PERSON, result="person_profile")
EMAIL = Step(
    workflow="email",
    kind=Kind.WEBHOOK,
    entity=Entity.PERSON,
    result="person_email",
    when=Condition(field="person_email", presence=Presence.MISSING),
)


def world_of(*chosen, people):
    """A world of one batch."""
    return ItemWorld([Pipeline(workstream="apollo", steps=chosen)], people, strategies.FUNCTIONS)


def data(**facts):
    """A data answer with these facts."""
    return Answer(
        body=repr(facts).encode(), content_hash=repr(facts), rank=Rank.DATA, source=e.Source.CALLBACK, facts=facts
    )


def send_all(world):
    """Deliver every row that may leave; tells how many POSTs that were."""
    rows = world.sendable()
    for owner, workflow, run, _ in rows:
        world.claim(owner, workflow)
        world.report(owner, workflow, PostOutcome(attempt=run.attempt + 1, outcome=Outcome.DELIVERED, due=world.now))
    return len(rows)


def time_out(world):
    """Let every wait pass."""
    for owner, run, _ in list(world.all_runs()):
        if run.wake_at is not None:
            world.now = max(world.now, run.wake_at)
            world.wake(owner, run.workflow)


def statuses(world):
    """How the items stand."""
    return {stream.state.status for stream in world.items.values()}


@pytest.mark.parametrize("count", [1, 7, 40])
def test_one_send_serves_everyone_of_a_company(count):
    """However many items wait for a company, one row is sent, and one answer ends every wait."""
    world = world_of(COMPANY, people=[({}, 1)] * count)
    assert send_all(world) == 1
    (run_id,) = world.runs
    assert len(world.waiters(run_id)) == count
    world.answer(run_id, "company", data(company_name="Quillhaven"))
    ends = [event for stream in world.items.values() for event, _ in stream.log if isinstance(event, e.CompanyServed)]
    assert len(ends) == count
    assert {(event.ended, event.run_version, event.reused) for event in ends} == {
        ("completed", world.runs[run_id].version, False)
    }
    assert statuses(world) == {ItemStatus.COMPLETED}


def test_a_young_answer_serves_a_new_batch_without_a_send():
    """A second launch is served at once by the answer of the first, and says that it was reused."""
    world = world_of(COMPANY, people=[({}, 1)])
    send_all(world)
    (run_id,) = world.runs
    world.answer(run_id, "company", data(company_name="Quillhaven"))
    world.launch(ids.BatchId(UUID(int=900)), Pipeline(workstream="crm", steps=[COMPANY]), [({}, 1)])
    assert world.sendable() == []
    *_, last = world.items.values()
    assert last.state.status is ItemStatus.COMPLETED
    assert [event.reused for event, _ in last.log if isinstance(event, e.CompanyServed)] == [True]


def test_an_answer_that_is_too_old_is_asked_for_again():
    """An answer older than `reuse_within` does not serve a new wait; the run starts its next generation."""
    world = world_of(COMPANY, people=[({}, 1)])
    send_all(world)
    (run_id,) = world.runs
    world.answer(run_id, "company", data(company_name="Quillhaven"))
    world.now += COMPANY.reuse_within
    world.launch(ids.BatchId(UUID(int=900)), Pipeline(workstream="crm", steps=[COMPANY]), [({}, 1)])
    assert send_all(world) == 1
    assert world.company(run_id).run.generation == 2
    assert world.company(run_id).workstream == "crm"


def test_a_company_run_that_times_out_ends_every_wait():
    """With `on_failure = "continue"` all waiters go on, and end with the gap named."""
    world = world_of(COMPANY, people=[({}, 1)] * 3)
    send_all(world)
    time_out(world)
    assert statuses(world) == {ItemStatus.COMPLETED}
    assert {stream.state.gaps for stream in world.items.values()} == {("company",)}


@pytest.mark.parametrize("stopping", [PERSON, COMPANY], ids=["person", "company"])
def test_a_good_late_answer_resumes_an_item_that_its_failure_stopped(stopping):
    """The item goes on behind the mended step, and its batch is reopened."""
    world = world_of(evolve(stopping, on_failure=OnFailure.STOP), EMAIL, people=[({}, 1)] * 2)
    send_all(world)
    owned = [owner for owner, _, _ in world.all_runs()] if stopping is PERSON else list(world.runs)
    time_out(world)
    assert statuses(world) == {ItemStatus.FAILED}
    (batch,) = world.batches.values()
    assert batch.state.status == "finished"
    for owner in owned:
        world.answer(owner, stopping.workflow, data(person_title="CTO"))
    assert statuses(world) == {ItemStatus.ACTIVE}
    assert batch.state.status == "running"
    assert {row[1] for row in world.sendable()} == {"email"}


def test_a_late_answer_does_not_resume_an_item_of_a_cancelled_batch():
    """The answer is kept in force for the lead, but nothing more is sent for the batch."""
    world = world_of(evolve(PERSON, on_failure=OnFailure.STOP), EMAIL, people=[({}, 1), ({}, 2)])
    send_all(world)
    (first, *_), (batch_id,) = world.items, world.batches
    world.now = world.item(first).run("person").wake_at
    world.wake(first, "person")
    world.cancel_batch(batch_id)
    world.answer(first, "person", data(person_title="CTO"))
    assert world.item(first).run("person").state is State.COMPLETED
    assert world.item(first).status is ItemStatus.FAILED
    assert world.sendable() == []


def test_a_company_run_is_cancelled_only_with_its_last_waiter():
    """One of two waiters cancelled leaves the run under way; the last takes it along."""
    world = world_of(COMPANY, people=[({}, 1), ({}, 1)])
    send_all(world)
    (run_id,), (first, last) = world.runs, world.items
    world.cancel_items([first])
    assert world.company(run_id).run.state is State.AWAITING_ANSWER
    world.cancel_items([last])
    assert world.company(run_id).run.state is State.CANCELLED


def test_a_company_run_may_be_sent_while_any_waiters_batch_runs():
    """Pausing the batch that started it does not hold it back while another batch waits for it too."""
    pipelines = [Pipeline(workstream=name, steps=[COMPANY]) for name in ("apollo", "crm")]
    world = ItemWorld(pipelines, [({}, 1)], strategies.FUNCTIONS)
    first, second = world.batches
    world.pause_or_resume(first)
    assert [row[0] for row in world.sendable()] == list(world.runs)
    world.pause_or_resume(second)
    assert world.sendable() == []


def test_a_forced_retry_of_a_cancelled_step_brings_its_batch_back():
    """What a person asks for explicitly is sent, also of a cancelled batch; without force nothing moves."""
    world = world_of(PERSON, people=[({}, 1)])
    (item_id,), (batch_id,) = world.items, world.batches
    world.cancel_batch(batch_id)
    assert not world.retry(item_id, "person", force=False)
    assert world.retry(item_id, "person", force=True)
    assert world.is_running(batch_id)
    assert send_all(world) == 1


def test_items_of_two_steps_with_one_result_share_the_answer():
    """A second company step of the same result is served by the first one's answer, with no second send."""
    world = world_of(COMPANY, evolve(COMPANY, workflow="company_again"), people=[({}, 1)] * 2)
    assert send_all(world) == 1
    (run_id,) = world.runs
    world.answer(run_id, "company", data(company_name="Quillhaven"))
    assert statuses(world) == {ItemStatus.COMPLETED}
    assert world.sendable() == []
