"""A file as a table: headers and rows of cells, whatever its packing, encoding, delimiter and line ends, or a workbook's sheet.

Rows are streamed: memory is bounded by the longest record, which is bounded itself. Cells are as the file has them,
apart from NUL characters, which no cell means and few tools bear. Blank rows are skipped and counted. A quote that is
opened and never closed would swallow the rest of the file, so its row is given with its fault.
"""

import csv
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from io import TextIOWrapper
from itertools import chain, islice
from pathlib import Path
from typing import Any

from attrs import define, evolve, field

from enrichcore.ingest.decoding import Encoding, Source, find_encoding, refuse_markup, source_of
from enrichcore.ingest.dialect import PEEK, Dialect, find_dialect
from enrichcore.ingest.errors import NotATable
from enrichcore.ingest.metering import Meter
from enrichcore.ingest.packing import is_workbook, unpacked
from enrichcore.ingest.row import Row
from enrichcore.ingest.workbook import sheet_records
from enrichcore.normalize import usable_email

#: Characters of one line or cell; the csv module's own limit of 131,072 is less than real exports hold.
MAX_CELL = 1 << 26
#: Rows that are looked at to tell a table of one column from prose.
_PROSE_ROWS = 20
#: A cell of a header, or the typical cell of a single column, with so many words is prose.
_PROSE_WORDS = 7
#: Prose has commas, too: as many columns may still be prose.
_PROSE_COLUMNS = 3
#: Comes after the last line, to find out whether a quote is still open there.
_END = "\x1eend of file\x1e"


@define(kw_only=True, eq=False)
class Table:
    """An opened file; reading its rows again opens it again."""

    #: The header's cells as they are in the file, without a byte order mark; maybe blank or doubled.
    headers: tuple[str, ...]
    #: The codec that reads the file; "xlsx" for a workbook.
    encoding: str
    #: What separates the cells; empty for a workbook.
    delimiter: str
    #: How far the latest reading is, in bytes of the file.
    meter: Meter = field(factory=Meter)
    #: Rows without any text that the latest reading skipped so far.
    blank_rows: int = field(default=0, init=False)
    #: Every record from the header on, read anew on each call.
    _records: Callable[[], Iterator[Row]]

    def rows(self) -> Iterator[Row]:
        """The rows below the header, in file order, without blank ones.

        Raises:
            NotATable: A line or cell is longer than `MAX_CELL`, or the file changed meanwhile.
        """
        self.blank_rows, apart = 0, False
        for row in islice(self._records(), 1, None):
            if row.fault or any(cell.strip() for cell in row.cells):
                yield evolve(row, apart=True) if apart else row
                apart = False
            else:
                self.blank_rows += 1
                apart = True


def open_table(source: Path | bytes, name: str = "") -> Table:
    """Opens a file as a table; reads it once to find its encoding.

    Args:
        source: The file or its content.
        name: What to call it in messages; by default the file's name.

    Raises:
        NotATable: It is none.
    """
    file = unpacked(source_of(source, name))
    table = _open_sheet(file) if is_workbook(file) else _open_text_table(file)
    _refuse_prose(table, file.name)
    return table


def _open_sheet(file: Source) -> Table:
    records = partial(sheet_records, file)
    header = next(records(), None)
    if header is None:
        raise NotATable(file.name, "has no column names", "put them into the first row of its first sheet")
    return Table(headers=header.cells, encoding="xlsx", delimiter="", meter=file.meter, records=records)


def _open_text_table(file: Source) -> Table:
    encoding = find_encoding(file)
    text = _start(file, encoding)
    refuse_markup(file.name, text)
    dialect = find_dialect(text)
    records = partial(_text_records, file, encoding, dialect)
    header = next(records(), None)
    if header is None or not any(cell.strip() for cell in header.cells):
        raise NotATable(file.name, "has no column names", "export the records again as CSV")
    if header.fault:
        raise NotATable(file.name, "has a header line with a quote that is never closed", "export it again as CSV")
    return Table(
        headers=header.cells, encoding=encoding.name, delimiter=dialect.delimiter, meter=file.meter, records=records
    )  # fmt: skip


def _refuse_prose(table: Table, name: str) -> None:
    remedy = "export the records as CSV, with column names in the first line"
    if any(usable_email(header) for header in table.headers):
        raise NotATable(name, "has no column names: its first line holds an e-mail address", remedy)
    if len(table.headers) <= _PROSE_COLUMNS and any(len(cell.split()) >= _PROSE_WORDS for cell in table.headers):
        raise NotATable(name, "is text, not a table", remedy)
    if len(table.headers) > 1:
        return
    if "," in table.headers[0]:
        raise NotATable(name, "has every line as one quoted cell", "export it again as CSV")
    lengths = [len(" ".join(row.cells).split()) for row in islice(table.rows(), _PROSE_ROWS)]
    if not lengths:
        raise NotATable(name, "holds a single line of text", remedy)
    if sum(lengths) >= _PROSE_WORDS * len(lengths):
        raise NotATable(name, "is text, not a table", remedy)


def _start(source: Source, encoding: Encoding) -> str:
    with _open_text(source, encoding) as stream:
        return encoding.mended(stream.read(PEEK)).replace("\0", "").removeprefix("\ufeff")


def _open_text(source: Source, encoding: Encoding) -> TextIOWrapper:
    raw = source.open()
    raw.seek(encoding.skip)
    # The csv module tells line ends inside cells apart itself.
    return TextIOWrapper(raw, encoding=encoding.name, errors=encoding.errors, newline="")


def _text_records(source: Source, encoding: Encoding, dialect: Dialect) -> Iterator[Row]:
    """Every record from the header on; the header is the first, whatever it holds."""
    # The limit is of the process, so it is only ever raised.
    csv.field_size_limit(max(csv.field_size_limit(), MAX_CELL))
    before = dialect.header_line - 1
    with _open_text(source, encoding) as stream:
        lines = islice(_lines(stream, source.name, encoding), before, None)
        reader = _reader(chain(lines, [_END]), dialect)
        start = 1
        try:
            for cells in reader:
                line, start = before + start, reader.line_num + 1
                if cells == [_END]:
                    return
                if cells and cells[-1].endswith(_END):
                    yield _unclosed(line, cells, before + reader.line_num - 1)
                    return
                yield Row(line=line, cells=_unwrapped(cells, dialect))
        except csv.Error as error:
            fault = f"cannot be read from line {before + start} on ({error})"
            raise NotATable(source.name, fault, "look for a quote that is never closed") from error


def _reader(lines: Iterable[str], dialect: Dialect) -> Any:
    return csv.reader(
        lines,
        delimiter=dialect.delimiter,
        skipinitialspace=dialect.spaced,
        quotechar=dialect.quote,
        escapechar="\\" if dialect.escaped else None,
    )


def _unwrapped(cells: list[str], dialect: Dialect) -> tuple[str, ...]:
    """The cells, out of the one cell that holds them all where the table is wrapped so."""
    if not dialect.wrapped or len(cells) != 1:
        return tuple(cells)
    return tuple(next(_reader(cells, dialect), ()))


def _unclosed(line: int, cells: list[str], last_line: int) -> Row:
    fault = f"a quote opened here is never closed, so lines {line} to {last_line} cannot be told apart"
    return Row(line=line, cells=(*cells[:-1], cells[-1].removesuffix(_END)), fault=fault)


def _lines(stream: TextIOWrapper, name: str, encoding: Encoding) -> Iterator[str]:
    first = True
    while True:
        try:
            line = stream.readline(MAX_CELL)
        except (UnicodeError, OSError, EOFError) as error:
            raise NotATable(name, "changed while it was read", "import it again") from error
        if not line:
            return
        if len(line) >= MAX_CELL:
            raise NotATable(name, f"has a line of more than {MAX_CELL:,} characters", "export it again as CSV")
        bare = encoding.mended(line).replace("\0", "")
        yield bare.removeprefix("\ufeff") if first else bare
        first = False
