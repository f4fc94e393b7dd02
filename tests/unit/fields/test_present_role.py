"""The title and its start are of one role: what began with another job makes nobody new in theirs."""

from datetime import date

import pytest

from enrichcore.fields import compute_indicators, extract_person_fields
from enrichcore.fields.titles import are_of_one_role

DAY = date(2026, 11, 28)


def job(title, company, start=None, **more):
    """A present job."""
    told = {"title": title, "company": company, "start_date": start, "is_current": True, **more}
    return {key: value for key, value in told.items() if value is not None}


CTO, ADVISOR = job("CTO", "Driftline", "2020-01"), job("Advisor", "Kestrel", "2026-10")
OLD_VP = job("VP", "Driftline", "2018-01", end_date="2026-08", is_current=False)


@pytest.mark.parametrize(
    ("answer", "title", "start", "is_new"),
    [
        ({"title": "CTO", "experience": [CTO, ADVISOR]}, "CTO", "2020-01", False),
        ({"title": "Chief Technology Officer", "experience": [CTO, ADVISOR]}, "Chief Technology Officer", "2020-01", False),
        ({"title": "CTO", "latest_experience": ADVISOR}, "CTO", None, None),
        ({"title": "CTO", "latest_experience_title": "Advisor", "latest_experience_start_date": "2026-10"}, "CTO", None, None),
        ({"title": "CTO", "experience": [ADVISOR, {"title": "CTO", "company": "Driftline"}]}, "CTO", None, None),
        ({"title": "CTO", "experience": [job("CEO", "Driftline", "2026-09")]}, "CTO", None, None),
        ({"title": "CTO", "experience": [job(None, "Driftline", "2026-09")]}, "CTO", "2026-09", True),
        ({"title": "CTO", "latest_experience_start_date": "2026-10"}, "CTO", "2026-10", True),
        ({"title": "CTO", "current_job_start_date": "2026-09"}, "CTO", "2026-09", True),
        ({"title": "VP", "experience": [OLD_VP, job("CTO", "Driftline", "2026-08")]}, "CTO", "2026-08", True),
        ({"experience": [ADVISOR, CTO]}, "CTO", "2020-01", False),
        ({"experience": [ADVISOR]}, "Advisor", "2026-10", True),
        ({"headline": "CTO at Driftline | Baker", "experience": [job("Baker", "Oven", "2026-10"), CTO]}, "CTO", "2020-01", False),
    ],
)  # fmt: skip
def test_a_start_is_that_of_the_title_that_is_shown(answer, title, start, is_new):
    """Neither a side job nor a title that stayed behind gives the role its start."""
    fields = extract_person_fields({"first_name": "Jane", **answer})
    assert (fields["person_title"], fields["person_current_job_start_date"]) == (title, start)
    assert compute_indicators(fields, {}, answer, [], as_of=DAY)["is_new_in_role"] is is_new


@pytest.mark.parametrize(
    ("title", "asked", "told", "start"),
    [
        ("Advisor", "driftline.example", "Advisor", "2026-10"), ("CTO", "kestrel.example", "CTO", "2020-01"),
        (None, "driftline.example", "CTO", "2020-01"), ("Treasurer", "driftline.example", "Treasurer", None),
    ],
)  # fmt: skip
def test_a_title_of_another_present_job_has_the_start_of_that_job(title, asked, told, start):
    """Whatever company was asked about, title and start are of one job."""
    jobs = [{**ADVISOR, "company_domain": "kestrel.example"}, {**CTO, "company_domain": "driftline.example"}]
    answer = {"first_name": "Jane", "experience": jobs, **({"title": title} if title else {})}
    fields = extract_person_fields(answer, asked_company_domain=asked)
    assert (fields["person_title"], fields["person_current_job_start_date"]) == (told, start)


def test_a_known_title_takes_no_start_of_another_job():
    """A lead's title may be the import's while its jobs are an answer's."""
    known = {"person_title": "CTO", "person_current_companies": [{"name": "Kestrel", "title": "Advisor", "start_date": "2026-10"}]}  # fmt: skip
    assert compute_indicators(known, {}, None, [], as_of=DAY)["is_new_in_role"] is None
    assert (
        compute_indicators({**known, "person_title": "Senior Advisor"}, {}, None, [], as_of=DAY)["is_new_in_role"]
        is True
    )


SEATS = [
    "Non-Executive Director", "NED", "Independent Non-Executive Director", "Chairman", "Vice Chair", "Mitglied des Aufsichtsrats", "Verwaltungsrätin",
    "Administrateur", "Membre du Conseil d'Administration", "Consejero", "Consejo de Administración", "Styrelseledamot", "Limited Partner", "Venture Partner", "Member", "Council Member",
    "Student", "Parent", "Coach",
]  # fmt: skip
JOBS = [
    "Executive Chairman", "Chair of Surgery", "Agile Coach", "Member Services Manager", "Student Success Manager", "Council Tax Manager", "Consejero Delegado",
    "Administrateur Système", "Parent Coordinator", "Partner", "Managing Director", "Limited Partnership Counsel",
]  # fmt: skip


@pytest.mark.parametrize(("title", "counts"), [*((seat, False) for seat in SEATS), *((title, True) for title in JOBS)])
def test_a_newer_seat_beside_a_job_is_no_new_role(title, counts):
    """Board seats in many languages, clubs and schools; the same words inside a job's title are a job."""
    answer = {
        "first_name": "Jane",
        "experience": [job(title, "Kestrel", "2026-10"), job("CFO", "Driftline", "2015-01")],
    }
    fields = extract_person_fields(answer)
    expected = (title, "2026-10", True) if counts else ("CFO", "2015-01", False)
    is_new = compute_indicators(fields, {}, answer, [], as_of=DAY)["is_new_in_role"]
    assert (fields["person_title"], fields["person_current_job_start_date"], is_new) == expected
    alone = extract_person_fields({"first_name": "Jane", "experience": [job(title, "Kestrel", "2026-10")]})
    assert alone["person_title"] == title


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("VP of Sales", "Vice President, Sales", True), ("Sr. Engineer", "Senior Engineer", True), ("CTO", "CTO & Co-Founder", True), ("Chief Technology Officer", "CTO", True),
        ("Sales Director", "Sales Manager", False), ("CTO", "CEO", False), ("CTO", None, False), ("", "", False), ("the", "of", False),
    ],
)  # fmt: skip
def test_titles_of_one_role_are_told_from_others(one, other, same):
    """One has all the words of the other, in whatever form."""
    assert are_of_one_role(one, other) is are_of_one_role(other, one) is same


@pytest.mark.parametrize(
    "seat",
    [
        "Non-Executive Director", "NED", "Independent Director", "Chairman", "Chair", "Mitglied des Aufsichtsrats", "Verwaltungsrat", "Administrateur", "Consejero", "Limited Partner", "Venture Partner",
        "Council Member", "Student",
    ],
)  # fmt: skip
def test_a_seat_beside_a_job_is_not_the_job(seat):
    """However new it is; of whoever has nothing else it is."""
    cfo, held = job("CFO", "Driftline", "2015-01"), job(seat, "Kestrel", "2026-10")
    told = extract_person_fields({"experience": [held, cfo]})
    assert (told["person_title"], told["person_current_job_start_date"]) == ("CFO", "2015-01")
    assert extract_person_fields({"experience": [held]})["person_title"] == seat


def test_a_chair_who_runs_the_company_has_a_job():
    """Both are one role."""
    chair, adviser = job("Chairman & CEO", "Driftline", "2015-01"), job("Buyer", "Kestrel", "2014-10")
    assert extract_person_fields({"experience": [chair, adviser]})["person_title"] == "Chairman & CEO"


@pytest.mark.parametrize(
    ("title", "company", "shown"),
    [
        ("Consultant", "Consultant", "Consultant"),
        ("Vale Consulting", "Vale Consulting", None),
        ("Acorn", "Acorn", None),
    ],
)
def test_who_works_for_themselves_may_be_called_like_the_company(title, company, shown):
    """A title that is only the employer's name is none, unless it is nothing but a job's."""
    jobs = [{"title": title, "company": company, "is_current": True, "start_date": "2021-01"}]
    assert extract_person_fields({"first_name": "Jo", "last_name": "Vale", "experience": jobs})["person_title"] == shown
