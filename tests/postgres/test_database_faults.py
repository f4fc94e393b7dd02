"""The database is restarted, cut off, full, or has no connection to give, under a daemon that sends and takes answers.

Nothing that was acknowledged is lost, nothing is sent twice, and the daemon goes on by itself.
"""

import asyncio
import logging
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import httpx
import psycopg
import pytest
from attrs import evolve

from enrichcore.domain import events as e
from enrichcore.projection import catch_up, rebuild
from enrichcore.store import StoreUnavailable, embedded
from enrichcore.store.embedded import embedded_url
from enrichcore.store.mending import mend_inline_state
from enrichcore.store.postgres import PostgresStore
from enrichcore.store.replaying import inline_rows
from projections import READ_MODELS
from runners.daemon import Daemon
from tests.contracts.world import ACME, APOLLO, configuration, file_of, person, tuned
from tests.postgres.clay import open_clay

pytestmark = pytest.mark.postgres

PATIENCE_S = 60
NAMES = [f"{first}{number}" for first in ("ann", "bob", "eve") for number in range(10)]


def hasty(clay):
    """A configuration in which rows leave fast, and what is in doubt is given up soon."""
    registry = tuned(
        configuration(), answer_within=timedelta(seconds=8), lane={"rate": 60.0, "burst": 20, "max_in_flight": 1000}
    )
    runner = evolve(
        registry.runner,
        port=0,
        callback_base_url="http://127.0.0.1:0",
        lease=timedelta(seconds=3),
        timeout_grace=timedelta(seconds=1),
    )
    return clay.serves(evolve(registry, runner=runner))


@asynccontextmanager
async def under_way(url):
    """A daemon with all roles, and a batch of thirty people of which the first rows are out."""
    async with asyncio.timeout(PATIENCE_S), open_clay() as clay, Daemon(hasty(clay), url) as daemon:
        rows = file_of(*(person(name, f"co{number % 6}", email="") for number, name in enumerate(NAMES)))
        upload = await asyncio.to_thread(daemon.application.upload, rows, client=ACME, workstream=APOLLO)
        batch = await asyncio.to_thread(daemon.application.launch, upload.upload_id)
        await until(lambda: sum(clay.rows.values()) >= 5)
        yield daemon, clay, batch


async def until(holds):
    """Wait for a condition, not for a time."""
    while not await asyncio.to_thread(holds):  # noqa: ASYNC110 - the database has no event for this
        await asyncio.sleep(0.02)


async def finished(url, batch):
    """Wait until the batch has ended, over connections of the test's own."""

    def has_ended():
        with psycopg.connect(url) as connection:
            found = connection.execute("select status from enrichcore.batches where batch_id = %s", [batch.batch_id])
            return found.fetchone() == ("finished",)

    await until(has_ended)


def account(url, clay):
    """Every promise held against the log: one POST for each row, every acknowledged answer an event, state as events say."""
    store = PostgresStore(url, pool_size=2)
    try:
        log = store.log(0, 100_000)
        assert store.inline_rows() == inline_rows(log)
    finally:
        store.close()
    assert set(clay.rows.values()) == {1}, "a row was sent twice"
    sendings = [one.event for one in log if isinstance(one.event, e.StepSending)]
    assert len(sendings) >= sum(clay.rows.values())
    answered = [one.event for one in log if isinstance(one.event, e.AnswerEvent)]
    assert len(answered) >= len(clay.rows) - clay.told[0]
    assert all(status == 200 for status in clay.told if 0 < status < 500)


def alone(url):
    """Cut every connection to the database but the asking one."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )


def test_connections_that_are_cut_again_and_again_lose_nothing(database_url):
    """As when a server fails over, in the middle of claims, commits and projections."""

    async def live():
        async with under_way(database_url) as (_, clay, batch):
            for cuts in range(1, 9):
                await asyncio.to_thread(alone, database_url)
                # A little further, and cut again before all is done.
                await until(lambda cuts=cuts: clay.told[200] > 3 * cuts)
            await finished(database_url, batch)
            account(database_url, clay)

    asyncio.run(live())


def test_a_server_that_restarts_is_waited_for(tmp_path):
    """Callbacks are told to come again while it is away, and the daemon is ready again by itself."""
    folder = (tmp_path / "postgres").resolve()
    url = embedded_url(folder)
    server = embedded._servers[folder]

    async def live():
        async with under_way(url) as (daemon, clay, batch), httpx.AsyncClient() as client:
            clay.answering.clear()
            await until(lambda: clay.calling)
            await asyncio.to_thread(server.stop)
            clay.answering.set()
            await until(lambda: sum(count for status, count in clay.told.items() if status != 200) > 0)
            assert (await client.get(f"{daemon.address}/readyz")).status_code == 503
            await asyncio.to_thread(server.ensure_postgres_running)
            await finished(url, batch)
            assert (await client.get(f"{daemon.address}/readyz")).status_code == 200
            account(url, clay)

    asyncio.run(live())


def test_a_server_that_was_away_for_long_is_used_again_soon(tmp_path):
    """However long that was: pauses between attempts to connect do not grow with it."""
    folder = (tmp_path / "postgres").resolve()
    store = PostgresStore(embedded_url(folder), pool_size=2)
    try:
        server = embedded._servers[folder]
        store.migrate()
        server.stop()
        with pytest.raises(StoreUnavailable):
            store.last_position()
        while store.pool.get_stats().get("connections_errors", 0) < 7:
            time.sleep(0.02)
        server.ensure_postgres_running()
        # It waits for a connection, but for no more than 15 seconds.
        assert store.last_position() == 0
    finally:
        store.close()


def test_a_full_disk_stops_sending_and_acknowledges_nothing(database_url, caplog):
    """PostgreSQL says so for each row that it should write; once there is room again, all goes on."""

    async def live():
        async with under_way(database_url) as (daemon, clay, batch), httpx.AsyncClient() as client:
            with full_disk(database_url):
                before = sum(clay.rows.values())
                await until(lambda: clay.told[503] > 0)
                sent = sum(clay.rows.values())
                told = await client.get(f"{daemon.address}/readyz")
                assert (told.status_code, "No space left on device" in told.text) == (503, True)
                refused = clay.told[503]
                await until(lambda: clay.told[503] > refused + 5)
                # What was claimed before may still leave; nothing is claimed.
                assert sum(clay.rows.values()) == sent >= before
                answered = clay.told[200]
            await finished(database_url, batch)
            assert clay.told[200] > answered
            account(database_url, clay)

    with caplog.at_level(logging.WARNING):
        asyncio.run(live())
    assert "No space left on device" in caplog.text


@contextmanager
def full_disk(url) -> Iterator[None]:
    """The log refuses every row as PostgreSQL does that cannot extend a file."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "create function public.full() returns trigger language plpgsql as $$ begin raise exception"
            " 'could not extend file: No space left on device' using errcode = 'disk_full'; end $$"
        )
        connection.execute(
            "create trigger full_disk before insert on enrichcore.stored_events execute function public.full()"
        )
        yield
        connection.execute("drop trigger full_disk on enrichcore.stored_events")


def test_a_pool_without_a_free_connection_is_waited_for(database_url):
    """Whatever holds them, callbacks are told to come again, and nothing is lost."""

    async def live():
        async with under_way(database_url) as (daemon, clay, batch):
            pool = daemon._store.pool
            patience, pool.timeout = pool.timeout, 0.1
            with ExitStack() as held:
                for _ in range(pool.max_size):
                    held.enter_context(pool.connection(timeout=10))
                await until(lambda: clay.told[503] > 0)
            pool.timeout = patience
            await finished(database_url, batch)
            account(database_url, clay)

    asyncio.run(live())


PGBOUNCER = shutil.which("pgbouncer", path="/usr/sbin:/usr/local/sbin:/usr/local/bin:/usr/bin:/opt/homebrew/bin")


@pytest.fixture
def pooled_url(database_url) -> Iterator[str]:
    """The database behind PgBouncer in transaction mode, with fewer server connections than a daemon has clients."""
    if PGBOUNCER is None:
        pytest.skip("pgbouncer is not installed (apt-get install pgbouncer)")
    parts = psycopg.conninfo.conninfo_to_dict(database_url)
    with tempfile.TemporaryDirectory(prefix="enrichcore-pgbouncer-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        settings, port = folder / "pgbouncer.ini", free_port()
        settings.write_text(
            f"[databases]\n{parts['dbname']} = host={parts['host']} dbname={parts['dbname']} user={parts['user']}\n"
            f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\n"
            "pool_mode = transaction\ndefault_pool_size = 3\nmax_client_conn = 100\n"
            # Whatever a client leaves on a connection is gone, or would be seen by another: both are tried at once.
            "server_reset_query = DISCARD ALL\nserver_reset_query_always = 1\n"
            # It refuses to run as root; the server's own user may enter the folder of its socket.
            + (f"user = {Path(parts['host']).owner()}\n" if os.geteuid() == 0 else "")
        )
        with subprocess.Popen([PGBOUNCER, str(settings)], stderr=subprocess.DEVNULL) as process:
            url = psycopg.conninfo.make_conninfo(**{**parts, "host": "127.0.0.1", "port": port})
            try:
                wait_for(url, process)
                yield url
            finally:
                process.terminate()


def free_port() -> int:
    """A port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(url, process):
    """Until connections are taken."""
    end = time.monotonic() + PATIENCE_S / 3
    while process.poll() is None and time.monotonic() < end:
        with suppress(psycopg.OperationalError):
            return psycopg.connect(url, connect_timeout=5).close()
        time.sleep(0.05)
    raise AssertionError("pgbouncer takes no connection")


def test_all_works_through_pgbouncer_in_transaction_mode(pooled_url, database_url):
    """Migrations, claims, commits, timers, projections and a rebuild keep nothing on a connection between transactions."""

    async def live():
        async with under_way(pooled_url) as (_, clay, batch):
            await finished(database_url, batch)
            account(pooled_url, clay)

    asyncio.run(live())
    store = PostgresStore(pooled_url, pool_size=4)
    try:
        assert store.migrate() == []
        catch_up(store.pool, READ_MODELS)
        leads = "select * from enrichcore.final_leads order by lead_id"
        with store.pool.connection() as connection:
            before = connection.execute(leads).fetchall()
        rebuild(store.pool, READ_MODELS)
        mend_inline_state(store)
        with store.pool.connection() as connection:
            assert len(before) == len(NAMES)
            assert connection.execute(leads).fetchall() == before
    finally:
        store.close()
