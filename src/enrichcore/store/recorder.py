"""Our PostgreSQL recorder: one round trip to one function for a whole group of events and the inline state beside them.

The stock recorder hangs for ever on writes of 0.5 MB and more over a unix socket, because psycopg's pipeline does not
flush what it has not sent before it syncs; ours sends plain statements and no pipeline. Columns go as typed arrays in
binary (`enrichcore.store.arrays`), where the stock recorder encodes one array of composites.

Writers take a transaction-level advisory lock inside that function, for one round trip. So insert order is commit order
and the greatest position in a snapshot is a safe checkpoint. Every writer of the log goes through that function.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, Final, cast
from uuid import UUID

from eventsourcing.persistence import ApplicationRecorder, StoredEvent, Subscription
from psycopg import Connection, Cursor
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool

from enrichcore.store.arrays import Column, column
from enrichcore.store.log import EnvelopedEvent, EnvelopedNotification
from enrichcore.store.rows import RunRow, StepRow
from enrichcore.store.statements import statements

#: Serialises the writers of the log; `append_events` takes it.
APPEND_LOCK = 4985317

#: Columns with their PostgreSQL types, as `append_events` takes them.
_EVENTS: Final = {
    "originator_id": "uuid", "originator_version": "int4", "topic": "text", "state": "bytea", "at": "timestamptz",
    "client_id": "uuid", "entity_id": "uuid", "batch_id": "uuid",
}  # fmt: skip
_GUARDS: Final = ("uuid", "int4", "uuid", "int4")
_RUNS: Final = {
    "run_id": "uuid", "kind": "text", "client_id": "uuid", "batch_id": "uuid", "person_id": "uuid",
    "company_id": "uuid", "workstream": "text", "status": "text", "gaps": "int4", "in_doubt": "bool",
    "version": "int4", "state": "bytea",
}  # fmt: skip
_STEPS: Final = {
    "run_id": "uuid", "step_no": "int2", "workflow": "text", "workstream": "text", "client_id": "uuid",
    "batch_id": "uuid", "lane_id": "uuid", "state": "text", "generation": "int4", "attempt": "int4",
    "wake_at": "timestamptz", "company_run_id": "uuid", "reason": "text", "rank": "int2", "answered_at": "timestamptz",
    "reserved": "numeric", "spent": "numeric",
}  # fmt: skip
RUN_FIELDS: Final = tuple(_RUNS)
STEP_FIELDS: Final = tuple(_STEPS)
_TYPES: Final = (*_EVENTS.values(), *_GUARDS, *_RUNS.values(), *_STEPS.values())
# A decimal travels as its digits.
_PARAMETERS: Final = (f"%b::{'text[]::numeric' if name == 'numeric' else name}[]" for name in _TYPES)
#: Should this host vanish before it has committed, the server ends the session, or nobody else could append for hours.
_GIVEN_UP: Final = "set_config('idle_in_transaction_session_timeout', '60s', true)"
#: A claim waits for others no longer than a moment, but to append what it decided it waits as long as it takes.
_PATIENT: Final = "set_config('lock_timeout', '0', true)"
_APPEND: Final = (
    f"select enrichcore.append_events({', '.join(_PARAMETERS)}) from {_GIVEN_UP} as given_up, {_PATIENT} as patient"
)


def _columns(rows: Sequence[Any], fields: Mapping[str, str]) -> list[Column]:
    return [
        column("text", list(map(str, values))) if kind == "numeric" else column(kind, values)
        for kind, values in zip(fields.values(), _turned(rows, fields), strict=True)
    ]


def _turned(rows: Sequence[Any], fields: Iterable[str]) -> Iterable[Sequence[Any]]:
    """Rows as columns."""
    return zip(*map(attrgetter(*fields), rows), strict=True) if rows else [()] * len(tuple(fields))


def append(
    cursor: Cursor[TupleRow],
    events: Sequence[EnvelopedEvent],
    *,
    runs: Sequence[RunRow] = (),
    steps: Sequence[StepRow] = (),
    read: dict[UUID, int] | None = None,
    waits: dict[UUID, int] | None = None,
) -> list[int]:
    """Store events and inline state on a cursor; the events' positions. One round trip, holds the append lock."""
    read, waits = read or {}, waits or {}
    params = [
        *_columns(events, _EVENTS),
        *map(column, _GUARDS, map(list, (read, read.values(), waits, waits.values()))),
        *_columns(runs, _RUNS),
        *_columns(steps, _STEPS),
    ]  # fmt: skip
    cursor.execute(_APPEND, params)
    return [row[0] for row in cursor.fetchall()]


class PostgresRecorder(ApplicationRecorder):
    """The library's recorder interface over our table."""

    def __init__(self, pool: ConnectionPool[Connection[TupleRow]]) -> None:
        self._pool = pool
        super().__init__()

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
        """Store events; one autocommit round trip. `cursor` among the keywords joins an open transaction."""
        events = [cast("EnvelopedEvent", event) for event in stored_events]
        cursor = kwargs.pop("cursor", None)
        if cursor is not None:
            return append(cursor, events, **kwargs)
        with self._pool.connection() as connection, connection.cursor() as own:
            return append(own, events, **kwargs)

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """The events of one stream."""
        # What is cut off at the end of a stream, the statement need not read.
        params = {"id": originator_id, "after": gt or 0, "limit": None if desc or lte is not None else limit}
        with self._pool.connection() as connection:
            rows = connection.execute(statements()["stream"], params, binary=True).fetchall()
        found = [_notification(cast("UUID", originator_id), *row) for row in rows]
        kept = [
            event for event in (reversed(found) if desc else found) if lte is None or event.originator_version <= lte
        ]
        return kept[:limit]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
        until: datetime | None = None,
    ) -> Any:
        """A page of the log: so many events of the topics, or all that there are."""
        after = (start or 0) - (1 if start and inclusive_of_start else 0)
        page: list[EnvelopedNotification] = []
        with self._pool.connection() as connection:
            while len(page) < limit:
                params = {"after": after, "limit": limit, "until": until}
                rows = connection.execute(statements()["log"], params, binary=True).fetchall()
                found = [_notification(*row) for row in rows]
                page += [event for event in found if not topics or event.topic in topics]
                if len(found) < limit or (stop is not None and found[-1].id >= stop):
                    break
                after = found[-1].id
        return [event for event in page[:limit] if stop is None or event.id <= stop]

    def max_notification_id(self) -> int | None:
        """Position of the newest event, or None in an empty log."""
        with self._pool.connection() as connection:
            row = connection.execute(statements()["last_position"]).fetchone()
        return (row[0] if row else 0) or None

    def subscribe(
        self,
        gt: int | None = None,  # noqa: ARG002 - the library's interface
        topics: Sequence[str] = (),  # noqa: ARG002 - as above
    ) -> Subscription[ApplicationRecorder]:
        """Not offered: projections poll the log, which misses nothing.

        Raises:
            RuntimeError: always.
        """
        raise RuntimeError("enrichcore's projections follow the log by position; use Store.log(after, limit)")


def _notification(
    originator_id: UUID,
    version: int,
    topic: str,
    state: bytes,
    at: Any,
    client_id: UUID | None,
    entity_id: UUID | None,
    batch_id: UUID | None,
    position: int,
) -> EnvelopedNotification:
    return EnvelopedNotification(
        originator_id=originator_id,
        originator_version=version,
        topic=topic,
        state=state,
        at=at,
        client_id=client_id,
        entity_id=entity_id,
        batch_id=batch_id,
        id=position,
    )
