"""What a campaign proves, read from three witnesses: the log, the third party's own ledger, and what was done to the system.

The log says what the system knows; the ledger says what really left and what was really acknowledged. Neither is asked to
judge itself: each finding is a difference between the two, or between the log and the rules it must keep.
"""

import hashlib
import itertools
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from statistics import median
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from attrs import Factory, field, frozen

from enrichcore.domain import events as e
from enrichcore.domain.answers import Rank
from enrichcore.domain.pipeline import Pipeline
from enrichcore.testing.promises import broken

#: What a receiver says to an answer that it keeps, though it can place it nowhere.
KEPT_UNPLACED = frozenset({"400", "404", "413", "422"})
#: What a runner's death leaves behind, in the words of the log.
TAKEN_OVER = "the runner stopped before it knew"


@frozen(kw_only=True)
class Fault:
    """Something that was done to the system."""

    what: str
    #: Unix time in seconds, when it was done, and when it was over.
    at: float
    until: float


@frozen(kw_only=True)
class Evidence:
    """All that a campaign left behind."""

    log: Sequence[e.Recorded]
    #: By batch, as they were pinned at its launch.
    pipelines: Mapping[UUID, Pipeline]
    #: The third party's ledger: each POST that held a row, and each try of a callback, in order.
    posts: Sequence[Mapping[str, Any]]
    callbacks: Sequence[Mapping[str, Any]]
    #: Callbacks that the third party gave up bringing.
    given_up: int = 0
    faults: Sequence[Fault] = ()


@frozen(kw_only=True)
class Doubles:
    """Rows that the third party took more than once in one step run."""

    count: int = 0
    #: By what decided on the further POST.
    explained: Mapping[str, int] = Factory(dict)
    #: One sentence each.
    unexplained: Sequence[str] = field(factory=list)


def lost_answers(evidence: Evidence) -> list[str]:
    """Answers that the third party was told are safe, and that the log does not hold; and those it gave up bringing."""
    placed, unplaced = set(), set()
    for recorded in evidence.log:
        if isinstance(recorded.event, e.AnswerEvent):
            placed.add((str(recorded.stream_id), _sha256(recorded.event.body)))
        elif isinstance(recorded.event, e.CallbackUnmatched):
            unplaced.add(_sha256(recorded.event.body))
    lost = []
    for told in evidence.callbacks:
        body = told["body_sha256"]
        if told["acknowledged"] and (told["item_id"], body) not in placed:
            lost.append(f"an answer of {told['item_id']} was acknowledged at {told['at']:.3f} and is not in the log")
        if told["outcome"] in KEPT_UNPLACED and body not in unplaced:
            lost.append(f"an answer of {told['item_id']} was told {told['outcome']} and is not in the unmatched log")
    return lost + ["an answer was given up by the third party"] * evidence.given_up


def uncounted(callbacks: Sequence[Mapping[str, Any]], counted: Mapping[str, int]) -> list[str]:
    """Callbacks that were told what became of them, and were not counted; one that was counted may not have heard of it."""
    told = sum(bool(one["acknowledged"]) or one["outcome"] in KEPT_UNPLACED for one in callbacks)
    missing = told - sum(counted.values())
    return [f"{missing} callbacks were told what became of them, and not counted"] if missing > 0 else []


def repeated_answers(log: Iterable[e.Recorded]) -> list[str]:
    """Answers that were recorded more than once in one generation, though they say the same."""
    counts = Counter(
        (recorded.stream_id, recorded.event.workflow, recorded.event.generation, recorded.event.content_hash)
        for recorded in log
        if isinstance(recorded.event, e.AnswerEvent)
    )
    return [f"an answer of {run_id} is recorded {count} times" for (run_id, *_), count in counts.items() if count > 1]


@frozen(kw_only=True)
class Timely:
    """When answers came, seen from the waits for them."""

    #: Before their POST was answered.
    early: int = 0
    #: After the time-out, the end of the step, or its cancellation.
    late: int = 0
    #: Steps that had timed out, and that a good answer completed after all.
    completed: int = 0
    #: Good answers to steps that had timed out which did not complete them, one sentence each.
    useless: Sequence[str] = field(factory=list)


def timely(log: Iterable[e.Recorded]) -> Timely:
    """When each answer came that callbacks brought, and what became of those that were late."""
    came: Counter[e.Timing] = Counter()
    timed_out: set[tuple[UUID, str]] = set()
    completed, useless = 0, []
    for recorded in log:
        event = recorded.event
        if not isinstance(event, e.StepEvent):
            continue
        run = (recorded.stream_id, event.workflow)
        if not isinstance(event, e.AnswerEvent):
            timed_out.discard(run)
            if isinstance(event, e.AnswerTimedOut) and not event.again:
                timed_out.add(run)
            continue
        came[event.timing] += event.source is e.Source.CALLBACK
        if run in timed_out and event.rank in {Rank.DATA, Rank.EMPTY}:
            timed_out.discard(run)
            completed += not isinstance(event, e.AnswerKept)
            if isinstance(event, e.AnswerKept):
                useless.append(f"{event.workflow} of {run[0]} had timed out, and a good answer did not complete it")
    return Timely(early=came[e.Timing.EARLY], late=came[e.Timing.LATE], completed=completed, useless=useless)


def overtaken(evidence: Evidence) -> int:
    """Rows whose first callback came after that of a row which the same webhook took later."""
    began = {_row_of(one): one["at"] - one["seconds"] for one in reversed(evidence.callbacks)}
    earliest: dict[str, float] = {}
    count = 0
    for post in reversed(evidence.posts):
        at = began.get((post["item_id"], post["workflow"])) if post["taken"] else None
        if at is not None:
            count += at > earliest.get(post["hook"], at)
            earliest[post["hook"]] = min(at, earliest.get(post["hook"], at))
    return count


def _row_of(callback: Mapping[str, Any]) -> tuple[str, str]:
    """Whose callback it is: of an item, or company run, and of which of its workflows."""
    return callback["item_id"], urlsplit(callback["url"]).path.rpartition("/")[2]


def unannounced_posts(evidence: Evidence) -> list[str]:
    """POSTs without a `StepSending` of their own that was durable before they arrived."""
    sending = {sent.key: recorded.at.timestamp() for recorded, sent in _sendings(evidence.log)}
    found = []
    for key, count in Counter(post["idempotency_key"] for post in evidence.posts).items():
        if count > 1:
            found.append(f"{count} POSTs have the idempotency key {key}")
    for post in evidence.posts:
        since = sending.get(post["idempotency_key"])
        if since is None:
            found.append(f"a POST for {post['item_id']} has no StepSending")
        elif since > post["at"]:
            found.append(f"a POST for {post['item_id']} arrived before its StepSending")
    return found


def doubles(evidence: Evidence) -> Doubles:
    """Rows that were taken more than once, each held against the decision between the two POSTs."""
    attempts = {sent.key: (recorded.stream_id, sent) for recorded, sent in _sendings(evidence.log)}
    taken: defaultdict[tuple[UUID, str], list[e.StepSending]] = defaultdict(list)
    for post in evidence.posts:
        if post["taken"] and post["idempotency_key"] in attempts:
            run_id, sent = attempts[post["idempotency_key"]]
            taken[run_id, sent.workflow].append(sent)
    decisions = _decisions(evidence.log)
    explained: Counter[str] = Counter()
    unexplained = []
    for run, sent in taken.items():
        ordered = sorted({one.attempt for one in sent})
        for before, after in itertools.pairwise(ordered):
            found = [what for attempt, what in decisions[run] if before <= attempt < after]
            if found:
                explained[found[-1]] += 1
            else:
                unexplained.append(f"{run[1]} of {run[0]}: attempts {before} and {after} were both taken")
    return Doubles(count=sum(explained.values()) + len(unexplained), explained=dict(explained), unexplained=unexplained)


def _decisions(log: Iterable[e.Recorded]) -> Mapping[tuple[UUID, str], list[tuple[int, str]]]:
    """Of each step run: after which attempt what allowed a further POST."""
    found: defaultdict[tuple[UUID, str], list[tuple[int, str]]] = defaultdict(list)
    latest: Counter[tuple[UUID, str]] = Counter()
    for recorded in log:
        event = recorded.event
        if not isinstance(event, e.StepEvent):
            continue
        run = (recorded.stream_id, event.workflow)
        match event:
            case e.StepSending():
                latest[run] = event.attempt
            case e.DoubtSettled(settlement=e.Settlement.RESEND, by_person=by_person):
                found[run].append(
                    (latest[run], "in doubt, a person resent" if by_person else "in doubt, policy resent")
                )
            case e.AnswerTimedOut(again=True):
                found[run].append((latest[run], "no answer, an attempt was left"))
            case e.RetryRequested(by=by):
                asked = by.startswith("item ")
                found[run].append((latest[run], "ended, a new item asked again" if asked else "a person retried"))
    return found


def unended(log: Iterable[e.Recorded]) -> list[str]:
    """Items that were made and have not come to an end."""
    active: set[UUID] = set()
    for recorded in log:
        match recorded.event:
            case e.ItemCreated() | e.ItemResumed():
                active.add(recorded.stream_id)
            case e.ItemCompleted() | e.ItemFailed() | e.ItemCancelled():
                active.discard(recorded.stream_id)
    return [f"item {item} has not ended" for item in sorted(active)]


def highest_in_a_second(times: Iterable[float]) -> int:
    """The most of these moments, in seconds, within any one second."""
    ordered, most, first = sorted(times), 0, 0
    for number, at in enumerate(ordered):
        while at - ordered[first] >= 1.0:
            first += 1
        most = max(most, number - first + 1)
    return most


def recoveries(evidence: Evidence) -> Mapping[str, list[float]]:
    """By kind of fault: the seconds from each to the next commit of anybody."""
    times = sorted({recorded.at.timestamp() for recorded in evidence.log if not _by_hand(recorded.event)})
    found: defaultdict[str, list[float]] = defaultdict(list)
    for fault in evidence.faults:
        after = next((at for at in times if at > fault.at), None)
        if after is not None:
            found[fault.what].append(after - fault.at)
    return found


def takeovers(evidence: Evidence) -> list[float]:
    """Seconds from a runner's death to the end of each lease that it left behind."""
    deaths = [fault.at for fault in evidence.faults if fault.what == "runner killed"]
    found = []
    for recorded in evidence.log:
        if isinstance(recorded.event, e.SendUnknown) and recorded.event.reason.startswith(TAKEN_OVER):
            at = recorded.at.timestamp()
            before = [death for death in deaths if death < at]
            if before:
                found.append(at - before[-1])
    return found


def jain(values: Sequence[float]) -> float:
    """Jain's index of fairness: 1 where all are equal, 1/n where one has everything."""
    squares = sum(value * value for value in values)
    return sum(values) ** 2 / (len(values) * squares) if squares else 1.0


def quantile(values: Sequence[float], part: float) -> float:
    """The value below which this part of the values lies; 0 where there are none."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * part), len(ordered) - 1)] if ordered else 0.0


def middle(values: Sequence[float]) -> float:
    """The median; 0 where there are none."""
    return median(values) if values else 0.0


def broken_promises(evidence: Evidence) -> list[str]:
    """Everything that must not be, one sentence each."""
    return [
        *lost_answers(evidence),
        *repeated_answers(evidence.log),
        *timely(evidence.log).useless,
        *unannounced_posts(evidence),
        *doubles(evidence).unexplained,
        *unended(evidence.log),
        *broken(evidence.log, evidence.pipelines),
    ]


def _sendings(log: Iterable[e.Recorded]) -> Iterator[tuple[e.Recorded, e.StepSending]]:
    for recorded in log:
        if isinstance(recorded.event, e.StepSending):
            yield recorded, recorded.event


def _by_hand(event: e.Event) -> bool:
    return isinstance(event, e.LaneResumed | e.DoubtSettled)


def _sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
