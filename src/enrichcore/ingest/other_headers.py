"""Header lines further down: files that were put together below each other, and tables below a table.

Read under the first header, a name becomes a company there and a place a name. So a line of which nearly all cells are known
column names, side by side, is a header line; where they mean what their columns do it is the same one again, and else it begins
another table.
"""

from attrs import define, field, frozen

from enrichcore.ingest.column_groups import is_named
from enrichcore.ingest.profiles import Profile
from enrichcore.ingest.row import Row

HEADER_AGAIN = "it is the header line again"
_OTHER_HEADER = "it is the header line of another table"
#: So many known names make a header line where a third of its cells are none, too; fewer do where all are.
_KNOWN_NAMES = 3


@frozen(kw_only=True)
class Header:
    """The header of a file, and what its columns may mean."""

    cells: tuple[str, ...]
    profile: Profile
    _meanings: tuple[frozenset[str], ...] = field(init=False)

    @_meanings.default
    def _meant(self) -> tuple[frozenset[str], ...]:
        return tuple(map(self.profile.meanings, self.cells))

    def is_header(self, cells: tuple[str, ...]) -> bool:
        """Whether a row's cells are names of columns."""
        filled = [place for place, cell in enumerate(cells) if cell.strip()]
        # Nearly every record has an address, and no name of a column has: asking for it spares looking all cells up.
        if len(filled) < 2 or filled[-1] - filled[0] >= len(filled) or any("@" in cell for cell in cells):  # noqa: PLR2004 - one cell is no table
            return False
        known, unknown = set[str](), 0
        for place in filled:
            if self.profile.knows(cells[place]):
                known.add(cells[place].strip().casefold())
            elif 3 * (unknown := unknown + 1) > len(filled):
                return False
        return len(known) == len(filled) or len(known) >= _KNOWN_NAMES

    def is_same(self, cells: tuple[str, ...]) -> bool:
        """Whether names of columns mean what the columns do in which they stand, and none what another column does."""
        if len(cells) == len(self.cells) and all(map(is_named, self.cells, cells)):
            return True
        own = dict(enumerate(self._meanings))
        named = {place: meant for place, cell in enumerate(cells) if (meant := self.profile.meanings(cell))}
        same = {place for place, meant in named.items() if not meant.isdisjoint(own.get(place, frozenset()))}
        elsewhere = frozenset[str]().union(*own.values())
        return 2 * len(same) > len(named) and all(
            place in same or meant.isdisjoint(elsewhere) for place, meant in named.items()
        )


@define(kw_only=True)
class OtherHeaders:
    """What header lines say of the rows below them."""

    header: Header
    #: Line of the other table's header below which rows are; 0 for none.
    _line: int = 0

    def fault(self, row: Row) -> str:
        """Why a row is no record, as far as header lines tell; empty when it may be one."""
        if row.cells == self.header.cells:
            self._line = 0
            return HEADER_AGAIN
        if self.header.is_header(row.cells):
            self._line = 0 if self.header.is_same(row.cells) else row.line
            return _OTHER_HEADER if self._line else HEADER_AGAIN
        if self._line:
            return (
                f"it stands below line {self._line}, the header line of another table: import that as a file of its own"
            )
        return ""
