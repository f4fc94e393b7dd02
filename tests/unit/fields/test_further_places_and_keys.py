"""Places in other scripts, in objects and behind addresses; keys of further providers; a job that stands beside the person."""

import pytest

from enrichcore.fields import compute_indicators, extract_company_fields, extract_person_fields


def place(**facts):
    """City, state and country of an answer."""
    fields = extract_company_fields({"result": {"name": "Elm", **facts}})
    return fields["company_city"], fields["company_state"], fields["company_country"]


@pytest.mark.parametrize(
    ("told", "country"),
    [
        ("韓国", "South Korea"), ("美國", "United States"), ("США", "United States"), ("Польша", "Poland"), ("لبنان", "Lebanon"),
        ("المملكة المتحدة", "United Kingdom"), ("ประเทศไทย", "Thailand"), ("भारत", "India"), ("Ελλάδα", "Greece"), ("ایران", "Iran"), ("독일", "Germany"),
    ],
)  # fmt: skip
def test_a_country_is_known_in_its_own_script_and_in_its_neighbours(told, country):
    """A name of two signs is no code."""
    assert place(country=told)[2] == country
    assert place(location=f"Xy, {told}") == ("Xy", None, country)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("大阪\uff0c日本", ("大阪", None, "Japan")),
        ("生駒、奈良県、日本", ("生駒", "奈良県", "Japan")),
        ("عمّان، الأردن", ("عمّان", None, "Jordan")),
        ("新加坡", ("新加坡", None, "Singapore")),
    ],
)
def test_commas_of_other_scripts_part_a_place(line, expected):
    """As ours do."""
    assert place(headquarters=line) == expected


@pytest.mark.parametrize("key", ["result", "value", "text", "answer"])
def test_a_place_in_an_object_with_its_source_is_read(key):
    """As a column of a waterfall tells it."""
    assert place(headquarters={key: "Brno, Czechia", "provider": "x"}) == ("Brno", None, "Czechia")


@pytest.mark.parametrize(
    "marked", ["Brno, Czechia (HQ)", "Brno, Czechia (Head Office)", "HQ: Brno, Czechia", "Headquarters - Brno, Czechia"]
)
def test_a_place_of_a_list_may_say_that_it_is_the_headquarters(marked):
    """In its own text."""
    assert place(locations=["Graz, Austria", marked]) == ("Brno", None, "Czechia")


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("9 Elm Road, Floor 2, Reno, NV 89501", ("Reno", "Nevada", "United States")),
        ("9 Elm Road, Reno, NV 89501-1234, USA", ("Reno", "Nevada", "United States")),
        ("77 Rue Orme, Laval, QC H7N 1A1, Canada", ("Laval", "Quebec", "Canada")),
        # The parts do not agree.
        ("9 Elm Road, Reno, NV 89501, Germany", (None, None, None)),
        ("9 Elm Road, Reno, XX 89501", (None, None, None)),
        ("9 Elm Road, Brno", (None, None, None)),
    ],
)
def test_the_end_of_a_north_american_address_tells_the_place(address, expected):
    """A state's code before a postal code of the country's form leaves no doubt."""
    assert place(headquarters=address) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Adelaide SA 5000", ("Adelaide", "South Australia", "Australia")),
        ("Laval QC H7N 1A1", ("Laval", "Quebec", "Canada")),
        # Not Laos, and not Delaware or Germany.
        ("L.A.", (None, None, None)),
        ("D.E.", (None, None, None)),
        ("U.S.", (None, None, "United States")),
        ("U.K.", (None, None, "United Kingdom")),
    ],
)
def test_codes_behind_a_city_and_in_full_stops(line, expected):
    """With a postal code behind them; few countries are written with full stops."""
    assert place(headquarters=line) == expected


@pytest.mark.parametrize("told", ["Other", "None of the above", "Unclassified", "Miscellaneous", "Sonstige", "Mining?"])
def test_what_is_no_choice_or_a_question_is_no_industry(told):
    """Nobody found one."""
    assert extract_company_fields({"industry": told})["company_industry"] is None


@pytest.mark.parametrize("line", ["Suite 12, Lyon", "Building 7", "Floor 3B, Oslo, Norway", "P.O. Box 55, Graz"])
def test_a_room_is_no_city(line):
    """Nor is the place behind it surely one."""
    assert place(location=line) == (None, None, None)


@pytest.mark.parametrize(
    ("facts", "field", "value"),
    [
        ({"company_hq_city": "Graz", "company_hq_country": "AT"}, "company_city", "Graz"),
        ({"Founded Date": "1988-02-01"}, "company_founded_year", 1988),
        ({"founded": "Established in 1971 as a mill."}, "company_founded_year", 1971),
        ({"founded": "Founded in 1971, sold in 1999"}, "company_founded_year", None),
        ({"Total Funding Amount": "7500000"}, "company_funding_range", "7500000"),
        ({"funding": {"funding_total": 900000}}, "company_funding_range", "900000"),
        ({"Estimated Revenue Range": "$10M to $50M"}, "company_revenue_range", "$10M to $50M"),
        ({"organization_revenue_printed": "12M"}, "company_revenue_range", "12M"),
        ({"headcount": {"total": 37, "sales": 4}}, "company_employee_count", 37),
        ({"employee_headcount": {"result": "2,050"}}, "company_employee_count", 2050),
        ({"industry": "3361", "industry_name": "Motor Vehicles"}, "company_industry", "Motor Vehicles"),
        ({"technologies_used": [{"technology": "Odoo"}, {"technology": "Nginx"}]}, "company_technologies", ["Odoo", "Nginx"]),
        ({"companyType": {"code": "X", "localizedName": "Privately Held"}}, "company_type", "Privately Held"),
        ({"universalName": "elm-toys", "staffCount": 9}, "company_linkedin_url", "https://www.linkedin.com/company/elm-toys"),
    ],
)  # fmt: skip
def test_keys_of_further_providers(facts, field, value):
    """Of whichever spelling."""
    assert extract_company_fields({"elements": [{"name": "Elm", **facts}]})[field] == value


def test_a_round_is_dated_by_the_last_funding_of_its_object():
    """As Harmonic tells it."""
    told = extract_company_fields({"funding": {"last_funding_at": "2026-02-01T00:00:00Z", "last_funding_type": "SEED"}})
    assert (told["company_last_raised_at"], told["company_latest_funding"]) == ("2026-02-01", "SEED")


WHO = {"first_name": "Jan", "last_name": "Elm"}


@pytest.mark.parametrize(
    "told", ["Lives in Graz, Austria", "Graz, Austria (Hybrid)", "Graz (remote), Austria", "Residing in Graz, Austria"]
)
def test_how_somebody_lives_and_works_is_no_part_of_a_place(told):
    """Only where is."""
    assert extract_person_fields({**WHO, "location": told})["person_location"] == "Graz, Austria"


def test_a_title_beside_its_employer_and_its_start_is_a_job():
    """Though there is no list of jobs; with an end it is a past one."""
    job = {"job_title": "Buyer", "company": "Elm Ltd", "start_date": "Sep 2026"}
    assert extract_person_fields({**WHO, **job})["person_current_job_start_date"] == "2026-09"
    for other in ({**job, "end_date": "2026-10"}, {"job_title": "Buyer", "start_date": "Sep 2026"}):
        assert extract_person_fields({**WHO, **other})["person_current_job_start_date"] is None


def test_jobs_are_dated_from_and_to_and_at_a_named_company():
    """As ZoomInfo tells them."""
    jobs = [
        {"jobTitle": "Buyer", "company": {"companyName": "Elm"}, "fromDate": "2020-04"},
        {"jobTitle": "Clerk", "company": {"companyName": "Kestrel Ltd"}, "fromDate": "2015", "toDate": "2020"},
    ]
    person = {**WHO, "employmentHistory": jobs}
    assert extract_person_fields(person)["person_current_job_start_date"] == "2020-04"
    told = compute_indicators({}, {}, person, ["Kestrel <kestrel.example>"])
    assert told["is_worked_at_customer"] is True


def test_a_scrape_of_a_profile_names_its_columns_after_linkedin():
    """As Phantombuster exports them."""
    told = extract_person_fields(
        {
            "firstName": "Jan",
            "lastName": "Elm",
            "linkedinJobTitle": "Buyer",
            "linkedinJobDateRange": "May 2022 - Present",
            "linkedinDescription": "Buys.",
            "addressWithCountry": "Graz, Austria",
        }
    )
    shown = ("person_title", "person_current_job_start_date", "person_summary", "person_location")
    assert tuple(told[name] for name in shown) == ("Buyer", "2022-05", "Buys.", "Graz, Austria")
