"""An empty log, for tests to write."""

import pytest

from tests.unit.projections.written_log import WrittenLog


@pytest.fixture
def log():
    """An empty log."""
    return WrittenLog()
