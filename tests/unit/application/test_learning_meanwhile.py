"""Uploads, launches and dry runs learn from the answers that are there, and wait for none that come meanwhile."""

import time
from itertools import count
from uuid import UUID, uuid4

import pytest
from attrs import evolve

from enrichcore.application.dry_store import DryStore
from enrichcore.application.imports import Importer
from enrichcore.application.learning import learn_all, learn_here
from enrichcore.domain import events as e
from enrichcore.domain.ids import ClientId, UploadId
from enrichcore.domain.keys import Key, KeyKind
from enrichcore.ingest import ImportedRow
from enrichcore.store import MemoryStore
from enrichcore.store.commit import Commit, DirectoryChange
from tests.contracts.world import ACME, EMAIL, World, configuration, person

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


# --- imports that go on meanwhile ---


class Raced(MemoryStore):
    """A store to which somebody else writes right after it told of people whom answers were about."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile = None

    def known(self, client_id, entity_ids):
        """What is known by now; the other writer is next."""
        found = super().known(client_id, entity_ids)
        if self.meanwhile is not None:
            self.meanwhile(len(entity_ids))
        return found


def answered(store, *names):
    """A world in which an address was found for each of these people, and nothing of it is learnt."""
    world = World(store)
    world.launch(*(person(name, email="") for name in names))
    world.play_to(EMAIL)
    for send in [send for send in world.send() if send.workflow == EMAIL]:
        first = send.payload["person_linkedin_url"].rpartition("/")[2].partition("-")[0]
        world.answer(send, world.body(send, result={"email": f"{first}@quillhaven.example"}))
    return world


def imported(world, name):
    """A chunk of a long import: somebody of whom an address is all that is known."""
    row = ImportedRow(
        line=2,
        raw={},
        person={"person_email": f"{name}@quillhaven.example"},
        company={},
        person_keys=(Key(KeyKind.PERSON_EMAIL, f"{name}@quillhaven.example"),),
        company_keys=(),
    )
    owner = world.registry.client(ACME).id
    Importer(store=world.store, client_id=owner, upload_id=UploadId(uuid4()), at=world.clock.now).add([row])


def test_what_is_learnt_rests_on_no_directory_that_an_import_changed_meanwhile():
    """A file that has the address of whoever it was found for, at the same moment: one person, as in any other order."""
    world = answered(Raced(), "ann")

    def once(_):
        world.store.meanwhile = None
        imported(world, "ann")

    world.store.meanwhile = once
    world.app.learn()
    assert len(world.events(e.PersonsMerged)) == 1


def test_a_launch_begins_while_the_same_client_is_imported():
    """Each chunk of a long import goes before what takes longer to be learnt; a little of it always fits between."""
    world = answered(Raced(), "anna", "annb", "annc", "annd")
    numbers = count()

    def chunk(people):
        if people > 2:
            imported(world, f"number{next(numbers)}")

    world.store.meanwhile = chunk
    # Pauses would only take time.
    learn_all(evolve(world.app.core, pause=lambda _: None))
    assert len(world.events(e.PersonKeysFound)) == 4
    assert next(numbers) > 0
