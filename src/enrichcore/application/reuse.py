"""Answers about a person that another item was given, for an item that would ask the same.

Steps with the same `result` share answers, whatever their workflow is called. The body stays where it was recorded; the
later item records what it says, where it stands, and that it cost nothing. An answer is as old as when it came: what was
reused itself serves nobody. One that came after a cancellation serves like any other, and is told in full by whom it serves.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from attrs import frozen

from enrichcore.domain import company_run, one_row
from enrichcore.domain import events as e
from enrichcore.domain.answers import Rank
from enrichcore.domain.batch import Batch
from enrichcore.domain.batch_item import BatchItem
from enrichcore.domain.company_run import CompanyRun
from enrichcore.domain.ids import BatchId, ItemId, PersonId
from enrichcore.domain.pipeline import Entity, Step
from enrichcore.domain.posts import Heard
from enrichcore.domain.step_run import Answer
from enrichcore.domain.step_state import StepRun
from enrichcore.store.commit import Reads

_OF_USE: Final = frozenset({Rank.DATA, Rank.EMPTY})


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


def serving(runs: Iterable[CompanyRun], will_do: Callable[[CompanyRun], bool], now: datetime) -> CompanyRun | None:
    """Of the runs of one company, under each id it ever had: one under way, else one whose answer will do, else one left while out."""
    known = list(runs)
    under_way = (run for run in known if run.run.open)
    answered = (run for run in known if will_do(run))
    left = (run for run in known if company_run.is_left_out(run, now))
    return next(under_way, None) or next(answered, None) or next(left, None)


def will_do(wait: StepRun, step: Step, now: datetime) -> Callable[[CompanyRun], bool]:
    """Whether a company run's answer serves a wait at once: it is young enough, and none that the wait's item had enough of."""
    since = wait.asked_anew_at
    return lambda run: (
        company_run.serves_at_once(run, step.reuse_within, now)
        and (since is None or company_run.answered_since(run, since))
    )


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

    def find(
        self, person_id: PersonId, step: Step, *, asks: ItemId | None = None, since: datetime | None = None
    ) -> Answer | None:
        """The newest answer about the person that is young enough for the step.

        Args:
            person_id: whom it is about.
            step: what is asked, and how old an answer to it may be.
            asks: the item that asks; of its own answers only one that came after a cancellation will do.
            since: only answers that came later will do.
        """
        if not one_row.shares(step):
            return None
        self.preload([person_id])
        oldest = max(filter(None, (since, self._now - step.reuse_within)))
        young = [
            known
            for item in self._items[person_id]
            for run in item.runs.values()
            if self._asks_the_same(item, run, step)
            for known in _answers(item, run, own=item.item_id == asks)
            if known.answered_at > oldest
        ]
        for known in sorted(young, key=lambda one: (one.answered_at, one.item_id), reverse=True):
            found = self._recorded(known)
            if found is not None:
                return Answer(
                    # What is in force nowhere is told here in full.
                    body=found.body if known.kept else b"",
                    content_hash=found.content_hash,
                    rank=known.rank,
                    source=e.Source.REUSE,
                    facts=known.facts,
                    credits=e.NOTHING,
                    reused_from=known.item_id,
                    reused_version=known.version,
                )
        return None

    def given(self, person_id: PersonId, *, since: datetime) -> list["Given"]:
        """The answers with data about the person that came later than that, the newest first."""
        self.preload([person_id])
        found = [
            Given(item=item, step=step, at=known.answered_at, facts=known.facts)
            for item in self._items[person_id]
            for run in item.runs.values()
            if (step := self._step_of(item, run)) is not None and step.entity is Entity.PERSON
            for known in _answers(item, run, own=False)
            if known.rank is Rank.DATA and known.answered_at > since
        ]
        return sorted(found, key=lambda one: (one.at, one.item.item_id), reverse=True)

    def _asks_the_same(self, item: BatchItem, run: StepRun, step: Step) -> bool:
        given = self._step_of(item, run)
        return given is not None and one_row.asks_the_same(step, given)

    def _step_of(self, item: BatchItem, run: StepRun) -> Step | None:
        return self._find_batch(item.batch_id)[0].pipeline.step(run.workflow)

    def _recorded(self, known: "_Known") -> "_Recorded | None":
        """The answer as it was recorded; None where that was reused itself.

        A run that has seen one answer, which was that of a POST of its own, has that one in force; for others, and for a
        body, the log has to say.
        """
        if known.only_hash:
            return _Recorded(content_hash=known.only_hash)
        event = self._reads.stream(known.item_id)[known.version - 1].event
        if not isinstance(event, e.AnswerEvent) or event.source is e.Source.REUSE:
            return None
        return _Recorded(content_hash=event.content_hash, body=event.body)


@frozen(kw_only=True)
class Given:
    """An answer about a person, and for what it was given."""

    item: BatchItem
    step: Step
    at: datetime
    facts: Mapping[str, Any]


@frozen(kw_only=True)
class _Known:
    """An answer that an item was given."""

    item_id: ItemId
    answered_at: datetime
    rank: Rank
    version: int
    facts: Mapping[str, Any]
    #: Whether it came after a cancellation, so that it is in force nowhere.
    kept: bool = False
    #: Its content hash, where that can be told from the folded state.
    only_hash: str = ""


@frozen(kw_only=True)
class _Recorded:
    """What the log says of it."""

    content_hash: str
    body: bytes = b""


def _answers(item: BatchItem, run: StepRun, *, own: bool) -> Iterator[_Known]:
    """The answers of a step run that are of use: the one in force, and one that came after a cancellation."""
    kept = run.kept
    if kept is not None and kept.rank in _OF_USE:
        yield _Known(
            item_id=item.item_id,
            answered_at=kept.answered_at,
            rank=kept.rank,
            version=kept.version,
            facts=kept.facts,
            kept=True,
        )
    if own or run.rank not in _OF_USE or run.answered_at is None or not run.attempt:
        return
    answered = any(post.heard is Heard.ANSWERED for post in run.posts)
    yield _Known(
        item_id=item.item_id,
        answered_at=run.answered_at,
        rank=run.rank,
        version=run.answer_version or 0,
        facts=run.facts,
        only_hash=run.seen[0] if answered and len(run.seen) == 1 else "",
    )
