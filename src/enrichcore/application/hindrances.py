"""What keeps a row that may be sent: the first of its batch, its time, its lane, its budget and its turn, and what ends that."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from attrs import frozen

from enrichcore.application.answers import UNAUTHORIZED
from enrichcore.application.budgets import pays_again_at, reserved_of, room_words, used_now, used_words
from enrichcore.application.claiming import rows_in_budget, why_unmakeable
from enrichcore.application.drafts import is_wait
from enrichcore.application.unit import Unit
from enrichcore.application.waking import patience_with
from enrichcore.domain.amounts import credits_said, duration_said
from enrichcore.domain.batch import Batch, BatchStatus
from enrichcore.domain.batch_item import BatchItem
from enrichcore.domain.company_run import CompanyRun, may_be_handed
from enrichcore.domain.ids import ClientId, ItemId, LaneId, lane_id
from enrichcore.domain.lane import Lane
from enrichcore.domain.life_cycle import State
from enrichcore.domain.pipeline import Kind, Step
from enrichcore.domain.step_state import StepRun
from enrichcore.registry import Client, LaneSettings, Registry, UnknownNameError, Webhook
from enrichcore.store.commit import Store

#: For so long a callback that was turned away may be why an answer is missing.
_LATELY: Final = timedelta(hours=1)


@frozen(kw_only=True)
class Hindrances:
    """What they are found by."""

    store: Store
    registry: Registry
    now: datetime

    def of(
        self, owner: BatchItem | CompanyRun, run: StepRun, batches: list[Batch], waiters: Iterable[BatchItem]
    ) -> str:
        """Why a row that is ready has not been sent, and what would send it.

        Args:
            owner: whose row it is.
            run: its step run.
            batches: those that want it.
            waiters: items that wait for a company's row, and may have another lane.
        """
        if batches and not any(batch.status is BatchStatus.RUNNING for batch in batches):
            return _held_by(batches)
        if run.behind is not None and run.wake_at is not None and run.wake_at > self.now:
            return (
                f"waits for the answer to item {run.behind}, whose row asks the same about this person and is out"
                f"{self._other_is_past(run.behind)}; should none come, it is sent itself, at {at(run.wake_at)} at the latest"
            )
        workstream, workflow = owner.workstream, run.workflow
        if (function := _local_function(owner, run, batches)) is not None:
            return (
                f"waits for its local function {function}, which is not loaded in the processes that came to it; one with the"
                " role timers that has it calls it within seconds: restart `enrichcore run`, once `enrichcore check` says nothing of the"
                f" function{nobody_runs(self.store, 'timers')}"
            )
        try:
            client = self.registry.client(owner.client_id)
            webhook = self.registry.webhook(owner.client_id, workstream, workflow)
        except UnknownNameError as error:
            return (
                f"is ready to be sent, but the configuration does not know its lane any more ({error})"
                f"{self._other_lane(owner, waiters) or '; put it back, or cancel the batch'}"
            )
        name = f"{client.slug}/{workstream}/{workflow}"
        if webhook is None and self.registry.workflow(workstream, workflow).kind is Kind.LOCAL:
            return (
                "is ready to be sent, but the configuration calls a local function in its place now"
                f"{self._other_lane(owner, waiters) or '; have it sent again there, or cancel the batch and launch anew'}"
            )
        if webhook is None:
            key = f"clients.{client.slug}.webhooks.{workstream}.{workflow}"
            return (
                "is ready to be sent, but no webhook is configured"
                f"{self._other_lane(owner, waiters) or f'; add {key} to the configuration'}"
            )
        known = lane_of(self.store, owner, run)
        if known is not None and (shut := self._shut(known, name)):
            return f"is ready, but lane {name} {shut}{self._other_lane(owner, waiters)}"
        if run.wake_at is not None and run.wake_at > self.now:
            return f"may be sent from {at(run.wake_at)} on{nobody_runs(self.store, 'sender')}"
        settings = webhook.lane
        if client.budget_credits is not None and not rows_in_budget(
            self.store, client, settings.credits_per_send, self.now
        ):
            return self._out_of_budget(client, settings)
        if why := self._unmakeable(owner, workflow, webhook):
            return (
                f"is ready, but making its row ends with {why}, as the log of whoever has the role sender tells; it is tried again"
                f" every minute, and others are sent meanwhile{nobody_runs(self.store, 'sender')}"
            )
        return self._paced(lane_id(owner.client_id, workstream, workflow), name, settings)

    def _unmakeable(self, owner: BatchItem | CompanyRun, workflow: str, webhook: Webhook) -> str:
        """What kind of error keeps its row from being made; empty where none does."""
        unit = Unit(self.store, self.now, lambda batch_id: self.store.batches([batch_id])[0], {})
        run_id = owner.item_id if isinstance(owner, BatchItem) else owner.company_run_id
        return why_unmakeable(unit, run_id, workflow, webhook)

    def _other_is_past(self, item_id: ItemId) -> str:
        """That the deadline of the row that is waited for is past, and what ends that wait; empty where it is to come."""
        found = self.store.load([item_id]).get(item_id)
        if found is None or not isinstance(found.state, BatchItem):
            return ""
        past = (run for run in found.state.open_runs if run.out and run.wake_at is not None and run.wake_at <= self.now)
        run = next(past, None)
        if run is None:
            return ""
        return f", though its deadline is past: {past_due(self.store, self.registry, found.state, run)}"

    def _shut(self, lane: Lane, name: str) -> str:
        """Why a lane sends nothing, or one row at a time, and what opens it; empty where it sends."""
        if lane.stopped:
            return f"is stopped ({lane.stopped}); `enrichcore lanes --resume {name}` opens it"
        why = f" ({lane.held_for})" if lane.held_for else ""
        at_once = f"`enrichcore lanes --resume {name}` tries all at once"
        if lane.held_until is not None and lane.held_until > self.now:
            sooner = f", and {at_once}" if lane.probed else ""
            return f"is held{why}; it goes on at {at(lane.held_until)}{sooner}{nobody_runs(self.store, 'sender')}"
        if lane.probed:
            return (
                f"is tried with one row at a time{why}; it goes on by itself once a row is taken, and {at_once}"
                f"{nobody_runs(self.store, 'sender')}"
            )
        return ""

    def _other_lane(self, owner: BatchItem | CompanyRun, waiters: Iterable[BatchItem]) -> str:
        """That a company's row may go by the lane of somebody else who waits for it; empty where nobody has one that is open."""
        if isinstance(owner, BatchItem):
            return ""
        known = {lane.lane_id: lane for lane, _ in self.store.lanes()}
        for item in waiters:
            for run in item.open_runs:
                if is_wait(run, owner.company_run_id) and self._sends(owner, item, run.workflow, known):
                    return (
                        f"; an item that waits for it has lane {item.workstream}/{run.workflow}, which is open:"
                        f" `enrichcore run` with the role timers moves the row there{nobody_runs(self.store, 'timers')}"
                    )
        return ""

    def _sends(self, owner: CompanyRun, item: BatchItem, workflow: str, known: dict[LaneId, Lane]) -> bool:
        """Whether an item's lane is configured, and open, its batch runs, and its settings allow the row to leave."""
        try:
            webhook = self.registry.webhook(item.client_id, item.workstream, workflow)
        except UnknownNameError:
            return False
        lane = known.get(lane_id(item.client_id, item.workstream, workflow))
        open_now = lane is None or not self._shut(lane, "")
        ((batch, _),) = self.store.batches([item.batch_id])
        step = batch.pipeline.step(workflow)
        sends = webhook is not None and open_now and batch.status is BatchStatus.RUNNING
        return sends and step is not None and may_be_handed(owner, step)

    def _out_of_budget(self, client: Client, settings: LaneSettings) -> str:
        later = pays_again_at(self.store, client, settings.credits_per_send, self.now)
        period = "" if later is None else f"its period frees credits, at {at(later)} if nothing more is spent, or "
        reserved = reserved_of(self.store, client.id)
        how = used_words(used_now(self.store, client, self.now), reserved)
        return (
            f"is ready, but the budget of {client.slug} ({credits_said(client.budget_credits or 0)}) is {how};"
            f" it leaves when {period}{room_words(client, reserved)}"
        )

    def _paced(self, lane_key: UUID, name: str, lane: LaneSettings) -> str:
        with self.store.claims() as claims:
            out = claims.in_flight(lane_key, lane.max_in_flight)
        if out >= lane.max_in_flight:
            return (
                f"is ready, but {out} rows of lane {name} are out and max_in_flight is {lane.max_in_flight};"
                f" it leaves when answers come{nobody_runs(self.store, 'receiver', 'takes them')}"
            )
        return (
            f"is ready and waits for its turn on lane {name}, which sends at most {lane.rate:g} rows a second"
            f" while `enrichcore run` has the role sender{nobody_runs(self.store, 'sender')}"
        )


def _held_by(batches: list[Batch]) -> str:
    """What moves the rows of batches of which none runs."""
    by = {batch.status: batch.batch_id for batch in batches}
    if (paused := by.get(BatchStatus.PAUSED)) is not None:
        return f"is ready, but its batch is paused; `enrichcore resume {paused}` moves it"
    if (finished := by.get(BatchStatus.FINISHED)) is not None:
        return f"is ready, but its batch {finished} is finished; `enrichcore run` with the role timers opens it again"
    cancelled = by[BatchStatus.CANCELLED]
    return (
        f"is ready, but its batch {cancelled} is cancelled; `enrichcore run` with the role timers cancels it too, within a"
        " minute or two"
    )


def _local_function(owner: BatchItem | CompanyRun, run: StepRun, batches: Iterable[Batch]) -> str | None:
    """The function that a step calls; None where it sends."""
    own = next((batch for batch in batches if isinstance(owner, BatchItem) and batch.batch_id == owner.batch_id), None)
    step = None if own is None else own.pipeline.step(run.workflow)
    return step.function if step is not None and step.kind is Kind.LOCAL else None


def lane_of(store: Store, owner: BatchItem | CompanyRun, run: StepRun) -> Lane | None:
    """What is known of the lane that a row goes by; None where nothing ever happened to it."""
    key = lane_id(ClientId(owner.client_id), owner.workstream, run.workflow)
    return next((lane for lane, _ in store.lanes() if lane.lane_id == key), None)


def past_due(store: Store, registry: Registry, owner: BatchItem | CompanyRun, run: StepRun) -> str:
    """What moves a run whose time has come."""
    moves = f"`enrichcore run` with the role timers moves it{nobody_runs(store, 'timers')}"
    step = _step_of(store, owner, run)
    if step is None or run.state not in {State.AWAITING_ANSWER, State.IN_DOUBT}:
        return moves
    needed = patience_with(registry, owner, step)
    if store.receiver_up() >= needed:
        return moves
    return (
        f"{moves}, once a receiver has been up for {duration_said(needed)}, for an answer may have been lost while none was"
        f"{nobody_runs(store, 'receiver')}"
    )


def _step_of(store: Store, owner: BatchItem | CompanyRun, run: StepRun) -> Step | None:
    """The step as the run was begun with it."""
    if isinstance(owner, CompanyRun):
        return owner.step
    ((batch, _),) = store.batches([owner.batch_id])
    return batch.pipeline.step(run.workflow)


def nobody_runs(store: Store, role: str, does: str = "") -> str:
    """That no process runs a role, where none was heard of lately, or that one goes by an earlier configuration; empty else."""
    if role in store.roles_up():
        why = store.roles_behind().get(role)
        return (
            f" (a process with the role {role} goes by an earlier configuration than the one in force: {why})"
            if why
            else ""
        )
    what = f"no runner {does or 'with that role'} now" if does else "none runs now"
    return f" ({what}: start `enrichcore run`)"


def turned_away(store: Store, now: datetime) -> str:
    """That callbacks come without the right secret, where one did lately; empty else."""
    last = store.answered_at(UNAUTHORIZED)
    if last is None or now - last > _LATELY:
        return ""
    return (
        f" (callbacks are refused because their secret is missing or wrong, the last at {at(last)}: its table may be among those;"
        " compare what it sends with the client's callback_secret)"
    )


def at(when: datetime | None) -> str:
    """A time for people."""
    return "an unknown time" if when is None else f"{when:%Y-%m-%d %H:%M:%S} UTC"
