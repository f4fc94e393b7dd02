"""Deciding again when another writer was first.

The first retry comes at once, for most races are between two; from then on a random pause parts writers who would lose to
each other again and again.
"""

import random
import time
from collections.abc import Callable
from typing import Final, TypeVar

from enrichcore.store.commit import Conflict

#: Told how many races were lost so far, 2 or more.
Pause = Callable[[int], None]

#: Of the longest pause after two lost races; it doubles with each.
_FIRST_S: Final = 0.02
_LONGEST_S: Final = 0.5

T = TypeVar("T")


def pause_at_random(lost: int) -> None:
    """Sleep up to 20 ms after two lost races, up to twice as long after each further one, half a second at most."""
    longest = min(_FIRST_S * 2.0 ** (lost - 2), _LONGEST_S)
    time.sleep(random.uniform(0.0, longest))  # noqa: S311 - spreads load, keeps no secret


def decide_until_first(decide: Callable[[], T], pause: Pause, *, tries: int) -> T:
    """Decide and commit, and again each time another writer was first.

    Args:
        decide: one decision with its commit.
        pause: waits between two of them.
        tries: most decisions.

    Raises:
        Conflict: Other writers were first, every time.
    """
    for lost in range(1, tries):
        try:
            return decide()
        except Conflict:
            if lost > 1:
                pause(lost)
    return decide()
