"""Answers that could not be placed when they came, placed now: by a person who knows whose they are, or by another try.

The answer and the note that it was placed are one commit, so an answer is placed once. One that still has no place stays
in the log as it is, and nothing is recorded.
"""

import logging
from collections.abc import Iterable
from typing import Final
from uuid import UUID

from enrichcore.application.answers import Ack, AckStatus, Incoming, claimed_id, parse
from enrichcore.application.application import Enrichment
from enrichcore.application.core import Core
from enrichcore.application.errors import ApplicationError, UnknownId
from enrichcore.application.placing import place
from enrichcore.application.unit import Unit
from enrichcore.domain import events as e
from enrichcore.domain.life_cycle import State
from enrichcore.domain.words import words_of_error
from enrichcore.store.commit import Conflict, StoreError

_PLACED: Final = frozenset({AckStatus.ACCEPTED, AckStatus.DUPLICATE, AckStatus.LATE, AckStatus.KEPT})


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
    core = application.core
    try:
        return core.decided(
            lambda unit: _match(core, unit, unmatched_id, item_id, by=by, why=why, step=step, body=body)
        )
    except (ApplicationError, StoreError):
        raise
    except Exception as fault:
        # Nobody foresaw it, as when the answer was set aside: it stays where it is.
        log.exception("%s cannot be applied", unmatched_id)
        raise CannotMatch(f"applying it failed: {words_of_error(fault)}") from fault


def redrive(
    application: Enrichment, unmatched_ids: Iterable[UUID], *, by: str, why: str = ""
) -> tuple[int, dict[UUID, str]]:
    """Try again to place unmatched answers, as after a mended configuration.

    Returns:
        How many were placed, and why each of the others was not.
    """
    placed, left = 0, {}
    for unmatched_id in unmatched_ids:
        try:
            match(application, unmatched_id, None, by=by, why=why)
        except (ApplicationError, Conflict) as refusal:
            left[unmatched_id] = str(refusal)
        else:
            placed += 1
    return placed, left


def _match(
    core: Core,
    unit: Unit,
    unmatched_id: UUID,
    item_id: UUID | None,
    *,
    by: str,
    why: str,
    step: str,
    body: bytes | None,
) -> Ack:
    recorded = unit.stream(unmatched_id)
    event = recorded[0].event if recorded else None
    client_id = recorded[0].client_id if recorded else None
    if not isinstance(event, e.CallbackUnmatched) or client_id is None:
        raise UnknownId("unmatched answer", unmatched_id)
    if len(recorded) > 1:
        raise CannotMatch(f"the answer {unmatched_id} was placed before")
    said = event.body if body is None else body
    try:
        parsed = parse(said)
    except ValueError as error:
        why = "its body is not JSON, so it answers nothing; mend it, and say what it should have been"
        raise CannotMatch(why if body is None else f"the mended body is not JSON: {error}") from error
    found = item_id or claimed_id(parsed) or _claimed(event)
    if found is None:
        raise CannotMatch("its body names no item; say which one it answers")
    incoming = Incoming(
        client_id=client_id,
        # The item knows its own workstream.
        workstream="" if step else event.workstream,
        workflow=step or event.workflow,
        body=said,
        token=event.token,
        source=e.Source.MATCHED,
    )
    found = _who_was_asked(unit, found, incoming.workflow)
    ack = place(core, unit, incoming, parsed, found)
    if ack.status not in _PLACED:
        raise CannotMatch(ack.reason)
    unit.record(e.CallbackMatched(item_id=found, by=by, why=why), unmatched_id, 2, client_id=client_id)
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
