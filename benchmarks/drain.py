"""W1: items drain through two webhook steps; the product against a bare prototype of its design, and against peers.

Each system is filled first and then started; a stand-in third party takes each row at once and calls back after 0.2 s.
The rate counts from the first POST to the last item's end. Commits are those of the whole run less what the system
commits when idle. Bytes of the database are those since before the items were made, with indexes, without the bodies of
answers and without read models. Pace is no limit here: each webhook has its own, at the most that a lane may have; `--pace`
measures beside it how soon callbacks are answered when rows leave at a pace that the machine can keep.

    python benchmarks/drain.py [--items 10000] [--repeats 1] [--split] [--pace 50] [--peer procrastinate] [--peer awa] [--peer dbos]
        [--peer prefect]
"""

import argparse
from collections.abc import Sequence
from time import monotonic, sleep
from typing import Any

from attrs import frozen
from contestants import PEERS, TWO_PROCESSES, Contestant, bare_prototype, peer, product, unable
from gauges import TELL_S, Gauges, Watch, settle, total_cpu_s
from harness import Report, database, say, server_url
from services import Service, ThirdParty, third_party


def main() -> None:
    """Measure, and print."""
    asked = _arguments()
    server = server_url()
    report = Report("drain", server)
    with third_party("--delay-s", str(asked.delay_s)) as third:
        contestants = [bare_prototype(third), product(third)]
        if asked.split:
            contestants.append(product(third, TWO_PROCESSES))
        contestants += [product(third, pace=pace) for pace in asked.pace]
        for name in asked.peer:
            if reason := unable(name, server):
                report.add(name, not_run=reason.partition(";")[0])
                say(f"{name} is not run: {reason}")
            else:
                contestants.append(peer(name, third))
        for number in range(asked.repeats):
            for contestant in contestants:
                say(f"run {number + 1} of {asked.repeats}: {contestant.name}")
                measure(report, contestant, server, third, asked.items, asked.idle_s)
    compare(report, contestants)
    report.table(turned=True)


def measure(report: Report, contestant: Contestant, server: str, third: ThirdParty, items: int, idle_s: float) -> None:
    """One system drains as many items, in a database of its own."""
    third.reset()
    with database(server) as url, Gauges(url) as gauges:
        held_before = contestant.fill(url, items)
        settle(url)
        before, began = Meters.read(gauges, ()), monotonic()
        with contestant.run(url) as services, Watch(gauges, lambda: _pids(services)) as watch:
            started = total_cpu_s(_pids(services))
            gauges.wait(contestant.ended)
            after = Meters.read(gauges, _pids(services))
            sleep(TELL_S)
            idle = _commits_a_second(gauges, idle_s)
            up_s = monotonic() - began
        sleep(TELL_S)
        told = third.stats()
        seconds = gauges.ask(contestant.ended_at).timestamp() - told["first_row_at"]
        bodies = int(gauges.ask(contestant.stored_bodies) or 0)
        report.add(
            contestant.name,
            items=items,
            seconds=seconds,
            rate=items / seconds,
            commits_item=(gauges.commits() - before.commits - idle * up_s) / items,
            idle_commits_s=idle,
            wal_item=(after.wal_bytes - before.wal_bytes) / items,
            db_item=(gauges.size(contestant.tables) - held_before - bodies) / items,
            bodies_item=bodies / items,
            read_models_item=gauges.size(contestant.read_models) / items if contestant.read_models else None,
            app_cpu_s_1000=(after.app_cpu_s - started) * 1000 / items,
            server_cpu_s_1000=(after.server_cpu_s - before.server_cpu_s) * 1000 / items,
            memory_mib=watch.most_memory_mib,
            ack_p50_ms=told["ack_ms"]["p50"],
            ack_p99_ms=told["ack_ms"]["p99"],
            due_p99_ms=told["since_due_ms"]["p99"],
            lag_s=max(watch.lags_s, default=0.0) if contestant.read_models else None,
            double_posts=told["double_posts"],
            callbacks=sum(told["replies"].values()),
            retries=told["retries"],
        )


@frozen(kw_only=True)
class Meters:
    """What is counted up, at one moment."""

    commits: int
    wal_bytes: int
    app_cpu_s: float
    server_cpu_s: float

    @classmethod
    def read(cls, gauges: Gauges, pids: Sequence[int]) -> "Meters":
        """As they stand."""
        return cls(
            commits=gauges.commits(),
            wal_bytes=gauges.wal_bytes(),
            app_cpu_s=total_cpu_s(pids),
            server_cpu_s=gauges.server_cpu_s(),
        )


def _pids(services: Sequence[Service]) -> list[int]:
    return [pid for running in services for pid in running.pids]


def _commits_a_second(gauges: Gauges, seconds: float) -> float:
    before, began = gauges.commits(), monotonic()
    sleep(seconds)
    return (gauges.commits() - before) / (monotonic() - began)


def compare(report: Report, contestants: Sequence[Contestant]) -> None:
    """How near the product comes to the prototype, and how far it is ahead of each peer."""
    ceiling, own = (report.figure(contestant.name, "rate") for contestant in contestants[:2])
    report.add("enrichcore / prototype", ratio=own / ceiling)
    for contestant in contestants[2:]:
        other = report.figure(contestant.name, "rate")
        if contestant.name in PEERS:
            report.add(f"enrichcore / {contestant.name}", ratio=own / other)
        else:
            report.add(f"{contestant.name} / in one", ratio=other / own)


def _arguments() -> Any:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--delay-s", type=float, default=0.2, help="from a row to its callback")
    parser.add_argument("--idle-s", type=float, default=10.0, help="how long idle commits are counted")
    parser.add_argument("--split", action="store_true", help="also with the daemon's roles in two processes")
    parser.add_argument(
        "--pace", type=int, action="append", default=[], help="rows a second to each webhook; repeatable"
    )
    parser.add_argument("--peer", action="append", default=[], choices=PEERS, help="also a peer; repeatable")
    return parser.parse_args()


if __name__ == "__main__":
    main()
