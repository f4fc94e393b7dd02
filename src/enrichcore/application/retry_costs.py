"""What running ended steps of a batch again would send, before anybody asks for it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from attrs import frozen

from enrichcore.application.core import ITEMS_PER_COMMIT, Core
from enrichcore.domain import batch_item, step_control
from enrichcore.domain.batch import Batch
from enrichcore.domain.batch_item import BatchItem
from enrichcore.domain.ids import BatchId
from enrichcore.domain.life_cycle import GAPS, State
from enrichcore.domain.pipeline import Kind, Step
from enrichcore.domain.step_state import StepRun
from enrichcore.registry import UnknownNameError


@frozen(kw_only=True)
class RetriedStep:
    """What one step would send again: where an answer is known by then, nothing, and where none comes, what `attempts` allow."""

    workflow: str
    #: Items whose step would run again, and those that would go on to it for the first time.
    items: int
    behind: int
    #: Rows that would leave; people of one company share one, and one that is out is waited for.
    rows: int
    #: What the rows would cost at the lane's price, with one POST of each.
    credits: Decimal
    #: POSTs of these rows that the step's `attempts` allow together, and what those would cost.
    posts_at_most: int
    credits_at_most: Decimal


def is_asked_for(run: StepRun, *, step: str | None, state: State | None, reason: str) -> bool:
    """Whether a retry of these would run a step again: those that failed or timed out, unless a state is named."""
    wanted = GAPS if state is None else {state}
    return run.state in wanted and step in {None, run.workflow} and reason.casefold() in run.reason.casefold()


def retry_costs(
    core: Core, batch_id: BatchId, *, step: str | None, state: State | None, reason: str
) -> list[RetriedStep]:
    """What each step would send again, in the order of the pipeline; nothing is recorded.

    Raises:
        UnknownId: There is no such batch.
    """
    batch, _ = core.batch(batch_id)
    again: dict[str, list[BatchItem]] = {}
    behind: dict[str, list[BatchItem]] = {}
    for item in _items(core, batch_id):
        asked = [run for run in item.runs.values() if is_asked_for(run, step=step, state=state, reason=reason)]
        for run in asked:
            again.setdefault(run.workflow, []).append(item)
        for workflow in item.workflows if asked else ():
            if workflow not in item.runs:
                behind.setdefault(workflow, []).append(item)
    found = ((one, again.get(one.workflow, []), behind.get(one.workflow, [])) for one in batch.pipeline.steps)
    return [_of_step(core, batch, one, first, then) for one, first, then in found if first or then]


def _items(core: Core, batch_id: BatchId) -> Iterable[BatchItem]:
    after: UUID | None = None
    while found := core.store.items_of(batch_id, after, ITEMS_PER_COMMIT):
        after = found[-1]
        yield from (loaded.state for loaded in core.store.load(found).values() if isinstance(loaded.state, BatchItem))


def _of_step(
    core: Core, batch: Batch, step: Step, again: Sequence[BatchItem], behind: Sequence[BatchItem]
) -> RetriedStep:
    sent = [] if step.kind is Kind.LOCAL else [*again, *behind]
    now = core.clock()
    out = {_asked_about(item, step) for item in sent if _is_out(item, step, now)}
    rows = len({_asked_about(item, step) for item in sent} - out)
    posts = rows * step.attempts + len(out) * (step.attempts - 1)
    price = _price(core, batch, step) if posts else Decimal(0)
    return RetriedStep(
        workflow=step.workflow,
        items=len(again),
        behind=len(behind),
        rows=rows,
        credits=rows * price,
        posts_at_most=posts,
        credits_at_most=posts * price,
    )


def _is_out(item: BatchItem, step: Step, now: datetime) -> bool:
    """Whether a row of the step was left while it was out, which a retry waits for, and does not send again."""
    run = item.runs.get(step.workflow)
    return run is not None and bool(step_control.decide_restore(run, now=now, by="", why=""))


def _asked_about(item: BatchItem, step: Step) -> UUID:
    """Whom a row of the step would be about: people of one company share one."""
    company = item.company_id if batch_item.asks_company(step) else None
    return company or item.item_id


def _price(core: Core, batch: Batch, step: Step) -> Decimal:
    try:
        return core.registry.lane(batch.client_id, batch.workstream, step.workflow).credits_per_send
    except UnknownNameError:
        # It is no longer in the configuration, so no row of it would leave.
        return Decimal(0)
