"""Objects and texts in an answer that are nobody's: what was asked, how a request failed, pages of a search, names as titles."""

import json

import pytest

from enrichcore.domain.answers import Rank
from enrichcore.domain.pipeline import Entity
from enrichcore.fields import extract_company_fields, extract_person_fields, known, read_answer

ASKED = {
    "first_name": "Ada",
    "last_name": "Moor",
    "email": "guess@moor.example",
    "linkedin_url": "https://www.linkedin.com/in/ada-in",
}
FOUND = {"first_name": "Ada", "last_name": "Moor", "title": "CFO"}


def read(body, entity=Entity.PERSON):
    """The reading of a value as JSON."""
    return read_answer(json.dumps(body).encode(), entity=entity)


@pytest.mark.parametrize(
    "key",
    [
        "lookup",
        "search",
        "payload",
        "submitted",
        "arguments",
        "search_params",
        "requestBody",
        "lead_input",
        "prompt",
        "sample",
    ],
)
@pytest.mark.parametrize(
    "answered", [{"output": None}, {"result": None}, {"data": "No data found"}, {"answer": "❌ Not found"}]
)
@pytest.mark.parametrize("wrap", [lambda body: body, lambda body: {"HTTP API": body}])
def test_what_was_asked_is_no_answer_where_nothing_was_found(key, answered, wrap):
    """It is empty, so that it is not taken for what was found."""
    reading = read(wrap({key: ASKED, **answered}))
    assert (reading.rank, reading.fields) == (Rank.EMPTY, {})


@pytest.mark.parametrize("key", ["lookup", "search", "payload", "submitted"])
def test_a_name_that_may_be_that_of_what_was_asked_may_be_a_columns(key):
    """Where nothing is said to have been answered beside it, or where something was."""
    assert read({"item_id": "i", key: FOUND}).fields["person_title"] == "CFO"
    assert read({key: {"first_name": "Ada", "last_name": "Moor"}, "result": FOUND}).fields["person_title"] == "CFO"


@pytest.mark.parametrize(
    "problem",
    [
        {"type": "about:blank", "title": "Payment Required", "status": 402, "detail": "no money"}, {"title": "Access token expired", "status": 401},
        {"status": 429, "name": "TooManyRequestsError", "message": "slow"}, {"code": 503, "name": "Overload", "message": "later"},
    ],
)  # fmt: skip
def test_how_a_request_failed_is_nobodys_name_or_title(problem):
    """Its title is that of the problem."""
    for entity in Entity:
        for body in (problem, {"statusCode": problem.get("status", 503), "body": problem}):
            reading = read(body, entity)
            assert (reading.rank, reading.fields) == (Rank.ERROR, {})


def test_a_failed_column_beside_a_person_hides_nobody():
    """A table's row may have the number of one column beside what another told."""
    assert read({"status": 404, **FOUND}).fields["person_title"] == "CFO"
    assert (
        read({"status": 404, "name": "Moor Ltd", "domain": "moor.example"}, Entity.COMPANY).fields["company_name"]
        == "Moor Ltd"
    )
    assert read({"code": 541, "name": "Moor Ltd"}, Entity.COMPANY).fields["company_name"] == "Moor Ltd"


LINK = "https://www.linkedin.com/in/odalys-zz8"


@pytest.mark.parametrize(
    "entry",
    [
        {"title": "Odalys Ferreyra - CFO - Pampanet | LinkedIn", "link": LINK}, {"title": "Odalys Ferreyra - CFO at Pampanet", "link": LINK, "snippet": "Rosario"},
        {"title": "Odalys Ferreyra \u2013 Pampanet", "link": LINK, "position": 1}, {"title": "Odalys Ferreyra - CFO", "url": LINK, "content": "..."},
        {"title": "Odalys Ferreyra", "url": LINK}, {"title": "Our team", "link": "https://pampanet.example/team", "displayLink": "pampanet.example"},
    ],
)  # fmt: skip
@pytest.mark.parametrize("column", ["organic_results", "results", "items", "webPages"])
def test_the_title_of_a_page_is_no_job(entry, column):
    """Columns that search the web answer with pages."""
    assert extract_person_fields({column: [entry]})["person_title"] is None
    assert extract_person_fields(entry)["person_title"] is None


def test_a_page_of_the_companys_own_site_tells_of_the_company_only():
    """Its title is nobody's job."""
    page = {
        "results": [
            {"title": "Pampanet - About", "url": "https://pampanet.example/about", "description": "We sell maps"}
        ]
    }
    assert extract_person_fields(page)["person_title"] is None
    assert extract_company_fields(page)["company_description"] == "We sell maps"


def test_a_title_beside_a_page_is_a_job():
    """Only one that begins like the page's address is the page's."""
    for title in ("CFO", "CFO - Pampanet", "Sales Director", "VP, People"):
        assert (
            extract_person_fields({"title": title, "url": "https://www.linkedin.com/in/cfo-odalys-sales-vp"})[
                "person_title"
            ]
            == title
        )
    assert (
        extract_person_fields({"name": "Odalys Ferreyra", "title": "CFO", "link": LINK, "position": 1})["person_title"]
        == "CFO"
    )


@pytest.mark.parametrize(
    ("title", "told"),
    [("Oda Fin", None), ("ODA FIN", None), ("Oda Fin - CFO", None), ("Fin Works", None), ("Fin Works Ltd", None), ("CFO", "CFO"), ("Oda Finance Lead", "Oda Finance Lead"), ("CFO Fin Works", "CFO Fin Works")],
)  # fmt: skip
def test_a_persons_or_an_employers_name_is_no_job(title, told):
    """The next place where a title may stand is looked at."""
    person = {"full_name": "Oda Fin", "company": "Fin Works", "title": title}
    assert extract_person_fields(person)["person_title"] == told
    assert extract_person_fields({**person, "job_title": "Buyer"})["person_title"] == (told or "Buyer")
    job = {"title": title if told else "Fin Works", "company": "Fin Works", "is_current": True}
    assert extract_person_fields({"full_name": "Oda Fin", "experience": [job]})["person_title"] == told


def test_who_works_for_themselves_may_be_called_like_what_they_do():
    """As "Freelance Consultant" at "Freelance Consultant" does."""
    job = {"title": "Freelance Consultant", "company": "Freelance Consultant", "is_current": True}
    assert (
        extract_person_fields({"full_name": "Oda Fin", "experience": [job]})["person_title"] == "Freelance Consultant"
    )


def test_a_search_names_no_company_either():
    """Its entry is a page."""
    assert (
        known(
            extract_company_fields(
                {"organic": [{"title": "Pampanet | Maps", "link": "https://pampanet.example", "snippet": "Maps"}]}
            )
        )
        == {}
    )
