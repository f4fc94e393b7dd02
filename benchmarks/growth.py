"""Growth: what one more item costs, from the first thousand to a hundred thousand in one database.

One database grows in chunks, in one process: each chunk is imported, launched, claimed, acknowledged and answered for both
webhook steps, and after each of these the live read models catch up. At sizes spaced evenly on a logarithmic scale the
last chunk is told apart: time, processor time of this process and of the server, and WAL, an item and by phase. What a
chunk costs at the first size is the peer of all later ones. Tables are vacuumed and analysed before such a chunk, as
autovacuum would do it some time later; `since_ms` and `since_cpu_ms` are of all items since the size before, without that
help. At the end each table and index is described with its bytes per item.

    python benchmarks/growth.py [--items 100000] [--chunk 1000] [--group 500] [--repeats 1] [--chart FILE]
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from attrs import Factory, define, frozen
from contestants import STORED_BODIES, TABLES
from gauges import Gauges
from harness import Report, database, say, server_url
from people import REGISTRY, export_of
from third_party import answer_to

from enrichcore.application import Enrichment, Incoming
from enrichcore.application.sending import Send, SendReport
from enrichcore.domain.step_run import Outcome, PostOutcome
from enrichcore.projection import catch_up
from enrichcore.store.postgres import PostgresStore
from projections import READ_MODELS

SIZES = (1_000, 3_000, 10_000, 30_000, 100_000)
STEPS = 2
WARM_UP = 200
PHASES = ("import", "launch", "claim", "acknowledge", "answer", "project")
#: Each table of the schema in its parts: itself, its values out of line, and its indexes.
PARTS = """
select t.oid::regclass::text, p.part, p.bytes
from pg_class t join pg_namespace n on n.oid = t.relnamespace,
lateral (
    select '' as part, pg_relation_size(t.oid) as bytes
    union all select ' (out of line)', pg_total_relation_size(t.reltoastrelid) where t.reltoastrelid <> 0
    union all select ' · ' || i.indexrelid::regclass::text, pg_relation_size(i.indexrelid)
              from pg_index i where i.indrelid = t.oid
) p
where n.nspname = 'enrichcore' and t.relkind = 'r' order by t.relname, p.part
"""
#: Parts that are less than this share of the whole are added up, by kind.
SMALL = 0.002


@frozen(kw_only=True)
class Cost:
    """What something took; seconds, and bytes of WAL."""

    wall_s: float = 0.0
    app_cpu_s: float = 0.0
    server_cpu_s: float = 0.0
    wal_bytes: int = 0

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(
            wall_s=self.wall_s + other.wall_s,
            app_cpu_s=self.app_cpu_s + other.app_cpu_s,
            server_cpu_s=self.server_cpu_s + other.server_cpu_s,
            wal_bytes=self.wal_bytes + other.wal_bytes,
        )

    @property
    def cpu_s(self) -> float:
        """Of both."""
        return self.app_cpu_s + self.server_cpu_s


Costs = dict[str, Cost]


def total(costs: Mapping[str, Cost]) -> Cost:
    """Of all phases."""
    return sum(costs.values(), Cost())


@define(kw_only=True)
class Growing:
    """One database, and the product on it, in this process."""

    url: str
    store: PostgresStore
    gauges: Gauges
    group: int
    items: int = 0
    now: datetime = datetime(2026, 3, 2, 9, tzinfo=UTC)
    costs: Costs = Factory(dict)

    def chunk(self, items: int) -> Costs:
        """Take so many new people to the end; what each phase took."""
        self.costs = {}
        app = Enrichment(self.store, REGISTRY, clock=lambda: self.now)
        export = export_of(items, first_number=self.items)
        upload = self._phase("import", lambda: app.upload(export, client="bench", workstream="bench"))
        self._phase("launch", lambda: app.launch(upload.upload_id))
        for _ in range(STEPS):
            self._step(app, items)
        self.items += items
        return self.costs

    def _step(self, app: Enrichment, items: int) -> None:
        self.now += timedelta(minutes=1)
        groups = self._phase("claim", lambda: self._claimed(app, items))
        self.now += timedelta(seconds=1)
        reports = [[_delivered(send, self.now) for send in some] for some in groups]
        self._phase("acknowledge", lambda: [app.record(some) for some in reports])
        self.now += timedelta(seconds=10)
        answers = [[_answer(send) for send in some] for some in groups]
        acks = self._phase("answer", lambda: [ack for some in answers for ack in app.receive(some)])
        told = Counter(ack.status.value for ack in acks)
        if told != {"accepted": items}:
            raise RuntimeError(f"{items} rows were to be answered; the answers were {dict(told)}")

    def _claimed(self, app: Enrichment, items: int) -> list[list[Send]]:
        return [app.claim(min(self.group, items - done)) for done in range(0, items, self.group)]

    def _phase(self, name: str, work: Callable[[], Any]) -> Any:
        with self._costed(name):
            done = work()
        with self._costed("project"):
            catch_up(self.store.pool, READ_MODELS)
        return done

    @contextmanager
    def _costed(self, name: str) -> Iterator[None]:
        wal, server, app = self.gauges.wal_bytes(), self.gauges.server_cpu_s(), time.process_time()
        began = time.perf_counter()
        yield
        taken = Cost(
            wall_s=time.perf_counter() - began,
            app_cpu_s=time.process_time() - app,
            server_cpu_s=self.gauges.server_cpu_s() - server,
            wal_bytes=self.gauges.wal_bytes() - wal,
        )
        self.costs[name] = self.costs.get(name, Cost()) + taken


def _delivered(send: Send, now: datetime) -> SendReport:
    outcome = PostOutcome(attempt=send.attempt, outcome=Outcome.DELIVERED, http_status=200, due=now)
    return SendReport(send=send, outcome=outcome)


def _answer(send: Send) -> Incoming:
    body = answer_to(send.payload, str(send.run_id))
    return Incoming(
        client_id=send.client_id, workstream=send.workstream, workflow=send.workflow, body=body, token=send.key
    )


def main() -> None:
    """Measure, and print."""
    asked = _arguments()
    server = server_url()
    sizes = [size for size in SIZES if size < asked.items] + [asked.items]
    report, parts = Report("growth", server), Report("growth, bytes per item", server)
    with growing(server, asked.group) as warm:
        warm.chunk(WARM_UP)
    for number in range(asked.repeats):
        say(f"run {number + 1} of {asked.repeats}")
        with growing(server, asked.group) as grown:
            grow(report, grown, sizes, asked.chunk)
            describe(parts, grown)
    report.table(turned=True)
    parts.table()
    if asked.chart:
        write(asked.chart, chart(report, sizes))


@contextmanager
def growing(server: str, group: int) -> Iterator[Growing]:
    """An empty database to grow."""
    with database(server) as url, Gauges(url) as gauges:
        store = PostgresStore(url)
        try:
            yield Growing(url=url, store=store, gauges=gauges, group=group)
        finally:
            store.close()


def grow(report: Report, grown: Growing, sizes: Sequence[int], chunk: int) -> None:
    """Grow to each size in turn; tell what the last chunk before it took."""
    first: Cost | None = None
    for size in sizes:
        since, passed = Cost(), 0
        while grown.items < size:
            count = min(chunk, size - grown.items)
            is_last = grown.items + count == size
            if is_last:
                _vacuum(grown.url)
            position = grown.store.last_position()
            costs = grown.chunk(count)
            since, passed = since + total(costs), passed + count
        last = total(costs)
        first = first or Cost(
            wall_s=last.wall_s / count, app_cpu_s=last.app_cpu_s / count, server_cpu_s=last.server_cpu_s / count,
            wal_bytes=last.wal_bytes // count,
        )  # fmt: skip
        report.add(
            _named(size),
            items=size,
            cpu_ms=last.cpu_s * 1000 / count,
            of_first=last.cpu_s / count / first.cpu_s,
            wall_ms=last.wall_s * 1000 / count,
            wall_of_first=last.wall_s / count / first.wall_s,
            since_ms=since.wall_s * 1000 / passed,
            since_cpu_ms=since.cpu_s * 1000 / passed,
            app_cpu_ms=last.app_cpu_s * 1000 / count,
            server_cpu_ms=last.server_cpu_s * 1000 / count,
            events_item=(grown.store.last_position() - position) / count,
            wal_item=last.wal_bytes / count,
            wal_of_first=last.wal_bytes / count / first.wal_bytes,
            **{f"{name}_cpu_ms": costs[name].cpu_s * 1000 / count for name in PHASES},
            **{f"{name}_ms": costs[name].wall_s * 1000 / count for name in PHASES},
            **{f"{name}_wal": costs[name].wal_bytes / count for name in PHASES},
        )


def _named(size: int) -> str:
    return f"{size:,} items"


def _vacuum(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("vacuum analyze")


def describe(report: Report, grown: Growing) -> None:
    """Bytes per item of each table of the log, of inline state and of read models, in its parts."""
    model_of = {f"enrichcore.{table.name}": model.name for model in READ_MODELS for table in model.tables}
    with grown.store.pool.connection() as connection:
        rows = connection.execute(PARTS).fetchall()
    parts = {f"{table}{part}".replace("enrichcore.", ""): size for table, part, size in rows}
    kinds: dict[str, list[str]] = {}
    for table, part, _ in rows:
        kinds.setdefault(_kind(table, model_of), []).append(f"{table}{part}".replace("enrichcore.", ""))
    whole = sum(parts.values())
    for kind, names in sorted(kinds.items()):
        small = [name for name in names if parts[name] < whole * SMALL]
        for name in sorted(set(names) - set(small), key=parts.__getitem__, reverse=True):
            report.add(name, kind=kind, bytes_item=parts[name] / grown.items)
        report.add("smaller ones", kind=kind, bytes_item=sum(map(parts.__getitem__, small)) / grown.items)
        report.add("sum", kind=kind, bytes_item=sum(map(parts.__getitem__, names)) / grown.items)
    bodies = int(grown.gauges.ask(STORED_BODIES) or 0)
    report.add("bodies in stored_events", kind="events", bytes_item=bodies / grown.items)
    report.add("all", items=grown.items, bytes_item=whole / grown.items)


def _kind(table: str, model_of: Mapping[str, str]) -> str:
    if table == TABLES[0]:
        return "events"
    if table in TABLES:
        return "inline state"
    return f"read model {model_of[table]}" if table in model_of else "imports, identity and counters"


def chart(report: Report, sizes: Sequence[int]) -> str:
    """A Mermaid chart of the measured figures: processor time an item as bars, what of it is projecting as a line."""

    def series(name: str) -> list[float]:
        return [round(report.figure(_named(size), name), 2) for size in sizes]

    labels = ", ".join(f'"{size:,}"' for size in sizes)
    bars, line = series("cpu_ms"), series("project_cpu_ms")
    return f"""```mermaid
xychart-beta
    title "Processor time of one more item (bars: all of it; line: keeping the read models)"
    x-axis "items in the database" [{labels}]
    y-axis "ms" 0 --> {max(bars) * 1.2:.1f}
    bar {bars}
    line {line}
```
"""


def write(where: str, text: str) -> None:
    """To a file, or to standard output where that is `-`."""
    if where == "-":
        sys.stdout.write(text)
    else:
        Path(where).write_text(text, "utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--items", type=int, default=SIZES[-1])
    parser.add_argument("--chunk", type=int, default=1000, help="items that go through all phases together")
    parser.add_argument("--group", type=int, default=500, help="rows or answers in one commit")
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--chart", metavar="FILE", default="", help="also a Mermaid chart; - for standard output")
    return parser.parse_args()


if __name__ == "__main__":
    main()
