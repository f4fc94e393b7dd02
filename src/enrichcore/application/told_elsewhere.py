"""What other imports and earlier answers told of the people of an upload, where the upload itself is silent.

Only what says whom to ask about, and whether to: other facts of several years and jobs would be mixed, and decision 0045
says why that is worse than none. Of answers it is only what a condition of the pipeline asks for.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

from attrs import evolve, frozen

from enrichcore.application.reuse import EarlierAnswers, SameEntities
from enrichcore.domain.ids import CompanyId, PersonId, UploadId
from enrichcore.domain.one_row import asks_the_same
from enrichcore.domain.pipeline import Entity, Step
from enrichcore.fields import email_term, is_another, without_useless
from enrichcore.normalize import is_free_mail, registrable_domain
from enrichcore.store.commit import Store, UploadedPerson, is_cut_short

_EMAIL: Final = "person_email"
_STATUS: Final = "person_email_status"
_PAGE: Final = "person_linkedin_url"
_FULL_NAME: Final = "person_full_name"
_NAMES: Final = (_FULL_NAME, "person_first_name", "person_last_name")
_OF_PERSON: Final = (_PAGE, "person_do_not_email", "person_do_not_call")
_DOMAIN: Final = "company_domain"
_OF_COMPANY: Final = ("company_name", _DOMAIN, "company_website", "company_linkedin_url")
#: What of an answer may be known at launch, with what belongs to it.
_OF_ANSWER: Final[Mapping[str, tuple[str, ...]]] = {_EMAIL: (_EMAIL, _STATUS), _PAGE: (_PAGE,)}


@frozen(kw_only=True)
class Launch:
    """What a launch knows people for."""

    upload_id: UploadId
    #: Those of its pipeline.
    steps: Sequence[Step]
    now: datetime
    #: How old an answer may be that is believed.
    trusted_for: timedelta


def with_told_elsewhere(store: Store, launch: Launch, people: Sequence[UploadedPerson]) -> list[UploadedPerson]:
    """Some people of an upload with what a launch of it knows of them, in some few round trips."""
    same = SameEntities(store)
    same.preload(person.person_id for person in people)
    told = store.told_besides(launch.upload_id, {person.person_id: same.ids(person.person_id) for person in people})
    known = {person.person_id: filled(person, told.get(person.person_id, ())) for person in people}
    asked_for = {step.when.field for step in launch.steps if step.when is not None} & _OF_ANSWER.keys()
    lacking = [person for person in people if not asked_for <= known[person.person_id].facts.keys()]
    answers = _told_by_answers(store, same, launch, [person.person_id for person in lacking]) if lacking else {}
    for person in lacking:
        if person.person_id in answers:
            others = (*told.get(person.person_id, ()), *answers[person.person_id])
            known[person.person_id] = filled(person, others)
    return list(known.values())


def _told_by_answers(
    store: Store, same: SameEntities, launch: Launch, people: Sequence[PersonId]
) -> dict[PersonId, list[UploadedPerson]]:
    """What answers told of people, the newest first, as if each were an import.

    An answer to a step that has the condition itself is left out: it serves through `reuse_within`, which says when to pay again.
    """
    earlier = EarlierAnswers(same, store, cache(lambda batch_id: store.batches([batch_id])[0]), launch.now)
    earlier.preload(people)
    given = {person: earlier.given(person, since=launch.now - launch.trusted_for) for person in people}
    same.preload(one.item.company_id for found in given.values() for one in found if one.item.company_id is not None)

    def told(person: PersonId) -> Iterator[UploadedPerson]:
        for one in given[person]:
            facts = {name: one.facts[name] for name in _wanted(one.step, launch.steps) if name in one.facts}
            if facts and not is_another(one.item.imported, one.facts, Entity.PERSON):
                company = one.item.company_id and CompanyId(same.ids(one.item.company_id)[0])
                yield UploadedPerson(person_id=person, company_id=company, facts=facts)

    return {person: found for person in people if (found := list(told(person)))}


def _wanted(given: Step, steps: Iterable[Step]) -> Iterator[str]:
    for name, together in _OF_ANSWER.items():
        asking = [step for step in steps if step.when is not None and step.when.field == name]
        if asking and not any(asks_the_same(step, given) for step in asking):
            yield from together


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
