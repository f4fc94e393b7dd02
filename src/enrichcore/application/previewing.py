"""A dry run: what an import would do, by the same decisions, without recording anything."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any, Final, cast
from uuid import UUID

from attrs import evolve

from enrichcore.application import imports
from enrichcore.application.estimating import StepEstimate, estimate
from enrichcore.application.imports import Importer, chunks
from enrichcore.application.upload_report import UploadReport
from enrichcore.domain.directory import Known
from enrichcore.domain.ids import ClientId, PersonId, UploadId
from enrichcore.domain.keys import Key
from enrichcore.domain.upload import Upload
from enrichcore.ingest import ImportReading
from enrichcore.registry import Registry
from enrichcore.store.commit import Commit, Store, UploadedPerson

#: People for whom a dry run tells what a launch would send; what rows knew of them is held in memory.
MAX_ESTIMATED: Final = 100_000
NO_UPLOAD: Final = UploadId(UUID(int=0))


def preview(
    reading: ImportReading,
    *,
    client_id: ClientId,
    workstream: str,
    store: Store,
    registry: Registry,
    now: datetime,
    progress: Callable[[int, int], None],
) -> UploadReport:
    """What an import would do, and what a launch of it would send."""
    nowhere = _Nowhere(store)
    importer = Importer(store=cast("Store", nowhere), client_id=client_id, upload_id=NO_UPLOAD, at=now)
    for chunk in chunks(reading.rows(), imports.CHUNK):
        importer.add(chunk)
        progress(*reading.bytes_read)
    upload = Upload(
        upload_id=NO_UPLOAD, client_id=client_id, workstream=workstream, file_name="", uploaded_at=now
    )  # fmt: skip
    report = importer.tally.report(reading, None)
    return evolve(report, steps=_steps(nowhere, upload, store, registry, now))


def _steps(
    nowhere: "_Nowhere", upload: Upload, store: Store, registry: Registry, now: datetime
) -> tuple[StepEstimate, ...] | None:
    if nowhere.people is None:
        return None
    people = [person for _, person in sorted(nowhere.people.items())]
    return estimate(store, registry, upload, now=now, people=people).steps


class _Nowhere:
    """A store that reads the real directory and keeps this import's keys to itself."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[Key, Known[Any]] = {}
        self._since = 0
        #: Whom the rows named; None once they are too many.
        self.people: dict[PersonId, UploadedPerson] | None = {}

    def version(self, stream_id: UUID) -> int:
        self._since += imports.CHUNK
        return self._store.version(stream_id) + self._since

    def owners(self, client_id: ClientId, keys: Collection[Key]) -> dict[Key, Known[Any]]:
        mine = {key: self._known[key] for key in keys if key in self._known}
        return self._store.owners(client_id, keys) | mine

    def uploaded(self, _upload_id: UploadId, person_ids: Collection[UUID]) -> dict[PersonId, UploadedPerson]:
        people = self.people or {}
        ids = map(PersonId, person_ids)
        return {person_id: people[person_id] for person_id in ids if person_id in people}

    def append(self, commit: Commit) -> list[int]:
        held: dict[UUID, set[Key]] = {}
        for _, change in commit.directory:
            for key, owner in change.keys:
                held.setdefault(owner, set()).add(key)
            for merged, _ in change.merged:
                (self.people or {}).pop(PersonId(merged), None)
        for owner, own in held.items():
            known = Known(entity_id=owner, keys=frozenset(own), since=self._since)
            self._known.update(dict.fromkeys(own, known))
        self._remember(commit)
        return []

    def _remember(self, commit: Commit) -> None:
        if self.people is not None:
            self.people.update((person.person_id, person) for _, person in commit.people)
            if len(self.people) > MAX_ESTIMATED:
                self.people = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)
