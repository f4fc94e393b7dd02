"""Whatever rows and answers tell in whatever order: what is learnt is the same whenever that is, and joins nobody wrongly."""

from hypothesis import given

from enrichcore.application.found_keys import names_of
from enrichcore.domain import events as e
from enrichcore.domain.keys import TOLD
from enrichcore.domain.likeness import UNIQUE, agree
from enrichcore.store.memory import MemoryStore
from enrichcore.store.replaying import inline_rows
from tests.contracts.world import ACME
from tests.property.found_world import STORIES, directory, foreseen, learn_all, play, world_on


def lived(story, **how):
    """A world in which a story was lived."""
    world = world_on(MemoryStore())
    play(world, story, **({name: act(world) for name, act in how.items()}))
    learn_all(world)
    return world


def known(world):
    """Who holds which keys, at the end."""
    client = world.registry.client(ACME).id
    ids = {
        one.entity_id
        for one in world.store.log(0, 100_000)
        if isinstance(one.event, e.PersonImported | e.CompanyImported)
    }
    return {one.entity_id: one.keys for one in world.store.known(client, ids).values()}


@given(story=STORIES)
def test_when_it_is_learnt_shows_nowhere(story):
    """By the timers after each thing that happens, or by the next upload or launch: the directory has the same events."""
    late, early = lived(story), lived(story, after_each=lambda world: lambda: learn_all(world))
    assert directory(late) == directory(early)
    assert late.store.inline_rows() == (inline_rows(late.store.log(0, 100_000)))


@given(story=STORIES)
def test_what_is_learnt_twice_is_no_news(story):
    """Whoever loses track of how far the log was looked through looks through all of it again."""
    world = lived(story)
    before = directory(world)
    world.store._learnt_until = 0
    learn_all(world)
    assert directory(world) == before


@given(story=STORIES)
def test_a_dry_run_of_a_launch_has_learnt_what_the_launch_will(story):
    """It counts the same before and after, and records nothing."""
    world = world_on(MemoryStore())
    play(world, story)
    position = world.store.last_position()
    told = foreseen(world)
    assert world.store.last_position() == position
    learn_all(world)
    assert foreseen(world) == told


@given(story=STORIES)
def test_nobody_holds_two_pages_and_answers_join_no_companies(story):
    """Neither of rows nor of answers; and who was joined because of an answer held that key as found."""
    world = lived(story)
    for keys in known(world).values():
        for kinds in (UNIQUE, {kind for kind, told in TOLD.items() if told in UNIQUE}):
            held = [key.kind for key in keys if key.kind in kinds]
            assert len(held) == len(set(held))
    found = {key for event in world.events(e.PersonKeysFound) for key in event.keys}
    for merged in world.events(e.PersonsMerged):
        assert merged.because.kind not in TOLD or merged.because in found
    for event in world.events(e.CompaniesMerged):
        assert event.because.kind not in TOLD


@given(story=STORIES)
def test_nobody_is_joined_with_one_of_another_name_because_of_an_answer(story):
    """Annika is not Ann, and Bo is neither: as of all that rows had called the two by then, something must fit."""
    called = {}
    for recorded in lived(story).store.log(0, 100_000):
        event = recorded.event
        if isinstance(event, e.PersonImported):
            called.setdefault(recorded.entity_id, set()).update(names_of(event.facts))
        elif isinstance(event, e.PersonsMerged):
            kept, merged = called.setdefault(recorded.entity_id, set()), called.pop(event.merged, set())
            assert event.because.kind not in TOLD or agree(kept, merged)
            kept.update(merged)
