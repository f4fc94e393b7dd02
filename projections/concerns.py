"""Whom a step's event concerns: the item's person, the item's company, or a company run's company.

An event names its stream and one entity. Of an item, the entity is the person, and a step may be about the company all the
same; so the launch's pipeline and each item's company are remembered in two support tables of the read model.
"""

from collections.abc import Sequence
from uuid import UUID

from attrs import frozen

from enrichcore.domain import events as e
from enrichcore.domain.pipeline import Entity
from enrichcore.projection import Table, Tables


@frozen(kw_only=True)
class Concern:
    """Whom an event is about; None for a company that is not known."""

    entity: Entity
    entity_id: UUID | None
    #: The company that facts about a company belong to.
    company_id: UUID | None
    workstream: str | None = None


class Concerns:
    """Learns from launches and new items, and tells whom a step's event concerns.

    Args:
        tables: the read model's rows.
        prefix: begins the names of the two support tables, `{prefix}_batches` and `{prefix}_items`.
    """

    def __init__(self, tables: Tables, prefix: str) -> None:
        self._tables = tables
        self._batches, self._items = f"{prefix}_batches", f"{prefix}_items"

    @staticmethod
    def support(prefix: str) -> tuple[Table, Table]:
        """The two support tables."""
        return (
            Table(name=f"{prefix}_batches", key=("batch_id",), public=False, common=True),
            Table(name=f"{prefix}_items", key=("item_id",), public=False),
        )

    def learn(self, events: Sequence[e.Recorded], asked: tuple[type[e.StepEvent], ...]) -> None:
        """Remember the launches and new items of a page, and fetch what its step events of the classes `asked` need.

        What is learnt of a launch or an item never changes, so it may be known before its turn comes.
        """
        wanted = [event for event in events if isinstance(event.event, (*asked, e.ItemCreated))]
        self._tables.load(self._items, [(event.stream_id,) for event in wanted])
        self._tables.load(self._batches, [(event.batch_id,) for event in wanted if event.batch_id is not None])
        for recorded in events:
            self._remember(recorded)

    def _remember(self, recorded: e.Recorded) -> None:
        match recorded.event:
            case e.BatchLaunched(pipeline=pipeline, workstream=workstream):
                batch = {
                    "batch_id": recorded.stream_id,
                    "client_id": recorded.client_id,
                    "workstream": workstream,
                    "entities": {step.workflow: str(step.entity) for step in pipeline.steps},
                }
                self._tables.put(self._batches, batch)
            case e.ItemCreated(company_id=company_id):
                item = {"item_id": recorded.stream_id, "client_id": recorded.client_id, "company_id": company_id}
                self._tables.put(self._items, item)

    def of(self, recorded: e.Recorded) -> Concern:
        """Whom a step's event concerns."""
        assert isinstance(recorded.event, e.StepEvent)  # noqa: S101 - asked for steps only
        item = self._tables.get(self._items, recorded.stream_id)
        batch = self._tables.get(self._batches, recorded.batch_id)
        told = batch["entities"].get(recorded.event.workflow) if batch else None
        workstream = batch["workstream"] if batch else None
        company_id = item["company_id"] if item else recorded.entity_id
        if item is None or told == Entity.COMPANY:
            return Concern(entity=Entity.COMPANY, entity_id=company_id, company_id=company_id, workstream=workstream)
        return Concern(entity=Entity.PERSON, entity_id=recorded.entity_id, company_id=company_id, workstream=workstream)
