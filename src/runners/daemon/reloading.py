"""A running daemon takes over the configuration that was put in force, where its own file and environment give that one.

The log says which one counts: a file that was only edited is not in force, and a file that is another than the one in force
changes nothing here. A process that cannot take it over says so, once in its log and for as long in the store.

`[runner]` is no part of that: it is each process's own, and counts as soon as its file says so, but for `listen`.
"""

import asyncio
import logging
from collections.abc import Callable
from threading import Lock
from typing import Final

from attrs import evolve, fields

from enrichcore.application import Enrichment, differing
from enrichcore.domain.events import ConfigurationApplied
from enrichcore.registry import ConfigurationError, Registry, RunnerSettings, differences, fingerprint, snapshot
from enrichcore.store import StoreUnavailable

log = logging.getLogger("enrichcore.configuration")

#: Seconds between two looks at the log, and between two readings of a file that is not the one in force.
_LOOK_S: Final = 2.0
_AGAIN_S: Final = 15.0
#: Of what is wrong with a file, that is logged; `enrichcore check` tells all.
_FAULTS_TOLD: Final = 5
_FAULT_CHARACTERS: Final = 300


class Reloading:
    """Follows the log.

    Args:
        application: what goes by the configuration.
        reread: reads the process's own file and environment again.
        taken_over: told the configuration that the application goes by from now on, in whatever thread looks.
        file_state: another value whenever the file was written anew.
        look_s: seconds between two looks.
    """

    def __init__(
        self,
        application: Enrichment,
        reread: Callable[[], Registry],
        taken_over: Callable[[Registry], None] = lambda _registry: None,
        *,
        file_state: Callable[[], object] = lambda: None,
        look_s: float = _LOOK_S,
    ) -> None:
        self._application = application
        self._reread = reread
        self._taken_over = taken_over
        self._look_s = look_s
        self._looking = Lock()
        self._file_state = file_state
        self._seen = file_state()
        #: What kept the log from being read, and was told.
        self._trouble = ""
        #: The same of the file, with its state where that could be seen.
        self._unread: tuple[object, str] | None = None
        self._version = 0
        self._wanted: ConfigurationApplied | None = None
        self._own = fingerprint(application.registry)
        #: Why this process goes by another configuration than the one in force; empty where it does not.
        self.behind = ""

    async def run(self, stop: asyncio.Event) -> None:
        """Look until told to stop."""
        while not stop.is_set():
            try:
                await self.look()
            except StoreUnavailable as error:
                # Whoever needs the database tells of it.
                log.debug("the configuration in force cannot be read: %s", error)
            except Exception as error:
                if str(error) != self._trouble:
                    log.exception("the configuration in force cannot be read")
                self._trouble = str(error)
            try:
                await asyncio.wait_for(stop.wait(), _AGAIN_S if self.behind else self._look_s)
            except TimeoutError:
                continue

    async def look(self) -> None:
        """Take over what is in force, if it is another, and what the file says of the process itself."""
        await asyncio.to_thread(self.look_now)

    def look_now(self) -> None:
        """The same in this thread, for whoever is about to decide by it.

        Raises:
            StoreUnavailable: The database cannot be reached.
        """
        with self._looking:
            if self._is_runner_taken_over():
                self._taken_over(self._application.registry)
            if self._is_taken_over():
                self._taken_over(self._application.registry)

    def _is_runner_taken_over(self) -> bool:
        state: object = None
        try:
            state = self._file_state()
            if state == self._seen:
                self._unread = None
                return False
            self._seen = state
            found = self._reread().runner
        except Exception as error:  # noqa: BLE001 - as below: half a file, or none
            unread = (state, _why_unread(error))
            if unread != self._unread:
                log.warning("[runner] of its file cannot be read again, and stays as it was: %s", unread[1])
            self._unread = unread
            return False
        self._unread = None
        own = self._application.registry.runner
        if (found.host, found.port) != (own.host, own.port):
            log.warning("its file has another runner.listen, which counts from its next start")
        kept = _listening_as(own, found)
        changed = [
            f"runner.{one.name}" for one in fields(RunnerSettings) if getattr(kept, one.name) != getattr(own, one.name)
        ]
        if changed:
            self._application.take_over_runner(kept)
            log.warning("goes by what its file says now of %s", ", ".join(changed))
        return bool(changed)

    def _is_taken_over(self) -> bool:
        newest = self._application.applied_after(self._version)
        if newest is not None:
            self._version, self._wanted = newest
        if self._wanted is None or self._wanted.fingerprint == self._own:
            self.behind = ""
            return False
        why = self._refusal(self._wanted)
        if why and why != self.behind:
            log.warning("a newer configuration is in force, and this process goes by an earlier one: %s", why)
        elif not why:
            self._own = self._wanted.fingerprint
            log.warning("goes by the configuration that %s put in force", self._wanted.by)
        self.behind = why
        return not why

    def _refusal(self, wanted: ConfigurationApplied) -> str:
        """Why the one in force could not be taken over; empty where it was."""
        try:
            found = self._reread()
            if fingerprint(found) == wanted.fingerprint:
                self._application.take_over(found)
                return ""
        except ConfigurationError as error:
            return (
                f"its file cannot be used ({_why_unread(error)}); where `enrichcore check` finds no fault, restart it"
            )
        except Exception as error:  # noqa: BLE001 - whatever keeps the file away, somebody must hear of it
            return f"its file cannot be read ({_why_unread(error)})"
        told = differing(differences(wanted.snapshot, snapshot(found)))
        return f"its file and environment are not those in force: {told}; give it those, and restart it"


def _why_unread(error: Exception) -> str:
    """The faults of the file, whose words hold no secret, or what kind of error it is: the words of others may."""
    if isinstance(error, ConfigurationError):
        more = len(error.faults) - _FAULTS_TOLD
        told = [str(fault)[:_FAULT_CHARACTERS] for fault in error.faults[:_FAULTS_TOLD]]
        return ". ".join([*told, *([f"And {more} more, which `enrichcore check` names"] if more > 0 else [])])
    return type(error).__name__


def _listening_as(own: RunnerSettings, found: RunnerSettings) -> RunnerSettings:
    """What is found, but where the process listens already, which is also where answers come by default."""
    kept = evolve(found, host=own.host, port=own.port)
    derived = found.callback_base_url == f"http://{found.host}:{found.port}"
    return evolve(kept, callback_base_url=f"http://{own.host}:{own.port}") if derived else kept
