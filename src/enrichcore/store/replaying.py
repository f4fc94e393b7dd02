"""The inline state from the events alone: what the rows of items and company runs must be, whoever wrote them.

The inline rows are a read model like any other. These folds ask nobody and look at nothing but events, so the rows that a
commit wrote and the rows that come out here are the same, byte for byte, after any prefix of the log.
"""

from collections.abc import Iterable
from uuid import UUID

from enrichcore.domain import batch_item, company_run
from enrichcore.domain import events as e
from enrichcore.domain.batch_item import BatchItem
from enrichcore.domain.company_run import CompanyRun
from enrichcore.domain.ids import CompanyRunId, ItemId
from enrichcore.store.commit import LoadedRun
from enrichcore.store.rows import RunRow, StepRow, run_row, step_rows


def fold_runs(events: Iterable[e.Recorded]) -> dict[UUID, LoadedRun]:
    """Every item and company run as its events leave it.

    Args:
        events: those of each stream in the order of their versions, from the first; streams may come mixed, and those
            of other aggregates are passed over.
    """
    folded: dict[UUID, LoadedRun] = {}
    for recorded in events:
        known = folded.get(recorded.stream_id)
        state = _begun(recorded) if known is None else _moved(known.state, recorded)
        if state is not None:
            folded[recorded.stream_id] = LoadedRun(state=state, version=recorded.version)
    return folded


def inline_rows(events: Iterable[e.Recorded]) -> tuple[list[RunRow], list[StepRow]]:
    """The rows that inline state must hold after these events, in order of id, as `Store.inline_rows` gives them.

    Args:
        events: as for `fold_runs`, those of the batches that the items are in among them.
    """
    told = list(events)
    local = {one.stream_id: one.event.pipeline.local for one in told if isinstance(one.event, e.BatchLaunched)}
    loaded = [run for _, run in sorted(fold_runs(told).items())]
    runs = [run_row(run.state, run.version) for run in loaded]
    steps = [
        step
        for run in loaded
        for step in sorted(step_rows(run.state, local=local.get(run.state.batch_id, ())), key=lambda row: row.step_no)
    ]
    return runs, steps


def _begun(recorded: e.Recorded) -> BatchItem | CompanyRun | None:
    match recorded.event:
        case e.ItemCreated() as created if recorded.client_id is not None and recorded.batch_id is not None:
            return batch_item.initial(ItemId(recorded.stream_id), recorded.client_id, recorded.batch_id, created)
        case e.CompanyRunStarted() as started if recorded.client_id is not None:
            return company_run.initial(CompanyRunId(recorded.stream_id), recorded.client_id, started)
    return None


def _moved(state: BatchItem | CompanyRun, recorded: e.Recorded) -> BatchItem | CompanyRun:
    if isinstance(state, BatchItem):
        return batch_item.fold(state, recorded.event, recorded.at, recorded.version)
    return company_run.fold(state, recorded.event, recorded.at, recorded.version)
