"""Frequent names of people, by which one end of a full name is told from the other."""

from functools import cache

from enrichcore.normalize.folding import folded
from enrichcore.normalize.lists import lines


@cache
def first_names() -> frozenset[str]:
    """First names that are frequent, some of which are last names as well, and what people of these are called, folded."""
    return only_first_names() | {folded(word) for row in lines("given_names") for word in row.split()}


@cache
def only_first_names() -> frozenset[str]:
    """Frequent first names that are no frequent family names, folded."""
    return frozenset(map(folded, lines("first_names")))


@cache
def family_names() -> frozenset[str]:
    """Frequent family names that are no frequent first names, folded."""
    return frozenset(map(folded, lines("family_names")))
