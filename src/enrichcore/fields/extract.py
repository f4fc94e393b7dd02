"""The fields of a person or a company out of any payload."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from enrichcore import normalize
from enrichcore.domain.pipeline import Entity
from enrichcore.fields.catalogue import LEAD_FIELDS, PERSON_FIELDS
from enrichcore.fields.company import company_fields
from enrichcore.fields.emails import without_undeliverable
from enrichcore.fields.experience import NOT_TOLD, AskedCompany
from enrichcore.fields.indicators import NEW_IN_ROLE_MONTHS, RECENTLY_FUNDED_MONTHS, compute_indicators, day_of
from enrichcore.fields.payloads import Tree, tree
from enrichcore.fields.person import person_fields
from enrichcore.fields.sources import Sources


def extract_company_fields(payload: Any, *, sources: Sources | None = None) -> dict[str, Any]:
    """Every company field of the catalogue, None where the payload does not tell it.

    Args:
        payload: Any JSON value, parsed or as text, in any wrapper.
        sources: Paths of one's own for some fields, in place of the shipped ones.
    """
    return fields_in(tree(payload), Entity.COMPANY, sources=sources)


def extract_person_fields(
    payload: Any, *, sources: Sources | None = None, asked_company_domain: str | None = None
) -> dict[str, Any]:
    """Every person field of the catalogue, None where the payload does not tell it.

    Of an address that is known to be undeliverable only the status is told.

    Args:
        payload: Any JSON value, parsed or as text, in any wrapper.
        sources: Paths of one's own for some fields, in place of the shipped ones.
        asked_company_domain: Of several present jobs, the one at this company counts; without it, or when there is none
            there, the one that the provider calls the latest.
    """
    return _of_person(payload, sources, AskedCompany(domain=normalize.company_domain(asked_company_domain)))


def _of_person(payload: Any, sources: Sources | None, asked: AskedCompany) -> dict[str, Any]:
    told = fields_in(tree(payload), Entity.PERSON, sources=sources, asked=asked)
    return dict.fromkeys(PERSON_FIELDS) | without_undeliverable(told)


def extract_all(
    company_payload: Any,
    person_payload: Any,
    customer_domains: Collection[Any],
    *,
    as_of: date | None = None,
    new_in_role_months: int = NEW_IN_ROLE_MONTHS,
    recently_funded_months: int = RECENTLY_FUNDED_MONTHS,
    asked_company_domain: str | None = None,
    sources: Sources | None = None,
) -> dict[str, Any]:
    """The person and company columns of `final_leads` and the indicators, in one flat mapping.

    Args:
        company_payload: The company's answer.
        person_payload: The person's answer.
        customer_domains: As for `compute_indicators`, like the further arguments.
        as_of: The day on which the indicators hold; today by default.
        new_in_role_months: How long a role is new.
        recently_funded_months: How long funding is recent.
        asked_company_domain: The company asked about, where the company's answer does not tell its domain.
        sources: Paths of one's own for some fields.
    """
    company = extract_company_fields(company_payload, sources=sources)
    if (company["company_founded_year"] or 0) > day_of(as_of).year:
        # A company that is still to be founded is a typing error.
        company["company_founded_year"] = None
    asked = asked_company_domain or company["company_domain"]
    at = AskedCompany(domain=normalize.company_domain(asked), name=company["company_name"])
    person = _of_person(person_payload, sources, at)
    indicators = compute_indicators(
        person,
        company,
        person_payload,
        customer_domains,
        as_of=as_of,
        new_in_role_months=new_in_role_months,
        recently_funded_months=recently_funded_months,
        asked_company_domain=asked,
    )
    told = {**person, **company}
    return {**{name: told[name] for name in LEAD_FIELDS}, **indicators}


def fields_in(
    answer: Tree, entity: Entity, *, sources: Sources | None = None, asked: AskedCompany = NOT_TOLD
) -> dict[str, Any]:
    """Every field of the catalogue for that entity, out of a tree that is already made."""
    if entity is Entity.PERSON:
        return person_fields(answer, sources, asked)
    return company_fields(answer, sources)


def known(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that are known: those that are not None."""
    return {name: value for name, value in fields.items() if value is not None}
