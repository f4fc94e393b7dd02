"""Following the log: each page is folded and written together with the position, in one transaction.

So every event counts exactly once. The rows of the checkpoints are locked first: of two projectors the second waits and
goes on where the first ended. An event that cannot be folded is set aside in `projection_faults`, and the rest goes on.
"""

from collections.abc import Sequence
from datetime import datetime

import psycopg
from attrs import frozen
from psycopg import Connection, sql
from psycopg.rows import TupleRow

from enrichcore.projection.configured import configured
from enrichcore.projection.read_model import ReadModel
from enrichcore.projection.reading import PAGE, Fault, fault_of, feed, last_position, read_page
from enrichcore.projection.schema import Checkpoint, Pool, checkpoints, name_of, shape
from enrichcore.projection.statements import statement
from enrichcore.projection.tables import PostgresTables
from enrichcore.store.codec import Seal


@frozen(kw_only=True)
class StoredFault:
    """An event that was set aside."""

    read_model: str
    position: int
    topic: str
    reason: str
    at: datetime


class _Unwritable(Exception):
    """PostgreSQL refused the rows of a page."""

    def __init__(self, model: ReadModel, fault: Fault | None) -> None:
        super().__init__(model.name)
        self.model = model
        #: The event to blame, where the page held no other.
        self.fault = fault


def catch_up(pool: Pool, models: Sequence[ReadModel], *, page: int = PAGE, seal: Seal | None = None) -> int:
    """Fold whatever is new in the log into the live tables.

    Read models whose tables are not those that the rules know are left as they are until they are rebuilt.

    Args:
        pool: connections.
        models: what to feed; each has its own checkpoint.
        page: events a transaction.
        seal: opens what the store's seal closed.

    Returns:
        The position up to which every followed read model has come.
    """
    size = page
    while True:
        try:
            with pool.connection() as connection:
                position, is_last = _follow_page(connection, models, size, seal)
        except _Unwritable as refused:
            if refused.fault is None:
                size = max(1, size // 8)
                continue
            with pool.connection() as connection:
                _skip(connection, refused.model, refused.fault)
            continue
        if is_last:
            return position
        size = min(page, size * 8)


def follow(connection: Connection[TupleRow], models: Sequence[ReadModel], *, page: int, seal: Seal | None) -> None:
    """Fold whatever is new inside the connection's transaction.

    Raises:
        psycopg.DataError: PostgreSQL refused rows; following outside a transaction finds the event and sets it aside.
    """
    is_last = False
    while not is_last:
        try:
            _, is_last = _follow_page(connection, models, page, seal)
        except _Unwritable as refused:
            raise refused.__cause__ or refused from None


def _follow_page(
    connection: Connection[TupleRow], models: Sequence[ReadModel], limit: int, seal: Seal | None
) -> tuple[int, bool]:
    """Fold one page; the position reached, and whether the log ended there."""
    newest = last_position(connection)
    known = _followed(models, checkpoints(connection, models))
    if not known or min(mark.position for mark in known.values()) >= newest:
        return newest, True
    models = configured(connection, models, seal)
    known = _followed(models, checkpoints(connection, models, lock=True))
    start = min(mark.position for mark in known.values())
    read = read_page(connection, start, limit, seal=seal)
    if read.last is None:
        return start, True
    for model in models:
        if model.name not in known:
            continue
        since = known[model.name].position
        events = [event for event in read.events if (event.position or 0) > since]
        tables = PostgresTables(model.tables)
        tables.use(connection)
        if known[model.name].rules != model.rules and _is_empty(connection, model):
            # Without rows there is nothing that other rules made.
            connection.execute(statement("put_rules"), {"name": model.name, "rules": model.rules})
        faults = [fault for fault in read.faults if fault.position > since]
        faults += feed(model, events, tables)
        try:
            tables.flush()
        except (psycopg.DataError, psycopg.IntegrityError) as error:
            raise _Unwritable(model, fault_of(events[0], error) if len(events) == 1 else None) from error
        for fault in faults:
            _set_aside(connection, model, fault)
        _move(connection, model, max(since, read.last))
    return read.last, False


def _is_empty(connection: Connection[TupleRow], model: ReadModel) -> bool:
    tables = [table for table in model.tables if table.public]
    queries = [sql.SQL("exists (select from {})").format(name_of(table)) for table in tables]
    row = connection.execute(sql.SQL("select {}").format(sql.SQL(" or ").join(queries))).fetchone()
    return row is not None and not row[0]


def _skip(connection: Connection[TupleRow], model: ReadModel, fault: Fault) -> None:
    known = checkpoints(connection, [model], lock=True)
    if known[model.name].position < fault.position:
        _set_aside(connection, model, fault)
        _move(connection, model, fault.position)


def _set_aside(connection: Connection[TupleRow], model: ReadModel, fault: Fault) -> None:
    params = {"name": model.name, "position": fault.position, "topic": fault.topic, "reason": fault.reason}
    connection.execute(statement("set_aside"), params)


def _move(connection: Connection[TupleRow], model: ReadModel, position: int) -> None:
    connection.execute(statement("move_checkpoint"), {"name": model.name, "position": position})


def _followed(models: Sequence[ReadModel], known: dict[str, Checkpoint]) -> dict[str, Checkpoint]:
    return {
        model.name: known[model.name]
        for model in models
        if model.tables and model.name in known and known[model.name].shape == shape(model)
    }


def stale(pool: Pool, models: Sequence[ReadModel]) -> list[str]:
    """Names of the read models whose rows were made by other rules than the present ones; a rebuild puts that right."""
    with pool.connection() as connection:
        models = configured(connection, models)
        known = checkpoints(connection, models)
    return [
        model.name
        for model in models
        if model.tables and model.name in known and not known[model.name].was_made_by(model)
    ]


def faults(pool: Pool, models: Sequence[ReadModel]) -> list[StoredFault]:
    """Events that were set aside since the last rebuild, in order."""
    with pool.connection() as connection:
        rows = connection.execute(statement("faults"), {"names": [model.name for model in models]}).fetchall()
    return [
        StoredFault(read_model=name, position=position, topic=topic, reason=reason, at=at)
        for name, position, topic, reason, at in rows
    ]
