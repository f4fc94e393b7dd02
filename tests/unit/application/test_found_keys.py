"""Which found values are keys: an address made of the person's name at the company's domain, a page beside name and employer."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from enrichcore.application.found_keys import Told, may_be_keys, may_be_sure, of_company, of_person
from enrichcore.domain.keys import KeyKind
from enrichcore.domain.pipeline import Entity

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
ADA = {
    "person_first_name": "Ada",
    "person_last_name": "Brook",
    "person_full_name": "Ada Brook",
    "company_name": "Alder Mills",
    "company_domain": "alder.example",
}


def told(workflow="find", **fields):
    """An answer."""
    return Told(run_id=UUID(int=1), version=7, workflow=workflow, at=AT, fields=fields)


def address(email, *more, asked=ADA, domains=(), **fields):
    """Whether an address that an answer told is a key."""
    keys = of_person(asked, [told(person_email=email, **fields), *more], frozenset(domains))
    assert all(may_be_sure(key, one.fields, asked) for key, one in keys)
    return [key.value for key, _ in keys if key.kind is KeyKind.PERSON_EMAIL_FOUND] == [email]


def called(first, last, **more):
    """What was asked about somebody of that name."""
    names = {"person_first_name": first, "person_last_name": last, "person_full_name": f"{first} {last}"}
    return {**ADA, **names, **more}


@pytest.mark.parametrize(
    "mailbox",
    ["ada", "brook", "ada.brook", "brook.ada", "abrook", "a.brook", "adab", "ada_b", "adabrook", "ada.m.brook", "ada.brook2", "ada+crm"],
)  # fmt: skip
def test_a_mailbox_that_is_made_of_the_name_is_the_persons(mailbox):
    """In the ways that companies make them."""
    assert address(f"{mailbox}@alder.example")


@pytest.mark.parametrize(
    "mailbox", ["info", "sales2", "ab", "a.b", "adam", "adalbert", "ben.carver", "ada.carver", "x1234", "office.ada"]
)
def test_a_mailbox_of_a_role_of_initials_or_of_somebody_else_is_not(mailbox):
    """Nor one that only begins like the name."""
    assert not address(f"{mailbox}@alder.example")


@pytest.mark.parametrize(
    ("first", "last", "mailbox"),
    [
        ("Jürgen", "Müller", "juergen.mueller"),
        ("Jürgen", "Müller", "jmuller"),
        ("Bo", "Li", "bo.li"),
        ("Anne-Marie", "O\u2019Fenn", "annemarie.ofenn"),
        ("Alexander", "Wu", "alex"),
    ],
)
def test_names_are_compared_without_what_mailboxes_leave_out(first, last, mailbox):
    """Umlauts, hyphens, apostrophes; short names count as a whole."""
    assert address(f"{mailbox}@alder.example", asked=called(first, last))


@pytest.mark.parametrize(
    ("first", "last", "mailbox"), [("Bo", "Li", "li"), ("William", "Wu", "bill"), ("李", "明", "ming.li")]
)
def test_what_cannot_be_told_from_the_name_is_missed(first, last, mailbox):
    """A short name alone, a nickname, another script."""
    assert not address(f"{mailbox}@alder.example", asked=called(first, last))


def test_a_mailbox_that_can_be_cut_in_very_many_ways_takes_no_time():
    """Whoever writes such a name and such an address holds nobody up."""
    name = [f"{'b' * 20}{end}" for end in "cdfghj"]
    asked = {**ADA, "person_full_name": " ".join(name), "person_first_name": name[0], "person_last_name": name[-1]}
    assert not address(f"{'b' * 60}z@alder.example", asked=asked)


@pytest.mark.parametrize(
    ("status", "is_key"),
    [(None, True), ("verified", True), ("guessed", False), ("catch-all", False), ("invalid", False)],
)
def test_a_guess_is_no_key(status, is_key):
    """A pattern gives the next namesake the same address; where nobody says anything, the provider vouches for it."""
    assert address("ada@alder.example", person_email_status=status) is is_key


def test_a_later_check_of_the_address_counts():
    """It was a guess until somebody verified it, or it bounced."""
    checks = [
        told("check", person_email="ada@alder.example", person_email_status=status)
        for status in ("verified", "invalid")
    ]
    assert address("ada@alder.example", checks[0], person_email_status="guessed")
    assert not address("ada@alder.example", checks[1], person_email_status="verified")


@pytest.mark.parametrize(
    ("host", "is_key"),
    [("alder.example", True), ("mail.alder.example", True), ("elm.example", False), ("gmail.com", False)],
)
def test_the_mail_domain_has_to_be_the_companys(host, is_key):
    """Then a namesake elsewhere cannot have it."""
    assert address(f"ada@{host}") is is_key


def test_another_domain_of_the_company_counts_where_it_is_known():
    """By the directory, or by the company's own answer."""
    assert address("ada@elm.example", domains=["elm.example"])


@pytest.mark.parametrize(
    ("host", "is_key"), [("alder-mills.example", True), ("aldermills.example", True), ("alder.example", False)]
)
def test_of_a_company_without_a_domain_the_mail_domain_has_to_be_called_so(host, is_key):
    """Wholly."""
    asked = {name: value for name, value in ADA.items() if name != "company_domain"}
    assert address(f"ada@{host}", asked=asked) is is_key


def test_a_second_address_at_the_same_mail_domain_is_no_key():
    """One of the two may be a namesake's."""
    assert not address("ada@alder.example", asked={**ADA, "person_email": "ada.brook@alder.example"})
    assert address("ada@alder.example", asked={**ADA, "person_email": "ada@gmail.com"})


def test_without_a_name_the_page_that_was_asked_with_has_to_be_repeated():
    """Beside it the answer tells the name."""
    page = "https://www.linkedin.com/in/ada-brook"
    asked = {"company_domain": "alder.example", "person_linkedin_url": page}
    profile = told("profile", person_linkedin_url=page, person_full_name="Ada Brook")
    assert not address("ada@alder.example", asked=asked)
    assert address("ada@alder.example", profile, asked=asked)


def test_each_key_is_told_by_the_first_answer_that_has_it():
    """Which `why` shows."""
    first = told("first", person_email="ada@alder.example")
    again = told("again", person_email="ada@alder.example")
    assert [answer.workflow for _, answer in of_person(ADA, [first, again], frozenset())] == ["first"]


JOB = {"name": "Alder Mills Ltd.", "domain": "alder.example", "title": "Buyer"}


@pytest.mark.parametrize(
    ("fields", "is_key"),
    [
        ({"person_full_name": "Ada Brook", "person_current_companies": [JOB]}, True),
        ({"person_full_name": "Ada M. Brook", "person_current_companies": [{"name": "Alder Mills"}]}, True),
        ({"person_full_name": "Ada King", "person_current_companies": [JOB]}, False),
        ({"person_full_name": "Ada", "person_current_companies": [JOB]}, False),
        ({"person_full_name": "Ada Brook"}, False),
        ({"person_full_name": "Ada Brook", "person_current_companies": [{"name": "Elm"}]}, False),
        ({"person_current_companies": [JOB]}, False),
    ],
)
def test_a_page_is_a_key_beside_the_whole_name_and_the_employer(fields, is_key):
    """A page of a namesake has the name, and another employer."""
    keys = of_person(ADA, [told(person_linkedin_url="https://linkedin.com/in/ada-b", **fields)], frozenset())
    assert [key.value for key, _ in keys] == (["ada-b"] if is_key else [])


@pytest.mark.parametrize(
    ("email", "is_key"),
    [
        ("ada.brook@alder.example", True),
        ("abrook@alder.example", True),
        ("ada@alder.example", False),
        ("office@alder.example", False),
        ("ada.brook@gmail.com", False),
    ],
)
def test_of_whoever_is_known_by_an_address_alone_the_mailbox_has_to_be_made_of_the_whole_name(email, is_key):
    """And be at the present employer's."""
    asked = {"person_email": email, "company_domain": "alder.example"}
    answer = told(
        person_linkedin_url="https://linkedin.com/in/ada-b",
        person_full_name="Ada Brook",
        person_current_companies=[JOB],
    )
    assert bool(of_person(asked, [answer], frozenset())) is is_key


def test_a_page_is_a_key_beside_the_whole_name_and_the_address_that_was_asked_with():
    """Wherever she works."""
    asked = {**ADA, "person_email": "ada@alder.example"}
    answer = told(
        person_linkedin_url="https://linkedin.com/in/ada-b",
        person_full_name="Ada Brook",
        person_email="ada@alder.example",
    )
    assert [key.value for key, _ in of_person(asked, [answer], frozenset())] == ["ada-b"]


@pytest.mark.parametrize(
    ("asked", "fields", "keys"),
    [
        ({"company_name": "Alder Mills"}, {"company_name": "Alder Mills, Inc.", "company_domain": "alder.example"}, ["alder.example"]),
        ({"company_name": "Alder Mills"}, {"company_name": "Alder", "company_domain": "alder.example"}, []),
        ({"company_name": "Alder Mills"}, {"company_domain": "alder.example"}, []),
        (
            {"company_domain": "alder.example"},
            {"company_domain": "alder.example", "company_linkedin_url": "https://linkedin.com/company/alder"},
            ["alder"],
        ),
        (
            {"company_domain": "alder.example", "company_name": "Alder"},
            {"company_name": "Alder", "company_linkedin_url": "https://linkedin.com/company/alder"},
            [],
        ),
        (
            {"company_linkedin_url": "https://linkedin.com/company/alder"},
            {"company_domain": "alder.example", "company_linkedin_url": "https://linkedin.com/company/alder"},
            ["alder.example"],
        ),
        ({"company_name": "Alder Mills"}, {"company_name": "Alder Mills", "company_domain": "linkedin.com"}, []),
    ],
)  # fmt: skip
def test_a_companys_answer_has_to_repeat_what_was_asked_with(asked, fields, keys):
    """Page and domain, or, without either, exactly the name."""
    assert [key.value for key, _ in of_company(asked, told(**fields))] == keys


@pytest.mark.parametrize(
    ("fields", "sure"),
    [
        ({"person_email": "ada.brook@alder.example"}, True),
        ({"person_email": "cid@alder.example"}, False),
        ({"person_linkedin_url": "https://www.linkedin.com/in/ada-brook", "person_full_name": "Ada Brook"}, True),
        ({"person_linkedin_url": "https://www.linkedin.com/in/ada-brook", "person_full_name": "Ada M. Brook"}, True),
        ({"person_linkedin_url": "https://www.linkedin.com/in/cid-fenn", "person_full_name": "Cid Fenn"}, False),
        ({"person_linkedin_url": "https://www.linkedin.com/in/ada-brook"}, False),
    ],
)
def test_a_name_that_differs_spares_reading_the_answers(fields, sure):
    """Of somebody without a name nothing is ruled out."""
    (key,) = may_be_keys(fields, ADA, Entity.PERSON)
    assert may_be_sure(key, fields, ADA) is sure
    assert may_be_sure(key, fields, {"company_name": "Alder Mills"})
