"""The root of all events, and the envelope in which one stands in its stream."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from attrs import frozen

from enrichcore.domain.ids import BatchId, ClientId
from enrichcore.domain.keys import Key


@frozen(kw_only=True)
class Event:
    """The root of all events."""


@frozen(kw_only=True)
class Recorded:
    """An event in its envelope, as it stands in a stream."""

    #: The aggregate that the event belongs to.
    stream_id: UUID
    #: Position in the stream, counted from 1.
    version: int
    #: When it was recorded, by the clock given to the decision, in UTC.
    at: datetime
    event: Event
    client_id: ClientId | None = None
    #: The person or company that it is about.
    entity_id: UUID | None = None
    batch_id: BatchId | None = None
    #: Position in the log over all streams; None until stored.
    position: int | None = None


def as_texts(values: Iterable[str]) -> tuple[str, ...]:
    """Any texts as a tuple: the log gives lists."""
    return tuple(values)


def as_keys(values: Iterable[Key]) -> tuple[Key, ...]:
    """Any keys as a tuple: the log gives lists."""
    return tuple(values)
