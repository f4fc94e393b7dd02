"""One client's backlog delays another's few rows by moments, however few connections a slow webhook leaves free."""

from collections import Counter

import pytest

from enrichcore.store import MemoryStore
from tests.contracts.world import ACME, APOLLO_COMPANY, CRM, GLOBEX, World, configuration, person, tuned


@pytest.fixture
def world():
    """A world with a pace that holds nobody back."""
    return World(MemoryStore(), tuned(configuration(), lane={"rate": 1000.0, "burst": 1000}))


@pytest.mark.parametrize(("few", "many"), [(ACME, GLOBEX), (GLOBEX, ACME)])
def test_claims_of_one_row_serve_every_lane_in_turn(world, few, many):
    """Whichever lane comes first by its id."""
    world.launch(*(person("ann", f"co{number}") for number in range(60)), client=many)
    world.launch(*(person("bob", f"co{number}") for number in range(3)), client=few)
    claimed = [send for _ in range(8) for send in world.claim(1)]
    of_few = str(world.registry.client(few).id)
    assert sum(send.payload["client_id"] == of_few for send in claimed) == 3


def test_one_claim_is_shared_by_lanes(world):
    """Each has its part, and what one does not use goes to the next."""
    world.launch(*(person("ann", f"co{number}") for number in range(60)))
    world.launch(*(person("bob", f"co{number}") for number in range(2)), workstream=CRM, client=GLOBEX)
    taken = Counter(send.workflow for send in world.claim(20) + world.claim(20))
    assert taken[APOLLO_COMPANY] >= 28
    assert sum(taken.values()) - taken[APOLLO_COMPANY] == 2
