"""Why an item or a company run is not moving, and what would move it, in one sentence for a person.

Reads only: the run, its batch, its lane, who runs, and, for an item on a company step, the company run that it waits for. A
table of states says what each of them waits for; `Hindrances` says what keeps a row that may be sent.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

from attrs import frozen

from enrichcore.application.errors import UnknownId
from enrichcore.application.hindrances import Hindrances, at, lane_of, nobody_runs, past_due, turned_away
from enrichcore.application.revisions import reused_steps
from enrichcore.domain.batch import Batch, BatchStatus
from enrichcore.domain.batch_item import BatchItem, ItemStatus
from enrichcore.domain.company_run import CompanyRun, is_left_out, serves_at_once
from enrichcore.domain.life_cycle import State
from enrichcore.domain.step_state import StepRun
from enrichcore.registry import Registry
from enrichcore.store.commit import Store


def explain(store: Store, registry: Registry, run_id: UUID, *, now: datetime, workflow: str = "") -> str:
    """Why an item or company run is not moving, and what would move it.

    Args:
        store: where it is kept.
        registry: the configuration in force, for its lane.
        run_id: of the item or company run.
        now: the time to explain for.
        workflow: of an item, the step that is asked about; the first that has not ended, unless given.

    Raises:
        UnknownId: There is no such item or company run.
    """
    return Explanation(store=store, registry=registry, now=now).of(run_id, workflow)


@frozen(kw_only=True)
class Explanation:
    """What an explanation is made from."""

    store: Store
    registry: Registry
    now: datetime

    def of(self, run_id: UUID, workflow: str = "") -> str:
        """The sentence.

        Raises:
            UnknownId: There is no such item or company run.
        """
        found = self.store.load([run_id]).get(run_id)
        if found is None:
            raise UnknownId("item or company run", run_id)
        if isinstance(found.state, BatchItem):
            return self._item(found.state, workflow)
        return f"Company run {run_id} {self._company(found.state)}."

    def _item(self, item: BatchItem, workflow: str) -> str:
        said = f"Item {item.item_id}"
        if item.status is not ItemStatus.ACTIVE:
            return f"{said} {_ended_item(item)}{self._reused(item)}."
        own = self._batches([item.batch_id])
        # An earlier step may have been retried, so that several have not ended.
        asked = (run for run in item.open_runs if not workflow or run.workflow == workflow)
        run = next(asked, None)
        if run is None:
            return f"{said} is between two steps; `enrichcore run` carries it on."
        place = f"is at step {run.workflow} of {item.workstream}"
        if run.state is State.WAITING_FOR_COMPANY and run.company_run_id is not None:
            company = self.store.load([run.company_run_id])[run.company_run_id].state
            assert isinstance(company, CompanyRun)  # noqa: S101 - what a company run's id names
            waits = f"waits for company run {run.company_run_id}, which {self._company(company)}"
            return f"{said} {place} and {waits}{_paused_then(own, waits)}."
        return f"{said} {place} and {self._open(item, run, own)}."

    def _reused(self, item: BatchItem) -> str:
        """Which steps an answer to another row served; empty where none."""
        steps = reused_steps(self.store.stream(item.item_id))
        if not steps:
            return ""
        return f"; {' and '.join(steps)} took an answer that was bought before, with no POST and no credit"

    def _company(self, company: CompanyRun) -> str:
        if company.run.ended:
            return self._ended_run(company)
        waiters = self.store.waiters([company.company_run_id]).get(company.company_run_id, [])
        items = [loaded.state for loaded in self.store.load(waiters).values()]
        batches = self._batches(item.batch_id for item in items)
        if company.run.state is State.READY and not batches:
            return "nobody waits for any more; it is sent when a new item asks for its company"
        return self._open(company, company.run, batches, [item for item in items if isinstance(item, BatchItem)])

    def _ended_run(self, company: CompanyRun) -> str:
        run = company.run
        why = f" ({run.reason})" if run.reason else ""
        if run.state is State.COMPLETED:
            return f"is completed{why}: its answer serves every item that asks for this company"
        said, reused = f"{_WORDS[run.state]}{why}", company.step.reuse_within
        if serves_at_once(company, reused, self.now) and run.answered_at is not None:
            return f"{said}; the answer that it has serves every item that asks for this company, until {at(run.answered_at + reused)}"
        if is_left_out(company, self.now):
            return f"{said} while its row was out: whoever asks for this company by {at(run.deadline)} waits for the answer"
        return f"{said}; it is asked again when an item is retried or a new one asks"

    def _batches(self, batch_ids: Iterable[UUID]) -> list[Batch]:
        wanted = set(batch_ids)
        return [batch for batch, _ in self.store.batches(wanted)] if wanted else []

    def _open(
        self, owner: BatchItem | CompanyRun, run: StepRun, batches: list[Batch], waiters: Iterable[BatchItem] = ()
    ) -> str:
        if run.state is State.READY:
            hindrances = Hindrances(store=self.store, registry=self.registry, now=self.now)
            return hindrances.of(owner, run, batches, waiters)
        text = _WAITS[run.state](run)
        if _past(run, self.now):
            text += f", which is past: {past_due(self.store, self.registry, owner, run)}"
        elif run.state in {State.AWAITING_ANSWER, State.IN_DOUBT}:
            text += nobody_runs(self.store, "receiver", "takes it")
        if run.state in {State.AWAITING_ANSWER, State.IN_DOUBT}:
            text += turned_away(self.store, self.now)
        if run.state is State.RETRY_WAIT:
            text += self._lane_closed_then(owner, run)
        if run.set_aside:
            text += (
                f"; its answer came and could not be applied ({run.set_aside}): mend that, and `enrichcore unmatched --redrive`"
                " places it; nothing is sent again for want of it"
            )
        if run.state is State.IN_DOUBT:
            text += _settled_by(owner, run, batches)
        return text + _paused_then(batches, text)

    def _lane_closed_then(self, owner: BatchItem | CompanyRun, run: StepRun) -> str:
        """That a row's lane will not be open when its pause is over; empty where nothing says so."""
        known = lane_of(self.store, owner, run)
        if known is None or run.wake_at is None:
            return ""
        if known.stopped:
            return f", but its lane is stopped ({known.stopped}) until it is resumed"
        if known.held_until is not None and known.held_until > max(run.wake_at, self.now):
            return f", or when its lane goes on, at {at(known.held_until)} ({known.held_for})"
        return ""


def _paused_then(batches: list[Batch], said: str) -> str:
    """That no batch which wants a row runs, so that nothing is sent after what it waits for; empty where it is said already."""
    if not batches or any(batch.status is BatchStatus.RUNNING for batch in batches):
        return ""
    paused = next((batch for batch in batches if batch.status is BatchStatus.PAUSED), None)
    if paused is None or f"enrichcore resume {paused.batch_id}" in said:
        return ""
    return f"; its batch is paused, so nothing is sent until `enrichcore resume {paused.batch_id}`"


def _settled_by(owner: BatchItem | CompanyRun, run: StepRun, batches: list[Batch]) -> str:
    """How a doubt is decided, and no other step's: by a batch of those who wait, for a company's starter may have been cancelled."""
    if isinstance(owner, BatchItem):
        named, step = owner.batch_id, run.workflow
    else:
        asking = (
            (batch.batch_id, step.workflow)
            for batch in batches
            if batch.status is not BatchStatus.CANCELLED
            for step in batch.pipeline.steps
            if step.result == owner.step.result
        )
        found = next(asking, None)
        if found is None:
            return ""
        named, step = found
    return f"; `enrichcore settle {named} --step {step} --as sent` or `--as resend` decides it now"


_WAITS: Final[dict[State, Callable[[StepRun], str]]] = {
    State.WAITING_FOR_COMPANY: lambda run: f"waits for company run {run.company_run_id}",
    State.SENDING: lambda run: (
        f"is being sent (attempt {run.attempt}); if its runner died, it counts as in doubt from {at(run.wake_at)}"
    ),
    State.AWAITING_ANSWER: lambda run: (
        f"was sent (attempt {run.attempt}) and waits for its answer, until the deadline at {at(run.deadline)}"
    ),
    State.IN_DOUBT: lambda run: (
        f"is in doubt, for nobody knows whether attempt {run.attempt} was delivered ({run.reason});"
        f" an answer settles it, or the deadline at {at(run.wake_at)}"
    ),
    State.RETRY_WAIT: lambda run: f"was not delivered ({run.reason}) and is tried again at {at(run.wake_at)}",
}


def _ended_item(item: BatchItem) -> str:
    batch = item.batch_id
    match item.status:
        case ItemStatus.CANCELLED:
            again = f"; `enrichcore retry {batch} --state cancelled` takes that back"
            out = next((run for run in item.runs.values() if run.out), None)
            rest = "" if out is None else f"; its row was out, and an answer by {at(out.deadline)} serves other batches"
            return f"was cancelled and moves no more{rest}{again}"
        case ItemStatus.FAILED:
            failed = next((item.run(workflow) for workflow in item.gaps), None)
            if failed is None:
                return f"failed; `enrichcore retry {batch}` runs it again"
            why = f" at step {failed.workflow} ({failed.reason or failed.state})"
            return f"failed{why}; {_retries(batch, [failed])} runs it again"
    if not item.gaps:
        return "is completed: every step has ended and nothing is to be done"
    runs = [item.run(workflow) for workflow in item.gaps]
    gaps = "; ".join(f"{run.workflow} {_WORDS[run.state]} ({run.reason})" for run in runs)
    return f"is completed with gaps: {gaps}; {_retries(batch, runs)} asks again for what is missing"


def _retries(batch: UUID, gaps: Iterable[StepRun]) -> str:
    """The commands that run these steps again, and of the batch's others only those that ended so."""
    return " and ".join(f"`enrichcore retry {batch} --step {run.workflow} --state {run.state}`" for run in gaps)


_WORDS: Final = {
    State.COMPLETED: "is completed",
    State.FAILED: "failed",
    State.TIMED_OUT: "timed out",
    State.SKIPPED: "was skipped",
    State.CANCELLED: "was cancelled",
}


def _past(run: StepRun, now: datetime) -> bool:
    return run.wake_at is not None and run.wake_at <= now
