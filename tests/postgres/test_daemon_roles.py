"""A daemon in this process: it notices when a part of it ends, and stops whatever has ended."""

import asyncio

import httpx
import pytest
from attrs import evolve

from enrichcore.application import Enrichment
from enrichcore.registry import Secret
from enrichcore.store import StoreUnavailable
from runners.daemon import Daemon, Role
from tests.contracts.world import ACME, APOLLO, configuration, file_of, person
from tests.unit.daemon.webhook import listening, response

pytestmark = pytest.mark.postgres

PATIENCE_S = 30


def quiet():
    """A configuration that listens at any free port."""
    registry = configuration()
    return evolve(registry, runner=evolve(registry.runner, port=0))


def end_server(daemon):
    """As uvicorn ends."""
    daemon._server.should_exit = True


def end_writer(daemon):
    """As a fault would end it."""
    daemon._writing.cancel()


@pytest.mark.parametrize("roles", [frozenset(Role), frozenset({Role.WEB})], ids=["all roles", "no role that loops"])
@pytest.mark.parametrize("end", [end_server, end_writer])
def test_a_daemon_notices_that_its_server_or_its_writer_ended(database_url, end, roles, caplog):
    """Without them callbacks are lost or never answered, so the process must end and be started again."""

    async def live():
        async with Daemon(quiet(), database_url, roles) as daemon:
            failing = asyncio.create_task(daemon.failed())
            end(daemon)
            await asyncio.wait_for(failing, PATIENCE_S)

    asyncio.run(live())
    assert "ended by itself" in caplog.text


def test_roles_are_split_over_processes_of_one_host_with_one_configuration(database_url):
    """Callbacks go to the receiver, though the sender could not have its address; what needs the address says so."""

    async def live():
        async with Daemon(quiet(), database_url, frozenset({Role.RECEIVER, Role.WEB})) as called:
            port = int(called.address.rpartition(":")[2])
            registry = quiet()
            registry = evolve(
                registry,
                runner=evolve(registry.runner, port=port, callback_base_url=f"http://{registry.runner.host}:{port}"),
            )
            async with Daemon(registry, database_url, frozenset({Role.SENDER, Role.TIMERS})) as sending:
                assert sending.address != called.address
                assert sending.application.callback_base_url == called.address
                async with httpx.AsyncClient() as client:
                    assert (await client.get(f"{sending.address}/healthz")).status_code == 200
                    told = await client.post(f"{sending.address}/callbacks/w/f", json={})
                assert told.status_code == 503
            with pytest.raises(RuntimeError, match="cannot listen"):
                async with Daemon(registry, database_url, frozenset({Role.WEB})):
                    pass

    asyncio.run(live())


def test_a_sender_that_starts_first_leaves_the_address_to_the_receiver(database_url):
    """Or the receiver could not start, and answers would come to a process that cannot take them."""

    async def live():
        async with Daemon(quiet(), database_url, frozenset({Role.WEB})) as free:
            port = int(free.address.rpartition(":")[2])
            async with Daemon(quiet(), database_url, frozenset({Role.WEB})) as other:
                health_port = int(other.address.rpartition(":")[2])
        registry = evolve(quiet(), runner=evolve(quiet().runner, port=port))
        async with (
            Daemon(registry, database_url, frozenset({Role.SENDER})) as first,
            Daemon(registry, database_url, frozenset({Role.RECEIVER})) as second,
            Daemon(registry, database_url, frozenset({Role.TIMERS}), health_port=health_port) as third,
        ):
            assert third.address.endswith(f":{health_port}")
            assert second.address.endswith(f":{port}")
            assert first.address != second.address

    asyncio.run(live())


def to(webhook, registry):
    """The configuration with every webhook at that one."""
    clients = {
        slug: evolve(client, webhooks={at: evolve(one, url=webhook.url()) for at, one in client.webhooks.items()})
        for slug, client in registry.clients.items()
    }
    return evolve(registry, clients=clients)


def test_a_daemon_stops_though_the_database_is_away_and_an_outcome_waits(database_url, caplog):
    """The sender waits for the writer, which gives up after a while; the row is in doubt when its lease is over."""

    async def live():
        async with (
            asyncio.timeout(PATIENCE_S),
            listening(says=response("200 OK")) as webhook,
            Daemon(to(webhook, quiet()), database_url, frozenset({Role.SENDER})) as daemon,
        ):
            daemon._writer._last_tries_s = 0.1
            daemon.application.record = away
            rows = file_of(person("ann"))
            report = await asyncio.to_thread(daemon.application.upload, rows, client=ACME, workstream=APOLLO)
            await asyncio.to_thread(daemon.application.launch, report.upload_id)
            await until(lambda: webhook.rows)

    asyncio.run(live())
    assert "1 outcomes could not be recorded" in caplog.text


def away(*_):
    """As the store says it."""
    raise StoreUnavailable("gone")


async def until(holds) -> None:
    """Wait for a condition, not for a time."""
    async with asyncio.timeout(PATIENCE_S):
        while not await asyncio.to_thread(holds):  # noqa: ASYNC110 - the database has no event for this
            await asyncio.sleep(0.01)


def test_a_receiver_is_known_to_be_up_in_every_process_until_it_stops(database_url, store):
    """Timers, wherever they run, count deadlines only while there is one; they are none themselves."""

    async def live():
        async with Daemon(quiet(), database_url, frozenset(Role) - {Role.RECEIVER}):
            async with Daemon(quiet(), database_url, frozenset({Role.RECEIVER})):
                await until(store.receiver_up)
            assert not store.receiver_up()

    asyncio.run(live())


def test_a_running_daemon_takes_callbacks_by_the_secret_that_was_put_in_force(database_url):
    """Nobody restarts it: it looks whether another configuration is in force before it refuses what would be kept nowhere."""
    acme = evolve(quiet().client(ACME), callback_secrets=(Secret("a-secret-of-another-day"),))
    later = evolve(quiet(), clients={**quiet().clients, acme.slug: acme})

    async def status(client, address):
        headers = {"authorization": "Bearer a-secret-of-another-day"}
        return (await client.post(f"{address}/callbacks/{APOLLO}/none", json={}, headers=headers)).status_code

    async def live():
        async with (
            Daemon(quiet(), database_url, frozenset({Role.RECEIVER}), reread=lambda: later) as daemon,
            httpx.AsyncClient() as client,
            asyncio.timeout(PATIENCE_S),
        ):
            assert await status(client, daemon.address) == 401
            await asyncio.to_thread(Enrichment(daemon.application.store, later).apply, by="ann")
            assert await status(client, daemon.address) == 422
            ready = await client.get(f"{daemon.address}/readyz")
            assert (ready.status_code, ready.json()["configuration"]) == (200, "in force")

    asyncio.run(live())
