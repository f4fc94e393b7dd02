"""The store of a dry run: reads the real one, and keeps what would be added to the directory in a temporary file.

What answers tell of the directory is learnt here, too, so that a dry run finds whom the real one will find. It has to remember
whom every row meant. For a million rows that is gigabytes of objects, so it is kept by SQLite in a file without a name, which
ends with the run; some megabytes of it are held in memory.
"""

import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Final, Self
from uuid import UUID

import msgspec
from attrs import evolve

from enrichcore.domain.batch import Batch
from enrichcore.domain.directory import Known
from enrichcore.domain.events import Event, Recorded
from enrichcore.domain.ids import ClientId, CompanyId, PersonId, UploadId
from enrichcore.domain.keys import Key, KeyKind
from enrichcore.store.commit import Commit, LoadedRun, Place, Store, UploadedPerson, distinct

#: Values of one question; SQLite allows 999 at least.
_ASKED: Final = 500
#: KiB that SQLite may hold in memory.
_CACHE_KIB: Final = 32_768
#: More than the events of one commit: who came with a later one is younger than whoever came before.
_EVENTS: Final = 20_000

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
        self._learnt_until = 0
        #: Who stays for each entity that was merged here; never in chains.
        self._merged_into: dict[UUID, UUID] = {}
        #: The same the other way round.
        self._merged: dict[UUID, set[UUID]] = {}
        # An empty name is a file of SQLite's own, which it removes. A web process may close it in another thread.
        self._file = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._file.executescript(_TABLES)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def version(self, stream_id: UUID) -> int:
        """The stream's version; it grows with every chunk, since who is older is told by it."""
        self._since += _EVENTS
        return self._store.version(stream_id) + self._since

    def owners(self, client_id: ClientId, keys: Collection[Key]) -> dict[Key, Known[Any]]:
        """Whom each known key means."""
        owner_of = self._owner_of(keys)
        unknown = [key for key in keys if key not in owner_of]
        if unknown:
            self._take_over(self._store.owners(client_id, unknown).values())
            owner_of |= self._owner_of(unknown)
        held = self._held(set(owner_of.values()))
        return {key: held[owner] for key, owner in owner_of.items()}

    def uploaded(self, _upload_id: UploadId, person_ids: Collection[UUID]) -> dict[PersonId, UploadedPerson]:
        """Those of the people whom the file has named so far."""
        ids = [person_id.bytes for person_id in person_ids]
        found = map(_person, self._select("select id, company, facts from people where id in ({})", ids))
        return {person.person_id: person for person in found}

    def people(
        self, _upload_id: UploadId | None = None, companies: Collection[UUID] | None = None
    ) -> Iterable[UploadedPerson]:
        """Everyone whom the file names, in order of id; or only those at these companies, who may be changed meanwhile."""
        found = map(_person, self._file.execute("select id, company, facts from people order by id"))
        return found if companies is None else [person for person in found if person.company_id in companies]

    def known(self, client_id: ClientId, entity_ids: Collection[UUID]) -> dict[UUID, Known[Any]]:
        """What is known of each entity, by each of these ids."""
        found = self._store.known(client_id, entity_ids)
        self._take_over(found.values())
        stays = {asked: self._stays(known.entity_id) for asked, known in found.items()}
        held = self._held(set(stays.values()))
        return {asked: held[owner] for asked, owner in stays.items()}

    def same_entities(self, entity_ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
        """Of each entity that a merge concerned: all ids that are the same, the one that stays first."""
        before = self._store.same_entities(entity_ids)
        if not self._merged_into:
            return before
        stays = {asked: self._stays(before.get(asked, [asked])[0]) for asked in entity_ids}
        merged = {kept: self._merged.get(kept, set()) for kept in stays.values()}
        before |= self._store.same_entities({one for kept, ones in merged.items() if ones for one in (kept, *ones)})
        same = {
            kept: sorted({one for other in (kept, *ones) for one in before.get(other, [other])} - {kept})
            for kept, ones in merged.items()
        }
        return {asked: [kept, *same[kept]] for asked, kept in stays.items() if same[kept]}

    def people_of(self, upload_id: UploadId) -> list[UploadedPerson]:
        """The distinct people of an upload that is in the real store, as merges left them."""
        people = self._store.people(upload_id)
        return distinct((one.person_id, self._standing(one)) for one in people) if self._merged_into else people

    def told_besides(
        self, upload_id: UploadId, same: Mapping[UUID, Collection[UUID]]
    ) -> dict[UUID, list[UploadedPerson]]:
        """What uploads in the real store told of each person, with companies as merges left them."""
        found = self._store.told_besides(upload_id, same)
        return {asked: [self._standing(one) for one in told] for asked, told in found.items()}

    def append(self, commit: Commit) -> list[int]:
        """Keep what a commit would change."""
        self._file.execute("begin")
        for _, change in commit.directory:
            self._keep(((key, owner) for key, owner in change.keys), "replace")
            new = [(entity.bytes, since) for entity, _, since in change.new]
            self._file.executemany("insert or ignore into entities values (?, ?)", new)
            self._merge(change.stays)
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
        self.learn_on(commit.learnt)
        return []

    # --- what a dry run does not change ---

    def learnt_until(self) -> int:
        """Position up to which the directory has learnt what answers tell."""
        return max(self._learnt_until, self._store.learnt_until())

    def learn_on(self, position: int) -> None:
        """Nothing up to a position is news any more, in this dry run."""
        self._learnt_until = max(self._learnt_until, position)

    def last_position(self) -> int:
        """As the real store."""
        return self._store.last_position()

    def answered_since(self, after: int, limit: int) -> list[Place]:
        """As the real store."""
        return self._store.answered_since(after, limit)

    def load(self, run_ids: Iterable[UUID]) -> dict[UUID, LoadedRun]:
        """As the real store."""
        return self._store.load(run_ids)

    def stream(self, stream_id: UUID, *, after: int = 0, limit: int | None = None) -> list[Recorded]:
        """As the real store."""
        return self._store.stream(stream_id, after=after, limit=limit)

    def batches(self, batch_ids: Collection[UUID] | None = None) -> list[tuple[Batch, int]]:
        """As the real store."""
        return self._store.batches(batch_ids)

    def answered_items(self, person_ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
        """As the real store."""
        return self._store.answered_items(person_ids)

    def out_items(self, person_ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
        """As the real store."""
        return self._store.out_items(person_ids)

    def events_at(self, places: Collection[tuple[UUID, int]]) -> dict[tuple[UUID, int], Recorded]:
        """As the real store."""
        return self._store.events_at(places)

    def events_of(self, entity_ids: Collection[UUID], kinds: Collection[type[Event]]) -> list[Recorded]:
        """As the real store."""
        return self._store.events_of(entity_ids, kinds)

    # --- within ---

    def _merge(self, stays: Mapping[UUID, UUID]) -> None:
        for merged, kept in stays.items():
            ones = {merged, *self._merged.pop(merged, ())}
            self._merged_into |= dict.fromkeys(ones, kept)
            self._merged.setdefault(kept, set()).update(ones)

    def _stays(self, one: UUID) -> UUID:
        return self._merged_into.get(one, one)

    def _standing(self, person: UploadedPerson) -> UploadedPerson:
        company = person.company_id
        return evolve(
            person,
            person_id=PersonId(self._stays(person.person_id)),
            company_id=None if company is None else CompanyId(self._stays(company)),
        )

    def _take_over(self, known: Iterable[Known[Any]]) -> None:
        """Keep what the real store knows of entities, all their keys, beside what this file adds."""
        entities = {one.entity_id: one for one in known}
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
