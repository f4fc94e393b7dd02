"""Answers of many kinds, each with the fields it tells; any other field must stay empty.

What is expected was decided from how providers write, before the extractors were asked. `any` names values that are equally
right; null among them says that the field may as well be empty.
"""

import json
from collections import defaultdict
from pathlib import Path

import pytest

from enrichcore.domain.pipeline import Entity
from enrichcore.fields import (
    COMPANY_FIELDS,
    LEAD_FIELDS,
    PERSON_FIELDS,
    extract_company_fields,
    extract_person_fields,
    read_answer,
)

DATA = Path(__file__).parents[2] / "data"
FILES = sorted(path.name for path in DATA.glob("odd_answers*.jsonl"))
EXTRACT = {"person": extract_person_fields, "company": extract_company_fields}
#: Records of jobs are compared by their employers' names, where a case tells them.
RECORDS = {"current": "person_current_companies", "past": "person_past_companies"}
#: What is compared only where a case tells it.
OPTIONAL = {*RECORDS, "person_history_is_whole", "person_jobs_are_several"}
COMPARED = {
    "person": [name for name in PERSON_FIELDS if name not in {*RECORDS.values(), *OPTIONAL}],
    "company": list(COMPANY_FIELDS),
}


def cases():
    """The cases by file and subject: (line, case) each."""
    grouped = defaultdict(list)
    for name in FILES:
        for number, line in enumerate((DATA / name).read_text(encoding="utf-8").splitlines(), start=1):
            case = json.loads(line)
            grouped[f"{name}-{case['about']}"].append((number, case))
    return [pytest.param(found, id=name) for name, found in grouped.items()]


def differences(case):
    """What is told otherwise than expected: (field, expected, told)."""
    told = EXTRACT[case["entity"]](case["body"])
    for short, field in RECORDS.items():
        told[short] = [job.get("name") or job.get("domain") for job in told.get(field) or []] or None
    expected = case["expected"]
    for field in [*COMPARED[case["entity"]], *(expected.keys() & OPTIONAL)]:
        wanted = expected.get(field)
        accepted = wanted["any"] if isinstance(wanted, dict) else [wanted]
        if told[field] not in accepted:
            yield field, wanted, told[field]


@pytest.mark.parametrize("found", cases())
def test_every_field_is_as_the_answer_tells(found):
    """Neither wrong nor missing, and nothing beside."""
    assert [(line, *wrong) for line, case in found for wrong in differences(case)] == []


@pytest.mark.parametrize("found", cases())
def test_the_same_fields_come_out_of_the_bytes_of_a_callback(found):
    """An answer that is read from a body gives what the extractors give, but for addresses that nobody should write to."""
    for line, case in found:
        read = read_answer(json.dumps(case["body"]).encode(), entity=Entity(case["entity"])).fields
        told = EXTRACT[case["entity"]](case["body"])
        if told.get("person_email_status") == "invalid":
            read = {name: value for name, value in read.items() if name != "person_email"}
        assert read == {name: value for name, value in told.items() if value is not None}, line


@pytest.mark.parametrize("found", cases())
def test_what_was_told_is_told_again_by_an_echo_of_it(found):
    """A clean value under its field's own name stays as it is, so that an answer may echo what a lead shows."""
    for line, case in found:
        told = {name: value for name, value in EXTRACT[case["entity"]](case["body"]).items() if name in LEAD_FIELDS}
        if told.get("person_email_status") == "invalid":
            # Without its address a status says nothing.
            told["person_email_status"] = None
        echoed = EXTRACT[case["entity"]]({name: value for name, value in told.items() if value is not None})
        assert {name: echoed[name] for name in told} == told, line
