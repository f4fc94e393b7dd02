"""Which column tells which fact: headers matched with a profile's aliases, overrides first.

A column is mapped, unmapped or ambiguous, and each is shown. Ambiguous means that two readings are possible: it is never
guessed, because a column that is missing is noticed and one that is wrong is not.
"""

import collections.abc
from collections import Counter, defaultdict
from collections.abc import Iterable
from difflib import get_close_matches
from types import MappingProxyType

from attrs import field, frozen

from enrichcore.ingest.errors import BadMapping
from enrichcore.ingest.profiles import Profile, fact_kinds, find_profile, fold_header

#: The field of an override that leaves a column out.
IGNORE = "ignore"

#: Other columns that the reason of an ambiguous one names.
_NAMED = 10

_NONE: collections.abc.Mapping[str, str] = MappingProxyType({})


@frozen(kw_only=True)
class Mapping:
    """How a file's columns were understood. Columns are named as by `name_columns`."""

    #: Column -> fact. Of several columns for one fact, the first with a usable cell gives it.
    mapped: dict[str, str] = field(factory=dict)
    #: Columns that mean nothing to the profile, or were left out on purpose.
    unmapped: tuple[str, ...] = ()
    #: Column -> why it may mean more than one thing.
    ambiguous: dict[str, str] = field(factory=dict)


def name_columns(headers: Iterable[str]) -> tuple[str, ...]:
    """A distinct name for each column: its header, "column 3" for a blank one, "Email (2)" for the second of a name."""
    #: Each name with the number that it was given last: asking from 1 again takes minutes for a damaged header.
    taken: dict[str, int] = {}
    for position, header in enumerate(headers, start=1):
        bare = header.strip().removeprefix("\ufeff") or f"column {position}"
        name, count = bare, taken.get(bare, 0)
        while name in taken:
            count += 1
            name = f"{bare} ({count})"
        taken[bare] = max(count, 1)
        taken.setdefault(name, 1)
    return tuple(taken)


def present_columns(headers: Iterable[str], saved: collections.abc.Mapping[str, str]) -> dict[str, str]:
    """Those of the saved overrides whose column the file has, once."""
    cells = tuple(headers)
    columns = name_columns(cells)
    return {column: fact for column, fact in saved.items() if _is_present(column, fact, cells, columns)}


def _is_present(column: str, fact: str, cells: tuple[str, ...], columns: tuple[str, ...]) -> bool:
    try:
        _column(column, fact, cells, columns)
    except BadMapping:
        return False
    return True


def check_field(column: str, fact: str) -> None:
    """Refuses a field that no import fills.

    Raises:
        BadMapping: There is no such field.
    """
    if fact != IGNORE and fact not in fact_kinds():
        near = get_close_matches(fact, fact_kinds(), n=3, cutoff=0.5) or ["person_email", "company_name"]
        raise BadMapping(
            column, fact, f"there is no field {fact!r}; perhaps {' or '.join(near)}, or {IGNORE} to leave it out"
        )


def map_columns(headers: Iterable[str], profile: str, overrides: collections.abc.Mapping[str, str] = _NONE) -> Mapping:
    """Matches headers with facts.

    Args:
        headers: The file's header cells.
        profile: Name of the ingest profile.
        overrides: Column -> fact, or `ignore`; the column as in the file or as in the result. A fact that an override
            gives comes from no other column, unless that is overridden to it, too.

    Raises:
        BadMapping: An override names an unknown column or fact.
        UnknownProfile: There is no such profile.
    """
    cells = tuple(headers)
    columns = name_columns(cells)
    chosen = _chosen(cells, columns, overrides)
    doubtful, candidates = _candidates(cells, columns, find_profile(profile), chosen)
    mapped = {column: fact for column, fact in chosen.items() if fact != IGNORE}
    for fact, listed in candidates.items():
        ordered = _in_order(listed, find_profile(profile).orders.get(fact, ()))
        if ordered is None:
            doubtful |= {column: _reason(column, fact, listed) for column, _, _ in listed}
        else:
            mapped |= dict.fromkeys(ordered, fact)
    unmapped = tuple(column for column in columns if column not in mapped and column not in doubtful)
    return Mapping(mapped=mapped, unmapped=unmapped, ambiguous=doubtful)


#: A column that an alias gives: its name, its header as in the file, and that folded.
_Candidate = tuple[str, str, str]


def _candidates(
    cells: tuple[str, ...], columns: tuple[str, ...], profile: Profile, chosen: collections.abc.Mapping[str, str]
) -> tuple[dict[str, str], dict[str, list[_Candidate]]]:
    """Columns that a condition leaves in doubt, with the reason; and for each fact the columns that may tell it."""
    folded = [fold_header(cell) for cell in cells]
    present = frozenset(folded)
    settled = frozenset(chosen.values())
    doubtful: dict[str, str] = {}
    candidates: defaultdict[str, list[_Candidate]] = defaultdict(list)
    for column, cell, key in zip(columns, cells, folded, strict=True):
        conditions = profile.conditions.get(key, ())
        condition = next((one for one in conditions if one.holds(present)), None)
        facts = [one.fact for one in conditions] if conditions and condition is None else []
        fact = condition.fact if condition else profile.alias(cell)
        if column in chosen or fact in settled or (facts and settled.issuperset(facts)):
            continue
        if facts:
            doubtful[column] = conditions[0].reason
        elif fact is not None:
            candidates[fact].append((column, cell.strip().removeprefix("\ufeff"), key))
    return doubtful, candidates


def _in_order(listed: list[_Candidate], orders: Iterable[tuple[str, ...]]) -> list[str] | None:
    """The columns in the one declared order that has a place for each of them; None where there is none."""
    if len(listed) == 1:
        return [listed[0][0]]
    for order in orders:
        places = [_place(candidate, order) for candidate in listed]
        if None not in places and max(Counter(places).values()) == 1:
            ranked = sorted(zip(places, listed, strict=True), key=lambda pair: pair[0] or 0)
            return [column for _, (column, _, _) in ranked]
    return None


def _place(candidate: _Candidate, order: tuple[str, ...]) -> int | None:
    _, cell, key = candidate
    spelling = f"={' '.join(cell.split())}"
    return next((place for place, entry in enumerate(order) if entry in {spelling, key}), None)


def _reason(column: str, fact: str, listed: list[_Candidate]) -> str:
    others = [repr(other) for other, _, _ in listed[: _NAMED + 1] if other != column][:_NAMED]
    more = len(listed) - 1 - len(others)
    shown = f"{', '.join(others)} and {more:,} more" if more else ", ".join(others)
    return f"{shown} may be {fact}, too; choose one with --map"


def _chosen(
    cells: tuple[str, ...], columns: tuple[str, ...], overrides: collections.abc.Mapping[str, str]
) -> dict[str, str]:
    chosen: dict[str, str] = {}
    for given, fact in overrides.items():
        column = _column(given, fact, cells, columns)
        check_field(given, fact)
        chosen[column] = fact
    return chosen


def _column(given: str, fact: str, cells: tuple[str, ...], columns: tuple[str, ...]) -> str:
    """The one column that an override means: by its name, else by its header, folded."""
    if given in columns and [cell.strip() for cell in cells].count(given) <= 1:
        return given
    key = fold_header(given)
    same = [column for column, cell in zip(columns, cells, strict=True) if key and fold_header(cell) == key]
    if len(same) == 1:
        return same[0]
    if same:
        if given in columns and given != cells[columns.index(given)].strip():
            return given
        raise BadMapping(given, fact, f"several columns are called so; say which: {', '.join(map(repr, same))}")
    near = get_close_matches(given, columns, n=3, cutoff=0.5)
    problem = f"perhaps {' or '.join(map(repr, near))}" if near else f"there are {', '.join(map(repr, columns[:40]))}"
    raise BadMapping(given, fact, f"the file has no column {given!r}; {problem}")
