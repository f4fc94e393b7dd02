"""A runner that stands still within a claim, as a paused host does, keeps no other client's rows from leaving."""

from decimal import Decimal
from threading import Thread

import pytest
from attrs import evolve

from enrichcore.application.paces import take
from tests.contracts.world import ACME, GLOBEX, World, configuration, person

pytestmark = pytest.mark.postgres


@pytest.fixture
def world(store):
    """Rows of two clients, of which one has a budget, so that its claims are counted one after the other."""
    registry = configuration()
    capped = evolve(registry.client(ACME), budget_credits=Decimal(100))
    made = World(store, evolve(registry, clients={**registry.clients, ACME: capped}))
    made.launch(*(person("ann", f"co{number}") for number in range(2)))
    made.launch(person("bob"), client=GLOBEX)
    return made


@pytest.mark.parametrize("held", ["bucket", "client"])
def test_a_claim_that_stands_still_keeps_no_other_client_from_its_turn(world, held):
    """Its own rows wait until it goes on, or the server gives it up."""
    acme = world.registry.client(ACME)
    with world.store.claims() as still:
        if held == "client":
            still.lock_client(acme.id)
        else:
            for lane in world.app._lanes.values():
                take(still, lane.paces if lane.client.id == acme.id else (), 0, world.clock.now)
        other = Thread(target=lambda: [world.claim() for _ in range(2)], daemon=True)
        other.start()
        other.join(timeout=15)
        assert [send.payload["client_id"] for send in world.posted] == [str(world.registry.client(GLOBEX).id)]
    world.claim()
    assert len(world.posted) == 3


def test_a_commit_of_a_claim_waits_for_the_log_as_long_as_it_takes(world):
    """What was decided is not thrown away because others append for long."""
    with world.store.claims() as appending:
        appending.lock_log()
        other = Thread(target=world.claim, daemon=True)
        other.start()
        other.join(timeout=3)
        assert other.is_alive()
    other.join(timeout=20)
    assert len(world.posted) == 3
