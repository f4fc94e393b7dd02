"""How long an answer stands against an import that tells something new."""

from datetime import timedelta

import pytest

from enrichcore.fields import Rules, rules_of, rules_to_json
from tests.unit.projections.answers import company_answer, person_answer
from tests.unit.projections.written_log import ASK_COMPANY, ASK_PERSON, NORMALIZE

LONG = timedelta(days=700)
SOON = timedelta(days=100)


@pytest.mark.parametrize(("later", "title", "source"), [(SOON, "Chief Buyer", ASK_PERSON), (LONG, "Seller", "import")])
def test_a_stale_answer_gives_way_to_what_an_import_newly_tells(log, later, title, source):
    """A fresh one does not; provenance tells which of the two is shown, and since when."""
    log.leads(1, person_title="Buyer", person_headline="Buys")
    log.answers_person(1, person_answer(title="Chief Buyer", headline="Buys for all"))
    log.now += later
    told = log.imports_person(1, person_title="Seller", person_headline="Buys")
    lead = log.lead(1)
    assert (lead["person_title"], lead["provenance"]["person_title"][0]) == (title, source)
    if source == "import":
        assert (lead["updated_at"], lead["provenance"]["person_title"][1]) == (told.at, told.position)


def test_an_import_that_says_what_it_always_said_is_no_news(log):
    """The same file is uploaded again every week; what it says was outdone by the answer once."""
    log.leads(1, 1, person_headline="Buys", company_name="Quillhaven", company_city="Leeds", company_country="Norway")
    log.answers_person(1, person_answer(headline="Buys for all"))
    log.answers_company(1, company_answer(locality="Boston, MA", country="US"))
    log.now += LONG
    log.imports_person(1, person_headline="Buys")
    log.imports_company(1, company_name="Quillhaven", company_city="Leeds", company_country="Norway")
    log.now += LONG
    log.imports_person(1, person_headline="Buys")
    lead = log.lead(1)
    assert (lead["person_headline"], lead["company_city"], lead["company_name"]) == (
        "Buys for all",
        "Boston",
        "Quillhaven Robotics, Inc.",
    )


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"person_title": "Buyer"}, {"person_title": "Einkauf"}),
        ({"person_title": "Buyer"}, {"person_title": "Einkauf", "person_current_job_start_date": "2024"}),
        ({"person_headline": "Buys"}, {"person_headline": "Kauft ein"}),
        ({"person_email": "ann@quillhaven.example"}, {"person_email": "a.bell@quillhaven.example"}),
        ({"company_name": "Mooncroft"}, {"company_name": "Oakmere"}),
        ({"company_city": "Leeds", "company_country": "Norway"}, {"company_city": "Bergen", "company_country": "Norway"}),
        ({"company_city": "Leeds", "company_country": "Norway"}, {"company_city": "Bergen"}),
        ({"company_industry": "Retail"}, {"company_industry": "Chess"}),
    ],
)  # fmt: skip
def test_lists_that_contradict_each_other_by_turns_tell_no_news(log, first, second):
    """Each has said so before; a third value is news still."""

    def uploads(facts):
        imports = log.imports_person if any(name.startswith("person_") for name in facts) else log.imports_company
        imports(1, **facts)

    log.leads(1, 1, **first)
    uploads(second)
    log.answers_person(
        1, {"result": {"name": "Ann Bell", "email": "bell@quillhaven.example", "title": "Chief Buyer", "headline": "Buys all"}}
    )  # fmt: skip
    log.answers_company(1, company_answer(locality="Boston, MA", country="US", industry="Robotics"))
    answered = log.lead(1)
    for facts in (first, second, first):
        log.now += LONG
        uploads(facts)
        lead = log.lead(1)
        assert {name: lead[name] for name in first} == {name: answered[name] for name in first}
        assert all(lead["provenance"][name][0] != "import" for name in first)
    uploads({name: "anna@quillhaven.example" if name == "person_email" else "Narvik" for name in first})
    assert all(log.lead(1)["provenance"][name][0] == "import" for name in first)


def test_a_file_that_has_somebody_twice_tells_no_news_when_it_comes_again(log):
    """Nor does one whose person was outdone by an import in between."""
    log.leads(1, person_title="Buyer", person_headline="Buys")
    log.imports_person(1, person_title="Head of Buying", person_headline="Heads")
    log.answers_person(1, person_answer(title="Chief Buyer", headline="Buys for all"))
    log.now += LONG
    log.imports_person(1, person_title="Buyer", person_headline="Buys")
    log.imports_person(1, person_title="Head of Buying", person_headline="Heads")
    lead = log.lead(1)
    assert (lead["person_title"], lead["person_headline"]) == ("Chief Buyer", "Buys for all")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"person_title": "Buyer"}, {"person_title": "buyer"}),
        ({"person_title": "head of buying"}, {"person_title": "Head of  Buying"}),
        ({"person_headline": "Buys, sells"}, {"person_headline": "BUYS & SELLS"}),
        ({"company_name": "MOONCROFT"}, {"company_name": "Mooncroft"}),
        ({"company_city": "tromso"}, {"company_city": "Tromsø"}),
        ({"company_industry": "retail"}, {"company_industry": "Retail"}),
        ({"company_technologies": ["sap"]}, {"company_technologies": ["SAP"]}),
    ],
)
def test_other_letters_are_no_news(log, before, after):
    """A later release may clean the same file in another way."""
    is_person = any(name.startswith("person_") for name in before)
    log.leads(1, 1, **before)
    log.answers_person(1, person_answer(title="Chief Buyer", headline="Buys for all"))
    log.answers_company(
        1, company_answer(locality="Boston, MA", country="US", industry="Robotics", technologies=["ROS"])
    )
    log.now += LONG
    (log.imports_person if is_person else log.imports_company)(1, **after)
    assert all(log.lead(1)["provenance"][name][0] != "import" for name in before)


def test_only_so_many_values_are_remembered(log):
    """What an import said long ago, and many others since, counts as new."""
    log.leads(1, person_headline="Buys")
    log.answers_person(1, person_answer(headline="Buys for all"))
    for number in range(20):
        log.imports_person(1, person_headline=f"Buys {number}")
    log.now += LONG
    log.imports_person(1, person_headline="Buys 19")
    assert log.lead(1)["person_headline"] == "Buys for all"
    log.imports_person(1, person_headline="Buys")
    assert log.lead(1)["person_headline"] == "Buys"


def test_news_reach_places_names_and_addresses_too(log):
    """They are remembered as claims, by what they tell."""
    log.leads(1, 1, person_email="ann@quillhaven.example")
    log.answers_person(
        1, {"result": {"first_name": "Ann", "last_name": "Bell", "work_email": "bell@quillhaven.example"}}
    )
    log.answers_company(1, company_answer(locality="Boston, MA", country="US"))
    log.now += LONG
    log.imports_person(1, person_email="ann.bell@quillhaven.example")
    log.imports_company(
        1, company_name="Mooncroft", company_city="Leeds", company_state="England", company_country="United Kingdom"
    )
    lead = log.lead(1)
    assert (lead["person_email"], lead["company_name"], lead["company_city"], lead["company_state"]) == (
        "ann.bell@quillhaven.example",
        "Mooncroft",
        "Leeds",
        "England",
    )
    assert {lead["provenance"][name][0] for name in ("person_email", "company_name", "company_city")} == {"import"}


def test_an_answer_that_was_confirmed_is_as_fresh_as_that(log):
    """The second answer says the same as the first."""
    log.leads(1)
    log.answers_person(1, person_answer(title="Chief Buyer"))
    log.now += LONG
    log.answers_person(1, person_answer(title="Chief Buyer"))
    log.now += SOON
    log.imports_person(1, person_title="Seller")
    assert log.lead(1)["person_title"] == "Chief Buyer"


def test_a_later_answer_outdoes_the_news(log):
    """Fresh enrichment goes over the import again."""
    log.leads(1, 1, company_type="Public")
    log.answers_company(1, company_answer())
    log.now += LONG
    log.imports_company(1, company_name="Mooncroft")
    log.answers_company(1, company_answer())
    lead = log.lead(1)
    assert (lead["company_name"], lead["provenance"]["company_name"][0]) == ("Quillhaven Robotics, Inc.", ASK_COMPANY)


def test_what_a_local_step_made_of_an_old_import_is_stale_as_well(log):
    """It was made of what the file said then."""
    log.leads(1, 1, company_type="PUBLIC CO")
    log.computes(1, company_type="Public")
    log.now += SOON
    log.imports_company(1, company_type="PRIVATE CO")
    assert log.lead(1)["provenance"]["company_type"][0] == NORMALIZE
    log.now += LONG
    log.imports_company(1, company_type="Privately held")
    assert log.lead(1)["company_type"] == "Privately held"


def test_two_people_who_turn_out_to_be_one_are_held_to_it(log):
    """It does not matter which of them was told of by which source."""
    log.leads(1, person_title="Buyer")
    log.answers_person(1, person_answer(title="Chief Buyer"))
    log.now += LONG
    log.leads(2, batch=2, person_title="Seller")
    log.merges_persons(1, 2)
    assert log.lead(1)["person_title"] == "Seller"


def test_for_how_long_is_configured(log):
    """As all rules are: the newest configuration counts for the whole log."""
    rules = Rules(trusted_for=timedelta(days=1000))
    assert rules_of({"rules": rules_to_json(rules)}) == rules
    assert rules_to_json(Rules()) == {}
    log.applies(rules)
    log.leads(1)
    log.answers_person(1, person_answer(title="Chief Buyer"))
    log.now += LONG
    log.imports_person(1, person_title="Seller")
    assert log.lead(1)["person_title"] == "Chief Buyer"
