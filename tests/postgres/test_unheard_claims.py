"""A claim whose commit was lost with its connection: what landed is handed back, and nothing of anybody else's is."""

import time
from contextlib import contextmanager
from threading import Thread

import psycopg
import pytest

from enrichcore.application import Enrichment
from enrichcore.domain import events as e
from enrichcore.store import StoreUnavailable
from enrichcore.store.postgres import PostgresClaims, PostgresStore
from enrichcore.testing.crash_points import CrashPoint, PointedStore
from tests.contracts.world import World, person
from tests.postgres.test_database_faults import alone
from tests.postgres.test_interleaved_runners import BLOCKED, PATIENCE_S

pytestmark = pytest.mark.postgres


def test_an_attempt_that_another_runner_claimed_instead_is_not_handed_back(database_url):
    """The server ended the session before the commit, so the other runner's attempt has the same number and the same key."""
    store = PostgresStore(database_url, pool_size=2)
    world, cuts = World(store), []

    def reach(point):
        if point is CrashPoint.CLAIM_WRITTEN and not cuts:
            cuts.append(point)
            alone(database_url)

    runner = Enrichment(PointedStore(store, reach), world.registry, clock=world.clock)
    world.launch(person("ann"))
    with pytest.raises(StoreUnavailable):
        runner.claim(10)
    store.pool.check()
    (lost,) = runner._unheard
    (send,) = world.claim()
    assert (send.key, send.run_id, send.lease_until > lost.lease_until) == (lost.key, lost.run_id, True)
    assert (runner.hand_back(), world.run_of(send).state) == (0, "sending")
    world.report([send])
    assert world.run_of(send).state == "awaiting_answer"
    store.close()


class DanglingStore(PostgresStore):
    """A store whose next claim is cut off from a server that has not heard of it: its transaction stays open for now."""

    dangling = None
    cuts = False

    @contextmanager
    def claims(self):
        """Begin a transaction, and lose it where the next is to be lost."""
        if not self.cuts:
            with super().claims() as claims:
                yield claims
            return
        self.cuts, self.dangling = False, self.pool.getconn()
        with self.dangling.cursor() as cursor:
            yield PostgresClaims(self, cursor)
        raise StoreUnavailable("the connection was lost")


def test_a_commit_that_lands_after_its_connection_was_lost_is_waited_for(database_url):
    """Whoever looked before that would take its rows for never claimed, and forget them."""
    store = DanglingStore(database_url, pool_size=4)
    world, found = World(store), []
    world.launch(person("ann"))
    store.cuts = True
    with pytest.raises(StoreUnavailable):
        world.app.claim(10)
    looking = Thread(target=lambda: found.append(world.app.hand_back()))
    looking.start()
    end = time.monotonic() + PATIENCE_S
    with psycopg.connect(database_url, autocommit=True) as watch:
        while looking.is_alive() and not watch.execute(BLOCKED).fetchone()[0]:
            assert time.monotonic() < end, "it neither looks nor waits"
            looking.join(timeout=0.005)
    store.dangling.commit()
    store.pool.putconn(store.dangling)
    looking.join(timeout=PATIENCE_S)
    assert (found, len(world.events(e.SendRefused))) == ([1], 1)
    store.close()
