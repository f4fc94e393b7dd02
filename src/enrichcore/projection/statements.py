"""Named sections of `sql/engine.sql`."""

import re
from functools import cache
from importlib.resources import files
from typing import Final, LiteralString

_SECTION: Final = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


@cache
def _sections() -> dict[str, str]:
    parts = _SECTION.split(files(__package__).joinpath("sql/engine.sql").read_text("utf-8"))
    return {name: text.strip() for name, text in zip(parts[1::2], parts[2::2], strict=True)}


def statement(name: str) -> LiteralString:
    """The statement of that name."""
    return trusted(_sections()[name])


def trusted(sql: str) -> LiteralString:
    """SQL composed of our own names alone, under the type by which psycopg tells that from outside text."""
    return sql
