"""City, state and country of a company, which hide in several shapes that may disagree.

The parts of one place stay together: a state is never taken from another city than the one shown. The headquarters come
first; where none is marked, the place that agrees with the company's one-line location does.
"""

from collections.abc import Iterator
from typing import Any

from attrs import frozen

from enrichcore.fields import cleaners
from enrichcore.fields.payloads import Tree, values_along, values_at
from enrichcore.fields.sources import Path, Place, company_places, person_place, place_words
from enrichcore.normalize import clean_text, country_name, is_known_country, subdivision_name

#: Places of one company that are compared.
MAX_PLACES = 50
#: Texts for "yes", in any case.
YES = frozenset({"true", "yes", "1", "y"})


@frozen(kw_only=True)
class Location:
    """One place, as far as it is told."""

    city: str | None = None
    state: str | None = None
    country: str | None = None
    #: Lower is trusted more.
    doubt: int = 0


def company_location(nodes: list[Tree]) -> Location:
    """The place of a company's headquarters, put together from all that its objects tell."""
    line = next(_lines(nodes), Location())
    told = [location for node in nodes for location in _told(node, line)]
    candidates = sorted([*told, line], key=lambda location: location.doubt)
    with_city = [location for location in candidates if location.city] or candidates
    city = with_city[0].city
    same = [location for location in candidates if location.city is None or _same(location.city, city)]
    country = next((location.country for location in same if location.country), None)
    states = [location.state for location in same if location.state]
    full = (name for state in states if (name := subdivision_name(state, country)) and len(name) > 3)  # noqa: PLR2004 - codes
    return Location(city=city, state=next(full, states[0] if states else None), country=country)


def person_location(node: Tree) -> str | None:
    """A person's place put together from its parts; None without a city."""
    location = _location(node, person_place(), doubt=0)
    if location.city is None:
        return None
    state = subdivision_name(location.state, location.country)
    return ", ".join(part for part in (location.city, state, location.country) if part)


def is_yes(value: Any) -> bool:
    """Whether a value says yes: true, 1, "true", "Yes"."""
    return value is True or (not isinstance(value, bool) and (clean_text(value) or "").casefold() in YES)


def _lines(nodes: list[Tree]) -> Iterator[Location]:
    """The places given as one text: "City, State", "City, State, Country", "City, Country"."""
    for value in values_along(nodes, place_words("line")):
        text = clean_text(value) if isinstance(value, str) else None
        parts = [part.strip() for part in (text or "").split(",") if part.strip()]
        if not parts or len(parts) > 3 or any(part[0].isdigit() for part in parts):  # noqa: PLR2004 - city, state, country
            continue
        if _is_area(parts[0]):
            continue
        # A code at the end is a state: "CA" is California here, not Canada.
        ends = len(parts) > 1 and len(parts[-1]) > 3 and is_known_country(parts[-1])  # noqa: PLR2004 - codes
        country = country_name(parts[-1]) if ends or len(parts) == 3 else None  # noqa: PLR2004 - as above
        inner = parts[1:-1] if country else parts[1:]
        yield Location(city=parts[0], state=inner[0] if inner else None, country=country, doubt=3)


def _told(node: Tree, line: Location) -> Iterator[Location]:
    for place in company_places():
        found = values_at(node, place.at)[:MAX_PLACES] if place.at else [node]
        spread = [part for one in found for part in (one if isinstance(one, list) else [one])][:MAX_PLACES]
        alone = len(spread) == 1
        for part in spread:
            location = _location(part, place, doubt=4)
            yield Location(
                city=location.city,
                state=location.state,
                country=location.country,
                doubt=_doubt(part, location, line, explicit=not place.at, alone=alone),
            )


def _doubt(part: Tree, location: Location, line: Location, *, explicit: bool, alone: bool) -> int:
    if explicit:
        return 0
    if any(is_yes(value) for value in values_along((part,), place_words("headquarters"))):
        return 1
    return 2 if alone or _same(location.city, line.city) else 4


def _location(node: Tree, place: Place, *, doubt: int) -> Location:
    return Location(
        city=_first(node, place.city, cleaners.place),
        state=_first(node, place.state, cleaners.place),
        country=_first(node, place.country, country_name),
        doubt=doubt,
    )


def _first(node: Tree, found_at: tuple[Path, ...], clean: cleaners.Cleaner) -> str | None:
    return next((cleaned for value in values_along((node,), found_at) if (cleaned := clean(value))), None)


def _same(one: str | None, other: str | None) -> bool:
    return one is not None and other is not None and one.casefold() == other.casefold()


def _is_area(name: str) -> bool:
    folded = name.casefold()
    return folded.startswith("greater ") or folded.endswith((" area", " region", " metropolitan"))
