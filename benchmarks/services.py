"""The processes that a benchmark measures: started, waited for until they say that they are ready, and stopped in order."""

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from os import environ
from pathlib import Path
from time import sleep
from typing import Any

import httpx
from attrs import frozen
from harness import family
from people import SECRET

HERE = Path(__file__).parent
STOP_S = 60


@frozen(kw_only=True)
class Service:
    """A running process."""

    pid: int
    #: Its first line, which it writes when it is ready.
    said: str

    @property
    def address(self) -> str:
        """The address in what it said."""
        return next(word for word in self.said.split() if word.startswith("http://"))

    @property
    def pids(self) -> list[int]:
        """It and all that it started."""
        return family(self.pid)


@contextmanager
def service(argv: Sequence[str], env: Mapping[str, str] | None = None) -> Iterator[Service]:
    """Run a command while the block runs; what it says about faults goes to standard error.

    Raises:
        RuntimeError: It ended before it was ready.
    """
    process = subprocess.Popen(argv, env={**environ, **(env or {})}, stdout=subprocess.PIPE, text=True)
    try:
        said = process.stdout.readline() if process.stdout else ""
        if not said:
            raise RuntimeError(f"{' '.join(argv)} ended with {process.wait()} before it was ready")
        yield Service(pid=process.pid, said=said.strip())
    finally:
        process.terminate()
        try:
            process.communicate(timeout=STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


@frozen(kw_only=True)
class ThirdParty:
    """The stand-in third party, as its callers see it."""

    url: str

    def stats(self) -> dict[str, Any]:
        """What it counted since the last reset."""
        found: dict[str, Any] = httpx.get(f"{self.url}/stats", timeout=60).json()
        return found

    def reset(self) -> None:
        """Count from zero."""
        httpx.post(f"{self.url}/reset")

    def release(self) -> int:
        """Let go all callbacks that are held; how many."""
        return int(httpx.post(f"{self.url}/release", timeout=60).json()["released"])

    def wait(self, reached: Callable[[dict[str, Any]], bool], every_s: float = 0.5) -> dict[str, Any]:
        """Ask for the counts until they are as wanted."""
        while not reached(told := self.stats()):
            sleep(every_s)
        return told


@contextmanager
def third_party(*options: str) -> Iterator[ThirdParty]:
    """The stand-in third party as a process."""
    argv = [sys.executable, str(HERE / "third_party.py"), "--authorization", f"Bearer {SECRET}", *options]
    with service(argv) as running:
        yield ThirdParty(url=running.address)


@contextmanager
def daemon(configuration: Path, url: str, roles: Sequence[str] = ()) -> Iterator[Service]:
    """The product's daemon as a process, with all roles or some."""
    argv = [str(Path(sys.executable).parent / "enrichcore"), "--config", str(configuration), "run"]
    with service([*argv, *(f"--role={role}" for role in roles)], {"ENRICHCORE_DATABASE_URL": url}) as running:
        yield running


def write_configuration(folder: Path, text: str, third: ThirdParty, **values: str) -> Path:
    """A configuration of benchmarks with the third party's webhooks; the daemon listens on any free port."""
    path = folder / "enrichcore.toml"
    filled = text.format(first=f"{third.url}/first", second=f"{third.url}/second", **values)
    path.write_text(f'[runner]\nlisten = "127.0.0.1:0"\ntimeout_grace = "1s"\n{filled}', "utf-8")
    return path
