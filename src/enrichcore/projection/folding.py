"""Folding the log part by part, here or in processes of their own; each part's rows are written once, by COPY.

A group that is larger than memory should hold is folded in pages through PostgreSQL instead, before all others, so that
it meets no rows but its own.
"""

import gc
import signal
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from multiprocessing import get_context
from typing import Final

import psycopg
from attrs import Factory, define
from psycopg import Connection
from psycopg.rows import TupleRow

from enrichcore.domain.events import Recorded
from enrichcore.projection.copying import copy_in
from enrichcore.projection.errors import UnreadableEvent, UnwritableRows
from enrichcore.projection.parts import Part, Parts
from enrichcore.projection.read_model import ReadModel, Row, Table, Tables
from enrichcore.projection.reading import Page, feed
from enrichcore.projection.tables import PostgresTables
from enrichcore.store.connections import connected

#: A part of more events than this many times the usual size is folded in pages through PostgreSQL.
LARGE: Final = 8
#: New objects in a process that folds before the garbage collector looks for cycles among them.
_YOUNG: Final = 50_000
#: Seconds between signs of life while other processes fold.
PULSE_S: Final = 5.0


@define(kw_only=True)
class PartFolder:
    """Folds parts of the log into tables with a suffix, for read models that can be folded in parts."""

    models: tuple[ReadModel, ...]
    suffix: str
    parts: Parts
    #: Events of a usual part, and of a page of a large one.
    size: int
    _common: dict[str, Page] = Factory(dict)

    def is_large(self, part: Part) -> bool:
        """Whether a part is too large to be folded in memory."""
        return part.events > self.size * LARGE

    def fold_common(self, connection: Connection[TupleRow]) -> None:
        """Write the rows that every part would make."""
        for model in self.models:
            tables = Tables(model.tables)
            _feed(model, self._common_of(connection, model), tables)
            self._write(connection, model, tables, common=True)

    def fold(self, connection: Connection[TupleRow], part: Part) -> int:
        """Fold one part in the connection's transaction; its number of events.

        Raises:
            UnreadableEvent: An event cannot be folded.
            UnwritableRows: PostgreSQL refused the rows.
        """
        if self.is_large(part):
            self._fold_large(connection, part)
            return part.events
        pages = list(self.parts.pages(connection, part.number, part.events))
        whole = Page(
            events=tuple(event for page in pages for event in page.events),
            faults=tuple(fault for page in pages for fault in page.faults),
            last=pages[-1].last if pages else None,
        )
        batches = {event.batch_id for event in whole.events}
        for model in self.models:
            tables = Tables(model.tables)
            common = self._common_of(connection, model)
            known = (event for event in common.events if event.batch_id is None or event.batch_id in batches)
            events = sorted((*known, *whole.events), key=_position)
            _feed(model, Page(events=tuple(events), faults=(*common.faults, *whole.faults), last=whole.last), tables)
            self._write(connection, model, tables, common=False)
        return part.events

    def _fold_large(self, connection: Connection[TupleRow], part: Part) -> None:
        for model in self.models:
            tables = PostgresTables(model.tables, self.suffix)
            tables.use(connection)
            common = self._common_of(connection, model)
            done = 0
            for page in self.parts.pages(connection, part.number, self.size):
                last = page.last or done
                between = [event for event in common.events if done < _position(event) <= last]
                events = sorted((*between, *page.events), key=_position)
                _feed(model, Page(events=tuple(events), faults=page.faults, last=last), tables)
                tables.flush()
                done = last
            rest = [event for event in common.events if _position(event) > done]
            _feed(model, Page(events=tuple(rest), faults=common.faults, last=None), tables)
            tables.flush()

    def _common_of(self, connection: Connection[TupleRow], model: ReadModel) -> Page:
        if model.name not in self._common:
            self._common[model.name] = self.parts.common(connection, model.common or frozenset())
        return self._common[model.name]

    def _write(self, connection: Connection[TupleRow], model: ReadModel, tables: Tables, *, common: bool) -> None:
        content = tables.content()
        for table in model.tables:
            rows = content[table.name]
            if rows and table.common is common:
                self._copy(connection, model, table, rows.values())

    def _copy(self, connection: Connection[TupleRow], model: ReadModel, table: Table, rows: Iterable[Row]) -> None:
        try:
            copy_in(connection, table, self.suffix, rows)
        except (psycopg.DataError, psycopg.IntegrityError) as error:
            raise UnwritableRows(model.name, table.name, str(error).splitlines()[0]) from error


def _feed(model: ReadModel, page: Page, tables: Tables) -> None:
    for fault in (*page.faults, *feed(model, page.events, tables)):
        raise UnreadableEvent(model.name, fault.position, fault.topic, fault.reason)


def _position(event: Recorded) -> int:
    return event.position or 0


# --- processes of their own --------------------------------------------------------------------------------------

#: In a process that folds: what it folds with, and its connection.
_mine: list[tuple[PartFolder, Connection[TupleRow]]] = []


def fold_apart(folder: PartFolder, conninfo: str, parts: Sequence[Part], processes: int) -> Iterator[int]:
    """Fold parts in that many processes; yields how many events were folded since the last time, 0 as a sign of life.

    Each process is started anew, so the caller's main module must be importable, as with any `spawn`.
    """
    context = get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_begin, initargs=(folder, conninfo)) as pool:
        waiting: set[Future[int]] = {pool.submit(_fold, part) for part in parts}
        try:
            while waiting:
                done, waiting = wait(waiting, PULSE_S, return_when=FIRST_COMPLETED)
                yield sum(future.result() for future in done)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _begin(folder: PartFolder, conninfo: str) -> None:
    # Ctrl-C reaches the whole group; the process that waits decides what comes of it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # A part makes some hundred thousand objects, none of them in cycles: looking for cycles every seven hundred costs.
    gc.freeze()
    gc.set_threshold(_YOUNG)
    _mine[:] = [(folder, connected(conninfo))]


def _fold(part: Part) -> int:
    folder, connection = _mine[0]
    with connection.transaction():
        return folder.fold(connection, part)
