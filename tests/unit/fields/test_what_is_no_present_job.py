"""Jobs that are none, groups of jobs, jobs that come to their end, and rounds of funding without a date."""

from datetime import date

import pytest

from enrichcore.fields import compute_indicators, extract_company_fields, extract_person_fields, next_change

WHO = {"first_name": "Mette", "last_name": "Vang"}
JOB = {"title": "Buyer", "company": "Larkspur", "start_date": "2019-04", "type": "Full-time"}
DEGREE = {"title": "Master of Science", "company": "Brook University", "start_date": "2026-09"}


@pytest.mark.parametrize(
    "entry",
    [
        {**DEGREE, "type": "education"},
        {**DEGREE, "type": "Education", "is_current": True},
        {**DEGREE, "degree": "MSc"},
        {"title": "Python course", "company": "Brook", "start_date": "2026-01", "entry_type": "course"},
        {"title": "Coach", "company": "Brook Scouts", "start_date": "2026-01", "type": "volunteering"},
    ],
)
def test_what_says_that_it_is_no_job_is_none(entry):
    """Neither its title nor its start is the present role's."""
    told = extract_person_fields({**WHO, "experience": [entry, JOB]})
    assert (told["person_title"], told["person_current_job_start_date"]) == ("Buyer", "2019-04")
    assert [job["name"] for job in told["person_current_companies"]] == ["Larkspur"]


def test_degrees_beside_the_jobs_of_one_object_are_none():
    """By the key of their list."""
    told = extract_person_fields({**WHO, "experience": {"education": [DEGREE], "work": [JOB]}})
    assert (told["person_title"], told["person_current_job_start_date"]) == ("Buyer", "2019-04")


def test_a_group_of_jobs_is_called_by_its_employer():
    """As LinkedIn shows several positions at one employer."""
    positions = [
        {"title": "Head of Buying", "caption": "Jan 2024 - Present · 2 yrs"},
        {"title": "Buyer", "caption": "Mar 2020 - Jan 2024 · 3 yrs 11 mos"},
    ]
    group = {"title": "Larkspur", "subtitle": "Full-time · 6 yrs", "breakdown": True, "subComponents": positions}
    told = extract_person_fields({**WHO, "experiences": [group]})
    assert (told["person_title"], told["person_current_job_start_date"]) == ("Head of Buying", "2024-01")
    assert told["person_current_companies"] == [
        {"name": "Larkspur", "title": "Head of Buying", "start_date": "2024-01"}
    ]
    assert [job["title"] for job in told["person_past_companies"]] == ["Buyer"]


@pytest.mark.parametrize("inner", [[], [{"description": [{"type": "textComponent", "text": "Buying cloth"}]}]])
def test_what_describes_a_job_takes_no_title(inner):
    """The parts of a job that are no positions."""
    job = {"title": "Buyer", "companyName": "Larkspur", "caption": "Jan 2024 - Present · 2 yrs", "subComponents": inner}
    told = extract_person_fields({**WHO, "experiences": [job]})
    assert (told["person_title"], told["person_current_job_start_date"]) == ("Buyer", "2024-01")
    assert [one["name"] for one in told["person_current_companies"]] == ["Larkspur"]


OLD = {"round": "Seed", "date": "2019-03-01"}


@pytest.mark.parametrize(
    ("company", "is_recent"),
    [
        ({"funding_rounds": [OLD, {"round": "Series A"}]}, None),
        ({"funding_rounds": [OLD, {"round": "Series A", "date": None}]}, None),
        ({"funding_rounds": [{"date": "2019-03-01", "amount": 5}, {"amount": 9}]}, None),
        ({"funding_rounds": [OLD], "latest_funding": {"round": "Series A"}}, None),
        ({"funding_rounds": [OLD], "last_funding_type": "Series A"}, None),
        ({"funding_rounds": [OLD], "last_funding_type": "Seed"}, False),
        ({"funding_rounds": [OLD, {"round": "Series A"}], "last_funding_date": "2019-03-01"}, False),
        ({"funding_rounds": [{"round": "Series A"}, {"round": "Series B", "date": "2026-02-01"}]}, True),
        ({"funding_rounds": [OLD, {"round": "Series B", "date": "2020-02-01"}]}, False),
    ],
)
def test_a_round_without_a_date_may_be_a_later_one(company, is_recent):
    """An old one beside it says nothing of when money was raised last; a recent one does."""
    told = extract_company_fields({"name": "Larkspur", **company})
    day = date(2026, 6, 1)
    assert compute_indicators({}, told, None, (), as_of=day)["is_recently_funded"] is is_recent


def test_a_job_whose_end_came_is_not_a_new_one():
    """Nor is the person known to be anywhere else; the employer is a past one from that day."""
    contract = {"title": "Interim CFO", "company": "Larkspur", "start_date": "2026-03-01", "end_date": "2026-07-31"}
    told = extract_person_fields({**WHO, "experience": [{**contract, "is_current": True}]})
    for day, is_new, worked in ((date(2026, 6, 1), True, False), (date(2026, 7, 31), None, True)):
        found = compute_indicators(told, {}, None, ["Larkspur"], as_of=day)
        assert (found["is_new_in_role"], found["is_worked_at_customer"]) == (is_new, worked)
    assert next_change(told, {}, None, ["Larkspur"], as_of=date(2026, 6, 1)) == date(2026, 7, 31)
