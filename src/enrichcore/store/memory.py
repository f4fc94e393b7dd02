"""The store in memory: the same promises as PostgreSQL, for tests and for a first look at the library.

Events live in eventsourcing's own in-memory recorder, so what is stored has passed through the same mapper and codec.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import islice
from threading import RLock
from time import monotonic
from typing import Any, Final
from uuid import UUID

from attrs import evolve

from enrichcore.domain.answers import Rank
from enrichcore.domain.batch import Batch, BatchStatus
from enrichcore.domain.directory import Known
from enrichcore.domain.events import AnswerRevised, Event, Recorded, StepAnswered
from enrichcore.domain.ids import BatchId, ClientId, CompanyId, PersonId, UploadId
from enrichcore.domain.keys import Key
from enrichcore.domain.lane import Lane
from enrichcore.domain.life_cycle import GAPS, State
from enrichcore.store.clock import utc_now
from enrichcore.store.codec import decode_run, encode_event
from enrichcore.store.commit import RECEIVER_LOST_AFTER, Commit, Conflict, LoadedRun, Place, UploadedPerson, distinct
from enrichcore.store.counters import Counts
from enrichcore.store.log import EventLog
from enrichcore.store.rows import RunRow, StepRow, lane_row

_OUT: Final = frozenset({State.SENDING, State.AWAITING_ANSWER, State.IN_DOUBT})
_DEADLINES: Final = frozenset({State.AWAITING_ANSWER, State.IN_DOUBT})
_EVER: Final = datetime.min.replace(tzinfo=UTC)
_TIMED: Final = frozenset({State.SENDING, State.RETRY_WAIT})


def _may_be_answered(step: StepRow) -> bool:
    return step.state == State.CANCELLED or (step.rank or 0) >= Rank.EMPTY


class MemoryStore:
    """A `Store` that forgets everything with its process."""

    def __init__(self) -> None:
        self.clock = utc_now
        self._log = EventLog()
        self._lock = RLock()
        self._runs: dict[UUID, RunRow] = {}
        self._steps: dict[tuple[UUID, int], StepRow] = {}
        #: By company run: the (item, number of the step) that wait for it.
        self._waits: dict[UUID, set[tuple[UUID, int]]] = {}
        self._versions: dict[UUID, int] = {}
        self._batches: dict[UUID, tuple[Batch, int]] = {}
        self._lanes: dict[UUID, tuple[Lane, int]] = {}
        self._keys: dict[tuple[UUID, Key], UUID] = {}
        self._since: dict[UUID, int] = {}
        self._client_of: dict[UUID, UUID] = {}
        #: Who stays for each entity that was merged, and the other way round; never in chains.
        self._merged_into: dict[UUID, UUID] = {}
        self._merged: dict[UUID, set[UUID]] = {}
        self._people: dict[UUID, dict[UUID, UploadedPerson]] = {}
        self._buckets: dict[UUID, tuple[float, datetime]] = {}
        self._counts = Counts()
        self._answer_counts: Counter[str] = Counter()
        self._answered_at: dict[str, datetime] = {}
        self._learnt_until = 0
        #: By runner: when it came up, and when it was last heard of.
        self._receivers: dict[UUID, tuple[float, float]] = {}
        #: By process: its roles, and when it was last heard of.
        self._here: dict[UUID, tuple[frozenset[str], str, float]] = {}

    def append(self, commit: Commit) -> list[int]:
        with self._lock:
            self._check(commit)
            positions = self._log.append(commit.events)
            for event in commit.events:
                self._versions[event.stream_id] = event.version
            self._runs.update({row.run_id: row for row in commit.runs})
            for step in commit.steps:
                self._put_step(step)
            self._batches.update({batch.batch_id: (batch, version) for batch, version in commit.batches})
            self._lanes.update({lane.lane_id: (lane_row(lane), version) for lane, version in commit.lanes})
            for client_id, change in commit.directory:
                for entity, _, since in change.new:
                    self._since.setdefault(entity, since)
                    self._client_of.setdefault(entity, client_id)
                merged = change.stays
                self._keys = {name: merged.get(owner, owner) for name, owner in self._keys.items()}
                self._keys.update({(client_id, key): owner for key, owner in change.keys})
                self._merge(merged)
            for upload_id, person in commit.people:
                self._people.setdefault(upload_id, {})[person.person_id] = person
            self._counts.add_all(commit.events)
            self._answer_counts.update(commit.answers)
            self._answered_at.update(dict.fromkeys(commit.answers, self.clock()))
            self.learn_on(commit.learnt)
            return positions

    def _merge(self, stays: dict[UUID, UUID]) -> None:
        for merged, kept in stays.items():
            group = {merged} | self._merged.pop(merged, set())
            self._merged.setdefault(kept, set()).update(group)
            self._merged_into.update(dict.fromkeys(group, kept))

    def _check(self, commit: Commit) -> None:
        seen: dict[UUID, int] = {}
        for event in commit.events:
            latest = seen.get(event.stream_id, self._versions.get(event.stream_id, 0))
            if event.version != latest + 1:
                raise Conflict(f"version {event.version} of {event.stream_id} is taken")
            seen[event.stream_id] = event.version
        for stream_id, version in commit.read.items():
            if self._versions.get(stream_id, 0) != version:
                raise Conflict(f"{stream_id} moved on since it was read")
        for run_id, count in commit.waits.items():
            if len(self._waits.get(run_id, ())) != count:
                raise Conflict(f"another item began to wait for {run_id}")

    def _put_step(self, step: StepRow) -> None:
        before = self._steps.get((step.run_id, step.step_no))
        if before is not None and before.company_run_id is not None:
            self._waits.get(before.company_run_id, set()).discard((step.run_id, step.step_no))
        self._steps[step.run_id, step.step_no] = step
        if step.company_run_id is not None:
            waiting = self._waits.setdefault(step.company_run_id, set())
            (waiting.add if step.state == State.WAITING_FOR_COMPANY else waiting.discard)((step.run_id, step.step_no))

    @contextmanager
    def claims(self) -> Iterator["MemoryStore"]:
        with self._lock:
            yield self

    def ready(self, lane: UUID, now: datetime, limit: int, besides: Collection[UUID] = ()) -> list[UUID]:
        here = (row for row in self._steps.values() if row.lane_id == lane and row.run_id not in besides)
        rows = [row for row in here if self._may_leave(row, now)]
        rows.sort(key=lambda row: (row.wake_at or now, row.run_id))
        return [row.run_id for row in rows[:limit]]

    def _may_leave(self, row: StepRow, now: datetime) -> bool:
        if row.state != State.READY or (row.wake_at is not None and row.wake_at > now):
            return False
        if row.batch_id is not None:
            return self._runs_now(row.batch_id)
        return any(self._runs_now(self._runs[item].batch_id) for item, _ in self._waits.get(row.run_id, ()))

    def _runs_now(self, batch_id: UUID) -> bool:
        found = self._batches.get(batch_id)
        return found is not None and found[0].status is BatchStatus.RUNNING

    def lock_client(self, client_id: ClientId) -> None:  # noqa: ARG002 - claims hold the one lock already
        return

    def lock_webhook(self, webhook: str) -> None:  # noqa: ARG002 - as above
        return

    def lock_log(self) -> None:
        return

    def sends_of(self, webhook: str) -> int:
        return self._counts.sends.get(webhook, 0)

    def credits_of(self, client_id: ClientId, since: date | None = None) -> Decimal:
        with self._lock:
            return self._counts.of(client_id, since)

    def counts(self) -> Counts:
        with self._lock:
            return self._counts.without_nothing()

    def take_tokens(self, group: UUID, wanted: int, *, rate: float, burst: int, now: datetime) -> int:
        tokens, since = self._buckets.get(group, (float(burst), now))
        tokens = min(float(burst), tokens + max((now - since).total_seconds(), 0) * rate)
        taken = min(wanted, int(tokens))
        self._buckets[group] = (tokens - taken, max(now, since))
        return taken

    def in_flight(self, lane: UUID, cap: int) -> int:
        return min(cap, sum(row.lane_id == lane and row.state in _OUT for row in self._steps.values()))

    def load(self, run_ids: Iterable[UUID]) -> dict[UUID, LoadedRun]:
        with self._lock:
            rows = [self._runs[run_id] for run_id in set(run_ids) if run_id in self._runs]
        return {row.run_id: LoadedRun(state=decode_run(row.kind, row.state), version=row.version) for row in rows}

    def stream(self, stream_id: UUID, *, after: int = 0, limit: int | None = None) -> list[Recorded]:
        return self._log.stream(stream_id, after, limit)

    def sizes_at(self, places: Collection[tuple[UUID, int]]) -> dict[tuple[UUID, int], int]:
        return {place: len(encode_event(one.event)[1]) for place, one in self.events_at(places).items()}

    def version(self, stream_id: UUID) -> int:
        return self._versions.get(stream_id, 0)

    def turning_batches(self) -> list[UUID]:
        active = {row.batch_id for row in list(self._runs.values()) if row.kind == "item" and row.status == "active"}
        over = {BatchStatus.CANCELLED, BatchStatus.FINISHED}
        return [
            batch.batch_id
            for batch, _ in list(self._batches.values())
            if (batch.status in over and batch.batch_id in active)
            or (batch.filled and batch.status not in over and batch.batch_id not in active)
        ]

    def log(self, after: int, limit: int, until: datetime | None = None) -> list[Recorded]:
        return self._log.page(after, limit, until)

    def last_position(self) -> int:
        return self._log.last_position()

    def waiters(self, company_run_ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
        return {
            run_id: [item for item, _ in sorted(self._waits[run_id])]
            for run_id in company_run_ids
            if self._waits.get(run_id)
        }

    def gaps_of(self, company_run_ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
        wanted, found = set(company_run_ids), dict[UUID, list[UUID]]()
        for row in sorted(self._steps.values(), key=lambda row: row.run_id):
            if row.state in GAPS and row.company_run_id in wanted and row.company_run_id is not None:
                found.setdefault(row.company_run_id, []).append(row.run_id)
        return found

    def answered_items(self, person_ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
        # What was answered after a cancellation is told by the folded state alone.
        return self._items_with(person_ids, lambda step: step.attempt > 0 and _may_be_answered(step))

    def out_items(self, person_ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
        return self._items_with(
            person_ids, lambda step: step.state in _OUT or (step.state == State.CANCELLED and step.attempt > 0)
        )

    def _items_with(self, person_ids: Collection[UUID], fits: Callable[[StepRow], bool]) -> dict[UUID, list[UUID]]:
        wanted, found = set(person_ids), dict[UUID, set[UUID]]()
        for step in list(self._steps.values()):
            if fits(step):
                run = self._runs[step.run_id]
                if run.person_id in wanted and run.person_id is not None:
                    found.setdefault(run.person_id, set()).add(run.run_id)
        return {person: sorted(items) for person, items in found.items()}

    def due(self, now: datetime, limit: int) -> list[UUID]:
        with self._lock:
            return self._past(now, limit, lambda row: row.state in _TIMED)

    def overdue(self, now: datetime, limit: int, lanes: Collection[UUID] | None = None) -> list[UUID]:
        with self._lock:
            return self._past(
                now, limit, lambda row: row.state in _DEADLINES and (lanes is None or row.lane_id in lanes)
            )

    def _past(self, now: datetime, limit: int, fits: Callable[[StepRow], bool]) -> list[UUID]:
        rows = [row for row in self._steps.values() if fits(row) and row.wake_at and row.wake_at <= now]
        rows.sort(key=lambda row: (row.wake_at, row.run_id))
        return list(dict.fromkeys(row.run_id for row in rows))[:limit]

    def ready_lanes(self, now: datetime) -> dict[UUID, bool]:
        with self._lock:
            found = {row.lane_id for row in self._steps.values() if row.state == State.READY}
            return {lane: self._probed(lane) for lane in sorted(found) if not self._closed(lane, now)}

    def stranded(self, kept: Collection[UUID], open_lanes: Collection[UUID], limit: int) -> dict[UUID, UUID]:
        with self._lock:
            rows = sorted(self._steps.values(), key=lambda row: (row.lane_id, row.wake_at or _EVER, row.run_id))
            found: dict[UUID, UUID] = {}
            for row in rows:
                if row.state == State.READY and row.batch_id is None and row.lane_id not in kept:
                    waiting = [self._steps[place] for place in sorted(self._waits.get(row.run_id, ()))]
                    item = next((one.run_id for one in waiting if self._has_lane(one, open_lanes)), None)
                    found |= {} if item is None else {row.run_id: item}
            return dict(list(found.items())[:limit])

    def resting(self, kept: Collection[UUID]) -> list[tuple[UUID, UUID]]:
        with self._lock:
            ready = (row for row in self._steps.values() if row.state == State.READY and row.lane_id not in kept)
            places = {(row.lane_id, row.batch_id) for row in ready if row.batch_id is not None}
            return sorted((lane, batch) for lane, batch in places if self._runs_now(batch))

    def ready_in(self, lane: UUID, batch_id: UUID, limit: int) -> list[UUID]:
        with self._lock:
            found = [
                row
                for row in self._steps.values()
                if row.state == State.READY and row.lane_id == lane and row.batch_id == batch_id
            ]
        return [row.run_id for row in sorted(found, key=lambda row: (row.wake_at or _EVER, row.run_id))][:limit]

    def _has_lane(self, waiting: StepRow, open_lanes: Collection[UUID]) -> bool:
        return waiting.lane_id in open_lanes and waiting.batch_id is not None and self._runs_now(waiting.batch_id)

    def _probed(self, lane_id: UUID) -> bool:
        known = self._lanes.get(lane_id)
        return known is not None and known[0].probed

    def _closed(self, lane_id: UUID, now: datetime) -> bool:
        known = self._lanes.get(lane_id)
        if known is None:
            return False
        lane, _ = known
        return bool(lane.stopped) or (lane.held_until is not None and lane.held_until > now)

    def batches(self, batch_ids: Collection[UUID] | None = None) -> list[tuple[Batch, int]]:
        with self._lock:
            found = [pair for key, pair in self._batches.items() if batch_ids is None or key in batch_ids]
            return sorted(found, key=lambda pair: (pair[0].launched_at, pair[0].batch_id), reverse=True)

    def unfilled(self) -> dict[UUID, int]:
        batches = [batch for batch, _ in list(self._batches.values())]
        return {
            batch.batch_id: len(self._items(batch.batch_id))
            for batch in batches
            if not batch.filled and batch.status is not BatchStatus.CANCELLED
        }

    def active_items(self, batch_id: BatchId, limit: int = 1) -> list[UUID]:
        active = (row.run_id for row in self._items(batch_id) if row.status == "active")
        return sorted(active)[:limit]

    def items_of(self, batch_id: BatchId, after: UUID | None, limit: int) -> list[UUID]:
        ids = (row.run_id for row in self._items(batch_id) if after is None or row.run_id > after)
        return sorted(ids)[:limit]

    def _items(self, batch_id: BatchId) -> list[RunRow]:
        return [row for row in list(self._runs.values()) if row.kind == "item" and row.batch_id == batch_id]

    def owners(self, client_id: ClientId, keys: Collection[Key]) -> dict[Key, Known[Any]]:
        with self._lock:
            owner_of = {key: self._keys[client_id, key] for key in keys if (client_id, key) in self._keys}
            held: dict[UUID, set[Key]] = {owner: set() for owner in owner_of.values()}
            for (of_client, key), owner in self._keys.items():
                if of_client == client_id and owner in held:
                    held[owner].add(key)
            return {
                key: Known(entity_id=owner, keys=frozenset(held[owner]), since=self._since[owner])
                for key, owner in owner_of.items()
            }

    def known(self, client_id: ClientId, entity_ids: Collection[UUID]) -> dict[UUID, Known[Any]]:
        with self._lock:
            stays = {asked: self._merged_into.get(asked, asked) for asked in entity_ids}
            held: dict[UUID, set[Key]] = {kept: set() for kept in stays.values()}
            for (of_client, key), owner in self._keys.items():
                if of_client == client_id and owner in held:
                    held[owner].add(key)
            return {
                asked: Known(entity_id=kept, keys=frozenset(held[kept]), since=self._since[kept])
                for asked, kept in stays.items()
                if self._client_of.get(kept) == client_id
            }

    def answered_since(self, after: int, limit: int) -> list[Place]:
        in_force = (
            Place(position=one.position or 0, stream_id=one.stream_id, version=one.version)
            for one in self._log.page(after, self._log.last_position())
            if isinstance(one.event, StepAnswered | AnswerRevised)
        )
        return list(islice(in_force, limit))

    def answer_counts(self) -> dict[str, int]:
        return dict(sorted(self._answer_counts.items()))

    def answered_at(self, outcome: str) -> datetime | None:
        return self._answered_at.get(outcome)

    def learnt_until(self) -> int:
        return self._learnt_until

    def learn_on(self, position: int) -> None:
        self._learnt_until = max(self._learnt_until, position)

    def events_at(self, places: Collection[tuple[UUID, int]]) -> dict[tuple[UUID, int], Recorded]:
        found = (one for stream, version in places for one in self._log.stream(stream, version - 1, 1))
        return {(one.stream_id, one.version): one for one in found}

    def events_of(self, entity_ids: Collection[UUID], kinds: Collection[type[Event]]) -> list[Recorded]:
        recorded = self._log.page(0, self._log.last_position())
        return [one for one in recorded if one.entity_id in entity_ids and isinstance(one.event, tuple(kinds))]

    def uploaded(self, upload_id: UploadId, person_ids: Collection[UUID]) -> dict[PersonId, UploadedPerson]:
        people = self._people.get(upload_id, {})
        return {PersonId(person_id): people[person_id] for person_id in person_ids if person_id in people}

    def told_besides(
        self, upload_id: UploadId, same: Mapping[UUID, Collection[UUID]]
    ) -> dict[UUID, list[UploadedPerson]]:
        with self._lock:
            uploads = sorted(self._people.keys() - {upload_id}, key=lambda upload: (-self._begun_at(upload), upload))
            found: dict[UUID, list[UploadedPerson]] = {}
            for asked, ids in same.items():
                own_first = sorted(ids, key=lambda one: (one != asked, one))
                told = [self._people[upload].get(one) for upload in uploads for one in own_first]
                if rows := [evolve(self._standing(row), person_id=PersonId(asked)) for row in told if row is not None]:
                    found[asked] = rows
            return found

    def _begun_at(self, upload_id: UUID) -> int:
        first = self._log.stream(upload_id, 0, 1)
        return first[0].position or 0 if first else 0

    def people(self, upload_id: UploadId, companies: Collection[UUID] | None = None) -> list[UploadedPerson]:
        rows = [(PersonId(was), self._standing(person)) for was, person in self._people.get(upload_id, {}).items()]
        return distinct(row for row in rows if companies is None or row[1].company_id in companies)

    def _standing(self, person: UploadedPerson) -> UploadedPerson:
        company_id = person.company_id
        return evolve(
            person,
            person_id=PersonId(self._merged_into.get(person.person_id, person.person_id)),
            company_id=company_id and CompanyId(self._merged_into.get(company_id, company_id)),
        )

    def same_entities(self, entity_ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
        stays = {asked: self._merged_into.get(asked, asked) for asked in entity_ids}
        return {asked: [kept, *sorted(self._merged[kept])] for asked, kept in stays.items() if kept in self._merged}

    def lanes(self) -> list[tuple[Lane, int]]:
        return [pair for _, pair in sorted(self._lanes.items())]

    def beat(self, runner_id: UUID, *, anew: bool = False) -> None:
        now = monotonic()
        since, seen = self._receivers.get(runner_id, (now, now))
        interrupted = anew or now - seen > RECEIVER_LOST_AFTER.total_seconds()
        self._receivers[runner_id] = (now if interrupted else since, now)

    def leave(self, runner_id: UUID) -> None:
        self._receivers.pop(runner_id, None)

    def receiver_up(self) -> timedelta:
        now = monotonic()
        up = (
            now - since
            for since, seen in list(self._receivers.values())
            if now - seen <= RECEIVER_LOST_AFTER.total_seconds()
        )
        return timedelta(seconds=max(up, default=0))

    def here(self, runner_id: UUID, roles: Collection[str], behind: str = "") -> None:
        self._here[runner_id] = (frozenset(roles), behind, monotonic())

    def gone(self, runner_id: UUID) -> None:
        self._here.pop(runner_id, None)

    def roles_up(self) -> frozenset[str]:
        return frozenset(role for roles, _ in self._heard_of() for role in roles)

    def roles_behind(self) -> dict[str, str]:
        said = sorted(((behind, roles) for roles, behind in self._heard_of() if behind), reverse=True)
        return {role: behind for behind, roles in said for role in roles}

    def _heard_of(self) -> list[tuple[frozenset[str], str]]:
        oldest = monotonic() - RECEIVER_LOST_AFTER.total_seconds()
        return [(roles, behind) for roles, behind, seen in list(self._here.values()) if seen >= oldest]

    def step_counts(self, batch_id: BatchId) -> dict[tuple[str, str], int]:
        counts: dict[tuple[str, str], int] = {}
        for row in list(self._steps.values()):
            if row.batch_id == batch_id:
                counts[row.workflow, row.state] = counts.get((row.workflow, row.state), 0) + 1
        return counts

    def item_counts(self, batch_id: BatchId) -> dict[str, int]:
        rows = self._items(batch_id)
        counts = {"gaps": sum(row.gaps > 0 for row in rows), "in_doubt": len(self._items_in_doubt(batch_id))}
        for row in rows:
            counts[row.status] = counts.get(row.status, 0) + 1
        return counts

    def doubt_counts(self, batch_id: BatchId) -> dict[str, int]:
        return dict(Counter(row.workflow for row in self._steps_in_doubt(batch_id)))

    def _items_in_doubt(self, batch_id: BatchId) -> set[UUID]:
        return {row.run_id for row in self._steps_in_doubt(batch_id)}

    def _steps_in_doubt(self, batch_id: BatchId) -> list[StepRow]:
        rows = list(self._steps.values())
        companies = {row.run_id for row in rows if row.state == State.IN_DOUBT and row.batch_id is None}
        return [
            row
            for row in rows
            if row.batch_id == batch_id
            and (
                row.state == State.IN_DOUBT
                or (row.state == State.WAITING_FOR_COMPANY and row.company_run_id in companies)
            )
        ]

    def inline_rows(self) -> tuple[list[RunRow], list[StepRow]]:
        with self._lock:
            runs = sorted(self._runs.values(), key=lambda row: row.run_id)
            return runs, sorted(self._steps.values(), key=lambda row: (row.run_id, row.step_no))

    def close(self) -> None:
        self._log.close()
