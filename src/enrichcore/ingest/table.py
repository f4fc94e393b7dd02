"""A file as a table: headers and rows of cells, whatever its packing, encoding, delimiter and line ends, or a workbook's sheet.

Rows are streamed: memory is bounded by the longest record, which is bounded itself. Cells are as the file has them,
apart from NUL characters, which no cell means and few tools bear. Blank rows are skipped and counted. A quote that is
opened and never closed would swallow the rest of the file: its line is given with its fault, and the lines below it are read
as if it were not there; only those that are as long as the header are taken for rows.
"""

import csv
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from io import TextIOWrapper
from itertools import chain, islice
from pathlib import Path
from typing import Any

from attrs import define, evolve, field

from enrichcore.ingest.column_groups import with_groups
from enrichcore.ingest.decoding import Encoding, Source, find_encoding, refuse_markup, source_of
from enrichcore.ingest.dialect import PEEK, Dialect, Knows, find_dialect, know_nothing
from enrichcore.ingest.errors import NotATable
from enrichcore.ingest.metering import Meter
from enrichcore.ingest.packing import is_workbook, unpacked
from enrichcore.ingest.prose import looks_like_records
from enrichcore.ingest.row import Row
from enrichcore.ingest.stray_quotes import mended_apostrophes, mended_quotes
from enrichcore.ingest.workbook import find_sheet, sheet_records
from enrichcore.normalize import linkedin_key, usable_email

#: Characters of one line or cell; the csv module's own limit of 131,072 is less than real exports hold.
MAX_CELL = 1 << 26
#: Columns of a table; a worksheet has no more.
MAX_COLUMNS = 16_384
#: Rows that are looked at to tell a table of one column from prose.
_PROSE_ROWS = 20
#: A cell of a header, or the typical cell of a single column, with so many words is prose.
_PROSE_WORDS = 7
#: Prose has commas, too: as many columns may still be prose.
_PROSE_COLUMNS = 3
_UNCLOSED = "a quote opened here is never closed"
_BELOW_UNCLOSED = "it may belong to line {line}, where a quote is opened that is never closed"
#: Below such a quote a line is known for a row by its cells; prose may well have one comma or two.
_COLUMNS_TO_TELL = 4
#: What CP/M and DOS wrote at the end of a text.
_END_MARK = "\x1a"
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
    #: What people should know of how it is read, in sentences without their full stop.
    notes: tuple[str, ...] = ()
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


def open_table(
    source: Path | bytes, name: str = "", knows: Knows = know_nothing, names_people: Knows = know_nothing
) -> Table:
    """Opens a file as a table; reads it once to find its encoding.

    Args:
        source: The file or its content.
        name: What to call it in messages; by default the file's name.
        knows: Whether a cell is a known column name; helps to tell the header from what stands above it.
        names_people: Whether a cell is the name of a column of people's names; helps to choose among a workbook's sheets.

    Raises:
        NotATable: It is none.
    """
    file = unpacked(source_of(source, name))
    table = _open_sheet(file, knows, names_people) if is_workbook(file) else _open_text_table(file, knows)
    _refuse_prose(table, file.name, knows)
    return table


def _open_sheet(file: Source, knows: Knows, names_people: Knows) -> Table:
    sheet = find_sheet(file, names_people)
    if sheet is None:
        raise NotATable(file.name, "has no column names", "put them into the first row of its first sheet")
    records = partial(sheet_records, file, sheet, knows)
    header = next(records(), Row(line=1, cells=()))
    notes: tuple[str, ...] = ()
    if sheet.others:
        others = ", ".join(map(repr, sheet.others))
        notes = (f"only the sheet {sheet.title!r} was read; not read: {others}",)
    return Table(headers=header.cells, encoding="xlsx", delimiter="", meter=file.meter, notes=notes, records=records)


def _open_text_table(file: Source, knows: Knows) -> Table:
    encoding = find_encoding(file)
    text = _start(file, encoding)
    refuse_markup(file.name, text)
    dialect = find_dialect(text, knows)
    records = partial(_text_records, file, encoding, dialect)
    header = next(records(), None)
    if header is None or not any(cell.strip() for cell in header.cells):
        raise NotATable(file.name, "has no column names", "export the records again as CSV")
    if header.fault:
        raise NotATable(file.name, "has a header line with a quote that is never closed", "export it again as CSV")
    headers = with_groups(header.cells, _above(file, encoding, dialect), knows)
    return Table(
        headers=headers, encoding=encoding.name, delimiter=dialect.delimiter, meter=file.meter, notes=encoding.notes,
        records=records,
    )  # fmt: skip


def _above(source: Source, encoding: Encoding, dialect: Dialect) -> tuple[str, ...]:
    """The cells of the line above the header; empty where there is none."""
    if dialect.header_line == 1:
        return ()
    row = next(_records_from(source, encoding, dialect, dialect.header_line - 1), None)
    return () if row is None or row.fault else row.cells


def _refuse_prose(table: Table, name: str, knows: Knows) -> None:
    remedy = "export the records as CSV, with column names in the first line"
    if any(usable_email(header) for header in table.headers):
        raise NotATable(name, "has no column names: its first line holds an e-mail address", remedy)
    if any(
        "/" in header and (linkedin_key(header, "in") or linkedin_key(header, "company")) for header in table.headers
    ):
        raise NotATable(name, "has no column names: its first line holds a page on LinkedIn", remedy)
    if len(table.headers) > MAX_COLUMNS:
        raise NotATable(name, f"has {len(table.headers):,} columns where a table has {MAX_COLUMNS:,} at most", remedy)
    is_known = any(map(knows, table.headers))
    if not is_known and next(table.rows(), None) is None:
        raise NotATable(name, "holds a single line, and no column name that is known", remedy)
    if len(table.headers) > _PROSE_COLUMNS:
        return
    if any(len(cell.split()) >= _PROSE_WORDS for cell in table.headers):
        raise NotATable(name, "is text, not a table", remedy)
    if len(table.headers) == 1 and "," in table.headers[0]:
        raise NotATable(name, "has every line as one quoted cell", "export it again as CSV")
    rows = [row.cells for row in islice(table.rows(), _PROSE_ROWS)]
    if not rows:
        return
    lengths = [len(" ".join(cells).split()) for cells in rows]
    is_wordy = len(table.headers) == 1 and sum(lengths) >= _PROSE_WORDS * len(lengths)
    if is_wordy or not (is_known or looks_like_records(rows, len(table.headers))):
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
    first, columns = dialect.header_line, 0
    unclosed: Row | None = None
    while True:
        above, unclosed = unclosed, None
        for row in _records_from(source, encoding, dialect, first):
            columns = columns or len(row.cells)
            if row.fault:
                unclosed = row
            elif above is None or len(row.cells) == columns or not any(map(str.strip, row.cells)):
                yield row
            else:
                yield evolve(row, fault=_BELOW_UNCLOSED.format(line=above.line))
        if unclosed is None:
            return
        if unclosed.line == dialect.header_line or columns < _COLUMNS_TO_TELL:
            if not unclosed.cells:
                fault = f"cannot be read from line {unclosed.line} on"
                raise NotATable(source.name, fault, "look for a quote that is never closed")
            yield unclosed
            return
        yield _as_it_stands(source, encoding, dialect, unclosed)
        first = unclosed.line + 1


def _records_from(source: Source, encoding: Encoding, dialect: Dialect, first: int) -> Iterator[Row]:
    """Every record from a line on; the last has a fault when a quote opened in it is never closed."""
    with _open_text(source, encoding) as stream:
        lines: Iterator[str] = islice(_lines(stream, source.name, encoding), first - 1, None)
        if not (dialect.escaped or dialect.spaced or dialect.wrapped):
            mended = mended_quotes if dialect.quote == '"' else mended_apostrophes
            lines = (mended(line, dialect.delimiter) for line in lines)
        reader = _reader(chain(lines, [_END]), dialect)
        line = first
        try:
            for cells in reader:
                if cells == [_END]:
                    return
                if cells and cells[-1].endswith(_END):
                    yield _unclosed(line, cells, first + reader.line_num - 2)
                    return
                yield Row(line=line, cells=_unwrapped(cells, dialect))
                line = first + reader.line_num
        except csv.Error:
            # A cell of so many characters: the quote was opened by mistake, or there is one of many millions further down.
            yield Row(line=line, cells=(), fault=_UNCLOSED)


def _as_it_stands(source: Source, encoding: Encoding, dialect: Dialect, unclosed: Row) -> Row:
    """The line of a quote that is never closed, with the cells that it has when quotes mean nothing."""
    with _open_text(source, encoding) as stream:
        line = next(islice(_lines(stream, source.name, encoding), unclosed.line - 1, None), "")
    plain = csv.reader([line], delimiter=dialect.outer or dialect.delimiter, quoting=csv.QUOTE_NONE)
    return Row(line=unclosed.line, cells=tuple(next(plain, ())), fault=_UNCLOSED)


def _reader(lines: Iterable[str], dialect: Dialect) -> Any:
    return csv.reader(
        lines,
        delimiter=dialect.outer or dialect.delimiter,
        skipinitialspace=dialect.spaced,
        quotechar=dialect.quote,
        escapechar="\\" if dialect.escaped else None,
    )


def _unwrapped(cells: list[str], dialect: Dialect) -> tuple[str, ...]:
    """The cells, out of the one cell that holds them all where the table is wrapped so."""
    if not dialect.wrapped or not cells or any(cells[1:]):
        return tuple(cells)
    return tuple(next(_reader(cells[:1], evolve(dialect, outer="")), ()))


def _unclosed(line: int, cells: list[str], last_line: int) -> Row:
    fault = f"{_UNCLOSED}, so lines {line} to {last_line} cannot be told apart"
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
        bare = encoding.mended(line).replace("\0", "").removesuffix(_END_MARK)
        yield bare.removeprefix("\ufeff") if first else bare
        first = False
