"""The pace of a group of lanes where rows leave.

Tokens are taken when rows are claimed, over all runners. Where a commit or the machine stalls between claim and send, rows of
two claims would leave together, faster than the third party allows; so each runner spaces its own once more, by the same rate
and burst. Rows that come as their tokens did wait for nothing.
"""

from enrichcore.application.sending import Pace


class Pacer:
    """When the next row of each pace group may leave: a leaky bucket, in the form known as GCRA."""

    def __init__(self) -> None:
        #: By group: until when all that left is paid for, on the clock that `delay_s` is told.
        self._paid_until: dict[str, float] = {}

    def delay_s(self, pace: Pace, now: float) -> float:
        """How many seconds the next row has to wait; it is taken to leave then.

        Args:
            pace: the group's, as it was claimed.
            now: seconds on a clock that never goes back.
        """
        each = 1 / pace.rate
        paid_until = max(self._paid_until.get(pace.group, now), now)
        self._paid_until[pace.group] = paid_until + each
        return max(paid_until - (pace.burst - 1) * each - now, 0.0)
