"""The store's port: one commit, and the questions that decisions ask.

A commit is everything that one decision, or a group of them, has to record: events, the inline rows that follow, and
guards: what the decision read and must find unchanged. Either all of it is stored or nothing is.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, Protocol
from uuid import UUID

from attrs import Factory, define, evolve, frozen

from enrichcore.domain.batch import Batch
from enrichcore.domain.batch_item import BatchItem
from enrichcore.domain.company_run import CompanyRun
from enrichcore.domain.directory import Known
from enrichcore.domain.events import Event, Recorded
from enrichcore.domain.ids import BatchId, ClientId, CompanyId, PersonId, UploadId
from enrichcore.domain.keys import Key
from enrichcore.domain.lane import Lane
from enrichcore.normalize import is_initial, is_undivided
from enrichcore.store.counters import Counts
from enrichcore.store.rows import RunRow, StepRow

#: A receiver that was not heard of for this long is not up.
RECEIVER_LOST_AFTER: Final = timedelta(seconds=10)


class StoreError(Exception):
    """Something went wrong in the store.

    StoreError
    ├── Conflict            nobody's fault: another writer was first; decide again
    └── StoreUnavailable    the database cannot be reached now; try again later
        └── StoreForbidden  the operator has to allow something first
    """


class Conflict(StoreError):
    """Another writer changed what the decision had read; nothing was stored."""


class StoreUnavailable(StoreError):
    """The database cannot be reached; nothing is known to be stored."""


class StoreForbidden(StoreUnavailable):
    """Somebody has to allow something before there is a store.

    Args:
        reason: what was refused.
        remedy: what would allow it.
    """

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(f"{reason}; {remedy}")
        self.reason = reason
        self.remedy = remedy


@frozen(kw_only=True)
class LoadedRun:
    """An item or company run as it stands."""

    state: BatchItem | CompanyRun
    version: int


@frozen(kw_only=True)
class Place:
    """Where an event stands."""

    position: int
    stream_id: UUID
    version: int


@frozen(kw_only=True)
class UploadedPerson:
    """One distinct person of an upload, with what its rows knew."""

    person_id: PersonId
    company_id: CompanyId | None
    facts: Mapping[str, Any]

    def joined(self, other: "UploadedPerson") -> "UploadedPerson":
        """The two as one person: what this one knew goes first, and nothing is said of a company that is not its own."""
        company_id = self.company_id or other.company_id
        known = {
            name: value
            for name, value in other.facts.items()
            if other.company_id == company_id or not name.startswith("company_")
        }
        return evolve(self, company_id=company_id, facts={**known, **self.facts})

    def told_again(self, later: "UploadedPerson") -> "UploadedPerson":
        """The person after a later row of them: it adds what was not known, and at another company it goes first.

        Facts of the job that it does not tell are those of the former company, and are dropped; a name is not cut short by it.
        """
        if self.company_id is None or later.company_id is None or self.company_id == later.company_id:
            return self.joined(later)
        known = {name: value for name, value in self.facts.items() if not name.startswith(("company_", *_OF_JOB))}
        facts = {**known, **later.facts}
        if is_cut_short(later.facts.get("person_full_name")):
            facts |= {name: value for name, value in known.items() if name in _NAMES}
        return evolve(self, company_id=later.company_id, facts=facts)


_NAMES: Final = frozenset({"person_first_name", "person_last_name", "person_full_name"})
#: How facts begin that are of the company where somebody works.
_OF_JOB: Final = (
    "person_title", "person_headline", "person_current_job", "person_seniority", "person_departments",
    "person_sub_departments", "person_work_phone", "person_corporate_phone",
)  # fmt: skip


def is_cut_short(full_name: str | None) -> bool:
    """Whether a full name is missing, or has an initial at either end."""
    words = (full_name or "").split()
    return is_initial(words[0]) or is_initial(words[-1]) if len(words) > 1 else not is_undivided(full_name or "")


def distinct(rows: Iterable[tuple[PersonId, UploadedPerson]]) -> list[UploadedPerson]:
    """One row for each person who stays, in order of id.

    Args:
        rows: each with the id under which it was imported; the person's own row goes before those merged into it.
    """
    found: dict[PersonId, UploadedPerson] = {}
    for _, person in sorted(rows, key=lambda row: (row[0] != row[1].person_id, row[0])):
        known = found.get(person.person_id)
        found[person.person_id] = person if known is None else known.joined(person)
    return [person for _, person in sorted(found.items())]


@frozen(kw_only=True)
class DirectoryChange:
    """What an import changes in the directory's index."""

    #: (key, who it means now, the kind of entity: `person` or `company`)
    keys: Sequence[tuple[Key, UUID]] = ()
    #: (entity, kind, order in which it became known)
    new: Sequence[tuple[UUID, str, int]] = ()
    #: (entity that was merged, the one that stays)
    merged: Sequence[tuple[UUID, UUID]] = ()

    @property
    def stays(self) -> dict[UUID, UUID]:
        """Who stands for each merged entity after all of these merges, which may follow each other."""
        into = dict(self.merged)
        found: dict[UUID, UUID] = {}
        for merged, kept in self.merged:
            last = kept
            while last in into:
                last = into[last]
            found[merged] = last
        return found


@define(kw_only=True)
class Commit:
    """What is to be stored, all or nothing."""

    events: list[Recorded] = Factory(list)
    runs: list[RunRow] = Factory(list)
    steps: list[StepRow] = Factory(list)
    #: Versions of streams that were read and not written; each must still be the latest.
    read: dict[UUID, int] = Factory(dict)
    #: Company runs that ended here, with the number of waits found; no wait may have come since.
    waits: dict[UUID, int] = Factory(dict)
    batches: list[tuple[Batch, int]] = Factory(list)
    lanes: list[tuple[Lane, int]] = Factory(list)
    directory: list[tuple[ClientId, DirectoryChange]] = Factory(list)
    people: list[tuple[UploadId, UploadedPerson]] = Factory(list)
    #: Position up to which this commit has learnt what answers tell of the directory; 0 where it has not looked.
    learnt: int = 0
    #: Answers that came in, by what became of them.
    answers: Counter[str] = Factory(Counter)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to store."""
        return not self.events and not self.answers

    @property
    def only_counts(self) -> bool:
        """Whether answers are to be counted, and nothing else happened."""
        return bool(self.answers) and not self.events


class Reads(Protocol):
    """What decisions ask."""

    def load(self, run_ids: Iterable[UUID]) -> dict[UUID, LoadedRun]:
        """Items and company runs by id; unknown ids are left out."""

    def stream(self, stream_id: UUID, *, after: int = 0, limit: int | None = None) -> list[Recorded]:
        """The events of one aggregate after a version, in order: all, or at most so many."""

    def events_at(self, places: Collection[tuple[UUID, int]]) -> dict[tuple[UUID, int], Recorded]:
        """The events that stand at these versions of these streams."""

    def batches(self, batch_ids: Collection[UUID] | None = None) -> list[tuple[Batch, int]]:
        """Batches with their versions, newest launch first."""

    def lanes(self) -> list[tuple[Lane, int]]:
        """Lanes that ever stopped, were held, or refused a row, with their versions."""

    def waiters(self, company_run_ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
        """Items that wait for each company run."""

    def gaps_of(self, company_run_ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
        """Items whose step failed or timed out with each company run."""

    def answered_items(self, person_ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
        """Items of each person that were sent somewhere and have an answer, or may have one kept, in order of id."""

    def out_items(self, person_ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
        """Items of each person with a row that is out, or may be though its step was cancelled, in order of id."""

    def same_entities(self, entity_ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
        """Of each person or company that a merge concerned: all ids that are the same, the one that stays first."""

    def sends_of(self, webhook: str) -> int:
        """POSTs that a webhook took or may have taken, by the hash of its URL."""

    def credits_of(self, client_id: ClientId, since: date | None = None) -> Decimal:
        """Credits of a client that are reserved, or were spent since a day (UTC; ever, where none is named)."""

    def counts(self) -> Counts:
        """All counts, those that are nothing left out: what a replay is compared with."""


class Claims(Reads, Protocol):
    """A short transaction: what is decided in it is stored at its end, and rows that it claims are held until then."""

    def ready(self, lane: UUID, now: datetime, limit: int, besides: Collection[UUID] = ()) -> list[UUID]:
        """Runs whose step on this lane may leave now, those `besides` left out, locked against other runners; at most `limit`."""

    def take_tokens(self, group: UUID, wanted: int, *, rate: float, burst: int, now: datetime) -> int:
        """Take up to `wanted` tokens of the bucket of a pace; fewer than none gives so many back."""

    def in_flight(self, lane: UUID, cap: int) -> int:
        """How many rows of the lane are out, counted up to `cap`."""

    def lock_client(self, client_id: ClientId) -> None:
        """Let no other claim of the client reserve credits, or send a person's row, before this one is over."""

    def lock_webhook(self, webhook: str) -> None:
        """Let no other claim count rows against the life of a webhook, by the hash of its URL, before this one is over."""

    def lock_log(self) -> None:
        """Let no other commit happen before this one is over."""

    def append(self, commit: Commit) -> list[int]:
        """Store, and end the transaction."""


class Store(Reads, Protocol):
    """What the application needs of a store."""

    @property
    def clock(self) -> Callable[[], datetime]:
        """Tells the time that all who share the store go by, in UTC."""

    def append(self, commit: Commit) -> list[int]:
        """Store a commit, durably; the positions of its events.

        Raises:
            Conflict: a version is taken or a guard does not hold; nothing was stored.
            StoreUnavailable: the database cannot be reached.
        """

    def claims(self) -> AbstractContextManager[Claims]:
        """Begin a short transaction: to decide over one connection, and to claim rows."""

    def sizes_at(self, places: Collection[tuple[UUID, int]]) -> dict[tuple[UUID, int], int]:
        """Bytes of the events that stand at these versions of these streams, which are not read for that."""

    def version(self, stream_id: UUID) -> int:
        """Version of the newest event of one aggregate; 0 where there is none."""

    def turning_batches(self) -> list[UUID]:
        """Batches whose status does not fit their items: to finish, to reopen, or to go on cancelling."""

    def log(self, after: int, limit: int, until: datetime | None = None) -> list[Recorded]:
        """The next events of all streams after a position, with their positions."""

    def last_position(self) -> int:
        """Position of the newest event; 0 in an empty log."""

    def due(self, now: datetime, limit: int) -> list[UUID]:
        """Runs whose lease or pause between attempts is over, longest due first."""

    def overdue(self, now: datetime, limit: int, lanes: Collection[UUID] | None = None) -> list[UUID]:
        """Runs whose answer is no longer to be waited for, longest due first; only those of some lanes, where these are named."""

    def ready_lanes(self, now: datetime) -> dict[UUID, bool]:
        """Open lanes that have a ready row, and whether each is tried with one row at a time.

        Whether the row's batch runs and it is due, a claim tells.
        """

    def stranded(self, kept: Collection[UUID], open_lanes: Collection[UUID], limit: int) -> dict[UUID, UUID]:
        """Company runs that are ready on a lane that is not kept, each with an item that waits for it and may be sent on an open one.

        Args:
            kept: lanes whose rows leave, or will soon.
            open_lanes: those of them whose rows leave now.
            limit: most company runs.
        """

    def resting(self, kept: Collection[UUID]) -> list[tuple[UUID, UUID]]:
        """Where items of running batches have a step that is ready, but on these lanes: each lane with each such batch."""

    def ready_in(self, lane: UUID, batch_id: UUID, limit: int) -> list[UUID]:
        """The items of one batch whose step on that lane is ready, the longest due first."""

    def unfilled(self) -> dict[UUID, int]:
        """Batches that are to have more items than exist, with how many exist; those that were cancelled are not."""

    def active_items(self, batch_id: BatchId, limit: int = 1) -> list[UUID]:
        """Items of a batch that have not ended."""

    def items_of(self, batch_id: BatchId, after: UUID | None, limit: int) -> list[UUID]:
        """Items of a batch, in order of id."""

    def owners(self, client_id: ClientId, keys: Collection[Key]) -> dict[Key, Known[Any]]:
        """Whom each known key of a client means."""

    def known(self, client_id: ClientId, entity_ids: Collection[UUID]) -> dict[UUID, Known[Any]]:
        """What the directory knows of each person or company of a client, by each of these ids; of a merged one, the one that stays."""

    def answered_since(self, after: int, limit: int) -> list[Place]:
        """Where answers stand that came into force after a position, in the order of the log."""

    def learnt_until(self) -> int:
        """Position up to which the directory has learnt what answers tell; 0 at first."""

    def learn_on(self, position: int) -> None:
        """Nothing up to a position is news for the directory any more."""

    def events_of(self, entity_ids: Collection[UUID], kinds: Collection[type[Event]]) -> list[Recorded]:
        """The events of these kinds about people or companies, in the order of the log."""

    def uploaded(self, upload_id: UploadId, person_ids: Collection[UUID]) -> dict[PersonId, UploadedPerson]:
        """Those of the people whom the upload has named so far, as it named them."""

    def told_besides(
        self, upload_id: UploadId, same: Mapping[UUID, Collection[UUID]]
    ) -> dict[UUID, list[UploadedPerson]]:
        """What other uploads told of each person, the one that was begun last first; companies as merges left them.

        Args:
            upload_id: the upload that is left out.
            same: every id under which each person was known.
        """

    def people(self, upload_id: UploadId, companies: Collection[UUID] | None = None) -> list[UploadedPerson]:
        """The distinct people of an upload, in order of id, with people and companies as merges left them.

        Args:
            upload_id: whose people.
            companies: only those at these companies.
        """

    def beat(self, runner_id: UUID, *, anew: bool = False) -> None:
        """Say that a receiver is up; its time begins anew where it was interrupted, or not heard of for too long."""

    def leave(self, runner_id: UUID) -> None:
        """Say that a receiver stops."""

    def receiver_up(self) -> timedelta:
        """How long some receiver has been up without interruption, in the store's own time; nothing where none is."""

    def here(self, runner_id: UUID, roles: Collection[str], behind: str = "") -> None:
        """Say which roles a process runs, and why it goes by an earlier configuration if it does; every few seconds."""

    def gone(self, runner_id: UUID) -> None:
        """Say that a process stops."""

    def roles_up(self) -> frozenset[str]:
        """The roles that some process was heard of lately to run, in the store's own time."""

    def roles_behind(self) -> dict[str, str]:
        """Of these roles, those with a process that goes by an earlier configuration than the one in force, and why."""

    def step_counts(self, batch_id: BatchId) -> dict[tuple[str, str], int]:
        """Step runs of a batch's items by (workflow, state)."""

    def doubt_counts(self, batch_id: BatchId) -> dict[str, int]:
        """Of each workflow of a batch, the items whose row, or whose company's, is in doubt; those with none are left out."""

    def item_counts(self, batch_id: BatchId) -> dict[str, int]:
        """Items of a batch by status, with `gaps` and `in_doubt`, where their company's row counts as theirs."""

    def answer_counts(self) -> dict[str, int]:
        """Callbacks that came in, by what became of them; no fact, and not rebuilt from events."""

    def answered_at(self, outcome: str) -> datetime | None:
        """When a callback was last counted as that; None where none was."""

    def inline_rows(self) -> tuple[list[RunRow], list[StepRow]]:
        """All inline state, in order of id: what a replay is compared with."""

    def close(self) -> None:
        """Give back connections."""
