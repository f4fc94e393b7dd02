"""The pace of a group of lanes where rows leave.

Tokens are taken when rows are claimed, over all runners. Where a commit or the machine stalls between claim and send, rows of
two claims would leave together, faster than the third party allows; so each runner spaces its own once more, by the same rate
and burst. Rows that come as their tokens did wait for nothing. What a response says of a whole lane counts there at once, too.
"""

from collections.abc import Collection

from enrichcore.application.sending import Pace
from enrichcore.domain.ids import LaneId


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


class Shut:
    """Lanes on which a response lets nothing more leave, for the rows that were claimed before that was recorded.

    Once it is, a claim takes no row of such a lane; so a later claim that does tells that the lane is open again.
    """

    def __init__(self) -> None:
        #: What the response said, and whether it is recorded.
        self._said: dict[LaneId, tuple[str, bool]] = {}

    def shut(self, lane: LaneId, said: str) -> None:
        """A row was told to wait, or that the lane is refused."""
        self._said[lane] = (said, False)

    def recorded(self, lane: LaneId) -> None:
        """It is, or never will be."""
        if lane in self._said:
            self._said[lane] = (self._said[lane][0], True)

    def why(self, lane: LaneId) -> str:
        """What the response said; empty where rows may leave."""
        return self._said.get(lane, ("", False))[0]

    def known(self) -> list[LaneId]:
        """The lanes of which a claim that begins now takes a row only where they are open again."""
        return [lane for lane, (_, recorded) in self._said.items() if recorded]

    def open(self, lanes: Collection[LaneId]) -> None:
        """Rows of these may leave."""
        for lane in lanes:
            self._said.pop(lane, None)
