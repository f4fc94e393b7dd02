"""A person's title and the start of the job, as days pass on which jobs come to their ends.

What an answer tells is of its own day: a job whose end is still to come is the present one. From the day on which it comes,
its title is nobody's any more; that of a job that goes on takes its place.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from enrichcore.fields.ends_of_jobs import is_ahead
from enrichcore.fields.experience import AskedCompany, Hints, History, Job, from_record, main_job, start_of
from enrichcore.fields.titles import are_of_one_role

TITLE: Final = "person_title"
START: Final = "person_current_job_start_date"


def with_role(told: Mapping[str, Any], asked: AskedCompany) -> dict[str, Any]:
    """An answer's fields with the title and the start of a present job whose end is told, where these are not told else.

    Args:
        told: The fields, with jobs as they are on the answer's day.
        asked: The company at which the person was asked about.
    """
    records = told.get("person_current_companies") or ()
    if not any("end_date" in record for record in records) or (TITLE in told and START in told):
        return dict(told)
    jobs = tuple(job for record in records if (job := from_record(record, is_current=True)))
    title = told.get(TITLE)
    job = main_job(History(jobs=jobs), Hints(asked=asked, title=title, headline=told.get("person_headline")))
    found = {TITLE: title or (job.title if job else None), START: start_of(job, title, jobs)}
    return {name: value for name, value in found.items() if value is not None} | dict(told)


def end_of(name: str, value: str, history: History, told_on: date) -> str | None:
    """The end of the job that a title, or a start, is of, where it came after that was told and no job that goes on has the same.

    Args:
        name: Of which of the two fields.
        value: What is shown.
        history: The jobs today.
        told_on: The day on which the source told it last.
    """
    if any(_has(name, value, job) for job in history.current):
        return None
    return max(
        (
            job.end_date
            for job in history.past
            if job.end_date and is_ahead(job.end_date, told_on) and _has(name, value, job)
        ),
        default=None,
    )


def _has(name: str, value: str, job: Job) -> bool:
    return are_of_one_role(job.title, value) if name == TITLE else job.start_date == value


def present_role(history: History, hints: Hints) -> dict[str, str]:
    """The title and the start of the job that goes on; empty where there is none."""
    job = main_job(history, hints)
    told = {TITLE: job.title, START: job.start_date} if job is not None and job.title else {}
    return {name: value for name, value in told.items() if value is not None}
