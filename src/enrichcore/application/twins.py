"""Companies that turned out to be one after a run was begun for each: whoever waits for a run that has not left waits for the other.

What is loaded here is a draft of the unit, so that a run that leaves, is answered or is begun meanwhile makes the commit a
conflict: of two claims that each find the other's row ready, one is decided again, and finds it out.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from enrichcore.application.drafts import Drafts, is_wait
from enrichcore.application.reuse import SameEntities
from enrichcore.application.waits import Moved
from enrichcore.domain import company_run
from enrichcore.domain import events as e
from enrichcore.domain.batch_item import BatchItem
from enrichcore.domain.company_run import CompanyRun
from enrichcore.domain.draft import Draft
from enrichcore.domain.ids import CompanyId, company_run_id
from enrichcore.domain.life_cycle import State
from enrichcore.domain.pipeline import Step
from enrichcore.domain.step_state import StepRun
from enrichcore.store.commit import Reads

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
        run = draft.state
        found = [known.state for run_id in self._others(run) if (known := self._drafts.company(run_id)) is not None]
        twins = [twin for twin in found if _was_asked(twin)]
        if not twins or not run.run.unsent:
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
        self, item: Draft[BatchItem], wait: StepRun, run: CompanyRun, twins: Sequence[CompanyRun]
    ) -> list[Moved]:
        step = self._find_step(item, wait.workflow)
        # What went out for this run may yet be answered: it is left for an answer that is there, not for one that may come.
        out = next((twin for twin in twins if twin.run.open and not run.run.tries), None)
        answered = next((twin for twin in twins if self._serves(twin, wait, step)), None)
        twin = answered or out
        if twin is None:
            return []
        item.emit(e.CompanyAwaited(workflow=wait.workflow, company_run_id=twin.company_run_id))
        self._drafts.note_wait(item, twin.company_run_id)
        if answered is None:
            return []
        draft = self._drafts.company(twin.company_run_id)
        assert draft is not None  # noqa: S101 - where the twin was found
        item.emit(company_run.served(draft.state, draft.version, wait.workflow, reused=True))
        return [(item, wait)]

    def _serves(self, twin: CompanyRun, wait: StepRun, step: Step | None) -> bool:
        young = step is not None and company_run.serves_at_once(twin, step.reuse_within, self._now)
        return young and (wait.asked_anew_at is None or company_run.answered_since(twin, wait.asked_anew_at))

    def _others(self, run: CompanyRun) -> list[UUID]:
        """The runs of the same company and result under its other ids."""
        return [
            company_run_id(run.client_id, CompanyId(company), run.result)
            for company in self._same.ids(run.company_id)
            if company != run.company_id
        ]


def _was_asked(run: CompanyRun) -> bool:
    """Whether a row of it was answered, or may be yet."""
    return run.run.state is State.COMPLETED or (run.run.open and (run.run.out or run.run.tries > 0))
