"""Who is who: what rows and answers told of persons and companies, and of their keys."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from attrs import field, frozen

from enrichcore.domain.events.base import Event, as_keys
from enrichcore.domain.ids import CompanyId, PersonId, UploadId
from enrichcore.domain.keys import Key


@frozen(kw_only=True)
class PersonImported(Event):
    """A row told of a person; the person is the envelope's entity."""

    upload_id: UploadId
    line: int
    raw: Mapping[str, str]
    facts: Mapping[str, Any]
    #: Keys that now mean this person.
    keys: tuple[Key, ...] = field(converter=as_keys)
    company_id: CompanyId | None = None
    #: Keys of the row that are of somebody with whom it has nothing else in common.
    of_strangers: tuple[Key, ...] = field(default=(), converter=as_keys)


@frozen(kw_only=True)
class CompanyImported(Event):
    """A row told of a company; the company is the envelope's entity."""

    upload_id: UploadId
    line: int
    facts: Mapping[str, Any]
    #: Keys that now mean this company.
    keys: tuple[Key, ...] = field(converter=as_keys)
    #: Rows of the file that call it so, where most of them do and its first row did not; 0 for what a row tells.
    rows: int = 0


@frozen(kw_only=True)
class PersonsMerged(Event):
    """A row's keys, or what an answer found, belong to two known persons, so these are one; the envelope's entity stays."""

    merged: PersonId
    because: Key


@frozen(kw_only=True)
class KeysFound(Event):
    """An answer told keys that nobody's rows had told of the one who was asked about; that one is the envelope's entity."""

    #: Who was asked about: the item or company run, and the answer's version in its stream.
    run_id: UUID
    version: int
    workflow: str
    answered_at: datetime
    #: Found keys that now mean the entity, and those that mean nobody because answers told them of two.
    keys: tuple[Key, ...] = field(converter=as_keys)
    #: Those that somebody else has, who is not merged.
    contested: tuple[Key, ...] = field(default=(), converter=as_keys)


@frozen(kw_only=True)
class PersonKeysFound(KeysFound):
    """An answer told keys of a person."""


@frozen(kw_only=True)
class CompanyKeysFound(KeysFound):
    """An answer told keys of a company."""


@frozen(kw_only=True)
class CompaniesMerged(Event):
    """One row's keys belong to two known companies, so these are one; the envelope's entity stays."""

    merged: CompanyId
    because: Key
