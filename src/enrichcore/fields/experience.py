"""A person's jobs, out of the several lists that a profile holds: the present ones, the past ones, and the main one.

A job is a present one when it says so; where it does not say, when it has no end. Where several jobs say neither, only the
one that began last is taken for a present one, and the others for neither. The main job is the one with the person's own
title, or else the provider's own choice (`latest_experience`): a newer side job does not make a person new in their role.
A start is that of the title which is shown: a job of another title tells none.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from attrs import evolve, frozen

from enrichcore import normalize
from enrichcore.fields import cleaners, number_values, text_values
from enrichcore.fields.payloads import Tree, first_accepted, values_along
from enrichcore.fields.places import is_yes
from enrichcore.fields.sources import folded_key, job_paths, keys, shape_of, words
from enrichcore.fields.titles import are_of_one_role, is_employers_name, is_side_job

#: Jobs of one person that are looked at.
MAX_JOBS = 200

_LINKEDIN = cleaners.linkedin("company")
_NO = frozenset({"false", "no", "0", "n"})
#: Keys by which an object is known to be a job, and those of several roles in one.
_FLAT = frozenset(path[0] for kind in ("flat_title", "flat_company", "flat_start") for path in job_paths(kind))
#: Keys under which jobs, and employers beside them, are told.
_LISTS = {kind: frozenset(path[0] for path in job_paths(kind)) for kind in ("history", "past", "current", "latest")}
_EMPLOYERS = frozenset(path[0] for path in job_paths("employers"))
_OF_A_JOB = frozenset(path[0] for kind in ("title", "company") for path in job_paths(kind))
_ROLES = frozenset(path[0] for path in job_paths("roles"))
_TITLES = frozenset(path[0] for path in job_paths("title"))
_COMPANIES = frozenset(path[0] for path in job_paths("company"))
#: Keys that tell when a job was, and what it was called: of a role, not of the employer.
_TIMES = frozenset(path[0] for kind in ("title", "start", "end", "is_current") for path in job_paths(kind))


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
    end_date: str | None = None
    #: None where nothing tells.
    is_current: bool | None = False


@frozen(kw_only=True)
class AskedCompany:
    """The company that a person was asked about at."""

    #: Registrable domain.
    domain: str | None = None
    name: str | None = None


#: Where nothing is known of it.
NOT_TOLD = AskedCompany()


@frozen(kw_only=True)
class Hints:
    """What is known of a person's present job besides their jobs; it tells which of several counts, or has not ended."""

    asked: AskedCompany = NOT_TOLD
    title: str | None = None
    headline: str | None = None
    #: The person's own word on where they work.
    employer: str | None = None


NO_HINTS = Hints()

#: The jobs of one profile that were read so far, by their words.
_Seen = dict[str, Job | None]


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
        return tuple(job for job in self.jobs if job.is_current is True)

    @property
    def past(self) -> tuple[Job, ...]:
        """The jobs that ended, in the order given."""
        return tuple(job for job in self.jobs if job.is_current is False)


def history_in(nodes: list[Tree], hints: Hints = NO_HINTS) -> History:
    """The jobs told by a person's objects; the same job in two lists counts once."""
    seen: _Seen = {}
    whole = [job for kind in ("history", "past") for node in nodes for job in _jobs(node, kind, seen)]
    listed = [job for node in nodes for job in _jobs(node, "current", seen)]
    latest = next((job for node in nodes for job in (*_jobs(node, "latest", seen), *_flat(node))), None)
    if latest is not None and latest.title is None:
        latest = _titled(latest, [*whole, *listed])
    if latest is not None:
        latest = _completed(latest, [*whole, *listed])
    distinct: dict[tuple[str | None, ...], Job] = {}
    employers = _employers(nodes)
    for given in (*whole, *listed, *([latest] if latest else [])):
        job = _at_known_employer(given, employers)
        identity = _identity(job)
        known = distinct.setdefault(identity, job)
        # Lists that contradict each other: what one of the present jobs' own says counts.
        if known.is_current is not job.is_current and (job.is_current or known.is_current is None):
            distinct[identity] = evolve(known, is_current=job.is_current, end_date=job.end_date)
    jobs = _settled(list(distinct.values())[:MAX_JOBS], hints)
    if latest is not None:
        identity = _identity(latest)
        latest = next((job for job in jobs if _identity(job) == identity), latest)
    is_whole = bool(whole) and _lists_all(nodes) and all(job.is_current is not None for job in jobs)
    return History(jobs=tuple(jobs), latest=latest, is_whole=is_whole)


def _employers(nodes: Sequence[Tree]) -> dict[str, Job]:
    """What is told of employers beside the jobs, by their names: Apollo tells a domain there only."""
    told = [
        value
        for node in nodes
        if not _EMPLOYERS.isdisjoint(node)
        for value in values_along((node,), job_paths("employers"))
        if isinstance(value, dict)
    ]
    employers = [
        Job(
            company=_first(value, "company", _company_name),
            domain=_first(value, "employers_domain", cleaners.company_domain),
            linkedin_url=_first(value, "employers_linkedin", _LINKEDIN),
        )
        for value in told
    ]
    return {key: job for job in reversed(employers) if (key := normalize.company_name_key(job.company))}


def _at_known_employer(job: Job, employers: Mapping[str, Job]) -> Job:
    known = employers.get(normalize.company_name_key(job.company) or "") if employers else None
    if known is None:
        return job
    return evolve(job, domain=job.domain or known.domain, linkedin_url=job.linkedin_url or known.linkedin_url)


def _company_name(value: Tree) -> str | None:
    return normalize.company_name(text_values.label(value))


def _lists_all(nodes: list[Tree]) -> bool:
    """Whether there is a list of jobs, and none that says that it is only a part of them; a single job is no list."""
    told = [value for value in values_along(nodes, job_paths("history")) if isinstance(value, (dict, list))]
    listings = [value for value in told if isinstance(value, list) or _OF_A_JOB.isdisjoint(value)]
    return bool(listings) and not any(_is_cut_off(value) for value in listings)


def _is_cut_off(listing: Tree) -> bool:
    """Whether a listing of jobs counts more of them than it holds: `{"positionsCount": 7, "positionHistory": [one]}`."""
    if not isinstance(listing, dict):
        return False
    held = sum(len(_roles(part)) for part in _listed(listing))
    counts = (
        normalize.whole_number(value) for key, value in listing.items() if key.endswith("count") or key == "total"
    )
    return any(count is not None and count > held for count in counts)


def _titled(latest: Job, others: list[Job]) -> Job | None:
    """The job that a latest one without a title means; None where several may be it."""
    employer = _identity(latest)[0]
    same = [job for job in others if job.title and job.is_current is not False and _identity(job)[0] == employer]
    distinct = {_identity(job): job for job in same}
    if len(distinct) != 1:
        return None if distinct else latest
    return evolve(same[0], is_current=True)


def _completed(latest: Job, others: list[Job]) -> Job:
    """The latest job with the start that another list tells of the same job."""
    if latest.start_date is not None:
        return latest
    same = [job for job in others if job.start_date and _is_same_role(job, latest)]
    return evolve(latest, start_date=same[0].start_date) if len(same) == 1 else latest


def _is_same_role(one: Job, other: Job) -> bool:
    return _identity(one)[:2] == _identity(other)[:2]


def _settled(jobs: list[Job], hints: Hints) -> list[Job]:
    """The jobs with what follows about whether they are present ones."""
    open_ended = [job for job in jobs if job.is_current is None]
    if open_ended and not any(job.is_current for job in jobs):
        likely = _likeliest(open_ended, hints)
        present = likely[0] if len(likely) == 1 else _newest(likely)
        jobs = [evolve(job, is_current=True) if job is present else job for job in jobs]
    going_on = [job for job in jobs if job.is_current and job.end_date is None]
    # A flag that stayed behind: the job has an end, and another one goes on since.
    return [evolve(job, is_current=False) if job.is_current and job.end_date and going_on else job for job in jobs]


def _newest(jobs: list[Job]) -> Job | None:
    """The one that surely began last; None where their starts do not tell."""
    if not all(job.start_date for job in jobs):
        return None
    starts = sorted((job.start_date or "" for job in jobs), reverse=True)
    first, second = starts[0], starts[1]
    return None if first.startswith(second) else next(job for job in jobs if job.start_date == first)


def main_job(history: History, hints: Hints = NO_HINTS) -> Job | None:
    """The present job that counts, of several; None when no present job is told.

    Of those that are the likeliest the one that started last, then the first.
    """
    likely = _likeliest(list(history.current), hints, history.latest)
    return max(likely, key=lambda job: job.start_date or "", default=None)


def _likeliest(jobs: list[Job], hints: Hints, latest: Job | None = None) -> list[Job]:
    """The jobs that may be the present one that counts, or several of which nothing tells which.

    Those at the company asked about come before all others; among those that are left, in this order: the ones with the person's
    own title, the provider's latest, those with the person's own employer, those whose title the headline begins with, and
    those that are no seat on a board or the like. The latest gives way where its title is another role's.
    """
    title, key = (hints.title or "").casefold(), normalize.company_name_key(hints.employer)
    signs: tuple[Callable[[Job], bool], ...] = (
        lambda job: _is_at(job, hints.asked),
        lambda job: bool(title) and (job.title or "").casefold() == title,
        lambda job: job == latest and (not title or job.title is None or are_of_one_role(job.title, hints.title)),
        lambda job: are_of_one_role(job.title, hints.title),
        lambda job: job == latest,
        lambda job: key is not None and normalize.company_name_key(job.company) == key,
        lambda job: _begins_with(hints.headline, job.title),
        lambda job: not is_side_job(job.title),
    )
    for sign in signs:
        if len(jobs) <= 1:
            break
        jobs = [job for job in jobs if sign(job)] or jobs
    return jobs


def _is_at(job: Job, asked: AskedCompany) -> bool:
    """Whether a job is at that company: by domain, or by name where one of the two tells no domain."""
    if job.domain is not None and asked.domain is not None:
        return job.domain == asked.domain
    key = normalize.company_name_key(asked.name)
    return key is not None and normalize.company_name_key(job.company) == key


def start_of(job: Job | None, title: str | None, others: Iterable[Job] = ()) -> str | None:
    """When a title began, by the job that counts, else by the only one of the others with that title; None where neither tells."""
    if job is None or (title and job.title and not are_of_one_role(job.title, title)):
        titled = [one for one in others if title and are_of_one_role(one.title, title)]
        return titled[0].start_date if len(titled) == 1 else None
    return job.start_date


def _begins_with(headline: str | None, title: str | None) -> bool:
    """Whether a headline begins with a title: "CTO at Quillhaven | Advisor"."""
    return (
        bool(headline and title) and re.match(rf"{re.escape(title or '')}\b", headline or "", re.IGNORECASE) is not None
    )


def as_record(job: Job) -> dict[str, str]:
    """A job as a mapping of what is known of it."""
    told = {
        "name": job.company,
        "domain": job.domain,
        "linkedin_url": job.linkedin_url,
        "title": job.title,
        "start_date": job.start_date,
        "end_date": job.end_date,
    }
    return {key: value for key, value in told.items() if value is not None}


def told_outright(nodes: Sequence[Tree]) -> Job | None:
    """The present job of an answer that lists none: a title beside its employer, in one object, with its start."""
    for node in nodes:
        company = _first(node, "employer", _company_name)
        title = _first(node, "title", text_values.job_title)
        if company and title and _first(node, "end", number_values.date) is None:
            start = _first(node, "start", number_values.start_date)
            told = Job(title=title, company=company, start_date=start, is_current=True)
            return _at_known_employer(told, _employers(nodes))
    return None


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
        end_date=normalize.partial_date(record.get("end_date")),
        is_current=is_current,
    )


def _jobs(node: Tree, kind: str, seen: _Seen) -> Iterator[Job]:
    """The jobs of one list, or of the single one, under the keys of that kind."""
    if _LISTS[kind].isdisjoint(node):
        return
    for value in values_along((node,), job_paths(kind)):
        for part in _listed(value)[:MAX_JOBS]:
            for role in _roles(part):
                # What stands in a list of present jobs is one of them, and in one of past jobs none.
                job = _job(role, seen)
                if job is not None:
                    told = job.is_current is not None or kind == "history"
                    yield job if told else evolve(job, is_current=kind != "past")


def _listed(value: Tree) -> list[Tree]:
    """The jobs of a list, of an object whose values are jobs, or the only one."""
    if isinstance(value, dict) and _OF_A_JOB.isdisjoint(value):
        inner = [part for key, part in value.items() if isinstance(part, (dict, list)) and key not in _no_jobs()]
        return [one for part in inner for one in (part if isinstance(part, list) else [part])]
    return value if isinstance(value, list) else [value]


def _roles(part: Tree) -> list[Tree]:
    """The roles that a person had at one employer, each as a job of its own."""
    if not isinstance(part, dict):
        return []
    if _ROLES.isdisjoint(part):
        return [part]
    lists = (part[path[0]] for path in job_paths("roles") if isinstance(part.get(path[0]), list))
    nested = next((told for told in lists if _are_roles(told)), None)
    if nested is None:
        return [part]
    own = {key: value for key, value in part.items() if key not in _ROLES}
    employer = {key: value for key, value in own.items() if key not in _TIMES}
    if own.keys().isdisjoint(_COMPANIES) and (name := _first(own, "title", _company_name)) is not None:
        # A group is called by the employer, as LinkedIn shows it.
        employer["company"] = name
    return [{**employer, **role} for role in nested] or [own]


def _are_roles(told: Sequence[Tree]) -> bool:
    """Whether a list holds roles, not what describes the job that it stands in."""
    return all(isinstance(role, dict) for role in told) and (
        not told or any(not _TIMES.isdisjoint(role) for role in told if isinstance(role, dict))
    )


def _job(part: Tree, seen: _Seen) -> Job | None:
    """A job; whether it is a present one is None where neither a flag nor an end tells.

    The same job stands in several lists of one profile, word for word: it is read once.
    """
    if not isinstance(part, dict):
        return None
    words = repr(part)
    if words not in seen:
        seen[words] = None if _is_no_job(part) else _read_job(part)
    return seen[words]


def _is_no_job(part: Mapping[str, Tree]) -> bool:
    """Whether an entry says that it is a degree, a course or the like, as where all that a person did stands in one list."""
    if not _degrees().isdisjoint(part) and any(text_values.line(part[key]) for key in _degrees() & part.keys()):
        return True
    said_at = shape_of(part).jobs["sort"]
    sorts = (text_values.line(value) for value in values_along((part,), said_at)) if said_at else ()
    return any(sort is not None and folded_key(sort) in _no_jobs() for sort in sorts)


@cache
def _no_jobs() -> frozenset[str]:
    return keys("no_jobs")


@cache
def _degrees() -> frozenset[str]:
    return keys("degrees")


def _read_job(part: Mapping[str, Tree]) -> Job | None:
    paths = shape_of(part).jobs

    def first(kind: str, clean: cleaners.Cleaner) -> Any:
        return first_accepted(part, paths[kind], clean)

    start, end = first("start", number_values.date), first("end", number_values.date)
    if start is None or (end is None and paths["span"]):
        start = start or first("start", number_values.start_of_span) or first("span", number_values.start_of_span)
        end = end or first("start", number_values.end_of_span) or first("span", number_values.end_of_span)
    title, company = first("title", text_values.job_title), first("company", _company_name)
    job = Job(
        title=None if is_employers_name(title, company) else title,
        company=company,
        domain=first("domain", cleaners.company_domain),
        linkedin_url=first("linkedin", _LINKEDIN),
        start_date=start,
        end_date=end,
        is_current=_is_current(part, "is_current", "end", end),
    )
    return job if job.title or job.company or job.domain else None


def _flat(node: Tree) -> Iterator[Job]:
    """The newest job of a row that tells it under flat keys."""
    if _FLAT.isdisjoint(node):
        return
    end = _first(node, "flat_end", number_values.date)
    job = Job(
        title=_first(node, "flat_title", text_values.job_title),
        company=_first(node, "flat_company", _company_name),
        start_date=_first(node, "flat_start", number_values.start_date),
        end_date=end,
        is_current=_is_current(node, "flat_is_current", "flat_end", end) is not False,
    )
    if job.title or job.company or job.start_date:
        # Beside a flat job, a plain `domain` is the employer's.
        yield evolve(job, domain=_first(node, "flat_domain", cleaners.company_domain))


def _is_current(part: Tree, said_at: str, end_at: str, end: str | None) -> bool | None:
    """Whether a job is a present one; None where neither a flag nor an end tells."""
    paths = shape_of(part).jobs
    for value in values_along((part,), paths[said_at]):
        if is_yes(value):
            return True
        if value is False or str(value).strip().casefold() in _NO:
            return False
    if end is not None:
        return False
    # "Present" is no date, so it is no end.
    ends = values_along((part,), (*paths[end_at], *paths["span"], *paths["start"]))
    told = (value if isinstance(value, str) else text_values.line(value) for value in ends)
    return True if any(_goes_on().search(text) for text in told if text) else None


@cache
def _goes_on() -> re.Pattern[str]:
    """What stands in the place of an end where a job goes on."""
    spoken, signs = ("|".join(sorted(map(re.escape, words(kind)))) for kind in ("goes_on", "goes_on_signs"))
    return re.compile(rf"(?<!\w)(?:{spoken})(?!\w)|{signs}", re.IGNORECASE)


def _first(part: Mapping[str, Tree], kind: str, clean: cleaners.Cleaner) -> Any:
    return first_accepted(part, shape_of(part).jobs[kind], clean)


def _identity(job: Job) -> tuple[str | None, ...]:
    employer = normalize.company_name_key(job.company) or job.domain
    return employer, (job.title or "").casefold(), job.start_date
