"""How hypothesis searches: quickly by default, deeply with `HYPOTHESIS_PROFILE=deep`."""

import os

from hypothesis import settings

settings.register_profile("quick", max_examples=50, stateful_step_count=30, deadline=None, print_blob=True)
settings.register_profile("deep", max_examples=2000, stateful_step_count=100, deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or "quick")
