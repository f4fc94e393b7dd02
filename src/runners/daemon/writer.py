"""Group commit: one writer gathers what there is to record and commits it as one transaction.

It waits for nothing: while one commit is under way the next group gathers. A callback is answered after its commit; an
outcome of a POST is tried again until the database is back, for it cannot be learnt twice. Only a process that stops
gives up after a while: the row then falls in doubt with its lease.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

from enrichcore.application import Ack, Enrichment, Incoming
from enrichcore.application.sending import SendReport
from enrichcore.domain.words import words_of_error
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
#: How long a commit that failed is held against the process, should nothing more come to be recorded.
_TROUBLE_LASTS_S: Final = 10.0
#: How long outcomes are tried again, without success, once the process stops.
LAST_TRIES_S: Final = 10.0

#: What is to be recorded, with who waits for it.
_Answer = tuple[Incoming, asyncio.Future[Ack]]
_Report = tuple[SendReport, asyncio.Future[None]]

T = TypeVar("T")


class GroupWriter:
    """Records answers and outcomes in groups, on a thread of its own."""

    def __init__(self, application: Enrichment, *, last_tries_s: float = LAST_TRIES_S) -> None:
        self._application = application
        self._last_tries_s = last_tries_s
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="writer")
        self._answers: list[_Answer] = []
        self._reports: list[_Report] = []
        self._there_is_work = asyncio.Event()
        self._waiting: set[asyncio.Future[Any]] = set()
        self._closing = False
        self._ended = False
        #: When, on the loop's clock, the process was told to stop, and when commits began to fail.
        self._stopping_at: float | None = None
        self._failing_at: float | None = None
        #: When a commit failed last, and why.
        self._troubled = (0.0, "")

    @property
    def waiting(self) -> int:
        """How many answers and outcomes are not durable yet."""
        return len(self._waiting)

    async def answer(self, incoming: Incoming) -> Ack:
        """Record an answer; returns once it is durable.

        Raises:
            StoreUnavailable: Nothing was stored.
            Conflict: Other writers were first too often; nothing was stored.
        """
        done: asyncio.Future[Ack] = self._promise()
        self._answers.append((incoming, done))
        self._there_is_work.set()
        return await done

    async def report(self, report: SendReport) -> None:
        """Record the outcome of a POST; returns once it is durable.

        Raises:
            StoreUnavailable: The process stops, and the database did not come back.
        """
        done: asyncio.Future[None] = self._promise()
        self._reports.append((report, done))
        self._there_is_work.set()
        await done

    def _promise(self) -> asyncio.Future[Any]:
        if self._ended:
            raise StoreUnavailable("nothing is recorded any more: the writer has ended")
        done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.add(done)
        done.add_done_callback(self._waiting.discard)
        return done

    async def run(self) -> None:
        """Commit groups until closed and empty; whoever still waits when this ends is told that nothing was stored."""
        try:
            while not (self._closing and not self._answers and not self._reports):
                await self._there_is_work.wait()
                self._there_is_work.clear()
                while self._answers or self._reports:
                    await self._commit_group()
        finally:
            self._ended = True
            for waiting in list(self._waiting):
                _fail(waiting, StoreUnavailable("nothing was stored: the writer has ended"))
            self._thread.shutdown(wait=False)

    def hurry(self) -> None:
        """The process stops: from now on give up outcomes that cannot be recorded for some seconds."""
        if self._stopping_at is None:
            self._stopping_at = asyncio.get_running_loop().time()

    def close(self) -> None:
        """Let `run` end once everything gathered is recorded, or given up."""
        self.hurry()
        self._closing = True
        self._there_is_work.set()

    async def _commit_group(self) -> None:
        together = _fitting([len(incoming.body) for incoming, _ in self._answers[:GROUP]])
        answers, self._answers = self._answers[:together], self._answers[together:]
        number = _fitting([_size(report) for report, _ in self._reports[:GROUP]])
        reports, self._reports = self._reports[:number], self._reports[number:]
        if reports and answers and max(len(answers[0][0].body), _size(reports[0][0])) > _ALONE_BYTES:
            await self._record([], reports)
            reports = []
        await self._record(answers, reports)

    async def _record(self, answers: list[_Answer], reports: list[_Report]) -> None:
        """Record these in one commit and tell each waiter; what comes meanwhile gathers beside them."""
        try:
            acks = await self._on_thread(
                self._application.record,
                [report for report, _ in reports],
                [incoming for incoming, _ in answers],
            )
        except (StoreUnavailable, Conflict) as error:
            for _, waiting in answers:
                _fail(waiting, error)
            self._reports = reports + self._reports
            await self._go_on_later(error)
        except Exception as error:  # noqa: BLE001 - a fault of one must not stop the writer; its waiter learns of it
            await self._record_apart(answers, reports, error)
        else:
            if self._failing_at is not None:
                log.warning("what comes in is recorded again")
            self._failing_at, self._troubled = None, (0.0, "")
            for ack, (_, waiting) in zip(acks, answers, strict=True):
                _succeed(waiting, ack)
            for _, told in reports:
                _succeed(told, None)

    def trouble(self) -> str:
        """Why what came lately could not be recorded; empty where all is well."""
        tried_at, why = self._troubled
        return why if why and asyncio.get_running_loop().time() - tried_at < _TROUBLE_LASTS_S else ""

    async def _go_on_later(self, error: Exception) -> None:
        now = asyncio.get_running_loop().time()
        if self._failing_at is None:
            log.error("nothing can be recorded, and no callback is taken: %s", error)
        self._troubled = (now, str(error))
        self._failing_at = now if self._failing_at is None else self._failing_at
        if self._stopping_at is not None and now - max(self._stopping_at, self._failing_at) >= self._last_tries_s:
            lost, self._reports = self._reports, []
            if lost:
                log.error("%d outcomes could not be recorded; they are in doubt when their lease is over", len(lost))
            for _, told in lost:
                _fail(told, error)
        elif self._reports:
            await asyncio.sleep(_RETRY_S)

    async def _record_apart(self, answers: list[_Answer], reports: list[_Report], error: Exception) -> None:
        """One of the group cannot be recorded: halve until it stands alone, and record the others."""
        if len(answers) + len(reports) == 1:
            log.error("cannot be recorded: %s", words_of_error(error), exc_info=error)
            for answer in answers:
                await self._set_aside(answer, error)
            for report in reports:
                await self._set_response_aside(report, error)
            return
        half_answers, half_reports = (len(answers) + 1) // 2, len(reports) // 2
        await self._record(answers[:half_answers], reports[:half_reports])
        await self._record(answers[half_answers:], reports[half_reports:])

    async def _set_aside(self, answer: _Answer, error: Exception) -> None:
        """Keep an answer that cannot be applied among the unmatched; it was paid for, and may not come again."""
        incoming, waiting = answer
        try:
            ack = await self._on_thread(self._application.set_aside, incoming, error)
        except Exception as fault:  # noqa: BLE001 - its sender learns that nothing was stored
            log.error("nor can it be kept: %s", words_of_error(fault))  # noqa: TRY400 - the first fault tells more
            _fail(waiting, fault)
        else:
            _succeed(waiting, ack)

    async def _set_response_aside(self, report: _Report, error: Exception) -> None:
        seen, told = report
        if seen.response is None:
            _fail(told, error)
            return
        try:
            await self._on_thread(self._application.set_response_aside, seen, error)
        except (StoreUnavailable, Conflict) as fault:
            self._reports.insert(0, report)
            await self._go_on_later(fault)
        except Exception as fault:  # noqa: BLE001 - the row is in doubt when its lease is over; others go on
            _fail(told, fault)
        else:
            _succeed(told, None)

    async def _on_thread(self, work: Callable[..., T], *what: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *what)


def _fitting(sizes: Sequence[int]) -> int:
    """How many of these bodies go into one commit."""
    total = 0
    for number, size in enumerate(sizes):
        total += size
        if number and (total > GROUP_BYTES or max(size, sizes[0]) > _ALONE_BYTES):
            return number
    return len(sizes)


def _size(report: SendReport) -> int:
    return 0 if report.response is None else len(report.response.body)


def _succeed(future: asyncio.Future[Ack] | asyncio.Future[None], result: Ack | None) -> None:
    if not future.done():
        future.set_result(result)  # type: ignore[arg-type]


def _fail(future: asyncio.Future[Ack] | asyncio.Future[None], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
