"""Waits for company runs: all end in the commit in which their run ends, and a run that nobody waits for is not sent.

How many wait is counted when it is looked at and becomes a guard of the commit, so that no item begins to wait unseen.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from enrichcore.application.drafts import Drafts, is_wait, waits
from enrichcore.application.twins import Moved, Twins
from enrichcore.domain import company_run
from enrichcore.domain import events as e
from enrichcore.domain.batch_item import BatchItem
from enrichcore.domain.company_run import CompanyRun
from enrichcore.domain.draft import Draft
from enrichcore.domain.ids import CompanyRunId
from enrichcore.domain.life_cycle import State
from enrichcore.domain.step_control import decide_cancel
from enrichcore.domain.step_state import StepRun
from enrichcore.store.commit import Reads

#: A company run as it ended, and its version.
Ended = tuple[CompanyRun, int]
#: Why a gap is closed.
_LATE: Final = "the company's answer came late"
_ONE: Final = "its company turned out to be one that was answered"


class Waits:
    """The waits of one unit."""

    def __init__(self, drafts: Drafts, reads: Reads, twins: Twins, now: datetime) -> None:
        self._drafts = drafts
        self._reads = reads
        self._twins = twins
        self._now = now
        self._served: set[tuple[UUID, int]] = set()
        #: Company runs that were looked at, with the number of waits found in the store.
        self.counted: dict[UUID, int] = {}

    def end(self) -> list[Moved] | None:
        """End every wait for the company runs that ended since this was last asked; None where none did.

        Every wait ends as the runs stand now, before any item goes on, for one of them may start a run anew.
        """
        ended = [(draft.state, draft.version) for draft in self._drafts.companies() if self._just_ended(draft)]
        if not ended:
            return None
        self._served |= {(company.company_run_id, version) for company, version in ended}
        self._count(company.company_run_id for company, _ in ended)
        self._twins.preload(company for company, _ in ended)
        answered = [pair for pair in ended if pair[0].run.state is State.COMPLETED]
        return self._serve(ended) + self._serve_twins(answered) + self._mend_gaps(answered)

    def join(self, run_ids: Iterable[CompanyRunId]) -> list[Moved]:
        """Let what is known of companies that turned out to be one end the waits, and mend the gaps, under each of their ids."""
        found = (self._drafts.company(run_id) for run_id in run_ids)
        known = [(one.state, one.version) for one in found if one is not None and company_run.has_answer(one.state)]
        return self._serve_twins(known) + self._mend_known(known)

    def _just_ended(self, draft: Draft[CompanyRun]) -> bool:
        served = (draft.state.company_run_id, draft.version) in self._served
        return bool(draft.events) and draft.state.run.ended and not served

    def _count(self, run_ids: Iterable[CompanyRunId]) -> None:
        asked = [run_id for run_id in run_ids if run_id not in self.counted]
        stored = self._reads.waiters(asked) if asked else {}
        self.counted |= {run_id: len(stored.get(run_id, ())) for run_id in asked}
        self._drafts.preload(item for items in stored.values() for item in items)

    def _serve(self, ended: Iterable[Ended]) -> list[Moved]:
        moved: list[Moved] = []
        for company, version in ended:
            for item in self._drafts.waiting_for(company.company_run_id):
                for run in item.state.open_runs:
                    if is_wait(run, company.company_run_id):
                        known = company.run.state is not State.COMPLETED and self._twins.serve(item, run, company)
                        if not known:
                            item.emit(company_run.served(company, version, run.workflow, reused=False))
                        moved.append((item, run))
        return moved

    def _serve_twins(self, answered: Sequence[Ended]) -> list[Moved]:
        """An answer is known: whoever waits for the company under another id has it now."""
        others = {run_id: company for company, _ in answered for run_id in self._twins.ids(company)[1:]}
        stored = self._reads.waiters(list(others)) if others else {}
        self._drafts.preload(item for items in stored.values() for item in items)
        return [
            (item, run)
            for run_id, company in others.items()
            for item in self._drafts.waiting_for(run_id)
            for run in item.state.open_runs
            if is_wait(run, run_id) and self._twins.serve(item, run, company)
        ]

    def _came_late(self, ended: CompanyRun) -> bool:
        before = self._drafts.before(ended.company_run_id)
        if not isinstance(before, CompanyRun):
            return False
        return before.run.generation > 1 or (before.run.ended and before.run.state is not State.COMPLETED)

    def _mend_gaps(self, answered: Sequence[Ended]) -> list[Moved]:
        """A good answer came: items that went on without it, or stopped, have it now.

        Of a run that is answered the first time, and in time, there are none but under the company's other ids.
        """
        moved: list[Moved] = []
        for company, version, item, run in self._gaps(answered):
            self._mend(item, run, company_run.served(company, version, run.workflow, reused=False), _LATE)
            moved.append((item, run))
        return moved

    def _mend_known(self, known: Sequence[Ended]) -> list[Moved]:
        """Two companies turned out to be one: items that went on without an answer have that to the other, while it is young."""
        moved: list[Moved] = []
        for company, version, item, run in self._gaps(known):
            if self._twins.will_do(item, run, company):
                self._mend(item, run, company_run.served(company, version, run.workflow, reused=True), _ONE)
                moved.append((item, run))
        return moved

    def _gaps(self, answered: Sequence[Ended]) -> Iterator[tuple[CompanyRun, int, Draft[BatchItem], StepRun]]:
        """The steps that went without what is answered now, each as it stands when it is its turn."""
        ids = {company.company_run_id: self._ids_with_gaps(company) for company, _ in answered}
        asked = [run_id for same in ids.values() for run_id in same]
        gaps = self._reads.gaps_of(asked) if asked else {}
        self._drafts.preload(item_id for items in gaps.values() for item_id in items)
        for company, version in answered:
            same = ids[company.company_run_id]
            found = (self._drafts.item(item_id) for run_id in same for item_id in gaps.get(run_id, ()))
            for item in (item for item in found if item is not None):
                for run in list(item.state.runs.values()):
                    if run.company_run_id in same and run.is_gap:
                        yield company, version, item, run

    def _ids_with_gaps(self, company: CompanyRun) -> list[CompanyRunId]:
        own, *others = self._twins.ids(company)
        return [own, *others] if self._came_late(company) else others

    def _mend(self, item: Draft[BatchItem], run: StepRun, served: e.CompanyServed, why: str) -> None:
        again = run.generation + 1
        item.emit(
            e.RetryRequested(workflow=run.workflow, generation=again, due=self._now, by="answer", why=why),
            e.CompanyAwaited(workflow=run.workflow, company_run_id=served.company_run_id),
            served,
        )

    def drop_unwanted(self) -> None:
        """Cancel company runs that could be sent but that nobody waits for any more.

        Those that this unit moved are looked at, and those that an item of it waited for.
        """
        unwanted = {
            draft.state.company_run_id: draft for draft in self._drafts.companies() if self._seems_unwanted(draft)
        }
        stored = self._reads.waiters(list(unwanted)) if unwanted else {}
        for run_id, draft in unwanted.items():
            waiters = stored.get(run_id, [])
            # A guard also where others wait: two units that each let the last but one go would else leave it to the other.
            self.counted[run_id] = len(waiters)
            if not any(self._still_waits(item, run_id) for item in waiters):
                why = "nobody waits for it any more"
                draft.emit_all(
                    decide_cancel(draft.state.run, draft.state.step, now=self._now, by="enrichcore", why=why)
                )

    def _seems_unwanted(self, draft: Draft[CompanyRun]) -> bool:
        """Whether nobody in this unit waits for a company run that the unit moved or let go."""
        run_id = draft.state.company_run_id
        concerned = bool(draft.events) or self._drafts.was_waited_for(run_id)
        wanted = run_id in self.counted or bool(self._drafts.waiting_for(run_id))
        return draft.state.run.unsent and concerned and not wanted

    def _still_waits(self, item_id: UUID, run_id: CompanyRunId) -> bool:
        """Whether an item that waits in the store does so after this unit too."""
        item = self._drafts.known(item_id)
        return item is None or waits(item.state, run_id)
