"""The receiver's heartbeat: how timers, in whatever process, know since when callbacks could be taken.

An answer is held to be missing only when a receiver has been up for some time. Whatever kept callbacks from being stored,
also the database's absence, makes that time begin anew.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import Final
from uuid import uuid4

from enrichcore.application.answers import UNAUTHORIZED
from enrichcore.store import Store, StoreUnavailable
from enrichcore.store.commit import Commit
from runners.daemon.receiver import Turned

log = logging.getLogger("enrichcore.receiver")

#: Three beats may be missed before a receiver counts as lost.
_BEAT_S: Final = 3.0


class Heartbeat:
    """Says in the store that this process takes callbacks, and how many it turned away, until told to stop."""

    def __init__(self, store: Store, turned: Turned | None = None, *, beat_s: float = _BEAT_S) -> None:
        self._store = store
        self._turned = turned or Turned()
        self._beat_s = beat_s
        self._runner_id = uuid4()
        self._interrupted = True

    def interrupt(self) -> None:
        """A callback met a database that is away."""
        self._interrupted = True

    async def run(self, stop: asyncio.Event) -> None:
        """Beat until told to stop, and then leave."""
        while not stop.is_set():
            await self._beat()
            try:
                await asyncio.wait_for(stop.wait(), self._beat_s)
            except TimeoutError:
                continue
        await self._count()
        try:
            await asyncio.to_thread(self._store.leave, self._runner_id)
        except Exception as error:  # noqa: BLE001 - a receiver that is not heard of is soon held for lost
            log.warning("the receiver stops, and could not say so: %s", error)

    async def _beat(self) -> None:
        anew, self._interrupted = self._interrupted, False
        try:
            await asyncio.to_thread(self._store.beat, self._runner_id, anew=anew)
        except Exception as error:  # noqa: BLE001 - whatever keeps the beat away keeps callbacks away too
            log.warning("the receiver cannot be heard of: %s", error)
            self._interrupted = True
        else:
            await self._count()

    async def _count(self) -> None:
        if not (number := self._turned.take()):
            return
        try:
            await asyncio.to_thread(self._store.append, Commit(answers=Counter({UNAUTHORIZED: number})))
        except Exception as error:  # noqa: BLE001 - no callback waits for it
            log.warning("callbacks that were turned away are counted later: %s", error)
            self._turned.put_back(number)


class Presence:
    """Says in the store which roles this process runs, so that who asks why nothing moves hears whether anybody is there.

    Args:
        store: where it says so.
        roles: what the process does.
        behind: why it goes by an earlier configuration than the one in force; empty where it does not.
        beat_s: seconds between two times.
    """

    def __init__(
        self, store: Store, roles: Collection[str], behind: Callable[[], str] = str, *, beat_s: float = _BEAT_S
    ) -> None:
        self._store = store
        self._roles = [str(role) for role in roles]
        self._behind = behind
        self._beat_s = beat_s
        self._runner_id = uuid4()

    async def run(self, stop: asyncio.Event) -> None:
        """Say so until told to stop, and then leave."""
        trouble = ""
        while not stop.is_set():
            try:
                await asyncio.to_thread(self._store.here, self._runner_id, self._roles, self._behind())
            except StoreUnavailable as error:
                # Whoever needs the database tells of it.
                log.debug("the runner cannot be heard of: %s", error)
            except Exception as error:
                if str(error) != trouble:
                    log.exception("the runner cannot be heard of, so `explain` and `status` hold it for gone")
                trouble = str(error)
            try:
                await asyncio.wait_for(stop.wait(), self._beat_s)
            except TimeoutError:
                continue
        with suppress(Exception):
            await asyncio.to_thread(self._store.gone, self._runner_id)
