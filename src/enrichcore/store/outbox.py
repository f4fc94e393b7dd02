"""What people are to be told of, as rows that wait to be sent: at least once, by whichever process is first.

Events of the log become notifications together with the position up to which the log was looked through, in one
transaction, so none is missed and none is put in twice. A notification that was taken and not told is due again when its
lease is over.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from attrs import frozen
from psycopg import Connection
from psycopg.rows import TupleRow

from enrichcore.domain import events as e
from enrichcore.domain.budget_news import Look, Told, looked
from enrichcore.domain.ids import BatchId
from enrichcore.store.commit import StoreUnavailable
from enrichcore.store.postgres import UNREACHABLE, PostgresStore
from enrichcore.store.statements import statements

#: Events looked at in one transaction.
_PAGE = 200


@frozen(kw_only=True)
class Notification:
    """Something to tell."""

    #: The same for the same news, so that whoever hears it twice can know.
    notification_id: UUID
    #: What kind of news it is.
    notice: str
    #: JSON.
    body: str
    #: How often it was tried, this time included; 0 before the first.
    attempts: int = 0


@frozen(kw_only=True)
class BatchResult:
    """What came of a batch."""

    upload_id: UUID
    workstream: str
    credits: Decimal


class Outbox:
    """The notifications of a store."""

    def __init__(self, store: PostgresStore) -> None:
        self._store = store

    def begin(self) -> None:
        """Look at the log from now on, unless somebody does already."""
        with self._connection() as connection:
            connection.execute(_sql("begin"))

    def gather(self, kinds: Iterable[type[e.Event]], notify: Callable[[e.Recorded], Notification | None]) -> int:
        """Put in what happened since the log was last looked at; how many events there were.

        Args:
            kinds: classes of events that may be news; those of a person or company are not found.
            notify: makes the notification; None where nobody is to hear of it.
        """
        topics = [kind.__name__ for kind in kinds]
        with self._connection() as connection, connection.transaction():
            after = connection.execute(_sql("looked_until")).fetchone()
            if after is None:
                return 0
            params = {"topics": topics, "after": after[0], "limit": _PAGE}
            found = [self._store.recorded(row) for row in connection.execute(_sql("happened"), params, binary=True)]
            if found:
                _put(connection, [made for one in found if (made := notify(one)) is not None])
                connection.execute(_sql("look_on"), {"position": found[-1].position})
        return len(found)

    def look_at_budget(
        self,
        client_id: UUID,
        notice: str,
        look: Look,
        credits_since: Callable[[date], Decimal],
        notify: Callable[[int], Notification],
    ) -> bool:
        """Remember how a budget is found, and put in that it is spent, once for each time; tells whether that was news.

        Args:
            client_id: whose budget.
            notice: what people would be told.
            look: how the budget is found.
            credits_since: credits that are reserved, or were spent from a day on.
            notify: makes the notification, given how often that was news, this time included.
        """
        with self._connection() as connection, connection.transaction():
            told = _told(connection.execute(_sql("told_of_budget"), {"client": client_id, "notice": notice}).fetchone())
            after = looked(told, look, _freed(told, look, credits_since))
            if after is None or after == told:
                return False
            params = {"client": client_id, "notice": notice, "times": after.times, "holds": after.holds}
            found = {name: getattr(after.look, name) for name in ("budget_credits", "used", "since", "at")}
            connection.execute(_sql("remember_budget"), params | found)
            if told is not None and told.times == after.times:
                return False
            # Two that look for the first time both make it, with one id.
            _put(connection, [notify(after.times)])
        return True

    def put(self, notifications: Sequence[Notification]) -> None:
        """Put notifications in that are not there."""
        with self._connection() as connection:
            _put(connection, notifications)

    def take(self, notices: Iterable[str], limit: int, lease: timedelta) -> list[Notification]:
        """Take what is due of some kinds of news; what is not told within the lease is due again."""
        params = {"notices": list(notices), "limit": limit, "lease": lease}
        with self._connection() as connection:
            rows = connection.execute(_sql("take"), params, binary=True).fetchall()
        return [
            Notification(notification_id=found, notice=notice, body=body, attempts=attempts)
            for found, notice, body, attempts in rows
        ]

    def told(self, notification_id: UUID) -> None:
        """It was heard."""
        self._execute("told", id=notification_id)

    def put_off(self, notification_id: UUID, trouble: str, pause: timedelta, *, last: bool) -> None:
        """It was not heard: it is due again after a pause, unless this was the last attempt."""
        self._execute("put_off", id=notification_id, trouble=trouble, pause=pause, last=last)

    def forget(self, age: timedelta) -> None:
        """Forget what was told, or given up, longer ago than this."""
        self._execute("forget", age=age)

    def batch_result(self, batch_id: BatchId) -> BatchResult:
        """What came of a batch; it must be there."""
        with self._connection() as connection:
            row = connection.execute(_sql("batch_result"), {"batch": batch_id}, binary=True).fetchone()
        assert row is not None  # noqa: S101 - asked for a batch that finished
        return BatchResult(credits=row[0], upload_id=row[1], workstream=row[2])

    def _execute(self, name: str, **params: Any) -> None:
        with self._connection() as connection:
            connection.execute(_sql(name), params)

    @contextmanager
    def _connection(self) -> Iterator[Connection[TupleRow]]:
        try:
            with self._store.pool.connection() as connection:
                yield connection
        except UNREACHABLE as error:
            raise StoreUnavailable(f"the database cannot be used now: {str(error).splitlines()[0]}") from error


def _told(row: TupleRow | None) -> Told | None:
    if row is None:
        return None
    budget_credits, used, since, seen_at, times, holds = row
    look = Look(budget_credits=budget_credits, used=used, since=since, at=seen_at, holds=True)
    return Told(look=look, times=times, holds=holds)


def _freed(told: Told | None, look: Look, credits_since: Callable[[date], Decimal]) -> Decimal:
    if told is None or told.look.since is None or look.since is None or told.look.since >= look.since:
        return Decimal(0)
    return credits_since(told.look.since) - credits_since(look.since)


def _put(connection: Connection[TupleRow], news: Sequence[Notification]) -> None:
    if news:
        params: Mapping[str, Any] = {
            "ids": [one.notification_id for one in news],
            "notices": [one.notice for one in news],
            "bodies": [one.body for one in news],
        }
        connection.execute(_sql("put"), params)


def _sql(name: str) -> str:
    return statements("outbox")[name]
