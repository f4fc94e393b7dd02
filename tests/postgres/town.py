"""A world whose news somebody hears: a notifier, and an ear in the place of a chat."""

import asyncio
import json

import httpx
import psycopg
from attrs import define, evolve, field

from enrichcore.registry import Secret
from enrichcore.store.outbox import Outbox
from runners.daemon.notifier import Notifier
from tests.contracts.world import World, configuration, tuned

SECRET_URL = "https://chat.example/services/T0/B0/s3cr3t-words"


@define
class Ear:
    """Whoever hears the news."""

    #: What it answers, first to last, then 200; a text fails the connection.
    says: list = field(factory=list)
    heard: list = field(factory=list)

    async def listen(self, request):
        """Hear one."""
        self.heard.append((str(request.url), dict(request.headers), json.loads(request.content)))
        says = self.says.pop(0) if self.says else 200
        if isinstance(says, str):
            raise httpx.ConnectError(says)
        return httpx.Response(says, text=f"you asked for {request.url}")

    @property
    def news(self):
        """What it heard of."""
        return [body["notice"] for _, _, body in self.heard]


@define
class Town:
    """A world, whose news somebody hears."""

    world: World
    ear: Ear
    notifier: Notifier
    outbox: Outbox

    def round(self):
        """Let the notifier do its round."""

        async def tick():
            async with httpx.AsyncClient(transport=httpx.MockTransport(self.ear.listen)) as client:
                await self.notifier.tick(client)

        asyncio.run(tick())

    def rows(self, sql):
        """What the database says."""
        with psycopg.connect(self.world.store.url) as connection:
            return connection.execute(sql).fetchall()

    def again(self):
        """Make everything that waits due."""
        with psycopg.connect(self.world.store.url) as connection:
            connection.execute("update enrichcore.notifications set due_at = now()")


def town(store, registry=None, *, begun=True, **notify) -> Town:
    """A world whose configuration names who is to hear; the notifier has looked at its log already."""
    registry = registry or tuned(configuration(), lane={"rate": 1000.0, "burst": 1000})
    told = {name: Secret(url) for name, url in (notify or {"url": SECRET_URL}).items()}
    world = World(store, evolve(registry, runner=evolve(registry.runner, notify=told)))
    outbox = Outbox(store)
    made = Town(world, Ear(), Notifier(world.app, outbox), outbox)
    if begun:
        made.round()
    return made


def another(of: Town) -> Town:
    """A second process on the same store."""
    return evolve(of, notifier=Notifier(of.world.app, of.outbox))
