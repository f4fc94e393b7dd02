"""How facts are shown: as JSON for programs, as tables for people."""

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from enrichcore.domain.amounts import amount
from runners.plain import plain

#: Every command that prints facts takes it.
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]
#: Columns of what is not a terminal, so that no table is cut in a file.
_WIDE: Final = 240


def show_json(value: Any) -> None:
    """Print one JSON value."""
    sys.stdout.write(f"{json_text(value)}\n")
    sys.stdout.flush()


def json_text(value: Any, *, indent: int | None = 2) -> str:
    """A value as JSON text; ASCII only, so that no encoding of a terminal can break it."""
    return json.dumps(plain(value), indent=indent, allow_nan=False)


def to_people() -> Console:
    """Standard output, for people."""
    return Console(soft_wrap=True, highlight=False, **_width(sys.stdout.isatty()))


def to_side() -> Console:
    """Standard error, for progress."""
    return Console(stderr=True, highlight=False)


def _width(terminal: bool) -> dict[str, Any]:
    return {} if terminal else {"width": _WIDE}


def show_table(columns: Sequence[str], table_rows: Iterable[Sequence[Any]], *, title: str = "") -> None:
    """Print rows under column names."""
    shown = [[_cell(entry) for entry in row] for row in table_rows]
    table = Table(*columns, title=title or None, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for row in shown:
        table.add_row(*row)
    to_people().print(table)


def _cell(value: Any) -> Text:
    return Text(_cell_text(value))


def _cell_text(value: Any) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}"
        case float() | Decimal():
            return amount(value)
        case datetime():
            return f"{value:%Y-%m-%d %H:%M:%S}"
    return str(value)


def line(text: str) -> None:
    """Print one line for people, as it is."""
    to_people().print(text, markup=False)
