"""When a way to a webhook stops, is held or is full: nothing is lost by it, and other ways go on."""

import pytest
from attrs import evolve

from enrichcore.domain import events as e
from enrichcore.domain.lane import REFUSALS_IN_A_ROW
from enrichcore.domain.life_cycle import State
from enrichcore.domain.step_run import Outcome
from enrichcore.registry import UnknownNameError
from tests.contracts.answers_contract import WorldContract
from tests.contracts.world import (
    ACME,
    APOLLO,
    APOLLO_COMPANY,
    APOLLO_PERSON,
    CRM,
    CRM_COMPANY,
    CRM_PERSON,
    World,
    configuration,
    person,
    tuned,
    watch_commits,
)

NAMES = ("ann", "bob", "eve", "joe", "kim")


def two_lanes(store, slow, fast):
    """Twelve companies' rows on each of two lanes of one client: a slow one, and one as fast as all others."""
    registry = tuned(tuned(configuration(), lane=fast), APOLLO_COMPANY, lane=slow)
    world = World(store, registry)
    for workstream in (APOLLO, CRM):
        names = [f"{workstream[0]}{number}" for number in range(12)]
        world.launch(*(person(name, company=f"{name}co") for name in names), workstream=workstream)
    return world


class LanesContract(WorldContract):
    """Lanes stop when a webhook refuses all rows, and go on when a person says so."""

    def test_a_refused_webhook_stops_its_lane_and_loses_no_row(self, world):
        """Every row of it is ready again; nothing is sent until the lane is resumed."""
        batch = world.launch(person("ann"), person("bob"))
        world.play_to(APOLLO_PERSON)
        sends = world.claim()
        world.report(sends[:1], Outcome.LANE_REFUSED, status=404, reason="the webhook is gone")
        world.report(sends[1:], Outcome.LANE_REFUSED, status=404, reason="the webhook is gone")
        assert world.send() == []
        assert {world.run_of(send).state for send in sends} == {State.READY}
        assert world.app.resume_lane(ACME, APOLLO, APOLLO_PERSON, by="ann")
        assert len(world.play()) == 2
        assert world.status(batch) == "finished"
        assert len(world.events(e.LaneStopped)) == 1

    def test_a_lane_stops_in_the_commit_that_learns_of_it(self, world, monkeypatch):
        """Nobody can claim the refused row between the two, and no failure can part them."""
        world.launch(person("ann"))
        sends, commits = world.claim(), []
        watch_commits(world.store, monkeypatch, commits.append)
        world.report(sends, Outcome.LANE_REFUSED, status=401)
        (commit,) = commits
        assert {e.SendRefused, e.LaneStopped} <= {type(recorded.event) for recorded in commit.events}

    def test_a_refusal_may_hold_any_character(self, world):
        """What no text of a database holds is replaced, and the lane stops with the rest of the words."""
        world.launch(person("ann"))
        world.report(world.claim(), Outcome.LANE_REFUSED, status=401, reason="denied\x00 for good")
        ((lane, _),) = world.store.lanes()
        assert (lane.stopped, world.claim()) == ("denied\ufffd for good", [])

    def refuse(self, world, count, outcome=Outcome.ROW_REFUSED):
        """Have so many rows refused, one commit each."""
        sends = world.claim(count)
        for send in sends:
            world.report([send], outcome, status=422, reason="HTTP 422: no such column")
        return [world.run_of(send).state for send in sends]

    def ready_people(self, store, count):
        """A world in which the rows of so many people are ready."""
        world = World(store, tuned(configuration(), lane={"rate": 1000, "burst": 1000}))
        world.launch(*(person(f"a{chr(97 + number // 26)}{chr(97 + number % 26)}") for number in range(count)))
        world.play_to(APOLLO_PERSON)
        return world

    def test_many_refused_rows_in_a_row_stop_their_lane(self, store):
        """It is the lane that refuses then: from the last of them on, rows go back instead of failing."""
        world = self.ready_people(store, REFUSALS_IN_A_ROW + 2)
        on_the_wire = world.claim(1)
        states = self.refuse(world, REFUSALS_IN_A_ROW)
        assert states == [State.FAILED] * (REFUSALS_IN_A_ROW - 1) + [State.READY]
        world.report(on_the_wire, Outcome.ROW_REFUSED, status=422)
        assert (world.run_of(on_the_wire[0]).state, world.claim()) == (State.READY, [])
        ((lane, _),) = world.store.lanes()
        assert lane.stopped == "20 rows in a row were refused, the last with: HTTP 422: no such column"
        world.app.resume_lane(ACME, APOLLO, APOLLO_PERSON, by="ann")
        assert len(world.play()) == 3

    def test_many_refused_rows_in_one_commit_stop_their_lane_too(self, store):
        """However they are grouped."""
        world = self.ready_people(store, REFUSALS_IN_A_ROW + 5)
        sends = world.claim()
        world.report(sends, Outcome.ROW_REFUSED, status=422)
        states = [world.run_of(send).state for send in sends]
        assert (states.count(State.FAILED), states.count(State.READY)) == (REFUSALS_IN_A_ROW - 1, 6)

    def test_a_row_that_is_taken_ends_the_count_of_refusals(self, store):
        """Bad rows among good ones fail, each for itself."""
        world = self.ready_people(store, 2 * REFUSALS_IN_A_ROW)
        self.refuse(world, REFUSALS_IN_A_ROW - 1)
        self.refuse(world, 1, Outcome.DELIVERED)
        assert set(self.refuse(world, REFUSALS_IN_A_ROW - 1)) == {State.FAILED}
        assert len(world.claim()) == 1

    def test_a_lane_that_left_the_configuration_still_learns_what_became_of_its_rows(self, world):
        """Outcomes are recorded; whoever names it is told that the configuration does not."""
        world.launch(person("ann"))
        (send,) = world.claim()
        crm_only = {CRM: world.registry.workstreams[CRM]}
        app = world.another(evolve(world.registry, workstreams=crm_only))
        world.report([send], Outcome.LANE_REFUSED, status=404, reason="gone", app=app)
        ((lane, _),) = world.store.lanes()
        assert (lane.stopped, world.run_of(send).state) == ("gone", State.READY)
        with pytest.raises(UnknownNameError):
            app.resume_lane(ACME, APOLLO, APOLLO_COMPANY, by="ann")

    def test_a_local_step_has_no_lane_to_stop(self, world):
        """Nothing is sent for it."""
        with pytest.raises(UnknownNameError):
            world.app.stop_lane(ACME, APOLLO, "normalize_company_name", by="ann", why="out of credits")

    def test_other_lanes_go_on(self, world):
        """A stopped lane holds back its own rows only."""
        world.launch(person("ann"))
        world.launch(person("bob", company="caldora"), workstream=CRM)
        assert world.app.stop_lane(ACME, APOLLO, APOLLO_COMPANY, by="ann", why="out of credits")
        assert [send.workflow for send in world.play()] == [CRM_COMPANY, CRM_PERSON]

    def test_a_held_lane_goes_on_by_itself(self, world):
        """When the third party's pause is over."""
        world.launch(person("ann"))
        (send,) = world.claim()
        world.report([send], Outcome.NOT_DELIVERED, status=429, hold_s=300)
        world.app.wake()
        assert world.send() == []
        world.clock.tick(minutes=5)
        assert len(world.send()) == 1

    def test_what_was_surely_not_delivered_costs_no_attempt_and_no_credit(self, world):
        """It is sent again when it is due, as often as it takes."""
        world.launch(person("ann"))
        for _ in range(3):
            (send,) = world.claim()
            world.report([send], Outcome.NOT_DELIVERED, status=503, wait_s=30)
            assert (world.run_of(send).reserved, world.claim()) == (0, [])
            world.clock.tick(seconds=30)
            world.app.wake()
        assert len(world.send()) == 1

    def test_no_more_than_max_in_flight_is_out(self, store):
        """The rest waits for answers."""
        world = World(store, tuned(configuration(), APOLLO_PERSON, lane={"max_in_flight": 2}))
        world.launch(*(person(name) for name in NAMES))
        world.play_to(APOLLO_PERSON)
        sends = world.send()
        assert (len(sends), world.send()) == (2, [])
        world.answer(sends[0])
        assert len(world.send()) == 1

    def test_no_more_leaves_than_the_pace_allows(self, store):
        """Lanes of one client share one pace."""
        world = World(store, tuned(configuration(), lane={"rate": 0.1, "burst": 2}))
        world.launch(*(person(name, company=name + "co") for name in NAMES))
        assert [len(world.send()) for _ in range(4)] == [2, 1, 1, 1]

    def test_lanes_of_one_client_share_one_pace(self, store):
        """Both have rows, and both get their turns."""
        world = two_lanes(store, {"rate": 0.1, "burst": 2}, {"rate": 0.1, "burst": 2})
        sent = [world.send() for _ in range(6)]
        assert [len(sends) for sends in sent] == [2, 1, 1, 1, 1, 1]
        assert {send.workflow for sends in sent for send in sends} == {APOLLO_COMPANY, CRM_COMPANY}

    @pytest.mark.parametrize("cap", [1, 1000])
    def test_a_slow_lane_keeps_its_own_pace_beside_a_faster_one(self, store, cap):
        """Whether the other one sends or is full; several runners ask, as they do, many times a second."""
        slow = {"rate": 1.0, "burst": 1, "max_in_flight": 1000}
        world = two_lanes(store, slow, {"rate": 10.0, "burst": 10, "max_in_flight": cap})
        sent = []
        for _ in range(40):
            sent += [*world.app.claim(100), *world.another().claim(100)]
            world.clock.tick(seconds=0.1)
        # The shared pace lets 10 leave at once and 39 in the seconds after.
        counts = [sum(send.workflow == workflow for send in sent) for workflow in (APOLLO_COMPANY, CRM_COMPANY)]
        assert counts == [4, 1 if cap == 1 else 12]

    def test_a_slow_lane_makes_no_other_slow(self, store):
        """The faster one has what the pace of both leaves."""
        world = two_lanes(store, {"rate": 0.1, "burst": 1}, {"rate": 1.0, "burst": 1})
        sent = []
        for _ in range(13):
            sent += world.app.claim(100)
            world.clock.tick(seconds=1.0)
        assert len(sent) == 13
        assert sum(send.workflow == APOLLO_COMPANY for send in sent) == 2

    def test_two_runners_share_the_rows(self, world):
        """What one has claimed, the other does not see."""
        world.launch(*(person(name, company=name + "co") for name in NAMES))
        world.clock.tick(seconds=10)
        first, second = world.app.claim(3), world.another().claim(10)
        assert (len(first), len(second)) == (3, 2)
        assert not {send.run_id for send in first} & {send.run_id for send in second}
