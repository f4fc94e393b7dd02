"""What the world tells the log: which configuration is in force, and that a day began."""

import logging
from collections import Counter
from datetime import date
from functools import partial
from typing import Final
from uuid import UUID, uuid5

from enrichcore.application.core import Core
from enrichcore.application.errors import NotInForce, StaleConfiguration
from enrichcore.domain import events as e
from enrichcore.domain.amounts import counted
from enrichcore.domain.ids import CONFIGURATION, NAMESPACE, ClientId
from enrichcore.domain.life_cycle import State
from enrichcore.domain.pipeline import Kind
from enrichcore.registry import Fault, differences, fingerprint, snapshot
from enrichcore.store.commit import Conflict, Store

log = logging.getLogger("enrichcore.application")

#: States in which an answer may come; a company's row is counted by those who wait for it.
_WAITS: Final = frozenset({State.SENDING, State.AWAITING_ANSWER, State.IN_DOUBT, State.WAITING_FOR_COMPANY})

CALENDAR: Final = uuid5(NAMESPACE, "calendar")


def apply(core: Core, *, by: str, on_purpose: bool) -> bool:
    """Record the configuration if it changed; tells whether it did."""
    lost = answers_shut_out(core)
    changed = core.until_first(partial(_apply, core, by=by, on_purpose=on_purpose))
    for fault in lost if changed else ():
        log.warning("%s", fault)
    return changed


def _apply(core: Core, *, by: str, on_purpose: bool) -> bool:
    current = fingerprint(core.registry)
    known = core.store.stream(CONFIGURATION)
    applied = [event.event for event in known if isinstance(event.event, e.ConfigurationApplied)]
    if applied and applied[-1].fingerprint == current:
        return False
    if not on_purpose and any(event.fingerprint == current for event in applied):
        newer = known[-1].event
        assert isinstance(newer, e.ConfigurationApplied)  # noqa: S101 - the stream has no other events
        raise StaleConfiguration(differences(newer.snapshot, snapshot(core.registry)), by=newer.by, at=known[-1].at)
    event = e.ConfigurationApplied(fingerprint=current, snapshot=snapshot(core.registry), by=by)
    core.append_one(CONFIGURATION, len(known) + 1, event)
    return True


def answers_shut_out(core: Core) -> list[Fault]:
    """Clients whose rows are out, and of whom a callback secret is in force that this configuration does not know."""
    newest = applied_after(core, 0)
    if newest is None:
        return []
    known = {client.id: client for client in core.registry.clients.values()}
    found: dict[UUID, tuple[str, str]] = {}
    for slug, before in newest[1].snapshot["clients"].items():
        client = known.get(ClientId(UUID(before["id"])))
        kept = set() if client is None else {secret.fingerprint() for secret in client.callback_secrets}
        if not kept.issuperset(before["callback_secrets"]):
            found[UUID(before["id"])] = (slug, "" if client is None else ".callback_secret")
    waits = _waits(core.store) if found else Counter()
    return [
        Fault(
            key=f"clients.{slug}{key}",
            problem=f"has no longer a secret with which {counted(waits[client_id], 'step')} may be answered: such an answer is refused, and"
            " not kept",
            remedy="keep that secret, as one of a list, until they are answered",
        )
        for client_id, (slug, key) in found.items()
        if waits[client_id]
    ]


def _waits(store: Store) -> Counter[UUID]:
    """By client, the steps that wait for an answer by callback in batches that are under way."""
    waits: Counter[UUID] = Counter()
    for batch, _ in store.batches():
        if not batch.under_way:
            continue
        for (workflow, state), count in store.step_counts(batch.batch_id).items():
            step = batch.pipeline.step(workflow)
            if step is not None and step.kind is Kind.WEBHOOK and state in _WAITS:
                waits[batch.client_id] += count
    return waits


def applied_after(core: Core, version: int) -> tuple[int, e.ConfigurationApplied] | None:
    """The newest configuration put in force after a version of their stream, with its own; None where none was."""
    newer = core.store.stream(CONFIGURATION, after=version)
    if not newer or not isinstance(newer[-1].event, e.ConfigurationApplied):
        return None
    return newer[-1].version, newer[-1].event


def require_in_force(core: Core) -> int:
    """The version of the configuration in force, for what is to rest on it; 0 where none was ever put in force.

    Raises:
        NotInForce: It is another than this process goes by.
    """
    version = core.store.version(CONFIGURATION)
    newest = core.store.events_at([(CONFIGURATION, version)]).get((CONFIGURATION, version)) if version else None
    if newest is not None and isinstance(newest.event, e.ConfigurationApplied):
        event = newest.event
        if event.fingerprint != fingerprint(core.registry):
            raise NotInForce(differences(event.snapshot, snapshot(core.registry)), by=event.by, at=newest.at)
    return version


def pass_day(core: Core, day: date) -> bool:
    """Record that a day began; once, whichever runner sees it first."""
    known = core.store.stream(CALENDAR)
    if known and isinstance(known[-1].event, e.DayPassed) and known[-1].event.day >= day:
        return False
    try:
        core.append_one(CALENDAR, len(known) + 1, e.DayPassed(day=day))
    except Conflict:
        return False
    return True
