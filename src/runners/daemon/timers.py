"""The timers: leases, deadlines and pauses end in bulk; batches finish; days pass; interrupted launches are filled."""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from enrichcore.application import Enrichment
from enrichcore.store import Conflict, StoreUnavailable

log = logging.getLogger("enrichcore.timers")

_TICK_S: Final = 0.25
_BULK: Final = 2000
#: A launch that has made nothing for this long is taken over.
_FILL_AFTER: Final = timedelta(seconds=60)


class Timers:
    """Does what time asks for, until told to stop."""

    def __init__(self, application: Enrichment, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._application = application
        self._clock = clock
        self._up_since = clock()

    async def run(self, stop: asyncio.Event) -> None:
        """Tick until told to stop."""
        while not stop.is_set():
            try:
                moved = await asyncio.to_thread(self.tick)
            except (StoreUnavailable, Conflict) as error:
                log.warning("timers wait: %s", error)
                moved = 0
            if not moved:
                try:
                    await asyncio.wait_for(stop.wait(), _TICK_S)
                except TimeoutError:
                    continue

    def tick(self) -> int:
        """One round; how many runs moved."""
        now = self._clock()
        application = self._application
        moved = application.wake(_BULK, receiver_up=timedelta(0))
        moved += application.wake(_BULK, receiver_up=now - self._up_since)
        application.turn_batches()
        application.pass_day(now.date())
        for batch, _ in application.store.batches():
            if not batch.filled and now - batch.launched_at > _FILL_AFTER:
                log.warning("filling batch %s, whose launch was interrupted", batch.batch_id)
                application.fill(batch.batch_id)
        return moved
