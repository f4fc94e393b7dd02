"""Which e-mail address a lead shows, and with which status."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.final_leads.emails import email_weight
from projections.final_leads.trust import Trust
from tests.unit.projections.answers import company_answer
from tests.unit.projections.written_log import ASK_EMAIL, ASK_PERSON, START, WrittenLog

# --- e-mail ---


@pytest.mark.parametrize("guess", [{"email_status": "catch_all"}, {"status": "catch_all"}, {"is_catchall": True}])
def test_a_verified_address_beats_a_guessed_one_of_a_better_source(log, guess):
    """A guess is worth less than any address that is none."""
    log.leads(1, person_email="ann@quillhaven.example", person_email_status="Verified")
    log.answers_person(1, {"email": "a.f@quillhaven.example", **guess}, workflow=ASK_EMAIL)
    assert log.lead(1)["person_email"] == "ann@quillhaven.example"
    assert log.lead(1)["person_email_status"] == "verified"


def test_an_undeliverable_address_is_not_shown(log):
    """Its status tells of it, and where it came from; the address itself would only be written to."""
    log.leads(1)
    log.answers_person(1, {"work_email": {"email": "ann@quillhaven.example", "status": "invalid"}}, workflow=ASK_EMAIL)
    lead = log.lead(1)
    assert (lead["person_email"], lead["person_email_status"]) == (None, "invalid")
    assert lead["provenance"]["person_email_status"][0] == ASK_EMAIL
    assert "person_email" not in lead["provenance"]


def test_an_imported_address_that_bounces_is_not_shown_either(log):
    """A provider's verdict on the same address counts, though it came from the import."""
    log.leads(1, person_email="ann@quillhaven.example")
    log.answers_person(1, {"work_email": {"email": "ann@quillhaven.example", "status": "bounced"}}, workflow=ASK_EMAIL)
    assert (log.lead(1)["person_email"], log.lead(1)["person_email_status"]) == (None, "invalid")


@pytest.mark.parametrize("order", list(permutations(["import", "answer"])))
def test_an_address_that_bounces_is_not_shown_though_an_import_calls_it_verified(log, order):
    """The import's word is older than it looks: what a provider found out about the same address counts, in either order."""
    log.launches()
    log.creates(1)
    for source in order:
        if source == "import":
            log.imports_person(1, person_email="ann@quillhaven.example", person_email_status="Verified")
        else:
            log.answers_person(1, {"email": "ann@quillhaven.example", "email_status": "bounced"}, workflow=ASK_EMAIL)
    lead = log.lead(1)
    assert (lead["person_email"], lead["person_email_status"]) == (None, "invalid")
    log.answers_person(1, {"email": "a.f@quillhaven.example", "email_status": "guessed"}, workflow=ASK_EMAIL)
    lead = log.lead(1)
    assert (lead["person_email"], lead["person_email_status"]) == ("a.f@quillhaven.example", "guessed")


def test_a_guess_takes_nothing_from_an_address_that_was_verified(log):
    """A provider that only guesses the same address knows less than one that asked the host."""
    log.leads(1)
    log.answers_person(1, {"email": "ann@quillhaven.example", "email_status": "valid"}, workflow=ASK_EMAIL)
    log.answers_person(1, {"email": "ann@quillhaven.example", "email_status": "guessed"})
    assert log.lead(1)["person_email_status"] == "verified"


ADDRESSES = ["ann@quillhaven.example", "a.f@quillhaven.example"]
WORDS = st.sampled_from(["valid", "invalid", "catch_all", "guessed", None])


@given(told=st.lists(st.tuples(st.booleans(), st.sampled_from(ADDRESSES), WORDS), min_size=1, max_size=6))
def test_of_several_addresses_none_that_bounces_is_shown_and_none_that_is_verified_is_passed_over(told):
    """Whoever tells them, in whatever order."""
    log = WrittenLog()
    log.launches()
    log.creates(1)
    for is_answer, address, word in told:
        if is_answer:
            log.answers_person(1, {"email": address, "email_status": word}, workflow=ASK_EMAIL)
        else:
            log.imports_person(1, person_email=address, person_email_status=word)
    lead = log.lead(1)
    words = {address: [word for _, other, word in told if other == address] for address in ADDRESSES}
    usable = [address for address in ADDRESSES if words[address] and "invalid" not in words[address]]
    sure = [address for address in usable if "valid" in words[address]]
    if lead["person_email"] is None:
        assert (usable, lead["person_email_status"]) == ([], "invalid")
    else:
        assert lead["person_email"] in usable or "valid" in words[lead["person_email"]]
        assert lead["person_email_status"] != "invalid"
    doubtful = {"guessed", "catch-all"}
    assert not sure or lead["person_email_status"] not in doubtful


def test_a_company_is_not_founded_after_the_answer(log):
    """A year that is still to come is a typing error."""
    log.leads(1, 1)
    log.answers_company(1, company_answer(founded=START.year + 1))
    log.imports_company(1, company_founded_year=START.year + 28)
    assert log.lead(1)["company_founded_year"] is None
    log.answers_company(1, company_answer(founded=START.year))
    assert log.lead(1)["company_founded_year"] == START.year


def test_a_status_travels_with_its_address(log):
    """The status of an address that lost does not stay beside the one that won."""
    log.leads(1, person_email="ann@quillhaven.example", person_email_status="Extrapolated")
    log.answers_person(1, {"email": "a.f@quillhaven.example"}, workflow=ASK_EMAIL)
    assert log.lead(1)["person_email"] == "a.f@quillhaven.example"
    assert log.lead(1)["person_email_status"] is None


@pytest.mark.parametrize("order", list(permutations(["import", "answer"])))
def test_two_sources_of_one_address_share_its_status(log, order):
    """An answer that only repeats the address keeps what the import says of it, in either order."""
    log.launches()
    log.creates(1)
    for source in order:
        if source == "import":
            log.imports_person(1, person_email="ann@quillhaven.example", person_email_status="Verified")
        else:
            log.answers_person(1, {"work_email": "Ann@quillhaven.example"})
    lead = log.lead(1)
    assert (lead["person_email_status"], lead["provenance"]["person_email"][0]) == ("verified", ASK_PERSON)


def test_an_unusable_address_is_worth_least():
    """Guesses beat bounced addresses, whoever tells; among the others trust decides, then verification."""
    ordered = [
        email_weight(Trust.IMPORT, "Bounced"),
        email_weight(Trust.IMPORT, "Extrapolated"),
        email_weight(Trust.ANSWER, "catch-all"),
        email_weight(Trust.IMPORT, None),
        email_weight(Trust.IMPORT, "Verified"),
        email_weight(Trust.ANSWER, None),
        email_weight(Trust.ANSWER, "VALID"),
    ]
    assert ordered == sorted(set(ordered))
