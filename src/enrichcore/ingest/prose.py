"""Whether what opened as a narrow table is text that people wrote to each other: a letter, notes, a list of things to do.

A table without a column name that is known may be one all the same, and is told by its rows: addresses, links, numbers, names.
"""

import re
from collections.abc import Iterable, Sequence

from enrichcore.normalize import registrable_domain

#: Words of a cell that may be a name or a title as they stand, and if most of them begin with a capital.
_FEW_WORDS, _WORDS = 3, 5
_SENTENCE_ENDS = (".", "!", "?", ":", ";", ",")
#: How an abbreviation at the end of a name ends, too: "Inc.", "Jr.".
_SHORT = re.compile(r"\b[A-Z]\w{0,3}\.$|\b\w\.\w\.$")
_MARKED = re.compile(r"[-*#>\u2022\u2013]\s|\d+[.)]\s")


def looks_like_records(rows: Iterable[Sequence[str]], columns: int) -> bool:
    """Whether at least half of the rows look like records of so many columns."""
    told = [_looks_like_record(row, columns) for row in rows]
    return 2 * sum(told) >= len(told)


def _looks_like_record(row: Sequence[str], columns: int) -> bool:
    cells = [cell.strip() for cell in row if cell.strip()]
    if any(_is_data(cell) for cell in cells):
        return True
    return len(row) >= columns and all(map(_may_be_name, cells))


def _is_data(cell: str) -> bool:
    """Whether a cell is an address, a link, a domain or a number."""
    if " " in cell:
        return sum(map(str.isdigit, cell)) * 2 > len(cell)
    return "@" in cell or "/" in cell or cell.isdigit() or ("." in cell and registrable_domain(cell) is not None)


def _may_be_name(cell: str) -> bool:
    words = cell.split()
    if _MARKED.match(cell) or (cell.endswith(_SENTENCE_ENDS) and not _SHORT.search(cell)):
        return False
    return len(words) <= _FEW_WORDS or (
        len(words) <= _WORDS and 2 * sum(not word[0].islower() for word in words) > len(words)
    )
