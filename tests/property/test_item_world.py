"""Items that share companies, in any order of commands, answers, outcomes and clock ticks, all end or have a reason to wait."""

from datetime import timedelta
from uuid import UUID

import pytest
from attrs import evolve
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.property.item_world import CLIENT, ItemWorld

from enrichcore.domain import batch_item, company_run, ids
from enrichcore.domain import events as e
from enrichcore.domain.answers import Rank
from enrichcore.domain.batch_item import ItemStatus
from enrichcore.domain.life_cycle import State
from enrichcore.domain.pipeline import Condition, Entity, Kind, OnFailure, Pipeline, Presence, Step
from enrichcore.domain.step_run import Answer, Outcome, PostOutcome
from enrichcore.testing import strategies

SURELY_NOT = {Outcome.NOT_DELIVERED, Outcome.ROW_REFUSED, Outcome.LANE_REFUSED}

#: Three people of two companies, and one of none.
PEOPLE = (
    ({"company_name": "Quillhaven"}, 1),
    ({"company_name": "Quillhaven", "person_email": "ida@quillhaven.example"}, 1),
    ({"company_name": "Larkmoor"}, 2),
    ({}, None),
)

#: More sends and waits than a world of this size can hold.
ROUNDS = 500


def assert_replays(world):
    """Folding any committed prefix of a log gives the state that was lived."""
    for item_id, stream in world.items.items():
        (created, _), *rest = stream.log
        begun = batch_item.initial(item_id, CLIENT, stream.state.batch_id, created)
        assert_same(stream, rest, begun, batch_item.fold)
    for run_id, stream in world.runs.items():
        (started, _), *rest = stream.log
        assert_same(stream, rest, company_run.initial(run_id, CLIENT, started), company_run.fold)


def assert_same(stream, rest, state, fold):
    for version, (event, at) in enumerate(rest, start=2):
        state = fold(state, event, at, version)
        assert stream.lived.get(version, state) == state
    assert state == stream.state
    assert stream.version == len(stream.log)


class Items(RuleBasedStateMachine):
    """Batches of several people through arbitrary pipelines."""

    @initialize(
        first=strategies.pipelines(workstream="apollo"), second=st.none() | strategies.pipelines(workstream="crm")
    )
    def launch(self, first, second):
        self.fates = {}
        self.resends = {}
        pipelines = [pipeline for pipeline in (first, second) if pipeline is not None]
        self.world = ItemWorld(pipelines, PEOPLE, strategies.FUNCTIONS)

    # --- what may happen -----------------------------------------------------------------------------------------

    @rule(data=st.data())
    def time_passes(self, data):
        self.world.now += data.draw(strategies.spells(timedelta(minutes=30)))

    @precondition(lambda self: self.world.sendable())
    @rule(data=st.data(), outcome=st.none() | st.sampled_from(Outcome))
    def a_row_goes_out(self, data, outcome):
        rows = {(owner, workflow): run for owner, workflow, run, _ in self.world.sendable()}
        owner, workflow = data.draw(st.sampled_from(sorted(rows)))
        self.world.now = max(self.world.now, rows[owner, workflow].wake_at)
        self.world.claim(owner, workflow)
        attempt = rows[owner, workflow].attempt + 1
        if outcome is not None:
            self.report(owner, workflow, PostOutcome(attempt=attempt, outcome=outcome, due=self.world.now))

    @precondition(lambda self: self.world.posts)
    @rule(data=st.data())
    def a_runner_reports(self, data):
        owner, workflow = data.draw(st.sampled_from(sorted(self.world.posts)))
        attempts = st.sampled_from([attempt for _, attempt in self.world.posts[owner, workflow]])
        self.report(owner, workflow, data.draw(strategies.post_outcomes(attempts=attempts, now=self.world.now)))

    def report(self, owner, workflow, seen):
        if seen.outcome is not Outcome.UNKNOWN:
            self.fates.setdefault((owner, seen.attempt), seen.outcome)
        self.world.report(owner, workflow, seen)

    @rule(data=st.data())
    def an_answer_comes(self, data):
        items = {
            (item_id, step.workflow)
            for item_id, stream in self.world.items.items()
            for step in self.world.pipelines[stream.state.batch_id].steps
            if step.kind is not Kind.LOCAL
        }
        runs = {(run_id, stream.state.step.workflow) for run_id, stream in self.world.runs.items()}
        if not items | runs:
            return
        owner, workflow = data.draw(st.sampled_from(sorted(items | runs)))
        self.world.answer(owner, workflow, data.draw(strategies.answers()))

    @precondition(lambda self: self.world.runs)
    @rule(data=st.data(), answer=strategies.answers())
    def a_company_answer_comes(self, data, answer):
        run_id = data.draw(st.sampled_from(sorted(self.world.runs)))
        self.world.answer(run_id, self.world.company(run_id).step.workflow, answer)

    @rule(data=st.data())
    def a_timer_looks(self, data):
        waiting = {(owner, run.workflow): run.wake_at for owner, run, _ in self.world.all_runs() if run.wake_at}
        if waiting:
            owner, workflow = data.draw(st.sampled_from(sorted(waiting)))
            self.world.now = max(self.world.now, waiting[owner, workflow])
            self.world.wake(owner, workflow)

    @rule(data=st.data(), settlement=st.sampled_from(e.Settlement))
    def a_person_settles(self, data, settlement):
        doubts = {
            (owner, run.workflow): run.generation
            for owner, run, _ in self.world.all_runs()
            if run.state is State.IN_DOUBT
        }
        if doubts:
            owner, workflow = data.draw(st.sampled_from(sorted(doubts)))
            if settlement is e.Settlement.RESEND:
                key = (owner, workflow, doubts[owner, workflow])
                self.resends[key] = self.resends.get(key, 0) + 1
            self.world.settle(owner, workflow, settlement)

    @rule(data=st.data(), force=st.booleans())
    def a_person_retries(self, data, force):
        ended = [
            (item_id, run.workflow)
            for item_id, stream in self.world.items.items()
            for run in stream.state.runs.values()
            if run.ended
        ]
        if ended:
            item_id, workflow = data.draw(st.sampled_from(sorted(ended)))
            was = self.world.item(item_id).status
            asked = self.world.retry(item_id, workflow, force=force)
            assert not asked or force or was is not ItemStatus.CANCELLED

    @rule(data=st.data())
    def a_person_cancels_an_item(self, data):
        self.world.cancel_items([data.draw(st.sampled_from(sorted(self.world.items)))])

    @rule(data=st.data(), cancel=st.sampled_from([False, False, True]))
    def a_person_pauses_or_cancels_a_batch(self, data, cancel):
        batch_id = data.draw(st.sampled_from(sorted(self.world.batches)))
        (self.world.cancel_batch if cancel else self.world.pause_or_resume)(batch_id)

    # --- what holds ----------------------------------------------------------------------------------------------

    @invariant()
    def every_item_ends_or_has_a_reason_to_wait(self):
        """Promise 4: an active item has an open step; each waits for a time, or for a company run that is open."""
        for stream in self.world.items.values():
            item = stream.state
            assert bool(item.open_runs) == (item.status is ItemStatus.ACTIVE)
            for run in item.open_runs:
                if run.state is State.WAITING_FOR_COMPANY:
                    assert self.world.company(run.company_run_id).run.open
                else:
                    assert run.wake_at is not None

    @invariant()
    def an_open_company_run_has_waiters(self):
        """What is still to be sent or awaited for a company is so for someone, or is out already."""
        for run_id, stream in self.world.runs.items():
            run = stream.state.run
            if run.open:
                assert run.wake_at is not None
                assert self.world.waiters(run_id) or run.state is not State.READY

    @invariant()
    def an_active_item_is_in_a_batch_that_can_move_it(self):
        """No item is active in a batch that is over, and a batch that is full and has no active item is finished."""
        for batch_id, stream in self.world.batches.items():
            active = [
                item
                for item in self.world.items.values()
                if item.state.batch_id == batch_id and item.state.status is ItemStatus.ACTIVE
            ]
            assert bool(active) == (stream.state.status in {"running", "paused"})

    @invariant()
    def only_webhook_steps_are_left_ready(self):
        """At rest, local steps have run and company steps have joined a company run."""
        for owner, _, run, step in self.world.sendable():
            assert step.kind is not Kind.LOCAL
            assert owner in self.world.runs or step.entity is Entity.PERSON
            assert run.state is State.READY

    @invariant()
    def no_more_posts_than_allowed(self):
        """Promise 2, for items and company runs, however many items wait."""
        for (owner, workflow), sent in self.world.posts.items():
            logged = (self.world.items | self.world.runs)[owner].log
            for generation in {generation for generation, _ in sent}:
                mine = [attempt for of, attempt in sent if of == generation]
                maybe = [attempt for attempt in mine if self.fates.get((owner, attempt)) not in SURELY_NOT]
                resends = self.resends.get((owner, workflow, generation), 0)
                assert len(maybe) <= self.attempts_allowed(owner, workflow) + resends
            assert len(sent) == sum(
                isinstance(event, e.StepSending) and event.workflow == workflow for event, _ in logged
            )

    def attempts_allowed(self, owner, workflow):
        return next(
            step.attempts
            for pipeline in self.world.pipelines.values()
            for step in pipeline.steps
            if step.workflow == workflow
        )

    @invariant()
    def a_stopped_item_stands_at_its_failure(self):
        """An item stays failed only where a step that stops it failed or timed out, unless its batch was cancelled."""
        for stream in self.world.items.values():
            batch_id = stream.state.batch_id
            was_cancelled = any(isinstance(event, e.BatchCancelled) for event, _ in self.world.batches[batch_id].log)
            if stream.state.status is ItemStatus.FAILED and not was_cancelled:
                assert any(
                    run.is_gap and self.world.pipelines[batch_id].step(run.workflow).on_failure is OnFailure.STOP
                    for run in stream.state.runs.values()
                )

    def teardown(self):
        """Left to time and senders alone, every item comes to an end; and the log tells all of it again."""
        if not hasattr(self, "world"):
            return
        self.drain()
        assert all(stream.state.status is not ItemStatus.ACTIVE for stream in self.world.items.values())
        assert_replays(self.world)

    def drain(self):
        for batch_id, stream in self.world.batches.items():
            if stream.state.status == "paused":
                self.world.pause_or_resume(batch_id)
        for _ in range(ROUNDS):
            for owner, workflow, run, _ in self.world.sendable():
                self.world.now = max(self.world.now, run.wake_at)
                if any((owner, workflow) == row[:2] for row in self.world.sendable()):
                    self.world.claim(owner, workflow)
            waiting = [
                (run.wake_at, owner, run.workflow)
                for owner, run, _ in self.world.all_runs()
                if run.open and run.wake_at
            ]
            if not waiting:
                return
            then, owner, workflow = min(waiting)
            self.world.now = max(self.world.now, then)
            self.world.wake(owner, workflow)
        raise AssertionError("the world did not come to rest")


TestItems = Items.TestCase
TestItems.settings = settings(deadline=None, stateful_step_count=30)


# --- told one by one ---------------------------------------------------------------------------------------------

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
    return ItemWorld([Pipeline(workstream="apollo", steps=chosen)], people, strategies.FUNCTIONS)


def data(**facts):
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
