"""Why rows are one person or company: the rows that told of it, the key by which each was known again, and the merges.

All of it is in the log, so it can be told of any import, however long ago.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from attrs import frozen

from enrichcore.application.errors import UnknownId
from enrichcore.domain import events as e
from enrichcore.domain.ids import UploadId
from enrichcore.domain.keys import WEAK, Key, KeyKind
from enrichcore.ingest.composing import NAME_AT
from enrichcore.normalize import linkedin_key
from enrichcore.store.commit import Store

_TOLD: Final = (e.PersonImported, e.CompanyImported, e.PersonsMerged, e.CompaniesMerged)

#: What each key is called in a sentence.
KEY_WORDS: Final = {
    KeyKind.PERSON_LINKEDIN: "the LinkedIn profile",
    KeyKind.PERSON_EMAIL: "the e-mail address",
    KeyKind.PERSON_NAME: "the name and company",
    KeyKind.PERSON_AT_COMPANY: "the name at that company,",
    KeyKind.COMPANY_DOMAIN: "the domain",
    KeyKind.COMPANY_LINKEDIN: "the LinkedIn page",
    KeyKind.COMPANY_NAME: "the name",
    KeyKind.COMPANY_NAME_ALONE: "the name alone",
    KeyKind.COMPANY_NAME_SHARED: "the shared name",
}


def key_value(key: Key) -> str:
    """What a key says to people: its value, without a company's id."""
    return key.value.partition(NAME_AT)[0] if key.kind is KeyKind.PERSON_AT_COMPANY else key.value


def key_words(key: Key) -> str:
    """A key in a sentence."""
    return f"{KEY_WORDS[key.kind]} {key_value(key)}"


@frozen(kw_only=True)
class Telling:
    """One row that told of an entity, or one merge."""

    at: datetime
    #: The id under which it is in the log.
    entity_id: UUID
    #: One sentence without its full stop.
    reason: str
    #: None for a merge, here and below.
    upload_id: UploadId | None = None
    line: int | None = None
    #: Keys that it brought.
    keys: tuple[Key, ...] = ()
    merged: UUID | None = None


@frozen(kw_only=True)
class Identity:
    """A person or company, and why it is one."""

    #: The id that stays.
    entity_id: UUID
    #: `person` or `company`.
    entity: str
    #: Every id that meant it, the one that stays first.
    ids: tuple[UUID, ...]
    keys: tuple[Key, ...]
    tellings: tuple[Telling, ...]


def explain_identity(store: Store, entity_id: UUID) -> Identity:
    """Why rows are one person or company.

    Raises:
        UnknownId: There is no such person or company.
    """
    ids = tuple(store.same_entities([entity_id]).get(entity_id, [entity_id]))
    events = store.events_of(ids, _TOLD)
    if not events:
        raise UnknownId("person or company", entity_id)
    is_person = isinstance(events[0].event, e.PersonImported | e.PersonsMerged)
    tellings = tuple(_tellings(events))
    keys = tuple(dict.fromkeys(key for telling in tellings for key in telling.keys))
    return Identity(
        entity_id=ids[0], entity="person" if is_person else "company", ids=ids, keys=keys, tellings=tellings
    )


def _tellings(events: list[e.Recorded]) -> Iterator[Telling]:
    known: dict[UUID, set[Key]] = {}
    for recorded in events:
        event, entity_id = recorded.event, recorded.entity_id
        if entity_id is None:
            continue
        held = known.setdefault(entity_id, set())
        match event:
            case e.PersonImported() | e.CompanyImported():
                yield Telling(
                    at=recorded.at,
                    entity_id=entity_id,
                    reason=_because(event.facts, held) if held else "was new",
                    upload_id=event.upload_id,
                    line=event.line,
                    keys=event.keys,
                )
                held.update(event.keys)
            case e.PersonsMerged() | e.CompaniesMerged():
                both = key_words(event.because)
                yield Telling(
                    at=recorded.at,
                    entity_id=entity_id,
                    reason=f"{event.merged} turned out to be the same: a row has {both} and a key of this one",
                    merged=event.merged,
                )
                held.update(known.get(event.merged, ()))


def _because(facts: Any, held: set[Key]) -> str:
    """By which key a row's facts were known again, the strongest first; a name where it is no other."""
    strong = (
        Key(KeyKind.PERSON_LINKEDIN, linkedin_key(facts.get("person_linkedin_url"), "in") or ""),
        Key(KeyKind.PERSON_EMAIL, facts.get("person_email") or ""),
        Key(KeyKind.COMPANY_DOMAIN, facts.get("company_domain") or ""),
        Key(KeyKind.COMPANY_LINKEDIN, linkedin_key(facts.get("company_linkedin_url"), "company") or ""),
    )
    found = next((key for key in strong if key in held), None)
    if found is not None:
        return f"was known by {key_words(found)}"
    weak = next((key for key in sorted(held) if key.kind in WEAK), None)
    return f"was known by {key_words(weak)}" if weak else "was known by a key of another id"
