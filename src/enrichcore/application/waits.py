"""Waits for company runs: all end in the commit in which their run ends, and a run that nobody waits for is not sent.

How many wait is counted when it is looked at and becomes a guard of the commit, so that no item begins to wait unseen.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
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
from enrichcore.store.commit import Reads

#: A company run as it ended, and its version.
Ended = tuple[CompanyRun, int]


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
        late = [pair for pair in ended if self._came_late(pair[0])]
        # Most answers come in time, and need no look at what else is known of their company.
        unanswered = [company for company, _ in ended if company.run.state is not State.COMPLETED]
        self._twins.preload([*unanswered, *(company for company, _ in late)])
        return self._serve(ended) + self._serve_twins(late) + self._mend_gaps(late)

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

    def _serve_twins(self, late: Sequence[Ended]) -> list[Moved]:
        """An answer came late: whoever waits for the company under another id has it now."""
        others = {run_id: company for company, _ in late for run_id in self._twins.ids(company)[1:]}
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
        if not isinstance(before, CompanyRun) or ended.run.state is not State.COMPLETED:
            return False
        return before.run.generation > 1 or (before.run.ended and before.run.state is not State.COMPLETED)

    def _mend_gaps(self, ended: Sequence[Ended]) -> list[Moved]:
        """A good answer came late: items that went on without it, or stopped, have it now."""
        ids = {company.company_run_id: self._twins.ids(company) for company, _ in ended}
        gaps = self._reads.gaps_of([run_id for same in ids.values() for run_id in same]) if ended else {}
        self._drafts.preload(item_id for items in gaps.values() for item_id in items)
        moved: list[Moved] = []
        for company, version in ended:
            same = ids[company.company_run_id]
            found = (self._drafts.item(item_id) for run_id in same for item_id in gaps.get(run_id, ()))
            for item in (item for item in found if item is not None):
                moved += self._mend(item, company, version, same)
        return moved

    def _mend(
        self, item: Draft[BatchItem], company: CompanyRun, version: int, same: Collection[CompanyRunId]
    ) -> list[Moved]:
        run_id, why = company.company_run_id, "the company's answer came late"
        gaps = [run for run in item.state.runs.values() if run.company_run_id in same and run.is_gap]
        for run in gaps:
            again = run.generation + 1
            item.emit(
                e.RetryRequested(workflow=run.workflow, generation=again, due=self._now, by="answer", why=why),
                e.CompanyAwaited(workflow=run.workflow, company_run_id=run_id),
                company_run.served(company, version, run.workflow, reused=False),
            )
        return [(item, run) for run in gaps]

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
