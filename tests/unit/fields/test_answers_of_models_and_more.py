"""Models that were asked for one fact answer with a sentence about it; and what was wrong in answers of further providers."""

import pytest

from projections.final_leads import extract_all, extract_company_fields, extract_person_fields


@pytest.mark.parametrize(
    "told",
    [
        {"industry": "The company operates in the mining sector."},
        {"industry": "Mining and metals company that sells pumps to farms."},
        {"headquarters": "The company is headquartered in Leeds, England."},
        {"city": "It is located in Leeds"},
        {"type": "It is a privately held company."},
        {"technologies": "The company uses Salesforce, HubSpot and AWS."},
        {"industries": "The company operates in mining, metals, and recycling."},
        {"name": "The company is called Marrowfen"},
        {"industry": "Marrowfen provides pumps for farms and mines"},
        {"industry": "As of 2024, mining"},
        {"website": "The website could not be found, but a similar one is https://oakmere.example"},
        {"website": "https://marrowfen.example is for sale"},
        {"linkedin_url": "No LinkedIn page found. The closest match is https://www.linkedin.com/company/oakmere"},
    ],
)
def test_a_sentence_is_no_fact_of_a_company(told):
    """What it says may be right, but the sentence is not the value."""
    fields = extract_company_fields({"result": {"founded": 1998, **told}})
    del fields["company_country"]
    assert {name: value for name, value in fields.items() if value is not None} == {"company_founded_year": 1998}


@pytest.mark.parametrize(
    "told",
    [
        {"title": "She is the CTO of Marrowfen."},
        {"title": "The current title is CTO"},
        {"title": "Orla Penhallow serves as CTO"},
        {"title": "Orla is the CTO of Marrowfen"},
        {"location": "She lives in Leeds"},
        {"location": "Orla is based in Leeds"},
        {"linkedin_url": "No profile found. Closest: https://www.linkedin.com/in/bo-lee"},
        {"linkedin_url": "Multiple profiles found: linkedin.com/in/bo-lee and linkedin.com/in/bo-lee-2"},
        {"full_name": "The person's name is Orla Penhallow"},
        {"full_name": "Orla Penhallow has left Marrowfen already."},
    ],
)
def test_a_sentence_is_no_fact_of_a_person(told):
    """Nobody's business card says so."""
    fields = extract_person_fields({"result": {"headline": "Buyer", **told}})
    assert {name: value for name, value in fields.items() if value is not None} == {"person_headline": "Buyer"}


@pytest.mark.parametrize(
    ("told", "name", "value"),
    [
        ({"industry": "Mining (confidence: high)"}, "company_industry", "Mining"),
        ({"industry": "Mining [source: LinkedIn]"}, "company_industry", "Mining"),
        ({"name": "Marrowfen Ltd: Overview | LinkedIn"}, "company_name", "Marrowfen Ltd"),
        ({"name": "We are social"}, "company_name", "We are social"),
        ({"website": "`https://marrowfen.example`"}, "company_domain", "marrowfen.example"),
        ({"website": "The website is https://marrowfen.example"}, "company_domain", "marrowfen.example"),
        ({"technologies": "Salesforce, AWS, and HubSpot"}, "company_technologies", ["Salesforce", "AWS", "HubSpot"]),
        ({"name": "Marrowfen (via LinkedIn)"}, "company_name", "Marrowfen"),
        ({"technologies": "Salesforce, HubSpot and AWS"}, "company_technologies", ["Salesforce", "HubSpot", "AWS"]),
        ({"technologies": "Uses Salesforce, R & AWS"}, "company_technologies", ["Salesforce", "R", "AWS"]),
        ({"technologies": "Using SAP"}, "company_technologies", ["SAP"]),
        ({"technologies": "Search and Maps, Ads & Tags"}, "company_technologies", ["Search and Maps", "Ads & Tags"]),
        ({"technologies": "User IQ, SAP"}, "company_technologies", ["User IQ", "SAP"]),
        (
            {"technologies": [{"name": "SAP", "status": "Removed"}, {"name": "AWS", "status": "active"}]},
            "company_technologies",
            ["AWS"],
        ),
        (
            {"technologies": {"items": [{"name": "SAP", "is_active": False}, {"name": "AWS"}]}},
            "company_technologies",
            ["AWS"],
        ),
        ({"technologies": {"active": ["SAP"], "categories": ["erp"]}}, "company_technologies", ["SAP"]),
    ],
)
def test_what_models_write_around_a_fact_is_none_of_it(told, name, value):
    """An aside, the rest of a page's title, the "and" of a list."""
    assert extract_company_fields({"result": told})[name] == value


def test_a_company_without_a_name_is_not_called_like_its_technologies():
    """The object that stands for a company is named by nothing but its name."""
    company = {"name": None, "domain": "marrowfen.example", "technologies": ["HubSpot"], "product": "Pumps"}
    fields = extract_company_fields({"result": {"company": company, "relevance": "A"}})
    assert (fields["company_name"], fields["company_technologies"]) == (None, ["HubSpot"])


def test_a_store_is_called_as_its_merchant_and_not_as_its_domain():
    """And the state of its record is no place."""
    store = {"name": "marrowfen.example", "merchant_name": "Marrowfen", "state": "Active", "employee_count": 12}
    fields = extract_company_fields({"domain": store})
    assert (fields["company_name"], fields["company_state"]) == ("Marrowfen", None)
    bank = {"merchant_name": "MRRWFN Mktp", "name": "Marrowfen", "employee_count": 12}
    assert extract_company_fields(bank)["company_name"] == "Marrowfen"
    assert extract_company_fields({**bank, "name": None})["company_name"] == "MRRWFN Mktp"


@pytest.mark.parametrize("name", ["It Works! Global", "It Works! Marketing, Inc."])
def test_a_company_may_be_called_like_an_empty_page(name):
    """Such a page says no more, or what server it is."""
    assert extract_company_fields({"name": name, "employee_count": 12})["company_name"] == name
    for text in ("It works!", "It works!\n\nThis is the default web page for this server."):
        told = extract_company_fields({"name": name, "employee_count": 12, "description": text})
        assert told["company_description"] is None


def test_an_employer_is_no_name_of_a_person():
    """Clearbit's object of names, whose full one is missing, beside that of the employment."""
    person = {
        "name": {"fullName": None, "givenName": "Orla", "familyName": "Penhallow"},
        "employment": {"domain": "marrowfen.example", "name": "Marrowfen Ltd", "title": None, "role": "sales"},
    }
    fields = extract_person_fields({"person": person})
    assert (fields["person_full_name"], fields["person_title"]) == ("Orla Penhallow", None)


def test_of_several_who_may_be_meant_none_is_taken():
    """The entries of a search are not the person who was asked about."""
    found = [{"name": "Orla Penhallow", "title": "Buyer"}, {"name": "Bo Lee", "title": "Chef"}]
    assert not any(extract_person_fields({"results": found}).values())
    assert extract_person_fields({"results": found[:1]})["person_title"] == "Buyer"
    assert extract_person_fields({"results": [found[0], {**found[0], "title": None}]})["person_title"] == "Buyer"
    companies = [{"name": "Marrowfen", "industry": "Mining"}, {"name": "Oakmere", "industry": "Chess"}]
    assert not any(extract_company_fields({"results": companies}).values())


@pytest.mark.parametrize("said", [{"is_current": False}, {"type": "previous_work"}, {"type": "Former"}])
def test_an_address_at_a_former_employer_is_none(said):
    """It stands before the present one."""
    former = {"email": "orla@oakmere.example", **said}
    present = {"email": "orla@marrowfen.example", "type": "work", "is_current": True}
    assert extract_person_fields({"emails": [former, present]})["person_email"] == "orla@marrowfen.example"
    assert extract_person_fields({"emails": [former]})["person_email"] is None


def test_a_record_in_an_element_is_the_one_asked_for():
    """A scraper's envelope, around a company of which little is known."""
    company = {"name": "Marrowfen", "website": None, "employeeCount": None, "description": "Pumps."}
    fields = extract_company_fields({"data": {"result": {"element": company, "status": "ok", "query": {"url": "x"}}}})
    assert (fields["company_name"], fields["company_description"]) == ("Marrowfen", "Pumps.")


def test_hr_is_a_role_and_a_form_of_address():
    """In capitals it is the former."""
    assert extract_person_fields({"title": "HR"})["person_title"] == "HR"
    assert extract_person_fields({"title": "Hr.", "headline": "CTO"})["person_title"] is None


def test_an_organization_says_what_it_is():
    """As pages and knowledge graphs write it, with a full name."""
    address = {"@type": "PostalAddress", "addressLocality": "Leeds", "addressCountry": "GB"}
    page = {"@type": "Organization", "name": "Marrowfen", "fullName": "Marrowfen Ltd", "address": address}
    fields = extract_company_fields({"data": [{"score": 99, "entity": page}]})
    assert (fields["company_name"], fields["company_city"]) == ("Marrowfen", "Leeds")
    assert fields["company_country"] == "United Kingdom"


def test_a_name_in_an_identifier_is_the_companys():
    """Crunchbase's."""
    properties = {"identifier": {"permalink": "marrowfen", "value": "Marrowfen"}, "short_description": "Pumps."}
    assert extract_company_fields({"properties": properties})["company_name"] == "Marrowfen"


def test_a_revenue_in_thousands_is_told_beside_the_whole_one():
    """ZoomInfo's."""
    told = {"name": "Marrowfen", "revenue": 12500, "revenueNumeric": 12500000, "employeeCount": 12}
    assert extract_company_fields({"data": told})["company_revenue_range"] == "12500000"


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("leeds, england, united kingdom", "Leeds, England, United Kingdom"),
        ("frankfurt am main, de", "Frankfurt am Main, DE"),
        ("Leeds, UK", "Leeds, UK"),
    ],
)
def test_a_place_in_small_letters_is_written_as_one(told, shown):
    """Some providers write everything small."""
    assert extract_person_fields({"name": "Orla Penhallow", "location_name": told})["person_location"] == shown


@pytest.mark.parametrize(
    "told",
    [
        {"last_funding_round_announced_date": "2026-05-01", "last_funding_round_name": "Series A"},
        {"recentFundingDate": "2026-05-01 12:00 AM", "latest_funding_stage": "Series A"},
        {"funding": {"last_round_date": "2026-05-01T00:00:00.000Z", "last_round_type": "Series A"}},
        {"funding": {"latest_funding_date": "2026-05-01", "latest_funding_stage": "Series A"}},
        {"funding": {"funding_events": [{"raised_at": "2026-05-01", "type": "Series A"}]}},
    ],
)
def test_the_last_round_is_told_in_many_places(told):
    """Of Coresignal, ZoomInfo, Bright Data and Prospeo."""
    fields = extract_company_fields({"name": "Marrowfen", **told})
    assert (fields["company_last_raised_at"], fields["company_latest_funding"]) == ("2026-05-01", "Series A")


@pytest.mark.parametrize(
    "other", [{"Decision Maker": {"name": "Bo Lee", "title": "CEO", "email": "bo@oakmere.example"}}, {"Find CEO Email": "bo@oakmere.example"}]
)  # fmt: skip
def test_a_column_about_the_decision_maker_is_about_somebody_else(other):
    """Whoever decides there is another than the one who was asked about."""
    fields = extract_person_fields({"Enrich person": {"name": "Orla Penhallow", "title": "Buyer"}, **other})
    assert (fields["person_title"], fields["person_email"]) == ("Buyer", None)
    assert not any(extract_person_fields({"Enrich person": None, **other}).values())


def test_a_name_in_the_letters_of_japan_is_joined_as_it_is_written():
    """The family name stands first, as in a full name of one column."""
    assert extract_person_fields({"first_name": "健一", "last_name": "佐藤"})["person_full_name"] == "佐藤 健一"


def test_one_previous_job_is_a_past_employer():
    """Lusha's: whether it was a customer is told where it was, and is unknown where the rest of the history is."""
    person = {
        "fullName": "Orla Penhallow",
        "company": {"name": "Marrowfen", "domain": "marrowfen.example"},
        "previousJob": {"jobTitle": {"title": "Clerk"}, "company": {"name": "Oakmere", "domain": "oakmere.example"}},
    }
    told = [
        extract_all({}, {"data": person}, customers, asked_company_domain="marrowfen.example")["is_worked_at_customer"]
        for customers in (["oakmere.example"], ["elm.example"])
    ]
    assert told == [True, None]


LINKS = [
    "No profile; closest is {0}", "Not sure, maybe {0}", "Probably {0}", "{0} (unverified)", "{0} or {1}", "I think it is {0}",
    "No LinkedIn page. A namesake is at {0}",
]  # fmt: skip


@pytest.mark.parametrize("text", LINKS)
def test_a_page_that_is_guessed_is_none(text):
    """A page is what people and companies are known by, so a wrong one makes two of them one."""
    person = text.format("https://linkedin.com/in/orla", "https://linkedin.com/in/orla-2")
    for told in ({"linkedin_url": person}, {"linkedin_url": {"url": person}}):
        assert extract_person_fields({"first_name": "Orla", **told})["person_linkedin_url"] is None
    page = text.format("https://linkedin.com/company/oak", "https://linkedin.com/company/ash")
    site = text.format("https://oak.example", "https://ash.example")
    fields = extract_company_fields({"name": "Oak", "linkedin_url": page, "website": site})
    assert [fields[name] for name in ("company_linkedin_url", "company_website", "company_domain")] == [None] * 3


@pytest.mark.parametrize(
    "text",
    ["{}", "Orla's profile: {}", "{} (verified)", "LinkedIn: {}, Xing: xing.com/orla", "{} {}", "[{}]({})"],
)
def test_words_around_a_page_do_not_make_it_a_guess(text):
    """Nor do those in its address."""
    page = "https://linkedin.com/in/similar-likely"
    fields = extract_person_fields({"first_name": "Orla", "linkedin_url": text.format(page, page)})
    assert fields["person_linkedin_url"] == "https://www.linkedin.com/in/similar-likely"


@pytest.mark.parametrize(
    ("title", "location"),
    [
        ("Orla runs Marrowfen", "Orla lives in Leeds"),
        ("Orla Penhallow leads buying", "Orla Penhallow resides in Leeds"),
        ("ORLA PENHALLOW is CTO", "Orla is in Leeds"),
    ],
)
def test_what_is_told_by_the_persons_own_name_is_told_in_a_sentence(title, location):
    """Nobody's title begins with their name."""
    fields = extract_person_fields({"name": "Orla Penhallow", "title": title, "location": location})
    assert (fields["person_title"], fields["person_location"]) == (None, None)


def test_a_title_may_begin_like_a_first_name():
    """Without a verb it is one."""
    for first, title in (("Grace", "Grace chapel pastor"), ("Chase", "Chase Bank Manager"), ("Page", "Page")):
        fields = extract_person_fields({"first_name": first, "last_name": "Bray", "title": title})
        assert fields["person_title"] == title
