"""Sessions of PostgreSQL: they are lost, become read-only or are given up, and have customs of their own."""

import psycopg
import pytest

from enrichcore.projection import catch_up, ensure_tables, rebuild
from enrichcore.store import StoreUnavailable
from enrichcore.store.commit import Commit
from enrichcore.store.connections import connected
from enrichcore.store.outbox import Outbox
from enrichcore.store.postgres import PostgresStore
from projections import READ_MODELS
from tests.contracts.stored_rows import noted
from tests.contracts.world import (
    APOLLO_PERSON,
    World,
    person,
)
from tests.postgres.conftest import POOL_SIZE

TRANSACTION_TIMEOUT_SINCE = 17_00_00

pytestmark = pytest.mark.postgres


def test_a_server_that_became_read_only_is_away(database_url):
    """As after a failover: what is to be recorded waits and is recorded once the server is a writer again."""
    store = PostgresStore(database_url, pool_size=1)
    world = World(store)
    world.launch(person("ann"))
    sends = world.claim()
    with store.pool.connection() as connection:
        connection.execute("set session characteristics as transaction read only")
    with pytest.raises(StoreUnavailable):
        world.report(sends)
    world.report(sends)
    assert [row.state for row in store.inline_rows()[1] if row.run_id == sends[0].run_id] == ["awaiting_answer"]
    store.close()


@pytest.mark.parametrize("work", [lambda store: catch_up(store.pool, READ_MODELS), lambda store: Outbox(store).begin()])
def test_a_session_that_became_read_only_is_given_up_by_whoever_meets_it(database_url, work):
    """Read models and news too, also where no daemon runs: the next try has another connection."""
    store = PostgresStore(database_url, pool_size=1)
    ensure_tables(store.pool, READ_MODELS)
    World(store).launch(person("ann"))
    with store.pool.connection() as connection:
        connection.execute("set session characteristics as transaction read only")
    with pytest.raises((StoreUnavailable, psycopg.errors.ReadOnlySqlTransaction)):
        work(store)
    work(store)
    store.close()


def test_a_transaction_that_the_server_gives_up_is_a_database_that_is_away(database_url):
    """Whoever decides tries again; taken for a fault of its own, an outcome of a POST would be dropped."""
    store = PostgresStore(database_url, pool_size=1)
    with store.pool.connection() as connection:
        if connection.info.server_version < TRANSACTION_TIMEOUT_SINCE:
            pytest.skip("this server has no transaction_timeout")
        connection.execute("set transaction_timeout = '50ms'")
    with pytest.raises(StoreUnavailable), store.claims() as claims:
        claims.cursor.execute("select pg_sleep(10)")
    assert store.last_position() == 0
    store.close()


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_a_server_whose_sessions_prefer_another_encoding_is_told_ours(database_url, encoding):
    """One holds not every name, of the other texts come as bytes."""
    name = psycopg.conninfo.conninfo_to_dict(database_url)["dbname"]
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(f"alter database {name} set client_encoding = '{encoding}'")
    store = PostgresStore(database_url, pool_size=1)
    world = World(store)
    world.launch(person("ann", company="łódź"))
    assert world.send()
    store.close()


def test_a_server_whose_sessions_read_and_write_values_otherwise_is_told_how(database_url):
    """As in a database that follows local customs; a rebuild's own processes have sessions like the pool's."""
    name = psycopg.conninfo.conninfo_to_dict(database_url)["dbname"]
    customs = {
        "datestyle": "SQL, DMY", "intervalstyle": "sql_standard", "timezone": "'Asia/Kathmandu'",
        "standard_conforming_strings": "off", "client_encoding": "LATIN1",
    }  # fmt: skip
    with psycopg.connect(database_url, autocommit=True) as connection:
        for setting, value in customs.items():
            connection.execute(f"alter database {name} set {setting} = {value}")
    store = PostgresStore(database_url, pool_size=2)
    ensure_tables(store.pool, READ_MODELS)
    world = World(store)
    world.launch(*(person(f"ann{number}", f"łódź{number}") for number in range(20)))
    assert world.send()
    catch_up(store.pool, READ_MODELS)
    leads = "select * from enrichcore.final_leads order by lead_id"
    with store.pool.connection() as connection:
        before = connection.execute(leads).fetchall()
    rebuild(store.pool, READ_MODELS, page=20, processes=2)
    with connected(database_url) as connection:
        assert connection.execute(leads).fetchall() == before != []
    store.close()


def test_one_connection_is_enough(database_url):
    """A claim asks everything on the connection that it holds."""
    narrow = PostgresStore(database_url, pool_size=1)
    world = World(narrow)
    world.launch(person("ann"))
    world.play_to(APOLLO_PERSON)
    world.app = world.another()
    assert [send.workflow for send in world.play()] == [APOLLO_PERSON]
    narrow.close()


def test_a_connection_that_is_cut_loses_nothing_and_is_replaced(store):
    """The open transaction is refused as a whole; once each broken connection was met, all is well."""
    refused = 0
    for attempt in range(POOL_SIZE + 2):
        try:
            with store.claims() as claims:
                claims.append(Commit(events=[noted()]))
                if not attempt:
                    cut(store)
                claims.append(Commit(events=[noted()]))
        except StoreUnavailable:
            refused += 1
    assert 1 <= refused <= POOL_SIZE
    assert len(store.log(0, 100)) == 2 * (POOL_SIZE + 2 - refused)


def cut(store):
    """End every other session of the database."""
    with psycopg.connect(store.url, autocommit=True) as connection:
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )
