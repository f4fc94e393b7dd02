"""The store on PostgreSQL.

Pooled connections keep no session state, so everything works through a transaction-mode pooler: no prepared statements
unless psycopg is told so, no session locks, no settings, no LISTEN.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal
from time import monotonic
from typing import Any, Final, TypeVar
from uuid import UUID

import msgspec
import psycopg
from psycopg import Connection, Cursor, Transaction
from psycopg.rows import TupleRow
from psycopg_pool import PoolTimeout

from enrichcore.domain.batch import Batch
from enrichcore.domain.directory import Known
from enrichcore.domain.events import Event, Recorded
from enrichcore.domain.ids import BatchId, ClientId, PersonId, UploadId
from enrichcore.domain.keys import Key, KeyKind
from enrichcore.domain.lane import DOUBTS_IN_A_ROW, FAILURES_IN_A_ROW, Lane
from enrichcore.store.arrays import column
from enrichcore.store.clock import DatabaseClock
from enrichcore.store.codec import EVENTS, Seal, decode_run
from enrichcore.store.commit import (
    RECEIVER_LOST_AFTER,
    Commit,
    Conflict,
    LoadedRun,
    Place,
    StoreUnavailable,
    UploadedPerson,
    distinct,
)
from enrichcore.store.connections import LOST_SESSION, opened_pool
from enrichcore.store.counters import Counts, counted
from enrichcore.store.log import EventLog
from enrichcore.store.putting import put_answers, put_batches, put_counts, put_directory, put_lanes, put_people
from enrichcore.store.recorder import APPEND_LOCK, RUN_FIELDS, STEP_FIELDS, PostgresRecorder
from enrichcore.store.rows import RunRow, StepRow
from enrichcore.store.statements import migrations, statements

#: After a search in vain behind a crowd, how many times as long as it took none is made.
SEARCHED_PART: Final = 20
#: Serialises migrations and table creation of all processes.
MIGRATION_LOCK: Final = 4985316

_batch_decoder: Final = msgspec.msgpack.Decoder(Batch)
_person_decoder: Final = msgspec.msgpack.Decoder(dict[str, Any])

_CONFLICTS: Final = (
    psycopg.errors.UniqueViolation,
    psycopg.errors.SerializationFailure,
    psycopg.errors.DeadlockDetected,
    psycopg.errors.LockNotAvailable,
)
UNREACHABLE: Final = (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout, *LOST_SESSION)

#: Of a lane's row, in the order in which it is read; its version follows.
_LANE_FIELDS: Final = (
    "lane_id", "client_id", "workstream", "workflow", "stopped", "held_until", "held_for", "asked_until",
    "refusals", "failures", "doubts", "warned",
)  # fmt: skip

T = TypeVar("T")


class _Reads(ABC):
    """What decisions ask, wherever the statements run."""

    _log: EventLog

    @abstractmethod
    def _rows(self, name: str, **params: Any) -> list[TupleRow]:
        """The rows of one named statement."""

    def load(self, run_ids: Iterable[UUID]) -> dict[UUID, LoadedRun]:
        return _loaded(self._rows("load_runs", ids=column("uuid", list(run_ids))))

    def stream(self, stream_id: UUID, *, after: int = 0, limit: int | None = None) -> list[Recorded]:
        rows = self._rows("stream", id=stream_id, after=after, limit=limit)
        return [self._log.decode((stream_id, *row)) for row in rows]

    def events_at(self, places: Collection[tuple[UUID, int]]) -> dict[tuple[UUID, int], Recorded]:
        ids, versions = [stream for stream, _ in places], [version for _, version in places]
        rows = self._rows("events_at", ids=column("uuid", ids), versions=versions)
        return {(row[0], row[1]): self._log.decode(row) for row in rows}

    def batches(self, batch_ids: Collection[UUID] | None = None) -> list[tuple[Batch, int]]:
        ids = None if batch_ids is None else list(batch_ids)
        return _batches(self._rows("batches", ids=ids))

    def lanes(self) -> list[tuple[Lane, int]]:
        return _lanes(self._rows("lanes"))

    def waiters(self, company_run_ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
        return self._grouped("waiters", company_run_ids)

    def gaps_of(self, company_run_ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
        return self._grouped("gaps_of", company_run_ids)

    def answered_items(self, person_ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
        return self._grouped("answered_items", person_ids)

    def out_items(self, person_ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
        return self._grouped("out_items", person_ids)

    def same_entities(self, entity_ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
        found: dict[UUID, list[UUID]] = {}
        for asked, stays, merged in self._rows("same_entities", ids=column("uuid", list(entity_ids))):
            found.setdefault(asked, [stays]).append(merged)
        return found

    def sends_of(self, webhook: str) -> int:
        return int(self._rows("sends_of", webhook=webhook)[0][0])

    def credits_of(self, client_id: ClientId, since: date | None = None) -> Decimal:
        return Decimal(self._rows("credits_of", client=client_id, since=since)[0][0])

    def counts(self) -> Counts:
        return Counts(
            sends=dict(self._rows("all_sends")),
            credits={(client, day): (reserved, spent) for client, day, reserved, spent in self._rows("all_credits")},
        )

    def _first(self, name: str, **params: Any) -> list[UUID]:
        return [row[0] for row in self._rows(name, **params)]

    def _grouped(self, name: str, ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
        found: dict[UUID, list[UUID]] = {}
        for asked, run_id in self._rows(name, ids=column("uuid", list(ids))):
            found.setdefault(asked, []).append(run_id)
        return found


class PostgresStore(_Reads):
    """A `Store` on PostgreSQL.

    Args:
        url: a PostgreSQL connection string.
        pool_size: most connections held at once.
        seal: encrypts what is stored of one person or company.
    """

    def __init__(self, url: str, *, pool_size: int = 8, seal: Seal | None = None) -> None:
        self.url = url
        self.pool = opened_pool(url, pool_size)
        self._log = EventLog(PostgresRecorder(self.pool), seal=seal)
        self.clock = DatabaseClock(self._time)
        #: By lane, when rows that may leave are searched for again behind a crowd that may not, on the monotonic clock.
        self.searches: dict[UUID, float] = {}

    def migrate(self) -> list[str]:
        """Apply the migrations that are missing, one process at a time; their names."""
        applied: list[str] = []
        with self._connection() as connection, connection.transaction():
            connection.execute("select pg_advisory_xact_lock(%s)", [MIGRATION_LOCK])
            # Even where it exists, `if not exists` asks for the right to create one.
            if connection.execute("select to_regnamespace('enrichcore') is null").fetchall() == [(True,)]:
                connection.execute("create schema enrichcore")
            connection.execute(
                "create table if not exists enrichcore.migrations"
                " (number integer primary key, name text not null, applied_at timestamptz not null default now())"
            )
            done = {row[0] for row in connection.execute("select number from enrichcore.migrations")}
            for number, name, text in migrations():
                if number not in done:
                    connection.execute(text.encode())
                    connection.execute(
                        "insert into enrichcore.migrations (number, name) values (%s, %s)", [number, name]
                    )
                    applied.append(name)
        return applied

    def append(self, commit: Commit) -> list[int]:
        with self._connection() as connection, connection.cursor() as cursor:
            return self.append_on(cursor, commit)

    def append_on(self, cursor: Cursor[TupleRow], commit: Commit) -> list[int]:
        """Store on a cursor of an open transaction."""
        if commit.only_counts:
            # Nothing of it needs the log's lock.
            put_answers(cursor, commit)
            return []
        positions = self._log.append(
            commit.events, cursor=cursor, runs=commit.runs, steps=commit.steps, read=commit.read, waits=commit.waits
        )
        put_batches(cursor, commit)
        put_lanes(cursor, commit)
        for client_id, change in commit.directory:
            put_directory(cursor, client_id, change)
        put_people(cursor, commit)
        if commit.learnt:
            cursor.execute(statements()["learn_on"], {"position": commit.learnt})
        put_counts(cursor, counted(commit.events))
        put_answers(cursor, commit)
        return positions

    @contextmanager
    def claims(self) -> Iterator["PostgresClaims"]:
        with self._connection() as connection, connection.cursor() as cursor:
            yield PostgresClaims(self, cursor)

    def _time(self) -> datetime:
        told: datetime = self._rows("time")[0][0]
        return told

    def sizes_at(self, places: Collection[tuple[UUID, int]]) -> dict[tuple[UUID, int], int]:
        ids, versions = [stream for stream, _ in places], [version for _, version in places]
        rows = self._rows("sizes_at", ids=column("uuid", ids), versions=versions)
        return {(stream, version): size for stream, version, size in rows}

    def version(self, stream_id: UUID) -> int:
        return int(self._rows("version", id=stream_id)[0][0])

    def turning_batches(self) -> list[UUID]:
        return self._first("turning_batches")

    def log(self, after: int, limit: int, until: datetime | None = None) -> list[Recorded]:
        with self._translated():
            return self._log.page(after, limit, until)

    def last_position(self) -> int:
        with self._translated():
            return self._log.last_position()

    def due(self, now: datetime, limit: int) -> list[UUID]:
        return list(dict.fromkeys(self._first("due", now=now, limit=limit)))

    def overdue(self, now: datetime, limit: int, lanes: Collection[UUID] | None = None) -> list[UUID]:
        named = None if lanes is None else list(lanes)
        return list(dict.fromkeys(self._first("overdue", now=now, limit=limit, lanes=named)))

    def ready_lanes(self, now: datetime) -> dict[UUID, bool]:
        return dict(self._rows("ready_lanes", now=now, failures=FAILURES_IN_A_ROW, doubts=DOUBTS_IN_A_ROW))

    def stranded(self, kept: Collection[UUID], open_lanes: Collection[UUID], limit: int) -> dict[UUID, UUID]:
        return dict(self._rows("stranded", kept=list(kept), open=list(open_lanes), limit=limit))

    def resting(self, kept: Collection[UUID]) -> list[tuple[UUID, UUID]]:
        return [(lane, batch) for lane, batch in self._rows("resting", kept=list(kept))]

    def ready_in(self, lane: UUID, batch_id: UUID, limit: int) -> list[UUID]:
        return self._first("ready_in", lane=lane, batch=batch_id, limit=limit)

    def unfilled(self) -> dict[UUID, int]:
        return dict(self._rows("unfilled"))

    @contextmanager
    def transaction(self) -> Iterator[tuple["PostgresClaims", Transaction]]:
        """One transaction on a connection of its own."""
        with self._connection() as connection, connection.transaction() as transaction, connection.cursor() as cursor:
            yield PostgresClaims(self, cursor), transaction

    def recorded(self, row: TupleRow) -> Recorded:
        """A row of the log as an event: stream, version, topic, state, time, client, entity, batch, position."""
        return self._log.decode(row)

    def put_small_on(self, cursor: Cursor[TupleRow], commit: Commit) -> None:
        """Put the rows of batches and lanes."""
        put_batches(cursor, commit)
        put_lanes(cursor, commit)

    def put_counts_on(self, cursor: Cursor[TupleRow], counts: Counts) -> None:
        """Make these the counts."""
        cursor.execute(statements()["forget_counts"])
        put_counts(cursor, counts)

    def active_items(self, batch_id: BatchId, limit: int = 1) -> list[UUID]:
        return self._first("active_items", batch=batch_id, limit=limit)

    def items_of(self, batch_id: BatchId, after: UUID | None, limit: int) -> list[UUID]:
        return self._first("items_of", batch=batch_id, after=after, limit=limit)

    def owners(self, client_id: ClientId, keys: Collection[Key]) -> dict[Key, Known[Any]]:
        kinds, values = [key.kind for key in keys], [key.value for key in keys]
        found: dict[Key, Known[Any]] = {}
        for kind, value, owner, since, held in self._rows("owners", client=client_id, kinds=kinds, values=values):
            found[Key(KeyKind(kind), value)] = Known(entity_id=owner, keys=_keys(held), since=since)
        return found

    def known(self, client_id: ClientId, entity_ids: Collection[UUID]) -> dict[UUID, Known[Any]]:
        rows = self._rows("known", client=client_id, ids=column("uuid", list(entity_ids)))
        return {
            asked: Known(entity_id=stays, keys=_keys(held or ()), since=since) for asked, stays, since, held in rows
        }

    def answered_since(self, after: int, limit: int) -> list[Place]:
        rows = self._rows("answered_since", after=after, limit=limit)
        return [Place(position=position, stream_id=stream, version=version) for position, stream, version in rows]

    def learnt_until(self) -> int:
        return int(self._rows("learnt_until")[0][0])

    def learn_on(self, position: int) -> None:
        with self._connection() as connection:
            connection.execute(statements()["learn_on"], {"position": position})

    def events_of(self, entity_ids: Collection[UUID], kinds: Collection[type[Event]]) -> list[Recorded]:
        topics = [name for name, kind in EVENTS.items() if issubclass(kind, tuple(kinds))]
        return [self._log.decode(row) for row in self._rows("events_of", ids=list(entity_ids), topics=topics)]

    def uploaded(self, upload_id: UploadId, person_ids: Collection[UUID]) -> dict[PersonId, UploadedPerson]:
        rows = self._rows("uploaded", upload=upload_id, ids=list(person_ids))
        return {
            person: UploadedPerson(person_id=person, company_id=company, facts=_person_decoder.decode(facts))
            for person, company, facts in rows
        }

    def told_besides(
        self, upload_id: UploadId, same: Mapping[UUID, Collection[UUID]]
    ) -> dict[UUID, list[UploadedPerson]]:
        asked, ids = [one for one, ids in same.items() for _ in ids], [one for ids in same.values() for one in ids]
        rows = self._rows("told_besides", besides=upload_id, asked=column("uuid", asked), ids=column("uuid", ids))
        found: dict[UUID, list[UploadedPerson]] = {}
        for person, company, facts in rows:
            told = UploadedPerson(person_id=person, company_id=company, facts=_person_decoder.decode(facts))
            found.setdefault(person, []).append(told)
        return found

    def people(self, upload_id: UploadId, companies: Collection[UUID] | None = None) -> list[UploadedPerson]:
        only = None if companies is None else list(companies)
        return distinct(
            (was, UploadedPerson(person_id=person, company_id=company, facts=_person_decoder.decode(facts)))
            for was, person, company, facts in self._rows("people", upload=upload_id, companies=only)
        )

    def beat(self, runner_id: UUID, *, anew: bool = False) -> None:
        with self._connection() as connection:
            connection.execute(statements()["beat"], {"id": runner_id, "anew": anew, "lost_after": RECEIVER_LOST_AFTER})

    def leave(self, runner_id: UUID) -> None:
        with self._connection() as connection:
            connection.execute(statements()["leave"], {"id": runner_id})

    def receiver_up(self) -> timedelta:
        up: timedelta = self._rows("receiver_up", lost_after=RECEIVER_LOST_AFTER)[0][0]
        return max(up, timedelta(0))

    def here(self, runner_id: UUID, roles: Collection[str], behind: str = "") -> None:
        with self._connection() as connection:
            connection.execute(statements()["here"], {"id": runner_id, "roles": list(roles), "behind": behind})

    def gone(self, runner_id: UUID) -> None:
        with self._connection() as connection:
            connection.execute(statements()["gone"], {"id": runner_id})

    def roles_up(self) -> frozenset[str]:
        return frozenset(role for (role,) in self._rows("roles_up", lost_after=RECEIVER_LOST_AFTER))

    def roles_behind(self) -> dict[str, str]:
        return dict(self._rows("roles_behind", lost_after=RECEIVER_LOST_AFTER))

    def step_counts(self, batch_id: BatchId) -> dict[tuple[str, str], int]:
        return {(workflow, state): count for workflow, state, count in self._rows("step_counts", batch=batch_id)}

    def doubt_counts(self, batch_id: BatchId) -> dict[str, int]:
        return dict(self._rows("doubt_counts", batch=batch_id))

    def item_counts(self, batch_id: BatchId) -> dict[str, int]:
        counts = {"gaps": 0, "in_doubt": self._rows("items_in_doubt", batch=batch_id)[0][0]}
        for status, count, gaps in self._rows("item_counts", batch=batch_id):
            counts[status] = count
            counts["gaps"] += gaps
        return counts

    def answer_counts(self) -> dict[str, int]:
        return dict(self._rows("answer_counts"))

    def answered_at(self, outcome: str) -> datetime | None:
        return next((at for (at,) in self._rows("answered_at", outcome=outcome)), None)

    def inline_rows(self) -> tuple[list[RunRow], list[StepRow]]:
        runs = [RunRow(**dict(zip(RUN_FIELDS, row, strict=True))) for row in self._rows("all_runs")]
        steps = [StepRow(**dict(zip(STEP_FIELDS, row, strict=True))) for row in self._rows("all_steps")]
        return runs, steps

    def close(self) -> None:
        self._log.close()
        self.pool.close()

    def _rows(self, name: str, **params: Any) -> list[TupleRow]:
        with self._connection() as connection:
            return connection.execute(statements()[name], params, binary=True).fetchall()

    @contextmanager
    def _connection(self) -> Iterator[Connection[TupleRow]]:
        with self._translated(), self.pool.connection() as connection:
            yield connection

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except _CONFLICTS as error:
            raise Conflict(str(error).splitlines()[0]) from error
        except UNREACHABLE as error:
            raise StoreUnavailable(f"the database cannot be used now: {str(error).splitlines()[0]}") from error


class PostgresClaims(_Reads):
    """One short transaction; what a claim locks is skipped by other runners."""

    def __init__(self, store: PostgresStore, cursor: Cursor[TupleRow]) -> None:
        self.cursor = cursor
        self._store = store
        self._log = store._log  # noqa: SLF001 - the two are one store

    def ready(self, lane: UUID, now: datetime, limit: int, besides: Collection[UUID] = ()) -> list[UUID]:
        asked = {"lane": lane, "now": now, "limit": limit, "besides": column("uuid", list(besides))}
        found = self._first("ready", **asked)
        if len(found) == limit or not self._rows("crowded", **asked)[0][0]:
            return found
        if monotonic() < self._store.searches.get(lane, 0.0):
            return found
        began = monotonic()
        behind = self._first("ready_behind", **asked)
        # A crowd behind which nothing is found takes a small part of the time only, however many look.
        self._store.searches[lane] = 0.0 if behind else began + SEARCHED_PART * (monotonic() - began)
        return behind

    def take_tokens(self, group: UUID, wanted: int, *, rate: float, burst: int, now: datetime) -> int:
        ((tokens, since),) = self._rows("bucket", group=group, burst=burst, now=now)
        filled = min(float(burst), tokens + max((now - since).total_seconds(), 0.0) * rate)
        taken = min(wanted, int(filled))
        self.cursor.execute(statements()["pour"], {"group": group, "tokens": filled - taken, "now": max(now, since)})
        return taken

    def in_flight(self, lane: UUID, cap: int) -> int:
        return int(self._rows("in_flight", lane=lane, cap=cap)[0][0])

    def lock_client(self, client_id: ClientId) -> None:
        self.cursor.execute(statements()["lock_client"], {"client": client_id})

    def lock_webhook(self, webhook: str) -> None:
        self.cursor.execute(statements()["lock_webhook"], {"webhook": webhook})

    def lock_log(self) -> None:
        self.cursor.execute(statements()["lock_runs"])
        self.cursor.execute(statements()["lock_log"], {"lock": APPEND_LOCK})

    def append(self, commit: Commit) -> list[int]:
        return self._store.append_on(self.cursor, commit)

    def last_position(self) -> int:
        """As of the store."""
        return int(self._rows("last_position")[0][0])

    def _rows(self, name: str, **params: Any) -> list[TupleRow]:
        return self.cursor.execute(statements()[name], params, binary=True).fetchall()


def _keys(held: Iterable[str]) -> frozenset[Key]:
    """Keys, out of texts of their kind and value."""
    return frozenset(Key(KeyKind(kind), value) for kind, value in (text.split(" ", 1) for text in held))


def _loaded(rows: Iterable[TupleRow]) -> dict[UUID, LoadedRun]:
    return {run_id: LoadedRun(state=decode_run(kind, state), version=version) for run_id, kind, state, version in rows}


def _batches(rows: Iterable[TupleRow]) -> list[tuple[Batch, int]]:
    return [(_batch_decoder.decode(state), version) for state, version in rows]


def _lanes(rows: Iterable[TupleRow]) -> list[tuple[Lane, int]]:
    return [(Lane(**dict(zip(_LANE_FIELDS, row, strict=False))), row[-1]) for row in rows]
