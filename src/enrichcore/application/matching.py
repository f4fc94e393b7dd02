"""Answers that could not be placed when they came, placed now: by a person who knows whose they are, or by another try.

The answer and the note that it was placed are one commit, so an answer is placed once. One that still has no place stays
in the log as it is, and nothing is recorded.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final
from uuid import UUID

from attrs import frozen

from enrichcore.application.answers import Ack, AckStatus, Incoming, claimed_id, parse
from enrichcore.application.application import Enrichment
from enrichcore.application.core import Core
from enrichcore.application.errors import ApplicationError, UnknownId
from enrichcore.application.placing import misfit, place
from enrichcore.application.unit import Unit
from enrichcore.domain import events as e
from enrichcore.domain.life_cycle import State
from enrichcore.domain.words import words_of_error
from enrichcore.store.commit import Conflict, Store, StoreError, StoreUnavailable

#: Answers that are tried again in one commit, and the bytes that they may have together.
_TOGETHER: Final = 400
_TOGETHER_BYTES: Final = 32 * 1024 * 1024

log = logging.getLogger("enrichcore.application")


class CannotMatch(ApplicationError):
    """The answer has no place there."""

    code = "cannot_match"


def match(
    application: Enrichment,
    unmatched_id: UUID,
    item_id: UUID | None,
    *,
    by: str,
    why: str = "",
    step: str = "",
    body: bytes | None = None,
) -> Ack:
    """Place one unmatched answer.

    Args:
        application: where it is kept.
        unmatched_id: of the unmatched answer.
        item_id: the item or company run that it answers; None takes the one that the body names.
        by: who says so.
        why: the reason for saying so.
        step: the workflow that it answers, where it came to the address of another.
        body: what it should have said, where it is no JSON; what came stays in the log as it is.

    Raises:
        UnknownId: There is no such unmatched answer.
        CannotMatch: It was placed before, it fits no step of that item, or applying it raises.
    """
    how = _How(by=by, why=why, item_id=item_id, step=step, body=body)
    try:
        return application.core.decided(partial(_match, application.core, unmatched_id=unmatched_id, how=how))
    except (ApplicationError, StoreError):
        raise
    except Exception as fault:
        raise CannotMatch(_fault(unmatched_id, fault)) from fault


@frozen(kw_only=True)
class Standing:
    """The answer that a step has already, where another is about to be placed with it."""

    #: Which it is, and what would become of the one that is placed, in one sentence.
    said: str
    #: Whether an answer that came earlier would take its place.
    gives_way_to_older: bool


def standing_answer(
    application: Enrichment, unmatched_id: UUID, item_id: UUID | None, *, step: str = "", body: bytes | None = None
) -> Standing | None:
    """The answer that the step has already with which `match` would place this one; None where it has none.

    Nothing is placed. Takes what `match` takes, and refuses what it refuses.
    """
    core = application.core
    unit = core.unit(application.now())
    how = _How(by="", why="", item_id=item_id, step=step, body=body)
    events = unit.events_at([(unmatched_id, 1), (unmatched_id, 2)])
    read = _read(events, unmatched_id, how)
    found = _who_was_asked(unit, read.found, read.incoming.workflow)
    draft, refusal = unit.run(found), misfit(core, unit, read.incoming, found)
    if refusal or draft is None:
        raise CannotMatch(refusal)
    before = unit.step_run(draft, read.incoming.workflow)
    if before.answered_at is None or before.rank is None:
        return None
    try:
        status = place(core, unit, read.incoming, read.parsed, found).status
    except Exception as fault:
        raise CannotMatch(_fault(unmatched_id, fault)) from fault
    older = events[unmatched_id, 1].at < before.answered_at
    when = "after" if older else "before"
    said = f"{before.workflow} has an answer already ({before.rank.name.lower()}), which came {when} this one, on {before.answered_at:%Y-%m-%d %H:%M:%S} UTC"
    becomes = _BECOMES.get(status, "takes its place")
    return Standing(said=f"{said}; this one {becomes}", gives_way_to_older=older and status not in _BECOMES)


_BECOMES: Final = {
    AckStatus.DUPLICATE: "says the same as one that came, and changes nothing",
    AckStatus.KEPT: "is only kept beside it, for it tells less",
}


def redrive(
    application: Enrichment, unmatched_ids: Iterable[UUID], *, by: str, why: str = ""
) -> tuple[int, dict[UUID, str]]:
    """Try again to place unmatched answers, as after a mended configuration; hundreds in one commit.

    Returns:
        How many were placed, and why each of the others was not.
    """
    left: dict[UUID, str] = {}
    waiting = list(dict.fromkeys(unmatched_ids))
    for first in range(0, len(waiting), _TOGETHER):
        for part in _in_parts(application.store, waiting[first : first + _TOGETHER]):
            left |= _redrive(application.core, part, _How(by=by, why=why))
    return len(waiting) - len(left), left


def _in_parts(store: Store, unmatched_ids: Sequence[UUID]) -> Iterator[list[UUID]]:
    """So many at a time as may be in memory, and in one commit, together; one alone may be larger."""
    sizes = store.sizes_at([(one, 1) for one in unmatched_ids])
    part: list[UUID] = []
    size = 0
    for one in unmatched_ids:
        own = sizes.get((one, 1), 0)
        if part and size + own > _TOGETHER_BYTES:
            yield part
            part, size = [], 0
        part.append(one)
        size += own
    yield part


@frozen(kw_only=True)
class _How:
    """How answers are placed, beyond what they say themselves."""

    by: str
    why: str
    item_id: UUID | None = None
    step: str = ""
    body: bytes | None = None


def _redrive(core: Core, unmatched_ids: Sequence[UUID], how: _How) -> dict[UUID, str]:
    """Try again to place some answers; why each that was not placed was not."""
    try:
        return core.decided(partial(_match_all, core, unmatched_ids=unmatched_ids, how=how))
    except StoreUnavailable:
        raise
    except Conflict as refusal:
        if len(unmatched_ids) == 1:
            return {unmatched_ids[0]: str(refusal)}
    except Exception as fault:  # noqa: BLE001 - one of them raises what nobody foresaw: the others are placed all the same
        if len(unmatched_ids) == 1:
            return {unmatched_ids[0]: _fault(unmatched_ids[0], fault)}
    middle = len(unmatched_ids) // 2
    return _redrive(core, unmatched_ids[:middle], how) | _redrive(core, unmatched_ids[middle:], how)


def _fault(unmatched_id: UUID, fault: Exception) -> str:
    """What is said of an answer for which something raised that nobody foresaw, as when it was set aside: it stays there."""
    log.error("%s cannot be applied", unmatched_id, exc_info=fault)
    return f"applying it failed: {words_of_error(fault)}"


def _match_all(core: Core, unit: Unit, *, unmatched_ids: Sequence[UUID], how: _How) -> dict[UUID, str]:
    found = unit.events_at([(one, version) for one in unmatched_ids for version in (1, 2)])
    matches: dict[UUID, _Match] = {}
    left: dict[UUID, str] = {}
    for one in unmatched_ids:
        try:
            matches[one] = _read(found, one, how)
        except ApplicationError as refusal:
            left[one] = str(refusal)
    unit.preload(match.found for match in matches.values())
    unit.expect(unit.items(match.found for match in matches.values()))
    for one, match in matches.items():
        try:
            _place(core, unit, one, match, how)
        except CannotMatch as refusal:
            left[one] = str(refusal)
    return left


def _match(core: Core, unit: Unit, *, unmatched_id: UUID, how: _How) -> Ack:
    found = unit.events_at([(unmatched_id, 1), (unmatched_id, 2)])
    return _place(core, unit, unmatched_id, _read(found, unmatched_id, how), how)


@frozen(kw_only=True)
class _Match:
    """An answer that is read, and whose it is said to be."""

    incoming: Incoming
    parsed: Any
    found: UUID


def _read(found: Mapping[tuple[UUID, int], e.Recorded], unmatched_id: UUID, how: _How) -> _Match:
    recorded = found.get((unmatched_id, 1))
    event = None if recorded is None else recorded.event
    client_id = None if recorded is None else recorded.client_id
    if not isinstance(event, e.CallbackUnmatched) or client_id is None:
        raise UnknownId("unmatched answer", unmatched_id)
    if (unmatched_id, 2) in found:
        raise CannotMatch(f"the answer {unmatched_id} was placed before")
    said = event.body if how.body is None else how.body
    try:
        parsed = parse(said)
    except ValueError as error:
        why = (
            "its body is not JSON, so it answers nothing; say what it should have been, with --body FILE or on its page"
        )
        raise CannotMatch(why if how.body is None else f"the mended body is not JSON: {error}") from error
    whose = how.item_id or claimed_id(parsed) or _claimed(event)
    if whose is None:
        raise CannotMatch("its body names no item; say which one it answers")
    incoming = Incoming(
        client_id=client_id,
        # The item knows its own workstream.
        workstream="" if how.step else event.workstream,
        workflow=how.step or event.workflow,
        body=said,
        token=event.token,
        source=e.Source.MATCHED,
        by=how.by,
        why=how.why,
    )
    return _Match(incoming=incoming, parsed=parsed, found=whose)


def _place(core: Core, unit: Unit, unmatched_id: UUID, match: _Match, how: _How) -> Ack:
    """Place an answer, or leave the unit as it is.

    Raises:
        CannotMatch: It fits no step of that item.
    """
    found = _who_was_asked(unit, match.found, match.incoming.workflow)
    if refusal := misfit(core, unit, match.incoming, found):
        raise CannotMatch(refusal)
    ack = place(core, unit, match.incoming, match.parsed, found)
    placed = e.CallbackMatched(item_id=found, by=how.by, why=how.why)
    unit.record(placed, unmatched_id, 2, client_id=match.incoming.client_id)
    return ack


def _who_was_asked(unit: Unit, run_id: UUID, workflow: str) -> UUID:
    """The company run, for an item that waits for one: the answer is that of all who wait for the company."""
    item = unit.item(run_id)
    run = item.state.runs.get(workflow) if item is not None else None
    waits = run is not None and run.state is State.WAITING_FOR_COMPANY
    return run.company_run_id if run is not None and waits and run.company_run_id is not None else run_id


def _claimed(event: e.CallbackUnmatched) -> UUID | None:
    """Whose answer it was known to be, where the body does not say: the response of an `http` step names no item."""
    try:
        return UUID(event.claimed_id)
    except ValueError:
        return None
