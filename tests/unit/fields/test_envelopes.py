"""Answers in the envelopes of HTTP and of language models, under a column of any name."""

import json

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
WRAPPERS = st.sampled_from(["data", "result", "body", "response", "output", "payload"])
ENVELOPES = st.lists(st.tuples(WRAPPERS, BESIDE), min_size=1, max_size=3)


@given(column=st.sampled_from(COLUMNS), envelopes=ENVELOPES)
def test_an_envelope_under_any_column_hides_nothing(column, envelopes):
    """Clay's own name for the column of a request is "HTTP API", and whole responses stand in it."""
    for inner, extract in ((PERSON, extract_person_fields), (COMPANY, extract_company_fields)):
        body = inner
        for wrapper, beside in envelopes:
            body = {**beside, wrapper: body}
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
    "wrap",
    [
        "{}\n\nSources: [1] https://pampanet.example",
        "<answer>\n{}\n</answer>",
        "<json>{}</json>",
        "Here: {} Hope this helps!",
    ],
)
@pytest.mark.parametrize("indent", [None, 1])
def test_words_behind_an_object_do_not_hide_it(wrap, indent):
    """Nor do those before it."""
    text = wrap.replace("{}", json.dumps(PERSON, indent=indent))
    assert known(extract_person_fields({"result": text})) == known(extract_person_fields(PERSON))
