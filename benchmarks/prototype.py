"""A bare prototype of the design: the ceiling for the product, with the same client and server libraries.

Seven events an item over two webhook steps; items come in by COPY; claims of 400 with SKIP LOCKED from one narrow table;
POSTs by httpx over aiohttp; outcomes and callbacks are committed together, those of five milliseconds at once, and a
callback is answered after its commit. It has no limits, retries, projections, decisions or answers that come twice.

`drain.py` fills its tables and runs it: python benchmarks/prototype.py DATABASE_URL FIRST_WEBHOOK SECOND_WEBHOOK
"""

import asyncio
import socket
import sys
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec
import psycopg
import uvicorn
import uvloop
from httpx_aiohttp import HttpxAiohttpClient

CLAIM = 400
CONNECTIONS = 64
GATHER_S = 0.005
IDLE_S = 0.05

TABLES = """
create schema prototype;
create table prototype.events (
    position bigint generated always as identity primary key,
    item_id uuid not null, version integer not null, topic text not null, state bytea not null,
    recorded_at timestamptz not null,
    unique (item_id, version)
);
create table prototype.items (
    item_id uuid primary key, step smallint not null, state text not null
) with (fillfactor = 70);
create index items_ready on prototype.items (item_id) where state = 'ready';
create index items_open on prototype.items (item_id) where state <> 'done';
"""
#: One round trip: the claimed rows, their `Sending` events, and what the import knew, to be sent.
CLAIMED = """
with claimed as (
    select item_id from prototype.items where state = 'ready' order by item_id limit %b for update skip locked
), sending as (
    update prototype.items i set state = 'sending' from claimed c where i.item_id = c.item_id
    returning i.item_id, i.step
), told as (
    insert into prototype.events (item_id, version, topic, state, recorded_at)
    select item_id, 2 + 3 * step, 'Sending', convert_to(json_build_object('key', item_id, 'step', step)::text, 'utf8'), %b
    from sending
)
select s.item_id, s.step, e.state from sending s join prototype.events e on e.item_id = s.item_id and e.version = 1
"""
#: One round trip: the events of a group, and where each leaves its item.
RECORDED = """
with told as (
    insert into prototype.events (item_id, version, topic, state, recorded_at)
    select * from unnest(%b::uuid[], %b::int4[], %b::text[], %b::bytea[], %b::timestamptz[])
)
update prototype.items i set step = n.step, state = n.state
from unnest(%b::uuid[], %b::int2[], %b::text[]) as n(item_id, step, state) where i.item_id = n.item_id
"""


def fill(url: str, items: int) -> int:
    """Make the tables, and so many items that are ready; the bytes that were there before."""
    now = datetime.now(UTC)
    ids = [uuid4() for _ in range(items)]
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(TABLES)
        with cursor.copy("copy prototype.events (item_id, version, topic, state, recorded_at) from stdin") as out:
            for number, item in enumerate(ids):
                out.write_row((item, 1, "Created", msgspec.json.encode(_person(number)), now))
        with cursor.copy("copy prototype.items (item_id, step, state) from stdin") as out:
            for item in ids:
                out.write_row((item, 0, "ready"))
    return 0


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


class Prototype:
    """Everything in one event loop; statements run on two threads."""

    def __init__(self, url: str, webhooks: list[str]) -> None:
        self._claims = psycopg.connect(url, autocommit=True)
        self._writes = psycopg.connect(url, autocommit=True)
        self._webhooks = webhooks
        self._free = asyncio.Semaphore(CONNECTIONS)
        #: Rows claimed and not sent, and whether they are few enough to claim more.
        self._unsent = 0
        self._few = asyncio.Event()
        #: Events to record, with where they leave their items.
        self._events: list[tuple[UUID, int, str, bytes, datetime]] = []
        self._moves: list[tuple[UUID, int, str]] = []
        self._replies: list[asyncio.Future[None]] = []
        self.address = ""

    async def send_all(self) -> None:
        """Claim what is ready, and POST it."""
        limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
        async with HttpxAiohttpClient(limits=limits) as client, asyncio.TaskGroup() as tasks:
            while True:
                claimed = await asyncio.to_thread(self._claim)
                self._unsent += len(claimed)
                for one in claimed:
                    tasks.create_task(self._send(client, *one))
                self._few.clear()
                if self._unsent > CONNECTIONS:
                    await self._few.wait()
                elif not claimed:
                    await asyncio.sleep(IDLE_S)

    def _claim(self) -> list[Any]:
        return self._claims.execute(CLAIMED, (CLAIM, datetime.now(UTC)), binary=True).fetchall()

    async def _send(self, client: httpx.AsyncClient, item: UUID, step: int, known: bytes) -> None:
        row = {
            "item_id": str(item),
            "callback_url": f"{self.address}/callbacks/{step}",
            **msgspec.json.decode(known),
        }
        async with self._free:
            response = await client.post(
                self._webhooks[step], content=msgspec.json.encode(row), headers={"content-type": "application/json"}
            )
        self._unsent -= 1
        if self._unsent <= CONNECTIONS:
            self._few.set()
        told = msgspec.json.encode({"status": response.status_code, "attempt": 1})
        self._events.append((item, 3 + 3 * step, "Sent", told, datetime.now(UTC)))
        self._moves.append((item, step, "waiting"))

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Take a callback, and answer it once it is committed."""
        message = await receive()
        body = message["body"]
        while message.get("more_body"):
            message = await receive()
            body += message["body"]
        item, step = UUID(msgspec.json.decode(body)["item_id"]), int(scope["path"].rpartition("/")[2])
        self._events.append((item, 4 + 3 * step, "Answered", body, datetime.now(UTC)))
        self._moves.append((item, 1, "done" if step else "ready"))
        durable: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._replies.append(durable)
        await durable
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": b'{"status":"accepted"}'})

    async def write_all(self) -> None:
        """Commit what gathers, group by group."""
        while True:
            await asyncio.sleep(GATHER_S)
            events, moves, replies = self._events, self._moves, self._replies
            self._events, self._moves, self._replies = [], [], []
            if events:
                await asyncio.to_thread(self._record, events, moves)
                for durable in replies:
                    durable.set_result(None)

    def _record(self, events: list[Any], moves: list[Any]) -> None:
        # The last move of an item counts where one group holds both an outcome and the answer.
        last = {item: (item, step, state) for item, step, state in moves}
        columns = [list(column) for rows in (events, last.values()) for column in zip(*rows, strict=True)]
        self._writes.execute(RECORDED, columns)


async def main(url: str, *webhooks: str) -> None:
    """Work until told to stop."""
    prototype = Prototype(url, list(webhooks))
    listening = socket.create_server(("127.0.0.1", 0), backlog=4096)
    prototype.address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    config = uvicorn.Config(prototype, log_level="warning", lifespan="off", access_log=False, http="httptools")
    print(f"the prototype is at {prototype.address}", flush=True)
    working = [asyncio.create_task(prototype.send_all()), asyncio.create_task(prototype.write_all())]
    await uvicorn.Server(config).serve(sockets=[listening])
    for task in working:
        task.cancel()


if __name__ == "__main__":
    uvloop.run(main(*sys.argv[1:]))
