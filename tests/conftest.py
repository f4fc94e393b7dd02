"""How hypothesis searches: quickly by default, deeply with `HYPOTHESIS_PROFILE=deep`."""

import os

import pytest
from hypothesis import settings

# Suites shared by several folders explain their failures as test modules do.
pytest.register_assert_rewrite("tests.contracts")

settings.register_profile("quick", max_examples=50, stateful_step_count=30, deadline=None, print_blob=True)
settings.register_profile("deep", max_examples=2000, stateful_step_count=100, deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or "quick")
