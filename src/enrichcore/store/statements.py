"""Named sections of the `.sql` files beside this module."""

import re
from functools import cache
from importlib.resources import files
from typing import Final

_SECTION: Final = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


@cache
def statements(file: str = "queries") -> dict[str, str]:
    """Every statement of a file in `sql/` by its name."""
    parts = _SECTION.split(files(__package__).joinpath(f"sql/{file}.sql").read_text("utf-8"))
    return {name: text.strip() for name, text in zip(parts[1::2], parts[2::2], strict=True)}


@cache
def migrations() -> tuple[tuple[int, str, str], ...]:
    """The numbered migrations in order: number, name, SQL."""
    folder = files(__package__).joinpath("migrations")
    found = sorted((entry.name, entry.read_text("utf-8")) for entry in folder.iterdir() if entry.name.endswith(".sql"))
    return tuple((int(name[:4]), name.removesuffix(".sql"), text) for name, text in found)
