"""The page on fields, made from what the extractors run by; its examples are what they make of the values shown."""

import json
from collections.abc import Iterable
from datetime import date
from importlib.resources import files
from string import Template
from typing import Any

from enrichcore.domain.pipeline import Entity
from enrichcore.fields.catalogue import FIELDS, INDICATORS, Field
from enrichcore.fields.extract import extract_all, extract_company_fields, extract_person_fields
from enrichcore.fields.sources import default_sources, document

#: How a value is cleaned, by the cleaner that the catalogue names.
CLEANING = {
    "person_name": "A name without titles, credentials, pronouns and nicknames; names in capitals are recased.",
    "last_name": "As a first name; in capitals its particles are small: VON BRAUN is von Braun.",
    "full_name": 'As a name; "Last, First" is turned round. Made of first and last name where it is not told.',
    "email": "The first usable address, in lower case; placeholders, masked addresses and those that a sentence denies are none.",
    "status": "`verified`, `guessed`, `catch-all` or `invalid`, of the address that is shown; a word that is none of those below is nothing.",
    "person_linkedin": "`https://www.linkedin.com/in/<slug>`, with a member's id where no slug is told; a bare slug counts in the person's own object only.",
    "company_linkedin": "`https://www.linkedin.com/company/<slug>`; a bare slug counts in the company's own object only.",
    "label": "One line with a letter in it, without mark-up.",
    "fact": 'One line with a letter in it, without mark-up; a guess ("Likely retail") is none.',
    "job_title": "As a headline; a guess, a form of address and the title of a page are none.",
    "location": "One line, without the parts that say nothing; made of city, state and country where it is not told.",
    "place": 'The name of a place; areas, addresses and "Remote" are none.',
    "paragraph": "A text with its line breaks, without mark-up.",
    "date": "An ISO date with the precision given: day, month or year; of 03/04/2021 only the year.",
    "company_name": "The name as given, with its legal form.",
    "domain": "The registrable domain, in ASCII; free mail, social networks and page builders are none.",
    "website": "The company's own http(s) address.",
    "link": "An http(s) address.",
    "labels": "A list, each once; a text is split at semicolons and bars, and at commas where it is a plain list.",
    "technologies": "A list, each once; a text is split at commas, semicolons, bars and line breaks.",
    "size": "A range as given; a bare number is a count, and a range that a spreadsheet made a date is nothing.",
    "count": 'A whole number above 0: "1,204", "1204 employees"; ranges and rounded numbers are none.',
    "country": "The English name, from a code or from a name in many languages; a continent or a state is none.",
    "amount": "As given; it must tell a number other than 0.",
    "year": "A year, also out of a date.",
    "company_type": "As given, where it reads like a legal kind or an ownership; codes such as `PRIVATELY_HELD` as words. Of a path of your own, any text.",
}  # fmt: skip

_PERSON: dict[str, Any] = {
    "person_first_name": {"first_name": "JANE"},
    "person_last_name": {"last_name": "von der Traumaue, MBA"},
    "person_full_name": {"first_name": "Jane", "last_name": "O&#39;Fennimarsh PhD"},
    "person_email": {"Work Email": "mailto:Jane@Quillhaven.example"},
    "person_linkedin_url": {"url": "https://de.linkedin.com/in/Jane-Fennimarsh/?trk=x"},
    "person_title": {"experience": [{"title": "CTO", "company": "Quillhaven", "is_current": True}]},
    "person_headline": {"headline": "<b>CTO</b> at Quillhaven"},
    "person_location": {"location_name": "Boston, , United States"},
    "person_summary": {"summary": "<p>Robots.</p><p>And boats.</p>"},
    "person_current_job_start_date": {"latest_experience": {"title": "CTO", "start_date": "Mar 2021", "is_current": True}},
    "person_email_status": {"work_email": {"email": "jane@quillhaven.example", "status": "catch_all"}},
}  # fmt: skip
_COMPANY: dict[str, Any] = {
    "company_name": {"name": "Quillhaven Robotics, Inc."},
    "company_domain": {"website": "https://www.Quillhaven.example:443/about"},
    "company_linkedin_url": {"url": "linkedin.com/company/quillhaven/about"},
    "company_website": {"website": "www.quillhaven.example"},
    "company_logo_url": {"logo_url": "https://img.example/q.png"},
    "company_description": {"description": "Robots &amp; boats."},
    "company_industry": {"industry": "Automation Machinery Manufacturing"},
    "company_industries": {"derived_datapoints": {"industry": ["Robotics", "N/A"]}},
    "company_subindustries": {"derived_datapoints": {"subindustry": "Warehouse Robotics; Cranes"}},
    "company_size_bucket": {"size": "201-500 employees"},
    "company_employee_count": {"employee_count": "1,204"},
    "company_city": {"locality": "Minneapolis, MN", "country": "US"},
    "company_state": {"locations": [{"is_primary": True, "inferred_location": {"locality": "Leeds", "admin_district": "ENG"}}], "country": "GB"},
    "company_country": {"country": "Deutschland"},
    "company_revenue_range": {"annual_revenue": "10M-25M"},
    "company_founded_year": {"founded": "2002-05-01"},
    "company_type": {"type": "PRIVATELY_HELD"},
    "company_business_stage": {"derived_datapoints": {"business_stage": "Growth"}},
    "company_funding_range": {"total_funding_amount_range_usd": "$25M - $50M"},
    "company_technologies": {"technologies": '{"technologies": [{"name": "SAP"}, {"name": "AWS"}]}'},
}  # fmt: skip

#: Columns that are no fields: what they hold, and an example.
_KEYS: dict[str, tuple[str, str]] = {
    "lead_id": ("The lead; made of client and person, so that a rebuild gives the same.", "77f6e303-0867-5381-9227-6dbab14885fd"),
    "client_id": ("The client, as in the configuration.", "0b9c6a52-8c1e-4b8e-9a43-4f6e9d1a7c10"),
    "person_id": ("The person, over all files and workstreams. Of people who turn out to be one the oldest id stays.", "01928c3e-77aa-7d21-8e0f-2f6d1c9b4a55"),
    "company_id": ("Their company; of several that are told the one of the newest import. Empty where none is.", "01928c3e-77ab-7f02-b1c4-90ad3e5f7c20"),
    "workstreams": ("The workstreams in which they were launched, in the order of the alphabet.", '["apollo_scrape", "crm_data"]'),
    "batch_id": ("The batch in which they were launched last.", "01928c41-02de-7c33-a5b0-6d1e8f2c3b77"),
    "item_id": ("Their item in that batch; answers name it.", "01928c41-02df-7e14-9c6a-4b7d0e5f1a88"),
    "updated_at": ("When the newest event was recorded on which the row rests.", "2026-11-15 09:30:00+00"),
    "provenance": ("Of each field that is shown, by its name: the source (a workflow, `import` or `launch`), the position of the event in the log, and its time.", '{"person_title": ["enrich_person_via_clay_waterfall", 4711, "2026-11-15T09:30:00Z"]}'),
}  # fmt: skip
_DAY = date(2026, 11, 15)
_INDICATORS: dict[str, tuple[str, dict[str, Any], dict[str, Any], list[str]]] = {
    "is_new_in_role": (
        "The present role began no more than `new_in_role_months` (6) months ago. A month or year counts as all its days: where these do not agree it is unknown, and so it is of a year alone. A start that lies ahead is not new.",
        {"latest_experience": {"title": "CTO", "company": "Quillhaven", "start_date": "Sep 2026"}}, {}, [],
    ),
    "is_recently_funded": (
        "The last round was no more than `recently_funded_months` (12) months ago. Without a date it is unknown, never false.",
        {}, {"name": "Quillhaven", "funding": {"round": "Series B", "date": "2024-05-02"}}, [],
    ),
    "is_worked_at_customer": (
        "A past employer, which is not also the present one (a job whose end is still to come is one), is a customer: by registrable domain, then by exact normalised name; the name does not count where the customer and the employer are known to have different domains. False only when the whole history is known.",
        {"experience": [{"title": "CTO", "company": "Quillhaven", "is_current": True}, {"title": "Buyer", "company": "Mooncroft Ltd", "end_date": "2021"}]},
        {}, ["Mooncroft <mooncroft.example>"],
    ),
    "moved_company": (
        "No present job is at the company asked about; unknown where names cannot tell.",
        {"latest_experience": {"title": "CTO", "company": "Mooncroft", "company_domain": "mooncroft.example"}}, {"name": "Quillhaven", "domain": "quillhaven.example"}, [],
    ),
}  # fmt: skip


def reference_markdown() -> str:
    """The page `docs/fields.md`."""
    folder = files(__package__ or "")
    lines = folder.joinpath("email_statuses.txt").read_text("utf-8").splitlines()
    statuses = [line.partition(":") for line in lines if line and not line.startswith("#")]
    return Template(folder.joinpath("fields.md.template").read_text("utf-8")).substitute(
        keys="\n".join(f"| `{name}` | {what} | `{example}` |" for name, (what, example) in _KEYS.items()),
        indicators="\n".join(map(_indicator, INDICATORS)),
        persons=_table(Entity.PERSON),
        companies=_table(Entity.COMPANY),
        statuses="\n".join(f"| {meaning} | {words.strip()} |" for meaning, _, words in statuses),
        places="\n".join(
            f"| {_shown([row['at']]) or 'the company'} | {_shown(row['city'])} | {_shown(row['state'])} | {_shown(row['country'])} |"
            for row in document("sources")["company_places"]
        ),
        lines=_shown(document("sources")["place_words"]["line"]),
        raised=_shown(default_sources()["company_last_raised_at"]),
    )


def _table(entity: Entity) -> str:
    rows = [("Column", "Sources", "Cleaning", "Example"), ("---",) * 4]
    rows += [_row(field) for field in FIELDS if field.entity is entity and field.in_leads]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows)


def _indicator(name: str) -> str:
    meaning, person, company, customers = _INDICATORS[name]
    told = extract_all(company, person, customers, as_of=_DAY)[name]
    shown = ", ".join(f"`{_json(raw)}`" for raw in (person, company) if raw)
    known = f" with the customers `{_json(customers)}`" if customers else ""
    return f"| `{name}` | {meaning} | {shown}{known} → `{_json(told)}` |"


def _row(field: Field) -> tuple[str, str, str, str]:
    sources = ", ".join(f"`{path}`" for path in default_sources().get(field.name, ())) or "see below"
    slugs = default_sources().get(field.name.replace("_url", "_slug"), ()) if field.name.endswith("_url") else ()
    if slugs:
        sources += f"; bare slugs: {', '.join(f'`{path}`' for path in slugs)}"
    return f"`{field.name}`", sources, CLEANING[field.clean], _example(field)


def _example(field: Field) -> str:
    raw = (_PERSON if field.entity is Entity.PERSON else _COMPANY)[field.name]
    extract = extract_person_fields if field.entity is Entity.PERSON else extract_company_fields
    made = extract({"result": raw})[field.name]
    return f"`{_json(raw)}` → `{made if isinstance(made, str) else _json(made)}`".replace("\n", "⏎")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _shown(paths: Iterable[str]) -> str:
    return ", ".join(f"`{path}`" for path in paths if path)
