"""A unit of work: runs loaded once, decisions drafted on them, and everything stored in one commit.

What was loaded and not changed becomes a guard, so that no decision rests on what another runner changed meanwhile. When a
company run ends in a unit, every wait for it ends in the same commit.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from enrichcore.application.reuse import EarlierAnswers, SameEntities, serving
from enrichcore.domain import batch_item, company_run
from enrichcore.domain import events as e
from enrichcore.domain import lane as lanes
from enrichcore.domain.batch import Batch, BatchStatus
from enrichcore.domain.batch_item import BatchItem, Surroundings
from enrichcore.domain.company_run import CompanyRun, Wish
from enrichcore.domain.draft import Draft
from enrichcore.domain.ids import BatchId, ClientId, CompanyId, CompanyRunId, LaneId, company_run_id
from enrichcore.domain.lane import Lane
from enrichcore.domain.life_cycle import State
from enrichcore.domain.local_function import LocalFunction
from enrichcore.domain.pipeline import Step
from enrichcore.domain.step_run import StepRun, decide_answer, decide_cancel
from enrichcore.store.commit import Commit, LoadedRun, Store
from enrichcore.store.rows import run_row, step_rows

AnyDraft = Draft[Any]
#: A batch as it stands, and its version.
Batches = Callable[[BatchId], tuple[Batch, int]]
#: States in which a row is not out and would leave once more.
UNSENT: Final = frozenset({State.READY, State.RETRY_WAIT})


class Unit:
    """One commit in the making."""

    def __init__(
        self,
        store: Store,
        now: datetime,
        batches: Batches,
        functions: Mapping[str, LocalFunction],
        load: Callable[[Iterable[UUID]], dict[UUID, LoadedRun]] | None = None,
    ) -> None:
        self.now = now
        self.commit = Commit()
        self._store = store
        self._find_batch = batches
        self._batches: dict[BatchId, tuple[Batch, int]] = {}
        self._functions = functions
        self._load = load or store.load
        self._drafts: dict[UUID, AnyDraft] = {}
        #: As loaded: state (None for what is new) and version.
        self._before: dict[UUID, tuple[BatchItem | CompanyRun | None, int]] = {}
        self._waits: dict[UUID, int] = {}
        #: By company run, the items that wait for it or did; whether one still does, its draft tells.
        self._waiting: dict[CompanyRunId, dict[UUID, Draft[BatchItem]]] = {}
        self._lanes: dict[LaneId, Draft[Lane]] = {}
        self._known_lanes: dict[LaneId, tuple[Lane, int]] | None = None
        #: Items whose company is to be asked about again, whatever answer there is.
        self.anew: set[UUID] = set()
        self._same = SameEntities(store)
        self._earlier = EarlierAnswers(self._same, store, batches, now)

    # --- reading ---

    def preload(self, run_ids: Iterable[UUID]) -> None:
        """Load runs, and the company runs that they wait for, in two round trips."""
        self._fetch(
            run.company_run_id
            for draft in self._fetch(run_ids)
            if isinstance(draft.state, BatchItem)
            for run in draft.state.runs.values()
            if run.company_run_id is not None
        )

    def run(self, run_id: UUID) -> AnyDraft | None:
        """The draft of an item or company run; None where there is none."""
        if run_id not in self._before:
            self._fetch([run_id])
        return self._drafts.get(run_id)

    def item(self, run_id: UUID) -> Draft[BatchItem] | None:
        """The draft of an item."""
        draft = self.run(run_id)
        return draft if draft is not None and isinstance(draft.state, BatchItem) else None

    def company(self, run_id: UUID) -> Draft[CompanyRun] | None:
        """The draft of a company run."""
        draft = self.run(run_id)
        return draft if draft is not None and isinstance(draft.state, CompanyRun) else None

    def lane(self, lane_id: LaneId, client_id: ClientId) -> Draft[Lane]:
        """The draft of a lane; one that never stopped, was held or refused a row begins here."""
        if lane_id not in self._lanes:
            if self._known_lanes is None:
                self._known_lanes = {lane.lane_id: (lane, version) for lane, version in self._store.lanes()}
            fresh = Lane(lane_id=lane_id, client_id=client_id)
            self._lanes[lane_id] = Draft(*self._known_lanes.get(lane_id, (fresh, 0)), lanes.fold, self.now)
        return self._lanes[lane_id]

    def items(self, run_ids: Iterable[UUID]) -> list[BatchItem]:
        """Those of the runs that are items, as they stand."""
        drafts = [self.item(run_id) for run_id in dict.fromkeys(run_ids)]
        return [draft.state for draft in drafts if draft is not None]

    def _fetch(self, run_ids: Iterable[UUID]) -> list[AnyDraft]:
        """Load what is not known yet in one round trip; the drafts that are new."""
        wanted = [run_id for run_id in dict.fromkeys(run_ids) if run_id not in self._before]
        found = self._load(wanted) if wanted else {}
        self._before |= dict.fromkeys(wanted, (None, 0))
        return [self._begin(run_id, loaded) for run_id, loaded in found.items()]

    def _begin(self, run_id: UUID, loaded: LoadedRun) -> AnyDraft:
        state, version = loaded.state, loaded.version
        self._before[run_id] = (state, version)
        if isinstance(state, CompanyRun):
            self._drafts[run_id] = company_run.draft(state, version, self.now)
            return self._drafts[run_id]
        item = self._drafts[run_id] = batch_item.draft(state, version, self.now)
        for run in state.open_runs:
            if run.company_run_id is not None and _is_wait(run, run.company_run_id):
                self._note_wait(item, run.company_run_id)
        return item

    def _note_wait(self, item: Draft[BatchItem], run_id: CompanyRunId) -> None:
        self._waiting.setdefault(run_id, {})[item.state.item_id] = item

    def around(self, item: BatchItem) -> Surroundings:
        """What the item's decisions may look at."""
        batch = self.batch(item.batch_id)
        return Surroundings(
            pipeline=batch.pipeline,
            functions=self._functions,
            company_facts=self.company_facts(item),
            may_resume=batch.status is not BatchStatus.CANCELLED,
        )

    def batch(self, batch_id: BatchId) -> Batch:
        """An item's batch; it must stand as it is now when this unit commits."""
        if batch_id not in self._batches:
            self._batches[batch_id] = self._find_batch(batch_id)
        return self._batches[batch_id][0]

    def company_facts(self, item: BatchItem) -> dict[str, Any]:
        """What the company runs that served the item know now."""
        known: dict[str, Any] = {}
        for run in item.runs.values():
            if run.company_run_id is not None and run.state is State.COMPLETED:
                company = self.company(run.company_run_id)
                if company is not None:
                    known.update(company.state.run.facts)
        return known

    # --- deciding ---

    def add_item(self, state: BatchItem, created: e.ItemCreated) -> Draft[BatchItem]:
        """A new item, which goes as far as it can at once."""
        draft = batch_item.draft(state, 1, self.now)
        draft.events.append(created)
        self._before.setdefault(state.item_id, (None, 0))
        self._drafts[state.item_id] = draft
        self.carry_on(draft)
        return draft

    def carry_on(self, item: Draft[BatchItem]) -> None:
        """Advance an item, join its company steps to company runs, and serve it from earlier answers."""
        batch_item.advance(item, self.around(item.state))
        while self._join_company(item) or self._reuse(item):
            batch_item.advance(item, self.around(item.state))

    def expect(self, items: Collection[BatchItem]) -> None:
        """Look up at once what is known of the people and companies whose items are about to be carried on.

        One alone asks when it has to, which most need not.
        """
        if len(items) == 1:
            return
        self._same.preload(
            entity for item in items for entity in (item.person_id, item.company_id) if entity is not None
        )
        self._earlier.preload(item.person_id for item in items)
        self._fetch(
            run_id for item in items for result in self._results(item) for run_id in self._runs_of(item, result)
        )

    def _results(self, item: BatchItem) -> set[str]:
        return {step.result for step in self.batch(item.batch_id).pipeline.steps if batch_item.asks_company(step)}

    def _runs_of(self, item: BatchItem, result: str) -> list[CompanyRunId]:
        """The runs that bring that result for the item's company, under each id it ever had; the standing one's first."""
        if item.company_id is None:
            return []
        return [
            company_run_id(item.client_id, CompanyId(company), result) for company in self._same.ids(item.company_id)
        ]

    def _run_for(self, item: BatchItem, step: Step) -> CompanyRunId:
        """The company run that the item is to wait for: one that serves it, or the one of the company that stays."""
        run_ids = self._runs_of(item, step.result)
        known = [draft.state for run_id in run_ids if (draft := self.company(run_id)) is not None]
        reuse_within = timedelta(0) if item.item_id in self.anew else step.reuse_within
        found = serving(known, reuse_within, self.now)
        return run_ids[0] if found is None else found.company_run_id

    def _reuse(self, item: Draft[BatchItem]) -> bool:
        """Serve a person's step, as it becomes ready for the first time, from an earlier item of the same person."""
        run, (before, _) = item.state.current, self._before[item.state.item_id]
        if run is None or run.state is not State.READY or run.generation > 1 or run.attempt > 0:
            return False
        if isinstance(before, BatchItem) and before.run(run.workflow).state is State.READY:
            return False
        step = self.batch(item.state.batch_id).pipeline.step(run.workflow)
        known = self._earlier.find(item.state.person_id, step, besides=item.state.item_id) if step is not None else None
        return known is not None and item.emit_all(decide_answer(run, item.state.item_id, known, now=self.now))

    def _join_company(self, item: Draft[BatchItem]) -> bool:
        needed = batch_item.needs_company_run(item.state, self.batch(item.state.batch_id).pipeline)
        if needed is not None:
            self._join(item, *needed)
        return needed is not None

    def _join(self, item: Draft[BatchItem], run: StepRun, step: Step) -> None:
        state = item.state
        assert state.company_id is not None  # noqa: S101 - needs_company_run asks for it
        run_id = self._run_for(state, step)
        wish = Wish(
            item_id=state.item_id,
            client_id=state.client_id,
            batch_id=state.batch_id,
            company_id=CompanyId(self._same.ids(state.company_id)[0]),
            workstream=state.workstream,
            step=step,
            facts={name: value for name, value in state.facts().items() if name.startswith("company_")},
            why=run.reason,
        )
        company = self.company(run_id)
        reused = False
        if company is None:
            self._drafts[run_id] = company_run.begin(run_id, wish, self.now)
        elif not company.state.run.open:
            young = company_run.serves_at_once(company.state, step.reuse_within, self.now)
            reused = young and state.item_id not in self.anew
            if not reused:
                company_run.restart(company, wish)
                self.anew.discard(state.item_id)
        item.emit(e.CompanyAwaited(workflow=run.workflow, company_run_id=run_id))
        self._note_wait(item, run_id)
        if reused and company is not None:
            item.emit(company_run.served(company.state, company.version, run.workflow, reused=True))

    def go_on(self, item: Draft[BatchItem], before: StepRun) -> None:
        """Carry an item on after something came for one of its steps."""
        batch_item.go_on(item, self.around(item.state), before=before)
        self.carry_on(item)

    def end_waits(self) -> None:
        """End every wait for the company runs that ended in this unit."""
        served: set[tuple[UUID, int]] = set()
        while ended := [draft for draft in self._ended() if (draft.state.company_run_id, draft.version) not in served]:
            served |= {(draft.state.company_run_id, draft.version) for draft in ended}
            self._end_waits_of([(draft.state, draft.version) for draft in ended])

    def _ended(self) -> list[Draft[CompanyRun]]:
        return [draft for draft in self._companies() if draft.events and draft.state.run.ended]

    def _companies(self) -> list[Draft[CompanyRun]]:
        return [draft for draft in self._drafts.values() if isinstance(draft.state, CompanyRun)]

    def _end_waits_of(self, ended: Sequence[tuple[CompanyRun, int]]) -> None:
        self._load_waiters(company.company_run_id for company, _ in ended)
        # Every wait ends as the runs stand now; only then do the items go on, for one of them may start a run anew.
        moved = self._serve(ended) + self._mend_gaps([pair for pair in ended if self._came_late(pair[0])])
        self.expect([item.state for item, _ in moved])
        for item, before in moved:
            self.go_on(item, before)

    def _load_waiters(self, run_ids: Iterable[CompanyRunId]) -> None:
        asked = [run_id for run_id in run_ids if run_id not in self._waits]
        stored = self._store.waiters(asked) if asked else {}
        self._waits |= {run_id: len(stored.get(run_id, ())) for run_id in asked}
        self.preload(item for items in stored.values() for item in items)

    def _serve(self, ended: Iterable[tuple[CompanyRun, int]]) -> list[tuple[Draft[BatchItem], StepRun]]:
        moved: list[tuple[Draft[BatchItem], StepRun]] = []
        for company, version in ended:
            for item in self._waiting_for(company.company_run_id):
                for run in item.state.open_runs:
                    if _is_wait(run, company.company_run_id):
                        item.emit(company_run.served(company, version, run.workflow, reused=False))
                        moved.append((item, run))
        return moved

    def _waiting_for(self, run_id: CompanyRunId) -> list[Draft[BatchItem]]:
        waited = self._waiting.get(run_id, {}).values()
        return [item for item in waited if _waits(item.state, run_id)]

    def _came_late(self, ended: CompanyRun) -> bool:
        before, _ = self._before.get(ended.company_run_id, (None, 0))
        return isinstance(before, CompanyRun) and before.run.is_gap and ended.run.state is State.COMPLETED

    def _mend_gaps(self, ended: Sequence[tuple[CompanyRun, int]]) -> list[tuple[Draft[BatchItem], StepRun]]:
        """A good answer came late: items that went on without it, or stopped, have it now."""
        gaps = self._store.gaps_of([company.company_run_id for company, _ in ended]) if ended else {}
        self.preload(item_id for items in gaps.values() for item_id in items)
        moved: list[tuple[Draft[BatchItem], StepRun]] = []
        for company, version in ended:
            for item_id in gaps.get(company.company_run_id, ()):
                item = self.item(item_id)
                for run in list(item.state.runs.values()) if item is not None else ():
                    if item is not None and run.company_run_id == company.company_run_id and run.is_gap:
                        self._mend(item, run, company, version)
                        moved.append((item, run))
        return moved

    def _mend(self, item: Draft[BatchItem], run: StepRun, company: CompanyRun, version: int) -> None:
        why = "the company's answer came late"
        item.emit(
            e.RetryRequested(workflow=run.workflow, generation=run.generation + 1, due=self.now, by="answer", why=why),
            e.CompanyAwaited(workflow=run.workflow, company_run_id=company.company_run_id),
            company_run.served(company, version, run.workflow, reused=False),
        )

    def drop_unwanted(self) -> None:
        """Cancel company runs that could be sent but that nobody waits for any more.

        Those that this unit moved are looked at, and those that an item of it waited for.
        """
        unwanted = {draft.state.company_run_id: draft for draft in self._companies() if self._seems_unwanted(draft)}
        stored = self._store.waiters(list(unwanted)) if unwanted else {}
        for run_id, draft in unwanted.items():
            waiters = stored.get(run_id, [])
            if not any(self._still_waits(item, run_id) for item in waiters):
                self._waits[run_id] = len(waiters)
                draft.emit_all(decide_cancel(draft.state.run, by="enrichcore", why="nobody waits for it any more"))

    def _seems_unwanted(self, draft: Draft[CompanyRun]) -> bool:
        """Whether nobody in this unit waits for a company run that the unit moved or let go."""
        run_id = draft.state.company_run_id
        concerned = bool(draft.events) or run_id in self._waiting
        wanted = run_id in self._waits or bool(self._waiting_for(run_id))
        return draft.state.run.state in UNSENT and concerned and not wanted

    def _still_waits(self, item_id: UUID, run_id: CompanyRunId) -> bool:
        """Whether an item that waits in the store does so after this unit too."""
        item = self._drafts.get(item_id)
        return item is None or _waits(item.state, run_id)

    # --- storing ---

    def record(self, event: e.Event, stream_id: UUID, version: int, **envelope: Any) -> None:
        """Add an event of an aggregate that is not a run."""
        self.commit.events.append(
            e.Recorded(stream_id=stream_id, version=version, at=self.now, event=event, **envelope)
        )

    def record_batch(self, batch: Batch, version: int, events: Iterable[e.Event], folded: Batch) -> None:
        """Add a batch's events and its row."""
        for event in events:
            version += 1
            self.record(event, batch.batch_id, version, client_id=batch.client_id, batch_id=batch.batch_id)
        self.commit.batches.append((folded, version))

    def _record_lanes(self) -> None:
        for lane_id, draft in self._lanes.items():
            first = draft.version - len(draft.events) + 1
            for version, event in enumerate(draft.events, start=first):
                self.record(event, lane_id, version, client_id=draft.state.client_id)
            if draft.events:
                self.commit.lanes.append((draft.state, draft.version))

    def finish(self) -> Commit:
        """Everything decided, as one commit."""
        self.end_waits()
        self.drop_unwanted()
        self._record_lanes()
        commit = self.commit
        for run_id, draft in self._drafts.items():
            before, version = self._before.get(run_id, (None, 0))
            if not draft.events:
                commit.read[run_id] = version
                continue
            state = draft.state
            entity = state.person_id if isinstance(state, BatchItem) else state.company_id
            commit.events += [
                e.Recorded(
                    stream_id=run_id,
                    version=version + number,
                    at=self.now,
                    event=event,
                    client_id=state.client_id,
                    entity_id=entity,
                    batch_id=state.batch_id,
                )
                for number, event in enumerate(draft.events, start=1)
            ]
            commit.runs.append(run_row(state, draft.version))
            commit.steps += step_rows(state, before)
        missing = (
            run_id for run_id, (state, _) in self._before.items() if state is None and run_id not in self._drafts
        )
        commit.read.update(dict.fromkeys(missing, 0))
        commit.waits = dict(self._waits)
        commit.read.update({batch_id: version for batch_id, (_, version) in self._batches.items()})
        if commit.empty:
            return Commit()
        return commit


def _is_wait(run: StepRun, run_id: CompanyRunId) -> bool:
    return run.state is State.WAITING_FOR_COMPANY and run.company_run_id == run_id


def _waits(item: BatchItem, run_id: CompanyRunId) -> bool:
    return any(_is_wait(run, run_id) for run in item.runs.values())
