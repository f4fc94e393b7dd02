"""W2: many items wait for answers that never come; what waiting costs, how quickly time-outs fire, and what a claim costs.

The rows are parked by the application itself: launched, claimed and reported as delivered in groups, by a clock set so that
all deadlines fall on one moment. The daemon then idles, and once that moment comes, everything times out. Idling is held
against what the server commits and burns with no daemon beside it, firing against how quickly the rows were parked, which
takes two events of each where a time-out takes two as well.

The claim's statements are timed and explained over tables filled by SQL, for a million rows take the application minutes:
such rows have all that the statements look at, and a folded state that only has the usual size.

    python benchmarks/parked.py [--items 100000] [--idle-s 60] [--claims 10000,100000,1000000]
"""

import argparse
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from time import monotonic, sleep
from typing import Any

import psycopg
from gauges import Gauges, memory_mib, total_cpu_s
from harness import Report, database, own_folder, say, server_url, timed
from people import CONFIGURATION, WAITING, export_of
from services import Service, ThirdParty, daemon, write_configuration

from enrichcore.application import Enrichment
from enrichcore.application.sending import SendReport
from enrichcore.domain.step_run import Outcome, PostOutcome
from enrichcore.projection import catch_up
from enrichcore.registry import load
from enrichcore.store.postgres import PostgresStore
from enrichcore.store.statements import statements
from projections import READ_MODELS

ANSWER_WITHIN = timedelta(hours=1)
GROUP = 500
#: Claims a second that keep to the pace of the lane.
CLAIM_EVERY = timedelta(seconds=GROUP / 1000)
#: Rows parked a second, at the least, also on a busy machine.
SLOWEST = 500
STILL_WAITING = "select exists (select from enrichcore.step_runs where state = 'awaiting_answer')"
#: Rows ready among those that are parked, and how many a claim takes.
READY, CLAIMED = 500, 64
TRIES = 15


def main() -> None:
    """Measure, and print."""
    asked = _arguments()
    server = server_url()
    report = Report("parked", server)
    with database(server) as url:
        measure(report, url, asked.items, asked.idle_s)
    for parked in asked.claims:
        with database(server) as url:
            measure_claims(report, url, parked)
    report.table()


def measure(report: Report, url: str, items: int, idle_s: float) -> None:
    """Park, idle, and time out."""
    nobody = ThirdParty(url="http://127.0.0.1:9")
    configuration = write_configuration(
        own_folder(),
        CONFIGURATION + WAITING,
        nobody,
        answer_within=f"{ANSWER_WITHIN.total_seconds():.0f}s",
    )
    with Gauges(url) as gauges:
        deadline = park(report, url, configuration, items, idle_s)
        _idle(report, gauges, None, min(idle_s, 10.0))
        with daemon(configuration, url) as running:
            sleep(2.0)
            memory_before = memory_mib(running.pids)
            _idle(report, gauges, running, idle_s)
            report.add("memory, parked", items=items, before_mib=memory_before, after_mib=memory_mib(running.pids))
            left_s = (deadline - datetime.now(UTC)).total_seconds()
            assert left_s > 0, "the deadline came before the daemon had idled: parking was slower than reckoned"
            sleep(left_s)
            say("the deadline came")
            _fire(report, gauges, running, items)
            _idle(report, gauges, running, min(idle_s, 10.0), "idle daemon, all timed out")
            report.add("memory, timed out", items=items, after_mib=memory_mib(running.pids))


def park(report: Report, url: str, configuration: Path, items: int, idle_s: float) -> datetime:
    """Send so many rows to nobody, through the application; the moment by which all have to be answered."""
    store = PostgresStore(url)
    clock = [datetime.now(UTC)]
    app = Enrichment(store, load(configuration), clock=lambda: clock[0])
    app.apply(by="benchmark")
    say(f"launching {items:,} items")
    upload = app.upload(export_of(items), client="bench", workstream="waiting")
    assert upload.upload_id is not None
    app.launch(upload.upload_id)
    say("parking them")
    deadline = datetime.now(UTC) + timedelta(seconds=items / SLOWEST + 2 * idle_s + 30)
    delivered_at = deadline - ANSWER_WITHIN
    claimed_at = clock[0]
    with timed() as seconds:
        for _ in range(-(-items // GROUP)):
            clock[0] = claimed_at = claimed_at + CLAIM_EVERY
            sends = app.claim(GROUP)
            clock[0] = delivered_at
            seen = {"outcome": Outcome.DELIVERED, "http_status": 200, "due": delivered_at}
            app.record_outcomes(
                [SendReport(send=send, outcome=PostOutcome(attempt=send.attempt, **seen)) for send in sends]
            )
    report.add("parked by the application", items=items, seconds=seconds[0], rate=items / seconds[0])
    catch_up(store.pool, READ_MODELS)
    store.close()
    return deadline


def _idle(
    report: Report, gauges: Gauges, running: Service | None, seconds: float, what: str = "idle daemon, all parked"
) -> None:
    """What happens while nothing does."""
    say(f"idling for {seconds:.0f} s")
    pids = running.pids if running else []
    commits, cpu_s, server_cpu_s, began = gauges.commits(), total_cpu_s(pids), gauges.server_cpu_s(), monotonic()
    sleep(seconds)
    spent = monotonic() - began
    report.add(
        what if running else "limit: no daemon",
        seconds=spent,
        transactions_s=(gauges.commits() - commits) / spent,
        app_cpu_percent=100 * (total_cpu_s(pids) - cpu_s) / spent,
        server_cpu_percent=100 * (gauges.server_cpu_s() - server_cpu_s) / spent,
    )


def _fire(report: Report, gauges: Gauges, running: Service, items: int) -> None:
    """From the deadline until the last row has timed out."""
    cpu_s, most_mib = total_cpu_s(running.pids), [0.0]

    def look() -> None:
        most_mib[0] = max(most_mib[0], memory_mib(running.pids))

    with timed() as seconds:
        gauges.wait(f"select not ({STILL_WAITING})", every_s=0.1, progress=look)
    fired = gauges.ask("select count(*) from enrichcore.stored_events where topic = 'AnswerTimedOut'")
    report.add(
        "time-outs fired",
        items=fired,
        seconds=seconds[0],
        rate=fired / seconds[0],
        app_cpu_s_1000=(total_cpu_s(running.pids) - cpu_s) * 1000 / items,
        after_mib=most_mib[0],
    )


#: Rows as the application parks them, but for their folded state, which a claim's search does not read.
FILL = """
with made as (
    select gen_random_uuid() as id, %(lane)s::uuid as lane, %(batch)s::uuid as batch, number <= %(ready)s as ready
    from generate_series(1, %(parked)s + %(ready)s) as number
), runs as (
    insert into enrichcore.runs
    select id, 'item', batch, batch, id, id, 'waiting', 'active', 0, false, 4, decode(repeat('ab', 800), 'hex') from made
)
insert into enrichcore.step_runs
select id, 0, 'enrich_person', 'waiting', batch, batch, lane, case when ready then 'ready' else 'awaiting_answer' end, 1,
       case when ready then 0 else 1 end, now() + case when ready then interval '0' else interval '1 hour' end, null, '',
       null, null, 1, 0
from made
"""
BATCH = """
insert into enrichcore.batches
values (%(batch)s, %(batch)s, %(batch)s, 'waiting', 'running', true, %(parked)s, now(), 1, '')
"""
LANE, BATCH_ID = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"


def measure_claims(report: Report, url: str, parked: int) -> None:
    """The statements that a claim and the timers ask, with so many rows parked."""
    say(f"claiming among {parked:,} parked rows")
    with psycopg.connect(url, autocommit=True) as connection:
        params = {"lane": LANE, "batch": BATCH_ID, "parked": parked, "ready": READY}
        connection.execute(BATCH, params)
        connection.execute(FILL, params)
        connection.execute("vacuum analyze")
        later = datetime.now(UTC) + timedelta(seconds=1)
        asked: dict[str, tuple[str, dict[str, Any]]] = {
            "ready": ("ready", {"lane": LANE, "now": later, "limit": CLAIMED}),
            "ready_lanes": ("ready_lanes", {"now": later, "failures": 10, "doubts": 10}),
            "in_flight, cap 1,000": ("in_flight", {"lane": LANE, "cap": 1000}),
            "in_flight, no cap": ("in_flight", {"lane": LANE, "cap": parked + 1}),
            "due": ("due", {"now": later, "limit": 2000}),
            "overdue": ("overdue", {"now": later, "limit": 2000, "lanes": None}),
            "overdue, none counts": ("overdue", {"now": later + timedelta(hours=2), "limit": 2000, "lanes": []}),
        }
        for what, (name, values) in asked.items():
            report.add(
                f"claim: {what}", items=parked, median_ms=_median_ms(connection, name, values),
                plan=" > ".join(_nodes(_plan(connection, name, values))),
            )  # fmt: skip
        plan = connection.execute("explain (analyze, buffers) " + statements()["ready"], asked["ready"][1]).fetchall()
        say("\n".join(line for (line,) in plan))


def _median_ms(connection: psycopg.Connection[Any], name: str, values: dict[str, Any]) -> float:
    taken = []
    for _ in range(TRIES):
        with connection.transaction(force_rollback=True), timed() as seconds:
            connection.execute(statements()[name], values).fetchall()
        taken.append(seconds[0] * 1000)
    return median(taken)


def _plan(connection: psycopg.Connection[Any], name: str, values: dict[str, Any]) -> dict[str, Any]:
    row = connection.execute("explain (format json) " + statements()[name], values).fetchone()
    told = row[0] if row else []
    found: dict[str, Any] = (json.loads(told) if isinstance(told, str) else told)[0]["Plan"]
    return found


def _nodes(plan: dict[str, Any]) -> list[str]:
    """The indexes and tables that a plan reads, in order."""
    own = plan.get("Index Name") or (f"all of {plan['Relation Name']}" if plan["Node Type"] == "Seq Scan" else "")
    return [own] * bool(own) + [node for part in plan.get("Plans", ()) for node in _nodes(part)]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--idle-s", type=float, default=60.0)
    parser.add_argument(
        "--claims",
        type=lambda text: [int(number) for number in text.split(",")],
        default=[10_000, 100_000, 1_000_000],
        help="numbers of parked rows among which claims are timed",
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
