"""A life held against the promises: the log against itself, against the tables, and against the third party's own books.

A system that believes its own mistakes has a log without a fault. Only who knows which rows really arrived, and which answers
were really acknowledged, can tell.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from attrs import define, field, frozen

from enrichcore.application import Send
from enrichcore.application.claiming import lanes_of
from enrichcore.domain import events as e
from enrichcore.domain.batch_item import BatchItem
from enrichcore.domain.ids import lane_id
from enrichcore.domain.pipeline import Kind, Pipeline
from enrichcore.registry import Registry
from enrichcore.store.commit import Store
from enrichcore.store.counters import counted
from enrichcore.store.replaying import inline_rows
from enrichcore.testing.promises import Generation, broken

#: More events than any life has.
ALL: Final = 1_000_000
#: Of tokens, which are no whole numbers.
_ROUNDING: Final = 1e-6


@define(eq=False)
class Books:
    """What the world outside knows."""

    #: The rows that runners had in hand, in order.
    sends: list[Send] = field(factory=list)
    #: Those of them that the third party really has.
    taken: list[Send] = field(factory=list)
    #: (item or company run, body) of answers that were acknowledged.
    acknowledged: list[tuple[UUID, bytes]] = field(factory=list)
    #: Sentences about local functions that gave something else for the same.
    impure: list[str] = field(factory=list)


@frozen(kw_only=True)
class Rules:
    """What a configuration's owner asks for beyond the promises."""

    #: Most times that the third party may get one row without a person's word; None asks only for `attempts`.
    sends_at_most: int | None = None
    #: Whether a local step may fail; otherwise each failure is a fault.
    local_failures: bool = False


def verdict(
    store: Store, registry: Registry, books: Books, rules: Rules, *, behind: timedelta = timedelta(0)
) -> list[str]:
    """The promises that a life has broken by now, one sentence each.

    Args:
        store: where it was lived.
        registry: the configuration that was in force.
        books: what the world outside knows.
        rules: what its owner asks for beyond the promises.
        behind: how far the clocks of its runners may be apart.
    """
    log = store.log(0, ALL)
    pipelines: dict[UUID, Pipeline] = {batch.batch_id: batch.pipeline for batch, _ in store.batches()}
    return [
        *broken(log, pipelines),
        *_differences(store, log),
        *_unannounced(books, log),
        *_taken_too_often(store, registry, books, log),
        *_paid_too_often(books, rules, log),
        *_lost_answers(books, log),
        *_too_fast(registry, log, behind),
        *([] if rules.local_failures else _failed_locally(registry, log)),
        *books.impure,
    ]


def _differences(store: Store, log: Sequence[e.Recorded]) -> Iterator[str]:
    if store.inline_rows() != inline_rows(log):
        yield "inline state differs from what its events say"
    if store.counts() != counted(log).without_nothing():
        yield "the counters of POSTs and credits differ from what the events say"


def _unannounced(books: Books, log: Sequence[e.Recorded]) -> Iterator[str]:
    keys = Counter(send.key for send in books.sends)
    yield from (f"a runner had the attempt {key} in hand {times} times" for key, times in keys.items() if times > 1)
    sent = _sendings(log)
    yield from (
        f"{send.workflow} of {send.run_id} was POSTed without a StepSending"
        for send in books.taken
        if send.key not in sent
    )


def _taken_too_often(store: Store, registry: Registry, books: Books, log: Sequence[e.Recorded]) -> Iterator[str]:
    sent = _sendings(log)
    taken: Counter[Generation] = Counter(
        (send.run_id, send.workflow, sent[send.key].generation) for send in books.taken if send.key in sent
    )
    granted: Counter[Generation] = Counter(
        (one.stream_id, one.event.workflow, one.event.generation)
        for one in log
        if isinstance(one.event, e.DoubtSettled) and one.event.by_person
    )
    for generation, times in taken.items():
        run_id, workflow, number = generation
        allowed = _attempts(store, registry, run_id, workflow) + granted[generation]
        if times > allowed:
            yield (
                f"the third party has {workflow} of {run_id} {times} times in generation {number},"
                f" and {allowed} are allowed"
            )


def _attempts(store: Store, registry: Registry, run_id: UUID, workflow: str) -> int:
    state = store.load([run_id])[run_id].state
    if isinstance(state, BatchItem):
        ((batch, _),) = store.batches([state.batch_id])
        step = batch.pipeline.step(workflow)
        return 1 if step is None else step.attempts
    # Any step that brings the result may have started a generation of the company's run.
    steps = (step for stream in registry.workstreams.values() for step in stream.pipeline.steps)
    return max(step.attempts for step in steps if step.result == state.step.result)


def _paid_too_often(books: Books, rules: Rules, log: Sequence[e.Recorded]) -> Iterator[str]:
    if rules.sends_at_most is None:
        return
    by_persons = Counter(
        (one.stream_id, one.event.workflow)
        for one in log
        if isinstance(one.event, e.RetryRequested) or (isinstance(one.event, e.DoubtSettled) and one.event.by_person)
    )
    for row, times in Counter((send.run_id, send.workflow) for send in books.taken).items():
        allowed = rules.sends_at_most * (1 + by_persons[row])
        if times > allowed:
            yield (
                f"the third party has {row[1]} of {row[0]} {times} times, and {allowed} are allowed"
                f" (sends_at_most = {rules.sends_at_most})"
            )


def _too_fast(registry: Registry, log: Sequence[e.Recorded], behind: timedelta) -> Iterator[str]:
    """Rows that were claimed faster than the paces that they share allow: a bucket that leaks at the rate holds no more than the burst."""
    lanes, buckets = lanes_of(registry), dict[str, tuple[float, datetime]]()
    for one in log:
        if not isinstance(one.event, e.StepSending) or one.client_id is None:
            continue
        lane = lanes.get(lane_id(one.client_id, one.event.workstream, one.event.workflow))
        for pace in lane.paces if lane is not None else ():
            level, since = buckets.get(pace.group, (0.0, one.at))
            now = max(since, one.at)
            level = max(level - pace.rate * (now - since).total_seconds(), 0.0) + 1
            buckets[pace.group] = level, now
            if level > pace.burst + pace.rate * behind.total_seconds() + _ROUNDING:
                yield f"{one.event.workflow} of {one.stream_id} was claimed though its pace had no token left"


def _lost_answers(books: Books, log: Sequence[e.Recorded]) -> Iterator[str]:
    answers = [(one, one.event) for one in log if isinstance(one.event, e.AnswerEvent)]
    bodies = {(one.stream_id, one.version): event.body for one, event in answers}
    said: dict[UUID, set[str]] = {}
    for one, event in answers:
        # What was reused stands where it was recorded; an answer that says the same is a duplicate of it.
        reused = None if event.reused_from is None else bodies.get((event.reused_from, event.reused_version or 0))
        said.setdefault(one.stream_id, set()).add(_content(reused or event.body))
    for run_id, body in books.acknowledged:
        if _content(body) not in said.get(run_id, ()):
            yield f"an answer of {run_id} was acknowledged and is not in the log: {body[:80]!r}"


def _content(body: bytes) -> str:
    """What an answer says, without formatting and without whose it is."""
    try:
        told = json.loads(body)
    except ValueError:
        return repr(body)
    return json.dumps({**told, "item_id": ""} if isinstance(told, dict) else told, sort_keys=True)


def _failed_locally(registry: Registry, log: Sequence[e.Recorded]) -> Iterator[str]:
    streams = registry.workstreams.values()
    local = {step.workflow for stream in streams for step in stream.pipeline.steps if step.kind is Kind.LOCAL}
    for one in log:
        if isinstance(one.event, e.StepFailed) and one.event.workflow in local:
            yield f"local step {one.event.workflow} of {one.stream_id} failed: {one.event.reason}"


def _sendings(log: Sequence[e.Recorded]) -> Mapping[str, e.StepSending]:
    return {one.event.key: one.event for one in log if isinstance(one.event, e.StepSending)}
