"""However many companies a commit concerns, it asks the store as often as for a few; that is what keeps a large batch fast."""

from collections import Counter

import pytest

from enrichcore.application import Incoming
from enrichcore.domain.step_run import Outcome
from enrichcore.store import MemoryStore
from tests.contracts.world import APOLLO_PERSON, World, configuration, person, tuned

ASKING = (
    "load",
    "waiters",
    "gaps_of",
    "answered_items",
    "out_items",
    "same_entities",
    "told_besides",
    "batches",
    "lanes",
    "stream",
    "append",
)


class CountingStore(MemoryStore):
    """The store in memory, which counts what it is asked."""

    def __init__(self):
        super().__init__()
        self.asked = Counter()

    def __getattribute__(self, name):
        """Count, and answer."""
        if name in ASKING:
            self.asked[name] += 1
        return super().__getattribute__(name)

    def count(self, act):
        """How often each question is asked while something is done."""
        self.asked.clear()
        act()
        return dict(self.asked)


def launched(companies):
    """A world in which two people of each of so many companies are about to be launched."""
    world = World(CountingStore(), tuned(configuration(), lane={"rate": 1e6, "burst": 10**6, "max_in_flight": 10**6}))
    people = [person(name, company=f"co{number}", email="") for number in range(companies) for name in ("ann", "bob")]
    upload = world.upload(*people)
    return world, upload.upload_id


def launch(companies):
    """A launch."""
    world, upload = launched(companies)
    return world.store.count(lambda: world.app.launch(upload))


def answers(companies, *, late=False):
    """All companies' answers in one commit; late ones mend what had timed out."""
    world, upload = launched(companies)
    world.app.launch(upload)
    sends = world.send()
    if late:
        world.clock.tick(days=1)
        world.app.wake()
    came = [world.callback(send.workflow, world.body(send), token=send.key) for send in sends]
    return world.store.count(lambda: world.app.receive(came))


def late_answers(companies):
    """Answers that come after the time-out."""
    return answers(companies, late=True)


def deadlines(companies):
    """All companies' deadlines at once."""
    world, upload = launched(companies)
    world.app.launch(upload)
    world.send()
    world.clock.tick(days=1)
    return world.store.count(world.app.wake)


def refusals(companies):
    """All companies' rows come back unsent, when nobody waits any more."""
    world, upload = launched(companies)
    batch = world.app.launch(upload)
    sends = world.claim()
    world.app.cancel(batch.batch_id, by="ann")
    return world.store.count(lambda: world.report(sends, Outcome.NOT_DELIVERED, status=503))


def people_answer(companies) -> dict[str, int]:
    """All people's answers in one commit, after which each would ask for an e-mail."""
    world, upload = launched(companies)
    world.app.launch(upload)
    world.play_to(APOLLO_PERSON)
    came: list[Incoming] = [world.callback(send.workflow, world.body(send), token=send.key) for send in world.send()]
    return world.store.count(lambda: world.app.receive(came))


def twice(companies):
    """All people are in two batches, up to where one of the two rows of each may leave."""
    world, upload = launched(companies)
    for _ in range(2):
        world.app.launch(upload)
    world.play_to(APOLLO_PERSON)
    return world


def claims(companies):
    """All people are claimed, and wait in the other batch."""
    world = twice(companies)
    return world.store.count(world.claim)


def awaited_answers(companies):
    """All people's answers in one commit, while others wait for them."""
    world = twice(companies)
    sends = world.send()
    came = [world.callback(send.workflow, world.body(send), token=send.key) for send in sends]
    return world.store.count(lambda: world.app.receive(came))


@pytest.mark.parametrize(
    "act", [claims, awaited_answers, launch, answers, late_answers, deadlines, refusals, people_answer]
)
def test_many_companies_cost_as_many_questions_as_a_few(act):
    """One for all of them, not one for each."""
    assert act(8) == act(30)
