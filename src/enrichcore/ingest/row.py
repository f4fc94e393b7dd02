"""One record of a file, before anything is known of its columns."""

from collections.abc import Mapping

from attrs import field, frozen


@frozen(kw_only=True)
class Row:
    """One record of the file."""

    #: Line of the file, or row of the sheet, where the record starts, counted from 1; a record may span several lines.
    line: int
    #: The cells as they are in the file; maybe fewer or more than the header has.
    cells: tuple[str, ...]
    #: Whether blank rows stand right above it.
    apart: bool = False
    #: What is wrong with the record itself; empty when nothing is.
    fault: str = ""
    #: Where links behind cells of a sheet lead, by the cell's place.
    links: Mapping[int, str] = field(factory=dict)
