"""The sandbox as a process of its own: uvicorn, made able to cut a connection and to end quietly on a signal."""

import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from runners.listening import listen

from .app import Sandbox, create_app
from .settings import SandboxSettings
from .wire import CUT

#: Longer than any client keeps a connection idle, so that a reused one is never found closed.
_KEEP_ALIVE_S = 75
#: How long answers under way may take after a signal.
_SHUTDOWN_S = 1


def serve(settings: SandboxSettings, host: str = "127.0.0.1", port: int = 8700) -> None:
    """Serve a sandbox until SIGTERM or Ctrl-C; prints its address on a line once it answers.

    Args:
        settings: how it behaves.
        host: the address to listen on.
        port: the port to listen on; 0 takes any free one.

    Raises:
        ValueError: the settings do not hold together, see `create_app`.
        CannotListen: the address is taken, or cannot be had.
        OSError: the file of recorded answers cannot be opened.
    """
    sandbox = create_app(settings)
    config = uvicorn.Config(
        sandbox,
        http=_CuttableProtocol,
        ws="none",
        lifespan="on",
        log_level="warning",
        access_log=False,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=_SHUTDOWN_S,
    )
    with listen(host, port, backlog=config.backlog, remedy="name another with --port") as listener:
        _Server(config, sandbox).run(sockets=[listener])


class _CuttableProtocol(HttpToolsProtocol):
    """Lets the application cut the connection that a request came on."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {CUT: self.transport.abort}  # type: ignore[dict-item]  # our own extension holds a function


class _Server(uvicorn.Server):
    """Says where it listens; a signal ends it with exit code 0."""

    def __init__(self, config: uvicorn.Config, sandbox: Sandbox) -> None:
        super().__init__(config)
        self.sandbox = sandbox

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for listener in sockets or []:
            host, port = listener.getsockname()[:2]
            address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
            sys.stdout.write(f"sandbox listening on {address}\nevery {address}/hooks/ANY-NAME is a webhook\n")
            sys.stdout.write(f"every {address}/providers/ANY-NAME is a provider that answers at once\n")
            sys.stdout.flush()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.sandbox.hasten()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
