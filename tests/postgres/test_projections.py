"""Read models on PostgreSQL: followed, rebuilt beside, switched, compared, and never in the way of each other."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from importlib.resources import files
from threading import Event
from uuid import UUID, uuid4

import psycopg
import pytest
from attrs import evolve

from enrichcore.domain import events as e
from enrichcore.fields import Rules, rules_to_json
from enrichcore.projection import (
    ReadModel,
    RebuildLost,
    RebuildRunning,
    StaleTables,
    Table,
    UnreadableEvent,
    as_if,
    as_of,
    catch_up,
    diff,
    ensure_tables,
    faults,
    parts,
    rebuild,
    rebuilding,
    recompute,
    stale,
)
from enrichcore.projection.memory import project
from enrichcore.store.commit import Commit
from projections import READ_MODELS, read_models, run_projection
from projections.final_leads import FINAL_LEADS
from tests.contracts.world import ACME, APOLLO_PERSON, CRM, GLOBEX, GLOBEX_ID, START, World, person

pytestmark = pytest.mark.postgres

FOLDED = [model for model in READ_MODELS if model.tables]
TABLES = [table for model in FOLDED for table in model.tables]


@pytest.fixture
def pool(store):
    """Connections to a database with the tables of all read models."""
    ensure_tables(store.pool, READ_MODELS)
    return store.pool


@pytest.fixture
def world(store, pool):
    """A lived-in log: two clients, two workstreams, answers, a customer list, days, and bytes that are no text."""
    world = World(store)
    world.app.apply(by="ann")
    world.launch(person("ann"), person("bob"), person("cy", "caldora"))
    world.launch(person("ann"), person("dee", "brackenford"), workstream=CRM)
    world.launch(person("ann"), client=GLOBEX)
    world.play()
    world.app.receive([world.callback(APOLLO_PERSON, b"\xff\x00 is no JSON")])
    for days in (1, 200, 200):
        world.clock.tick(days=days)
        world.app.pass_day(world.clock.now.date())
    return world


def rows(pool, table, suffix=""):
    """Every row of a table as PostgreSQL writes it, in order."""
    with pool.connection() as connection:
        return [row for (row,) in connection.execute(f"select t::text from enrichcore.{table}{suffix} as t order by 1")]


def content(pool):
    """Every row of every table."""
    return {table.name: rows(pool, table.name) for table in TABLES}


def beside(pool):
    """Tables and indexes that are not the live ones."""
    with pool.connection() as connection:
        found = connection.execute("select relname from pg_class where relname ~ '__(new|part|at|diff)|^parts_'")
        return [name for (name,) in found]


def write(store, *events):
    """Append events, each in a stream of its own."""
    stored = [e.Recorded(stream_id=uuid4(), version=1, at=START, event=event) for event in events]
    return store.append(Commit(events=stored))


def write_raw(pool, topic, state=b"{}"):
    """Put bytes into the log that no event of ours has."""
    with pool.connection() as connection:
        query = (
            "insert into enrichcore.stored_events (originator_id, originator_version, topic, state, recorded_at)"
            " values (%s, 1, %s, %s, %s) returning position"
        )
        return connection.execute(query, [uuid4(), topic, state, START]).fetchone()[0]


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


def counting(check="", fails=()):
    """A read model that counts days, on a table that refuses some, by rules that fail for others."""

    def fold(events, tables):
        for recorded in events:
            if isinstance(recorded.event, e.DayPassed):
                if recorded.event.day.day in fails:
                    raise ValueError("these rules do not know that day")
                tables.put("counted", {"day": recorded.event.day.day, "position": recorded.position})

    sql = f"create table enrichcore.counted{{suffix}} (day integer primary key, position bigint not null {check})"
    tables = [Table(name="counted", key=["day"], by_client=False)]
    return ReadModel(name="counted", version=1, sql=sql, tables=tables, project=fold)


def days(*numbers):
    """Days that began."""
    return [e.DayPassed(day=START.date().replace(day=number)) for number in numbers]


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


# --- rebuilding ---


def test_the_live_rows_serve_and_follow_while_a_rebuild_runs(world, pool):
    """Readers see the old rows until the switch; what is followed meanwhile is in the new ones."""
    catch_up(pool, READ_MODELS)
    seen = []

    def meanwhile(_position, _target):
        if not seen:
            world.launch(person("eve"))
            catch_up(pool, READ_MODELS)
        seen.append(len(rows(pool, "final_leads")))

    rebuilt = rebuild(pool, READ_MODELS, progress=meanwhile, page=40)
    assert set(seen) == {6}
    assert rebuilt.position == world.store.last_position()
    after = content(pool)
    assert len(after["final_leads"]) == 6
    catch_up(pool, READ_MODELS)
    assert content(pool) == after


def test_only_the_named_read_models_are_rebuilt(world, pool):
    """Their checkpoints move alone, and the others follow from where they were."""
    rebuild(pool, read_models("spend"))
    assert (len(rows(pool, "spend")) > 0, rows(pool, "final_leads")) == (True, [])
    catch_up(pool, READ_MODELS)
    live = content(pool)
    rebuild(pool, READ_MODELS)
    assert content(pool) == live


def test_two_rebuilds_of_one_read_model_exclude_each_other(world, pool):
    """The second is refused at once, and the first is not disturbed."""
    refused = []

    def meanwhile(_position, _target):
        if not refused:
            with pytest.raises(RebuildRunning) as error:
                rebuild(pool, [FINAL_LEADS])
            refused.append(error.value.read_model)

    rebuild(pool, READ_MODELS, progress=meanwhile)
    assert refused == ["final_leads"]
    assert len(rows(pool, "final_leads")) == 5


def test_a_rebuild_that_fell_silent_is_taken_over(world, pool):
    """It notices with its next page, and touches nothing of the other's."""
    silent = rebuilding.Building(pool=pool, models=(FINAL_LEADS,), suffix="__new", page=20)
    silent.start()
    with pool.connection() as connection:
        assert silent.fold_page(connection)
    end_leases(pool)
    rebuild(pool, READ_MODELS)
    with pool.connection() as connection, pytest.raises(RebuildLost):
        silent.fold_page(connection)
    silent.discard()
    assert len(rows(pool, "final_leads")) == 5


def test_what_a_crashed_rebuild_left_is_dropped_at_the_next_start(world, pool):
    """Not before its lease is over, for it may still be at work; the live rows are as they were."""
    catch_up(pool, READ_MODELS)
    live = content(pool)
    crashed = rebuilding.Building(pool=pool, models=tuple(FOLDED), suffix="__new", page=20)
    crashed.start()

    def die(position, _target):
        if position:
            raise SystemExit

    with pytest.raises(SystemExit):
        crashed.fill(die)
    ensure_tables(pool, READ_MODELS)
    assert {"final_leads__new", f"parts_{crashed.owner.hex}"} <= set(beside(pool))
    end_leases(pool)
    ensure_tables(pool, READ_MODELS)
    assert beside(pool) == []
    assert content(pool) == live


def test_a_rebuild_takes_over_what_a_crashed_one_left(world, pool):
    """The parts that the crashed one had found are dropped with its tables."""
    crashed = rebuilding.Building(pool=pool, models=(FINAL_LEADS,), suffix="__new", page=20)
    crashed.start()
    with pool.connection() as connection:
        parts.Parts(owner=crashed.owner, span=crashed.span, upto=100).make(connection, 20)
    end_leases(pool)
    rebuild(pool, READ_MODELS)
    assert beside(pool) == []


def end_leases(pool):
    """Let every rebuild be silent for too long."""
    with pool.connection() as connection:
        connection.execute("update enrichcore.rebuilds set until = now() - interval '1 second'")


def test_a_rebuild_lets_long_readers_pass(world, pool, monkeypatch):
    """The switch gives up after a moment, and tries again when they are gone."""
    catch_up(pool, READ_MODELS)
    live, waited = content(pool), Event()
    monkeypatch.setattr(rebuilding, "SWITCH_WAIT_MS", 50)
    monkeypatch.setattr(rebuilding, "SWITCH_PAUSE_S", 0.01)
    go_back = rebuilding.Building.go_back

    def went_back(building, position):
        waited.set()
        go_back(building, position)

    monkeypatch.setattr(rebuilding.Building, "go_back", went_back)
    with ThreadPoolExecutor(1) as threads:
        with pool.connection() as reader:
            reader.execute("select * from enrichcore.final_leads")
            rebuilding_now = threads.submit(rebuild, pool, READ_MODELS)
            assert waited.wait(timeout=60)
        rebuilding_now.result(timeout=60)
    assert content(pool) == live


def test_views_and_grants_of_other_people_survive_a_rebuild(world, pool):
    """A table that others built on keeps its identity; one that others may read stays readable."""
    role = f"reader_{uuid4().hex}"
    with pool.connection() as connection:
        connection.execute("create view public.their_leads as select person_email from enrichcore.final_leads")
        connection.execute(f"create role {role}")
        connection.execute(f"grant select on enrichcore.spend to {role}")
    rebuild(pool, READ_MODELS)
    with pool.connection() as connection:
        assert connection.execute("select count(*) from public.their_leads").fetchone() == (5,)
        query = "select has_table_privilege(%s, 'enrichcore.spend', 'select')"
        assert connection.execute(query, [role]).fetchone() == (True,)
        connection.execute(f"drop owned by {role}")
        connection.execute(f"drop role {role}")
    assert beside(pool) == []


def test_a_rebuilt_table_has_the_indexes_of_a_new_one(pool, world):
    """Under the same names, so that the next rebuild finds them free."""

    def indexes():
        with pool.connection() as connection:
            return connection.execute(
                "select indexname, indexdef from pg_indexes where schemaname = 'enrichcore' order by 1"
            ).fetchall()

    before = indexes()
    rebuild(pool, READ_MODELS)
    assert indexes() == before


# --- one client anew ---


def test_recomputing_a_client_mends_its_rows_and_no_others(world, pool):
    """Damaged rows are as they were; events that were not followed yet count once."""
    catch_up(pool, READ_MODELS)
    world.launch(person("eve"))
    with pool.connection() as connection:
        connection.execute("update enrichcore.final_leads set person_email = 'damaged'")
        connection.execute("update enrichcore.spend set spent = 0 where client_id = %s", [UUID(GLOBEX_ID)])
    recompute(pool, READ_MODELS, UUID(GLOBEX_ID))
    damaged = [row for row in rows(pool, "final_leads") if "damaged" in row]
    assert len(damaged) == 4
    assert not any(GLOBEX_ID in row for row in damaged)
    recompute(pool, READ_MODELS, world.registry.client(ACME).id, page=30)
    mended = content(pool)
    rebuild(pool, READ_MODELS)
    assert content(pool) == mended
    assert beside(pool) == []


def test_what_comes_while_a_client_is_recomputed_is_in_its_rows(world, pool, monkeypatch):
    """An answer is committed between the rows' last page and their switch."""
    world.launch(person("fay"))
    catch_up(pool, READ_MODELS)
    send = world.send()[0]
    replace = rebuilding._replace_client

    def overtaken(connection, beside, client_id):
        world.answer(send)
        replace(connection, beside, client_id)

    monkeypatch.setattr(rebuilding, "_replace_client", overtaken)
    recompute(pool, READ_MODELS, world.registry.client(ACME).id)
    catch_up(pool, READ_MODELS)
    live = content(pool)
    rebuild(pool, READ_MODELS)
    assert content(pool) == live


def test_run_projection_recomputes_the_client_of_a_batch(world, pool, store, capsys):
    """The module is a command with the exit codes of all others."""
    batch = world.launch(person("eve"))
    env = {"ENRICHCORE_DATABASE_URL": store.url}
    slug = ["--client-id", ACME, "--batch-id", str(batch.batch_id)]
    assert run_projection.main(slug, env) == 0
    assert len(rows(pool, "final_leads")) == 6
    assert f"client {world.registry.client(ACME).id} made anew" in capsys.readouterr().out
    assert run_projection.main(["--client-id", str(world.registry.client(ACME).id)], env) == 0


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ([], "name a batch"),
        (["--client-id", "nobody"], "no client 'nobody'; there are acme, globex"),
        (["--batch-id", str(UUID(int=5))], "no batch"),
    ],
)
def test_run_projection_refuses_wrong_use(world, store, capsys, arguments, why):
    """Each fault is named, with exit code 2."""
    assert run_projection.main(arguments, {"DATABASE_URL": store.url}) == 2
    assert why in capsys.readouterr().err


def test_run_projection_refuses_a_batch_of_another_client(world, store, capsys):
    """Nothing of one client is made anew in the name of another."""
    batch = world.launch(person("eve"))
    arguments = ["--client-id", GLOBEX, "--batch-id", str(batch.batch_id)]
    assert run_projection.main(arguments, {"DATABASE_URL": store.url}) == 2
    assert "is not one of client globex" in capsys.readouterr().err


def test_run_projection_tells_that_the_database_cannot_be_reached(capsys, monkeypatch, tmp_path):
    """An unreachable database is a failure; none named is wrong use."""
    monkeypatch.chdir(tmp_path)
    assert run_projection.main(["--client-id", ACME], {}) == 2
    assert "ENRICHCORE_DATABASE_URL" in capsys.readouterr().err


# --- looking back and comparing ---


def test_rows_as_of_a_moment_tell_what_was_known_then(world, pool):
    """Later events count for nothing, and indicators are of that day; the live tables stay."""
    catch_up(pool, READ_MODELS)
    live = content(pool)
    then = START + timedelta(hours=1)
    before = [recorded for recorded in world.store.log(0, 10_000) if recorded.at <= then]
    with as_of(pool, READ_MODELS, then) as known:
        assert known.position == before[-1].position
        assert known.table("final_leads").endswith(known.suffix)
        assert len(rows(pool, "final_leads", known.suffix)) == 5
        assert len(rows(pool, "lead_days", known.suffix)) == 1
    with as_of(pool, READ_MODELS, START - timedelta(days=1)) as known:
        assert (known.position, rows(pool, "final_leads", known.suffix)) == (0, [])
    assert content(pool) == live
    assert beside(pool) == []


def test_a_diff_of_the_same_rules_is_empty(world, pool):
    """Also where the live tables have not followed to the end."""
    catch_up(pool, READ_MODELS)
    world.launch(person("eve"))
    found = diff(pool, READ_MODELS, page=30)
    assert {one.table for one in found} == {table.name for table in TABLES if table.public}
    assert all(one.is_empty for one in found)


def test_a_diff_tells_what_other_rules_would_change(world, pool):
    """Rows added, removed and changed, by field and by example; the live rows stay as they are."""
    catch_up(pool, READ_MODELS)
    live = content(pool)

    def shouting(events, tables):
        FINAL_LEADS.project(events, tables)
        for row in tables.every("final_leads"):
            name = row["person_first_name"]
            if name is not None and not name.isupper():
                tables.put("final_leads", {**row, "person_first_name": name.upper()})

    (found,) = diff(pool, [evolve(FINAL_LEADS, version=2, project=shouting)])
    assert (found.added, found.removed, found.changed, found.by_field) == (0, 0, 5, {"person_first_name": 5})
    assert {(one.field, one.after) for one in found.examples} == {("person_first_name", "ANN")}
    (removed,) = diff(pool, [evolve(FINAL_LEADS, project=lambda _events, _tables: None)])
    assert (removed.added, removed.removed, removed.changed) == (0, 5, 0)
    (only,) = diff(pool, [evolve(FINAL_LEADS, project=lambda _events, _tables: None)], client_id=UUID(GLOBEX_ID))
    assert only.removed == 1
    assert content(pool) == live
    assert beside(pool) == []


def test_a_diff_with_a_moment_compares_now_with_then(world, pool):
    """What came since is told as removed, for then it was not there."""
    catch_up(pool, READ_MODELS)
    (found,) = diff(pool, [FINAL_LEADS], moment=START - timedelta(days=1))
    assert (found.added, found.removed, found.changed) == (0, 5, 0)


# --- views ---


def test_progress_is_counted_from_the_state_that_decisions_use(world, pool):
    """Items add up, and each step's runs are counted by state."""
    with pool.connection() as connection, connection.cursor(row_factory=psycopg.rows.dict_row) as cursor:
        batches = cursor.execute("select * from enrichcore.batch_progress order by launched_at").fetchall()
        steps = cursor.execute("select * from enrichcore.batch_step_progress").fetchall()
        companies = cursor.execute("select * from enrichcore.company_workflow_states").fetchall()
        people = cursor.execute("select * from enrichcore.person_workflow_states").fetchall()
    assert [row["items_total"] for row in batches] == [3, 2, 1]
    for row in batches:
        parts = ("items_active", "items_completed", "items_failed", "items_cancelled")
        assert row["items_total"] == sum(row[part] for part in parts)
    assert sum(row["step_runs"] for row in steps) == len(people)
    assert {row["state"] for row in companies} == {"completed"}
    assert len(companies) == 4


NASTY = (
    (b'{"a":"\\u0000"}', {"a": "\ufffd"}, None),
    (b'{"a":"\\\\u0000"}', {"a": "\\u0000"}, None),
    (b'{"a":"\\u0000\\u0000"}', {"a": "\ufffd\ufffd"}, None),
    (b'{"a":"\\ud800 \\ud83d\\ude00 \\udc00"}', {"a": "\ufffd \U0001f600 \ufffd"}, None),
    (b"\xff\xfe", None, None),
    (b"", None, None),
    (b"[[[", None, None),
    (b'{"body":"","a":1}\n{"x":\n2}', {"a": 1}, '{"x":\n2}'),
    (b'{"body":""}\n', {}, ""),
    (b'{"body":""}\nna\xc3\xafve', {}, "naïve"),
    (b'{"body":""}\n\x00\xff', {}, "\\000\\377"),
)


@pytest.mark.parametrize(("state", "payload", "body"), NASTY)
def test_the_log_is_open_to_sql_whatever_bytes_it_holds(pool, state, payload, body):
    """No event makes the view fail: what jsonb cannot hold is replaced, what is no JSON is null."""
    position = write_raw(pool, "Anything", state)
    with pool.connection() as connection:
        query = "select payload, body from enrichcore.events where position = %s"
        assert connection.execute(query, [position]).fetchone() == (payload, body)


def test_every_event_of_a_lived_log_has_a_payload(world, pool):
    """The view is the log: as many rows, none of them without a payload."""
    with pool.connection() as connection:
        counts = connection.execute("select count(*), count(payload) from enrichcore.events").fetchone()
        answer = connection.execute(
            "select body from enrichcore.events where type = 'StepAnswered' order by position limit 1"
        ).fetchone()
    assert counts == (world.store.last_position(),) * 2
    assert "result" in json.loads(answer[0])


def test_texts_that_postgresql_cannot_hold_are_stored_all_the_same(store, pool):
    """The character 0 in a rejected row does not stop the follower."""
    upload = uuid4()
    started = e.UploadStarted(
        workstream="w",
        profile="apollo",
        file_name="a\0b",
        file_sha256="",
        encoding="",
        delimiter=",",
        mapped={"\0": "\\u0000"},
        unmapped=["\0"],
        by="",
    )
    client = UUID(GLOBEX_ID)
    stored = [e.Recorded(stream_id=upload, version=1, at=START, event=started, client_id=client)]
    store.append(Commit(events=stored))
    catch_up(pool, READ_MODELS)
    assert faults(pool, READ_MODELS) == []
    with pool.connection() as connection:
        row = connection.execute("select file_name, mapped, unmapped from enrichcore.uploads").fetchone()
    assert row == ("a\ufffdb", {"\ufffd": "\\u0000"}, ["\ufffd"])


def test_every_lead_column_of_the_registry_and_the_catalogue_is_a_column(pool):
    """A field that is added to the catalogue needs its column."""
    names = files("enrichcore.registry").joinpath("lead_fields.txt").read_text("utf-8").split()
    with pool.connection() as connection:
        cursor = connection.execute("select * from enrichcore.final_leads")
        assert set(names) <= {column.name for column in cursor.description}
