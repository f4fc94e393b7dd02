"""Of several jobs without an end the present one is that which anything else tells of; else the last that began, seats on boards apart."""

from datetime import date

import pytest

from enrichcore import extract_all, extract_person_fields


def job(title, company, start, **more):
    """One without an end."""
    domain = f"{company.casefold()}.example"
    return {
        "title": title, "company": company, "company_domain": domain, "start_date": start, "end_date": None, **more,
    }  # fmt: skip


OPS, MENTOR = job("VP Ops", "Larkspur", "2022-04"), job("Mentor", "Hub", "2026-10")
SALES = job("Sales Director", "Fenwick", "2025-01")


def present(*jobs, asked=None, **more):
    """Title and start of the present role."""
    told = extract_person_fields({"name": "Mirela Oswin", "experience": list(jobs), **more}, asked_company_domain=asked)
    return told["person_title"], told["person_current_job_start_date"]


@pytest.mark.parametrize(
    ("jobs", "more", "role"),
    [
        ([OPS, MENTOR], {}, ("VP Ops", "2022-04")),
        ([OPS, SALES], {}, ("Sales Director", "2025-01")),
        ([OPS, SALES], {"headline": "VP Ops at Larkspur"}, ("VP Ops", "2022-04")),
        ([OPS, SALES], {"title": "Vice President Ops"}, ("Vice President Ops", "2022-04")),
        ([OPS, SALES], {"asked": "larkspur.example"}, ("VP Ops", "2022-04")),
        ([OPS, SALES], {"asked": "elsewhere.example"}, ("Sales Director", "2025-01")),
        ([OPS, {**SALES, "end_date": "2025-06"}], {}, ("VP Ops", "2022-04")),
    ],
)
def test_which_one_is_the_present_one(jobs, more, role):
    """The rest stays open: nobody is called a former employer for it."""
    assert present(*jobs, **more) == role
    assert present(*reversed(jobs), **more) == role


def test_a_seat_that_began_last_makes_nobody_new_or_moved():
    """The company asked about is that of the job."""
    person = {"name": "Mirela Oswin", "headline": "VP Ops at Larkspur", "experience": [OPS, MENTOR]}
    told = extract_all({"domain": "larkspur.example"}, person, [], as_of=date(2026, 11, 15))
    assert (told["is_new_in_role"], told["moved_company"]) == (False, False)


@pytest.mark.parametrize(
    "line",
    ["Helping people win | Speaker | Dad", "Curriculum Designer at Cascadia", "Speaker \u00b7 Curriculum Designer"],
)
def test_a_line_about_somebody_is_no_title_where_the_job_tells_one(line):
    """Some providers keep the headline under `position`."""
    one = {"company": "Cascadia", "title": "Curriculum Designer", "start_date": "Aug 2020", "end_date": "Present"}
    assert present(one, position=line) == ("Curriculum Designer", "2020-08")


def test_a_line_is_the_title_where_a_configuration_says_so():
    """Field sources are the user's own word."""
    one = {"company": "Cascadia", "title": "Curriculum Designer", "is_current": True}
    person = {"name": "Mirela Oswin", "headline": "Curriculum Designer at Cascadia", "experience": [one]}
    told = extract_person_fields(person, sources={"person_title": ["headline"]})
    assert told["person_title"] == "Curriculum Designer at Cascadia"
