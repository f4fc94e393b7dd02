"""The items and company runs of one unit: each loaded once, with a draft of what is decided about it."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from enrichcore.domain import batch_item, company_run
from enrichcore.domain.batch_item import BatchItem
from enrichcore.domain.company_run import CompanyRun
from enrichcore.domain.draft import Draft
from enrichcore.domain.ids import CompanyRunId
from enrichcore.domain.life_cycle import State
from enrichcore.domain.step_state import StepRun
from enrichcore.store.commit import LoadedRun

AnyDraft = Draft[Any]


class Drafts:
    """What a unit has read, and what it makes of it.

    Args:
        load: asks the store.
        now: the time of the unit.
    """

    def __init__(self, load: Callable[[Iterable[UUID]], dict[UUID, LoadedRun]], now: datetime) -> None:
        self._load = load
        self._now = now
        self._drafts: dict[UUID, AnyDraft] = {}
        #: As loaded: state (None for what is new) and version.
        self._before: dict[UUID, tuple[BatchItem | CompanyRun | None, int]] = {}
        #: By company run, the items that wait for it or did; whether one still does, its draft tells.
        self._waiting: dict[CompanyRunId, dict[UUID, Draft[BatchItem]]] = {}

    def preload(self, run_ids: Iterable[UUID]) -> None:
        """Load runs, and the company runs that they wait for, in two round trips."""
        self.fetch(
            run.company_run_id
            for draft in self.fetch(run_ids)
            if isinstance(draft.state, BatchItem)
            for run in draft.state.runs.values()
            if run.company_run_id is not None
        )

    def fetch(self, run_ids: Iterable[UUID]) -> list[AnyDraft]:
        """Load what is not known yet in one round trip; the drafts that are new."""
        wanted = [run_id for run_id in dict.fromkeys(run_ids) if run_id not in self._before]
        found = self._load(wanted) if wanted else {}
        self._before |= dict.fromkeys(wanted, (None, 0))
        return [self._begin(run_id, loaded) for run_id, loaded in found.items()]

    def _begin(self, run_id: UUID, loaded: LoadedRun) -> AnyDraft:
        state, version = loaded.state, loaded.version
        self._before[run_id] = (state, version)
        if isinstance(state, CompanyRun):
            self._drafts[run_id] = company_run.draft(state, version, self._now)
            return self._drafts[run_id]
        item = self._drafts[run_id] = batch_item.draft(state, version, self._now)
        for run in state.open_runs:
            if run.company_run_id is not None and is_wait(run, run.company_run_id):
                self.note_wait(item, run.company_run_id)
        return item

    def add(self, run_id: UUID, draft: AnyDraft) -> None:
        """Take in what this unit begins."""
        self._before.setdefault(run_id, (None, 0))
        self._drafts[run_id] = draft

    def run(self, run_id: UUID) -> AnyDraft | None:
        """The draft of an item or company run; None where there is none."""
        known = self._drafts.get(run_id)
        if known is None and run_id not in self._before:
            self.fetch([run_id])
            return self._drafts.get(run_id)
        return known

    def item(self, run_id: UUID) -> Draft[BatchItem] | None:
        """The draft of an item."""
        draft = self.run(run_id)
        return draft if draft is not None and isinstance(draft.state, BatchItem) else None

    def company(self, run_id: UUID) -> Draft[CompanyRun] | None:
        """The draft of a company run."""
        draft = self.run(run_id)
        return draft if draft is not None and isinstance(draft.state, CompanyRun) else None

    def known(self, run_id: UUID) -> AnyDraft | None:
        """The draft of a run that the unit has read; asks nobody."""
        return self._drafts.get(run_id)

    def before(self, run_id: UUID) -> BatchItem | CompanyRun | None:
        """A run as it was loaded; None where the unit begins it."""
        return self._before.get(run_id, (None, 0))[0]

    def companies(self) -> list[Draft[CompanyRun]]:
        """All company runs of the unit."""
        return [draft for draft in self._drafts.values() if isinstance(draft.state, CompanyRun)]

    def changed(self) -> list[tuple[UUID, AnyDraft]]:
        """Runs with something to record."""
        return [(run_id, draft) for run_id, draft in self._drafts.items() if draft.events]

    def only_read(self) -> dict[UUID, int]:
        """Versions of the runs with nothing to record, 0 for those that do not exist."""
        unchanged = ((run_id, self._drafts.get(run_id)) for run_id in self._before)
        return {run_id: self._before[run_id][1] for run_id, draft in unchanged if draft is None or not draft.events}

    def forget(self, claimed_id: UUID) -> None:
        """An id from outside is no run's: it may be that of something else, such as a batch, which has a version."""
        if claimed_id not in self._drafts:
            self._before.pop(claimed_id, None)

    def note_wait(self, item: Draft[BatchItem], run_id: CompanyRunId) -> None:
        """Remember that an item waits for a company run."""
        self._waiting.setdefault(run_id, {})[item.state.item_id] = item

    def waiting_for(self, run_id: CompanyRunId) -> list[Draft[BatchItem]]:
        """Items of the unit that wait for a company run."""
        return [item for item in self._waiting.get(run_id, {}).values() if waits(item.state, run_id)]

    def was_waited_for(self, run_id: CompanyRunId) -> bool:
        """Whether an item of the unit waits for a company run, or did before."""
        return run_id in self._waiting


def is_wait(run: StepRun, run_id: CompanyRunId) -> bool:
    """Whether a step run waits for that company run."""
    return run.state is State.WAITING_FOR_COMPANY and run.company_run_id == run_id


def waits(item: BatchItem, run_id: CompanyRunId) -> bool:
    """Whether an item waits for that company run."""
    return any(is_wait(run, run_id) for run in item.runs.values())
