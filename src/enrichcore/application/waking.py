"""What time asks for: leases, deadlines and pauses between attempts end."""

import logging
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from uuid import UUID

from enrichcore.application.core import Core
from enrichcore.application.unit import Unit
from enrichcore.domain import step_run as steps
from enrichcore.domain.batch_item import BatchItem
from enrichcore.domain.company_run import CompanyRun
from enrichcore.domain.ids import lane_id
from enrichcore.domain.life_cycle import State
from enrichcore.domain.pipeline import Kind, Step
from enrichcore.domain.step_state import StepRun
from enrichcore.registry import Registry, UnknownNameError
from enrichcore.store.commit import StoreError

log = logging.getLogger("enrichcore.application")


def wake(core: Core, limit: int, *, receiver_up: timedelta | None) -> int:
    """Do what time asks for; how many runs moved."""
    now = core.clock()
    moved = _wake_all(core, due, receiver_up) if (due := core.store.due(now, limit)) else 0
    lanes = _lanes_that_count(core.registry, receiver_up)
    if lanes is None or lanes:
        overdue = core.store.overdue(now, limit, lanes)
        moved += _wake_all(core, overdue, receiver_up) if overdue else 0
    return moved


def _lanes_that_count(registry: Registry, receiver_up: timedelta | None) -> list[UUID] | None:
    """The lanes of whose waits the time counts by now; None for all.

    By the configuration of today, so that the waits that may not end yet are not looked at again and again, and keep none that
    may from ending. A batch that was launched with other settings, or a lane that is not configured any more, is looked at when
    the receiver has been up for the whole grace time.
    """
    if receiver_up is None or receiver_up >= registry.runner.timeout_grace:
        return None
    return [
        lane_id(client.id, workstream, workflow)
        for client in registry.clients.values()
        for workstream, workflow, _ in registry.webhooks_of(client)
        if (step := registry.workstream(workstream).pipeline.step(workflow)) is not None
        and receiver_up >= patience(registry, step)
    ]


def _wake_all(core: Core, run_ids: Sequence[UUID], receiver_up: timedelta | None) -> int:
    """Wake these in one commit; where one cannot be decided, halve until it stands alone, and wake the others."""
    try:
        return core.decided(partial(_wake, core, run_ids=run_ids, receiver_up=receiver_up))
    except StoreError:
        raise
    except Exception:
        if len(run_ids) == 1:
            log.exception("%s cannot be moved on", run_ids[0])
            return 0
    middle = len(run_ids) // 2
    return _wake_all(core, run_ids[:middle], receiver_up) + _wake_all(core, run_ids[middle:], receiver_up)


def _wake(core: Core, unit: Unit, *, run_ids: Sequence[UUID], receiver_up: timedelta | None) -> int:
    unit.preload(run_ids)
    unit.expect(unit.items(run_ids))
    moved = 0
    for draft in map(unit.run, run_ids):
        if draft is None:
            continue
        for run in list(draft.state.runs.values()) if isinstance(draft.state, BatchItem) else [draft.state.run]:
            step = unit.pinned_step(draft, run.workflow)
            if step is None or not _counts(core, run, step, receiver_up):
                continue
            if draft.emit_all(steps.decide_wake(run, step, now=unit.now)):
                moved += 1
                if isinstance(draft.state, BatchItem):
                    unit.go_on(draft, run)
    return moved


def _counts(core: Core, run: StepRun, step: Step, receiver_up: timedelta | None) -> bool:
    """Whether the time that passed counts for the run: a deadline does not while answers could not come in.

    The answer of an `http` step comes in no other way than by its response.
    """
    if run.state not in {State.AWAITING_ANSWER, State.IN_DOUBT} or receiver_up is None:
        return True
    return receiver_up >= patience(core.registry, step)


def patience_with(registry: Registry, owner: BatchItem | CompanyRun, step: Step) -> timedelta:
    """How long the receiver must have been up before the timers end a wait of this owner: by its own settings, and today's."""
    try:
        webhook = registry.webhook(owner.client_id, owner.workstream, step.workflow)
    except UnknownNameError:
        webhook = None
    if webhook is None:
        return registry.runner.timeout_grace
    today = registry.workflow(owner.workstream, step.workflow)
    return max(patience(registry, today), patience(registry, step))


def patience(registry: Registry, step: Step) -> timedelta:
    """How long the receiver must have been up before a wait for the step's answer may end."""
    return timedelta(0) if step.kind is Kind.HTTP else min(registry.runner.timeout_grace, step.answer_within)
