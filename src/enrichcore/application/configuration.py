"""What the world tells the log: which configuration is in force, and that a day began."""

from datetime import date
from functools import partial
from typing import Final
from uuid import uuid5

from enrichcore.application.core import Core
from enrichcore.application.errors import NotInForce, StaleConfiguration
from enrichcore.domain import events as e
from enrichcore.domain.ids import CONFIGURATION, NAMESPACE
from enrichcore.registry import differences, fingerprint, snapshot
from enrichcore.store.commit import Conflict

CALENDAR: Final = uuid5(NAMESPACE, "calendar")


def apply(core: Core, *, by: str, on_purpose: bool) -> bool:
    """Record the configuration if it changed; tells whether it did."""
    return core.until_first(partial(_apply, core, by=by, on_purpose=on_purpose))


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
