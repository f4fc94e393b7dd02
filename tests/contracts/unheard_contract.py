"""The database is lost at the commit of a claim: the runner lives on, and what it may have claimed is not forgotten."""

import pytest

from enrichcore.application import Enrichment
from enrichcore.domain import events as e
from enrichcore.domain.life_cycle import State
from enrichcore.domain.step_run import Outcome
from enrichcore.store import StoreUnavailable
from enrichcore.testing.crash_points import CrashPoint, PointedStore
from tests.contracts.answers_contract import WorldContract
from tests.contracts.world import ACME, APOLLO, APOLLO_COMPANY, CRM, person


def cut_off(world, point=CrashPoint.CLAIM_DURABLE, *, time=1) -> Enrichment:
    """A runner that loses the database once, when it reaches a point for the n-th time."""
    reached = []

    def reach(here):
        reached.append(here)
        if here is point and reached.count(point) == time:
            raise StoreUnavailable("the connection was lost")

    return Enrichment(PointedStore(world.store, reach), world.registry, clock=world.clock)


class UnheardContract(WorldContract):
    """A claim whose end its runner did not hear of."""

    def test_rows_that_were_claimed_unheard_are_handed_back_and_cost_no_attempt(self, world):
        """They leave with a later claim, instead of falling in doubt with credits that nobody got anything for."""
        world.launch(person("ann"), person("bob", company="caldora"))
        runner = cut_off(world)
        with pytest.raises(StoreUnavailable):
            runner.claim(10)
        assert (len(world.events(e.StepSending)), runner.claim(10)) == (2, [])
        assert len(world.events(e.SendRefused)) == 2
        assert world.store.credits_of(world.registry.client(ACME).id) == 0
        world.app.wake()
        assert [(send.attempt, world.run_of(send).tries) for send in world.claim()] == [(2, 1)] * 2

    def test_what_the_first_lane_gave_leaves_and_what_the_second_gave_unheard_is_handed_back(self, world):
        """The claim of each lane is a commit of its own."""
        world.launch(person("ann"))
        world.launch(person("bob", company="caldora"), workstream=CRM)
        runner = cut_off(world, time=2)
        (send,) = runner.claim(10)
        assert [runner.hand_back(), runner.hand_back()] == [1, 0]
        states = {row.run_id: row.state for row in world.store.inline_rows()[1] if row.attempt}
        assert states.pop(send.run_id) == State.SENDING
        assert list(states.values()) == [State.RETRY_WAIT]

    def test_a_row_that_fell_in_doubt_before_the_database_came_back_is_handed_back_all_the_same(self, world):
        """Surely it was not sent, whatever its lease says."""
        world.launch(person("ann"))
        runner = cut_off(world)
        with pytest.raises(StoreUnavailable):
            runner.claim(10)
        (sending,) = world.events(e.StepSending)
        world.clock.now = sending.lease_until
        world.app.wake()
        assert [row.state for row in world.store.inline_rows()[1] if row.attempt] == [State.IN_DOUBT]
        assert runner.hand_back() == 1
        assert [row.state for row in world.store.inline_rows()[1] if row.attempt] == [State.RETRY_WAIT]

    def test_what_a_claim_may_have_taken_is_kept_until_the_database_can_be_asked(self, world):
        """However often it cannot."""
        world.launch(person("ann"))
        runner = cut_off(world)
        with pytest.raises(StoreUnavailable):
            runner.claim(10)
        store, runner.core.store = runner.core.store, Away()
        for _ in range(3):
            with pytest.raises(StoreUnavailable):
                runner.claim(10)
        runner.core.store = store
        assert runner.hand_back() == 1


class UnheardOutcomesContract(WorldContract):
    """The database is lost at the commit of outcomes, which are recorded again when it is back."""

    def unheard(self, world, reports):
        """A runner that recorded these, and did not hear of it."""
        runner = cut_off(world, CrashPoint.COMMIT_DURABLE)
        with pytest.raises(StoreUnavailable):
            runner.record_outcomes(reports)
        return runner

    @pytest.mark.parametrize("status", [401, 429])
    def test_a_lane_that_was_resumed_does_not_stop_again_for_what_stopped_it(self, world, status):
        """Nor is it held again; the row goes with the others."""
        world.launch(person("ann"), person("bob", company="caldora"))
        (send, _) = world.claim()
        outcome = Outcome.LANE_REFUSED if status == 401 else Outcome.NOT_DELIVERED
        hold = None if status == 401 else 600
        refused = world.seen(send, outcome, status=status, reason="not now", hold_s=hold)
        runner = self.unheard(world, [refused])
        ((lane, _),) = world.store.lanes()
        assert bool(lane.stopped or lane.held_until)
        assert world.app.resume_lane(ACME, APOLLO, APOLLO_COMPANY, by="ann")
        runner.record_outcomes([refused])
        ((lane, _),) = world.store.lanes()
        assert (lane.stopped, lane.held_until) == ("", None)
        world.app.wake()
        assert [again.run_id for again in world.send()] == [send.run_id]

    def test_refused_rows_count_once(self, world):
        """However often it is recorded that they were."""
        world.launch(person("ann"))
        (send,) = world.claim()
        refused = world.seen(send, Outcome.ROW_REFUSED, status=422, reason="no domain")
        self.unheard(world, [refused]).record_outcomes([refused])
        assert [event.in_a_row for event in world.events(e.RefusalsCounted)] == [1]


class Away:
    """A store that cannot be reached."""

    def claims(self):
        """Nobody can."""
        raise StoreUnavailable("gone")
