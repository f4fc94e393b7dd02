"""What happens to uploads and the batches that they are launched as."""

from collections.abc import Mapping

from attrs import field, frozen

from enrichcore.domain.events.base import Event, as_texts
from enrichcore.domain.ids import UploadId
from enrichcore.domain.pipeline import Pipeline


@frozen(kw_only=True)
class BatchLaunched(Event):
    """An upload starts through its workstream's pipeline, which is pinned here for all its items."""

    upload_id: UploadId
    workstream: str
    pipeline: Pipeline
    fingerprint: str
    item_count: int
    by: str


@frozen(kw_only=True)
class BatchFilled(Event):
    """Every item of the batch exists."""

    item_count: int


@frozen(kw_only=True)
class BatchFillingFailed(Event):
    """Items of an interrupted launch cannot be made; that is tried again, and recorded once for each reason."""

    reason: str


@frozen(kw_only=True)
class BatchPaused(Event):
    """Nothing of the batch is sent until it is resumed; answers are taken and deadlines run on."""

    by: str
    why: str


@frozen(kw_only=True)
class BatchResumed(Event):
    """The batch goes on."""

    by: str
    why: str


@frozen(kw_only=True)
class BatchCancelled(Event):
    """Nothing more of the batch is sent; later answers are kept, not used."""

    by: str
    why: str


@frozen(kw_only=True)
class BatchFinished(Event):
    """The last item ended."""


@frozen(kw_only=True)
class BatchReopened(Event):
    """An item of a finished batch goes on, or a person runs ended steps of it again."""

    why: str
    #: The person who asked for it; empty where it came by itself.
    by: str = ""


@frozen(kw_only=True)
class UploadStarted(Event):
    """A file is being imported."""

    workstream: str
    profile: str
    file_name: str
    file_sha256: str
    encoding: str
    delimiter: str
    mapped: Mapping[str, str]
    unmapped: tuple[str, ...] = field(converter=as_texts)
    by: str


@frozen(kw_only=True)
class ColumnMappingSaved(Event):
    """Columns of one client's files in one workstream are read as these fields from now on; nothing else is saved."""

    workstream: str
    #: Column → field, or `ignore`.
    columns: Mapping[str, str]
    by: str


@frozen(kw_only=True)
class RowRejected(Event):
    """A row that names no one, kept as it was."""

    #: Line of the file where the record starts, counted from 1.
    line: int
    raw: Mapping[str, str]
    reason: str


@frozen(kw_only=True)
class UploadFinished(Event):
    """Every row of the file is in the log."""

    row_count: int
    person_count: int
    company_count: int
    rejected_count: int
