"""The embedded server: shared by the processes of one user, in the way of nobody else's, and stopped by the last."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from enrichcore.store import StoreUnavailable, embedded
from enrichcore.store.embedded import embedded_url

posix = pytest.mark.skipif(not hasattr(os, "getuid"), reason="users are told apart by number on POSIX only")

USE = """
import sys
from pathlib import Path
from enrichcore.store.embedded import embedded_url
embedded_url(Path(sys.argv[1]))
print("up", flush=True)
sys.stdin.read()
"""

CONNECT = """
import sys
from pathlib import Path
import psycopg
from enrichcore.store.embedded import embedded_url
with psycopg.connect(embedded_url(Path(sys.argv[1]))) as connection:
    print(connection.execute("SELECT 1").fetchone()[0])
"""


def use(folder: Path) -> subprocess.Popen:
    """A process that uses the server of that folder until its input ends."""
    command = [sys.executable, "-c", USE, str(folder)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "up\n"
    return process


@posix
@pytest.mark.postgres
def test_a_process_that_was_killed_keeps_no_server_up(tmp_path):
    """It never said that it had finished; the next one to end is the last all the same."""
    with use(tmp_path / "db") as killed:
        killed.send_signal(signal.SIGKILL)
    with use(tmp_path / "db") as last:
        assert (tmp_path / "db" / "postmaster.pid").exists()
        last.communicate()
    assert not (tmp_path / "db" / "postmaster.pid").exists()


@pytest.fixture
def short():
    """A folder whose path is short enough for the address of a socket in it, which those of tests are not everywhere."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        yield Path(folder)


@posix
def test_lock_and_sockets_are_in_a_place_of_the_users_own(short):
    """The same with and without a login session, for a lock in two places is none."""
    code = "from enrichcore.store import embedded; known = embedded._server_class(); print(known._lock.path.decode())"
    locks = set()
    for session in ({}, {"XDG_RUNTIME_DIR": str(short)}):
        environment = {name: value for name, value in os.environ.items() if name != "XDG_RUNTIME_DIR"}
        environment |= {"TMPDIR": str(short), **session}
        said = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
        locks.add(said.stdout.strip())
    assert locks == {str(short / f"enrichcore-{os.getuid()}" / ".lockfile")}


@posix
def test_a_place_that_somebody_else_made_is_refused(short, monkeypatch):
    """In words that say what to do."""
    monkeypatch.setattr("tempfile.tempdir", str(short))
    monkeypatch.setattr(os, "getuid", lambda: 4_000_000)
    with pytest.raises(StoreUnavailable, match="belongs to another user"):
        embedded_url(short / "db")


@posix
@pytest.mark.postgres
def test_the_folder_for_temporary_files_may_have_a_long_path(tmp_path):
    """A path as those of build machines has room for no socket."""
    long = tmp_path / "the folder of one of many builds" / "for temporary files"
    long.mkdir(parents=True)
    command = [sys.executable, "-c", CONNECT, str(long / "db")]
    environment = {**os.environ, "TMPDIR": str(long)}
    said = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert said.stdout == "1\n", said.stderr


def test_a_second_interrupt_does_not_reach_what_stops_the_server():
    """A terminal sends it to every process; the command that stops the server inherits what is ignored."""

    class Server:
        def cleanup(self):
            self.meanwhile = signal.getsignal(signal.SIGINT)

    server, before = Server(), signal.getsignal(signal.SIGINT)
    embedded._stop(server)
    assert (server.meanwhile, signal.getsignal(signal.SIGINT)) == (signal.SIG_IGN, before)


@posix
@pytest.mark.postgres
@pytest.mark.parametrize("name", ["my leads", "50% & co", "ödland"])
def test_the_folder_may_have_any_name(short, name):
    """Its name is in no command line; one that is short enough to hold the socket, for long ones never did."""
    command = [sys.executable, "-c", CONNECT, str(short / name)]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    assert said.stdout == "1\n", said.stderr
