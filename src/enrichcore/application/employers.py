"""Employers under a shorter or longer form of their name.

A list of connections says "Acorn Robotics" of somebody whom another file puts at "Acorn Robotics International" with a domain.
By its name alone that would be a company of its own, without a domain, that takes the person's known one away and is paid for
once more. So where a strong key says who the person is, a name that begins like that of a company where they were said to be,
or of which that one is the beginning, means that company. The name does not become its key: of other people it says nothing.
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
            _is_form(key.value, name.value)
            for key in company.keys
            for name in names
            if key.kind is KeyKind.COMPANY_NAME
        )
    }
    return next(iter(alike.values())) if len(alike) == 1 else None


def _has_only_names(company: Known[Any]) -> bool:
    return all(key.kind in WEAK for key in company.keys)


def _is_form(one: str, other: str) -> bool:
    shorter, longer = sorted((one.split(), other.split()), key=len)
    return longer[: len(shorter)] == shorter
