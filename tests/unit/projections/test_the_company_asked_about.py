"""Of several present jobs a lead shows the one at the company that the person was asked about at, and so do later rows."""

import json
from datetime import date

import pytest

from enrichcore.store.memory import MemoryStore
from tests.contracts.world import APOLLO_PERSON, EMAIL, World, person
from tests.unit.projections.answers import company_answer, person_answer

SHOWN = ("person_title", "person_current_job_start_date")
SEAT = {"title": "Treasurer", "company": "Harrow Rowing Club", "start_date": "2026-02", "is_current": True}


def two_jobs(**employer):
    """A newer side job, which the provider calls the latest, and one at an employer."""
    own = {"title": "Buyer", "start_date": "2021-05", "is_current": True, **employer}
    return person_answer(current_experience=[SEAT, own], latest_experience=SEAT)


def shown(log):
    """The title and its start."""
    return tuple(log.lead(1)[name] for name in SHOWN)


@pytest.mark.parametrize(
    ("asked", "employer"),
    [
        ({"company_domain": "quillhaven.example"}, {"company": "QH", "company_domain": "quillhaven.example"}),
        ({"company_domain": "quillhaven.example", "company_name": "Quillhaven Ltd"}, {"company": "Quillhaven"}),
        ({"company_name": "Quillhaven"}, {"company": "Quillhaven Ltd.", "company_domain": "quillhaven.example"}),
    ],
)
def test_the_job_at_the_company_asked_about_counts(log, asked, employer):
    """By its domain, or by its name where one of the two tells no domain."""
    log.leads(1, 1, **asked)
    log.answers_person(1, two_jobs(**employer))
    assert shown(log) == ("Buyer", "2021-05")


def test_a_namesake_at_another_domain_is_another_company(log):
    """Then the job that the provider calls the latest counts, as everywhere."""
    log.leads(1, 1, company_domain="quillhaven.example", company_name="Quillhaven")
    log.answers_person(1, two_jobs(company="Quillhaven", company_domain="quillhaven-bakery.example"))
    assert shown(log) == ("Treasurer", "2026-02")


def test_a_company_of_which_an_answer_told_the_domain_is_known_by_that(log):
    """The import told only another form of its name."""
    log.leads(1, 1, company_name="QHR")
    log.answers_company(1, company_answer())
    log.answers_person(1, two_jobs(company="Quillhaven", company_domain="quillhaven.example"))
    assert shown(log) == ("Buyer", "2021-05")


def test_without_a_company_the_latest_job_counts(log):
    """Nothing tells the two apart."""
    log.leads(1)
    log.answers_person(1, two_jobs(company="Quillhaven"))
    assert shown(log) == ("Treasurer", "2026-02")


ELSEWHERE = {"title": "Interpreter", "company": "Ash", "start_date": "2026-02"}


def test_of_jobs_that_will_all_end_the_one_there_counts(log):
    """Until it does."""
    interim = {"title": "Buyer", "company": "Quillhaven", "start_date": "2021-05", "end_date": "2026-12-31"}
    log.leads(1, 1, company_name="Quillhaven")
    log.answers_person(1, person_answer(experience=[interim, {**ELSEWHERE, "end_date": "2027-06-30"}]))
    assert shown(log) == ("Buyer", "2021-05")


def test_when_a_job_ends_the_one_there_takes_its_place(log):
    """Of several that go on longer."""
    jobs = [
        {"title": "Buyer", "company": "Oak", "start_date": "2021-05", "end_date": "2026-12-31"},
        {**ELSEWHERE, "end_date": "2027-06-30"},
        {"title": "Treasurer", "company": "Quillhaven", "start_date": "2025-01", "end_date": "2027-06-30"},
    ]
    log.leads(1, 1, company_name="Quillhaven")
    log.answers_person(1, person_answer(experience=jobs, title="Buyer"))
    assert shown(log) == ("Buyer", "2021-05")
    log.passes(date(2026, 12, 31))
    assert shown(log) == ("Treasurer", "2025-01")


def test_later_rows_are_sent_with_that_job_as_well():
    """What a lead shows is what the next step asks with."""
    world = World(MemoryStore())
    world.launch(person("ann", email=""))
    world.play_to(APOLLO_PERSON)
    (send,) = world.send()
    body = {"item_id": str(send.run_id), **two_jobs(company="QH", company_domain="quillhaven.example")}
    world.answer(send, json.dumps(body).encode())
    (send,) = world.send()
    assert (send.workflow, send.payload["person_title"]) == (EMAIL, "Buyer")
