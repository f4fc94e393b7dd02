"""Answers into fields: what a provider sent, in whatever shape, as the fields of `final_leads` and further facts.

Everything is pure and total: any JSON gives a result, an unusable part never discards the usable rest, and the work is
bounded in depth and size. Where a field is found is data (`sources.toml`, `shapes.toml`). Imports `domain` and
`normalize`; nothing else of ours.
"""

from enrichcore.fields.answers import read_answer
from enrichcore.fields.catalogue import (
    COMPANY_FIELDS,
    FIELDS,
    FIELDS_BY_NAME,
    INDICATORS,
    LEAD_FIELDS,
    PERSON_FIELDS,
    Field,
    FieldType,
)
from enrichcore.fields.customers import Customers, customers_among
from enrichcore.fields.emails import without_useless
from enrichcore.fields.ends_of_jobs import jobs_on
from enrichcore.fields.experience import AskedCompany
from enrichcore.fields.extract import extract_all, extract_company_fields, extract_person_fields, known
from enrichcore.fields.identity import IDENTITY, is_another
from enrichcore.fields.indicators import basis_of, change_after, compute_indicators, indicators_of, next_change
from enrichcore.fields.one_line_places import is_area
from enrichcore.fields.payloads import parse_body
from enrichcore.fields.places import person_line, place_in_line, told_place
from enrichcore.fields.rules import Rules, SomebodyElse, rules_of, rules_to_json, turned_away
from enrichcore.fields.sources import SHIPPED, OwnSources, Sources, default_sources, is_path
from enrichcore.fields.statuses import DOUBTFUL, INVALID
from enrichcore.fields.statuses import term as email_term
from enrichcore.fields.text_values import fails

__all__ = [
    "COMPANY_FIELDS",
    "DOUBTFUL",
    "FIELDS",
    "FIELDS_BY_NAME",
    "IDENTITY",
    "INDICATORS",
    "INVALID",
    "LEAD_FIELDS",
    "PERSON_FIELDS",
    "SHIPPED",
    "AskedCompany",
    "Customers",
    "Field",
    "FieldType",
    "OwnSources",
    "Rules",
    "SomebodyElse",
    "Sources",
    "basis_of",
    "change_after",
    "compute_indicators",
    "customers_among",
    "default_sources",
    "email_term",
    "extract_all",
    "extract_company_fields",
    "extract_person_fields",
    "fails",
    "indicators_of",
    "is_another",
    "is_area",
    "is_path",
    "jobs_on",
    "known",
    "next_change",
    "parse_body",
    "person_line",
    "place_in_line",
    "read_answer",
    "rules_of",
    "rules_to_json",
    "told_place",
    "turned_away",
    "without_useless",
]
