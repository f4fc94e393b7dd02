"""Employers under a shorter or longer form of their name.

A list of connections says "Acorn Robotics" of somebody whom another file puts at "Acorn Robotics International" with a domain.
By its name alone that would be a company of its own, without a domain, that takes the person's known one away and is paid for
once more. So where a strong key says who the person is, a name that begins like that of a company where they were said to be,
or of which that one is the beginning, means that company. The name does not become its key: of other people it says nothing.

Several words in common are hardly another company's, but "Delta" is no form of "Delta Dental", nor "Siemens Energy" of "Siemens".
So a single word means a company of a longer name only where the company's own domain or page is called so.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from enrichcore.domain.directory import Known
from enrichcore.domain.keys import NAME_AT, WEAK, Key, KeyKind


def is_by_name_only(keys: Sequence[Key], owners: Mapping[Key, Known[Any]]) -> bool:
    """Whether a row tells of a company by a name alone, which none has that is known by more than names."""
    return bool(keys) and all(
        key.kind is KeyKind.COMPANY_NAME and (key not in owners or _has_only_names(owners[key])) for key in keys
    )


def said_to_be_at(keys: Sequence[Key], owners: Mapping[Key, Known[Any]]) -> set[UUID]:
    """The companies at which whoever the strong keys of a person mean was said to be, by the ids they had then."""
    people = (owners[key] for key in keys if key.kind not in WEAK and key in owners)
    at = {key.value for person in people for key in person.keys if key.kind is KeyKind.PERSON_AT_COMPANY}
    return {UUID(value.partition(NAME_AT)[2]) for value in at}


def employer_called(names: Sequence[Key], companies: Iterable[Known[Any]]) -> Known[Any] | None:
    """The one company, known by more than names, that has a longer or shorter form of the name; None where several do."""
    alike = {
        company.entity_id: company
        for company in companies
        if not _has_only_names(company)
        and any(
            _is_form(name.value, key.value, company)
            for key in company.keys
            for name in names
            if key.kind is KeyKind.COMPANY_NAME
        )
    }
    return next(iter(alike.values())) if len(alike) == 1 else None


def _has_only_names(company: Known[Any]) -> bool:
    return all(key.kind in WEAK for key in company.keys)


def _is_form(name: str, known: str, company: Known[Any]) -> bool:
    """Whether a name that a row tells is a form of one by which a company is known."""
    shorter, longer = sorted((name.split(), known.split()), key=len)
    if longer[: len(shorter)] != shorter:
        return False
    return len(shorter) > 1 or longer == shorter or (name in shorter and name in _called_on_the_web(company))


def _called_on_the_web(company: Known[Any]) -> set[str]:
    """What a company's domain and page are called."""
    kinds = {KeyKind.COMPANY_DOMAIN, KeyKind.COMPANY_LINKEDIN}
    return {key.value.partition(".")[0] for key in company.keys if key.kind in kinds}
