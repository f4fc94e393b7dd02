"""Values as language models and scrapers write them: marked, labelled, reasoned about, guessed, or of a page that shows nothing."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichcore.fields import extract_company_fields, extract_person_fields
from enrichcore.ingest import read_import

MARKS = [
    "**{}**", "__{}__", "*{}*", "`{}`", '"{}"', "- {}", "• {}", "# {}", "{} [1]", "{} [1][2]", "{}【4†source】", "{} (source: LinkedIn)", "Job Title: {}", "- **Title:** {}", "[{}](https://x.example)",
    "<b>{}</b>", "{}\n\nReasoning: it is on the page", "**{}**\n**Confidence:** high",
]  # fmt: skip


def title(text):
    """The job title of an answer that tells it so."""
    return extract_person_fields({"result": {"first_name": "Oda", "last_name": "Fin", "job_title": text}})[
        "person_title"
    ]


def company(**facts):
    """The fields of an answer about a company."""
    return extract_company_fields({"result": {"employee_count": 5, **facts}})


@given(mark=st.sampled_from(MARKS), value=st.sampled_from(["VP People", "CFO", "Head of R&D: EMEA", 'VP "People"', "C# Developer", "Left-back coach", "CEO | Founder"]))  # fmt: skip
def test_marks_leave_a_value(mark, value):
    """What stands within the value stays."""
    if not (mark.startswith('"') and '"' in value):
        assert title(mark.format(value)) == value


@pytest.mark.parametrize("mark", MARKS[:13])
def test_marks_leave_names_industries_and_cells(mark):
    """In answers and in files."""
    told = company(name=mark.format("Tiszavolt Kft."), industry=mark.format("Battery Manufacturing"))
    assert (told["company_name"], told["company_industry"]) == ("Tiszavolt Kft.", "Battery Manufacturing")
    quoted = '"' + mark.format("VP People").replace('"', '""') + '"'
    (row,) = read_import(f"Name,Email,Job Title\nOda Fin,oda@fin.example,{quoted}\n".encode(), profile="crm").rows()
    assert row.person["person_title"] == "VP People"


@given(text=st.text(max_size=40) | st.lists(st.sampled_from(["**", "*", "`", '"', "- ", "[1]", "Title: ", "CFO", " ", "_"]), max_size=8).map("".join))  # fmt: skip
def test_any_text_settles(text):
    """A value that was cleaned is clean."""
    told = title(text)
    assert told is None or title(told) == told


@pytest.mark.parametrize(
    "text",
    [
        "Likely CFO", "Probably CFO, but not confirmed", "Not applicable - she left the company", "No longer at company", "Left the company", "Previously CFO at Pampanet", "See LinkedIn", "string",
        "Mr", "Mrs.", "Dr.", "Monsieur", "Ing.", "PhD", "Oda Fin - CFO - Pampanet | LinkedIn", "Oda Fin | LinkedIn", "n/v", "keine", "N/A - profile is private",
    ],
)  # fmt: skip
def test_a_guess_and_a_form_of_address_are_no_job(text):
    """Neither is the title of a page."""
    assert title(text) is None


@pytest.mark.parametrize("text", ["NA Sales Director", "Estimator", "Named Account Executive", "Seer", "Unknown quantity. Known results."])  # fmt: skip
def test_what_only_begins_like_a_guess_is_a_job(text):
    """Words mean what stands behind them."""
    assert title(text) == text


def test_a_place_that_is_guessed_is_none():
    """Nor is what stands behind the words for nothing a place."""
    for line in (
        "Likely Rosario, Argentina",
        "Not available, but the phone code suggests Argentina",
        "City, State, Country",
    ):
        told = company(name="X", headquarters=line)
        assert (told["company_city"], told["company_state"]) == (None, None)
    told = company(name="X", headquarters="Headquartered in Rosario, Argentina")
    assert (told["company_city"], told["company_country"]) == ("Rosario", "Argentina")


@pytest.mark.parametrize(
    "name",
    [
        "Just a moment...", "Attention Required! | Cloudflare", "Domain for sale", "pampanet.example is for sale", "Welcome to nginx!", "Index of /", "Account Suspended", "Under construction",
        "Coming Soon", "Untitled", "Home", "Homepage", "Sign in", "LinkedIn: Log In or Sign Up", "Google Search", "404", "Multiple companies found", "Found 3 results", "3 results found",
    ],
)  # fmt: skip
def test_the_title_of_a_page_is_no_company(name):
    """Of a guard against robots, an empty host, a search."""
    assert company(name=name)["company_name"] is None


@pytest.mark.parametrize(
    "text",
    [
        "Checking your browser before accessing", "You need to enable JavaScript to run this app.", "We use cookies to improve your experience.", "This domain is for sale!", "N/A - website is down",
        "Just a moment... " + "Enable JavaScript and cookies to continue. " * 20,
    ],
)  # fmt: skip
def test_a_page_that_shows_nothing_describes_no_company(text):
    """However long it is."""
    assert company(name="X", description=text)["company_description"] is None


def test_a_pages_code_is_no_text():
    """What it does is not what it says."""
    text = "<p>Batteries &amp; more</p><script>alert(1)</script><style>p {color: red}</style>"
    assert company(name="X", description=text)["company_description"] == "Batteries & more"


def test_what_stands_for_more_is_no_technology():
    """Nor is a sentence about none."""
    assert company(name="X", technologies="SAP, AWS, etc.")["company_technologies"] == ["SAP", "AWS"]
    assert company(name="X", technologies=["SAP", "and more", "+5 more"])["company_technologies"] == ["SAP"]
    assert company(name="X", technologies="We could not detect any technologies")["company_technologies"] is None


def bold(text):
    """The text in bold letters of the mathematical alphabets, with accents behind them."""
    plain = unicodedata.normalize("NFD", text)
    return "".join(chr(ord(part) + (0x1D5D4 - 65 if part < "a" else 0x1D5EE - 97)) if part.isascii() and part.isalpha() else part for part in plain)  # fmt: skip


def test_letters_of_mathematics_are_letters():
    """People write their names so on their pages."""
    facts = {"first_name": bold("Anna"), "last_name": bold("Kovács"), "job_title": bold("CEO & \u2102o-Founder"), "headline": "x\u00b2 \u2122"}  # fmt: skip
    told = extract_person_fields({"result": facts})
    assert (told["person_full_name"], told["person_title"]) == ("Anna Kovács", "CEO & Co-Founder")
    assert told["person_headline"] == "x\u00b2 \u2122"


@pytest.mark.parametrize("text", ["500+ connections", "3rd+ degree connection", "View profile", "LinkedIn Member", "She/Her", "Status is reachable"])  # fmt: skip
def test_what_linkedin_shows_beside_a_profile_is_no_headline(text):
    """Scrapers take it for one."""
    assert extract_person_fields({"first_name": "Oda", "last_name": "Fin", "headline": text})["person_headline"] is None


@pytest.mark.parametrize(("text", "told"), [("Leeds, United Kingdom · 500+ connections", "Leeds, United Kingdom"), ("Leeds, United Kingdom · Contact info", "Leeds, United Kingdom"), ("500+ connections", None)])  # fmt: skip
def test_what_linkedin_shows_beside_a_place_is_no_part_of_it(text, told):
    """Nor is it a place alone."""
    assert extract_person_fields({"first_name": "Oda", "last_name": "Fin", "location": text})["person_location"] == told


@pytest.mark.parametrize("text", ["1st Lieutenant", "Top 3rd party sales", "Contact information manager"])
def test_a_headline_may_begin_like_what_linkedin_shows(text):
    """Words mean what stands behind them."""
    assert extract_person_fields({"first_name": "Oda", "last_name": "Fin", "headline": text})["person_headline"] == text


@pytest.mark.parametrize(
    ("full", "told"),
    [
        ('"Odalys" Ferreyra', ("Odalys", "Ferreyra", "Odalys Ferreyra")), ("Odalys Ferreyra aka Oda", ("Odalys", "Ferreyra", "Odalys Ferreyra")),
        ("The name is Odalys Ferreyra", ("Odalys", "Ferreyra", "Odalys Ferreyra")), ("Odalys Ferreyra's Profile", ("Odalys", "Ferreyra", "Odalys Ferreyra")),
        ("Odalys Ferreyra and Juan Gil", (None, None, None)), ("김민준", (None, None, "김민준")), ("José Ortega y Gasset", ("José", "Ortega y Gasset", "José Ortega y Gasset")),
        ("[First Name] [Last Name]", (None, None, None)), ("Ada Née", ("Ada", "Née", "Ada Née")),
    ],
)  # fmt: skip
def test_a_name_in_a_sentence_is_the_name(full, told):
    """Of two people neither is meant; a name of Korea's letters is not taken apart."""
    fields = extract_person_fields({"result": {"full_name": full, "job_title": "CFO"}})
    assert tuple(fields[f"person_{part}_name"] for part in ("first", "last", "full")) == told


def test_a_whole_name_in_the_last_names_place_is_taken_apart():
    """Where the first name's is empty, as in files."""
    fields = extract_person_fields({"result": {"first_name": "", "last_name": "Odalys Ferreyra", "job_title": "CFO"}})
    assert (fields["person_first_name"], fields["person_last_name"]) == ("Odalys", "Ferreyra")


def test_a_name_in_the_titles_place_is_no_title():
    """Neither the person's nor the employer's."""
    job = {"title": "Pampanet", "company": "Pampanet", "is_current": True}
    for facts in ({"job_title": "Oda Fin"}, {"job_title": "Pampanet", "experience": [job]}):
        assert extract_person_fields({"first_name": "Oda", "last_name": "Fin", **facts})["person_title"] is None


def test_a_name_in_small_letters_gives_way_to_the_same_in_better_ones():
    """Some providers write every name small; another name is another's."""
    assert company(name="moor ltd", display_name="Moor Ltd")["company_name"] == "Moor Ltd"
    assert company(name="moor ltd", display_name="Fell")["company_name"] == "moor ltd"
