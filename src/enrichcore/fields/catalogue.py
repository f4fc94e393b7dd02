"""What is known about a person and a company: every field, with its type and how a raw value becomes a clean one.

The fields with `in_leads` are columns of `final_leads`, in their order there. The further ones are facts that decisions
and indicators need. Adding a field is one row here and one line in `sources.toml`.
"""

from enum import StrEnum

from attrs import evolve, frozen

from enrichcore.domain.pipeline import Entity


class FieldType(StrEnum):
    """The type of a field's value; every one can also be None, which means unknown."""

    TEXT = "text"
    #: A whole number of 0 or more.
    INTEGER = "integer"
    TEXT_LIST = "text list"
    BOOLEAN = "boolean"
    #: An ISO date as text with the precision that was given: day, month or year.
    PARTIAL_DATE = "partial date"
    #: A list of mappings of text.
    RECORDS = "records"


@frozen(kw_only=True)
class Field:
    """One field of a person or a company."""

    name: str
    entity: Entity
    type: FieldType = FieldType.TEXT
    #: Which cleaner of `enrichcore.fields.cleaners` makes a raw value clean.
    clean: str = "text"
    #: Which one does so with what a path of one's own tells, where `clean` doubts a key that many providers use otherwise.
    own_clean: str = ""
    #: Whether it is a column of `final_leads`.
    in_leads: bool = True


def _person(name: str, clean: str = "text", kind: FieldType = FieldType.TEXT, *, in_leads: bool = True) -> Field:
    return Field(name=name, entity=Entity.PERSON, type=kind, clean=clean, in_leads=in_leads)


def _company(name: str, clean: str = "text", kind: FieldType = FieldType.TEXT, *, in_leads: bool = True) -> Field:
    return Field(name=name, entity=Entity.COMPANY, type=kind, clean=clean, in_leads=in_leads)


FIELDS: tuple[Field, ...] = (
    _person("person_first_name", "person_name"),
    _person("person_last_name", "last_name"),
    _person("person_full_name", "full_name"),
    _person("person_email", "email"),
    _person("person_linkedin_url", "person_linkedin"),
    _person("person_title", "job_title"),
    _person("person_headline", "label"),
    _person("person_location", "location"),
    _person("person_summary", "paragraph"),
    _person("person_current_job_start_date", "date", FieldType.PARTIAL_DATE),
    _person("person_email_status", "status"),
    # Employers as mappings of `name`, `domain`, `linkedin_url`, `title`, `start_date`.
    _person("person_current_companies", "records", FieldType.RECORDS, in_leads=False),
    _person("person_past_companies", "records", FieldType.RECORDS, in_leads=False),
    # Whether the two lists are the whole history, so that an employer missing from them was none.
    _person("person_history_is_whole", "flag", FieldType.BOOLEAN, in_leads=False),
    # Whether several jobs may be the present one, so that the company asked about may tell which counts.
    _person("person_jobs_are_several", "flag", FieldType.BOOLEAN, in_leads=False),
    _company("company_name", "company_name"),
    _company("company_domain", "domain"),
    _company("company_linkedin_url", "company_linkedin"),
    _company("company_website", "website"),
    _company("company_logo_url", "link"),
    _company("company_description", "paragraph"),
    _company("company_industry", "fact"),
    _company("company_industries", "labels", FieldType.TEXT_LIST),
    _company("company_subindustries", "labels", FieldType.TEXT_LIST),
    _company("company_size_bucket", "size"),
    _company("company_employee_count", "count", FieldType.INTEGER),
    _company("company_city", "place"),
    _company("company_state", "place"),
    _company("company_country", "country"),
    _company("company_revenue_range", "amount"),
    _company("company_founded_year", "year", FieldType.INTEGER),
    evolve(_company("company_type", "company_type"), own_clean="own_company_type"),
    _company("company_business_stage", "fact"),
    _company("company_funding_range", "amount"),
    _company("company_technologies", "technologies", FieldType.TEXT_LIST),
    _company("company_last_raised_at", "latest_date", FieldType.PARTIAL_DATE, in_leads=False),
    _company("company_latest_funding", "fact", in_leads=False),
    # Whether a round is told without a date, which may be later than the last that has one.
    _company("company_has_undated_round", "flag", FieldType.BOOLEAN, in_leads=False),
)

#: Computed from fields, a customer list and the day: true, false, or None where it is unknown.
INDICATORS: tuple[str, ...] = ("is_new_in_role", "is_recently_funded", "is_worked_at_customer", "moved_company")

FIELDS_BY_NAME: dict[str, Field] = {field.name: field for field in FIELDS}
PERSON_FIELDS: tuple[str, ...] = tuple(field.name for field in FIELDS if field.entity is Entity.PERSON)
COMPANY_FIELDS: tuple[str, ...] = tuple(field.name for field in FIELDS if field.entity is Entity.COMPANY)
#: The person and company columns of `final_leads`.
LEAD_FIELDS: tuple[str, ...] = tuple(field.name for field in FIELDS if field.in_leads)
