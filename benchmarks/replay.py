"""W8: all read models rebuilt from a long log, against the limit of the same run and against the stock runner.

The limit is the time that its parts take alone, in one process each: reading the rows of the log, decoding them, running
the extractors over the answers, and copying the resulting rows into empty tables with their indexes.

    python benchmarks/replay.py [--events 1000000] [--processes 2] [--stock 20000] [--repeats 1]
"""

import argparse
import gc
import multiprocessing
from collections.abc import Iterator
from typing import Any

import psycopg
from harness import KIB, Memory, Report, database, say, server_url, timed
from stock_projection import follow_all
from written_log import write_log

from enrichcore.domain.events import AnswerEvent
from enrichcore.domain.pipeline import Entity
from enrichcore.fields import read_answer
from enrichcore.projection import catch_up, rebuild
from enrichcore.store.codec import decode_event
from enrichcore.store.postgres import PostgresStore
from projections import READ_MODELS
from runners.cli.main import YOUNG

PAGE = 5000
TABLES = [table for model in READ_MODELS for table in model.tables]


def main() -> None:
    """Measure, and print."""
    asked = _arguments()
    server = server_url()
    report = Report("replay", server)
    with database(server) as url:
        say(f"writing a log of {asked.events:,} events")
        events = write_log(url, asked.events)
        for _ in range(asked.repeats):
            measure_limit(report, url, events)
            measure_rebuild(report, url, events, asked.processes)
            if asked.processes > 1:
                measure_rebuild(report, url, events, 1)
            measure_copy(report, url, events)
            sum_up(report, events)
    if asked.stock:
        with database(server) as url:
            say(f"the stock runner over {asked.stock:,} events")
            events = write_log(url, asked.stock)
            with timed() as seconds:
                follow_all(url)
            report.add("stock ProjectionRunner", events=events, seconds=seconds[0], rate=events / seconds[0])
        with database(server) as url:
            events = write_log(url, asked.stock)
            store = PostgresStore(url)
            with timed() as seconds:
                catch_up(store.pool, READ_MODELS)
            store.close()
            report.add("following, in pages", events=events, seconds=seconds[0], rate=events / seconds[0])
        ratio = report.figure(f"rebuild, {asked.processes} processes", "rate") / report.figure(
            "stock ProjectionRunner", "rate"
        )
        report.add("rebuild / stock", ratio=ratio)
    report.table()


def measure_limit(report: Report, url: str, events: int) -> None:
    """Reading, decoding and extracting, each alone."""
    with timed() as reading:
        for _ in _rows(url):
            pass
    decoding = extracting = 0.0
    for page in _pages(url):
        with timed() as seconds:
            decoded = [decode_event(topic, state) for topic, state in page]
        decoding += seconds[0]
        answers = [event for event in decoded if isinstance(event, AnswerEvent)]
        with timed() as seconds:
            for answer in answers:
                entity = Entity.COMPANY if answer.workflow == "enrich_company" else Entity.PERSON
                read_answer(answer.body, entity=entity)
        extracting += seconds[0]
    for what, spent in (("read", reading[0]), ("decode", decoding), ("extract", extracting)):
        report.add(f"limit: {what}", events=events, seconds=spent, rate=events / spent)


def measure_rebuild(report: Report, url: str, events: int, processes: int) -> None:
    """The product's own rebuild, from the first event to the switch, in a process of its own: its memory is its own too."""
    say(f"rebuilding with {processes} processes")
    context = multiprocessing.get_context("spawn")
    took = context.Queue()
    apart = context.Process(target=rebuild_apart, args=(url, processes, took))
    apart.start()
    with Memory(apart.pid) as memory:
        seconds: float = took.get()
    apart.join()
    report.add(
        f"rebuild, {processes} processes",
        events=events,
        seconds=seconds,
        rate=events / seconds,
        memory_mib=memory.most_kib / KIB,
    )


def rebuild_apart(url: str, processes: int, took: Any) -> None:
    """Rebuild as the command line does, and tell how many seconds it took."""
    gc.freeze()
    gc.set_threshold(YOUNG)
    store = PostgresStore(url)
    with timed() as seconds:
        rebuild(store.pool, READ_MODELS, processes=processes)
    store.close()
    took.put(seconds[0])


def measure_copy(report: Report, url: str, events: int) -> None:
    """The rows that the rebuild made, copied into empty tables like its own, in binary."""
    total = 0.0
    with psycopg.connect(url) as connection:
        for table in TABLES:
            name = f"enrichcore.{table.name}"
            connection.execute(f"create table bench_{table.name} (like {name} including all)")
            with connection.cursor() as cursor:
                with cursor.copy(f"copy {name} to stdout (format binary)") as out:
                    data = [bytes(block) for block in out]
                with timed() as seconds, cursor.copy(f"copy bench_{table.name} from stdin (format binary)") as into:
                    for block in data:
                        into.write(block)
                total += seconds[0]
        with timed() as seconds:
            connection.commit()
        total += seconds[0]
        for table in TABLES:
            connection.execute(f"drop table bench_{table.name}")
    report.add("limit: copy", events=events, seconds=total, rate=events / total)


def sum_up(report: Report, events: int) -> None:
    """The limit, and how near the rebuild comes."""
    limit = sum(report.figure(f"limit: {what}", "seconds") for what in ("read", "decode", "extract", "copy"))
    report.add("limit", events=events, seconds=limit, rate=events / limit)
    for result in [one for one in report.results if one["what"].startswith("rebuild, ")]:
        report.add(f"{result['what']} / limit", ratio=limit / result["seconds"])


def _rows(url: str) -> Iterator[Any]:
    with psycopg.connect(url) as connection, connection.cursor(name="log") as cursor:
        cursor.itersize = PAGE
        cursor.execute("select topic, state from enrichcore.stored_events order by position", binary=True)
        yield from cursor


def _pages(url: str) -> Iterator[list[Any]]:
    page: list[Any] = []
    for row in _rows(url):
        page.append(row)
        if len(page) == PAGE:
            yield page
            page = []
    yield page


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--stock", type=int, default=20_000, help="events that the stock runner folds; 0 leaves it out")
    parser.add_argument("--repeats", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    main()
