"""A sheet of an Excel workbook (XLSX) as rows of text, as a CSV export of that sheet would have them.

Rows are streamed by openpyxl, which is slow and frugal: decision 0022. Numbers are written without exponent, dates as ISO
text, formulas as the value that Excel last saw.
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from contextlib import closing
from decimal import Decimal
from itertools import dropwhile, islice
from typing import Any, Final
from warnings import catch_warnings, simplefilter

from attrs import evolve, frozen

from enrichcore.ingest.column_groups import with_groups
from enrichcore.ingest.decoding import Source
from enrichcore.ingest.dialect import Knows, better_header, know_nothing, known_names
from enrichcore.ingest.errors import NotATable
from enrichcore.ingest.packing import opened_archive
from enrichcore.ingest.row import Row
from enrichcore.ingest.sheet_marks import SheetMarks, sheet_marks

#: Rows above the header that a title may take.
MAX_TITLE_ROWS: Final = 12
#: Bytes of all texts of a workbook, which are held in memory.
MAX_TEXTS: Final = 1 << 30
_TEXTS: Final = "xl/sharedstrings.xml"
#: A title is followed by a header of at least so many cells.
_CELLS_AFTER_TITLE: Final = 3
_REMEDY: Final = "save the sheet as CSV UTF-8"


@frozen(kw_only=True)
class Sheet:
    """The sheet of a workbook that is read."""

    title: str
    #: Other sheets that people see and that hold something; their rows are not read.
    others: tuple[str, ...]
    marks: SheetMarks


def find_sheet(source: Source, names_people: Knows = know_nothing) -> Sheet | None:
    """The first visible sheet that holds a table of people, else any table, else anything; None where none does.

    Args:
        source: The workbook.
        names_people: Whether a cell is the name of a column of people's names.

    Raises:
        NotATable: The workbook cannot be read, or its texts do not fit into memory.
    """
    _refuse_giants(source)
    with source.open() as stream, closing(_opened(stream, source.name)) as workbook:
        visible = [sheet for sheet in workbook.worksheets if sheet.sheet_state == "visible"]
        starts = {sheet.title: _start(sheet, source.name) for sheet in visible}
        parts = {sheet.title: sheet._worksheet_path for sheet in visible}  # noqa: SLF001 - nothing public tells it
    widths = {
        title: max((sum(map(bool, map(str.strip, row.cells))) for row in rows), default=0)
        for title, rows in starts.items()
    }
    of_people = {
        title for title, rows in starts.items() if any(names_people(cell) for row in rows for cell in row.cells)
    }
    filled = [title for title, width in widths.items() if width]
    if not filled:
        return None
    tables = [title for title in filled if widths[title] > 1]
    title = next((title for title in tables if title in of_people), (tables or filled)[0])
    others = tuple(other for other in filled if other != title)
    return Sheet(title=title, others=others, marks=sheet_marks(source, parts[title]))


def _start(sheet: Any, name: str) -> list[Row]:
    """The sheet's first rows that hold anything."""
    sheet.reset_dimensions()  # what the file says of its size is often wrong
    return list(islice(dropwhile(_is_blank, _rows(sheet, name)), MAX_TITLE_ROWS + 1))


def sheet_records(source: Source, found: Sheet, knows: Knows = know_nothing) -> Iterator[Row]:
    """Every record of a sheet, from its header on; blank rows below it count as records.

    Raises:
        NotATable: The workbook cannot be read.
    """
    with source.open() as stream, closing(_opened(stream, source.name)) as workbook:
        sheet = workbook[found.title]
        sheet.reset_dimensions()
        yield from _from_header(found.marks.told(_rows(sheet, source.name)), knows)


def _from_header(rows: Iterator[Row], knows: Knows) -> Iterator[Row]:
    """The rows without blank ones above the header, and without what stands above it."""
    first = list(islice(dropwhile(_is_blank, rows), MAX_TITLE_ROWS + 1))
    chosen = next(iter(_below_title(iter(first))), None)
    if chosen is not None:
        names = [known_names(row.cells, knows) for row in first]
        place = first.index(chosen)
        better = better_header(names, place)
        place = place if better is None else better
        above = first[place - 1].cells if place else ()
        yield evolve(first[place], cells=with_groups(first[place].cells, above, knows))
        yield from first[place + 1 :]
    yield from rows


def _is_blank(row: Row) -> bool:
    return not any(cell.strip() for cell in row.cells)


def _below_title(rows: Iterator[Row]) -> Iterator[Row]:
    """The rows without blank ones and a title of single cells above the header."""
    above: list[Row] = []
    for row in rows:
        filled = sum(map(bool, map(str.strip, row.cells)))
        if not filled:
            continue
        above.append(row)
        if filled >= _CELLS_AFTER_TITLE and len(above) <= MAX_TITLE_ROWS:
            above = above[-1:]
            break
        if filled > 1 or len(above) > MAX_TITLE_ROWS:
            break
    yield from above
    yield from rows


def _rows(sheet: Any, name: str) -> Iterator[Row]:
    expected = 1
    rows = iter(sheet.iter_rows())
    while True:
        try:
            cells = next(rows, None)
        except Exception as error:
            raise NotATable(name, f"is a workbook that cannot be read below row {expected - 1}", _REMEDY) from error
        if cells is None:
            return
        number = next((cell.row for cell in cells if getattr(cell, "row", None)), expected)
        expected = number + 1
        yield Row(line=number, cells=_trimmed(_text(cell.value) for cell in cells))


def _trimmed(cells: Iterable[str]) -> tuple[str, ...]:
    """The cells without empty ones at the end, which a sheet has any number of."""
    listed = list(cells)
    while listed and not listed[-1]:
        listed.pop()
    return tuple(listed)


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case str():
            return value.replace("\0", "").replace("_x000D_", "")
        case bool():
            return "TRUE" if value else "FALSE"
        case float() if value.is_integer():
            return str(int(value))
        case float():
            return format(Decimal(repr(value)), "f")
        case dt.datetime() if value.time() == dt.time():
            return value.date().isoformat()
        case dt.datetime():
            return value.isoformat(sep=" ", timespec="seconds")
    return str(value)


def _opened(stream: Any, name: str) -> Any:
    from openpyxl import load_workbook  # type: ignore[import-untyped]

    try:
        with catch_warnings():
            simplefilter("ignore")  # of styles and extensions, which tell nothing here
            return load_workbook(stream, read_only=True, data_only=True, keep_links=False)
    # Any part of a workbook may be damaged in any way.
    except Exception as error:
        raise NotATable(name, "is a workbook that cannot be read", _REMEDY) from error


def _refuse_giants(source: Source) -> None:
    with opened_archive(source) as archive:
        if any(part.filename.lower() == _TEXTS and part.file_size > MAX_TEXTS for part in archive.infolist()):
            raise NotATable(source.name, "is a workbook with too much text to be read", _REMEDY)
