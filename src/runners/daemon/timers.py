"""The timers: leases, deadlines and pauses end in bulk; batches finish; days pass; interrupted launches are filled.

The directory learns here what answers told of who is who.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from time import monotonic
from typing import Final
from uuid import UUID

from enrichcore.application import Enrichment
from enrichcore.application.learning import PAGE
from enrichcore.domain.ids import BatchId
from enrichcore.store import Conflict, StoreUnavailable

log = logging.getLogger("enrichcore.timers")

_TICK_S: Final = 0.25
_RETRY_S: Final = 1.0
_BULK: Final = 2000
#: A launch that has made nothing for this long is taken over; a long one makes some items every second.
_FILL_AFTER: Final = timedelta(seconds=60)
#: How often batches that are not filled are counted.
_COUNT_EVERY: Final = timedelta(seconds=5)
#: How often companies' rows are looked for that cannot leave on their lane, and how many times as long as a search took none
#: is made.
_MOVE_EVERY_S: Final = 2.0
_SEARCHED_PART: Final = 20
#: How often items are looked for that wait for a local function.
_CALL_EVERY: Final = timedelta(seconds=2)
#: How often the directory learns what answers told; uploads and launches do not wait for it.
_LEARN_EVERY: Final = timedelta(seconds=5)


class Timers:
    """Does what time asks for, until told to stop."""

    def __init__(self, application: Enrichment, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._application = application
        self._clock = clock
        self._day: date | None = None
        self._launches = _Launches(application)
        #: When companies' rows are looked for again, on the monotonic clock.
        self._move_at = 0.0
        self._learnt_at: datetime | None = None
        self._called_at: datetime | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Tick until told to stop."""
        while not stop.is_set():
            try:
                pause_s = 0.0 if await asyncio.to_thread(self.tick) else _TICK_S
            except StoreUnavailable as error:
                log.warning("timers wait: %s", error)
                pause_s = _RETRY_S
            if pause_s:
                try:
                    await asyncio.wait_for(stop.wait(), pause_s)
                except TimeoutError:
                    continue

    def tick(self) -> int:
        """One round; how many runs moved.

        Raises:
            StoreUnavailable: The database cannot be reached; all of it is done in a later round.
        """
        application = self._application
        duties = (self._wake, application.turn_batches, self._pass_day, self._fill, self._move, self._call, self._learn)
        return sum(_done(duty) for duty in duties)

    def _wake(self) -> int:
        return self._application.wake(_BULK, receiver_up=self._application.store.receiver_up())

    def _pass_day(self) -> int:
        today = self._clock().date()
        if today != self._day:
            self._application.pass_day(today)
            self._day = today
        return 0

    def _call(self) -> int:
        now = self._clock()
        if self._called_at is not None and now - self._called_at < _CALL_EVERY:
            return 0
        moved = self._application.call_functions()
        if not moved:
            self._called_at = now
        return moved

    def _learn(self) -> int:
        now = self._clock()
        if self._learnt_at is not None and now - self._learnt_at < _LEARN_EVERY:
            return 0
        looked_at = self._application.learn()
        if looked_at >= PAGE:
            # There is more, and a tick is no longer than one page of it.
            return looked_at
        self._learnt_at = now
        return 0

    def _fill(self) -> int:
        return self._launches.go_on(self._clock())

    def _move(self) -> int:
        began = monotonic()
        if began < self._move_at:
            return 0
        try:
            return self._application.move_companies()
        finally:
            self._move_at = monotonic() + max(_MOVE_EVERY_S, _SEARCHED_PART * (monotonic() - began))


def _done(duty: Callable[[], int]) -> int:
    """Do it; a fault of one duty keeps no other from being done."""
    try:
        return duty()
    except StoreUnavailable:
        raise
    except Conflict as error:
        log.warning("one of the timers' duties waits: %s", error)
    except Exception:
        log.exception("one of the timers' duties failed")
    return 0


class _Launches:
    """Launches that stopped in the middle, completed a commit at a time, so that leases and deadlines are minded meanwhile."""

    def __init__(self, application: Enrichment) -> None:
        self._application = application
        self._filling: Iterator[int] = iter(())
        self._taken_over: BatchId | None = None
        self._counted_at: datetime | None = None
        #: By batch: how many items it had, and since when.
        self._stood: dict[UUID, tuple[int, datetime]] = {}

    def go_on(self, now: datetime) -> int:
        """Make some items of a launch that was interrupted; 0 where there is none."""
        if self._made_some():
            return 1
        if self._counted_at is None or now - self._counted_at >= _COUNT_EVERY:
            self._counted_at = now
            self._take_over(self._longest_still(now))
        return 0

    def _made_some(self) -> bool:
        try:
            return next(self._filling, None) is not None
        except (StoreUnavailable, Conflict):
            raise
        except Exception as fault:
            if self._taken_over is not None:
                self._application.note_filling_failed(self._taken_over, fault)
            raise

    def _longest_still(self, now: datetime) -> UUID | None:
        counts = self._application.store.unfilled()
        before = self._stood
        self._stood = {
            batch: before[batch] if batch in before and before[batch][0] == count else (count, now)
            for batch, count in counts.items()
        }
        still = [batch for batch, (_, since) in self._stood.items() if now - since >= _FILL_AFTER]
        return min(still, key=lambda batch: self._stood[batch][1], default=None)

    def _take_over(self, batch: UUID | None) -> None:
        if batch is not None:
            log.warning("filling batch %s, whose launch was interrupted", batch)
            # Should this attempt fail, the next one comes after another pause.
            del self._stood[batch]
            self._taken_over = BatchId(batch)
            self._filling = self._application.filling(self._taken_over)
