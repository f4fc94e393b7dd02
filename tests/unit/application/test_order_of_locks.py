"""Claims of several lanes take what they lock in one order, so that none waits for another that waits for it."""

from contextlib import contextmanager
from decimal import Decimal

import pytest
from attrs import evolve

from enrichcore.store import MemoryStore
from tests.contracts.world import APOLLO_COMPANY, APOLLO_PERSON, World, configuration, person, tuned


class Watched(MemoryStore):
    """A store that remembers what its claims lock, in order."""

    def __init__(self):
        super().__init__()
        self.locked = []

    @contextmanager
    def claims(self):
        """Claim, and remember."""
        with super().claims() as claims:
            for name in ("lock_client", "lock_webhook"):
                setattr(claims, name, lambda _, name=name: self.locked.append(name))
            yield claims


@pytest.mark.parametrize("about", [APOLLO_COMPANY, APOLLO_PERSON])
def test_a_client_is_locked_before_a_webhook(about):
    """Also by lanes of companies, which lock the client for its budget alone: both may send to one webhook near the end of its life."""
    shipped = tuned(configuration(), about, lane={"lifetime_limit": 1})
    rich = {slug: evolve(client, budget_credits=Decimal(99)) for slug, client in shipped.clients.items()}
    world = World(Watched(), evolve(shipped, clients=rich))
    world.launch(person("ann"))
    world.play_to(about)
    world.store.locked.clear()
    (send,) = world.claim()
    assert send.workflow == about
    assert list(dict.fromkeys(world.store.locked)) == ["lock_client", "lock_webhook"]
