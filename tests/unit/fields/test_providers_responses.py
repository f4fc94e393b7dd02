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
        ({"data": {"first_name": "Jane", "email": EMAIL, "score": 97, "verification": {"date": "2026-01-01", "status": "valid"}}}, "verified"),
        ({"email": EMAIL, "email_status": "catch_all"}, "catch-all"),
        ({"response": {"email": {"value": EMAIL, "status": "VALID"}}, "error": False}, "verified"),
        ({"contact": {"name": "Jane Holloway", "email": EMAIL}}, None),
        ({"person": {"email": EMAIL, "email_status": "verified"}, "credits_consumed": 1}, "verified"),
        ({"email": EMAIL, "confidence": 0.4, "verification": {"result": "accept_all"}}, "catch-all"),
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


@pytest.mark.parametrize(
    ("beside", "status"),
    [
        *(({"status": word}, term) for word, term in (
            ("invalid", "invalid"), ("bounced", "invalid"), ("risky", "guessed"), ("catch_all", "catch-all"), ("valid", "verified")
        )),
        ({"result": "undeliverable"}, "invalid"), ({"result": "deliverable"}, "verified"),
        ({"deliverability": "UNDELIVERABLE"}, "invalid"), ({"qualification": "invalid"}, "invalid"),
        ({"valid": "false"}, "invalid"), ({"is_catchall": True}, "catch-all"), ({"catch_all": True}, "catch-all"),
        ({"is_domain_catch_all": True, "email_status": "valid"}, "catch-all"), ({"email_domain_catchall": True, "email_status": "verified"}, "catch-all"), ({"catch_all": False, "status": "valid"}, "verified"),
        ({"Validate Email": {"status": "invalid"}}, "invalid"), ({"email_status": "valid", "status": "invalid"}, "verified"),
        # These tell of the request, the place or the record.
        ({"status": "completed"}, None), ({"status": "ok"}, None), ({"status": "not_found"}, None), ({"state": "OK"}, None),
        ({"catch_all": False}, None), ({"Validate Email": {"status": "invalid", "email": "other@driftline.example"}}, None),
    ],
)  # fmt: skip
@pytest.mark.parametrize("wrapper", [None, "result", "data"])
def test_a_bare_word_beside_an_address_tells_of_it(beside, status, wrapper):
    """In whichever object holds the address, when the word is one that is said of addresses."""
    row = {"email": EMAIL, **beside}
    fields = read(row if wrapper is None else {wrapper: row}).fields
    assert (fields["person_email"], fields.get("person_email_status")) == (EMAIL, status)


def test_the_state_of_the_request_is_not_that_of_the_address():
    """A status in an object around the one that holds the address is another's."""
    assert "person_email_status" not in read({"result": {"email": EMAIL}, "status": "invalid"}).fields


def test_an_address_that_bounces_is_passed_over_for_another():
    """The word beside the first address is its own."""
    body = {
        "result": {"email": EMAIL, "status": "invalid"},
        "data": {"email": "j@driftline.example", "status": "valid"},
    }
    fields = read(body).fields
    assert (fields["person_email"], fields["person_email_status"]) == ("j@driftline.example", "verified")


@pytest.mark.parametrize(
    "body",
    [
        {"email": [{"email": "contact@driftline.example", "qualification": "generic@pro"}, {"email": EMAIL, "qualification": "catch_all@pro"}]},
        {"emails": ["info@driftline.example", EMAIL]},
        {"work_email": "sales-emea@driftline.example", "email": EMAIL, "email_status": "guessed"},
        {"work_email": "sales@driftline.example", "person_email": EMAIL},
        {"work_email": f"office@driftline.example; {EMAIL}"},
    ],
)  # fmt: skip
def test_a_mailbox_of_a_role_is_taken_only_without_the_persons_own(body):
    """Many people share it, so that it identifies nobody; alone it is better than nothing."""
    assert read(body).fields["person_email"] == EMAIL
    assert read({"emails": ["info@driftline.example"]}).fields["person_email"] == "info@driftline.example"


@pytest.mark.parametrize(
    ("beside", "status"),
    [
        ({"is_valid": 0}, "invalid"), ({"is_valid": "0"}, "invalid"), ({"valid": 1}, "verified"), ({"is_catch_all": 1}, "catch-all"), ({"safe_to_send": "false"}, "guessed"), ({"safe_to_send": True}, "verified"),
        ({"bounced": True}, "invalid"), ({"bounced": False}, None), ({"is_disposable": True}, "invalid"), ({"do_not_email": True}, "invalid"), ({"valid": True, "bounced": True}, "invalid"),
        ({"email_check": {"status": "INVALID"}}, "invalid"),
    ],
)  # fmt: skip
def test_a_flag_may_be_a_number(beside, status):
    """And of several the most careful one counts."""
    assert read({"email": EMAIL, **beside}).fields.get("person_email_status") == status


OTHERS = [
    "ceo_email", "founder_email", "boss_email", "executive_email", "head_of_sales_email", "hr_email", "press_email", "sales_email", "careers_email", "registrant_email", "from_email", "cc_email",
    "author_email", "spouse_email", "reported_by_email", "client_email", "customer_email", "related_emails", "historical_emails", "blacklisted_emails", "bad_email", "Do not email", "last_email",
]  # fmt: skip


@pytest.mark.parametrize("column", OTHERS)
def test_the_address_of_another_is_not_the_persons(column):
    """Nor is one that nobody should write to."""
    assert read({"first_name": "Jane", column: EMAIL}).fields.get("person_email") is None


@pytest.mark.parametrize("column", ["Email from Prospeo", "Find work email", "Email 1", "Final Email"])
def test_the_users_name_for_the_column_does_not_matter(column):
    """As long as it speaks of the person's."""
    assert read({"first_name": "Jane", column: EMAIL}).fields["person_email"] == EMAIL
