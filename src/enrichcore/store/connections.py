"""Connections to PostgreSQL: a pool that notices soon when its server is gone, and soon when it is back.

By itself psycopg's pool waits twice as long after each failure, for minutes in the end, and TCP takes a host that vanished
without a word for a slow one, for a quarter of an hour.

A role or a database may have settings of its own, under which the same statements would tell other things: every session
that is opened here has ours.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import psycopg
from psycopg import Connection
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool

from enrichcore.store.arrays import Column, ColumnDumper

#: Seconds that whoever needs a connection waits for one.
WAIT_S: Final = 15
#: Seconds after which the pause between attempts to connect begins anew at one second.
RECONNECT_S: Final = 2.0
#: What libpq is told unless the URL says otherwise. A host that is silent for some twenty seconds is given up, and what was
#: asked of it fails and is asked again; a long query is no silence, for its host still answers for the connection.
CONNECTING: Final = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 2,
    "tcp_user_timeout": 20_000,
}

#: What statements and the driver rely on, as the server tells it by itself. A transaction-mode pooler keeps these for its
#: clients, which it does not for others.
SESSION: Final = {
    "DateStyle": "ISO, MDY",
    "IntervalStyle": "postgres",
    "TimeZone": "UTC",
    "standard_conforming_strings": "on",
}

#: The session is of no use any more: its server became a read-only one, or its transaction was ended under us.
LOST_SESSION: Final = (
    psycopg.errors.ReadOnlySqlTransaction,
    psycopg.errors.IdleInTransactionSessionTimeout,
    psycopg.errors.TransactionTimeout,
    psycopg.errors.InFailedSqlTransaction,
    psycopg.errors.InternalError_,
)


class Pool(ConnectionPool[Connection[TupleRow]]):
    """A pool that gives up a connection whose session is lost: given back as it is, it would fail whoever has it next."""

    @contextmanager
    def connection(self, timeout: float | None = None) -> Iterator[Connection[TupleRow]]:
        """A connection, as of the library's pool."""
        with super().connection(timeout) as connection:
            try:
                yield connection
            except LOST_SESSION:
                connection.close()
                raise


def opened_pool(url: str, size: int) -> Pool:
    """A pool that is open; it connects when it can.

    Args:
        url: a PostgreSQL connection string; what it says of time-outs holds.
        size: most connections held at once.
    """
    pool = Pool(
        url, min_size=1, max_size=size, open=False, timeout=WAIT_S, kwargs=options(url), configure=_configure,
        reconnect_timeout=RECONNECT_S, reconnect_failed=Pool.check,
    )  # fmt: skip
    pool.open()
    return pool


def connected(url: str) -> Connection[TupleRow]:
    """A connection beside the pool, opened as those of the pool are.

    Args:
        url: a PostgreSQL connection string; what it says of time-outs holds.
    """
    connection = psycopg.connect(url, **options(url))
    _configure(connection)
    return connection


def options(url: str) -> dict[str, Any]:
    """With what a connection to that database is opened, beside its URL."""
    said = conninfo_to_dict(url)
    # A role of the server may prefer another encoding, which holds not every name.
    return {
        "prepare_threshold": None,
        "client_encoding": "utf8",
        **{name: value for name, value in CONNECTING.items() if name not in said},
    }


def _configure(connection: Connection[TupleRow]) -> None:
    connection.adapters.register_dumper(Column, ColumnDumper)
    told = {name: connection.info.parameter_status(name) for name in SESSION}
    other = [name for name, value in SESSION.items() if told[name] not in {value, None}]
    if other:
        connection.execute(
            "select set_config(name, value, false) from unnest(%s::text[], %s::text[]) as ours (name, value)",
            [other, [SESSION[name] for name in other]],
        )
        connection.commit()
