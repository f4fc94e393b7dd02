"""The lists that the cleaning goes by, read once from the text files beside this module: one entry a line, `#` comments."""

from functools import cache
from importlib.resources import files


@cache
def lines(name: str) -> tuple[str, ...]:
    """The entries of `data/{name}.txt` in file order, without blank lines and comments."""
    text = files(__package__).joinpath("data", f"{name}.txt").read_text(encoding="utf-8")
    stripped = (line.strip() for line in text.splitlines())
    # A comment is a `#` followed by a space, because "#n/a" is an entry.
    return tuple(line for line in stripped if line and not line.startswith("# "))


@cache
def entries(name: str) -> frozenset[str]:
    """The entries of `data/{name}.txt` as a set."""
    return frozenset(lines(name))
