"""The pages of uploads: import a file, look at what came of it, and launch it once the cost is known."""

from pathlib import PurePath
from typing import Any, Final
from uuid import UUID

from attrs import define, frozen
from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.exceptions import HTTPException, NotFoundException
from litestar.params import FromPath, MultipartBody, URLEncodedBody
from litestar.response import Redirect

from enrichcore.application import UnknownId
from enrichcore.application.estimating import estimate
from enrichcore.domain import events as e
from enrichcore.domain.ids import UploadId
from enrichcore.domain.upload import Upload
from enrichcore.ingest.errors import IngestError
from enrichcore.registry import Client, Ingest, Workstream
from runners.web.desk import BY, PAGE, Desk, TheDesk, facts_of, person_name
from runners.web.rendering import PageNumber, Paging, rendered

#: Rejected rows that the inspector lists.
_REJECTED_SHOWN: Final = 50


@frozen(kw_only=True)
class FileKind:
    """One kind of file that clients upload."""

    ingest: Ingest
    label: str


#: part of the address → what is uploaded there
KINDS: Final = {
    "apollo-ingest": FileKind(ingest=Ingest.APOLLO, label="Apollo export"),
    "crm-data": FileKind(ingest=Ingest.CRM, label="CRM export"),
}
_OF_KIND: Final = "/clients/{client:str}/{kind:str}"
_INSPECTOR: Final = "/clients/{client:str}/uploads/{upload_id:uuid}"


@define
class FileForm:
    """What the upload form sends."""

    file: UploadFile
    workstream: str = ""


@define
class LaunchForm:
    """What the confirmation sends."""

    #: Batches of this upload that the person saw, so that a form sent twice launches once.
    seen: int


class LaunchedMeanwhile(HTTPException):
    """The upload was launched since the confirmation was shown."""

    status_code = 409


def upload_handlers() -> list[Any]:
    """The handlers of this module."""
    return [upload_form, upload_file, uploads, inspector, confirm_launch, launch]


@get(f"{_OF_KIND}/upload", sync_to_thread=False)
def upload_form(desk: TheDesk, client: FromPath[str], kind: FromPath[str]) -> Response[str]:
    """The form that takes a file."""
    return _form(desk, desk.registry.client(client), kind)


@post(f"{_OF_KIND}/upload", sync_to_thread=True)
def upload_file(
    desk: TheDesk,
    client: FromPath[str],
    kind: FromPath[str],
    data: MultipartBody[FileForm],
) -> Response[Any]:
    """Import the file, and go to what came of it."""
    owner = desk.registry.client(client)
    known = [stream.slug for stream in _workstreams(desk, kind)]
    workstream = data.workstream if data.workstream in known else known[0]
    name = PurePath(data.file.filename.replace("\\", "/")).name
    if not name:
        return _form(desk, owner, kind, fault="Choose a file first.")
    try:
        report = desk.application.upload(
            data.file.file.read(), client=owner.id, workstream=workstream, name=name, by=BY
        )
    except IngestError as error:
        return _form(desk, owner, kind, fault=str(error))
    return Redirect(f"/clients/{owner.slug}/uploads/{report.upload_id}", status_code=303)


@get(f"{_OF_KIND}/uploads", sync_to_thread=True)
def uploads(desk: TheDesk, client: FromPath[str], kind: FromPath[str], page: PageNumber = 1) -> Response[str]:
    """The client's uploads of one kind, newest first."""
    owner = desk.registry.client(client)
    which = {"client": owner.id, "workstreams": [stream.slug for stream in _workstreams(desk, kind)]}
    paging = Paging(number=page, size=PAGE, total=desk.row("upload_count", **which)["count"])
    found = desk.rows("uploads", **which, limit=paging.size, offset=paging.offset)
    return rendered("uploads.html", client=owner, kind=KINDS[kind], kind_path=kind, uploads=found, paging=paging)


@get(_INSPECTOR, sync_to_thread=True)
def inspector(
    desk: TheDesk,
    client: FromPath[str],
    upload_id: FromPath[UUID],
    page: PageNumber = 1,
) -> Response[str]:
    """One upload: what was read, who is in it, and what a launch would run through."""
    owner, upload = _owned(desk, client, upload_id)
    events = [recorded.event for recorded in desk.store.stream(upload_id)]
    started = next(event for event in events if isinstance(event, e.UploadStarted))
    rejected = [event for event in events if isinstance(event, e.RowRejected)]
    paging = Paging(number=page, size=PAGE, total=upload.person_count)
    rows = desk.rows("people", upload=upload_id, limit=paging.size, offset=paging.offset)
    people = [facts_of(row["facts"]) for row in rows]
    return rendered(
        "upload.html",
        client=owner,
        upload=upload,
        started=started,
        rejected=rejected[:_REJECTED_SHOWN],
        rejected_count=len(rejected),
        people=[{**facts, "name": person_name(facts)} for facts in people],
        paging=paging,
        stream=desk.registry.workstreams.get(upload.workstream),
        batches=desk.rows("batches_of_upload", upload=upload_id),
    )


@get(f"{_INSPECTOR}/launch", sync_to_thread=True)
def confirm_launch(desk: TheDesk, client: FromPath[str], upload_id: FromPath[UUID]) -> Response[str]:
    """What a launch would send and cost, before anything is sent."""
    owner, upload = _owned(desk, client, upload_id)
    counted = estimate(desk.store, desk.registry, upload, now=desk.application.now())
    return rendered(
        "launch.html",
        client=owner,
        upload=upload,
        counted=counted,
        credits=sum(step.credits for step in counted.steps),
        missing=desk.application.missing_webhooks(owner.id, upload.workstream),
        batches=desk.rows("batches_of_upload", upload=upload_id),
    )


@post(f"{_INSPECTOR}/launch", sync_to_thread=True)
def launch(
    desk: TheDesk,
    client: FromPath[str],
    upload_id: FromPath[UUID],
    data: URLEncodedBody[LaunchForm],
) -> Redirect:
    """Start the batch, and go to it."""
    _owned(desk, client, upload_id)
    with desk.launching:
        if len(desk.rows("batches_of_upload", upload=upload_id)) != data.seen:
            raise LaunchedMeanwhile(
                detail="This upload was launched since you opened the form, so it was not launched again:"
                " look at its batches, and launch once more if that is what you want."
            )
        batch = desk.application.launch(UploadId(upload_id), by=BY)
    return Redirect(f"/batches/{batch.batch_id}", status_code=303)


def _form(desk: Desk, owner: Client, kind: str, *, fault: str = "") -> Response[str]:
    streams = _workstreams(desk, kind)
    return rendered(
        "upload_form.html",
        status_code=422 if fault else 200,
        client=owner,
        kind=KINDS[kind],
        kind_path=kind,
        streams=streams,
        fault=desk.masked(fault),
    )


def _owned(desk: Desk, client: str, upload_id: UUID) -> tuple[Client, Upload]:
    """The client and its upload; another client's is unknown here."""
    owner, upload = desk.registry.client(client), desk.application.get_upload(UploadId(upload_id))
    if upload.client_id != owner.id:
        raise UnknownId("upload", upload_id)
    return owner, upload


def _workstreams(desk: Desk, kind: str) -> list[Workstream]:
    """The workstreams that read that kind of file, one at least."""
    if kind not in KINDS:
        raise NotFoundException
    ingest = KINDS[kind].ingest
    found = [stream for stream in desk.registry.workstreams.values() if stream.ingest is ingest]
    if not found:
        raise NotFoundException(
            detail=f'No workstream of the configuration reads this kind of file: add one with ingest = "{ingest}".'
        )
    return found
