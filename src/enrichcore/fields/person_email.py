"""A person's e-mail address and its status, out of all the addresses that a payload tells."""

from collections.abc import Iterable, Iterator

from attrs import evolve

from enrichcore import normalize
from enrichcore.domain.pipeline import Entity
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
    may_hold_email,
    speaks_of_email,
    steps_of,
    told_beside,
)
from enrichcore.fields.lookup import Objects, contradict, field_of, identity_of
from enrichcore.fields.payloads import Tree, values_along
from enrichcore.fields.sources import Path, Sources, folded_key, keys
from enrichcore.fields.text_values import texts


def email_fields(objects: Objects, sources: Sources | None) -> dict[str, str | None]:
    """The address with its status; a status without an address says nothing."""
    told = field_of(objects, "person_email_status", sources, own_name=False)
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
    told = found.status or told or field_of(objects, "person_email_status", sources, own_name=True)
    told = told or next((flag for node in objects.own if (flag := flagged(node))), None)
    return {"person_email": found.email, "person_email_status": cautious(told, objects.own, found.email)}


_EMAIL_PATH: Path = (folded_key("person_email"),)


def _judged(found: Iterable[Address], objects: Objects, told: str | None) -> Iterator[Address]:
    """The addresses with what is said of each in the objects that hold it, where nothing tells it outright."""
    for address in found:
        is_told = bool(address.status or told)
        yield address if is_told else evolve(address, status=told_beside(objects.own, address.email))


def _addresses(objects: Objects, sources: Sources | None) -> Iterator[Address]:
    """The addresses along the field's paths, then those of any column that speaks of e-mail, for the user picks its name."""
    along = [path for path in objects.paths_of("person_email", sources) if path != _EMAIL_PATH]
    yield from addresses(values_along(objects.own, along))
    if sources is None or "person_email" not in sources:
        told = [(node, key, value) for node in objects.own for key, value in node.items() if may_hold_email(key)]
        columns = [value for _, key, value in told if key != _EMAIL_PATH[0] and speaks_of_email(key)]
        columns += [part for _, key, value in told if is_waterfall(key) for part in steps_of(value)]
        columns += [
            part
            for node, key, value in told
            if is_finder(key)
            for part in found_by(value)
            if not contradict(identity_of(node, Entity.PERSON), identity_of(part, Entity.PERSON))
        ]
        yield from addresses(columns)
        bare = (_bare_email_in(node) for node in (*columns, *objects.own))
        yield from (Address(email=email) for email in bare if email)


def _bare_email_in(node: Tree) -> str | None:
    """An address that is all that an object has under a key that only wraps."""
    if not isinstance(node, dict):
        return None
    wrappers = keys("wrappers")
    values = (value for key, value in node.items() if key in wrappers and isinstance(value, (str, list)))
    addresses = (text for value in values for text in texts(value) if "@" in text and len(text.split()) == 1)
    return next((email for address in addresses if (email := normalize.usable_email(address))), None)
