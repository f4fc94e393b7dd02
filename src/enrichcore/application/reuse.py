"""Answers about a person that an earlier item was given, for a later item that would ask the same.

Steps with the same `result` share answers, whatever their workflow is called. The body stays where it was recorded; the
later item records what it says, where it stands, and that it cost nothing. An answer is as old as when it came: what was
reused itself serves nobody.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from uuid import UUID

from enrichcore.domain import events as e
from enrichcore.domain.answers import Rank
from enrichcore.domain.batch import Batch
from enrichcore.domain.batch_item import BatchItem
from enrichcore.domain.ids import BatchId, ItemId, PersonId
from enrichcore.domain.life_cycle import State
from enrichcore.domain.pipeline import Entity, Kind, Pipeline, Step
from enrichcore.domain.step_run import Answer, StepRun
from enrichcore.store.commit import Store


class EarlierAnswers:
    """What is known of people from their earlier items; each person is looked up once.

    Args:
        store: where items are kept.
        find_batch: an item's batch, whose pipeline says what each workflow's answer is about.
        now: the time from which answers are too old.
    """

    def __init__(self, store: Store, find_batch: Callable[[BatchId], tuple[Batch, int]], now: datetime) -> None:
        self._store = store
        self._find_batch = find_batch
        self._pipelines: dict[BatchId, Pipeline] = {}
        self._now = now
        self._items: dict[UUID, list[BatchItem]] = {}

    def preload(self, person_ids: Iterable[PersonId]) -> None:
        """Look people up, in two round trips."""
        wanted = [person for person in dict.fromkeys(person_ids) if person not in self._items]
        if not wanted:
            return
        found = self._store.answered_items(wanted)
        loaded = self._store.load(item for items in found.values() for item in items) if found else {}
        for person in wanted:
            states = (loaded[item].state for item in found.get(person, ()) if item in loaded)
            self._items[person] = [state for state in states if isinstance(state, BatchItem)]

    def find(self, person_id: PersonId, step: Step, *, besides: ItemId | None = None) -> Answer | None:
        """The newest answer about the person that is young enough for the step.

        Args:
            person_id: whom it is about.
            step: what is asked, and how old an answer to it may be.
            besides: the item that asks.
        """
        if step.entity is not Entity.PERSON or step.kind is Kind.LOCAL or not step.reuse_within:
            return None
        self.preload([person_id])
        young = [
            (run.answered_at, item.item_id, run)
            for item in self._items[person_id]
            if item.item_id != besides
            for run in item.runs.values()
            if run.answered_at is not None and self._serves(item, run, step)
        ]
        for _, item_id, run in sorted(young, key=lambda known: known[:2], reverse=True):
            content_hash = self._hash_of_answer(item_id, run)
            if content_hash:
                return Answer(
                    body=b"",
                    content_hash=content_hash,
                    rank=run.rank or Rank.EMPTY,
                    source=e.Source.REUSE,
                    facts=run.facts,
                    credits=e.NOTHING,
                    reused_from=item_id,
                    reused_version=run.answer_version,
                )
        return None

    def _serves(self, item: BatchItem, run: StepRun, step: Step) -> bool:
        if item.batch_id not in self._pipelines:
            self._pipelines[item.batch_id] = self._find_batch(item.batch_id)[0].pipeline
        given = self._pipelines[item.batch_id].step(run.workflow)
        good = run.state is State.COMPLETED and run.attempt > 0 and run.rank in {Rank.DATA, Rank.EMPTY}
        same = given is not None and given.entity is step.entity and given.result == step.result
        return good and same and run.answered_at is not None and self._now - run.answered_at < step.reuse_within

    def _hash_of_answer(self, item_id: ItemId, run: StepRun) -> str:
        """The content hash of the answer in force; empty where that was reused itself.

        A run that was sent and has seen one answer completed with that one; only where there were several, the log has
        to say which is in force.
        """
        if len(run.seen) == 1:
            return run.seen[0]
        recorded = self._store.stream(item_id)[(run.answer_version or 0) - 1].event
        if not isinstance(recorded, e.AnswerEvent) or recorded.source is e.Source.REUSE:
            return ""
        return recorded.content_hash
