"""The same job on DBOS: a durable workflow for each item, of a step and a `recv` for each webhook.

It runs in a virtual environment of its own, so it imports nothing of this repository. As its documentation has it for work
that others answer: items are enqueued, the step POSTs, `recv` waits in the database for the message, and the callback is
that message, sent to the workflow whose id is the item's; it is answered once the message is stored. The workflows are
coroutines, so that a wait holds no thread; none of the queue's limits is set, as a limit would count those that wait.

    python dbos_job.py fill DATABASE_URL ITEMS
    python dbos_job.py run DATABASE_URL FIRST_WEBHOOK SECOND_WEBHOOK
"""

import json
import socket
import sys
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx
import psycopg
import sqlalchemy
import uvicorn
import uvloop
from dbos import DBOS, DBOSClient, DBOSConfig
from httpx_aiohttp import HttpxAiohttpClient

QUEUE = "items"
VERSION = "1"
CHUNK = 1000
CONNECTIONS = 64
POLL_S = 0.1
#: Less than what the third party keeps a connection for, which is 5 s: sends may be further apart.
KEEP_ALIVE_S = 2.0
ANSWER_WITHIN_S = 6 * 3600.0


def address_of(url: str) -> str:
    """A connection string as an address, which is all that SQLAlchemy takes."""
    parts = psycopg.conninfo.conninfo_to_dict(url)
    user, password = quote(str(parts.get("user", "postgres"))), quote(str(parts.get("password", "")))
    where = f"host={quote(str(parts['host']), safe='')}&port={parts.get('port', '5432')}"
    return f"postgresql+psycopg://{user}{password and ':' + password}@/{parts['dbname']}?{where}"


def configured(url: str) -> None:
    """DBOS on a database."""
    config = DBOSConfig(
        name="peer", system_database_url=address_of(url), application_version=VERSION, log_level="WARNING"
    )
    DBOS(config=config)


def fill(url: str, items: int) -> None:
    """Make the tables, and enqueue so many items."""
    configured(url)
    DBOS.launch()
    DBOS.destroy()
    client = DBOSClient(system_database_url=address_of(url), application_name="peer")
    engine = sqlalchemy.create_engine(address_of(url))
    for first in range(0, items, CHUNK):
        with engine.begin() as connection:
            for number in range(first, min(items, first + CHUNK)):
                options = {"queue_name": QUEUE, "workflow_name": enrich.__qualname__, "app_version": VERSION}
                client.enqueue_in_transaction(connection, {**options, "workflow_id": str(uuid4())}, _person(number))
    engine.dispose()
    client.destroy()


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
    """Where rows go, and what takes callbacks."""

    webhooks: list[str]
    client: httpx.AsyncClient
    address: str

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Take a callback, and answer it once the message is stored."""
        message = await receive()
        body = message["body"]
        while message.get("more_body"):
            message = await receive()
            body += message["body"]
        step = scope["path"].rpartition("/")[2]
        await DBOS.send_async(json.loads(body)["item_id"], body.decode(), step)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": b'{"status":"accepted"}'})

    async def serve(self) -> None:
        """Work until told to stop."""
        listening = socket.create_server(("127.0.0.1", 0), backlog=4096)
        self.address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        limits = httpx.Limits(
            max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS, keepalive_expiry=KEEP_ALIVE_S
        )
        async with HttpxAiohttpClient(limits=limits) as self.client:
            DBOS.launch()
            await DBOS.register_queue_async(QUEUE, polling_interval_sec=POLL_S)
            config = uvicorn.Config(self, log_level="warning", lifespan="off", access_log=False, http="httptools")
            print(f"dbos is at {self.address}", flush=True)
            await uvicorn.Server(config).serve(sockets=[listening])


JOB = Job()


@DBOS.step()
async def post(item: str, step: int, facts: dict[str, str]) -> int:
    """One POST."""
    row = {"item_id": item, "callback_url": f"{JOB.address}/callbacks/{step}", **facts}
    response = await JOB.client.post(JOB.webhooks[step], json=row)
    response.raise_for_status()
    return response.status_code


@DBOS.workflow()
async def enrich(facts: dict[str, str]) -> None:
    """Both webhooks of one item, whose id is the workflow's."""
    for step in range(len(JOB.webhooks)):
        await post(DBOS.workflow_id, step, facts)
        if await DBOS.recv_async(str(step), timeout_seconds=ANSWER_WITHIN_S) is None:
            raise TimeoutError(f"no answer to step {step}")


if __name__ == "__main__":
    what, url, *more = sys.argv[1:]
    if what == "fill":
        fill(url, int(more[0]))
    else:
        configured(url)
        JOB.webhooks = more
        uvloop.run(JOB.serve())
