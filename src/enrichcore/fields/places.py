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

from attrs import evolve, frozen

from enrichcore.fields import cleaners
from enrichcore.fields.payloads import Tree, values_along, values_at
from enrichcore.fields.sentences import is_hedged
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
#: Texts for "yes" and "no", in any case.
YES = frozenset({"true", "yes", "1", "y"})
NO = frozenset({"false", "no", "0", "n"})

#: How much a place is doubted: told outright, marked as headquarters, the only one, one line of text, one of several, marked as
#: another place than the headquarters.
_TOLD, _MARKED, _ALONE, _LINE, _ONE_OF_MANY, _ELSEWHERE = range(6)
#: City, state, country; and with a district between city and state.
_PARTS, _WITH_DISTRICT = 3, 4
_UNITED_STATES = "United States"
#: Where people write a state's code behind a city without a comma: "Sydney NSW".
_WITHOUT_COMMAS = frozenset({_UNITED_STATES, "Canada", "Australia"})
#: What Georgia is, by the code under which its cities are known.
_LIKE_STATES = {"GA": _UNITED_STATES, "GE": "Georgia"}
_POSTAL = re.compile(r"\s+[A-Z]{0,2}\d[\w-]*(?:\s\d[\w-]*)?$")
#: Before a city it is a postal code, as in half of Europe, and no house number; with its country's letters always.
_POSTAL_BEFORE = re.compile(r"(?:[A-Z]{1,2}-)?\d{5}\s+(?=[^\W\d])")
_POSTAL_WITH_COUNTRY = re.compile(r"^(?:[A-Z]{1,3}[- ])\d{4,5}\s+(?=[^\W\d])")
_NUMBER = re.compile(r"(?:[A-Z]{1,2}-)?[\d\s-]+")
#: "Boston MA" is "Boston, MA".
_CODE_BEHIND = re.compile(r"(?P<city>[^\W\d].*?[^\W\d])\s+(?P<code>[A-Z]{2,3})")
_DISTRICT = re.compile(
    r"^(?:county|landkreis|kreis|district) |(?:shire|county|district|kreis|province|borough)$", re.IGNORECASE
)
#: Between the parts of a place as well as between places: "Boston / Massachusetts / US", "London / New York"; and between places only.
_PARTED = re.compile(r"\s+[/\u00b7\u2022\u2013\u2014-]\s+|\s*\|\s*")
_LISTED = re.compile(r"\s*[;\n]\s*")
_JOINED = re.compile(r"\s+(?:&|\+|and|or|und|oder|et|ou|och|og)\s+", re.IGNORECASE)
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
    #: The code behind the city from which alone the country follows.
    code: str | None = None


def company_location(nodes: list[Tree], country: str | None) -> Location:
    """The place of a company's headquarters, put together from all that its objects tell.

    Args:
        nodes: The company's objects.
        country: What they tell of the company's country outright.
    """
    line = next(_lines(nodes), Location(doubt=_LINE))
    told = [location for node in nodes for location in _told(node, line) if location.doubt != _ELSEWHERE]
    as_state = _state_for_country([country, *(one.country for one in told)], [*told, line])
    if as_state:
        country = _UNITED_STATES if country in as_state else country
        told = [evolve(one, country=_UNITED_STATES) if one.country in as_state else one for one in told]
    candidates = sorted([*_unambiguous(told), line], key=lambda location: location.doubt)
    country = country or next((one.country for one in candidates if one.country and one.doubt == _TOLD), None)
    fitting = [one if one.doubt <= _MARKED else _in_country(one, country) for one in candidates]
    sure = [one for one in fitting if one is not None]
    best = next((one for one in sure if one.city), next(iter(sure), Location()))
    same = [one for one in sure if one.city is None or best.city is None or _same(one.city, best.city)]
    own = next((home for one in same if one.city and (home := _home(one))), None) if best.doubt <= _MARKED else None
    country = own or country or next((one.country for one in same if one.country), None)
    states = (one.state for one in same if one.state and (one.country or _may_be_in(one.state, country)))
    return _resolved(best.city, [*states, *as_state], country)


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
    if state is None or country is None or _is_code(state):
        return True
    homes = countries_of_state(state)
    return (
        not homes or country in homes or country_name(state) == country or state.casefold() in words("ambiguous_states")
    )


def _home(place: Location) -> str | None:
    """The country of a place, also where only its state tells it by name."""
    if place.country or place.state is None or _is_code(place.state):
        return place.country
    return _country_of(place.state, place.city or "")


def _state_for_country(countries: list[str | None], places: list[Location]) -> list[str]:
    """What of the countries is the state of that name: beside Atlanta "Georgia" is no country."""
    named = {one for one in countries if one and one.casefold() in words("countries_like_states")}
    is_state = any(one.city and country_of_city(one.city, "GA") == _UNITED_STATES for one in places)
    return sorted(named) if is_state else []


def person_location(node: Tree) -> str | None:
    """A person's place put together from its parts; without a city only where a place of theirs tells no more.

    A country among a person's own fields is one of several parts, of which the others are missing.
    """
    if isinstance(node, dict) and _keys_of_a_place().isdisjoint(node):
        return None
    location = _whole(told := _location(node, person_place(), doubt=_TOLD))
    if location.city is not None:
        return in_one_line(location.city, location.state, location.country)
    inside = _location(node, _inside_a_place(), doubt=_TOLD) if told.country else Location()
    return in_one_line(_whole(inside).state, inside.country) if inside.country else None


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
    return cleaners.location(text)


def in_one_line(*parts: str | None) -> str | None:
    """The parts of a place that are told, as one line."""
    return ", ".join(filter(None, parts)) or None


@lru_cache(maxsize=32_768)
def told_place(city: str | None, state: str | None, country: str | None) -> Location:
    """The place that texts for its city, its state and its country tell together, each cleaned as in an answer."""
    return _whole(_location({"city": city, "state": state, "country": country}, _IN_PARTS, doubt=_TOLD))


@lru_cache(maxsize=32_768)
def place_in_line(text: str, country: str | None) -> Location:
    """The place of a company that one line tells, in the country that is told beside it."""
    return company_location([{"location": text}], country)


_IN_PARTS = Place(at=(), city=(("city",),), state=(("state",),), country=(("country",),))


def _whole(location: Location) -> Location:
    """The place with what follows from its parts: the country of a state, the name of a code."""
    as_state = _state_for_country([location.country], [location])
    country = _UNITED_STATES if as_state else location.country
    return _resolved(location.city, [*([location.state] if location.state else []), *as_state], country)


def is_yes(value: Any) -> bool:
    """Whether a value says yes: true, 1, "true", "Yes"."""
    return value is True or (not isinstance(value, bool) and (clean_text(value) or "").casefold() in YES)


def is_no(value: Any) -> bool:
    """Whether a value says no: false, 0, "false", "No"."""
    return value is False or (not isinstance(value, bool) and str(value).strip().casefold() in NO)


@lru_cache(maxsize=4_096)
def in_line(text: str) -> Location | None:
    """A place in one text: "City, State", "City, State, Country", "City, Country"; None where it is none of these."""
    if is_hedged(text):
        return None
    places = _places_in(_BRACKETED.sub("", cleaners.without_place_name(text)))
    if len(places) != 1:
        # Which of several it is nobody knows, but they may be in one country.
        told = {None if (one := in_line(place)) is None else one.country for place in places[:MAX_PLACES]}
        country = told.pop() if len(told) == 1 else None
        return None if country is None else Location(country=country)
    parts = _parts(places[0])
    if 1 < len(parts) <= _PARTS and is_area(parts[0]) and _ends_in_country(parts[-1]):
        # "Greater London, England, United Kingdom": no city, but a state and a country.
        whole = _with_country(parts)
        return None if whole is None else evolve(whole, city=None)
    if not parts or len(parts) > _PARTS or any(map(str.isdigit, "".join(parts))) or is_area(parts[0]):
        return _with_district(parts) if len(parts) == _WITH_DISTRICT else None
    if cleaners.is_no_place(parts[0]):
        return None
    parts[1:] = [name for part in parts[1:] if (name := _without_area(part))]
    if len(parts) == 1:
        return _alone(parts[0])
    return _with_country(parts) if len(parts) == _PARTS or _ends_in_country(parts[-1]) else _with_state(*parts)


@lru_cache(maxsize=4_096)
def names_several(text: str) -> bool:
    """Whether a text may be several places, or one whose parts no comma separates."""
    return any(pattern.search(text) for pattern in (_PARTED, _LISTED, _JOINED))


def _places_in(text: str) -> list[str]:
    """The places that a text names, each with commas between its parts; without words for no place: "London / Remote"."""
    listed = [place for part in _LISTED.split(text) for place in _parted(part)]
    joined = [place for part in listed for place in _unjoined(part)]
    kept = {part.casefold(): part for part in joined if part.strip(" ,") and not cleaners.is_no_place(part.strip(" ,"))}
    return list(kept.values()) if len(joined) > 1 else joined


def _parted(text: str) -> list[str]:
    """One place or several, by whether the last part is a state or country in which the first is."""
    if text.strip().casefold() in words("cities_of_two"):
        return [text]
    parts = _PARTED.split(text)
    regions = [_is_region(part.strip(" ,")) and part.casefold() not in words("cities_like_states") for part in parts]
    is_one = 1 < len(parts) <= _PARTS and regions[-1] and not regions[0] and not any("," in part for part in parts)
    return [", ".join(parts)] if is_one else parts


def _unjoined(text: str) -> list[str]:
    """The places that a word joins; "Trinidad and Tobago" is one."""
    if _JOINED.search(text) is None:
        return [text]
    names = [part.strip() for part in text.split(",")]
    is_one = all(
        _JOINED.search(name) is None or _is_region(name) or name.casefold() in words("cities_of_two") for name in names
    )
    return [text] if is_one else _JOINED.split(text)


def _parts(text: str) -> list[str]:
    """The names in one line, without postal codes and the numbers of regions."""
    first, *more = _comma_separated(_POSTAL_WITH_COUNTRY.sub("", text, count=1))
    rest = [part for part in more if not _NUMBER.fullmatch(part)]
    if len(rest) == 1 and is_known_country(rest[0]):
        # "80331 München, Germany".
        first = _POSTAL_BEFORE.sub("", first, count=1)
    kept = [first, *rest]
    return [name for part in kept if (name := _part(_POSTAL.sub("", part), is_first=part is first))]


def _comma_separated(text: str) -> list[str]:
    parts = text.split(",")
    if len(parts) == 1 and (found := _CODE_BEHIND.fullmatch(text.strip())) and _is_code_behind(**found.groupdict()):
        parts = [found["city"], found["code"]]
    return [part.strip() for part in parts]


def _is_region(name: str) -> bool:
    return is_known_country(name) or is_subdivision(name) or (_is_code(name) and bool(countries_of_state(name)))


def _is_code_behind(city: str, code: str) -> bool:
    """Whether a code without a comma is the state's; among capitals it may be a word: "VAL D OR"."""
    is_state = not _WITHOUT_COMMAS.isdisjoint(countries_of_state(code))
    return is_state and (not city.isupper() or code not in words("codes_like_words"))


def _part(text: str, *, is_first: bool) -> str | None:
    if not is_first and text in words("codes_like_no_values"):
        return text
    return cleaners.said(text)


def _with_district(parts: list[str]) -> Location | None:
    """A place of four parts: "Cambridge, Cambridgeshire, England, United Kingdom"; of an address only state and country are told."""
    city, district, state, nation = parts
    country = country_name(nation)
    if country is None or not is_subdivision(state, country) or any(map(str.isdigit, city)):
        return None
    is_place = _same(city, district) or _DISTRICT.search(district) is not None
    return Location(city=city if is_place and not is_area(city) else None, state=state, country=country)


def _alone(name: str) -> Location | None:
    """A single name: a city, but for a country's or a state's; some countries are cities."""
    if is_known_country(name):
        is_city = name.casefold() in words("city_states")
        return (
            None
            if len(name) <= cleaners.CODE_LENGTH or name.casefold() in words("countries_like_states")
            else Location(city=name if is_city else None, country=country_name(name))
        )
    if is_subdivision(name) and name.casefold() not in words("cities_like_states"):
        return None
    is_code = len(name) <= cleaners.CODE_LENGTH and name.isupper()
    return None if is_code else Location(city=name)


def _ends_in_country(name: str) -> bool:
    # A code at the end is a state: "CA" is California here, not Canada. Georgia may be either.
    return (
        len(name) > cleaners.CODE_LENGTH
        and is_known_country(name)
        and name.casefold() not in words("countries_like_states")
    )


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
    country = _country_of(state, city)
    code = state if _is_code(state) and country_of_city(city, state) is None else None
    if country and _is_code(state) and country_name(state) == country and subdivision_name(state, country) == state:
        # "Toronto, CA": the country; "Texas, US": a state and its country.
        if is_subdivision(city, country) and city.casefold() not in words("cities_like_states"):
            return Location(state=city, country=country)
        return Location(city=city, country=country, code=code)
    return Location(city=city, state=state, country=country, code=code)


def _country_of(state: str, city: str) -> str | None:
    """The country that a state behind a city tells; None where it may be another's as well."""
    if _is_code(state):
        told = country_of_city(city, state)
        if told is not None or not countries_of_state(state):
            return told or country_name(state)
    elif state.casefold() in words("countries_like_states"):
        return next((country for code, country in _LIKE_STATES.items() if country_of_city(city, code)), None)
    if state.upper().replace(".", "") in words("ambiguous_codes") | words(
        "codes_of_capitals"
    ) or state.casefold() in words("ambiguous_states"):
        return None
    found = countries_of_state(state)
    if _is_code(state) and _UNITED_STATES not in found and is_known_country(state):
        # "Zürich, CH": Switzerland, or Chandigarh in India.
        return None
    return _UNITED_STATES if _UNITED_STATES in found else next(iter(found)) if len(found) == 1 else None


def _is_code(name: str) -> bool:
    plain = name.replace(".", "")
    return len(plain) <= cleaners.CODE_LENGTH and plain.isupper()


def _resolved(city: str | None, states: list[str], country: str | None) -> Location:
    country = country or next((home for state in states if (home := _state_country(state, city or ""))), None)
    named_alike = words("city_states") | words("cities_like_countries")
    if city and country and country_name(city) == country and city.casefold() not in named_alike:
        # The country once more, and no city.
        city = None
    told_states = (name for state in states if (name := _without_area(state)))
    names = [name for state in told_states if (name := subdivision_name(state, country)) and not _is_code(name)]
    told = (
        name
        for name in names
        if name != country and (country is not None or name.casefold() not in words("countries_like_states"))
    )
    state = next(told, None)
    return Location(
        city=None if city is None else cleaners.cased_place(city),
        state=None if state is None else cleaners.cased_place(state),
        country=country,
    )


def _state_country(state: str, city: str) -> str | None:
    """The country that a state tells; in the state's place a code is none of a country: "BG" is Bergamo as well as Bulgaria."""
    is_known = not _is_code(state) or bool(countries_of_state(state)) or country_of_city(city, state) is not None
    return _country_of(state, city) if is_known else None


def _lines(nodes: list[Tree]) -> Iterator[Location]:
    for value in values_along(nodes, place_words("line")):
        text = cleaners.place_line(value) if isinstance(value, str | list) else None
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
            agrees = location.doubt in {_ONE_OF_MANY, _ELSEWHERE} and _same(location.city, line.city)
            yield evolve(location, doubt=_ALONE) if agrees else location


def _doubt(part: Tree, *, explicit: bool, alone: bool) -> int:
    if explicit:
        return _TOLD
    marks = list(values_along((part,), place_words("headquarters"))) if isinstance(part, dict) else []
    if any(map(is_yes, marks)):
        return _MARKED
    if any(map(is_no, marks)):
        return _ELSEWHERE
    return _ALONE if alone else _ONE_OF_MANY


def _unambiguous(told: list[Location]) -> list[Location]:
    """Without the places of a list in which nothing tells the headquarters, unless they are all one city."""
    listed = {(one.city or "").casefold() for one in told if one.doubt == _ONE_OF_MANY} - {""}
    return told if len(listed) <= 1 else [one for one in told if one.doubt != _ONE_OF_MANY]


def _location(node: Tree, place: Place, *, doubt: int) -> Location:
    if isinstance(node, str):
        text = cleaners.place_line(node)
        return evolve((in_line(text) if text else None) or Location(), doubt=doubt)
    city = _first(node, place.city, cleaners.city)
    state = _first(node, place.state, cleaners.state)
    country = _first(node, place.country, cleaners.country)
    for text in (city, state):
        if text is not None and (len(_comma_separated(text)) > 1 or (text is city and names_several(text))):
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
        and city.casefold() not in words("city_states") | words("cities_like_countries")
    ):
        city, country = None, country_name(city)
    if state is not None and country is None and _is_surely_country(state):
        state, country = None, country_name(state)
    if city is None and country is None and state is not None and not countries_of_state(state):
        # Alone it may be the state of anything: "Active".
        state = None
    is_state = city is not None and is_subdivision(city, country) and city.casefold() not in words("cities_like_states")
    if is_state and (state is None or _same(state, city)):
        # A state in the city's place; without a country it may be any.
        city, state = None, state or (city if country else None)
    return Location(city=city, state=state, country=country, doubt=doubt)


@lru_cache(maxsize=4_096)
def _is_surely_country(name: str) -> bool:
    return len(name) > cleaners.CODE_LENGTH and is_known_country(name) and not countries_of_state(name)


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


def is_area(name: str) -> bool:
    """Whether a place is the surroundings of a city: "Greater Boston Area"."""
    folded = name.casefold()
    is_wide = folded.startswith("greater ") and folded not in words("cities_like_areas")
    return is_wide or folded.endswith((" area", " region", " metropolitan", " metroplex"))
