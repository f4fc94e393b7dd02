"""Read models that follow the log: in pages of any size, whatever an event holds, and never in each other's way."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import psycopg
import pytest
from attrs import evolve

from enrichcore.domain import events as e
from enrichcore.fields import Rules, rules_to_json
from enrichcore.projection import (
    StaleTables,
    UnreadableEvent,
    as_if,
    catch_up,
    diff,
    ensure_tables,
    faults,
    rebuild,
    recompute,
    stale,
)
from enrichcore.projection.memory import project
from projections import READ_MODELS
from projections.final_leads import FINAL_LEADS
from tests.contracts.world import CRM, World, person
from tests.postgres.projections.tables import FOLDED, TABLES, beside, content, counting, days, rows, write, write_raw

pytestmark = pytest.mark.postgres


# --- following ---


@pytest.mark.parametrize("page", [1, 7, 5000])
def test_following_in_pages_of_any_size_gives_what_a_rebuild_gives(world, pool, page):
    """Live rows and rebuilt rows are the same, byte for byte."""
    assert catch_up(pool, READ_MODELS, page=page) == world.store.last_position()
    live = content(pool)
    assert all(live[name] for name in ("final_leads", "spend", "uploads", "unmatched_callbacks", "lead_days"))
    rebuild(pool, READ_MODELS, page=50)
    assert content(pool) == live
    assert beside(pool) == []


def test_a_remapped_field_shows_in_a_diff_and_reaches_old_answers_by_a_replay(world, pool):
    """The shipped paths are replaced in the configuration; nothing is sent, and nothing changes before the replay."""
    catch_up(pool, READ_MODELS)
    before = rows(pool, "final_leads")
    assert stale(pool, READ_MODELS) == []
    rules = Rules(sources={"person_title": ["headline"], "person_headline": ["..."]})
    (model,) = as_if([FINAL_LEADS], {"rules": rules_to_json(rules)})
    (looked,) = diff(pool, [model])
    assert looked.by_field["person_title"] == looked.changed > 0
    world.app = world.another(evolve(world.app.registry, rules=rules))
    world.app.apply(by="ann")
    catch_up(pool, READ_MODELS)
    assert stale(pool, READ_MODELS) == ["final_leads"]
    assert rows(pool, "final_leads") == before
    (told,) = diff(pool, [FINAL_LEADS])
    assert (told.changed, told.by_field) == (looked.changed, looked.by_field)
    rebuild(pool, READ_MODELS, processes=1)
    assert stale(pool, READ_MODELS) == []
    assert rows(pool, "final_leads") != before
    assert diff(pool, [FINAL_LEADS])[0].is_empty
    world.launch(person("eve"))
    world.play()
    catch_up(pool, READ_MODELS)
    live = content(pool)
    rebuild(pool, READ_MODELS, page=20)
    assert content(pool) == live


def test_a_read_model_without_rows_is_not_stale(store, pool):
    """A configuration that is applied before anything was read leaves nothing to be read again."""
    world = World(store)
    world.app = world.another(evolve(world.app.registry, rules=Rules(new_in_role_months=9)))
    world.app.apply(by="ann")
    catch_up(pool, READ_MODELS)
    assert stale(pool, READ_MODELS) == []


@pytest.fixture
def tangled(world):
    """The lived-in log, with people who turn out to be one, at companies of two names, over several imports and batches."""
    first = {"linkedin": "", "website": "https://tangle.example"}
    second = {"email": "", "website": "", "linkedin": "https://www.linkedin.com/in/gus-tangle"}
    joined = {**second, "email": "gus@tangle.example", "website": "https://tangle.example"}
    world.launch(person("gus", "tangle", **first), person("hal", "tangle", **first))
    world.play()
    world.launch(person("gus", "knot", **second), person("ida", "other"))
    world.play()
    world.launch(person("gus", "knot", **joined), workstream=CRM)
    world.play()
    assert any(isinstance(recorded.event, e.PersonsMerged) for recorded in world.store.log(0, 10_000))
    return world


@pytest.mark.parametrize(("size", "processes"), [(1, 1), (3, 1), (20, 1), (5000, 1), (20, 2)])
def test_parts_of_any_size_give_what_following_gives(tangled, pool, size, processes):
    """Groups that are larger than a part allows, parts of one group, and parts that other processes fold."""
    catch_up(pool, READ_MODELS)
    live = content(pool)
    rebuild(pool, READ_MODELS, page=size, processes=processes)
    assert content(pool) == live
    assert beside(pool) == []


def test_the_same_rules_give_the_same_rows_in_memory(world, pool):
    """What a test sees in memory is what users see."""
    catch_up(pool, READ_MODELS)
    in_memory = project(world.store.log(0, 10_000), READ_MODELS)
    with pool.connection() as connection, connection.cursor(row_factory=psycopg.rows.dict_row) as cursor:
        for table in TABLES:
            stored = cursor.execute(f"select * from enrichcore.{table.name}").fetchall()
            assert {table.key_of(row): row for row in stored} == in_memory[table.name]


def test_what_comes_after_is_added(world, pool):
    """Following again folds only what is new."""
    catch_up(pool, READ_MODELS)
    batch = world.launch(person("eve"))
    world.play()
    catch_up(pool, READ_MODELS)
    live = content(pool)
    assert any(str(batch.batch_id) in row for row in live["final_leads"])
    rebuild(pool, READ_MODELS)
    assert content(pool) == live


def test_two_projectors_count_every_event_once(world, pool):
    """The second waits for the first and goes on where it ended."""
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda _: catch_up(pool, READ_MODELS, page=20), range(2)))
    live = content(pool)
    rebuild(pool, READ_MODELS)
    assert content(pool) == live


def test_an_event_that_cannot_be_read_is_set_aside(world, pool):
    """Following goes on after it; a rebuild stops and leaves the live rows as they are."""
    position = write_raw(pool, "FromTheFuture")
    broken = write_raw(pool, "StepReady", b"not JSON")
    launched = world.launch(person("eve"))
    assert catch_up(pool, READ_MODELS, page=100) == world.store.last_position()
    found = faults(pool, READ_MODELS)
    assert {(one.position, one.topic) for one in found} == {(position, "FromTheFuture"), (broken, "StepReady")}
    assert {one.read_model for one in found} == {model.name for model in FOLDED}
    live = content(pool)
    assert any(str(launched.batch_id) in row for row in live["final_leads"])
    with pytest.raises(UnreadableEvent, match=f"event {position} .FromTheFuture."):
        rebuild(pool, READ_MODELS)
    assert content(pool) == live
    assert beside(pool) == []


def test_an_event_that_the_rules_fail_on_leaves_no_trace(store, pool):
    """The others of its page are folded as if it were not there."""
    model = counting(fails={5})
    ensure_tables(pool, [model])
    positions = write(store, *days(1, 2, 3, 4, 5, 6, 7))
    catch_up(pool, [model])
    assert len(rows(pool, "counted")) == 6
    assert [(one.position, one.reason) for one in faults(pool, [model])] == [
        (positions[4], "ValueError: these rules do not know that day")
    ]


def test_an_event_whose_row_is_refused_is_set_aside(store, pool):
    """PostgreSQL's refusal is found out event by event, and the rest goes on."""
    positions = write(store, *days(1, 2, 3, 4))
    model = counting(check=f"check (position <> {positions[2]})")
    ensure_tables(pool, [model])
    catch_up(pool, [model])
    assert len(rows(pool, "counted")) == 3
    assert [one.position for one in faults(pool, [model])] == [positions[2]]


def test_a_rebuild_by_mended_rules_forgets_the_faults(store, pool):
    """What was set aside is in the rows, and no longer told of."""
    write(store, *days(1, 2, 3))
    ensure_tables(pool, [counting(fails={2})])
    catch_up(pool, [counting(fails={2})])
    mended = evolve(counting(), version=2)
    assert stale(pool, [mended]) == ["counted"]
    rebuild(pool, [mended])
    assert (len(rows(pool, "counted")), faults(pool, [mended]), stale(pool, [mended])) == (3, [], [])


def test_tables_of_another_shape_are_left_alone_until_they_are_rebuilt(store, pool):
    """New rules never write into old tables; a rebuild brings the new ones."""
    write(store, *days(1, 2))
    ensure_tables(pool, [counting()])
    catch_up(pool, [counting()])
    wider = counting(check=", added text")
    ensure_tables(pool, [wider])
    write(store, *days(3))
    catch_up(pool, [wider])
    assert len(rows(pool, "counted")) == 2
    assert stale(pool, [wider]) == ["counted"]
    with pytest.raises(StaleTables):
        recompute(pool, [wider], UUID(int=1))
    rebuild(pool, [wider])
    assert [row.count(",") for row in rows(pool, "counted")] == [2, 2, 2]
