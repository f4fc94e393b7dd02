"""When a lead changes: merges, days that pass, customer lists, and answers about somebody else."""

from datetime import date, timedelta

from enrichcore.domain import events as e
from enrichcore.fields import Rules, SomebodyElse
from tests.unit.projections.answers import company_answer, employed, person_answer
from tests.unit.projections.written_log import ACME, START, WrittenLog, named

# --- merges ---


def test_a_lead_follows_its_person_into_a_merge(log):
    """Two leads become one, under the id that stays, with the best of both."""
    log.leads(1, 1, person_title="Buyer")
    log.leads(2, 1, person_headline="Buys")
    merge = log.merges_persons(1, 2)
    log.answers_person(2, person_answer(summary="Knows everyone."))
    lead = log.lead(1)
    assert log.lead(2) is None
    assert (lead["person_title"], lead["person_headline"], lead["person_summary"]) == (
        "Buyer",
        "Buys",
        "Knows everyone.",
    )
    assert lead["item_id"] == named("item of batch 1", 2)
    assert lead["updated_at"] > merge.at


def test_a_person_without_a_lead_has_one_after_a_merge_with_a_lead(log):
    """The lead moves to the person that stays, also where only the other was launched."""
    log.imports_person(1, person_headline="Buys")
    log.leads(2, person_title="Buyer")
    log.merges_persons(1, 2)
    assert (log.lead(1)["person_title"], log.lead(1)["person_headline"], log.lead(2)) == ("Buyer", "Buys", None)


def test_merges_of_merged_people_end_at_the_one_that_stays(log):
    """Three people that are one make one lead, in whatever order that is found out."""
    for person in (1, 2, 3):
        log.leads(person)
    log.merges_persons(2, 3)
    log.merges_persons(1, 2)
    log.answers_person(3, person_answer(title="Buyer"))
    assert set(log.tables()["final_leads"]) == {(ACME, named("person", 1))}
    assert log.lead(1)["person_title"] == "Buyer"


def test_leads_follow_their_company_into_a_merge(log):
    """Everyone of a merged company has the one that stays, and what later answers tell of it."""
    log.leads(1, 1, company_name="Quillhaven")
    log.leads(2, 2, company_city="Boston")
    log.merges_companies(1, 2)
    log.answers_company(2, company_answer(industry="Automation"))
    one, two = log.lead(1), log.lead(2)
    assert one["company_id"] == two["company_id"] == named("company", 1)
    assert (two["company_name"], one["company_city"], one["company_industry"]) == (
        "Quillhaven Robotics, Inc.",
        "Boston",
        "Automation",
    )


# --- indicators ---


def test_indicators_age_with_the_days_that_pass(log):
    """A role is new until the day on which it is not; the row then tells that day's event."""
    log.leads(1, 1)
    log.answers_person(1, employed(("quillhaven.example", "2026-02-11", None)))
    log.answers_company(1, company_answer(last_raised_at="2025-09-01"))
    assert (log.lead(1)["is_new_in_role"], log.lead(1)["is_recently_funded"]) == (True, True)
    log.passes(date(2026, 8, 11))
    before = log.lead(1)
    turned = log.passes(date(2026, 8, 12))
    log.passes(date(2026, 8, 13))
    after = log.lead(1)
    assert (before["is_new_in_role"], after["is_new_in_role"]) == (True, False)
    assert (after["updated_at"], before["updated_at"] < turned.at) == (turned.at, True)
    assert after["is_recently_funded"] is True


def test_an_answer_after_the_last_day_is_read_as_of_its_own_day(log):
    """A timer that was down does not make an old role new."""
    log.leads(1, 1)
    log.passes(START.date())
    log.now += timedelta(days=365)
    log.answers_person(1, employed(("quillhaven.example", "2026-02-11", None)))
    assert log.lead(1)["is_new_in_role"] is False


def test_a_changed_customer_list_changes_every_lead_that_knows_a_past_employer(log):
    """Customers are the configuration's as it was last applied."""
    log.configures("brackenford.example")
    log.leads(1, 1)
    log.answers_person(
        1, employed(("quillhaven.example", "2026-02-11", None), ("caldora.example", "2020-01-01", "2026-01-01"))
    )
    assert log.lead(1)["is_worked_at_customer"] is False
    changed = log.configures("www.caldora.example")
    for page in (None, 1):
        assert log.lead(1, page)["is_worked_at_customer"] is True
        assert log.lead(1, page)["updated_at"] == changed.at


def test_a_job_that_had_an_end_ahead_when_it_was_told_is_a_present_one(log):
    """Until an answer says otherwise, on the day that it is told."""
    log.configures("caldora.example")
    log.leads(1, 1)
    jobs = (("quillhaven.example", "2026-02-11", None), ("caldora.example", "2020-01-01", "2026-12"))
    log.answers_person(1, employed(*jobs))
    assert log.lead(1)["is_worked_at_customer"] is False
    log.now += timedelta(days=365)
    log.answers_person(1, employed(*jobs))
    assert log.lead(1)["is_worked_at_customer"] is True


def test_an_applied_configuration_with_the_same_customers_changes_nothing(log):
    """Only a changed list counts."""
    log.configures("caldora.example")
    log.leads(1, 1)
    told = log.answers_person(1, employed(("caldora.example", "2020-01-01", None)))
    log.configures("caldora.example")
    assert log.lead(1)["updated_at"] == told.at


def test_the_history_of_a_person_comes_from_one_answer(log):
    """A later answer's jobs replace an earlier one's as a whole: no past job of one stands beside a present one of another."""
    log.configures("caldora.example")
    log.leads(1, 1, company_domain="quillhaven.example")
    log.answers_person(
        1, employed(("quillhaven.example", "2026-02-11", None), ("caldora.example", "2020-01-01", "2026-01-01"))
    )
    assert log.lead(1)["is_worked_at_customer"] is True
    log.answers_person(1, employed(("brackenford.example", "2026-03-01", None)), kind=e.AnswerRevised)
    assert log.lead(1)["moved_company"] is True
    assert log.lead(1)["is_worked_at_customer"] is False


def test_a_status_that_came_later_changes_the_row_and_its_time():
    """An address known without a status takes the one that a weaker source gives it; that event made the row what it is."""
    log = WrittenLog()
    log.leads(1, person_email="ann@quillhaven.example")
    told = log.imports_person(1, person_email="ann@quillhaven.example", person_email_status="Extrapolated")
    lead = log.lead(1)
    assert lead["person_email_status"] == "guessed"
    assert lead["updated_at"] == told.at
    assert lead["provenance"]["person_email_status"][1] == told.position


# --- answers about somebody else ---


#: Answers about somebody else are left out.
STRICT = Rules(about_somebody_else=SomebodyElse.LEAVE_OUT)
BOB = {
    "first_name": "Bob",
    "last_name": "Stone",
    "title": "CFO",
    "linkedin_url": "linkedin.com/in/bob",
    "email": "bob@other.example",
}


def test_an_answer_about_somebody_else_changes_nothing_where_it_is_left_out(log):
    """A provider matched another person: all that it tells is true of that one only."""
    page = "https://www.linkedin.com/in/ann-f"
    names = {"person_first_name": "Ann", "person_last_name": "Fennimarsh", "person_linkedin_url": page}
    log.leads(1, 1, **names, company_name="Quillhaven", company_domain="quillhaven.example")
    before = log.lead(1)
    log.answers_person(1, {"result": BOB})
    assert log.lead(1)["person_title"] == "CFO"
    log.applies(STRICT)
    assert {**log.lead(1), "updated_at": None} == {**before, "updated_at": None}
    log.answers_person(1, person_answer(title="CTO", url=page))
    assert (log.lead(1)["person_title"], log.lead(1)["person_email"]) == ("CTO", None)


def test_an_answer_is_held_against_what_was_known_without_any(log):
    """One that could not be told from the right one does not turn away the right one that comes after it."""
    log.applies(STRICT)
    log.leads(1, person_first_name="Ann", person_last_name="Fennimarsh")
    log.answers_person(1, {"linkedin_url": "https://www.linkedin.com/in/bob", "headline": "Somebody"})
    log.answers_person(1, person_answer(linkedin_url="https://www.linkedin.com/in/ann-f"))
    assert log.lead(1)["person_linkedin_url"] == "https://www.linkedin.com/in/ann-f"


def test_an_answer_about_another_company_changes_nothing_where_it_is_left_out(log):
    """Neither its name nor its facts, for none of the company's people."""
    log.applies(STRICT)
    log.leads(1, 1, company_name="Quillhaven Robotics", company_domain="quillhaven.example")
    log.leads(2, 1)
    log.answers_company(1, {"result": {"name": "Zenith Corp", "domain": "zenith.example", "employee_count": 12}})
    for person in (1, 2):
        assert log.lead(person)["company_name"] == "Quillhaven Robotics"
        assert log.lead(person)["company_employee_count"] is None


def test_a_person_who_moved_is_no_other_person(log):
    """Their new employer is flagged, and is not the company of the lead."""
    log.applies(STRICT)
    log.leads(1, 1, person_full_name="Ann Fennimarsh", company_name="Quillhaven", company_domain="quillhaven.example")
    log.answers_person(
        1, employed(("oakmere.example", "2025-01-01", None), ("quillhaven.example", "2020-01-01", "2024-12-31"))
    )
    lead = log.lead(1)
    assert (lead["moved_company"], lead["company_domain"]) == (True, "quillhaven.example")
