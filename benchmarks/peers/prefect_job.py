"""The same job on Prefect: a task run for each send, in a flow that asks a hand-written table what is due.

It runs in a virtual environment of its own, so it imports nothing of this repository. Its documentation has three ways to
wait for someone else, and this is the cheapest. A flow run that is suspended until input comes takes a process for each
item and another one when it is resumed. Background tasks, deferred from where callbacks arrive, wait in no worker, but
deferring one costs a fifth of a second of processor time, and what is deferred is held in the memory of its server. So
this does as people do who have many items: one flow run takes what is due from a table and runs a task for each send,
so many at once; a callback stores the answer, makes the next step due or ends the item, and is answered then. Prefect's
server runs beside it, on the same PostgreSQL, which must have the extension pg_trgm.

    python prefect_job.py fill DATABASE_URL ITEMS
    python prefect_job.py run DATABASE_URL FIRST_WEBHOOK SECOND_WEBHOOK
"""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

import httpx
import psycopg
import uvicorn
from httpx_aiohttp import HttpxAiohttpClient
from psycopg_pool import AsyncConnectionPool

CONCURRENCY = 64
IDLE_S = 0.05
START_S = 120
STOP_S = 15
#: Less than what the third party keeps a connection for, which is 5 s: sends are further apart.
KEEP_ALIVE_S = 2.0
TABLE = """
create table peer_items (
    item_id uuid primary key, facts bytea not null, step smallint not null, state text not null,
    ended_at timestamptz, first_body bytea, second_body bytea
) with (fillfactor = 70);
create index peer_items_ready on peer_items (item_id) where state = 'ready';
"""
CLAIM = """
with due as (select item_id from peer_items where state = 'ready' limit %s for update skip locked)
update peer_items i set state = 'sending' from due where i.item_id = due.item_id
returning i.item_id::text, i.step, i.facts
"""
SENT = "update peer_items set state = 'waiting' where item_id = %s and step = %s and state = 'sending'"
ANSWERED = (
    "update peer_items set first_body = %s, step = 1, state = 'ready' where item_id = %s and step = 0",
    "update peer_items set second_body = %s, state = 'done', ended_at = now() where item_id = %s and ended_at is null",
)


def fill(url: str, items: int) -> None:
    """Make the table, and so many items."""
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(TABLE)
        with cursor.copy("copy peer_items (item_id, facts, step, state) from stdin") as out:
            for number in range(items):
                out.write_row((uuid4(), json.dumps(_person(number)).encode(), 0, "ready"))


def _person(number: int) -> dict[str, str]:
    domain = f"company-{number // 5}.example"
    return {
        "person_id": str(uuid4()),
        "company_id": str(uuid4()),
        "person_first_name": "Ottoline",
        "person_last_name": "Fennimarsh",
        "person_email": f"ottoline.fennimarsh{number}@{domain}",
        "person_title": "Buyer",
        "company_name": f"Company {number // 5}",
        "company_domain": domain,
    }


def address_of(url: str) -> str:
    """A connection string as an address, which is all that Prefect takes."""
    parts = psycopg.conninfo.conninfo_to_dict(url)
    user, password = quote(str(parts.get("user", "postgres"))), quote(str(parts.get("password", "")))
    where = f"host={quote(str(parts['host']), safe='')}&port={parts.get('port', '5432')}"
    return f"postgresql+asyncpg://{user}{password and ':' + password}@/{parts['dbname']}?{where}"


def run(url: str, webhooks: list[str]) -> None:
    """Prefect's server, and a process that works with it, until told to stop."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    with (
        tempfile.TemporaryDirectory(prefix="peer-prefect-", ignore_cleanup_errors=True) as folder,
        ExitStack() as stack,
    ):
        settings = {
            "PREFECT_HOME": folder,
            "PREFECT_SERVER_DATABASE_CONNECTION_URL": address_of(url),
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
            "PREFECT_LOGGING_LEVEL": "WARNING",
            "PREFECT_LOGGING_SERVER_LEVEL": "WARNING",
            "PREFECT_LOGGING_TO_API_ENABLED": "false",
        }
        prefect = str(Path(sys.executable).parent / "prefect")
        serving = [prefect, "server", "start", "--no-ui", "--host", "127.0.0.1", "--port", port]
        server = _started(stack, serving, settings, stdout=sys.stderr)
        _wait_for(f"{settings['PREFECT_API_URL']}/health", server)
        _started(stack, [sys.executable, __file__, "work", url, *webhooks], settings).wait()


def _started(stack: ExitStack, command: list[str], settings: dict[str, str], **more: Any) -> "subprocess.Popen[bytes]":
    process = subprocess.Popen(command, env={**os.environ, **settings}, **more)
    stack.callback(_stop, process)
    return process


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    give_up = time.monotonic() + START_S
    while time.monotonic() < give_up and server.poll() is None:
        try:
            if httpx.get(address, timeout=5).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    raise RuntimeError(f"Prefect's server did not start within {START_S} s")


class Job:
    """Sends in task runs, and takes callbacks."""

    def __init__(self, pool: AsyncConnectionPool, client: httpx.AsyncClient, webhooks: list[str]) -> None:
        # Only here, because neither filling nor starting the server needs what it takes to import it.
        import prefect
        import prefect.cache_policies

        self._pool = pool
        self._client = client
        self._webhooks = webhooks
        self._send = prefect.task(
            self._post, name="send", persist_result=False, cache_policy=prefect.cache_policies.NO_CACHE
        )
        self.drain = prefect.flow(self._drain, name="drain")
        self.address = ""

    async def _drain(self) -> None:
        free = asyncio.Semaphore(CONCURRENCY)
        async with asyncio.TaskGroup() as sending:
            while True:
                await free.acquire()
                room = 1
                while not free.locked():
                    await free.acquire()
                    room += 1
                due = await self._asked(CLAIM, room)
                for _ in range(room - len(due)):
                    free.release()
                for one in due:
                    sending.create_task(self._send(*one)).add_done_callback(lambda _: free.release())
                if not due:
                    await asyncio.sleep(IDLE_S)

    async def _post(self, item: str, step: int, facts: bytes) -> None:
        row = {"item_id": item, "callback_url": f"{self.address}/callbacks/{step}", **json.loads(facts)}
        response = await self._client.post(self._webhooks[step], json=row)
        response.raise_for_status()
        await self._told(SENT, UUID(item), step)

    async def _asked(self, query: str, *params: Any) -> list[Any]:
        async with self._pool.connection() as connection:
            return await (await connection.execute(query, params)).fetchall()

    async def _told(self, query: str, *params: Any) -> None:
        async with self._pool.connection() as connection:
            await connection.execute(query, params)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Take a callback, and answer it once the answer is stored and the next step is due."""
        message = await receive()
        body = message["body"]
        while message.get("more_body"):
            message = await receive()
            body += message["body"]
        item, step = json.loads(body)["item_id"], int(scope["path"].rpartition("/")[2])
        await self._told(ANSWERED[step], body, UUID(item))
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": b'{"status":"accepted"}'})


async def work(url: str, webhooks: list[str]) -> None:
    """Work until told to stop."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=4096)
    limits = httpx.Limits(
        max_connections=CONCURRENCY, max_keepalive_connections=CONCURRENCY, keepalive_expiry=KEEP_ALIVE_S
    )
    async with (
        AsyncConnectionPool(url, min_size=4, max_size=16) as pool,
        HttpxAiohttpClient(limits=limits) as client,
    ):
        job = Job(pool, client, webhooks)
        job.address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        config = uvicorn.Config(job, log_level="warning", lifespan="off", access_log=False, http="httptools")
        print(f"prefect is at {job.address}", flush=True)
        async with asyncio.TaskGroup() as working:
            working.create_task(job.drain())
            working.create_task(uvicorn.Server(config).serve(sockets=[listening]))


if __name__ == "__main__":
    what, url, *more = sys.argv[1:]
    match what:
        case "fill":
            fill(url, int(more[0]))
        case "run":
            run(url, more)
        case _:
            asyncio.run(work(url, more))
