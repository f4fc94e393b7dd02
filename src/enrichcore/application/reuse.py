"""Answers about a person that an earlier item was given, for a later item that would ask the same.

Steps with the same `result` share answers, whatever their workflow is called. The body stays where it was recorded; the
later item records what it says, where it stands, and that it cost nothing. An answer is as old as when it came: what was
reused itself serves nobody.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from uuid import UUID

from attrs import frozen

from enrichcore.domain import company_run, one_row
from enrichcore.domain import events as e
from enrichcore.domain.answers import Rank
from enrichcore.domain.batch import Batch
from enrichcore.domain.batch_item import BatchItem
from enrichcore.domain.company_run import CompanyRun
from enrichcore.domain.ids import BatchId, ItemId, PersonId
from enrichcore.domain.life_cycle import State
from enrichcore.domain.pipeline import Step
from enrichcore.domain.step_run import Answer, StepRun
from enrichcore.store.commit import Reads


class SameEntities:
    """Under which ids a person or company was known, before merges too; each is looked up once."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads
        self._ids: dict[UUID, list[UUID]] = {}

    def preload(self, entity_ids: Iterable[UUID]) -> None:
        """Look entities up, in one round trip."""
        wanted = [entity for entity in dict.fromkeys(entity_ids) if entity not in self._ids]
        if wanted:
            self._ids |= {entity: [entity] for entity in wanted} | self._reads.same_entities(wanted)

    def ids(self, entity_id: UUID) -> list[UUID]:
        """Every id that means the same, the one that stays first."""
        known = self._ids.get(entity_id)
        if known is None:
            self.preload([entity_id])
            return self._ids[entity_id]
        return known


def serving(runs: Iterable[CompanyRun], will_do: Callable[[CompanyRun], bool]) -> CompanyRun | None:
    """Of the runs of one company, under each id it ever had: one under way, or else one whose answer will do."""
    known = list(runs)
    under_way = (run for run in known if run.run.open)
    answered = (run for run in known if will_do(run))
    return next(under_way, None) or next(answered, None)


def young_enough(step: Step, now: datetime) -> Callable[[CompanyRun], bool]:
    """Whether a company run's answer serves a new wait at once."""
    return lambda run: company_run.serves_at_once(run, step.reuse_within, now)


@frozen(kw_only=True)
class AskedAgain:
    """A person's wish to have an item's company asked about again, which may reach it through many commits."""

    since: datetime
    #: Whether an answer from before will do, where there is one: the item itself was given none.
    known_will_do: bool


class EarlierAnswers:
    """What is known of people from their earlier items; each person is looked up once.

    Args:
        same: under which ids each person was known.
        reads: where items are kept.
        find_batch: an item's batch, whose pipeline says what each workflow's answer is about.
        now: the time from which answers are too old.
    """

    def __init__(
        self, same: SameEntities, reads: Reads, find_batch: Callable[[BatchId], tuple[Batch, int]], now: datetime
    ) -> None:
        self._same = same
        self._reads = reads
        self._find_batch = find_batch
        self._now = now
        self._items: dict[UUID, list[BatchItem]] = {}

    def preload(self, person_ids: Iterable[PersonId]) -> None:
        """Look people up, in three round trips."""
        wanted = [person for person in dict.fromkeys(person_ids) if person not in self._items]
        if not wanted:
            return
        self._same.preload(wanted)
        ids = {person: self._same.ids(person) for person in wanted}
        found = self._reads.answered_items({one for same in ids.values() for one in same})
        loaded = self._reads.load(item for items in found.values() for item in items) if found else {}
        for person, same in ids.items():
            items = sorted(item for one in same for item in found.get(one, ()))
            states = (loaded[item].state for item in items if item in loaded)
            self._items[person] = [state for state in states if isinstance(state, BatchItem)]

    def find(self, person_id: PersonId, step: Step, *, besides: ItemId | None = None) -> Answer | None:
        """The newest answer about the person that is young enough for the step.

        Args:
            person_id: whom it is about.
            step: what is asked, and how old an answer to it may be.
            besides: the item that asks.
        """
        if not one_row.shares(step):
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
        given = self._find_batch(item.batch_id)[0].pipeline.step(run.workflow)
        good = run.state is State.COMPLETED and run.attempt > 0 and run.rank in {Rank.DATA, Rank.EMPTY}
        same = given is not None and one_row.asks_the_same(step, given)
        return good and same and run.answered_at is not None and self._now - run.answered_at < step.reuse_within

    def _hash_of_answer(self, item_id: ItemId, run: StepRun) -> str:
        """The content hash of the answer in force; empty where that was reused itself.

        A run that was delivered and has seen one answer completed with that one; only where there were several, or where
        nothing was delivered, the log has to say which is in force.
        """
        if len(run.seen) == 1 and run.tries:
            return run.seen[0]
        recorded = self._reads.stream(item_id)[(run.answer_version or 0) - 1].event
        if not isinstance(recorded, e.AnswerEvent) or recorded.source is e.Source.REUSE:
            return ""
        return recorded.content_hash
