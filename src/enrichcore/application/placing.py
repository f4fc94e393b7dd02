"""Placing an answer: with the item or company run that it names, or in the unmatched log with the reason."""

import logging
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final
from uuid import UUID

from enrichcore.application.answers import Ack, AckStatus, Incoming, claimed_id, parse, read
from enrichcore.application.core import Core
from enrichcore.application.drafts import AnyDraft
from enrichcore.application.pricing import priced
from enrichcore.application.unit import Unit
from enrichcore.domain import batch_item, company_run, step_control
from enrichcore.domain import events as e
from enrichcore.domain.answers import Reading
from enrichcore.domain.batch_item import BatchItem
from enrichcore.domain.company_run import CompanyRun
from enrichcore.domain.life_cycle import State
from enrichcore.domain.pipeline import Entity
from enrichcore.domain.words import holdable, words_of_error
from enrichcore.fields import read_answer
from enrichcore.store.commit import StoreError

log = logging.getLogger("enrichcore.application")

_NOT_JSON: Final = object()
#: Characters kept of why an answer could not be applied.
_MOST_WORDS: Final = 1000


def parsed(one: Incoming) -> tuple[Any, UUID | None]:
    """An answer's body as JSON, and the id that it claims to answer."""
    if one.too_large:
        return None, None
    try:
        body = parse(one.body)
    except ValueError:
        return _NOT_JSON, None
    return body, claimed_id(body)


def reading_of(core: Core, unit: Unit, one: Incoming, found: UUID | None) -> Reading | None:
    """What the body of an answer to `found` says; None where nobody asked for it."""
    draft = None if found is None else unit.run(found)
    if draft is None or found is None or misfit(core, unit, one, found):
        return None
    entity = _entity(unit, draft, one)
    return read_answer(
        one.body, entity=entity, sources=core.registry.rules.sources, asked=unit.asked_at(draft.state, entity)
    )


def place(core: Core, unit: Unit, one: Incoming, body: Any, found: UUID | None, reading: Reading | None = None) -> Ack:
    """Place an answer that claims to be of `found`; what its sender is to be told.

    Args:
        core: whose rules it is read by.
        unit: where it is recorded.
        one: the answer.
        body: as JSON.
        found: the id that it claims to answer.
        reading: what `reading_of` gave, where it was asked before.
    """
    if one.too_large:
        return _unmatched(core, unit, one, AckStatus.TOO_LARGE, "the body is too large for an answer")
    if body is _NOT_JSON:
        return _unmatched(core, unit, one, AckStatus.NOT_JSON, "the body is not JSON")
    if found is None:
        why = "the body has no usable item_id: echo the item_id of the row"
        return _unmatched(core, unit, one, AckStatus.NO_ID, why)
    draft, why = unit.run(found), misfit(core, unit, one, found)
    if why or draft is None:
        return _unmatched(core, unit, one, AckStatus.UNKNOWN, why, claimed=str(found))
    events_before, before = len(draft.events), unit.step_run(draft, one.workflow)
    entity = _entity(unit, draft, one)
    came = read(one, body, draft.state, entity, core.registry.rules, unit.asked_at(draft.state, entity), reading)
    came = priced(core.registry, one.client_id, one.workstream or draft.state.workstream, one.workflow, came)
    if isinstance(draft.state, BatchItem):
        batch_item.answer(draft, unit.around(draft.state), one.workflow, came)
        unit.carry_on(draft)
    else:
        company_run.answer(draft, came)
    if before.state is State.IN_DOUBT:
        unit.note_taken(draft, before.workflow)
    return _ack(found, draft.events[events_before:])


def misfit(core: Core, unit: Unit, one: Incoming, found: UUID) -> str:
    """Why an answer is not one of that run's; empty where it is."""
    draft = unit.run(found)
    if draft is None:
        unit.forget(found)
    if draft is None or draft.state.client_id != one.client_id:
        return "no item of this client has that item_id"
    state: BatchItem | CompanyRun = draft.state
    if one.workstream and one.workstream not in core.registry.workstreams and one.workstream != state.workstream:
        return f"no workstream {one.workstream!r}"
    if isinstance(state, BatchItem):
        fits = one.workflow in state.workflows and one.workstream in {"", state.workstream}
        return "" if fits else f"the item has no step {one.workstream or state.workstream}/{one.workflow}"
    asked = {workflow for stream, workflow in state.asked_as if one.workstream in {"", stream}}
    return "" if one.workflow in asked else f"the company was never asked about as {one.workstream}/{one.workflow}"


def _entity(unit: Unit, draft: AnyDraft, one: Incoming) -> Entity:
    """Whom an answer to a run is about."""
    if isinstance(draft.state, CompanyRun):
        return Entity.COMPANY
    step = unit.pinned_step(draft, one.workflow)
    return Entity.PERSON if step is None else step.entity


def set_aside(core: Core, one: Incoming, fault: BaseException, run_id: UUID | None = None) -> Ack:
    """Keep an answer whose application raised what nobody foresaw, such as a fault in a function of one's own.

    Args:
        core: where it is kept.
        one: the answer.
        fault: what was raised.
        run_id: whose answer it is, where that is known without looking into the body.
    """
    found = run_id
    if found is None:
        # What cannot be applied may be what cannot be read.
        with suppress(Exception):
            _, found = parsed(one)
    reason = holdable(f"applying it failed: {words_of_error(fault)}")[:_MOST_WORDS]
    claimed = "" if found is None else str(found)

    def keep(unit: Unit) -> Ack:
        if one.source is e.Source.CALLBACK:
            unit.count_answer(AckStatus.SET_ASIDE)
        return _unmatched(core, unit, one, AckStatus.SET_ASIDE, reason, claimed=claimed)

    def keep_and_note(unit: Unit) -> Ack:
        fits = found is not None and not misfit(core, unit, one, found)
        draft = unit.run(found) if found is not None and fits else None
        if draft is not None:
            run = unit.step_run(draft, one.workflow)
            if draft.emit_all(step_control.decide_set_aside(run, reason, now=unit.now)) and isinstance(
                draft.state, BatchItem
            ):
                # A row that was to leave once more has ended.
                unit.go_on(draft, run)
        return keep(unit)

    try:
        return core.decided(keep_and_note)
    except StoreError:
        raise
    except Exception:
        # Whatever is wrong with the run, the answer is kept.
        log.exception("that the answer to %s came cannot be noted", found)
        return core.decided(keep)


def _unmatched(core: Core, unit: Unit, one: Incoming, status: AckStatus, reason: str, *, claimed: str = "") -> Ack:
    event = e.CallbackUnmatched(
        workstream=one.workstream,
        workflow=one.workflow,
        claimed_id=claimed,
        reason=reason,
        body=one.body,
        token=one.token,
    )
    unit.record(event, core.new_id(), 1, client_id=one.client_id)
    return Ack(status=status, item_id=claimed, reason=reason)


def _ack(found: UUID, events: Sequence[e.Event]) -> Ack:
    came = next((event for event in events if isinstance(event, e.AnswerEvent)), None)
    if came is None:
        return Ack(status=AckStatus.DUPLICATE, item_id=str(found))
    if isinstance(came, e.AnswerKept):
        return Ack(status=AckStatus.KEPT, item_id=str(found))
    status = AckStatus.LATE if came.timing is e.Timing.LATE else AckStatus.ACCEPTED
    return Ack(status=status, item_id=str(found), early=came.timing is e.Timing.EARLY)
