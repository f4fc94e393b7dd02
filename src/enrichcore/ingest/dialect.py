"""Where a table's header is and what separates its cells, from the first lines of its text.

The delimiter is the one that the header line holds most of, outside quotes; one that gives more column names that are
known goes before. Lines above the header are passed over in four cases: Excel's `sep=;`, a preamble of single cells that
ends with a blank line, as LinkedIn writes, single cells right above a line of several that reads like a header, and
whatever stands above a line that has more column names that are known.
"""

import re
from collections.abc import Callable, Sequence
from itertools import dropwhile, pairwise

from attrs import evolve, frozen

#: Delimiters in the order in which a tie is settled.
DELIMITERS = (",", ";", "\t", "|")
#: What separates cells where none of those does: of programs and of databases that want a letter which nobody types.
RARE_DELIMITERS = ("^", "~", "\u00a6", "\x01", "\x1f")
#: Characters at the start of the text that are looked at; a header is shorter.
PEEK = 1 << 18
#: A header of several lines is shorter than this; a quote open for longer is a character.
MAX_OPEN = 1 << 14
#: Records above the header that a preamble may have.
MAX_PREAMBLE = 12
#: A header after a preamble has at least as many cells.
_CELLS_AFTER_PREAMBLE = 3
#: So many known names make a line a header in spite of another above it; fewer do where all its cells are known names.
_KNOWN_NAMES = 3

#: Lines that are looked at to tell whether all are one quoted cell.
_LINES_OF_WRAPPING = 20

_WRAPPED = re.compile(r'"((?:[^"]|"")*)"((?:,*|;*|\t*|\|*))')
_HINT = re.compile(r'"?sep=([,;\t|:^~\u00a6\x01\x1f])"?\s*', re.IGNORECASE)
#: Every delimiter, for a set of a pattern.
_APART = re.escape("".join((*DELIMITERS, *RARE_DELIMITERS)))
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
    #: What a cell that holds delimiters stands in.
    quote: str = '"'
    #: Whether a backslash stands before a quote inside a cell, where others double the quote.
    escaped: bool = False
    #: Whether every line is one quoted cell, which holds the cells: a table that was saved as text twice.
    wrapped: bool = False
    #: What separates that cell from blank ones after it; empty where there are none.
    outer: str = ""


@frozen(kw_only=True)
class _Record:
    line: int
    text: str
    #: Its text without what stands in quotes.
    bare: str


#: Whether a cell is the name of a column that somebody's exports have.
Knows = Callable[[str], bool]


def know_nothing(_: str) -> bool:
    """Nothing is known of column names."""
    return False


def find_dialect(text: str, knows: Knows = know_nothing) -> Dialect:
    """The dialect of the table that starts with this text."""
    records = _first_records(text[:PEEK])
    hint = _HINT.fullmatch(records[0].text) if records else None
    if hint and (below := list(dropwhile(_is_blank, records[1:]))):
        return _dialect(below[0], text, knows, hint[1])
    header = _after_preamble(records) or next((record for record in records if not _is_blank(record)), None)
    if header is None:
        return Dialect(delimiter=DELIMITERS[0], header_line=1)
    names = [known_names(_cells(record, _delimiter(record, knows)), knows) for record in records]
    better = better_header(names, records.index(header))
    return _dialect(header if better is None else records[better], text, knows)


def better_header(names: Sequence[tuple[int, int]], chosen: int) -> int | None:
    """The record that has more known column names than the one that was chosen by its shape; None where none has.

    Args:
        names: of each of the first records, the cells that are known names, and the cells that hold anything.
        chosen: which was.
    """
    known = [count for count, _ in names]
    best = max(range(len(names)), key=lambda place: (known[place], -place))
    enough = known[best] >= _KNOWN_NAMES or known[best] == names[best][1] > 1
    return best if best > chosen and known[best] > known[chosen] and enough else None


def known_names(cells: Sequence[str], knows: Knows) -> tuple[int, int]:
    """How many different cells of a record are known column names, and how many hold anything."""
    filled = [cell for cell in cells if cell.strip(_BLANK)]
    return sum(map(knows, {cell.casefold() for cell in filled})), len(filled)


def _is_blank(record: _Record) -> bool:
    return not record.text.strip(_BLANK)


def _delimiter(record: _Record, knows: Knows) -> str:
    """What the record holds most of; a delimiter that gives more known names goes before."""
    found = [*DELIMITERS, *(one for one in RARE_DELIMITERS if one in record.bare)]
    return max(
        found,
        key=lambda one: (
            known_names(_cells(record, one), knows)[0], one in DELIMITERS and one in record.bare, record.bare.count(one),
        ),
    )  # fmt: skip


def _cells(record: _Record, delimiter: str) -> list[str]:
    """The record's cells, as far as they can be told without reading it; quotes around them are left out."""
    plain = _QUOTED.sub(lambda found: re.sub(rf"[{_APART}\r\n]", " ", found[0]), record.text)
    return [cell.strip().strip("\"'") for cell in plain.split(delimiter)]


def _dialect(header: _Record, text: str, knows: Knows, delimiter: str = "") -> Dialect:
    if not delimiter and (inner := _WRAPPED.fullmatch(header.text.strip())) and _all_wrapped(text):
        line = inner[1].replace('""', '"')
        found = _dialect(evolve(header, text=line, bare=_outside_quotes(line)[0]), line, knows)
        return evolve(found, wrapped=True, outer=inner[2][:1])
    chosen = delimiter or _delimiter(header, knows)
    apart = re.escape(chosen)
    cells = header.text.strip().split(chosen)
    return Dialect(
        delimiter=chosen,
        header_line=header.line,
        spaced=_is_spaced(header.text, text, chosen),
        quote="'" if len(cells) > 1 and all(re.fullmatch(r"\s?'[^']*'", cell) for cell in cells) else '"',
        # A quote that ends its cell may follow a backslash that is meant; inside a cell it cannot.
        escaped=re.search(rf'(?:^|[{apart}\r\n])"[^"\r\n]*\\"[^"{apart}\r\n]', text) is not None,
    )


def _is_spaced(header: str, text: str, delimiter: str) -> bool:
    """Whether a space follows each delimiter of the header, and quotes come after such a space."""
    apart = re.escape(delimiter)
    after_space = re.search(rf'{apart} "[^"]*"', header) or (
        header.count(delimiter) == len(re.findall(rf"{apart} \S", header)) and re.search(rf'{apart} "', text)
    )
    return bool(after_space) and f'{delimiter}"' not in header


def _all_wrapped(text: str) -> bool:
    """Whether each of the first lines is one quoted cell that holds several."""
    lines = [line for line in text.splitlines()[:_LINES_OF_WRAPPING] if line.strip()]
    inner = [found[1] for line in lines if (found := _WRAPPED.fullmatch(line.strip()))]
    return len(inner) == len(lines) and any("," in line or ";" in line or "\t" in line for line in inner)


def _after_preamble(records: list[_Record]) -> _Record | None:
    """The header, when single cells and then a blank line stand above it, or it reads like one where they do not."""
    if not records or len(_filled(records[0])) > 1:
        return None
    for before, record in pairwise(records):
        if len(_filled(record)) >= _CELLS_AFTER_PREAMBLE:
            return record if not before.text.strip(_BLANK) or _reads_like_header(record) else None
        if len(_filled(record)) > 1:
            return None
    return None


def _filled(record: _Record) -> list[str]:
    """The record's cells that hold something; quoted ones count, too."""
    delimiter = max(DELIMITERS, key=record.bare.count)
    plain = _QUOTED.sub("quoted", record.text)
    return [cell for cell in plain.split(delimiter) if cell.strip(_BLANK)]


def _reads_like_header(record: _Record) -> bool:
    """Whether every cell of the record is filled with words: no number, address or link."""
    cells = record.text.strip().split(max(DELIMITERS, key=record.bare.count))
    return all(cell.strip(_BLANK) and not re.search(r"\d|@|://", cell) for cell in cells)


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


_QUOTED = re.compile(rf'(?:(?<=[{_APART}\r\n])|^)( ?)"(?:[^"]|"")*"')
_OPEN = re.compile(rf'(?:(?<=[{_APART}\r\n])|^) ?"')


def _outside_quotes(text: str) -> tuple[str, bool]:
    """The text without its quoted cells, and whether a quote is still open at its end."""
    bare = _QUOTED.sub("", text)
    return bare, _OPEN.search(bare) is not None
