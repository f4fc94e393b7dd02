"""Dates at the precision that they were given with: a year stays a year, a month a month.

Nothing is guessed. "03/04/2021" may be March or April, so only its year is taken; a day that does not exist is no date.
"""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from enrichcore.normalize.folding import folded
from enrichcore.normalize.lists import lines
from enrichcore.normalize.nothing import clean_text
from enrichcore.normalize.remembering import remembered

#: Years outside of these are typing errors in facts about living people and their companies.
FIRST_YEAR = 1900
LAST_YEAR = 2200

#: Months in a year, and so the largest number that may be a month.
_MONTHS = 12

_TIME = r"(?:[T ]+\d{1,2}:.*)?"
_YEAR_FIRST = re.compile(rf"(\d{{4}})(?:([-/.])(\d{{1,2}})(?:\2(\d{{1,2}}){_TIME})?)?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_DAY_DOT = re.compile(rf"(\d{{1,2}})[.]\s?(\d{{1,2}})[.]\s?(\d{{4}}){_TIME}")
_SLASHED = re.compile(rf"(\d{{1,2}})[/-](\d{{1,2}})[/-](\d{{4}}){_TIME}")
_MONTH_YEAR = re.compile(r"(\d{1,2})\s?[-/.]\s?(\d{4})")
_EPOCH = re.compile(r"(\d{10}|\d{13})(?:\.0+)?")
_MILLISECONDS_DIGITS = 13
_WORDS = re.compile(r"[^\W_]+")
_CJK = re.compile(r"(\d{4})\s?[年년](?:\s?(\d{1,2})\s?[月월](?:\s?(\d{1,2})\s?[日일])?)?")
#: "Mar '21": an apostrophe tells that it is no day.
_SHORT_YEAR = re.compile(r"([^\W\d_]{3,9})\.? ?['\u2019](\d{2})")
_THIS_CENTURY = 50
#: The time behind a date in words, with the zone.
_CLOCK = re.compile(
    r"[, ]+(?:at )?\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?[ap]\.?m\.?)?(?: ?(?:gmt|utc|z|[+-]\d{2}:?\d{2}))?$"
)
_VAGUE = (
    r"q[1-4]|[1-4]q|h[12]|spring|summer|fall|autumn|winter|early|mid|late|circa|ca|c|about|around|since|from|est|year"
)
#: A year with a word that is no more precise for us: "Q1 2021", "since 2021", "2021 Q1".
_VAGUE_YEAR = re.compile(rf"(?:{_VAGUE})\.?[ /-]?(\d{{4}})|(\d{{4}})[ /-]?(?:q[1-4]|[1-4]q|h[12])", re.IGNORECASE)
_SINCE = re.compile(r"(?:since|from|seit|depuis) (?=\D)", re.IGNORECASE)
_WEEKDAYS = frozenset(
    {"mon", "tue", "wed", "thu", "fri", "sat", "sun"}
    | {"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}
)
#: Days that machines write for no date at all; spreadsheets show nothing as the day 0 of 1900.
_NO_DATES = frozenset({"1970-01-01", "1900-01-01", "1900-01", "1969-12-31"})


@remembered
def partial_date(value: Any) -> str | None:
    """A date as ISO text with the precision given: "2023-02-01", "2021-01" or "2019"; None where it is no date.

    Reads ISO dates and times, "Mar 2021", "1. März 2021", "2/2023", Unix times in seconds and milliseconds, a bare year,
    and `{"year": 2021, "month": 3}`. Of a time only its date is taken, as written, whatever the zone.
    """
    if isinstance(value, date):
        return _iso(value.year, value.month, value.day)
    if isinstance(value, Mapping):
        return _from_parts(value)
    text = clean_text(value)
    if text is None or len(text) > 60:  # noqa: PLR2004 - no date is that long
        return None
    told = next((told for read in (_from_digits, _vague, _from_words) if (told := read(text))), None)
    return None if told in _NO_DATES else told


def _from_parts(value: Mapping[Any, Any]) -> str | None:
    parts = {str(key).casefold(): part for key, part in value.items()}
    texts = [clean_text(parts.get(key)) for key in ("year", "month", "day")]
    if texts[0] is None:
        return next(
            (told for key in ("date", "value", "start") if (told := partial_date(clean_text(parts.get(key))))), None
        )
    month = texts[1] and (_months().get(folded(texts[1].strip("."))) or _whole(texts[1]))
    return _iso(_whole(texts[0]), month or 0, _whole(texts[2] or "0"))


def _from_digits(text: str) -> str | None:
    if found := _YEAR_FIRST.fullmatch(text):
        return _iso(*(_whole(part or "0") for part in found.group(1, 3, 4)))
    if found := _DAY_DOT.fullmatch(text):
        day, month, year = (_whole(part) for part in found.groups())
        return _iso(year, month, day)
    if found := _SLASHED.fullmatch(text):
        return _slashed(*(_whole(part) for part in found.groups()))
    if found := _MONTH_YEAR.fullmatch(text):
        month, year = (_whole(part) for part in found.groups())
        return _iso(year, month) if month else None
    if found := _CJK.fullmatch(text):
        return _iso(*(_whole(part or "0") for part in found.groups()))
    if found := _COMPACT.fullmatch(text):
        return _iso(*(_whole(part) for part in found.groups()))
    if found := _EPOCH.fullmatch(text):
        seconds = _whole(found[1]) // (1000 if len(found[1]) == _MILLISECONDS_DIGITS else 1)
        told = datetime.fromtimestamp(seconds, tz=UTC)
        return _iso(told.year, told.month, told.day)
    return None


def _vague(text: str) -> str | None:
    """The year where nothing more can be said."""
    if found := _VAGUE_YEAR.fullmatch(text):
        return _iso(_whole(found[1] or found[2]))
    if found := _SHORT_YEAR.fullmatch(text):
        month, year = _months().get(folded(found[1])), int(found[2])
        return _iso(year + (2000 if year < _THIS_CENTURY else 1900), month) if month else None
    return None


def _slashed(first: int, second: int, year: int) -> str | None:
    """A date whose day and month may stand either way round: only what is certain."""
    readings = {
        told for month, day in ((first, second), (second, first)) if month and day and (told := _iso(year, month, day))
    }
    return readings.pop() if len(readings) == 1 else _iso(year) if readings else None


def _from_words(text: str) -> str | None:
    """A date with the month as a word, in any order: "Mar 2021", "March 3rd, 2021", "3. März 2021", "2021 Mar 3"."""
    plain = _CLOCK.sub("", folded(_SINCE.sub("", text)))
    words = [word for word in _WORDS.findall(plain) if word not in _WEEKDAYS]
    months = [number for word in words if (number := _months().get(word))]
    numbers = [_whole(digits[1]) for word in words if (digits := re.fullmatch(r"(\d{1,4})(?:st|nd|rd|th)?", word))]
    years = [number for number in numbers if number >= FIRST_YEAR]
    days = [number for number in numbers if number < FIRST_YEAR]
    if (
        len(months) != 1
        or len(years) != 1
        or len(days) > 1
        or len(months) + len(numbers) < len(words) - words.count("de")
    ):
        return None
    return _iso(years[0], months[0], days[0] if days else 0) if not days or days[0] else None


def _iso(year: int, month: int = 0, day: int = 0) -> str | None:
    """ISO text; a month or day of 0 is not known."""
    if not FIRST_YEAR <= year <= LAST_YEAR or month > _MONTHS or (day and not month):
        return None
    if not month:
        return f"{year:04d}"
    if not day:
        return f"{year:04d}-{month:02d}"
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None


def _whole(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 15 else -1  # noqa: PLR2004 - longer than any part or Unix time


@cache
def _months() -> dict[str, int]:
    rows = (line.split() for line in lines("months"))
    return {folded(name): int(row[0]) for row in rows for name in row[1:]}
