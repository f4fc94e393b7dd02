"""One process of the daemon: the roles that were asked for, sharing a store, a writer and an HTTP server.

Stopping is orderly: the sender claims nothing more and finishes what is on the wire, callbacks are taken until then, the
writer records what is left, and the projector catches up once more.
"""

import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, NoReturn, Self

import uvicorn

from enrichcore.application import Enrichment
from enrichcore.domain.amounts import counted
from enrichcore.domain.pipeline import Kind
from enrichcore.projection import catch_up
from enrichcore.registry import Registry, RunnerSettings
from enrichcore.store.embedded import stop_servers
from enrichcore.store.outbox import Outbox
from projections import READ_MODELS
from runners.composition import Configured, configured, database_url, opened_store
from runners.daemon.heartbeat import Heartbeat, Presence
from runners.daemon.notifier import Notifier
from runners.daemon.projector import Projector
from runners.daemon.receiver import Receiver, Turned, reply, route
from runners.daemon.reloading import Reloading
from runners.daemon.sender import ASKING, Sender
from runners.daemon.timers import Timers
from runners.daemon.writer import GroupWriter
from runners.listening import CannotListen, listen
from runners.masking import Masks
from runners.web import create_pages

log = logging.getLogger("enrichcore.daemon")

#: How long the HTTP server lets open requests finish when stopping, in seconds.
_GOODBYE_S: Final = 10
#: Connections that may wait to be taken; Clay opens dozens at once.
_BACKLOG: Final = 2048


#: The exit code of a process that was told a second time to stop, as shells say of what Ctrl-C ended.
_AT_ONCE: Final = 130
#: Seconds between two looks at whether the configuration has `http` steps by now.
_LOOK_S: Final = 1.0


class Role(StrEnum):
    """What a process of the daemon does."""

    RECEIVER = "receiver"
    SENDER = "sender"
    TIMERS = "timers"
    PROJECTOR = "projector"
    WEB = "web"


#: Roles that others must find at the configured address.
_CALLED: Final = frozenset({Role.RECEIVER, Role.WEB})


class _Server(uvicorn.Server):
    """A server that leaves signals to the daemon."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Daemon:
    """A running daemon, as an async context manager: up on entry, stopped in order on exit."""

    def __init__(
        self,
        registry: Registry,
        url: str,
        roles: frozenset[Role] = frozenset(Role),
        *,
        health_port: int | None = None,
        reread: Callable[[], Registry] | None = None,
        file_state: Callable[[], object] = lambda: None,
        masks: Masks | None = None,
    ) -> None:
        self._registry = registry
        self._reread = reread or (lambda: registry)
        self._file_state = file_state
        self._masks = masks or Masks(registry)
        self._url = url
        self._roles = roles
        self._health_port = health_port
        self._stop = asyncio.Event()
        self._stack = ExitStack()
        self._tasks: list[asyncio.Task[None]] = []
        self._senders: list[Sender] = []
        #: Whether its start put another configuration in force.
        self.put_in_force = False
        #: Where the HTTP server listens, such as http://127.0.0.1:8000.
        self.address = ""

    async def __aenter__(self) -> Self:
        self._store = await asyncio.to_thread(self._stack.enter_context, opened_store(self._url))
        self.application = Enrichment(self._store, self._registry)
        self.put_in_force = await asyncio.to_thread(self.application.apply, by="daemon")
        self._writer = GroupWriter(self.application)
        self._writing = asyncio.create_task(self._writer.run(), name="the writer")
        turned = Turned()
        heartbeat = Heartbeat(self._store, turned)
        self._reloading = Reloading(self.application, self._read_again, self._taken_over, file_state=self._file_state)
        self._receiver = Receiver(
            self._registry, self._writer, heartbeat.interrupt, turned, self._is_behind, self._reloading.look
        )
        # A launch by the pipeline of a configuration that was superseded a second ago would pin it.
        self.application.follow(self._reloading.look_now)
        self._pages: Any = create_pages(self.application, self._store, self._masks) if Role.WEB in self._roles else None
        try:
            await self._listen()
        except CannotListen:
            self._writer.close()
            await self._writing
            await asyncio.to_thread(self._stack.close)
            raise
        if Role.RECEIVER in self._roles:
            self._begin(Role.RECEIVER, heartbeat.run(self._stop))
        if Role.SENDER in self._roles:
            self._begin(Role.SENDER, self._sender().run(self._stop))
            self._begin(Role.SENDER, self._ask_providers())
        if Role.TIMERS in self._roles:
            self._begin(Role.TIMERS, Timers(self.application, clock=self._store.clock).run(self._stop))
            self._begin(Role.TIMERS, Notifier(self.application, Outbox(self._store)).run(self._stop))
        if Role.PROJECTOR in self._roles:
            follow = Projector(lambda: catch_up(self._store.pool, READ_MODELS))
            self._begin(Role.PROJECTOR, follow.run(self._stop))
        self._begin("the configuration", self._reloading.run(self._stop))
        self._begin("presence", Presence(self._store, self._roles, self._is_behind).run(self._stop))
        return self

    def _is_behind(self) -> str:
        """Why this process goes by an earlier configuration than the one in force; empty where it does not."""
        return self._reloading.behind

    def _read_again(self) -> Registry:
        # Before any of it counts: whatever is recorded or logged under it may hold its secrets.
        return self._masks.remember(self._reread())

    def _taken_over(self, registry: Registry) -> None:
        self._receiver.take_over(registry)
        self.application.callback_base_url = self._called_at(registry.runner)

    def _called_at(self, runner: RunnerSettings) -> str:
        """What Clay can reach: where this process listens, unless the configuration says otherwise."""
        own = runner.callback_base_url == f"http://{runner.host}:{runner.port}"
        return self.address if own and Role.RECEIVER in self._roles else runner.callback_base_url

    async def _ask_providers(self) -> None:
        """Ask the providers of `http` steps, once the configuration has one."""
        while not any(stream.http for stream in self.application.registry.workstreams.values()):
            if await _told(self._stop, _LOOK_S):
                return
        await self._sender(kind=Kind.HTTP, connections=ASKING).run(self._stop)

    def _sender(self, **settings: Any) -> Sender:
        made = Sender(self.application, self._writer, clock=self._store.clock.without_asking, **settings)
        self._senders.append(made)
        return made

    @property
    def unaccounted(self) -> int:
        """How many rows were claimed of which nobody would know what became of them, if the process ended now."""
        return sum(sender.unaccounted for sender in self._senders)

    async def __aexit__(self, *_: object) -> None:
        self._stop.set()
        self._writer.hurry()
        await _ended(*self._tasks)
        self._server.should_exit = True
        await _ended(self._serving)
        self._writer.close()
        await _ended(self._writing)
        await asyncio.to_thread(self._stack.close)

    async def failed(self) -> None:
        """Return when a role, the HTTP server or the writer ends by itself, which none should."""
        running = [*self._tasks, self._serving, self._writing]
        ended, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
        log.error("%s ended by itself", " and ".join(sorted(task.get_name() for task in ended)))

    def _begin(self, role: str, running: Coroutine[Any, Any, None]) -> None:
        self._tasks.append(asyncio.create_task(running, name=role))

    async def _listen(self) -> None:
        runner = self._registry.runner
        config = uvicorn.Config(
            self._answer, host=runner.host, port=runner.port, log_level="warning", lifespan="off", interface="asgi3", access_log=False,
            timeout_graceful_shutdown=_GOODBYE_S, log_config=None,
        )  # fmt: skip
        # Whoever is not called leaves the address to the process that is, which may start later.
        port = self._health_port if self._health_port is not None else runner.port if self._roles & _CALLED else 0
        # Bound here, because uvicorn ends the process where an address is taken.
        remedy = "change [runner] listen" if self._health_port is None else "give another --health-port"
        listening = listen(runner.host, port, backlog=_BACKLOG, remedy=remedy)
        self._server = _Server(config)
        self._serving = asyncio.create_task(self._server.serve(sockets=[listening]), name="the HTTP server")
        host, port = listening.getsockname()[:2]
        self.address = f"http://{host}:{port}"
        self.application.callback_base_url = self._called_at(runner)

    async def _answer(self, scope: Any, receive: Any, send: Any) -> None:
        """Health for every process; callbacks where the receiver runs; all else is the pages'."""
        path = scope["path"]
        if path == "/healthz":
            return await reply(send, 200, {"status": "ok"})
        if path == "/readyz":
            return await self._readiness(send)
        if route(path) is not None:
            if Role.RECEIVER in self._roles:
                return await self._receiver(scope, receive, send)
            # Not 404, which would tell Clay that there is nothing to try again.
            return await reply(send, 503, {"status": "rejected", "reason": "no receiver runs here: please try again"})
        if self._pages is not None:
            await self._pages(scope, receive, send)
            return None
        return await reply(send, 404, {"status": "rejected", "reason": "no such address"})

    async def _readiness(self, send: Any) -> None:
        if why := self._writer.trouble():
            return await reply(send, 503, {"status": "not ready", "reason": why})
        try:
            position = await asyncio.to_thread(self._store.last_position)
        except Exception as error:  # noqa: BLE001 - whatever keeps the database away, this process is not ready
            return await reply(send, 503, {"status": "not ready", "reason": str(error)})
        # Which keys differ names clients, and is told to those who may see the pages.
        configuration = "earlier than the one in force" if self._is_behind() else "in force"
        ready = {"status": "ready", "position": position, "roles": sorted(self._roles), "configuration": configuration}
        return await reply(send, 200, ready)


async def _told(stop: asyncio.Event, within_s: float) -> bool:
    """Whether an event was set within so many seconds."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), within_s)
    return stop.is_set()


async def _ended(*tasks: asyncio.Task[None]) -> None:
    """Wait for all of them, and log how those ended that failed."""
    for task, failure in zip(tasks, await asyncio.gather(*tasks, return_exceptions=True), strict=True):
        if isinstance(failure, BaseException):
            log.error("%s ended with %s: %s", task.get_name(), type(failure).__name__, failure)


def serve(
    found: Configured,
    roles: frozenset[Role],
    *,
    health_port: int | None = None,
    masks: Masks | None = None,
    say: Callable[[str], None] = print,
) -> None:
    """Run until SIGTERM or Ctrl-C, then stop in order; told so once more, end the process at once.

    Raises:
        StoreUnavailable: The database cannot be reached at the start.
        StaleConfiguration: The file was superseded by a newer one.
        CannotListen: The address is in use, or cannot be had.
        RuntimeError: A role ended by itself.
    """
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_serve(found, roles or frozenset(Role), health_port, masks, say))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop's, which comes with uvicorn where it runs; else Python's own."""
    try:
        import uvloop
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


def _state_of(path: Path) -> tuple[int, int, int]:
    """What tells that a file was written anew."""
    told = path.stat()
    return told.st_mtime_ns, told.st_size, told.st_ino


async def _serve(
    found: Configured,
    roles: frozenset[Role],
    health_port: int | None,
    masks: Masks | None,
    say: Callable[[str], None],
) -> None:
    daemon = Daemon(
        found.registry,
        database_url(found.path),
        roles,
        health_port=health_port,
        reread=lambda: configured(found.path).registry,
        file_state=lambda: _state_of(found.path),
        masks=masks,
    )
    told_to_stop = asyncio.Event()

    def stop() -> None:
        if told_to_stop.is_set():
            _end_at_once(daemon)
        told_to_stop.set()
        say("Stopping: what is under way is finished and recorded; Ctrl-C again stops at once")

    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop)
    async with daemon:
        say(f"enrichcore runs at {daemon.address} ({', '.join(sorted(roles))})")
        if daemon.put_in_force:
            log.warning("put the configuration of its file and environment in force")
        stopping = asyncio.create_task(told_to_stop.wait())
        failing = asyncio.create_task(daemon.failed())
        await asyncio.wait({stopping, failing}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        failing.cancel()
    if not told_to_stop.is_set():
        raise RuntimeError("a role of the daemon ended by itself; the log above says why")


def _end_at_once(daemon: Daemon) -> NoReturn:
    """End the process, as a crash would, but for what can be said and stopped beside it.

    Threads that wait for the database cannot be told to end.
    """
    rows = counted(daemon.unaccounted, "row")
    sys.stderr.write(
        f"Stopped at once: what became of {rows} is not recorded; such rows are in doubt when their lease is over, unless"
        " their answers come before\n"
        if daemon.unaccounted
        else "Stopped at once: no row was on its way\n"
    )
    sys.stdout.flush()
    sys.stderr.flush()
    stop_servers()
    os._exit(_AT_ONCE)
