"""What a read model is: tables, and a pure fold of events into their rows.

A fold sees its tables only through `Tables`: rows by key, and rows by the value of one column. It reads no clock and no
other table, so it runs in memory as well as on PostgreSQL, and gives the same rows in whatever page size it is fed.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from attrs import field, frozen

from enrichcore.domain.events import Event, Recorded
from enrichcore.store.codec import EVENTS

Row = Mapping[str, Any]
Key = tuple[Any, ...]

#: Stands for a row of which it is not known whether there is one.
_UNKNOWN: Final[Row] = {}


@frozen(kw_only=True)
class Table:
    """One table of a read model."""

    name: str
    #: Columns of the primary key.
    key: tuple[str, ...] = field(converter=tuple[str, ...])
    #: Whether users read it; support tables only remember what the fold needs.
    public: bool = True
    #: Whether each row belongs to one client, named by its column `client_id`.
    by_client: bool = True
    #: Whether its rows come from events of no person or company alone, so that every part of the log makes the same ones.
    common: bool = False

    def key_of(self, row: Row) -> Key:
        """The row's key."""
        return tuple(row[column] for column in self.key)


class Tables:
    """The rows that a fold reads and writes, in memory; a row is replaced, never changed.

    `PostgresTables` fetches what is not here yet. What was put can be taken back to a mark, so that an event that cannot
    be folded leaves no trace.
    """

    def __init__(self, tables: Iterable[Table]) -> None:
        self._tables = {table.name: table for table in tables}
        #: Rows by key as far as they are known; None for a key without a row.
        self._rows: dict[str, dict[Key, Row | None]] = {name: {} for name in self._tables}
        self._changed: dict[str, dict[Key, None]] = {name: {} for name in self._tables}
        self._journal: list[tuple[str, Key, Row | None]] = []
        #: Keys of known rows by the values of a column that was searched; a key stays where its row has changed since.
        self._indexes: dict[str, dict[str, dict[Any, dict[Key, None]]]] = {name: {} for name in self._tables}
        #: Values of such a column whose rows are all known.
        self._searched: dict[str, dict[str, set[Any]]] = {name: {} for name in self._tables}

    def load(self, table: str, keys: Iterable[Key]) -> None:
        """Fetch rows that will be asked for, all at once."""
        rows = self._rows[table]
        missing = [key for key in dict.fromkeys(keys) if key not in rows]
        if missing:
            rows.update(dict.fromkeys(missing))
            for row in self._fetch(table, missing):
                self._learn(table, self._tables[table].key_of(row), row)

    def get(self, table: str, *key: Any) -> Row | None:
        """The row of that key."""
        rows = self._rows[table]
        row = rows.get(key, _UNKNOWN)
        if row is _UNKNOWN:
            self.load(table, [key])
            row = rows[key]
        return row

    def put(self, table: str, row: Row) -> None:
        """Make that the row of its key."""
        self._set(table, self._tables[table].key_of(row), row)

    def delete(self, table: str, *key: Any) -> None:
        """Leave no row of that key."""
        self._set(table, key, None)

    def find(self, table: str, column: str, values: Collection[Any]) -> list[Row]:
        """Rows with one of the values in a column."""
        wanted = dict.fromkeys(values)
        index = self._indexed(table, column)
        searched = self._searched[table].setdefault(column, set())
        unknown = [value for value in wanted if value not in searched]
        if unknown:
            searched.update(unknown)
            for found in self._search(table, column, "= any(%s)", unknown):
                key = self._tables[table].key_of(found)
                if self._rows[table].get(key) is None and key not in self._changed[table]:
                    self._learn(table, key, found)
        keys = dict.fromkeys(key for value in wanted for key in index.get(value, ()))
        rows = self._rows[table]
        return [row for key in keys if (row := rows.get(key)) is not None and row[column] in wanted]

    def find_upto(self, table: str, column: str, bound: Any) -> list[Row]:
        """Rows whose value in a column is known and no greater than the bound."""
        found = self._search(table, column, "<= %s", bound)
        return self._current(table, found, lambda row: row[column] is not None and row[column] <= bound)

    def every(self, table: str) -> list[Row]:
        """All rows; for small tables."""
        return self._current(table, self._search(table, "", "", None), lambda _: True)

    def mark(self) -> int:
        """A point to come back to."""
        return len(self._journal)

    def undo(self, mark: int) -> None:
        """Take back everything since the mark."""
        while len(self._journal) > mark:
            table, key, row = self._journal.pop()
            self._learn(table, key, row)

    def settle(self) -> None:
        """Come back to no earlier point any more: what was remembered for that is let go."""
        self._journal.clear()

    def content(self) -> dict[str, dict[Key, Row]]:
        """Every known row, by table and key."""
        return {name: {key: row for key, row in rows.items() if row is not None} for name, rows in self._rows.items()}

    def _set(self, table: str, key: Key, row: Row | None) -> None:
        before = self.get(table, *key)
        if before == row:
            return
        self._journal.append((table, key, before))
        self._learn(table, key, row)
        self._changed[table][key] = None

    def _learn(self, table: str, key: Key, row: Row | None) -> None:
        self._rows[table][key] = row
        if row is not None:
            for column, index in self._indexes[table].items():
                index.setdefault(row[column], {})[key] = None

    def _indexed(self, table: str, column: str) -> dict[Any, dict[Key, None]]:
        indexes = self._indexes[table]
        if column not in indexes:
            indexes[column] = {}
            for key, row in self._rows[table].items():
                if row is not None:
                    indexes[column].setdefault(row[column], {})[key] = None
        return indexes[column]

    def _forget(self, table: str) -> None:
        """Let go of the rows of a table, which can be fetched again."""
        for known in (self._rows, self._indexes, self._searched):
            known[table].clear()

    def _current(self, table: str, found: Iterable[Row], wanted: Callable[[Row], bool]) -> list[Row]:
        """What is wanted of the found rows and of those changed since they were stored."""
        rows, key_of = self._rows[table], self._tables[table].key_of
        keys = dict(self._changed[table])
        for row in found:
            key = key_of(row)
            keys[key] = None
            if rows.get(key) is None and key not in self._changed[table]:
                self._learn(table, key, row)
        return [known for key in keys if (known := rows[key]) is not None and wanted(known)]

    def _fetch(self, table: str, keys: Sequence[Key]) -> Iterable[Row]:  # noqa: ARG002 - nothing lies outside memory
        return ()

    def _search(self, table: str, column: str, condition: str, value: Any) -> Iterable[Row]:  # noqa: ARG002 - as above
        return ()


def topics(*events: type[Event]) -> frozenset[str]:
    """The names in the log of events of these classes."""
    return frozenset(name for name, kind in EVENTS.items() if issubclass(kind, events))


@frozen(kw_only=True)
class ReadModel:
    """One read model."""

    name: str
    #: Version of its rules; another number than the stored one says that the rows are stale until they are rebuilt.
    version: int
    #: Creates its tables, under names that end in `{suffix}`; or its views, where it has no tables.
    sql: str
    tables: tuple[Table, ...] = field(default=(), converter=tuple[Table, ...])
    #: Names of the views that it makes.
    views: tuple[str, ...] = field(default=(), converter=tuple[str, ...])
    #: Folds events, in the order of the log, into the tables.
    project: Callable[[Sequence[Recorded], Tables], None] = lambda _events, _tables: None
    #: Names of the events that its rows turn on; None for all.
    topics: frozenset[str] | None = None
    #: Whether an event changes only rows of the persons and companies that it is tied to, and of common tables: then a
    #: rebuild folds the log in closed parts (`enrichcore.projection.parts`). What it needs to know besides are events of no
    #: person or company, whose names these are; None where the log must be folded in one piece.
    common: frozenset[str] | None = None
    #: What its rules have from the configuration, as text; another text than the stored one makes the rows stale, too.
    rules: str = ""
    #: The same read model under the configuration of a snapshot; None where no configuration changes its rules.
    under: Callable[[Mapping[str, Any]], "ReadModel"] | None = None
