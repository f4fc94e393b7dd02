"""The same job on awa: a job for each send, which waits for its callback in the database and holds no worker meanwhile.

It runs in a virtual environment of its own, so it imports nothing of this repository. A handler registers a callback, POSTs
its row and leaves; a callback completes the job with the answer as its payload, inserts the next step's job or notes in a
table of ours when the item ended, and is answered then.

    python awa_job.py fill DATABASE_URL ITEMS
    python awa_job.py run DATABASE_URL FIRST_WEBHOOK SECOND_WEBHOOK
"""

import asyncio
import json
import socket
import sys
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import awa
import httpx
import psycopg
import uvicorn
from httpx_aiohttp import HttpxAiohttpClient
from psycopg_pool import AsyncConnectionPool

WORKERS = 64
CHUNK = 1000
ANSWER_WITHIN_S = 6 * 3600.0
TABLE = "create table peer_items (item_id uuid primary key, ended_at timestamptz) with (fillfactor = 70)"
ENDED = "update peer_items set ended_at = now() where item_id = %s"


@dataclass
class Step:
    """The arguments of a job."""

    item: str
    step: int
    facts: dict[str, str]


def address_of(url: str) -> str:
    """A connection string as an address, which is all that awa takes; over a unix socket where the host is a folder."""
    parts = psycopg.conninfo.conninfo_to_dict(url)
    user, password = quote(str(parts.get("user", "postgres"))), quote(str(parts.get("password", "")))
    host, port = quote(str(parts["host"]), safe=""), parts.get("port", "5432")
    return f"postgresql://{user}{password and ':' + password}@{host}:{port}/{parts['dbname']}"


async def fill(url: str, items: int) -> None:
    """Make the tables, and so many items with the job of their first step."""
    await awa.migrate(address_of(url))
    jobs = [Step(item=str(uuid4()), step=0, facts=_person(number)) for number in range(items)]
    async with await psycopg.AsyncConnection.connect(url) as connection, connection.cursor() as cursor:
        await cursor.execute(TABLE)
        async with cursor.copy("copy peer_items (item_id) from stdin") as out:
            for job in jobs:
                await out.write_row((job.item,))
    async with awa.AsyncClient(address_of(url)) as client:
        for first in range(0, items, CHUNK):
            await client.insert_many_copy(jobs[first : first + CHUNK], queue="sends")


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
    """Sends from awa's workers, and takes callbacks."""

    def __init__(
        self, queue: awa.AsyncClient, pool: AsyncConnectionPool, client: httpx.AsyncClient, webhooks: list[str]
    ) -> None:
        self._queue = queue
        self._pool = pool
        self._client = client
        self._webhooks = webhooks
        self.address = ""

    async def send(self, job: Any) -> awa.WaitForCallback:
        """The handler: one POST."""
        asked: Step = job.args
        token = await job.register_callback(timeout_seconds=ANSWER_WITHIN_S)
        callback_url = f"{self.address}/callbacks/{asked.step}/{token.id}"
        row = {"item_id": asked.item, "callback_url": callback_url, **asked.facts}
        response = await self._client.post(self._webhooks[asked.step], json=row)
        response.raise_for_status()
        return awa.WaitForCallback(token)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Take a callback, and answer it once the answer and the next job are stored."""
        message = await receive()
        body = message["body"]
        while message.get("more_body"):
            message = await receive()
            body += message["body"]
        _, _, step, callback_id = scope["path"].split("/")
        job = await self._queue.complete_external(callback_id, json.loads(body))
        if step == "0":
            await self._queue.insert(Step(item=job.args["item"], step=1, facts=job.args["facts"]), queue="sends")
        else:
            async with self._pool.connection() as connection:
                await connection.execute(ENDED, (job.args["item"],))
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": b'{"status":"accepted"}'})


async def run(url: str, *webhooks: str) -> None:
    """Work until told to stop."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=4096)
    limits = httpx.Limits(max_connections=WORKERS, max_keepalive_connections=WORKERS)
    async with (
        AsyncConnectionPool(url, min_size=2, max_size=8) as pool,
        HttpxAiohttpClient(limits=limits) as client,
    ):
        queue = awa.AsyncClient(address_of(url), max_connections=24)
        job = Job(queue, pool, client, list(webhooks))
        job.address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        queue.task(Step, queue="sends")(job.send)
        config = uvicorn.Config(job, log_level="warning", lifespan="off", access_log=False, http="httptools")
        print(f"awa is at {job.address}", flush=True)
        await queue.start([("sends", WORKERS)])
        await uvicorn.Server(config).serve(sockets=[listening])
        await queue.shutdown()


if __name__ == "__main__":
    what, url, *more = sys.argv[1:]
    asyncio.run(fill(url, int(more[0])) if what == "fill" else run(url, *more))
