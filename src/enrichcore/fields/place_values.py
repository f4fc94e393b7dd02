"""Raw values of an answer as the names of places: a city, a state, a country, or all in one line."""

import re
import unicodedata
from typing import Any, Final

from enrichcore import normalize
from enrichcore.fields.sentences import is_sentence
from enrichcore.fields.sources import words
from enrichcore.fields.text_values import CONNECTED, fact, fails, line
from enrichcore.normalize.lists import entries
from enrichcore.normalize.remembering import remembered

#: Letters of the longest code of a country or state.
CODE_LENGTH: Final = 3
#: "HQ: Leeds", "Location: Leeds".
_PLACE_NAME = re.compile(
    r"^(?:(?:hq|headquarters?|head office|location|city|based in|address|country|state)\s*[:\u2013-]|(?:is |are )?(?:headquartered|based|located|hq|lives|living|resid(?:es|ing)) in)\s+",
    re.IGNORECASE,
)
#: How somebody works, beside where: "Boston (hybrid)".
_WORKS = re.compile(r"\s*\((?:fully |partly )?(?:remote|hybrid|on-?site|in office|home office)\)", re.IGNORECASE)
_REMOTE = re.compile(r"(?:fully )?remote\b", re.IGNORECASE)


@remembered
def place(value: Any) -> str | None:
    """The name of a place; one with digits or longer than a name is an address."""
    text = fact(_listed(value))
    if text is None:
        return None
    bare = text if text.isascii() else "".join(part for part in text if unicodedata.category(part) != "So").strip()
    bare = _WORKS.sub("", bare) if "(" in bare else bare
    bare = without_place_name(CONNECTED.sub("", bare) if "\u00b7" in bare else bare)
    return None if bare.casefold() in words("no_places") or not bare else bare


def place_line(value: Any) -> str | None:
    """A text with places, one a line or one after the other."""
    text = line(_listed(value))
    return None if text is None or is_sentence(text) else text


def _listed(value: Any) -> Any:
    """Lines as a list in one line."""
    return (
        "; ".join(filter(None, map(str.strip, value.splitlines())))
        if isinstance(value, str) and "\n" in value
        else value
    )


@remembered
def city(value: Any) -> str | None:
    """The name of a city or a state; a continent and a sales region are none."""
    text = place(value)
    return None if text is None or is_no_place(text) else text


def is_no_place(text: str) -> bool:
    """Whether a clean text is what stands in a city's stead: "Remote", "EMEA", "Headquarters", "Europe"."""
    plain = text.casefold()
    return plain in words("no_places") or plain in entries("no_countries") or is_remote(text)


def is_remote(text: str) -> bool:
    """Whether a text says that there is no place: "Remote - EU"."""
    return _REMOTE.match(text) is not None


def state(value: Any) -> str | None:
    """The name of a state, or its code: Oklahoma's is a word for success elsewhere."""
    return value if isinstance(value, str) and value in words("codes_like_no_values") else city(value)


def without_place_name(text: str) -> str:
    """A place without the name of what it is: "HQ: Leeds" is Leeds."""
    return _PLACE_NAME.sub("", text, count=1) if " " in text else text


@remembered
def location(value: Any) -> str | None:
    """A place in one line, "City, State, Country", without the parts that say nothing."""
    text = place(value)
    if text is None or "," not in text:
        # A code, and "Remote - EU", are no place that anybody could be at.
        return None if text is None or (len(text) <= 3 and text.isupper()) or is_remote(text) else text  # noqa: PLR2004 - codes
    told = (said for part in text.split(",") if (said := normalize.clean_text(part)))
    parts = [part for part in told if part.casefold() not in words("no_places")]
    if text.islower():
        parts = [_code_or_place(part) if index else cased_place(part) for index, part in enumerate(parts)]
    # A state's code alone is no place.
    return ", ".join(parts) if len(parts) > 1 or (parts and len(parts[0]) > 3) else None  # noqa: PLR2004 - codes


def cased_place(name: str) -> str:
    """A place all in capitals or all in lower case as one writes it: "BOSTON", "frankfurt am main"; "CDMX" is short for one."""
    if not (name.islower() or (name.isupper() and len(name) > CODE_LENGTH and _can_be_said(name))):
        return name
    small = words("small_words")
    return " ".join(
        word if index and word in small else "-".join(part[:1].upper() + part[1:] for part in word.split("-"))
        for index, word in enumerate(name.lower().split())
    )


def may_be_code(name: str) -> bool:
    """Whether a name is as short as a code, in the letters of codes: "中国" is a name."""
    return len(name) <= CODE_LENGTH and name.isascii()


def _can_be_said(name: str) -> bool:
    return not name.isascii() or any(letter in "AEIOUY" for letter in name)


def _code_or_place(name: str) -> str:
    return name.upper() if len(name) <= CODE_LENGTH else cased_place(name)


@remembered
def country(value: Any) -> str | None:
    """A country's English name."""
    told = normalize.country_name(normalize.without_marks(value) if isinstance(value, str) else value)
    return None if told is None or fails(told) else told
