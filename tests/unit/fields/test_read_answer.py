"""What an answer is worth: data, empty or an error; its credits; the bytes that it comes in."""

import json
from decimal import Decimal

import pytest

from enrichcore.domain.answers import Rank
from enrichcore.domain.pipeline import Entity
from enrichcore.fields import parse_body, read_answer
from enrichcore.fields.payloads import tree

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


FAILURES = [
    {"message": "Unauthorized"}, {"message": "Invalid API key"}, {"detail": "Not authenticated"}, {"message": "Too Many Requests"},
    {"message": "You have run out of credits"}, {"code": "RATE_LIMITED"}, {"status": "ERROR_OUT_OF_CREDITS", "result": None},
    {"error": {"message": "You exceeded your current quota", "type": "insufficient_quota"}}, {"message": "Endpoint request timed out"},
    {"error": "API key not found"}, {"status": 500, "error": "Not found"}, {"status": 404}, {"statusCode": 404, "body": {"message": "Not found"}},
    {"error": "404 Not Found"}, {"status": 404, "message": "Cannot POST /v1/enrich"}, {"result": "Unauthorized"},
    {"result": "⚠️ Run condition not met"}, {"message": "Your request has been queued"}, {"status": "pending"}, {"error": 503},
    {"result": "<html><head><title>504 Gateway Time-out</title></head><body>nginx</body></html>"}, {"email": "", "status": "timeout"},
    {"message": "Enrichment failed"}, {"result": "Lookup failed"}, {"result": "Request failed with status code 500"}, {"success": False, "message": "Domain is required"},
]  # fmt: skip
DENIALS = [
    {"error": True, "message": "NO_RESULT"}, {"status": 404, "error": {"type": ["not_found"], "message": "No records were found matching your request"}},
    {"code": 404, "description": "Person profile does not exist", "name": "Not Found"}, {"status": "error", "message": "No email found"},
    {"status": "failed", "reason": "no results"}, {"statusCode": 422, "message": "no results"}, {"success": False, "error": "EMAIL_NOT_FOUND"},
    {"error": {"message": "Unknown person.", "type": "unknown_record"}}, {"status": 404, "errors": [{"id": "not_found", "code": 404, "details": "No such record was found"}]},
    {"status": "failed", "message": "Enrichment failed: no data found for this profile"}, {"message": "Lookup failed, nothing matched"},
    {"email": "", "confidence": 0}, {"status": "NO_MATCH", "likelihood": 0}, {"message": "No email found. No credits were charged."},
]  # fmt: skip


@pytest.mark.parametrize(
    "wrap", [lambda body: body, lambda body: {"HTTP API": body}, lambda body: {"x": {"statusCode": 200, "body": body}}]
)
@pytest.mark.parametrize(("answers", "rank"), [(FAILURES, Rank.ERROR), (DENIALS, Rank.EMPTY)])
def test_an_outage_is_an_error_and_nothing_found_is_none(answers, rank, wrap):
    """What is stored as "nothing found" is not asked for again; what is stored as an error is not served to others."""
    told = {json.dumps(answer): read({**IDS, **wrap(answer)}) for answer in answers}
    assert {body: reading.rank for body, reading in told.items()} == dict.fromkeys(told, rank)
    assert all(bool(reading.error) is (rank is Rank.ERROR) for reading in told.values())


@pytest.mark.parametrize("text", ["Unauthorized", "<html><title>502 Bad Gateway</title></html>", "<!DOCTYPE html><html><body>x</body></html>", "Error: Request failed with status code 500"])  # fmt: skip
def test_a_whole_answer_that_is_a_failures_text_is_an_error(text):
    """A table passes on what it was answered."""
    assert read(text).rank is Rank.ERROR


def test_what_failed_beside_content_is_no_error():
    """A column of one's own counts, and so does what it says of why."""
    assert read({**IDS, "icp_score": 7, "HTTP API": "Unauthorized"}).rank is Rank.DATA
    assert read({**IDS, "icp_score": 7, "reason": "They sell API keys and billing"}).rank is Rank.DATA
    assert read({**IDS, "note": "Subscription business with endpoint security"}).rank is Rank.DATA
    assert read({**IDS, "status": "success", "message": "Authorization valid"}).rank is Rank.EMPTY


def test_the_providers_own_words_are_kept_also_those_that_say_nothing():
    """Who reads why a step failed should read more than a number."""
    assert read({**IDS, "status": 404, "error": "Not Found"}).error == "Not Found: 404"
    assert read({**IDS, "result": "<html><title>502 Bad Gateway</title></html>"}).error == "502 Bad Gateway"


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
        ({"a": {"upfrontCreditUsage": {"totalCost": 2}}, "b": {"Up-front credit usage": {"Total cost": 0.2}}}, Decimal("2.2")),
        ('{"a": {"upfrontCreditUsage": {"totalCost": 2}}, "b": {"\\u0075pfrontCreditUsage": {"totalCost": 0.2}}}', Decimal("2.2")),
        ({"metadata": {"upfrontCreditUsage": {"totalCost": 0}}}, Decimal(0)),
        ({"metadata": {"upfrontCreditUsage": {"totalCost": -1}}}, None),
        ({"metadata": {"upfrontCreditUsage": {"totalCost": "many"}}}, None),
        ({"metadata": {"upfrontCreditUsage": None}}, None),
    ],
)  # fmt: skip
def test_credits_are_found_wherever_they_hide(answer, spent):
    """Costs of several columns add up; nonsense is no cost."""
    assert read(answer.encode() if isinstance(answer, str) else {**IDS, **answer}).credits == spent


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


@pytest.mark.parametrize("fault", ["", " \x01", "\n", "\ud800"])
def test_an_answer_that_is_json_but_for_a_fault_in_a_text_tells_what_it_tells_without(fault):
    """What the fast reader refuses the forgiving one reads, and both read numbers of any length alike."""
    text = '{"name": "Quillhaven", "employee_count": 120, "org_id": ' + "7" * 60 + ', "revenue": 1e400, "note": "x%s"}'
    told = read_answer((text % fault).encode("utf-8", "surrogatepass"), entity=Entity.COMPANY)
    assert (told.rank, told.fields) == (Rank.DATA, {"company_name": "Quillhaven", "company_employee_count": 120})


def test_whole_numbers_of_very_many_digits_take_no_time():
    """They are read with as many digits as a float has, and those beyond any float not at all."""
    told = tree(parse_body(b'{"a": ' + b"7" * 60 + b', "b": ' + b"7" * 400 + b', "c": ' + b"7" * 40 + b"}"))
    assert told == {"a": float("7" * 60), "b": None, "c": int("7" * 40)}
    assert isinstance(told["a"], float)
