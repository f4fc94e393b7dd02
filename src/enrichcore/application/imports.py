"""Imports: the rows of a file become people and companies of the client's directory, chunk by chunk.

Each chunk is one commit on the directory's stream; when another import of the same client was first, the chunk is
decided again. A crash in the middle leaves an unfinished upload, and importing the file again finds the same people.
What is held from one chunk to the next is small: what rows knew of people is read back from the store.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Final, TypeVar
from uuid import UUID

from attrs import Factory, define, evolve

from enrichcore.application.company_names import NAME, Called, CompanyNames, Joined, MostCalled, told_beside
from enrichcore.application.employers import employer_called, is_by_name_only, said_to_be_at
from enrichcore.application.found_keys import forms_of_names, names_of
from enrichcore.application.retrying import Pause, decide_until_first, pause_at_random
from enrichcore.application.upload_report import Outcome, Tally
from enrichcore.domain import events as e
from enrichcore.domain.directory import NOBODY, STRENGTH, Known, Match, asked, asked_of_answers, resolve, shared
from enrichcore.domain.ids import ClientId, CompanyId, PersonId, UploadId, directory_id
from enrichcore.domain.keys import NAME_AT, Key, KeyKind
from enrichcore.ingest import ImportedRow, RejectedRow
from enrichcore.normalize import linkedin_key, person_name_key
from enrichcore.store.commit import Commit, DirectoryChange, Store, UploadedPerson

CHUNK: Final = 1000
#: Companies whose facts are remembered for later rows, of the same company; some 2 kB each.
COMPANIES_REMEMBERED: Final = 20_000
_TRIES: Final = 20

T = TypeVar("T")


def name_at(row: ImportedRow, company_id: UUID | None) -> tuple[Key, ...]:
    """The key that a full name is at a company: one file tells its domain, and the other its name only."""
    name = person_name_key(row.person.get("person_full_name"))
    return (Key(KeyKind.PERSON_AT_COMPANY, f"{name}{NAME_AT}{company_id}"),) if name and company_id else ()


def without_page_of_another(person: Mapping[str, Any], match: Match[Any]) -> Mapping[str, Any]:
    """The facts of a row's person without a page that is a stranger's, unless it is called as the person is."""
    if all(key.kind is not KeyKind.PERSON_LINKEDIN for key in match.of_strangers):
        return person
    slug = linkedin_key(person.get(_PAGE), "in") or ""
    if any(word in slug for name in names_of(person) for word in name.split() if len(word) > 1):
        return person
    return {fact: value for fact, value in person.items() if fact != _PAGE}


_PAGE: Final = "person_linkedin_url"


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
    """One import."""

    store: Store
    client_id: ClientId
    upload_id: UploadId
    at: datetime
    #: Waits between two lost races.
    pause: Pause = pause_at_random
    tally: Tally = Factory(Tally)
    names: CompanyNames = Factory(CompanyNames)
    #: What earlier rows told of the companies named last, the latest at the end.
    companies: dict[CompanyId, dict[str, Any]] = Factory(dict)
    #: Companies of this file that turned out to be another, and which.
    merged_companies: dict[CompanyId, CompanyId] = Factory(dict)

    def add(self, rows: list[ImportedRow | RejectedRow]) -> list[CompanyId]:
        """Record a chunk of rows; the companies into which it merged others.

        Raises:
            Conflict: Other imports of the same client were first, again and again.
        """
        chunk = decide_until_first(partial(self._record, rows), self.pause, tries=_TRIES)
        for row in chunk.rejected:
            self.tally.reject(row)
        for outcome in chunk.outcomes:
            self.tally.add(outcome)
        for called in chunk.called:
            self.names.add(called)
        self.merged_companies |= chunk.merged_companies
        for company_id, facts in chunk.companies.items():
            self.companies.pop(company_id, None)
            if facts is not None:
                self.companies[company_id] = facts
        for company_id in list(islice(self.companies, max(len(self.companies) - COMPANIES_REMEMBERED, 0))):
            del self.companies[company_id]
        return list(dict.fromkeys(chunk.merged_companies.values()))

    def finish(self) -> None:
        """Record what most rows call the companies to which rows gave several names.

        Raises:
            Conflict: Other imports of the same client were first, again and again.
        """
        disputed = self.names.disputed
        if not disputed:
            return
        known = self.store.known(self.client_id, disputed)
        names = self.names.most_called(
            {company_id: known[company_id].keys for company_id in disputed if company_id in known}
        )
        for some in chunks(names, CHUNK):
            decide_until_first(partial(self._rename, some), self.pause, tries=_TRIES)
            called = {most.company_id: most.name for most in some}
            # Only theirs are read: a file may name a million people.
            for people in chunks(self.store.people(self.upload_id, called), CHUNK):
                told = [
                    evolve(person, facts={**person.facts, NAME: called[person.company_id]})
                    for person in people
                    if person.company_id is not None
                ]
                self.store.append(Commit(people=[(self.upload_id, person) for person in told]))

    def _rename(self, names: Sequence[MostCalled]) -> None:
        stream = directory_id(self.client_id)
        version = self.store.version(stream)
        commit = Commit()
        for number, most in enumerate(names, start=1):
            event = e.CompanyImported(
                upload_id=self.upload_id, line=most.line, facts={NAME: most.name}, keys=(), rows=most.rows
            )
            commit.events.append(
                e.Recorded(
                    stream_id=stream, version=version + number, at=self.at, event=event, client_id=self.client_id,
                    entity_id=most.company_id,
                )
            )  # fmt: skip
        self.store.append(commit)

    def _record(self, rows: list[ImportedRow | RejectedRow]) -> "_Chunk":
        chunk = _Chunk(self, rows)
        self.store.append(chunk.commit)
        return chunk

    @property
    def upload_version(self) -> int:
        """Version of the upload's stream."""
        return 1 + self.tally.rejected_count


class _Chunk:
    """One commit of an import."""

    def __init__(self, importer: Importer, rows: list[ImportedRow | RejectedRow]) -> None:
        self._importer = importer
        self._stream = directory_id(importer.client_id)
        self._version = importer.store.version(self._stream)
        imported = [row for row in rows if isinstance(row, ImportedRow)]
        self.rejected = [row for row in rows if isinstance(row, RejectedRow)]
        self.outcomes: list[Outcome] = []
        self.called: list[Called | Joined] = []
        #: What rows told of companies; None for one that was merged into another.
        self.companies: dict[CompanyId, dict[str, Any] | None] = {}
        self.merged_companies: dict[CompanyId, CompanyId] = {}
        self._owners: dict[Key, Known[Any]] = {}
        self._know({key for row in imported for key in (*row.person_keys, *asked(row.company_keys))})
        found = {key for row in imported for keys in (row.person_keys, row.company_keys) for key in self._found(keys)}
        self._know(found)
        self._know({shared(key) for key in found if key in self._owners})
        self._know({key for row in imported for key in self._maybe_at(row)})
        #: Companies where people are known, or that this chunk told of, by their ids.
        self._employers = self._employers_of(imported)
        known = {owner.entity_id for owner in self._owners.values()}
        self._people = importer.store.uploaded(importer.upload_id, known) if known else {}
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

    def _know(self, keys: set[Key]) -> None:
        if keys:
            self._owners |= self._importer.store.owners(self._importer.client_id, keys)

    def _found(self, keys: Sequence[Key]) -> tuple[Key, ...]:
        return asked_of_answers(keys, self._owners)

    def _maybe_at(self, row: ImportedRow) -> set[Key]:
        """The person's name at each company that the row may mean."""
        keys = (*asked(row.company_keys), *self._found(row.company_keys))
        companies = {self._owners[key].entity_id for key in keys if key in self._owners}
        return {key for company in companies for key in name_at(row, company)}

    def _employers_of(self, rows: Sequence[ImportedRow]) -> dict[UUID, Known[Any]]:
        named = (row for row in rows if is_by_name_only(row.company_keys, self._owners))
        said_at = [(row, said_to_be_at(row.person_keys, self._owners)) for row in named]
        ids = {company for _, companies in said_at for company in companies}
        found = self._importer.store.known(self._importer.client_id, ids) if ids else {}
        at = ((row, found[one].entity_id) for row, companies in said_at for one in companies if one in found)
        self._know({key for row, company in at for key in name_at(row, company)})
        return found

    def _employer(self, row: ImportedRow) -> Known[Any] | None:
        """The known company that a row means by a form of its name."""
        if not is_by_name_only(row.company_keys, self._owners):
            return None
        at = (self._standing(CompanyId(one)) for one in said_to_be_at(row.person_keys, self._owners))
        return employer_called(row.company_keys, [self._employers[one] for one in at if one in self._employers])

    def _import(self, row: ImportedRow) -> None:
        upload, line = self._importer.upload_id, row.line
        company = self._company(row) if row.company_keys else None
        company_id = company.entity_id if company else None
        keys = (*row.person_keys, *name_at(row, company_id))
        found = [key for key in self._found(keys) if key in self._owners]
        owners = {key: self._owners[key].entity_id for key in (*keys, *found) if key in self._owners}
        named = {owner: names_of(self._people[owner].facts) for owner in owners.values() if owner in self._people}
        names = forms_of_names(row.person) if owners else ()
        match: Match[PersonId] = self._resolve(keys, f"{upload}/{line}/person", "person", names, named)
        person_id = match.entity_id
        person = without_page_of_another(row.person, match)
        for merged, key in match.merged:
            self._append(e.PersonsMerged(merged=merged.entity_id, because=key), person_id)
            self._follow(merged.entity_id, person_id)
        event = e.PersonImported(
            upload_id=upload, line=line, raw=row.raw, facts=person, keys=match.new_keys, company_id=company_id,
            of_strangers=match.of_strangers,
        )  # fmt: skip
        self._append(event, person_id)
        known = self._people.get(person_id)
        if known is not None and known.company_id is not None:
            known = evolve(known, company_id=self._standing(known.company_id))
        company_facts = (self._facts_of(company_id) if company_id else None) or {}
        told = UploadedPerson(person_id=person_id, company_id=company_id, facts={**company_facts, **person})
        self._people[person_id] = told if known is None else known.told_again(told)
        self._touched.add(person_id)
        known_by = (key for key, owner in owners.items() if owner == person_id)
        because = min(known_by, key=lambda key: STRENGTH[key.kind], default=None)
        self.outcomes.append(Outcome(row=row, person=match, because=because, company=company))

    def _company(self, row: ImportedRow) -> Match[CompanyId]:
        upload, line = self._importer.upload_id, row.line
        employer = self._employer(row)
        if employer is None:
            match: Match[CompanyId] = self._resolve(row.company_keys, f"{upload}/{line}/company", "company")
        else:
            match = Match(entity_id=employer.entity_id, is_new=False)
        company_id = match.entity_id
        before = self._facts_of(company_id)
        for merged, because in match.merged:
            self._append(e.CompaniesMerged(merged=merged.entity_id, because=because), company_id)
            others = self._facts_of(merged.entity_id) or {}
            self.called.append(
                Joined(
                    kept=company_id,
                    merged=merged.entity_id,
                    kept_name=(before or {}).get(NAME, ""),
                    merged_name=others.get(NAME, ""),
                )
            )
            before = {**(before or {}), **others}
            self.companies[merged.entity_id] = None
            self.merged_companies[merged.entity_id] = company_id
        told = told_beside(row.company, before)
        facts = {**told, **(before or {})}
        if before is None or facts != before or match.new_keys:
            self._append(e.CompanyImported(upload_id=upload, line=line, facts=told, keys=match.new_keys), company_id)
        if name := row.company.get(NAME):
            self.called.append(Called(company_id=company_id, line=line, name=name, first=facts.get(NAME, name)))
        self.companies[company_id] = facts
        return match

    def _facts_of(self, company_id: CompanyId) -> dict[str, Any] | None:
        if company_id in self.companies:
            return self.companies[company_id]
        return self._importer.companies.get(company_id)

    def _standing(self, company_id: CompanyId) -> CompanyId:
        """The company that stands for one that this file has named."""
        while True:
            kept = self.merged_companies.get(company_id) or self._importer.merged_companies.get(company_id)
            if kept is None:
                return company_id
            company_id = kept

    def _resolve(
        self,
        keys: tuple[Key, ...],
        fallback: str,
        kind: str,
        names: tuple[str, ...] = (),
        named: Mapping[Any, Iterable[str]] = NOBODY,
    ) -> Match[Any]:
        match: Match[Any] = resolve(self._importer.client_id, keys, self._owners, fallback, names, named)
        if match.is_new:
            self._new.append((match.entity_id, kind, self._version + 1))
            held = Known(entity_id=match.entity_id, keys=frozenset(match.new_keys), since=self._version + 1)
        else:
            same = {match.entity_id, *(known.entity_id for known, _ in match.merged)}
            # Whoever is the same is known by a key of this row; a look at all owners would cost a row more than all else.
            looked_up = (*asked(keys), *self._found(keys))
            owners = [self._owners[key] for key in looked_up if key in self._owners]
            group = [known for known in owners if known.entity_id in same]
            joined = frozenset[Key](match.new_keys).union(*(known.keys for known in group))
            held = Known(entity_id=match.entity_id, keys=joined, since=min(known.since for known in group))
            self._merged += [(known.entity_id, match.entity_id) for known, _ in match.merged]
        self._owners.update(dict.fromkeys(held.keys, held))
        if kind == "company":
            self._employers[held.entity_id] = held
        return match

    def _follow(self, merged: PersonId, kept: PersonId) -> None:
        people = self._people
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
        people = self._people
        self.commit.people += [(upload_id, people[person]) for person in sorted(self._touched) if person in people]
