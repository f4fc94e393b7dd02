"""Where a table's header is and what separates its cells, from the first lines of its text.

The delimiter is the one that the header line holds most of, outside quotes. Lines above the header are passed over in
two cases: Excel's `sep=;`, and a preamble of single cells that ends with a blank line, as LinkedIn writes.
"""

import re
from itertools import pairwise

from attrs import frozen

#: Delimiters in the order in which a tie is settled.
DELIMITERS = (",", ";", "\t", "|")
#: Characters at the start of the text that are looked at; a header is shorter.
PEEK = 1 << 18
#: A header of several lines is shorter than this; a quote open for longer is a character.
MAX_OPEN = 1 << 14
#: Records above the header that a preamble may have.
MAX_PREAMBLE = 12
#: A header after a preamble has at least as many cells.
_CELLS_AFTER_PREAMBLE = 3

_HINT = re.compile(r'"?sep=([,;\t|:^~])"?\s*', re.IGNORECASE)
_BLANK = " \r\n" + "".join(DELIMITERS)
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|$)")


@frozen(kw_only=True)
class Dialect:
    """How the file's records are written."""

    delimiter: str
    #: Line of the header, counted from 1.
    header_line: int
    #: Whether a space follows each delimiter, so that quotes come after it.
    spaced: bool = False


@frozen(kw_only=True)
class _Record:
    line: int
    text: str
    #: Its text without what stands in quotes.
    bare: str


def find_dialect(text: str) -> Dialect:
    """The dialect of the table that starts with this text."""
    records = _first_records(text[:PEEK])
    hint = _HINT.fullmatch(records[0].text) if records else None
    if hint and len(records) > 1:
        return _dialect(records[1], hint[1])
    header = _after_preamble(records) or next((record for record in records if record.text.strip(_BLANK)), None)
    return _dialect(header) if header else Dialect(delimiter=DELIMITERS[0], header_line=1)


def _dialect(header: _Record, delimiter: str = "") -> Dialect:
    chosen = delimiter or max(DELIMITERS, key=header.bare.count)
    return Dialect(
        delimiter=chosen,
        header_line=header.line,
        spaced=re.search(re.escape(chosen) + r' "[^"]*"', header.text) is not None and f'{chosen}"' not in header.text,
    )


def _after_preamble(records: list[_Record]) -> _Record | None:
    """The header, when single cells and then a blank line stand above it."""
    if not records or _most(records[0]):
        return None
    for before, record in pairwise(records):
        if _most(record) + 1 >= _CELLS_AFTER_PREAMBLE:
            return None if before.text.strip() else record
    return None


def _most(record: _Record) -> int:
    return max(map(record.bare.count, DELIMITERS))


def _first_records(text: str) -> list[_Record]:
    """The first records of the text; a quote that is never closed is taken as a character."""
    records: list[_Record] = []
    line, pending, start = 1, "", 1
    for found in _LINE.finditer(text):
        if not found[0]:
            break
        pending += found[0]
        line += 1
        bare, is_open = _outside_quotes(pending)
        if is_open and len(pending) < MAX_OPEN:
            continue
        records.append(_Record(line=start, text=pending, bare=bare))
        pending, start = "", line
        if len(records) > MAX_PREAMBLE:
            return records
    if pending:
        records.append(_Record(line=start, text=pending, bare=_outside_quotes(pending)[0]))
    return records


_QUOTED = re.compile(r'(?:(?<=[,;\t|\r\n])|^)( ?)"(?:[^"]|"")*"')
_OPEN = re.compile(r'(?:(?<=[,;\t|\r\n])|^) ?"')


def _outside_quotes(text: str) -> tuple[str, bool]:
    """The text without its quoted cells, and whether a quote is still open at its end."""
    bare = _QUOTED.sub("", text)
    return bare, _OPEN.search(bare) is not None
