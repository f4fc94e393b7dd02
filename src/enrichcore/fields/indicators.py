"""What a lead's fields mean on a given day: true, false, or None where they do not tell.

A date that is only a month or a year is a span of days. An indicator is true or false when every day of the span says
so, and unknown otherwise; a year alone can only say "long ago" or "not yet", and of a role's start not even "long ago": people
who write years only often mean when they joined. Nothing here reads the clock unless the day is left out.
"""

import calendar
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from attrs import evolve, frozen

from enrichcore import normalize
from enrichcore.domain.keys import differ_as_pages
from enrichcore.domain.pipeline import Entity
from enrichcore.fields.customers import Customers, customers_among
from enrichcore.fields.ends_of_jobs import is_ahead
from enrichcore.fields.experience import (
    AskedCompany,
    Hints,
    History,
    Job,
    from_record,
    history_in,
    main_job,
    start_of,
)
from enrichcore.fields.identity import may_be_named_alike, share_label
from enrichcore.fields.payloads import objects_in, tree

#: For how many months a role counts as new, and funding as recent.
NEW_IN_ROLE_MONTHS = 6
RECENTLY_FUNDED_MONTHS = 12

_YEAR_LENGTH = len("2019")
_MONTH_LENGTH = len("2019-04")


@frozen(kw_only=True)
class Span:
    """The days that a date may mean, both ends included."""

    first: date
    last: date

    @property
    def is_year(self) -> bool:
        """Whether nothing but the year is known."""
        return (self.last - self.first).days > 31  # noqa: PLR2004 - days of the longest month


@frozen(kw_only=True)
class Basis:
    """What the indicators of a lead rest on, read once from its fields, for any day."""

    history: History
    #: The days on which the present role may have begun.
    role_start: Span | None
    #: The days on which the company may have raised money last.
    raised: Span | None
    #: Whether a round without a date may be a later one.
    may_have_raised_since: bool
    #: Whether the person works elsewhere than at the company asked about.
    moved: bool | None
    #: The days on which jobs come to their ends, and what the indicators rest on from then.
    later: "tuple[tuple[date, Basis], ...]" = ()

    def on(self, day: date) -> "Basis":
        """What the indicators rest on on a day."""
        return next((basis for since, basis in reversed(self.later) if since <= day), self)


def basis_of(
    person_data: Mapping[str, Any] | None,
    company_data: Mapping[str, Any] | None,
    raw_person_payload: Any,
    *,
    asked_company_domain: str | None = None,
    day: date | None = None,
) -> Basis:
    """What the indicators rest on; arguments as for `compute_indicators`. Without a day no past job's end is still to come."""
    person, company = _mapping(person_data), _mapping(company_data)
    asked = AskedCompany(
        domain=normalize.company_domain(asked_company_domain)
        or normalize.company_domain(company.get("company_domain")),
        name=normalize.company_name(company.get("company_name")),
    )
    told = _history(person, raw_person_payload)

    def basis(history: History) -> Basis:
        return Basis(
            history=history,
            role_start=_role_start(person, history, asked),
            raised=_span(company.get("company_last_raised_at")),
            may_have_raised_since=company.get("company_has_undated_round") is True,
            moved=_moved(history, asked, company),
        )

    ends = {
        end.first
        for job in told.jobs
        if (end := _span(job.end_date)) is not None and (job.is_current if day is None else end.first > day)
    }
    first = basis(told if day is None else _on(day, told))
    return evolve(first, later=tuple((end, basis(_on(end, told))) for end in sorted(ends))) if ends else first


def indicators_of(
    basis: Basis,
    customers: Customers,
    day: date,
    *,
    new_in_role_months: int = NEW_IN_ROLE_MONTHS,
    recently_funded_months: int = RECENTLY_FUNDED_MONTHS,
) -> dict[str, bool | None]:
    """The four indicators on a day."""
    now = basis.on(day)
    return {
        "is_new_in_role": _is_new(now.role_start, day, new_in_role_months),
        "is_recently_funded": _is_funded(now, day, recently_funded_months),
        "is_worked_at_customer": _worked_at_customer(now.history, customers),
        "moved_company": now.moved,
    }


def change_after(
    basis: Basis,
    day: date,
    *,
    new_in_role_months: int = NEW_IN_ROLE_MONTHS,
    recently_funded_months: int = RECENTLY_FUNDED_MONTHS,
) -> date | None:
    """The first day after that one on which an indicator may change by the passing of time alone; None when none will.

    Where a job comes to its end an indicator that rests on customers may change; all others change surely on the day that is told.
    """
    changes = (
        _next_change(
            basis.on(day).role_start,
            day,
            new_in_role_months,
            lambda on: _is_new(basis.on(day).role_start, on, new_in_role_months),
        ),
        _next_change(
            basis.raised, day, recently_funded_months, lambda on: _is_funded(basis, on, recently_funded_months)
        ),
        next((end for end, _ in basis.later if end > day), None),
    )
    return min((change for change in changes if change), default=None)


def compute_indicators(
    person_data: Mapping[str, Any] | None,
    company_data: Mapping[str, Any] | None,
    raw_person_payload: Any,
    customer_domains: Collection[Any],
    *,
    as_of: date | None = None,
    new_in_role_months: int = NEW_IN_ROLE_MONTHS,
    recently_funded_months: int = RECENTLY_FUNDED_MONTHS,
    asked_company_domain: str | None = None,
) -> dict[str, bool | None]:
    """The four indicators of a lead.

    Args:
        person_data: Known person fields.
        company_data: Known company fields.
        raw_person_payload: The person's answer, for the jobs that the fields do not tell; may be None.
        customer_domains: The client's customers: domains, URLs or names, names with a domain (`Acorn <acorn.example>`), or
            mappings of these.
        as_of: The day on which the indicators hold, a date or a moment (its UTC day); today when left out.
        new_in_role_months: For how many months a role is new.
        recently_funded_months: For how many months funding is recent.
        asked_company_domain: The company that was asked about; by default the `company_domain` of `company_data`.
    """
    day = day_of(as_of)
    basis = basis_of(person_data, company_data, raw_person_payload, asked_company_domain=asked_company_domain, day=day)
    return indicators_of(
        basis,
        customers_among(customer_domains),
        day,
        new_in_role_months=new_in_role_months,
        recently_funded_months=recently_funded_months,
    )


def next_change(
    person_data: Mapping[str, Any] | None,
    company_data: Mapping[str, Any] | None,
    raw_person_payload: Any,
    customer_domains: Collection[Any] = (),  # noqa: ARG001 - customers do not change with time; the same inputs as above
    *,
    as_of: date | None = None,
    new_in_role_months: int = NEW_IN_ROLE_MONTHS,
    recently_funded_months: int = RECENTLY_FUNDED_MONTHS,
    asked_company_domain: str | None = None,
) -> date | None:
    """The first day after `as_of` on which an indicator changes by the passing of time alone; None when none will.

    Arguments as for `compute_indicators`.
    """
    day = day_of(as_of)
    basis = basis_of(person_data, company_data, raw_person_payload, asked_company_domain=asked_company_domain, day=day)
    return change_after(
        basis, day, new_in_role_months=new_in_role_months, recently_funded_months=recently_funded_months
    )


def _is_new(span: Span | None, day: date, months: int) -> bool | None:
    """Whether a role that began in that span is new; of a year alone that has begun, nothing is told."""
    return None if span is not None and span.is_year and span.first <= day else _is_recent(span, day, months)


def _is_recent(span: Span | None, day: date, months: int) -> bool | None:
    """Whether what happened in that span is no more than so many months ago; what lies ahead is not recent."""
    if span is None:
        return None
    since = _months_before(day, months)
    if span.last < since or span.first > day:
        return False
    if span.is_year or span.first < since:
        return None
    return True


def _is_funded(basis: Basis, day: date, months: int) -> bool | None:
    """Whether money was raised lately; where a round has no date, an old one does not say that it was not."""
    recent = _is_recent(basis.raised, day, months)
    return None if recent is False and basis.may_have_raised_since else recent


def _next_change(span: Span | None, day: date, months: int, verdict: Callable[[date], bool | None]) -> date | None:
    if span is None:
        return None
    turns = (span.first, _too_old_for(span.first, months), _too_old_for(span.last, months))
    now = verdict(day)
    return next((turn for turn in sorted(turns) if turn > day and verdict(turn) is not now), None)


def _too_old_for(happened: date, months: int) -> date:
    """The first day on which that day is more than so many months ago."""
    day = _months_before(happened, -months)
    while _months_before(day, months) <= happened and day < date.max:
        day += timedelta(days=1)
    return day


def _months_before(day: date, months: int) -> date:
    """The same day of the month so many months earlier, or the last day of that month when it is shorter."""
    index = min(max(day.year * 12 + day.month - 1 - months, 12), 12 * date.max.year + 11)
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _span(value: Any) -> Span | None:
    """The days that a partial date may mean."""
    text = normalize.partial_date(value)
    if text is None:
        return None
    if len(text) == _YEAR_LENGTH:
        return Span(first=date(int(text), 1, 1), last=date(int(text), 12, 31))
    if len(text) == _MONTH_LENGTH:
        year, month = int(text[:4]), int(text[5:])
        return Span(first=date(year, month, 1), last=date(year, month, calendar.monthrange(year, month)[1]))
    day = date.fromisoformat(text)
    return Span(first=day, last=day)


def _role_start(person: Mapping[str, Any], history: History, asked: AskedCompany) -> Span | None:
    begun = normalize.partial_date(person.get("person_current_job_start_date"))
    told = _span(begun)
    if told is not None and not _is_over(begun, history):
        return told
    title = normalize.clean_text(person.get("person_title"))
    headline = normalize.clean_text(person.get("person_headline"))
    return _span(start_of(main_job(history, Hints(asked=asked, title=title, headline=headline)), title))


def _is_over(begun: str | None, history: History) -> bool:
    """Whether the job that began then is known to have come to its end."""
    return any(job.end_date and job.start_date == begun for job in history.past) and not any(
        job.start_date == begun for job in history.current
    )


def _worked_at_customer(history: History, customers: Customers) -> bool | None:
    """Whether a past employer that is not also a present one is a customer."""
    if not history.jobs:
        return None
    past = [job for job in history.past if not any(_same_employer(job, current) for current in history.current)]
    told = [customers.include(job) for job in past]
    if any(told):
        return True
    return False if history.is_whole and None not in told else None


def _moved(history: History, asked: AskedCompany, company: Mapping[str, Any]) -> bool | None:
    """Whether the person works elsewhere than at the company asked about."""
    page = normalize.linkedin_url(company.get("company_linkedin_url"), "company")
    target = Job(company=asked.name, domain=asked.domain, linkedin_url=page)
    told = [_is_elsewhere(job, target) for job in history.current]
    if not told or None in told or False in told:
        return False if False in told else None
    return True


def _is_elsewhere(job: Job, target: Job) -> bool | None:
    """Whether a job is surely at another company; None where the two cannot be compared."""
    if _same_employer(job, target):
        return False
    if (job.domain and target.domain) or _differ_as_pages(job.linkedin_url, target.linkedin_url):
        # "Acme UK" at acme.co.uk is of Acme at acme.com.
        return (
            None
            if share_label(job.domain, target.domain) and may_be_named_alike(job.company, target.company) is not False
            else True
        )
    return None if may_be_named_alike(job.company, target.company) is not False else True


def _differ_as_pages(one: str | None, other: str | None) -> bool:
    first, second = (normalize.linkedin_key(page, "company") for page in (one, other))
    return first is not None and second is not None and differ_as_pages(first, second)


def _same_employer(one: Job, other: Job) -> bool:
    names = normalize.company_name_key(one.company), normalize.company_name_key(other.company)
    return (
        (one.domain is not None and one.domain == other.domain)
        or (one.linkedin_url is not None and one.linkedin_url == other.linkedin_url)
        or (names[0] is not None and names[0] == names[1])
    )


def _history(person: Mapping[str, Any], raw: Any) -> History:
    """The jobs of the fields, or of the raw answer where the fields tell none."""
    current, past = (_records(person.get(f"person_{when}_companies")) for when in ("current", "past"))
    if current is None and past is None:
        found = [one.values for one in objects_in(tree(raw), Entity.PERSON) if one.owner is not Entity.COMPANY]
        return history_in(found)
    jobs = [
        job
        for records, is_current in ((current, True), (past, False))
        for record in records or ()
        if (job := from_record(record, is_current=is_current))
    ]
    return History(jobs=tuple(jobs), is_whole=person.get("person_history_is_whole") is True)


def _on(day: date, history: History) -> History:
    """The jobs on a day: one whose end is still to come is a present one, and one whose end has come is none."""
    jobs = (evolve(job, is_current=is_ahead(job.end_date, day)) if job.end_date else job for job in history.jobs)
    return evolve(history, jobs=tuple(jobs))


def _records(value: Any) -> list[Any] | None:
    return value if isinstance(value, list) else None


def day_of(as_of: date | None) -> date:
    """The day of a date or a moment (its UTC day); today when left out."""
    if as_of is None:
        return datetime.now(UTC).date()
    if isinstance(as_of, datetime):
        return (as_of.astimezone(UTC) if as_of.tzinfo else as_of).date()
    return as_of


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
