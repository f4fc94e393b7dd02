"""The two sample files load fully and rightly."""

import json
from pathlib import Path

import pytest

from enrichcore.ingest import ImportedRow, read_import

DATA = Path(__file__).parents[2] / "data"


@pytest.fixture(scope="module")
def expected():
    """What is true of the sample's people and companies."""
    return json.loads((DATA / "expected.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def apollo():
    """The Apollo export."""
    return read_import(DATA / "apollo_people_export.csv", profile="apollo")


@pytest.fixture(scope="module")
def hubspot():
    """The HubSpot export."""
    return read_import(DATA / "crm_people_hubspot.csv", profile="crm")


def test_every_apollo_row_is_a_person_of_a_known_company(apollo, expected):
    """The facts are the true ones wherever the file tells them, and companies are one by domain."""
    rows = list(apollo.rows())
    assert all(isinstance(row, ImportedRow) for row in rows)
    assert len(rows) == len(expected["people_apollo"])
    assert apollo.blank_rows == 1
    assert len({row.company_keys[0] for row in rows}) == len(expected["companies"])
    for row, truth in zip(rows, expected["people_apollo"], strict=True):
        same = ("person_linkedin_url", "person_location")
        assert {fact: row.person[fact] for fact in same} == {fact: truth[fact] for fact in same}
        assert row.person["person_full_name"].casefold() == truth["person_full_name"].casefold()
        assert row.company["company_domain"] == truth["company_domain"]


def test_apollo_addresses_are_those_of_the_file_without_placeholders(apollo, expected):
    """Missing and locked addresses are unknown; a free one is kept, though it tells no company."""
    defects = expected["apollo_defects_by_row"]
    unknown = {*defects["missing_email"], *defects["email_locked_placeholder"]}
    for row, truth in zip(apollo.rows(), expected["people_apollo"], strict=True):
        email = row.person.get("person_email")
        if truth["row"] in unknown:
            assert email is None
        elif truth["row"] in defects["free_mail_address_with_company_site"]:
            assert email.endswith("@gmail.com")
        else:
            assert email == truth["person_email"]


def test_apollo_company_facts_are_the_true_ones(apollo, expected):
    """Counts, places, technologies and funding agree wherever the row has them."""
    truths = {company["company_domain"]: company for company in expected["companies"]}
    names = {"last_raised_at": "company_last_raised_at", "latest_funding": "company_latest_funding"}
    for row in apollo.rows():
        truth = truths[row.company["company_domain"]]
        for fact in (
            "company_employee_count",
            "company_city",
            "company_state",
            "company_country",
            "company_technologies",
        ):
            assert row.company.get(fact, truth[fact]) == truth[fact]
        for name, fact in names.items():
            assert row.company.get(fact) == truth[name]


def test_every_hubspot_row_is_a_person(hubspot):
    """One has no company, one had its domain and website swapped, one is associated with two others."""
    rows = list(hubspot.rows())
    assert len(rows) == 24
    assert all(isinstance(row, ImportedRow) for row in rows)
    assert hubspot.encoding == "utf-8-sig"
    assert not hubspot.mapping.ambiguous
    by_name = {row.person["person_full_name"]: row for row in rows}
    assert by_name["Basil Blackmoss"].company_keys == ()
    assert by_name["Elowen Eddlestone"].company["company_domain"] == "tallowbrook-fictional.com.au"
    assert by_name["Calista Cindervale"].company["company_name"] == "Nopalito Foods, S.A. de C.V."
    assert by_name["Ginevra Goldhawk"].person["person_last_name"] == "Goldhawk"
    assert by_name["Isaura Inglethorn"].person["person_title"] == "VP Sales & Marketing"
    for row in rows:
        domain = row.person.get("person_email", "").rpartition("@")[2]
        if row.company and domain:
            assert row.company["company_domain"] == domain


def test_people_in_both_files_share_a_key(apollo, hubspot):
    """The same person is known again, whichever keys the two files have."""
    known = {key for row in apollo.rows() for key in row.person_keys}
    names = {row.person["person_full_name"] for row in apollo.rows()}
    both = [row for row in hubspot.rows() if row.person["person_full_name"] in names]
    assert both
    assert all(known & set(row.person_keys) for row in both)


def test_every_fact_is_json(apollo, hubspot):
    """Facts go into events as they are."""
    for row in (*apollo.rows(), *hubspot.rows()):
        facts = row.person | row.company
        assert json.loads(json.dumps(facts)) == facts
        assert all(value not in ("", None, []) for value in facts.values())
