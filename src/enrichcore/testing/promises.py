"""What a log of events must keep, whatever happened: read from its start, each event held against those before it.

`broken` needs nothing but the log and the pipelines that its batches were launched with, so the same check serves a
property test in memory, a test on PostgreSQL, and a campaign against running daemons.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from enrichcore.domain import batch_item, company_run, one_row
from enrichcore.domain import events as e
from enrichcore.domain.batch_item import BatchItem
from enrichcore.domain.company_run import CompanyRun
from enrichcore.domain.events import NOTHING
from enrichcore.domain.ids import PersonId
from enrichcore.domain.life_cycle import permits
from enrichcore.domain.pipeline import Pipeline, Step
from enrichcore.domain.posts import changes
from enrichcore.domain.step_state import StepRun
from enrichcore.store.replaying import fold_runs

#: (owner, workflow, generation): what `attempts` counts POSTs in.
Generation = tuple[UUID, str, int]


def broken(log: Iterable[e.Recorded], pipelines: Mapping[UUID, Pipeline]) -> list[str]:
    """The promises that a log breaks, one sentence each; none where all is well.

    Args:
        log: all events, in order of position.
        pipelines: by batch, as they were pinned at its launch.
    """
    reader = _Reader(pipelines)
    return [sentence for recorded in log for sentence in reader.read(recorded)]


def change_of_posts(event: e.Event) -> int:
    """How an event changes the number of POSTs that may have been delivered."""
    if isinstance(event, e.StepSending):
        return 1
    refused = isinstance(event, e.SendRefused) or (isinstance(event, e.StepFailed) and event.attempt is not None)
    return -int(refused or (isinstance(event, e.SendNoted) and event.undelivered))


class _Reader:
    """What is known of each run after the events read so far."""

    def __init__(self, pipelines: Mapping[UUID, Pipeline]) -> None:
        self._pipelines = pipelines
        self._runs: dict[UUID, BatchItem | CompanyRun] = {}
        self._versions: dict[UUID, int] = {}
        self._company_runs: dict[tuple[object, ...], UUID] = {}
        self._posts: defaultdict[Generation, int] = defaultdict(int)
        self._allowed_by_persons: defaultdict[Generation, int] = defaultdict(int)
        self._keys: set[str] = set()
        self._items_of: defaultdict[PersonId, set[UUID]] = defaultdict(set)
        #: By owner and workflow: credits reserved, and spent, as the events changed them.
        self._credits: defaultdict[tuple[UUID, str], tuple[Decimal, Decimal]] = defaultdict(lambda: (NOTHING, NOTHING))

    def read(self, recorded: e.Recorded) -> Iterator[str]:
        """The promises that one more event breaks."""
        version = self._versions.get(recorded.stream_id, 0) + 1
        if recorded.version != version:
            yield f"{recorded.stream_id} has version {recorded.version} where {version} is due"
        self._versions[recorded.stream_id] = recorded.version
        if isinstance(recorded.event, e.CompanyRunStarted):
            yield from self._company_run(recorded, recorded.event)
        if isinstance(recorded.event, e.StepEvent):
            yield from self._step(recorded, recorded.event)
        self._fold(recorded)
        if isinstance(recorded.event, e.StepEvent):
            yield from self._credit(recorded.stream_id, recorded.event)

    def _credit(self, owner_id: UUID, event: e.StepEvent) -> Iterator[str]:
        owner, made = self._runs.get(owner_id), changes(event)
        if owner is None:
            return
        run = owner.run(event.workflow) if isinstance(owner, BatchItem) else owner.run
        # A company's run is one, whatever each generation calls it.
        key = (owner_id, event.workflow if isinstance(owner, BatchItem) else "")
        reserved, spent = self._credits[key]
        self._credits[key] = (reserved + made.reserved, spent + made.spent + made.corrected)
        told = f"{type(event).__name__} of {event.workflow} of {owner_id}"
        if self._credits[key] != (run.reserved, run.spent):
            yield f"{told}: its credits are not the sum of its events"
        if run.ended and run.reserved:
            yield f"{told}: {run.reserved} credits stay reserved at its end"
        if sum((post.cost for post in run.posts if post.cost is not None), NOTHING) > run.spent:
            yield f"{told}: its POSTs cost more than it spent"

    def _company_run(self, recorded: e.Recorded, event: e.CompanyRunStarted) -> Iterator[str]:
        company = (recorded.client_id, event.company_id, event.result)
        first = self._company_runs.setdefault(company, recorded.stream_id)
        if first != recorded.stream_id:
            yield f"company {event.company_id} has two runs for {event.result}: {first} and {recorded.stream_id}"

    def _step(self, recorded: e.Recorded, event: e.StepEvent) -> Iterator[str]:
        owner = self._runs.get(recorded.stream_id)
        if owner is None:
            yield f"{type(event).__name__} of {recorded.stream_id}, which nothing began"
            return
        run = owner.run(event.workflow) if isinstance(owner, BatchItem) else owner.run
        if not permits(run.state, event):
            yield f"{type(event).__name__} of {event.workflow} in state {run.state or 'start'} of {recorded.stream_id}"
        if isinstance(event, e.StepSending) and event.key in self._keys:
            yield f"two attempts have the idempotency key {event.key}"
        if isinstance(event, e.StepSending):
            self._keys.add(event.key)
            yield from self._one_row(recorded.stream_id, owner, run, recorded.at)
        if isinstance(event, e.RetryRequested) and isinstance(owner, BatchItem) and one_row.is_out(run, recorded.at):
            yield f"{event.workflow} of {recorded.stream_id} is asked again while its row is out"
        generation = (recorded.stream_id, event.workflow, getattr(event, "generation", run.generation))
        self._posts[generation] += change_of_posts(event)
        self._allowed_by_persons[generation] += isinstance(event, e.DoubtSettled) and event.by_person
        step = self._step_of(owner, event.workflow)
        allowed = (step.attempts if step is not None else 1) + self._allowed_by_persons[generation]
        if self._posts[generation] > allowed:
            yield (
                f"{self._posts[generation]} POSTs of {event.workflow} of {recorded.stream_id} may have been delivered,"
                f" and only {allowed} were allowed"
            )

    def _one_row(self, item_id: UUID, item: BatchItem | CompanyRun, run: StepRun, now: datetime) -> Iterator[str]:
        step = self._step_of(item, run.workflow)
        if not isinstance(item, BatchItem) or step is None or not one_row.shares(step):
            return
        for other_id in self._items_of[item.person_id] - {item_id}:
            other = self._runs[other_id]
            for out in other.runs.values() if isinstance(other, BatchItem) else ():
                asked = self._step_of(other, out.workflow)
                if one_row.is_out(out, now) and asked is not None and one_row.asks_the_same(step, asked):
                    yield f"{run.workflow} of {item_id} is sent while {other_id} has a row out about the same person"

    def _step_of(self, owner: BatchItem | CompanyRun, workflow: str) -> Step | None:
        if isinstance(owner, CompanyRun):
            return owner.step
        return self._pipelines[owner.batch_id].step(workflow)

    def _fold(self, recorded: e.Recorded) -> None:
        known = self._runs.get(recorded.stream_id)
        if known is None:
            begun = fold_runs([recorded]).get(recorded.stream_id)
            if begun is not None:
                self._runs[recorded.stream_id] = begun.state
                if isinstance(begun.state, BatchItem):
                    self._items_of[begun.state.person_id].add(recorded.stream_id)
        elif isinstance(known, BatchItem):
            self._runs[recorded.stream_id] = batch_item.fold(known, recorded.event, recorded.at, recorded.version)
        else:
            self._runs[recorded.stream_id] = company_run.fold(known, recorded.event, recorded.at, recorded.version)
