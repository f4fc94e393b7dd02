"""What a launch would send, step by step, before anything is sent or spent.

Local steps are run on what imports knew, because conditions of later steps may ask for what they find. What the answers
of later steps will bring is not known yet, so a conditional step counts whoever needs it by what is known today.

People are counted some thousands at a time, so that an upload of a million needs no more memory than a small one; what is
held of all is which companies were counted.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from functools import cache
from itertools import islice
from typing import Any, Final, cast
from uuid import UUID

from attrs import Factory, define, evolve, field, frozen

from enrichcore.application.budgets import budgets
from enrichcore.application.dry_store import DryStore
from enrichcore.application.learning import learn_here
from enrichcore.application.reuse import EarlierAnswers, SameEntities, serving, will_do
from enrichcore.application.told_elsewhere import Launch, with_told_elsewhere
from enrichcore.domain import one_row
from enrichcore.domain.batch import Batch
from enrichcore.domain.batch_item import BatchItem, asks_company
from enrichcore.domain.company_run import CompanyRun
from enrichcore.domain.ids import BatchId, CompanyId, CompanyRunId, PersonId, UploadId, company_run_id
from enrichcore.domain.local_function import LocalFunction, LocalFunctionFailed, call
from enrichcore.domain.pipeline import Kind, Step
from enrichcore.domain.step_state import StepRun
from enrichcore.domain.upload import Upload
from enrichcore.registry import Registry, load_functions
from enrichcore.registry.lead_fields import CORRELATION_FIELDS
from enrichcore.store.commit import Store, UploadedPerson

#: People that are counted at a time.
PIECE: Final = 5_000


@frozen(kw_only=True)
class StepEstimate:
    """What one step of a launch would do."""

    workflow: str
    kind: str
    #: Whether the counts are of companies or of people.
    entity: str
    #: Companies or people that the step concerns.
    concerned: int
    #: POSTs that would leave; 0 for a local step.
    to_send: int
    #: Companies or people whose answer is known and young enough, so that nothing is sent.
    reused: int
    #: Companies or people whom another batch is asking about right now.
    under_way: int
    #: People whom the step's condition leaves out, or who name no company; of the first step that sends, also whoever
    #: lacks what its request names.
    skipped: int
    #: What the POSTs would cost at the lane's price.
    credits: Decimal

    def __add__(self, more: "StepEstimate") -> "StepEstimate":
        """Both together, of the same step."""
        numbers = ("concerned", "to_send", "reused", "under_way", "skipped", "credits")
        return evolve(self, **{name: getattr(self, name) + getattr(more, name) for name in numbers})


@frozen(kw_only=True)
class Estimate:
    """What a launch would do."""

    upload_id: UploadId
    item_count: int
    steps: tuple[StepEstimate, ...]
    #: What is left of the client's budget; None where it has none.
    budget_left: Decimal | None = None

    @property
    def credits(self) -> Decimal:
        """What all POSTs would cost at their lanes' prices."""
        return sum((step.credits for step in self.steps), Decimal(0))


def estimate(store: Store, registry: Registry, upload: Upload, *, now: datetime) -> Estimate:
    """Count what a launch of an upload would send, and what is known already; nothing is recorded.

    Args:
        store: where people and earlier answers are kept.
        registry: the configuration in force.
        upload: what would be launched.
        now: the time to count for, as answers grow too old to be reused.

    Raises:
        UnknownNameError: The client or the workstream is not in the configuration.
        ConfigurationError: A local function cannot be loaded.
    """
    with DryStore(store) as dry:
        seen = cast("Store", dry)
        # A launch learns from answers first, and people who are one are sent once.
        learn_here(seen, at=now, sources=registry.rules.sources)
        counted = estimate_on(seen, registry, upload, now=now, people=dry.people_of(upload.upload_id))
    budget = next((one for one in budgets(store, registry, now) if one.client.id == upload.client_id), None)
    return evolve(counted, budget_left=None if budget is None else budget.left)


def estimate_on(
    store: Store, registry: Registry, upload: Upload, *, now: datetime, people: Iterable[UploadedPerson]
) -> Estimate:
    """Count as `estimate` does, for those people, in a store that has learnt from all answers; the budget is left out."""
    functions, counted = load_functions(registry), _Counted()
    steps = registry.workstream(upload.workstream).pipeline.steps
    item_count, sums = 0, [_nothing(step) for step in steps]
    known_for = Launch(upload_id=upload.upload_id, steps=steps, now=now, trusted_for=registry.rules.trusted_for)
    for piece in _pieces(people):
        known = with_told_elsewhere(store, known_for, piece)
        counting = _Counting(store=store, registry=registry, upload=upload, people=known, now=now, counted=counted)
        sums = [one + counting.step(step, functions) for one, step in zip(sums, steps, strict=True)]
        item_count += len(piece)
    return Estimate(upload_id=upload.upload_id, item_count=item_count, steps=tuple(sums))


def _nothing(step: Step) -> StepEstimate:
    return StepEstimate(
        workflow=step.workflow, kind=step.kind, entity=step.entity, concerned=0, to_send=0, reused=0, under_way=0, skipped=0,
        credits=Decimal(0),
    )  # fmt: skip


def _pieces(people: Iterable[UploadedPerson]) -> Iterable[list[UploadedPerson]]:
    remaining = iter(people)
    while piece := list(islice(remaining, PIECE)):
        yield piece


@define(kw_only=True)
class _Counted:
    """What holds over all pieces: companies are counted once, whoever names them."""

    #: Company runs that an earlier step, or this one, asks for already.
    asked: set[UUID] = Factory(set)
    #: Workflow -> company runs that were counted at that step.
    runs: defaultdict[str, set[UUID]] = Factory(lambda: defaultdict(set))


@define(kw_only=True)
class _Counting:
    """What is known of some people while the steps are gone through in order."""

    store: Store
    registry: Registry
    upload: Upload
    people: Sequence[UploadedPerson]
    now: datetime
    counted: _Counted
    _facts: dict[UUID, dict[str, Any]] = Factory(dict)

    #: Whether no step that sends has been counted, so that nothing more will be known than is now.
    _nothing_asked: bool = True

    _same: SameEntities = field(init=False)
    _earlier: EarlierAnswers = field(init=False)
    _find_batch: Callable[[BatchId], tuple[Batch, int]] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._same = SameEntities(self.store)
        # It holds no reference to this value, so that what is known of one piece of the people goes with it.
        store = self.store
        self._find_batch = cache(lambda batch_id: store.batches([batch_id])[0])
        self._earlier = EarlierAnswers(self._same, store, self._find_batch, self.now)
        self._facts = {person.person_id: dict(person.facts) for person in self.people}

    def step(self, step: Step, functions: Mapping[str, LocalFunction]) -> StepEstimate:
        wanted = [
            person for person in self.people if step.when is None or step.when.holds(self._facts[person.person_id])
        ]
        if step.kind is Kind.LOCAL:
            return self._local(step, wanted, functions[step.function])
        if self._nothing_asked:
            wanted = [person for person in wanted if self._can_ask(step, person)]
        self._nothing_asked = False
        if asks_company(step):
            return self._company(step, wanted)
        return self._person(step, wanted)

    def _can_ask(self, step: Step, person: UploadedPerson) -> bool:
        webhook = self.registry.webhook(self.upload.client_id, self.upload.workstream, step.workflow)
        if webhook is None or webhook.request is None:
            return True
        known: dict[str, Any] = dict.fromkeys(CORRELATION_FIELDS, "") | {"company_id": person.company_id}
        return not webhook.request.missing({**known, **self._facts[person.person_id]})

    def _local(self, step: Step, wanted: Sequence[UploadedPerson], function: LocalFunction) -> StepEstimate:
        for person in wanted:
            facts = self._facts[person.person_id]
            # The launch marks a row whose function fails; the count only goes on without what it would have found.
            with suppress(LocalFunctionFailed):
                facts.update(call(step.function, function, facts))
        return self._estimated(step, concerned=len(wanted), skipped=len(self.people) - len(wanted))

    def _person(self, step: Step, wanted: Sequence[UploadedPerson]) -> StepEstimate:
        self._earlier.preload(person.person_id for person in wanted)
        out = self._out(step, [person.person_id for person in wanted])
        reused = under_way = 0
        for person in wanted:
            known = self._earlier.find(person.person_id, step)
            if known is not None:
                reused += 1
                self._facts[person.person_id].update(known.facts)
            elif person.person_id in out:
                under_way += 1
        return self._estimated(
            step,
            concerned=len(wanted),
            to_send=len(wanted) - reused - under_way,
            reused=reused,
            under_way=under_way,
            skipped=len(self.people) - len(wanted),
        )

    def _out(self, step: Step, people: Sequence[PersonId]) -> set[PersonId]:
        """Those of the people about whom another item's row asks the same and is out."""
        if not one_row.shares(step):
            return set()
        self._same.preload(people)
        stands_for = {one: person for person in people for one in self._same.ids(person)}
        found = self.store.out_items(stands_for)
        loaded = self.store.load(item for items in found.values() for item in items)
        items = [run.state for run in loaded.values() if isinstance(run.state, BatchItem)]
        return {stands_for[item.person_id] for item in items if self._has_out(item, step)}

    def _has_out(self, item: BatchItem, step: Step) -> bool:
        pipeline = self._find_batch(item.batch_id)[0].pipeline
        given = [pipeline.step(run.workflow) for run in item.runs.values() if one_row.is_out(run, self.now)]
        return any(other is not None and one_row.asks_the_same(step, other) for other in given)

    def _company(self, step: Step, wanted: Sequence[UploadedPerson]) -> StepEstimate:
        with_company = [person for person in wanted if person.company_id is not None]
        runs = self._serving_runs([person.company_id for person in with_company if person.company_id], step)
        run_of = {company: run_id for company, (run_id, _) in runs.items()}
        known = {run_id: run for run_id, run in runs.values() if run is not None}
        here, asked = self.counted.runs[step.workflow], self.counted.asked
        serves = will_do(StepRun(workflow=step.workflow), step, self.now)
        reused = {run for run, state in known.items() if not state.run.open and serves(state)} - asked
        under_way = (set(known) - reused) | (asked & set(run_of.values()))
        fresh = set(run_of.values()) - here
        for person in with_company:
            run_id = run_of[person.company_id] if person.company_id is not None else None
            if run_id in reused:
                self._facts[person.person_id].update(known[run_id].run.facts)
        self.counted.asked |= set(run_of.values()) - reused
        here |= fresh
        return self._estimated(
            step,
            concerned=len(fresh),
            to_send=len(fresh - reused - under_way),
            reused=len(fresh & reused),
            under_way=len(fresh & under_way),
            skipped=len(self.people) - len(with_company),
        )

    def _serving_runs(
        self, companies: Collection[CompanyId], step: Step
    ) -> dict[CompanyId, tuple[CompanyRunId, CompanyRun | None]]:
        """The run that would serve each company, and how it stands; None where the company would be asked about."""
        self._same.preload(companies)
        of_company = {
            company: [
                company_run_id(self.upload.client_id, CompanyId(one), step.result) for one in self._same.ids(company)
            ]
            for company in companies
        }
        loaded = self.store.load(run for runs in of_company.values() for run in runs)
        known = {run: found.state for run, found in loaded.items() if isinstance(found.state, CompanyRun)}
        wait, found = StepRun(workflow=step.workflow), dict[CompanyId, tuple[CompanyRunId, CompanyRun | None]]()
        for company, run_ids in of_company.items():
            asked = (known[run] for run in run_ids if run in known)
            run = serving(asked, will_do(wait, step, self.now), self.now)
            found[company] = (run.company_run_id if run else run_ids[0], run)
        return found

    def _estimated(
        self,
        step: Step,
        *,
        concerned: int,
        to_send: int = 0,
        reused: int = 0,
        under_way: int = 0,
        skipped: int = 0,
    ) -> StepEstimate:
        price = Decimal(0)
        if step.kind is not Kind.LOCAL:
            price = self.registry.lane(self.upload.client_id, self.upload.workstream, step.workflow).credits_per_send
        return StepEstimate(
            workflow=step.workflow,
            kind=step.kind,
            entity=step.entity,
            concerned=concerned,
            to_send=to_send,
            reused=reused,
            under_way=under_way,
            skipped=skipped,
            credits=price * to_send,
        )
