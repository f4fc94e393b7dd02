"""The fault campaign: two runners are killed, the database is restarted, the third party misbehaves; what is lost is counted.

Three parts, each with two real daemons behind a balancer, the simulated Clay over sockets, and a PostgreSQL of its own:

- storm (W3): thousands of callbacks at once, each sent twice, a tenth to nobody's item, a tenth after the time-out, a runner
  killed; every other fault of the third party besides;
- kills (W4, W5): callbacks before the POST is answered, every fault of the third party, a runner killed every 3 s (or as
  soon as both are up again), database sessions every 5 s, PostgreSQL crashed once and restarted once, while 2,000
  people pass three steps;
- tenants (W6): five tenants at 10 a second, burst 20, one of them with a twenty-fold backlog, 429 with Retry-After, and every
  other fault of the third party.

What the log says is then held against the third party's ledger. The exit code is 1 where a promise was broken.

    python benchmarks/chaos.py [--seed 1] [--short] [--part kills] [--markdown scorecard.md]
"""

import argparse
import json
import logging
import signal
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from chaos_audit import (
    broken_promises,
    doubles,
    highest_in_a_second,
    jain,
    lost_answers,
    middle,
    overtaken,
    quantile,
    recoveries,
    takeovers,
    timely,
    unended,
)
from chaos_cases import SHORT, Part, Size, kills, storm, tenants
from chaos_world import Server
from harness import machine, say
from rich.console import Console
from rich.table import Table

from enrichcore.domain import events as e
from runners.sandbox.settings import FAULT_NAMES

PARTS = {"storm": storm, "kills": kills, "tenants": tenants}
JAIN = "fairness of the tenants' POSTs (Jain)"
#: Least index that counts as fair: of five equal tenants one that had half would make it 0.8.
LEAST_FAIR = 0.9
#: What two runners and a machine that stalls for a second may add, of what pace and burst allow together: of 10 a second and a
#: burst of 20, the rows of one more second.
TOLERATED = 4 / 3
#: Examples of a broken promise that are printed.
SHOWN = 10


def main() -> int:
    """Fight, and print the scorecard."""
    asked = _arguments()
    # Told to end, it stops what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    # Sessions that were killed are no news here.
    logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL)
    server, size = Server(), SHORT if asked.short else Size()
    print(
        json.dumps({"benchmark": "chaos", "seed": asked.seed, "machine": machine(server.url)}, default=str), flush=True
    )
    cards: list[dict[str, Any]] = []
    broken: list[str] = []
    for name in asked.part or PARTS:
        part = PARTS[name](server, size, asked.seed)
        cards.append(card := scorecard(part))
        broken += [f"{name}: {one}" for one in [*broken_promises(part.evidence), *part.differences, *unfair(card)]]
        print(json.dumps(card), flush=True)
    _show(cards)
    if asked.markdown:
        asked.markdown.write_text(markdown(cards), "utf-8")
    for one in broken[:SHOWN]:
        say(f"broken: {one}")
    say(f"{len(broken):,} promises broken" if broken else "every promise was kept")
    return 1 if broken else 0


def scorecard(part: Part) -> dict[str, Any]:
    """What one part proves."""
    evidence, stats = part.evidence, part.stats
    twice, recovered, when = doubles(evidence), recoveries(evidence), timely(evidence.log)
    happened = Counter(fault.what for fault in evidence.faults)
    taken_over = takeovers(evidence)
    acks = [one["seconds"] * 1000 for one in evidence.callbacks if one["acknowledged"]]
    times: dict[str, list[float]] = {}
    by_webhook: dict[str, list[float]] = {}
    for post in evidence.posts:
        times.setdefault(part.client_of[post["hook"]], []).append(post["at"])
        by_webhook.setdefault(post["hook"], []).append(post["at"])
    busiest, busiest_webhook = (
        max((highest_in_a_second(some) for some in counted.values()), default=0) for counted in (times, by_webhook)
    )
    refused = [post for post in evidence.posts if post["status"] == 429]
    return {
        "part": part.name,
        "seconds": round(part.seconds),
        "people": part.people,
        "faults of the third party": faults_on(part),
        "items": sum(isinstance(one.event, e.ItemCreated) for one in evidence.log),
        "items that did not end": len(unended(evidence.log)),
        "events": len(evidence.log),
        "POSTs": len(evidence.posts),
        "rows that the third party took": stats["rows_taken"],
        "callbacks brought, tries included": len(evidence.callbacks),
        "callbacks acknowledged": len(acks),
        "callbacks counted": sum(part.counted.values()),
        "  of these duplicates": part.counted.get("duplicate", 0),
        "answers that came before their POST was answered": when.early,
        "answers that came after those to rows sent later": overtaken(evidence),
        "answers that came after the time-out, or another end": when.late,
        "  steps that had timed out, and were completed so": when.completed,
        "answers lost": len(lost_answers(evidence)),
        "rows taken twice": twice.count,
        **{f"  {what}": count for what, count in sorted(twice.explained.items())},
        "rows taken twice, unexplained": len(twice.unexplained),
        **{_plural(what): count for what, count in sorted(happened.items())},
        **{
            f"  seconds to the next commit: {what}, median / worst": f"{middle(some):.2f} / {max(some):.2f}"
            for what, some in sorted(recovered.items())
        },
        "sends that a dead runner left behind": len(taken_over),
        "seconds until these were taken over, worst": round(max(taken_over, default=0.0), 2),
        "ms to acknowledge a callback, median": round(middle(acks), 1),
        "ms to acknowledge a callback, p99": round(quantile(acks, 0.99), 1),
        "most POSTs to one webhook in any second": busiest_webhook,
        "most POSTs of a client in any second": busiest,
        "  that its rate and burst allow": part.allowed_a_second,
        "POSTs told 429": len(refused),
        "  of these for the pace": sum("status_429" not in post["faults"] for post in refused),
        **_fairness(part, times),
        "tables that differ from the events": len(part.differences),
    }


def faults_on(part: Part) -> str:
    """Which of the sandbox's faults were on, in as few words as tell it."""
    off = [name for name in FAULT_NAMES if name not in part.faults_on]
    return f"all {len(FAULT_NAMES)}" + (f" but {', '.join(off)}" if off else "")


def unfair(card: dict[str, Any]) -> list[str]:
    """Whether a client was faster than it may be, or had more than its turn."""
    busiest, allowed = card["most POSTs of a client in any second"], card["  that its rate and burst allow"]
    found = []
    if busiest > allowed * TOLERATED:
        found.append(f"{busiest} POSTs of a client in a second, where its pace allows {allowed}")
    if card.get(JAIN, 1.0) < LEAST_FAIR:
        found.append(f"{JAIN} is {card[JAIN]}")
    return found


def _fairness(part: Part, times: dict[str, list[float]]) -> dict[str, Any]:
    if part.name != "tenants":
        return {what: round(value, 1) for what, value in part.more.items()}
    # While all had something to send: from the first POST of the last tenant until the first has nearly all of its own out; the
    # rest are rows that are sent again, or late, because an answer did not come.
    since, until = max(min(some) for some in times.values()), min(quantile(some, 0.9) for some in times.values())
    sent = [sum(since <= at <= until for at in some) for some in times.values()]
    return {
        JAIN: round(jain(sent), 3),
        "seconds until the small tenants were done": round(part.more["small tenants' seconds"], 1),
        "  of which their pace alone takes": round(part.more["of which the pace alone takes"], 1),
        "  and answers that never come, at most": round(part.more["and answers that never come, at most"], 1),
        "seconds to cancel the large tenant's backlog": round(part.more["seconds to cancel the backlog"], 2),
    }


def _plural(what: str) -> str:
    return {"runner killed": "runners killed", "backends killed": "times that database sessions were killed"}.get(
        what, what
    )


def _rows(cards: list[dict[str, Any]]) -> list[tuple[str, ...]]:
    names: list[str] = []
    for card in cards:
        place = 0
        for name in card:
            # What only a later part has comes where that part has it.
            if name not in names:
                names.insert(place, name)
            place = names.index(name) + 1
    return [(name, *(_shown(card.get(name)) for card in cards)) for name in names]


def _shown(value: Any) -> str:
    return "" if value is None else f"{value:,}" if isinstance(value, int | float) else str(value)


def _show(cards: list[dict[str, Any]]) -> None:
    head, *body = _rows(cards)
    table = Table(title="chaos")
    for number, column in enumerate(head):
        table.add_column(column, justify="right" if number else "left")
    for row in body:
        table.add_row(*row)
    Console(stderr=True, width=120).print(table)


def markdown(cards: list[dict[str, Any]]) -> str:
    """The scorecard as a table for the docs."""
    head, *body = _rows(cards)
    lines = ["| " + " | ".join(head) + " |", "|---" + "|---:" * (len(head) - 1) + "|"]
    told = [(name.replace("  ", "&nbsp;&nbsp;"), *values) for name, *values in body]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in told), ""])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seed", type=int, default=1, help="draws faults, answers and the schedule of kills")
    parser.add_argument("--short", action="store_true", help="a campaign of a minute: to see that it works")
    parser.add_argument("--part", action="append", choices=PARTS, help="only this part; repeatable")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the scorecard as a table, too")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
