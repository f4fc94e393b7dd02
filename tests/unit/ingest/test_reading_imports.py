"""From rows of a file to people and companies."""

import pytest

from enrichcore.domain.keys import Key, KeyKind
from enrichcore.ingest import read_import
from tests.unit.ingest.rows import domain_key, only, read


def test_a_row_gives_raw_cells_clean_facts_and_keys():
    """What the file said is kept beside what was understood."""
    row = only(
        "Full Name,Email,Company,Website", " Jo  Vale ", "JO@Vale.example", "Vale &amp; Co", "www.vale.example/x"
    )
    assert row.line == 2
    assert row.raw == {
        "Full Name": " Jo  Vale ",
        "Email": "JO@Vale.example",
        "Company": "Vale &amp; Co",
        "Website": "www.vale.example/x",
    }
    assert row.person == {
        "person_first_name": "Jo",
        "person_last_name": "Vale",
        "person_full_name": "Jo Vale",
        "person_email": "jo@vale.example",
    }
    assert row.company == {
        "company_name": "Vale & Co",
        "company_website": "https://www.vale.example/x",
        "company_domain": "vale.example",
    }
    assert row.person_keys == (
        Key(KeyKind.PERSON_EMAIL, "jo@vale.example"),
        Key(KeyKind.PERSON_NAME, "jo vale @ vale.example"),
    )
    assert row.company_keys == (domain_key("vale.example"), Key(KeyKind.COMPANY_NAME, "vale"))


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("Ginevra Goldhawk", "", ("Ginevra", "Goldhawk")),
        ("Ginevra Goldhawk", "Goldhawk", ("Ginevra", "Goldhawk")),
        ("Ginevra Goldhawk", "Ginevra Goldhawk", ("Ginevra", "Goldhawk")),
        ("Anneliese", "von der Traumaue", ("Anneliese", "von der Traumaue")),
        ("Anneliese von der Traumaue", "", ("Anneliese", "von der Traumaue")),
        ("Mary Ann", "Vale", ("Mary Ann", "Vale")),
        ("", "Vale", (None, "Vale")),
        ("Vale", "Vale", ("Vale", "Vale")),
        ("N/A", "Vale", (None, "Vale")),
    ],
)
def test_a_full_name_in_the_first_names_column_is_split(first, last, expected):
    """The first name holds no last name afterwards; a last name alone stays one."""
    row = only("First Name,Last Name,Email", first, last, "x@vale.example")
    assert (row.person.get("person_first_name"), row.person.get("person_last_name")) == expected


@pytest.mark.parametrize(
    ("website", "domain", "email"),
    [
        ("https://shop.vale.example:80/a?b", "", "x@other.example"),
        ("", "vale.example", "x@other.example"),
        ("VALE.EXAMPLE", "https://www.vale.example/", ""),
        ("https://www.linkedin.com/company/vale", "", "x@vale.example"),
        ("", "", "x@mail.vale.example"),
        ("facebook.com/vale", "gmail.com", "x@vale.example"),
        ("", "info@vale.example", ""),
        ("a.example; b.example", "", "x@vale.example"),
        ("vale.example;www.vale.example", "", ""),
        ("", "email_not_unlocked@domain.com", "x@vale.example"),
    ],
)
def test_the_companys_domain_is_of_its_website_else_of_the_address_at_work(website, domain, email):
    """Swapped columns, social pages, free mail and lists do not mislead it."""
    row = only("Full Name,Website,Company Domain,Email", "Jo Vale", website, domain, email)
    assert row.company["company_domain"] == "vale.example"
    assert row.company_keys[0] == domain_key("vale.example")


def test_without_a_domain_the_linkedin_page_and_then_the_name_tell_the_company():
    """Keys come strongest first."""
    row = only(
        "Name,Company,Company LinkedIn URL,Email", "Jo Vale", "Vale Ltd", "linkedin.com/company/Vale-Co/", "j@gmail.com"
    )
    assert [key.kind for key in row.company_keys] == [KeyKind.COMPANY_LINKEDIN, KeyKind.COMPANY_NAME]
    assert row.company_keys[0].value == "vale-co"
    assert row.person_keys[1] == Key(KeyKind.PERSON_NAME, "jo vale @ vale-co")


def test_of_several_associated_companies_none_is_chosen():
    """Without anything else that names the company the person has none."""
    row = only("First Name,Last Name,Associated Company,Industry", "Jo", "Vale", "Vale Ltd;Thorn AB", "ENERGY")
    assert row.company == {}
    assert row.company_keys == ()
    assert row.person_keys == (Key(KeyKind.PERSON_NAME, "jo vale"),)
    assert row.raw["Associated Company"] == "Vale Ltd;Thorn AB"


def test_one_company_listed_twice_is_one():
    """Names that differ in legal form and case only are the same company."""
    row = only("Name,Company", "Jo Vale", "Vale Ltd; VALE LIMITED")
    assert row.company["company_name"] == "Vale Ltd"


def test_columns_of_one_fact_are_asked_in_order_row_by_row():
    """A blank or undecided cell leaves the fact to the next column."""
    headers = "First Name,Company name,Company Name,Associated Company (Primary),Email"
    rows = read(headers, "A,Record,Typed,List,a@gmail.com", "B,,Typed,List,b@gmail.com", "C,X;Y,,List,c@gmail.com")
    assert [row.company["company_name"] for row in rows] == ["Record", "Typed", "List"]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("email_not_unlocked@domain.com", None),
        ("no e-mail", None),
        ("  Jo.Vale@VALE.example ", "jo.vale@vale.example"),
        ("jo@gmail.com; jo@vale.example", "jo@vale.example"),
        ("jo@vale.example, jo@thorn.example", "jo@vale.example"),
        ("Jo Vale <jo@vale.example>", "jo@vale.example"),
        ("mailto:jo@vale.example", "jo@vale.example"),
    ],
)
def test_the_address_is_the_first_usable_one_at_work(cell, expected):
    """Placeholders are none, and a cell may hold several."""
    row = only("Full Name,Email", "Jo Vale", cell)
    assert row.person.get("person_email") == expected


def test_a_second_address_takes_a_missing_firsts_place_with_its_status():
    """The status of a placeholder says nothing about another address."""
    row = only(
        "First Name,Last Name,Email,Email Status,Secondary Email,Secondary Email Status",
        "Jo", "Vale", "email_not_unlocked@domain.com", "Unavailable", "jo@vale.example", "Verified",
        profile="apollo",
    )  # fmt: skip
    assert row.person["person_email"] == "jo@vale.example"
    assert row.person["person_email_status"] == "verified"
    assert "person_secondary_email" not in row.person


def test_a_status_without_an_address_is_left_out():
    """It would be wrong beside an address that is found later."""
    row = only("First Name,Last Name,Email,Email Status", "Jo", "Vale", "", "Unavailable", profile="apollo")
    assert "person_email_status" not in row.person


@pytest.mark.parametrize(
    ("mailbox", "shared"),
    [
        ("info", True), ("sales2", True), ("info.de", True), ("hr-team", True), ("sales_emea", True), ("it.support", True),
        ("ann", False), ("sales.ann", False), ("salesman", False), ("ann.info", False), ("it.lee", False), ("42", False),
    ],
)  # fmt: skip
def test_a_mailbox_of_a_role_identifies_nobody(mailbox, shared):
    """Also the second of them, and that of one country; a name behind the role makes it somebody's."""
    content = f"First Name,Last Name,Email,Company\nAnn,Lee,{mailbox}@beta.example,Beta\n".encode()
    (row,) = read_import(content, profile="crm").rows()
    assert (KeyKind.PERSON_EMAIL not in {key.kind for key in row.person_keys}) == shared
    assert row.person["person_email"] == f"{mailbox}@beta.example"


def test_a_shared_mailbox_does_not_make_two_people_one():
    """`info@` identifies a person only where nothing else does."""
    rows = read(
        "Name,Email,Company",
        "Jo Vale,info@vale.example,Vale",
        "Al Thorn,info@vale.example,Vale",
        ",info@vale.example,Vale",
    )
    assert [row.person_keys[0].kind for row in rows] == [KeyKind.PERSON_NAME, KeyKind.PERSON_NAME, KeyKind.PERSON_EMAIL]
    assert len({row.person_keys for row in rows}) == 3
    assert all(row.person["person_email"] == "info@vale.example" for row in rows)


@pytest.mark.parametrize(
    ("header", "cell", "fact", "value"),
    [
        ("Phone", "'+1 202-555-0101", "person_phone", "+1 202-555-0101"),
        ("Job Title", "VP Sales &amp; Marketing", "person_title", "VP Sales & Marketing"),
        ("Job Title", "Dr.", "person_title", None),
        ("Job Title", "3", "person_title", None),
        ("Job Title", "<b>CEO</b>", "person_title", "CEO"),
        ("Job Title", "jane@quillhaven.example", "person_title", None),
        ("Job Title", "CEO @Quillhaven", "person_title", "CEO @Quillhaven"),
        ("Job Title", "R&D <5 people", "person_title", "R&D <5 people"),
        ("Industry", "3", "company_industry", None),
        ("Industry", "<i>Mining</i>; mining", "company_industry", "Mining"),
        ("City", "3", "person_city", None),
        ("Company City", "<p>Berlin</p>", "company_city", "Berlin"),
        ("State", "9", "person_state", None),
        ("Country", "US", "person_country", "United States"),
        ("LinkedIn", "HTTPS://de.LinkedIn.com/in/Jo-Vale/?x=1", "person_linkedin_url", "https://www.linkedin.com/in/jo-vale"),
        ("Location", "Leeds, England", "person_location", "Leeds, England"),
        ("Number of Employees", "2,210", "company_employee_count", 2210),
        ("Number of Employees", "1.204,00", "company_employee_count", 1204),
        ("Number of Employees", "201-500 employees", "company_size_bucket", "201-500 employees"),
        ("Number of Employees", "1001\u20135000", "company_size_bucket", "1001\u20135000"),
        ("Number of Employees", "10001+", "company_size_bucket", "10001+"),
        ("Number of Employees", "20-70", "company_size_bucket", "20-70"),
        ("Number of Employees", "Nov-50", "company_size_bucket", None),
        ("Company Size", "214", "company_employee_count", 214),
        ("Annual Revenue", "$2,400,000,000", "company_annual_revenue", 2_400_000_000),
        ("Annual Revenue", "1.234.567,00", "company_annual_revenue", 1_234_567),
        ("Annual Revenue", "41M", "company_annual_revenue", 41_000_000),
        ("Annual Revenue", "$10M - $25M", "company_revenue_range", "$10M - $25M"),
        ("Annual Revenue", "unknown", "company_annual_revenue", None),
        ("Annual Revenue", "1.20E+06", "company_annual_revenue", 1_200_000),
        ("Annual Revenue", "1e99", "company_annual_revenue", None),
        ("Industry", "OIL_AND_ENERGY", "company_industry", "Oil and Energy"),
        ("Industry", "MACHINERY", "company_industry", "Machinery"),
        ("Industry", "machinery", "company_industry", "machinery"),
        ("Industry", "Software;Finance", "company_industry", None),
        ("Industry", "--None--", "company_industry", None),
        ("Technologies", '["SAP", {"name": "AWS"}]', "company_technologies", ["SAP", "AWS"]),
        ("Technologies", "[SAP", "company_technologies", ["[SAP"]),
        ("Technologies", "SAP, AWS, Sales…", "company_technologies", ["SAP", "AWS"]),
        ("Technologies", "SAP, " + "A" * 245 + ", Sal", "company_technologies", ["SAP", "A" * 245]),
        ("Phone", "1.20255E+10", "person_phone", None),
        ("Technologies", "SAP, Palantir (Foundry, Gotham), sap", "company_technologies", ["SAP", "Palantir (Foundry, Gotham)"]),
        ("Last Raised At", "2026-09-14", "company_last_raised_at", "2026-09-14"),
        ("Founded Year", "2014", "company_founded_year", 2014),
        ("Founded Year", "1847", "company_founded_year", 1847),
        ("Founded Year", "14", "company_founded_year", None),
        ("Website", "https://www.linkedin.com/company/vale", "company_website", None),
        ("Website", "https://www.facebook.com/vale", "company_website", None),
        ("Website", "gmail.com", "company_website", None),
        ("Website", "https://www.linkedin.com/company/vale", "company_linkedin_url", "https://www.linkedin.com/company/vale"),
        ("LinkedIn URL", "linkedin.com/company/vale", "company_linkedin_url", "https://www.linkedin.com/company/vale"),
        ("Website", "linkedin.com/in/jo-v", "person_linkedin_url", "https://www.linkedin.com/in/jo-v"),
        ("Company LinkedIn URL", "linkedin.com/in/jo-v", "person_linkedin_url", "https://www.linkedin.com/in/jo-v"),
        ("Do Not Call", "TRUE", "person_do_not_call", True),
        ("Unsubscribed from all email", "Yes", "person_do_not_email", True),
    ],
)  # fmt: skip
def test_a_cell_becomes_the_fact_that_it_tells(header, cell, fact, value):
    """Each kind of cell is cleaned; what it cannot mean is left out."""
    row = only(f"Full Name,Email,{header}", "Jo Vale", "jo@vale.example", cell)
    assert (row.person | row.company).get(fact) == value


def test_a_name_written_last_name_first_is_turned_round():
    """A comma tells the order."""
    row = only("Full Name,Email", "Vale, Jo", "jo@vale.example")
    assert row.person["person_full_name"] == "Jo Vale"
    assert row.person_keys[1].value == "jo vale @ vale.example"


@pytest.mark.parametrize(
    ("first", "last", "full"),
    [("Jo", "", None), ("", "Vale", None), ("Jo", "Vale, CEO", "Jo Vale"), ("Jo", "Vale", "Jo Vale")],
)
def test_half_a_name_is_no_full_name(first, last, full):
    """What is missing is unknown, and a job behind a comma is no name."""
    assert only("First Name,Last Name,Email", first, last, "jo@vale.example").person.get("person_full_name") == full


def test_half_a_name_makes_no_two_people_one():
    """Two Jos of one company are two people, unless nothing else tells them apart."""
    one, two, nameless = read(
        "First Name,Email,Company", "Jo,jo.a@vale.example,Vale", "Jo,jo.b@vale.example,Vale", "Jo,,Vale"
    )
    assert not set(one.person_keys) & set(two.person_keys)
    assert [key.value for key in nameless.person_keys] == ["jo @ vale"]


def test_a_states_code_is_spelled_out_where_its_country_is_known():
    """The same place reads the same whichever system wrote it."""
    row = only(
        "Name,City,State,Country,Company,Billing State,Billing Country", "Jo", "Boston", "MA", "US", "Vale", "BY", "DE"
    )
    assert row.person["person_location"] == "Boston, Massachusetts, United States"
    assert row.company["company_state"] == "Bayern"


def test_a_place_is_composed_of_its_parts():
    """City, state and country make the location, as far as they are known."""
    assert only("Name,City,State,Country", "Jo", "Oslo", "Oslo", "NO").person["person_location"] == "Oslo, Oslo, Norway"
    assert only("Name,City,State,Country", "Jo", "", "-", "Norway").person["person_location"] == "Norway"


def test_overrides_reach_the_rows():
    """A column that the profile does not know tells the field that it is mapped to."""
    (row,) = read("Name,Arbeitgeber X", "Jo Vale,Thorn AB", overrides={"Arbeitgeber X": "company_name"})
    assert row.company["company_name"] == "Thorn AB"


@pytest.mark.parametrize("header", ["Email,Work Email", "Work Email,Email", "Email Address,Business Email"])
@pytest.mark.parametrize("profile", ["crm", "apollo"])
def test_of_two_columns_the_address_at_a_company_counts(header, profile):
    """A private one is kept beside it, and a status that may be of either is left out."""
    content = f"Name,{header},Email Status\nAnn Fenn,ann@gmail.com,ann@acme.example,verified\nBob Fenn,bob@gmail.com,,verified\n"
    reading = read_import(content.encode(), profile=profile)
    ann, bob = (row.person for row in reading.rows())
    assert (ann["person_email"], ann.get("person_secondary_email", "ann@gmail.com")) == ("ann@acme.example", "ann@gmail.com")  # fmt: skip
    assert "person_email_status" not in ann
    assert (bob["person_email"], bob["person_email_status"]) == ("bob@gmail.com", "verified")
    assert [note for note in reading.notes if "one at a company before a private one" in note] == list(reading.notes)


def test_columns_that_do_not_tell_which_is_for_work_stay_ambiguous():
    """Which of two plain ones is meant is not guessed."""
    assert set(read_import(b"Name,Email,Email Address\nAnn,a@b.example,c@d.example\n", profile="crm").mapping.ambiguous) == {"Email", "Email Address"}  # fmt: skip


@pytest.mark.parametrize(
    ("city", "state", "told"),
    [
        ("Boston", "MA", ("Massachusetts", "United States")), ("Perth", "WA", ("Western Australia", "Australia")), ("Dundee", "Scotland", ("Scotland", "United Kingdom")),
        ("Husum", "DE", (None, None)), ("Lahore", "Punjab", ("Punjab", None)), ("Boston", "", (None, None)),
    ],
)  # fmt: skip
def test_a_state_tells_its_country_where_only_one_can_be_meant(city, state, told):
    """As in answers; a code that may be another's is not shown."""
    content = f"Name,Email,Company City,Company State\nAnn Fenn,ann@acme.example,{city},{state}\n"
    (row,) = read_import(content.encode(), profile="crm").rows()
    assert (row.company.get("company_state"), row.company.get("company_country")) == told


@pytest.mark.parametrize(
    ("cells", "revenue", "exact"),
    [
        ({"Annual Revenue": "$41,000,000"}, "41000000", 41000000),
        ({"Annual Revenue": "10M-25M"}, "10M-25M", None),
        ({"Annual Revenue": "41000000", "Revenue Range": "25M-75M"}, "25M-75M", 41000000),
        ({"Annual Revenue": "unknown"}, None, None),
    ],
)
def test_an_exact_revenue_is_shown_where_no_range_is_told(cells, revenue, exact):
    """As in answers: leads have one column for both."""
    row = {"Email": "ann@moor.example", "Company": "Moor", **cells}
    (read,) = read_import(f"{';'.join(row)}\n{';'.join(row.values())}\n".encode(), profile="crm").rows()
    assert (read.company.get("company_revenue_range"), read.company.get("company_annual_revenue")) == (revenue, exact)
