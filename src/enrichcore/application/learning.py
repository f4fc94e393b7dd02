"""The directory learns from answers: keys that they tell find people and companies in later imports, and may make two people one.

Answers are recorded without a look at the directory, many in one commit; what they tell of it is learnt afterwards, some
hundred at a time: by the timers, and by every upload and launch before it begins. The log is followed by position, and what
was learnt is events of the directory's stream, so nothing rests on when that was.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import count
from typing import Any, Final
from uuid import UUID

from attrs import define, field

from enrichcore.application.core import Core
from enrichcore.application.found_keys import Told, may_be_keys, may_be_sure, names_of, of_company, of_person
from enrichcore.domain import events as e
from enrichcore.domain.answers import Rank
from enrichcore.domain.batch import Batch
from enrichcore.domain.batch_item import BatchItem
from enrichcore.domain.company_run import CompanyRun
from enrichcore.domain.directory import Known, shared
from enrichcore.domain.ids import ClientId, directory_id
from enrichcore.domain.keys import Key, KeyKind, as_told
from enrichcore.domain.learning import Learned, asked_of_found, learn
from enrichcore.domain.pipeline import Entity, Kind
from enrichcore.domain.step_state import StepRun
from enrichcore.fields import OwnSources, is_another, read_answer
from enrichcore.store.commit import Commit, DirectoryChange, LoadedRun, Place, Store

#: Answers that are looked at for one commit.
PAGE: Final = 500
#: Events without an answer after which it is remembered how far the log was looked through.
STRIDE: Final = 10_000

#: A company that has none of these keys is known by a name that others have as well.
_OF_ONE_COMPANY: Final = frozenset({KeyKind.COMPANY_DOMAIN, KeyKind.COMPANY_LINKEDIN, KeyKind.COMPANY_NAME})


def learn_more(core: Core) -> int:
    """Learn from the next answers, in one commit; how many were looked at.

    From fewer of them each time that an import of the same client was first: a chunk of one is recorded sooner than many answers
    are read, and would be first for as long as the import goes on.

    Raises:
        Conflict: Imports of the same client were first, again and again.
    """
    lost = count()
    return core.until_first(
        lambda: learn_page(
            core.store, at=core.clock(), sources=core.registry.rules.sources, limit=max(PAGE >> next(lost), 1)
        )
    )


def learn_all(core: Core) -> None:
    """Learn from every answer that is recorded by now.

    Raises:
        Conflict: As above.
    """
    last = core.store.last_position()
    # Answers that come meanwhile are not waited for: there may be some in every page.
    while core.store.learnt_until() < last and learn_more(core):
        pass


def learn_here(store: Store, *, at: datetime, sources: OwnSources) -> None:
    """Learn from every answer that is recorded by now, in a store of one's own, such as that of a dry run."""
    last = store.last_position()
    while store.learnt_until() < last and learn_page(store, at=at, sources=sources):
        pass


def learn_page(store: Store, *, at: datetime, sources: OwnSources, limit: int | None = None) -> int:
    """Learn from the next answers of a store; how many were looked at.

    Args:
        store: where answers are, and the directory.
        at: the time of what is recorded.
        sources: paths of one's own, by which answers are read.
        limit: most answers; a page of them unless told.

    Raises:
        Conflict: Another writer was first; nothing was stored.
    """
    after, last, limit = store.learnt_until(), store.last_position(), limit or PAGE
    places = store.answered_since(after, limit)
    if not places:
        if last - after >= STRIDE:
            store.learn_on(last)
        return 0
    upto = places[-1].position if len(places) == limit else max(last, places[-1].position)
    commit = _learnt(store, at, sources, places)
    if commit.empty:
        store.learn_on(upto)
    else:
        commit.learnt = upto
        store.append(commit)
    return len(places)


def _learnt(store: Store, at: datetime, sources: OwnSources, places: Sequence[Place]) -> Commit:
    commit = Commit()
    loaded = store.load({place.stream_id for place in places})
    by_client: dict[ClientId, list[BatchItem | CompanyRun]] = {}
    for run_id in dict.fromkeys(place.stream_id for place in places):
        if run_id in loaded:
            state = loaded[run_id].state
            by_client.setdefault(state.client_id, []).append(state)
    for client_id, runs in by_client.items():
        _Client(store=store, client_id=client_id, at=at, sources=sources, commit=commit).learn_from(runs)
    return commit


#: A stream and a version of it.
_At = tuple[UUID, int]


@define(kw_only=True)
class _Client:
    """What one client's directory learns from some answers."""

    store: Store
    client_id: ClientId
    at: datetime
    sources: OwnSources
    commit: Commit
    _batches: dict[UUID, Batch] = field(factory=dict)
    _company_runs: dict[UUID, LoadedRun] = field(factory=dict)
    #: Who stands for each id, and what is known of those who stand.
    _stands: dict[UUID, UUID] = field(factory=dict)
    _entities: dict[UUID, Known[Any]] = field(factory=dict)
    _owners: dict[Key, Known[Any]] = field(factory=dict)
    _names: dict[UUID, tuple[str, ...]] = field(factory=dict)
    _keys: dict[Key, UUID] = field(factory=dict)
    _merged: list[tuple[UUID, UUID]] = field(factory=list)
    #: Of the directory's stream.
    _version: int = 0
    _answers: dict[_At, e.Recorded] = field(factory=dict)

    def learn_from(self, runs: Sequence[BatchItem | CompanyRun]) -> None:
        """Add what these runs' answers tell to the commit."""
        self._batches = self._batches_of(run for run in runs if isinstance(run, BatchItem))
        candidates = [(run, keys) for run in runs if (keys := self._candidates(run))]
        if not candidates:
            return
        # Before anything of the directory is read: whoever adds to it meanwhile was first.
        self._version = self.store.version(directory_id(self.client_id))
        wanted = {key for _, keys in candidates for key in asked_of_found(keys)}
        self._owners = self.store.owners(self.client_id, wanted)
        ids = {_entity_of(run) for run, _ in candidates}
        ids |= {run.company_id for run, _ in candidates if run.company_id is not None}
        for one, known in self.store.known(self.client_id, ids).items():
            self._stands[one], self._entities[known.entity_id] = known.entity_id, known
        news = [(run, keys) for run, keys in candidates if self._is_news(run, keys)]
        if not news:
            return
        self._know_names([(run, keys) for run, keys in news if isinstance(run, BatchItem)])
        self._company_runs = self.store.load(
            {one for run, _ in news if isinstance(run, BatchItem) for one in _company_runs_of(run)}
        )
        self._read_answers([run for run, _ in news if isinstance(run, BatchItem)])
        for run, _ in news:
            self._learn_from(run)
        if self._keys or self._merged:
            owned = [(key, self._standing(owner)) for key, owner in self._keys.items()]
            self.commit.directory.append((self.client_id, DirectoryChange(keys=owned, merged=self._merged)))

    # --- what may be news ---

    def _batches_of(self, items: Iterable[BatchItem]) -> dict[UUID, Batch]:
        return {batch.batch_id: batch for batch, _ in self.store.batches({item.batch_id for item in items})}

    def _candidates(self, run: BatchItem | CompanyRun) -> tuple[Key, ...]:
        """The keys that a run's answers would give, were they sure."""
        if isinstance(run, CompanyRun):
            return may_be_keys(run.run.facts, run.imported, Entity.COMPANY) if run.run.rank is Rank.DATA else ()
        told = (
            key
            for step in self._answered(run)
            for key in may_be_keys(step.facts, run.imported, Entity.PERSON)
            if may_be_sure(key, step.facts, run.imported)
        )
        return tuple(dict.fromkeys(told))

    def _answered(self, item: BatchItem) -> list[StepRun]:
        """The item's step runs that have an answer about the person in force, in the pipeline's order."""
        batch = self._batches.get(item.batch_id)
        steps = batch.pipeline.steps if batch is not None else ()
        about_person = (step.workflow for step in steps if step.entity is Entity.PERSON and step.kind is not Kind.LOCAL)
        runs = (item.runs[workflow] for workflow in about_person if workflow in item.runs)
        return [run for run in runs if run.rank is Rank.DATA and run.answer_version is not None]

    def _is_news(self, run: BatchItem | CompanyRun, keys: Sequence[Key]) -> bool:
        asked = self._known(_entity_of(run))
        return asked is not None and any(self._is_open(key, asked) for key in keys)

    def _is_open(self, key: Key, asked: Known[Any]) -> bool:
        owners = (self._owners.get(one) for one in (key, as_told(key)))
        return shared(key) not in self._owners and all(
            owner is None or owner.entity_id != asked.entity_id for owner in owners
        )

    def _know_names(self, items: Sequence[tuple[BatchItem, Sequence[Key]]]) -> None:
        """Look up what rows called the people who may turn out to be those who were asked about."""
        others = {
            owner.entity_id
            for _, keys in items
            for key in keys
            if (owner := self._owners.get(as_told(key))) is not None and self._is_open_for_any(key, items)
        }
        if not others:
            return
        same = self.store.same_entities(others)
        ids = {one: other for other in others for one in same.get(other, [other])}
        for recorded in self.store.events_of(ids, [e.PersonImported]):
            if isinstance(recorded.event, e.PersonImported) and recorded.entity_id in ids:
                other = ids[recorded.entity_id]
                self._names[other] = (*self._names.get(other, ()), *names_of(recorded.event.facts))

    def _is_open_for_any(self, key: Key, items: Sequence[tuple[BatchItem, Sequence[Key]]]) -> bool:
        asked = (known for item, keys in items if key in keys and (known := self._known(item.person_id)) is not None)
        return any(self._is_open(key, known) for known in asked)

    # --- learning ---

    def _learn_from(self, run: BatchItem | CompanyRun) -> None:
        found = self._of_company(run) if isinstance(run, CompanyRun) else self._of_person(run)
        by_answer: dict[tuple[UUID, int], tuple[Told, list[Key]]] = {}
        for key, told in found:
            by_answer.setdefault((told.run_id, told.version), (told, []))[1].append(key)
        for told, keys in by_answer.values():
            asked, names = self._entities[self._standing(_entity_of(run))], self._names
            if isinstance(run, BatchItem):
                names = {**names, asked.entity_id: (*names.get(asked.entity_id, ()), *names_of(run.imported))}
            self._record(run, told, learn(asked, keys, self._owners, names))

    def _record(self, run: BatchItem | CompanyRun, told: Told, learned: Learned[Any]) -> None:
        if not (learned.keys or learned.merged):
            return
        asked = learned.group[0]
        kind = e.PersonKeysFound if isinstance(run, BatchItem) else e.CompanyKeysFound
        event = kind(
            run_id=told.run_id, version=told.version, workflow=told.workflow, answered_at=told.at, keys=learned.keys,
            contested=learned.contested,
        )  # fmt: skip
        self._append(event, asked.entity_id)
        for merged, key in learned.merged:
            self._append(e.PersonsMerged(merged=merged.entity_id, because=key), learned.entity_id)
            self._merged.append((merged.entity_id, learned.entity_id))
        self._keys.update(dict.fromkeys(learned.keys, asked.entity_id))
        joined = Known(
            entity_id=learned.entity_id,
            keys=frozenset(learned.keys).union(*(known.keys for known in learned.group)),
            since=min(known.since for known in learned.group),
        )
        self._entities[joined.entity_id] = joined
        self._stands |= {known.entity_id: joined.entity_id for known in learned.group}
        self._owners |= {key: joined for key in joined.keys if key in self._owners or key in learned.keys}
        self._names[joined.entity_id] = tuple(
            name for known in learned.group for name in self._names.get(known.entity_id, ())
        )

    def _known(self, one: UUID) -> Known[Any] | None:
        return self._entities.get(self._standing(one))

    def _standing(self, one: UUID) -> UUID:
        """Who stands for a person or company after what was learnt so far."""
        while (kept := self._stands.get(one, one)) != one:
            one = kept
        return one

    def _append(self, event: e.Event, entity_id: UUID) -> None:
        stream = directory_id(self.client_id)
        self._version += 1
        self.commit.events.append(
            e.Recorded(
                stream_id=stream, version=self._version, at=self.at, event=event, client_id=self.client_id,
                entity_id=entity_id,
            )
        )  # fmt: skip

    # --- what answers tell ---

    def _of_company(self, run: CompanyRun) -> list[tuple[Key, Told]]:
        asked, step = self._entities[self._standing(run.company_id)], run.run
        if not self._is_one_company(asked) or step.answer_version is None or step.answered_at is None:
            return []
        told = Told(
            run_id=run.company_run_id,
            version=step.answer_version,
            workflow=step.workflow,
            at=step.answered_at,
            fields=step.facts,
        )
        return of_company(run.imported, told)

    def _is_one_company(self, company: Known[Any]) -> bool:
        """Whether its keys mean it alone: a name that several have tells nothing of who answers to it."""
        kinds = {key.kind for key in company.keys} & _OF_ONE_COMPANY
        if kinds != {KeyKind.COMPANY_NAME}:
            return bool(kinds)
        marks = {shared(key) for key in company.keys if key.kind is KeyKind.COMPANY_NAME}
        return not self.store.owners(self.client_id, marks)

    def _of_person(self, item: BatchItem) -> list[tuple[Key, Told]]:
        answers = [told for run in self._answered(item) if (told := self._told(item, run)) is not None]
        return of_person(item.imported, answers, self._domains(item))

    def _read_answers(self, items: Iterable[BatchItem]) -> None:
        """Fetch the answers that are in force for these items, and those that were reused as they were first recorded."""
        places = {(item.item_id, run.answer_version or 0) for item in items for run in self._answered(item)}
        self._answers = self.store.events_at(places) if places else {}
        reused = {at for found in self._answers.values() if (at := _reused_from(found)) is not None}
        self._answers |= self.store.events_at(reused) if reused else {}

    def _told(self, item: BatchItem, run: StepRun) -> Told | None:
        """The answer in force of a step, read as today; where it was reused, as it was first recorded."""
        found = self._answers.get((item.item_id, run.answer_version or 0))
        first = None if found is None else _reused_from(found)
        recorded = found if first is None else self._answers.get(first)
        event = None if recorded is None else recorded.event
        if recorded is None or not isinstance(event, e.AnswerEvent) or event.rank is not Rank.DATA:
            return None
        fields = read_answer(event.body, entity=Entity.PERSON, sources=self.sources).fields
        return Told(
            run_id=recorded.stream_id,
            version=recorded.version,
            workflow=event.workflow,
            at=recorded.at,
            fields=fields,
        )

    def _domains(self, item: BatchItem) -> frozenset[str]:
        """The domains that rows and answers told of the item's company."""
        company = self._known(item.company_id) if item.company_id is not None else None
        kinds = {KeyKind.COMPANY_DOMAIN, KeyKind.COMPANY_DOMAIN_FOUND}
        known = {key.value for key in company.keys if key.kind in kinds} if company is not None else set()
        for run_id in _company_runs_of(item):
            run = self._company_runs[run_id].state if run_id in self._company_runs else None
            if isinstance(run, CompanyRun) and not is_another(run.imported, run.run.facts, Entity.COMPANY):
                told = may_be_keys(run.run.facts, {}, Entity.COMPANY)
                known |= {key.value for key in told if key.kind is KeyKind.COMPANY_DOMAIN_FOUND}
        return frozenset(known)


def _entity_of(run: BatchItem | CompanyRun) -> UUID:
    return run.person_id if isinstance(run, BatchItem) else run.company_id


def _company_runs_of(item: BatchItem) -> set[UUID]:
    return {run.company_run_id for run in item.runs.values() if run.company_run_id is not None}


def _reused_from(recorded: e.Recorded) -> _At | None:
    """Where an answer was first recorded; None for one that has its own body."""
    event = recorded.event
    if not isinstance(event, e.AnswerEvent) or event.body or event.reused_from is None:
        return None
    return event.reused_from, event.reused_version or 0
