"""For the tests of people who build on enrichcore: whatever happens, does a pipeline of theirs keep its promises?

`pipeline_machine` is a rule-based machine for a configuration; `strategies` has what the outside world may do and what a
configuration may say; `broken` reads a log and names the promises that it breaks. May import everything of enrichcore, and
hypothesis, which is no dependency of the package itself; nothing in enrichcore imports this room.
"""

from enrichcore.testing.crash_points import CrashPoint
from enrichcore.testing.machine import Placeholders, pipeline_machine
from enrichcore.testing.promises import broken
from enrichcore.testing.rehearsal import BrokenPromise

__all__ = ["BrokenPromise", "CrashPoint", "Placeholders", "broken", "pipeline_machine"]
