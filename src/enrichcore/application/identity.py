"""Why rows are one person or company: the rows that told of it, what answers found, and the merges.

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
from enrichcore.domain.keys import NAME_AT, TOLD, WEAK, Key, KeyKind, as_found, as_told
from enrichcore.normalize import linkedin_key
from enrichcore.store.commit import Store

_TELL: Final = (e.PersonImported, e.CompanyImported, e.KeysFound, e.PersonsMerged, e.CompaniesMerged)

#: What each key is called in a sentence.
KEY_WORDS: Final = {
    KeyKind.PERSON_LINKEDIN: "the LinkedIn profile",
    KeyKind.PERSON_EMAIL: "the e-mail address",
    KeyKind.PERSON_NAME: "the name and company",
    KeyKind.PERSON_AT_COMPANY: "the name at that company,",
    KeyKind.PERSON_LINKEDIN_FOUND: "the LinkedIn profile that an answer found,",
    KeyKind.PERSON_EMAIL_FOUND: "the e-mail address that an answer found,",
    KeyKind.COMPANY_DOMAIN_FOUND: "the domain that an answer found,",
    KeyKind.COMPANY_LINKEDIN_FOUND: "the LinkedIn page that an answer found,",
    KeyKind.FOUND_FOR_SEVERAL: "what answers found for several,",
    KeyKind.COMPANY_DOMAIN: "the domain",
    KeyKind.COMPANY_LINKEDIN: "the LinkedIn page",
    KeyKind.COMPANY_NAME: "the name",
    KeyKind.COMPANY_NAME_ALONE: "the name alone",
    KeyKind.COMPANY_NAME_SHARED: "the shared name",
}


def key_value(key: Key) -> str:
    """What a key says to people: its value, without a company's id or another key's kind."""
    if key.kind is KeyKind.FOUND_FOR_SEVERAL:
        return key.value.partition(" ")[2]
    return key.value.partition(NAME_AT)[0] if key.kind is KeyKind.PERSON_AT_COMPANY else key.value


def key_words(key: Key) -> str:
    """A key in a sentence."""
    return f"{KEY_WORDS[key.kind]} {key_value(key)}"


@frozen(kw_only=True)
class Telling:
    """One row that told of an entity, one answer that found a key of it, or one merge."""

    at: datetime
    #: The id under which it is in the log.
    entity_id: UUID
    #: One sentence without its full stop.
    reason: str
    #: None for an answer and a merge, here and below.
    upload_id: UploadId | None = None
    line: int | None = None
    #: Keys that it brought.
    keys: tuple[Key, ...] = ()
    merged: UUID | None = None
    #: The item or company run whose answer found the keys, and the answer's version there.
    run_id: UUID | None = None
    version: int | None = None


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
    events = store.events_of(ids, _TELL)
    if not events:
        raise UnknownId("person or company", entity_id)
    is_person = isinstance(events[0].event, e.PersonImported | e.PersonKeysFound | e.PersonsMerged)
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
            case e.CompanyImported(rows=rows) if rows:
                yield Telling(
                    at=recorded.at,
                    entity_id=entity_id,
                    reason=f"is called {event.facts.get('company_name')!r} by most rows of its file: {rows:,}",
                    upload_id=event.upload_id,
                    line=event.line,
                )
            case e.PersonImported() | e.CompanyImported():
                yield Telling(
                    at=recorded.at,
                    entity_id=entity_id,
                    reason=(_because(event.facts, held) if held else "was new") + _of_strangers(event),
                    upload_id=event.upload_id,
                    line=event.line,
                    keys=event.keys,
                )
                held.update(event.keys)
            case e.KeysFound():
                yield Telling(
                    at=recorded.at,
                    entity_id=entity_id,
                    reason=_found(event),
                    keys=event.keys,
                    run_id=event.run_id,
                    version=event.version,
                )
                held.update(event.keys)
            case e.PersonsMerged() | e.CompaniesMerged():
                yield Telling(
                    at=recorded.at,
                    entity_id=entity_id,
                    reason=f"{event.merged} turned out to be the same: {_joined_by(event.because)}",
                    merged=event.merged,
                )
                held.update(known.get(event.merged, ()))


def _of_strangers(event: e.PersonImported | e.CompanyImported) -> str:
    keys = event.of_strangers if isinstance(event, e.PersonImported) else ()
    told = " and ".join(map(key_words, keys))
    return f"; {told} belongs to somebody else, who is not merged: it is all that both have in common" if told else ""


def _found(event: e.KeysFound) -> str:
    """What an answer found, and what became of it."""
    told = [key for key in (*event.keys, *event.contested) if key.kind in TOLD]
    found = " and ".join(dict.fromkeys(key_words(as_told(key)) for key in told))
    said = f"{event.workflow} found {found} (answer of {event.answered_at:%Y-%m-%d %H:%M} UTC to {event.run_id})"
    if any(key.kind is KeyKind.FOUND_FOR_SEVERAL for key in event.keys):
        return f"{said}, as an answer about somebody else did, so it is nobody's"
    return f"{said}; it belongs to somebody else, who is not merged" if event.contested else said


def _joined_by(because: Key) -> str:
    if because.kind in TOLD:
        return f"{key_words(as_told(because))} was found for one of them, and a row has it of the other"
    return f"a row has {key_words(because)} and a key of this one"


def _because(facts: Any, held: set[Key]) -> str:
    """By which key a row's facts were known again, the strongest first; a name where it is no other."""
    strong = (
        Key(KeyKind.PERSON_LINKEDIN, linkedin_key(facts.get("person_linkedin_url"), "in") or ""),
        Key(KeyKind.PERSON_EMAIL, facts.get("person_email") or ""),
        Key(KeyKind.COMPANY_DOMAIN, facts.get("company_domain") or ""),
        Key(KeyKind.COMPANY_LINKEDIN, linkedin_key(facts.get("company_linkedin_url"), "company") or ""),
    )
    found = next((key for key in (*strong, *map(as_found, strong)) if key in held), None)
    if found is not None:
        return f"was known by {key_words(found)}"
    weak = next((key for key in sorted(held) if key.kind in WEAK), None)
    return f"was known by {key_words(weak)}" if weak else "was known by a key of another id"
