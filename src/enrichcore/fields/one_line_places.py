"""A place that is told in one line ("Tel Aviv, IL"): its city, state and country, as far as they are sure."""

import re
from functools import lru_cache

from attrs import evolve, frozen

from enrichcore.fields import place_values, text_values
from enrichcore.fields.sentences import is_hedged
from enrichcore.fields.sources import words
from enrichcore.normalize import (
    countries_of_state,
    country_name,
    country_of_city,
    is_known_country,
    is_subdivision,
    subdivision_name,
)

#: Places of one company that are compared.
MAX_PLACES = 50
#: How much a place is doubted: told outright, marked as headquarters, the only one, one line of text, one of several, marked as
#: another place than the headquarters.
TOLD, MARKED, ALONE, LINE, ONE_OF_MANY, ELSEWHERE = range(6)
#: City, state, country; and with a district between city and state.
_PARTS, _WITH_DISTRICT = 3, 4
UNITED_STATES = "United States"
#: Where people write a state's code behind a city without a comma: "Sydney NSW".
_WITHOUT_COMMAS = frozenset({UNITED_STATES, "Canada", "Australia"})
#: What Georgia is, by the code under which its cities are known.
_LIKE_STATES = {"GA": UNITED_STATES, "GE": "Georgia"}
_POSTAL = re.compile(r"\s+[A-Z]{0,2}\d[\w-]*(?:\s\d[\w-]*)?$")
#: Before a city it is a postal code, as in half of Europe, and no house number; with its country's letters always.
_POSTAL_BEFORE = re.compile(r"(?:[A-Z]{1,2}-)?\d{5}\s+(?=[^\W\d])")
_POSTAL_WITH_COUNTRY = re.compile(r"^(?:[A-Z]{1,3}[- ])\d{4,5}\s+(?=[^\W\d])")
#: A part of an address that is no place by itself: "Suite 4".
_ROOM = re.compile(
    r"(?:suite|ste|floor|unit|room|rm|building|bldg|level|block|apt|apartment|office|flat|tower|wing|gate|p\.?\s?o\.? box|postfach|etage|stock)\b\.?\s*#?\w{0,3}\d\w*",
    re.IGNORECASE,
)
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
#: Commas of other scripts.
_COMMAS = str.maketrans("\u060c\uff0c\u3001", ",,,")
#: The end of an address in North America, where a state's code and a postal code stand behind the city.
_ADDRESS = re.compile(
    r".*,\s*(?P<city>[^\W\d][^\d,]*),\s*(?P<code>[A-Z]{2})\s+(?:(?P<zip>\d{5}(?:-\d{4})?)|[A-Z]\d[A-Z]\s?\d[A-Z]\d)(?:,\s*(?P<country>[^,\d]+))?"
)
_BRACKETED = re.compile(r"\s*\([^()]*\)")


@frozen(kw_only=True)
class Location:
    """One place, as far as it is told."""

    city: str | None = None
    state: str | None = None
    country: str | None = None
    #: Lower is trusted more.
    doubt: int = TOLD
    #: The code behind the city from which alone the country follows.
    code: str | None = None

    def doubted(self, doubt: int) -> "Location":
        """The same place, trusted more or less."""
        return Location(city=self.city, state=self.state, country=self.country, doubt=doubt, code=self.code)


@lru_cache(maxsize=4_096)
def in_line(text: str) -> Location | None:
    """A place in one text: "City, State", "City, State, Country", "City, Country"; None where it is none of these."""
    if is_hedged(text):
        return None
    text = text if text.isascii() else text.translate(_COMMAS)
    address = _ADDRESS.fullmatch(text)
    if address is not None:
        return _of_address(**address.groupdict())
    places = _places_in(_BRACKETED.sub("", place_values.without_place_name(text)))
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
    if place_values.is_no_place(parts[0]):
        return None
    parts[1:] = [name for part in parts[1:] if (name := without_area(part))]
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
    kept = {
        part.casefold(): part for part in joined if part.strip(" ,") and not place_values.is_no_place(part.strip(" ,"))
    }
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
    first, *more = comma_separated(_POSTAL_WITH_COUNTRY.sub("", text, count=1))
    if _ROOM.fullmatch(first):
        return []
    rest = [part for part in more if not _NUMBER.fullmatch(part)]
    if len(rest) == 1 and is_known_country(rest[0]):
        # "80331 München, Germany".
        first = _POSTAL_BEFORE.sub("", first, count=1)
    kept = [first, *rest]
    return [name for part in kept if (name := _part(_POSTAL.sub("", part), is_first=part is first))]


def comma_separated(text: str) -> list[str]:
    """The parts between commas; a code behind a space counts as one."""
    parts = text.split(",")
    # "Sydney NSW 2000".
    if (
        len(parts) == 1
        and (found := _CODE_BEHIND.fullmatch(_POSTAL.sub("", text.strip())))
        and _is_code_behind(**found.groupdict())
    ):
        parts = [found["city"], found["code"]]
    return [part.strip() for part in parts]


def _is_region(name: str) -> bool:
    return is_known_country(name) or is_subdivision(name) or (is_code(name) and bool(countries_of_state(name)))


def _is_code_behind(city: str, code: str) -> bool:
    """Whether a code without a comma is the state's; among capitals it may be a word: "VAL D OR"."""
    is_state = not _WITHOUT_COMMAS.isdisjoint(countries_of_state(code))
    return is_state and (not city.isupper() or code not in words("codes_like_words"))


def _part(text: str, *, is_first: bool) -> str | None:
    if not is_first and text in words("codes_like_no_values"):
        return text
    return text_values.said(text)


def _of_address(city: str, code: str, zip: str | None, country: str | None) -> Location | None:  # noqa: A002 - a group of a pattern
    """The place of an address whose postal code tells the country; None where the state or the country told is another's."""
    home = UNITED_STATES if zip else "Canada"
    if subdivision_name(code, home) == code or (country is not None and country_name(country) != home):
        return None
    return Location(city=city.strip(), state=code, country=home)


def _with_district(parts: list[str]) -> Location | None:
    """A place of four parts: "Cambridge, Cambridgeshire, England, United Kingdom"; of an address only state and country are told."""
    city, district, state, nation = parts
    country = country_name(nation)
    if country is None or not is_subdivision(state, country) or any(map(str.isdigit, city)):
        return None
    is_place = are_same(city, district) or _DISTRICT.search(district) is not None
    return Location(city=city if is_place and not is_area(city) else None, state=state, country=country)


def _alone(name: str) -> Location | None:
    """A single name: a city, but for a country's or a state's; some countries are cities."""
    if is_known_country(name):
        is_city = name.casefold() in words("city_states")
        return (
            None
            if place_values.may_be_code(name) or name.casefold() in words("countries_like_states")
            else Location(city=name if is_city else None, country=country_name(name))
        )
    if is_subdivision(name) and name.casefold() not in words("cities_like_states"):
        return None
    return None if is_code(name) else Location(city=name)


def _ends_in_country(name: str) -> bool:
    # A code at the end is a state: "CA" is California here, not Canada. Georgia may be either.
    return (
        not place_values.may_be_code(name)
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
    if is_code(name) or (is_subdivision(name, country) and name.casefold() not in words("cities_like_states")):
        return Location(state=name, country=country)
    # "New York, United States" may be the city or the state.
    doubtful = name.casefold() in words("cities_like_states") and country == UNITED_STATES
    return Location(country=country) if doubtful else Location(city=name, country=country)


def _with_state(city: str, state: str) -> Location:
    if is_code(city):
        # "MN, US": a state and its country.
        return Location(state=city, country=country_name(state))
    country = country_of(state, city)
    code = state if is_code(state) and country_of_city(city, state) is None else None
    if country and is_code(state) and country_name(state) == country and subdivision_name(state, country) == state:
        # "Toronto, CA": the country; "Texas, US": a state and its country.
        if is_subdivision(city, country) and city.casefold() not in words("cities_like_states"):
            return Location(state=city, country=country)
        return Location(city=city, country=country, code=code)
    return Location(city=city, state=state, country=country, code=code)


def country_of(state: str, city: str) -> str | None:
    """The country that a state behind a city tells; None where it may be another's as well."""
    if is_code(state):
        told = country_of_city(city, state)
        if told is not None or not countries_of_state(state):
            return told or country_name(state)
    elif state.casefold() in words("countries_like_states"):
        return next((country for code, country in _LIKE_STATES.items() if country_of_city(city, code)), None)
    is_ambiguous = state.upper().replace(".", "") in words("ambiguous_codes", "codes_of_capitals")
    if is_ambiguous or state.casefold() in words("ambiguous_states"):
        return None
    found = countries_of_state(state)
    if is_code(state) and UNITED_STATES not in found and is_known_country(state):
        # "Zürich, CH": Switzerland, or Chandigarh in India.
        return None
    return UNITED_STATES if UNITED_STATES in found else next(iter(found)) if len(found) == 1 else None


def is_code(name: str) -> bool:
    """Whether this is a code of a state or a country."""
    plain = name.replace(".", "")
    return place_values.may_be_code(plain) and plain.isupper()


def are_same(one: str | None, other: str | None) -> bool:
    """Whether both are told and agree whatever their letters."""
    return one is not None and other is not None and one.casefold() == other.casefold()


def without_area(state: str) -> str | None:
    """The state that a part such as "Texas Metropolitan Area" names; None where it only names an area."""
    bare = _AREA.sub("", state)
    return state if bare == state else bare if is_subdivision(bare) else None


def is_area(name: str) -> bool:
    """Whether a place is the surroundings of a city: "Greater Boston Area"."""
    folded = name.casefold()
    is_wide = folded.startswith("greater ") and folded not in words("cities_like_areas")
    return is_wide or folded.endswith((" area", " region", " metropolitan", " metroplex"))
