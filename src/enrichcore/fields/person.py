"""The fields of a person out of the objects of a payload."""

import re
from collections.abc import Mapping
from typing import Any

from enrichcore import normalize
from enrichcore.domain.pipeline import Entity
from enrichcore.fields.catalogue import PERSON_FIELDS
from enrichcore.fields.cleaners import CLEANERS, Cleaner, last_name_first, lone_last_name
from enrichcore.fields.experience import (
    AskedCompany,
    Hints,
    History,
    as_record,
    history_in,
    main_job,
    start_of,
    told_outright,
)
from enrichcore.fields.lookup import Objects, bare_page, clean_values, field_of, objects_about, slug_url
from enrichcore.fields.payloads import Tree
from enrichcore.fields.person_email import email_fields
from enrichcore.fields.places import person_location
from enrichcore.fields.sentences import tells_of
from enrichcore.fields.sources import Sources
from enrichcore.fields.text_values import job_title, label
from enrichcore.fields.titles import are_of_one_role, is_employers_name, is_only_a_job, names_no_role


def person_fields(payload: Tree, sources: Sources | None, asked: AskedCompany) -> dict[str, Any]:
    """Everything that a payload tells of the person."""
    objects = objects_about(payload, Entity.PERSON)
    fields: dict[str, Any] = {
        name: None if name in _TOLD_TOGETHER else field_of(objects, name, sources) for name in PERSON_FIELDS
    }
    turned = clean_values(objects.own, objects.paths_of("person_full_name", sources), last_name_first)
    alone = clean_values(objects.own, objects.paths_of("person_full_name", sources), lone_last_name)
    fields |= _names(fields, next(turned, None), next(alone, None))
    fields |= email_fields(objects, sources)
    fields["person_linkedin_url"] = (
        fields["person_linkedin_url"]
        or slug_url(objects, "person", sources)
        or bare_page(objects, CLEANERS["person_linkedin"])
        or field_of(objects, "person_linkedin_url", sources, clean=CLEANERS["person_member"])
    )
    fields["person_location"] = fields["person_location"] or next(
        (told for node in objects.own if (told := person_location(node))), None
    )
    if tells_of(fields["person_location"] or "", fields["person_full_name"], fields["person_first_name"]):
        fields["person_location"] = None
    employer = next(clean_values(objects.own, objects.shape.jobs["employer"], label), None)
    clean = _title_of(fields, employer)
    hints = Hints(
        asked=asked,
        title=field_of(objects, "person_title", sources, clean=clean),
        headline=fields["person_headline"],
        employer=employer,
    )
    history = history_in(objects.own, hints)
    fields |= _role(objects, history, sources, hints, clean)
    if not history.jobs and (job := told_outright(objects.sure)) is not None:
        history = History(jobs=(job,))
        fields["person_current_job_start_date"] = fields["person_current_job_start_date"] or start_of(
            job, fields["person_title"]
        )
    if history.jobs:
        fields["person_current_companies"] = [as_record(one) for one in history.current] or None
        fields["person_past_companies"] = [as_record(one) for one in history.past] or None
        fields["person_history_is_whole"] = history.is_whole or None
        fields["person_jobs_are_several"] = sum(job.is_current is not False for job in history.jobs) > 1 or None
    title = (fields["person_title"] or "").casefold()
    employers = {job.company.casefold() for job in history.current if job.company}
    if title and (
        title == (fields["person_full_name"] or "").casefold() or (title in employers and not is_only_a_job(title))
    ):
        # The person's name, or the employer's, in the title's place.
        fields["person_title"] = None
    return fields


def _title_of(fields: Mapping[str, Any], employer: str | None) -> Cleaner:
    """A cleaner of titles for this person: what is only their name, or their employer's, is none."""

    def clean(value: Any) -> str | None:
        title = job_title(value)
        full, first = fields["person_full_name"], fields["person_first_name"]
        names_none = title is not None and (
            names_no_role(title, full, employer, fields["person_linkedin_url"]) or tells_of(title, full, first)
        )
        return None if names_none else title

    return clean


def _role(
    objects: Objects, history: History, sources: Sources | None, hints: Hints, clean: Cleaner
) -> dict[str, str | None]:
    """The title and the start of the present role.

    What is told beside the jobs comes first. A field under its own full name may only be an echo of what was sent, so the
    main job counts for more.
    """
    (title, start), (own_title, own_start) = (
        (
            field_of(objects, "person_title", sources, own_name=is_own, clean=clean),
            field_of(objects, "person_current_job_start_date", sources, own_name=is_own),
        )
        for is_own in (False, True)
    )
    job = main_job(history, hints)
    if job is not None:
        same = job.title is None or (own_title or "").casefold() == job.title.casefold()
        # Where a configuration says what the title is, a headline may be meant.
        remapped = sources is not None and "person_title" in sources
        title = None if is_employers_name(title, job.company) else title
        title = None if _is_over(title, history) or (not remapped and _is_headline(title, job.title)) else title
        start = start or start_of(job, title, history.current) or (own_start if same else None)
        title = title or job.title
    else:
        start = start or own_start
    return dict(zip(_OF_THE_JOB, (title or own_title, start), strict=True))


def _is_headline(title: str | None, of_job: str | None) -> bool:
    """Whether what is told as a title is a line about the person, where the job itself tells one: "Buyer at Quillhaven", "Dad | Buyer"."""
    if not title or not of_job:
        return False
    return _LINE_OF_SEVERAL.search(title) is not None or title.casefold().startswith(f"{of_job.casefold()} at ")


#: What stands between the parts of a headline.
_LINE_OF_SEVERAL = re.compile(r"\s[|\u2022\u00b7]\s")


def _is_over(title: str | None, history: History) -> bool:
    """Whether a title is that of a past job only, and stayed behind."""
    past, current = (any(are_of_one_role(job.title, title) for job in jobs) for jobs in (history.past, history.current))
    return past and not current and all(job.title for job in history.current)


_OF_THE_JOB = ("person_title", "person_current_job_start_date")
#: Fields that are looked for with others, not each alone.
_TOLD_TOGETHER = frozenset({"person_email", "person_email_status", *_OF_THE_JOB})


def _names(fields: Mapping[str, Any], turned: tuple[str, str] | None, alone: str | None) -> dict[str, str | None]:
    """First, last and full name, each from the others where it is not told.

    Args:
        fields: The names as told.
        turned: First and last name of a full one that has its last name first, which tells the two apart.
        alone: The last name of a full one that has no first: "Mr Bell".
    """
    first, last, full = (fields[f"person_{part}_name"] for part in ("first", "last", "full"))
    first, last = normalize.distinct_names(first, last, full)
    if full and last and full.casefold() == last.casefold():
        # A last name is no full one.
        full = None
    if last is None and full is None:
        last = alone
    if full and first and last and last not in full and not _shares_a_word(full, f"{first} {last}"):
        # "name" was something else's.
        full = None
    if full and last and len(last.rstrip(".")) == 1:
        # "Jane", "D." beside "Jane Doe": the full name spells it out.
        spelled = normalize.split_full_name(full)[1]
        initials = {word[0].casefold() for word in (spelled or "").split()}
        last = spelled if last[0].casefold() in initials else last
    if first is None and full is None and last and (whole := normalize.whole_name_in(last)):
        first, last = whole
    if full is None and first and last:
        full = normalize.joined_name(first, last)
    first, last = normalize.rest_of_name(full, first=first, last=last) or (first, last)
    if (first is None or last is None) and not normalize.is_undivided(full or ""):
        of_full = turned if turned and full == " ".join(turned) else normalize.split_full_name(full)
        first, last = first or of_full[0], last or of_full[1]
    return {"person_first_name": first, "person_last_name": last, "person_full_name": full}


def _shares_a_word(one: str, other: str) -> bool:
    keyed = (frozenset((normalize.person_name_key(name) or "").split()) for name in (one, other))
    first, second = keyed
    return not first or not second or not first.isdisjoint(second)
