"""Rows into tables by COPY, each column in the binary form of its own type."""

from collections.abc import Callable, Iterable
from typing import Any, Final

from psycopg import Connection, sql
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from enrichcore.projection.read_model import Row, Table
from enrichcore.projection.schema import name_of
from enrichcore.projection.statements import statement
from enrichcore.projection.storable import json_bytes, storable

_Plain = Callable[[Any], Any]


def copy_in(connection: Connection[TupleRow], table: Table, suffix: str, rows: Iterable[Row]) -> None:
    """Add rows whose keys are not in the table yet.

    Raises:
        psycopg.DataError: PostgreSQL cannot hold one of them; none was added.
        psycopg.IntegrityError: As above.
    """
    name = name_of(table, suffix)
    columns = connection.execute(statement("column_types"), [f"enrichcore.{table.name}{suffix}"]).fetchall()
    query = sql.SQL("copy {} ({}) from stdin (format binary)").format(
        name, sql.SQL(", ").join(sql.Identifier(column) for column, _, _ in columns)
    )
    plain = [(column, _PLAIN.get(type_name, _as_it_is)) for column, _, type_name in columns]
    with connection.cursor() as cursor, cursor.copy(query) as out:
        out.set_types([oid for _, oid, _ in columns])
        for row in rows:
            out.write_row([None if (value := row[column]) is None else fit(value) for column, fit in plain])


def _as_it_is(value: Any) -> Any:
    return value


def _json(value: Any) -> Jsonb:
    return Jsonb(value, dumps=json_bytes)


_PLAIN: Final[dict[str, _Plain]] = {"text": storable, "text[]": storable, "jsonb": _json}
