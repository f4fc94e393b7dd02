"""The rows of read models on PostgreSQL: fetched by key when a fold asks, written back in bulk.

Rows travel as one JSON parameter each way, which PostgreSQL gives the types of the table's own columns, so neither side
lists types twice. A write is one statement a table.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, Final, LiteralString

from psycopg import Connection, sql
from psycopg.rows import TupleRow, dict_row

from enrichcore.projection.read_model import Key, Row, Table, Tables
from enrichcore.projection.schema import name_of
from enrichcore.projection.statements import trusted
from enrichcore.projection.storable import json_bytes

#: Rows of one table, and values that were looked for in it, kept in memory between the pages of a rebuild.
KEPT_ROWS = 20_000
#: Statements of each kind that are kept: those of the live tables, and of the tables of a few rebuilds.
STATEMENTS: Final = 256


class PostgresTables(Tables):
    """The rows of one read model, under names with a suffix.

    Args:
        tables: the read model's tables.
        suffix: ends their names; empty for the live ones.
    """

    def __init__(self, tables: Iterable[Table], suffix: str = "") -> None:
        super().__init__(tables)
        self._suffix = suffix
        self._connection: Connection[TupleRow] | None = None

    def use(self, connection: Connection[TupleRow]) -> None:
        """Read and write through that connection from now on, inside its transaction."""
        self._connection = connection

    @property
    def pending(self) -> int:
        """Changed rows that are not written yet."""
        return sum(len(keys) for keys in self._changed.values())

    @property
    def is_full(self) -> bool:
        """Whether more is known of a table than should be held, also of keys and values that have no row."""
        return any(self._known(name) > KEPT_ROWS for name in self._tables)

    def flush(self) -> None:
        """Write every change."""
        for name, keys in self._changed.items():
            rows = self._rows[name]
            put = [row for key in keys if (row := rows[key]) is not None]
            gone = [key for key in keys if rows[key] is None]
            if put:
                self._put(self._tables[name], put)
            if gone:
                self._delete(self._tables[name], gone)
            keys.clear()
            if self._known(name) > KEPT_ROWS:
                self._forget(name)
        self.settle()

    def forget(self) -> None:
        """Forget all rows, after a transaction that was rolled back."""
        for name in self._tables:
            self._forget(name)
            self._changed[name].clear()
        self.settle()

    def _known(self, name: str) -> int:
        return max(len(self._rows[name]), *map(len, self._searched[name].values()), 0)

    def _fetch(self, table: str, keys: Sequence[Key]) -> list[Row]:
        described = self._tables[table]
        return self._rows_of(_fetching(described, self._suffix), [_keys_json(described, keys)])

    def _search(self, table: str, column: str, condition: str, value: Any) -> list[Row]:
        return self._rows_of(
            _searching(self._tables[table], self._suffix, column, condition), [value] if column else []
        )

    def _rows_of(self, query: LiteralString, params: list[Any]) -> list[Row]:
        with self._open.cursor(row_factory=dict_row) as cursor:
            return list(cursor.execute(query, params, binary=True))

    def _put(self, table: Table, rows: Sequence[Row]) -> None:
        self._open.execute(_putting(table, self._suffix, tuple(rows[0])), [rows_json(rows)])

    def _delete(self, table: Table, keys: Sequence[Key]) -> None:
        self._open.execute(_deleting(table, self._suffix), [_keys_json(table, keys)])

    @property
    def _open(self) -> Connection[TupleRow]:
        if self._connection is None:
            raise RuntimeError("the tables have no connection yet: call use() first")
        return self._connection


def rows_json(rows: Sequence[Row]) -> str:
    """Rows as JSON that PostgreSQL takes whatever their texts hold."""
    plain = [
        {name: f"\\x{value.hex()}" if isinstance(value, bytes) else value for name, value in row.items()}
        for row in rows
    ]
    return json_bytes(plain).decode()


def _keys_json(table: Table, keys: Sequence[Key]) -> str:
    return rows_json([dict(zip(table.key, key, strict=True)) for key in keys])


# --- statements --------------------------------------------------------------------------------------------------

# Each is composed once: of a table of forty columns that takes a millisecond, and a page may hold a single event.


@lru_cache(maxsize=STATEMENTS)
def _fetching(table: Table, suffix: str) -> LiteralString:
    query = sql.SQL(
        "select t.* from json_populate_recordset(null::{name}, %s::json) as k join {name} as t on {same}"
    ).format(name=name_of(table, suffix), same=_same_key(table))
    return trusted(query.as_string())


@lru_cache(maxsize=STATEMENTS)
def _searching(table: Table, suffix: str, column: str, condition: str) -> LiteralString:
    query: sql.Composable = sql.SQL("select * from {}").format(name_of(table, suffix))
    if column:
        query += sql.SQL(" where {} ").format(sql.Identifier(column)) + sql.SQL(trusted(condition))
    return trusted(query.as_string())


@lru_cache(maxsize=STATEMENTS)
def _putting(table: Table, suffix: str, columns: tuple[str, ...]) -> LiteralString:
    values = [column for column in columns if column not in table.key]
    update = sql.SQL(", ").join(sql.SQL("{0} = excluded.{0}").format(sql.Identifier(name)) for name in values)
    query = sql.SQL(
        "insert into {name} ({columns}) select {columns} from json_populate_recordset(null::{name}, %s::json)"
        " on conflict ({key}) do {act}"
    ).format(
        name=name_of(table, suffix),
        columns=_names(columns),
        key=_names(table.key),
        act=sql.SQL("update set ") + update if values else sql.SQL("nothing"),
    )
    return trusted(query.as_string())


@lru_cache(maxsize=STATEMENTS)
def _deleting(table: Table, suffix: str) -> LiteralString:
    query = sql.SQL(
        "delete from {name} as t using json_populate_recordset(null::{name}, %s::json) as k where {same}"
    ).format(name=name_of(table, suffix), same=_same_key(table))
    return trusted(query.as_string())


def _same_key(table: Table) -> sql.Composed:
    parts = [sql.SQL("t.{0} = k.{0}").format(sql.Identifier(column)) for column in table.key]
    return sql.SQL(" and ").join(parts)


def _names(columns: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(column) for column in columns)
