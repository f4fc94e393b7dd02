"""Read models as of a moment, and what a rebuild would change: built beside, looked at, dropped. Nothing live is touched."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from attrs import Factory, evolve, frozen
from psycopg import Connection, sql
from psycopg.rows import TupleRow

from enrichcore.projection.read_model import ReadModel, Table
from enrichcore.projection.reading import Span
from enrichcore.projection.rebuilding import PART_EVENTS, Building, Progress, _silent, building
from enrichcore.projection.schema import Checkpoint, Pool, checkpoints, ensure_tables, name_of
from enrichcore.projection.statements import statement
from enrichcore.store.codec import Seal

#: Tables that are being looked at are kept for so long after their last page.
LOOK: Final = timedelta(hours=6)
#: Differences that are told one by one.
EXAMPLES: Final = 50


@frozen(kw_only=True)
class AsOf:
    """Tables that tell what was known at a moment."""

    moment: datetime
    position: int
    suffix: str

    def table(self, name: str) -> str:
        """The qualified name of a table as of the moment."""
        return f"enrichcore.{name}{self.suffix}"


@frozen(kw_only=True)
class Difference:
    """One field of one row that would change."""

    key: tuple[Any, ...]
    field: str
    before: Any
    after: Any


@frozen(kw_only=True)
class Diff:
    """What would change in one table."""

    table: str
    added: int = 0
    removed: int = 0
    #: Rows of which at least one field would change.
    changed: int = 0
    #: Rows that would change, by field.
    by_field: dict[str, int] = Factory(dict)
    examples: tuple[Difference, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing would change."""
        return not (self.added or self.removed or self.changed)


@contextmanager
def as_of(
    pool: Pool,
    models: Sequence[ReadModel],
    moment: datetime,
    *,
    client_id: UUID | None = None,
    progress: Progress = _silent,
    page: int = PART_EVENTS,
    processes: int = 1,
    seal: Seal | None = None,
) -> Iterator[AsOf]:
    """Read models from what was recorded by a moment, with indicators as of its day (UTC); dropped at the end."""
    suffix = f"__at_{uuid4().hex[:8]}"
    span = Span(until=moment, client_id=client_id)
    with building(pool, models, suffix, span=span, page=page, processes=processes, seal=seal) as beside:
        _fill_as_of(beside, moment, progress)
        yield AsOf(moment=moment, position=beside.position, suffix=suffix)


def diff(
    pool: Pool,
    models: Sequence[ReadModel],
    *,
    moment: datetime | None = None,
    client_id: UUID | None = None,
    progress: Progress = _silent,
    page: int = PART_EVENTS,
    processes: int = 1,
    seal: Seal | None = None,
) -> list[Diff]:
    """What a rebuild by the present rules would change, table by table; only tables that users read.

    Args:
        pool: connections.
        models: what to compare.
        moment: compare with what was known then, instead of now.
        client_id: only this client's rows.
        progress: told how far it is.
        page: events folded at once.
        processes: how many fold at the same time, as for `rebuild`.
        seal: opens what the store's seal closed.
    """
    ensure_tables(pool, models)
    suffix = f"__diff_{uuid4().hex[:8]}"
    found: list[Diff] = []
    for model in (model for model in models if model.tables):
        with pool.connection() as connection:
            live = checkpoints(connection, [model])[model.name]
        span = Span(until=moment, client_id=client_id, upto=None if moment else live.position)
        with building(pool, [model], suffix, span=span, page=page, processes=processes, seal=seal) as beside:
            if moment is not None:
                _fill_as_of(beside, moment, progress)
            else:
                beside.fill(progress)
            found += _compared(beside, model, moment, client_id)
    return found


def _fill_as_of(beside: Building, moment: datetime, progress: Progress) -> None:
    beside.lease = LOOK
    beside.fill(progress)
    with beside.pool.connection() as connection:
        beside.renew(connection)
        beside.pass_day(connection, moment.astimezone(UTC).date(), moment)


def _compared(beside: Building, model: ReadModel, moment: datetime | None, client_id: UUID | None) -> list[Diff]:
    """Compare at one position: live tables that moved on meanwhile are waited for by folding what they folded."""
    with beside.pool.connection() as connection:
        live: Checkpoint = checkpoints(connection, [model], lock=True)[model.name]
        if moment is None:
            beside.span = evolve(beside.span, upto=live.position)
            while beside.fold_page(connection):
                pass
        return [
            _compare(connection, table, beside.suffix, client_id if table.by_client else None)
            for table in model.tables
            if table.public
        ]


def _compare(connection: Connection[TupleRow], table: Table, suffix: str, client_id: UUID | None) -> Diff:
    old = _columns(connection, table.name)
    new = _columns(connection, table.name + suffix)
    shared = [name for name in new if name in old and name not in table.key]
    counts = [
        sql.SQL("count(*) filter (where o.{0} is distinct from n.{0} and o.{key} is not null and n.{key} is not null)")
        .format(sql.Identifier(name), key=sql.Identifier(table.key[-1]))
        for name in shared
    ]  # fmt: skip
    key = sql.Identifier(table.key[-1])
    query = sql.SQL(
        "select count(*) filter (where o.{key} is null), count(*) filter (where n.{key} is null),"
        " count(*) filter (where row({old}) is distinct from row({new}) and o.{key} is not null and n.{key} is not null)"
        "{counts} from {joined}"
    ).format(
        key=key,
        old=_of("o", shared),
        new=_of("n", shared),
        counts=sql.SQL("").join(sql.SQL(", ") + count for count in counts),
        joined=_joined(table, suffix),
    )
    row = connection.execute(query, {"client": client_id}).fetchone() or (0, 0, 0)
    added, removed, changed, *fields = (int(value) for value in row)
    by_field = {name: count for name, count in zip(shared, fields, strict=True) if count}
    examples = _examples(connection, table, suffix, list(by_field), client_id)
    return Diff(table=table.name, added=added, removed=removed, changed=changed, by_field=by_field, examples=examples)


def _examples(
    connection: Connection[TupleRow], table: Table, suffix: str, fields: Sequence[str], client_id: UUID | None
) -> tuple[Difference, ...]:
    if not fields:
        return ()
    key = sql.SQL(", ").join(sql.SQL("n.") + sql.Identifier(name) for name in table.key)
    query = sql.SQL(
        "select {key}, {old}, {new} from {joined}"
        " where n.{last} is not null and o.{last} is not null and row({old}) is distinct from row({new})"
        " order by {key} limit {limit}"
    ).format(
        key=key,
        old=_of("o", fields),
        new=_of("n", fields),
        joined=_joined(table, suffix),
        last=sql.Identifier(table.key[-1]),
        limit=sql.Literal(EXAMPLES),
    )
    found: list[Difference] = []
    width = len(table.key)
    for row in connection.execute(query, {"client": client_id}):
        before, after = row[width : width + len(fields)], row[width + len(fields) :]
        found += [
            Difference(key=tuple(row[:width]), field=name, before=one, after=other)
            for name, one, other in zip(fields, before, after, strict=True)
            if one != other
        ]
    return tuple(found[:EXAMPLES])


def _joined(table: Table, suffix: str) -> sql.Composed:
    key = sql.SQL(", ").join(map(sql.Identifier, table.key))
    mine = sql.SQL(" or client_id = %(client)s" if table.by_client else "")
    return sql.SQL(
        "(select * from {live} where %(client)s::uuid is null{mine}) as o"
        " full join (select * from {beside} where %(client)s::uuid is null{mine}) as n using ({key})"
    ).format(live=name_of(table), beside=name_of(table, suffix), mine=mine, key=key)


def _of(alias: str, columns: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(alias, name) for name in columns)


def _columns(connection: Connection[TupleRow], table: str) -> list[str]:
    return [name for (name,) in connection.execute(statement("columns"), {"table": table}).fetchall()]
