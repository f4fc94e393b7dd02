"""Quotes around a whole value, ids in a name's place, what a link tells of its followers, and crossed-out mailboxes."""

import pytest

from enrichcore.fields import compute_indicators, extract_company_fields, extract_person_fields


@pytest.mark.parametrize(
    "told",
    ["'Dairy'", "\u201cDairy\u201d", "\u201eDairy\u201c", "\u00abDairy\u00bb", "\u2018Dairy\u2019", "**'Dairy'**"],
)
def test_quotes_around_a_whole_value_are_no_part_of_it(told):
    """A hand-made body puts them around a token, a model around its answer."""
    assert extract_company_fields({"industry": told})["company_industry"] == "Dairy"


def test_a_country_in_quotes_is_one():
    """As is a city."""
    fields = extract_company_fields({"city": '"Porto"', "country": '"Portugal"'})
    assert (fields["company_city"], fields["company_country"]) == ("Porto", "Portugal")


@pytest.mark.parametrize("title", ["\u201cFun\u201d and \u201cGames\u201d", "Chief 'Fun' Officer", "'Rock' 'n' 'Roll'"])
def test_quotes_around_a_part_stay(title):
    """They say something there."""
    assert extract_person_fields({"first_name": "Jan", "title": title})["person_title"] == title


@pytest.mark.parametrize("name", ["'t Hooft", "\u2019t Hooft", "D'Arcy'"])
def test_an_apostrophe_is_no_quote(name):
    """It belongs to a name."""
    assert extract_person_fields({"first_name": "Jan", "last_name": name})["person_last_name"].startswith(name[:7])


@pytest.mark.parametrize("field", ["industry", "city", "description"])
def test_an_id_of_linkedin_is_no_value(field):
    """A scraper leaves it where it does not look the name up."""
    assert not any(extract_company_fields({field: "urn:li:fsd_industry:43"}).values())


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("https://elm.example/?utm_source=linkedin&utm_medium=social", "https://elm.example"),
        ("https://elm.example/de?gclid=1&lang=de#top", "https://elm.example/de?lang=de"),
        ("https://elm.example/shop?id=7", "https://elm.example/shop?id=7"),
        ("elm.example?fbclid=abc", "https://elm.example"),
    ],
)
def test_what_tracks_whoever_follows_a_link_is_no_part_of_it(told, shown):
    """What tells the page stays."""
    assert extract_company_fields({"website": told})["company_website"] == shown


@pytest.mark.parametrize("address", ["xxxx@elm.example", "j.xxxxx@elm.example", "xxx.xxxx@elm.example"])
def test_a_crossed_out_mailbox_is_no_address(address):
    """A provider shows it so until it is paid for."""
    assert extract_person_fields({"first_name": "Jan", "email": address})["person_email"] is None


@pytest.mark.parametrize("address", ["xx@elm.example", "xaxxon@elm.example", "maxxx@elm.example"])
def test_a_mailbox_with_such_letters_is_one(address):
    """Somebody may be called so."""
    assert extract_person_fields({"first_name": "Jan", "email": address})["person_email"] == address


def test_a_past_employer_that_is_not_told_may_be_a_customer():
    """A title alone does not say whose it was."""
    jobs = [
        {"title": "Buyer", "company": "Elm", "is_current": True},
        {"title": "Clerk", "start_date": "2015", "end_date": "2019"},
    ]
    told = compute_indicators({}, {}, {"first_name": "Jan", "experience": jobs}, ["Kestrel <kestrel.example>"])
    assert told["is_worked_at_customer"] is None


@pytest.mark.parametrize("count", ["1 billion", "750 million+"])
def test_what_linkedin_says_of_itself_is_no_description(count):
    """A scraper without an account sees it on every page."""
    told = f"{count} members | Manage your professional identity. Build and engage with your professional network."
    assert extract_company_fields({"name": "Elm", "description": told})["company_description"] is None
