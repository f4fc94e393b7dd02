"""Whatever two runners, people and the outside world do in whatever order, the application keeps its promises.

Commands are drawn as plain data, so that any two of them can also be run as a race: the second is carried out between the
first one's decision and its commit.
"""

from contextlib import suppress
from datetime import timedelta
from itertools import count
from uuid import uuid5

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from enrichcore.application import CannotLaunch, Enrichment
from enrichcore.application.explaining import explain
from enrichcore.domain import events as e
from enrichcore.domain.batch import BatchStatus
from enrichcore.domain.batch_item import BatchItem, ItemStatus
from enrichcore.domain.ids import NAMESPACE
from enrichcore.domain.life_cycle import ENDS, State
from enrichcore.domain.pipeline import OnDoubt, OnFailure
from enrichcore.domain.posts import waited_for
from enrichcore.domain.step_run import Outcome
from enrichcore.store.replaying import fold_runs, inline_rows
from enrichcore.testing.promises import broken
from tests.contracts.racing_store import RacingStore
from tests.contracts.world import (
    ACME,
    APOLLO,
    APOLLO_COMPANY,
    APOLLO_PERSON,
    CRM,
    CRM_COMPANY,
    EMAIL,
    World,
    configuration,
    person,
    tuned,
)

ANY = st.integers(0, 40)
PEOPLE = [
    person(name, company) | more
    for company in ("quillhaven", "caldora")
    for name, more in [
        ("ann", {}),
        ("bob", {"email": ""}),
        ("ann", {"linkedin": ""}),
        ("eve", {"website": "", "company": ""}),
    ]
]
BODIES = [
    {"title": "Owner"},
    {"title": "Buyer"},
    {"name": "Quillhaven", "employee_count": 7},
    None,
    {"error": "no credits"},
]
WORK = st.one_of(
    st.tuples(st.just("claim"), st.integers(1, 6)),
    st.tuples(st.just("outcome"), ANY, st.sampled_from(Outcome), st.sampled_from([0, 600])),
    st.tuples(st.just("outcome"), ANY, st.just(Outcome.DELIVERED), st.just(0)),
    st.tuples(st.just("answer"), ANY, st.sampled_from(BODIES), st.booleans()),
    st.tuples(st.just("answer_early"), ANY, ANY, st.sampled_from(BODIES)),
    st.tuples(st.just("wake"), st.sampled_from([None, timedelta(0), timedelta(hours=9)])),
)
CONTROL = st.one_of(
    st.tuples(st.just("launch"), ANY),
    st.tuples(st.just("fill"), ANY),
    st.tuples(st.just("pause"), ANY),
    st.tuples(st.just("resume"), ANY),
    st.tuples(st.just("cancel"), ANY),
    st.tuples(st.just("retry"), ANY, st.none() | st.sampled_from(sorted(ENDS))),
    st.tuples(st.just("settle"), ANY, st.sampled_from(e.Settlement)),
    st.tuples(st.just("turn")),
    st.tuples(st.just("stop_lane"), st.sampled_from([(APOLLO, APOLLO_COMPANY), (CRM, CRM_COMPANY), (APOLLO, EMAIL)])),
    st.tuples(st.just("open_lanes")),
)
#: Rows go out and come back more often than people change their minds.
COMMANDS = st.one_of(WORK, WORK, CONTROL)


class ApplicationMachine(RuleBasedStateMachine):
    """Two runners on one store, one with a clock that is behind."""

    @initialize(
        launched=st.lists(st.integers(0, 2), min_size=1, max_size=2, unique=True),
        attempts=st.integers(1, 2),
        on_doubt=st.sampled_from(OnDoubt),
        on_failure=st.sampled_from(OnFailure),
        reuse_h=st.sampled_from([0, 2, 720]),
        in_flight=st.sampled_from([2, 100]),
        behind_s=st.sampled_from([0, 20]),
    )
    def open(self, launched, attempts, on_doubt, on_failure, reuse_h, in_flight, behind_s):
        """Configure, import everybody, and launch some."""
        registry = tuned(
            configuration(),
            attempts=attempts,
            on_doubt=on_doubt,
            on_failure=on_failure,
            reuse_within=timedelta(hours=reuse_h),
            answer_within=timedelta(hours=1),
            lane={"max_in_flight": in_flight, "rate": 1000.0, "burst": 1000},
        )
        numbers = count()
        self.world = World(RacingStore(), registry, new_id=lambda: uuid5(NAMESPACE, str(next(numbers))))
        self.store, self.clock = self.world.store, self.world.clock
        behind = timedelta(seconds=behind_s)
        late = Enrichment(self.store, registry, clock=lambda: self.clock.now - behind, new_id=self.world.new_id)
        self.apps = [self.world.app, late]
        self.uploads = [self.world.upload(*people, workstream=stream).upload_id for stream, people in self.files()]
        self.sends = []
        for which in launched:
            self.apps[0].launch(self.uploads[which])

    def files(self):
        """Files of people who are partly the same."""
        return [(APOLLO, PEOPLE[:3]), (CRM, PEOPLE[2:6]), (APOLLO, PEOPLE[3:])]

    # --- what may happen ---

    @rule(by=st.integers(0, 1), commands=st.lists(COMMANDS, min_size=1, max_size=4))
    def one_after_the_other(self, by, commands):
        """Some commands, by either runner."""
        for command in commands:
            self.do(self.apps[by], command)

    @rule(by=st.integers(0, 1), first=COMMANDS, second=COMMANDS, after=st.integers(0, 1))
    def race(self, by, first, second, after):
        """Two commands at once: the second is through before one of the first one's commits."""
        self.store.race(lambda: self.do(self.apps[1 - by], second), after=after)
        self.do(self.apps[by], first)
        self.store.end_race()

    @rule(minutes=st.sampled_from([1, 11, 61, 200]))
    def time_passes(self, minutes):
        """For everybody."""
        self.clock.tick(minutes=minutes)

    @rule(by=st.integers(0, 1), body=st.sampled_from(BODIES), answered=st.integers(0, 6))
    def a_round_of_work(self, by, body, answered):
        """What can leave is sent, delivered, and some of it answered."""
        sends = self.apps[by].claim(6)
        self.sends += sends
        self.world.report(sends, app=self.apps[by])
        for send in sends[:answered]:
            self.receive(self.apps[by], send, body, send.key)

    def do(self, app, command):
        """Carry one command out; what it cannot be carried out on is passed over."""
        name, *rest = command
        getattr(self, f"do_{name}")(app, *rest)

    def do_claim(self, app, limit):
        self.sends += app.claim(limit)

    def do_outcome(self, app, which, outcome, wait_s):
        if self.sends:
            self.world.report([self.recent(which)], outcome, app=app, reason="so it was", wait_s=wait_s)

    def do_answer(self, app, which, body, with_token):
        if self.sends:
            send = self.recent(which)
            self.receive(app, send, body, send.key if with_token else "")

    def receive(self, app, send, body, token):
        """Let an answer come in."""
        text = self.world.body(send, result=body)
        app.receive([self.world.callback(send.workflow, text, workstream=send.workstream, token=token)])

    def recent(self, which):
        """One of the rows that were claimed, the newest first."""
        return self.sends[-1 - which % len(self.sends)]

    def do_answer_early(self, app, which, step, body):
        items = [run for run in self.store.inline_rows()[0] if run.kind == "item"]
        if items:
            item = self.store.load([items[which % len(items)].run_id]).popitem()[1].state
            text = b'{"item_id": "%s", "result": {"title": "%d"}}' % (str(item.item_id).encode(), len(str(body)))
            workflow = item.workflows[step % len(item.workflows)]
            app.receive([self.world.callback(workflow, text, workstream=item.workstream)])

    def do_wake(self, app, receiver_up):
        app.wake(receiver_up=receiver_up)

    def do_launch(self, app, which):
        with suppress(CannotLaunch):
            app.launch(self.uploads[which % len(self.uploads)])

    def do_turn(self, app):
        app.turn_batches()
        app.move_companies()

    def do_stop_lane(self, app, lane):
        app.stop_lane(ACME, *lane, by="ann", why="out of credits")

    def do_open_lanes(self, app):
        for lane, _ in self.store.lanes():
            app.resume_lane(ACME, lane.workstream, lane.workflow, by="ann")

    def on_batch(self, which):
        """One of the batches, if there are any."""
        batches = self.store.batches()
        return [batches[which % len(batches)][0].batch_id] if batches else []

    def do_fill(self, app, which):
        for batch_id in self.on_batch(which):
            app.fill(batch_id)

    def do_pause(self, app, which):
        for batch_id in self.on_batch(which):
            app.pause(batch_id, by="ann")

    def do_resume(self, app, which):
        for batch_id in self.on_batch(which):
            app.resume(batch_id, by="ann")

    def do_cancel(self, app, which):
        for batch_id in self.on_batch(which):
            app.cancel(batch_id, by="ann")

    def do_retry(self, app, which, state):
        for batch_id in self.on_batch(which):
            app.retry(batch_id, by="ann", state=None if state is None else State(state))

    def do_settle(self, app, which, settlement):
        for batch_id in self.on_batch(which):
            app.settle(batch_id, settlement, by="ann")

    # --- what always holds ---

    @invariant()
    def every_attempt_has_a_key_of_its_own(self):
        """No POST is made twice under one key, by whichever runner."""
        keys = [send.key for send in getattr(self, "sends", ())]
        assert len(keys) == len(set(keys))

    def teardown(self):
        """The promises that the whole log has to keep."""
        if not hasattr(self, "world"):
            return
        self.store.end_race()
        log = self.store.log(0, 1_000_000)
        assert self.store.inline_rows() == inline_rows(log)
        pipelines = {batch.batch_id: batch.pipeline for batch, _ in self.store.batches()}
        assert broken(log, pipelines) == []
        self.everything_that_moves_can_be_explained()
        self.whoever_has_an_open_lane_gets_on()
        self.everything_comes_to_an_end()

    def everything_that_moves_can_be_explained(self):
        """Each run that is not at an end has something that will move it, in words."""
        for run_id, run in fold_runs(self.store.log(0, 1_000_000)).items():
            assert explain(self.store, self.world.registry, run_id, now=self.clock.now).endswith(".")
            if isinstance(run.state, BatchItem) and run.state.status is ItemStatus.ACTIVE:
                assert run.state.open_runs

    def whoever_has_an_open_lane_gets_on(self):
        """Whatever became of those who had their companies asked about: Apollo's lanes are all stopped, and the CRM's open."""
        for batch, _ in self.store.batches():
            if batch.workstream == CRM:
                self.world.app.resume(batch.batch_id, by="ann")
        self.do_open_lanes(self.world.app)
        for lane in (APOLLO_COMPANY, APOLLO_PERSON, EMAIL):
            self.do_stop_lane(self.world.app, (APOLLO, lane))
        for _ in range(100):
            self.clock.tick(hours=2)
            before = self.store.last_position()
            self.world.app.turn_batches()
            self.world.app.wake()
            self.world.app.move_companies()
            self.world.report(self.world.app.claim(100))
            if self.store.last_position() == before:
                break
        for loaded in fold_runs(self.store.log(0, 1_000_000)).values():
            state = loaded.state
            if isinstance(state, BatchItem) and state.workstream == CRM and state.status is ItemStatus.ACTIVE:
                (run,) = state.open_runs
                company = self.store.load([run.company_run_id])[run.company_run_id].state
                # What may be out is settled with whoever was charged.
                assert waited_for(company.run.posts)

    def everything_comes_to_an_end(self):
        """When people open everything and the third party takes rows without answering, every batch finishes."""
        for batch, _ in self.store.batches():
            self.world.app.resume(batch.batch_id, by="ann")
        self.do_open_lanes(self.world.app)
        for _ in range(400):
            self.clock.tick(hours=2)
            before = self.store.last_position()
            self.world.app.turn_batches()
            self.world.app.wake()
            self.world.report(self.world.app.claim(100))
            if self.store.last_position() == before:
                break
        for batch, _ in self.store.batches():
            assert batch.status in {BatchStatus.FINISHED, BatchStatus.CANCELLED}
            assert self.store.active_items(batch.batch_id) == []
        assert {run.status for run in self.store.inline_rows()[0] if run.kind == "company"} <= {"ended"}


TestApplication = ApplicationMachine.TestCase
