"""An upload: one imported file. What its rows say of people and companies is in the client's directory."""

from datetime import datetime

from attrs import evolve, frozen

from enrichcore.domain import events as e
from enrichcore.domain.ids import ClientId, UploadId

# --- state -------------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class Upload:
    """The folded state of one upload."""

    upload_id: UploadId
    client_id: ClientId
    workstream: str
    file_name: str
    uploaded_at: datetime
    rejected: int = 0
    #: None until every row of the file is in the log.
    row_count: int | None = None
    person_count: int = 0
    company_count: int = 0

    @property
    def finished(self) -> bool:
        """Whether the whole file is in the log, so that it may be launched."""
        return self.row_count is not None


# --- fold --------------------------------------------------------------------------------------------------------


def initial(upload_id: UploadId, client_id: ClientId, event: e.UploadStarted, at: datetime) -> Upload:
    """The state after an upload's first event."""
    return Upload(
        upload_id=upload_id,
        client_id=client_id,
        workstream=event.workstream,
        file_name=event.file_name,
        uploaded_at=at,
    )


def fold(upload: Upload, event: e.Event, _at: datetime, _version: int) -> Upload:
    """The state after `event`."""
    match event:
        case e.RowRejected():
            return evolve(upload, rejected=upload.rejected + 1)
        case e.UploadFinished():
            return evolve(
                upload,
                row_count=event.row_count,
                person_count=event.person_count,
                company_count=event.company_count,
            )
    return upload
