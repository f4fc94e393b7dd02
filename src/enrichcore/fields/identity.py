"""Whether an answer is about somebody else than the one who was asked about.

Providers match by what they get, and sometimes they match wrongly: a namesake, a colleague, another company of the name. Such an
answer's fields are all true, of another. It is told by what both sides know for sure: pages on LinkedIn, addresses, domains,
names. Where these do not contradict each other, or one side does not tell them, the answer is taken.
"""

import unicodedata
from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher
from typing import Any, Final

from enrichcore import normalize
from enrichcore.domain.keys import differ_as_pages
from enrichcore.domain.pipeline import Entity

#: The fields that tell who somebody is.
IDENTITY: Final[Mapping[Entity, tuple[str, ...]]] = {
    Entity.PERSON: ("person_linkedin_url", "person_email", "person_full_name", "person_first_name", "person_last_name"),
    Entity.COMPANY: ("company_linkedin_url", "company_domain", "company_website", "company_name"),
}
#: How much two words must have in common to be one, spelled differently.
_ALIKE = 0.75
#: A name of fewer words may be a nickname.
_WHOLE_NAME = 2

Facts = Mapping[str, Any]


def is_another(asked: Facts, told: Facts, entity: Entity) -> bool:
    """Whether an answer's facts are surely of another than the one asked about.

    Args:
        asked: What was known when it was asked: the person's fields and the company's.
        told: The answer's fields.
        entity: Whom the step concerns.
    """
    if entity is Entity.COMPANY:
        return _is_another_company(asked, told)
    return _is_another_person(asked, told)


def _is_another_person(asked: Facts, told: Facts) -> bool:
    pages = [normalize.linkedin_key(facts.get("person_linkedin_url"), "in") for facts in (asked, told)]
    if _same(*pages) or _same(*(_text(facts, "person_email") for facts in (asked, told))):
        return False
    named = _are_named_alike(_person_name(asked), _person_name(told))
    if not _differ(*pages):
        return named is False
    if named is not True:
        return not _is_prefix(*pages)
    # A namesake, or the same person under a new address of their page.
    return not (_is_prefix(*pages) or _works_there(asked, told))


def _is_another_company(asked: Facts, told: Facts) -> bool:
    pages, domains = (
        [clean(facts.get(name)) for facts in (asked, told)]
        for clean, name in ((_company_page, "company_linkedin_url"), (normalize.company_domain, "company_domain"))
    )
    if _same(*pages) or _same(*domains) or share_label(*domains):
        return False
    if not _hosts(asked).isdisjoint(_hosts(told)):
        return False
    # Without two domains that differ, names alone tell nothing: IBM is International Business Machines.
    if not all(domains) and not _differ(*pages):
        return False
    return may_be_named_alike(asked.get("company_name"), told.get("company_name")) is False


def may_be_named_alike(one: Any, other: Any) -> bool | None:
    """Whether two names may be one company's; None where one of them is not known.

    One may be a shorter form of the other: "Quillhaven" of "Quillhaven Robotics", "QR", "Quill Haven".
    """
    first, second = ((normalize.company_name_key(name) or "").split() for name in (one, other))
    if not first or not second:
        return None
    return (
        _may_be_short_for(first, second)
        or _may_be_short_for(second, first)
        or _are_alike("".join(sorted(first)), "".join(sorted(second)))
    )


def _may_be_short_for(words: list[str], whole: list[str]) -> bool:
    name = "".join(words)
    return set(words) <= set(whole) or name in "".join(whole) or name == "".join(word[0] for word in whole)


def _hosts(facts: Facts) -> frozenset[str]:
    """A company's domain and that of its website, which a new brand may have apart."""
    told = (normalize.company_domain(facts.get(name)) for name in ("company_domain", "company_website"))
    return frozenset(domain for domain in told if domain)


def _company_page(value: Any) -> str | None:
    return normalize.linkedin_key(value, "company")


def _person_name(facts: Facts) -> tuple[str, ...]:
    """The words of a person's name, folded, the last name's at the end."""
    parts = (_text(facts, "person_first_name"), _text(facts, "person_last_name"))
    full = " ".join(part for part in parts if part) if all(parts) else _text(facts, "person_full_name")
    return tuple((normalize.person_name_key(full or parts[0] or parts[1]) or "").split())


def _are_named_alike(one: tuple[str, ...], other: tuple[str, ...]) -> bool | None:
    """Whether two names may be one person's; None where they cannot be compared.

    A first name alone makes no two people one: colleagues share it.
    """
    if not one or not other:
        return None
    shorter, longer = sorted((one, other), key=len)
    if all(_agrees(word, longer) for word in shorter) or _agrees(one[-1], other) or _agrees(other[-1], one):
        return True
    if _joined(one) == _joined(other):
        return True
    return None if len(shorter) < _WHOLE_NAME or _script(one) != _script(other) else False


def _agrees(word: str, words: Iterable[str]) -> bool:
    return any(_agree(word, other) for other in words)


def _agree(first: str, second: str) -> bool:
    if min(len(first), len(second)) == 1:
        return first[0] == second[0]
    return first == second or _are_alike(first, second)


def _are_alike(first: str, second: str) -> bool:
    return SequenceMatcher(None, first, second, autojunk=False).ratio() >= _ALIKE


def _joined(words: Iterable[str]) -> str:
    return "".join(sorted("".join(words)))


def _script(words: Iterable[str]) -> str:
    """The script of a name's first letter, as Unicode names it."""
    return unicodedata.name(next(iter(sorted(words)))[0], "").partition(" ")[0]


def _works_there(asked: Facts, told: Facts) -> bool:
    """Whether a present employer that an answer tells is the company asked about."""
    domain = normalize.company_domain(asked.get("company_domain"))
    name = normalize.company_name_key(asked.get("company_name"))
    jobs = told.get("person_current_companies") or ()
    return any(
        _same(normalize.company_domain(job.get("domain")), domain)
        or _same(normalize.company_name_key(job.get("name")), name)
        for job in jobs
        if isinstance(job, Mapping)
    )


def _is_prefix(one: str | None, other: str | None) -> bool:
    """Whether one address of a page is the other with something behind it: "ada-bell" and "ada-bell-1a2b3c"."""
    return bool(one and other) and (str(one).startswith(str(other)) or str(other).startswith(str(one)))


def _differ(one: str | None, other: str | None) -> bool:
    """Whether both pages are known, and are two people's."""
    return one is not None and other is not None and differ_as_pages(one, other)


def _same(one: str | None, other: str | None) -> bool:
    return one is not None and one == other


def share_label(one: str | None, other: str | None) -> bool:
    """Whether two registrable domains are one name below different top levels, as in several countries."""
    return bool(one and other) and str(one).partition(".")[0] == str(other).partition(".")[0]


def _text(facts: Facts, name: str) -> str | None:
    value = facts.get(name)
    return value.casefold() if isinstance(value, str) and value else None


def _words(key: str | None) -> frozenset[str]:
    return frozenset((key or "").split())
