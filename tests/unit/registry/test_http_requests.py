"""A template's values stay in their places."""

import json

from enrichcore.registry import HttpRequest, Secret

FACTS = {"person_email": "a+b@x.example", "company_name": 'Quill "Q"\r\nHaven', "company_employee_count": 12}


def test_a_value_in_a_url_is_percent_encoded():
    """It cannot add a path or a parameter."""
    request = HttpRequest(method="GET", url=Secret("https://api.example/find?q={company_name}&e={person_email}"))
    assert request.render(FACTS).url == "https://api.example/find?q=Quill%20%22Q%22%0D%0AHaven&e=a%2Bb%40x.example"


def test_a_value_in_a_json_body_is_escaped():
    """The body stays JSON; braces of its own are left alone."""
    body = Secret('{"name": "{company_name}", "size": {company_employee_count}, "none": "{company_city}"}')
    rendered = HttpRequest(method="POST", url=Secret("https://api.example"), body=body).render(FACTS)
    assert json.loads(rendered.body) == {"name": FACTS["company_name"], "size": 12, "none": ""}


def test_a_value_in_a_header_has_no_line_ends():
    """It cannot add a header."""
    request = HttpRequest(method="GET", url=Secret("https://api.example"), headers={"x-name": Secret("{company_name}")})
    assert request.render(FACTS).headers == {"x-name": 'Quill "Q" Haven'}


def test_a_query_is_left_to_the_client_to_encode():
    """A parameter has the value as it is."""
    request = HttpRequest(method="GET", url=Secret("https://api.example"), query={"e": Secret("{person_email}")})
    assert request.render(FACTS).query == {"e": "a+b@x.example"}


def test_a_body_that_is_not_json_has_plain_values():
    """Only JSON is escaped as JSON."""
    request = HttpRequest(method="POST", url=Secret("https://api.example"), body=Secret("n={company_name}"), json=False)
    assert request.render(FACTS).body == f"n={FACTS['company_name']}"


def test_what_is_needed_and_not_known_is_told():
    """A request names its fields from every part, each once."""
    request = HttpRequest(
        method="POST",
        url=Secret("https://api.example/{company_domain}"),
        headers={"a": Secret("{person_email}")},
        query={"b": Secret("{person_title}")},
        body=Secret("{person_email}{company_city}"),
    )
    assert request.fields == ("company_domain", "person_email", "person_title", "company_city")
    assert request.missing(FACTS) == ("company_domain", "person_title", "company_city")


def test_a_request_shows_nothing_of_its_parts():
    """API keys may stand anywhere in it."""
    key = Secret("tarnished-spoon")
    request = HttpRequest(method="GET", url=key, headers={"a": key}, query={"b": key}, body=key)
    assert "spoon" not in repr(request)
    assert "spoon" not in repr(
        HttpRequest(method="GET", url=Secret("https://api.example"), headers={"a": key}).render({})
    )
