"""What other imports told of the people of an upload, where the upload itself is silent.

Only what says whom to ask about, and whether to: other facts of several years and jobs would be mixed, and decision 0045
says why that is worse than none.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from attrs import evolve

from enrichcore.application.reuse import SameEntities
from enrichcore.domain.ids import UploadId
from enrichcore.fields import email_term, without_useless
from enrichcore.normalize import is_free_mail, registrable_domain
from enrichcore.store.commit import Store, UploadedPerson, is_cut_short

_EMAIL: Final = "person_email"
_STATUS: Final = "person_email_status"
_FULL_NAME: Final = "person_full_name"
_NAMES: Final = (_FULL_NAME, "person_first_name", "person_last_name")
_OF_PERSON: Final = ("person_linkedin_url", "person_do_not_email", "person_do_not_call")
_DOMAIN: Final = "company_domain"
_OF_COMPANY: Final = ("company_name", _DOMAIN, "company_website", "company_linkedin_url")


def with_told_elsewhere(store: Store, upload_id: UploadId, people: Sequence[UploadedPerson]) -> list[UploadedPerson]:
    """The people of an upload with what a launch of it knows of them, in two round trips.

    Args:
        store: where imports are kept.
        upload_id: the upload.
        people: some of its people.
    """
    same = SameEntities(store)
    same.preload(person.person_id for person in people)
    told = store.told_besides(upload_id, {person.person_id: same.ids(person.person_id) for person in people})
    return [filled(person, told.get(person.person_id, ())) for person in people]


def filled(person: UploadedPerson, others: Collection[UploadedPerson]) -> UploadedPerson:
    """A person with what other imports told, the one that goes first at the front; without an address that is of no use."""
    facts = without_useless(person.facts)
    if not others:
        return person if facts == person.facts else evolve(person, facts=facts)
    undeliverable = _undeliverable(person.facts)
    for other in others:
        at_same = person.company_id is not None and other.company_id == person.company_id
        wanted = (*_OF_PERSON, *_OF_COMPANY) if at_same else _OF_PERSON
        facts |= {name: other.facts[name] for name in wanted if name not in facts and name in other.facts}
        if _is_better_named(facts, other.facts):
            facts = _replaced(facts, _NAMES, other.facts)
        undeliverable |= _undeliverable(other.facts)
        address = without_useless(other.facts).get(_EMAIL)
        if _EMAIL in facts or address is None or address.casefold() in undeliverable:
            continue
        elsewhere = not at_same and person.company_id is not None and other.company_id is not None
        if not elsewhere or _outlives_a_job(address, facts.get(_DOMAIN)):
            facts = _replaced(facts, (_EMAIL, _STATUS), other.facts)
    return evolve(person, facts=facts)


def _undeliverable(facts: Mapping[str, Any]) -> set[str]:
    address = facts.get(_EMAIL)
    return {address.casefold()} if address is not None and email_term(facts.get(_STATUS)) == "invalid" else set()


def _outlives_a_job(address: str, domain: str | None) -> bool:
    """Whether an address that was told of somebody at another company is theirs at this one, too."""
    host = address.rpartition("@")[2]
    return is_free_mail(host) or (domain is not None and registrable_domain(host) == registrable_domain(domain))


def _is_better_named(known: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    if known.keys().isdisjoint(_NAMES):
        return True
    return is_cut_short(known.get(_FULL_NAME)) and not is_cut_short(other.get(_FULL_NAME))


def _replaced(facts: Mapping[str, Any], names: Sequence[str], other: Mapping[str, Any]) -> dict[str, Any]:
    """The facts with all of those that belong together from another import."""
    rest = {name: value for name, value in facts.items() if name not in names}
    return rest | {name: other[name] for name in names if name in other}
