"""What wins in a lead, and when a lead changes."""

from datetime import date, timedelta
from itertools import permutations
from uuid import uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichcore.domain import events as e
from enrichcore.domain.answers import Rank
from enrichcore.fields import Rules, SomebodyElse
from projections.final_leads.emails import Trust, email_weight
from tests.unit.projections.written_log import (
    ACME,
    ASK_COMPANY,
    ASK_EMAIL,
    ASK_PERSON,
    GLOBEX,
    NORMALIZE,
    START,
    WrittenLog,
    named,
)

NOTHINGS = ["", " ", None, [], {}, "N/A", "null", "-", "undefined", "No person found"]


@pytest.fixture
def log():
    """An empty log."""
    return WrittenLog()


def company_answer(**fields):
    """What a provider says of a company."""
    return {"result": {"name": "Quillhaven Robotics, Inc.", "domain": "quillhaven.example", **fields}}


def person_answer(**fields):
    """What a provider says of a person."""
    return {"result": {"first_name": "Ann", "last_name": "Fennimarsh", **fields}}


def employed(*jobs):
    """A person's answer with a whole history: (domain, first day, last day or None)."""
    return person_answer(
        experience=[
            {
                "company": domain.split(".")[0].capitalize(),
                "company_domain": domain,
                "title": "Buyer",
                "start_date": first,
                "end_date": last,
            }
            for domain, first, last in jobs
        ]
    )


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
