"""The last name of a full name in which it alone is in capitals: "DUPONT Jean", "Anne DE LA TOUR".

In France, Belgium, Hungary and China many write it so, at either end. First names, degrees and initials are in capitals at
times, too: "MARY Smith", "Ann Bell MBA", "JP Morgan"; what may be one of these tells nothing. In front they are a
last name unless a name that is known, or the other names of a file, tell that first names are written so: "XIMENA Torres".
"""

import re
from enum import Enum
from functools import cache

from enrichcore.normalize.folding import folded
from enrichcore.normalize.known_names import family_names, first_names
from enrichcore.normalize.lists import lines
from enrichcore.normalize.name_order import is_initial

#: Words of a name; more are degrees.
_MOST_WORDS = 6
#: Letters of a last name; of a shorter one behind a single first name: elsewhere it may be a first name, initials or a degree.
_SHORTEST, _SHORTEST_BEHIND_ONE = 4, 3
_JOINTS = re.compile("[-\u2010\u2011'\u2019]")


def last_name_in_capitals(words: list[str]) -> int | None:
    """Where the last name begins, counted from the start; for one in front how many words it has, below zero; else None."""
    if not 1 < len(words) <= _MOST_WORDS or not (words[0].isupper() or words[-1].isupper()):
        return None
    behind, before = _run(words[::-1]), _run(words)
    shortest = _SHORTEST_BEHIND_ONE if behind == len(words) - 1 else _SHORTEST
    if behind and _is_last(words[-behind:], shortest) and _are_first(words[:-behind]):
        return len(words) - behind
    in_front = _kind(words, before) in {CapitalsInFront.LAST_NAME, CapitalsInFront.DOUBTFUL}
    return -before if in_front else None


class CapitalsInFront(Enum):
    """What words in capitals in front of others are."""

    NONE = "there are none, or they are no name"
    LAST_NAME = "a last name: DUPONT Jean"
    FIRST_NAME = "a first name: MARY Smith"
    DOUBTFUL = "a last name as it seems, for no name is known: VEXLIM Osta"


def capitals_in_front_of(words: list[str]) -> CapitalsInFront:
    """What the words in capitals at the beginning of a full name are."""
    before = _run(words) if 1 < len(words) <= _MOST_WORDS else 0
    is_behind = (last_name_in_capitals(words) or 0) > 0
    return CapitalsInFront.NONE if is_behind or not 0 < before < len(words) else _kind(words, before)


def _kind(words: list[str], before: int) -> CapitalsInFront:
    """What so many words in capitals in front are, by what is known of them and of those behind."""
    front, behind = words[:before], words[before:]
    if _are_known(front[:1], first_names()):
        return CapitalsInFront.FIRST_NAME
    if not (before > 0 and _is_last(front, _SHORTEST) and _are_first(behind)):
        return CapitalsInFront.NONE
    if _are_known(behind, first_names()):
        return CapitalsInFront.LAST_NAME
    if _are_known(behind, family_names()):
        return CapitalsInFront.FIRST_NAME
    is_known = (
        is_particle(front[0].lower())
        or any("\u2019" in word or "'" in word for word in front)
        or _are_known(front, family_names())
    )
    return CapitalsInFront.LAST_NAME if is_known else CapitalsInFront.DOUBTFUL


def _are_known(words: list[str], names: frozenset[str]) -> bool:
    return any(folded(part) in names for word in words for part in _JOINTS.split(word))


def _run(words: list[str]) -> int:
    """How many words in capitals there are at the beginning."""
    return next((place for place, word in enumerate(words) if not _is_in_capitals(word)), 0)


def _is_in_capitals(word: str) -> bool:
    return word.isupper() and "." not in word and not is_initial(word)


def _is_last(words: list[str], shortest: int) -> bool:
    """Whether words in capitals are a last name, with particles in front of it."""
    bare = [word for word in words if not is_particle(word.lower())]
    return bool(bare) and all(len(word) >= shortest and _is_name(word) for word in bare)


def _is_name(word: str) -> bool:
    parts = [part for part in _JOINTS.split(word) if part]
    return all(map(str.isalpha, parts)) and first_names().isdisjoint(folded(part) for part in parts)


def _are_first(words: list[str]) -> bool:
    """Whether words may be first names: none is a particle, and one is spelt as names are."""
    return not any(map(is_particle, words)) and any(word.lower() != word != word.upper() for word in words)


@cache
def _particles() -> tuple[frozenset[str], frozenset[str]]:
    """Particles in any case, and those only meant in lower case."""
    rows = lines("particles")
    return (
        frozenset(row for row in rows if not row.startswith("!")),
        frozenset(row[1:] for row in rows if row.startswith("!")),
    )


def is_particle(word: str) -> bool:
    """Whether a word is one that belongs to the last name behind it: "von"."""
    any_case, lower_only = _particles()
    return word.casefold() in any_case or word in lower_only
