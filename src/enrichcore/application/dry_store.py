"""The store of a dry run: reads the real directory, and keeps what the file would add to it in a temporary file.

A dry run has to remember whom every row meant. For a million rows that is gigabytes of objects, so it is kept by SQLite in
a file without a name, which ends with the run; some megabytes of it are held in memory.
"""

import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import islice
from typing import Any, Final, Self
from uuid import UUID

import msgspec

from enrichcore.application.imports import CHUNK
from enrichcore.domain.directory import Known
from enrichcore.domain.ids import ClientId, CompanyId, PersonId, UploadId
from enrichcore.domain.keys import Key, KeyKind
from enrichcore.store.commit import Commit, Store, UploadedPerson

#: Values of one question; SQLite allows 999 at least.
_ASKED: Final = 500
#: KiB that SQLite may hold in memory.
_CACHE_KIB: Final = 32_768
#: Events of one row of a file, at most some: a chunk's order comes after that of the chunk before.
_EVENTS: Final = 20

_TABLES: Final = f"""
pragma journal_mode = off;
pragma synchronous = off;
pragma cache_size = -{_CACHE_KIB};
create table keys (key text primary key, owner blob not null) without rowid;
create index keys_by_owner on keys (owner);
create table entities (id blob primary key, since integer not null) without rowid;
create table people (id blob primary key, company blob, facts blob not null) without rowid;
create index people_by_company on people (company);
"""

_encode: Final = msgspec.msgpack.Encoder(decimal_format="string").encode
_decode: Final[Callable[[bytes], dict[str, Any]]] = msgspec.msgpack.Decoder(dict[str, Any]).decode


class DryStore:
    """Reads of a store, as they would be after the commits that are kept here instead of there.

    Args:
        store: the real one, which is only read.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._since = 0
        # An empty name is a file of SQLite's own, which it removes. A web process may close it in another thread.
        self._file = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._file.executescript(_TABLES)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def version(self, stream_id: UUID) -> int:
        """The stream's version; it grows with every chunk, since who is older is told by it."""
        self._since += CHUNK * _EVENTS
        return self._store.version(stream_id) + self._since

    def owners(self, client_id: ClientId, keys: Collection[Key]) -> dict[Key, Known[Any]]:
        """Whom each known key means."""
        owner_of = self._owner_of(keys)
        unknown = [key for key in keys if key not in owner_of]
        if unknown:
            self._take_over(self._store.owners(client_id, unknown))
            owner_of |= self._owner_of(unknown)
        held = self._held(set(owner_of.values()))
        return {key: held[owner] for key, owner in owner_of.items()}

    def uploaded(self, _upload_id: UploadId, person_ids: Collection[UUID]) -> dict[PersonId, UploadedPerson]:
        """Those of the people whom the file has named so far."""
        ids = [person_id.bytes for person_id in person_ids]
        found = map(_person, self._select("select id, company, facts from people where id in ({})", ids))
        return {person.person_id: person for person in found}

    def people(self) -> Iterator[UploadedPerson]:
        """Everyone whom the file names, in order of id."""
        return map(_person, self._file.execute("select id, company, facts from people order by id"))

    def append(self, commit: Commit) -> list[int]:
        """Keep what a commit would change."""
        self._file.execute("begin")
        for _, change in commit.directory:
            self._keep(((key, owner) for key, owner in change.keys), "replace")
            new = [(entity.bytes, since) for entity, _, since in change.new]
            self._file.executemany("insert or ignore into entities values (?, ?)", new)
            for merged, kept in change.merged:
                self._file.execute("delete from people where id = ?", (merged.bytes,))
                self._file.execute("update people set company = ? where company = ?", (kept.bytes, merged.bytes))
                # Keys of it that no row of this chunk has follow it, too.
                self._file.execute("update keys set owner = ? where owner = ?", (kept.bytes, merged.bytes))
        people = [
            (person.person_id.bytes, person.company_id and person.company_id.bytes, _encode(person.facts))
            for _, person in commit.people
        ]
        self._file.executemany("insert or replace into people values (?, ?, ?)", people)
        self._file.execute("commit")
        return []

    def _take_over(self, known: dict[Key, Known[Any]]) -> None:
        """Keep what the real store knows of entities, all their keys, beside what this file adds."""
        entities = {one.entity_id: one for one in known.values()}
        self._file.execute("begin")
        # A key that this file has moved to someone else stays there.
        self._keep(((key, owner) for owner, one in entities.items() for key in one.keys), "ignore")
        rows = [(owner.bytes, one.since) for owner, one in entities.items()]
        self._file.executemany("insert or ignore into entities values (?, ?)", rows)
        self._file.execute("commit")

    def _keep(self, keys: Iterable[tuple[Key, UUID]], otherwise: str) -> None:
        rows = ((f"{key.kind} {key.value}", owner.bytes) for key, owner in keys)
        self._file.executemany(f"insert or {otherwise} into keys values (?, ?)", rows)

    def _owner_of(self, keys: Collection[Key]) -> dict[Key, UUID]:
        texts = [f"{key.kind} {key.value}" for key in keys]
        rows = self._select("select key, owner from keys where key in ({})", texts)
        return {_key(text): UUID(bytes=owner) for text, owner in rows}

    def _held(self, owners: Collection[UUID]) -> dict[UUID, Known[Any]]:
        ids = [owner.bytes for owner in owners]
        keys: dict[UUID, set[Key]] = {owner: set() for owner in owners}
        for owner, text in self._select("select owner, key from keys where owner in ({})", ids):
            keys[UUID(bytes=owner)].add(_key(text))
        since = dict(self._select("select id, since from entities where id in ({})", ids))
        return {
            owner: Known(entity_id=owner, keys=frozenset(own), since=since[owner.bytes]) for owner, own in keys.items()
        }

    def _select(self, statement: str, values: Collection[Any]) -> Iterator[Any]:
        remaining = iter(values)
        while some := list(islice(remaining, _ASKED)):
            yield from self._file.execute(statement.format(", ".join("?" * len(some))), some)


def _key(text: str) -> Key:
    kind, _, value = text.partition(" ")
    return Key(KeyKind(kind), value)


def _person(row: tuple[bytes, bytes | None, bytes]) -> UploadedPerson:
    person, company, facts = row
    company_id = CompanyId(UUID(bytes=company)) if company else None
    return UploadedPerson(person_id=PersonId(UUID(bytes=person)), company_id=company_id, facts=_decode(facts))
