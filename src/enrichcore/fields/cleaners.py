"""How a raw value from a tree becomes the clean value of a field, by the cleaner that the catalogue names.

A cleaner takes anything and returns a clean value or None; it never raises. Values that come as an object
(`{"name": ...}`) or a list where a text is wanted are read by their first text. What an answer writes in a value's place
when a column failed ("Error: ...", "Run condition not met") is no value.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from enrichcore import normalize
from enrichcore.domain.keys import differ_as_pages, sort_of_page
from enrichcore.fields.company_types import reads_like_a_type, spelled
from enrichcore.fields.list_values import labels, technologies
from enrichcore.fields.number_values import amount, count, latest_date, size, start_date, year
from enrichcore.fields.place_values import city, country, location
from enrichcore.fields.sentences import WORDS_OF_SENTENCE, is_sentence, without_aside
from enrichcore.fields.sources import words
from enrichcore.fields.text_values import PAGE_TITLE, fact, job_title, label, line, links, paragraph, status, word
from enrichcore.normalize.remembering import remembered

#: A company may be named by a number of so many digits: "1906".
_SHORTEST_NUMBER = 3
Cleaner = Callable[[Any], Any]
_BETWEEN_LINKS = re.compile(r"[\s,;|]+")
#: A company may be called by two numbers: "1&1".
_TWO_NUMBERS = re.compile(r"\d+ ?[&+] ?\d+")


def company_type(value: Any) -> str | None:
    """A company's legal kind or ownership; a code such as `PRIVATELY_HELD` or `PARTNERSHIP` is spelled as words.

    Under a key as common as `type` many other things stand: a page's network, a trade, whom a company sells to.
    """
    text = fact(value)
    if text is None or len(text) <= 2 or text.casefold() in words("record_kinds"):  # noqa: PLR2004 - codes
        return None
    return spelled(text) if reads_like_a_type(text) else None


def own_company_type(value: Any) -> str | None:
    """Whatever a path of one's own calls a company's type; a code is spelled as words."""
    text = label(value)
    return None if text is None else spelled(text)


@remembered
def company_name(value: Any) -> str | None:
    """A company's name; a short number is none, nor is a sentence about it, and of the title of its page elsewhere the name."""
    text = label(value)
    if text is not None:
        text = without_aside(PAGE_TITLE.sub("", text))
        if len(text.split()) >= WORDS_OF_SENTENCE and is_sentence(text):
            return None
    if text is None and isinstance(value, str) and _is_named_by_numbers(value.strip()):
        text = line(value)
    return normalize.company_name(text)


def _is_named_by_numbers(text: str) -> bool:
    return (len(text) >= _SHORTEST_NUMBER and text.isdecimal()) or _TWO_NUMBERS.fullmatch(text) is not None


def person_name(value: Any) -> str | None:
    """A first or a last name; "Ok" and "Na" are some."""
    if isinstance(value, str) and value.istitle() and value.casefold() in words("names_like_no_values"):
        return normalize.person_name(value)
    return normalize.person_name(line(value))


def last_name(value: Any) -> str | None:
    """A last name."""
    if isinstance(value, str) and value.istitle() and value.casefold() in words("names_like_no_values"):
        return normalize.last_name(value)
    return normalize.last_name(line(value))


@remembered
def full_name(value: Any) -> str | None:
    """A full name; `Last, First` is turned round."""
    turned = last_name_first(value)
    if turned:
        return " ".join(turned)
    told = line(value) or ""
    text = normalize.full_name(told)
    # The sign at its end tells a sentence.
    return None if text is None or is_sentence(text) or (told.endswith(".") and is_sentence(f"{text}.")) else text


@remembered
def last_name_first(value: Any) -> tuple[str, str] | None:
    """First and last name of `Last, First`; None where a full name is written otherwise."""
    text = line(value)
    first, last = normalize.split_full_name(text)
    is_turned = first and last and "," in (normalize.full_name(text) or "")
    return (first, last) if first and last and is_turned else None


def lone_last_name(value: Any) -> str | None:
    """The last name of a full one that tells no other: "Mr Bell"."""
    return normalize.lone_last_name(line(value))


@remembered
def company_domain(value: Any) -> str | None:
    """A company's domain from a domain, URL or list."""
    return next((domain for text in links(value) if (domain := normalize.company_domain(text))), None)


def website(value: Any) -> str | None:
    """A company's own website; other people's pages are none."""
    return next(
        (url for text in links(value) if normalize.company_domain(text) and (url := normalize.website_url(text))), None
    )


def link(value: Any) -> str | None:
    """Any URL."""
    return next((url for text in links(value) if (url := normalize.website_url(text))), None)


def linkedin(kind: normalize.LinkedInKind, *, slug: bool = False) -> Cleaner:
    """A cleaner for LinkedIn pages of people or companies, or for their bare slugs."""
    return remembered(lambda value: next(_pages(value, kind, slug=slug), None))


def _pages(value: Any, kind: normalize.LinkedInKind, *, slug: bool = False) -> Iterator[str]:
    """The LinkedIn pages that a value holds; a text with two of them tells of none."""
    for text in links(value):
        url = normalize.linkedin_url(text, kind, slug=slug)
        if url and not (" " in text and _names_another(text, url, kind)):
            yield url


def _names_another(text: str, url: str, kind: normalize.LinkedInKind) -> bool:
    """Whether a text holds another page beside the one."""
    own = url.rpartition("/")[2]
    told = (normalize.linkedin_url(part, kind) for part in _BETWEEN_LINKS.split(text))
    return any(other and differ_as_pages(own, other.rpartition("/")[2]) for other in told)


@remembered
def person_page(value: Any) -> str | None:
    """A person's LinkedIn page under the address with their name."""
    return next((url for url in _pages(value, "in") if not sort_of_page(url.rpartition("/")[2])), None)


CLEANERS: Mapping[str, Cleaner] = {
    "text": line,
    "label": label,
    "fact": fact,
    "job_title": job_title,
    "paragraph": paragraph,
    "word": word,
    "status": status,
    "labels": labels,
    "technologies": technologies,
    "place": city,
    "location": location,
    "size": size,
    "amount": amount,
    "count": count,
    "year": year,
    "date": start_date,
    "latest_date": latest_date,
    "person_name": person_name,
    "last_name": last_name,
    "full_name": full_name,
    "company_name": company_name,
    "company_type": company_type,
    "own_company_type": own_company_type,
    "email": normalize.usable_email,
    "domain": company_domain,
    "website": website,
    "link": link,
    "country": country,
    "person_linkedin": person_page,
    # What a person's page is called where nothing tells its name.
    "person_member": linkedin("in"),
    "company_linkedin": linkedin("company"),
    "person_slug": linkedin("in", slug=True),
    "company_slug": linkedin("company", slug=True),
    "flag": lambda value: value if isinstance(value, bool) else None,
    "records": lambda value: value if isinstance(value, list) else None,
}
