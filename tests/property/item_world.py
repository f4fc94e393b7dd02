"""A small world of items, company runs and batches in memory, orchestrated as an application must.

Every command ends in `settle_world`, which is what an application does in the command's own commit: company steps are
joined to company runs, every wait ends with its run, what nobody waits for is dropped, and batches finish or reopen.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from attrs import define, field

from enrichcore.domain import batch as batches
from enrichcore.domain import batch_item, company_run, ids, step_control
from enrichcore.domain import events as e
from enrichcore.domain import step_run as steps
from enrichcore.domain.batch import BatchStatus
from enrichcore.domain.batch_item import ItemStatus, Surroundings
from enrichcore.domain.draft import Draft
from enrichcore.domain.life_cycle import State, permits
from enrichcore.domain.step_run import Answer

START_OF_TIME = datetime(2026, 3, 2, 9, tzinfo=UTC)
CLIENT = ids.ClientId(UUID(int=1))
LEASE = timedelta(minutes=1)
NOBODY = {"by": "ann", "why": "as told"}


@define
class Stream:
    """One aggregate: its state, and what was recorded of it."""

    state: object
    version: int = 0
    log: list = field(factory=list)
    #: The state after each commit, by version.
    lived: dict = field(factory=dict)


class ItemWorld:
    """Items of several batches that share companies."""

    def __init__(self, pipelines, people, functions):
        """Launch one batch per pipeline, each with all people, given as (person's facts, company or None)."""
        self.now = START_OF_TIME
        self.functions = functions
        self.items, self.runs, self.batches = {}, {}, {}
        self.pipelines = {}
        #: Facts that company answers gave, by company run.
        self.company_facts = {}
        self.posts = {}
        for number, pipeline in enumerate(pipelines):
            self.launch(ids.BatchId(UUID(int=100 + number)), pipeline, people)
        self.settle_world()

    def launch(self, batch_id, pipeline, people):
        """Create a batch with its items, and fill it."""
        launched = e.BatchLaunched(
            upload_id=ids.UploadId(UUID(int=50)),
            workstream=pipeline.workstream,
            pipeline=pipeline,
            fingerprint="f",
            item_count=len(people),
            by="ann",
        )
        state = batches.initial(batch_id, CLIENT, launched, self.now)
        self.batches[batch_id] = Stream(state=state, version=1, log=[(launched, self.now)])
        self.pipelines[batch_id] = pipeline
        for number, (facts, company) in enumerate(people):
            person_id = ids.PersonId(UUID(int=200 + number))
            created = e.ItemCreated(
                workstream=pipeline.workstream,
                pipeline="f",
                workflows=tuple(step.workflow for step in pipeline.steps),
                person_id=person_id,
                company_id=None if company is None else ids.CompanyId(UUID(int=300 + company)),
                facts=facts,
            )
            item_id = ids.item_id(batch_id, person_id)
            item = batch_item.initial(item_id, CLIENT, batch_id, created)
            self.items[item_id] = Stream(state=item, version=1, log=[(created, self.now)], lived={1: item})
            self.carry_on(item_id)
        self.record_batch(batch_id, [e.BatchFilled(item_count=len(people))])

    # --- reading -------------------------------------------------------------------------------------------------

    def item(self, item_id):
        """An item's state."""
        return self.items[item_id].state

    def company(self, run_id):
        """A company run's state."""
        return self.runs[run_id].state

    def around(self, item):
        """What an item's decisions may look at: its pipeline, and the facts of the company runs that served it."""
        served = [run.company_run_id for run in item.runs.values() if run.company_run_id is not None]
        facts = {key: value for run_id in served for key, value in self.company_facts.get(run_id, {}).items()}
        return Surroundings(
            pipeline=self.pipelines[item.batch_id],
            functions=self.functions,
            company_facts=facts,
            may_resume=self.batches[item.batch_id].state.status is not BatchStatus.CANCELLED,
        )

    def waiters(self, run_id):
        """(item, workflow) of every wait for a company run."""
        return [
            (item_id, run.workflow)
            for item_id, stream in self.items.items()
            for run in stream.state.runs.values()
            if run.state is State.WAITING_FOR_COMPANY and run.company_run_id == run_id
        ]

    def sendable(self):
        """Every run that may be claimed: (owner's id, workflow, step run, step)."""
        found = []
        for item_id, stream in self.items.items():
            if self.is_running(stream.state.batch_id):
                pipeline = self.pipelines[stream.state.batch_id]
                found += [(item_id, run.workflow, run, pipeline.step(run.workflow)) for run in stream.state.open_runs]
        for run_id, stream in self.runs.items():
            if any(self.is_running(self.item(item_id).batch_id) for item_id, _ in self.waiters(run_id)):
                found.append((run_id, stream.state.step.workflow, stream.state.run, stream.state.step))
        return [row for row in found if row[2].state is State.READY]

    def is_running(self, batch_id):
        """Whether a batch may send."""
        return self.batches[batch_id].state.status is BatchStatus.RUNNING

    def all_runs(self):
        """Every step run with its step: (owner's id, step run, step)."""
        for item_id, stream in self.items.items():
            for run in stream.state.runs.values():
                yield item_id, run, self.pipelines[stream.state.batch_id].step(run.workflow)
        for run_id, stream in self.runs.items():
            yield run_id, stream.state.run, stream.state.step

    # --- recording -----------------------------------------------------------------------------------------------

    def commit(self, streams, key, draft: Draft):
        """Append a decision's events, each of which the life cycle must allow."""
        stream = streams.setdefault(key, Stream(state=None))
        runs = {} if stream.state is None else self.step_states(stream.state)
        for event in draft.events:
            if isinstance(event, e.StepEvent):
                workflow = event.workflow if streams is self.items else ""
                before = runs.get(workflow, State.START)
                assert permits(before, event), (before, event)
                runs[workflow] = steps.arrival(before, event)
            stream.log.append((event, self.now))
        stream.state, stream.version = draft.state, draft.version
        stream.lived[stream.version] = stream.state

    def step_states(self, state):
        """Where each step run of an aggregate stands."""
        if isinstance(state, company_run.CompanyRun):
            return {"": state.run.state}
        return {workflow: run.state for workflow, run in state.runs.items()}

    def record_batch(self, batch_id, events):
        """Append events of a batch; tells whether there were any."""
        stream = self.batches[batch_id]
        for event in events:
            stream.version += 1
            stream.log.append((event, self.now))
            stream.state = batches.fold(stream.state, event, self.now, stream.version)
        return bool(events)

    def draft_item(self, item_id):
        """Begin a decision about an item."""
        stream = self.items[item_id]
        return batch_item.draft(stream.state, stream.version, self.now)

    def draft_run(self, run_id):
        """Begin a decision about a company run."""
        stream = self.runs[run_id]
        return company_run.draft(stream.state, stream.version, self.now)

    # --- what an application does in every commit ----------------------------------------------------------------

    def carry_on(self, item_id, draft=None, before=None):
        """Take an item as far as it goes, joining its company steps to company runs."""
        draft = draft or self.draft_item(item_id)
        if before is None:
            batch_item.advance(draft, self.around(draft.state))
        else:
            batch_item.go_on(draft, self.around(draft.state), before=before)
        while need := batch_item.needs_company_run(draft.state, self.pipelines[draft.state.batch_id]):
            self.join(draft, *need)
            batch_item.advance(draft, self.around(draft.state))
        self.commit(self.items, item_id, draft)

    def join(self, draft, run, step):
        """Let a company run serve a ready step: one that is under way, one that has an answer, or a new one."""
        item = draft.state
        run_id = ids.company_run_id(CLIENT, item.company_id, step.result)
        wish = company_run.Wish(
            item_id=item.item_id,
            client_id=CLIENT,
            batch_id=item.batch_id,
            company_id=item.company_id,
            workstream=item.workstream,
            step=step,
        )
        anew = run.generation > 1
        draft.emit(e.CompanyAwaited(workflow=run.workflow, company_run_id=run_id))
        if run_id not in self.runs:
            self.commit(self.runs, run_id, company_run.begin(run_id, wish, self.now))
        elif self.company(run_id).run.ended:
            known = self.company(run_id)
            if not anew and company_run.serves_at_once(known, step.reuse_within, self.now):
                version = self.runs[run_id].version
                draft.emit(company_run.served(known, version, run.workflow, reused=True))
            else:
                again = self.draft_run(run_id)
                company_run.restart(again, wish)
                self.commit(self.runs, run_id, again)

    def decide_run(self, run_id, draft):
        """Record what came of a company run; where it ended, first end every wait, then let each item go on."""
        was = self.company(run_id).run
        self.commit(self.runs, run_id, draft)
        ended, version = self.company(run_id), self.runs[run_id].version
        if not ended.run.ended:
            return
        served = []
        for item_id, workflow in self.waiters(run_id):
            item = self.draft_item(item_id)
            before = item.state.run(workflow)
            item.emit(company_run.served(ended, version, workflow, reused=False))
            self.commit(self.items, item_id, item)
            served.append((item_id, before))
        for item_id, before in served:
            self.carry_on(item_id, before=before)
        if was.ended and was.is_gap and ended.run.state is State.COMPLETED:
            self.resume_stopped(ended, version)

    def resume_stopped(self, ended, version):
        """A good late answer for a company resumes the items that its failure had stopped."""
        for item_id, stream in list(self.items.items()):
            for run in stream.state.runs.values():
                if (
                    run.company_run_id == ended.company_run_id
                    and run.is_gap
                    and stream.state.status is ItemStatus.FAILED
                ):
                    reused = Answer(
                        body=b"",
                        content_hash=f"{ended.company_run_id}/{version}",
                        rank=ended.run.rank,
                        source=e.Source.REUSE,
                        reused_from=ended.company_run_id,
                        reused_version=version,
                    )
                    self.answer_item(item_id, run.workflow, reused)

    def drop_abandoned(self, *, cancelled):
        """Cancel a company run that its last waiter's cancellation leaves, or that can no longer be sent for anyone."""
        for run_id, stream in self.runs.items():
            run = stream.state.run
            if run.open and not self.waiters(run_id) and (run_id in cancelled or run.state is State.READY):
                draft = self.draft_run(run_id)
                draft.emit_all(
                    step_control.decide_cancel(
                        run, draft.state.step, now=self.now, by="enrichcore", why="nobody waits for it"
                    )
                )
                self.commit(self.runs, run_id, draft)

    def settle_world(self, cancelled=()):
        """Drop what nobody waits for; finish batches with their last item, reopen those with an item that goes on."""
        self.drop_abandoned(cancelled=cancelled)
        for batch_id, stream in self.batches.items():
            active = sum(
                item.state.status is ItemStatus.ACTIVE
                for item in self.items.values()
                if item.state.batch_id == batch_id
            )
            self.record_batch(batch_id, batches.decide_finish(stream.state, active_items=active))
            if active:
                self.record_batch(batch_id, batches.decide_reopen(stream.state, why="an item goes on"))

    # --- commands ------------------------------------------------------------------------------------------------

    def decide(self, owner, workflow, decide):
        """Record `decide(step run, step)` of an item's or company's run; tells what was recorded."""
        if owner in self.runs:
            draft = self.draft_run(owner)
            draft.emit_all(decide(draft.state.run, draft.state.step))
            self.decide_run(owner, draft)
        else:
            draft = self.draft_item(owner)
            before = draft.state.run(workflow)
            draft.emit_all(decide(before, self.pipelines[draft.state.batch_id].step(workflow)))
            self.carry_on(owner, draft, before)
        self.settle_world()

    def claim(self, owner, workflow, price=Decimal(1)):
        """Take one ready run for a POST."""
        step_run = self.company(owner).run if owner in self.runs else self.item(owner).run(workflow)
        now, lane = self.now, {"lease": LEASE, "workstream": "drawn", "webhook": "hash", "price": price}
        self.decide(owner, workflow, lambda run, step: steps.decide_claim(run, step, owner, now=now, **lane))
        self.posts.setdefault((owner, workflow), []).append((step_run.generation, step_run.attempt + 1))

    def report(self, owner, workflow, seen):
        """Tell what became of a POST."""
        self.decide(owner, workflow, lambda run, step: steps.decide_outcome(run, step, seen, now=self.now))

    def wake(self, owner, workflow):
        """Let time do what it asks for."""
        self.decide(owner, workflow, lambda run, step: steps.decide_wake(run, step, now=self.now))

    def settle(self, owner, workflow, settlement):
        """Let a person decide a doubt."""
        self.decide(
            owner, workflow, lambda run, step: step_control.decide_settle(run, step, settlement, now=self.now, **NOBODY)
        )

    def answer(self, owner, workflow, came):
        """Place an answer by the id that it echoes."""
        if owner in self.runs:
            draft = self.draft_run(owner)
            company_run.answer(draft, came)
            self.company_facts[owner] = draft.state.run.facts
            self.decide_run(owner, draft)
        else:
            self.answer_item(owner, workflow, came)
        self.settle_world()

    def answer_item(self, item_id, workflow, came):
        """Place an answer for a step of an item, and carry the item on."""
        draft = self.draft_item(item_id)
        batch_item.answer(draft, self.around(draft.state), workflow, came)
        self.carry_on(item_id, draft)

    def retry(self, item_id, workflow, *, force):
        """Run an ended step of an item again; tells whether anything was asked for."""
        draft = self.draft_item(item_id)
        asked = batch_item.retry(draft, self.around(draft.state), workflow, **NOBODY, force=force)
        batch_id = draft.state.batch_id
        if asked:
            self.record_batch(batch_id, batches.decide_reopen(self.batches[batch_id].state, why="a retry", force=force))
        self.carry_on(item_id, draft)
        self.settle_world()
        return asked

    def cancel_items(self, item_ids):
        """Cancel items, and the company runs whose last waiter goes with them."""
        waited = set()
        for item_id in item_ids:
            draft = self.draft_item(item_id)
            waited |= {run.company_run_id for run in draft.state.open_runs if run.company_run_id is not None}
            batch_item.cancel(draft, self.pipelines[draft.state.batch_id], **NOBODY)
            self.commit(self.items, item_id, draft)
        self.settle_world(waited)

    def cancel_batch(self, batch_id):
        """Cancel a batch and its active items."""
        if self.record_batch(batch_id, batches.decide_cancel(self.batches[batch_id].state, **NOBODY)):
            self.cancel_items([key for key, stream in self.items.items() if stream.state.batch_id == batch_id])

    def pause_or_resume(self, batch_id):
        """Pause a running batch, resume a paused one."""
        state = self.batches[batch_id].state
        if not self.record_batch(batch_id, batches.decide_pause(state, **NOBODY)):
            self.record_batch(batch_id, batches.decide_resume(state, **NOBODY))
