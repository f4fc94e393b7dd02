"""What an answer is worth: data, empty or an error; its credits; the bytes that it comes in."""

import json
from decimal import Decimal

import pytest

from enrichcore.domain.answers import Rank
from enrichcore.domain.pipeline import Entity
from enrichcore.fields import read_answer

IDS = {"item_id": "3f0c", "person_id": "77aa", "company_id": "12bc"}


def read(body, entity=Entity.PERSON):
    """The reading of bytes, or of a value as JSON."""
    return read_answer(body if isinstance(body, bytes) else json.dumps(body).encode(), entity=entity)


@pytest.mark.parametrize(
    "answer",
    [
        {}, {"work_email": ""}, {"work_email": "❌ No email found"}, {"result": None, "status": "SUCCESS_NO_DATA"},
        {"result": "No person found"}, {"result": {"name": None, "experience": []}}, {"data": "[]"}, {"success": False},
        {"status": "completed", "message": "Person not found"}, {"company_domain": "driftline.example"}, {"callback_url": "https://x.example/c"},
        {"error": None, "result": None}, {"error": "No email found"}, {"result": "We looked everywhere in vain."},
        {"metadata": {"upfrontCreditUsage": {"totalCost": 2}}}, {"found": False},
    ],
)  # fmt: skip
def test_an_answer_that_says_nothing_is_empty(answer):
    """Echoed ids, the state of the request and finished sentences are no data."""
    reading = read({**IDS, **answer})
    assert (reading.rank, reading.fields, reading.error) == (Rank.EMPTY, {}, "")


@pytest.mark.parametrize("body", [b"", b"null", b"{}", b"[]", b'"No person found"', b" \r\n", b"\xef\xbb\xbf{}"])
def test_a_body_of_nothing_is_empty(body):
    """An empty body is an answer that says nothing."""
    assert read(body).rank is Rank.EMPTY


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"error": "ERROR_INVALID_INPUT", "message": "person_identifier missing"}, "ERROR_INVALID_INPUT: person_identifier missing"),
        ({"status": "ERROR", "result": None}, "ERROR"),
        ({"status": "failed", "message": "Rate limited"}, "failed: Rate limited"),
        ({"statusCode": 500, "message": "Internal"}, "500: Internal"),
        ({"result": {"error": {"type": "quota", "message": "Out of credits"}}}, "quota: Out of credits"),
        ({"result": "❌ Error: provider timed out"}, "Error: provider timed out"),
        ({"success": False, "message": "Invalid domain"}, "Invalid domain"),
        ({"errors": ["a failed", "b failed"]}, "a failed; b failed"),
        ({"error": True}, "error"),
    ],
)  # fmt: skip
def test_words_of_a_failure_make_an_error(answer, words):
    """The provider's words are kept, and no field is taken."""
    reading = read({**IDS, **answer})
    assert (reading.rank, reading.error, reading.fields) == (Rank.ERROR, words, {})


def test_data_beside_an_error_is_data():
    """One failed column does not spoil what the others found."""
    assert read({**IDS, "error": "phone lookup failed", "work_email": "jane@driftline.example"}).rank is Rank.DATA


@pytest.mark.parametrize(
    "answer", [{"email": "jane@driftline.example"}, {"work_email": "Jane@Driftline.example"}, {"result": {"email": "jane@driftline.example"}}, {"result": "", "Email (waterfall)": "jane@driftline.example"},
     {"Verified Email Waterfall": "jane@driftline.example"}, {"result": "jane@driftline.example"}, {"data": "jane@driftline.example"},
     {"result": ["jane@driftline.example"]}, {"find_email": {"result": "jane@driftline.example"}},
     {"Find Work Email": {"data": {"result": "jane@driftline.example"}}}, {"data": {"result": {"value": "jane@driftline.example"}}}]
)  # fmt: skip
def test_an_email_steps_answer_gives_the_email(answer):
    """An address under any name is data."""
    assert read({"item_id": "3f0c", **answer}).fields == {"person_email": "jane@driftline.example"}


def test_an_emails_status_comes_with_it():
    """Beside the address or inside its object."""
    assert (
        read({"email": "jane@driftline.example", "email_status": "verified"}).fields["person_email_status"]
        == "verified"
    )
    assert (
        read({"work_email": {"email": "jane@driftline.example", "status": "valid"}}).fields["person_email_status"]
        == "verified"
    )


def test_an_answer_speaks_of_its_steps_entity_only():
    """A person's answer never says anything of the company asked about, and the other way round."""
    person = {
        "first_name": "Jane",
        "company_name": "Kestrel",
        "company_domain": "kestrel.example",
        "company": {"name": "Kestrel", "employee_count": 5},
    }
    assert all(name.startswith("person_") for name in read({**IDS, **person}).fields)
    company = {"name": "Driftline", "employee_count": 7, "person_email": "jane@driftline.example"}
    assert all(name.startswith("company_") for name in read({**IDS, **company}, Entity.COMPANY).fields)


def test_ids_of_the_provider_are_no_fields():
    """Clay's own `company_id` and `person_id` are nobody's but Clay's."""
    assert "ours" not in str(
        read({**IDS, "result": {"company_id": "ours", "person_id": "ours", "first_name": "Jane"}}).fields
    )


def test_data_that_the_catalogue_does_not_know_is_still_data():
    """A custom step may bring what only its user knows."""
    reading = read({**IDS, "icp_score": 7})
    assert (reading.rank, reading.fields) == (Rank.DATA, {})


@pytest.mark.parametrize(
    ("answer", "spent"),
    [
        ({"metadata": {"upfrontCreditUsage": {"totalCost": 1.5}}}, Decimal("1.5")),
        ({"result": {"metadata": {"upfrontCreditUsage": {"totalCost": "0.1"}}}}, Decimal("0.1")),
        ({"data": json.dumps({"metadata": {"upfrontCreditUsage": {"totalCost": 2}}})}, Decimal(2)),
        ({"a": {"metadata": {"upfrontCreditUsage": {"totalCost": 2}}}, "b": {"metadata": {"upfront_credit_usage": {"total_cost": 0.2}}}}, Decimal("2.2")),
        ({"metadata": {"upfrontCreditUsage": {"totalCost": 0}}}, Decimal(0)),
        ({"metadata": {"upfrontCreditUsage": {"totalCost": -1}}}, None),
        ({"metadata": {"upfrontCreditUsage": {"totalCost": "many"}}}, None),
        ({"metadata": {"upfrontCreditUsage": None}}, None),
    ],
)  # fmt: skip
def test_credits_are_found_wherever_they_hide(answer, spent):
    """Costs of several columns add up; nonsense is no cost."""
    assert read({**IDS, **answer}).credits == spent


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ('{"first_name": "Zoë"}'.encode(), "Zoë"),
        ('{"first_name": "Zoë"}'.encode("utf-8-sig"), "Zoë"),
        ('{"first_name": "Zoë"}'.encode("utf-16"), "Zoë"),
        ('{"first_name": "Zoë"}'.encode("cp1252"), "Zoë"),
        ('{"first_name": "Zoë", "headline": "'.encode() + b'\xff"}', "Zoë"),
        (b'{"first_name": "Zo\\u00eb\\u0000"}', "Zoë"),
        (b'{"first_name": "Zo\\u00eb\\ud800"}', "Zoë"),
        (b'{"first_name": "Zo\\u00eb\r\n", "connections": NaN}', "Zoë"),
        (b'{"first_name": "Zo\\u00eb", "n": ' + b"9" * 5000 + b"}", "Zoë"),
    ],
)
def test_faults_of_the_bytes_do_not_spoil_the_answer(body, name):
    """Encodings, NUL, lone surrogates, line breaks in strings, NaN and huge numbers are survived."""
    reading = read(body)
    assert reading.fields["person_first_name"] == name


@pytest.mark.parametrize("body", [b"<html>502</html>", b"{", b"\xff\xfe\x00", b"[" * 200_000])
def test_a_body_that_is_not_json_is_an_error(body):
    """It is kept as an error, with a reason, and nothing raises."""
    reading = read(body)
    assert reading.rank is Rank.ERROR
    assert reading.error.startswith("The body is not JSON")
