"""Why an item or a company run is not moving, and what would move it, in one sentence for a person.

Reads only: the run, its batch, its lane and, for an item on a company step, the company run that it waits for. A table of
states says what each of them waits for.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

from attrs import frozen

from enrichcore.application.claiming import rows_in_budget
from enrichcore.application.errors import UnknownId
from enrichcore.domain.batch import Batch, BatchStatus
from enrichcore.domain.batch_item import BatchItem, ItemStatus
from enrichcore.domain.company_run import CompanyRun
from enrichcore.domain.ids import lane_id
from enrichcore.domain.lane import Lane
from enrichcore.domain.life_cycle import State
from enrichcore.domain.step_run import StepRun
from enrichcore.registry import LaneSettings, Registry, UnknownNameError
from enrichcore.store.commit import Store


def explain(store: Store, registry: Registry, run_id: UUID, *, now: datetime) -> str:
    """Why an item or company run is not moving, and what would move it.

    Args:
        store: where it is kept.
        registry: the configuration in force, for its lane.
        run_id: of the item or company run.
        now: the time to explain for.

    Raises:
        UnknownId: There is no such item or company run.
    """
    return Explanation(store=store, registry=registry, now=now).of(run_id)


@frozen(kw_only=True)
class Explanation:
    """What an explanation is made from."""

    store: Store
    registry: Registry
    now: datetime

    def of(self, run_id: UUID) -> str:
        """The sentence.

        Raises:
            UnknownId: There is no such item or company run.
        """
        found = self.store.load([run_id]).get(run_id)
        if found is None:
            raise UnknownId("item or company run", run_id)
        if isinstance(found.state, BatchItem):
            return self._item(found.state)
        return f"Company run {run_id} {self._company(found.state)}."

    def _item(self, item: BatchItem) -> str:
        said = f"Item {item.item_id}"
        if item.status is not ItemStatus.ACTIVE:
            return f"{said} {_ended_item(item)}."
        run = next(iter(item.open_runs), None)
        if run is None:
            return f"{said} is between two steps; `enrichcore run` carries it on."
        place = f"is at step {run.workflow} of {item.workstream}"
        if run.state is State.WAITING_FOR_COMPANY and run.company_run_id is not None:
            company = self.store.load([run.company_run_id])[run.company_run_id].state
            assert isinstance(company, CompanyRun)  # noqa: S101 - what a company run's id names
            return f"{said} {place} and waits for company run {run.company_run_id}, which {self._company(company)}."
        return f"{said} {place} and {self._open(item, run, self._batches([item.batch_id]))}."

    def _company(self, company: CompanyRun) -> str:
        if company.run.ended:
            return _ended_run(company)
        waiters = self.store.waiters([company.company_run_id]).get(company.company_run_id, [])
        items = (loaded.state for loaded in self.store.load(waiters).values())
        batches = self._batches(item.batch_id for item in items)
        if company.run.state is State.READY and not batches:
            return "nobody waits for any more; it is sent when a new item asks for its company"
        return self._open(company, company.run, batches)

    def _batches(self, batch_ids: Iterable[UUID]) -> list[Batch]:
        wanted = set(batch_ids)
        return [batch for batch, _ in self.store.batches(wanted)] if wanted else []

    def _open(self, owner: BatchItem | CompanyRun, run: StepRun, batches: list[Batch]) -> str:
        if run.state is State.READY:
            return self._ready(owner, run, batches)
        text = _WAITS[run.state](run)
        if run.state in {State.AWAITING_ANSWER, State.IN_DOUBT, State.SENDING} and _past(run, self.now):
            text += f", which is past: {self._past_due(run)}"
        if run.state is State.RETRY_WAIT:
            text += self._lane_closed_then(owner, run)
        if run.set_aside:
            text += (
                f"; its answer came and could not be applied ({run.set_aside}): mend that, and `enrichcore unmatched --redrive`"
                " places it; nothing is sent again for want of it"
            )
        if run.state is State.IN_DOUBT:
            text += _settled_by(owner, batches)
        return text

    def _lane_closed_then(self, owner: BatchItem | CompanyRun, run: StepRun) -> str:
        """That a row's lane will not be open when its pause is over; empty where nothing says so."""
        known = self._lane(owner, run)
        if known is None or run.wake_at is None:
            return ""
        if known.stopped:
            return f", but its lane is stopped ({known.stopped}) until it is resumed"
        if known.held_until is not None and known.held_until > max(run.wake_at, self.now):
            return f", or when its lane goes on, at {_at(known.held_until)} ({known.held_for})"
        return ""

    def _lane(self, owner: BatchItem | CompanyRun, run: StepRun) -> Lane | None:
        key = lane_id(owner.client_id, owner.workstream, run.workflow)
        return next((lane for lane, _ in self.store.lanes() if lane.lane_id == key), None)

    def _past_due(self, run: StepRun) -> str:
        """What moves a run whose time has come."""
        up, grace = self.store.receiver_up(), self.registry.runner.timeout_grace
        if run.state is not State.SENDING and up < grace:
            return (
                "`enrichcore run` with the role timers moves it, once a receiver has been up for"
                f" {int(grace.total_seconds() // 60):,} minutes, for an answer may have been lost while none was"
            )
        return "`enrichcore run` with the role timers moves it"

    def _ready(self, owner: BatchItem | CompanyRun, run: StepRun, batches: list[Batch]) -> str:
        """Why a row that may be sent has not been sent: the first of batch, lane, time and pace that holds it."""
        if batches and not any(batch.status is BatchStatus.RUNNING for batch in batches):
            return _held_by(batches[0])
        if run.behind is not None and run.wake_at is not None and run.wake_at > self.now:
            return (
                f"waits for the answer to item {run.behind}, whose row asks the same about this person and is out;"
                f" should none come, it is sent itself, at {_at(run.wake_at)} at the latest"
            )
        workstream, workflow = owner.workstream, run.workflow
        try:
            client = self.registry.client(owner.client_id)
            webhook = self.registry.webhook(owner.client_id, workstream, workflow)
        except UnknownNameError as error:
            return f"is ready to be sent, but the configuration does not know its lane any more: {error}"
        name = f"{client.slug}/{workstream}/{workflow}"
        if webhook is None:
            key = f"clients.{client.slug}.webhooks.{workstream}.{workflow}"
            return f"is ready to be sent, but no webhook is configured; add {key} to the configuration"
        known = self._lane(owner, run)
        if known is not None and known.stopped:
            return (
                f"is ready, but lane {name} is stopped ({known.stopped}); `enrichcore lanes --resume {name}` opens it"
            )
        if known is not None and known.held_until is not None and known.held_until > self.now:
            why = f" ({known.held_for})" if known.held_for else ""
            return f"is ready, but lane {name} is held{why}; it goes on at {_at(known.held_until)}"
        if run.wake_at is not None and run.wake_at > self.now:
            return f"may be sent from {_at(run.wake_at)} on"
        if client.budget_credits is not None and not rows_in_budget(
            self.store, client, webhook.lane.credits_per_send, self.now
        ):
            return (
                f"is ready, but the budget of {client.slug} ({client.budget_credits:,} credits) is spent or reserved;"
                f" it leaves when answers give back what is reserved, or clients.{client.slug}.budget_credits is raised"
            )
        return self._paced(lane_id(owner.client_id, workstream, workflow), name, webhook.lane)

    def _paced(self, lane_key: UUID, name: str, lane: LaneSettings) -> str:
        with self.store.claims() as claims:
            out = claims.in_flight(lane_key, lane.max_in_flight)
        if out >= lane.max_in_flight:
            return (
                f"is ready, but {out} rows of lane {name} are out and max_in_flight is {lane.max_in_flight};"
                " it leaves when answers come"
            )
        return (
            f"is ready and waits for its turn on lane {name}, which sends at most {lane.rate:g} rows a second"
            " while `enrichcore run` has the role sender"
        )


def _settled_by(owner: BatchItem | CompanyRun, batches: list[Batch]) -> str:
    """How a doubt is decided: by a batch of those who wait, for a company's starter may have been cancelled."""
    waiting = (batch.batch_id for batch in batches if batch.status is not BatchStatus.CANCELLED)
    named = owner.batch_id if isinstance(owner, BatchItem) else next(waiting, None)
    return "" if named is None else f"; `enrichcore settle {named} --as sent` or `--as resend` decides it now"


def _held_by(batch: Batch) -> str:
    if batch.status is BatchStatus.PAUSED:
        return f"is ready, but its batch is paused; `enrichcore resume {batch.batch_id}` moves it"
    return f"is ready, but its batch {batch.batch_id} is {batch.status}, so nothing of it is sent"


_WAITS: Final[dict[State, Callable[[StepRun], str]]] = {
    State.WAITING_FOR_COMPANY: lambda run: f"waits for company run {run.company_run_id}",
    State.SENDING: lambda run: (
        f"is being sent (attempt {run.attempt}); if its runner died, it counts as in doubt from {_at(run.wake_at)}"
    ),
    State.AWAITING_ANSWER: lambda run: (
        f"was sent (attempt {run.attempt}) and waits for its answer, until the deadline at {_at(run.deadline)}"
    ),
    State.IN_DOUBT: lambda run: (
        f"is in doubt, for nobody knows whether attempt {run.attempt} was delivered ({run.reason});"
        f" an answer settles it, or the deadline at {_at(run.wake_at)}"
    ),
    State.RETRY_WAIT: lambda run: f"was not delivered ({run.reason}) and is tried again at {_at(run.wake_at)}",
}


def _ended_item(item: BatchItem) -> str:
    batch = item.batch_id
    match item.status:
        case ItemStatus.CANCELLED:
            out = next((run for run in item.runs.values() if run.out), None)
            rest = (
                "" if out is None else f"; its row was out, and an answer by {_at(out.deadline)} serves other batches"
            )
            return f"was cancelled and moves no more{rest}"
        case ItemStatus.FAILED:
            failed = next((item.run(workflow) for workflow in item.gaps), None)
            why = f" at step {failed.workflow} ({failed.reason or failed.state})" if failed else ""
            return f"failed{why}; `enrichcore retry {batch}` runs it again"
    if not item.gaps:
        return "is completed: every step has ended and nothing is to be done"
    gaps = "; ".join(f"{run.workflow} {_WORDS[run.state]} ({run.reason})" for run in map(item.run, item.gaps))
    return f"is completed with gaps: {gaps}; `enrichcore retry {batch}` asks again for what is missing"


_WORDS: Final = {
    State.COMPLETED: "is completed",
    State.FAILED: "failed",
    State.TIMED_OUT: "timed out",
    State.SKIPPED: "was skipped",
    State.CANCELLED: "was cancelled",
}


def _ended_run(company: CompanyRun) -> str:
    run = company.run
    why = f" ({run.reason})" if run.reason else ""
    if run.state is State.COMPLETED:
        return f"is completed{why}: its answer serves every item that asks for this company"
    return f"{_WORDS[run.state]}{why}; it is asked again when an item is retried or a new one asks"


def _past(run: StepRun, now: datetime) -> bool:
    return run.wake_at is not None and run.wake_at <= now


def _at(when: datetime | None) -> str:
    return "an unknown time" if when is None else f"{when:%Y-%m-%d %H:%M:%S} UTC"
