"""The pages of uploads: what came of a file, and launching it once the cost is known."""

from functools import partial
from itertools import islice
from typing import Any, Final
from uuid import UUID

from attrs import define
from litestar import Response, get, post
from litestar.exceptions import HTTPException
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect, Stream

from enrichcore.application import UnknownId
from enrichcore.application.estimating import estimate
from enrichcore.application.upload_report import NO_ROWS
from enrichcore.domain.ids import UploadId
from enrichcore.domain.upload import Upload
from enrichcore.registry import Client
from runners.reports import budget_said
from runners.spreadsheets import rejected_csv
from runners.web.desk import BY, PAGE, Desk, TheDesk, facts_of, person_name
from runners.web.rendering import PageNumber, Paging
from runners.web.upload_form import KINDS, OF_KIND, file_handlers, workstreams

#: Rejected rows that the inspector lists.
_REJECTED_SHOWN: Final = 50


_INSPECTOR: Final = "/clients/{client:str}/uploads/{upload_id:uuid}"


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
    return [*file_handlers(), uploads, inspector, rejected_file, confirm_launch, launch]


@get(f"{OF_KIND}/uploads", sync_to_thread=True)
def uploads(desk: TheDesk, client: FromPath[str], kind: FromPath[str], page: PageNumber = 1) -> Response[str]:
    """The client's uploads of one kind, newest first."""
    owner = desk.registry.client(client)
    which = {"client": owner.id, "workstreams": [stream.slug for stream in workstreams(desk, kind)]}
    paging = Paging(number=page, size=PAGE, total=desk.row("upload_count", **which)["count"])
    found = desk.rows("uploads", **which, limit=paging.size, offset=paging.offset)
    return desk.page(
        "uploads.html",
        client=owner,
        kind=KINDS[kind],
        kind_path=kind,
        uploads=found,
        paging=paging,
        label_of=desk.workstream_label,
    )


@get(_INSPECTOR, sync_to_thread=True)
def inspector(
    desk: TheDesk,
    client: FromPath[str],
    upload_id: FromPath[UUID],
    page: PageNumber = 1,
) -> Response[str]:
    """One upload: what was read, who is in it, and what a launch would run through."""
    owner, upload = _owned(desk, client, upload_id)
    started = next(one.event for one in desk.store.stream(upload_id, limit=1))
    rejected = islice(desk.application.rejected_rows(UploadId(upload_id)), _REJECTED_SHOWN)
    paging = Paging(number=page, size=PAGE, total=upload.person_count)
    rows = desk.rows("people", upload=upload_id, limit=paging.size, offset=paging.offset)
    people = [facts_of(row["facts"]) for row in rows]
    return desk.page(
        "upload.html",
        client=owner,
        upload=upload,
        started=started,
        rejected=list(rejected),
        rejected_count=upload.rejected,
        people=[{**facts, "name": person_name(facts)} for facts in people],
        paging=paging,
        stream=desk.registry.workstreams.get(upload.workstream),
        missing=_missing(desk, owner, upload),
        no_rows=NO_ROWS,
        batches=desk.rows("batches_of_upload", upload=upload_id),
    )


@get(f"{_INSPECTOR}/rejected.csv", sync_to_thread=True)
def rejected_file(desk: TheDesk, client: FromPath[str], upload_id: FromPath[UUID]) -> Stream:
    """The rows that were kept aside, to be mended and uploaded again."""
    _owned(desk, client, upload_id)
    rows = partial(desk.application.rejected_rows, UploadId(upload_id))
    headers = {"content-disposition": f'attachment; filename="rejected-{upload_id}.csv"'}
    return Stream(rejected_csv(rows), media_type="text/csv", headers=headers)


@get(f"{_INSPECTOR}/launch", sync_to_thread=True)
def confirm_launch(desk: TheDesk, client: FromPath[str], upload_id: FromPath[UUID]) -> Response[str]:
    """What a launch would send and cost, before anything is sent."""
    owner, upload = _owned(desk, client, upload_id)
    counted = estimate(desk.store, desk.registry, upload, now=desk.application.now())
    return desk.page(
        "launch.html",
        client=owner,
        upload=upload,
        counted=counted,
        credits=sum(step.credits for step in counted.steps),
        budget=budget_said(counted),
        enough=counted.budget_left is None or counted.credits <= counted.budget_left,
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


def _missing(desk: Desk, owner: Client, upload: Upload) -> list[str]:
    """The webhooks that a launch would be refused for; none where the workstream is gone."""
    is_there = upload.workstream in desk.registry.workstreams
    return desk.application.missing_webhooks(owner.id, upload.workstream) if is_there else []


def _owned(desk: Desk, client: str, upload_id: UUID) -> tuple[Client, Upload]:
    """The client and its upload; another client's is unknown here."""
    owner, upload = desk.registry.client(client), desk.application.get_upload(UploadId(upload_id))
    if upload.client_id != owner.id:
        raise UnknownId("upload", upload_id)
    return owner, upload
