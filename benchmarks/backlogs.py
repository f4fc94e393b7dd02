"""W7: what a claim costs behind 100,000 ready rows that nobody may send: of a paused batch, and of companies that only it wants.

Ten rows of a running batch stand behind them on the same lane, due a moment later, as those of a client do that pauses a large
batch and launches a small one. The tables are filled by SQL, for the application would take minutes; such rows have all that
the statements look at.

    python benchmarks/backlogs.py [--rows 100000] [--plans]
"""

import argparse
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any
from uuid import uuid4

import psycopg
from harness import Report, database, say, server_url, timed

from enrichcore.store.statements import statements

TRIES = 9
#: Rows of the running batch, and how many a claim takes.
BEHIND, CLAIMED = 10, 64
#: Whose rows stand in front: whether of companies, and of how many batches of each status.
CASES: tuple[tuple[str, bool, dict[str, int]], ...] = (
    ("items of a paused batch", False, {"paused": 1}),
    ("items of 200 paused batches", False, {"paused": 200}),
    ("items of a running batch", False, {"running": 1}),
    ("items of 200 running batches", False, {"running": 200}),
    ("companies of a paused batch", True, {"paused": 1}),
    ("companies of a running batch", True, {"running": 1}),
)
LANE, CLIENT = "11111111-1111-4111-8111-111111111111", "44444444-4444-4444-8444-444444444444"

BATCH = """
insert into enrichcore.batches
values (%(batch)s, %(client)s, %(batch)s, 'waiting', %(status)s, true, %(rows)s, now(), 1, '')
"""
#: Ready rows of items, or of company runs for each of which one item of the batch waits.
FILL = """
with made as (
    select gen_random_uuid() as id, gen_random_uuid() as waiter from generate_series(1, %(rows)s)
), runs as (
    insert into enrichcore.runs
    select id, case when %(companies)s then 'company' else 'item' end, %(client)s, %(batch)s, id, id, 'waiting', 'active', 0,
           false, 4, decode(repeat('ab', 800), 'hex') from made
), waiters as (
    insert into enrichcore.step_runs
    select waiter, 0, 'enrich', 'waiting', %(client)s, %(batch)s, gen_random_uuid(), 'waiting_for_company', 1, 0, null, id, '',
           null, null, 0, 0
    from made where %(companies)s
)
insert into enrichcore.step_runs
select id, 0, 'enrich', 'waiting', %(client)s, case when %(companies)s then null else %(batch)s::uuid end, %(lane)s, 'ready', 1,
       0, now() + %(later)s, null, '', null, null, 1, 0
from made
"""


def main() -> None:
    """Measure, and print."""
    asked = _arguments()
    server = server_url()
    report = Report("backlogs", server)
    for what, companies, batches in CASES:
        with database(server) as url, psycopg.connect(url, autocommit=True) as connection:
            _fill(connection, asked.rows, companies=companies, batches=batches)
            later = datetime.now(UTC) + timedelta(seconds=2)
            values = {"lane": LANE, "now": later, "limit": CLAIMED}
            found = connection.execute(statements()["ready"], values).fetchall()
            behind = len(found) < CLAIMED
            report.add(
                what, rows=asked.rows, found=len(found), median_ms=_median_ms(connection, "ready", values),
                lanes_ms=_median_ms(connection, "ready_lanes", {"now": later, "failures": 10, "doubts": 10}),
                **({"behind_ms": _median_ms(connection, "ready_behind", values)} if behind else {}),
            )  # fmt: skip
            if asked.plans:
                plan = connection.execute(
                    "explain (analyze, buffers) " + statements()["ready_behind" if behind else "ready"], values
                ).fetchall()
                say("\n".join(line for (line,) in plan))
    report.table()


def _fill(connection: psycopg.Connection[Any], rows: int, *, companies: bool, batches: Mapping[str, int]) -> None:
    large = [(status, rows // number, timedelta(0)) for status, number in batches.items() for _ in range(number)]
    for status, number, later in (*large, ("running", BEHIND, timedelta(seconds=1))):
        given = {"batch": uuid4(), "status": status, "rows": number, "client": CLIENT}
        connection.execute(BATCH, given)
        connection.execute(FILL, {**given, "companies": companies, "lane": LANE, "later": later})
    connection.execute("vacuum analyze")


def _median_ms(connection: psycopg.Connection[Any], name: str, values: dict[str, Any]) -> float:
    taken = []
    for _ in range(TRIES):
        with connection.transaction(force_rollback=True), timed() as seconds:
            connection.execute(statements()[name], values).fetchall()
        taken.append(seconds[0] * 1000)
    return median(taken)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--plans", action="store_true", help="show how the statement was run")
    return parser.parse_args()


if __name__ == "__main__":
    main()
