"""A line of groups above the header: "Contact, , , Company, ," over "First name, City, Email, Name, City, Website".

Read without it, a company's town becomes the person's. So a column below "Company" is called as a company's where such a name
is known, or where it would be taken for the person's else.
"""

from collections.abc import Iterator
from itertools import accumulate

from enrichcore.ingest.dialect import Knows
from enrichcore.ingest.profiles import fold_header, word_list


def with_groups(headers: tuple[str, ...], above: tuple[str, ...], knows: Knows) -> tuple[str, ...]:
    """The names of the columns, with the group where they stand below one.

    Args:
        headers: The header's cells.
        above: The cells of the line above it.
        knows: Whether a cell is a known column name.
    """
    groups = {fold_header(cell) for cell in above if cell.strip()}
    companies, people = word_list("company_groups"), word_list("person_groups")
    if not groups or not groups <= companies | people or len(groups) >= sum(map(bool, map(str.strip, headers))):
        return headers
    wide = (*above, *[""] * (len(headers) - len(above)))
    below: Iterator[str] = accumulate(wide, lambda group, cell: cell if cell.strip() else group)
    return tuple(_named(header, fold_header(group), knows) for header, group in zip(headers, below, strict=False))


def is_named(header: str, cell: str) -> bool:
    """Whether a column may be called so in the file: as its name is, or without the group that was put before it."""
    own, told = fold_header(header), fold_header(cell)
    return own == told or own in {f"company{told}", f"contact{told}"}


def _named(header: str, group: str, knows: Knows) -> str:
    if not header.strip() or fold_header(header).startswith(group):
        return header
    if group in word_list("company_groups"):
        name = f"Company {header}"
        return name if knows(name) or fold_header(header) in word_list("told_of_people") else header
    name = f"Contact {header}"
    return name if fold_header(header) == "name" and knows(name) else header
