"""The notifier: tells people what they should hear of, by a webhook of their own.

It runs beside the timers and tells what the configuration names an address for, and nothing waits for it. What is to be told is durable
before it is told, and is tried again with growing pauses until somebody takes it; so it is told at least once, and its
`id` tells whether it was heard before.
"""

import asyncio
import logging
import random
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import httpx

from enrichcore.application import Enrichment
from enrichcore.application.budgets import budgets
from enrichcore.domain import events as e
from enrichcore.domain.budget_news import Look
from enrichcore.domain.ids import BatchId
from enrichcore.registry import Notice, Secret, UnknownClientError
from enrichcore.registry.notices import EVERYTHING
from enrichcore.store import StoreUnavailable
from enrichcore.store.outbox import Notification, Outbox
from runners.daemon.notices import NEWS, batch_finished, budget_ended, budget_overshot, of_event

log = logging.getLogger("enrichcore.notifier")

_TICK_S: Final = 1.0
#: How often budgets are looked at.
_LOOK_EVERY: Final = timedelta(seconds=5)
#: Told at once.
_AT_ONCE: Final = 4
_ANSWER_S: Final = 5.0
#: What a process took is another's after this.
_LEASE: Final = timedelta(seconds=30)
#: Pauses grow from the first to the longest; with this many attempts they come to some sixteen hours.
_FIRST_PAUSE_S: Final = 5.0
_LONGEST_PAUSE_S: Final = 3600.0
MOST_ATTEMPTS: Final = 24
#: How long what was told, or given up, is kept to be looked at, and how often what is older is looked for.
_KEPT: Final = timedelta(days=90)
_FORGET_EVERY: Final = timedelta(hours=1)


class Notifier:
    """Tells until it is told to stop.

    Args:
        application: whose batches, lanes and budgets people hear of.
        outbox: where news waits.
    """

    def __init__(self, application: Enrichment, outbox: Outbox) -> None:
        self._application = application
        self._outbox = outbox
        #: By what is told of, as of this round.
        self._addresses: dict[str, Secret] = {}
        self._looked_at: datetime | None = None
        self._forgot_at: datetime | None = None
        self._begun = False

    async def run(self, stop: asyncio.Event) -> None:
        """Gather and tell; no fault ends it, for whatever is not told now is told later."""
        async with httpx.AsyncClient(timeout=_ANSWER_S, follow_redirects=False) as client:
            while not stop.is_set():
                try:
                    await self.tick(client)
                except StoreUnavailable as error:
                    log.warning("notifications wait: %s", error)
                except Exception:
                    log.exception("notifications wait")
                try:
                    await asyncio.wait_for(stop.wait(), _TICK_S)
                except TimeoutError:
                    continue

    async def tick(self, client: httpx.AsyncClient) -> None:
        """One round: put in what happened, and tell what is due.

        Raises:
            StoreUnavailable: The database cannot be reached; all of it is done in a later round.
        """
        self._addresses = self._configured()
        if not self._addresses:
            # Where there never was one, nobody hears later of what happens meanwhile.
            return
        await asyncio.to_thread(self._gather)
        due = await asyncio.to_thread(self._outbox.take, self._addresses, _AT_ONCE, _LEASE)
        ends = await asyncio.gather(*(self._tell(client, one) for one in due), return_exceptions=True)
        # Raised once all have ended: none may outlive its round, or the client that carries it.
        for fault in filter(None, ends):
            raise fault

    def _configured(self) -> dict[str, Secret]:
        notify = self._application.registry.runner.notify
        found = {str(notice): notify.get(notice, notify.get(EVERYTHING)) for notice in Notice}
        return {notice: address for notice, address in found.items() if address is not None}

    def _gather(self) -> None:
        if not self._begun:
            self._outbox.begin()
            self._begun = True
        self._outbox.gather(NEWS, self._news)
        now = self._application.now()
        if self._looked_at is None or now - self._looked_at >= _LOOK_EVERY:
            self._looked_at = now
            self._look_at_budgets(now)
        if self._forgot_at is None or now - self._forgot_at >= _FORGET_EVERY:
            self._outbox.forget(_KEPT)
            self._forgot_at = now

    def _news(self, recorded: e.Recorded) -> Notification | None:
        client = self._client_name(recorded)
        made: Notification | None
        if isinstance(recorded.event, e.BatchFinished):
            batch = BatchId(recorded.stream_id)
            items = self._application.store.item_counts(batch)
            made = batch_finished(recorded, client, self._outbox.batch_result(batch), items)
        else:
            made = of_event(recorded, client)
        return made if made is not None and made.notice in self._addresses else None

    def _client_name(self, recorded: e.Recorded) -> str:
        try:
            return self._application.registry.client(recorded.client_id or "").slug
        except UnknownClientError:
            return str(recorded.client_id)

    def _look_at_budgets(self, now: datetime) -> None:
        store = self._application.store
        for budget in budgets(store, self._application.registry, now):
            client = budget.client.id
            for notice, holds, said in (
                (Notice.BUDGET_ENDED, budget.ended, budget_ended),
                (Notice.BUDGET_OVERSHOT, bool(budget.overshoot), budget_overshot),
            ):
                look = Look(
                    budget_credits=budget.budget_credits, used=budget.used, since=budget.since, at=now, holds=holds
                )
                if notice in self._addresses:
                    self._outbox.look_at_budget(
                        client, notice, look, partial(store.credits_of, client), partial(said, budget, now)
                    )

    async def _tell(self, client: httpx.AsyncClient, one: Notification) -> None:
        trouble = await self._post(client, one)
        if not trouble:
            await asyncio.to_thread(self._outbox.told, one.notification_id)
            return
        last = one.attempts >= MOST_ATTEMPTS
        level, then = (logging.ERROR, "it is given up") if last else (logging.WARNING, "it is tried again")
        log.log(level, "nobody took the notification %s (%s): %s; %s", one.notification_id, one.notice, trouble, then)
        pause = pause_after(one.attempts)
        await asyncio.to_thread(self._outbox.put_off, one.notification_id, trouble, pause, last=last)

    async def _post(self, client: httpx.AsyncClient, one: Notification) -> str:
        """Why it was not heard; empty where it was. The words of errors are left out, for they may hold the address."""
        headers = {"content-type": "application/json", "idempotency-key": one.notification_id.hex}
        try:
            async with asyncio.timeout(2 * _ANSWER_S):
                response = await client.post(
                    self._addresses[one.notice].reveal(), content=one.body.encode(), headers=headers
                )
        except Exception as error:  # noqa: BLE001 - whatever it was, it is tried again
            return type(error).__name__
        return "" if response.is_success else f"HTTP {response.status_code}"


def pause_after(attempts: int) -> timedelta:
    """A pause that doubles with each attempt, up to an hour, less a random part of up to half."""
    longest = min(_FIRST_PAUSE_S * 2.0 ** min(attempts - 1, 16), _LONGEST_PAUSE_S)
    return timedelta(seconds=random.uniform(longest / 2, longest))  # noqa: S311 - spreads load, keeps no secret
