"""Appending in bulk: launching, claiming, acknowledging and completing, against COPY of the same rows and stock eventsourcing.

The limit is a bare binary COPY of exactly the event and state rows that each phase wrote, prepared beforehand, into tables
with the same indexes. The peer is `app.save(*aggregates)` of eventsourcing's own PostgreSQL application, with as many
events of about the same size, in chunks below the size at which it hangs on a unix socket.

    python benchmarks/append.py [--items 100000] [--group 500] [--repeats 3]
"""

import argparse
import gc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from harness import Report, database, say, server_url, timed
from people import REGISTRY, export_of

from enrichcore.application import Enrichment, Incoming
from enrichcore.application.sending import Send, SendReport
from enrichcore.domain.step_run import Outcome, PostOutcome
from enrichcore.store.postgres import PostgresStore
from runners.cli.main import YOUNG

#: New aggregates in one save; three thousand hung (facts measured on psycopg's pipeline).
STOCK_CHUNK = 400
TABLES = ("stored_events", "runs", "step_runs")


def main() -> None:
    """Measure, and print."""
    asked = _arguments()
    # As the command line and the daemon do; the stock application has the benefit of it too.
    gc.freeze()
    gc.set_threshold(YOUNG)
    server = server_url()
    report = Report("append", server)
    for number in range(asked.repeats):
        say(f"run {number + 1} of {asked.repeats}")
        with database(server) as url:
            measure(report, url, asked.items, asked.group)
        with database(server) as url:
            measure_stock(report, url, asked.items, asked.group)
    for phase, peer in (("launch", "stock save, new"), *((name, "stock save, group") for name in GROUPS)):
        rate, limit = report.figure(phase, "rate"), report.figure(f"{phase}: COPY", "rate")
        report.add(f"{phase}: ratios", of_copy=rate / limit, of_stock=rate / report.figure(peer, "rate"))
    report.table()


GROUPS = ("claim", "acknowledge", "complete")


def measure(report: Report, url: str, items: int, group: int) -> None:
    """The phases of the product, and after each the COPY of what it wrote."""
    store = PostgresStore(url)
    clock = [datetime(2026, 3, 2, 9, tzinfo=UTC)]
    app = Enrichment(store, REGISTRY, clock=lambda: clock[0])
    upload = app.upload(export_of(items), client="bench", workstream="bench")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("vacuum analyze")
    _phase(report, store, "launch", lambda: app.launch(upload.upload_id))
    clock[0] += timedelta(minutes=1)
    sends: list[Send] = []
    rounds = min(20, items // group)
    _phase(report, store, "claim", lambda: [sends.extend(app.claim(group)) for _ in range(rounds)])
    clock[0] += timedelta(seconds=1)
    groups = [sends[first : first + group] for first in range(0, len(sends), group)]
    _phase(report, store, "acknowledge", lambda: [app.record(_delivered(some, clock[0])) for some in groups])
    clock[0] += timedelta(minutes=1)
    _phase(report, store, "complete", lambda: [app.receive([_answer(send) for send in some]) for some in groups])
    store.close()


def _delivered(sends: list[Send], now: datetime) -> list[SendReport]:
    return [
        SendReport(
            send=send, outcome=PostOutcome(attempt=send.attempt, outcome=Outcome.DELIVERED, http_status=200, due=now)
        )
        for send in sends
    ]


def _answer(send: Send) -> Incoming:
    body = f'{{"item_id": "{send.run_id}", "work_email": "{send.run_id.hex[:12]}@driftline.example", "score": 87}}'
    client = REGISTRY.client("bench").id
    return Incoming(client_id=client, workstream="bench", workflow=send.workflow, body=body.encode())


def _phase(report: Report, store: PostgresStore, name: str, work: Callable[[], Any]) -> None:
    before = store.last_position()
    with timed() as seconds:
        work()
    events = store.last_position() - before
    report.add(name, events=events, seconds=seconds[0], rate=events / seconds[0])
    copied, rows = _copied(store, before)
    report.add(f"{name}: COPY", events=events, rows=rows, seconds=copied, rate=events / copied)


def _copied(store: PostgresStore, before: int) -> tuple[float, int]:
    """Seconds that COPY takes for the events since a position and the rows of their streams, and how many rows."""
    own = "in (select distinct originator_id from enrichcore.stored_events where position > %(before)s)"
    queries = {
        "stored_events": "select * from enrichcore.stored_events where position > %(before)s",
        "runs": f"select * from enrichcore.runs where run_id {own}",
        "step_runs": f"select * from enrichcore.step_runs where run_id {own}",
    }
    total, rows = 0.0, 0
    with store.pool.connection() as connection:
        for table, query in queries.items():
            connection.execute(f"create table bench_{table} (like enrichcore.{table} including all)")
            connection.execute("alter table bench_stored_events alter column position drop identity if exists")
            with connection.cursor() as cursor:
                with cursor.copy(f"copy ({query}) to stdout (format binary)", {"before": before}) as out:
                    blocks = [bytes(block) for block in out]
                with timed() as seconds, cursor.copy(f"copy bench_{table} from stdin (format binary)") as into:
                    for block in blocks:
                        into.write(block)
                total += seconds[0]
                rows += cursor.rowcount
        with timed() as seconds:
            connection.commit()
        for table in TABLES:
            connection.execute(f"drop table bench_{table}")
    return total + seconds[0], rows


class Item(Aggregate):
    """As plain as it can be: a few texts at first, one more a step."""

    def __init__(self, facts: dict[str, str]) -> None:
        self.facts = facts
        self.steps: list[str] = []

    @event("Stepped")
    def step(self, workflow: str, key: str) -> None:
        """One step."""
        self.steps.append(workflow + key)


def measure_stock(report: Report, url: str, items: int, group: int) -> None:
    """Stock eventsourcing: as many events of about the same size."""
    parts = psycopg.conninfo.conninfo_to_dict(url)
    app = Application[Any](
        env={
            "PERSISTENCE_MODULE": "eventsourcing.postgres",
            "POSTGRES_DBNAME": parts["dbname"],
            "POSTGRES_HOST": parts["host"],
            "POSTGRES_PORT": parts.get("port", "5432"),
            "POSTGRES_USER": parts.get("user", "postgres"),
            "POSTGRES_PASSWORD": parts.get("password", ""),
            "IS_SNAPSHOTTING_ENABLED": "n",
        }
    )
    facts = {f"person_{name}": f"some text about the {name}" for name in ("name", "email", "title", "url", "city")}
    count = min(items, 10_000)
    aggregates: list[Item] = []
    with timed() as seconds:
        for first in range(0, count, STOCK_CHUNK):
            some = [_stock_item(facts) for _ in range(min(STOCK_CHUNK, count - first))]
            app.save(*some)
            aggregates += some
    events = count * EVENTS_OF_A_LAUNCH
    report.add("stock save, new", events=events, seconds=seconds[0], rate=events / seconds[0])
    groups = [aggregates[first : first + group] for first in range(0, min(count, group * 10), group)]
    with timed() as seconds:
        for some in groups:
            for aggregate in some:
                aggregate.step("enrich", uuid4().hex)
            app.save(*some)
    events = sum(map(len, groups))
    report.add("stock save, group", events=events, seconds=seconds[0], rate=events / seconds[0])
    app.close()


#: Events that one item's launch makes here: created, and one step ready.
EVENTS_OF_A_LAUNCH = 2


def _stock_item(facts: dict[str, str]) -> Item:
    item = Item(facts)
    for _ in range(EVENTS_OF_A_LAUNCH - 1):
        item.step("enrich", uuid4().hex)
    return item


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--group", type=int, default=500)
    parser.add_argument("--repeats", type=int, default=3)
    return parser.parse_args()


if __name__ == "__main__":
    main()
