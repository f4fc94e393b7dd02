"""City, state and country of a company, which hide in several shapes that may disagree.

The parts of one place stay together: a state is never taken from another city than the one shown. The headquarters come
first; where none is marked, the place that agrees with the company's one-line location does; of several that nothing
tells apart, none is taken, and none that says itself that it is no headquarters. A place in another country than the one told
outright is only taken where it is marked. A state's code that no country explains is not shown; where the code is a country's as well, a
well-known city tells which is meant: "Tel Aviv, IL", "Chicago, IL".
"""

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any

from attrs import evolve

from enrichcore.fields import cleaners, place_values, text_values
from enrichcore.fields.one_line_places import (
    ALONE,
    ELSEWHERE,
    LINE,
    MARKED,
    MAX_PLACES,
    ONE_OF_MANY,
    TOLD,
    UNITED_STATES,
    Location,
    are_same,
    comma_separated,
    country_of,
    in_line,
    is_area,
    is_code,
    names_several,
    without_area,
)
from enrichcore.fields.payloads import Tree, first_along, values_along, values_at
from enrichcore.fields.sources import Path, Place, company_places, job_paths, person_place, place_words, words
from enrichcore.normalize import (
    clean_text,
    countries_of_state,
    country_name,
    country_of_city,
    is_known_country,
    is_subdivision,
    subdivision_name,
)

#: Texts for "yes" and "no", in any case.
YES = frozenset({"true", "yes", "1", "y"})
NO = frozenset({"false", "no", "0", "n"})
#: Keys beside which a country may be that of a company.
_OF_AN_EMPLOYER = frozenset(path[0] for path in job_paths("employer")) | {"website", "domain"}


def company_location(nodes: list[Tree], country: str | None) -> Location:
    """The place of a company's headquarters, put together from all that its objects tell.

    Args:
        nodes: The company's objects.
        country: What they tell of the company's country outright.
    """
    line = next(_lines(nodes), Location(doubt=LINE))
    told = [location for node in nodes for location in _told(node, line) if location.doubt != ELSEWHERE]
    as_state = _state_for_country([country, *(one.country for one in told)], [*told, line])
    if as_state:
        country = UNITED_STATES if country in as_state else country
        told = [evolve(one, country=UNITED_STATES) if one.country in as_state else one for one in told]
    candidates = sorted([*_unambiguous(told), line], key=lambda location: location.doubt)
    country = country or next((one.country for one in candidates if one.country and one.doubt == TOLD), None)
    fitting = [one if one.doubt <= MARKED else _in_country(one, country) for one in candidates]
    sure = [one for one in fitting if one is not None]
    best = next((one for one in sure if one.city), next(iter(sure), Location()))
    same = [one for one in sure if one.city is None or best.city is None or are_same(one.city, best.city)]
    own = next((home for one in same if one.city and (home := _home(one))), None) if best.doubt <= MARKED else None
    country = own or country or next((one.country for one in same if one.country), None)
    states = (one.state for one in same if one.state and (one.country or _may_be_in(one.state, country)))
    return _resolved(best.city, (*states, *as_state), country)


def _in_country(place: Location, country: str | None) -> Location | None:
    """The place as one in that country; None where it tells that it is in another."""
    if country is None:
        return place
    if place.code is not None:
        # "Casablanca, MA" in Morocco, "Imphal, MN" in India.
        is_country = country_name(place.code) == country
        return evolve(place, state=None if is_country else place.code, country=country)
    return place if _agree(place.country, country) and _may_be_in(place.state, country) else None


def _may_be_in(state: str | None, country: str | None) -> bool:
    """Whether a state is not surely another country's."""
    if state is None or country is None or is_code(state):
        return True
    homes = countries_of_state(state)
    return (
        not homes or country in homes or country_name(state) == country or state.casefold() in words("ambiguous_states")
    )


def _home(place: Location) -> str | None:
    """The country of a place, also where only its state tells it by name."""
    if place.country or place.state is None or is_code(place.state):
        return place.country
    return country_of(place.state, place.city or "")


def _state_for_country(countries: list[str | None], places: list[Location]) -> list[str]:
    """What of the countries is the state of that name: beside Atlanta "Georgia" is no country."""
    named = {one for one in countries if one and one.casefold() in words("countries_like_states")}
    is_state = any(one.city and country_of_city(one.city, "GA") == UNITED_STATES for one in places)
    return sorted(named) if is_state else []


def person_location(node: Tree) -> str | None:
    """A person's place put together from its parts; without a city only where a place of theirs tells no more.

    A country among a person's own fields is one of several parts; it is the place only where no city, no state and no employer stands beside it.
    """
    if isinstance(node, dict) and _keys_of_a_place().isdisjoint(node):
        return None
    location = _whole(told := _location(node, person_place(), doubt=TOLD))
    if location.city is not None:
        return in_one_line(location.city, location.state, location.country)
    inside = _location(node, _inside_a_place(), doubt=TOLD) if told.country else Location()
    if inside.country:
        return in_one_line(_whole(inside).state, inside.country)
    return told.country if _names_no_part_but_the_country(node) else None


def _names_no_part_but_the_country(node: Tree) -> bool:
    """Whether nothing is written where a city, a state or an employer is told: beside these it may be anything's country."""
    parts = person_place()
    return _OF_AN_EMPLOYER.isdisjoint(node) and not any(
        text_values.line(value) for value in values_along((node,), (*parts.city, *parts.state))
    )


@cache
def _keys_of_a_place() -> frozenset[str]:
    """The keys under which a person's place is told."""
    parts = person_place()
    return frozenset(path[0] for path in (*parts.city, *parts.state, *parts.country))


@cache
def _inside_a_place() -> Place:
    """A person's place where it is an object of its own."""
    parts = person_place()
    city, state, country = (
        tuple(path for path in paths if len(path) > 1) for paths in (parts.city, parts.state, parts.country)
    )
    return Place(at=(), city=city, state=state, country=country)


def person_line(text: str | None) -> str | None:
    """A person's place as one line of an import, cleaned as in an answer."""
    return place_values.location(text)


def in_one_line(*parts: str | None) -> str | None:
    """The parts of a place that are told, as one line."""
    return ", ".join(filter(None, parts)) or None


@lru_cache(maxsize=32_768)
def told_place(city: str | None, state: str | None, country: str | None) -> Location:
    """The place that texts for its city, its state and its country tell together, each cleaned as in an answer."""
    return _whole(_location({"city": city, "state": state, "country": country}, _IN_PARTS, doubt=TOLD))


@lru_cache(maxsize=32_768)
def place_in_line(text: str, country: str | None) -> Location:
    """The place of a company that one line tells, in the country that is told beside it."""
    return company_location([{"location": text}], country)


#: Keys under which an object keeps its text, but for those of a name: a place is called by its street, or "Headquarters".
_TEXT_OF_A_PLACE = ("result", "value", "text", "answer", "response", "output", "formatted")
#: "Porto, Portugal (HQ)", "HQ: Porto".
_SAYS_HEADQUARTERS = re.compile(
    r"\((?:hq|headquarters?|head office|hauptsitz|si[e\u00e8]ge)\)|^\W*(?:hq|headquarters?|head office)\s*[:\u2013-]",
    re.IGNORECASE,
)
_IN_PARTS = Place(at=(), city=(("city",),), state=(("state",),), country=(("country",),))


def _whole(location: Location) -> Location:
    """The place with what follows from its parts: the country of a state, the name of a code."""
    as_state = _state_for_country([location.country], [location])
    country = UNITED_STATES if as_state else location.country
    return _resolved(location.city, (*([location.state] if location.state else []), *as_state), country)


def is_yes(value: Any) -> bool:
    """Whether a value says yes: true, 1, "true", "Yes"."""
    return value is True or (not isinstance(value, bool) and (clean_text(value) or "").casefold() in YES)


def is_no(value: Any) -> bool:
    """Whether a value says no: false, 0, "false", "No"."""
    return value is False or (not isinstance(value, bool) and str(value).strip().casefold() in NO)


@lru_cache(maxsize=8_192)
def _resolved(city: str | None, states: tuple[str, ...], country: str | None) -> Location:
    country = country or next((home for state in states if (home := _state_country(state, city or ""))), None)
    named_alike = words("city_states", "cities_like_countries")
    if city and country and country_name(city) == country and city.casefold() not in named_alike:
        # The country once more, and no city.
        city = None
    told_states = (name for state in states if (name := without_area(state)))
    names = [name for state in told_states if (name := subdivision_name(state, country)) and not is_code(name)]
    told = (
        name
        for name in names
        if name != country and (country is not None or name.casefold() not in words("countries_like_states"))
    )
    state = next(told, None)
    return Location(
        city=None if city is None else place_values.cased_place(city),
        state=None if state is None else place_values.cased_place(state),
        country=country,
    )


def _state_country(state: str, city: str) -> str | None:
    """The country that a state tells; in the state's place a code is none of a country: "BG" is Bergamo as well as Bulgaria."""
    is_known = not is_code(state) or bool(countries_of_state(state)) or country_of_city(city, state) is not None
    return country_of(state, city) if is_known else None


def _lines(nodes: list[Tree]) -> Iterator[Location]:
    for value in values_along(nodes, place_words("line")):
        text = place_values.place_line(_told_in(value))
        found = in_line(text) if text else None
        if found is not None:
            yield found.doubted(LINE)


def _told_in(value: Tree) -> Tree:
    """The text of an object that tells no parts of a place: `{"result": "Toronto, ON, Canada", "provider": "..."}`."""
    if not isinstance(value, dict):
        return value if isinstance(value, str | list) else None
    return next((value[key] for key in _TEXT_OF_A_PLACE if isinstance(value.get(key), str)), None)


def _told(node: Tree, line: Location) -> Iterator[Location]:
    for place in company_places():
        if place.at and place.at[0] not in node:
            continue
        found = values_at(node, place.at)[:MAX_PLACES] if place.at else [node]
        spread = [part for one in found for part in (one if isinstance(one, list) else [one])][:MAX_PLACES]
        doubts = [_doubt(part, explicit=not place.at, alone=len(spread) == 1) for part in spread]
        places = [_location(part, place, doubt=doubt) for part, doubt in zip(spread, doubts, strict=True)]
        for location in _without_rival_marks(places):
            agrees = location.doubt in {ONE_OF_MANY, ELSEWHERE} and are_same(location.city, line.city)
            yield location.doubted(ALONE) if agrees else location


def _without_rival_marks(places: list[Location]) -> list[Location]:
    """The places of one list; where several cities are marked, the marks tell nothing, and what is not marked is none of them."""
    if len(places) <= 1:
        return places
    marked = [one for one in places if one.doubt == MARKED]
    if len({(one.city or "").casefold() for one in marked} - {""}) <= 1:
        return places
    return [one.doubted(ONE_OF_MANY) for one in marked]


def _doubt(part: Tree, *, explicit: bool, alone: bool) -> int:
    if explicit:
        return TOLD
    if isinstance(part, str) and _SAYS_HEADQUARTERS.search(part):
        return MARKED
    marks = list(values_along((part,), place_words("headquarters"))) if isinstance(part, dict) else []
    if any(map(is_yes, marks)):
        return MARKED
    if any(map(is_no, marks)):
        return ELSEWHERE
    return ALONE if alone else ONE_OF_MANY


def _unambiguous(told: list[Location]) -> list[Location]:
    """Without the places of a list in which nothing tells the headquarters, unless they are all one city."""
    listed = {(one.city or "").casefold() for one in told if one.doubt == ONE_OF_MANY} - {""}
    return told if len(listed) <= 1 else [one for one in told if one.doubt != ONE_OF_MANY]


def _location(node: Tree, place: Place, *, doubt: int) -> Location:
    if isinstance(node, str):
        text = place_values.place_line(node)
        return ((in_line(text) if text else None) or Location()).doubted(doubt)
    city = _first(node, place.city, place_values.city)
    state = _first(node, place.state, place_values.state)
    country = _first(node, place.country, place_values.country)
    return _put_together(city, state, country, doubt)


@lru_cache(maxsize=8_192)
def _put_together(city: str | None, state: str | None, country: str | None, doubt: int) -> Location:
    for text in (city, state):
        if text is not None and (len(comma_separated(text)) > 1 or (text is city and names_several(text))):
            # "Boston, MA" in the city's place, "Massachusetts, US" in the state's.
            whole = in_line(text if text is city else f"{city}, {text}" if city else text) or Location()
            whole = _in_country(whole, country) or Location()
            return Location(
                city=whole.city, state=whole.state or (state if text is city else None), country=country or whole.country,
                doubt=doubt,
            )  # fmt: skip
    if city is not None and (is_area(city) or any(map(str.isdigit, city))):
        city = None
    if (
        city is not None
        and country in {None, country_name(city)}
        and _is_surely_country(city)
        and city.casefold() not in words("city_states", "cities_like_countries")
    ):
        city, country = None, country_name(city)
    if state is not None and country is None and _is_surely_country(state):
        state, country = None, country_name(state)
    if city is None and country is None and state is not None and not countries_of_state(state):
        # Alone it may be the state of anything: "Active".
        state = None
    is_state = city is not None and is_subdivision(city, country) and city.casefold() not in words("cities_like_states")
    if is_state and (state is None or are_same(state, city)):
        # A state in the city's place; without a country it may be any.
        city, state = None, state or (city if country else None)
    return Location(city=city, state=state, country=country, doubt=doubt)


@lru_cache(maxsize=4_096)
def _is_surely_country(name: str) -> bool:
    return not place_values.may_be_code(name) and is_known_country(name) and not countries_of_state(name)


def _first(node: Tree, found_at: tuple[Path, ...], clean: cleaners.Cleaner) -> str | None:
    if type(node) is dict:
        told: str | None = first_along(node, found_at, clean)
        return told
    return next((cleaned for value in values_along((node,), found_at) if (cleaned := clean(value))), None)


def _agree(one: str | None, other: str | None) -> bool:
    return one is None or other is None or one == other
