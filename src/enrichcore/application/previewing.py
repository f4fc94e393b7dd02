"""A dry run: what an import would do, by the same decisions, without recording anything."""

from collections.abc import Callable
from datetime import datetime
from typing import Final, cast
from uuid import UUID

from attrs import evolve

from enrichcore.application.dry_store import DryStore
from enrichcore.application.estimating import estimate_on
from enrichcore.application.imports import CHUNK, Importer, chunks
from enrichcore.application.learning import learn_here
from enrichcore.application.upload_report import UploadReport
from enrichcore.domain.ids import ClientId, UploadId
from enrichcore.domain.upload import Upload
from enrichcore.ingest import ImportReading
from enrichcore.registry import Registry
from enrichcore.store.commit import Store

NO_UPLOAD: Final = UploadId(UUID(int=0))


def preview(
    reading: ImportReading,
    *,
    client_id: ClientId,
    workstream: str,
    store: Store,
    registry: Registry,
    now: datetime,
    progress: Callable[[int, int], None],
) -> UploadReport:
    """What an import would do, and what a launch of it would send."""
    upload = Upload(upload_id=NO_UPLOAD, client_id=client_id, workstream=workstream, file_name="", uploaded_at=now)
    with DryStore(store) as dry:
        seen = cast("Store", dry)
        learn_here(seen, at=now, sources=registry.rules.sources)
        importer = Importer(store=seen, client_id=client_id, upload_id=NO_UPLOAD, at=now)
        for chunk in chunks(reading.rows(), CHUNK):
            importer.add(chunk)
            progress(*reading.bytes_read)
        importer.finish()
        report = importer.tally.report(reading, None)
        return evolve(report, steps=estimate_on(seen, registry, upload, now=now, people=dry.people()).steps)
