"""The sender: claims what can leave now, POSTs it, and reports what became of it.

It claims no more than it has free connections, and nothing while more than `BACKLOG` outcomes and answers wait to be
recorded: rows leave no faster than what comes back of them is made durable, so callbacks are answered soon, and a crash
leaves few rows in doubt. What was claimed and not begun when a response holds or stops its lane is handed back. When told to stop it claims nothing more, lets what is on the wire
finish for some seconds, and hands back what was claimed and not begun.
"""

import asyncio
import logging
import random
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx
import msgspec
from attrs import evolve, frozen

from enrichcore.application import Enrichment, Send
from enrichcore.application.sending import Response, SendReport
from enrichcore.domain.ids import LaneId
from enrichcore.domain.lane import outcome_of_status
from enrichcore.domain.pipeline import Kind
from enrichcore.domain.step_run import Outcome, PostOutcome
from enrichcore.store import Conflict, StoreUnavailable
from runners.daemon.asking import Told, answer_in, ask, asking_client, hint_of, outcome_of_asking, outcome_of_told
from runners.daemon.outcomes import name_of_error, outcome_of_error, retry_after, words_of
from runners.daemon.pacing import Pacer, Shut
from runners.daemon.posting import Poster
from runners.daemon.writer import GroupWriter

log = logging.getLogger("enrichcore.sender")

#: At the default pace of a client a few dozen are in use; this many only where rows may leave faster.
CONNECTIONS: Final = 256
#: Requests of `http` steps under way: each takes as long as its provider, so they have connections of their own.
ASKING: Final = 128
#: A connection is free again once its POST is answered; its outcome then waits for the writer, as do answers.
BACKLOG: Final = 64
#: A claim is a commit: it waits for this part of the connections to be free, but no longer than so many seconds.
_WORTH_A_CLAIM: Final = 4
_GATHER_S: Final = 0.02
_IDLE_S: Final = 0.2
_RETRY_S: Final = 1.0
_LONGEST_PAUSE: Final = timedelta(minutes=5)
#: How long a third party that says "too many" without saying for how long is left alone.
_DEFAULT_HOLD: Final = timedelta(seconds=2)
_TELL_EVERY: Final = timedelta(seconds=30)
_ANSWER_S: Final = 30.0
_CONNECT_S: Final = 10.0
#: How long what is on the wire is waited for once told to stop: webhooks answer at once, and the responses that `http`
#: steps wait for are answers. Who stops processes often kills them after 30 seconds.
_GOODBYE_S: Final = {Kind.WEBHOOK: 10.0, Kind.HTTP: 25.0}
#: An idle connection is not used after this. Many servers close one after five seconds (Node's default): a row that is
#: sent at that very moment is in doubt.
_REUSE_S: Final = 2.0
_HOLDS: Final = frozenset({429, 503})


@frozen(kw_only=True)
class Seen:
    """What came of one attempt."""

    outcome: PostOutcome
    #: The answer, where it came in the response.
    response: Response | None = None


class Sender:
    """Sends until it is told to stop.

    Args:
        application: whose rows are claimed.
        writer: records what became of them.
        kind: rows of `webhook` steps, or requests of `http` steps.
        connections: most of them at once.
        clock: tells the time, in UTC.
    """

    def __init__(
        self, application: Enrichment, writer: GroupWriter, *, kind: Kind = Kind.WEBHOOK,
        connections: int = CONNECTIONS, clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:  # fmt: skip
        self._application = application
        self._writer = writer
        self._kind = kind
        self._connections = connections
        self._clock = clock
        #: Rows whose POST is under way; of these and others, those whose outcome is not durable yet.
        self._posting: set[asyncio.Task[None]] = set()
        self._unrecorded: set[asyncio.Task[None]] = set()
        #: Requests whose response is awaited.
        self._on_wire: set[asyncio.Future[Seen]] = set()
        self._pacer = Pacer()
        self._shut = Shut()
        #: When each kind of failure was last logged.
        self._told: dict[tuple[LaneId, Outcome], datetime] = {}

    @property
    def unaccounted(self) -> int:
        """How many rows were claimed of which it is not recorded yet what became of them."""
        return len(self._posting | self._unrecorded)

    async def run(self, stop: asyncio.Event) -> None:
        """Claim and send; returns when all that was claimed is accounted for."""
        async with self._client() as client:
            while not stop.is_set():
                known = self._shut.known()
                claimed = await self._claim(stop)
                self._shut.open({send.lane_id for send in claimed}.intersection(known))
                for number, send in enumerate(claimed):
                    if stop.is_set():
                        await asyncio.gather(
                            *(self._hand_back(unsent, "the runner was stopping") for unsent in claimed[number:])
                        )
                        break
                    self._begin(self._posting, self._send_in_turn(client, send, stop))
                if not claimed:
                    await _pause(stop, _IDLE_S)
            await self._finish()
            await self._hand_back_unheard()

    def _client(self) -> Poster | httpx.AsyncClient:
        limits = kept_open(self._connections)
        return asking_client(limits) if self._kind is Kind.HTTP else Poster(limits)

    async def _finish(self) -> None:
        """Let what is on the wire finish, for a while; a response that takes longer is a doubt at once, not with its lease."""
        if self._on_wire:
            await asyncio.wait(set(self._on_wire), timeout=_GOODBYE_S[self._kind])
        for request in list(self._on_wire):
            request.cancel()
        while under_way := self._posting | self._unrecorded:
            await asyncio.wait(under_way)

    def _begin(self, kind: set[asyncio.Task[None]], work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        kind.add(task)
        task.add_done_callback(kind.discard)

    async def _claim(self, stop: asyncio.Event) -> list[Send]:
        free = await self._free_connections()
        try:
            return await asyncio.to_thread(self._application.claim, free, self._kind)
        except StoreUnavailable as error:
            log.warning("cannot claim: %s", error)
        except Exception:
            log.exception("cannot claim")
        await _pause(stop, _RETRY_S)
        return []

    async def _free_connections(self) -> int:
        """How many connections are free; waits a little until there are enough for a claim to be worth its commit."""
        enough = max(1, self._connections // _WORTH_A_CLAIM)
        until = asyncio.get_running_loop().time() + _GATHER_S
        while (free := self._free()) < enough:
            left = until - asyncio.get_running_loop().time()
            if free and left <= 0:
                break
            pause = asyncio.create_task(asyncio.sleep(max(left, _GATHER_S)))
            await asyncio.wait({pause, *self._posting, *self._unrecorded}, return_when=asyncio.FIRST_COMPLETED)
            pause.cancel()
        return free

    def _free(self) -> int:
        return max(min(self._connections - len(self._posting), BACKLOG - self._writer.waiting), 0)

    async def _send_in_turn(self, client: Poster | httpx.AsyncClient, send: Send, stop: asyncio.Event) -> None:
        """Send it as soon as the pace allows; at once, but after a stall."""
        now = asyncio.get_running_loop().time()
        delay_s = max((self._pacer.delay_s(pace, now) for pace in send.paces), default=0.0)
        if delay_s:
            await _pause(stop, delay_s)
            if stop.is_set():
                await self._hand_back(send, "the runner was stopping")
                return
        await self._send(client, send)

    async def _send(self, client: Poster | httpx.AsyncClient, send: Send) -> None:
        if send.lease_until <= self._clock():
            # The host slept, or the process was stopped: the row may be another attempt's by now.
            await self._hand_back(send, "its lease was over")
            return
        if why := self._shut.why(send.lane_id):
            await self._hand_back(send, f"a row before it was told {why}")
            return
        # A task of its own, for what is cancelled at the end is the request, never the recording of its outcome.
        request = asyncio.ensure_future(
            self._post(client, send) if isinstance(client, Poster) else self._ask(client, send)
        )
        self._on_wire.add(request)
        request.add_done_callback(self._on_wire.discard)
        try:
            seen = await request
        except asyncio.CancelledError:
            why = "the runner stopped before the response came"
            seen = Seen(outcome=evolve(self._outcome(send, Outcome.UNKNOWN, why), given_up=True))
        self._tell(send, seen.outcome)
        if _shuts(seen.outcome):
            self._shut.shut(send.lane_id, seen.outcome.reason)
        self._begin(self._unrecorded, self._report(send, seen))

    def _tell(self, send: Send, seen: PostOutcome) -> None:
        """Log what went wrong, once in a while for each lane, not for each of a thousand rows."""
        now = self._clock()
        kind = (send.lane_id, seen.outcome)
        if seen.outcome is not Outcome.DELIVERED and now - self._told.get(kind, now - _TELL_EVERY) >= _TELL_EVERY:
            self._told[kind] = now
            what = str(seen.outcome).replace("_", " ")
            # A third party that asks for patience is an ordinary day.
            level = logging.INFO if seen.hold is not None else logging.WARNING
            log.log(level, "%s/%s: a row was %s: %s", send.workstream, send.workflow, what, seen.reason)

    async def _report(self, send: Send, seen: Seen) -> None:
        try:
            await self._writer.report(SendReport(send=send, outcome=seen.outcome, response=seen.response))
        except Exception as error:  # noqa: BLE001 - the row is in doubt when its lease is over; others go on
            log.error("what became of attempt %d of %s is lost: %s", send.attempt, send.run_id, error)  # noqa: TRY400 - the writer tells more
        if _shuts(seen.outcome):
            self._shut.recorded(send.lane_id)

    async def _ask(self, client: httpx.AsyncClient, send: Send) -> Seen:
        try:
            told = await ask(client, send, send.lease_until - self._clock())
        except Exception as error:  # noqa: BLE001 - as for a row that is POSTed
            outcome = outcome_of_asking(error)
            unreachable = outcome is Outcome.NOT_DELIVERED
            reason = f"{'could not be asked' if unreachable else 'no response'} ({name_of_error(error)})"
            return Seen(outcome=self._outcome(send, outcome, reason, unreachable=unreachable))
        outcome, words = outcome_of_told(told, send), words_of(_text(told), send)
        if outcome is Outcome.DELIVERED:
            seen = self._outcome(send, outcome, "", http_status=told.status)
            return Seen(outcome=seen, response=answer_in(told, send, words))
        return self._refused(send, outcome, told.status, told.headers, f"{words}{hint_of(told.status)}")

    async def _post(self, poster: Poster, send: Send) -> Seen:
        headers = {"content-type": "application/json", "idempotency-key": send.key, "user-agent": "enrichcore"}
        if send.auth is not None:
            headers["x-clay-webhook-auth"] = send.auth.reveal()
        patience = within_lease(send.lease_until - self._clock())
        try:
            told = await poster.post(send.url.reveal(), msgspec.json.encode(send.payload), headers, patience)
            return self._of_response(send, told)
        except Exception as error:  # noqa: BLE001 - whatever went wrong once bytes may have left is a doubt, not a crash
            outcome = outcome_of_error(error)
            unreachable = outcome is Outcome.NOT_DELIVERED
            reason = f"{'could not connect' if unreachable else 'no response'} ({name_of_error(error)})"
            return Seen(outcome=self._outcome(send, outcome, reason, unreachable=unreachable))

    def _of_response(self, send: Send, told: Told) -> Seen:
        outcome = outcome_of_status(told.status)
        if outcome is Outcome.DELIVERED:
            return Seen(outcome=self._outcome(send, outcome, "", http_status=told.status))
        return self._refused(send, outcome, told.status, told.headers, words_of(_text(told), send))

    def _refused(self, send: Send, outcome: Outcome, status: int, headers: httpx.Headers, words: str) -> Seen:
        asked = retry_after(headers.get("retry-after", ""), self._clock(), said_at=headers.get("date", ""))
        hold = asked
        if status in _HOLDS and asked is None:
            hold = self._clock() + _DEFAULT_HOLD
        put_off = outcome is Outcome.NOT_DELIVERED
        seen = self._outcome(
            send, outcome, f"HTTP {status}: {words}", http_status=status, due=asked, hold=hold if put_off else None
        )
        return Seen(outcome=seen)

    def _outcome(
        self,
        send: Send,
        outcome: Outcome,
        reason: str,
        *,
        http_status: int = 0,
        due: datetime | None = None,
        hold: datetime | None = None,
        unreachable: bool = False,
    ) -> PostOutcome:
        return PostOutcome(
            attempt=send.attempt,
            outcome=outcome,
            reason=reason,
            http_status=http_status,
            due=due or self._clock() + full_jitter(send.attempt),
            webhook=send.url.fingerprint(),
            hold=hold,
            unreachable=unreachable,
            probe=send.probe,
        )

    async def _hand_back_unheard(self) -> None:
        """Hand back what the last claim may have taken, if it was not heard of."""
        try:
            await asyncio.to_thread(self._application.hand_back)
        except (StoreUnavailable, Conflict) as error:
            log.warning("what was claimed, if anything, is in doubt when its lease is over: %s", error)

    async def _hand_back(self, send: Send, why: str) -> None:
        seen = PostOutcome(
            attempt=send.attempt,
            outcome=Outcome.NOT_DELIVERED,
            reason=f"not sent: {why}",
            due=self._clock(),
            webhook=send.url.fingerprint(),
        )
        await self._report(send, Seen(outcome=seen))


def _shuts(seen: PostOutcome) -> bool:
    """Whether it says that nothing more is to leave on its lane now."""
    return seen.hold is not None or seen.outcome is Outcome.LANE_REFUSED


def full_jitter(attempt: int) -> timedelta:
    """A random pause before the next attempt, up to twice as long each time, five minutes at most."""
    longest = min(2.0 ** min(attempt, 16), _LONGEST_PAUSE.total_seconds())
    return timedelta(seconds=random.uniform(0.0, longest))  # noqa: S311 - spreads load, keeps no secret


def kept_open(connections: int) -> httpx.Limits:
    """So many connections, none of which is used again after idling for as long as common servers allow."""
    return httpx.Limits(max_connections=connections, max_keepalive_connections=connections, keepalive_expiry=_REUSE_S)


def within_lease(left: timedelta) -> httpx.Timeout:
    """How long a POST may take, of whose lease this much is left: it must have a connection before the lease is over."""
    connect_s = max(min(_CONNECT_S, left.total_seconds()), 0.001)
    # aiohttp's transport counts the wait for a free connection and that for a new one together, as "pool".
    return httpx.Timeout(_ANSWER_S, connect=connect_s, pool=connect_s)


def _text(told: Told) -> str:
    # A charset that the third party names may be any codec of Python's, also one that makes no text.
    return told.body.decode("utf-8", "replace")


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    """Wait, unless told to stop first."""
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
