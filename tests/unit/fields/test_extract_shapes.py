"""The shapes that payloads come in, beyond those of the samples."""

import json

import pytest

from enrichcore.fields import (
    COMPANY_FIELDS,
    LEAD_FIELDS,
    PERSON_FIELDS,
    extract_all,
    extract_company_fields,
    extract_person_fields,
    known,
)

COMPANY = {
    "name": "Driftline Ltd", "url": "https://www.linkedin.com/company/driftline", "website": "https://www.driftline.example",
    "size": "51-200 employees", "employee_count": "1,204", "country": "US", "locality": "Minneapolis, MN", "company_id": 900,
}  # fmt: skip
PERSON = {
    "name": "Jane Doe", "first_name": "Jane", "last_name": "Doe", "title": "CTO", "url": "linkedin.com/in/jane-doe", "person_id": "cp_1",
    "experience": [
        {"title": "CTO", "company": "Driftline", "company_domain": "driftline.example", "start_date": "Mar 2021", "is_current": "true"},
        {"title": "Dev", "company": "Kestrel", "company_domain": "kestrel.example", "start_date": "2015", "end_date": "2021-02"},
    ],
}  # fmt: skip
IDS = {"item_id": "3f0c", "company_id": "ours", "person_id": "ours"}

WRAPPERS = {
    "result": lambda inner: {**IDS, "result": inner},
    "data": lambda inner: {**IDS, "data": inner},
    "data.result": lambda inner: {**IDS, "data": {"result": inner}},
    "column name": lambda inner: {**IDS, "Enrich it (2)": inner},
    "list of one": lambda inner: {**IDS, "result": [inner]},
    "bare list": lambda inner: [inner],
    "stringified": lambda inner: {**IDS, "result": json.dumps(inner)},
    "stringified twice": lambda inner: {**IDS, "result": json.dumps(json.dumps(inner))},
    "stringified body": lambda inner: json.dumps({"data": inner}),
    "list of stringified": lambda inner: {**IDS, "data": [json.dumps({"result": inner})]},
    "raw payload": lambda inner: {**IDS, "person_raw_enriched_payload" if "title" in inner else "company_data": inner},
    "flat": lambda inner: {**inner, "item_id": "3f0c"},
}
KEY_STYLES = {
    "snake_case": lambda key: key,
    "Column Name": lambda key: key.replace("_", " ").title(),
    "CamelCase": lambda key: key.replace("_", " ").title().replace(" ", ""),
    "kebab-case": lambda key: key.replace("_", "-"),
}


def styled(value, style):
    """The same value with every key in another style."""
    if isinstance(value, dict):
        return {style(key): styled(part, style) for key, part in value.items()}
    return [styled(part, style) for part in value] if isinstance(value, list) else value


@pytest.mark.parametrize("style", KEY_STYLES)
@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_wrappers_and_key_styles_do_not_matter(wrapper, style):
    """The same object gives the same fields in every wrapper and every style of keys."""
    company, person = (WRAPPERS[wrapper](styled(inner, KEY_STYLES[style])) for inner in (COMPANY, PERSON))
    assert extract_company_fields(company) == extract_company_fields(COMPANY)
    assert extract_person_fields(person) == extract_person_fields(PERSON)


def test_every_field_of_the_catalogue_is_returned():
    """An extractor returns all fields of its entity, None where the payload does not tell."""
    assert extract_company_fields(COMPANY).keys() == set(COMPANY_FIELDS)
    assert extract_person_fields(PERSON).keys() == set(PERSON_FIELDS)
    assert set(extract_person_fields(None).values()) == set(extract_company_fields("x").values()) == {None}
    assert known({"a": None, "b": False, "c": 0}) == {"b": False, "c": 0}


def test_a_company_object_is_read_whole():
    """`url` is the LinkedIn page, the domain comes from the website, the state's code is spelled out."""
    assert known(extract_company_fields(COMPANY)) == {
        "company_name": "Driftline Ltd",
        "company_domain": "driftline.example",
        "company_linkedin_url": "https://www.linkedin.com/company/driftline",
        "company_website": "https://www.driftline.example",
        "company_size_bucket": "51-200 employees",
        "company_employee_count": 1204,
        "company_city": "Minneapolis",
        "company_state": "Minnesota",
        "company_country": "United States",
    }


def test_a_person_object_is_read_whole():
    """Jobs are told apart by whether they are present, and the start of the present one is the role's."""
    fields = known(extract_person_fields(PERSON))
    assert fields["person_current_job_start_date"] == "2021-03"
    assert [one["domain"] for one in fields["person_current_companies"]] == ["driftline.example"]
    assert [one["name"] for one in fields["person_past_companies"]] == ["Kestrel"]
    assert fields["person_linkedin_url"] == "https://www.linkedin.com/in/jane-doe"


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ({"locations": [{"inferred_location": {"locality": "Leeds", "admin_district": "ENG"}}], "country": "GB"}, ("Leeds", "England", "United Kingdom")),
        ({"locations": [{"inferred_location": {"locality": "Berlin", "admin_district": "BE", "country_iso": "DE"}}]}, ("Berlin", "Berlin", "Germany")),
        ({"locations": [{"inferred_location": {"locality": "Leeds", "country": "United Kingdom"}}]}, ("Leeds", None, "United Kingdom")),
        ({"locations": [{"inferred_location": {"city": "Graz", "country_code": "AT"}}]}, ("Graz", None, "Austria")),
        ({"locations": [{"city": "Reno", "geographic_area": "NV"}, {"city": "Boise", "geographic_area": "ID", "is_hq": True}], "country": "US"}, ("Boise", "Idaho", "United States")),
        ({"structured_locations": [{"city": "Graz", "state": None}, {"city": "Wien", "state": "Wien", "is_headquarters": "true"}], "country": "AT"}, ("Wien", "Wien", "Austria")),
        ({"structured_locations": [{"city": "Reno", "state": "Nevada"}, {"city": "Boise", "state": "Idaho"}], "locality": "Boise, ID", "country": "US"}, ("Boise", "Idaho", "United States")),
        ({"locality": "San Francisco, CA", "country": "United States"}, ("San Francisco", "California", "United States")),
        ({"locality": "Oslo, Norway"}, ("Oslo", None, "Norway")),
        ({"locality": "Austin, Texas, United States"}, ("Austin", "Texas", "United States")),
        ({"locality": "Greater Boston Area", "country": "US"}, (None, None, "United States")),
        ({"locality": "N/A", "locations": [], "structured_locations": None}, (None, None, None)),
        ({"locations": json.dumps([{"city": "Leeds", "is_primary": True}])}, ("Leeds", None, None)),
    ],
)  # fmt: skip
def test_the_place_is_found_in_all_its_shapes(place, told):
    """City, state and country of the headquarters come from whichever shape tells them, and stay together."""
    fields = extract_company_fields({"result": {"name": "Driftline", "employee_count": 5, **place}})
    assert (fields["company_city"], fields["company_state"], fields["company_country"]) == told


@pytest.mark.parametrize(
    ("technologies", "told"),
    [
        ([{"name": "SAP"}, {"name": "AWS"}], ["SAP", "AWS"]),
        (json.dumps({"technologies": [{"name": "SAP"}, {"name": "sap"}]}), ["SAP"]),
        ("SAP, AWS; Azure", ["SAP", "AWS", "Azure"]),
        ({"technologies": ["SAP"]}, ["SAP"]),
        ("No relevant technologies were found", None),
        ([], None),
    ],
)
def test_technologies_come_as_lists_objects_and_text(technologies, told):
    """Technologies are a list of names, each once."""
    assert extract_company_fields({**IDS, "Technologies": technologies})["company_technologies"] == told


def test_one_label_with_commas_is_not_split():
    """An industry that reads like a list is one label; a list of labels in one text is not."""
    one = "Transportation, Logistics, Supply Chain and Storage"
    assert extract_company_fields({"industries": one})["company_industries"] == [one]
    assert extract_company_fields({"industries": "Robotics, Retail"})["company_industries"] == ["Robotics", "Retail"]


@pytest.mark.parametrize(
    "column",
    [
        {"work_email": "jane@driftline.example"}, {"Email": "Jane@Driftline.example"}, {"Work Email": {"email": "jane@driftline.example"}},
        {"emails": ["", "jane@driftline.example"]}, {"Find Work Email (3)": "jane@driftline.example"},
        {"result": {"email": "jane@driftline.example"}}, {"person_email": "jane@driftline.example", "work_email": None},
        {"data": json.dumps({"e-mail": "mailto:jane@driftline.example"})}, {"final mail": "jane@driftline.example", "company_domain": "x.example"},
    ],
)  # fmt: skip
def test_the_email_is_found_under_whatever_name(column):
    """The user picks the column's name and shape."""
    assert extract_person_fields({**IDS, **column})["person_email"] == "jane@driftline.example"


def test_a_column_about_email_that_is_not_the_address_is_left_alone():
    """Sources, personal addresses and owners are not the person's work address."""
    body = {
        "Email Owner": "ops@agency.example",
        "Personal Email": "j@home.example",
        "email_source": "x@provider.example",
    }
    assert extract_person_fields(body)["person_email"] is None


def test_the_answers_own_words_win_over_an_echo_of_what_was_sent():
    """What the provider found is taken, not our own value sent back beside it."""
    body = {
        **IDS,
        "company_name": "driftline",
        "person_email": "old@x.example",
        "result": COMPANY,
        "work_email": "new@x.example",
    }
    assert extract_company_fields(body)["company_name"] == "Driftline Ltd"
    assert extract_person_fields(body)["person_email"] == "new@x.example"


def test_an_unusable_part_never_discards_the_usable_rest():
    """Every part may be garbage on its own."""
    fields = extract_person_fields(
        {"first_name": {"x": [1]}, "last_name": "Doe", "title": [[]], "experience": "soon", "url": 7, "headline": "Hi"}
    )
    assert known(fields) == {"person_last_name": "Doe", "person_headline": "Hi"}


def test_people_beside_the_person_are_not_the_person():
    """Lists of other people, schools and awards do not leak into the fields."""
    body = {
        "result": {
            **PERSON,
            "people_also_viewed": [{"first_name": "Eve", "headline": "Other"}],
            "awards": [{"name": "Prize", "summary": "Won"}],
        }
    }
    assert extract_person_fields(body) == extract_person_fields(PERSON)


def test_of_several_present_jobs_the_one_asked_about_counts():
    """First the company asked about, then the one with the person's own title, then the provider's latest, then the newest."""
    jobs = [
        {
            "title": "Engineer",
            "company": "Kestrel",
            "company_domain": "kestrel.example",
            "start_date": "2026-10",
            "is_current": True,
        },
        {
            "title": "CTO",
            "company": "Driftline",
            "company_domain": "driftline.example",
            "start_date": "2020",
            "is_current": True,
        },
        {
            "title": "Board",
            "company": "Harrow",
            "company_domain": "harrow.example",
            "start_date": "2018",
            "is_current": True,
        },
    ]
    start = "person_current_job_start_date"
    person = {"first_name": "Jane", "current_experience": jobs}
    assert extract_person_fields(person)[start] == "2026-10"
    assert extract_person_fields({**person, "title": "CTO"})[start] == "2020"
    assert extract_person_fields({**person, "title": "CTO", "latest_experience": jobs[2]})[start] == "2020"
    assert extract_person_fields({**person, "latest_experience": jobs[2]})[start] == "2018"
    assert extract_person_fields({**person, "title": "Owner", "latest_experience": jobs[2]})[start] is None
    assert (
        extract_person_fields({**person, "latest_experience": jobs[2]}, asked_company_domain="kestrel.example")[start]
        == "2026-10"
    )


def test_a_latest_job_that_ended_is_no_present_one():
    """A start date belongs to a present job only."""
    fields = extract_person_fields(
        {
            "first_name": "Jane",
            "latest_experience": {"title": "CTO", "company": "Kestrel", "start_date": "2020", "end_date": "2024"},
        }
    )
    assert fields["person_current_job_start_date"] is None
    assert fields["person_current_companies"] is None


def test_the_funding_date_comes_from_a_funding_column():
    """Of several rounds the latest date counts."""
    fields = extract_company_fields({"funding": {"round": "Series B", "amount": 5, "date": "2026-08-02"}})
    assert (fields["company_last_raised_at"], fields["company_latest_funding"]) == ("2026-08-02", "Series B")
    assert extract_company_fields({"Last Raised At": "2024-02-20"})["company_last_raised_at"] == "2024-02-20"


@pytest.mark.parametrize(
    ("told", "raised", "kind"),
    [
        ({"funding_rounds": [{"date": "2020-01"}, {"date": "2024-03-01"}]}, "2024-03-01", None),
        ({"funding": [{"date": "2020-01", "round": "Seed"}, {"date": "2026-09-01", "round": "Series B"}]}, "2026-09-01", "Series B"),
        ({"funding": [{"date": "2026-09-01"}, {"date": "2020-01", "round": "Seed"}]}, "2026-09-01", None),
        ({"last_raised_at": "2020-01-01", "last_funding_date": "2026-02-01"}, "2026-02-01", None),
        ({"last_funding_date": "2026-02-01", "funding_rounds": [{"date": "2020", "type": "Seed"}, {"date": "2026-02", "type": "Series C"}]}, "2026-02-01", "Series C"),
        ({"latest_funding_type": "Series A", "last_funding_date": "2025-01"}, "2025-01", "Series A"),
        ({"company_last_raised_at": "2026-09-01", "last_funding_date": "2025-01"}, "2025-01", None),
    ],
)  # fmt: skip
def test_of_several_rounds_the_latest_counts_with_its_kind(told, raised, kind):
    """Over all the places that tell a date; what was sent and comes back is none of them."""
    fields = extract_company_fields({"name": "Driftline Ltd", "domain": "driftline.example", **told})
    assert (fields["company_last_raised_at"], fields["company_latest_funding"]) == (raised, kind)


@pytest.mark.parametrize(
    "body",
    [
        {"item_id": "1", "company_type": "Privately Held", "company_industry": "Toys", "work_email": "ada@zed.example"},
        {"company_type": None, "industry": None, "work_email": "ada@zed.example"},
        {"company_type": "Private", "result": {"email": "ada@zed.example"}},
        {"company_type": "Private", "Work Email": {"email": "ada@zed.example"}},
    ],
)
def test_what_comes_back_of_the_company_makes_no_companys_answer(body):
    """A table that sends the whole row back with one more column still found an address."""
    assert extract_person_fields(body)["person_email"] == "ada@zed.example"


def test_an_employer_within_a_person_is_not_the_person():
    """Whatever keys of people it has, too; and a company without a word in those keys is a company."""
    zed = {"name": "Zed Co", "domain": "zed.example", "industry": "Toys", "headline": "h", "email": "hi@zed.example"}
    told = extract_person_fields(
        {"result": {"first_name": "Ada", "last_name": "Brook", "title": "CTO", "company": zed}}
    )
    assert (told["person_full_name"], told["person_title"], told["person_email"]) == ("Ada Brook", "CTO", None)
    empty = {"first_name": None, "title": None, "experience": None, "headline": ""}
    assert (
        extract_company_fields({"name": "Zed Co", "domain": "zed.example", "industry": "Toys", **empty})["company_name"]
        == "Zed Co"
    )


def test_a_caller_may_remap_a_field_by_data():
    """Paths of one's own replace the shipped ones for that field only."""
    body = {"result": {**COMPANY, "about_us": {"story": "Boats."}}}
    fields = extract_company_fields(body, sources={"company_description": ["about_us.story"], "company_name": []})
    assert fields["company_description"] == "Boats."
    assert fields["company_name"] is None
    assert fields["company_employee_count"] == 1204


def test_all_is_one_flat_mapping_of_lead_columns():
    """Company, person and indicators together, and nothing else."""
    told = extract_all({"result": COMPANY}, {"result": PERSON}, ["kestrel.example"])
    assert set(told) == {*LEAD_FIELDS, "is_new_in_role", "is_recently_funded", "is_worked_at_customer", "moved_company"}
    assert told["is_worked_at_customer"] is True
    assert told["moved_company"] is False
