"""What read models hold, for tests to compare, and events that they are made of."""

from uuid import uuid4

from enrichcore.domain import events as e
from enrichcore.projection import ReadModel, Table
from enrichcore.store.commit import Commit
from projections import READ_MODELS
from tests.contracts.world import START

FOLDED = [model for model in READ_MODELS if model.tables]
TABLES = [table for model in FOLDED for table in model.tables]


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


def end_leases(pool):
    """Let every rebuild be silent for too long."""
    with pool.connection() as connection:
        connection.execute("update enrichcore.rebuilds set until = now() - interval '1 second'")
