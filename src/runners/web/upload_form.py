"""The form that takes a file: check how its columns are read, choose where that is wrong, import it.

Checking is a dry run of the same form, and keeps nothing here: the file stays in the browser, so any process can answer the
next request. A script puts the answer into the page; without it the page asks for the file again.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath
from tempfile import NamedTemporaryFile
from typing import Any, Final

from attrs import Factory, define, frozen
from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, MultipartBody
from litestar.response import Redirect

from enrichcore.application import UploadReport
from enrichcore.ingest.errors import IngestError
from enrichcore.ingest.mapping import IGNORE
from enrichcore.ingest.profiles import fact_kinds
from enrichcore.registry import Client, Ingest, Workstream
from runners.web.desk import BY, Desk, TheDesk

OF_KIND: Final = "/clients/{client:str}/{kind:str}"
#: Rows that the check lists, of each kind.
_SHOWN: Final = 20


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


@define
class FileForm:
    """What the upload form sends."""

    file: UploadFile
    workstream: str = ""
    #: `check` for a dry run.
    action: str = ""
    #: Columns, and beside each what was chosen for it: a field, `ignore`, or nothing for what the profile says.
    column: list[str] = Factory(list)
    field: list[str] = Factory(list)
    #: Whether the choices are kept for later files.
    save: str = ""


def file_handlers() -> list[Any]:
    """The handlers of this module."""
    return [upload_form, upload_file]


@get(f"{OF_KIND}/upload", sync_to_thread=False)
def upload_form(desk: TheDesk, client: FromPath[str], kind: FromPath[str]) -> Response[str]:
    """The form that takes a file."""
    return _form(desk, desk.registry.client(client), kind)


@post(f"{OF_KIND}/upload", sync_to_thread=True)
def upload_file(
    desk: TheDesk,
    client: FromPath[str],
    kind: FromPath[str],
    data: MultipartBody[FileForm],
) -> Response[Any]:
    """Import the file and go to what came of it; or only show how it would be read."""
    owner = desk.registry.client(client)
    known = [stream.slug for stream in workstreams(desk, kind)]
    workstream = data.workstream if data.workstream in known else known[0]
    name = PurePath(data.file.filename.replace("\\", "/")).name
    if not name:
        return _form(desk, owner, kind, fault="Choose a file first.")
    chosen = {column: field for column, field in zip(data.column, data.field, strict=False) if field}
    checking = data.action == "check"
    try:
        with kept_file(data.file) as path:
            report = desk.application.upload(
                path, client=owner.id, workstream=workstream, overrides=chosen, name=name, by=BY, dry_run=checking,
                save=bool(data.save),
            )  # fmt: skip
    except IngestError as error:
        return _form(desk, owner, kind, fault=str(error))
    if checking:
        return _form(desk, owner, kind, checked=report, chosen=chosen, workstream=workstream, save=bool(data.save))
    return Redirect(f"/clients/{owner.slug}/uploads/{report.upload_id}", status_code=303)


def workstreams(desk: Desk, kind: str) -> list[Workstream]:
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


@contextmanager
def kept_file(file: UploadFile) -> Iterator[Path]:
    """The file on disk for as long as it is read, so that no process holds it in memory."""
    with NamedTemporaryFile(delete=False) as kept:
        path = Path(kept.name)
        try:
            shutil.copyfileobj(file.file, kept)
            kept.close()
            yield path
        finally:
            path.unlink(missing_ok=True)


def _form(
    desk: Desk,
    owner: Client,
    kind: str,
    *,
    fault: str = "",
    checked: UploadReport | None = None,
    chosen: dict[str, str] | None = None,
    workstream: str = "",
    save: bool = False,
) -> Response[str]:
    streams = workstreams(desk, kind)
    return desk.page(
        "upload_form.html",
        status_code=422 if fault else 200,
        client=owner,
        kind=KINDS[kind],
        kind_path=kind,
        streams=streams,
        fault=desk.masked(fault),
        checked=checked,
        chosen=chosen or {},
        workstream=workstream,
        save=save,
        fields=sorted(fact_kinds()),
        ignore=IGNORE,
        shown=_SHOWN,
    )
