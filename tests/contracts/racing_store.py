"""A store between whose reads and commits something else happens, so that a race is a thing a test can write down."""

from collections.abc import Callable

from enrichcore.store import MemoryStore


class RacingStore(MemoryStore):
    """The store in memory, before whose next commit, or the one after it, an intruder commits."""

    def __init__(self):
        super().__init__()
        self._intruder: Callable[[], object] | None = None
        self._commits_before = 0
        self._when_asked: Callable[[], object] | None = None
        self._between_reads: Callable[[], object] | None = None
        self._besieger: Callable[[], object] | None = None

    def race(self, intruder: Callable[[], object], *, after: int = 0) -> None:
        """Let the intruder go first, when that many commits have passed."""
        self._intruder, self._commits_before = intruder, after

    def end_race(self) -> bool:
        """Forget an intruder who had no turn; tells whether there was one."""
        waiting, self._intruder = self._intruder is not None, None
        return waiting

    def besiege(self, intruder: Callable[[], object]) -> None:
        """Let the intruder go first before each commit from now on, except its own."""
        self._besieger = intruder

    def race_after_waiters(self, intruder: Callable[[], object]) -> None:
        """Let the intruder go when it was told who waits, before anything is made of that."""
        self._when_asked = intruder

    def race_between_reads(self, intruder: Callable[[], object]) -> None:
        """Let the intruder go between the two questions about people: whose rows are out, and who was answered."""
        self._between_reads = intruder

    def answered_items(self, person_ids):
        """Tell who was answered, and let the intruder go at that side of it at which the other question is."""
        found = super().answered_items(person_ids)
        self._between()
        return found

    def out_items(self, person_ids):
        """Tell whose rows are out; as above."""
        found = super().out_items(person_ids)
        self._between()
        return found

    def _between(self):
        if self._between_reads is not None:
            intruder, self._between_reads = self._between_reads, None
            intruder()

    def waiters(self, company_run_ids):
        """Tell who waits, then let the intruder go."""
        found = super().waiters(company_run_ids)
        if self._when_asked is not None:
            intruder, self._when_asked = self._when_asked, None
            intruder()
        return found

    def append(self, commit):
        """Commit, after the intruder."""
        if self._besieger is not None:
            besieger, self._besieger = self._besieger, None
            besieger()
            self._besieger = besieger
        if self._intruder is not None and not self._commits_before:
            intruder, self._intruder = self._intruder, None
            intruder()
        self._commits_before = max(self._commits_before - 1, 0)
        return super().append(commit)
