"""A small world around the application, in which anything may happen: people, runners that die, and a third party.

The third party keeps books of its own: which rows it really has, and what it was told of each answer. In the end these books
and the log are held against each other, so a system that believes its own mistakes is found out all the same.

Commands are plain values (`work`, `answer`, ...), so that they can be drawn, raced against each other, and played again on
another store.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from typing import Any, Final, cast
from uuid import uuid5

from attrs import define, evolve, field, frozen

from enrichcore.application import AckStatus, CannotLaunch, Enrichment, Incoming, NotInForce, Send
from enrichcore.application.explaining import explain
from enrichcore.application.sending import SendReport
from enrichcore.domain import events as e
from enrichcore.domain.batch import BatchStatus
from enrichcore.domain.batch_item import BatchItem, ItemStatus
from enrichcore.domain.ids import NAMESPACE, UploadId
from enrichcore.domain.life_cycle import State
from enrichcore.domain.local_function import LocalFunction
from enrichcore.domain.step_run import Outcome, PostOutcome
from enrichcore.registry import Client, Registry, Workstream, load_functions
from enrichcore.store.commit import Store, StoreUnavailable
from enrichcore.store.replaying import fold_runs
from enrichcore.testing.crash_points import AT_THE_DATABASE, CrashPoint, Died, PointedStore
from enrichcore.testing.people import export_of, told_in_full
from enrichcore.testing.story import story
from enrichcore.testing.verdict import ALL, Books, Rules, verdict

START: Final = datetime(2026, 3, 2, 9, tzinfo=UTC)
#: Broken promises that are told of one life.
_SAID: Final = 5
#: Rounds in which everything must come to its end once nobody answers any more; each jumps to the next due time.
ROUNDS: Final = 400

Command = tuple[Any, ...]


class BrokenPromise(AssertionError):
    """Something happened that must not; the sentences say what."""


@frozen(kw_only=True)
class Fate:
    """What becomes of one POST."""

    outcome: Outcome
    #: Whether the third party has the row; a runner can only know that from what it is told.
    taken: bool
    #: Whether the answer comes before the POST's own response.
    answered_first: bool = False
    #: Whether the outcome is reported later, when its lease may be over.
    late: bool = False


class AtOnce:
    """How something happens in the middle of something else where nothing is locked: at once."""

    def begin(self, work: Callable[[], None], point: CrashPoint) -> None:  # noqa: ARG002 - others need it
        """Do it, as far as it can be done while what it is in the middle of stands still."""
        work()

    def finish(self) -> None:
        """Wait until it is done, now that what it was in the middle of has let go."""


@define(eq=False)
class Clock:
    """Time, for everybody."""

    now: datetime = START

    def __call__(self) -> datetime:
        """Tell the time."""
        return self.now


@frozen(kw_only=True)
class Strike:
    """What happens when a moment of a command is reached."""

    point: CrashPoint
    #: What the other runner does just then.
    meanwhile: Command | None
    #: Whether the runner is gone afterwards.
    dies: bool = False
    #: Whether the database is lost to the runner just then, for this moment: what it had begun is over, and it lives on.
    cut: bool = False


def tightened(registry: Registry) -> Registry:
    """The configuration with other settings: answers are waited for half as long, and each lane has one row out at most."""

    def stream(one: Workstream) -> Workstream:
        steps = [evolve(step, answer_within=step.answer_within / 2) for step in one.pipeline.steps]
        return evolve(one, pipeline=evolve(one.pipeline, steps=steps))

    def client(one: Client) -> Client:
        webhooks = one.webhooks.items()
        return evolve(
            one, webhooks={at: evolve(hook, lane=evolve(hook.lane, max_in_flight=1)) for at, hook in webhooks}
        )

    return evolve(
        registry,
        workstreams={slug: stream(one) for slug, one in registry.workstreams.items()},
        clients={slug: client(one) for slug, one in registry.clients.items()},
    )


@define(eq=False, kw_only=True)
class Rehearsal:
    """Two runners on one store, and everybody around them."""

    registry: Registry
    store: Store
    #: How far the second runner's clock is behind.
    behind: timedelta = timedelta(0)
    #: How the other runner comes in between; a database whose transaction is open needs a thread for that.
    beside: AtOnce = field(factory=AtOnce)
    #: What a configuration's owner asks for beyond the promises.
    rules: Rules = field(factory=Rules)
    clock: Clock = field(factory=Clock)
    books: Books = field(factory=Books)
    #: Outcomes that nobody has reported yet.
    unreported: list[SendReport] = field(factory=list)
    #: How many strikes found their moment.
    strikes: int = 0
    runners: list[Enrichment] = field(init=False)
    uploads: list[UploadId] = field(init=False, factory=list)
    #: The configuration as somebody wrote it last.
    in_force: Registry = field(init=False)
    _strike: Strike | None = field(init=False, default=None)
    _numbers: Iterator[int] = field(init=False, factory=count)

    def __attrs_post_init__(self) -> None:
        """Start the runners and record the configuration."""
        self.in_force = self.registry
        self.runners = [self._runner(0), self._runner(1)]
        self.runners[0].apply(by="rehearsal")

    @property
    def launchable(self) -> list[tuple[str, str]]:
        """The (client, workstream) pairs that have a webhook for every step."""
        pairs = [(client, stream) for client in self.registry.clients for stream in self.registry.workstreams]
        return [(client, stream) for client, stream in pairs if not self.runners[0].missing_webhooks(client, stream)]

    # --- runners ---

    def _runner(self, number: int) -> Enrichment:
        store = cast("Store", PointedStore(self.store, self._reached))
        behind = self.behind if number else timedelta(0)
        runner = Enrichment(
            store,
            self.in_force,
            clock=lambda: self.clock.now - behind,
            new_id=lambda: uuid5(NAMESPACE, f"rehearsal/{next(self._numbers)}"),
            pause=lambda _: None,
        )
        self._check_functions(runner)
        runner.follow(lambda: self._take_over(runner))
        return runner

    def _take_over(self, runner: Enrichment) -> None:
        if runner.registry != self.in_force:
            runner.take_over(self.in_force)
            self._check_functions(runner)

    def _check_functions(self, runner: Enrichment) -> None:
        functions = load_functions(self.in_force)
        runner.core.functions.update(
            {name: partial(self._checked, name, function) for name, function in functions.items()}
        )

    def _checked(self, name: str, function: LocalFunction, facts: Mapping[str, Any]) -> Mapping[str, Any]:
        """Call a local function twice: it must give the same for the same."""
        first, second = function(deepcopy(dict(facts))), function(deepcopy(dict(facts)))
        if first != second:
            self.books.impure.append(f"{name} gives {first!r} and then {second!r} for the same facts {dict(facts)!r}")
        return first

    def _reached(self, point: CrashPoint) -> None:
        strike = self._strike
        if strike is None or strike.point is not point:
            return
        self._strike = None
        self.strikes += 1
        if strike.meanwhile is not None:
            self.beside.begin(partial(self.do, 1, strike.meanwhile), point)
        if strike.dies:
            raise Died(point)
        if strike.cut and point in AT_THE_DATABASE:
            raise StoreUnavailable(f"cut at {point}")

    def struck(self, strike: Strike, command: Command) -> None:
        """The first runner carries a command out, and something happens in the middle of it."""
        self._strike = strike
        try:
            self.do(0, command)
        except Died:
            self.runners[0] = self._runner(0)
        except StoreUnavailable:
            # Whoever asked is told so, and may ask again.
            return
        finally:
            self._strike = None
            self.beside.finish()

    # --- what may happen ---

    def do(self, by: int, command: Command) -> None:
        """A runner carries a command out; what there is nothing to do it on is passed over."""
        name, *rest = command
        getattr(self, f"_do_{name}")(self.runners[by], *rest)

    def pass_time(self, spell: timedelta | None) -> None:
        """Let time pass; None goes to the moment at which something is due next."""
        self.clock.now = self._next_due() if spell is None else self.clock.now + spell

    def _next_due(self) -> datetime:
        due = [row.wake_at for row in self.store.inline_rows()[1] if row.wake_at is not None]
        held = [lane.held_until for lane, _ in self.store.lanes() if lane.held_until is not None]
        later = [at for at in (*due, *held) if at > self.clock.now]
        return min(later, default=self.clock.now + timedelta(hours=1)) + self.behind

    def upload(self, which: int, people: Sequence[Mapping[str, str]]) -> None:
        """Import people for one of the workstreams."""
        client, stream = self.launchable[which % len(self.launchable)]
        found = self.runners[0].upload(export_of(people), client=client, workstream=stream)
        if found.upload_id is not None:
            self.uploads.append(found.upload_id)

    def _do_meet(self, runner: Enrichment, which: int, name: str, company: str) -> None:
        """A later file tells that two people, and two companies, are one."""
        client, stream = self.launchable[which % len(self.launchable)]
        with suppress(NotInForce):
            found = runner.upload(export_of([told_in_full(name, company)]), client=client, workstream=stream)
            if found.upload_id is not None:
                self.uploads.append(found.upload_id)

    def _do_configure(self, runner: Enrichment, which: int) -> None:
        """Somebody changes the configuration and puts it in force here; the other process takes it over when it has to."""
        self.in_force = (self.registry, tightened(self.registry))[which % 2]
        self._take_over(runner)
        runner.apply(by="ann", on_purpose=True)

    def _do_lose_functions(self, runner: Enrichment) -> None:
        runner.core.lose_functions(self.clock.now + timedelta(days=365))

    def _do_find_functions(self, runner: Enrichment) -> None:
        self._check_functions(runner)
        runner.call_functions()

    def _do_launch(self, runner: Enrichment, which: int) -> None:
        if self.uploads:
            with suppress(CannotLaunch, NotInForce):
                runner.launch(self.uploads[which % len(self.uploads)])

    def _do_work(self, runner: Enrichment, fates: Sequence[Fate], body: Any) -> None:
        sends = runner.claim(len(fates))
        self.beside.finish()
        self.books.sends += sends
        for send, fate in zip(sends, fates, strict=False):
            self._reached(CrashPoint.ROW_IN_HAND)
            self._post(runner, send, fate, body)

    def _post(self, runner: Enrichment, send: Send, fate: Fate, body: Any) -> None:
        if send.lease_until <= self.clock.now:
            fate = Fate(outcome=Outcome.NOT_DELIVERED, taken=False)
        if fate.taken:
            self.books.taken.append(send)
            self._reached(CrashPoint.ROW_TAKEN)
            if fate.answered_first:
                self._receive(runner, send, body, send.key)
        report = self._report_of(send, fate)
        if fate.late:
            self.unreported.append(report)
        else:
            self._record(runner, report)

    def _record(self, runner: Enrichment, report: SendReport) -> None:
        try:
            runner.record_outcomes([report])
        except StoreUnavailable:
            # It is kept, and tried again.
            self.unreported.append(report)

    def _report_of(self, send: Send, fate: Fate) -> SendReport:
        status = {Outcome.DELIVERED: 200, Outcome.NOT_DELIVERED: 429}.get(fate.outcome, 500)
        put_off = fate.outcome is Outcome.NOT_DELIVERED
        # Every other time nobody is there to put it off.
        away = put_off and send.attempt % 2 == 0
        soon = self.clock.now + timedelta(seconds=30)
        outcome = PostOutcome(
            attempt=send.attempt,
            outcome=fate.outcome,
            reason="as drawn",
            http_status=0 if away else status,
            due=soon,
            webhook=send.url.fingerprint(),
            hold=soon if put_off and not away else None,
            unreachable=away,
            probe=send.probe,
        )
        return SendReport(send=send, outcome=outcome)

    def _do_report(self, runner: Enrichment, which: int) -> None:
        if self.unreported:
            self._record(runner, self.unreported.pop(which % len(self.unreported)))

    def _do_answer(self, runner: Enrichment, which: int, body: Any, with_token: bool, times: int) -> None:  # noqa: FBT001 - part of a drawn command
        if self.books.taken:
            send = self.books.taken[-1 - which % len(self.books.taken)]
            for _ in range(times):
                self._receive(runner, send, body, send.key if with_token else "")

    def _receive(self, runner: Enrichment, send: Send, body: Any, token: str) -> None:
        if isinstance(body, bytes):
            text = body
        else:
            given = body if isinstance(body, Mapping) else {"result": body}
            text = json.dumps({**given, "item_id": str(send.run_id)}).encode()
        came = Incoming(
            client_id=send.client_id, workstream=send.workstream, workflow=send.workflow, body=text, token=token
        )
        try:
            (ack,) = runner.receive([came])
        except StoreUnavailable:
            # Told 503, which acknowledges nothing.
            return
        if ack.status in {AckStatus.ACCEPTED, AckStatus.LATE, AckStatus.KEPT, AckStatus.DUPLICATE}:
            self.books.acknowledged.append((send.run_id, text))

    def _do_wake(self, runner: Enrichment, receiver_up: timedelta | None) -> None:
        runner.wake(receiver_up=receiver_up)

    def _do_turn(self, runner: Enrichment) -> None:
        runner.turn_batches()
        runner.move_companies()

    def _do_stop_lane(self, runner: Enrichment, which: int) -> None:
        if self.books.sends:
            send = self.books.sends[-1 - which % len(self.books.sends)]
            runner.stop_lane(str(send.client_id), send.workstream, send.workflow, by="ann", why="out of credits")

    def _do_open_lanes(self, runner: Enrichment) -> None:
        for lane, _ in self.store.lanes():
            if lane.stopped:
                runner.resume_lane(str(lane.client_id), lane.workstream, lane.workflow, by="ann")

    def _on_batch(self, which: int, do: Callable[[Any], object]) -> None:
        batches = self.store.batches()
        if batches:
            do(batches[which % len(batches)][0].batch_id)

    def _do_fill(self, runner: Enrichment, which: int) -> None:
        self._on_batch(which, runner.fill)

    def _do_pause(self, runner: Enrichment, which: int) -> None:
        self._on_batch(which, lambda batch: runner.pause(batch, by="ann"))

    def _do_resume(self, runner: Enrichment, which: int) -> None:
        self._on_batch(which, lambda batch: runner.resume(batch, by="ann"))

    def _do_cancel(self, runner: Enrichment, which: int) -> None:
        self._on_batch(which, lambda batch: runner.cancel(batch, by="ann"))

    def _do_retry(self, runner: Enrichment, which: int, state: State | None) -> None:
        with suppress(NotInForce):
            self._on_batch(which, lambda batch: runner.retry(batch, by="ann", state=state))

    def _do_settle(self, runner: Enrichment, which: int, settlement: e.Settlement) -> None:
        self._on_batch(which, lambda batch: runner.settle(batch, settlement, by="ann"))

    # --- what must hold in the end ---

    def log(self) -> list[e.Recorded]:
        """All events."""
        return self.store.log(0, ALL)

    def end(self) -> None:
        """Hold everything against everything, then let it all come to its end.

        Raises:
            BrokenPromise: Something happened that must not.
        """
        self.demand(self.broken())
        self.demand(self.stuck())
        self.demand(self.broken())

    def demand(self, sentences: Sequence[str]) -> None:
        """Fail with these sentences and what led there, if there are any.

        Raises:
            BrokenPromise: There are.
        """
        if sentences:
            taken = {send.key for send in self.books.taken}
            told = story(self.log(), sentences[:_SAID], taken)
            raise BrokenPromise("\n".join(sentences[:_SAID]) + f"\n\nWhat happened, as the log has it:\n{told}\n")

    def broken(self) -> list[str]:
        """The promises that are broken by now, one sentence each."""
        return verdict(self.store, self.registry, self.books, self.rules, behind=self.behind)

    def stuck(self) -> list[str]:
        """Let people open everything, and the third party take rows and never answer; what does not end then is stuck."""
        runner = self.runners[0]
        for run_id in fold_runs(self.log()):
            explain(self.store, self.registry, run_id, now=self.clock.now)
        self._take_over(runner)
        self._check_functions(runner)
        for batch, _ in self.store.batches():
            runner.fill(batch.batch_id)
            runner.resume(batch.batch_id, by="ann")
        # Whoever cancelled a batch may have died in the middle; from then on others take that over.
        self.clock.now += timedelta(minutes=1)
        for _ in range(ROUNDS):
            self._do_open_lanes(runner)
            sends = runner.claim(ALL)
            self.books.sends += sends
            self.books.taken += sends
            runner.record_outcomes([self._report_of(send, _TAKEN) for send in sends])
            if not sends and not runner.call_functions() and not runner.wake() and not runner.turn_batches():
                if not self._active():
                    break
                self.clock.now = self._next_due()
        return self._active() or [
            f"batch {batch.batch_id} is {batch.status} after its last item ended"
            for batch, _ in self.store.batches()
            if batch.status not in {BatchStatus.FINISHED, BatchStatus.CANCELLED}
        ]

    def _active(self) -> list[str]:
        runs = fold_runs(self.log())
        items = {run_id: run.state for run_id, run in runs.items() if isinstance(run.state, BatchItem)}
        return [
            f"stuck: {explain(self.store, self.registry, run_id, now=self.clock.now)}"
            for run_id, item in items.items()
            if item.status is ItemStatus.ACTIVE
        ]


_TAKEN: Final = Fate(outcome=Outcome.DELIVERED, taken=True)
