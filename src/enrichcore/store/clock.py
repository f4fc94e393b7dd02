"""The database's time, which all runners share: leases, deadlines and due times are compared across hosts.

A host's own clock only counts the seconds since the database was last asked, so a host whose clock is wrong, or is set
while it runs, takes no row for another's and lets none go too early.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from attrs import frozen

#: How long the host's own seconds are trusted.
ASK_EVERY_S: Final = 5.0


def utc_now() -> datetime:
    """The time of this host, in UTC."""
    return datetime.now(UTC)


def seconds_passed() -> float:
    """Seconds of a clock that nobody sets and that runs on while the host sleeps; where there is none, the host's time."""
    boot_time = getattr(time, "CLOCK_BOOTTIME", None)
    return time.time() if boot_time is None else time.clock_gettime(boot_time)


@frozen
class _Asked:
    """What the database said, and when that was in the host's own seconds."""

    told: datetime
    at_s: float

    def now(self, own_s: float) -> datetime:
        return self.told + timedelta(seconds=own_s - self.at_s)

    def stale(self, own_s: float) -> bool:
        return not 0 <= own_s - self.at_s < ASK_EVERY_S


class DatabaseClock:
    """Tells the database's time, never ahead of it, and behind by no more than its answer took to arrive.

    Args:
        ask: asks the database.
        own: seconds of the host.
    """

    def __init__(self, ask: Callable[[], datetime], own: Callable[[], float] = seconds_passed) -> None:
        self._ask = ask
        self._own = own
        self._asked: _Asked | None = None

    def __call__(self) -> datetime:
        """The time in UTC; a round trip every few seconds.

        Raises:
            StoreUnavailable: The database had to be asked and cannot be reached.
        """
        asked, own_s = self._asked, self._own()
        if asked is None or asked.stale(own_s):
            told = self._ask()
            # Asking may have waited for a connection. Behind by the way back is safe, ahead would end leases early.
            own_s = self._own()
            asked = self._asked = _Asked(told.astimezone(UTC), own_s)
        return asked.now(own_s)

    def without_asking(self) -> datetime:
        """The time in UTC as far as it is known without a round trip, for those who must not wait for one."""
        return utc_now() if self._asked is None else self._asked.now(self._own())
