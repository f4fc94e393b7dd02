"""Who has a lead, what wins in it, and what belongs together."""

from datetime import timedelta
from uuid import uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichcore.domain import events as e
from enrichcore.domain.answers import Rank
from tests.unit.projections.answers import company_answer, employed, person_answer
from tests.unit.projections.written_log import (
    ACME,
    ASK_COMPANY,
    ASK_EMAIL,
    ASK_PERSON,
    GLOBEX,
    NORMALIZE,
    WrittenLog,
    named,
)

NOTHINGS = ["", " ", None, [], {}, "N/A", "null", "-", "undefined", "No person found"]


# --- who has a lead ---


def test_a_person_who_was_only_imported_is_no_lead(log):
    """A lead exists from launch."""
    log.imports_person(1, person_title="Buyer")
    assert log.lead(1) is None


def test_a_lead_has_what_the_import_knew_from_launch_on(log):
    """A launched person is a lead at once, with the facts of the person's and the company's rows."""
    created = log.leads(1, 1, person_title="Buyer", company_name="Quillhaven")
    lead = log.lead(1)
    assert (lead["person_title"], lead["company_name"]) == ("Buyer", "Quillhaven")
    assert (lead["company_id"], lead["item_id"], lead["batch_id"]) == (
        named("company", 1),
        created.stream_id,
        created.batch_id,
    )
    assert lead["lead_id"] == uuid5(ACME, named("person", 1).hex)
    assert lead["updated_at"] == created.at


def test_a_lead_names_its_latest_item_and_all_its_workstreams(log):
    """Two launches of one person make one lead."""
    log.launches(1)
    log.creates(1, batch=1, workstream="crm")
    later = log.creates(1, batch=2, workstream="apollo")
    lead = log.lead(1)
    assert (lead["item_id"], lead["batch_id"]) == (later.stream_id, later.batch_id)
    assert lead["workstreams"] == ["apollo", "crm"]


def test_what_only_the_launch_tells_fills_what_nothing_else_does(log):
    """An item's own facts are worth less than any other source."""
    log.imports_person(1, 1, person_title="Buyer")
    log.creates(1, 1, person_title="Seller", person_headline="Sells", company_name="Quillhaven")
    lead = log.lead(1)
    assert (lead["person_title"], lead["person_headline"], lead["company_name"]) == ("Buyer", "Sells", "Quillhaven")
    assert lead["provenance"]["person_headline"][:2] == ["launch", 2]


def test_the_company_of_a_lead_is_the_last_one_told(log):
    """A later import with another company moves the lead there."""
    log.imports_company(2, company_name="Caldora")
    log.leads(1, 1, company_name="Quillhaven")
    log.imports_person(1, 2)
    assert (log.lead(1)["company_id"], log.lead(1)["company_name"]) == (named("company", 2), "Caldora")


def test_clients_share_nothing(log):
    """The same person of two clients is two leads."""
    log.leads(1, 1, person_title="Buyer")
    log.client = GLOBEX
    log.leads(1, 1, person_title="Seller")
    leads = log.tables()["final_leads"]
    assert {key[0]: row["person_title"] for key, row in leads.items()} == {ACME: "Buyer", GLOBEX: "Seller"}


# --- which value wins ---


def test_an_answer_beats_a_local_step_beats_an_import(log):
    """Trust decides before age: what comes later from a lesser source changes nothing."""
    log.leads(1, 1, company_name="QUILLHAVEN INC", company_city="Leeds", company_type="Public")
    log.answers_company(1, company_answer())
    log.computes(1, company_name="Quillhaven", company_city="York")
    log.imports_company(1, company_name="Quillhaven GmbH", company_city="Hull", company_type="Private")
    lead = log.lead(1)
    assert (lead["company_name"], lead["company_city"], lead["company_type"]) == (
        "Quillhaven Robotics, Inc.",
        "York",
        "Private",
    )
    told = lead["provenance"]
    assert [told[name][0] for name in ("company_name", "company_city", "company_type")] == [
        ASK_COMPANY,
        NORMALIZE,
        "import",
    ]


def test_among_equals_the_later_in_the_log_wins(log):
    """Ties go by position, never by a clock."""
    log.leads(1)
    log.answers_person(1, person_answer(title="Buyer"))
    log.now -= timedelta(days=5)
    revised = log.answers_person(1, person_answer(title="Chief Buyer"), kind=e.AnswerRevised)
    lead = log.lead(1)
    assert lead["person_title"] == "Chief Buyer"
    assert lead["updated_at"] == revised.at


@pytest.mark.parametrize("nothing", NOTHINGS)
def test_nothing_never_overwrites_something(log, nothing):
    """However a source says nothing, what is known stays."""
    log.leads(1, 1, person_title="Buyer", company_name="Quillhaven", person_email="ann@quillhaven.example")
    log.imports_person(1, person_title=nothing, person_email=nothing)
    log.computes(1, company_name=nothing, person_title=nothing)
    log.answers_person(1, {"result": {"title": nothing, "work_email": nothing}})
    log.answers_company(1, {"result": {"name": nothing}})
    lead = log.lead(1)
    assert (lead["person_title"], lead["company_name"], lead["person_email"]) == (
        "Buyer",
        "Quillhaven",
        "ann@quillhaven.example",
    )


def test_a_value_of_the_wrong_type_is_no_value(log):
    """A local function may return anything; what does not fit the column is left out."""
    log.leads(1, 1, company_employee_count=5)
    log.computes(
        1, company_employee_count="many", company_founded_year=2**40, company_industries="Retail", company_name=7
    )
    lead = log.lead(1)
    assert lead["company_employee_count"] == 5
    assert (lead["company_founded_year"], lead["company_industries"], lead["company_name"]) == (None, None, None)


def test_answers_that_are_not_in_force_change_nothing(log):
    """An answer that was only kept, after a cancellation, is no source."""
    log.leads(1)
    log.answers_person(1, person_answer(title="Buyer"), kind=e.AnswerKept)
    assert log.lead(1)["person_title"] is None


def test_an_answer_is_read_by_the_present_rules(log):
    """The facts that were read on the day of the answer are not used; its body is."""
    log.leads(1)
    log.answers_person(1, person_answer(title="Buyer"), facts={"person_title": "as read then"}, rank=Rank.EMPTY)
    assert log.lead(1)["person_title"] == "Buyer"


def test_an_items_own_answer_to_a_company_step_is_about_its_company(log):
    """The pipeline says whom a step concerns, and the person's fields are not touched."""
    log.leads(1, 1)
    log.leads(2, 1)
    log.answers_person(1, company_answer(), workflow=ASK_COMPANY)
    assert log.lead(2)["company_name"] == "Quillhaven Robotics, Inc."
    assert log.lead(1)["person_full_name"] is None


def test_an_answer_that_says_the_same_again_changes_nothing(log):
    """Provenance and `updated_at` tell when a value came, not when it was last confirmed."""
    log.leads(1)
    first = log.answers_person(1, person_answer(title="Buyer"))
    log.answers_person(1, person_answer(title="Buyer"), kind=e.AnswerRevised)
    assert log.lead(1)["updated_at"] == first.at
    assert log.lead(1)["provenance"]["person_title"][:2] == [ASK_PERSON, first.position]


def test_a_confirmed_value_is_as_new_as_its_confirmation(log):
    """Of two people that turn out to be one, the value that was told last wins, also where it had been told before."""
    log.leads(1)
    log.leads(2)
    log.answers_person(1, person_answer(title="Buyer"))
    log.answers_person(2, person_answer(title="Seller"))
    log.answers_person(1, person_answer(title="Buyer"), kind=e.AnswerRevised)
    log.merges_persons(2, 1)
    assert log.lead(2)["person_title"] == "Buyer"


TOLD = (
    lambda log: log.answers_person(1, employed(("quillhaven.example", "2026-02-01", None))),
    lambda log: log.answers_company(1, company_answer(last_raised_at="2026-01-01")),
    lambda log: log.answers_person(1, {"email": "ann@quillhaven.example"}, workflow=ASK_EMAIL),
    lambda log: log.answers_person(1, {"result": None}, workflow=ASK_EMAIL, rank=Rank.EMPTY, kind=e.AnswerKept),
    lambda log: log.computes(1, company_name="Quillhaven (spoken)"),
)


@given(st.permutations(TOLD))
def test_answers_in_any_order_give_the_same_lead(order):
    """A lead's values do not depend on which answer came first."""
    assert lead_after(order) == lead_after(TOLD)


def lead_after(told):
    """The values of a lead for which those answers came in that order."""
    log = WrittenLog()
    log.leads(1, 1, person_title="Buyer", company_name="Quillhaven")
    for tell in told:
        tell(log)
    return {name: value for name, value in log.lead(1).items() if name not in {"updated_at", "provenance"}}


# --- what belongs together ---

BOSTON = {"company_city": "Boston", "company_state": "Massachusetts", "company_country": "United States"}


def place(log):
    """A lead's city, state and country."""
    return tuple(log.lead(1)[name] for name in BOSTON)


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        ({"locality": "London", "country": "GB"}, ("London", None, "United Kingdom")),
        ({"country": "DE"}, (None, None, "Germany")),
        ({"country": "US"}, ("Boston", "Massachusetts", "United States")),
        ({"city": "Boston"}, ("Boston", "Massachusetts", "United States")),
        ({"city": "Austin", "country": "US"}, ("Austin", None, "United States")),
        ({"industry": "Robotics"}, ("Boston", "Massachusetts", "United States")),
    ],
)
def test_a_place_is_one_place(log, answer, shown):
    """What the best source leaves open is filled by one that speaks of the same place, and by no other."""
    log.leads(1, 1, **BOSTON)
    log.answers_company(1, company_answer(**answer))
    assert place(log) == shown


def test_a_part_of_a_place_is_told_with_its_own_source(log):
    """Provenance names the answer for what it told, and the import for what it lent."""
    log.leads(1, 1, **BOSTON)
    answer = log.answers_company(1, company_answer(country="US"))
    told = log.lead(1)["provenance"]
    assert told["company_country"][:2] == [ASK_COMPANY, answer.position]
    assert (told["company_city"][:2], told["company_state"][:2]) == (["import", 2], ["import", 2])


def test_a_later_import_of_another_place_replaces_all_of_the_first(log):
    """Berlin is not in Massachusetts."""
    log.leads(1, 1, **BOSTON)
    log.imports_company(1, company_city="Berlin", company_country="Germany")
    assert place(log) == ("Berlin", None, "Germany")
    log.imports_company(1, **BOSTON)
    assert place(log) == tuple(BOSTON.values())


@pytest.mark.parametrize(
    ("country", "shown"),
    [
        ("US", ("Boston", "Massachusetts", "United States")),
        ("DE", (None, None, "Germany")),
    ],
)
def test_a_state_fills_a_country_that_it_is_in(log, country, shown):
    """Two sources with no part in common make one place only where the state is known to be the country's."""
    log.leads(1, 1, company_city="Boston", company_state="Massachusetts")
    log.answers_company(1, company_answer(country=country))
    assert place(log) == shown


def test_a_new_title_leaves_the_start_of_the_old_one_behind(log):
    """Nobody is new in a role because of the day on which another began."""
    log.leads(1)
    log.answers_person(1, person_answer(title="CTO", current_job_start_date="2026-01-15"))
    assert log.lead(1)["is_new_in_role"] is True
    later = log.answers_person(1, person_answer(title="Chief Buyer"), kind=e.AnswerRevised)
    lead = log.lead(1)
    assert (lead["person_title"], lead["person_current_job_start_date"]) == ("Chief Buyer", None)
    assert (lead["is_new_in_role"], lead["updated_at"]) == (None, later.at)


def test_the_same_title_keeps_its_start(log):
    """An answer that tells the title only leaves the import's start of that job."""
    log.leads(1, person_title="cto", person_current_job_start_date="2026-01")
    log.answers_person(1, person_answer(title="CTO"))
    lead = log.lead(1)
    assert (lead["person_title"], lead["person_current_job_start_date"]) == ("CTO", "2026-01")


def test_a_start_without_a_title_keeps_the_title(log):
    """A step that only looks for the start of the present job takes no title away."""
    log.leads(1, person_title="CTO")
    log.answers_person(1, person_answer(current_job_start_date="2026-01"))
    lead = log.lead(1)
    assert (lead["person_title"], lead["person_current_job_start_date"]) == ("CTO", "2026-01")


def test_a_claim_that_is_told_again_is_as_new_as_that(log):
    """CTO, Buyer, and CTO again: the row and its time are the last answer's."""
    log.leads(1)
    dated = {"title": "CTO", "current_job_start_date": "2026-01-15"}
    log.answers_person(1, person_answer(**dated))
    log.answers_person(1, person_answer(title="Buyer"), kind=e.AnswerRevised)
    last = log.answers_person(1, person_answer(**dated), kind=e.AnswerRevised)
    lead = log.lead(1)
    assert (lead["person_title"], lead["person_current_job_start_date"]) == ("CTO", "2026-01-15")
    assert lead["updated_at"] == last.at
    assert lead["provenance"]["person_title"][:2] == [ASK_PERSON, last.position]


@pytest.mark.parametrize("name", ["Jane", "Jane S.", "Jane S"])
def test_a_name_that_is_cut_short_replaces_no_whole_one(log, name):
    """The import's name stays where an answer knows less of it."""
    log.leads(1, person_first_name="Jane", person_last_name="Smith", person_full_name="Jane Smith")
    log.answers_person(1, {"result": {"name": name}})
    lead = log.lead(1)
    names = [lead[f"person_{part}_name"] for part in ("first", "last", "full")]
    assert names == ["Jane", "Smith", "Jane Smith"]


@pytest.mark.parametrize(
    ("known", "told", "shown"),
    [
        (("Xiaoming", "Wang", "Xiaoming Wang"), {"first_name": "小明", "last_name": "王"}, ["小明", "王", "王 小明"]),
        (("Minsu", "Kim", "Minsu Kim"), {"name": "김 민수"}, ["민수", "김", "김 민수"]),
        (("Ann", "Bell", "Ann Bell"), {"name": "Anna B."}, ["Ann", "Bell", "Ann Bell"]),
        (("Ann", "B.", "Ann B."), {"name": "Anna Bell"}, ["Anna", "Bell", "Anna Bell"]),
    ],
)
def test_a_name_is_of_one_source(log, known, told, shown):
    """A family name of one letter is whole, and the parts of a name that is cut short are worth no more than it."""
    first, last, full = known
    log.leads(1, person_first_name=first, person_last_name=last, person_full_name=full)
    log.answers_person(1, {"result": told})
    lead = log.lead(1)
    assert [lead[f"person_{part}_name"] for part in ("first", "last", "full")] == shown


def test_a_name_that_is_cut_short_is_better_than_none(log):
    """And a whole one takes its place, though it is trusted less."""
    log.leads(1)
    log.answers_person(1, {"result": {"name": "Jane"}})
    assert log.lead(1)["person_full_name"] == "Jane"
    log.imports_person(1, person_full_name="Jane Smith")
    assert log.lead(1)["person_full_name"] == "Jane Smith"


def test_a_website_of_another_domain_is_not_shown(log):
    """A company that is at another domain by a better source has no website until one is told."""
    log.leads(1, 1, company_domain="caldora.example", company_website="https://www.caldora.example/about")
    assert log.lead(1)["company_website"] == "https://www.caldora.example/about"
    log.answers_company(1, company_answer())
    lead = log.lead(1)
    assert (lead["company_domain"], lead["company_website"]) == ("quillhaven.example", None)
    assert "company_website" not in lead["provenance"]


def test_a_website_that_its_own_source_has_at_another_domain_is_shown(log):
    """Many a company's site is at its country's domain and its mail at another."""
    log.leads(1, 1, company_domain="caldora.example", company_website="https://www.caldora-group.example/")
    assert log.lead(1)["company_website"] == "https://www.caldora-group.example/"
