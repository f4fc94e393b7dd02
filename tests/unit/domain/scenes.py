"""Scenes for the domain's tests: a step run or an item to which things are told to happen, one after the other."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from attrs import define, evolve, field

from enrichcore.domain import batch_item, ids, step_control
from enrichcore.domain import events as e
from enrichcore.domain import step_run as steps
from enrichcore.domain.answers import Rank
from enrichcore.domain.batch_item import Surroundings
from enrichcore.domain.life_cycle import State
from enrichcore.domain.pipeline import Entity, Kind, Pipeline, Step
from enrichcore.domain.step_run import Answer, PostOutcome
from enrichcore.domain.step_state import StepRun

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
LEASE = timedelta(minutes=1)
HOURS = timedelta(hours=1)
CLIENT = ids.ClientId(UUID(int=1))
BATCH = ids.BatchId(UUID(int=2))
PERSON = ids.PersonId(UUID(int=3))
COMPANY = ids.CompanyId(UUID(int=4))
ITEM = ids.item_id(BATCH, PERSON)
COMPANY_RUN = ids.company_run_id(CLIENT, COMPANY, "company_profile")
BY_ANN = {"by": "ann", "why": "as she said"}

WEBHOOK = Step(
    workflow="enrich_person",
    kind=Kind.WEBHOOK,
    entity=Entity.PERSON,
    result="person_profile",
    answer_within=6 * HOURS,
)


def answer(text="data", rank=Rank.DATA, *, token="", credits_told=None, **facts):
    """An answer whose content is its text; facts come with data only."""
    return Answer(
        body=text.encode(),
        content_hash=f"hash of {text}",
        rank=rank,
        source=e.Source.CALLBACK,
        token=token,
        facts=facts,
        credits=credits_told,
        error=text if rank is Rank.ERROR else "",
    )


def names(events):
    """What happened, in short."""
    return [type(event).__name__ for event in events]


@define
class RunScene:
    """One step run: each method lets one thing happen and returns the events that it led to."""

    step: Step = WEBHOOK
    run: StepRun = field(factory=lambda: StepRun(workflow=WEBHOOK.workflow))
    now: datetime = NOW
    log: list = field(factory=list)

    def record(self, events):
        """Fold events, as a store's commit would."""
        for event in events:
            self.log.append(event)
            self.run = steps.fold(self.run, event, at=self.now, version=len(self.log))
        return tuple(events)

    def ready(self):
        """The step's turn comes."""
        return self.record([e.StepReady(workflow=self.step.workflow, generation=1, due=self.now)])

    def claim(self, price=1):
        """A runner takes the row."""
        lane = {"lease": LEASE, "workstream": "crm_data", "webhook": "hash", "price": Decimal(price)}
        return self.record(steps.decide_claim(self.run, self.step, ITEM, now=self.now, **lane))

    def outcome(self, outcome, attempt=None, *, due=None):
        """A runner tells what became of a POST, the latest unless told."""
        seen = PostOutcome(
            attempt=self.run.attempt if attempt is None else attempt,
            outcome=outcome,
            reason=f"was {outcome}",
            http_status=200,
            due=due or self.now,
        )
        return self.record(steps.decide_outcome(self.run, self.step, seen, now=self.now))

    def answer(self, *told, **more):
        """An answer comes."""
        return self.record(steps.decide_answer(self.run, ITEM, answer(*told, **more), now=self.now))

    def wake(self, after=timedelta(0)):
        """Time passes, and a timer looks."""
        self.now += after
        return self.record(steps.decide_wake(self.run, self.step, now=self.now))

    def pass_time(self):
        """Time passes until the run may move, and a timer looks."""
        return self.wake(max(self.run.wake_at - self.now, timedelta(0)))

    def settle(self, settlement):
        """A person decides a doubt."""
        return self.record(step_control.decide_settle(self.run, self.step, settlement, now=self.now, **BY_ANN))

    def retry(self, *, force=False):
        """A person wants the step to run again."""
        return self.record(step_control.decide_retry(self.run, now=self.now, force=force, **BY_ANN))

    def restore(self):
        """A person takes the cancellation back."""
        return self.record(step_control.decide_restore(self.run, now=self.now, **BY_ANN))

    def cancel(self):
        """A person stops the step."""
        return self.record(step_control.decide_cancel(self.run, self.step, now=self.now, **BY_ANN))

    def token(self, attempt=None, generation=None):
        """The token in the callback URL of a POST, the latest unless told."""
        return ids.idempotency_key(
            ITEM, self.step.workflow, generation or self.run.generation, attempt or self.run.attempt
        )


def scene(state, **changes):
    """A run of a webhook step in a given state, reached as in life; `changes` are the step's settings."""
    told = RunScene(step=evolve(WEBHOOK, **changes))
    for act in _WAY[state]:
        act(told)
    assert told.run.state is state
    return told


_SENT = (RunScene.ready, RunScene.claim)
_WAY = {
    State.START: (),
    State.READY: (RunScene.ready,),
    State.WAITING_FOR_COMPANY: (
        RunScene.ready,
        lambda told: told.record([e.CompanyAwaited(workflow=told.step.workflow, company_run_id=COMPANY_RUN)]),
    ),
    State.SENDING: _SENT,
    State.AWAITING_ANSWER: (*_SENT, lambda told: told.outcome(steps.Outcome.DELIVERED)),
    State.IN_DOUBT: (*_SENT, lambda told: told.outcome(steps.Outcome.UNKNOWN)),
    State.RETRY_WAIT: (*_SENT, lambda told: told.outcome(steps.Outcome.NOT_DELIVERED, due=NOW + HOURS)),
    State.COMPLETED: (*_SENT, lambda told: told.answer("data", title="CTO")),
    State.FAILED: (*_SENT, lambda told: told.outcome(steps.Outcome.ROW_REFUSED)),
    State.TIMED_OUT: (*_SENT, lambda told: told.outcome(steps.Outcome.DELIVERED), RunScene.pass_time),
    State.SKIPPED: (
        RunScene.ready,
        lambda told: told.record([e.StepSkipped(workflow=told.step.workflow, reason="unwanted")]),
    ),
    State.CANCELLED: (*_SENT, RunScene.cancel),
}


@define
class ItemScene:
    """One item: each method lets one thing happen and returns the events that it led to."""

    pipeline: Pipeline
    item: batch_item.BatchItem
    functions: dict = field(factory=dict)
    company_facts: dict = field(factory=dict)
    may_resume: bool = True
    now: datetime = NOW
    log: list = field(factory=list)

    @property
    def around(self):
        """What the item's decisions may look at."""
        return Surroundings(
            pipeline=self.pipeline,
            functions=self.functions,
            company_facts=self.company_facts,
            may_resume=self.may_resume,
        )

    def decide(self, act):
        """Let `act` work on a draft, and keep what it leads to."""
        draft = batch_item.draft(self.item, len(self.log) + 1, self.now)
        act(draft)
        self.item = draft.state
        self.log += draft.events
        return draft.events

    def advance(self):
        """Carry the item on."""
        return self.decide(lambda draft: batch_item.advance(draft, self.around))

    def step(self, workflow, decide):
        """Record `decide(run, step)` of one step, and carry the item on."""

        def act(draft):
            before = draft.state.run(workflow)
            draft.emit_all(decide(before, self.pipeline.step(workflow)))
            batch_item.go_on(draft, self.around, before=before)

        return self.decide(act)

    def claim(self, workflow):
        """A runner takes the row of a step."""
        lane = {"lease": LEASE, "workstream": "crm_data", "webhook": "hash", "price": Decimal(1)}
        return self.step(workflow, lambda run, step: steps.decide_claim(run, step, ITEM, now=self.now, **lane))

    def send(self, workflow):
        """A row goes out and is accepted."""
        self.claim(workflow)
        seen = PostOutcome(
            attempt=self.item.run(workflow).attempt, outcome=steps.Outcome.DELIVERED, http_status=200, due=self.now
        )
        return self.step(workflow, lambda run, step: steps.decide_outcome(run, step, seen, now=self.now))

    def time_out(self, workflow):
        """The deadline of a step passes."""
        self.now = max(self.now, self.item.run(workflow).wake_at)
        return self.step(workflow, lambda run, step: steps.decide_wake(run, step, now=self.now))

    def answer(self, workflow, *told, **more):
        """An answer comes for a step."""
        return self.decide(lambda draft: batch_item.answer(draft, self.around, workflow, answer(*told, **more)))

    def retry(self, workflow, *, force=False):
        """A person wants a step to run again."""
        return self.decide(lambda draft: batch_item.retry(draft, self.around, workflow, force=force, **BY_ANN))

    def cancel(self):
        """A person stops the item."""
        return self.decide(lambda draft: batch_item.cancel(draft, self.pipeline, **BY_ANN))


def item_scene(*chosen, company_id=COMPANY, facts=None, functions=None, **more):
    """An item of a pipeline of these steps, before its first."""
    pipeline = Pipeline(workstream="crm_data", steps=chosen)
    created = e.ItemCreated(
        workstream="crm_data",
        pipeline="fingerprint",
        workflows=[step.workflow for step in chosen],
        person_id=PERSON,
        company_id=company_id,
        facts=facts or {},
    )
    return ItemScene(
        pipeline=pipeline, item=batch_item.initial(ITEM, CLIENT, BATCH, created), functions=functions or {}, **more
    )
