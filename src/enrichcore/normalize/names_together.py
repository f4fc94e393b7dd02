"""First, last and full name of one person, which tell of each other: what one column holds of another leaves it."""

import re
from typing import Any

from enrichcore.normalize.last_name_in_capitals import is_particle
from enrichcore.normalize.lists import entries
from enrichcore.normalize.name_order import Parts, parts_in_order
from enrichcore.normalize.names import (
    is_blank,
    is_honorific,
    is_nobody,
    last_name,
    person_name,
    split_full_name,
    told_by_capitals,
    undashed,
)
from enrichcore.normalize.nothing import clean_label
from enrichcore.normalize.remembering import remembered

_JOB_BEHIND = re.compile(r"(?P<name>[^,]*),\s*(?P<job>[^\W\d_]+)\b[^,]*")
#: Letters of a last name that may be initials: "NG".
_SHORTEST = 2
#: Titles that are first names as well.
_ALSO_GIVEN = frozenset({"dame"})
#: Titles that go with a first name: Ian may be called Sir Ian, and so may Mr Bell be Sir Bell where a machine wrote it.
_WITH_FIRST_NAMES = frozenset({"sir", "dame"})
#: How last names of several words begin.
_OPENINGS = frozenset({"st", "mc", "mac", "san", "santa", "santo", "abu", "el"})


def full_name(value: Any) -> str | None:
    """A full name fit to show, as `Last, First` where capitals tell the last one; None for one of which only half is told: see `lone_last_name`."""
    name = person_name(value)
    if name is None or _half_of(value):
        return None
    parts = told_by_capitals(value)
    return f"{parts[1]}, {parts[0]}" if parts else undashed(name)


def lone_last_name(value: Any) -> str | None:
    """The last name, where a full name tells no other: "Mr Bell", "null Bell", "Bell, CEO"; "Sir Ian" tells none."""
    half = _half_of(value)
    is_first = half is not None and clean_label(value).split()[0].casefold() in _WITH_FIRST_NAMES
    return None if half is None or is_first else last_name(half)


@remembered
def _half_of(value: Any) -> str | None:
    """The only name that is told, where a title, a job or a blank stands for the other."""
    text = clean_label(value) if isinstance(value, str) else ""
    if " " not in text:
        return None
    behind = _JOB_BEHIND.fullmatch(text)
    if behind and behind["job"].casefold() in entries("jobs_behind_names"):
        named = person_name(behind["name"])
        return behind["name"] if named and " " not in named else None
    first, *rest = text.split()
    if rest and (is_blank(first) or is_honorific(first)):
        named = person_name(text)
        return " ".join(rest) if named and " " not in named else None
    return None


def whole_name_in(last: str) -> tuple[str, str] | None:
    """First and last name of a whole one in the last name's place, which must be filled where the first need not; None for any other."""
    first, end = split_full_name(last)
    opens = last.split(maxsplit=1)[0]
    is_last = is_particle(opens) or opens.rstrip(".").casefold() in _OPENINGS
    return (first, end) if first and end and not is_last else None


def rest_of_name(full: str | None, *, first: str | None = None, last: str | None = None) -> Parts | None:
    """First and last name, where one is told and the full name has it at the other end than in English: "Tran Mai" of a Mai.

    None where it does not stand there, or both are told or neither.
    """
    if full and "," in full and bool(first) != bool(last):
        split_first, split_last = split_full_name(full)
        return first or split_first, last or split_last
    words = (full or "").split()
    told = (first or last or "").split()
    if bool(first) == bool(last) or not 0 < len(told) < len(words):
        return None
    there, rest = (words[-len(told) :], words[: -len(told)]) if first else (words[: len(told)], words[len(told) :])
    if [word.casefold() for word in there] != [word.casefold() for word in told]:
        return None
    ordered = parts_in_order(words)
    if ordered is not None and ordered[1]:
        return first or ordered[0], ordered[1]
    return (first, " ".join(rest)) if first else (" ".join(rest), last or "")


def distinct_names(first: str | None, last: str | None, full: str | None = None) -> tuple[str | None, str | None]:
    """First and last name without what each has of the other: the whole name in one's place, or in both.

    Args:
        first: The first name as told.
        last: The last name as told.
        full: The whole name as told; where it repeats a word on purpose, so does the last name.
    """
    if is_nobody(f"{first} {last}") or (first is None and (last or "").casefold() in entries("no_last_names")):
        # "LinkedIn", "Member".
        return None, None
    if last and "," in last:
        # "Brook, Ada" in the last name's place, or what follows it: "Brook, CSM, SAFe".
        if not first:
            return split_full_name(last)
        last = last.partition(",")[0].strip() or None
    if first and is_honorific(first) and first.casefold() not in _ALSO_GIVEN:
        # "Rev", "Bell".
        first = None
    if not last:
        return split_full_name(first) if first and "," in first else (first, last)
    last = _cased_as(last, full)
    if not first:
        return first, last
    whole, end = first.casefold(), last.casefold()
    if whole == end and " " in first:
        return split_full_name(first)
    if whole.endswith(f" {end}"):
        return first[: -len(last) - 1].rstrip(), last
    if full is None or full.casefold() != f"{whole} {end}":
        while last.casefold().startswith(f"{whole} "):
            last = last[len(first) + 1 :].lstrip()
    return first, last


def _cased_as(last: str, full: str | None) -> str:
    """A last name of two capitals as the full name has it: "NG" beside "Wiebke Ng"."""
    end = (full or "").rpartition(" ")[2]
    is_same = len(last) == _SHORTEST and end.casefold() == last.casefold()
    return end if is_same and last.isupper() and not end.isupper() else last
