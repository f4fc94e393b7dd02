"""Named sections of `sql/engine.sql` and `sql/parts.sql`."""

import re
from functools import cache
from importlib.resources import files
from typing import Final, LiteralString
from uuid import UUID

_SECTION: Final = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


@cache
def _sections(file: str) -> dict[str, str]:
    parts = _SECTION.split(files(__package__).joinpath(f"sql/{file}.sql").read_text("utf-8"))
    return {name: text.strip() for name, text in zip(parts[1::2], parts[2::2], strict=True)}


def statement(name: str) -> LiteralString:
    """The statement of that name."""
    return trusted(_sections("engine")[name])


def part_statement(name: str, table: str) -> LiteralString:
    """The statement of that name about the parts that a table holds."""
    text = _sections("parts")[name]
    return trusted(text.replace("{parts}", table).replace("{links}", f"{table}_links"))


def trusted(sql: str) -> LiteralString:
    """SQL composed of our own names alone, under the type by which psycopg tells that from outside text."""
    return sql


def table_of(owner: UUID) -> str:
    """The table of the parts of one rebuild."""
    return f"enrichcore.parts_{owner.hex}"
