"""A person's jobs, out of the several lists that a profile holds: the present ones, the past ones, and the main one.

A job is a present one when it says so; where it does not say, when it has no end. The main job is the provider's own
choice (`latest_experience`) as long as it is a present one: a newer side job does not make a person new in their role.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import evolve, frozen

from enrichcore import normalize
from enrichcore.fields import cleaners
from enrichcore.fields.payloads import Tree, values_along, values_at
from enrichcore.fields.places import is_yes
from enrichcore.fields.sources import job_paths

#: Jobs of one person that are looked at.
MAX_JOBS = 200

_LINKEDIN = cleaners.linkedin("company")
_NO = frozenset({"false", "no", "0", "n"})


@frozen(kw_only=True)
class Job:
    """One job, as far as it is told."""

    title: str | None = None
    company: str | None = None
    #: Registrable domain of the employer.
    domain: str | None = None
    linkedin_url: str | None = None
    #: ISO date with the precision given.
    start_date: str | None = None
    is_current: bool = False


@frozen(kw_only=True)
class History:
    """The jobs that a payload tells of."""

    jobs: tuple[Job, ...] = ()
    #: The job that the provider calls the latest.
    latest: Job | None = None
    #: Whether the payload lists all jobs, not just the present ones.
    is_whole: bool = False

    @property
    def current(self) -> tuple[Job, ...]:
        """The present jobs, in the order given."""
        return tuple(job for job in self.jobs if job.is_current)

    @property
    def past(self) -> tuple[Job, ...]:
        """The jobs that ended, in the order given."""
        return tuple(job for job in self.jobs if not job.is_current)


def history_in(nodes: list[Tree]) -> History:
    """The jobs told by a person's objects; the same job in two lists counts once."""
    whole = [job for node in nodes for job in _jobs(node, "history")]
    listed = [job for node in nodes for job in _jobs(node, "current")]
    latest = next((job for node in nodes for job in (*_jobs(node, "latest"), *_flat(node))), None)
    distinct: dict[tuple[str | None, ...], Job] = {}
    for job in (*whole, *listed, *([latest] if latest else [])):
        distinct.setdefault(_identity(job), job)
    return History(jobs=tuple(distinct.values())[:MAX_JOBS], latest=latest, is_whole=bool(whole))


def main_job(
    history: History, *, title: str | None = None, employer: str | None = None, asked_domain: str | None = None
) -> Job | None:
    """The present job that counts, of several; None when no present job is told.

    In this order: the one at the company asked about, the provider's latest, the one with the person's own title or
    employer, the one that started last, the first.
    """
    current = history.current
    latest = history.latest if history.latest and history.latest.is_current else None
    asked = [job for job in current if asked_domain and job.domain == asked_domain]
    if asked or latest:
        return asked[0] if asked else latest
    key = normalize.company_name_key(employer)
    choices = (
        [job for job in current if title and (job.title or "").casefold() == title.casefold()],
        [job for job in current if key and normalize.company_name_key(job.company) == key],
        sorted((job for job in current if job.start_date), key=lambda job: job.start_date or "", reverse=True),
        list(current),
    )
    return next((choice[0] for choice in choices if choice), None)


def as_record(job: Job) -> dict[str, str]:
    """A job as a mapping of what is known of it."""
    told = {
        "name": job.company,
        "domain": job.domain,
        "linkedin_url": job.linkedin_url,
        "title": job.title,
        "start_date": job.start_date,
    }
    return {key: value for key, value in told.items() if value is not None}


def from_record(record: Any, *, is_current: bool) -> Job | None:
    """The job that `as_record` made a mapping of; None for anything else."""
    if not isinstance(record, Mapping):
        return None
    return Job(
        title=normalize.clean_text(record.get("title")),
        company=normalize.company_name(record.get("name")),
        domain=normalize.company_domain(record.get("domain")),
        linkedin_url=normalize.linkedin_url(record.get("linkedin_url"), "company"),
        start_date=normalize.partial_date(record.get("start_date")),
        is_current=is_current,
    )


def _jobs(node: Tree, kind: str) -> Iterator[Job]:
    """The jobs of one list, or of the single one, under the keys of that kind."""
    for value in values_along((node,), job_paths(kind)):
        for part in (value if isinstance(value, list) else [value])[:MAX_JOBS]:
            job = _job(part)
            if job is not None:
                yield job


def _job(part: Tree) -> Job | None:
    if not isinstance(part, dict):
        return None
    job = Job(
        title=_first(part, "title", cleaners.label),
        company=_first(part, "company", lambda value: normalize.company_name(cleaners.label(value))),
        domain=_first(part, "domain", cleaners.company_domain),
        linkedin_url=_first(part, "linkedin", _LINKEDIN),
        start_date=_first(part, "start", normalize.partial_date),
        is_current=_is_current(part, "is_current", "end"),
    )
    return job if job.title or job.company or job.domain else None


def _flat(node: Tree) -> Iterator[Job]:
    """The newest job of a row that tells it under flat keys."""
    job = Job(
        title=_first(node, "flat_title", cleaners.label),
        company=_first(node, "flat_company", lambda value: normalize.company_name(cleaners.label(value))),
        start_date=_first(node, "flat_start", normalize.partial_date),
        is_current=_is_current(node, "flat_is_current", "flat_end"),
    )
    if job.title or job.company or job.start_date:
        # Beside a flat job, a plain `domain` is the employer's.
        yield evolve(job, domain=_first(node, "flat_domain", cleaners.company_domain))


def _is_current(part: Tree, said_at: str, end_at: str) -> bool:
    for value in values_along((part,), job_paths(said_at)):
        if is_yes(value):
            return True
        if value is False or str(value).strip().casefold() in _NO:
            return False
    # "Present" is no date, so it is no end.
    return _first(part, end_at, normalize.partial_date) is None


def _first(part: Tree, kind: str, clean: cleaners.Cleaner) -> Any:
    for path in job_paths(kind):
        if path[0] in part:
            for value in values_at(part, path):
                cleaned = clean(value)
                if cleaned is not None:
                    return cleaned
    return None


def _identity(job: Job) -> tuple[str | None, ...]:
    employer = job.domain or normalize.company_name_key(job.company)
    return employer, (job.title or "").casefold(), job.start_date
