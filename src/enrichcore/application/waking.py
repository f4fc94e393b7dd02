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
from enrichcore.domain.life_cycle import State
from enrichcore.domain.pipeline import Kind, Step
from enrichcore.domain.step_run import StepRun
from enrichcore.store.commit import StoreError

log = logging.getLogger("enrichcore.application")


def wake(core: Core, limit: int, *, receiver_up: timedelta | None) -> int:
    """Do what time asks for; how many runs moved."""
    due = core.store.due(core.clock(), limit, deadlines=receiver_up is None or bool(receiver_up))
    return _wake_all(core, due, receiver_up) if due else 0


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
    waits = run.state in {State.AWAITING_ANSWER, State.IN_DOUBT} and step.kind is not Kind.HTTP
    if not waits or receiver_up is None:
        return True
    return receiver_up >= min(core.registry.runner.timeout_grace, step.answer_within)
