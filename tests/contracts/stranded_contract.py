"""Nobody who waits for a company is stranded by whoever had it asked about: a row that cannot leave goes by another's lane."""

import pytest
from attrs import evolve

from enrichcore.application.explaining import explain
from enrichcore.domain import events as e
from enrichcore.domain.lane import DOUBTS_IN_A_ROW, FAILURES_IN_A_ROW
from enrichcore.domain.life_cycle import State
from enrichcore.domain.step_run import Outcome
from enrichcore.store.replaying import inline_rows
from enrichcore.testing.promises import broken
from tests.contracts.answers_contract import WorldContract
from tests.contracts.imports_contract import COMPANY_TWICE, THE_SAME_COMPANY
from tests.contracts.world import ACME, APOLLO, APOLLO_COMPANY, CRM, CRM_COMPANY, World, configuration, person, tuned

#: What may be said of a row on a lane that is stopped.
OPENS, MOVES = "opens it", "moves the row there"
WIDE = {"rate": 1000.0, "burst": 1000}


def lane_is_stopped(world):
    """By a person, or by what the webhook said."""
    world.app.stop_lane(ACME, APOLLO, APOLLO_COMPANY, by="ann", why="out of credits")


def webhook_is_away(world):
    """So that one row at a time is tried."""
    fail(world, FAILURES_IN_A_ROW, Outcome.NOT_DELIVERED, unreachable=True)


def webhook_is_doubtful(world):
    """Nobody knows of its rows."""
    fail(world, DOUBTS_IN_A_ROW, Outcome.UNKNOWN, status=502)


def lane_is_held_for_hours(world):
    """As its webhook asked."""
    fail(world, 1, Outcome.NOT_DELIVERED, status=429, hold_s=7200)


def workstream_is_gone(world):
    """From the configuration."""
    world.app = world.another(evolve(world.registry, workstreams={CRM: world.registry.workstreams[CRM]}))


def fail(world, rows, outcome, **how):
    """Some rows of other companies end so."""
    world.launch(*(person(f"joe{number}", f"co{number}") for number in range(rows)))
    others = [send for send in world.app.claim(1000) if "co" in send.payload["company_domain"]]
    world.report(others[:rows], outcome, **how)


TROUBLES = [lane_is_stopped, webhook_is_away, webhook_is_doubtful, lane_is_held_for_hours, workstream_is_gone]


class StrandedContract(WorldContract):
    """Apollo's batch has the company asked about, and the CRM's people wait for it."""

    @pytest.fixture
    def world(self, store):
        """A world with room on its lanes."""
        return World(store, tuned(configuration(), lane=WIDE))

    @pytest.fixture(autouse=True)
    def agrees(self, store):
        """Replaying the log gives the rows that were lived."""
        yield
        assert store.inline_rows() == inline_rows(store.log(0, 100_000))

    def company(self, world, batch):
        """The company run that a batch's first item waits for, or was served by."""
        item = world.item(batch)
        run_id = next(run.company_run_id for run in item.runs.values() if run.company_run_id is not None)
        return world.store.load([run_id])[run_id].state

    def quillhaven(self, sends):
        """Of rows, those about the company that two want to know of."""
        return [send for send in sends if send.payload["company_domain"] == "quillhaven.example"]

    @pytest.mark.parametrize("trouble", TROUBLES)
    @pytest.mark.parametrize("control", ["", "pause", "cancel"])
    def test_a_row_that_cannot_leave_goes_by_the_lane_of_another_who_waits(self, world, trouble, control):
        """Whatever became of the batch that started it; it is sent once, and charged to whom it is sent for."""
        trouble(world)
        apollo = world.launch(person("ann")) if trouble is not workstream_is_gone else self.launched_before(world)
        crm = world.launch(person("bob"), workstream=CRM)
        if control:
            getattr(world.app, control)(apollo.batch_id, by="ann")
        assert self.quillhaven(world.app.claim(1000)) == []
        assert world.app.move_companies() == 1
        (send,) = self.quillhaven(world.app.claim(1000))
        assert (send.workflow, self.company(world, crm).batch_id) == (CRM_COMPANY, crm.batch_id)
        world.report([send])
        world.answer(send)
        assert world.item(crm).run(CRM_COMPANY).state is State.COMPLETED
        if control != "cancel":
            assert world.item(apollo).run(APOLLO_COMPANY).state is State.COMPLETED
        moved = [event for event in world.events(e.CompanyRunStarted) if event.why]
        assert [event.workstream for event in moved] == [CRM]
        assert APOLLO_COMPANY in moved[0].why

    def launched_before(self, world):
        """A batch of a workstream that has left the configuration since."""
        app, world.app = world.app, world.another()
        batch = world.launch(person("ann"))
        world.app = app
        return batch

    def test_an_unsent_row_goes_by_its_lane_while_that_is_open(self, world):
        """Also where its starter's batch is paused or cancelled: nothing has to be moved."""
        for control in ("pause", "cancel"):
            apollo = world.launch(person("ann", control))
            world.launch(person("bob", control), workstream=CRM)
            getattr(world.app, control)(apollo.batch_id, by="ann")
            assert world.app.move_companies() == 0
            (send,) = [one for one in world.app.claim(1000) if one.payload["company_domain"] == f"{control}.example"]
            assert send.workflow == APOLLO_COMPANY

    @pytest.mark.parametrize("lanes", [(CRM,), (APOLLO, CRM)])
    def test_nothing_moves_to_a_lane_that_is_not_open(self, world, lanes):
        """Nor for a batch that is paused."""
        batches = {stream: world.launch(person(stream[:3]), workstream=stream) for stream in (APOLLO, CRM)}
        for stream in lanes:
            world.app.stop_lane(ACME, stream, {APOLLO: APOLLO_COMPANY, CRM: CRM_COMPANY}[stream], by="ann", why="no")
        assert world.app.move_companies() == 0
        lane_is_stopped(world)
        world.app.resume_lane(ACME, CRM, CRM_COMPANY, by="ann")
        world.app.pause(batches[CRM].batch_id, by="ann")
        assert world.app.move_companies() == 0
        world.app.resume(batches[CRM].batch_id, by="ann")
        assert world.app.move_companies() == 1
        assert world.app.move_companies() == 0

    def test_who_waits_by_the_same_lane_waits_for_that(self, world):
        """Nobody has another."""
        world.launch(person("ann"))
        world.launch(person("bob"))
        lane_is_stopped(world)
        assert world.app.move_companies() == 0

    def test_a_row_that_was_put_off_moves_once_it_is_due(self, world):
        """Nothing of it is out; its earlier number stays taken."""
        world.launch(person("ann"))
        world.launch(person("bob"), workstream=CRM)
        (send,) = self.quillhaven(world.app.claim(1000))
        world.report([send], Outcome.LANE_REFUSED, status=402, reason="out of credits")
        assert world.app.move_companies() == 1
        (again,) = self.quillhaven(world.app.claim(1000))
        assert (again.attempt, again.workflow, again.key != send.key) == (2, CRM_COMPANY, True)

    def test_what_may_be_out_is_left_alone(self, store):
        """A second attempt after a doubt waits for its own lane: the first may be answered, and is charged there."""
        world = World(store, tuned(configuration(), lane=WIDE, attempts=2, on_doubt="resend"))
        world.launch(person("ann"))
        crm = world.launch(person("bob"), workstream=CRM)
        (send,) = self.quillhaven(world.app.claim(1000))
        world.report([send], Outcome.UNKNOWN, status=502)
        assert world.run_of(send).state is State.READY
        lane_is_stopped(world)
        assert world.app.move_companies() == 0
        assert OPENS in self.explained(world, crm)
        assert MOVES not in self.explained(world, crm)

    def test_a_lane_whose_settings_allow_no_further_attempt_is_not_moved_to(self, store):
        """It would never be sent."""
        world = World(store, tuned(tuned(configuration(), lane=WIDE), APOLLO_COMPANY, attempts=2))
        world.launch(person("ann"))
        crm = world.launch(person("bob"), workstream=CRM)
        (send,) = self.quillhaven(world.send())
        world.clock.tick(hours=7)
        world.app.wake()
        assert world.run_of(send).state is State.READY
        lane_is_stopped(world)
        assert world.app.move_companies() == 0
        assert OPENS in self.explained(world, crm)
        assert MOVES not in self.explained(world, crm)

    def test_nobody_waits_for_another_ids_row_that_its_lane_does_not_send(self, store):
        """It is to be sent once more, on a lane that is stopped: the row under the own id leaves."""
        header, ann, bob = COMPANY_TWICE.splitlines(keepends=True)
        world = World(store, tuned(tuned(configuration(), lane=WIDE), APOLLO_COMPANY, attempts=2))
        other = world.app.launch(world.app.upload(header + bob, client=ACME, workstream=APOLLO).upload_id)
        world.send()
        world.clock.tick(hours=7)
        world.app.wake()
        lane_is_stopped(world)
        own = world.app.launch(world.app.upload(header + ann, client=ACME, workstream=CRM).upload_id)
        world.app.upload(COMPANY_TWICE + THE_SAME_COMPANY, client=ACME, workstream=APOLLO)
        (send,) = [one for one in world.send() if one.workflow == CRM_COMPANY]
        assert world.item(own).run(CRM_COMPANY).company_run_id == send.run_id
        world.answer(send)
        assert world.item(own).run(CRM_COMPANY).state is State.COMPLETED
        assert MOVES not in self.explained(world, other)

    def explained(self, world, batch):
        """What is said of a batch's first item."""
        return explain(world.store, world.registry, world.item(batch).item_id, now=world.clock.now)

    def test_the_row_of_a_company_that_was_merged_stays_that_companys(self, world):
        """Under the id that it was begun with, so that the company is not asked about twice."""
        world.app.upload(COMPANY_TWICE, client=ACME, workstream=APOLLO)
        bob_only = COMPANY_TWICE.replace(COMPANY_TWICE.splitlines(keepends=True)[1], b"")
        apollo = world.app.launch(world.app.upload(bob_only, client=ACME, workstream=APOLLO).upload_id)
        begun = self.company(world, apollo)
        world.app.upload(COMPANY_TWICE + THE_SAME_COMPANY, client=ACME, workstream=APOLLO)
        crm = world.launch(person("bob"), workstream=CRM)
        assert self.company(world, crm) == begun
        assert world.item(crm).company_id != begun.company_id
        lane_is_stopped(world)
        assert world.app.move_companies() == 1
        assert {event.company_id for event in world.events(e.CompanyRunStarted)} == {begun.company_id}
        pipelines = {one.batch_id: one.pipeline for one, _ in world.store.batches()}
        assert broken(world.store.log(0, 100_000), pipelines) == []
        (send,) = self.quillhaven(world.app.claim(1000))
        assert (send.run_id, send.payload["company_id"]) == (begun.company_run_id, str(begun.company_id))
