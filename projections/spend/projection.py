"""How step events become sums of credits.

Amounts in events are changes, so a sum over any of them is right. A step's event names its batch, whose workstream is
remembered from the first event that tells it.
"""

from collections.abc import Sequence
from decimal import Decimal
from importlib.resources import files
from typing import Final
from uuid import UUID

from enrichcore.domain import events as e
from enrichcore.domain.posts import CORRECTS, MONEY, changes
from enrichcore.projection import ReadModel, Table, Tables, topics

_SPEND: Final = "spend"
_BATCHES: Final = "spend_batches"
_NOTHING: Final = Decimal(0)
_TELLS_WORKSTREAM: Final = (e.BatchLaunched, e.ItemCreated, e.CompanyRunStarted, e.StepSending)


def project(events: Sequence[e.Recorded], tables: Tables) -> None:
    """Fold step events into sums."""
    corrected = [one.event.corrected_batch for one in events if isinstance(one.event, CORRECTS)]
    batches = [*corrected, *(event.batch_id for event in events)]
    tables.load(_BATCHES, [(batch_id,) for batch_id in batches if batch_id is not None])
    for recorded in events:
        event, batch_id, client_id = recorded.event, recorded.batch_id, recorded.client_id
        if batch_id is None or client_id is None:
            continue
        if isinstance(event, _TELLS_WORKSTREAM) and tables.get(_BATCHES, batch_id) is None:
            batch = {"batch_id": batch_id, "client_id": client_id, "workstream": event.workstream}
            tables.put(_BATCHES, batch)
        if isinstance(event, MONEY):
            made, sends = changes(event), int(isinstance(event, e.StepSending))
            _add((client_id, batch_id, event.workflow), tables, sends, made.reserved, made.spent)
            if isinstance(event, CORRECTS):
                place = (client_id, event.corrected_batch or batch_id, event.corrected_workflow or event.workflow)
                _add(place, tables, 0, _NOTHING, event.corrected)


def _add(place: tuple[UUID, UUID, str], tables: Tables, sends: int, reserved: Decimal, spent: Decimal) -> None:
    """Add to the sums of a client's batch and workflow."""
    if not (sends or reserved or spent):
        return
    client_id, batch_id, workflow = place
    batch = tables.get(_BATCHES, batch_id)
    key = (client_id, batch["workstream"] if batch else "", workflow, batch_id)
    before = tables.get(_SPEND, *key)
    tables.put(
        _SPEND,
        {
            "client_id": key[0],
            "workstream": key[1],
            "workflow": key[2],
            "batch_id": key[3],
            "sends": (before["sends"] if before else 0) + sends,
            "reserved": (before["reserved"] if before else _NOTHING) + reserved,
            "spent": (before["spent"] if before else _NOTHING) + spent,
        },
    )


SPEND: Final = ReadModel(
    name=_SPEND,
    version=1,
    sql=files(__package__).joinpath("table.sql").read_text("utf-8"),
    tables=(
        Table(name=_SPEND, key=("client_id", "workstream", "workflow", "batch_id")),
        Table(name=_BATCHES, key=("batch_id",), public=False),
    ),
    project=project,
    topics=topics(*_TELLS_WORKSTREAM, *MONEY),
)
