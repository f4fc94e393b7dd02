"""The simulated Clay as an ASGI application: the webhooks, the providers, and the windows through which it is watched and steered.

Outside a server, as in tests, `running()` stands in for the server's lifespan events.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from typing import Any

import httpx
from attrs import asdict, define, field
from httpx_aiohttp import AiohttpTransport

from .answers import Answerer
from .courier import Courier
from .intake import Intake, refusal
from .ledger import Ledger
from .providers import Providers
from .recorded import Recordings
from .settings import SandboxSettings
from .shapes import WRAPPERS
from .wire import (
    Disconnected,
    Receive,
    Request,
    Response,
    Scope,
    Send,
    cut_connection,
    read_request,
    send_response,
)

_HOOKS = "/hooks/"
_PROVIDERS = "/providers/"
#: Rows that `GET /sandbox/posts` and `GET /sandbox/callbacks` show where they are asked for no number.
_SHOWN = 100


def create_app(settings: SandboxSettings, *, transport: httpx.AsyncBaseTransport | None = None) -> "Sandbox":
    """The application of one sandbox.

    Args:
        settings: how it behaves.
        transport: carries the callbacks; by default real connections.

    Raises:
        ValueError: the settings name a shape that is unknown, or a recorded answer cannot be read.
        OSError: the file of recorded answers cannot be opened.
    """
    if settings.shape is not None and settings.shape not in WRAPPERS:
        raise ValueError(f"shape: {settings.shape!r} is none of {', '.join(WRAPPERS)}")
    answerer = Answerer(
        seed=settings.seed,
        as_of=settings.as_of or _first_of_this_month(),
        recordings=Recordings() if settings.payloads is None else Recordings.read(settings.payloads),
        shape=settings.shape,
    )
    return Sandbox(settings=settings, answerer=answerer, transport=transport)


@define(eq=False)
class Sandbox:
    """One simulated Clay; counts and rows last as long as it does."""

    settings: SandboxSettings
    answerer: Answerer
    transport: httpx.AsyncBaseTransport | None = None
    _ledger: Ledger = field(init=False)
    _courier: Courier = field(init=False)
    _intake: Intake = field(init=False)
    _providers: Providers = field(init=False)
    _hastened: asyncio.Event = field(init=False)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """The time in which it answers and calls back; callbacks that still wait at its end are dropped."""
        settings = self.settings
        transport = self.transport or AiohttpTransport(limits=httpx.Limits(max_connections=settings.concurrency))
        self._ledger = Ledger(settings.keep_posts)
        self._hastened = asyncio.Event()
        client = httpx.AsyncClient(transport=transport, timeout=settings.callback_timeout)
        async with Courier(settings, self._ledger, client) as self._courier:
            self._intake = Intake(settings, self._ledger, self._courier, self.answerer)
            self._providers = Providers(settings, self._ledger, lambda: self._intake.faults, self.answerer.as_of)
            yield

    def hasten(self) -> None:
        """Answer all POSTs that wait for something at once, and from now on; for the end."""
        self._hastened.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one ASGI connection."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._serve(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        async with self.running():
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            request = await read_request(scope, receive, limit_bytes=self.settings.max_body_bytes)
        except Disconnected:
            return
        if request.path.startswith(_HOOKS) and request.path != _HOOKS:
            response = await self._hook(request)
        elif request.path.startswith(_PROVIDERS) and request.path != _PROVIDERS:
            response = await self._provider(request)
        else:
            response = self._window(request)
        if response is None:
            await cut_connection(scope, receive)
        else:
            await send_response(send, response)

    async def _hook(self, request: Request) -> Response | None:
        """What a webhook answers, when it is time to; None drops the connection."""
        if request.method != "POST":
            return refusal(405, "a webhook takes POST", {"allow": "POST"})
        verdict = self._intake.judge(request.path.removeprefix(_HOOKS), request)
        if isinstance(verdict, Response):
            return verdict
        if verdict.early is not None:
            await self._unless_hastened(self._courier.deliver(verdict.early))
        if verdict.slow_by:
            await self._unless_hastened(asyncio.sleep(verdict.slow_by))
        return verdict.response

    async def _provider(self, request: Request) -> Response | None:
        """What a provider answers, when it is time to; None drops the connection."""
        reply = self._providers.ask(request.path.removeprefix(_PROVIDERS), request)
        if reply.slow_by:
            await self._unless_hastened(asyncio.sleep(reply.slow_by))
        return reply.response

    async def _unless_hastened(self, work: Coroutine[Any, Any, None]) -> None:
        tasks = [asyncio.create_task(each) for each in (work, self._hastened.wait())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()

    def _window(self, request: Request) -> Response:
        windows: dict[tuple[str, str], Callable[[Request], Response]] = {
            ("GET", "/healthz"): lambda _: Response(status=200, content={"status": "ok"}),
            ("GET", "/sandbox/stats"): self._stats,
            ("GET", "/sandbox/posts"): lambda asked: self._listed(asked, "posts", self._ledger.posts),
            ("GET", "/sandbox/callbacks"): lambda asked: self._listed(asked, "callbacks", self._ledger.deliveries),
            ("GET", "/sandbox/faults"): self._faults,
            ("POST", "/sandbox/faults"): self._change_faults,
            ("POST", "/sandbox/release"): self._release,
        }
        window = windows.get((request.method, request.path))
        if window is not None:
            return window(request)
        allowed = [method for method, path in windows if path == request.path]
        return refusal(405, f"takes {' or '.join(allowed)}") if allowed else refusal(404, "nothing is here")

    def _stats(self, request: Request) -> Response:
        counts = self._ledger.stats(items=request.query.get("items") != "false")
        return Response(status=200, content={**counts, **self._courier.counts()})

    def _listed(self, request: Request, name: str, kept: Callable[[str | None, int], list[dict[str, Any]]]) -> Response:
        try:
            limit = _count(request.query, "limit")
        except ValueError as error:
            return refusal(422, str(error))
        rows = kept(request.query.get("item_id"), _SHOWN if limit is None else limit)
        return Response(status=200, content={name: rows})

    def _faults(self, _: Request) -> Response:
        return Response(status=200, content=asdict(self._intake.faults))

    def _change_faults(self, request: Request) -> Response:
        try:
            changes = json.loads(request.body)
            if not isinstance(changes, dict):
                return refusal(422, "not a JSON object of faults")
            self._intake.faults = self._intake.faults.changed(changes)
        except (ValueError, RecursionError) as error:
            return refusal(422, str(error))
        return self._faults(request)

    def _release(self, request: Request) -> Response:
        try:
            limit = _count(request.query, "limit")
        except ValueError as error:
            return refusal(422, str(error))
        released = self._courier.release(item_id=request.query.get("item_id"), limit=limit)
        return Response(status=200, content={"released": released})


def _first_of_this_month() -> date:
    return datetime.now(UTC).date().replace(day=1)


def _count(query: Mapping[str, str], name: str) -> int | None:
    """A count in the query; None where it is not given.

    Raises:
        ValueError: it is no number, or negative.
    """
    text = query.get(name)
    if text is None:
        return None
    if not text.isascii() or not text.isdigit():
        raise ValueError(f"{name}: {text!r} is not a number of zero or more")
    return int(text)
