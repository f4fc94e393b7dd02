"""The projector: follows the log and keeps the read models up to date."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

import psycopg
from psycopg_pool import PoolTimeout

log = logging.getLogger("enrichcore.projector")

#: Rows that several events of a page change are made once: with shorter pauses a busy daemon takes more processor time.
_POLL_S: Final = 0.35
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
            pause_s = _POLL_S if await self._follow() else _RETRY_S
            try:
                await asyncio.wait_for(stop.wait(), pause_s)
            except TimeoutError:
                continue
        await self._follow()

    async def _follow(self) -> bool:
        """Catch up; tells whether that went well. No fault ends the role: the rules of one read model are not the others'."""
        try:
            await asyncio.to_thread(self._catch_up)
        except (psycopg.Error, PoolTimeout) as error:
            log.warning("read models wait: %s", error)
            return False
        except Exception:
            log.exception("read models wait")
            return False
        return True
