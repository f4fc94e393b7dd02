"""A store between whose reads and commits something else happens, so that a race is a thing a test can write down."""

from collections.abc import Callable

from enrichcore.store import MemoryStore


class RacingStore(MemoryStore):
    """The store in memory, before whose next commit, or the one after it, an intruder commits."""

    def __init__(self):
        super().__init__()
        self._intruder: Callable[[], object] | None = None
        self._commits_before = 0

    def race(self, intruder: Callable[[], object], *, after: int = 0) -> None:
        """Let the intruder go first, when that many commits have passed."""
        self._intruder, self._commits_before = intruder, after

    def end_race(self) -> bool:
        """Forget an intruder who had no turn; tells whether there was one."""
        waiting, self._intruder = self._intruder is not None, None
        return waiting

    def append(self, commit):
        """Commit, after the intruder."""
        if self._intruder is not None and not self._commits_before:
            intruder, self._intruder = self._intruder, None
            intruder()
        self._commits_before = max(self._commits_before - 1, 0)
        return super().append(commit)
