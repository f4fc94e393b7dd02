"""Pages of the log for projections, and how a page is fed to a read model.

A page is bounded in events and in bytes, because a body may be large. What cannot be decoded or folded is a fault with its
position; the caller says whether it is set aside or stops the work.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from attrs import frozen
from psycopg import Connection
from psycopg.rows import TupleRow

from enrichcore.domain.events import Recorded
from enrichcore.projection.read_model import ReadModel, Tables
from enrichcore.projection.statements import statement
from enrichcore.store.codec import EVENTS, Seal, decode_event

#: Events of a page.
PAGE = 5000
#: A page ends when it holds so many bytes.
MAX_PAGE_BYTES = 32 * 2**20
#: Characters kept of why an event could not be folded.
MAX_REASON = 500


@frozen(kw_only=True)
class Span:
    """Which events are read."""

    #: None reads to the end.
    upto: int | None = None
    #: Only what was recorded by then.
    until: datetime | None = None
    #: Only what belongs to this client or to none.
    client_id: UUID | None = None
    #: Only events of these names, and of names that nobody knows; None for all.
    topics: frozenset[str] | None = None


EVERYTHING = Span()


@frozen(kw_only=True)
class Fault:
    """An event that cannot be decoded or folded."""

    position: int
    topic: str
    reason: str


@frozen(kw_only=True)
class Page:
    """Some events in order."""

    events: tuple[Recorded, ...]
    faults: tuple[Fault, ...]
    #: Position of the last event, decoded or not; None for an empty page.
    last: int | None


def read_page(
    connection: Connection[TupleRow], after: int, limit: int, *, span: Span = EVERYTHING, seal: Seal | None = None
) -> Page:
    """The next events after a position."""
    params: dict[str, Any] = {
        "after": after,
        "limit": limit,
        "upto": span.upto,
        "until": span.until,
        "client": span.client_id,
        "skipped": skipped(span.topics),
        "max_bytes": MAX_PAGE_BYTES,
    }
    return page_of(connection.execute(statement("page"), params, binary=True).fetchall(), seal)


def page_of(rows: Sequence[TupleRow], seal: Seal | None) -> Page:
    """Rows of the log, position first, as a page."""
    read = [decoded(seal, *row) for row in rows]
    return Page(
        events=tuple(one for one in read if isinstance(one, Recorded)),
        faults=tuple(one for one in read if isinstance(one, Fault)),
        last=rows[-1][0] if rows else None,
    )


def skipped(topics: frozenset[str] | None) -> list[str]:
    """The names of events that one who reads only those of `topics` passes over; a name that nobody knows is none."""
    return [] if topics is None else sorted(EVENTS.keys() - topics)


def last_position(connection: Connection[TupleRow], until: datetime | None = None) -> int:
    """Position of the newest event, or of the newest that was recorded by a moment; 0 where there is none."""
    name = "last_position" if until is None else "last_position_by"
    row = connection.execute(statement(name), {"until": until}).fetchone()
    return int(row[0]) if row else 0


def decoded(
    seal: Seal | None,
    position: int,
    stream_id: UUID,
    version: int,
    topic: str,
    state: bytes,
    at: datetime,
    client_id: Any,
    entity_id: UUID | None,
    batch_id: Any,
) -> Recorded | Fault:
    """A row of the log, or why its bytes are no event."""
    try:
        event = decode_event(topic, seal.open(entity_id, state) if seal else state)
    except Exception as error:  # noqa: BLE001 - bytes in the log may be anything; one event is set aside, not the log
        return Fault(position=position, topic=topic, reason=_reason(error))
    return Recorded(
        stream_id=stream_id,
        version=version,
        at=at,
        event=event,
        client_id=client_id,
        entity_id=entity_id,
        batch_id=batch_id,
        position=position,
    )


def feed(model: ReadModel, events: Sequence[Recorded], tables: Tables) -> Iterator[Fault]:
    """Fold events; those that the rules cannot fold are left out and told.

    A page that fails is halved until the event is found; the rows do not depend on the size of pages.
    """
    if not events:
        return
    mark = tables.mark()
    try:
        model.project(events, tables)
    except psycopg.Error:
        raise
    except Exception as error:  # noqa: BLE001 - rules of any read model; the event is set aside with its reason
        tables.undo(mark)
        if len(events) == 1:
            yield fault_of(events[0], error)
            return
        middle = len(events) // 2
        yield from feed(model, events[:middle], tables)
        yield from feed(model, events[middle:], tables)


def fault_of(event: Recorded, error: Exception) -> Fault:
    """The fault of an event that could not be folded or stored."""
    return Fault(position=event.position or 0, topic=type(event.event).__name__, reason=_reason(error))


def _reason(error: Exception) -> str:
    text = f"{type(error).__name__}: {error}".replace("\0", "\ufffd")[:MAX_REASON]
    return text.encode("utf-8", "backslashreplace").decode()
