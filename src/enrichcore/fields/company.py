"""The fields of a company out of the objects of a payload."""

from collections.abc import Iterator, Mapping
from typing import Any

from enrichcore import normalize
from enrichcore.domain.pipeline import Entity
from enrichcore.fields.catalogue import COMPANY_FIELDS
from enrichcore.fields.cleaners import CLEANERS
from enrichcore.fields.lookup import Objects, bare_page, clean_values, cleaning, field_of, objects_about, slug_url
from enrichcore.fields.payloads import Tree, values_at
from enrichcore.fields.places import company_location
from enrichcore.fields.sources import Sources, paths_of


def company_fields(payload: Tree, sources: Sources | None) -> dict[str, Any]:
    """Everything that a payload tells of the company."""
    objects = objects_about(payload, Entity.COMPANY)
    fields: dict[str, Any] = {
        name: None if name in _OF_FUNDING else field_of(objects, name, sources) for name in COMPANY_FIELDS
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
        or slug_url(objects, "company", sources)
        or bare_page(objects, CLEANERS["company_linkedin"])
    )
    return fields


def _better_name(small: str, objects: Objects, sources: Sources | None) -> str:
    """A name in small letters as it is written beside it, and for a domain in the name's place, as stores have it, the name."""
    told = clean_values(objects.own, objects.paths_of("company_name", sources), CLEANERS["company_name"])
    key = normalize.company_name_key(small)
    is_domain = normalize.company_domain(small) == small
    return next(
        (name for name in told if not name.islower() and (is_domain or normalize.company_name_key(name) == key)), small
    )


def _funding(objects: Objects, sources: Sources | None) -> dict[str, Any]:
    """The latest date of all that tell of funding, and the kind of that round.

    The fields' own names may only be an echo, so they count where nothing else does.
    """
    raised, kind, undated = _OF_FUNDING
    clean_date, clean_kind = cleaning(raised)[0], cleaning(kind)[0]
    dates = [
        (entry, told) for entry, value in _along(objects, raised, sources) if (told := clean_date(value)) is not None
    ]
    latest = max((told for _, told in dates), default=None) or field_of(objects, raised, sources, own_name=True)
    date_keys = {path[-1] for path in paths_of(raised, sources) if path}
    kinds = (
        cleaned
        for entry, value in _along(objects, kind, sources)
        if _is_of(entry, latest, date_keys) and (cleaned := clean_kind(value)) is not None
    )
    is_surely_last = any(entry is None for entry, _ in dates)
    return {
        raised: latest,
        kind: next(kinds, None) or field_of(objects, kind, sources, own_name=True),
        undated: (bool(dates) and not is_surely_last and _has_undated_round(objects, sources, date_keys)) or None,
    }


def _has_undated_round(objects: Objects, sources: Sources | None, date_keys: set[str]) -> bool:
    """Whether a round is told that none of those with a date is."""
    raised, kind, _ = _OF_FUNDING
    clean = cleaning(kind)[0]
    kind_keys = {path[-1] for path in paths_of(kind, sources) if path}
    dated: set[str | None] = set()
    undated: list[str | None] = []
    for entry, is_listed in _rounds(objects, raised, sources):
        sort = next((told.casefold() for key in kind_keys & entry.keys() if (told := clean(entry[key]))), None)
        if any(CLEANERS["latest_date"](entry[key]) for key in date_keys & entry.keys()):
            dated.add(sort)
        elif sort or is_listed:
            undated.append(sort)
    alone = (clean(value) for entry, value in _along(objects, kind, sources) if entry is None)
    if dated - {None}:
        undated += [sort.casefold() for sort in alone if sort]
    return any(sort is None or sort not in dated for sort in undated)


def _rounds(objects: Objects, name: str, sources: Sources | None) -> Iterator[tuple[Mapping[str, Tree], bool]]:
    """The entries that may hold a round's date, each with whether it is one of several."""
    for parent in dict.fromkeys(path[:-1] for path in objects.paths_of(name, sources) if len(path) > 1):
        for node in objects.own:
            held = values_at(node, parent)
            entries = [one for part in held for one in (part if isinstance(part, list) else [part])]
            yield from ((one, len(entries) > 1) for one in entries if isinstance(one, dict) and one)


_OF_FUNDING = ("company_last_raised_at", "company_latest_funding", "company_has_undated_round")


def _along(objects: Objects, name: str, sources: Sources | None) -> Iterator[tuple[Mapping[str, Tree] | None, Tree]]:
    """The values along a field's paths but its own name, with the entry of a list or object that each stands in."""
    own_path = cleaning(name)[1]
    for path in objects.paths_of(name, sources):
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
