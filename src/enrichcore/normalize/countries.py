"""Countries and their states, from codes and from the names that people write, to one English name.

A country that is not in the list keeps its name; a code that is not in the list is nothing, and so are several countries,
a part of the world, and a state of a country.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from enrichcore.normalize.lists import entries, lines
from enrichcore.normalize.nothing import clean_text
from enrichcore.normalize.remembering import remembered

#: Shorter texts than this are codes.
_CODE_LENGTH = 3


@remembered
def country_name(value: Any) -> str | None:
    """The English name of a country given by ISO code or by name: "US", "USA", "Deutschland"."""
    if isinstance(value, Mapping):
        return next(
            (name for key in ("name", "code", "iso", "country") if (name := country_name(value.get(key)))), None
        )
    text = clean_text(value)
    if text is None:
        return None
    known = _countries().get(_folded(text))
    if known is not None:
        return known
    if ";" in text or _folded(text) in entries("no_countries") or text.casefold() in _subdivision_names():
        return None
    return text if len(text) > _CODE_LENGTH and not any(character.isdigit() for character in text) else None


def is_known_country(value: Any) -> bool:
    """Whether that is a country of the list, by code or by name."""
    text = clean_text(value)
    return text is not None and _folded(text) in _countries()


def subdivision_name(value: Any, country: str | None) -> str | None:
    """The name of a state or province: "MA" in the United States is Massachusetts; a text that is no code stays.

    Args:
        value: A code such as "MA" or "US-MA", or a name.
        country: Its country's English name; without it codes stay as they are.
    """
    text = clean_text(value)
    if text is None or country is None:
        return text
    code = text.upper().rpartition("-")[2] if len(text) <= 6 else text.upper()  # noqa: PLR2004 - "US-MA", "MX-CMX"
    return _subdivisions().get((country, code), text)


def _folded(text: str) -> str:
    return text.casefold().replace(".", "").replace("\u2019", "'").strip()


@cache
def _countries() -> dict[str, str]:
    rows = [line.split("|") for line in lines("countries")]
    return {_folded(alias): row[2] for row in rows for alias in row}


@cache
def _subdivisions() -> dict[tuple[str, str], str]:
    rows = (line.split("|") for line in lines("subdivisions"))
    return {(_countries()[country.casefold()], code): name for country, code, name in rows}


@cache
def _subdivision_names() -> frozenset[str]:
    return frozenset(name.casefold() for name in _subdivisions().values()) - _countries().keys()
