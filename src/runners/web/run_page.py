"""The page of one item or company run: where each step stands, why it is not moving, and all that happened to it."""

from typing import Any
from uuid import UUID

from litestar import Response

from enrichcore.application import UnknownId
from enrichcore.application.explaining import explain
from enrichcore.domain.batch_item import BatchItem
from enrichcore.domain.company_run import CompanyRun
from enrichcore.domain.life_cycle import State
from enrichcore.domain.step_state import StepRun
from runners.web.desk import Desk, person_name
from runners.web.history import told_of
from runners.web.rendering import cell
from runners.web.standing import places_of


def run_page(desk: Desk, run_id: UUID) -> Response[str]:
    """The page.

    Raises:
        UnknownId: There is no such item or company run.
    """
    loaded = desk.store.load([run_id]).get(run_id)
    if loaded is None:
        raise UnknownId("item or company run", run_id)
    state = loaded.state
    said = explain(desk.store, desk.registry, run_id, now=desk.application.now())
    return desk.page(
        "item.html",
        run_id=run_id,
        kind="Item" if isinstance(state, BatchItem) else "Company run",
        name=_name(state),
        state=state,
        client=desk.client_name(state.client_id),
        status=_status(state),
        facts=_facts(desk, state),
        runs=[_row(desk, run) for run in _runs(state)],
        explanation=desk.masked(said),
        places=places_of(said),
        events=told_of(desk, desk.store.stream(run_id)),
        live=_is_open(state),
    )


def _name(state: BatchItem | CompanyRun) -> str:
    facts = dict(state.imported)
    return person_name(facts) if isinstance(state, BatchItem) else str(facts.get("company_name") or "")


def _runs(state: BatchItem | CompanyRun) -> list[StepRun]:
    return [state.run(workflow) for workflow in state.workflows] if isinstance(state, BatchItem) else [state.run]


def _status(state: BatchItem | CompanyRun) -> str:
    return str(state.status if isinstance(state, BatchItem) else state.run.state)


def _is_open(state: BatchItem | CompanyRun) -> bool:
    return state.status == "active" if isinstance(state, BatchItem) else state.run.open


def _facts(desk: Desk, state: BatchItem | CompanyRun) -> dict[str, Any]:
    """What the import, the company's runs and the steps told, under the names of leads."""
    known = state.facts(_of_company(desk, state)) if isinstance(state, BatchItem) else _of_run(state)
    return {name: desk.masked(cell(value)) for name, value in sorted(known.items()) if value not in (None, "", [], ())}


def _of_company(desk: Desk, item: BatchItem) -> dict[str, Any]:
    """What the company's runs found that serve the item, which it does not repeat."""
    completed = (run for run in _runs(item) if run.state is State.COMPLETED)
    served = [run.company_run_id for run in completed if run.company_run_id is not None]
    found: dict[str, Any] = {}
    for loaded in desk.store.load(served).values() if served else ():
        if isinstance(loaded.state, CompanyRun):
            found |= loaded.state.run.facts
    return found


def _of_run(company: CompanyRun) -> dict[str, Any]:
    return {**company.imported, **company.run.facts}


def _row(desk: Desk, run: StepRun) -> dict[str, Any]:
    return {
        "workflow": run.workflow,
        "state": str(run.state),
        "attempt": run.attempt,
        "reason": desk.masked(run.reason),
        "wake_at": run.wake_at if run.open else None,
        "answered_at": run.answered_at,
        "spent": run.spent,
        "reserved": run.reserved,
        "company_run_id": run.company_run_id,
    }
