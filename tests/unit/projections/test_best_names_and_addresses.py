"""Of what several sources tell, a lead shows the whole name, and the address at work."""

import pytest

from tests.unit.projections.written_log import WrittenLog

WHOLE = {"person_first_name": "Jane", "person_last_name": "Smith", "person_full_name": "Jane Smith"}


@pytest.fixture
def log():
    """An empty log."""
    return WrittenLog()


@pytest.mark.parametrize("initial", ["J", "J."])
def test_an_initial_replaces_no_first_name(log, initial):
    """A later list that spares a first name leaves the one that is known, alone and in the full name."""
    log.leads(1, **WHOLE)
    log.imports_person(1, person_first_name=initial, person_last_name="Smith", person_full_name=f"{initial} Smith")
    lead = log.lead(1)
    assert {name: lead[name] for name in WHOLE} == WHOLE


def test_a_first_name_behind_an_initial_is_one(log):
    """It is not cut short: "J. Robert Smith"."""
    log.leads(1, **WHOLE)
    log.imports_person(1, person_full_name="J. Robert Smith")
    assert log.lead(1)["person_full_name"] == "J. Robert Smith"


@pytest.mark.parametrize("status", [None, "verified"])
def test_a_private_address_replaces_none_at_work(log, status):
    """Whoever tells the private one, and however well it is known."""
    log.leads(1, person_email="jane@quillhaven.example")
    log.imports_person(1, person_email="jane@gmail.com", **({"person_email_status": status} if status else {}))
    log.answers_person(1, {"work_email": "jane@gmail.com"})
    assert log.lead(1)["person_email"] == "jane@quillhaven.example"


def test_a_private_address_is_better_than_a_guess(log):
    """As before: a guess may reach nobody."""
    log.leads(1, person_email="jane@quillhaven.example", person_email_status="guessed")
    log.imports_person(1, person_email="jane@gmail.com")
    assert log.lead(1)["person_email"] == "jane@gmail.com"


def test_a_mailbox_that_many_share_replaces_no_address_of_ones_own(log):
    """However sure it is, and however little the other: alone it is shown."""
    log.leads(1, person_email="info@quillhaven.example", person_email_status="verified")
    assert log.lead(1)["person_email"] == "info@quillhaven.example"
    log.imports_person(1, person_email="jane@quillhaven.example", person_email_status="guessed")
    log.answers_person(1, {"work_email": "contact@quillhaven.example", "email_status": "valid"})
    assert log.lead(1)["person_email"] == "jane@quillhaven.example"


def test_a_country_alone_replaces_no_city(log):
    """An answer that tells less of the place leaves what an import told; any that tells more is taken."""
    log.leads(1, person_location="Boston, Massachusetts, United States")
    log.answers_person(1, {"first_name": "Jane", "location": {"country": "US"}})
    assert log.lead(1)["person_location"] == "Boston, Massachusetts, United States"
    log.answers_person(1, {"first_name": "Jane", "location_name": "Leeds, England"})
    assert log.lead(1)["person_location"] == "Leeds, England"
    log.answers_person(1, {"first_name": "Jane", "location_name": "Singapore"})
    assert log.lead(1)["person_location"] == "Singapore"


def test_a_members_id_replaces_no_address_with_a_name(log):
    """Both lead to the page, and few programs take the id."""
    log.leads(1, person_linkedin_url="https://www.linkedin.com/in/jane-smith")
    log.answers_person(1, {"first_name": "Jane", "linkedin_url": "https://www.linkedin.com/in/ACwAAAwMJ8gB1ACzMnNA"})
    assert log.lead(1)["person_linkedin_url"] == "https://www.linkedin.com/in/jane-smith"


@pytest.mark.parametrize("plain", ["PAMPANET SA", "pampanet s.a."])
@pytest.mark.parametrize("answered", [True, False])
def test_capitals_alone_replace_no_companys_name(log, plain, answered):
    """Nor do small letters, whoever tells them: it is the same name, and the other spelling tells more."""
    log.leads(1, company=1, company_name="Pampanet S.A.")
    log.imports_company(1, company_name=plain)
    if answered:
        log.answers_company(1, {"name": plain, "industry": "Maps"})
    assert log.lead(1)["company_name"] == "Pampanet S.A."


def test_another_name_replaces_a_companys_however_it_is_written(log):
    """A company that was renamed is called as the newer source does."""
    log.leads(1, company=1, company_name="Pampanet S.A.")
    log.imports_company(1, company_name="MAPAMUNDI")
    assert log.lead(1)["company_name"] == "MAPAMUNDI"


def test_whoever_moved_is_reached_at_the_new_company(log):
    """The address at the company that is shown goes before one at the last, which was verified then."""
    log.leads(
        1,
        1,
        company_domain="quillhaven.example",
        person_email="jane@quillhaven.example",
        person_email_status="verified",
    )
    log.leads(1, 2, batch=2, company_domain="oakmere.example", person_email="jane@oakmere.example")
    lead = log.lead(1)
    assert (lead["company_domain"], lead["person_email"]) == ("oakmere.example", "jane@oakmere.example")


def test_an_address_that_was_found_goes_before_one_of_a_list_at_the_company(log):
    """Companies have several domains, and a fresh answer is worth more than an import."""
    log.leads(1, 1, company_domain="quillhaven.example", person_email="jane@quillhaven.example")
    log.answers_person(1, {"work_email": "jane@quillhaven-group.example"})
    assert log.lead(1)["person_email"] == "jane@quillhaven-group.example"


@pytest.mark.parametrize("first", ["Chief of Staff", "CHIEF OF STAFF"])
def test_a_title_in_small_letters_keeps_the_letters_that_are_known(log, first):
    """Some providers write everything small; another title is taken as it is."""
    log.leads(1, person_title=first)
    log.answers_person(1, {"title": "chief of staff"})
    assert log.lead(1)["person_title"] == first
    log.answers_person(1, {"title": "head of design"})
    assert log.lead(1)["person_title"] == "head of design"
