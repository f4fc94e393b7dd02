"""Leads as files: CSV for spreadsheets, JSON lines for programs, Parquet for analysis.

Rows stream: at most a page of them is held.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from importlib import import_module
from itertools import islice
from typing import Any, BinaryIO, Final

from enrichcore.fields import FIELDS_BY_NAME, INDICATORS, FieldType
from runners.cli.commands import CannotDo
from runners.lead_columns import COLUMNS
from runners.plain import plain
from runners.spreadsheets import table_csv

Row = Mapping[str, Any]

_PAGE: Final = 5000


class Format(StrEnum):
    """How leads are written."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"


def write_leads(rows: Iterable[Row], out: BinaryIO, form: Format, *, for_excel: bool = False) -> int:
    """Write leads; how many.

    Args:
        rows: leads by column name.
        out: where the bytes go.
        form: how they are written.
        for_excel: whether CSV begins with a byte order mark, without which Excel takes UTF-8 for the system's own
            encoding, and which programs would take for a part of the first column's name.

    Raises:
        CannotDo: Parquet was asked for and its library is not installed.
    """
    if form is Format.CSV:
        return _write_csv(rows, out, for_excel=for_excel)
    return _WRITERS[form](rows, out)


def _write_csv(rows: Iterable[Row], out: BinaryIO, *, for_excel: bool = False) -> int:
    # The first piece is the header.
    count = -1
    for piece in table_csv(COLUMNS, rows, for_excel=for_excel):
        out.write(piece)
        count += 1
    out.flush()
    return count


def _write_jsonl(rows: Iterable[Row], out: BinaryIO) -> int:
    count = 0
    for row in rows:
        lead = {name: plain(row[name]) for name in COLUMNS}
        out.write(json.dumps(lead, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
        count += 1
    out.flush()
    return count


def _write_parquet(rows: Iterable[Row], out: BinaryIO) -> int:
    try:
        arrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError as error:
        raise CannotDo("Parquet needs the library pyarrow: pip install pyarrow") from error
    schema = arrow.schema([(name, _arrow_type(arrow, name)) for name in COLUMNS])
    remaining, count = iter(rows), 0
    with parquet.ParquetWriter(arrow.PythonFile(out, mode="w"), schema) as writer:
        while page := list(islice(remaining, _PAGE)):
            columns = {name: [_arrow_value(row[name]) for row in page] for name in COLUMNS}
            writer.write_table(arrow.table(columns, schema=schema))
            count += len(page)
    out.flush()
    return count


def _arrow_type(arrow: Any, name: str) -> Any:
    if name == "updated_at":
        return arrow.timestamp("us", tz="UTC")
    if name == "workstreams":
        return arrow.list_(arrow.string())
    if name in INDICATORS:
        return arrow.bool_()
    field = FIELDS_BY_NAME.get(name)
    if field is not None and field.type is FieldType.INTEGER:
        return arrow.int64()
    if field is not None and field.type is FieldType.TEXT_LIST:
        return arrow.list_(arrow.string())
    return arrow.string()


def _arrow_value(value: Any) -> Any:
    if isinstance(value, dict):
        return json.dumps(plain(value), ensure_ascii=False)
    return value if isinstance(value, datetime | Sequence) else plain(value)


_WRITERS: Final[dict[Format, Callable[[Iterable[Row], BinaryIO], int]]] = {
    Format.JSONL: _write_jsonl,
    Format.PARQUET: _write_parquet,
}
