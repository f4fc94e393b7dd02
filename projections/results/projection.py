"""How answers become the results in force: the highest rank, among equals the latest in the log.

A result of an entity that was merged belongs to the one that stays. Bodies are kept byte for byte. A reused answer has its
body where it was recorded, which is another result of the same entity, or the same one from before.
"""

from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any, Final
from uuid import UUID

from enrichcore.domain import events as e
from enrichcore.domain.pipeline import Entity
from enrichcore.projection import ReadModel, Table, Tables
from projections.concerns import Concerns
from projections.texts import readable

_MERGES: Final = "result_merges"
#: The table of each entity's results, and its column with the entity's id.
_PLACES: Final = {
    Entity.COMPANY: ("company_enrichment_results", "company_id"),
    Entity.PERSON: ("person_enrichment_results", "person_id"),
}
_IN_FORCE: Final = (e.StepAnswered, e.AnswerRevised)


def project(events: Sequence[e.Recorded], tables: Tables) -> None:
    """Fold answers into results."""
    concerns = Concerns(tables, "result")
    concerns.learn(events, _IN_FORCE)
    _preload(events, concerns, tables)
    for recorded in events:
        match recorded.event:
            case e.StepAnswered() | e.AnswerRevised():
                _answer(recorded, concerns, tables)
            case e.PersonsMerged(merged=merged):
                _merge(Entity.PERSON, recorded, merged, tables)
            case e.CompaniesMerged(merged=merged):
                _merge(Entity.COMPANY, recorded, merged, tables)


def _preload(events: Sequence[e.Recorded], concerns: Concerns, tables: Tables) -> None:
    """Fetch what the page's answers will be compared with."""
    wanted: dict[Entity, list[tuple[Any, ...]]] = {entity: [] for entity in Entity}
    reused: dict[Entity, list[Any]] = {entity: [] for entity in Entity}
    for recorded in events:
        event = recorded.event
        if isinstance(event, _IN_FORCE):
            concern = concerns.of(recorded)
            wanted[concern.entity].append((recorded.client_id, concern.entity_id, event.workflow))
            if event.reused_from is not None:
                reused[concern.entity].append(concern.entity_id)
    tables.load(_MERGES, [key[:2] for keys in wanted.values() for key in keys])
    for entity, keys in wanted.items():
        table, column = _PLACES[entity]
        tables.load(table, keys)
        tables.find(table, column, reused[entity])


def _answer(recorded: e.Recorded, concerns: Concerns, tables: Tables) -> None:
    event, concern = recorded.event, concerns.of(recorded)
    assert isinstance(event, e.AnswerEvent)  # noqa: S101 - the caller asks for answers only
    if concern.entity_id is None:
        return
    _, column = _PLACES[concern.entity]
    row = {
        "client_id": recorded.client_id,
        column: _now(recorded.client_id, concern.entity_id, tables),
        "workflow": event.workflow,
        "workstream": concern.workstream,
        "item_id": recorded.stream_id,
        "batch_id": recorded.batch_id,
        "status": event.rank.name.lower(),
        "rank": int(event.rank),
        "source": str(event.source),
        "error": event.error,
        "credits": event.credits,
        "content_hash": event.content_hash,
        "answered_at": recorded.at,
        "position": recorded.position,
        "body": event.body,
        "body_text": readable(event.body),
        "reused_from": event.reused_from,
    }
    if event.reused_from is not None:
        row = _with_body(concern.entity, row, tables)
    _keep_better(concern.entity, row, tables)


def _with_body(entity: Entity, row: dict[str, Any], tables: Tables) -> dict[str, Any]:
    """The row of a reused answer with the body of the original, or of the latest that says the same."""
    table, column = _PLACES[entity]
    same = [
        other
        for other in tables.find(table, column, [row[column]])
        if other["client_id"] == row["client_id"] and other["content_hash"] == row["content_hash"] and other["body"]
    ]
    if not same:
        return row
    original = max(same, key=lambda other: (other["item_id"] == row["reused_from"], other["position"]))
    return {**row, "body": original["body"], "body_text": original["body_text"]}


def _keep_better(entity: Entity, row: Mapping[str, Any], tables: Tables) -> None:
    table, column = _PLACES[entity]
    before = tables.get(table, row["client_id"], row[column], row["workflow"])
    if before is None or (before["rank"], before["position"]) < (row["rank"], row["position"]):
        tables.put(table, row)


def _merge(entity: Entity, recorded: e.Recorded, merged: UUID, tables: Tables) -> None:
    client = recorded.client_id
    assert recorded.entity_id is not None  # noqa: S101 - a merge names the one that stays
    kept, gone = _now(client, recorded.entity_id, tables), _now(client, merged, tables)
    if kept == gone:
        return
    tables.put(_MERGES, {"client_id": client, "entity_id": gone, "merged_into": kept})
    table, column = _PLACES[entity]
    for row in tables.find(table, column, [gone]):
        if row["client_id"] == client:
            tables.delete(table, client, gone, row["workflow"])
            _keep_better(entity, {**row, column: kept}, tables)


def _now(client: UUID | None, entity_id: UUID, tables: Tables) -> UUID:
    while (row := tables.get(_MERGES, client, entity_id)) is not None:
        entity_id = row["merged_into"]
    return entity_id


RESULTS: Final = ReadModel(
    name="results",
    version=1,
    sql=files(__package__).joinpath("table.sql").read_text("utf-8"),
    tables=(
        Table(name="company_enrichment_results", key=("client_id", "company_id", "workflow")),
        Table(name="person_enrichment_results", key=("client_id", "person_id", "workflow")),
        Table(name=_MERGES, key=("client_id", "entity_id"), public=False),
        *Concerns.support("result"),
    ),
    project=project,
    common=frozenset({"BatchLaunched"}),
)
