"""Where a runner may die, or another may come in between: moments in the life of a commit and of a claim, by name.

A store behind a `PointedStore` is any other store, except that someone is told whenever one of these moments is reached and
may raise `Died` there. What was open is then rolled back by the store itself, as the database does when it loses a client.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from enrichcore.store.commit import Commit, Store


class CrashPoint(StrEnum):
    """A moment at which a runner may be gone."""

    #: It has decided, and sent nothing to the database.
    COMMIT_BEGINS = "commit_begins"
    #: What it decided is durable, and it does not know.
    COMMIT_DURABLE = "commit_durable"
    #: It holds rows that it is about to claim; its transaction is open.
    ROWS_LOCKED = "rows_locked"
    #: `StepSending` is written; its transaction is open.
    CLAIM_WRITTEN = "claim_written"
    #: `StepSending` is durable, and it does not know.
    CLAIM_DURABLE = "claim_durable"
    #: It has the row, and the first byte has not left.
    ROW_IN_HAND = "row_in_hand"
    #: The third party has the row, and nothing is recorded of that.
    ROW_TAKEN = "row_taken"


#: Points within the transaction of a claim: what another runner needs may be locked here.
IN_TRANSACTION = frozenset({CrashPoint.ROWS_LOCKED, CrashPoint.CLAIM_WRITTEN})
#: Points at which a runner speaks to the database, and may lose it.
AT_THE_DATABASE = frozenset(CrashPoint) - {CrashPoint.ROW_IN_HAND, CrashPoint.ROW_TAKEN}


class Died(BaseException):
    """The runner is gone; no handler of ordinary faults may catch this, for no code runs after a SIGKILL."""


Reach = Callable[[CrashPoint], None]


class PointedStore:
    """A store that tells when a moment is reached.

    Args:
        inner: the store that does the work.
        reach: told each moment; raises `Died` where the runner is to die.
    """

    def __init__(self, inner: Store, reach: Reach) -> None:
        self._inner = inner
        self._reach = reach

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def append(self, commit: Commit) -> Sequence[int]:
        """As of the store."""
        self._reach(CrashPoint.COMMIT_BEGINS)
        positions = self._inner.append(commit)
        self._reach(CrashPoint.COMMIT_DURABLE)
        return positions

    @contextmanager
    def claims(self) -> Iterator["_PointedClaims"]:
        """As of the store."""
        with self._inner.claims() as inner:
            claims = _PointedClaims(inner, self._reach)
            yield claims
            if claims.written and claims.claiming:
                self._reach(CrashPoint.CLAIM_WRITTEN)
        if claims.written:
            self._reach(CrashPoint.CLAIM_DURABLE if claims.claiming else CrashPoint.COMMIT_DURABLE)


class _PointedClaims:
    """A transaction that tells when a moment is reached: of a claim where it asks for rows, else of a commit."""

    def __init__(self, inner: Any, reach: Reach) -> None:
        self._inner = inner
        self._reach = reach
        self.claiming = False
        self.written = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def ready(self, lane: UUID, now: datetime, limit: int, besides: Collection[UUID] = ()) -> list[UUID]:
        """As of the store."""
        self.claiming = True
        found: list[UUID] = self._inner.ready(lane, now, limit, besides)
        if found:
            self._reach(CrashPoint.ROWS_LOCKED)
        return found

    def append(self, commit: Commit) -> Sequence[int]:
        """As of the store."""
        if not self.claiming:
            self._reach(CrashPoint.COMMIT_BEGINS)
        positions: Sequence[int] = self._inner.append(commit)
        self.written = True
        return positions
