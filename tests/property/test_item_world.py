"""Items that share companies, in any order of commands, answers, outcomes and clock ticks, all end or have a reason to wait."""

from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from enrichcore.domain import batch_item, company_run
from enrichcore.domain import events as e
from enrichcore.domain.batch_item import ItemStatus
from enrichcore.domain.life_cycle import State
from enrichcore.domain.pipeline import Entity, Kind, OnFailure
from enrichcore.domain.step_run import Outcome, PostOutcome
from enrichcore.testing import strategies
from tests.property.item_world import CLIENT, ItemWorld

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
    """Fold a log, and compare with what was lived at every commit and at the end."""
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
        """One or two batches of the same people."""
        self.fates = {}
        self.resends = {}
        pipelines = [pipeline for pipeline in (first, second) if pipeline is not None]
        self.world = ItemWorld(pipelines, PEOPLE, strategies.FUNCTIONS)

    # --- what may happen -----------------------------------------------------------------------------------------

    @rule(data=st.data())
    def time_passes(self, data):
        """The clock goes on."""
        self.world.now += data.draw(strategies.spells(timedelta(minutes=30)))

    @precondition(lambda self: self.world.sendable())
    @rule(data=st.data(), outcome=st.none() | st.sampled_from(Outcome))
    def a_row_goes_out(self, data, outcome):
        """A row is sent when it is due, and often the runner tells at once what became of it."""
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
        """A runner reports on any POST."""
        owner, workflow = data.draw(st.sampled_from(sorted(self.world.posts)))
        attempts = st.sampled_from([attempt for _, attempt in self.world.posts[owner, workflow]])
        self.report(owner, workflow, data.draw(strategies.post_outcomes(attempts=attempts, now=self.world.now)))

    def report(self, owner, workflow, seen):
        """Report, and remember the first certain word on each POST."""
        if seen.outcome is not Outcome.UNKNOWN:
            self.fates.setdefault((owner, seen.attempt), seen.outcome)
        self.world.report(owner, workflow, seen)

    @rule(data=st.data())
    def an_answer_comes(self, data):
        """An answer comes for any step of any item, or for a company run."""
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
        """An answer comes for a company run."""
        run_id = data.draw(st.sampled_from(sorted(self.world.runs)))
        self.world.answer(run_id, self.world.company(run_id).step.workflow, answer)

    @rule(data=st.data())
    def a_timer_looks(self, data):
        """The clock goes to the moment that some run waits for."""
        waiting = {(owner, run.workflow): run.wake_at for owner, run, _ in self.world.all_runs() if run.wake_at}
        if waiting:
            owner, workflow = data.draw(st.sampled_from(sorted(waiting)))
            self.world.now = max(self.world.now, waiting[owner, workflow])
            self.world.wake(owner, workflow)

    @rule(data=st.data(), settlement=st.sampled_from(e.Settlement))
    def a_person_settles(self, data, settlement):
        """A person decides a doubt."""
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
        """A person wants an ended step to run again."""
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
        """A person stops an item."""
        self.world.cancel_items([data.draw(st.sampled_from(sorted(self.world.items)))])

    @rule(data=st.data(), cancel=st.sampled_from([False, False, True]))
    def a_person_pauses_or_cancels_a_batch(self, data, cancel):
        """A person pauses, resumes or cancels a batch."""
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
        """POSTs that the step allows without a decision."""
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
        """Resume what is paused, send all that may be sent, answer nothing, and let every wait pass."""
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
