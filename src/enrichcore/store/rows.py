"""Inline state: the folded aggregates as the narrow rows that queues, caps and counts are read from.

Rows are a pure function of the state, and of what its batch was launched with, so a rebuild from the events gives the same rows. Words that came from outside are
made fit for a text column here and nowhere else.
"""

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from attrs import evolve, frozen

from enrichcore.domain.batch_item import BatchItem
from enrichcore.domain.company_run import CompanyRun
from enrichcore.domain.ids import lane_id, local_lane_id
from enrichcore.domain.lane import Lane
from enrichcore.domain.life_cycle import State
from enrichcore.domain.step_state import StepRun
from enrichcore.domain.words import holdable
from enrichcore.store.codec import encode_run

COMPANY_STATUS = {True: "ended", False: "active"}


@frozen(kw_only=True)
class RunRow:
    """One item or company run."""

    run_id: UUID
    #: `item` or `company`.
    kind: str
    client_id: UUID
    batch_id: UUID
    person_id: UUID | None
    company_id: UUID | None
    workstream: str
    status: str
    #: Steps that failed or timed out.
    gaps: int
    in_doubt: bool
    version: int
    state: bytes


@frozen(kw_only=True)
class StepRow:
    """One step run."""

    run_id: UUID
    #: Position in the item's pipeline; 0 for a company run.
    step_no: int
    workflow: str
    workstream: str
    client_id: UUID
    #: None for a company run, which belongs to no batch.
    batch_id: UUID | None
    lane_id: UUID
    state: str
    generation: int
    attempt: int
    wake_at: datetime | None
    company_run_id: UUID | None
    reason: str
    rank: int | None
    answered_at: datetime | None
    reserved: Decimal
    spent: Decimal


def run_row(run: BatchItem | CompanyRun, version: int) -> RunRow:
    """The row of an item or company run."""
    if isinstance(run, BatchItem):
        return RunRow(
            run_id=run.item_id,
            kind="item",
            client_id=run.client_id,
            batch_id=run.batch_id,
            person_id=run.person_id,
            company_id=run.company_id,
            workstream=run.workstream,
            status=run.status,
            gaps=len(run.gaps),
            in_doubt=run.in_doubt,
            version=version,
            state=encode_run(run),
        )
    return RunRow(
        run_id=run.company_run_id,
        kind="company",
        client_id=run.client_id,
        batch_id=run.batch_id,
        person_id=None,
        company_id=run.company_id,
        workstream=run.workstream,
        status=COMPANY_STATUS[run.run.ended],
        gaps=int(run.run.is_gap),
        in_doubt=run.run.state == "in_doubt",
        version=version,
        state=encode_run(run),
    )


def lane_row(lane: Lane) -> Lane:
    """A lane as its row holds it."""
    return evolve(lane, stopped=holdable(lane.stopped), held_for=holdable(lane.held_for))


def step_rows(
    run: BatchItem | CompanyRun, before: BatchItem | CompanyRun | None = None, *, local: Collection[str] = ()
) -> list[StepRow]:
    """The rows of the step runs that differ from `before`.

    Args:
        run: whose.
        before: what is stored of it.
        local: workflows that its batch was launched with as local steps.
    """
    if isinstance(run, BatchItem):
        old = before.runs if isinstance(before, BatchItem) else {}
        return [
            _step_row(run, run.item_id, run.workflows.index(workflow), step, run.batch_id, local)
            for workflow, step in run.runs.items()
            if old.get(workflow) is not step
        ]
    if isinstance(before, CompanyRun) and before.run == run.run and before.workstream == run.workstream:
        return []
    return [_step_row(run, run.company_run_id, 0, run.run, None)]


def _step_row(
    run: BatchItem | CompanyRun,
    run_id: UUID,
    step_no: int,
    step: StepRun,
    batch_id: UUID | None,
    local: Collection[str] = (),
) -> StepRow:
    # Rows that wait for a function stand in no webhook's way. Where nothing is waited for the lane is of no account.
    waits_here = step.state is State.READY and step.workflow in local
    lane = local_lane_id if waits_here else lane_id
    return StepRow(
        run_id=run_id,
        step_no=step_no,
        workflow=step.workflow,
        workstream=run.workstream,
        client_id=run.client_id,
        batch_id=batch_id,
        lane_id=lane(run.client_id, run.workstream, step.workflow),
        state=step.state,
        generation=step.generation,
        attempt=step.attempt,
        wake_at=step.wake_at,
        company_run_id=step.company_run_id,
        reason=holdable(step.reason),
        rank=step.rank,
        answered_at=step.answered_at,
        reserved=step.reserved,
        spent=step.spent,
    )
