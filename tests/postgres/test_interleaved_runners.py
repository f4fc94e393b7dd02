"""Two runners on the real PostgreSQL, interleaved and killed at every named moment; and the same life in memory.

Where the moment lies within a transaction, the other runner works in a thread until it is done or waits for a lock, as it
would on another host; so both ways of being in the middle are met: beside it, and behind its locks.
"""

import time
from datetime import timedelta
from random import Random
from threading import Thread, current_thread

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from enrichcore.domain.step_run import Outcome
from enrichcore.registry import init_text, parse
from enrichcore.store import MemoryStore
from enrichcore.store.postgres import PostgresStore
from enrichcore.testing import CrashPoint, Placeholders, pipeline_machine
from enrichcore.testing.crash_points import IN_TRANSACTION
from enrichcore.testing.people import person
from enrichcore.testing.rehearsal import AtOnce, Fate, Rehearsal, Strike
from enrichcore.testing.verdict import Rules
from tests.contracts.world import tuned
from tests.postgres.conftest import POOL_SIZE

pytestmark = pytest.mark.postgres

#: Pace and burst so wide that no token is ever missing: a claim that is rolled back gives its tokens back here only.
REGISTRY = tuned(parse(init_text(), env=Placeholders()), lane={"rate": 1000.0, "burst": 1000})
#: A token in half a minute for each client, and in two for the people of one workstream: most claims want more than there are.
PACED = tuned(
    tuned(REGISTRY, lane={"rate": 1 / 30, "burst": 3}),
    "enrich_person_via_clay_waterfall",
    lane={"rate": 1 / 120, "burst": 1},
)
ONCE = Rules(sends_at_most=1)
DELIVERED = Fate(outcome=Outcome.DELIVERED, taken=True)
WORK = ("work", (DELIVERED,) * 4, {"result": {"title": "Owner"}})
#: Longest that a thread may take to be done or to wait for a lock.
PATIENCE_S = 20

TABLES = "select string_agg(format('%I.%I', schemaname, tablename), ', ') from pg_tables where schemaname = 'enrichcore' and tablename <> 'migrations'"
BLOCKED = "select exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock')"


class EmptyStore(PostgresStore):
    """A store that is emptied for each run, and keeps its connections for the next."""

    def close(self):
        """Empty it; `close_for_good` gives the connections back."""
        with self.pool.connection() as connection:
            (tables,) = connection.execute(TABLES).fetchone()
            connection.execute(f"truncate {tables} restart identity")

    def close_for_good(self):
        """Give back connections."""
        super().close()


@pytest.fixture
def empty_store(database_url, monkeypatch):
    """A store on a database of its own."""
    # The pool draws how long a connection lives, in a thread of its own; from the global dice while hypothesis draws, that is a
    # fault of the test.
    monkeypatch.setattr("psycopg_pool.base.random", Random().random)
    store = EmptyStore(database_url, pool_size=POOL_SIZE)
    yield store
    store.close_for_good()


class InAThread(AtOnce):
    """The other runner works in a thread while a transaction is open."""

    def __init__(self, url):
        self._url = url
        self._thread = None
        self._failure = None

    def begin(self, work, point):
        """Start it, and wait until it is done or waits for a lock."""
        if point not in IN_TRANSACTION:
            work()
            return
        self._thread = Thread(target=self._run, args=(work,))
        self._thread.start()
        end = time.monotonic() + PATIENCE_S
        with psycopg.connect(self._url, autocommit=True) as watch:
            while self._thread.is_alive() and not watch.execute(BLOCKED).fetchone()[0]:
                assert time.monotonic() < end, "the other runner neither ended nor waits for a lock"
                self._thread.join(timeout=0.005)

    def _run(self, work):
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - raised again where the test can see it
            self._failure = error

    def finish(self):
        """Wait until it is done; what went wrong in it goes wrong here."""
        if current_thread() is self._thread:
            return
        if self._thread is not None:
            self._thread.join(timeout=PATIENCE_S)
            assert not self._thread.is_alive(), "the two runners wait for each other"
            self._thread = None
        if self._failure is not None:
            failure, self._failure = self._failure, None
            raise failure


def searched(machine):
    """Search as deep as the profile says, a fraction of it, for each step is many round trips."""
    few = settings(
        max_examples=max(settings.default.max_examples // 5, 5),
        stateful_step_count=20,
        deadline=None,
        # Making an example smaller takes minutes here; the same configuration in memory gives a small one in seconds.
        phases=[Phase.explicit, Phase.reuse, Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    )
    run_state_machine_as_test(machine, settings=few)


@pytest.mark.parametrize("registry", [REGISTRY, PACED], ids=["no pace", "a pace that bites"])
def test_two_runners_keep_all_promises_whatever_comes_between(empty_store, database_url, registry):
    """Anything may happen at any named moment; afterwards a replay gives the inline state, and everything ends.

    No lane, and no client, has more rows claimed than its pace has tokens, whoever claims them and whatever is rolled back.
    """

    class OnPostgres(pipeline_machine(registry, sends_at_most=1)):
        def begin(self, behind):
            return Rehearsal(
                registry=registry,
                store=empty_store,
                behind=behind,
                rules=ONCE,
                beside=InAThread(database_url),
            )

    searched(OnPostgres)


@pytest.mark.parametrize("end", [{"dies": True}, {"cut": True}, {}], ids=["dies", "is cut off", "goes on"])
@pytest.mark.parametrize(
    "meanwhile", [None, WORK, ("cancel", 0), ("wake", None)], ids=["nothing", "work", "cancel", "wake"]
)
@pytest.mark.parametrize("point", CrashPoint)
def test_every_named_moment_is_survived(empty_store, database_url, point, meanwhile, end):
    """A runner is struck there while it sends; nothing is lost, nothing goes out twice, and everything ends."""
    world = Rehearsal(registry=REGISTRY, store=empty_store, rules=ONCE, beside=InAThread(database_url))
    world.upload(0, [person("ann", "quillhaven"), person("bob", "caldora", without=("email",))])
    world.do(0, ("launch", 0))
    world.pass_time(timedelta(minutes=1))
    world.struck(Strike(point=point, meanwhile=meanwhile, **end), WORK)
    assert world.strikes == 1, "the moment was never reached"
    world.pass_time(None)
    world.do(1, ("wake", None))
    world.end()


class Both:
    """The same life in memory and on PostgreSQL."""

    def __init__(self, *worlds):
        self.worlds = worlds
        self.store = self

    def close(self):
        """Close both stores."""
        for world in self.worlds:
            world.store.close()

    def __getattr__(self, name):
        def both(*args):
            for world in self.worlds:
                getattr(world, name)(*args)

        return both

    def struck(self, strike, command):
        """Within a claim's transaction the two are not alike: memory has none to roll back."""
        if strike.point in IN_TRANSACTION:
            self.do(0, command)
        else:
            for world in self.worlds:
                world.struck(strike, command)

    def end(self):
        """Both have the same events, and told everybody the same."""
        self.compare()
        for world in self.worlds:
            world.end()
        self.compare()

    def compare(self):
        """Everything but positions, which may have gaps."""
        memory, postgres = self.worlds
        assert told(memory) == told(postgres)
        assert [send.key for send in memory.books.sends] == [send.key for send in postgres.books.sends]
        assert [send.payload for send in memory.books.sends] == [send.payload for send in postgres.books.sends]
        assert memory.books.acknowledged == postgres.books.acknowledged
        assert memory.store.inline_rows() == postgres.store.inline_rows()
        assert memory.store.batches() == postgres.store.batches()
        assert memory.store.lanes() == postgres.store.lanes()
        assert memory.store.answer_counts() == postgres.store.answer_counts()


def told(world):
    """Every event with its envelope, stream by stream: within a commit, streams have no order."""
    streams = {}
    for one in world.log():
        streams.setdefault(one.stream_id, []).append(
            (one.version, one.at, one.event, one.client_id, one.entity_id, one.batch_id)
        )
    return streams


def test_memory_and_postgres_live_the_same_life(empty_store):
    """The same commands give the same events, rows and answers, so what is tested in memory holds on PostgreSQL."""

    class OnBoth(pipeline_machine(REGISTRY)):
        def begin(self, behind):
            return Both(
                *(Rehearsal(registry=REGISTRY, store=store, behind=behind) for store in (MemoryStore(), empty_store))
            )

    searched(OnBoth)
