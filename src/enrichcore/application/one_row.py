"""Rows about people that other items have out: whoever would ask the same waits for their answer.

What is loaded here is a draft of the unit, so that a row that is answered meanwhile makes the commit a conflict.
"""

from collections.abc import Callable, Iterable
from datetime import datetime

from enrichcore.application.drafts import Drafts
from enrichcore.application.reuse import SameEntities
from enrichcore.domain import one_row
from enrichcore.domain.batch import Batch
from enrichcore.domain.batch_item import BatchItem
from enrichcore.domain.draft import Draft
from enrichcore.domain.ids import BatchId, ItemId, PersonId
from enrichcore.domain.life_cycle import State
from enrichcore.domain.pipeline import Pipeline, Step
from enrichcore.domain.step_state import StepRun
from enrichcore.store.commit import Reads


class RowsOut:
    """The rows of one unit about people, each person looked up once.

    Args:
        same: under which ids each person was known.
        reads: where items are kept.
        drafts: the unit's.
        find_batch: an item's batch, whose pipeline says what each workflow asks.
        now: the time of the unit.
    """

    def __init__(
        self,
        same: SameEntities,
        reads: Reads,
        drafts: Drafts,
        find_batch: Callable[[BatchId], tuple[Batch, int]],
        now: datetime,
    ) -> None:
        self._same = same
        self._reads = reads
        self._drafts = drafts
        self._find_batch = find_batch
        self._now = now
        #: By the id that stays, everyone's items with a row out.
        self._items: dict[PersonId, dict[ItemId, Draft[BatchItem]]] = {}

    def preload(self, person_ids: Iterable[PersonId]) -> None:
        """Look up which of their rows are out."""
        asked = dict.fromkeys(person_ids)
        self._same.preload(asked)
        known = {one: self._stays(person) for person in asked for one in self._same.ids(person)}
        found = self._reads.out_items(known) if known else {}
        self._drafts.fetch(item for items in found.values() for item in items)
        for items in found.values():
            for draft in filter(None, map(self._drafts.item, items)):
                self.note(draft)

    def note(self, draft: Draft[BatchItem]) -> None:
        """Take in an item whose row is out, or is about to be."""
        self._items.setdefault(self._stays(draft.state.person_id), {})[draft.state.item_id] = draft

    def let_wait(self, item: Draft[BatchItem], workflow: str) -> bool:
        """Let an item's step wait for another item's row that asks the same, if one is out; tells whether it waits."""
        run, step = item.state.run(workflow), self._pipeline(item.state).step(workflow)
        if step is None or not one_row.shares(step) or run.state is not State.READY:
            return False
        for other in self._items.get(self._stays(item.state.person_id), {}).values():
            out = self._out(other.state, step)
            if out is not None and other is not item:
                other_id, other_step = other.state.item_id, self._pipeline(other.state).step(out.workflow)
                waits = one_row.decide_wait(run, other_id, out, other_step or step, now=self._now)
                item.emit_all(waits)
                other.emit_all(one_row.decide_promise(out, item.state.item_id))
                return True
        return False

    def release(self) -> None:
        """Let those go on who wait for a row that is out no longer, however that came."""
        over = [
            (run.promised_to, draft.state.item_id)
            for run_id, draft in self._drafts.changed()
            if isinstance(before := self._drafts.before(run_id), BatchItem)
            for run in before.runs.values()
            if run.promised_to and not draft.state.run(run.workflow).out
        ]
        self._drafts.fetch(item_id for waiting, _ in over for item_id in waiting)
        for waiting, was_out in over:
            for item in filter(None, map(self._drafts.item, waiting)):
                for run in item.state.open_runs:
                    item.emit_all(one_row.decide_release(run, was_out, now=self._now))

    def _out(self, item: BatchItem, step: Step) -> StepRun | None:
        """The run of an item whose row is out and asks the same as a step."""
        for run in item.runs.values():
            given = self._pipeline(item).step(run.workflow) if one_row.is_out(run, self._now) else None
            if given is not None and one_row.asks_the_same(step, given):
                return run
        return None

    def _pipeline(self, item: BatchItem) -> Pipeline:
        return self._find_batch(item.batch_id)[0].pipeline

    def _stays(self, person_id: PersonId) -> PersonId:
        return PersonId(self._same.ids(person_id)[0])
