"""Brings callbacks to their receivers: when they are due, a bounded number at once, a bounded number of tries each.

A waiting callback is a timer and a few bytes, never a task, so that any number can wait. Its body is made when it is
due. A callback that straggles lets one of a later POST overtake it first.
"""

import asyncio
import hashlib
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self

import aiohttp
import httpx
from attrs import define, evolve, field, frozen

from .ledger import Delivery, Ledger
from .settings import SandboxSettings

#: Statuses that Clay's column tries again, besides 5xx.
_TRY_AGAIN = frozenset({408, 429})
_UNUSABLE = (httpx.InvalidURL, httpx.UnsupportedProtocol, ValueError)
_UNREACHABLE = (httpx.HTTPError, aiohttp.ClientError, OSError)


@frozen(kw_only=True, eq=False)
class Callback:
    """One callback to bring."""

    #: Its POST's place in the order of arrival.
    place: int
    url: str
    #: Empty where the payload names none.
    item_id: str
    headers: Mapping[str, str] = field(repr=False)
    #: Called when it is due.
    make_body: Callable[[], bytes]
    #: Whether it lets a later one overtake it.
    straggles: bool = False
    #: Which try the next one is, from 1.
    attempt: int = 1


@define(eq=False)
class Courier:
    """Everything that is on its way back. It works while it is entered as an asynchronous context."""

    settings: SandboxSettings
    ledger: Ledger
    client: httpx.AsyncClient
    _due: asyncio.Queue[Callback] = field(init=False, factory=asyncio.Queue)
    #: What is held, each with how much later than its release it comes, and how long it then waits to be overtaken.
    _held: dict[Callback, tuple[float, float]] = field(init=False, factory=dict)
    _timers: dict[Callback, asyncio.TimerHandle] = field(init=False, factory=dict)
    _stragglers: dict[Callback, asyncio.TimerHandle] = field(init=False, factory=dict)
    _workers: list[asyncio.Task[None]] = field(init=False, factory=list)
    _on_their_way: int = field(init=False, default=0)

    async def __aenter__(self) -> Self:
        self._workers = [asyncio.create_task(self._work()) for _ in range(self.settings.concurrency)]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for timer in (*self._timers.values(), *self._stragglers.values()):
            timer.cancel()
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)
        await self.client.aclose()

    def bring(self, callback: Callback, *, after_s: float, reorder_within_s: float = 0.0) -> None:
        """Send a callback `after_s` seconds from now; a straggling one waits so much longer to be overtaken."""
        loop = asyncio.get_running_loop()
        self._timers[callback] = loop.call_later(after_s, self._fall_due, callback, reorder_within_s)

    def hold(self, callback: Callback, *, late_s: float = 0.0, reorder_within_s: float = 0.0) -> None:
        """Keep a callback until it is released; then it comes so much later, and a straggling one waits to be overtaken."""
        self._held[callback] = (late_s, reorder_within_s)

    def release(self, *, item_id: str | None, limit: int | None) -> int:
        """Send held callbacks at once, but late ones, in the order of their POSTs; returns how many."""
        wanted = [callback for callback in self._held if item_id in (None, callback.item_id)][:limit]
        for callback in wanted:
            late_s, reorder_within_s = self._held.pop(callback)
            if late_s > 0:
                self.bring(callback, after_s=late_s, reorder_within_s=reorder_within_s)
            else:
                self._fall_due(callback, reorder_within_s)
        return len(wanted)

    async def deliver(self, callback: Callback) -> None:
        """Try a callback once, now; where that fails and tries are left, bring it again later."""
        self._on_their_way += 1
        try:
            status = await self._post(callback)
        finally:
            self._on_their_way -= 1
        if status is None:
            self.ledger.gave_up()
        elif status == 0 or status >= 500 or status in _TRY_AGAIN:  # noqa: PLR2004 - the class of server errors
            self._try_again(callback)
        self._overtake(callback)

    def counts(self) -> dict[str, int]:
        """How many callbacks are held, and how many wait or are on their way."""
        waiting = len(self._timers) + len(self._stragglers) + self._due.qsize() + self._on_their_way
        return {"callbacks_held": len(self._held), "callbacks_pending": waiting}

    def _fall_due(self, callback: Callback, reorder_within_s: float) -> None:
        self._timers.pop(callback, None)
        if callback.straggles and reorder_within_s > 0:
            loop = asyncio.get_running_loop()
            self._stragglers[callback] = loop.call_later(reorder_within_s, self._stop_straggling, callback)
        else:
            self._due.put_nowait(callback)

    def _stop_straggling(self, callback: Callback) -> None:
        self._stragglers.pop(callback).cancel()
        self._due.put_nowait(callback)

    def _overtake(self, sent: Callback) -> None:
        for straggler in [each for each in self._stragglers if each.place < sent.place]:
            self._stop_straggling(straggler)

    def _try_again(self, callback: Callback) -> None:
        if callback.attempt >= self.settings.callback_attempts:
            self.ledger.gave_up()
            return
        wait_s = self.settings.callback_retry_delay * 2 ** (callback.attempt - 1)
        self.bring(evolve(callback, attempt=callback.attempt + 1, straggles=False), after_s=wait_s)

    async def _work(self) -> None:
        while True:
            await self.deliver(await self._due.get())

    async def _post(self, callback: Callback) -> int | None:
        """The receiver's status; 0 where it was not reached, None where no try can succeed."""
        body, began = callback.make_body(), time.monotonic()
        try:
            response = await self.client.post(callback.url, content=body, headers=dict(callback.headers))
        except _UNUSABLE:
            self._note(callback, body, began, "unusable_url")
            return None
        except _UNREACHABLE:
            self._note(callback, body, began, "unreachable")
            return 0
        self._note(callback, body, began, str(response.status_code), acknowledged=response.is_success)
        return response.status_code

    def _note(self, callback: Callback, body: bytes, began: float, outcome: str, *, acknowledged: bool = False) -> None:
        self.ledger.called_back(
            Delivery(
                item_id=callback.item_id,
                url=callback.url,
                at=time.time(),
                seconds=time.monotonic() - began,
                outcome=outcome,
                acknowledged=acknowledged,
                body_sha256=hashlib.sha256(body).hexdigest(),
            )
        )
