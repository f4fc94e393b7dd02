"""Every sample payload against its truth: what is extracted is true, and what the body holds is extracted."""

import json
from pathlib import Path

import pytest

from enrichcore.domain.answers import Rank
from enrichcore.domain.pipeline import Entity
from enrichcore.fields import (
    COMPANY_FIELDS,
    PERSON_FIELDS,
    extract_company_fields,
    extract_person_fields,
    known,
    read_answer,
)

DATA = Path(__file__).parents[2] / "data"
#: Names of the truth where they differ from ours.
ALIASES = {"company_last_raised_at": "last_raised_at", "company_latest_funding": "latest_funding"}
#: Fields that a variant lacks, beside those that no variant of its kind holds.
COMPANY_LACKS = {
    "flat_mapped_snake_case": {
        "company_industries", "company_subindustries", "company_revenue_range", "company_type", "company_business_stage",
        "company_funding_range",
    },
    "missing_keys": {
        "company_industries", "company_subindustries", "company_founded_year", "company_business_stage", "company_funding_range",
    },
    "display_name_keys": {"company_industries", "company_subindustries", "company_business_stage"},
    "nulls": {
        "company_industries", "company_subindustries", "company_founded_year", "company_business_stage", "company_funding_range",
    },
    "empty_strings": {
        "company_description", "company_industry", "company_industries", "company_subindustries", "company_revenue_range",
        "company_business_stage",
    },
}  # fmt: skip
PERSON_LACKS = {
    "email_not_found_text": {"person_email"},
    "display_name_keys": {"person_headline", "person_current_job_start_date"},
    "find_people_shape": {"person_headline"},
    "missing_keys": {"person_email", "person_headline"},
    "empty_strings": {"person_email", "person_headline", "person_location"},
    "literal_null_undefined_strings": {"person_email", "person_headline", "person_location"},
}
RANKS = {"result_null_no_data": Rank.EMPTY, "not_found_text": Rank.EMPTY, "error_payload": Rank.ERROR}


def samples(name):
    """The lines of a sample file, one parameter each."""
    lines = (DATA / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [
        pytest.param(json.loads(line), id=f"{number}-{json.loads(line)['variant']}")
        for number, line in enumerate(lines)
    ]


def is_true(value, truth):
    """Whether a value is the truth, or the truth less precisely told."""
    if isinstance(value, str) and isinstance(truth, str) and len(value) in {4, 7} and value[:4].isdigit():
        return truth.startswith(value)
    return value == truth


@pytest.mark.parametrize("sample", samples("clay_company_payloads"))
def test_company_fields_are_true_and_complete(sample):
    """No company field is ever wrong, and all that the body tells is found."""
    truth = {name: sample["truth"].get(ALIASES.get(name, name)) for name in COMPANY_FIELDS}
    fields = known(extract_company_fields(sample["body"]))
    for name in fields.keys() & (sample["truth"].keys() | ALIASES.keys()):
        assert is_true(fields[name], truth[name]), name
    untold = {name for name in truth if truth[name] is None or truth[name] == "Funding unknown"}
    lacks = untold | COMPANY_LACKS.get(sample["variant"], set()) | set(ALIASES)
    if "technologies" not in json.dumps(sample["body"]):
        lacks = lacks | {"company_technologies"}
    assert truth.keys() - lacks - fields.keys() == set()
    reading = read_answer(json.dumps(sample["body"]).encode(), entity=Entity.COMPANY)
    assert (reading.rank, reading.fields) == (Rank.DATA, fields)


@pytest.mark.parametrize("sample", samples("clay_person_payloads"))
def test_person_fields_are_true_and_complete(sample):
    """No person field is ever wrong, and all that the body tells is found."""
    fields = known(extract_person_fields(sample["body"]))
    rank = RANKS.get(sample["variant"], Rank.DATA)
    told = sample["truth"].keys() & set(PERSON_FIELDS)
    for name in fields.keys() & told:
        assert is_true(fields[name], sample["truth"][name]), name
    lacks = told if rank is not Rank.DATA else PERSON_LACKS.get(sample["variant"], set())
    assert told - lacks - fields.keys() == set()
    if rank is Rank.DATA and fields.get("person_history_is_whole"):
        past = [one["domain"] for one in fields.get("person_past_companies", [])]
        assert past == sample["truth"]["past_company_domains"]
    reading = read_answer(json.dumps(sample["body"]).encode(), entity=Entity.PERSON)
    assert (reading.rank, reading.fields) == (rank, fields)


@pytest.mark.parametrize("sample", samples("clay_person_payloads"))
def test_a_persons_answer_says_nothing_wrong_of_the_company(sample):
    """Asked for company fields, a person's payload gives none of the person's own name, page or title."""
    told = known(extract_company_fields(sample["body"]))
    assert told.items() <= {"company_domain": sample["truth"]["company_domain"]}.items()
