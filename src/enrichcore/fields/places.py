"""City, state and country of a company, which hide in several shapes that may disagree.

The parts of one place stay together: a state is never taken from another city than the one shown. The headquarters come
first; where none is marked, the place that agrees with the company's one-line location does; of several that nothing
tells apart, none is taken. A state's code that no country explains is not shown; where the code is a country's as well, a
well-known city tells which is meant: "Tel Aviv, IL", "Chicago, IL".
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from attrs import evolve, frozen

from enrichcore.fields import cleaners
from enrichcore.fields.payloads import Tree, values_along, values_at
from enrichcore.fields.sources import Path, Place, company_places, person_place, place_words, words
from enrichcore.normalize import (
    clean_text,
    countries_of_state,
    country_name,
    country_of_city,
    is_known_country,
    is_subdivision,
    subdivision_name,
)

#: Places of one company that are compared.
MAX_PLACES = 50
#: Characters of a code: of a country, or of a state.
CODE_LENGTH = 3
#: Texts for "yes", in any case.
YES = frozenset({"true", "yes", "1", "y"})

#: How much a place is doubted: told outright, marked as headquarters, the only one, one line of text, one of several.
_TOLD, _MARKED, _ALONE, _LINE, _ONE_OF_MANY = range(5)
#: City, state, country.
_PARTS = 3
_UNITED_STATES = "United States"
#: What Georgia is, by the code under which its cities are known.
_LIKE_STATES = {"GA": _UNITED_STATES, "GE": "Georgia"}
_POSTAL = re.compile(r"\s+[A-Z]{0,2}\d[\w-]*(?:\s\d[\w-]*)?$")
_SEVERAL = re.compile(r"[;|\n]")
_AREA = re.compile(r"(?: metropolitan| metro| greater)? area$| metropolitan(?: region)?$", re.IGNORECASE)
_BRACKETED = re.compile(r"\s*\([^()]*\)")


@frozen(kw_only=True)
class Location:
    """One place, as far as it is told."""

    city: str | None = None
    state: str | None = None
    country: str | None = None
    #: Lower is trusted more.
    doubt: int = _TOLD


def company_location(nodes: list[Tree], country: str | None) -> Location:
    """The place of a company's headquarters, put together from all that its objects tell.

    Args:
        nodes: The company's objects.
        country: What they tell of the company's country outright.
    """
    line = next(_lines(nodes), Location(doubt=_LINE))
    told = [location for node in nodes for location in _told(node, line)]
    as_state = _state_for_country([country, *(one.country for one in told)], [*told, line])
    if as_state:
        country = _UNITED_STATES if country in as_state else country
        told = [evolve(one, country=_UNITED_STATES) if one.country in as_state else one for one in told]
    candidates = sorted([*_unambiguous(told), line], key=lambda location: location.doubt)
    sure = [one for one in candidates if one.doubt <= _MARKED or _agree(one.country, country)]
    best = next((one for one in sure if one.city), next(iter(sure), Location()))
    same = [one for one in sure if one.city is None or best.city is None or _same(one.city, best.city)]
    own = next((one.country for one in same if one.country and one.city), None) if best.doubt <= _MARKED else None
    country = own or country or next((one.country for one in same if one.country), None)
    return _resolved(best.city, [*(one.state for one in same if one.state), *as_state], country)


def _state_for_country(countries: list[str | None], places: list[Location]) -> list[str]:
    """What of the countries is the state of that name: beside Atlanta "Georgia" is no country."""
    named = {one for one in countries if one and one.casefold() in words("countries_like_states")}
    is_state = any(one.city and country_of_city(one.city, "GA") == _UNITED_STATES for one in places)
    return sorted(named) if is_state else []


def person_location(node: Tree) -> str | None:
    """A person's place put together from its parts; None without a city."""
    location = _location(node, person_place(), doubt=_TOLD)
    if location.city is None:
        return None
    as_state = _state_for_country([location.country], [location])
    country = _UNITED_STATES if as_state else location.country
    location = _resolved(location.city, [*([location.state] if location.state else []), *as_state], country)
    return ", ".join(part for part in (location.city, location.state, location.country) if part)


def is_yes(value: Any) -> bool:
    """Whether a value says yes: true, 1, "true", "Yes"."""
    return value is True or (not isinstance(value, bool) and (clean_text(value) or "").casefold() in YES)


@lru_cache(maxsize=4_096)
def in_line(text: str) -> Location | None:
    """A place in one text: "City, State", "City, State, Country", "City, Country"; None where it is none of these."""
    first = _SEVERAL.split(_BRACKETED.sub("", cleaners.without_place_name(text)), maxsplit=1)[0]
    parts = [name for part in first.split(",") if (name := cleaners.said(_POSTAL.sub("", part.strip())))]
    if not parts or len(parts) > _PARTS or any(part[0].isdigit() for part in parts) or _is_area(parts[0]):
        return None
    if cleaners.is_no_place(parts[0]):
        return None
    parts[1:] = [name for part in parts[1:] if (name := _without_area(part))]
    if len(parts) == 1:
        return _alone(parts[0])
    return _with_country(parts) if len(parts) == _PARTS or _ends_in_country(parts[-1]) else _with_state(*parts)


def _alone(name: str) -> Location | None:
    """A single name: a city, but for a country's or a state's; some countries are cities."""
    if is_known_country(name):
        is_city = name.casefold() in words("city_states")
        return (
            None if len(name) <= CODE_LENGTH else Location(city=name if is_city else None, country=country_name(name))
        )
    if is_subdivision(name) and name.casefold() not in words("cities_like_states"):
        return None
    is_code = len(name) <= CODE_LENGTH and name.isupper()
    return None if is_code else Location(city=name)


def _ends_in_country(name: str) -> bool:
    # A code at the end is a state: "CA" is California here, not Canada. Georgia may be either.
    return len(name) > CODE_LENGTH and is_known_country(name) and name.casefold() not in words("countries_like_states")


def _with_country(parts: list[str]) -> Location | None:
    country = country_name(parts[-1])
    if country is None:
        return None
    name = parts[0]
    if len(parts) == _PARTS:
        return Location(city=name, state=parts[1], country=country)
    if is_subdivision(parts[-1], country):
        # "Leeds, England".
        return Location(city=name, state=parts[-1], country=country)
    if _is_code(name) or (is_subdivision(name, country) and name.casefold() not in words("cities_like_states")):
        return Location(state=name, country=country)
    # "New York, United States" may be the city or the state.
    doubtful = name.casefold() in words("cities_like_states") and country == _UNITED_STATES
    return Location(country=country) if doubtful else Location(city=name, country=country)


def _with_state(city: str, state: str) -> Location:
    if _is_code(city):
        # "MN, US": a state and its country.
        return Location(state=city, country=country_name(state))
    country = country_of_state(state, city)
    if country and _is_code(state) and country_name(state) == country and subdivision_name(state, country) == state:
        # "Toronto, CA": the country.
        return Location(city=city, country=country)
    return Location(city=city, state=state, country=country)


def country_of_state(state: str, city: str) -> str | None:
    """The country that a state behind a city tells; None where it may be another's as well."""
    if _is_code(state):
        told = country_of_city(city, state)
        if told is not None or not countries_of_state(state):
            return told or country_name(state)
    elif state.casefold() in words("countries_like_states"):
        return next((country for code, country in _LIKE_STATES.items() if country_of_city(city, code)), None)
    if state.upper() in words("ambiguous_codes") or state.casefold() in words("ambiguous_states"):
        return None
    found = countries_of_state(state)
    if _is_code(state) and _UNITED_STATES not in found and is_known_country(state):
        # "Zürich, CH": Switzerland, or Chandigarh in India.
        return None
    return _UNITED_STATES if _UNITED_STATES in found else next(iter(found)) if len(found) == 1 else None


def _is_code(name: str) -> bool:
    plain = name.replace(".", "")
    return len(plain) <= CODE_LENGTH and plain.isupper()


def _resolved(city: str | None, states: list[str], country: str | None) -> Location:
    country = country or next((home for state in states if (home := country_of_state(state, city or ""))), None)
    told_states = (name for state in states if (name := _without_area(state)))
    names = [name for state in told_states if (name := subdivision_name(state, country)) and not _is_code(name)]
    told = (
        name
        for name in names
        if name != country and (country is not None or name.casefold() not in words("countries_like_states"))
    )
    state = next(told, None)
    if city and state is None and _is_only_a_state(city, country):
        city, state = None, city
    return Location(city=None if city is None else _cased(city), state=state, country=country)


def _is_only_a_state(name: str, country: str | None) -> bool:
    """Whether what stands in the city's place is a state of the country, and no city of that name is known."""
    return country is not None and is_subdivision(name, country) and name.casefold() not in words("cities_like_states")


def _cased(name: str) -> str:
    """A city all in capitals or all in lower case as one writes it: "BOSTON", "frankfurt am main"."""
    if not (name.islower() or (name.isupper() and len(name) > CODE_LENGTH)):
        return name
    small = words("small_words")
    return " ".join(
        word if index and word in small else "-".join(part[:1].upper() + part[1:] for part in word.split("-"))
        for index, word in enumerate(name.lower().split())
    )


def _lines(nodes: list[Tree]) -> Iterator[Location]:
    for value in values_along(nodes, place_words("line")):
        text = cleaners.line(value) if isinstance(value, str | list) else None
        found = in_line(text) if text else None
        if found is not None:
            yield evolve(found, doubt=_LINE)


def _told(node: Tree, line: Location) -> Iterator[Location]:
    for place in company_places():
        if place.at and place.at[0] not in node:
            continue
        found = values_at(node, place.at)[:MAX_PLACES] if place.at else [node]
        spread = [part for one in found for part in (one if isinstance(one, list) else [one])][:MAX_PLACES]
        alone = len(spread) == 1
        for part in spread:
            location = _location(part, place, doubt=_doubt(part, explicit=not place.at, alone=alone))
            agrees = location.doubt == _ONE_OF_MANY and _same(location.city, line.city)
            yield evolve(location, doubt=_ALONE) if agrees else location


def _doubt(part: Tree, *, explicit: bool, alone: bool) -> int:
    if explicit:
        return _TOLD
    if any(is_yes(value) for value in values_along((part,), place_words("headquarters"))):
        return _MARKED
    return _ALONE if alone else _ONE_OF_MANY


def _unambiguous(told: list[Location]) -> list[Location]:
    """Without the places of a list in which nothing tells the headquarters, unless they are all one city."""
    listed = {(one.city or "").casefold() for one in told if one.doubt == _ONE_OF_MANY} - {""}
    return told if len(listed) <= 1 else [one for one in told if one.doubt != _ONE_OF_MANY]


def _location(node: Tree, place: Place, *, doubt: int) -> Location:
    if isinstance(node, str):
        text = cleaners.line(node)
        return evolve((in_line(text) if text else None) or Location(), doubt=doubt)
    city = _first(node, place.city, cleaners.city)
    state = _first(node, place.state, cleaners.city)
    country = _first(node, place.country, cleaners.country)
    for text in (city, state):
        if text is not None and "," in text:
            # "Boston, MA" in the city's place, "Massachusetts, US" in the state's.
            whole = in_line(text if text is city else f"{city}, {text}" if city else text) or Location()
            return Location(
                city=whole.city, state=whole.state or (state if text is city else None), country=country or whole.country,
                doubt=doubt,
            )  # fmt: skip
    if city is not None and (_is_area(city) or any(map(str.isdigit, city))):
        city = None
    return Location(city=city, state=state, country=country, doubt=doubt)


def _first(node: Tree, found_at: tuple[Path, ...], clean: cleaners.Cleaner) -> str | None:
    return next((cleaned for value in values_along((node,), found_at) if (cleaned := clean(value))), None)


def _agree(one: str | None, other: str | None) -> bool:
    return one is None or other is None or one == other


def _same(one: str | None, other: str | None) -> bool:
    return one is not None and other is not None and one.casefold() == other.casefold()


def _without_area(state: str) -> str | None:
    """The state that a part such as "Texas Metropolitan Area" names; None where it only names an area."""
    bare = _AREA.sub("", state)
    return state if bare == state else bare if is_subdivision(bare) else None


def _is_area(name: str) -> bool:
    folded = name.casefold()
    return folded.startswith("greater ") or folded.endswith((" area", " region", " metropolitan"))
