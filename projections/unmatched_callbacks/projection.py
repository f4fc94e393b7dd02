"""How answers that could not be placed become rows, and when they are placed after all."""

from collections.abc import Sequence
from importlib.resources import files
from typing import Final

from enrichcore.domain import events as e
from enrichcore.projection import ReadModel, Table, Tables, topics
from projections.texts import readable

_CALLBACKS: Final = "unmatched_callbacks"


def project(events: Sequence[e.Recorded], tables: Tables) -> None:
    """Fold unmatched answers into rows."""
    for recorded in events:
        match recorded.event:
            case e.CallbackUnmatched() as came:
                row = {
                    "callback_id": recorded.stream_id,
                    "client_id": recorded.client_id,
                    "workstream": came.workstream,
                    "workflow": came.workflow,
                    "claimed_id": came.claimed_id,
                    "reason": came.reason,
                    "received_at": recorded.at,
                    "position": recorded.position,
                    "body": came.body,
                    "body_text": readable(came.body),
                    "matched_item_id": None,
                    "matched_by": None,
                    "matched_at": None,
                }
                tables.put(_CALLBACKS, row)
            case e.CallbackMatched(item_id=item_id, by=by):
                known = tables.get(_CALLBACKS, recorded.stream_id)
                if known is not None:
                    placed = {"matched_item_id": item_id, "matched_by": by, "matched_at": recorded.at}
                    tables.put(_CALLBACKS, {**known, **placed})


UNMATCHED_CALLBACKS: Final = ReadModel(
    name=_CALLBACKS,
    version=1,
    sql=files(__package__).joinpath("table.sql").read_text("utf-8"),
    tables=(Table(name=_CALLBACKS, key=("callback_id",)),),
    project=project,
    topics=topics(e.CallbackUnmatched, e.CallbackMatched),
)
