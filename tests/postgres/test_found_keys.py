"""What PostgreSQL learns from answers is what the store in memory learns: one story after the other on both."""

from itertools import count

import pytest
from hypothesis import Phase, given, settings

from enrichcore.projection import catch_up, ensure_tables, rebuild
from enrichcore.store import MemoryStore
from enrichcore.store.replaying import inline_rows
from projections import READ_MODELS
from projections.final_leads import FINAL_LEADS
from tests.contracts.store_contract import SHARED_STORE
from tests.property.found_world import STORIES, directory, foreseen, learn_all, play, world_on

pytestmark = pytest.mark.postgres

#: All examples share the stores, and no two an id.
NUMBERS = count()


@pytest.fixture
def in_memory():
    """The other store, which lives the same stories."""
    return MemoryStore()


def leads(store):
    """The rows of `final_leads`."""
    with store.pool.connection() as connection:
        return connection.execute("select t::text from enrichcore.final_leads as t order by 1").fetchall()


@settings(SHARED_STORE, max_examples=12, phases=[Phase.explicit, Phase.generate])
@given(story=STORIES)
def test_both_stores_learn_the_same(store, in_memory, story):
    """The same events in the same order, the same dry runs; and leads that were followed are those of a rebuild."""
    begun = next(NUMBERS) * 1_000
    worlds = [world_on(one, count(begun)) for one in (store, in_memory)]
    for world in worlds:
        play(world, story)
    on_postgres, twin = ([(one.steps, one.item_count) for one in foreseen(world)] for world in worlds)
    assert on_postgres == twin
    for world in worlds:
        learn_all(world)
    assert directory(worlds[0]) == directory(worlds[1])
    assert store.inline_rows() == inline_rows(store.log(0, 1_000_000))
    ensure_tables(store.pool, READ_MODELS)
    catch_up(store.pool, [FINAL_LEADS], page=11)
    followed = leads(store)
    rebuild(store.pool, [FINAL_LEADS])
    assert leads(store) == followed
