"""Imports: the rows of a file become people and companies of the client's directory, chunk by chunk.

Each chunk is one commit on the directory's stream; when another import of the same client was first, the chunk is
decided again. A crash in the middle leaves an unfinished upload, and importing the file again finds the same people.
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Final, TypeVar, cast
from uuid import UUID, uuid5

from attrs import Factory, define, evolve, frozen

from enrichcore.application.retrying import Pause, decide_until_first, pause_at_random
from enrichcore.domain import events as e
from enrichcore.domain.directory import Known, Match, resolve
from enrichcore.domain.ids import ClientId, CompanyId, PersonId, UploadId
from enrichcore.domain.keys import Key
from enrichcore.ingest import ImportedRow, ImportReading, RejectedRow
from enrichcore.store.commit import Commit, Conflict, DirectoryChange, Store, UploadedPerson

CHUNK: Final = 1000
_TRIES: Final = 20

T = TypeVar("T")


@frozen(kw_only=True)
class UploadReport:
    """What an import did, or would do."""

    #: None for a dry run.
    upload_id: UploadId | None
    #: Rows that gave a person.
    row_count: int
    person_count: int
    company_count: int
    mapped: Mapping[str, str]
    unmapped: tuple[str, ...]
    #: Column → why it stays unmapped.
    ambiguous: Mapping[str, str] = Factory(dict)
    #: (line, reason) of each row that was kept aside.
    rejected: tuple[tuple[int, str], ...] = ()


def directory_id(client_id: ClientId) -> UUID:
    """The stream of a client's directory."""
    return uuid5(client_id, "directory")


def sha256_of(source: Path | bytes) -> str:
    """The file's hash, read in pieces."""
    if isinstance(source, bytes):
        return hashlib.sha256(source).hexdigest()
    with source.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def chunks(rows: Iterable[T], size: int) -> Iterator[list[T]]:
    """The rows in lists of at most `size`."""
    remaining = iter(rows)
    while chunk := list(islice(remaining, size)):
        yield chunk


@define(kw_only=True)
class Importer:
    """One import; keeps whom this file has named so far, so that a later row finds an earlier one."""

    store: Store
    client_id: ClientId
    upload_id: UploadId
    at: datetime
    #: Waits between two lost races.
    pause: Pause = pause_at_random
    people: dict[PersonId, UploadedPerson] = Factory(dict)
    companies: dict[CompanyId, dict[str, Any]] = Factory(dict)
    #: Companies of this file that turned out to be another, and which.
    merged_companies: dict[CompanyId, CompanyId] = Factory(dict)
    rejected: list[tuple[int, str]] = Factory(list)
    row_count: int = 0
    _upload_version: int = 1

    def add(self, rows: list[ImportedRow | RejectedRow]) -> None:
        """Record a chunk of rows.

        Raises:
            Conflict: Other imports of the same client were first, again and again.
        """
        chunk = decide_until_first(partial(self._record, rows), self.pause, tries=_TRIES)
        self._upload_version += len(chunk.rejected)
        self.rejected += [(row.line, row.reason) for row in chunk.rejected]
        self.row_count += len(rows) - len(chunk.rejected)

    def _record(self, rows: list[ImportedRow | RejectedRow]) -> "_Chunk":
        companies = {key: dict(facts) for key, facts in self.companies.items()}
        kept = (dict(self.people), companies, dict(self.merged_companies))
        chunk = _Chunk(self, rows)
        try:
            self.store.append(chunk.commit)
        except Conflict:
            self.people, self.companies, self.merged_companies = kept
            raise
        return chunk

    def standing(self, company_id: CompanyId) -> CompanyId:
        """The company that stands for one that this file has named."""
        while company_id in self.merged_companies:
            company_id = self.merged_companies[company_id]
        return company_id

    @property
    def upload_version(self) -> int:
        """Version of the upload's stream."""
        return self._upload_version


class _Chunk:
    """One commit of an import."""

    def __init__(self, importer: Importer, rows: list[ImportedRow | RejectedRow]) -> None:
        self._importer = importer
        self._stream = directory_id(importer.client_id)
        self._first = self._version = importer.store.version(self._stream)
        imported = [row for row in rows if isinstance(row, ImportedRow)]
        self.rejected = [row for row in rows if isinstance(row, RejectedRow)]
        keys = {key for row in imported for key in (*row.person_keys, *row.company_keys)}
        self._owners = importer.store.owners(importer.client_id, keys) if keys else {}
        self._new: list[tuple[UUID, str, int]] = []
        self._merged: list[tuple[UUID, UUID]] = []
        self._touched: set[PersonId] = set()
        self.commit = Commit()
        for row in imported:
            self._import(row)
        for number, out in enumerate(self.rejected, start=1):
            event = e.RowRejected(line=out.line, raw=out.raw, reason=out.reason)
            self._record(importer.upload_id, importer.upload_version + number, event, None)
        self._describe()

    def _import(self, row: ImportedRow) -> None:
        upload, line = self._importer.upload_id, row.line
        company_id = self._company(row) if row.company_keys else None
        match: Match[PersonId] = self._resolve(row.person_keys, f"{upload}/{line}/person", "person")
        person_id = match.entity_id
        for merged, because in match.merged:
            self._append(e.PersonsMerged(merged=merged.entity_id, because=because), person_id)
            self._follow(merged.entity_id, person_id)
        event = e.PersonImported(
            upload_id=upload, line=line, raw=row.raw, facts=row.person, keys=match.new_keys, company_id=company_id
        )
        self._append(event, person_id)
        known = self._importer.people.get(person_id)
        if known is not None and known.company_id is not None:
            company_id = self._importer.standing(known.company_id)
        company_facts = self._importer.companies.get(company_id, {}) if company_id is not None else {}
        facts = {**company_facts, **row.person, **(known.facts if known else {})}
        self._importer.people[person_id] = UploadedPerson(person_id=person_id, company_id=company_id, facts=facts)
        self._touched.add(person_id)

    def _company(self, row: ImportedRow) -> CompanyId:
        upload, line = self._importer.upload_id, row.line
        match: Match[CompanyId] = self._resolve(row.company_keys, f"{upload}/{line}/company", "company")
        company_id = match.entity_id
        for merged, because in match.merged:
            self._append(e.CompaniesMerged(merged=merged.entity_id, because=because), company_id)
            self._importer.companies.setdefault(company_id, {}).update(
                self._importer.companies.pop(merged.entity_id, {})
            )
            self._importer.merged_companies[merged.entity_id] = company_id
        before = self._importer.companies.get(company_id)
        facts = {**row.company, **(before or {})}
        if before is None or facts != before or match.new_keys:
            self._append(
                e.CompanyImported(upload_id=upload, line=line, facts=row.company, keys=match.new_keys), company_id
            )
            self._importer.companies[company_id] = facts
        return company_id

    def _resolve(self, keys: tuple[Key, ...], fallback: str, kind: str) -> Match[Any]:
        match: Match[Any] = resolve(self._importer.client_id, keys, self._owners, fallback)
        if match.is_new:
            self._new.append((match.entity_id, kind, self._version + 1))
            held = Known(entity_id=match.entity_id, keys=frozenset(match.new_keys), since=self._version + 1)
        else:
            same = {match.entity_id, *(known.entity_id for known, _ in match.merged)}
            group = [known for known in self._owners.values() if known.entity_id in same]
            joined = frozenset[Key](match.new_keys).union(*(known.keys for known in group))
            held = Known(entity_id=match.entity_id, keys=joined, since=min(known.since for known in group))
            self._merged += [(known.entity_id, match.entity_id) for known, _ in match.merged]
        self._owners.update(dict.fromkeys(held.keys, held))
        return match

    def _follow(self, merged: PersonId, kept: PersonId) -> None:
        people = self._importer.people
        if merged in people:
            moved = evolve(people.pop(merged), person_id=kept)
            people[kept] = people[kept].joined(moved) if kept in people else moved

    def _append(self, event: e.Event, entity_id: UUID) -> None:
        self._version += 1
        self._record(self._stream, self._version, event, entity_id)

    def _record(self, stream_id: UUID, version: int, event: e.Event, entity_id: UUID | None) -> None:
        importer = self._importer
        self.commit.events.append(
            e.Recorded(
                stream_id=stream_id, version=version, at=importer.at, event=event, client_id=importer.client_id,
                entity_id=entity_id,
            )
        )  # fmt: skip

    def _describe(self) -> None:
        client_id, upload_id = self._importer.client_id, self._importer.upload_id
        keys = [(key, known.entity_id) for key, known in self._owners.items()]
        change = DirectoryChange(keys=keys, new=self._new, merged=self._merged)
        self.commit.directory.append((client_id, change))
        people = self._importer.people
        self.commit.people += [(upload_id, people[person]) for person in sorted(self._touched) if person in people]


def count(reading: ImportReading, client_id: ClientId, store: Store) -> UploadReport:
    """What an import would do, without recording anything."""
    nowhere = cast("Store", _Nowhere(store))
    importer = Importer(
        store=nowhere, client_id=client_id, upload_id=UploadId(UUID(int=0)), at=datetime.min  # noqa: DTZ901 - never stored
    )  # fmt: skip
    for chunk in chunks(reading.rows(), CHUNK):
        importer.add(chunk)
    return report(reading, importer, upload_id=None)


def report(reading: ImportReading, importer: Importer, upload_id: UploadId | None) -> UploadReport:
    """The report of an import."""
    mapping = reading.mapping
    return UploadReport(
        upload_id=upload_id,
        row_count=importer.row_count,
        person_count=len(importer.people),
        company_count=len(importer.companies),
        mapped=mapping.mapped,
        unmapped=mapping.unmapped,
        ambiguous=mapping.ambiguous,
        rejected=tuple(importer.rejected),
    )


class _Nowhere:
    """A store that reads the real directory and keeps this import's keys to itself."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[Key, Known[Any]] = {}
        self._since = 0

    def version(self, stream_id: UUID) -> int:
        self._since += CHUNK
        return self._store.version(stream_id) + self._since

    def owners(self, client_id: ClientId, keys: Collection[Key]) -> dict[Key, Known[Any]]:
        mine = {key: self._known[key] for key in keys if key in self._known}
        return self._store.owners(client_id, keys) | mine

    def append(self, commit: Commit) -> list[int]:
        held: dict[UUID, set[Key]] = {}
        for _, change in commit.directory:
            for key, owner in change.keys:
                held.setdefault(owner, set()).add(key)
            for owner, own in held.items():
                known = Known(entity_id=owner, keys=frozenset(own), since=self._since)
                self._known.update(dict.fromkeys(own, known))
        return []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)
