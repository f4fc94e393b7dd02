"""Registration forms, enriched tables, and reports that repeat their header: what stands in them is read, or is nothing."""

import pytest

from enrichcore.ingest import ImportedRow, RejectedRow
from tests.unit.ingest.rows import read


def facts(*lines, profile="crm"):
    """What the one record of a file tells."""
    (row,) = read(*lines, profile=profile)
    assert isinstance(row, ImportedRow), row
    return row.person | row.company


def test_the_questions_of_a_registration_form_are_columns():
    """Organisers ask for the employer, the job and the profile in whole sentences."""
    told = facts(
        "name,email,What company do you work for?,What is your job title?,What's your LinkedIn profile?",
        "Teo Vance,teo@halberd.example,Halberd,Staff engineer,linkedin.com/in/teovance",
    )
    assert told["company_name"] == "Halberd"
    assert told["person_title"] == "Staff engineer"
    assert told["person_linkedin_url"] == "https://www.linkedin.com/in/teovance"


def test_close_calls_the_company_of_a_contact_a_lead():
    """And its contacts have a page of their own."""
    told = facts(
        "id,lead_id,lead_name,lead_url,name,title,primary_email,primary_email_type,primary_url",
        "c1,l1,Sorrel Analytics,,Mina Castellane,VP,mina@sorrel.example,office,https://www.linkedin.com/in/mina-c",
    )
    assert (told["company_name"], told["person_full_name"]) == ("Sorrel Analytics", "Mina Castellane")
    assert told["person_linkedin_url"] == "https://www.linkedin.com/in/mina-c"


@pytest.mark.parametrize("cell", ["Missing input", "Run condition not met", "❌ Rate limit exceeded"])
def test_what_a_failed_column_shows_is_no_value(cell):
    """A table that was enriched elsewhere is exported with it."""
    told = facts(
        "Full Name,Work Email,Company Name,Job Title,Location", f"Sanne Vos,s@vos.example,{cell},{cell},{cell}"
    )
    assert not told.keys() & {"company_name", "person_title", "person_location"}


@pytest.mark.parametrize(
    ("cell", "day"), [("45870", "2025-08-01"), ("45870.5", "2025-08-01"), ("2021", "2021"), ("12345", None)]
)
def test_a_day_that_a_spreadsheet_shows_as_its_number_is_that_day(cell, day):
    """Its format is lost on the way to CSV."""
    assert (
        facts("Full Name,Company,Job Start Date", f"Ada Bell,Acme,{cell}").get("person_current_job_start_date") == day
    )


def test_a_header_that_is_repeated_below_groups_hides_no_rows():
    """The line of groups stands above the first one only."""
    rows = read(
        "Contact,,,Company,",
        "First name,Last name,E-mail,Name,Website",
        "Ada,Bell,ada@acorn.example,Acorn,acorn.example",
        "FIRST NAME,LAST NAME,E-MAIL,NAME,WEBSITE",
        "Bob,Fenn,bob@acorn.example,Acorn,acorn.example",
    )
    assert [type(row) for row in rows] == [ImportedRow, RejectedRow, ImportedRow]
    assert rows[1].reason == "it is the header line again"


def test_a_page_in_an_indic_script_is_one():
    """Its vowels are marks that stand with a letter."""
    told = facts(
        "Full Name,LinkedIn", "Anand Iyer,https://www.linkedin.com/in/%E0%A4%86%E0%A4%A8%E0%A4%82%E0%A4%A6-iyer"
    )
    assert told["person_linkedin_url"] == "https://www.linkedin.com/in/%E0%A4%86%E0%A4%A8%E0%A4%82%E0%A4%A6-iyer"


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("Putin Vladimir Vladimirovich", "Vladimir Vladimirovich", "Putin"),
        ("Kim Olga Petrovna", "Olga Petrovna", "Kim"),
        ("Martin Paul Petrovich", "Martin Paul", "Petrovich"),
        ("John Peter Markovich", "John Peter", "Markovich"),
    ],
)
def test_a_patronymic_in_latin_letters_tells_the_order_where_it_is_surely_one(name, first, last):
    """Some last names end so, too: then a first name in front counts for more."""
    told = facts("Full Name,Company", f"{name},Acme")
    assert (told["person_first_name"], told["person_last_name"]) == (first, last)


@pytest.mark.parametrize("cell", ["currently between jobs", "asdf"])
def test_what_people_type_to_get_past_a_form_is_no_company(cell):
    """They have to write something."""
    assert "company_name" not in facts("Full Name,Email,Company", f"Ada Bell,ada@gmail.com,{cell}")


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("Full Name,Company", "Ada Team,Acme"),
        ("First Name,Last Name,Company", "Ada,Team,Acme"),
        ("Full Name,Company", "Ada M. TEAM,Acme"),
    ],
)
def test_a_family_may_be_called_team(header, row):
    """Then a first name stands before it."""
    told = facts(header, row)
    assert (told["person_first_name"], told["person_last_name"]) == ("Ada", "Team")


@pytest.mark.parametrize("name", ["Orchard Team", "The Orchard Sales Team", "Ada Sales Team", "A Team", "The Ada Team"])
def test_a_team_is_nobody(name):
    """Its address stays, as that of a mailbox."""
    assert "person_full_name" not in facts("Full Name,Email", f"{name},hello@orchard.example")


def test_brak_is_no_company():
    """It says in Polish that there is none."""
    assert "company_name" not in facts("Full Name,Email,Company", "Ada Kus,ada@gmail.com,brak")
