"""What a run costs, seen from outside: commits, WAL, disk and processor time of PostgreSQL, memory and lag of a daemon."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from time import sleep
from typing import Any, Self

import psycopg
from harness import KIB, Sampler, cpu_s, family, is_python, pss_kib

from projections import READ_MODELS

CLOCK_TICKS = 100
#: Until backends have told what they committed.
TELL_S = 2.0
#: Read models that follow the log; the others are views.
FOLLOWED = [model.name for model in READ_MODELS if model.tables]
#: Age in seconds of the oldest event that some read model does not hold yet; none where all hold all.
LAG = """
select extract(epoch from now() - recorded_at)::float8 from enrichcore.stored_events
where position > (
    select coalesce(min(position), 0) from enrichcore.checkpoints where read_model = any(%s)) order by position limit 1
"""

SIZE = """
select coalesce(sum(pg_total_relation_size(c.oid)), 0)
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'r' and n.nspname || '.' || c.relname like any(%s::text[])
"""


def settle(url: str) -> None:
    """Let the server know its tables, as it would some minutes after they were filled."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("vacuum analyze")
    # What a session committed is counted when it has ended, which it does by itself.
    sleep(TELL_S)


class Gauges:
    """Counters of one database and its server; its own questions are counted, so that they can be taken off."""

    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url, autocommit=True)
        self._counters = psycopg.connect(psycopg.conninfo.make_conninfo(url, dbname="postgres"), autocommit=True)
        self._name = self._connection.info.dbname
        self._asked = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()
        self._counters.close()

    def ask(self, query: str, *params: Any) -> Any:
        """The first column of the first row; None where there is no row."""
        self._asked += 1
        row = self._connection.execute(query, params).fetchone()
        return None if row is None else row[0]

    def commits(self) -> int:
        """Transactions committed in the database by others; a backend that is still open may tell them a second late."""
        query = "select xact_commit from pg_stat_database where datname = %s"
        return self._counter(query, self._name) - self._asked

    def wal_bytes(self) -> int:
        """Bytes of WAL that the server wrote since it was made."""
        return self._counter("select (pg_current_wal_insert_lsn() - '0/0')::bigint")

    def size(self, tables: Iterable[str]) -> int:
        """Bytes of tables with their indexes and TOAST; each is a pattern as `like` takes it."""
        return int(self.ask(SIZE, list(tables)))

    def server_cpu_s(self) -> float:
        """Processor seconds of the server's processes, those that ended among them; 0 where it runs elsewhere."""
        backend = Path(f"/proc/{self._counters.info.backend_pid}/stat")
        if not backend.exists():
            return 0.0
        postmaster = int(backend.read_text().rpartition(")")[2].split()[1])
        ended = Path(f"/proc/{postmaster}/stat").read_text().rpartition(")")[2].split()[13:15]
        return sum(map(float, ended)) / CLOCK_TICKS + total_cpu_s(family(postmaster))

    def wait(self, query: str, *params: Any, every_s: float = 0.5, progress: Callable[[], None] = lambda: None) -> None:
        """Ask until the answer is true."""
        while not self.ask(query, *params):
            progress()
            sleep(every_s)

    def _counter(self, query: str, *params: Any) -> int:
        row = self._counters.execute(query, params).fetchone()
        return int(row[0]) if row else 0


def total_cpu_s(pids: Iterable[int]) -> float:
    """Processor seconds of processes; one that ends meanwhile counts nothing."""
    total = 0.0
    for pid in pids:
        try:
            total += cpu_s(pid)
        except OSError:
            continue
    return total


def memory_mib(pids: Iterable[int]) -> float:
    """Proportional set size of those of the processes that are Python."""
    return sum(pss_kib(pid) for pid in pids if is_python(pid)) / KIB


class Watch(Sampler):
    """Watches processes, and how far read models are behind the log, once a second until the block ends."""

    def __init__(self, gauges: Gauges, pids: Callable[[], Sequence[int]], *, every_s: float = 1.0) -> None:
        super().__init__(every_s)
        self._gauges = gauges
        self._pids = pids
        self.most_memory_mib = 0.0
        self.lags_s: list[float] = []

    def _look(self) -> None:
        self.most_memory_mib = max(self.most_memory_mib, memory_mib(self._pids()))
        self.lags_s.append(float(self._gauges.ask(LAG, FOLLOWED) or 0.0))
