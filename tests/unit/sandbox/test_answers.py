"""Made-up answers: repeatable, consistent with the row, and readable in every shape."""

import json
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichcore.domain.answers import Rank
from enrichcore.domain.pipeline import Entity
from enrichcore.fields import read_answer
from runners.sandbox import SandboxSettings, create_app
from runners.sandbox.answers import Answerer
from runners.sandbox.fate import Fate
from runners.sandbox.kinds import Kind, kind_of
from runners.sandbox.recorded import Recordings
from runners.sandbox.shapes import WRAPPERS

COMPANY, PERSON, EMAIL = (
    "enrich_company_via_clay_waterfall",
    "enrich_person_via_clay_waterfall",
    "find_email_via_waterfall",
)
COMPANIES = {"item_id": "i", "company_id": "c", "company_name": "Driftline Ltd", "company_domain": "driftline.example"}
PEOPLE = {**COMPANIES, "person_id": "p", "person_first_name": "Zoë", "person_last_name": "von der Aue",
          "person_linkedin_url": "https://www.linkedin.com/in/zoe-von-der-aue"}  # fmt: skip
PLACED = st.sampled_from(
    [{}, {"company_linkedin_url": "https://www.linkedin.com/company/driftline"}, {"company_city": "Leeds"}]
)


def answerer(seed=0, shape=None, recordings=None):
    """Makes answers as of a fixed day."""
    return Answerer(seed=seed, as_of=date(2026, 11, 1), shape=shape, recordings=recordings or Recordings())


def fated(*faults):
    """The fate with these faults."""
    return Fate(faults=frozenset(faults), choice=0.0, jitter=0.0)


def read(answer, workflow):
    """What enrichcore understands of an answer."""
    return read_answer(answer.body, entity=Entity.COMPANY if workflow == COMPANY else Entity.PERSON)


@given(seed=st.integers(), workflow=st.sampled_from([COMPANY, PERSON, EMAIL]), row=PLACED)
def test_the_same_row_gets_the_same_answer(seed, workflow, row):
    """An answer depends on seed and row alone, not on the ids; those it echoes."""
    first = answerer(seed, "result").answer({**PEOPLE, **row, "workflow": workflow}, "hook", fated())
    again = answerer(seed, "result").answer({**PEOPLE, **row, "workflow": workflow, "item_id": "j"}, "hook", fated())
    assert again.body == first.body.replace(b'"item_id": "i"', b'"item_id": "j"')


@given(shape=st.sampled_from([*WRAPPERS, None]), seed=st.integers())
def test_a_company_answer_is_about_the_company_that_was_sent(shape, seed):
    """Whatever its shape, an answer is read as data that keeps name and domain and adds facts."""
    reading = read(answerer(seed, shape).answer(COMPANIES, COMPANY, fated()), COMPANY)
    assert reading.rank is Rank.DATA
    assert reading.fields["company_name"] == "Driftline Ltd"
    assert reading.fields["company_domain"] == "driftline.example"
    assert {"company_industry", "company_size_bucket", "company_linkedin_url"} <= reading.fields.keys()


@given(shape=st.sampled_from([*WRAPPERS, None]), seed=st.integers())
def test_a_person_answer_is_about_the_person_that_was_sent(shape, seed):
    """Whatever its shape, an answer is read as data that keeps name and profile and adds the job."""
    reading = read(answerer(seed, shape).answer(PEOPLE, PERSON, fated()), PERSON)
    assert reading.rank is Rank.DATA
    assert reading.fields["person_first_name"] == "Zoë"
    assert reading.fields["person_last_name"] == "von der Aue"
    assert reading.fields["person_linkedin_url"] == PEOPLE["person_linkedin_url"]
    assert reading.fields["person_title"]


@given(seed=st.integers())
def test_an_email_answer_fits_person_and_company_or_says_that_there_is_none(seed):
    """An address is made of name and domain; otherwise the answer is read as empty."""
    reading = read(answerer(seed).answer(PEOPLE, EMAIL, fated()), EMAIL)
    assert (reading.rank, reading.fields.get("person_email")) in {
        (Rank.DATA, "zoe.vonderaue@driftline.example"),
        (Rank.EMPTY, None),
    }


@given(seed=st.integers(), workflow=st.sampled_from([COMPANY, PERSON, EMAIL]))
def test_an_answer_tells_what_it_cost_as_it_is_counted(seed, workflow):
    """The credits that the sandbox counts are those that enrichcore reads in the answer."""
    answer = answerer(seed).answer({**PEOPLE, "workflow": workflow}, "hook", fated())
    assert (read(answer, workflow).credits or 0) == Decimal(str(answer.credits_told))


@pytest.mark.parametrize(("fault", "rank"), [("empty", Rank.EMPTY), ("error_answer", Rank.ERROR)])
@given(seed=st.integers(), workflow=st.sampled_from([COMPANY, PERSON, EMAIL]))
def test_empty_and_error_answers_are_told_apart(fault, rank, seed, workflow):
    """An answer of nothing is read as empty, one of an error as an error."""
    answer = answerer(seed).answer({**PEOPLE, "workflow": workflow}, "hook", fated(fault))
    assert read(answer, workflow).rank is rank


def test_answers_come_in_all_shapes():
    """Over many rows every wrapper occurs, some people have moved, and start dates differ in precision."""
    shown, starts, employers = set(), set(), set()
    for number in range(400):
        row = {**PEOPLE, "person_linkedin_url": f"https://www.linkedin.com/in/someone-{number}"}
        shown |= set(json.loads(answerer().answer(row, PERSON, fated()).body))
        fields = read(answerer(shape="result").answer(row, PERSON, fated()), PERSON).fields
        starts.add(len(fields.get("person_current_job_start_date", "")))
        employers.add(json.loads(answerer(shape="result").answer(row, PERSON, fated()).body)["result"]["org"])
    assert {"result", "data", "Enrich person", "person_raw_enriched_payload", "Job Title", "work_email"} <= shown
    assert {4, 7, 10} <= starts
    assert len(employers) > 1


@pytest.mark.parametrize(
    ("workflow", "row", "kind"),
    [
        ("find_email_via_waterfall", {}, Kind.EMAIL),
        ("enrich_person_via_waterfall_in_clay", {}, Kind.PERSON),
        ("enrich_company_via_waterfall_in_clay", {"person_id": "p"}, Kind.COMPANY),
        ("score", {"person_id": "p"}, Kind.PERSON),
        ("score", {"company_id": "c"}, Kind.COMPANY),
    ],
)
def test_the_workflow_tells_what_is_wanted(workflow, row, kind):
    """The name of the workflow decides, else whether the row is about a person."""
    assert kind_of(workflow, row) is kind


def recordings(tmp_path, *lines):
    """The recordings of a file with these lines."""
    path = tmp_path / "answers.jsonl"
    path.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines) + "\n\n", encoding="utf-8")
    return Recordings.read(path)


def test_a_recorded_answer_goes_first(tmp_path):
    """A line that matches the row's company or person answers it, with the row's ids in its placeholders."""
    found = recordings(
        tmp_path,
        {
            "match": {"company_domain": "driftline.example"},
            "body": {"item_id": "{{item_id}}", "result": {"name": "A\u2028B"}},
        },
        {
            "match": {
                "person_linkedin_url": "http://linkedin.com/in/Zoe-von-der-Aue/",
                "company_domain": "driftline.example",
            },
            "body": {"item_id": "{{item_id}}", "person_id": "{{person_id}}", "data": '{"id": "{{item_id}}"}'},
            "truth": {"person_email": "zoe@elsewhere.example"},
        },
    )
    given = {**PEOPLE, "item_id": 'quo"ted'}
    company, person, email = (
        json.loads(answerer(shape="result", recordings=found).answer(given, workflow, fated()).body)
        for workflow in (COMPANY, PERSON, EMAIL)
    )
    assert company == {"item_id": 'quo"ted', "result": {"name": "A\u2028B"}}
    assert person["person_id"] == "p"
    assert "zoe@elsewhere.example" in json.dumps(email)
    other = {**COMPANIES, "company_domain": "other.example"}
    assert b"other.example" in answerer(recordings=found).answer(other, COMPANY, fated()).body


@pytest.mark.parametrize("line", ['{"match": {}}', '{"body": {}}', "[]", "{", '{"match": 1, "body": 2}'])
def test_a_wrong_recording_is_named_by_its_line(tmp_path, line):
    """A file that cannot be used is refused at the start."""
    path = tmp_path / "answers.jsonl"
    path.write_text(f"\n{line}\n")
    with pytest.raises(ValueError, match="line 2"):
        create_app(SandboxSettings(payloads=path))


def test_an_unknown_shape_is_refused():
    """A shape that does not exist is refused at the start."""
    with pytest.raises(ValueError, match="shape"):
        create_app(SandboxSettings(shape="round"))
