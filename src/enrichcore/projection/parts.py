"""Closed parts of the log: what a fold of one of them touches, no other part touches.

Persons and companies that an event ties together (an item, an import, a merge) are in one group, and a part is as many
whole groups as make some thousand events. The rows of a part therefore need no event of another one, and a fold of the
part in memory gives exactly the rows that a fold of the whole log gives, each of them once. So a rebuild writes rows by
COPY, in any number of processes, in memory that does not grow with the log. See decision 0011.

The groups are found by PostgreSQL, by spreading the least number among neighbours, because there may be more people than fit
into memory here.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any, Final
from uuid import UUID

from attrs import frozen
from psycopg import Connection
from psycopg.rows import TupleRow

from enrichcore.domain import events as e
from enrichcore.projection.reading import MAX_PAGE_BYTES, Fault, Page, Span, decoded, page_of, skipped
from enrichcore.projection.statements import part_statement, table_of, trusted
from enrichcore.store.codec import Seal

#: Names of the events that tie a person or company to another one.
_TIES: Final = tuple(event.__name__ for event in (e.ItemCreated, e.PersonImported, e.PersonsMerged, e.CompaniesMerged))
_FETCH: Final = 5000


def tied(recorded: e.Recorded) -> UUID | None:
    """The person or company that an event ties its own one to."""
    match recorded.event:
        case e.ItemCreated(company_id=company_id) | e.PersonImported(company_id=company_id):
            return company_id
        case e.PersonsMerged(merged=merged) | e.CompaniesMerged(merged=merged):
            return merged
    return None


@frozen(kw_only=True)
class Part:
    """Some whole groups of persons and companies."""

    number: int
    events: int


@frozen(kw_only=True)
class Parts:
    """The parts of one rebuild, remembered in tables of its own that end with it."""

    #: Names the tables.
    owner: UUID
    span: Span
    #: The last position that the parts hold.
    upto: int
    seal: Seal | None = None

    def make(self, connection: Connection[TupleRow], size: int) -> list[Part]:
        """Find the parts, of about `size` events each; a group of more is a part of its own."""
        run = partial(self._run, connection)
        run("drop_parts")
        run("new_parts")
        self._copy_links(connection)
        run("fill_parts")
        connection.execute(trusted(f"analyze {self._table}"))
        connection.execute(trusted(f"analyze {self._table}_links"))
        while run("spread_labels"):
            run("jump_labels")
        run("number_parts", size=size)
        run("index_parts")
        rows = connection.execute(part_statement("parts", self._table)).fetchall()
        return [Part(number=number, events=events) for number, events in rows]

    def pages(self, connection: Connection[TupleRow], part: int, limit: int) -> Iterator[Page]:
        """The events of a part in the order of the log, as one or several pages."""
        after = 0
        while True:
            params = {**self._bounds, "part": part, "after": after, "limit": limit, "max_bytes": MAX_PAGE_BYTES}
            rows = connection.execute(part_statement("part_page", self._table), params, binary=True).fetchall()
            if not rows:
                return
            after = rows[-1][0]
            yield page_of(rows, self.seal)

    def common(self, connection: Connection[TupleRow], topics: frozenset[str]) -> Page:
        """The events of no person or company that every part needs."""
        params = {**self._bounds, "skipped": skipped(topics)}
        rows = connection.execute(part_statement("common", self._table), params, binary=True).fetchall()
        return page_of(rows, self.seal)

    def drop(self, connection: Connection[TupleRow]) -> None:
        """Forget the parts."""
        self._run(connection, "drop_parts")

    @property
    def _table(self) -> str:
        return table_of(self.owner)

    @property
    def _bounds(self) -> dict[str, Any]:
        return {"upto": self.upto, "until": self.span.until, "client": self.span.client_id}

    def _run(self, connection: Connection[TupleRow], name: str, **params: Any) -> int:
        return connection.execute(part_statement(name, self._table), {**self._bounds, **params}).rowcount

    def _copy_links(self, connection: Connection[TupleRow]) -> None:
        """Write down which entity each event ties to which."""
        found: list[tuple[UUID, UUID]] = []
        with connection.cursor(name="links") as reading:
            reading.itersize = _FETCH
            reading.execute(part_statement("links", self._table), {**self._bounds, "topics": list(_TIES)}, binary=True)
            for row in reading:
                recorded = decoded(self.seal, *row)
                if isinstance(recorded, Fault):
                    # Whoever folds it tells what is wrong with it.
                    continue
                other = tied(recorded)
                if other is not None and recorded.entity_id is not None and other != recorded.entity_id:
                    found.append((recorded.entity_id, other))
                if len(found) >= _FETCH:
                    self._write_links(connection, found)
        self._write_links(connection, found)

    def _write_links(self, connection: Connection[TupleRow], found: list[tuple[UUID, UUID]]) -> None:
        with connection.cursor() as cursor, cursor.copy(trusted(f"copy {self._table}_links from stdin")) as out:
            for pair in dict.fromkeys(found):
                out.write_row(pair)
        found.clear()
