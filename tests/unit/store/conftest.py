"""The store in memory, for the suites that every store has to pass."""

import pytest

pytest.register_assert_rewrite("tests.contracts")

from enrichcore.store import MemoryStore  # noqa: E402 - assertions are rewritten only in what is imported afterwards


@pytest.fixture
def store():
    """A store that forgets."""
    return MemoryStore()
