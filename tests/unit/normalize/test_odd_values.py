"""Values as providers, pages and spreadsheets really leave them."""

import pytest

from enrichcore import normalize


@pytest.mark.parametrize(
    "text",
    [
        "nan", "TBD", "not set", "Not disclosed", "<null>", "#DIV/0!", "#ERROR!", "k.A.", "sin datos", "null null", "undefined undefined",
        "Unknown Unknown", "{{First Name}}", "${title}", "{job title}", "I'm sorry, but I couldn't find a title.",
        "As an AI language model, I cannot browse.", "The title could not be determined.", "Not publicly available", "Not mentioned",
        "No current position", "No website", "Title not disclosed", "Information cannot be verified",
    ],
)  # fmt: skip
def test_more_ways_to_say_nothing(text):
    """Words of other languages, of spreadsheets and of language models, and tokens that were never filled in."""
    assert normalize.clean_text(text) is None


@pytest.mark.parametrize(
    "text", ["Nan", "No Code Ltd", "No. 7 Beauty", "Unknown Pleasures", "Not Just Code", "No Limits", "{Not} a token"]
)
def test_names_that_resemble_them_are_kept(text):
    """Whole values only are nothing."""
    assert normalize.clean_text(text) == text


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("JosÃ© GarcÃ\xada", "José García"),
        ("Chief â€œInnovationâ€\x9d Officer", "Chief “Innovation” Officer"),
        ("JosÃƒÂ©", "José"),
        ("GrÃ¼ner & SÃ¶hne", "Grüner & Söhne"),
        ("São Paulo", "São Paulo"),
        ("Zoë\u2019s Ånger", "Zoë\u2019s Ånger"),
        ("VÂN ANH", "VÂN ANH"),
    ],
)
def test_text_that_was_read_in_the_wrong_encoding_is_read_again(raw, clean):
    """UTF-8 that someone took for cp1252 is put right; what only looks foreign is not touched."""
    assert normalize.clean_text(raw) == clean


@pytest.mark.parametrize(
    ("raw", "date"),
    [
        ("Fri, 01 Jan 2021 00:00:00 GMT", "2021-01-01"), ("Jan 1, 2021 12:00 AM", "2021-01-01"), ("Mar '21", "2021-03"), ("Mar \u201998", "1998-03"),
        ("2021年3月", "2021-03"), ("2021년 3월 5일", "2021-03-05"), ("Q1 2021", "2021"), ("2021 Q1", "2021"), ("Spring 2021", "2021"),
        ("since 2021", "2021"), ("since Mar 2021", "2021-03"), ("1970-01-01", None), ("1970-01-01T00:00:00Z", None), ("01/01/1900", None), ("1900-01-00", None),
        ("1970", "1970"), ("Mar-21", None), ("2021-", None),
    ],
)  # fmt: skip
def test_dates_in_more_forms(raw, date):
    """The precision given is kept, and a machine's zero is no date."""
    assert normalize.partial_date(raw) == date


@pytest.mark.parametrize(
    ("raw", "country"),
    [
        ("(US)", "United States"), ("Germany (DE)", "Germany"), ("United States 🇺🇸", "United States"), ("Espana", "Spain"), ("Allemagne", "Germany"),
        ("EE.UU.", "United States"), (["US"], "United States"), ({"iso2": "US"}, "United States"), ("Europe", None), ("EMEA", None), ("New York", None),
        ("California", None), ("United States, Canada", None), ("Georgia", "Georgia"), ("Neverland", None), ("XX", None),
    ],
)  # fmt: skip
def test_countries_in_more_forms(raw, country):
    """Other languages, brackets and flags are read; a continent, a state or a list is no country."""
    assert normalize.country_name(raw) == country


@pytest.mark.parametrize(
    ("raw", "email"),
    [
        ("Could not find email for jane@acme.example", None), ("bounced: jane@acme.example", None), ("invalid - jane@acme.example", None),
        ("j***@acme.example", None), ("null@acme.example", None), ("first.last@acme.example", None), ("jane.doe@example.com", None),
        ("✅ jane@acme.example", "jane@acme.example"), ("jane@acme.example (verified)", "jane@acme.example"),
        ({"result": {"email": "jane@acme.example"}}, "jane@acme.example"), ({"emails": [{"value": "jane@acme.example"}]}, "jane@acme.example"),
        ("jane@acme.example; error@b.example", "jane@acme.example"),
    ],
)  # fmt: skip
def test_an_address_in_a_sentence_that_denies_it_is_none(raw, email):
    """What was not found, bounced or is masked must not be written to."""
    assert normalize.usable_email(raw) == email


@pytest.mark.parametrize(
    ("raw", "domain", "website"),
    [
        ("https//acme.example", "acme.example", "https://acme.example"),
        ("<a href='https://acme.example'>acme.example</a>", "acme.example", "https://acme.example"),
        ("[acme.example](https://acme.example)", "acme.example", "https://acme.example"),
        ("Visit https://acme.example/about.", "acme.example", "https://acme.example/about"),
        ("http://www.acme.example; http://b.example", "acme.example", "http://www.acme.example"),
        ("see https://acme.example and https://b.example", None, None),
    ],
)
def test_a_link_inside_a_text_is_found_when_it_is_the_only_one(raw, domain, website):
    """Mark-up and slips of the pen do not hide a domain."""
    assert (normalize.company_domain(raw), normalize.website_url(raw)) == (domain, website)


@pytest.mark.parametrize("domain", ["company.com", "domain.com", "website.com", "mycompany.com"])
def test_a_host_that_examples_borrow_is_a_companys_all_the_same(domain):
    """Real companies are there; only whole addresses at it are placeholders."""
    assert normalize.company_domain(domain) == domain


@pytest.mark.parametrize(
    "raw", ["https://www.google.com/search?q=acme", "https://web.archive.org/web/2020/https://acme.example", "yourcompany.com", "example.com"]
)  # fmt: skip
def test_pages_about_a_company_and_placeholders_are_not_its_domain(raw):
    """A search, an archive, or the example of a form belong to somebody else."""
    assert normalize.company_domain(raw) is None


@pytest.mark.parametrize(
    ("raw", "url"),
    [
        ("<https://www.linkedin.com/in/jane-doe>", "https://www.linkedin.com/in/jane-doe"),
        ("https://www.linkedin.com/in/jane-doe%20", "https://www.linkedin.com/in/jane-doe"),
        ("https://www.linkedin.com/in/jane-doe&trk=x", "https://www.linkedin.com/in/jane-doe"),
        ("https%3A%2F%2Fwww.linkedin.com%2Fin%2Fjane-doe", "https://www.linkedin.com/in/jane-doe"),
        ("https://www.linkedin.com/in/ACwAAA8BYqEBCGLg", "https://www.linkedin.com/in/ACwAAA8BYqEBCGLg"),
        ("https://www.linkedin.com/in/UNAVAILABLE", None),
        ("https://www.linkedin.com/in/null", None),
    ],
)
def test_more_shapes_of_linkedin_pages(raw, url):
    """Brackets, tracking and encoding are no part of a slug; a member's id keeps its case, or it leads nowhere."""
    assert normalize.linkedin_url(raw, "in") == url


@pytest.mark.parametrize(
    ("raw", "first", "last"),
    [
        ("Jane Doe | CEO at Acme", "Jane", "Doe"), ("Jane Doe - CEO", "Jane", "Doe"), ('Jane "JJ" Doe', "Jane", "Doe"),
        ("Jane (Smith) Doe", "Jane", "Doe"), ("Jane Smith-Doe", "Jane", "Smith-Doe"),
        ("LinkedIn Member", None, None), ("First Name", None, None),
    ],
)  # fmt: skip
def test_what_stands_beside_a_name_leaves_it(raw, first, last):
    """Jobs and nicknames are no part of a name; a hidden profile has none."""
    assert normalize.split_full_name(raw) == (first, last)


@pytest.mark.parametrize("address", ["kein@email.de", "abc@abc.com", "123@123.com", "asdf@asdf.com", "not@provided.com", "fake@fake.com", "undefined.undefined@acme.example", f"{'a' * 70}@acme.example"])  # fmt: skip
def test_a_filler_is_no_address(address):
    """People who must fill a column write these; two who did are not one person."""
    assert normalize.usable_email(address) is None


@pytest.mark.parametrize(
    "raw", ["u003ejo@acme.example", "%20jo@acme.example", "%3Cjo@acme.example", "mailto:%20jo@acme.example"]
)
def test_what_markup_leaves_before_an_address_is_no_part_of_it(raw):
    """Scrapers cut an address out of a page's source."""
    assert normalize.usable_email(raw) == "jo@acme.example"


@pytest.mark.parametrize("slug", ["username", "your-profile", "xxx", "profile", "firstname-lastname"])
def test_a_form_s_example_is_nobodys_page(slug):
    """A company may be called as a person is not."""
    assert normalize.linkedin_key(f"https://www.linkedin.com/in/{slug}", "in") is None
    assert normalize.linkedin_key("https://www.linkedin.com/company/linkedin", "company") == "linkedin"


@pytest.mark.parametrize("domain", ["none.com", "www.test.com", "http://na.com", "unknown.com"])
def test_a_filler_is_no_domain(domain):
    """Two companies without a website are not one."""
    assert normalize.company_domain(domain) is None
