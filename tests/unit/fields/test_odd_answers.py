"""Answers as they come when columns fail, tables are renamed and models write prose: nothing wrong may reach a lead."""

import html
import json

import pytest

from enrichcore.domain.answers import Rank
from enrichcore.domain.pipeline import Entity
from enrichcore.fields import extract_company_fields, extract_person_fields, known, read_answer

COMPANY = {"name": "Driftline Ltd", "url": "https://www.linkedin.com/company/driftline", "employee_count": 5}
PERSON = {"first_name": "Jane", "last_name": "Doe", "url": "https://www.linkedin.com/in/jane-doe"}
IDS = {"item_id": "3f0c", "company_id": "ours", "person_id": "ours"}


def company(**facts):
    """The company fields beside those that every answer here has."""
    told = known(extract_company_fields({**IDS, "result": {**COMPANY, **facts}}))
    beside = known(extract_company_fields(COMPANY))
    return {name: value for name, value in told.items() if beside.get(name) != value}


def person(**facts):
    """The person fields beside those that every answer here has."""
    told = known(extract_person_fields({**IDS, "result": {**PERSON, **facts}}))
    beside = known(extract_person_fields(PERSON))
    return {name: value for name, value in told.items() if beside.get(name) != value}


@pytest.mark.parametrize(
    "words",
    [
        "Error: could not load", "ERROR_TIMEOUT", "Run condition not met", "Missing input", "Loading...", "Pending", "Timed out", "500 Internal Server Error",
        "Rate limit exceeded, try again", "Out of credits", "Please upgrade your plan to continue", "Failed to fetch", "#ERROR!", "{{Title}}", "Response", "404",
        "null at Acme", "Title",
    ],
)  # fmt: skip
def test_the_words_of_a_failure_are_no_value(words):
    """A column that failed writes its reason where the value should be."""
    assert person(title=words, headline=words, location_name=words) == {}
    assert (
        company(industry=words, type=words, size=words, locality=words, derived_datapoints={"industry": [words]}) == {}
    )


def test_mark_up_leaves_a_value():
    """Texts out of pages and editors carry tags and entities."""
    assert person(title="<b>CTO</b> &amp; Founder", summary="<p>One</p><p>Two</p>") == {
        "person_title": "CTO & Founder",
        "person_summary": "One\nTwo",
    }


@pytest.mark.parametrize(
    ("count", "told"),
    [("1,204 employees", 1204), ({"value": 120}, 120), ([120], 120), (0, None), ("0", None), ("500+", None), ("~500", None), ("1.2K", None), (-3, None), (1.5, None)],
)  # fmt: skip
def test_a_count_is_exact_or_unknown(count, told):
    """A count with its unit is read; a rounded one, and none at all, are unknown."""
    assert extract_company_fields({"result": {**COMPANY, "employee_count": count}})["company_employee_count"] == told


def test_a_range_in_the_counts_place_is_a_bucket():
    """A range is a size, whatever column it stands in; a bare number is none."""
    assert company(employee_count="51-200")["company_size_bucket"] == "51-200"
    assert "company_size_bucket" not in company(size="214 employees")


@pytest.mark.parametrize(
    "size", ["Feb-10", "10-Feb", "Nov-50", "44136", "B", "small", "2026-01-10T00:00:00", "10/01/2026", "24/7 support"]
)
def test_a_range_that_a_spreadsheet_made_a_date_is_no_bucket(size):
    """Neither are letters and numbers of days."""
    assert company(size=size) == {}


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ({"annual_revenue": "$0"}, {}), ({"annual_revenue": 0}, {}), ({"annual_revenue": "Private"}, {}), ({"annual_revenue": "€1.2M"}, {"company_revenue_range": "€1.2M"}),
        ({"total_funding_amount_range_usd": "No funding"}, {}), ({"total_funding_amount_range_usd": "Bootstrapped"}, {}),
        ({"annual_revenue": "Pre-revenue (2024)"}, {}), ({"total_funding": "No funding information found (as of 2026)"}, {}),
        ({"type": "PRIVATELY_HELD"}, {"company_type": "Privately Held"}), ({"type": "company"}, {}), ({"type": "organization"}, {}),
        ({"industry": 42}, {}), ({"industry": "511210"}, {}), ({"founded": "est. 2002"}, {"company_founded_year": 2002}), ({"founded": "Founded in 2002"}, {"company_founded_year": 2002}),
        ({"founded": "2002 - 2010"}, {}), ({"derived_datapoints": {"industries": ["R"], "stage": "Growth"}}, {"company_industries": ["R"], "company_business_stage": "Growth"}),
        ({"technologies": {"crm": ["SAP"], "cms": ["Drupal"]}}, {"company_technologies": ["SAP", "Drupal"]}), ({"technologies": "- SAP\n- AWS"}, {"company_technologies": ["SAP", "AWS"]}),
        ({"technologies": [{"technology": "SAP"}, 7, None, ["AWS"]]}, {"company_technologies": ["SAP", "AWS"]}),
    ],
)  # fmt: skip
def test_a_value_of_the_wrong_kind_is_no_value(facts, told):
    """Amounts have digits, labels have letters, and kinds of records are no kinds of companies."""
    assert company(**facts) == told


PLACES = [
    ({"locality": "Minneapolis, MN"}, ("Minneapolis", "Minnesota", "United States")), ({"locality": "Dunmere, DE"}, ("Dunmere", None, None)),
    ({"locality": "London, UK"}, ("London", None, "United Kingdom")), ({"locality": "United States"}, (None, None, "United States")),
    ({"locality": "California, United States"}, (None, "California", "United States")), ({"locality": "New York, United States"}, (None, None, "United States")),
    ({"locality": "Atlanta, Georgia", "country": "US"}, ("Atlanta", "Georgia", "United States")), ({"locality": "Dunmere, Georgia"}, ("Dunmere", None, None)),
    ({"locality": "Tbilisi, Georgia", "country": "GE"}, ("Tbilisi", None, "Georgia")), ({"locality": "Singapore"}, ("Singapore", None, "Singapore")),
    ({"locality": "Bogotá, D.C."}, ("Bogotá", None, "Colombia")), ({"locality": "Caracas, DC"}, ("Caracas", None, "Venezuela")), ({"locality": "Dunmere, DC"}, ("Dunmere", None, None)),
    ({"locality": "Washington, D.C."}, ("Washington", "District of Columbia", "United States")), ({"locality": "Brasília, DF"}, ("Brasília", "Distrito Federal", "Brazil")),
    ({"locality": "México, D.F."}, (None, None, "Mexico")), ({"city": "Ciudad de México", "state": "DF"}, ("Ciudad de México", None, "Mexico")), ({"locality": "Dunmere, DF"}, ("Dunmere", None, None)),
    ({"locality": "London, CA"}, ("London", None, "Canada")), ({"locality": "London, ON"}, ("London", "Ontario", "Canada")), ({"locality": "Georgia"}, (None, None, None)),
    ({"locality": "Remote", "country": "US"}, (None, None, "United States")), ({"locality": "MN, US"}, (None, "Minnesota", "United States")),
    ({"locality": "Minneapolis, MN 55401", "country": "US"}, ("Minneapolis", "Minnesota", "United States")),
    ({"locality": "Minneapolis, MN", "country": "GB"}, ("Minneapolis", None, "United Kingdom")), ({"locality": "Göteborg, VG", "country": "SE"}, ("Göteborg", None, "Sweden")),
    ({"locality": "Boston, MA; Austin, TX"}, (None, None, "United States")), ({"locality": "London / New York"}, (None, None, None)), ({"locality": "Paris; Lyon"}, (None, None, None)),
    ({"locality": "London | New York | Berlin"}, (None, None, None)), ({"city": "London & Berlin"}, (None, None, None)), ({"locality": "München und Berlin"}, (None, None, None)),
    ({"locality": "London / Remote"}, ("London", None, None)), ({"locality": "London, UK | Leeds, UK"}, (None, None, "United Kingdom")), ({"locality": "USA / Canada"}, (None, None, None)),
    ({"locality": "Dubai - UAE"}, ("Dubai", None, "United Arab Emirates")), ({"locality": "Boston | MA | USA"}, ("Boston", "Massachusetts", "United States")), ({"locality": "Berlin - Mitte"}, (None, None, None)),
    ({"locality": "DE-10115 Berlin"}, ("Berlin", None, None)), ({"locality": "Brighton and Hove, England"}, ("Brighton and Hove", "England", "United Kingdom")),
    ({"locality": "Port of Spain, Trinidad and Tobago"}, ("Port of Spain", None, "Trinidad and Tobago")), ({"locality": "Frankfurt an der Oder"}, ("Frankfurt an der Oder", None, None)),
    ({"city": "Bonn", "state": "Germany"}, ("Bonn", None, "Germany")), ({"city": "Germany"}, (None, None, "Germany")), ({"state": "Active"}, (None, None, None)), ({"state": "Texas"}, (None, "Texas", "United States")), ({"locality": "Boston, MA (HQ)", "country": "US"}, ("Boston", "Massachusetts", "United States")),
    ({"locality": "BOSTON, MA", "country": "US"}, ("Boston", "Massachusetts", "United States")), ({"city": "Boston, MA", "country": "US"}, ("Boston", "Massachusetts", "United States")),
    ({"locality": {"city": "Boston", "state": "MA"}, "country": "US"}, ("Boston", "Massachusetts", "United States")), ({"hq": "Boston, MA", "country": "US"}, ("Boston", "Massachusetts", "United States")),
    ({"locations": ["Boston, MA"], "country": "US"}, ("Boston", "Massachusetts", "United States")), ({"locations": ["Boston, MA", "Austin, TX"], "country": "US"}, (None, None, "United States")),
    ({"locations": [{"city": "Reno", "is_hq": False}, {"city": "Boise", "is_hq": False}], "country": "US"}, (None, None, "United States")),
    ({"structured_locations": [{"city": "Leeds", "state": "England", "is_headquarters": True, "country_iso": "GB"}], "country": "US"}, ("Leeds", "England", "United Kingdom")),
    ({"country": "Europe"}, (None, None, None)), ({"country": "New York"}, (None, None, None)), ({"city": "02110"}, (None, None, None)),
]  # fmt: skip


@pytest.mark.parametrize(("place", "told"), PLACES)
def test_no_part_of_a_place_is_guessed(place, told):
    """A code, a state, an area or one of several places is not shown as something else."""
    fields = extract_company_fields({"result": {**COMPANY, **place}})
    assert (fields["company_city"], fields["company_state"], fields["company_country"]) == told


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ({"location_name": "Boston, , United States"}, "Boston, United States"), ({"location_name": "null, null, United States"}, "United States"), ({"location_name": ", MA"}, None),
        ({"location_name": {"city": "Boston", "state": "MA", "country": "US"}}, "Boston, Massachusetts, United States"), ({"location_name": "🌍 Boston"}, "Boston"), ({"location_name": "Remote"}, None),
    ],
)  # fmt: skip
def test_a_persons_place_has_only_parts_that_say_something(place, told):
    """What a template left out of a place is left out of it."""
    assert person(**place).get("person_location") == told


@pytest.mark.parametrize(
    "wrap",
    [
        lambda inner: {**IDS, "result": f"```json\n{json.dumps(inner)}\n```"}, lambda inner: {**IDS, "result": f"Here it is: {json.dumps(inner)}"},
        lambda inner: {**IDS, "result": str(inner)}, lambda inner: {**IDS, "result": html.escape(json.dumps(inner))},
        lambda inner: {**IDS, "fields": [{"name": key, "value": value} for key, value in inner.items()]}, lambda inner: {**IDS, "result": [{"key": key, "value": value} for key, value in inner.items()]},
        lambda inner: {**IDS, "result": {key: {"value": value} for key, value in inner.items()}}, lambda inner: {"a": {"b": {"c": {"d": inner}}}},
    ],
)  # fmt: skip
@pytest.mark.parametrize(("inner", "extract"), [(COMPANY, extract_company_fields), (PERSON, extract_person_fields)])
def test_more_wrappers_that_do_not_matter(wrap, inner, extract):
    """Fenced, introduced, escaped, in Python's notation, or as a list of names and values."""
    assert known(extract(wrap(inner))) == known(extract(inner))


def test_columns_about_others_are_not_looked_into():
    """A colleague, the owner, the news or a competitor fill no gap of the one asked about."""
    others = {
        "CEO": {"name": "Bob Boss", "title": "CEO", "company": "Acme"}, "Owner": {"email": "rep@agency.example"}, "colleagues": [{"first_name": "Eve", "email": "eve@x.example"}],
        "Top Post": {"title": "My post", "url": "https://www.linkedin.com/in/other"}, "news": [{"title": "t", "description": "News", "type": "pr"}],
        "Top Job": {"title": "Dev", "location": "Paris", "type": "full-time"}, "Competitor": {"name": "Rival", "employee_count": 9, "industry": "Rivalry"},
    }  # fmt: skip
    assert extract_person_fields({**IDS, **others, "result": PERSON}) == extract_person_fields(PERSON)
    assert extract_company_fields({**IDS, **others, "result": COMPANY}) == extract_company_fields(COMPANY)
    assert known(extract_person_fields({**IDS, **others})) == known(extract_company_fields({**IDS, **others})) == {}


def test_fields_of_two_people_are_never_mixed():
    """Of two objects that contradict each other, the first alone tells; two that agree tell together."""
    first = {**IDS, "Enrich person": {**PERSON, "title": "CTO"}}
    other = {"first_name": "Eve", "last_name": "Roe", "headline": "Not Jane"}
    assert extract_person_fields({**first, "Second lookup": other})["person_headline"] is None
    assert (
        extract_person_fields({**first, "Second lookup": {**PERSON, "headline": "Jane"}})["person_headline"] == "Jane"
    )


def test_a_flat_row_of_a_person_with_facts_of_the_company_is_a_persons():
    """A title at an employer tells whose row it is."""
    body = {
        **IDS,
        "name": "Jane Doe",
        "title": "CTO",
        "company": "Driftline",
        "industry": "Boats",
        "email": "jane@driftline.example",
    }
    assert extract_person_fields(body)["person_full_name"] == "Jane Doe"
    assert known(extract_company_fields(body)) == {}


NAMES = [
    ({"first_name": "Jane Doe", "last_name": "Doe"}, ("Jane", "Doe", "Jane Doe")), ({"name": "Acme Robotics"}, ("Jane", "Doe", "Jane Doe")),
    ({"first_name": None, "last_name": None, "name": "LinkedIn Member"}, (None, None, None)),
]  # fmt: skip


@pytest.mark.parametrize(("facts", "told"), NAMES)
def test_names_that_contradict_each_other_are_put_right(facts, told):
    """A whole name in the first name's place, or something else's name, is not shown."""
    fields = extract_person_fields({"result": {**PERSON, **facts}})
    assert tuple(fields[f"person_{part}_name"] for part in ("first", "last", "full")) == told


@pytest.mark.parametrize(
    ("columns", "email", "status"),
    [
        ({"emails": [{"email": "x@b.example", "status": "invalid"}, {"email": "j@a.example", "status": "valid"}]}, "j@a.example", "verified"),
        ({"Emails": [{"type": "personal", "email": "j@home.example"}, {"type": "work", "email": "j@a.example"}]}, "j@a.example", None),
        ({"work_email": {"email": "j@a.example", "valid": False}}, None, "invalid"), ({"Email": "j@a.example", "Email Valid": True}, "j@a.example", "verified"),
        ({"emails": ["j@gmail.com", "j@a.example"]}, "j@a.example", None), ({"email": "j@gmail.com; j@a.example"}, "j@a.example", None),
        ({"emails": [{"email": "j@gmail.com", "status": "valid"}, {"email": "j@a.example", "status": "valid"}]}, "j@a.example", "verified"),
        ({"emails": [{"email": "j@a.example", "status": "invalid"}, "j@gmail.com"]}, "j@gmail.com", None), ({"email": "j@gmail.com"}, "j@gmail.com", None),
        ({"email": "j@gmail.com", "email_status": "valid", "person_email": "j@a.example"}, "j@a.example", None), ({"email": "No address, only guess j@a.example or d@a.example"}, None, None),
        ({"work_email": {"email": None, "status": "not_found"}}, None, None), ({"work_email": {"result": {"email": "j@a.example"}}}, "j@a.example", None),
        ({"support_email": "help@a.example"}, None, None), ({"previous work email": "j@old.example"}, None, None), ({"possible_emails": ["j@a.example", "jd@a.example"]}, None, None),
        ({"email": "No email found for j@a.example"}, None, None), ({"work_email": {"email": "j@a.example", "status": "unknown"}}, "j@a.example", "guessed"),
    ],
)  # fmt: skip
def test_an_address_is_the_persons_and_its_status_its_own(columns, email, status):
    """Neither another's address, nor a guess among several, nor a status of another address."""
    fields = extract_person_fields({**IDS, "result": PERSON, **columns})
    assert (fields["person_email"], fields["person_email_status"]) == (email, status)


@pytest.mark.parametrize(
    ("told", "last"),
    [
        ({"last_name": "D.", "name": "Jane Doe"}, "Doe"), ({"last_name": "D", "full_name": "Jane van Doe"}, "van Doe"),
        ({"last_name": "D."}, "D."), ({"last_name": "D.", "name": "Jane Smith"}, "D."),
    ],
)  # fmt: skip
def test_a_last_name_that_is_only_an_initial_is_spelled_out_by_the_full_name(told, last):
    """As pages show people who are not connected."""
    assert extract_person_fields({"first_name": "Jane", **told})["person_last_name"] == last


@pytest.mark.parametrize(
    ("told", "place"),
    [
        ({"locality": "Austin, Texas Metropolitan Area"}, ("Austin", "Texas", "United States")),
        ({"locality": "Austin, Texas Area, United States"}, ("Austin", "Texas", "United States")),
        ({"locality": "Oslo, Fjord Metropolitan Area"}, ("Oslo", None, None)),
        ({"city": "Austin", "state": "Texas Metropolitan Area", "country": "United States"}, ("Austin", "Texas", "United States")),
    ],
)  # fmt: skip
def test_a_metropolitan_area_is_no_state(told, place):
    """The state that it is named after is one."""
    fields = extract_company_fields({**COMPANY, **told})
    assert (fields["company_city"], fields["company_state"], fields["company_country"]) == place


ACME = {
    "title": "CTO",
    "company": "Acme",
    "company_domain": "acme.example",
    "start_date": "2020-01",
    "is_current": True,
}
BETA = {
    "title": "Advisor",
    "company": "Beta",
    "company_domain": "beta.example",
    "start_date": "2024-01",
    "is_current": True,
}
ZETA = {"title": "Dev", "company": "Zeta", "company_domain": "zeta.example", "start_date": "2015", "end_date": "2019"}


def bare(job):
    """The job without what tells whether it is a present one."""
    return {key: value for key, value in job.items() if key not in {"is_current", "end_date"}}


@pytest.mark.parametrize(
    ("facts", "title", "start", "current", "past"),
    [
        ({"experience": {"positions": [ACME, ZETA]}}, "CTO", "2020-01", ["acme.example"], ["zeta.example"]), ({"experience": {"0": ACME, "1": ZETA}}, "CTO", "2020-01", ["acme.example"], ["zeta.example"]),
        ({"experience": [{"company": {"name": "Acme", "domain": "acme.example"}, "title": "CTO", "dateRange": {"start": {"year": 2020, "month": 1}}}]}, "CTO", "2020-01", ["acme.example"], []),
        ({"experience": [{"company": "Acme", "title": "CTO", "duration": "Jan 2020 - Present · 3 yrs"}, {"company": "Zeta", "title": "Dev", "duration": "2015 - 2019"}]}, "CTO", "2020-01", ["Acme"], ["Zeta"]),
        ({"experience": [{"company": "Acme", "roles": [{"title": "CTO", "start_date": "2022"}, {"title": "VP", "start_date": "2020", "end_date": "2022"}]}]}, "CTO", "2022", ["Acme"], ["Acme"]),
        ({"experience": [bare(ACME), bare(ZETA)]}, "CTO", "2020-01", ["acme.example"], []), ({"experience": [{"company": "Acme", "title": "CTO"}, {"company": "Zeta", "title": "Dev"}]}, None, None, [], []),
        ({"experience": [ACME, {**ZETA, "is_current": True}]}, "CTO", "2020-01", ["acme.example"], ["zeta.example"]), ({"title": "CTO", "latest_experience": BETA, "experience": [BETA, ACME]}, "CTO", "2020-01", ["beta.example", "acme.example"], []),
        ({"latest_experience": {**ACME, "start_date": None}, "experience": [ACME, ZETA]}, "CTO", "2020-01", ["acme.example"], ["zeta.example"]), ({"latest_experience": ZETA}, None, None, [], ["zeta.example"]),
        ({"person_title": "Old", "person_current_job_start_date": "2012", "experience": [ACME]}, "CTO", "2020-01", ["acme.example"], []),
    ],
)  # fmt: skip
def test_the_present_job_is_told_or_unknown(facts, title, start, current, past):
    """Title and start are of one job, which goes on; where nothing tells which does, neither is shown."""
    fields = extract_person_fields({"result": {**PERSON, **facts}})
    assert (fields["person_title"], fields["person_current_job_start_date"]) == (title, start)
    for kind, told in (("current", current), ("past", past)):
        assert [one.get("domain") or one["name"] for one in fields[f"person_{kind}_companies"] or []] == told


def test_an_unknown_history_is_not_whole():
    """A job that may or may not have ended leaves open whether an employer is a past one."""
    assert (
        extract_person_fields({"result": {**PERSON, "experience": [bare(ACME), bare(ZETA)]}})["person_history_is_whole"]
        is None
    )


def test_an_answer_that_only_says_that_no_address_was_found_is_empty():
    """A status without an address is no data."""
    body = json.dumps({**IDS, "work_email": {"email": None, "status": "not_found"}}).encode()
    assert read_answer(body, entity=Entity.PERSON).rank is Rank.EMPTY
