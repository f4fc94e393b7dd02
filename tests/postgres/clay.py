"""Clay for faults of ours: it takes rows over real sockets, and calls back again and again until an answer is taken."""

import asyncio
import json
from collections import Counter
from contextlib import asynccontextmanager

import httpx
from attrs import define, evolve, field

from enrichcore.registry.secret import Secret

SECRET = "secret of ACME_CALLBACK_SECRET"
_ANSWER_AFTER_S = 0.05
_AGAIN_AFTER_S = 0.1
_OK = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


@define
class Clay:
    """What it was sent, and what its callbacks were told."""

    port: int = 0
    #: POSTs by (item, workflow).
    rows: Counter = field(factory=Counter)
    #: Callbacks by the HTTP status that they were answered with; 0 where there was no answer.
    told: Counter = field(factory=Counter)
    calling: set = field(factory=set)
    #: Cleared, it calls nobody back until it is set again.
    answering: asyncio.Event = field(factory=asyncio.Event)
    client: httpx.AsyncClient = None

    async def serve(self, reader, writer):
        """Take one row."""
        head = await reader.readuntil(b"\r\n\r\n")
        (length,) = (line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))
        row = json.loads(await reader.readexactly(int(length.split(b":")[1])))
        self.rows[row["item_id"], row["workflow"]] += 1
        task = asyncio.create_task(self.call_back(row))
        self.calling.add(task)
        task.add_done_callback(self.calling.discard)
        writer.write(_OK)
        writer.close()

    async def call_back(self, row):
        """Answer a row, as a column does that tries again."""
        await asyncio.sleep(_ANSWER_AFTER_S)
        await self.answering.wait()
        body = {"item_id": row["item_id"], "result": {"name": f"of {row['item_id']}", "title": "Buyer"}}
        while True:
            try:
                headers = {"authorization": f"Bearer {SECRET}"}
                status = (await self.client.post(row["callback_url"], json=body, headers=headers)).status_code
            except httpx.TransportError:
                status = 0
            self.told[status] += 1
            if 0 < status < 500:
                return
            await asyncio.sleep(_AGAIN_AFTER_S)

    def serves(self, registry):
        """The configuration with every webhook here."""
        url = Secret(f"http://127.0.0.1:{self.port}/hook")
        clients = {
            slug: evolve(client, webhooks={at: evolve(one, url=url) for at, one in client.webhooks.items()})
            for slug, client in registry.clients.items()
        }
        return evolve(registry, clients=clients)


@asynccontextmanager
async def open_clay():
    """Clay, until the block ends."""
    clay = Clay()
    clay.answering.set()
    server = await asyncio.start_server(clay.serve, "127.0.0.1", 0)
    clay.port = server.sockets[0].getsockname()[1]
    try:
        async with httpx.AsyncClient(timeout=20) as clay.client:
            yield clay
            for task in list(clay.calling):
                task.cancel()
    finally:
        server.close()
        await server.wait_closed()
