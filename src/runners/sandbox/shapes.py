"""The many shapes in which the same object comes back from Clay.

First a *blemish* on the object itself (numbers as text, missing keys, ways of saying nothing), then a *wrapper* around
it, chosen by whoever typed the callback's body in the table. No blemish touches what the row is known by, and every
shape echoes `item_id`.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

Object = Mapping[str, Any]
Wrapped = dict[str, Any]

#: What goes without saying in every object, so that blemishes leave it alone.
_KNOWN_BY = frozenset(
    {"name", "first_name", "last_name", "url", "slug", "domain", "website", "title", "org", "latest_experience"}
    | {"experience", "current_experience", "company_id", "person_id", "profile_id", "org_id"}
)
#: Keys of a company or person that a table without them still has.
_OPTIONAL = frozenset(
    {"derived_datapoints", "locations", "structured_locations", "logo_url", "founded", "summary", "education"}
)


def _numbers_as_text(value: Any) -> Any:
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else value


def _spoilt(value: object) -> Callable[[Object], Wrapped]:
    """A blemish that says nothing, in one way, where optional facts would be."""

    def spoil(thing: Object) -> Wrapped:
        return {key: value if key in _OPTIONAL else fact for key, fact in thing.items()}

    return spoil


#: Blemishes, each a function of the object; most objects have none.
BLEMISHES: Mapping[str, Callable[[Object], Wrapped]] = {
    "none": dict,
    "numbers_as_text": lambda thing: {
        key: fact if key in _KNOWN_BY or key == "founded" else _numbers_as_text(fact) for key, fact in thing.items()
    },
    "missing_keys": lambda thing: {key: fact for key, fact in thing.items() if key not in _OPTIONAL},
    "nulls": _spoilt(None),
    "empty_strings": _spoilt(""),
    "empty_objects": _spoilt({}),
    "not_available": _spoilt("N/A"),
    "undefined": _spoilt("undefined"),
}

_DISPLAY_NAMES = {"title": "Job Title", "url": "LinkedIn Profile", "location_name": "Location", "name": "Name"}


def _display(key: str) -> str:
    return _DISPLAY_NAMES.get(key) or key.replace("_", " ").title()


def _without_own_ids(thing: Object) -> Wrapped:
    """The object without Clay's ids, as a table maps it column by column."""
    return {key: fact for key, fact in thing.items() if key not in ("company_id", "person_id", "org_id", "profile_id")}


#: Wrappers: the object, our ids and the entity into the callback's body.
WRAPPERS: Mapping[str, Callable[[Object, Object, str], Wrapped]] = {
    "result": lambda thing, ids, _: {**ids, "result": thing},
    "data": lambda thing, ids, _: {**ids, "data": thing},
    "data.result": lambda thing, ids, _: {**ids, "data": {"result": thing}},
    "result.data": lambda thing, ids, _: {**ids, "result": {"data": thing}},
    "list_of_one": lambda thing, ids, _: {**ids, "result": [thing]},
    "stringified_data": lambda thing, ids, _: {**ids, "data": json.dumps(thing, ensure_ascii=False)},
    "stringified_result": lambda thing, ids, _: {**ids, "result": json.dumps({"data": thing})},
    "column_name": lambda thing, ids, entity: {**ids, f"Enrich {entity}": thing},
    "raw_payload": lambda thing, ids, entity: {**ids, f"{entity}_raw_enriched_payload": thing},
    "display_names": lambda thing, ids, _: {
        **ids,
        **{_display(key): fact for key, fact in _without_own_ids(thing).items()},
    },
    # Spreading the object overwrites the company_id or person_id that we sent with Clay's own.
    "flat_colliding": lambda thing, ids, _: {**ids, **thing},
    "flat": lambda thing, ids, _: {**_without_own_ids(thing), **ids},
    "item_id_only": lambda thing, ids, _: {"item_id": ids.get("item_id"), "result": thing},
}

#: Ways in which a table hands over an e-mail address (or says that there is none).
EMAIL_COLUMNS: Mapping[str, Callable[[Any], Wrapped]] = {
    "work_email": lambda email: {"work_email": email},
    "email": lambda email: {"email": email},
    "display_name": lambda email: {"Work Email": email},
    "object": lambda email: {"Work Email": {"email": email}},
    "list": lambda email: {"emails": [email]},
    "result": lambda email: {"result": {"email": email}},
    "stringified": lambda email: {"data": json.dumps({"email": email})},
}

#: Those of them that can stand beside a profile without overwriting it.
EMAIL_COLUMNS_ALONG = ("work_email", "email", "display_name", "object", "list")

#: Ways in which a table hands over technologies.
TECHNOLOGY_COLUMNS: tuple[Callable[[list[str]], Wrapped], ...] = (
    lambda names: {"technologies": [{"name": name} for name in names]},
    lambda names: {"Technologies": json.dumps({"technologies": [{"name": name} for name in names]})},
    lambda names: {"company_technologies": ", ".join(names)},
    lambda _: {},
)
