"""The HTTP API under `/api/v1`: uploads, batches, items and leads, for programs that know the token."""

from functools import partial
from pathlib import PurePath
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from attrs import define, frozen
from litestar import Response, Router, get, post
from litestar.datastructures import UploadFile
from litestar.exceptions import ClientException
from litestar.params import FromPath, JSONBody, MultipartBody, QueryParameter
from litestar.response import Stream

from enrichcore.application import UnknownId, UploadUnderWay
from enrichcore.domain.events import Settlement
from enrichcore.domain.ids import BatchId, UploadId
from enrichcore.domain.life_cycle import State
from runners.plain import plain
from runners.reports import report_json
from runners.retrying import notes_on
from runners.spreadsheets import rejected_csv
from runners.web.access import guard_api
from runners.web.batch_actions import act, named, retry, settle
from runners.web.desk import Desk, TheDesk
from runners.web.history import events_json
from runners.web.progress import progress_json, progress_of, steps_of
from runners.web.upload_form import kept_file

#: Who acts, in events, where nobody gives a name.
_API: Final = "API"
#: Most rows of one answer.
_MOST: Final = 1000

Limit = Annotated[int, QueryParameter(ge=1, le=_MOST, description="Most rows of the answer.")]
Offset = Annotated[int, QueryParameter(ge=0, le=2**31, description="Rows to leave out before.")]


@define
class FileBody:
    """A file of people, and whose it is."""

    file: UploadFile
    #: Slug or uuid.
    client: str
    workstream: str
    #: JSON object: column to the field that it should be read as.
    map: str = ""
    #: Only tell what would be imported, and what a launch would send.
    dry_run: bool = False
    #: Read columns as a saved mapping says.
    saved: bool = True
    #: Keep what `map` says for later files of this client and workstream.
    save_mapping: bool = False


@frozen(kw_only=True)
class LaunchBody:
    """What to launch."""

    upload_id: UUID
    #: Also while another batch of the upload is under way.
    again: bool = False


@frozen(kw_only=True)
class RetryBody:
    """Which steps to run again: all that failed or timed out, unless narrowed."""

    step: str | None = None
    state: State | None = None
    #: Only those that ended for a reason with these words in it.
    reason: str = ""
    #: Who wants that, and why.
    by: str = ""
    why: str = ""


@frozen(kw_only=True)
class ControlBody:
    """Who decides, and why; both are kept in the history."""

    by: str = ""
    why: str = ""


@frozen(kw_only=True)
class SettleBody:
    """What is decided of rows that are in doubt, or whose answer will not come."""

    #: `sent` waits for their answers, `resend` sends them again, whatever `attempts` says; `lost` ends the waits for them, and for
    #: the answers to rows that were delivered, as their deadlines would.
    decision: Settlement
    #: Only this workflow.
    step: str | None = None
    by: str = ""
    why: str = ""


def api() -> Router:
    """Every call, behind the guard."""
    calls = [
        upload_file, get_upload, get_rejected, launch_batch, list_batches, get_batch, retry_batch, settle_batch, control_batch,
        get_item,
        list_leads,
    ]  # fmt: skip
    return Router("/api/v1", route_handlers=calls, guards=[guard_api])


@post("/uploads", sync_to_thread=True)
def upload_file(desk: TheDesk, data: MultipartBody[FileBody]) -> Response[dict[str, Any]]:
    """Import a file, or with `dry_run` only tell what would be imported; nothing is sent before a batch is launched."""
    overrides = _overrides(data.map)
    if data.save_mapping and not overrides:
        raise ClientException(detail="there is nothing to save without `map`")
    with kept_file(data.file) as path:
        report = desk.application.upload(
            path, client=data.client, workstream=data.workstream, overrides=overrides,
            name=PurePath(data.file.filename.replace("\\", "/")).name, by=_API, dry_run=data.dry_run,
            use_saved=data.saved, save=data.save_mapping,
        )  # fmt: skip
    return Response(plain(report_json(report)), status_code=200 if data.dry_run else 201)


def _overrides(text: str) -> dict[str, str]:
    try:
        return msgspec.json.decode(text, type=dict[str, str]) if text else {}
    except (msgspec.DecodeError, UnicodeEncodeError) as error:
        raise ClientException(detail="`map` is a JSON object from column to field") from error


@get("/uploads/{upload_id:uuid}", sync_to_thread=True)
def get_upload(desk: TheDesk, upload_id: FromPath[UUID]) -> dict[str, Any]:
    """An upload as it stands, with the batches that were launched from it."""
    upload = desk.application.get_upload(UploadId(upload_id))
    return {
        "upload_id": upload.upload_id,
        "client": desk.client_name(upload.client_id),
        "workstream": upload.workstream,
        "file_name": upload.file_name,
        "uploaded_at": upload.uploaded_at,
        "finished": upload.finished,
        "row_count": upload.row_count,
        "person_count": upload.person_count,
        "company_count": upload.company_count,
        "rejected_count": upload.rejected,
        "batches": [row["batch_id"] for row in desk.rows("batches_of_upload", upload=upload_id)],
    }


@get("/uploads/{upload_id:uuid}/rejected.csv", sync_to_thread=True)
def get_rejected(desk: TheDesk, upload_id: FromPath[UUID]) -> Stream:
    """The rows that were kept aside, as a file: with their line and reason, to be mended and uploaded again."""
    rows = partial(desk.application.rejected_rows, UploadId(upload_id))
    rows()  # an unknown upload is told before the answer begins
    return Stream(rejected_csv(rows, for_excel=False), media_type="text/csv")


@post("/batches", sync_to_thread=True)
def launch_batch(desk: TheDesk, data: JSONBody[LaunchBody]) -> dict[str, Any]:
    """Launch an upload: one item for each person."""
    try:
        batch = desk.application.launch(UploadId(data.upload_id), by=_API, again=data.again)
    except UploadUnderWay as refused:
        raise ClientException(status_code=409, detail=f"{refused}; if that is meant, give `again`: true") from refused
    return {"batch_id": batch.batch_id, "item_count": batch.item_count, "status": str(batch.status)}


@get("/batches", sync_to_thread=True)
def list_batches(desk: TheDesk, limit: Limit = 100, offset: Offset = 0) -> dict[str, Any]:
    """Batches, newest first."""
    ids = [row["batch_id"] for row in desk.rows("batch_ids", limit=limit, offset=offset)]
    found = progress_of(desk, [batch for batch, _ in desk.store.batches(ids)])
    return {"batches": [progress_json(one) for one in found], "total": desk.row("batch_count")["count"]}


@get("/batches/{batch_id:uuid}", sync_to_thread=True)
def get_batch(desk: TheDesk, batch_id: FromPath[UUID]) -> dict[str, Any]:
    """One batch, with the states of each step."""
    return _batch(desk, batch_id)


@post("/batches/{batch_id:uuid}/retry", status_code=200, sync_to_thread=True)
def retry_batch(desk: TheDesk, batch_id: FromPath[UUID], data: JSONBody[RetryBody | None] = None) -> dict[str, Any]:
    """Run ended steps of a batch again."""
    asked = data or RetryBody()
    retried = retry(
        desk.application,
        BatchId(batch_id),
        by=named(asked.by, _API),
        why=asked.why,
        step=asked.step,
        state=asked.state,
        reason=asked.reason,
    )
    notes = notes_on(desk.application, batch_id, retried, asked.step, asked.state, asked.reason)
    return {**_batch(desk, batch_id), "retried": retried, "notes": [desk.masked(note) for note in notes]}


@post("/batches/{batch_id:uuid}/settle", status_code=200, sync_to_thread=True)
def settle_batch(desk: TheDesk, batch_id: FromPath[UUID], data: JSONBody[SettleBody]) -> dict[str, Any]:
    """Decide what is in doubt: rows of which nobody knows whether they were delivered."""
    settled = settle(
        desk.application, BatchId(batch_id), data.decision, by=named(data.by, _API), why=data.why, step=data.step
    )
    return {**_batch(desk, batch_id), "settled": settled}


@post("/batches/{batch_id:uuid}/{action:str}", status_code=200, sync_to_thread=True)
def control_batch(
    desk: TheDesk, batch_id: FromPath[UUID], action: FromPath[str], data: JSONBody[ControlBody | None] = None
) -> dict[str, Any]:
    """Pause, resume or cancel a batch: `action` is one of `pause`, `resume` and `cancel`."""
    said = data or ControlBody()
    changed = act(desk.application, BatchId(batch_id), action, by=named(said.by, _API), why=said.why)
    return {**_batch(desk, batch_id), "changed": changed}


@get("/items/{item_id:uuid}", sync_to_thread=True)
def get_item(desk: TheDesk, item_id: FromPath[UUID]) -> dict[str, Any]:
    """The history of an item or a company run: every event, in order; bodies cut at 2,000 characters."""
    if item_id not in desk.store.load([item_id]):
        raise UnknownId("item or company run", item_id)
    return {"id": item_id, "events": events_json(desk, desk.store.stream(item_id))}


@get("/clients/{client:str}/leads", sync_to_thread=True)
def list_leads(desk: TheDesk, client: FromPath[str], limit: Limit = 100, offset: Offset = 0) -> dict[str, Any]:
    """What is known of everyone of a client, latest change first."""
    owner = desk.registry.client(client)
    found = desk.rows("leads", client=owner.id, signal="", words="", limit=limit, offset=offset)
    total = desk.row("lead_summary", client=owner.id)["leads"]
    return {"leads": [{name: value for name, value in row.items() if name != "found"} for row in found], "total": total}


def _batch(desk: Desk, batch_id: UUID) -> dict[str, Any]:
    known = desk.store.batches([batch_id])
    if not known:
        raise UnknownId("batch", batch_id)
    (progress,) = progress_of(desk, [known[0][0]])
    return progress_json(progress, steps_of(desk, known[0][0], progress.items_total))
