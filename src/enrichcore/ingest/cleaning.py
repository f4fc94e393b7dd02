"""One function per kind of cell: from the text in a file to a clean value, or None where it says nothing usable.

Values are what JSON can hold. A cell that names several things where one is wanted gives nothing: which is meant is not
guessed. `facts.toml` says which fact is of which kind.
"""

import json
import re
from collections.abc import Callable, Hashable
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from enrichcore.fields import email_term, fails, person_line
from enrichcore.ingest.profiles import fact_kinds, siblings, word_list
from enrichcore.normalize import (
    beside_email,
    clean_paragraph,
    clean_text,
    company_domain,
    company_name,
    company_name_key,
    constant_range,
    country_name,
    email_domain,
    full_name,
    is_amount,
    is_free_mail,
    is_head_count,
    is_shared_mailbox,
    last_name,
    linkedin_key,
    linkedin_url,
    name_prefix,
    partial_date,
    person_name,
    tags_as_lines,
    usable_email,
    website_url,
    whole_number,
    without_marks,
    without_tags,
)
from enrichcore.normalize.lists import entries
from enrichcore.normalize.names import is_form_of_address

#: Characters of a cell that is cleaned once for all its occurrences.
REMEMBERED = 1_000
#: Characters of a label such as a title or a city, as in answers.
MAX_LABEL = 500
#: Entries of a list cell that are kept.
MAX_WORDS = 500

#: Lengths at which systems cut a cell off.
_CAPS = frozenset({255, 256, 500, 512, 1000, 1024, 2000, 2048, 4000, 4096, 5000, 10_000, 32_767, 32_768, 65_535})

_ADDRESS = re.compile(r"\S+@[^\s@]+\.[^\s@]+")
_PAGE = re.compile(r"(?:https?://|www\.)\S+|(?:\w+\.)?linkedin\.com/\S*", re.IGNORECASE)
_POSTAL_TOWN = re.compile(r"(?:[A-Z]{1,2}[- ]?)?\d{4,6} (?P<before>[^\W\d][^\d]*)|(?P<behind>[^\W\d][^\d]*) \d{4,6}")
_FLAGS = frozenset({"TRUE", "FALSE"})
_ADDRESSES = re.compile(r"[;,|\s]+|(?<=\w)/(?=[^\s@/]+@)")
_CURRENCY = re.compile(r"[$€£¥₹]|\b(?:us|usd|eur|gbp|chf|sek|nok|dkk|cad|aud|jpy|inr|pln)\b\$?", re.IGNORECASE)
#: What a spreadsheet makes of "11-50": a day.
_DAY = re.compile(r"\d{4}-\d\d-\d\d|\d{1,2}([./-])\d{1,2}\1\d{2,4}(?!\d)")
_SCALED = re.compile(r"(\d{1,6}(?:[.,]\d{1,3})?)\s*(k|m|mn|mio|million|b|bn|mrd|billion|t|thousand)\.?", re.IGNORECASE)
_SCALES = {"k": 3, "t": 3, "m": 6, "b": 9}
_RANGE = re.compile(
    r"\d.*?(?:-|\u2013|\u2014|\bto\b|\bbis\b).*\d|^[<>≤≥]\s*\D{0,4}\d|\d[\d.,' ]*\s*[a-z]{0,8}\s*\+", re.IGNORECASE
)
_COUNTED = re.compile(r"\s*(?:employees|people|staff|mitarbeiter(?:innen)?|fte)\.?$", re.IGNORECASE)
_BUCKET = re.compile(r"([\d.,' ]+)(?:\s*(?:[-\u2013\u2014]|to|bis)\s*([\d.,' ]+)|\s*\+)", re.IGNORECASE)
#: What a spreadsheet makes of a long number.
_SCIENTIFIC = re.compile(r"(\d(?:[.,]\d{1,15})?)e\+?(\d{1,2})", re.IGNORECASE)
#: Powers of ten above this are no amounts of money.
_MAX_POWER = 15
#: The years that a company can have been founded in; the oldest are of the sixth century.
_FIRST_FOUNDED, _LAST_FOUNDED = 500, 2100
_APPROXIMATE = re.compile(r"^(?:~|ca\.?|approx\.?|about|around)\s*", re.IGNORECASE)
_LIST_SEPARATOR = re.compile(r"[,;|\n](?![^(]*\))")
_LABELS = re.compile(r"[;|\n]")
_SHOUTED = re.compile(r"[A-Z0-9]+(?:_[A-Z0-9&]+)*")
_SMALL_WORDS = frozenset({"and", "or", "of", "the", "for", "in"})
_ACRONYM = 2
#: What stands in these where a column of an enriched table failed: "Missing input", "Run condition not met".
_MAY_FAIL = frozenset({"company_name", "job_title", "location", "industry"})
#: A day as spreadsheets count them, where its format was lost: of the years 1982 to 2064.
_SERIAL = re.compile(r"([3-5]\d{4})(?:[.,]\d+)?")
_FIRST_DAY = date(1899, 12, 30)


def fact_of(fact: str, cell: str) -> tuple[str, Any] | None:
    """The fact that a cell tells, with its clean value; None where it tells nothing.

    The fact is the one asked for or its sibling: "201-500" in a column of head counts is a size bucket.
    """
    kind = fact_kinds()[fact]
    value = _remembered(kind, cell) if len(cell) <= REMEMBERED else _CLEANERS[kind](cell)
    if value is None or (kind in _MAY_FAIL and isinstance(value, str) and fails(value)):
        return None
    if fact in siblings():
        single, several = siblings()[fact]
        return (single if isinstance(value, int) else several), value
    return fact, list(value) if isinstance(value, list) else value


def line(cell: str) -> str | None:
    """A text as one clean line, without mark-up."""
    text = clean_text(cell)
    bare = None if text is None else without_marks(without_tags(text))
    return text if bare == text else clean_text(bare)


def paragraph(cell: str) -> str | None:
    """A text with its line breaks, without mark-up."""
    text = clean_paragraph(cell)
    return clean_paragraph(tags_as_lines(text)) if text is not None and "<" in text else text


def label(cell: str) -> str | None:
    """As `line`, but with a letter and no address of mail: a number is no title, no industry and no city."""
    text = line(cell)
    if (
        text is None
        or len(text) > MAX_LABEL
        or not any(map(str.isalpha, text))
        or text.casefold() in entries("no_labels")
    ):
        return None
    return None if _ADDRESS.fullmatch(text) or _PAGE.fullmatch(text) else text


def name(cell: str) -> str | None:
    """A first name; a spreadsheet's yes and no are none."""
    return None if cell.strip() in _FLAGS else person_name(cell)


def city(cell: str) -> str | None:
    """A town's name, without the postal code that letters have before it: "80331 M\u00fcnchen"."""
    text = label(cell)
    found = _POSTAL_TOWN.fullmatch(text) if text else None
    return found["before"] or found["behind"] if found else text


def location(cell: str) -> str | None:
    """A person's place in one line, as in answers; a region for sales is none."""
    return person_line(label(cell))


def email(cell: str) -> str | None:
    """The address to use of those in a cell: the first at a company, else the first; one that many share only without others."""
    first = usable_email(cell)
    if first is None or cell.count("@") == 1:
        # What stands beside an address may say that it is none.
        return first
    found = [address for part in _ADDRESSES.split(cell) if "@" in part and (address := usable_email(part))]
    own = [address for address in found if not is_shared_mailbox(address)]
    at_work = (address for address in own if not is_free_mail(email_domain(address) or ""))
    return next(at_work, None) or next(iter(own or found), None)


def status_beside(cell: str) -> str | None:
    """What a cell says of its only address beside it: "jo@acme.example (verified)"."""
    return email_term(beside_email(cell)) if cell.count("@") == 1 else None


def sole_company_name(cell: str) -> str | None:
    """A company's name; None where the cell lists several companies, and for an address of mail."""
    return None if _ADDRESS.fullmatch(cell.strip()) else _sole(cell, company_name, company_name_key)


def sole_domain(cell: str) -> str | None:
    """The registrable domain of a company; also read from an address. None for several, free mail and social pages."""
    return _sole(cell, _domain, lambda part: part)


def _domain(part: str) -> str | None:
    # The host of a placeholder, "email_not_unlocked@domain.com", is nobody's company.
    return company_domain(email_domain(usable_email(part) or "") if "@" in part else part)


def sole_website(cell: str) -> str | None:
    """A company's website; None for several and for LinkedIn pages."""
    return _sole(cell, _website, company_domain)


def number_or_range(cell: str) -> int | str | None:
    """A head count: a number, or a range of them as given, as in answers ("201-500 employees", "201-500"); a rounded number is none: "~200"."""
    text = clean_text(cell)
    if text is None or _DAY.match(text) or _is_reversed(text) or _SCIENTIFIC.fullmatch(text):
        return None
    if constant_range(text) is None and not is_head_count(text):
        return None
    bare = _COUNTED.sub("", text.strip("\"'"))
    constant = constant_range(bare)
    return constant or whole_number(bare) or (text if _RANGE.search(bare) else None)


def _is_reversed(text: str) -> bool:
    """Whether a range ends below its beginning, so that it is none."""
    ends = _BUCKET.fullmatch(_COUNTED.sub("", text))
    first, last = (whole_number(ends[1]), whole_number(ends[2] or "")) if ends else (None, None)
    return first is not None and last is not None and last < first


def money(cell: str) -> int | str | None:
    """An amount in whole units of its currency, which is not kept; or a range as given ("10M-25M")."""
    text = clean_text(cell)
    if text is None or _DAY.fullmatch(text):
        return None
    bare = _CURRENCY.sub("", _APPROXIMATE.sub("", text)).strip()
    if (told := _SCIENTIFIC.fullmatch(bare)) is not None:
        return round(float(told[1].replace(",", ".")) * 10 ** int(told[2])) if int(told[2]) <= _MAX_POWER else None
    if (scaled := _SCALED.fullmatch(bare)) is not None:
        scale: int = 10 ** _SCALES[scaled[2][0].lower()]
        return round(float(scaled[1].replace(",", ".")) * scale)
    amount = re.sub(r"[.,]\d{1,2}$", "", bare)
    return whole_number(amount) or (text if _RANGE.search(bare) and is_amount(text) else None)


def words(cell: str) -> list[str] | None:
    """The entries of a list cell, in order, each once; a comma in brackets separates nothing, and a JSON list is read as one.

    Of a cell that was cut off the last entry is left out, for it may be half a word.
    """
    text = clean_paragraph(cell)
    parts = (_json_words(text) or _LIST_SEPARATOR.split(text)) if text else []
    if len(parts) > 1 and (len(cell) in _CAPS or cell.rstrip().endswith(("...", "\u2026"))):
        parts.pop()
    unique: dict[str, str] = {}
    for word in filter(None, map(clean_text, parts)):
        unique.setdefault(word.casefold(), word)
    return list(unique.values())[:MAX_WORDS] or None


def labels(cell: str) -> list[str] | None:
    """The entries of a list of labels, which have commas of their own: "Banking, Insurance; Software" are two."""
    unique = {label.casefold(): label for label in map(clean_text, _LABELS.split(clean_paragraph(cell) or "")) if label}
    return list(unique.values())[:MAX_WORDS] or None


def _json_words(text: str) -> list[Any] | None:
    """The entries of a list that was written as JSON; of objects their names."""
    if not text.startswith("["):
        return None
    try:
        listed = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return [entry.get("name") if isinstance(entry, dict) else entry for entry in listed]


def industry(cell: str) -> str | None:
    """An industry's name; None for several. HubSpot's constants become words: OIL_AND_ENERGY is "Oil and Energy"."""
    text = _sole(cell, label, str.casefold)
    if text is None or not _SHOUTED.fullmatch(text) or ("_" not in text and len(text) <= _ACRONYM + 1):
        return text
    spoken = [part for part in text.split("_") if part]
    return " ".join(_spoken(word, first=not index) for index, word in enumerate(spoken))


def job_title(cell: str) -> str | None:
    """A job title; None for a form of address."""
    text = label(cell)
    return None if text is None or is_form_of_address(text) else text


def phone(cell: str) -> str | None:
    """A phone number as given, without the apostrophe that keeps spreadsheets from reading it as a formula."""
    text = clean_text(cell.strip().lstrip("'\u2019="))
    bare = text.strip("\"' ") if text else ""
    return None if _SCIENTIFIC.fullmatch(bare) or not any(map(str.isdigit, bare)) else bare


def day(cell: str) -> str | None:
    """A date with the precision given, also one that a spreadsheet shows as its number."""
    serial = _SERIAL.fullmatch(cell.strip())
    return (_FIRST_DAY + timedelta(days=int(serial[1]))).isoformat() if serial else partial_date(cell)


def flag(cell: str) -> bool | None:
    """Yes or no."""
    text = (cell.strip()).casefold()
    return True if text in word_list("yes") else False if text in word_list("no") else None


def opt_out(cell: str) -> bool | None:
    """Whether somebody must not be written to or called: yes or no, the day on which they said so, or what it says: "Do not contact"."""
    told = flag(cell)
    if told is not None:
        return told
    text = " ".join(_SIGNS.sub(" ", cell.casefold()).split())
    if text in word_list("opted_out") or partial_date(cell) is not None:
        return True
    return False if text in word_list("opted_in") else None


_SIGNS = re.compile(r"[^\w/:.]+|[.]$")


@lru_cache(maxsize=32_768)
def _remembered(kind: str, cell: str) -> Any:
    """The clean value; a company's cells are the same in all its people's rows."""
    return _CLEANERS[kind](cell)


def _website(part: str) -> str | None:
    # A page at a social network or of a page builder's is nobody's own.
    return website_url(part) if company_domain(part) else None


def _year(cell: str) -> int | None:
    told = partial_date(cell)
    year = int(told[:4]) if told else whole_number(cell)
    return year if year and _FIRST_FOUNDED <= year <= _LAST_FOUNDED else None


def _sole(cell: str, clean: Callable[[str], str | None], key: Callable[[str], Hashable]) -> str | None:
    """The one thing that a cell names; a list of several different ones names none."""
    told = [value for part in _listed(cell) if (value := clean(part))]
    return told[0] if told and len({key(value) for value in told}) == 1 else None


def _listed(cell: str) -> list[str]:
    """The entries between semicolons; not those of entities such as `&amp;`."""
    return [part for part in (clean_text(cell) or "").split(";") if part.strip()]


def _spoken(word: str, *, first: bool) -> str:
    if word.casefold() in _SMALL_WORDS and not first:
        return word.casefold()
    return word if len(word) <= _ACRONYM else word.capitalize()


def _person_linkedin(cell: str) -> str | None:
    return linkedin_url(cell, "in")


def _company_linkedin(cell: str) -> str | None:
    keys = {linkedin_key(part, "company") for part in _listed(cell)} - {None}
    return linkedin_url(cell, "company") if len(keys) == 1 else None


_CLEANERS: dict[str, Callable[[str], Any]] = {
    "text": line,
    "label": label,
    "city": city,
    "location": location,
    "paragraph": paragraph,
    "person_name": name,
    "last_name": last_name,
    "particles": name_prefix,
    "full_name": full_name,
    "company_name": sole_company_name,
    "email": email,
    "email_status": email_term,
    "domain": sole_domain,
    "website": sole_website,
    "url": website_url,
    "person_linkedin": _person_linkedin,
    "company_linkedin": _company_linkedin,
    "job_title": job_title,
    "phone": phone,
    "country": country_name,
    "date": day,
    "year": _year,
    "count": whole_number,
    "head_count": number_or_range,
    "money": money,
    "words": words,
    "labels": labels,
    "industry": industry,
    "flag": flag,
    "opt_out": opt_out,
}
