"""What the fold remembers of a person and a company: for each field the best value so far, and where it came from.

A value is better by its weight (how far its source is trusted), among equals by its position in the log. Taking in a
value is a maximum, so the same answers in any order leave the same values, and two entities merge by taking in each other's.
Only an import that tells something new has a say against the order of trust: where it comes long after a better source spoke last.
So of each field it is remembered what the imports have said of it, as sums of four bytes.
The classes are msgspec structs kept as arrays, because a state is read and written for nearly every event.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar
from uuid import UUID

import msgspec
from msgspec.structs import replace

from projections.final_leads.trust import Trust, as_imported, sum_of, trust_in

#: The e-mail address and its status, which only mean something together: each address is a claim, and so is what is said of it.
EMAIL: Final = "person_email"
EMAIL_STATUS: Final = "person_email_status"
#: Before the name of a field that tells who somebody is: what was known of it without any answer.
ASKED: Final = "asked:"
#: What imports have said of one field, of so many values: lists from several sources may take turns.
_REMEMBERED: Final = 16
#: The three facts of a person's jobs, which come together from one answer.
HISTORY: Final = "person_history"


class Cell(msgspec.Struct, frozen=True, array_like=True):
    """The best value of one field."""

    value: Any
    weight: int
    #: `import`, `launch`, or the workflow that gave it.
    source: str
    #: Position of the event that brought this value.
    since: int
    #: When that event was recorded, in UTC.
    at: datetime
    #: Position of the last event that said the same.
    seen: int
    #: When that event was recorded, in UTC; None where it is the one that brought the value.
    confirmed: datetime | None = None
    #: Sums of what imports have said beside this value, the newest last, so that news can be told.
    imported: tuple[int, ...] = ()
    #: Of an import's value that it had said before: when it told something new last, in UTC.
    news: datetime | None = None

    @property
    def told_news(self) -> datetime:
        """When an import told something new last, as far as this value tells."""
        return self.news or self.at

    @property
    def spoke(self) -> datetime:
        """When the source spoke last."""
        return self.confirmed or self.at

    @property
    def order(self) -> tuple[int, int]:
        """The greater is the better."""
        return self.weight, self.seen


class Moment(msgspec.Struct, frozen=True, array_like=True):
    """An event's place in the log and its time."""

    position: int
    at: datetime


class LatestItem(msgspec.Struct, frozen=True, array_like=True):
    """The item that a person was last launched in."""

    item_id: UUID
    batch_id: UUID
    moment: Moment


class Company(msgspec.Struct, frozen=True, array_like=True):
    """What is known of a company."""

    cells: dict[str, Cell] = {}
    merged: Moment | None = None


class Person(msgspec.Struct, frozen=True, array_like=True):
    """What is known of a person."""

    cells: dict[str, Cell] = {}
    #: The company's id as text.
    company: Cell | None = None
    item: LatestItem | None = None
    workstreams: tuple[str, ...] = ()
    merged: Moment | None = None


State = TypeVar("State", Person, Company)

# Equal states give equal bytes, in whatever order and process their cells came.
_encoder: Final = msgspec.msgpack.Encoder(order="deterministic")
_persons: Final = msgspec.msgpack.Decoder(Person)
_companies: Final = msgspec.msgpack.Decoder(Company)


def encode(state: Person | Company) -> bytes:
    """A state as bytes."""
    return _encoder.encode(state)


def decode_person(state: bytes) -> Person:
    """The person that `encode` wrote."""
    return _persons.decode(state)


def decode_company(state: bytes) -> Company:
    """The company that `encode` wrote."""
    return _companies.decode(state)


def better(old: Cell | None, new: Cell, trusted_for: timedelta = timedelta.max) -> Cell:
    """The better of two cells; one that says the same as before keeps the position that first did.

    Args:
        old: What is remembered.
        new: What is told.
        trusted_for: How long after a trusted source spoke an import may tell something new without effect.
    """
    if old is None:
        return new
    if old.value == new.value and old.weight == new.weight:
        first, again = (old, new) if old.since <= new.since else (new, old)
        said = _joined(first.imported, again.imported)
        return replace(first, seen=max(old.seen, new.seen), confirmed=max(old.spoke, new.spoke), imported=said)
    trusted, told = (old, new) if trust_in(old.weight) > trust_in(new.weight) else (new, old)
    if trust_in(told.weight) == Trust.IMPORT < trust_in(trusted.weight):
        winner = _more_trusted_or_news(trusted, told, trusted_for)
    else:
        winner = max(old, new, key=lambda cell: (*cell.order, cell is new))
    return _with_what_was_said(winner, old, new)


def _with_what_was_said(winner: Cell, old: Cell, new: Cell) -> Cell:
    """The better of two cells with what imports have said by both; what one says again is as new as what it said last."""
    said = _joined(_said(old), _said(new))
    if not said:
        return winner
    if not _is_an_imports(winner):
        return replace(winner, imported=said)
    own, loser = sum_of(winner.value), old if winner is new else new
    is_again = _is_an_imports(loser) and own in _said(loser)
    imported = tuple(one for one in said if one != own)
    return replace(winner, imported=imported, news=loser.told_news if is_again else winner.news)


def _more_trusted_or_news(trusted: Cell, told: Cell, trusted_for: timedelta) -> Cell:
    """A trusted value, or what an import told: the more whole of the two, else what is news since the other has gone stale."""
    if as_imported(trusted.weight) != as_imported(told.weight):
        return max(trusted, told, key=lambda cell: cell.order)
    if told.told_news - trusted.spoke <= trusted_for:
        return trusted
    is_news = sum_of(told.value) not in {*trusted.imported, sum_of(trusted.value)}
    return told if is_news else trusted


def _is_an_imports(cell: Cell) -> bool:
    """Whether an import told it, or the launch, which had it from one."""
    return trust_in(cell.weight) <= Trust.IMPORT


def _said(cell: Cell) -> tuple[int, ...]:
    """Sums of what imports have said, as far as a cell tells."""
    return _joined(cell.imported, (sum_of(cell.value),)) if _is_an_imports(cell) else cell.imported


def _joined(earlier: tuple[int, ...], later: tuple[int, ...]) -> tuple[int, ...]:
    """Both, without repetitions; of more than are remembered the newest."""
    if not earlier or not later:
        return earlier or later
    return tuple(dict.fromkeys((*(one for one in earlier if one not in later), *later)))[-_REMEMBERED:]


def order_among(rivals: Iterable[Cell], trusted_for: timedelta) -> Callable[[Cell], tuple[int, int]]:
    """The order of cells that tell of the same: those that went stale before an import told its news count as imports."""
    news = max((cell.told_news for cell in rivals if trust_in(cell.weight) == Trust.IMPORT), default=None)

    def order(cell: Cell) -> tuple[int, int]:
        is_stale = news is not None and trust_in(cell.weight) > Trust.IMPORT and news - cell.spoke > trusted_for
        return as_imported(cell.weight) if is_stale else cell.weight, cell.seen

    return order


def absorb(state: State, cells: dict[str, Cell], trusted_for: timedelta) -> State:
    """The state with each cell taken in where it is better."""
    if not cells:
        return state
    merged = {name: _taken_in(state.cells, name, cell, trusted_for) for name, cell in cells.items()}
    return replace(state, cells={**state.cells, **merged})


def asked_of(state: Person | Company) -> dict[str, Any]:
    """Who somebody is, as far as it was known without any answer."""
    return {name.removeprefix(ASKED): cell.value for name, cell in state.cells.items() if name.startswith(ASKED)}


def claim_name(group: str, parts: Iterable[str]) -> str:
    """The name under which a claim of those parts of a group is remembered."""
    return f"{group}/{'+'.join(parts)}"


def group_of(name: str) -> str | None:
    """The group of a claim; None for the name of a field."""
    group, is_claim, _ = name.partition("/")
    return group if is_claim else None


def _taken_in(cells: Mapping[str, Cell], name: str, new: Cell, trusted_for: timedelta) -> Cell:
    """The better of the remembered cell and the new one; a claim that is confirmed after another came is as new as that."""
    old, group = cells.get(name), group_of(name)
    if group is None:
        return better(old, new, trusted_for)
    if old is None and not _is_an_imports(new):
        return new
    begins = f"{group}/"
    rivals = [cell for rival, cell in cells.items() if rival.startswith(begins) and rival != name]
    if _is_an_imports(new) and (old is None or old.value != new.value):
        # In other letters it is another claim.
        told = sum_of(new.value)
        before = [cell.told_news for cell in rivals if told in _said(cell)]
        new = replace(new, news=max(before)) if before else new
    best = better(old, new, trusted_for)
    if old is None or best.since != old.since:
        return best
    if any(old.order < rival.order < best.order for rival in rivals):
        return replace(best, since=new.since, at=new.at, news=best.told_news if _is_an_imports(best) else None)
    return best


def merge_companies(kept: Company, merged: Company, moment: Moment, trusted_for: timedelta) -> Company:
    """One company out of two."""
    return replace(absorb(kept, merged.cells, trusted_for), merged=moment)


def merge_persons(kept: Person, merged: Person, moment: Moment, trusted_for: timedelta) -> Person:
    """One person out of two."""
    company = kept.company if merged.company is None else better(kept.company, merged.company)
    items = [item for item in (kept.item, merged.item) if item is not None]
    return replace(
        absorb(kept, merged.cells, trusted_for),
        company=company,
        item=max(items, key=lambda item: item.moment.position, default=None),
        workstreams=tuple(sorted({*kept.workstreams, *merged.workstreams})),
        merged=moment,
    )
