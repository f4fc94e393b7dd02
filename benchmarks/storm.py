"""W3: callbacks all at once, each sent twice, some to nobody's item, some after the time-out, some after a cancellation.

The daemon sends the rows; the third party holds every callback until a tenth of the rows have timed out and some more were
cancelled, and then lets them go together, by as many connections as asked for. What became of each is counted in the log
and must come out exactly: one advance for each row, and every callback accounted for. The limit is the same storm at a
server that answers at once and stores nothing.

    python benchmarks/storm.py [--callbacks 10000] [--connections 256]
"""

import argparse
import asyncio
from collections import Counter
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import httpx
from attrs import frozen
from gauges import Gauges
from harness import Report, database, own_folder, say, server_url
from httpx_aiohttp import HttpxAiohttpClient
from people import CONFIGURATION, WAITING, export_of
from services import ThirdParty, daemon, third_party, write_configuration

from enrichcore.application import Enrichment
from enrichcore.domain import events as e
from enrichcore.domain.ids import BatchId
from enrichcore.registry import load
from enrichcore.store.postgres import PostgresStore

UNKNOWN, LATE, CANCELLED = 0.1, 0.1, 0.05
FIRST, SECOND = "enrich_person", "find_email"
PAGE = 5000
SETTLED = "select not exists (select from enrichcore.step_runs where state in ('ready', 'sending', 'retry_wait'))"
TIMED_OUT = "select count(*) from enrichcore.step_runs where state = 'timed_out'"


@frozen(kw_only=True)
class Plan:
    """How many callbacks of each kind, each sent twice."""

    in_time: int
    late: int
    cancelled: int
    unknown: int

    @classmethod
    def of(cls, callbacks: int) -> "Plan":
        """So many callbacks in the usual shares."""
        unknown, late, cancelled = (round(callbacks * share) for share in (UNKNOWN, LATE, CANCELLED))
        return cls(in_time=callbacks - unknown - late - cancelled, late=late, cancelled=cancelled, unknown=unknown)

    @property
    def rows(self) -> int:
        """Rows that are sent."""
        return self.in_time + self.late + self.cancelled

    @property
    def expected(self) -> dict[str, int]:
        """What the log must tell, and what callers must have been told."""
        return {
            "told 200 accepted": self.in_time,
            "told 200 late": self.late,
            "told 200 kept": self.cancelled,
            "told 200 duplicate": self.rows,
            "told 404 rejected": 2 * self.unknown,
            "log: in time": self.in_time,
            "log: late": self.late,
            "log: kept": self.cancelled,
            "log: unmatched": 2 * self.unknown,
            "log: advances": self.in_time,
            "items that advanced twice": 0,
            "rows posted twice": 0,
        }


def main() -> None:
    """Measure, and print."""
    asked = _arguments()
    plan, server = Plan.of(asked.callbacks), server_url()
    report = Report("storm", server)
    options = ("--hold", "--twice", "--connections", str(asked.connections))
    with third_party(*options) as third, third_party() as receiver:
        asyncio.run(_post_rows(third, f"{receiver.url}/nothing", asked.callbacks))
        _burst(report, third, "limit: a server that stores nothing")
    with third_party(*options, "--unknown", str(UNKNOWN)) as third, database(server) as url:
        counted = measure(report, third, url, plan)
    for what, expected in plan.expected.items():
        report.add(what, count=counted[what], expected=expected)
    limit, own = (report.figure(what, "rate") for what in ("limit: a server that stores nothing", "enrichcore"))
    report.add("enrichcore / limit", ratio=own / limit)
    report.table()
    wrong = {what: counted[what] for what, expected in plan.expected.items() if counted[what] != expected}
    assert not wrong, f"these are not as they must be: {wrong}"


def measure(report: Report, third: ThirdParty, url: str, plan: Plan) -> Counter[str]:
    """The storm at the product; what became of it all."""
    configuration = write_configuration(own_folder(), CONFIGURATION + WAITING, third, answer_within="1s")
    store = PostgresStore(url)
    app = Enrichment(store, load(configuration))
    _launch(app, "bench", 0, plan.in_time)
    to_cancel = _launch(app, "bench", plan.in_time, plan.cancelled)
    _launch(app, "waiting", plan.in_time + plan.cancelled, plan.late)
    with daemon(configuration, url), Gauges(url) as gauges:
        say("sending the rows")
        third.wait(lambda told: told["rows"] == plan.rows)
        gauges.wait(f"{SETTLED} and ({TIMED_OUT}) = {plan.late}")
        app.cancel(to_cancel, by="benchmark")
        told = _burst(report, third, "enrichcore")
        say("the next step's rows leave")
        third.wait(lambda told: told["rows"] >= plan.rows + plan.in_time)
        gauges.wait(SETTLED)
    counted = _counted(store)
    store.close()
    replies = {f"told {reply}": count for reply, count in told["replies"].items()}
    return Counter({**counted, **replies, "rows posted twice": third.stats()["double_posts"]})


def _launch(app: Enrichment, workstream: str, first_number: int, people: int) -> BatchId:
    upload = app.upload(export_of(people, first_number), client="bench", workstream=workstream)
    assert upload.upload_id is not None
    return app.launch(upload.upload_id).batch_id


def _burst(report: Report, third: ThirdParty, what: str) -> dict[str, Any]:
    """Let all callbacks go, and wait until each was answered."""
    say(f"{third.release():,} callbacks at once: {what}")
    told = third.wait(lambda told: told["pending"] == 0)
    answered, seconds = sum(told["replies"].values()), told["last_callback_at"] - told["first_callback_at"]
    report.add(
        what,
        callbacks=answered,
        seconds=seconds,
        rate=answered / seconds,
        ack_p50_ms=told["ack_ms"]["p50"],
        ack_p99_ms=told["ack_ms"]["p99"],
        ack_max_ms=told["ack_ms"]["max"],
        retries=told["retries"],
        gave_up=told["gave_up"],
    )
    return told


def _counted(store: PostgresStore) -> Counter[str]:
    """What the log tells."""
    counted: Counter[str] = Counter()
    advances: Counter[UUID] = Counter()
    for recorded in _log(store):
        match recorded.event:
            case e.StepAnswered(workflow=workflow, timing=timing) if workflow == FIRST:
                counted["log: late" if timing is e.Timing.LATE else "log: in time"] += 1
            case e.AnswerKept():
                counted["log: kept"] += 1
            case e.CallbackUnmatched():
                counted["log: unmatched"] += 1
            case e.StepReady(workflow=workflow) if workflow == SECOND:
                advances[recorded.stream_id] += 1
    counted["log: advances"] = sum(advances.values())
    counted["items that advanced twice"] = sum(count > 1 for count in advances.values())
    return counted


def _log(store: PostgresStore) -> Iterator[e.Recorded]:
    after = 0
    while page := store.log(after, PAGE):
        yield from page
        after = page[-1].position or after


async def _post_rows(third: ThirdParty, callback_url: str, rows: int) -> None:
    """Give the third party rows whose callbacks go elsewhere."""
    limits = httpx.Limits(max_connections=32)
    async with HttpxAiohttpClient(limits=limits, timeout=None) as client:
        for first in range(0, rows, 1000):
            some = range(first, min(rows, first + 1000))
            posts = (
                client.post(f"{third.url}/row", json={"item_id": str(uuid4()), "callback_url": callback_url})
                for _ in some
            )
            await asyncio.gather(*posts)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--callbacks", type=int, default=10_000)
    parser.add_argument("--connections", type=int, default=256, help="most callbacks on their way at once")
    return parser.parse_args()


if __name__ == "__main__":
    main()
