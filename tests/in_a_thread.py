"""A daemon beside a test, on an event loop of its own."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from runners.daemon import Daemon

_UP_S = 60


@contextmanager
def running(daemon: Daemon) -> Iterator[Daemon]:
    """The daemon, up until the block ends."""
    up, stop = threading.Event(), threading.Event()

    async def run() -> None:
        async with daemon:
            up.set()
            await asyncio.to_thread(stop.wait)

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    try:
        assert up.wait(_UP_S)
        yield daemon
    finally:
        stop.set()
        thread.join()
