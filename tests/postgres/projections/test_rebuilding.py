"""Read models rebuilt beside the live ones, and one client's rows made anew."""

import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from uuid import UUID, uuid4

import psycopg
import pytest

from enrichcore.domain import events as e
from enrichcore.projection import (
    ReadModel,
    RebuildLost,
    RebuildRunning,
    Table,
    catch_up,
    ensure_tables,
    parts,
    rebuild,
    rebuilding,
    recompute,
)
from projections import READ_MODELS, read_models, run_projection
from projections.final_leads import FINAL_LEADS
from tests.contracts.world import ACME, GLOBEX, GLOBEX_ID, person
from tests.postgres.projections.tables import FOLDED, beside, content, days, end_leases, rows, write

pytestmark = pytest.mark.postgres


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


def test_a_rebuild_whose_connections_are_lost_stands_in_nobodys_way(world, pool):
    """As where the server is started anew: the live rows are as they were, and the next rebuild begins at once."""
    catch_up(pool, READ_MODELS)
    live = content(pool)
    with pool.connection(), pool.connection(), pool.connection() as third:
        third.execute("select 1")

    def cut(position, _target):
        if position:
            with psycopg.connect(pool.conninfo, autocommit=True) as connection:
                connection.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity"
                    " where datname = current_database() and pid <> pg_backend_pid()"
                )

    with pytest.raises(psycopg.OperationalError):
        rebuild(pool, READ_MODELS, progress=cut, page=20)
    assert beside(pool) == []
    rebuild(pool, READ_MODELS)
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


def test_what_a_rebuild_remembers_does_not_grow_with_the_log(store, pool):
    """Neither how few rows came about, nor which keys were asked for that have no row."""
    wide = "x" * 10_000

    def fold(events, tables):
        for recorded in events:
            if isinstance(recorded.event, e.DayPassed):
                tables.put(
                    "latest", {"name": "only", "position": recorded.position, "text": f"{recorded.position}{wide}"}
                )
                tables.find("latest", "position", [-recorded.position])

    sql = "create table enrichcore.latest{suffix} (name text primary key, position bigint, text text)"
    latest = ReadModel(
        name="latest", version=1, sql=sql, tables=[Table(name="latest", key=["name"], by_client=False)], project=fold
    )
    write(store, *days(*[1 + number % 28 for number in range(400)]))
    ensure_tables(pool, [latest])
    tracemalloc.start()
    try:
        rebuild(pool, [latest], page=10)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 400 * len(wide) / 4
