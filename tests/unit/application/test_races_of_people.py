"""Two runners at once, and one person in two batches: no wait begins for a row that has just ended."""

import pytest

from enrichcore.domain.life_cycle import State
from tests.contracts.people_contract import of_people, person_run, two_batches
from tests.contracts.racing_store import RacingStore
from tests.contracts.world import APOLLO_PERSON, CRM, CRM_PERSON, World, configuration, person, tuned


@pytest.fixture
def world():
    """A world in which things happen between a decision and its commit; each lane lets one row out in a claim."""
    registry = tuned(configuration(), lane={"max_in_flight": 1})
    return World(RacingStore(), registry)


def test_a_row_that_is_answered_while_another_begins_to_wait_for_it_strands_nobody(world):
    """The wait is not recorded; the other is served by what came."""
    batches = two_batches(world)
    (send,) = world.app.claim(1)
    (other,) = (batch for run_id, batch in batches.items() if run_id != send.run_id)
    world.store.race(lambda: world.answer(send))
    world.app.claim(10)
    world.store.end_race()
    assert of_people(world.play()) == []
    assert person_run(world, other).state is State.COMPLETED


def test_a_row_whose_outcome_is_told_while_another_begins_to_wait_keeps_both(world):
    """The outcome is decided again, and forgets no one who waits."""
    batches = two_batches(world)
    (send,) = world.app.claim(1)
    (other,) = (batch for run_id, batch in batches.items() if run_id != send.run_id)
    world.store.race(lambda: world.app.claim(10))
    world.report([send])
    assert world.store.end_race() is False
    waits = person_run(world, other)
    assert (waits.behind, waits.workflow in {APOLLO_PERSON, CRM_PERSON}) == (send.run_id, True)
    world.answer(send)
    assert of_people(world.play()) == []
    assert person_run(world, other).state is State.COMPLETED


def test_an_answer_between_two_questions_of_a_claim_sends_nobody_again():
    """Whichever question is asked first, the row is found: out, or answered."""
    world, people = World(RacingStore()), [person(name) for name in ("ann", "bob")]
    world.launch(*people)
    for send in world.send():
        world.answer(send)
    sends = of_people(world.send())
    world.launch(*people, workstream=CRM)
    for send in world.store.inline_rows()[1]:
        assert send.workflow != CRM_PERSON or send.state == "ready"
    world.store.race_between_reads(lambda: [world.answer(send) for send in sends])
    assert (len(sends), of_people(world.send())) == (2, [])
