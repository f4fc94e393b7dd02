"""Read models under the configuration that the log tells: no host's file decides how the rows of a shared database are made.

The newest configuration counts for all events, also for those before it: its rules are how the past is read now. What is
live goes on by it at once; rows from before it are stale until they are rebuilt, as after any change of the rules.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from attrs import evolve
from psycopg import Connection
from psycopg.rows import TupleRow

from enrichcore.domain.events import ConfigurationApplied
from enrichcore.domain.ids import CONFIGURATION
from enrichcore.projection.read_model import ReadModel
from enrichcore.projection.statements import statement
from enrichcore.store.codec import Seal, decode_event


def configured(
    connection: Connection[TupleRow], models: Sequence[ReadModel], seal: Seal | None = None
) -> tuple[ReadModel, ...]:
    """The read models under the newest configuration of the log."""
    if all(model.under is None for model in models):
        return tuple(models)
    return under(models, newest_snapshot(connection, seal))


def under(models: Sequence[ReadModel], snapshot: Mapping[str, Any]) -> tuple[ReadModel, ...]:
    """The read models under the configuration of a snapshot."""
    return tuple(_under(model, snapshot) for model in models)


def _under(model: ReadModel, snapshot: Mapping[str, Any]) -> ReadModel:
    told = model if model.under is None else model.under(snapshot)
    return model if told.rules == model.rules else told


def as_if(models: Sequence[ReadModel], snapshot: Mapping[str, Any]) -> tuple[ReadModel, ...]:
    """The same for good: whatever the log tells, these go by that snapshot. For looking at what a change would do."""
    return tuple(evolve(model, under=None) for model in under(models, snapshot))


def newest_snapshot(connection: Connection[TupleRow], seal: Seal | None = None) -> Mapping[str, Any]:
    """The newest configuration of the log; empty where there is none."""
    row = connection.execute(statement("newest_of"), {"stream": CONFIGURATION}, binary=True).fetchone()
    if row is None:
        return {}
    topic, state, entity_id = row
    return _snapshot(topic, bytes(seal.open(entity_id, state) if seal else state))


@lru_cache(maxsize=4)
def _snapshot(topic: str, state: bytes) -> Mapping[str, Any]:
    event = decode_event(topic, state)
    return event.snapshot if isinstance(event, ConfigurationApplied) else {}
