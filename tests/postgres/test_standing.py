"""Where the items of a batch stand: those for the same reason together, with their ids, and what would move them."""

from shlex import split

import pytest

from enrichcore.domain.life_cycle import State
from enrichcore.domain.step_run import Outcome
from runners.cli.tracing import tell
from runners.standing import groups_of, sentence
from tests.contracts.world import APOLLO_COMPANY, APOLLO_PERSON, World, person

pytestmark = pytest.mark.postgres


@pytest.fixture
def world(store):
    """A world on PostgreSQL."""
    return World(store)


def now(world, batch):
    """The batch as it stands, in a sentence and in groups."""
    ((found, _),) = world.store.batches([batch.batch_id])
    return sentence(world.app, found), groups_of(world.app, found)


def test_items_that_stand_for_the_same_reason_are_told_together(world):
    """Each group with what would move it and everyone in it; those who have ended well are in none."""
    batch = world.launch(*(person(name) for name in ("ann", "bob", "eve")), person("joe", "caldora"))
    said, (waiting,) = now(world, batch)
    assert said.endswith("is running, with 4 of them to go.")
    assert (waiting.workflow, waiting.state, len(waiting.ids)) == (APOLLO_COMPANY, State.WAITING_FOR_COMPANY, 4)
    lost, found = world.claim()
    world.report([lost], Outcome.UNKNOWN, reason="the connection broke")
    world.report([found])
    world.answer(found)
    _, groups = now(world, batch)
    told = {group.workflow: group for group in groups}
    assert "enrichcore settle" in told[APOLLO_COMPANY].explanation
    assert "waits for its turn" in told[APOLLO_PERSON].explanation
    everyone = [item for group in groups for item in group.ids]
    assert sorted(everyone) == world.store.items_of(batch.batch_id, None, 10)


def test_gaps_are_told_with_their_reasons_and_how_to_ask_again(world):
    """Also of items that went on, and in a batch that has finished."""
    batch = world.launch(person("ann"), person("bob"), person("joe", "caldora"))
    for send, error in zip(world.send(), ("no credits", "busy"), strict=True):
        world.answer(send, world.body(send, result=None, error=error))
    world.play()
    said, groups = now(world, batch)
    assert said.endswith("is finished, 3 of them with gaps.")
    assert {(group.workflow, group.state) for group in groups} == {(APOLLO_COMPANY, State.FAILED)}
    assert {group.reason for group in groups} == {"no credits", "busy"}
    assert all(f"--step {APOLLO_COMPANY} --state failed" in group.explanation for group in groups)
    assert {words[words.index("--reason") + 1] for words in map(commanded, groups)} == {"no credits", "busy"}


def commanded(group):
    """The words of the command that a group's sentence names, as a shell reads it."""
    return split(group.explanation.split("`")[1])


def test_each_group_is_told_of_its_own_step_where_several_of_an_item_have_not_ended(world):
    """An earlier step that was retried is in doubt, while a later one waits for its answer."""
    batch = world.launch(person("ann"))
    (company,) = world.send()
    world.answer(company, world.body(company, result=None, error="busy"))
    (asked,) = world.send()
    world.app.retry(batch.batch_id, by="ann", why="", step=APOLLO_COMPANY, state=State.FAILED, reason="busy")
    world.report(world.claim(), Outcome.UNKNOWN, reason="the connection broke")
    _, groups = now(world, batch)
    told = {group.workflow: group.explanation for group in groups}
    assert "is in doubt" in told[APOLLO_COMPANY]
    assert f"is at step {APOLLO_PERSON}" in told[asked.workflow]
    assert "waits for its answer" in told[asked.workflow]


def test_a_cancelled_batch_says_how_it_is_taken_back(world):
    """Nothing is for good."""
    batch = world.launch(person("ann"))
    world.app.cancel(batch.batch_id, by="ann")
    said, _ = now(world, batch)
    assert said.endswith(f"is cancelled; `enrichcore retry {batch.batch_id} --state cancelled` takes that back.")


def test_a_paused_batch_says_what_resumes_it(world):
    """In its own sentence, and for its items."""
    batch = world.launch(person("ann"))
    world.app.pause(batch.batch_id, by="ann")
    said, (group,) = now(world, batch)
    assert f"enrichcore resume {batch.batch_id}" in said
    assert "paused" in group.explanation


def test_people_see_a_few_ids_and_all_when_they_ask(world, capsys):
    """A list of ten thousand helps nobody who did not want it."""
    batch = world.launch(*(person(name) for name in ("ann", "bob", "eve", "joe", "kim")))
    said, groups = now(world, batch)
    tell(said, groups, all_ids=False)
    short = capsys.readouterr().out
    assert "2 more" in short
    tell(said, groups, all_ids=True)
    whole = capsys.readouterr().out
    assert all(str(item) in whole for item in groups[0].ids)


def test_an_ended_batch_has_nothing_to_tell(world):
    """Every step is completed or skipped."""
    batch = world.launch(person("ann"))
    world.play()
    said, groups = now(world, batch)
    assert (said.endswith("is finished."), groups) == (True, [])
