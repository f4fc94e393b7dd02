"""Uploads: a file is read, and its rows are imported chunk by chunk between two events of the upload."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final
from uuid import UUID

from attrs import evolve

from enrichcore.application import imports
from enrichcore.application.core import Core
from enrichcore.application.errors import UnknownId
from enrichcore.application.imports import CHUNK, Importer, chunks
from enrichcore.application.learning import learn_all
from enrichcore.application.previewing import preview
from enrichcore.application.saved_mappings import save_mapping, saved_mapping
from enrichcore.application.unit import Unit
from enrichcore.application.upload_report import Tally, UploadReport
from enrichcore.domain import events as e
from enrichcore.domain import upload as uploads
from enrichcore.domain.batch_item import asks_company
from enrichcore.domain.ids import ClientId, CompanyId, UploadId
from enrichcore.domain.upload import Upload
from enrichcore.domain.words import holdable
from enrichcore.ingest import ImportReading, read_import
from enrichcore.registry import missing_webhooks

#: Events of an upload that are looked at in one question.
PAGE: Final = 1_000


def upload(
    core: Core,
    source: Path | bytes,
    *,
    client: str | UUID,
    workstream: str,
    overrides: Mapping[str, str],
    name: str,
    by: str,
    dry_run: bool,
    progress: Callable[[int, int], None],
    use_saved: bool = True,
    save: bool = False,
) -> UploadReport:
    """Import a file."""
    owner, stream = core.registry.client(client), core.registry.workstream(workstream)
    # A name that is not UTF-8 comes with a lone surrogate for each such byte.
    name = holdable(name or (source.name if isinstance(source, Path) else "rows"))
    saved = saved_mapping(core, owner.id, workstream) if use_saved else {}
    reading = read_import(source, profile=str(stream.ingest), overrides=overrides, saved=saved, name=name)
    if dry_run:
        would = preview(
            reading, client_id=owner.id, workstream=workstream, store=core.store, registry=core.registry,
            now=core.clock(), progress=progress,
        )  # fmt: skip
        return _with_hindrance(core, would, owner.id, workstream)
    if save and overrides:
        save_mapping(core, owner.id, workstream, overrides, by=by)
    learn_all(core)
    upload_id = UploadId(core.new_id())
    importer = Importer(store=core.store, client_id=owner.id, upload_id=upload_id, at=core.clock(), pause=core.pause)
    started = e.UploadStarted(
        workstream=workstream,
        profile=str(stream.ingest),
        file_name=name,
        file_sha256=imports.sha256_of(source),
        encoding=reading.encoding,
        delimiter=reading.delimiter,
        mapped=reading.mapping.mapped,
        unmapped=reading.mapping.unmapped,
        by=by,
    )
    core.append_one(upload_id, 1, started, client_id=owner.id)
    _import(core, importer, reading, progress)
    core.append_one(upload_id, importer.upload_version + 1, _finished(importer.tally), client_id=owner.id)
    return _with_hindrance(core, importer.tally.report(reading, upload_id), owner.id, workstream)


def _with_hindrance(core: Core, report: UploadReport, client_id: ClientId, workstream: str) -> UploadReport:
    """The report, with what a launch would be refused for, so that nobody finds out only then."""
    missing = [fault.key for fault in missing_webhooks(core.registry, client_id, workstream)]
    told = (f"a launch would be refused: no webhook is configured; add {', '.join(missing)}",) if missing else ()
    return evolve(report, notes=(*report.notes, *told))


def _import(core: Core, importer: Importer, reading: ImportReading, progress: Callable[[int, int], None]) -> None:
    for chunk in chunks(reading.rows(), CHUNK):
        merged = importer.add(chunk)
        if merged:
            core.decided_in_parts(partial(_join, core, importer.client_id), merged)
        progress(*reading.bytes_read)
    importer.finish()


def _join(core: Core, client_id: ClientId, unit: Unit, companies: Sequence[CompanyId]) -> int:
    """What is known of one of two companies that turned out to be one serves whoever asked about the other."""
    steps = (step for stream in core.registry.workstreams.values() for step in stream.pipeline.steps)
    results = {step.result for step in steps if asks_company(step)}
    return unit.join_companies(client_id, companies, sorted(results))


def _finished(tally: Tally) -> e.UploadFinished:
    return e.UploadFinished(
        row_count=tally.row_count,
        person_count=tally.person_count,
        company_count=tally.company_count,
        rejected_count=tally.rejected_count,
    )


def rejected_rows(core: Core, upload_id: UploadId) -> Iterator[e.RowRejected]:
    """The rows of an upload that were kept aside, in file order; a page of them is held at a time.

    Raises:
        UnknownId: There is no such upload.
    """
    _started(core, upload_id)
    return (one.event for one in _events(core, upload_id) if isinstance(one.event, e.RowRejected))


def get_upload(core: Core, upload_id: UploadId) -> Upload:
    """An upload as it stands.

    Raises:
        UnknownId: There is none.
    """
    first, started, owner = _started(core, upload_id)
    found = uploads.initial(upload_id, owner, started, first.at)
    for event in _events(core, upload_id, after=1):
        found = uploads.fold(found, event.event, event.at, event.version)
    return found


def _started(core: Core, upload_id: UploadId) -> tuple[e.Recorded, e.UploadStarted, ClientId]:
    first = next(iter(core.store.stream(upload_id, limit=1)), None)
    if first is None or not isinstance(first.event, e.UploadStarted) or first.client_id is None:
        raise UnknownId("upload", upload_id)
    return first, first.event, first.client_id


def _events(core: Core, upload_id: UploadId, after: int = 0) -> Iterator[e.Recorded]:
    """The upload's events; as many rows as a file has may have been kept aside."""
    while page := core.store.stream(upload_id, after=after, limit=PAGE):
        yield from page
        after = page[-1].version
