"""Countries and their states, from codes and from the names that people write, to one English name.

What is not in the lists is nothing: there are fewer countries than there are words that stand in a country's place.
"""

import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from typing import Any

from enrichcore.normalize.folding import folded
from enrichcore.normalize.lists import lines
from enrichcore.normalize.nothing import clean_text
from enrichcore.normalize.remembering import remembered

#: Shorter texts than this are codes.
_CODE_LENGTH = 3
_KEYS = ("name", "code", "iso", "country", "iso2", "isocode", "countrycode", "country_code", "alpha2", "value")
#: How the name of a country begins that is said in full.
_STATE_OF = re.compile(
    r"^(?:(?:federal|federative|federated|peoples|people's|islamic|arab|hashemite|democratic|socialist|co operative|plurinational|bolivarian|oriental"
    r"|united|independent) )*(?:republic|kingdom|states?|commonwealth|principality|sultanate|grand duchy|federation|union) of (?:the )?"
)
#: Codes that people write with full stops; "L.A." is a city.
_DOTTED = frozenset({"us", "uk", "gb", "nz"})
_SHORT_FORMS = {"st": "saint", "rep": "republic", "fed": "federation", "dem": "democratic"}
#: Between two names of one country.
_SEVERAL = re.compile(r" - |\s*[/,|]\s*")
_BRACKETS = re.compile(r"\s*\(([^()]*)\)\s*$")


@remembered
def country_name(value: Any) -> str | None:
    """The English name of a country given by ISO code or by name: "US", "USA", "Deutschland", "Germany (DE)"."""
    if isinstance(value, Mapping):
        return next((name for key in _KEYS if (name := country_name(value.get(key)))), None)
    if isinstance(value, list):
        return country_name(value[0]) if len(value) == 1 else None
    text = clean_text(value)
    if text is None:
        return None
    bare = text if text.isascii() else "".join(part for part in text if unicodedata.category(part) != "So")
    bare = " ".join((_BRACKETS.sub("", bare).strip(" ,;") or bare.strip(" ,;()")).split())
    return _known(text) or _known(bare) or _known_twice(bare)


def is_known_country(value: Any) -> bool:
    """Whether that is a country of the list, by code or by name."""
    text = clean_text(value)
    return text is not None and _known(text) is not None


def is_subdivision(value: Any, country: str | None = None) -> bool:
    """Whether that is the name of a state or province, of that country or of any."""
    text = clean_text(value)
    return text is not None and country in _countries_of_subdivisions().get(folded(text), frozenset())


def subdivision_name(value: Any, country: str | None) -> str | None:
    """The name of a state or province: "MA" in the United States is Massachusetts; a text that is no code stays.

    A known name that is all in capitals or in lower case is cased as it is written: "MASSACHUSETTS".

    Args:
        value: A code such as "MA" or "US-MA", or a name.
        country: Its country's English name; without it codes stay as they are.
    """
    text = clean_text(value)
    if text is None or country is None:
        return text
    plain = text.upper().replace(".", "")
    code = plain.rpartition("-")[2] if len(plain) <= 6 else plain  # noqa: PLR2004 - "US-MA", "MX-CMX"
    told = _subdivisions().get((country, code)) or _further_codes().get((country, code))
    if told is None and (text.isupper() or text.islower()):
        told = _named_subdivisions().get((country, folded(text)))
    return told or text


def countries_of_state(state: str) -> frozenset[str]:
    """The countries that have a state of that code or name: "MN" is one of the United States and of India."""
    named = _countries_of_subdivisions().get(folded(state), frozenset())
    return _countries_of_codes().get(state.upper().replace(".", ""), frozenset()) | {one for one in named if one}


def country_of_city(city: str, code: str) -> str | None:
    """The country of a well-known city before a code that has several readings: "Tel Aviv" before "IL"; None for any other."""
    return _countries_of_cities().get((code.upper().replace(".", ""), folded(city)))


def _folded(text: str) -> str:
    return text.casefold().replace(".", "").replace("\u2019", "'").strip()


def _known(text: str) -> str | None:
    """The country of that code or name; names also without accents, and in the forms of lists: "Korea, Republic of"."""
    plain = _folded(text)
    if len(plain) == len("la") and "." in text and plain not in _DOTTED:
        return None
    if (found := _countries().get(plain)) is not None or (len(plain) <= _CODE_LENGTH and plain.isascii()):
        return found
    names = _folded_names()
    form = _as_listed(text)
    turned = " ".join(reversed(form.split(", ", 1))) if form.count(", ") == 1 else form
    tried = (form, turned, *(_STATE_OF.sub("", one, count=1) for one in (form, turned)))
    return next((names[one] for one in tried if one in names), None)


def _known_twice(text: str) -> str | None:
    """The country of a text that names it in two ways: "Schweiz/Suisse", "USA - United States", "England, UK"."""
    told = {_known(part) for part in _SEVERAL.split(text)} if _SEVERAL.search(text) else set()
    return told.pop() if len(told) == 1 else None


def _as_listed(text: str) -> str:
    """A name as it is compared: without accents, brackets, dashes and short forms."""
    plain = re.sub(r"[.()\[\]{}-]", " ", folded(text.replace("&", " and ")))
    words = [_SHORT_FORMS.get(word, word) for word in re.sub(r"\s*,\s*", " , ", plain).split()]
    return " ".join(words).replace(" ,", ",").removeprefix("the ").removesuffix(", the")


@cache
def _countries() -> dict[str, str]:
    rows = [line.split("|") for line in lines("countries")]
    return {_folded(alias): row[2] for row in rows for alias in row}


@cache
def _folded_names() -> dict[str, str]:
    others = (line.split("|") for line in lines("country_names"))
    foreign = {alias: _countries()[code.casefold()] for code, *names in others for alias in names}
    listed = foreign | _countries()
    return {
        _as_listed(name): country for name, country in listed.items() if len(name) > _CODE_LENGTH or not name.isascii()
    }


@cache
def _subdivisions() -> dict[tuple[str, str], str]:
    rows = (line.split("|") for line in lines("subdivisions"))
    return {(_countries()[country.casefold()], code): name for country, code, name in rows}


@cache
def _further_codes() -> dict[tuple[str, str], str]:
    rows = (line.split("|") for line in lines("subdivision_codes"))
    return {(_countries()[country.casefold()], code): name for country, code, name in rows}


@cache
def _named_subdivisions() -> dict[tuple[str, str], str]:
    """Names of states and provinces by country and folded name."""
    others = (line.split("|") for line in lines("subdivision_names"))
    foreign = {(_countries()[code.casefold()], folded(name)): name for code, *names in others for name in names}
    return foreign | {(country, folded(name)): name for (country, _), name in _subdivisions().items()}


@cache
def _countries_of_codes() -> dict[str, frozenset[str]]:
    codes: dict[str, set[str]] = {}
    for country, code in _subdivisions():
        codes.setdefault(code, set()).add(country)
    return {code: frozenset(countries) for code, countries in codes.items()}


@cache
def _countries_of_subdivisions() -> dict[str, frozenset[str | None]]:
    names: dict[str, frozenset[str | None]] = {}
    for country, name in _named_subdivisions():
        # None stands for any country.
        names[name] = names.get(name, frozenset({None})) | {country}
    return names


@cache
def _countries_of_cities() -> dict[tuple[str, str], str]:
    rows = (line.split("|") for line in lines("cities_of_codes"))
    return {
        (code, folded(city)): _countries()[country.casefold()]
        for code, country, cities in rows
        for city in cities.split(", ")
    }
