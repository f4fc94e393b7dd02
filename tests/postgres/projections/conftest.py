"""A log that was lived, and a database with the tables of all read models."""

import pytest

from enrichcore.projection import ensure_tables
from projections import READ_MODELS
from tests.contracts.world import APOLLO_PERSON, CRM, GLOBEX, World, person


@pytest.fixture
def pool(store):
    """Connections to a database with the tables of all read models."""
    ensure_tables(store.pool, READ_MODELS)
    return store.pool


@pytest.fixture
def world(store, pool):
    """A lived-in log: two clients, two workstreams, answers, a customer list, days, and bytes that are no text."""
    world = World(store)
    world.app.apply(by="ann")
    world.launch(person("ann"), person("bob"), person("cy", "caldora"))
    world.launch(person("ann"), person("dee", "brackenford"), workstream=CRM)
    world.launch(person("ann"), client=GLOBEX)
    world.play()
    world.app.receive([world.callback(APOLLO_PERSON, b"\xff\x00 is no JSON")])
    for days in (1, 200, 200):
        world.clock.tick(days=days)
        world.app.pass_day(world.clock.now.date())
    return world
