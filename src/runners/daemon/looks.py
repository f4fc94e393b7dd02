"""Looks that all who wait share: one at a time, and no more often than every so many seconds, however many ask."""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Final

#: Least seconds between the beginnings of two looks.
_EVERY_S: Final = 0.5


class Looks:
    """Looks for whoever has to know how something stands now.

    Args:
        look: one of them.
        every_s: least seconds between the beginnings of two.
    """

    def __init__(self, look: Callable[[], Awaitable[None]], *, every_s: float = _EVERY_S) -> None:
        self._look = look
        self._every_s = every_s
        self._turn = asyncio.Lock()
        self._next: asyncio.Task[bool] | None = None
        self._began = float("-inf")

    async def after_now(self) -> bool:
        """Wait for a look that begins later than this is called; tells whether it could be made."""
        if self._next is None:
            self._next = asyncio.create_task(self._one())
        # One who leaves takes the look from nobody.
        return await asyncio.shield(self._next)

    async def _one(self) -> bool:
        async with self._turn:
            await asyncio.sleep(max(0.0, self._began + self._every_s - monotonic()))
            self._next, self._began = None, monotonic()
            try:
                await self._look()
            except Exception:  # noqa: BLE001 - whatever the fault was, nothing is known then
                return False
            return True
