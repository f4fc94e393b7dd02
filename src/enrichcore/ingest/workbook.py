"""The first sheet of an Excel workbook (XLSX) as rows of text, as a CSV export of that sheet would have them.

Rows are streamed by openpyxl, which is slow and frugal: decision 0022. Numbers are written without exponent, dates as ISO
text, formulas as the value that Excel last saw.
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from contextlib import closing
from decimal import Decimal
from typing import Any, Final
from warnings import catch_warnings, simplefilter

from enrichcore.ingest.decoding import Source
from enrichcore.ingest.errors import NotATable
from enrichcore.ingest.packing import opened_archive
from enrichcore.ingest.row import Row

#: Rows above the header that a title may take.
MAX_TITLE_ROWS: Final = 12
#: Bytes of all texts of a workbook, which are held in memory.
MAX_TEXTS: Final = 1 << 30
_TEXTS: Final = "xl/sharedstrings.xml"
#: A title is followed by a header of at least so many cells.
_CELLS_AFTER_TITLE: Final = 3
_REMEDY: Final = "save the sheet as CSV UTF-8"


def sheet_records(source: Source) -> Iterator[Row]:
    """Every record of the first sheet that holds any, from its header on; blank rows below it count as records.

    Raises:
        NotATable: The workbook cannot be read, or its texts do not fit into memory.
    """
    _refuse_giants(source)
    with source.open() as stream, closing(_opened(stream, source.name)) as workbook:
        for sheet in workbook.worksheets:
            if sheet.sheet_state != "visible":
                continue
            sheet.reset_dimensions()  # what the file says of its size is often wrong
            rows = _from_header(_rows(sheet, source.name))
            first = next(rows, None)
            if first is not None:
                yield first
                yield from rows
                return


def _from_header(rows: Iterator[Row]) -> Iterator[Row]:
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
