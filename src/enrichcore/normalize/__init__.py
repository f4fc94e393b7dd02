"""Cleaning of single values: domains, LinkedIn keys, e-mail addresses, names, numbers, dates, and the ways to say "nothing".

Pure functions from a raw value to a clean one or None; none of them raises on any input. Used by `ingest` (files) and
`fields` (answers), so that the same company has the same key wherever it came from. Imports the standard library,
publicsuffixlist, idna, email-validator and ftfy; nothing of ours.
"""

from enrichcore.normalize.casing import is_plain
from enrichcore.normalize.company_names import company_name, company_name_key
from enrichcore.normalize.countries import (
    countries_of_state,
    country_name,
    country_of_city,
    is_known_country,
    is_subdivision,
    subdivision_name,
)
from enrichcore.normalize.dates import partial_date
from enrichcore.normalize.domains import company_domain, is_free_mail, is_page_host, registrable_domain, website_url
from enrichcore.normalize.emails import beside_email, email_domain, is_shared_mailbox, usable_email
from enrichcore.normalize.folding import folded
from enrichcore.normalize.last_name_in_capitals import CapitalsInFront
from enrichcore.normalize.linkedin import Kind as LinkedInKind
from enrichcore.normalize.linkedin import linkedin_key, linkedin_url
from enrichcore.normalize.markup import tags_as_lines, without_marks, without_tags
from enrichcore.normalize.name_order import is_initial, is_undivided, joined_name
from enrichcore.normalize.names import (
    capitals_in_front,
    given_name_forms,
    last_name,
    person_name,
    person_name_key,
    split_full_name,
    split_if_told,
)
from enrichcore.normalize.names_as_one import name_prefix, names_as_one, without_middle_name
from enrichcore.normalize.names_together import (
    distinct_names,
    full_name,
    lone_last_name,
    rest_of_name,
    whole_name_in,
)
from enrichcore.normalize.nothing import clean_label, clean_paragraph, clean_text, is_nothing, tells_of_failure
from enrichcore.normalize.numbers import constant_range, is_amount, is_head_count, whole_number

__all__ = [
    "CapitalsInFront",
    "LinkedInKind",
    "beside_email",
    "capitals_in_front",
    "clean_label",
    "clean_paragraph",
    "clean_text",
    "company_domain",
    "company_name",
    "company_name_key",
    "constant_range",
    "countries_of_state",
    "country_name",
    "country_of_city",
    "distinct_names",
    "email_domain",
    "folded",
    "full_name",
    "given_name_forms",
    "is_amount",
    "is_free_mail",
    "is_head_count",
    "is_initial",
    "is_known_country",
    "is_nothing",
    "is_page_host",
    "is_plain",
    "is_shared_mailbox",
    "is_subdivision",
    "is_undivided",
    "joined_name",
    "last_name",
    "linkedin_key",
    "linkedin_url",
    "lone_last_name",
    "name_prefix",
    "names_as_one",
    "partial_date",
    "person_name",
    "person_name_key",
    "registrable_domain",
    "rest_of_name",
    "split_full_name",
    "split_if_told",
    "subdivision_name",
    "tags_as_lines",
    "tells_of_failure",
    "usable_email",
    "website_url",
    "whole_name_in",
    "whole_number",
    "without_marks",
    "without_middle_name",
    "without_tags",
]
