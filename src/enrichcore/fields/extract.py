"""The fields of a person or a company out of any payload.

A field is looked for along its paths in the order of trust, in every object of the payload that may be the one asked
for, and the first value that its cleaner accepts is taken. In an object that is known to be of the other kind (a person's
employer, an echo of what was sent) only a field's own full name counts.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from functools import cache
from typing import Any

from attrs import evolve, frozen

from enrichcore import normalize
from enrichcore.domain.keys import differ_as_pages
from enrichcore.domain.pipeline import Entity
from enrichcore.fields.catalogue import COMPANY_FIELDS, FIELDS_BY_NAME, LEAD_FIELDS, PERSON_FIELDS
from enrichcore.fields.cleaners import CLEANERS, Cleaner, job_title, label, last_name_first, lone_last_name, texts
from enrichcore.fields.emails import (
    Address,
    addresses,
    best,
    by_column,
    cautious,
    flagged,
    found_by,
    is_finder,
    is_waterfall,
    is_work,
    speaks_of_email,
    steps_of,
    told_beside,
    without_undeliverable,
)
from enrichcore.fields.experience import Hints, History, as_record, history_in, main_job, start_of, told_outright
from enrichcore.fields.indicators import NEW_IN_ROLE_MONTHS, RECENTLY_FUNDED_MONTHS, compute_indicators, day_of
from enrichcore.fields.owners import is_nobodys
from enrichcore.fields.payloads import Tree, objects_in, tree, values_along, values_at
from enrichcore.fields.places import company_location, person_location
from enrichcore.fields.sentences import tells_of
from enrichcore.fields.sources import Path, Sources, folded_key, job_paths, keys, named_paths, paths_of
from enrichcore.fields.titles import are_of_one_role, is_employers_name, is_only_a_job, names_no_role


@frozen(kw_only=True)
class _Objects:
    """The objects of a payload, as seen by one who looks for a person or for a company."""

    #: Surely the kind asked for.
    sure: list[Tree]
    #: Those, and objects that may be.
    own: list[Tree]
    #: Objects of the other kind.
    foreign: list[Tree]
    #: Every key of the own objects: most paths of most fields begin with none of them.
    own_keys: frozenset[str]
    #: Those of the foreign ones as well.
    all_keys: frozenset[str]


def extract_company_fields(payload: Any, *, sources: Sources | None = None) -> dict[str, Any]:
    """Every company field of the catalogue, None where the payload does not tell it.

    Args:
        payload: Any JSON value, parsed or as text, in any wrapper.
        sources: Paths of one's own for some fields, in place of the shipped ones.
    """
    return fields_in(tree(payload), Entity.COMPANY, sources=sources)


def extract_person_fields(
    payload: Any, *, sources: Sources | None = None, asked_company_domain: str | None = None
) -> dict[str, Any]:
    """Every person field of the catalogue, None where the payload does not tell it.

    Of an address that is known to be undeliverable only the status is told.

    Args:
        payload: Any JSON value, parsed or as text, in any wrapper.
        sources: Paths of one's own for some fields, in place of the shipped ones.
        asked_company_domain: Of several present jobs, the one at this company counts; without it, or when there is none
            there, the one that the provider calls the latest.
    """
    told = fields_in(tree(payload), Entity.PERSON, sources=sources, asked_company_domain=asked_company_domain)
    return dict.fromkeys(PERSON_FIELDS) | without_undeliverable(told)


def extract_all(
    company_payload: Any,
    person_payload: Any,
    customer_domains: Collection[Any],
    *,
    as_of: date | None = None,
    new_in_role_months: int = NEW_IN_ROLE_MONTHS,
    recently_funded_months: int = RECENTLY_FUNDED_MONTHS,
    asked_company_domain: str | None = None,
    sources: Sources | None = None,
) -> dict[str, Any]:
    """The person and company columns of `final_leads` and the indicators, in one flat mapping.

    Args:
        company_payload: The company's answer.
        person_payload: The person's answer.
        customer_domains: As for `compute_indicators`, like the further arguments.
        as_of: The day on which the indicators hold; today by default.
        new_in_role_months: How long a role is new.
        recently_funded_months: How long funding is recent.
        asked_company_domain: The company asked about, where the company's answer does not tell its domain.
        sources: Paths of one's own for some fields.
    """
    company = extract_company_fields(company_payload, sources=sources)
    if (company["company_founded_year"] or 0) > day_of(as_of).year:
        # A company that is still to be founded is a typing error.
        company["company_founded_year"] = None
    asked = asked_company_domain or company["company_domain"]
    person = extract_person_fields(person_payload, sources=sources, asked_company_domain=asked)
    indicators = compute_indicators(
        person,
        company,
        person_payload,
        customer_domains,
        as_of=as_of,
        new_in_role_months=new_in_role_months,
        recently_funded_months=recently_funded_months,
        asked_company_domain=asked,
    )
    told = {**person, **company}
    return {**{name: told[name] for name in LEAD_FIELDS}, **indicators}


def fields_in(
    answer: Tree, entity: Entity, *, sources: Sources | None = None, asked_company_domain: str | None = None
) -> dict[str, Any]:
    """Every field of the catalogue for that entity, out of a tree that is already made."""
    if entity is Entity.PERSON:
        return _person(answer, sources, asked_company_domain)
    return _company(answer, sources)


def known(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that are known: those that are not None."""
    return {name: value for name, value in fields.items() if value is not None}


def _company(payload: Tree, sources: Sources | None) -> dict[str, Any]:
    objects = _objects(payload, Entity.COMPANY)
    fields: dict[str, Any] = {
        name: None if name in _OF_FUNDING else _field(objects, name, sources) for name in COMPANY_FIELDS
    }
    fields |= _funding(objects, sources)
    if (fields["company_name"] or "").islower():
        fields["company_name"] = _better_name(fields["company_name"], objects, sources)
    location = company_location(objects.own, fields["company_country"])
    fields["company_city"], own_city = location.city, fields["company_city"]
    fields["company_state"], own_state = location.state, fields["company_state"]
    fields["company_country"] = location.country or fields["company_country"]
    if own_city and own_city != location.city:
        # Told under the field's own name or by a path of one's own, apart from where places are looked for.
        fields["company_city"], fields["company_state"] = (
            own_city,
            normalize.subdivision_name(own_state, location.country),
        )
    elif own_state:
        fields["company_state"] = normalize.subdivision_name(own_state, location.country)
    fields["company_linkedin_url"] = (
        fields["company_linkedin_url"]
        or _slug_url(objects, "company", sources)
        or _bare_page(objects, CLEANERS["company_linkedin"])
    )
    return fields


def _better_name(small: str, objects: _Objects, sources: Sources | None) -> str:
    """A name in small letters as it is written beside it, and for a domain in the name's place, as stores have it, the name."""
    told = _values(objects.own, paths_of("company_name", sources), CLEANERS["company_name"])
    key = normalize.company_name_key(small)
    is_domain = normalize.company_domain(small) == small
    return next(
        (name for name in told if not name.islower() and (is_domain or normalize.company_name_key(name) == key)), small
    )


def _funding(objects: _Objects, sources: Sources | None) -> dict[str, str | None]:
    """The latest date of all that tell of funding, and the kind of that round.

    The fields' own names may only be an echo, so they count where nothing else does.
    """
    raised, kind = _OF_FUNDING
    clean_date, clean_kind = _cleaning(raised)[0], _cleaning(kind)[0]
    dates = (told for _, value in _along(objects, raised, sources) if (told := clean_date(value)) is not None)
    latest = max(dates, default=None) or _field(objects, raised, sources, own_name=True)
    date_keys = {path[-1] for path in paths_of(raised, sources) if path}
    kinds = (
        cleaned
        for entry, value in _along(objects, kind, sources)
        if _is_of(entry, latest, date_keys) and (cleaned := clean_kind(value)) is not None
    )
    return {raised: latest, kind: next(kinds, None) or _field(objects, kind, sources, own_name=True)}


_OF_FUNDING = ("company_last_raised_at", "company_latest_funding")


def _along(objects: _Objects, name: str, sources: Sources | None) -> Iterator[tuple[Mapping[str, Tree] | None, Tree]]:
    """The values along a field's paths but its own name, with the entry of a list or object that each stands in."""
    own_path = _cleaning(name)[1]
    for path in paths_of(name, sources):
        if path == own_path or (path and path[0] not in objects.own_keys):
            continue
        for node in objects.own:
            if len(path) <= 1:
                yield from ((None, value) for value in values_at(node, path))
                continue
            held = values_at(node, path[:-1])
            entries = [one for part in held for one in (part if isinstance(part, list) else [part])]
            for entry in (one for one in entries if isinstance(one, dict)):
                yield from ((entry, value) for value in values_at(entry, path[-1:]))


def _is_of(entry: Mapping[str, Tree] | None, latest: str | None, date_keys: set[str]) -> bool:
    """Whether an entry is not of an earlier round than the latest."""
    if entry is None or latest is None:
        return True
    told = [date for key in date_keys & entry.keys() if (date := CLEANERS["latest_date"](entry[key])) is not None]
    return not told or latest.startswith(max(told)) or max(told) >= latest


def _person(payload: Tree, sources: Sources | None, asked_company_domain: str | None) -> dict[str, Any]:
    objects = _objects(payload, Entity.PERSON)
    fields: dict[str, Any] = {
        name: None if name in _TOLD_TOGETHER else _field(objects, name, sources) for name in PERSON_FIELDS
    }
    turned = _values(objects.own, paths_of("person_full_name", sources), last_name_first)
    alone = _values(objects.own, paths_of("person_full_name", sources), lone_last_name)
    fields |= _names(fields, next(turned, None), next(alone, None))
    fields |= _email(objects, sources)
    fields["person_linkedin_url"] = (
        fields["person_linkedin_url"]
        or _slug_url(objects, "person", sources)
        or _bare_page(objects, CLEANERS["person_linkedin"])
        or _field(objects, "person_linkedin_url", sources, clean=CLEANERS["person_member"])
    )
    fields["person_location"] = fields["person_location"] or next(
        (told for node in objects.own if (told := person_location(node))), None
    )
    if tells_of(fields["person_location"] or "", fields["person_full_name"], fields["person_first_name"]):
        fields["person_location"] = None
    employer = next(_values(objects.own, job_paths("employer"), label), None)
    clean = _title_of(fields, employer)
    hints = Hints(
        asked_domain=normalize.company_domain(asked_company_domain),
        title=_field(objects, "person_title", sources, clean=clean),
        headline=fields["person_headline"],
        employer=employer,
    )
    history = history_in(objects.own, hints)
    fields |= _role(objects, history, sources, hints, clean)
    if not history.jobs and (job := told_outright(objects.sure)) is not None:
        history = History(jobs=(job,))
    if history.jobs:
        fields["person_current_companies"] = [as_record(one) for one in history.current] or None
        fields["person_past_companies"] = [as_record(one) for one in history.past] or None
        fields["person_history_is_whole"] = history.is_whole or None
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
    objects: _Objects, history: History, sources: Sources | None, hints: Hints, clean: Cleaner
) -> dict[str, str | None]:
    """The title and the start of the present role.

    What is told beside the jobs comes first. A field under its own full name may only be an echo of what was sent, so the
    main job counts for more.
    """
    (title, start), (own_title, own_start) = (
        (
            _field(objects, "person_title", sources, own_name=is_own, clean=clean),
            _field(objects, "person_current_job_start_date", sources, own_name=is_own),
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


def _objects(payload: Tree, entity: Entity) -> _Objects:
    found = [one for one in objects_in(payload, entity) if not is_nobodys(one.values, entity)]
    sure = _of_one([one.values for one in found if one.owner is entity], entity)
    unsure = [one.values for one in found if one.owner is None]
    foreign = [one.values for one in found if one.owner not in {entity, None}]
    own = [*sure, *unsure]
    own_keys = frozenset[str]().union(*own)
    return _Objects(sure=sure, own=own, foreign=foreign, own_keys=own_keys, all_keys=own_keys.union(*foreign))


def _of_one(objects: list[Tree], entity: Entity) -> list[Tree]:
    """The objects that tell of the same person or company as the first one: fields of two are never mixed."""
    if len(objects) <= 1:
        return objects
    first = _identity(objects[0], entity)
    return [objects[0], *(node for node in objects[1:] if not _contradict(first, _identity(node, entity)))]


def _identity(node: Tree, entity: Entity) -> tuple[str | None, frozenset[str]]:
    """The page on LinkedIn, and the words of the name."""
    kind: normalize.LinkedInKind = "in" if entity is Entity.PERSON else "company"
    names = _NAMES[entity]
    found_at = paths_of(f"{entity}_linkedin_url")
    page = next(
        (key for value in values_along((node,), found_at) if (key := normalize.linkedin_key(value, kind))), None
    )
    told = [text for name in names for text in _values([node], paths_of(name), label)]
    key_of = normalize.person_name_key if entity is Entity.PERSON else normalize.company_name_key
    return page, frozenset(word for text in told for word in (key_of(text) or "").split())


_NAMES: Mapping[Entity, tuple[str, ...]] = {
    Entity.PERSON: ("person_full_name", "person_first_name", "person_last_name"),
    Entity.COMPANY: ("company_name",),
}


def _contradict(one: tuple[str | None, frozenset[str]], other: tuple[str | None, frozenset[str]]) -> bool:
    if one[0] and other[0] and differ_as_pages(one[0], other[0]):
        return True
    return bool(one[1] and other[1]) and one[1].isdisjoint(other[1])


def _field(
    objects: _Objects,
    name: str,
    sources: Sources | None,
    *,
    own_name: bool | None = None,
    clean: Cleaner | None = None,
) -> Any:
    """The first value along the field's paths that its cleaner, or the one told, accepts.

    Of those under its own name only, or not, when told.
    """
    own = sources.get(name) if sources else None
    all_keys = objects.all_keys
    if own is None and all_keys.isdisjoint(_first_keys(name)):
        return None
    shipped_clean, own_path = _cleaning(name)
    clean = clean or shipped_clean
    own_clean, named = (_own_cleaning(name), named_paths(tuple(own))) if own is not None else (None, frozenset())
    for path in paths_of(name, sources):
        if path and path[0] not in all_keys:
            continue
        is_own = path == own_path
        if own_name is not None and is_own is not own_name:
            continue
        accept = own_clean if own_clean is not None and path in named else clean
        for node in [*objects.own, *objects.foreign] if is_own else objects.own:
            if not path or path[0] in node:
                for value in values_at(node, path):
                    cleaned = accept(value)
                    if cleaned is not None:
                        return cleaned
    return None


@cache
def _first_keys(name: str) -> frozenset[str]:
    """The keys with which the shipped paths of a field begin."""
    return frozenset(path[0] for path in paths_of(name))


@cache
def _cleaning(name: str) -> tuple[Cleaner, Path]:
    """How a field's values are cleaned, and the path that is its own full name."""
    return CLEANERS[FIELDS_BY_NAME[name].clean], (folded_key(name),)


@cache
def _own_cleaning(name: str) -> Cleaner | None:
    """How what a path of one's own tells is cleaned, where the shipped paths are doubted."""
    own = FIELDS_BY_NAME[name].own_clean
    return CLEANERS[own] if own else None


def _values(nodes: list[Tree], found_at: tuple[Path, ...], clean: Cleaner) -> Iterator[Any]:
    for value in values_along(nodes, found_at):
        cleaned = clean(value)
        if cleaned is not None:
            yield cleaned


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


def _email(objects: _Objects, sources: Sources | None) -> dict[str, str | None]:
    """The address with its status; a status without an address says nothing."""
    told = _field(objects, "person_email_status", sources, own_name=False)
    all_found = list(_addresses(objects, sources))
    if len({address.email for address in all_found}) > 1:
        # Each has its own status, beside it or in a column that is called alike; else the only one is the first address's.
        own = {one.email: one.status for one in reversed(all_found) if one.status}
        statuses = by_column(objects.own) | own or ({all_found[0].email: told} if told else {})
        all_found = [evolve(one, status=statuses.get(one.email)) for one in all_found]
        told = None
    found = best(_judged(all_found, objects, told))
    if found is None or not is_work(found):
        # What was sent may be better than what was found; then the status of what was found is not its own.
        echo = best(_judged(addresses(values_along([*objects.own, *objects.foreign], (_EMAIL_PATH,))), objects, told))
        if echo is not None and (found is None or (found.email != echo.email and is_work(echo))):
            found, told = echo, told if found is None else None
    if found is None:
        return {"person_email": None, "person_email_status": None}
    told = found.status or told or _field(objects, "person_email_status", sources, own_name=True)
    told = told or next((flag for node in objects.own if (flag := flagged(node))), None)
    return {"person_email": found.email, "person_email_status": cautious(told, objects.own, found.email)}


_EMAIL_PATH: Path = (folded_key("person_email"),)


def _judged(found: Iterable[Address], objects: _Objects, told: str | None) -> Iterator[Address]:
    """The addresses with what is said of each in the objects that hold it, where nothing tells it outright."""
    for address in found:
        is_told = bool(address.status or told)
        yield address if is_told else evolve(address, status=told_beside(objects.own, address.email))


def _addresses(objects: _Objects, sources: Sources | None) -> Iterator[Address]:
    """The addresses along the field's paths, then those of any column that speaks of e-mail, for the user picks its name."""
    along = [path for path in paths_of("person_email", sources) if path != _EMAIL_PATH]
    yield from addresses(values_along(objects.own, along))
    if sources is None or "person_email" not in sources:
        columns = [
            value
            for node in objects.own
            for key, value in node.items()
            if key != _EMAIL_PATH[0] and speaks_of_email(key)
        ]
        columns += [
            part for node in objects.own for key, value in node.items() if is_waterfall(key) for part in steps_of(value)
        ]
        columns += [
            part
            for node in objects.own
            for key, value in node.items()
            if is_finder(key)
            for part in found_by(value)
            if not _contradict(_identity(node, Entity.PERSON), _identity(part, Entity.PERSON))
        ]
        yield from addresses(columns)
        bare = (_bare_email_in(node) for node in (*columns, *objects.own))
        yield from (Address(email=email) for email in bare if email)


def _bare_email_in(node: Tree) -> str | None:
    """An address that is all that an object has under a key that only wraps."""
    if not isinstance(node, dict):
        return None
    values = (value for key, value in node.items() if key in keys("wrappers") and isinstance(value, str | list))
    addresses = (text for value in values for text in texts(value) if "@" in text and len(text.split()) == 1)
    return next((email for address in addresses if (email := normalize.usable_email(address))), None)


def _bare_page(objects: _Objects, clean: Cleaner) -> str | None:
    """A page that is all that an object has under a key that only wraps: the answer of a column that looks for it."""
    texts = (
        part
        for node in objects.own
        for key, part in node.items()
        if isinstance(part, str) and "/" in part and key in keys("wrappers") and len(part.split()) == 1
    )
    return next(filter(None, map(clean, texts)), None)


def _slug_url(objects: _Objects, entity: str, sources: Sources | None) -> str | None:
    """A LinkedIn URL from a slug; a bare one only counts in an object that is surely the one asked for, "in/..." in any."""
    found_at, clean = paths_of(f"{entity}_linkedin_slug", sources), CLEANERS[f"{entity}_slug"]
    marked = (
        text
        for text in values_along(objects.own, found_at)
        if isinstance(text, str) and text.startswith(_MARKS[entity])
    )
    return next(_values(objects.sure, found_at, clean), None) or next(filter(None, map(clean, marked)), None)


#: How a slug begins that tells whose page it is.
_MARKS = {"person": "in/", "company": "company/"}
