"""What providers of e-mail addresses answer at once, in shapes of their own."""

import json

import pytest

from enrichcore.domain.answers import Rank
from enrichcore.domain.pipeline import Entity
from enrichcore.fields import read_answer

EMAIL = "jane@driftline.example"


def read(body):
    """A response as it is read."""
    return read_answer(json.dumps(body).encode(), entity=Entity.PERSON)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"data": {"first_name": "Jane", "email": EMAIL, "score": 97, "verification": {"date": "2026-01-01", "status": "valid"}}}, "valid"),
        ({"email": EMAIL, "email_status": "catch_all"}, "catch_all"),
        ({"response": {"email": {"value": EMAIL, "status": "VALID"}}, "error": False}, "VALID"),
        ({"contact": {"name": "Jane Holloway", "email": EMAIL}}, None),
        ({"person": {"email": EMAIL, "email_status": "verified"}, "credits_consumed": 1}, "verified"),
        ({"email": EMAIL, "confidence": 0.4, "verification": {"result": "accept_all"}}, "accept_all"),
    ],
)  # fmt: skip
def test_an_address_and_what_is_said_of_it(body, status):
    """Wherever the two stand."""
    fields = read(body).fields
    assert (fields["person_email"], fields.get("person_email_status")) == (EMAIL, status)


@pytest.mark.parametrize(
    "body",
    [
        {"data": {"email": None, "score": None, "verification": {"date": None, "status": None}}},
        {"contact": None, "usage": {"credits": 0.5}},
        {"email": "", "credits_left": 12},
        {"data": {"email": None}, "meta": {"params": {"email": "someone@driftline.example"}}},
        {"email": None, "query": {"email": "someone@driftline.example", "first_name": "Jane"}},
        {"result": None, "request": {"domain": "driftline.example"}, "credits_charged": 0},
    ],
)
def test_nothing_found_is_empty(body):
    """What it costs, and what was asked, is no finding."""
    reading = read(body)
    assert (reading.rank, reading.fields) == (Rank.EMPTY, {})
