"""Local steps whose function was not at hand when their turn came: they wait, and go on in a process that has it.

A process that was started before a function was written does not have it, though the configuration in force, or the pipeline
that a batch was launched with, names it. Such a step stays `ready`, as a row does that waits to be sent.
"""

import logging
from collections.abc import Collection, Sequence
from typing import Final
from uuid import UUID

from enrichcore.application.core import Core
from enrichcore.application.unit import Unit
from enrichcore.domain.batch import Batch
from enrichcore.domain.ids import BatchId, local_lane_id
from enrichcore.domain.pipeline import Kind, Step

log = logging.getLogger("enrichcore.application")

#: Items that go on in one commit.
_PER_COMMIT: Final = 200


def call_functions(core: Core, configured: Collection[UUID], limit: int, lacking: set[str]) -> int:
    """Let items go on whose local function this process has; how many.

    Costs one question where nobody waits.

    Args:
        core: what decisions rest on.
        configured: lanes that send, whose rows wait for something else.
        limit: most items.
        lacking: the functions that were missing at the last time; made those that are missing now.
    """
    moved, missing = 0, set()
    for lane, batch_id in core.store.resting(configured):
        batch, _ = core.unit(core.clock()).found_batch(BatchId(batch_id))
        step = _step_of(batch, lane)
        if step is None:
            continue
        if step.function not in core.functions:
            missing.add(step.function)
            continue
        found = core.store.ready_in(lane, batch_id, limit - moved)
        for begin in range(0, len(found), _PER_COMMIT):
            moved += core.decided_in_parts(_call, found[begin : begin + _PER_COMMIT])
        if moved >= limit:
            break
    for function in sorted(missing - lacking):
        log.warning("rows wait for the local function %s, which this process has not loaded: restart it", function)
    lacking.clear()
    lacking.update(missing)
    return moved


def _step_of(batch: Batch, lane: UUID) -> Step | None:
    """The local step whose rows have that lane; None where it is no local one."""
    local = (step for step in batch.pipeline.steps if step.kind is Kind.LOCAL)
    return next(
        (step for step in local if local_lane_id(batch.client_id, batch.workstream, step.workflow) == lane), None
    )


def _call(unit: Unit, run_ids: Sequence[UUID]) -> int:
    unit.preload(run_ids)
    unit.expect(unit.items(run_ids))
    drafts = [unit.item(run_id) for run_id in run_ids]
    return sum(unit.call_functions(draft) for draft in drafts if draft is not None)
