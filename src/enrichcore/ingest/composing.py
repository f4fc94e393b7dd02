"""From the cells of one row to a person, their company, and the keys that tell who they are.

Facts of a company without any key belong to nobody and are left out; the raw row keeps them. What one column holds for
another (a full name in the first name, a domain in the website, a company's page in the person's) is put right where the
value itself leaves no doubt.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from attrs import frozen

from enrichcore.domain.keys import NAME_AT, Key, KeyKind, sort_of_page
from enrichcore.fields import DOUBTFUL, INVALID, email_term, is_area, place_in_line, told_place
from enrichcore.ingest.cleaning import fact_of, sole_domain, sole_website, status_beside
from enrichcore.normalize import (
    company_domain,
    company_name_key,
    distinct_names,
    email_domain,
    is_free_mail,
    is_shared_mailbox,
    is_undivided,
    joined_name,
    linkedin_key,
    linkedin_url,
    lone_last_name,
    person_name_key,
    rest_of_name,
    split_full_name,
    split_if_told,
    whole_name_in,
)

_NULL = "\\N"
#: What a spreadsheet takes for a formula, unless an apostrophe stands before it, as in our own files.
_FORMULA = tuple("=+-@\t\r\uff1d\uff0b\uff0d\uff20")
_KEPT_AS_TEXT = re.compile(r'\s*="((?:[^"]|"")*)"\s*')
_CURLY_QUOTES = "\u201c\u201d\u201e"

_PLACES = ("person_city", "person_state", "person_country")
_EMAIL, _EMAIL_STATUS, _BOUNCED = "person_email", "person_email_status", "person_email_bounced"
_PAGE = "person_linkedin_url"
#: A full name of a column that is called after the parts in that order; many write the first name first all the same.
_LAST_FIRST = "person_full_name_last_first"
#: What the Dutch keep in a column of its own, so that lists sort by the rest: "van der" of van der Plassen.
_PARTICLES = "person_last_name_prefix"
_SPARE_EMAILS = ("person_secondary_email", "person_tertiary_email")
#: Of each amount: the fact of a single number, and that of a range.
_AMOUNTS = (("company_annual_revenue", "company_revenue_range"), ("company_total_funding", "company_funding_range"))


@frozen(kw_only=True)
class Identified:
    """A person or a company of one row."""

    #: Clean facts, none of them empty.
    facts: dict[str, Any]
    #: Keys, strongest first; empty where the row does not name one.
    keys: tuple[Key, ...]


def compose(cells: Iterable[tuple[str, str]]) -> tuple[Identified, Identified]:
    """The person and the company that a row tells of.

    Args:
        cells: Pairs of a fact and the cell that may tell it, those that go first before the others.
    """
    pairs = tuple((fact, bare_cell(cell)) for fact, cell in cells)
    facts = _placed(_told(pairs), pairs)
    person = _without_idle_status(_with_best_email(_located(named(_part(facts, "person_")))))
    company = _with_ranges(_in_place(_without_line(_part(facts, "company_")), "company"))
    domain = find_company_domain(company, person)
    if domain:
        company["company_domain"] = domain
    company_keys = _company_keys(company)
    person_keys = _person_keys(person, company_keys[:1])
    if not company_keys:
        company = {}
    return Identified(facts=person, keys=person_keys), Identified(facts=company, keys=company_keys)


def _with_ranges(company: dict[str, Any]) -> dict[str, Any]:
    """The company with an exact amount for a range that is not told, as answers have it: a lead has a column for ranges only."""
    exact = {several: str(company[single]) for single, several in _AMOUNTS if single in company}
    return exact | company


def bare_cell(cell: str) -> str:
    """The cell without what programs put around it: `="0123"` keeps Excel from reading a number; a database's null is empty."""
    if not cell or cell[0].isalnum():
        # As nearly all are.
        return cell
    if cell == _NULL:
        return ""
    if cell[:1] == "'" and cell[1:2] in _FORMULA:
        return cell[1:]
    if (kept := _KEPT_AS_TEXT.fullmatch(cell)) is not None:
        return kept[1].replace('""', '"')
    return cell.strip(_CURLY_QUOTES) if cell[:1] in _CURLY_QUOTES and cell[-1:] in _CURLY_QUOTES else cell


def named(person: Mapping[str, Any]) -> dict[str, Any]:
    """The person with first, last and full name, as far as one follows from the others.

    A first name alone is no full name: what the last name is, is not known.
    """
    ordered = person.get(_LAST_FIRST)
    full = person.get("person_full_name") or ordered
    first, last = distinct_names(person.get("person_first_name"), _whole_last_name(person), full)
    if full == last:
        full = None
    if last and not first and not full:
        first, last = whole_name_in(last) or (None, last)
    first, last = rest_of_name(full, first=first, last=last) or (first, last)
    if full and not (first and last) and not is_undivided(full):
        split_first, split_last = split_full_name(full) if full != ordered else split_if_told(full)
        first, last = (first if first != full else None) or split_first, last or split_last
    elif first and not last:
        whole = first
        first, last = split_full_name(whole)
        if first is None:
            # A whole name, and which end of it is the first name is not told.
            full = whole
    if not full or "," in full:
        full = joined_name(first, last) if first and last else None
    names = {"person_first_name": first, "person_last_name": last, "person_full_name": full}
    others = {fact: value for fact, value in person.items() if fact not in {*names, _LAST_FIRST, _PARTICLES}}
    return others | {fact: name for fact, name in names.items() if name}


def _whole_last_name(person: Mapping[str, Any]) -> str | None:
    """The last name with the particles that a column of their own tells."""
    last, particles = person.get("person_last_name"), person.get(_PARTICLES)
    if not last or not particles or f"{last} ".casefold().startswith(f"{particles} ".casefold()):
        return last
    return f"{particles} {last}"


def find_company_domain(company: Mapping[str, Any], person: Mapping[str, Any]) -> str | None:
    """The company's domain: as given, else of its website, else of one of the person's addresses."""
    hosts = (email_domain(person.get(fact) or "") for fact in (_EMAIL, *_SPARE_EMAILS))
    return (
        company.get("company_domain")
        or company_domain(company.get("company_website"))
        or next((domain for host in hosts if (domain := company_domain(host))), None)
    )


def _told(cells: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    addresses: set[str] = set()
    for fact, cell in cells:
        told = fact_of(fact, cell) if cell else None
        if told and told[0] == _EMAIL:
            addresses.add(told[1])
        if told and told[0] == _EMAIL and _goes_before(told[1], facts.get(_EMAIL)):
            # Of several columns the person's address at a company counts; a private one is kept beside it.
            facts[_SPARE_EMAILS[0]], facts[_EMAIL] = facts[_EMAIL], told[1]
        elif told and told[0] == _PAGE and _is_id(facts.get(_PAGE)) and not _is_id(told[1]):
            facts[_PAGE] = told[1]
        elif told:
            facts.setdefault(*told)
    if len(addresses) > 1:
        # Of which of them it is the status, nobody knows.
        facts.pop(_EMAIL_STATUS, None)
    return facts


def _goes_before(email: str, known: str | None) -> bool:
    """Whether an address is worth more than the known one, whatever is said of the two."""
    return known is not None and _email_worth(email, None) > _email_worth(known, None)


def _is_id(page: str | None) -> bool:
    """Whether a page's address is a member's id, which tells nobody's name and which few programs take."""
    return sort_of_page(linkedin_key(page, "in") or "") != ""


def _placed(facts: dict[str, Any], cells: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    """The facts, with those that cells of another fact tell without a doubt."""
    for fact, cell in cells:
        if not cell:
            continue
        if fact == "company_domain":
            _fill(facts, "company_website", sole_website(cell) if "/" in cell and sole_domain(cell) else None)
        if fact in {"person_linkedin_url", "company_website", "company_domain"} and "linkedin" in cell.casefold():
            _fill(facts, "company_linkedin_url", linkedin_url(cell, "company"))
        if fact in {"company_linkedin_url", "company_website", "company_domain"} and "linkedin" in cell.casefold():
            _fill(facts, "person_linkedin_url", linkedin_url(cell, "in"))
        if (
            fact == _EMAIL
            and len(cell) > len(facts.get(_EMAIL, cell))
            and _EMAIL_STATUS not in facts
            and fact_of(_EMAIL, cell) == (_EMAIL, facts[_EMAIL])
        ):
            _fill(facts, _EMAIL_STATUS, status_beside(cell))
        if fact == "person_full_name":
            _fill(facts, "person_last_name", lone_last_name(cell))
        if fact in {"person_first_name", "person_last_name", "person_full_name"} and "@" in cell:
            told = fact_of("person_email", cell)
            _fill(facts, "person_email", told[1] if told else None)
    return facts


def _fill(facts: dict[str, Any], fact: str, value: Any) -> None:
    if value is not None:
        facts.setdefault(fact, value)


def _part(facts: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    return {fact: value for fact, value in facts.items() if fact.startswith(prefix)}


def _without_line(company: dict[str, Any]) -> dict[str, Any]:
    """The company with city, state and country of a place that is told as one line, where nothing tells them apart."""
    line = company.pop("company_location", None)
    if line is None or "company_city" in company or "company_state" in company:
        return company
    found = place_in_line(line, company.get("company_country"))
    parts = {"company_city": found.city, "company_state": found.state, "company_country": found.country}
    return company | {fact: value for fact, value in parts.items() if value}


def _in_place(facts: dict[str, Any], entity: str) -> dict[str, Any]:
    """The facts with city, state and country as an answer's are read: areas are no cities, and codes are spelled out."""
    parts = tuple(f"{entity}_{part}" for part in ("city", "state", "country"))
    if not facts.keys() & set(parts):
        return facts
    found = told_place(*(facts.get(part) for part in parts))
    told = dict(zip(parts, (found.city, found.state, found.country), strict=True))
    kept = {fact: value for fact, value in facts.items() if fact not in told}
    return kept | {fact: value for fact, value in told.items() if value}


def _located(given: dict[str, Any]) -> dict[str, Any]:
    """The person with one line for the place; an area is no city, but somebody is there all the same."""
    person = _in_place(given, "person")
    city = given.get("person_city")
    area = city if city and is_area(city) else None
    places = ", ".join(filter(None, [area, *(person.get(place) for place in _PLACES)]))
    return {**person, "person_location": person.get("person_location") or places} if places else person


def _with_best_email(person: dict[str, Any]) -> dict[str, Any]:
    """The person with the best of several addresses first, each with its status: one that bounces or is a guess is none of them."""
    if person.get(_BOUNCED) and _EMAIL in person:
        person = person | {_EMAIL_STATUS: INVALID}
    found = [fact for fact in (_EMAIL, *_SPARE_EMAILS) if fact in person]
    best = max(found, key=lambda fact: _email_worth(person[fact], person.get(f"{fact}_status")), default=_EMAIL)
    if best == _EMAIL:
        return person
    parts = {
        f"{end}{status}": f"{start}{status}"
        for start, end in ((best, _EMAIL), (_EMAIL, best))
        for status in ("", "_status")
    }
    kept = {fact: value for fact, value in person.items() if fact not in parts}
    return kept | {fact: person[other] for fact, other in parts.items() if other in person}


def _email_worth(email: str, status: str | None) -> int:
    """What an address is worth beside others of one row; of equals the first counts."""
    term = email_term(status)
    if term == INVALID:
        return 0
    if is_shared_mailbox(email):
        return 1
    return 2 if term in DOUBTFUL else 3 if is_free_mail(email_domain(email) or "") else 4


def _without_idle_status(person: dict[str, Any]) -> dict[str, Any]:
    """A status speaks of its address, and would be wrong beside one that is found later."""
    return {
        fact: value
        for fact, value in person.items()
        if not fact.endswith("_email_status") or fact.removesuffix("_status") in person
    }


def _company_keys(company: Mapping[str, Any]) -> tuple[Key, ...]:
    found = (
        (KeyKind.COMPANY_DOMAIN, company.get("company_domain")),
        (KeyKind.COMPANY_LINKEDIN, linkedin_key(company.get("company_linkedin_url"), "company")),
        (KeyKind.COMPANY_NAME, company_name_key(company.get("company_name") or company.get("company_short_name"))),
    )
    return tuple(Key(kind, value) for kind, value in found if value)


def _person_keys(person: Mapping[str, Any], company: tuple[Key, ...]) -> tuple[Key, ...]:
    """The person's keys.

    A mailbox of a role, half a name, and a name without a company are keys only where there is nothing better: a company has
    several people called Ada.
    """
    email = person.get("person_email")
    shared = email is not None and is_shared_mailbox(email)
    full = person_name_key(person.get("person_full_name"))
    name = full or person_name_key(person.get("person_first_name") or person.get("person_last_name"))
    at = NAME_AT.join((name, company[0].value)) if name and company else None
    strong = (
        (KeyKind.PERSON_LINKEDIN, linkedin_key(person.get("person_linkedin_url"), "in")),
        (KeyKind.PERSON_EMAIL, None if shared else email),
        (KeyKind.PERSON_NAME, at if full else None),
    )
    keys = tuple(Key(kind, value) for kind, value in strong if value)
    if keys:
        return keys
    last_resort = ((KeyKind.PERSON_NAME, at or name), (KeyKind.PERSON_EMAIL, email))
    return tuple(Key(kind, value) for kind, value in last_resort if value)[:1]
