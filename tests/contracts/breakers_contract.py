"""What POSTs tell of their lane: that it is to be left alone, and for how long, durable with their outcomes."""

from datetime import timedelta

from enrichcore.domain.step_run import Outcome
from tests.contracts.answers_contract import WorldContract
from tests.contracts.world import person, watch_commits


class BreakersContract(WorldContract):
    """A lane is held, stopped and opened in the commits of what is seen on it."""

    def test_a_lane_is_held_and_stopped_in_the_commit_of_the_outcomes(self, world, monkeypatch):
        """A crash between the two would leave a lane open that was told to be left alone."""
        world.launch(person("ann"), person("bob", "caldora"), person("eve", "tarrowby"))
        first, second, third = world.claim()
        commits = []
        watch_commits(world.store, monkeypatch, commits.append)
        put_off = [world.seen(send, Outcome.NOT_DELIVERED, hold_s=hold) for send, hold in ((first, 300), (second, 90))]
        world.app.record_outcomes([*put_off, world.seen(third, Outcome.LANE_REFUSED, reason="gone")])
        (commit,) = commits
        kinds = [type(one.event).__name__ for one in commit.events]
        assert (kinds.count("SendRefused"), kinds.count("LaneHeld"), kinds.count("LaneStopped")) == (3, 1, 1)
        ((lane, _),) = world.store.lanes()
        assert (lane.held_until, lane.stopped) == (world.clock.now + timedelta(minutes=5), "gone")
