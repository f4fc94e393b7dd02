"""How an import's events become its row, and the rows it rejected."""

from collections.abc import Sequence
from importlib.resources import files
from typing import Any, Final
from uuid import UUID

from enrichcore.domain import events as e
from enrichcore.projection import ReadModel, Table, Tables, topics

_UPLOADS: Final = "uploads"
_REJECTIONS: Final = "upload_rejections"


def project(events: Sequence[e.Recorded], tables: Tables) -> None:
    """Fold imports and launches into uploads."""
    wanted = (e.UploadStarted, e.UploadFinished, e.RowRejected)
    tables.load(_UPLOADS, [(event.stream_id,) for event in events if isinstance(event.event, wanted)])
    for recorded in events:
        upload_id = recorded.stream_id
        match recorded.event:
            case e.UploadStarted() as started:
                tables.put(_UPLOADS, _row(recorded, started))
            case e.RowRejected() as rejected:
                row = {
                    "upload_id": upload_id,
                    "line": rejected.line,
                    "client_id": recorded.client_id,
                    "reason": rejected.reason,
                    "raw": dict(rejected.raw),
                }
                tables.put(_REJECTIONS, row)
                _change(upload_id, tables, rejected_count=_count(upload_id, tables) + 1)
            case e.UploadFinished() as finished:
                _change(
                    upload_id,
                    tables,
                    finished_at=recorded.at,
                    row_count=finished.row_count,
                    person_count=finished.person_count,
                    company_count=finished.company_count,
                    rejected_count=finished.rejected_count,
                )
            case e.BatchLaunched(upload_id=launched):
                upload = tables.get(_UPLOADS, launched)
                if upload is not None:
                    _change(launched, tables, batch_ids=[*upload["batch_ids"], upload_id])


def _row(recorded: e.Recorded, started: e.UploadStarted) -> dict[str, Any]:
    return {
        "upload_id": recorded.stream_id,
        "client_id": recorded.client_id,
        "workstream": started.workstream,
        "profile": started.profile,
        "file_name": started.file_name,
        "file_sha256": started.file_sha256,
        "encoding": started.encoding,
        "delimiter": started.delimiter,
        "mapped": dict(started.mapped),
        "unmapped": list(started.unmapped),
        "uploaded_by": started.by,
        "uploaded_at": recorded.at,
        "finished_at": None,
        "row_count": None,
        "person_count": None,
        "company_count": None,
        "rejected_count": 0,
        "batch_ids": [],
    }


def _count(upload_id: UUID, tables: Tables) -> int:
    row = tables.get(_UPLOADS, upload_id)
    return int(row["rejected_count"]) if row else 0


def _change(upload_id: UUID, tables: Tables, **changes: Any) -> None:
    row = tables.get(_UPLOADS, upload_id)
    if row is not None:
        tables.put(_UPLOADS, {**row, **changes})


UPLOADS: Final = ReadModel(
    name=_UPLOADS,
    version=1,
    sql=files(__package__).joinpath("table.sql").read_text("utf-8"),
    tables=(Table(name=_UPLOADS, key=("upload_id",)), Table(name=_REJECTIONS, key=("upload_id", "line"))),
    project=project,
    topics=topics(e.UploadStarted, e.UploadFinished, e.RowRejected, e.BatchLaunched),
)
