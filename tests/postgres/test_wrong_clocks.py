"""Two runners on hosts whose clocks differ by two hours go by one time: the database's."""

from datetime import timedelta

import pytest
from attrs import define

from enrichcore.domain.life_cycle import State
from enrichcore.store.clock import seconds_passed
from enrichcore.store.postgres import PostgresStore
from tests.contracts.world import World, person

pytestmark = pytest.mark.postgres

HOUR_S = 3600.0
#: More than this test takes; a lease is a minute, and a deadline six hours.
SOON = timedelta(seconds=50)


@define
class Wrong:
    """A host's clock that is wrong."""

    by_s: float

    def __call__(self) -> float:
        """Seconds, as the host counts them."""
        return seconds_passed() + self.by_s


@define
class Waiting:
    """A world's clock that the database keeps; no time is made to pass."""

    store: PostgresStore

    def __call__(self):
        """Tell the database's time."""
        return self.store.clock()

    @property
    def now(self):
        """The database's time."""
        return self.store.clock()

    def tick(self, **_):
        """Leave it as it is."""


@pytest.fixture
def hosts(database_url):
    """One whose clock is an hour behind, and one whose clock is an hour ahead."""
    worlds = []
    for by_s in (-HOUR_S, HOUR_S):
        store = PostgresStore(database_url, pool_size=2)
        store.clock._own = Wrong(by_s)
        worlds.append(World(store, clock=Waiting(store)))
    yield worlds
    for world in worlds:
        world.store.close()


@pytest.mark.parametrize("first", [0, 1], ids=["behind", "ahead"])
def test_a_wrong_clock_ends_no_lease_and_no_deadline_of_another_host(hosts, first):
    """What the one has out, the other leaves alone; and both record one time."""
    one, other = hosts[first], hosts[1 - first]
    one.launch(person("ann"))
    (sent,) = one.claim()
    assert (other.claim(), other.app.wake()) == ([], 0)
    assert other.run_of(sent).state is State.SENDING
    one.report([sent])
    assert (one.app.wake(), other.app.wake()) == (0, 0)
    assert other.run_of(sent).state is State.AWAITING_ANSWER
    other.answer(sent)
    (then,) = one.claim()
    assert (other.claim(), other.app.wake()) == ([], 0)
    assert one.run_of(then).state is State.SENDING
    times = [recorded.at for recorded in one.store.log(0, 10_000)]
    assert max(times) - min(times) < SOON
