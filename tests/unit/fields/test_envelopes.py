"""Answers in the envelopes of HTTP and of language models, under a column of any name."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichcore.domain.answers import Rank
from enrichcore.domain.pipeline import Entity
from enrichcore.fields import extract_company_fields, extract_person_fields, known, read_answer

PERSON = {"first_name": "Odalys", "last_name": "Ferreyra", "title": "VP People"}
COMPANY = {"name": "Pampanet S.A.", "industry": "Maps", "employee_count": 5}
COLUMNS = [
    "HTTP API",
    "Custom API",
    "Call our API",
    "Webhook",
    "Apify",
    "GPT",
    "col_1",
    "x",
    "Response",
    "Enrich person",
]
BESIDE = st.dictionaries(
    st.sampled_from(["status", "statusCode", "ok", "took_ms", "request_id", "cost", "cached"]),
    st.sampled_from(["success", "OK", 200, 0.5, True, None, "a1b2"]),
    max_size=3,
)
WRAPPERS = st.sampled_from(
    [
        "data",
        "result",
        "body",
        "response",
        "output",
        "payload",
        "items",
        "hits",
        "matches",
        "rows",
        "record",
        "properties",
        "structured_output",
    ]
)
ENVELOPES = st.lists(st.tuples(WRAPPERS, BESIDE), min_size=1, max_size=3)


@given(column=st.sampled_from(COLUMNS), envelopes=ENVELOPES)
def test_an_envelope_under_any_column_hides_nothing(column, envelopes):
    """Clay's own name for the column of a request is "HTTP API", and whole responses stand in it."""
    for inner, extract in ((PERSON, extract_person_fields), (COMPANY, extract_company_fields)):
        body = inner
        for wrapper, beside in envelopes:
            body = {**beside, wrapper: [[body]] if wrapper in {"items", "hits", "rows"} else body}
        assert known(extract({"item_id": "3f0c", column: body})) == known(extract(inner))


MODELS = [
    lambda text: {"choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}], "usage": {"total_tokens": 3}},
    lambda text: {"role": "assistant", "content": [{"type": "text", "text": text}], "model": "m"},
    lambda text: {"id": "r", "output": [{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]}]},
    lambda text: {"candidates": [{"content": {"role": "model", "parts": [{"text": text}]}, "finishReason": "STOP"}]},
]  # fmt: skip


@pytest.mark.parametrize("wrap", MODELS)
@pytest.mark.parametrize("text", [json.dumps, lambda told: f"```json\n{json.dumps(told)}\n```", lambda told: json.dumps(f"```json\n{json.dumps(told)}\n```")])  # fmt: skip
def test_what_a_model_answers_is_read_out_of_its_message(wrap, text):
    """Fenced or not, and made a text once more."""
    assert known(extract_person_fields({"GPT": wrap(text(PERSON))})) == known(extract_person_fields(PERSON))
    assert known(extract_company_fields({"GPT": wrap(text(COMPANY))})) == known(extract_company_fields(COMPANY))


@pytest.mark.parametrize("wrap", MODELS)
def test_who_speaks_in_a_conversation_has_no_job(wrap):
    """The role of a message is that of a speaker."""
    reading = read_answer(json.dumps({"GPT": wrap("No data found")}).encode(), entity=Entity.PERSON)
    assert reading.fields == {}


@pytest.mark.parametrize("asked", ["input", "context", "expected_format", "examples"])
def test_what_was_asked_is_no_answer(asked):
    """A column that found nothing may tell what it was given, and in which form it was to answer."""
    body = {asked: {**PERSON, "email": "guess@pampanet.example"}, "output": None}
    reading = read_answer(json.dumps(body).encode(), entity=Entity.PERSON)
    assert (reading.rank, reading.fields) == (Rank.EMPTY, {})


@pytest.mark.parametrize("wrap", [lambda company: company, lambda company: {"organization": company}])
def test_an_account_beside_a_companys_name_is_none_of_its_objects(wrap):
    """It is the user's own, or an older record; under any other roof it may be the company."""
    told = known(
        extract_company_fields(wrap({**COMPANY, "account": {"name": "My workspace", "domain": "work.example"}}))
    )
    assert told == known(extract_company_fields(COMPANY))
    assert known(extract_company_fields({"id": 7, "account": COMPANY})) == told


@pytest.mark.parametrize(
    "account",
    [
        {"name": "My workspace", "plan": "pro", "email": "rep@agency.example"},
        {"name": "Pampanet (old)", "domain": "old.example"},
    ],
)
def test_an_account_in_another_column_comes_after_the_company(account):
    """Also where that column has a name of its own, and before it."""
    for body in (
        {"account": account, "Enrich": COMPANY},
        {"Enrich": COMPANY, "account": account},
        {"account": account, "organization": COMPANY},
    ):
        assert extract_company_fields(body)["company_name"] == "Pampanet S.A."
    mine = {"name": "My workspace", "credits": 5}
    assert (
        extract_company_fields({"domain": "pampanet.example", "industry": "Maps", "account": mine})["company_name"]
        is None
    )


BEFORE = st.sampled_from(
    [
        "",
        "Here is the result: ",
        "<answer>\n",
        "<json>",
        "I looked at {their} page [1].\n\n",
        "[1] ",
        "'",
        "```json\n",
        "Sure!\n```\n",
    ]
)
BEHIND = st.sampled_from(
    [
        "",
        "\n\nSources: [1] https://x.example",
        "\n</answer>",
        "</json>",
        "'",
        " Hope it helps!",
        "\n```",
        "\n```\nAnything else?",
        '\n{"full_name": "Somebody Else"}',
    ]
)


@given(before=BEFORE, behind=BEHIND, indent=st.sampled_from([None, 2]), as_list=st.booleans())
def test_json_is_read_with_words_around_it(before, behind, indent, as_list):
    """Language models introduce what they give, name their sources behind it, and put it in tags and fences."""
    for inner, extract in ((PERSON, extract_person_fields), (COMPANY, extract_company_fields)):
        text = before + json.dumps([inner] if as_list else inner, indent=indent) + behind
        assert known(extract({"Use AI": text})) == known(extract(inner))


NEARLY = [
    '{"first_name": "Odalys", "last_name": "Ferreyra", "title": "VP People",}',
    "{first_name: 'Odalys', last_name: \"Ferreyra\", title: 'VP People'}",
    "{\n  first_name: 'Odalys', // by the page\n  last_name: 'Ferreyra',\n  title: 'VP People',\n}",
    "{'first_name': 'Odalys', 'last_name': 'Ferreyra', 'title': 'VP People', 'email': None}",
    '```json\n{"first_name": "Odalys", "last_name": "Ferreyra", "title": "VP People", "email": undefined,\n}\n```',
    '{"first_name": "Odalys", "last_name": "Ferreyra", "title": "VP People",}\n\nSource: https://x.example/a, b}',
]


@pytest.mark.parametrize("text", NEARLY)
def test_what_is_nearly_json_is_read(text):
    """Commas at the end, keys without quotes, single quotes, comments."""
    assert known(extract_person_fields({"Use AI": text})) == known(extract_person_fields(PERSON))


@pytest.mark.parametrize("text", ["Maps [1] for farms {and} gardens", "[Maps] for farms", 'Maps {"for" farms', "[1] Maps for farms", '{"name": "Pampanet", "office": {"name": "Le'])  # fmt: skip
def test_brackets_in_prose_are_prose(text):
    """What is cut off hides what is inside it: that may be about somebody else."""
    told = known(extract_company_fields({**COMPANY, "description": text}))
    assert told == {**known(extract_company_fields(COMPANY)), "company_description": text}


@pytest.mark.parametrize(
    "beside",
    [
        {"education": [{"school": "Uni", "title": "BSc"}]},
        {"experience": [{"title": "VP People", "company": "Pampanet", "is_current": True}]},
    ],
)
@pytest.mark.parametrize("column", ["Use AI", "x"])
def test_a_list_of_somebodys_schools_or_jobs_hides_no_other_column(beside, column):
    """A row that has them beside its columns does not say whose they are."""
    for held in (PERSON, json.dumps(PERSON)):
        told = extract_person_fields({**beside, column: held})
        assert (told["person_full_name"], told["person_title"]) == ("Odalys Ferreyra", "VP People")


def test_a_side_of_somebodys_life_is_no_row_of_theirs():
    """Neither is the row of a table."""
    job = {"title": "VP People", "company": "Pampanet", "is_current": True, "start_date": "2020-09"}
    for key in ("volunteer", "volunteer_work", "board_positions", "memberships", "internships"):
        coach = [{"title": "Coach", "company": "Club", "start_date": "2026-10-01", "is_current": True}]
        assert extract_person_fields({"experience": [job], key: coach})["person_title"] == "VP People"
    assert known(extract_company_fields({"employee_count": 5, "Clay Row": {"id": "r", "name": "Row 7"}})) == {
        "company_employee_count": 5
    }


@pytest.mark.parametrize("role", ["user", "owner", "admin", "member", "assistant", "primary_contact", "ADMIN"])
def test_what_somebody_is_to_software_is_no_job(role):
    """A code under "role"; as a label, and beside an employer, it may be one."""
    assert known(extract_person_fields({"email": "o@pampanet.example", "role": role})) == {
        "person_email": "o@pampanet.example"
    }
    assert (
        extract_person_fields({"first_name": "Oda", "role": "owner", "company": "Pampanet"})["person_title"] == "owner"
    )
    assert extract_person_fields({"first_name": "Oda", "role": "Owner"})["person_title"] == "Owner"


@pytest.mark.parametrize("key", ["answer", "value", "response", "result"])
def test_each_value_may_come_with_its_evidence(key):
    """A column of a language model answers for each field: `{"job_title": {"answer": "CFO", "evidence": "..."}}`."""
    told = {"first_name": "Ada", "job_title": "CFO", "email": "ada@moor.example"}
    spread = {name: {key: value, "evidence": "their page", "confidence": "high"} for name, value in told.items()}
    assert known(extract_person_fields(spread)) == known(extract_person_fields(told))


def test_a_page_alone_is_whose_page_was_looked_for():
    """As an address alone is."""
    page = "https://www.linkedin.com/in/odalys-zz8"
    for body in ({"result": page}, {"answer": page, "confidence": "high"}, {"Find profile": {"result": page}}):
        assert known(extract_person_fields(body)) == {"person_linkedin_url": page}
        assert known(extract_company_fields(body)) == {}
    assert extract_company_fields({"result": "linkedin.com/company/pampanet"})["company_linkedin_url"] is not None


@pytest.mark.parametrize(
    "part", ['\\"', "a", "a:", "'", " '", "{ '", '{"', "//", "```", ", ", "\\", "[{", "<title>", "None "]
)
def test_reading_a_text_takes_no_longer_than_the_text_is_long(part):
    """Whatever it is that looks like JSON and is none."""
    for start in ('{"a": "', "{", "Here: {", "```", "<html>"):
        text = (start + part * 40_000)[:49_000]
        began = time.process_time()
        extract_person_fields({"x": text})
        assert time.process_time() - began < 2


def test_entries_of_a_list_count_where_they_are_somebody():
    """Other columns have lists of news, tools and pages."""
    for column in ("Technologies used", "x", "Latest headlines"):
        body = {
            "domain": "pampanet.example",
            "employee_count": 5,
            column: {"total": 1, "items": [{"name": "SAP", "kind": "ERP"}]},
        }
        assert extract_company_fields(body)["company_name"] is None
    assert extract_company_fields({"x": {"total": 1, "items": [COMPANY]}})["company_name"] == "Pampanet S.A."


@given(layers=st.lists(st.sampled_from(["text", "fence", "list", "column", "envelope"]), min_size=1, max_size=6))
def test_texts_fences_and_lists_in_each_other_hide_nothing(layers):
    """What a model gave is put into a text by one column, and into the body by the next."""
    body = {**PERSON, "summary": 'Says "hi"\nand [1] {goes}'}
    expected = known(extract_person_fields(body))
    for layer in layers:
        match layer:
            case "text":
                body = json.dumps(body)
            case "fence":
                body = f"```json\n{body if isinstance(body, str) else json.dumps(body)}\n```"
            case "list":
                body = [body]
            case "column":
                body = {"Use AI": body}
            case _:
                body = {"status": 200, "data": body}
    assert known(extract_person_fields({"item_id": "i", "Response": body})) == expected


def test_a_name_in_the_title_of_a_job_is_no_title():
    """The title of the person comes from the job where nothing else tells it."""
    job = {"title": "Ann Moor", "company": "Fell GmbH", "is_current": True}
    assert extract_person_fields({"full_name": "Ann Moor", "experience": [job]})["person_title"] is None
