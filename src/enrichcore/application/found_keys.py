"""Which of the values that answers told are keys: an address or a page of a person, a domain or a page of a company.

A wrong key makes two people one for good, so what is not sure is no key (decision 0032). All of it is told by the answers of
one item or company run and by what was known when it was asked.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from attrs import frozen

from enrichcore import normalize
from enrichcore.domain.keys import Key, KeyKind, sort_of_page
from enrichcore.domain.pipeline import Entity
from enrichcore.fields import basis_of, email_term, is_another
from enrichcore.normalize.folding import folded

Facts = Mapping[str, Any]

#: Letters of a name that a mailbox must have in one piece.
_PIECE: Final = 3
#: Words at either end of a name that a mailbox is compared with.
_WORDS: Final = 2
#: Words of a name that tell whose it is.
_SAYS_WHOLE: Final = 2
_BETWEEN: Final = re.compile(r"[\W_]+")


@frozen(kw_only=True)
class Told:
    """An answer in force, as today's rules read it."""

    #: Where it is recorded: the item or company run, and the version in its stream.
    run_id: UUID
    version: int
    workflow: str
    at: datetime
    fields: Facts


def may_be_keys(facts: Facts, asked: Facts, entity: Entity) -> tuple[Key, ...]:
    """The found keys that a step's facts would give, were they sure: what nobody had told before."""
    return tuple(
        Key(kind, value)
        for name, kind, clean in _FIELDS[entity]
        if (value := clean(facts.get(name))) is not None and value != clean(asked.get(name))
    )


def may_be_sure(key: Key, facts: Facts, asked: Facts) -> bool:
    """Whether a key of a person that a step's facts would give could be sure, as far as names tell; what spares reading answers."""
    name = _name(asked)
    if not name:
        return True
    if key.kind is KeyKind.PERSON_LINKEDIN_FOUND:
        return _is_whole(set(name), set(_name(facts)))
    return _is_named_so(key.value.partition("@")[0], name)


def of_person(asked: Facts, answers: Sequence[Told], domains: frozenset[str]) -> list[tuple[Key, Told]]:
    """The keys that a person's answers give, each with the answer that told it.

    Args:
        asked: what was known of person and company when the item was launched.
        answers: those in force, in the order of the pipeline.
        domains: registrable domains that rows and answers told of their company.
    """
    if any(is_another(asked, told.fields, Entity.PERSON) for told in answers):
        # Whoever was taken for somebody else once may have been asked about as somebody else from then on.
        return []
    profile = {name: value for told in answers for name, value in told.fields.items()}
    company = {name: value for name, value in asked.items() if name.startswith("company_")}
    if basis_of(profile, company, None).moved:
        return []
    domains |= {domain for domain in (_domain(asked),) if domain}
    keys: list[tuple[Key, Told]] = []
    for told in answers:
        keys += [
            (key, told)
            for key in may_be_keys(told.fields, asked, Entity.PERSON)
            if (
                _is_sure_page(asked, told.fields, domains)
                if key.kind is KeyKind.PERSON_LINKEDIN_FOUND
                else _is_sure_address(key.value, asked, answers, domains)
            )
        ]
    return list({key: (key, told) for key, told in reversed(keys)}.values())


def of_company(asked: Facts, told: Told) -> list[tuple[Key, Told]]:
    """The keys that a company's answer gives.

    What was asked about must be repeated: the page, or the domain; where neither was known, the name.
    """
    fields = told.fields
    if is_another(asked, fields, Entity.COMPANY):
        return []
    (page, domain), (told_page, told_domain) = ((_page(facts), _domain(facts)) for facts in (asked, fields))
    if page or domain:
        sure = (page is None or page == told_page) and (domain is None or domain == told_domain)
    else:
        sure = bool(_company_name(asked)) and _company_name(asked) == _company_name(fields)
    return [(key, told) for key in may_be_keys(fields, asked, Entity.COMPANY)] if sure else []


def names_of(facts: Facts) -> tuple[str, ...]:
    """What a person is called, folded: the whole name, or the half that is known; empty where nothing is."""
    first, last = (facts.get(f"person_{which}_name") for which in ("first", "last"))
    full = facts.get("person_full_name") or (f"{first} {last}" if first and last else first or last)
    name = normalize.person_name_key(full)
    return (name,) if name else ()


def forms_of_names(facts: Facts) -> tuple[str, ...]:
    """As `names_of`, and what a person of that first name is called, too."""
    return tuple(
        " ".join((form, *rest))
        for first, *rest in (name.split() for name in names_of(facts))
        for form in sorted({first, *normalize.given_name_forms(first)})
    )


# --- addresses ---------------------------------------------------------------------------------------------------


def _is_sure_address(address: str, asked: Facts, answers: Iterable[Told], domains: Iterable[str]) -> bool:
    """Whether an address is a person's own: at their company, made of their name, and no guess."""
    mailbox, _, host = address.partition("@")
    own_host = normalize.registrable_domain(host)
    if own_host is None or normalize.is_free_mail(host) or normalize.is_shared_mailbox(address):
        return False
    other = (_email(asked) or "").partition("@")[2]
    # Of two addresses at one mail domain, one may be of a namesake.
    return (
        other != host
        and _is_vouched_for(address, [asked, *(told.fields for told in answers)])
        and _is_at(own_host, asked, domains)
        and _is_named_so(mailbox, _name_of(asked, answers))
    )


def _is_vouched_for(address: str, told: Iterable[Facts]) -> bool:
    """Whether nobody calls it a guess or undeliverable, or somebody verified it."""
    terms = {email_term(facts.get("person_email_status")) for facts in told if _email(facts) == address} - {None}
    return "invalid" not in terms and (not terms or "verified" in terms)


def _is_at(host: str, asked: Facts, domains: Iterable[str]) -> bool:
    """Whether a mail domain is the company's; of one whose domain is not known, whether it is called so."""
    known = set(domains)
    if known:
        return host in known
    name = (_company_name(asked) or "").replace(" ", "")
    return len(name) >= _PIECE and host.partition(".")[0].replace("-", "") == name


def _is_named_so(mailbox: str, name: Sequence[str]) -> bool:
    """Whether a mailbox is made of a person's name: `ada`, `ada.brook`, `abrook`, `brook_a`, `adab`, `ada.m.brook2`."""
    parts = [part for part in _BETWEEN.split(folded(mailbox.partition("+")[0])) if part]
    if len(parts) > _SAYS_WHOLE:
        # The initial of a name that is not known.
        parts = [part for part in parts if len(part) > 1]
    bare = [part.rstrip("0123456789") for part in parts]
    return any(_is_enough(_pieces(made, name), name) for made in (parts, bare))


def _is_enough(pieces: Sequence[str], name: Sequence[str]) -> bool:
    return any(len(piece) >= _PIECE for piece in pieces) or (
        len(name) >= _SAYS_WHOLE and sorted(pieces) == sorted(name)
    )


def _pieces(parts: Sequence[str], name: Sequence[str]) -> tuple[str, ...]:
    """The beginnings of different words of a name of which a mailbox's parts are put together; empty where they are not."""
    dead_ends: set[tuple[str, int, tuple[str, ...]]] = set()

    def put_together(part: str, more: Sequence[str], words: tuple[str, ...]) -> tuple[str, ...] | None:
        if not part:
            return put_together(more[0], more[1:], words) if more else ()
        # Words that begin alike can be cut in very many ways.
        here = (part, len(more), words)
        for number, word in enumerate(words) if here not in dead_ends else ():
            for length in range(min(len(word), len(part)), 0, -1):
                if part.startswith(word[:length]):
                    rest = put_together(part[length:], more, words[:number] + words[number + 1 :])
                    if rest is not None:
                        return (word[:length], *rest)
        dead_ends.add(here)
        return None

    words = tuple(name) if len(name) <= 2 * _WORDS else (*name[:_WORDS], *name[-_WORDS:])
    return put_together("", parts, words) or ()


def _name_of(asked: Facts, answers: Iterable[Told]) -> tuple[str, ...]:
    """The words of the person's name: as known when it was asked, else as told beside the page that was asked with."""
    page = _person_page(asked)
    confirmed = (told.fields for told in answers if page and _person_page(told.fields) == page)
    return next((words for facts in (asked, *confirmed) if (words := _name(facts))), ())


# --- pages -------------------------------------------------------------------------------------------------------


def _is_sure_page(asked: Facts, told: Facts, domains: Iterable[str]) -> bool:
    """Whether a page is the person's: of the whole name, who works where the person is said to, or has their address.

    Of whoever was known by an address at work alone, the name is what the mailbox is made of.
    """
    if _person_page(asked) is not None:
        return False
    mine, theirs = set(_name(asked)), set(_name(told))
    whole = _is_whole(mine, theirs)
    if not mine:
        mailbox, _, host = (_email(asked) or "").partition("@")
        parts = [part for part in _BETWEEN.split(folded(mailbox)) if part]
        pieces = _pieces(parts, _name(told)) if normalize.registrable_domain(host) in set(domains) else ()
        whole = len(pieces) >= _SAYS_WHOLE and _is_enough(pieces, _name(told))
    return whole and ((_email(asked) is not None and _email(asked) == _email(told)) or _works_at(told, asked, domains))


def _is_whole(mine: set[str], theirs: set[str]) -> bool:
    return min(len(mine), len(theirs)) >= _SAYS_WHOLE and (mine <= theirs or theirs <= mine)


def _works_at(told: Facts, asked: Facts, domains: Iterable[str]) -> bool:
    name, known = _company_name(asked), set(domains)
    jobs = [job for job in told.get("person_current_companies") or () if isinstance(job, Mapping)]
    return any(
        normalize.company_domain(job.get("domain")) in known
        or (name is not None and normalize.company_name_key(job.get("name")) == name)
        for job in jobs
    )


# --- values ------------------------------------------------------------------------------------------------------


def _email(facts: Facts) -> str | None:
    return normalize.usable_email(facts.get("person_email"))


def _person_page(facts: Facts) -> str | None:
    return _slug(facts.get("person_linkedin_url"))


def _slug(value: Any) -> str | None:
    """What is in a person's page's address, unless it is an id, beside which the person has an address with their name."""
    key = normalize.linkedin_key(value, "in")
    return None if key is None or sort_of_page(key) else key


def _page(facts: Facts) -> str | None:
    return normalize.linkedin_key(facts.get("company_linkedin_url"), "company")


def _domain(facts: Facts) -> str | None:
    return normalize.company_domain(facts.get("company_domain"))


def _company_name(facts: Facts) -> str | None:
    return normalize.company_name_key(facts.get("company_name"))


def _name(facts: Facts) -> tuple[str, ...]:
    return tuple(word for name in names_of(facts) for word in name.split())


#: By entity: the fields that may be keys, what they are then called, and how their values are compared.
_FIELDS: Final = {
    Entity.PERSON: (
        ("person_linkedin_url", KeyKind.PERSON_LINKEDIN_FOUND, _slug),
        ("person_email", KeyKind.PERSON_EMAIL_FOUND, normalize.usable_email),
    ),
    Entity.COMPANY: (
        ("company_domain", KeyKind.COMPANY_DOMAIN_FOUND, normalize.company_domain),
        (
            "company_linkedin_url",
            KeyKind.COMPANY_LINKEDIN_FOUND,
            lambda value: normalize.linkedin_key(value, "company"),
        ),
    ),
}
