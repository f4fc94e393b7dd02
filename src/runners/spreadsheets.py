"""Our own CSV files: safe to open, and readable by us again."""

import csv
import io
import json
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from enrichcore.domain.events import RowRejected
from runners.plain import plain

#: What a spreadsheet takes for the beginning of a formula; in some languages of Excel the signs in full width, too.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def csv_cell(value: Any) -> str:
    """A value as a cell that no spreadsheet takes for a formula."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            text = value
        case dict():
            text = json.dumps(plain(value), ensure_ascii=False, separators=(",", ":"))
        case list() | tuple():
            text = ", ".join(str(plain(entry)) for entry in value)
        case datetime():
            return value.isoformat()
        case _:
            return str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def table_csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]], *, for_excel: bool) -> Iterator[bytes]:
    """A header and rows by column name: a piece for each.

    Args:
        columns: which, in order.
        rows: each has all of them.
        for_excel: whether it begins with a byte order mark, without which Excel takes UTF-8 for the system's own
            encoding, and which programs would take for a part of the first column's name.
    """
    yield (BOM_UTF8 if for_excel else b"") + _line(columns, end="\n")
    for row in rows:
        yield _line([csv_cell(row[name]) for name in columns], end="\n")


def rejected_csv(rows: Callable[[], Iterable[RowRejected]], *, for_excel: bool = True) -> Iterator[bytes]:
    """Rows that were kept aside, with their line and reason, to be mended and imported again: a piece for each row.

    The columns are those of the file, and after them the cells that stood under no column.

    Args:
        rows: gives them; asked twice, for their columns first, so that no more than one is held.
        for_excel: whether they begin with a byte order mark, as in a file; a program would take it for a part of "line".
    """
    counts: Counter[str] = Counter()
    total = 0
    for row in rows():
        total += 1
        counts.update(dict.fromkeys(row.raw, 1))
    # Every row has a cell for each column; cells beyond the header only some have.
    names = sorted(counts, key=lambda column: counts[column] < total)
    yield (BOM_UTF8 if for_excel else b"") + _line(["line", "reason", *map(csv_cell, names)])
    for row in rows():
        yield _line([str(row.line), row.reason, *(csv_cell(row.raw.get(name)) for name in names)])


def _line(cells: Iterable[str], end: str = "\r\n") -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator=end).writerow(cells)
    return text.getvalue().encode("utf-8", "replace")
