"""What the order of the log costs: appends under its lock, against the same appends without any order.

Writers in processes of their own append groups of events with the rows folded from them, by the product's own function; by
the same without its lock, which is the most that any cheaper scheme of ordering could reach; and by the same with a lock on
the table, as the stock recorder of eventsourcing takes. All of them flush to disk at commit.

    python benchmarks/ordering.py [--seconds 3] [--groups 1,10,100,500] [--writers 1,2,4,8] [--repeats 3]
"""

import argparse
import multiprocessing
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from multiprocessing.synchronize import Barrier
from typing import Any
from uuid import uuid4

import psycopg
from harness import Report, database, say, server_url

from enrichcore.domain import events as e
from enrichcore.domain.batch_item import BatchItem
from enrichcore.domain.ids import BatchId, ClientId, ItemId, PersonId
from enrichcore.domain.life_cycle import State
from enrichcore.domain.step_state import StepRun
from enrichcore.store import recorder
from enrichcore.store.arrays import Column, ColumnDumper
from enrichcore.store.log import RecordedMapper
from enrichcore.store.rows import run_row, step_rows

_LOCK = f"perform pg_advisory_xact_lock({recorder.APPEND_LOCK});"
#: What the function does in place of taking its lock.
ORDERS = {
    "ordered": _LOCK,
    "unordered": "",
    "table locked": "lock table enrichcore.stored_events in exclusive mode;",
}
#: Events that a writer has ready for each second, at most; their streams are new, so that no two conflict.
PREPARED = {1: 3_000, 10: 10_000, 100: 20_000}


def main() -> None:
    """Measure, and print."""
    asked = _arguments()
    server = server_url()
    report = Report("ordering", server)
    for number in range(asked.repeats):
        for size in asked.groups:
            for writers in asked.writers:
                say(f"run {number + 1} of {asked.repeats}: {writers} writers, groups of {size}")
                for name in ORDERS:
                    rate = measure(server, name, writers, size, asked.seconds)
                    report.add(f"{name}, {writers} x {size}", writers=writers, group=size, rate=rate)
    for size in asked.groups:
        for writers in asked.writers:
            rates = {name: report.figure(f"{name}, {writers} x {size}", "rate") for name in ORDERS}
            report.add(
                f"of unordered, {writers} x {size}",
                ordered=rates["ordered"] / rates["unordered"],
                table_locked=rates["table locked"] / rates["unordered"],
            )
    report.table()


def measure(server: str, name: str, writers: int, size: int, seconds: float) -> float:
    """Events a second that so many writers append in groups of that size."""
    context = multiprocessing.get_context("spawn")
    with database(server) as url:
        _replace(url, ORDERS[name])
        together, counts = context.Barrier(writers), context.Queue()
        work = [context.Process(target=write, args=(url, size, seconds, together, counts)) for _ in range(writers)]
        for process in work:
            process.start()
        written: int = sum(counts.get(timeout=seconds + 120) for _ in work)
        for process in work:
            process.join()
    return written / seconds


def _replace(url: str, order: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute("select pg_get_functiondef('enrichcore.append_events'::regproc)").fetchone()
        text: str = row[0] if row else ""
        if _LOCK not in text:
            raise RuntimeError("append_events takes its lock in other words than this benchmark knows")
        connection.execute(text.replace(_LOCK, order).encode())


def write(url: str, size: int, seconds: float, together: Barrier, counts: Any) -> None:
    """Append until the time is over; tells how many events were durable by then."""
    prepared = list(_groups(size, seconds))
    with psycopg.connect(url, autocommit=True, prepare_threshold=None) as connection:
        connection.adapters.register_dumper(Column, ColumnDumper)
        cursor = connection.cursor()
        together.wait()
        end, written = time.monotonic() + seconds, 0
        for events, runs, steps in prepared:
            recorder.append(cursor, events, runs=runs, steps=steps)
            if time.monotonic() > end:
                break
            written += len(events)
        else:
            raise RuntimeError("the writer had too little prepared")
    counts.put(written)


def _groups(size: int, seconds: float) -> Iterator[Any]:
    """Groups of events, each of a new stream, with the rows of its run and step."""
    mapper, now = RecordedMapper(), datetime.now(UTC)
    client, batch = ClientId(uuid4()), BatchId(uuid4())
    most = next((rate for upto, rate in PREPARED.items() if size <= upto), 40_000)
    for _ in range(int(most * seconds / size) + 1):
        events, runs, steps = [], [], []
        for _ in range(size):
            item = BatchItem(
                item_id=ItemId(uuid4()), client_id=client, batch_id=batch, workstream="bench", pipeline="bench",
                workflows=("enrich",), person_id=PersonId(uuid4()), reached=0,
                imported={f"person_{name}": f"some text about the {name}" for name in ("name", "email", "title")},
                runs={"enrich": StepRun(workflow="enrich", state=State.READY, wake_at=now)},
            )  # fmt: skip
            event = e.ItemCreated(
                workstream="bench", pipeline="bench", workflows=("enrich",), person_id=item.person_id, company_id=None,
                facts=item.imported,
            )  # fmt: skip
            recorded = e.Recorded(
                stream_id=item.item_id, version=1, at=now, event=event, client_id=client, entity_id=item.person_id,
                batch_id=batch,
            )  # fmt: skip
            events.append(mapper.to_stored_event(recorded))
            runs.append(run_row(item, 1))
            steps += step_rows(item)
        yield events, runs, steps


def _arguments() -> argparse.Namespace:
    def numbers(text: str) -> list[int]:
        return [int(number) for number in text.split(",")]

    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=3.0, help="how long each combination appends")
    parser.add_argument("--groups", type=numbers, default=[1, 10, 100, 500], help="events of a commit")
    parser.add_argument("--writers", type=numbers, default=[1, 2, 4, 8], help="processes that append at once")
    parser.add_argument("--repeats", type=int, default=3)
    return parser.parse_args()


if __name__ == "__main__":
    main()
