"""How a raw value from a tree becomes the clean value of a field, by the cleaner that the catalogue names.

A cleaner takes anything and returns a clean value or None; it never raises. Values that come as an object
(`{"name": ...}`) or a list where a text is wanted are read by their first text.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from enrichcore import normalize

#: Characters of a label such as an industry or a title.
MAX_LABEL = 500
#: Entries of a list.
MAX_ENTRIES = 500
#: The largest count of employees: what PostgreSQL's integer holds.
MAX_COUNT = 2**31 - 1
FIRST_FOUNDED = 1000
LAST_FOUNDED = 2200

Cleaner = Callable[[Any], Any]

#: Folded keys under which an object keeps its own text, in the order of trust.
_TEXT_KEYS = ("name", "displayname", "label", "value", "text", "title", "default")
_LIST_KEYS = ("technologies", "items", "list", "values", "results", "data", "names")


def texts(value: Any) -> Iterator[str]:
    """Every text that a value holds: itself, the members of a list, the name of an object."""
    if isinstance(value, str):
        if text := normalize.clean_text(value):
            yield text
    elif isinstance(value, Mapping):
        inner = next(
            (value[key] for key in (*_TEXT_KEYS, *_LIST_KEYS) if not normalize.is_nothing(value.get(key))), None
        )
        if isinstance(inner, list):
            yield from texts(inner)
        elif text := normalize.clean_text(inner):
            yield text
    elif isinstance(value, list):
        for part in value[:MAX_ENTRIES]:
            yield from texts(part) if not isinstance(part, list) else ()
    elif text := normalize.clean_text(value):
        yield text


def label(value: Any) -> str | None:
    """One line of text, no longer than a label can be."""
    return next((text for text in texts(value) if len(text) <= MAX_LABEL), None)


def paragraph(value: Any) -> str | None:
    """A text with its line breaks."""
    return normalize.clean_paragraph(value if isinstance(value, str) else next(texts(value), None))


def word(value: Any) -> str | None:
    """A short text such as a status."""
    text = label(value)
    return text if text and len(text) <= 60 else None  # noqa: PLR2004 - longer than any status


def labels(value: Any) -> list[str] | None:
    """A list of labels; one text is split at semicolons and bars, and at commas when it reads like a plain list."""
    if not isinstance(value, str):
        return _distinct(texts(value))
    text = normalize.clean_text(value) or ""
    # "Transportation, Logistics, Supply Chain and Storage" is one label.
    commas = not re.search(r"(?: and | & )[^,]*$", text)
    return _distinct(iter(re.split(r"[;|,]" if commas else r"[;|]", text)))


def technologies(value: Any) -> list[str] | None:
    """A list of technologies; one text is split at commas, semicolons, bars and line breaks."""
    if not isinstance(value, str):
        return _distinct(texts(value))
    return _distinct(iter(re.split(r"[;|,\n]", normalize.clean_paragraph(value) or "")))


def place(value: Any) -> str | None:
    """The name of a place; one with digits or longer than a name is an address."""
    text = label(value)
    return text if text and any(part.isalpha() for part in text) else None


def size(value: Any) -> str | None:
    """A size bucket as given, such as "201-500 employees"; it must tell a number."""
    text = word(value)
    if text is None or text.isdecimal():
        # A bare number is a count of employees, not a bucket.
        return None
    return text if any(part.isdigit() for part in text) or "self" in text.casefold() else None


def count(value: Any) -> int | None:
    """A count of people."""
    number = normalize.whole_number(value)
    return number if number is not None and number <= MAX_COUNT else None


def year(value: Any) -> int | None:
    """A year, from a number, a text or a date."""
    number = normalize.whole_number(value)
    if number is None:
        told = normalize.partial_date(value)
        number = int(told[:4]) if told else None
    return number if number is not None and FIRST_FOUNDED <= number <= LAST_FOUNDED else None


def latest_date(value: Any) -> str | None:
    """The latest of the dates in a value."""
    dates = [normalize.partial_date(part) for part in (value if isinstance(value, list) else [value])]
    return max((told for told in dates if told), default=None)


def full_name(value: Any) -> str | None:
    """A full name; `Last, First` is turned round."""
    first, last = normalize.split_full_name(label(value))
    name = normalize.person_name(label(value))
    return f"{first} {last}" if name and "," in name and first and last else name


def company_domain(value: Any) -> str | None:
    """A company's domain from a domain, URL or list."""
    return next((domain for text in texts(value) if (domain := normalize.company_domain(text))), None)


def website(value: Any) -> str | None:
    """A company's own website; other people's pages are none."""
    return next(
        (url for text in texts(value) if normalize.company_domain(text) and (url := normalize.website_url(text))), None
    )


def link(value: Any) -> str | None:
    """Any URL."""
    return next((url for text in texts(value) if (url := normalize.website_url(text))), None)


def _distinct(parts: Iterator[str]) -> list[str] | None:
    """Clean labels in order, without repetitions; None where there is none."""
    kept: dict[str, str] = {}
    for part in parts:
        text = normalize.clean_text(part.strip(" ,;|"))
        if text and len(text) <= MAX_LABEL and len(kept) < MAX_ENTRIES:
            kept.setdefault(text.casefold(), text)
    return list(kept.values()) or None


def linkedin(kind: normalize.LinkedInKind, *, slug: bool = False) -> Cleaner:
    """A cleaner for LinkedIn pages of people or companies, or for their bare slugs."""
    return lambda value: next(
        (url for text in texts(value) if (url := normalize.linkedin_url(text, kind, slug=slug))), None
    )


CLEANERS: Mapping[str, Cleaner] = {
    "text": label,
    "paragraph": paragraph,
    "word": word,
    "labels": labels,
    "technologies": technologies,
    "place": place,
    "size": size,
    "count": count,
    "year": year,
    "date": normalize.partial_date,
    "latest_date": latest_date,
    "person_name": lambda value: normalize.person_name(label(value)),
    "full_name": full_name,
    "company_name": lambda value: normalize.company_name(label(value)),
    "email": normalize.usable_email,
    "domain": company_domain,
    "website": website,
    "link": link,
    "country": normalize.country_name,
    "person_linkedin": linkedin("in"),
    "company_linkedin": linkedin("company"),
    "person_slug": linkedin("in", slug=True),
    "company_slug": linkedin("company", slug=True),
    "flag": lambda value: value if isinstance(value, bool) else None,
    "records": lambda value: value if isinstance(value, list) else None,
}
