"""Inline state anew from the events: what differs is put right, in one transaction, while the system runs.

The events are folded stream by stream into temporary tables first, which holds up nobody. Then writers are held off for as
long as it takes to fold what came meanwhile and to compare; rows that are right are not touched.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, partial
from itertools import groupby
from typing import Any, Final
from uuid import UUID

from attrs import frozen
from psycopg import Connection, Cursor
from psycopg.rows import TupleRow

from enrichcore.domain import batch as batches
from enrichcore.domain import events as e
from enrichcore.domain import lane as lanes
from enrichcore.domain.batch import Batch
from enrichcore.domain.ids import BatchId, ClientId, LaneId
from enrichcore.domain.lane import Lane
from enrichcore.store.codec import EVENTS
from enrichcore.store.commit import Commit
from enrichcore.store.counters import Counts
from enrichcore.store.postgres import PostgresClaims, PostgresStore
from enrichcore.store.recorder import APPEND_LOCK, RUN_FIELDS, STEP_FIELDS
from enrichcore.store.replaying import inline_rows
from enrichcore.store.rows import lane_row
from enrichcore.store.statements import statements

#: Events of streams that are folded at a time.
PAGE: Final = 5000

#: Names of the events of items, company runs, batches and lanes.
_KINDS = (
    e.StepEvent, e.ItemCreated, e.ItemCompleted, e.ItemFailed, e.ItemCancelled, e.ItemResumed, e.CompanyRunStarted,
    e.BatchLaunched, e.BatchFilled, e.BatchFillingFailed, e.BatchPaused, e.BatchResumed, e.BatchCancelled, e.BatchFinished, e.BatchReopened,
    e.LaneStopped, e.LaneHeld, e.LaneResumed, e.RefusalsCounted, e.ConnectionsFailed, e.DoubtsCounted,
    e.WebhookEndsSoon,
)  # fmt: skip
_TOPICS: Final = [name for name, kind in EVENTS.items() if issubclass(kind, _KINDS)]

_Stream = Sequence[e.Recorded]


@frozen(kw_only=True)
class Mended:
    """Rows that were not what the events say."""

    items_and_company_runs: int = 0
    step_runs: int = 0
    batches: int = 0
    lanes: int = 0
    #: 1 where what was sent and spent was miscounted.
    counts: int = 0
    #: Position up to which the rows tell.
    position: int

    @property
    def is_nothing(self) -> bool:
        """Whether every row was right."""
        return not (self.items_and_company_runs or self.step_runs or self.batches or self.lanes or self.counts)


def mend_inline_state(
    store: PostgresStore, *, only_compare: bool = False, progress: Callable[[int], None] = lambda _events: None
) -> Mended:
    """Make the rows of items, company runs, step runs, batches and lanes what a fold of their events gives.

    Args:
        store: whose rows.
        only_compare: tell what differs and leave it.
        progress: told how many events were folded.

    Raises:
        StoreUnavailable: The database cannot be reached.
    """
    with store.transaction() as (reads, transaction):
        found = _mended(store, reads, progress)
        transaction.force_rollback = only_compare
    return found


def _mended(store: PostgresStore, reads: PostgresClaims, progress: Callable[[int], None]) -> Mended:
    connection = reads.cursor.connection
    connection.execute(statements()["told_tables"])
    begun = reads.last_position()
    small: dict[UUID, _Stream] = {}
    # By batch; what it was launched with is told by its first event, whatever its row says.
    launches = cache(partial(reads.stream, limit=1))
    counts = Counts()
    done = 0
    for streams in _pages(store, connection):
        small |= _told(connection, streams, launches)
        counts.add_all(recorded for stream in streams for recorded in stream if (recorded.position or 0) <= begun)
        done += sum(map(len, streams))
        progress(done)
    # A commit takes its rows' table before the log, so whoever holds the log is gone once this lock is granted.
    connection.execute("lock table enrichcore.runs in exclusive mode")
    connection.execute("select pg_advisory_xact_lock(%s)", [APPEND_LOCK])
    moved = connection.execute(statements()["streams_since"], {"after": begun, "topics": _TOPICS}).fetchall()
    for (stream_id,) in moved:
        connection.execute(statements()["forget_told"], {"id": stream_id})
        stream = reads.stream(stream_id)
        small |= _told(connection, [stream], launches)
        counts.add_all(recorded for recorded in stream if (recorded.position or 0) > begun)
    rows = {name: connection.execute(statements()[name]).rowcount for name in _PUT_RIGHT}
    counts_differ = reads.counts() != counts.without_nothing()
    if counts_differ:
        store.put_counts_on(reads.cursor, counts)
    batches_put, lanes_put = _put_small(store, reads, small.values())
    return Mended(
        items_and_company_runs=rows["drop_runs"] + rows["mend_runs"],
        step_runs=rows["drop_steps"] + rows["mend_steps"],
        batches=batches_put,
        lanes=lanes_put,
        counts=int(counts_differ),
        position=reads.last_position(),
    )


_PUT_RIGHT: Final = ("drop_steps", "drop_runs", "mend_runs", "mend_steps")


def _pages(store: PostgresStore, connection: Connection[TupleRow]) -> Iterator[list[_Stream]]:
    """Whole streams in order of their ids, some thousand events at a time."""
    with connection.cursor(name="streams") as reading:
        reading.itersize = PAGE
        reading.execute(statements()["streams"], {"topics": _TOPICS}, binary=True)
        waiting: list[_Stream] = []
        for _, stream in groupby(map(store.recorded, reading), key=lambda recorded: recorded.stream_id):
            waiting.append(list(stream))
            if sum(map(len, waiting)) >= PAGE:
                yield waiting
                waiting = []
        yield waiting


def _told(
    connection: Connection[TupleRow], streams: Iterable[_Stream], launches: Callable[[UUID], _Stream]
) -> dict[UUID, _Stream]:
    """Write what the streams of items and company runs say into the temporary tables; the other streams."""
    small: dict[UUID, _Stream] = {}
    runs: list[e.Recorded] = []
    for stream in streams:
        if isinstance(stream[0].event, e.ItemCreated | e.CompanyRunStarted):
            runs.extend(stream)
        else:
            small[stream[0].stream_id] = stream
    batch_ids = {recorded.batch_id for recorded in runs if recorded.batch_id is not None}
    run_rows, step_rows = inline_rows([*(one for batch_id in batch_ids for one in launches(batch_id)), *runs])
    with connection.cursor() as cursor:
        _copy(cursor, "runs", RUN_FIELDS, run_rows)
        _copy(cursor, "step_runs", STEP_FIELDS, step_rows)
    return small


def _copy(cursor: Cursor[TupleRow], table: str, fields: Sequence[str], rows: Sequence[Any]) -> None:
    with cursor.copy(f"copy told_{table} ({', '.join(fields)}) from stdin".encode()) as out:
        for row in rows:
            out.write_row([getattr(row, name) for name in fields])


def _put_small(store: PostgresStore, reads: PostgresClaims, streams: Iterable[_Stream]) -> tuple[int, int]:
    known_batches = {batch.batch_id: (batch, version) for batch, version in reads.batches()}
    known_lanes = {lane.lane_id: (lane, version) for lane, version in reads.lanes()}
    commit = Commit()
    for stream in streams:
        match stream[0].event:
            case e.BatchLaunched():
                batch = _batch(stream)
                if known_batches.get(batch.batch_id) != (batch, stream[-1].version):
                    commit.batches.append((batch, stream[-1].version))
            case (
                e.LaneStopped() | e.LaneHeld() | e.LaneResumed() | e.RefusalsCounted() | e.ConnectionsFailed()
                | e.DoubtsCounted() | e.WebhookEndsSoon()
            ):  # fmt: skip
                lane = _lane(stream)
                if known_lanes.get(lane.lane_id) != (lane, stream[-1].version):
                    commit.lanes.append((lane, stream[-1].version))
    store.put_small_on(reads.cursor, commit)
    return len(commit.batches), len(commit.lanes)


def _batch(stream: _Stream) -> Batch:
    first = stream[0]
    assert isinstance(first.event, e.BatchLaunched)  # noqa: S101 - asked for by that
    assert first.client_id is not None  # noqa: S101 - a batch is a client's
    batch = batches.initial(BatchId(first.stream_id), first.client_id, first.event, first.at)
    for recorded in stream[1:]:
        batch = batches.fold(batch, recorded.event, recorded.at, recorded.version)
    return batch


def _lane(stream: _Stream) -> Lane:
    lane = Lane(lane_id=LaneId(stream[0].stream_id), client_id=ClientId(stream[0].client_id or UUID(int=0)))
    for recorded in stream:
        lane = lanes.fold(lane, recorded.event, recorded.at, recorded.version)
    return lane_row(lane)
