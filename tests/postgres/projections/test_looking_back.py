"""Read models as of a moment, compared, and open to SQL."""

import json
from datetime import timedelta
from importlib.resources import files
from uuid import UUID, uuid4

import psycopg
import pytest
from attrs import evolve

from enrichcore.domain import events as e
from enrichcore.projection import as_of, catch_up, diff, faults
from enrichcore.store.commit import Commit
from projections import READ_MODELS
from projections.final_leads import FINAL_LEADS
from tests.contracts.world import GLOBEX_ID, START, person
from tests.postgres.projections.tables import TABLES, beside, content, rows, write_raw

pytestmark = pytest.mark.postgres


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
