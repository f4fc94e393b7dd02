"""Senders of one process share the claims that were not heard of, and may look for them at the same time."""

from collections import deque
from types import SimpleNamespace

import pytest

from enrichcore.application.unheard import hand_back
from enrichcore.store import StoreUnavailable


class _Emptied(deque):
    """Another thread takes the last row in the moment in which this one looks whether there is any."""

    def __bool__(self):
        if len(self) == 1:
            self.clear()
            return True
        return len(self) > 0


def test_what_another_thread_takes_keeps_nothing_else_from_being_handed_back():
    """A thread that finds the queue empty goes on with what it took; where the database is away it forgets none of it."""
    rows = _Emptied(["first", "second"])

    def away(_):
        raise StoreUnavailable("away")

    with pytest.raises(StoreUnavailable):
        hand_back(SimpleNamespace(decided_alone=away), rows)
    assert "first" in list(rows)
