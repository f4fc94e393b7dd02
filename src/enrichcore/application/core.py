"""What every use case rests on: a store, a configuration, a clock, and one way to decide and commit."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from pkgutil import resolve_name
from typing import Any, Final, TypeVar
from uuid import UUID

from attrs import define, field

from enrichcore.application.errors import UnknownId
from enrichcore.application.retrying import Pause, decide_until_first
from enrichcore.application.unit import Unit
from enrichcore.domain import batch as batches
from enrichcore.domain import events as e
from enrichcore.domain.batch import Batch
from enrichcore.domain.draft import Draft
from enrichcore.domain.ids import BatchId
from enrichcore.domain.local_function import LocalFunction
from enrichcore.registry import Registry
from enrichcore.store.commit import Claims, Commit, Conflict, Reads, Store

#: Items made or changed in one commit; some 500 bytes of events each.
ITEMS_PER_COMMIT: Final = 500
_TRIES: Final = 12
#: How long a function that cannot be imported is not tried again.
_LOADED_AGAIN: Final = timedelta(seconds=30)
#: Races that may be lost before a decision keeps all others out.
_POLITE: Final = 2

T = TypeVar("T")
P = TypeVar("P")


@define(kw_only=True, eq=False)
class Core:
    """Holds no state but what it may forget."""

    store: Store
    registry: Registry
    #: Tells the time, in UTC.
    clock: Callable[[], datetime]
    #: Makes ids for what has no natural one: uploads and batches.
    new_id: Callable[[], UUID]
    #: Waits between two lost races.
    pause: Pause
    #: What Clay can reach.
    callback_base_url: str
    #: Local functions by the name that their step gives.
    functions: dict[str, LocalFunction]
    #: By lane: rows that could not be made for sending, and until when claims of this process pass over them.
    unmakeable: dict[UUID, dict[UUID, datetime]] = field(factory=dict)
    #: Local functions that could not be imported, and until when it is not tried again.
    _unloadable: dict[str, datetime] = field(factory=dict, init=False)

    def decided(self, command: Callable[[Unit], T]) -> T:
        """Decide and commit; decide again when another writer was first, and from the third time on alone.

        The answer to a company that five thousand people wait for takes seconds to decide about, and while more of them are
        launched it would lose each race, with all that is recorded beside it.

        Raises:
            Conflict: Other writers were first, again and again.
        """
        lost = count()
        return self.until_first(lambda: self._decide(command, alone=next(lost) >= _POLITE))

    def decided_in_parts(self, command: Callable[[Unit, Sequence[P]], int], parts: Sequence[P]) -> int:
        """Decide about many in one commit; where another writer was first, about half as many at a time.

        What concerns hundreds of items rests on as many companies, of which one is always being sent: tried again as a
        whole, it would lose for as long as they are.

        Returns:
            The sum of what the commands gave.

        Raises:
            Conflict: Other writers were first with one of them, again and again.
        """
        if len(parts) <= 1:
            return self.decided(partial(_applied, command, parts))
        try:
            return self._decide(partial(_applied, command, parts))
        except Conflict:
            middle = len(parts) // 2
        return self.decided_in_parts(command, parts[:middle]) + self.decided_in_parts(command, parts[middle:])

    def decided_alone(self, command: Callable[[Unit], T]) -> T:
        """Decide and commit while all others are kept out; what they had begun is over then."""
        return self._decide(command, alone=True)

    def _decide(self, command: Callable[[Unit], T], *, alone: bool = False) -> T:
        # What is read and what is stored go over one connection, in one transaction: a third of the round trips.
        now = self.clock()
        with self.store.claims() as claims:
            if alone:
                claims.lock_log()
            unit = self.unit(now, claims)
            outcome = command(unit)
            commit = unit.finish()
            if not commit.empty:
                claims.append(commit)
        return outcome

    def until_first(self, decide: Callable[[], T]) -> T:
        """Do what may lose a race, and again when it does.

        Raises:
            Conflict: Other writers were first, again and again.
        """
        return decide_until_first(decide, self.pause, tries=_TRIES)

    def unit(self, now: datetime, claims: Claims | None = None) -> Unit:
        """A new unit; one that claims reads on the claim's own connection."""
        reads = self.store if claims is None else claims
        return Unit(reads, now, partial(self._pinned, reads), self.functions)

    def append_one(self, stream_id: UUID, version: int, event: e.Event, **envelope: Any) -> None:
        """Record one event of an aggregate that is not a run.

        Raises:
            Conflict: That version is taken.
        """
        recorded = e.Recorded(stream_id=stream_id, version=version, at=self.clock(), event=event, **envelope)
        self.store.append(Commit(events=[recorded]))

    def batch(self, batch_id: UUID) -> tuple[Batch, int]:
        """A batch as it stands, and its version.

        Raises:
            UnknownId: There is none.
        """
        return _only(self.store.batches([batch_id]), batch_id)

    def on_batch(self, batch_id: UUID, decide: Callable[[Batch], Iterable[e.Event]]) -> bool:
        """Decide about a batch; tells whether that changed anything."""
        return self.decided(partial(self.turn_in, batch_id=batch_id, decide=decide))

    def turn_in(self, unit: Unit, batch_id: UUID, decide: Callable[[Batch], Iterable[e.Event]]) -> bool:
        """Decide about a batch within a unit; tells whether that changed anything."""
        batch, version = unit.found_batch(BatchId(batch_id))
        draft = Draft(batch, version, batches.fold, unit.now)
        if draft.emit_all(decide(batch)):
            unit.record_batch(batch, version, draft.events, draft.state)
        return bool(draft.events)

    def _pinned(self, reads: Reads, batch_id: UUID) -> tuple[Batch, int]:
        """A batch, with the local functions of its pipeline at hand, whatever today's configuration names."""
        found = _only(reads.batches([batch_id]), batch_id)
        for step in found[0].pipeline.steps:
            if step.function and step.function not in self.functions:
                self._load(step.function)
        return found

    def lose_functions(self, until: datetime) -> None:
        """Be without local functions, as a process is that was started before they were written."""
        self._unloadable |= dict.fromkeys(self.functions, until)
        self.functions.clear()

    def _load(self, name: str) -> None:
        """Have a local function at hand, where it can be imported.

        Rows of one that is gone wait for it, and tell so. A module that breaks would run again in each decision, as far as it gets.
        """
        now = self.clock()
        if now < self._unloadable.get(name, now):
            return
        try:
            self.functions[name] = resolve_name(name)
        except (Exception, SystemExit):  # noqa: BLE001 - a user's module may raise anything while it is imported
            self._unloadable[name] = now + _LOADED_AGAIN


def _applied(command: Callable[[Unit, Sequence[P]], int], parts: Sequence[P], unit: Unit) -> int:
    return command(unit, parts)


def _only(found: list[tuple[Batch, int]], batch_id: UUID) -> tuple[Batch, int]:
    if not found:
        raise UnknownId("batch", batch_id)
    return found[0]
