"""Claims over several lanes of which one fails: what the others gave leaves, and is not lost."""

from contextlib import contextmanager

import pytest

from enrichcore.domain import step_run as steps
from enrichcore.store import MemoryStore, StoreUnavailable
from tests.contracts.world import CRM, World, person


class StumblingStore(MemoryStore):
    """A store whose transactions fail at the given turns, counted from 1, with a given error."""

    def __init__(self):
        super().__init__()
        self.stumble({})

    def stumble(self, fails):
        """Fail at these turns from now on."""
        self.turn, self.fails = 0, fails

    @contextmanager
    def claims(self):
        """Claim, or fail."""
        self.turn += 1
        if self.turn in self.fails:
            raise self.fails[self.turn]
        with super().claims() as claims:
            yield claims


@pytest.fixture
def world():
    """Rows on two lanes."""
    made = World(StumblingStore())
    made.launch(person("ann"))
    made.launch(person("bob", company="caldora"), workstream=CRM)
    return made


def test_what_one_lane_gave_is_sent_though_the_database_left_before_the_next(world):
    """Its row is durable as sending, and would fall in doubt."""
    world.store.stumble({2: StoreUnavailable("gone")})
    assert (len(world.claim()), len(world.claim())) == (1, 1)


def test_a_lane_whose_rows_cannot_be_claimed_keeps_no_other_from_it(world):
    """Whichever comes first."""
    world.store.stumble({1: ValueError("a fault of ours")})
    assert len(world.claim()) == 1


@pytest.mark.parametrize("error", [StoreUnavailable("gone"), ValueError("a fault of ours")])
def test_a_claim_that_takes_nothing_says_why(world, error):
    """So that the sender pauses."""
    world.store.stumble({1: error, 2: error})
    with pytest.raises(type(error)):
        world.claim()


def test_a_row_that_cannot_be_decided_keeps_no_other_of_its_lane(world, monkeypatch):
    """It stays ready, and its neighbours leave."""
    world.launch(person("eve", company="nimbleforge"))
    broken, *others = [row.run_id for row in world.store.inline_rows()[1] if row.state == "ready"]
    decide = steps.decide_claim

    def decide_claim(run, step, run_id, **more):
        if run_id == broken:
            raise ValueError("a fault of ours")
        return decide(run, step, run_id, **more)

    monkeypatch.setattr(steps, "decide_claim", decide_claim)
    assert {send.run_id for send in world.claim()} == set(others)
