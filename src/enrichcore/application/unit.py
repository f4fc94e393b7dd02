"""A unit of work: runs loaded once, decisions drafted on them, and everything stored in one commit.

What was loaded and not changed becomes a guard, so that no decision rests on what another runner changed meanwhile. When a
company run ends in a unit, every wait for it ends in the same commit.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from attrs import evolve

from enrichcore.application.drafts import AnyDraft, Drafts, is_wait
from enrichcore.application.one_row import RowsOut
from enrichcore.application.reuse import AskedAgain, EarlierAnswers, SameEntities, serving, will_do
from enrichcore.application.twins import Twins
from enrichcore.application.waits import Waits
from enrichcore.domain import batch_item, company_run, one_row
from enrichcore.domain import events as e
from enrichcore.domain import lane as lanes
from enrichcore.domain.batch import Batch, BatchStatus
from enrichcore.domain.batch_item import BatchItem, Surroundings
from enrichcore.domain.company_run import CompanyRun, Wish
from enrichcore.domain.draft import Draft
from enrichcore.domain.ids import BatchId, ClientId, CompanyId, CompanyRunId, LaneId, company_run_id, lane_id
from enrichcore.domain.lane import Lane
from enrichcore.domain.life_cycle import State
from enrichcore.domain.local_function import LocalFunction
from enrichcore.domain.pipeline import Entity, Step
from enrichcore.domain.step_run import decide_answer
from enrichcore.domain.step_state import StepRun
from enrichcore.fields import AskedCompany
from enrichcore.store.commit import Commit, Reads
from enrichcore.store.rows import run_row, step_rows

#: A batch as it stands, and its version.
Batches = Callable[[BatchId], tuple[Batch, int]]


class Unit:
    """One commit in the making."""

    def __init__(
        self,
        reads: Reads,
        now: datetime,
        batches: Batches,
        functions: Mapping[str, LocalFunction],
    ) -> None:
        self.now = now
        #: Items whose company is to be asked about again.
        self.anew: dict[UUID, AskedAgain] = {}
        self._commit = Commit()
        self._reads = reads
        # Asked for by several parts of the unit; each batch is read once.
        self._find_batch = cache(batches)
        self._batches: dict[BatchId, tuple[Batch, int]] = {}
        self._functions = functions
        self._drafts = Drafts(reads.load, now)
        self._lanes: dict[LaneId, Draft[Lane]] = {}
        self._known_lanes: dict[LaneId, tuple[Lane, int]] | None = None
        self._same = SameEntities(reads)
        self._earlier = EarlierAnswers(self._same, reads, self._find_batch, now)
        self._out = RowsOut(self._same, reads, self._drafts, self._find_batch, now)
        self._twins = Twins(self._same, reads, self._drafts, self.pinned_step, now)
        self._waits = Waits(self._drafts, reads, self._twins, now)

    # --- reading ---

    def preload(self, run_ids: Iterable[UUID]) -> None:
        """Load runs, and the company runs that they wait for, in two round trips."""
        self._drafts.preload(run_ids)

    def run(self, run_id: UUID) -> AnyDraft | None:
        """The draft of an item or company run; None where there is none."""
        return self._drafts.run(run_id)

    def forget(self, claimed_id: UUID) -> None:
        """Let nothing rest on there being no run of an id that somebody outside claimed."""
        self._drafts.forget(claimed_id)

    def item(self, run_id: UUID) -> Draft[BatchItem] | None:
        """The draft of an item."""
        return self._drafts.item(run_id)

    def company(self, run_id: UUID) -> Draft[CompanyRun] | None:
        """The draft of a company run."""
        return self._drafts.company(run_id)

    def items(self, run_ids: Iterable[UUID]) -> list[BatchItem]:
        """Those of the runs that are items, as they stand."""
        drafts = [self.item(run_id) for run_id in dict.fromkeys(run_ids)]
        return [draft.state for draft in drafts if draft is not None]

    def stream(self, stream_id: UUID) -> list[e.Recorded]:
        """Every event of one aggregate, in order."""
        return self._reads.stream(stream_id)

    def events_at(self, places: Collection[tuple[UUID, int]]) -> dict[tuple[UUID, int], e.Recorded]:
        """The events that stand at these versions of these streams."""
        return self._reads.events_at(places)

    def found_batch(self, batch_id: BatchId) -> tuple[Batch, int]:
        """A batch as it is found, and its version; nothing is made of that for the commit.

        Raises:
            UnknownId: There is none.
        """
        return self._find_batch(batch_id)

    def batch(self, batch_id: BatchId) -> Batch:
        """An item's batch; it must stand as it is now when this unit commits."""
        found = self._batches.get(batch_id)
        if found is None:
            found = self._batches[batch_id] = self._find_batch(batch_id)
        return found[0]

    def lane(self, key: LaneId, client_id: ClientId) -> Draft[Lane]:
        """The draft of a lane; one that never stopped, was held or refused a row begins here."""
        if key not in self._lanes:
            if self._known_lanes is None:
                self._known_lanes = {lane.lane_id: (lane, version) for lane, version in self._reads.lanes()}
            fresh = Lane(lane_id=key, client_id=client_id)
            self._lanes[key] = Draft(*self._known_lanes.get(key, (fresh, 0)), lanes.fold, self.now)
        return self._lanes[key]

    def note_taken(self, draft: AnyDraft, workflow: str) -> None:
        """Let the lane of a row that was in doubt, and is answered, know that its rows arrive."""
        state: BatchItem | CompanyRun = draft.state
        where = {"workstream": state.workstream, "workflow": workflow}
        lane = self.lane(lane_id(state.client_id, **where), state.client_id)
        lane.emit_all(lanes.decide_taken(lane.state, **where, now=self.now))

    def step_run(self, draft: AnyDraft, workflow: str) -> StepRun:
        """A run's step run: of an item the one of that workflow, of a company run its only one."""
        found: StepRun = draft.state.run(workflow) if isinstance(draft.state, BatchItem) else draft.state.run
        return found

    def pinned_step(self, draft: AnyDraft, workflow: str) -> Step | None:
        """A step with the settings that were pinned for a run; None where its pipeline has none of that name."""
        state: BatchItem | CompanyRun = draft.state
        return self.batch(state.batch_id).pipeline.step(workflow) if isinstance(state, BatchItem) else state.step

    def known_facts(self, draft: AnyDraft) -> dict[str, Any]:
        """What is known of a person or company when its row is sent."""
        state: BatchItem | CompanyRun = draft.state
        if isinstance(state, BatchItem):
            return state.facts(self._company_facts(state))
        return {**state.imported, **state.run.facts}

    def around(self, item: BatchItem) -> Surroundings:
        """What the item's decisions may look at."""
        batch = self.batch(item.batch_id)
        return Surroundings(
            pipeline=batch.pipeline,
            functions=self._functions,
            company_facts=self._company_facts(item),
            may_resume=batch.status is not BatchStatus.CANCELLED,
        )

    def asked_at(self, run: BatchItem | CompanyRun, entity: Entity) -> AskedCompany:
        """The company at which a run's person was asked about: as it was known, else as its answer told it."""
        if not isinstance(run, BatchItem) or entity is Entity.COMPANY:
            return AskedCompany()
        told = run.imported
        if "company_domain" not in told or "company_name" not in told:
            told = {**self._company_facts(run), **told}
        return AskedCompany(domain=told.get("company_domain"), name=told.get("company_name"))

    def _company_facts(self, item: BatchItem) -> dict[str, Any]:
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
        self._drafts.add(state.item_id, draft)
        self.carry_on(draft)
        return draft

    def go_on(self, item: Draft[BatchItem], before: StepRun) -> None:
        """Carry an item on after something came for one of its steps."""
        batch_item.go_on(item, self.around(item.state), before=before)
        self.carry_on(item)

    def carry_on(self, item: Draft[BatchItem]) -> None:
        """Advance an item, join its company steps to company runs, and serve it from earlier answers."""
        batch_item.advance(item, self.around(item.state))
        while self._join_company(item) or self._reuse(item):
            batch_item.advance(item, self.around(item.state))

    def call_functions(self, item: Draft[BatchItem]) -> bool:
        """Call the local functions that an item waits for, and carry it on; tells whether any was at hand."""
        before = len(item.events)
        batch_item.call_functions(item, self.around(item.state))
        self.carry_on(item)
        return len(item.events) > before

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
        self._drafts.fetch(
            run_id for item in items for result in self._results(item) for run_id in self._runs_of(item, result)
        )

    def _results(self, item: BatchItem) -> set[str]:
        return {step.result for step in self.batch(item.batch_id).pipeline.steps if batch_item.asks_company(step)}

    def not_served_by_now(self, run_ids: Sequence[UUID], workflow: str) -> list[UUID]:
        """Of runs whose step is ready, those that no answer to another item of the person has come for, or will come for.

        Where it has come it completes the step, and the item goes on; where that other row is out, the step waits for it. So
        do those who wait for a company that turned out to be another one too.
        """
        companies = [draft for run_id in run_ids if (draft := self.company(run_id)) is not None]
        self._twins.preload(draft.state for draft in companies)
        moved = {draft.state.company_run_id for draft in companies if self._wait_for_twin(draft)}
        items = [item for run_id in run_ids if (item := self.item(run_id)) is not None]
        # Rows that are out first: one that is answered between the two questions is found by the second.
        self._out.preload(item.state.person_id for item in items)
        self.expect([item.state for item in items])
        served = {item.state.item_id for item in items if self._serve(item, workflow)}
        waiting = {
            item.state.item_id
            for item in items
            if item.state.item_id not in served and self._out.let_wait(item, workflow)
        }
        for item in items:
            if item.state.item_id in served:
                self.carry_on(item)
        left = [run_id for run_id in run_ids if run_id not in served | waiting | moved]
        # Those that were sent before go first, and others of this claim wait for them.
        return sorted(left, key=lambda run_id: self._is_new(run_id, workflow))

    def _is_new(self, run_id: UUID, workflow: str) -> bool:
        item = self.item(run_id)
        return item is not None and one_row.is_new(item.state.run(workflow))

    def waits_for_other(self, draft: AnyDraft, workflow: str) -> bool:
        """Whether a row must not leave because one of this unit about the same person, or company, does.

        It waits for that one then, or whoever waits for it does.
        """
        if isinstance(draft.state, BatchItem):
            return self._out.let_wait(draft, workflow)
        return self._wait_for_twin(draft)

    def _wait_for_twin(self, company: Draft[CompanyRun]) -> bool:
        """Let those who wait for a company's row wait for a twin's; tells whether nobody is left who wants it to leave."""
        served = self._twins.move(company)
        if served is None:
            return False
        self.expect([item.state for item, _ in served])
        for item, before in served:
            self.go_on(item, before)
        return not self._drafts.waiting_for(company.state.company_run_id)

    def join_companies(self, client_id: ClientId, companies: Iterable[CompanyId], results: Collection[str]) -> int:
        """Let what is known of companies that turned out to be one serve whoever waits, or went without, under any of their ids.

        Args:
            client_id: whose they are.
            companies: one id of each.
            results: what may have been asked about them.

        Returns:
            How many steps moved.
        """
        wanted = list(companies)
        self._same.preload(wanted)
        ids = dict.fromkeys(CompanyId(one) for company in wanted for one in self._same.ids(company))
        run_ids = [company_run_id(client_id, company, result) for company in ids for result in results]
        self._drafts.fetch(run_ids)
        moved = self._waits.join(run_ids)
        self.expect([item.state for item, _ in moved])
        for item, before in moved:
            self.go_on(item, before)
        return len(moved)

    def note_sending(self, draft: AnyDraft) -> None:
        """Remember that a row leaves."""
        if isinstance(draft.state, BatchItem):
            self._out.note(draft)

    def _reuse(self, item: Draft[BatchItem]) -> bool:
        """Serve a person's steps, as they become ready, from other items of the same person."""
        before = self._drafts.before(item.state.item_id)
        old = before.runs if isinstance(before, BatchItem) else {}
        new = [
            run for run in item.state.open_runs if run.workflow not in old or old[run.workflow].state is not run.state
        ]
        return any(self._serve(item, run.workflow) for run in new)

    def _serve(self, item: Draft[BatchItem], workflow: str) -> bool:
        """Complete an item's step that is ready from what other items of the same person were told by now."""
        run, step = item.state.run(workflow), self.batch(item.state.batch_id).pipeline.step(workflow)
        if run.state is not State.READY or step is None:
            return False
        known = self._earlier.find(item.state.person_id, step, asks=item.state.item_id, since=run.asked_anew_at)
        return known is not None and item.emit_all(decide_answer(run, item.state.item_id, known, now=self.now))

    def _join_company(self, item: Draft[BatchItem]) -> bool:
        needed = batch_item.needs_company_run(item.state, self.batch(item.state.batch_id).pipeline)
        if needed is not None:
            self._join(item, *needed)
        return needed is not None

    def _join(self, item: Draft[BatchItem], run: StepRun, step: Step) -> None:
        state = item.state
        run_id, wish = self._run_for(state, run, step), self._wish(state, run, step)
        company = self.company(run_id)
        reused = False
        if company is None:
            self._drafts.add(run_id, company_run.begin(run_id, wish, self.now))
        elif not company.state.run.open:
            reused = self._will_do(state, run, step)(company.state)
            if not reused:
                company_run.restart(company, wish)
        item.emit(e.CompanyAwaited(workflow=run.workflow, company_run_id=run_id))
        self._drafts.note_wait(item, run_id)
        if reused and company is not None:
            item.emit(company_run.served(company.state, company.version, run.workflow, reused=True))

    def hand_over(
        self, run_id: UUID, item_id: UUID, *, reasons: Mapping[UUID, str], open_lanes: Collection[UUID]
    ) -> bool:
        """Hand a company's row to an item that waits for it, if its lane does not send and the item's does.

        Args:
            run_id: the company run.
            item_id: the item that waits.
            reasons: by configured lane, why it does not send; empty where it does.
            open_lanes: lanes that send now.
        """
        company, item = self.company(run_id), self.item(item_id)
        waiting = () if item is None else (run for run in item.state.open_runs if is_wait(run, CompanyRunId(run_id)))
        run = next(iter(waiting), None)
        if company is None or item is None or run is None:
            return False
        batch, step = self.batch(item.state.batch_id), self.pinned_step(item, run.workflow)
        here = lane_id(company.state.client_id, company.state.workstream, company.state.run.workflow)
        there = lane_id(item.state.client_id, item.state.workstream, run.workflow)
        why = reasons.get(here, "is not in the configuration")
        if not why or step is None or there not in open_lanes or batch.status is not BatchStatus.RUNNING:
            return False
        told = f"lane {company.state.workstream}/{company.state.run.workflow} {why}"
        # The run stays that of the company's id under which it was begun, whatever was merged since.
        wish = evolve(self._wish(item.state, run, step), company_id=company.state.company_id)
        return company_run.hand_over(company, wish, told)

    def _wish(self, item: BatchItem, run: StepRun, step: Step) -> Wish:
        assert item.company_id is not None  # noqa: S101 - needs_company_run asks for it
        return Wish(
            item_id=item.item_id,
            client_id=item.client_id,
            batch_id=item.batch_id,
            company_id=CompanyId(self._same.ids(item.company_id)[0]),
            workstream=item.workstream,
            step=step,
            facts={name: value for name, value in item.facts().items() if name.startswith("company_")},
            why=run.reason,
        )

    def _run_for(self, item: BatchItem, run: StepRun, step: Step) -> CompanyRunId:
        """The company run that the item is to wait for: one that serves it, or the one of the company that stays."""
        run_ids = self._runs_of(item, step.result)
        known = [draft.state for run_id in run_ids if (draft := self.company(run_id)) is not None]
        found = serving(known, self._will_do(item, run, step), self.now)
        return run_ids[0] if found is None else found.company_run_id

    def _will_do(self, item: BatchItem, wait: StepRun, step: Step) -> Callable[[CompanyRun], bool]:
        """Whether a company run's answer serves an item at once.

        What a person asks for again is served by whatever came since they did: of the commits that one command makes, an
        early one may have had the company asked about and answered.
        """
        known, again = will_do(wait, step, self.now), self.anew.get(item.item_id)
        if again is None:
            return known
        return lambda run: company_run.answered_since(run, again.since) or (again.known_will_do and known(run))

    def _runs_of(self, item: BatchItem, result: str) -> list[CompanyRunId]:
        """The runs that bring that result for the item's company, under each id it ever had; the standing one's first."""
        if item.company_id is None:
            return []
        return [
            company_run_id(item.client_id, CompanyId(company), result) for company in self._same.ids(item.company_id)
        ]

    # --- storing ---

    def record(self, event: e.Event, stream_id: UUID, version: int, **envelope: Any) -> None:
        """Add an event of an aggregate that is not a run."""
        recorded = e.Recorded(stream_id=stream_id, version=version, at=self.now, event=event, **envelope)
        self._commit.events.append(recorded)

    def count_answer(self, outcome: str) -> None:
        """Count an answer that came in by what became of it."""
        self._commit.answers[outcome] += 1

    def record_batch(self, batch: Batch, version: int, events: Iterable[e.Event], folded: Batch) -> None:
        """Add a batch's events and its row."""
        for event in events:
            version += 1
            self.record(event, batch.batch_id, version, client_id=batch.client_id, batch_id=batch.batch_id)
        self._commit.batches.append((folded, version))

    def finish(self) -> Commit:
        """Everything decided, as one commit."""
        while (moved := self._waits.end()) is not None:
            self.expect([item.state for item, _ in moved])
            for item, before in moved:
                self.go_on(item, before)
        self._out.release()
        self._waits.drop_unwanted()
        self._record_lanes()
        for run_id, draft in self._drafts.changed():
            self._record_run(run_id, draft)
        commit = self._commit
        commit.read |= self._drafts.only_read()
        commit.read |= {batch_id: version for batch_id, (_, version) in self._batches.items()}
        commit.waits = dict(self._waits.counted)
        return commit if commit.events else Commit(answers=commit.answers)

    def _record_lanes(self) -> None:
        for key, draft in self._lanes.items():
            first = draft.version - len(draft.events) + 1
            for version, event in enumerate(draft.events, start=first):
                self.record(event, key, version, client_id=draft.state.client_id)
            if draft.events:
                self._commit.lanes.append((draft.state, draft.version))

    def _record_run(self, run_id: UUID, draft: AnyDraft) -> None:
        state: BatchItem | CompanyRun = draft.state
        entity = state.person_id if isinstance(state, BatchItem) else state.company_id
        envelope = {"client_id": state.client_id, "entity_id": entity, "batch_id": state.batch_id}
        first = draft.version - len(draft.events) + 1
        for version, event in enumerate(draft.events, start=first):
            self.record(event, run_id, version, **envelope)
        self._commit.runs.append(run_row(state, draft.version))
        self._commit.steps += step_rows(state, self._drafts.before(run_id), local=self._local_steps(state))

    def _local_steps(self, state: BatchItem | CompanyRun) -> Collection[str]:
        """The workflows that call a function in an item's batch; asked for only where a row of it is ready."""
        if isinstance(state, CompanyRun) or not any(run.state is State.READY for run in state.runs.values()):
            return ()
        return self._find_batch(state.batch_id)[0].pipeline.local
