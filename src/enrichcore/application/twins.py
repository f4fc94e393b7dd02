"""Companies that turned out to be one after a run was begun for each: whoever waits for a run that has not left waits for the other.

What any of the runs was told serves whoever waits for another, as soon as it comes, or as that ends without an answer.

What is loaded here is a draft of the unit, so that a run that leaves, is answered or is begun meanwhile makes the commit a
conflict: of two claims that each find the other's row ready, one is decided again, and finds it out.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from enrichcore.application.drafts import Drafts, is_wait
from enrichcore.application.reuse import SameEntities, will_do
from enrichcore.domain import company_run
from enrichcore.domain import events as e
from enrichcore.domain.batch_item import BatchItem
from enrichcore.domain.company_run import CompanyRun
from enrichcore.domain.draft import Draft
from enrichcore.domain.ids import CompanyId, CompanyRunId, company_run_id
from enrichcore.domain.pipeline import Step
from enrichcore.domain.step_state import StepRun
from enrichcore.store.commit import Reads

#: An item, and one of its step runs as it was before something came for it.
Moved = tuple[Draft[BatchItem], StepRun]
#: The step of an item's workflow, with the settings that were pinned for it.
FindStep = Callable[[Draft[BatchItem], str], Step | None]


class Twins:
    """The runs of one unit that were begun for one company under several ids.

    Args:
        same: under which ids each company was known.
        reads: where items are kept.
        drafts: the unit's.
        find_step: tells how old an answer may be for an item.
        now: the time from which answers are too old.
    """

    def __init__(self, same: SameEntities, reads: Reads, drafts: Drafts, find_step: FindStep, now: datetime) -> None:
        self._same = same
        self._reads = reads
        self._drafts = drafts
        self._find_step = find_step
        self._now = now

    def preload(self, runs: Iterable[CompanyRun]) -> None:
        """Look up which of their companies are one with others, and the runs of these; two round trips, mostly one."""
        known = list(runs)
        self._same.preload(run.company_id for run in known)
        self._drafts.fetch(run_id for run in known for run_id in self._others(run))

    def move(self, draft: Draft[CompanyRun]) -> list[Moved] | None:
        """Let those who wait for a run that is to leave wait for a twin of it that is out, or be served by one that was answered.

        Whoever asked again on purpose since a twin was answered is not served by that.

        Returns:
            Those who were served, each with its step run as it was before; None where there is no such twin.
        """
        run, twins = draft.state, self._twins(draft.state)
        if not run.run.unsent or not any(self._is_out(twin) or twin.state.run.rank is not None for twin in twins):
            return None
        waiters = self._reads.waiters([run.company_run_id]).get(run.company_run_id, [])
        self._drafts.preload(waiters)
        served: list[Moved] = []
        for item in self._drafts.waiting_for(run.company_run_id):
            for wait in item.state.open_runs:
                if is_wait(wait, run.company_run_id):
                    served += self._move_wait(item, wait, run, twins)
        return served

    def _move_wait(
        self, item: Draft[BatchItem], wait: StepRun, run: CompanyRun, twins: Sequence[Draft[CompanyRun]]
    ) -> list[Moved]:
        if self.serve(item, wait, run):
            return [(item, wait)]
        out = next((twin for twin in twins if self._is_out(twin)), None)
        if out is not None:
            company_run.wait_again(out, item.state.item_id)
            item.emit(e.CompanyAwaited(workflow=wait.workflow, company_run_id=out.state.company_run_id))
            self._drafts.note_wait(item, out.state.company_run_id)
        return []

    def _is_out(self, twin: Draft[CompanyRun]) -> bool:
        return (twin.state.run.open and twin.state.run.out) or company_run.is_left_out(twin.state, self._now)

    def serve(self, item: Draft[BatchItem], wait: StepRun, run: CompanyRun) -> bool:
        """End a wait for a run by what is known of its company under any id, where that will do; tells whether it did."""
        step = self._find_step(item, wait.workflow)
        if step is None:
            return False
        own = self._drafts.company(run.company_run_id)
        known = self._twins(run) if own is None else [own, *self._twins(run)]
        serves = will_do(wait, step, self._now)
        found = next((one for one in known if serves(one.state)), None)
        if found is None:
            return False
        run_id = found.state.company_run_id
        if not is_wait(item.state.run(wait.workflow), run_id):
            item.emit(e.CompanyAwaited(workflow=wait.workflow, company_run_id=run_id))
        return item.emit(company_run.served(found.state, found.version, wait.workflow, reused=True))

    def will_do(self, item: Draft[BatchItem], wait: StepRun, run: CompanyRun) -> bool:
        """Whether what is known by a run is young enough for an item's step."""
        step = self._find_step(item, wait.workflow)
        return step is not None and will_do(wait, step, self._now)(run)

    def ids(self, run: CompanyRun) -> list[CompanyRunId]:
        """Its own id, and those of the runs of the same company and result under its other ids."""
        return [run.company_run_id, *self._others(run)]

    def _twins(self, run: CompanyRun) -> list[Draft[CompanyRun]]:
        found = (self._drafts.company(run_id) for run_id in self._others(run))
        return [twin for twin in found if twin is not None]

    def _others(self, run: CompanyRun) -> list[CompanyRunId]:
        return [
            company_run_id(run.client_id, CompanyId(company), run.result)
            for company in self._same.ids(run.company_id)
            if company != run.company_id
        ]
