"""The projector: follows the log and keeps the read models up to date."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

import psycopg
from psycopg_pool import PoolTimeout

log = logging.getLogger("enrichcore.projector")

_POLL_S: Final = 0.2
_RETRY_S: Final = 1.0


class Projector:
    """Catches up until told to stop, and once more then.

    Args:
        catch_up: projects what is new; returns the position that the read models stand at.
    """

    def __init__(self, catch_up: Callable[[], int]) -> None:
        self._catch_up = catch_up

    async def run(self, stop: asyncio.Event) -> None:
        """Follow the log; polling is the truth, so nothing can be missed."""
        while not stop.is_set():
            try:
                await asyncio.to_thread(self._catch_up)
                pause = _POLL_S
            except (psycopg.Error, PoolTimeout) as error:
                log.warning("read models wait: %s", error)
                pause = _RETRY_S
            try:
                await asyncio.wait_for(stop.wait(), pause)
            except TimeoutError:
                continue
        await asyncio.to_thread(self._catch_up)
