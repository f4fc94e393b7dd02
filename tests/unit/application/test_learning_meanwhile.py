"""Uploads, launches and dry runs learn from the answers that are there, and wait for none that come meanwhile."""

import time
from itertools import count
from uuid import UUID

import pytest

from enrichcore.application.dry_store import DryStore
from enrichcore.application.learning import learn_here
from enrichcore.domain.ids import ClientId
from enrichcore.store import MemoryStore
from enrichcore.store.commit import Commit, DirectoryChange
from tests.contracts.world import EMAIL, World, configuration, person

#: Answers that come one after the other, as many as nobody would wait for.
MANY = 8


class Busy(MemoryStore):
    """A store in which one more answer is recorded each time that the log is looked through."""

    def __init__(self) -> None:
        super().__init__()
        self.come = iter(())

    def answered_since(self, after, limit):
        """What is there by now; the next comes right after."""
        found = super().answered_since(after, limit)
        next(self.come, None)
        return found


@pytest.fixture
def world():
    """A Clay that answers one row after the other, from now on."""
    world = World(Busy())
    world.launch(*(person(f"ann{chr(97 + number)}", email="") for number in range(MANY)))
    world.play_to(EMAIL)
    sends = [send for send in world.send() if send.workflow == EMAIL]
    assert len(sends) == MANY
    world.store.come = map(world.answer, sends)
    return world


@pytest.fixture
def left(world):
    """How many of the answers have not come yet."""
    return lambda: len(list(world.store.come))


def test_an_upload_begins_while_answers_come(world, left):
    """One round at most for those that were there, however many come."""
    world.upload(person("bob"))
    assert left() >= MANY - 2


def test_a_launch_begins_while_answers_come(world, left):
    """As an upload does."""
    world.launch(person("bob"))
    assert left() >= MANY - 4


def test_a_dry_run_begins_while_answers_come(world, left):
    """Its store reads the real one, which others write."""
    with DryStore(world.store) as dry:
        learn_here(dry, at=world.clock.now, sources=configuration().rules.sources)
    assert left() >= MANY - 2


def test_a_dry_run_of_many_merges_takes_no_time():
    """Each costs what the first one cost."""
    client, numbers = ClientId(UUID(int=1)), count(2)
    pairs = [(UUID(int=next(numbers)), UUID(int=next(numbers))) for _ in range(20_000)]
    with DryStore(MemoryStore()) as dry:
        began = time.process_time()
        for pair in pairs:
            dry.append(Commit(directory=[(client, DirectoryChange(merged=[pair]))]))
        assert time.process_time() - began < 5
        assert dry.same_entities([pairs[0][0]]) == {pairs[0][0]: [pairs[0][1], pairs[0][0]]}


def test_whoever_was_merged_in_a_dry_run_follows_into_the_next_merge():
    """No chains: each of the ids names the one that stays, and all others."""
    one, two, three = (UUID(int=number) for number in (1, 2, 3))
    client = ClientId(UUID(int=4))
    with DryStore(MemoryStore()) as dry:
        for pair in ((one, two), (two, three)):
            dry.append(Commit(directory=[(client, DirectoryChange(merged=[pair]))]))
        assert dry.same_entities([one, two, three]) == {each: [three, one, two] for each in (one, two, three)}
