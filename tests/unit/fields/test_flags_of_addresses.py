"""What flags beside an address say of it, in whatever notation, and the columns that hold somebody else's."""

import pytest

from enrichcore.fields import extract_person_fields

EMAIL = "oda@fin.example"
NOBODY_SHOULD_WRITE = [
    "bounced", "hard_bounce", "spamtrap", "is_disposable", "mailbox_full", "do_not_email", "doNotContact", "opted_out", "Email Opt Out", "hs_email_optout",
    "has_opted_out_of_email", "unsubscribed",
]  # fmt: skip


def told(**beside):
    """The address that is shown and its status, of an answer that tells one with that beside it."""
    fields = extract_person_fields({"first_name": "Oda", "email": EMAIL, **beside})
    return fields["person_email"], fields["person_email_status"]


@pytest.mark.parametrize("flag", NOBODY_SHOULD_WRITE)
def test_an_address_that_nobody_should_write_to_is_not_shown(flag):
    """Whatever else calls it valid; a flag that is not set says nothing."""
    for yes, no in ((True, False), ("true", "false"), (1, 0), ("Y", "N")):
        for beside in ({}, {"status": "valid"}, {"email_status": "verified"}, {"is_verified": True}):
            assert told(**{flag: yes, **beside}) == (None, "invalid")
            assert told(**{flag: no, **beside}) == told(**beside)


@pytest.mark.parametrize("flag", ["valid", "is_valid", "deliverable", "Email Valid"])
@pytest.mark.parametrize(
    "wrap",
    [
        lambda check: check,
        lambda check: {"verification": check},
        lambda check: {"email_check": {**check, "status": "done"}},
    ],
)
def test_a_flag_is_one_in_any_notation_and_in_a_check_of_its_own(flag, wrap):
    """Tables write numbers and letters for true and false."""
    for yes, no in ((True, False), ("true", "false"), (1, 0), ("1", "0"), ("y", "n")):
        assert told(**wrap({flag: yes})) == (EMAIL, "verified")
        assert told(**wrap({flag: no})) == (None, "invalid")


def test_a_word_tells_more_than_a_flag_that_it_is_not_valid():
    """Checkers call an address at a catch-all host risky and not valid."""
    assert told(**{"Validate Email": {"result": "risky", "is_valid": False, "reason": "accept_all"}}) == (
        EMAIL,
        "guessed",
    )


@pytest.mark.parametrize(
    "column",
    [
        "dpo_email",
        "Email (CEO)",
        "creator_email",
        "webmaster_email",
        "supervisor_email",
        "director_email",
        "website_email",
        "abuse_email",
        "Do not contact email",
        "department_email",
    ],
)
def test_the_address_of_a_role_or_of_somebody_else_is_not_the_persons(column):
    """Answers about companies and domains are full of them."""
    assert extract_person_fields({"first_name": "Oda", column: "xy@fin.example"})["person_email"] is None
    assert (
        extract_person_fields({"first_name": "Oda", column: "xy@fin.example", "email": EMAIL})["person_email"] == EMAIL
    )


@pytest.mark.parametrize(
    ("written", "email"),
    [("mailto%3Aoda@fin.example", EMAIL), ("//oda@fin.example", EMAIL), ("oda.undefined@fin.example", None), ("undefined_fin@fin.example", None), ("jane.null@fin.example", "jane.null@fin.example")],
)  # fmt: skip
def test_what_a_page_or_a_template_left_in_an_address_is_seen(written, email):
    """Null is a family's name; nobody is called undefined."""
    assert extract_person_fields({"email": written})["person_email"] == email


@pytest.mark.parametrize(
    ("check", "status"),
    [
        ({"verification": {"email": EMAIL, "status": "invalid"}}, "invalid"),
        ({"Verify Email": {EMAIL: "undeliverable"}}, "invalid"),
        ({"verification": {"email": EMAIL, "status": "valid"}}, "verified"),
        ({"verification": {"email": "other@fin.example", "status": "invalid"}}, "verified"),
        ({"verification": {"status": "completed"}}, "verified"),
    ],
)
def test_a_check_that_finds_this_very_address_invalid_outdoes_a_better_word(check, status):
    """An answer that contradicts itself is no reason to write there."""
    fields = extract_person_fields({"first_name": "Oda", "email": EMAIL, "email_status": "valid", **check})
    assert fields["person_email_status"] == status
