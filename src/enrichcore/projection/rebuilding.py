"""Rebuilding read models from the first event, beside the live ones, while everything runs.

A rebuild fills tables of its own: in closed parts of the log where the read model allows it, else page by page. A row in
`rebuilds` is its lease, renewed with every part or page: two rebuilds of one read model exclude each other without any session
state, and what a crashed one left is dropped once its lease is over.
When it has caught up, one transaction locks the live checkpoints, folds the rest, and puts the tables in place.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from itertools import chain
from typing import Final
from uuid import UUID, uuid4

import psycopg
from attrs import Factory, define, evolve, frozen
from psycopg import Connection, sql
from psycopg.rows import TupleRow

from enrichcore.domain.events import DayPassed, Recorded
from enrichcore.projection.configured import configured
from enrichcore.projection.errors import RebuildLost, RebuildRunning, StaleTables, UnreadableEvent
from enrichcore.projection.folding import PartFolder, fold_apart
from enrichcore.projection.following import follow
from enrichcore.projection.parts import Part, Parts
from enrichcore.projection.read_model import ReadModel
from enrichcore.projection.reading import EVERYTHING, Fault, Page, Span, feed, last_position, read_page
from enrichcore.projection.schema import (
    NEW,
    Pool,
    checkpoints,
    copy_rows,
    create,
    drop,
    ensure_tables,
    name_of,
    put_checkpoint,
    put_in_place,
    shape,
)
from enrichcore.projection.statements import part_statement, statement, table_of
from enrichcore.projection.tables import PostgresTables
from enrichcore.store.codec import Seal

#: A rebuild that is silent for longer is taken for dead; many times what a page takes.
LEASE: Final = timedelta(minutes=2)
#: How long the switch waits for readers of a live table before it lets them pass and tries again.
SWITCH_WAIT_MS: Final = 2000
SWITCH_TRIES: Final = 30
SWITCH_PAUSE_S: Final = 0.5
PART: Final = "__part"
#: For how long a rebuild that failed tries to drop what it made, where the database was lost, and how often.
DISCARD_WITHIN_S: Final = 20.0
DISCARD_PAUSE_S: Final = 0.5
#: Rows that a rebuild changes before it writes them: most rows change several times, and a crash begins anew anyway.
PENDING_ROWS: Final = 20_000

#: Events of a part, and of a page where there are no parts: each process holds that many, with what is made of them.
PART_EVENTS: Final = 2000
#: Parts that each process should have to fold before it is worth starting one.
PARTS_APART: Final = 3

#: Told the position reached and the last one to reach.
Progress = Callable[[int, int], None]


def _silent(_position: int, _target: int) -> None:
    return


@frozen(kw_only=True)
class Rebuilt:
    """What a rebuild did."""

    read_models: tuple[str, ...]
    #: Position up to which the rows tell.
    position: int


@define(kw_only=True)
class Building:
    """Tables that are being filled beside the live ones."""

    pool: Pool
    models: tuple[ReadModel, ...]
    suffix: str
    span: Span = EVERYTHING
    #: Events of a page, and of a part of the log that is folded at once.
    page: int = PART_EVENTS
    #: Processes that fold parts; 1 folds them here.
    processes: int = 1
    seal: Seal | None = None
    lease: timedelta = LEASE
    position: int = 0
    owner: UUID = Factory(uuid4)
    _tables: dict[str, PostgresTables] = Factory(dict)

    def start(self) -> None:
        """Take the lease and make empty tables.

        Raises:
            RebuildRunning: Another rebuild holds the lease.
        """
        with self.pool.connection() as connection:
            for model in sorted(self.models, key=lambda model: model.name):
                params = {"name": model.name, "suffix": self.suffix, "owner": self.owner, "lease": self.lease}
                before = connection.execute(statement("owner_of_rebuild"), params).fetchone()
                if connection.execute(statement("claim_rebuild"), params).fetchone() is None:
                    raise RebuildRunning(model.name)
                if before is not None:
                    connection.execute(part_statement("drop_parts", table_of(before[0])))
                drop(connection, model, self.suffix)
                create(connection, model, self.suffix)
                self._tables[model.name] = PostgresTables(model.tables, self.suffix)

    def fill(self, progress: Progress = _silent) -> None:
        """Fold everything until the span, or the log, ends: what can be in parts, the rest page by page.

        Raises:
            RebuildLost: The lease was over and another rebuild took it.
            UnreadableEvent: An event cannot be folded.
            UnwritableRows: PostgreSQL refused the rows.
        """
        with self.pool.connection() as connection:
            target = last_position(connection, self.span.until)
        if self.span.upto is not None:
            target = min(target, self.span.upto)
        progress(0, target)
        in_parts = tuple(model for model in self.models if model.common is not None)
        in_pages = tuple(model for model in self.models if model.common is None)
        if in_parts:
            self._fold_parts(in_parts, target, progress)
        self._fold_pages(in_pages, target)
        self.position = target
        progress(target, target)

    def _fold_pages(self, models: tuple[ReadModel, ...], target: int) -> None:
        topics = None if any(model.topics is None for model in models) else _all_topics(models)
        span = evolve(self.span, upto=target, topics=topics)
        while models:
            with self.pool.connection() as connection:
                if not self._fold_next(connection, models, span, PENDING_ROWS):
                    self._flush(connection)
                    return

    def _fold_parts(self, models: tuple[ReadModel, ...], target: int, progress: Progress) -> None:
        found = Parts(owner=self.owner, span=self.span, upto=target, seal=self.seal)
        folder = PartFolder(models=models, suffix=self.suffix, parts=found, size=self.page)
        with self.pool.connection() as connection:
            self.renew(connection)
            parts = found.make(connection, self.page)
            folder.fold_common(connection)
        total, done = sum(part.events for part in parts), 0
        large = [part for part in parts if folder.is_large(part)]
        others = [part for part in parts if not folder.is_large(part)]
        for events in chain(self._folded_here(folder, large), self._folded(folder, others)):
            done += events
            self.position = target * done // total
            progress(self.position, target)
            with self.pool.connection() as connection:
                self.renew(connection)
        with self.pool.connection() as connection:
            found.drop(connection)
        self.position = 0

    def _folded(self, folder: PartFolder, parts: Sequence[Part]) -> Iterator[int]:
        if self.processes > 1 and len(parts) >= self.processes * PARTS_APART:
            return fold_apart(folder, _conninfo(self.pool), parts, self.processes)
        return self._folded_here(folder, parts)

    def _folded_here(self, folder: PartFolder, parts: Iterable[Part]) -> Iterator[int]:
        for part in parts:
            with self.pool.connection() as connection:
                events = folder.fold(connection, part)
            yield events

    def fold_page(self, connection: Connection[TupleRow]) -> bool:
        """Fold one page in the connection's transaction; tells whether there was one.

        Raises:
            RebuildLost: The lease was over and another rebuild took it.
            UnreadableEvent: An event cannot be folded.
        """
        return self._fold_next(connection, self.models, self.span)

    def _fold_next(
        self, connection: Connection[TupleRow], models: Sequence[ReadModel], span: Span, pending: int = 0
    ) -> bool:
        """The same for some of the models; `pending` changed rows of each need not be written yet."""
        self.renew(connection)
        read = read_page(connection, self.position, self.page, span=span, seal=self.seal)
        if read.last is None:
            return False
        self._fold(connection, models, read, pending)
        self.position = read.last
        return True

    def _fold(
        self, connection: Connection[TupleRow], models: Sequence[ReadModel], read: Page, pending: int = 0
    ) -> None:
        for model in models:
            tables = self._tables[model.name]
            tables.use(connection)
            for fault in (*read.faults, *feed(model, read.events, tables)):
                raise _unreadable(model, fault)
            # A model of few rows may have none to write for the whole of the log, and must not remember how they came about.
            tables.settle()
            if tables.pending > pending or tables.is_full:
                tables.flush()

    def _flush(self, connection: Connection[TupleRow]) -> None:
        for tables in self._tables.values():
            tables.use(connection)
            tables.flush()

    def pass_day(self, connection: Connection[TupleRow], day: date, at: datetime) -> None:
        """Fold a day that no event tells of, for rows as of a moment."""
        passed = Recorded(stream_id=UUID(int=0), version=0, at=at, event=DayPassed(day=day), position=self.position + 1)
        self._fold(connection, self.models, Page(events=(passed,), faults=(), last=self.position))

    def go_back(self, position: int) -> None:
        """Forget what a transaction folded that was rolled back, and prolong the lease that it would have prolonged."""
        self.position = position
        for tables in self._tables.values():
            tables.forget()
        with self.pool.connection() as connection:
            self.renew(connection)

    def renew(self, connection: Connection[TupleRow]) -> None:
        """Prolong the lease."""
        names = [model.name for model in self.models]
        params = {
            "names": names,
            "suffix": self.suffix,
            "owner": self.owner,
            "position": self.position,
            "lease": self.lease,
        }
        held = connection.execute(statement("renew_rebuild"), params).fetchall()
        if len(held) != len(names):
            raise RebuildLost(", ".join(names))

    def release(self, connection: Connection[TupleRow]) -> None:
        """Give back the lease."""
        names = [model.name for model in self.models]
        connection.execute(statement("end_rebuild"), {"names": names, "suffix": self.suffix, "owner": self.owner})

    def discard(self) -> None:
        """Drop the tables and give back the lease, if it is still ours.

        A database that was lost is waited for, so that another rebuild may begin at once; where it stays away, the lease ends.
        """
        until = time.monotonic() + DISCARD_WITHIN_S
        while True:
            try:
                self._discard()
            except (psycopg.OperationalError, psycopg.InterfaceError):
                # Of a pool's connections more than one may be dead.
                if time.monotonic() < until:
                    time.sleep(DISCARD_PAUSE_S)
                    continue
            return

    def _discard(self) -> None:
        with self.pool.connection() as connection:
            connection.execute(part_statement("drop_parts", table_of(self.owner)))
            try:
                self.renew(connection)
            except RebuildLost:
                return
            for model in self.models:
                drop(connection, model, self.suffix)
            self.release(connection)


@contextmanager
def building(
    pool: Pool,
    models: Sequence[ReadModel],
    suffix: str,
    *,
    span: Span = EVERYTHING,
    page: int = PART_EVENTS,
    processes: int = 1,
    seal: Seal | None = None,
) -> Iterator[Building]:
    """Begin to build beside; whatever is not put in place by the end is dropped."""
    ensure_tables(pool, models)
    with pool.connection() as connection:
        kept = configured(connection, [model for model in models if model.tables], seal)
    beside = Building(pool=pool, models=kept, suffix=suffix, span=span, page=page, processes=processes, seal=seal)
    beside.start()
    try:
        yield beside
    finally:
        beside.discard()


def rebuild(
    pool: Pool,
    models: Sequence[ReadModel],
    *,
    progress: Progress = _silent,
    page: int = PART_EVENTS,
    processes: int = 1,
    seal: Seal | None = None,
) -> Rebuilt:
    """Rebuild read models from the first event by the present rules, and switch over at once.

    Args:
        pool: connections.
        models: what to rebuild.
        progress: told how far it is.
        page: events folded at once; memory grows with it, about 15 KB an event.
        processes: how many fold at the same time. More than 1 are started anew with `spawn`, so the caller's main module
            must be importable.
        seal: opens what the store's seal closed.

    Raises:
        RebuildRunning: Another rebuild of one of them is under way.
        UnreadableEvent: The rules cannot fold an event; the live tables are as before.
        psycopg.errors.LockNotAvailable: Readers held a live table for more than a minute.
    """
    with building(pool, models, NEW, page=page, processes=processes, seal=seal) as beside:
        beside.fill(progress)
        _switch(beside, _newest, _put_all_in_place)
        return Rebuilt(read_models=tuple(model.name for model in beside.models), position=beside.position)


def recompute(
    pool: Pool,
    models: Sequence[ReadModel],
    client_id: UUID,
    *,
    progress: Progress = _silent,
    page: int = PART_EVENTS,
    processes: int = 1,
    seal: Seal | None = None,
) -> Rebuilt:
    """Rebuild the rows of one client from all its events, and replace them at once.

    The live tables are brought to the end of the log in the same transaction, so that no event counts twice.

    Raises:
        StaleTables: The tables themselves changed; only a whole rebuild puts that right.
        RebuildRunning: As for `rebuild`, like the further ones.
    """
    span = Span(client_id=client_id)
    with building(pool, models, PART, span=span, page=page, processes=processes, seal=seal) as beside:
        beside.fill(progress)
        _switch(beside, _follow_live, lambda connection, one: _replace_client(connection, one, client_id))
        return Rebuilt(read_models=tuple(model.name for model in beside.models), position=beside.position)


def _switch(
    beside: Building,
    reach: Callable[[Connection[TupleRow], Building], int],
    put: Callable[[Connection[TupleRow], Building], None],
) -> None:
    """Fold the rest and put the tables in place, in one transaction; tried again while readers hold a live table.

    The log grows meanwhile, so `reach` says once up to which position both sides tell, and everything goes by that.
    """
    for left in reversed(range(SWITCH_TRIES)):
        begun = beside.position
        try:
            with beside.pool.connection() as connection:
                connection.execute(f"set local lock_timeout = {SWITCH_WAIT_MS}")
                checkpoints(connection, beside.models, lock=True)
                beside.span = evolve(beside.span, upto=reach(connection, beside))
                while beside.fold_page(connection):
                    pass
                beside.position = max(beside.position, beside.span.upto or 0)
                put(connection, beside)
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
            if not left:
                raise
            beside.go_back(begun)
            time.sleep(SWITCH_PAUSE_S)
        else:
            return


def _newest(connection: Connection[TupleRow], _beside: Building) -> int:
    return last_position(connection)


def _follow_live(connection: Connection[TupleRow], beside: Building) -> int:
    """Bring the live tables to the end of the log; the position that they stand at."""
    known = checkpoints(connection, beside.models)
    for model in beside.models:
        if known[model.name].shape != shape(model):
            raise StaleTables(model.name)
    follow(connection, beside.models, page=beside.page, seal=beside.seal)
    reached = {mark.position for mark in checkpoints(connection, beside.models).values()}
    return max(reached)


def _put_all_in_place(connection: Connection[TupleRow], beside: Building) -> None:
    known = checkpoints(connection, beside.models)
    for model in beside.models:
        put_in_place(connection, model, beside.suffix, same_shape=known[model.name].shape == shape(model))
        put_checkpoint(connection, model, beside.position)
        connection.execute(statement("forget_faults"), {"name": model.name, "position": beside.position})
    beside.release(connection)


def _replace_client(connection: Connection[TupleRow], beside: Building, client_id: UUID) -> None:
    for model in beside.models:
        for table in model.tables:
            if table.by_client:
                live = name_of(table)
                connection.execute(sql.SQL("delete from {} where client_id = %s").format(live), [client_id])
                copy_rows(connection, table, beside.suffix, client_id)


def _conninfo(pool: Pool) -> str:
    return pool.conninfo() if callable(pool.conninfo) else pool.conninfo


def _all_topics(models: Iterable[ReadModel]) -> frozenset[str]:
    return frozenset().union(*(model.topics or () for model in models))


def _unreadable(model: ReadModel, fault: Fault) -> UnreadableEvent:
    return UnreadableEvent(model.name, fault.position, fault.topic, fault.reason)
