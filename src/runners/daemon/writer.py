"""Group commit: one writer gathers what there is to record and commits it as one transaction.

It waits for nothing: while one commit is under way the next group gathers. A callback is answered after its commit; an
outcome of a POST is tried again until the database is back, for it cannot be learnt twice.
"""

import asyncio
import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from enrichcore.application import Ack, Enrichment, Incoming
from enrichcore.application.sending import SendReport
from enrichcore.store import Conflict, StoreUnavailable

log = logging.getLogger("enrichcore.writer")

#: Most answers, and most outcomes, recorded in one commit.
GROUP: Final = 400
#: A commit takes no further answer when its bodies have this many bytes: PostgreSQL ends a connection whose statement is
#: near 1 GB, which looks like an outage to everything that was in the group.
GROUP_BYTES: Final = 32 * 1024 * 1024
#: A body that is larger than this is recorded by itself, so that it can doom no other.
_ALONE_BYTES: Final = 4 * 1024 * 1024
_RETRY_S: Final = 0.5

#: What is to be recorded, with who waits for it.
_Answer = tuple[Incoming, asyncio.Future[Ack]]
_Report = tuple[SendReport, asyncio.Future[None]]


class GroupWriter:
    """Records answers and outcomes in groups, on a thread of its own."""

    def __init__(self, application: Enrichment) -> None:
        self._application = application
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="writer")
        self._answers: list[_Answer] = []
        self._reports: list[_Report] = []
        self._there_is_work = asyncio.Event()
        self._closing = False

    async def answer(self, incoming: Incoming) -> Ack:
        """Record an answer; returns once it is durable.

        Raises:
            StoreUnavailable: Nothing was stored.
            Conflict: Other writers were first too often; nothing was stored.
        """
        done: asyncio.Future[Ack] = asyncio.get_running_loop().create_future()
        self._answers.append((incoming, done))
        self._there_is_work.set()
        return await done

    async def report(self, report: SendReport) -> None:
        """Record the outcome of a POST; returns once it is durable."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._reports.append((report, done))
        self._there_is_work.set()
        await done

    async def run(self) -> None:
        """Commit groups until closed and empty."""
        while not (self._closing and not self._answers and not self._reports):
            await self._there_is_work.wait()
            self._there_is_work.clear()
            while self._answers or self._reports:
                await self._commit_group()
        self._thread.shutdown()

    def close(self) -> None:
        """Let `run` end once everything gathered is recorded."""
        self._closing = True
        self._there_is_work.set()

    async def _commit_group(self) -> None:
        together = _fitting([len(incoming.body) for incoming, _ in self._answers[:GROUP]])
        answers, self._answers = self._answers[:together], self._answers[together:]
        reports, self._reports = self._reports[:GROUP], self._reports[GROUP:]
        if reports and answers and len(answers[0][0].body) > _ALONE_BYTES:
            await self._record([], reports)
            reports = []
        await self._record(answers, reports)

    async def _record(self, answers: list[_Answer], reports: list[_Report]) -> None:
        """Record these in one commit and tell each waiter; what comes meanwhile gathers beside them."""
        loop = asyncio.get_running_loop()
        try:
            acks = await loop.run_in_executor(
                self._thread,
                self._application.record,
                [report for report, _ in reports],
                [incoming for incoming, _ in answers],
            )
        except (StoreUnavailable, Conflict) as error:
            for _, waiting in answers:
                _fail(waiting, error)
            self._reports = reports + self._reports
            if reports:
                await asyncio.sleep(_RETRY_S)
        except Exception as error:  # noqa: BLE001 - a fault of one must not stop the writer; its waiter learns of it
            await self._record_apart(answers, reports, error)
        else:
            for ack, (_, waiting) in zip(acks, answers, strict=True):
                _succeed(waiting, ack)
            for _, told in reports:
                _succeed(told, None)

    async def _record_apart(self, answers: list[_Answer], reports: list[_Report], error: Exception) -> None:
        """One of the group cannot be recorded: halve until it stands alone, and record the others."""
        if len(answers) + len(reports) == 1:
            log.error("cannot be recorded: %s: %s", type(error).__name__, error)
            for _, waiting in answers:
                _fail(waiting, error)
            for _, told in reports:
                _fail(told, error)
            return
        half_answers, half_reports = (len(answers) + 1) // 2, len(reports) // 2
        await self._record(answers[:half_answers], reports[:half_reports])
        await self._record(answers[half_answers:], reports[half_reports:])


def _fitting(sizes: Sequence[int]) -> int:
    """How many of these bodies go into one commit."""
    total = 0
    for number, size in enumerate(sizes):
        total += size
        if number and (total > GROUP_BYTES or max(size, sizes[0]) > _ALONE_BYTES):
            return number
    return len(sizes)


def _succeed(future: asyncio.Future[Ack] | asyncio.Future[None], result: Ack | None) -> None:
    if not future.done():
        future.set_result(result)  # type: ignore[arg-type]


def _fail(future: asyncio.Future[Ack] | asyncio.Future[None], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
