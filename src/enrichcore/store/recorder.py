"""Our PostgreSQL recorder: one round trip to one function for a whole group of events and the inline state beside them.

The stock recorder hangs for ever on writes of 0.5 MB and more over a unix socket, because psycopg's pipeline does not
flush what it has not sent before it syncs; ours sends plain statements and no pipeline. Columns go as typed arrays in
binary, which cost a quarter of what the stock composite array costs to encode.

Writers take a transaction-level advisory lock inside that function, for one round trip. So insert order is commit order
and the greatest position in a snapshot is a safe checkpoint. Every writer of the log goes through that function.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from eventsourcing.persistence import ApplicationRecorder, StoredEvent, Subscription
from psycopg import Connection, Cursor
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool

from enrichcore.store.log import EnvelopedEvent, EnvelopedNotification
from enrichcore.store.rows import RunRow, StepRow
from enrichcore.store.statements import statements

#: Serialises the writers of the log; `append_events` takes it.
APPEND_LOCK = 4985317

#: PostgreSQL types of the parameters of `append_events`, in order.
_TYPES = (  # noqa: SIM905 - forty names in a list would hide their order
    "uuid[] int4[] text[] bytea[] timestamptz[] uuid[] uuid[] uuid[] "
    "uuid[] int4[] uuid[] int4[] "
    "uuid[] text[] uuid[] uuid[] uuid[] uuid[] text[] text[] int4[] bool[] int4[] bytea[] "
    "uuid[] int2[] text[] text[] uuid[] uuid[] uuid[] text[] int4[] int4[] timestamptz[] uuid[] text[] int2[] "
    "timestamptz[] numeric[] numeric[]"
).split()
_APPEND = f"select enrichcore.append_events({', '.join(f'%b::{name}' for name in _TYPES)})"

RUN_FIELDS = (
    "run_id", "kind", "client_id", "batch_id", "person_id", "company_id", "workstream", "status", "gaps", "in_doubt",
    "version", "state",
)  # fmt: skip
STEP_FIELDS = (
    "run_id", "step_no", "workflow", "workstream", "client_id", "batch_id", "lane_id", "state", "generation", "attempt",
    "wake_at", "company_run_id", "reason", "rank", "answered_at", "reserved", "spent",
)  # fmt: skip
_EVENT_FIELDS = (
    "originator_id", "originator_version", "topic", "state", "at", "client_id", "entity_id", "batch_id",
)  # fmt: skip


def _columns(rows: Sequence[Any], fields: Sequence[str]) -> list[list[Any]]:
    return [[getattr(row, name) for row in rows] for name in fields]


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
        *_columns(events, _EVENT_FIELDS),
        list(read), list(read.values()), list(waits), list(waits.values()),
        *_columns(runs, RUN_FIELDS),
        *_columns(steps, STEP_FIELDS),
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
        with self._pool.connection() as connection:
            rows = connection.execute(statements()["stream"], {"id": originator_id}, binary=True).fetchall()
        found = [_notification(cast("UUID", originator_id), *row) for row in rows]
        kept = [
            event
            for event in (reversed(found) if desc else found)
            if (gt is None or event.originator_version > gt) and (lte is None or event.originator_version <= lte)
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
        """A page of the log."""
        after = (start or 0) - (1 if inclusive_of_start else 0)
        with self._pool.connection() as connection:
            params = {"after": after, "limit": limit, "until": until}
            rows = connection.execute(statements()["log"], params, binary=True).fetchall()
        found = [_notification(*row) for row in rows]
        return [
            event for event in found if (stop is None or event.id <= stop) and (not topics or event.topic in topics)
        ]

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
