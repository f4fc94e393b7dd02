"""A job that was told with its end: what a lead shows before and after that day, lived and replayed alike."""

from datetime import UTC, date, datetime, timedelta

import pytest

from tests.unit.projections.answers import person_answer
from tests.unit.projections.written_log import WrittenLog

BEFORE, AFTER = date(2026, 12, 30), date(2026, 12, 31)
INTERIM = {"title": "Interim CFO", "company": "Oak", "start_date": "2026-02-01", "end_date": "2026-12-31"}
PARTNER = {"title": "Partner", "company": "Elm", "start_date": "2020-05", "is_current": True}
ADVISOR = {"title": "Advisor", "company": "Ash", "start_date": "2019-01-01", "end_date": "2020-01-01"}


def role(lead):
    """Title and start, and where the title is from."""
    source = lead["provenance"].get("person_title")
    return lead["person_title"], lead["person_current_job_start_date"], source and source[0]


def shown(log):
    """What the only lead shows, in pages of every size alike."""
    lead = log.lead(1)
    assert [log.lead(1, page) for page in (1, 2, 1000)] == [lead, lead, lead]
    return role(lead)


@pytest.fixture
def told(log):
    """Writes an answer with these jobs about somebody whom an import called a clerk."""

    def tell(*jobs, **more):
        log.leads(1, 1, person_title="Clerk")
        return log.answers_person(1, person_answer(experience=list(jobs), **more))

    return tell


@pytest.mark.parametrize("flag", [{}, {"is_current": True}])
@pytest.mark.parametrize("title", [{}, {"title": "Interim CFO"}])
def test_a_job_is_shown_until_its_end_and_not_after(log, told, flag, title):
    """Whether the provider calls it a present one, or the day tells that it is."""
    told(INTERIM | flag, ADVISOR, **title)
    log.passes(BEFORE)
    assert shown(log) == ("Interim CFO", "2026-02-01", "ask_person")
    ended = log.passes(AFTER)
    assert shown(log) == (None, None, None)
    assert log.lead(1)["updated_at"] == ended.at


def test_the_job_that_goes_on_is_shown_then(log, told):
    """Of the same history, with its own start."""
    told(INTERIM, PARTNER)
    log.answers_person(1, person_answer(title="Interim CFO"), workflow="ask_email")
    log.passes(BEFORE)
    assert shown(log)[0] == "Interim CFO"
    log.passes(AFTER)
    assert shown(log) == ("Partner", "2020-05", "ask_person")


def test_a_title_that_two_jobs_have_stays_while_one_of_them_goes_on(log, told):
    """Only the start is that of the one that ended."""
    told(INTERIM | {"is_current": True}, PARTNER | {"title": "Interim CFO", "start_date": None}, title="Interim CFO")
    log.passes(AFTER)
    assert shown(log)[0] == "Interim CFO"


def test_what_is_told_after_the_end_counts(log, told):
    """An import of today is not outdone by a job that is over."""
    log.now = datetime(2026, 12, 1, tzinfo=UTC)
    told(INTERIM)
    log.passes(AFTER)
    log.now = datetime(2027, 1, 15, tzinfo=UTC)
    log.imports_person(1, person_title="Treasurer")
    assert shown(log) == ("Treasurer", None, "import")


def test_an_answer_after_the_end_is_believed(log, told):
    """Contracts are prolonged: what is flagged a present job then, is one."""
    told(INTERIM)
    log.now += timedelta(days=400)
    log.answers_person(1, person_answer(experience=[INTERIM | {"is_current": True}]))
    log.passes(date(2027, 6, 1))
    assert shown(log) == ("Interim CFO", "2026-02-01", "ask_person")


def test_a_title_of_no_job_that_ended_stays(log, told):
    """Nothing says that it is over."""
    told(INTERIM, title="Head of Finance")
    log.passes(AFTER)
    assert shown(log)[0] == "Head of Finance"


def test_days_that_pass_one_by_one_or_at_once_leave_the_same(log, told):
    """As of any day, whether the days were lived or replayed."""
    told(INTERIM)
    log.passes(AFTER)
    by_days = WrittenLog()
    by_days.leads(1, 1, person_title="Clerk")
    by_days.answers_person(1, person_answer(experience=[INTERIM]))
    for day in (date(2026, 12, 1), BEFORE, AFTER):
        by_days.passes(day)
    assert shown(by_days) == shown(log)
