"""The store in memory, for the suites that every store has to pass."""

import pytest

from enrichcore.store import MemoryStore


@pytest.fixture
def store():
    """A store that forgets."""
    return MemoryStore()
