"""Raw values of an answer as sizes, amounts, counts, years and dates."""

import re
from collections.abc import Mapping
from typing import Any

from enrichcore import normalize
from enrichcore.fields.text_values import line, said, word
from enrichcore.normalize.remembering import remembered

#: The largest count of employees: what PostgreSQL's integer holds.
MAX_COUNT = 2**31 - 1
FIRST_FOUNDED = 1000
LAST_FOUNDED = 2100
#: A range whose ends are told apart.
_ENDS_OF_RANGE = re.compile(r"([\d.,' ]*\d)\s*(?:[-\u2013\u2014]|to|bis)\s*(\d[\d.,']*)(?: .*)?", re.IGNORECASE)
_COUNTED = re.compile(
    r"(.*?\d)\s*(?:full[- ]time )?"
    r"(?:employees?|people|persons|staff(?: members)?|ftes?|team members|members|workers|associates|headcount|mitarbeiter\w*"
    r"|employ\u00e9s|empleados|dipendenti|medewerkers)\.?",
    re.IGNORECASE,
)
_YEAR = re.compile(
    r"(?:(?:founded|established|incorporated|est|since|circa|ca|c|year|in)\.?[ :]*){1,3}(\d{4})\.?", re.IGNORECASE
)
#: A sentence that begins with the year, and tells no other number.
_BEGINS_WITH_YEAR = re.compile(
    r"(?:(?:it|the company) was )?(?:founded|established|incorporated) (?:in|on) (?:\D{3,9} )?(\d{4})\b\D*",
    re.IGNORECASE,
)
_RANGE = re.compile(
    r"\d[^\d]{0,4}(?:-|\u2013|\u2014| to | bis )[^\d]{0,4}\d|\d\s*[km]?\s*\+|[<>\u2264\u2265]\s*\d|\b(?:over|under) \d",
    re.IGNORECASE,
)
_AMOUNT_KEYS = ("printed", "formatted", "display", "amount", "valueusd", "amountusd", "usd")
_ENDS = (("min", "start", "from", "low", "lower", "gte"), ("max", "end", "to", "high", "upper", "lte"))
_ONE = re.compile(r"(?:0-)?1(?: employees?)?|self[- ]?employed|myself only", re.IGNORECASE)
#: How long a span is, behind it: "Mar 2020 - Jan 2023 2 years 10 months".
_LASTING = re.compile(
    r"(?<=\S)\s+\(?\d{1,2}\+?\s+(?:years?|yrs?|months?|mos?|jahre?n?|monate?n?|ans?|mois|a\u00f1os?|meses|mes|anni|anno|mesi|jaar|maand(?:en)?)\b.*$",
    re.IGNORECASE,
)
_SPAN = re.compile(r"\s+(?:[-\u2013\u2014]|to|bis|until|till)\s+|\s*\u2013\s*")


@remembered
def size(value: Any) -> str | None:
    """A size bucket as given, such as "201-500 employees"; it must tell a range, which a spreadsheet has not made a date.

    Of a constant such as `SIZE_51_200` only the range is told.
    """
    text = _as_range(value) or word(value)
    text = text and (normalize.constant_range(text) or text)
    if text is None or _is_reversed(text) or (any(map(str.isdigit, text)) and not any(map("123456789".count, text))):
        return None
    if any(map(str.isdigit, text)) and not normalize.is_head_count(text):
        return None
    return text if _RANGE.search(text) or _ONE.fullmatch(text) else None


def _is_reversed(text: str) -> bool:
    """Whether a range ends below its beginning, so that it is none."""
    ends = _ENDS_OF_RANGE.fullmatch(text)
    first, last = (normalize.whole_number(end) for end in ends.groups()) if ends else (None, None)
    return first is not None and last is not None and last < first


@remembered
def amount(value: Any) -> str | None:
    """An amount of money or a range of them, as given; zero is unknown."""
    told = next((value[key] for key in _AMOUNT_KEYS if value.get(key)), value) if isinstance(value, Mapping) else value
    text = _as_range(told) or (None if isinstance(told, list) and len(told) > 1 else word(told))
    return text if text is not None and normalize.is_amount(text) else None


def _as_range(value: Any) -> str | None:
    """A range whose ends come apart: `[51, 200]`, `{"start": 51, "end": 200}`; one without an upper end is open."""
    if isinstance(value, Mapping):
        ends = [next((value[key] for key in kind if value.get(key) is not None), None) for kind in _ENDS]
    elif isinstance(value, list) and len(value) == 2:  # noqa: PLR2004 - a range has two ends
        ends = value
    else:
        return None
    first, last = (normalize.whole_number(end) for end in ends)
    if first is None or (last is None and ends[1] is not None) or (last is not None and last < first):
        return None
    return f"{first}+" if last is None else f"{first}-{last}"


def count(value: Any) -> int | None:
    """A count of people; no company has none."""
    number = normalize.whole_number(value)
    if number is None and not isinstance(value, int | float):
        text = line(value) or ""
        counted = _COUNTED.fullmatch(text)
        number = normalize.whole_number(counted[1] if counted else text)
    return number if number is not None and 0 < number <= MAX_COUNT else None


def year(value: Any) -> int | None:
    """A year, from a number, a text or a date."""
    number = normalize.whole_number(value)
    if number is None or number > LAST_FOUNDED:
        told = date(value)
        number = int(told[:4]) if told else None
    if number is None and (text := line(value)) is not None:
        found = _YEAR.fullmatch(text) or _BEGINS_WITH_YEAR.fullmatch(text)
        number = normalize.whole_number(found[1] if found else text)
    return number if number is not None and FIRST_FOUNDED <= number <= LAST_FOUNDED else None


@remembered
def date(value: Any) -> str | None:
    """One date; a list of one counts as its member."""
    if isinstance(value, list):
        return date(value[0]) if len(value) == 1 else None
    return normalize.partial_date(value)


def start_date(value: Any) -> str | None:
    """A date, or that on which a span begins: "Mar 2021 - Present"."""
    return date(value) or start_of_span(value)


def start_of_span(value: Any) -> str | None:
    """The date on which a span begins."""
    return _end_of_span(value, 0)


def end_of_span(value: Any) -> str | None:
    """The date on which a span ends; None where it goes on."""
    return _end_of_span(value, 1)


def _end_of_span(value: Any, which: int) -> str | None:
    text = said(value) if isinstance(value, str) else None
    if text is None:
        return None
    ends = _SPAN.split(_LASTING.sub("", text.partition("\u00b7")[0]).strip())
    return normalize.partial_date(ends[which]) if len(ends) == 2 else None  # noqa: PLR2004 - a span has two ends


def latest_date(value: Any) -> str | None:
    """The latest of the dates in a value."""
    dates = [normalize.partial_date(part) for part in (value if isinstance(value, list) else [value])]
    return max((told for told in dates if told), default=None)
