"""What every benchmark needs: a database of its own, measures of processes, and results as JSON lines and a table.

A result is one JSON object a line on standard output; the table goes to standard error, for people.
"""

import atexit
import json
import os
import platform
import shutil
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from statistics import median
from threading import Event, Thread
from typing import Any, Self
from uuid import uuid4

import psycopg
from rich.console import Console
from rich.table import Table

from enrichcore.projection import ensure_tables
from enrichcore.store.embedded import embedded_url
from enrichcore.store.postgres import PostgresStore
from projections import READ_MODELS

KIB = 1024


def server_url() -> str:
    """The server to measure on: `ENRICHCORE_BENCH_URL`, else an embedded one in a temporary folder, with fsync on."""
    return os.environ.get("ENRICHCORE_BENCH_URL") or embedded_url(own_folder())


def own_folder() -> Path:
    """A new folder, which is removed when this process ends; whatever is begun later ends before that."""
    folder = Path(tempfile.mkdtemp(prefix="enrichcore-bench-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@contextmanager
def database(server: str) -> Iterator[str]:
    """A new database with all tables; dropped at the end."""
    name = f"bench_{uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"create database {name}")
    url = psycopg.conninfo.make_conninfo(server, dbname=name)
    store = PostgresStore(url, pool_size=2)
    store.migrate()
    ensure_tables(store.pool, READ_MODELS)
    store.close()
    try:
        yield url
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"drop database {name} with (force)")


@contextmanager
def timed() -> Iterator[list[float]]:
    """The seconds that the block took, as the only entry of the list."""
    seconds: list[float] = []
    began = time.perf_counter()
    yield seconds
    seconds.append(time.perf_counter() - began)


class Sampler(ABC):
    """Looks at something again and again, in a thread of its own, until the block ends."""

    def __init__(self, every_s: float) -> None:
        self._every_s = every_s
        self._stop = Event()
        self._thread = Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(self._every_s):
            self._look()

    @abstractmethod
    def _look(self) -> None:
        """One look."""


class Memory(Sampler):
    """The most memory that a process and its children held together, in KiB of proportional set size.

    Args:
        pid: the process; this one by default.
        every_s: how often to look.
    """

    def __init__(self, pid: int | None = None, every_s: float = 0.25) -> None:
        super().__init__(every_s)
        self._pid = pid or os.getpid()
        self.most_kib = 0
        self.children = 0

    def _look(self) -> None:
        pids = [pid for pid in family(self._pid) if is_python(pid)]
        self.children = max(self.children, len(pids) - 1)
        self.most_kib = max(self.most_kib, sum(map(pss_kib, pids)))


def family(pid: int) -> list[int]:
    """A process and all that it started."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [one for child in task.read_text().split() for one in family(int(child))]
        except OSError:
            continue
    return found


def is_python(pid: int) -> bool:
    """Whether a process is one of ours, and not a database server that this one started."""
    try:
        return "python" in Path(f"/proc/{pid}/exe").resolve().name
    except OSError:
        return False


def pss_kib(pid: int) -> int:
    """Proportional set size of a process; 0 when it is gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def cpu_s(pid: int) -> float:
    """Seconds of processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def machine(server: str) -> dict[str, Any]:
    """What the figures were measured on."""
    with psycopg.connect(server) as connection:
        names = ("server_version", "fsync", "synchronous_commit", "shared_buffers", "wal_level")
        settings = {name: connection.execute(f"show {name}").fetchone()[0] for name in names}
    packages = ("eventsourcing", "psycopg", "msgspec", "httpx", "aiohttp", "uvicorn")
    return {
        "cores": os.cpu_count(),
        "processor": _processor(),
        "python": platform.python_version(),
        "postgresql": settings,
        "versions": {name: version(name) for name in packages},
        "load_before": os.getloadavg()[0],
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")


class Report:
    """Results of one benchmark."""

    def __init__(self, name: str, server: str) -> None:
        self.name = name
        self.results: list[dict[str, Any]] = []
        self._emit({"benchmark": name, "machine": machine(server)})

    def add(self, what: str, **figures: Any) -> None:
        """One result."""
        self.results.append({"what": what, **figures})
        self._emit({"benchmark": self.name, **self.results[-1]})

    def figure(self, what: str, name: str) -> float:
        """The median of a figure over the runs of one result."""
        return median(result[name] for result in self.results if result["what"] == what)

    def table(self, *, turned: bool = False) -> None:
        """All results, for people: a table for those that have the same figures, a row for each.

        Args:
            turned: One table with a column for each, where there are more figures than results.
        """
        kinds = {() if turned else tuple(result): None for result in self.results}
        for kind in kinds:
            results = [result for result in self.results if turned or tuple(result) == kind]
            names = list(dict.fromkeys(key for result in results for key in result))
            rows = [names, *([_shown(result.get(name)) for name in names] for result in results)]
            self._print(list(zip(*rows, strict=True)) if turned else rows)

    def _print(self, rows: Sequence[Sequence[str]]) -> None:
        head, *body = rows
        table = Table(title=self.name)
        for number, column in enumerate(head):
            table.add_column(column, justify="right" if number else "left")
        for row in body:
            table.add_row(*row)
        Console(stderr=True, width=180).print(table)

    def _emit(self, line: dict[str, Any]) -> None:
        sys.stdout.write(json.dumps(line, default=str) + "\n")
        sys.stdout.flush()


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:,.2f}" if abs(value) < 100 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def say(text: str) -> None:
    """Tell people how far it is."""
    sys.stderr.write(f"{text}\n")
