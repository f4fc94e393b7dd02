"""A sandbox without sockets: rows go in through ASGI, callbacks come out into a queue."""

import asyncio
import json
from contextlib import asynccontextmanager

import httpx
from attrs import define, field

from runners.sandbox import SandboxSettings, create_app

RECEIVER = "https://enrich.example/callbacks"


@define
class Receiver:
    """Whoever receives callbacks."""

    #: What it answers, first to last, then 200; a string fails the connection.
    says: list = field(factory=list)
    #: Cleared, it lets callers wait for their answer.
    answering: asyncio.Event = field(factory=asyncio.Event)
    callbacks: asyncio.Queue = field(factory=asyncio.Queue)

    def __attrs_post_init__(self):
        self.answering.set()

    async def receive(self, request):
        """Keep the callback and answer it."""
        says = self.says.pop(0) if self.says else 200
        await self.callbacks.put(request)
        await self.answering.wait()
        if isinstance(says, str):
            raise httpx.ConnectError(says)
        return httpx.Response(says, json={"status": "accepted"})


@define
class World:
    """A sandbox, whoever posts to it, and whoever receives its callbacks."""

    client: httpx.AsyncClient
    receiver: Receiver

    async def post(self, hook="clay", **row):
        """Post a row that wants a callback."""
        row = {"callback_url": RECEIVER, "workflow": "enrich_company_via_clay_waterfall", **row}
        return await self.client.post(f"/hooks/{hook}", json=row)

    async def callback(self):
        """The next callback's request."""
        async with asyncio.timeout(10):
            return await self.receiver.callbacks.get()

    async def answer(self):
        """The next callback's body."""
        return json.loads((await self.callback()).content)

    async def stats(self):
        """What the sandbox counted, once nothing is on its way."""
        async with asyncio.timeout(10):
            while (stats := (await self.client.get("/sandbox/stats")).json())["callbacks_pending"]:  # noqa: ASYNC110 - the sandbox has no event for this
                await asyncio.sleep(0)  # let the courier work
        return stats


@asynccontextmanager
async def sandbox(faults=None, **settings):
    """A running sandbox that calls back at once."""
    receiver = Receiver()
    transport = httpx.MockTransport(receiver.receive)
    given = {"delay": 0, "callback_retry_delay": 0, **settings}
    if faults is not None:
        given["faults"] = faults
    app = create_app(SandboxSettings(**given), transport=transport)
    async with (
        app.running(),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://sandbox") as client,
    ):
        yield World(client, receiver)
