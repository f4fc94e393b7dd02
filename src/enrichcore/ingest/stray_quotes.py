"""Quotes inside a quoted cell that nobody doubled: `"Foo "Bar" Inc"` is `Foo "Bar" Inc`, as its writer meant.

A reader of CSV takes the first of them for the cell's end. They are told by what stands around them: a cell ends where a delimiter
follows, and pairs of quotes around a word do not. Where that leaves a doubt the line stays as it is.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache

from attrs import evolve

from enrichcore.ingest.row import Row

#: Longer lines are left as they are: they are broken in other ways.
MAX_LINE = 1 << 16


def mended_quotes(line: str, delimiter: str) -> str:
    """The line with quotes doubled that stand inside a quoted cell."""
    if '"' not in line or len(line) > MAX_LINE:
        return line
    suspicious, cell = _patterns(delimiter)
    if suspicious.search(line) is None:
        return line
    return cell.sub(_doubled, line)


def mended_apostrophes(line: str, delimiter: str) -> str:
    """The line with apostrophes doubled, in a table whose cells stand in single quotes: `'Pat O'Neil'`."""
    return _apostrophes(delimiter).sub("''", line)


@cache
def _apostrophes(delimiter: str) -> re.Pattern[str]:
    apart = re.escape(delimiter)
    return re.compile(rf"(?<=[^'\r\n{apart}])'(?=[^'\r\n{apart}])")


#: Lines of one cell that are looked at.
_MOST_LINES = 20


def with_torn_cells(rows: Iterable[Row], columns: int) -> Iterator[Row]:
    """The rows; those that are the rest of a cell with quotes and line breaks in it have that as their fault.

    Of `"He said "hi" and` and `left"` below it each keeps one quote that belongs to the other's.
    """
    torn: Row | None = None
    held: list[Row] = []
    for row in rows:
        if torn is not None and _is_rest(torn, row, columns):
            yield from (evolve(part, fault=_REST.format(line=torn.line)) for part in (*held, row))
            torn, held = None, []
        elif torn is not None and len(row.cells) == 1 and '"' not in row.cells[0] and len(held) < _MOST_LINES:
            held.append(row)
        else:
            yield from held
            yield row
            held, torn = [], row if row.cells and not row.fault and row.cells[-1].count('"') % 2 else None
    yield from held


def fault_of_rest(row: Row, above: int, columns: int) -> str:
    """What is wrong with a row that ends a cell which nothing began, right below a line whose quote took in other lines; empty for any other."""
    return _REST.format(line=above) if len(row.cells) < columns and _ends_a_cell(row) else ""


_REST = "it seems to be the rest of a cell in line {line}, which has quotes and a line break in it"


def _is_rest(torn: Row, row: Row, columns: int) -> bool:
    fits = len(row.cells) < len(torn.cells) or 1 < columns == len(row.cells) + len(torn.cells) - 1
    return fits and _ends_a_cell(row)


def _ends_a_cell(row: Row) -> bool:
    first = row.cells[0] if row.cells else ""
    return first.endswith('"') and first.count('"') % 2 == 1


def _doubled(found: re.Match[str]) -> str:
    return f'{found[1]}"{_SINGLE.sub(_TWO, found[2])}"'


_TWO = '""'
_SINGLE = re.compile(r'(?<!")"(?!")')


@cache
def _patterns(delimiter: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """What tells that a line may have such quotes, and a cell that has."""
    apart = re.escape(delimiter)
    outside = rf'[^"\r\n{apart}]'
    # The quote first: it is looked for fast.
    suspicious = re.compile(rf'"(?<={outside}")(?={outside})')
    whole = r'(?:[^"\r\n]|"")*'
    pairs = rf'{whole}(?:(?<![{apart}])"{outside}+"(?![{apart}\r\n]|$){whole})+'
    single = rf'{outside}+"(?![{apart}\r\n]|$){outside}+'
    last_word = rf'{whole}(?<=[\s(])"{outside}+"'
    before_delimiter = rf'{outside}*"{outside}+"{apart} [^"\r\n]*'
    cell = re.compile(rf'(^|{apart})"({before_delimiter}|{pairs}|{last_word}|{single})"(?=[{apart}\r\n]|$)')
    return suspicious, cell
