"""The same job on Procrastinate: a task for each send, and a hand-written table for what its jobs do not keep.

It runs in a virtual environment of its own, so it imports nothing of this repository. A task marks its row, POSTs it and
marks it as waiting; a callback stores the answer, defers the next step's task or ends the item, and is answered then.

    python procrastinate_job.py fill DATABASE_URL ITEMS
    python procrastinate_job.py run DATABASE_URL FIRST_WEBHOOK SECOND_WEBHOOK
"""

import asyncio
import socket
import sys
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec
import psycopg
import uvicorn
import uvloop
from httpx_aiohttp import HttpxAiohttpClient
from procrastinate import App, PsycopgConnector
from psycopg_pool import AsyncConnectionPool

CONCURRENCY = 64
CHUNK = 1000
TABLE = """
create table peer_items (
    item_id uuid primary key, facts bytea not null, state text not null, ended_at timestamptz,
    first_body bytea, second_body bytea
) with (fillfactor = 70)
"""
MARK = "update peer_items set state = %s where item_id = %s returning facts"
ANSWERED = (
    "update peer_items set state = 'answered', first_body = %s where item_id = %s and first_body is null",
    "update peer_items set state = 'done', second_body = %s, ended_at = now() where item_id = %s and ended_at is null",
)


def app_on(url: str) -> App:
    """Procrastinate on a database."""
    return App(connector=PsycopgConnector(conninfo=url, min_size=4, max_size=16))


async def fill(url: str, items: int) -> None:
    """Make the tables, and so many items with the job of their first step."""
    app = app_on(url)
    send = app.task(_nothing, name="send")
    ids = [uuid4() for _ in range(items)]
    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        async with await psycopg.AsyncConnection.connect(url) as connection, connection.cursor() as cursor:
            await cursor.execute(TABLE)
            async with cursor.copy("copy peer_items (item_id, facts, state) from stdin") as out:
                for number, item in enumerate(ids):
                    await out.write_row((item, msgspec.json.encode(_person(number)), "ready"))
        for first in range(0, items, CHUNK):
            await send.batch_defer_async(*({"item": str(item), "step": 0} for item in ids[first : first + CHUNK]))


async def _nothing(item: str, step: int) -> None:
    """Stands for the task where jobs are only deferred."""


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


class Job:
    """Sends from a worker's tasks, and takes callbacks."""

    def __init__(self, app: App, pool: AsyncConnectionPool, client: httpx.AsyncClient, webhooks: list[str]) -> None:
        self._pool = pool
        self._client = client
        self._webhooks = webhooks
        self._task = app.task(self.send, name="send")
        self.address = ""

    async def send(self, item: str, step: int) -> None:
        """The task: one POST."""
        facts = await self._mark("sending", item)
        row = {"item_id": item, "callback_url": f"{self.address}/callbacks/{step}", **msgspec.json.decode(facts)}
        response = await self._client.post(self._webhooks[step], json=row)
        response.raise_for_status()
        await self._mark("waiting", item)

    async def _mark(self, state: str, item: str) -> bytes:
        async with self._pool.connection() as connection:
            found = await (await connection.execute(MARK, (state, UUID(item)))).fetchone()
        facts: bytes = found[0] if found else b"{}"
        return facts

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Take a callback, and answer it once the answer and the next job are stored."""
        message = await receive()
        body = message["body"]
        while message.get("more_body"):
            message = await receive()
            body += message["body"]
        item, step = msgspec.json.decode(body)["item_id"], int(scope["path"].rpartition("/")[2])
        async with self._pool.connection() as connection:
            stored = await connection.execute(ANSWERED[step], (body, UUID(item)))
        if stored.rowcount and step == 0:
            await self._task.defer_async(item=item, step=1)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": b'{"status":"accepted"}'})


async def run(url: str, *webhooks: str) -> None:
    """Work until told to stop."""
    app = app_on(url)
    listening = socket.create_server(("127.0.0.1", 0), backlog=4096)
    limits = httpx.Limits(max_connections=CONCURRENCY, max_keepalive_connections=CONCURRENCY)
    async with (
        app.open_async(),
        AsyncConnectionPool(url, min_size=4, max_size=16) as pool,
        HttpxAiohttpClient(limits=limits) as client,
    ):
        job = Job(app, pool, client, list(webhooks))
        job.address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        config = uvicorn.Config(job, log_level="warning", lifespan="off", access_log=False, http="httptools")
        print(f"procrastinate is at {job.address}", flush=True)
        working = asyncio.create_task(
            app.run_worker_async(concurrency=CONCURRENCY, install_signal_handlers=False, delete_jobs="never")
        )
        await uvicorn.Server(config).serve(sockets=[listening])
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


if __name__ == "__main__":
    what, url, *more = sys.argv[1:]
    uvloop.run(fill(url, int(more[0])) if what == "fill" else run(url, *more))
