"""The database's time on hosts whose own clocks are wrong, are set, or stand still."""

from datetime import timedelta

import pytest

from enrichcore.store import StoreUnavailable
from enrichcore.store.clock import ASK_EVERY_S, DatabaseClock
from tests.contracts.world import START, Clock


class Host:
    """A host with seconds of its own, beside a database with the right time."""

    def __init__(self, own_s: float = 1000.0):
        self.own_s = own_s
        self.database = Clock()
        self.asked = 0
        self.travel_s = 0.0
        self.clock = DatabaseClock(self.ask, lambda: self.own_s)

    def ask(self):
        self.asked += 1
        self.pass_time(self.travel_s / 2)
        told = self.database.now
        self.pass_time(self.travel_s / 2)
        return told

    def pass_time(self, seconds: float):
        self.own_s += seconds
        self.database.tick(seconds=seconds)


def test_two_hosts_tell_one_time_whatever_their_own_clocks_say():
    """A lease given by one is neither over nor endless to the other."""
    early, late = Host(own_s=-86_400.0), Host(own_s=86_400.0)
    for seconds in (0.0, 1.5, ASK_EVERY_S, 3600.0):
        early.pass_time(seconds)
        late.pass_time(seconds)
        assert early.clock() == late.clock() == early.database.now


def test_the_database_is_asked_once_in_a_while():
    """Decisions cost no round trip for the time."""
    host = Host()
    for _ in range(50):
        host.clock()
        host.pass_time(0.1)
    assert host.asked == 1
    host.pass_time(ASK_EVERY_S)
    host.clock()
    assert host.asked == 2


@pytest.mark.parametrize("jump_s", [-7200.0, 7200.0])
def test_a_host_whose_clock_is_set_asks_again(jump_s):
    """Where a host has no better seconds than its clock, setting that moves no lease."""
    host = Host()
    host.clock()
    host.own_s += jump_s
    assert host.clock() == host.database.now


def test_however_long_asking_takes_the_time_is_never_ahead():
    """It may have waited for a connection. Ahead, leases and deadlines would end early; behind by the way back, late."""
    host = Host()
    host.travel_s = 14.0
    assert host.clock() == host.database.now - timedelta(seconds=host.travel_s / 2)


def test_who_must_not_wait_for_a_round_trip_makes_none():
    """The event loop tells the time too, also while the database is away."""
    host = Host()
    host.clock()
    host.pass_time(ASK_EVERY_S * 2)
    assert host.clock.without_asking() == START + timedelta(seconds=ASK_EVERY_S * 2)
    assert host.asked == 1


def test_without_the_database_there_is_no_time():
    """Nothing could be decided by it either."""

    def away():
        raise StoreUnavailable("gone")

    with pytest.raises(StoreUnavailable):
        DatabaseClock(away)()
