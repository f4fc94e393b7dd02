"""Launches: a batch is recorded first, with its pipeline; then its items are made, some hundred in each commit.

An interrupted launch is filled later by whoever finds it: an item's id follows from its batch and person, so what is there
is found instead of made twice.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Final
from uuid import uuid5

import msgspec

from enrichcore.application.configuration import require_in_force
from enrichcore.application.controlling import turn_batches
from enrichcore.application.core import ITEMS_PER_COMMIT, Core
from enrichcore.application.errors import CannotLaunch, UploadUnderWay
from enrichcore.application.imports import chunks
from enrichcore.application.learning import learn_all
from enrichcore.application.told_elsewhere import Launch, with_told_elsewhere
from enrichcore.application.unit import Unit
from enrichcore.application.uploading import get_upload
from enrichcore.domain import batch as batches
from enrichcore.domain import batch_item
from enrichcore.domain import events as e
from enrichcore.domain.batch import Batch, BatchStatus
from enrichcore.domain.batch_item import BatchItem
from enrichcore.domain.ids import CONFIGURATION, NAMESPACE, BatchId, ItemId, UploadId, item_id
from enrichcore.domain.pipeline import Pipeline
from enrichcore.domain.upload import Upload
from enrichcore.domain.words import holdable, words_of_error
from enrichcore.registry import missing_webhooks
from enrichcore.store.commit import Commit, Conflict, UploadedPerson

#: Characters kept of why a batch cannot be filled.
_MOST_WORDS: Final = 300


def launch(core: Core, upload_id: UploadId, *, by: str, progress: Callable[[int], None], again: bool) -> Batch:
    """Start a batch: one item for each distinct person of the upload."""
    get_upload(core, upload_id)
    require_in_force(core)
    learn_all(core)
    batch_id, people = core.until_first(partial(_begin, core, upload_id, by=by, again=again))
    return _fill(core, batch_id, _filling(core, batch_id, people), progress)


def _begin(core: Core, upload_id: UploadId, *, by: str, again: bool) -> tuple[BatchId, Sequence[UploadedPerson]]:
    """Record a launch; the people whose items are to be made."""
    in_force = require_in_force(core)
    upload = get_upload(core, upload_id)
    people = core.store.people(upload_id)
    _refuse(core, upload, people)
    # Of two launches at once that are not meant to be two, both take the same id, and the second finds it taken.
    batch_id = BatchId(core.new_id()) if again else _only_id(core, upload_id)
    pipeline = core.registry.workstream(upload.workstream).pipeline
    launched = e.BatchLaunched(
        upload_id=upload_id,
        workstream=upload.workstream,
        pipeline=pipeline,
        fingerprint=_fingerprint(pipeline),
        item_count=len(people),
        by=by,
    )
    now = core.clock()
    batch = batches.initial(batch_id, upload.client_id, launched, now)
    recorded = e.Recorded(
        stream_id=batch_id, version=1, at=now, event=launched, client_id=upload.client_id, batch_id=batch_id
    )
    try:
        core.store.append(Commit(events=[recorded], batches=[(batch, 1)], read={CONFIGURATION: in_force}))
    except Conflict:
        if core.store.batches([batch_id]):
            raise UploadUnderWay(batch_id) from None
        # Another configuration was put in force meanwhile, whose pipeline may be another.
        raise
    return batch_id, people


def _only_id(core: Core, upload_id: UploadId) -> BatchId:
    turn_batches(core)
    earlier = batches_of(core, upload_id)
    for batch in earlier:
        if batch.under_way:
            raise UploadUnderWay(batch.batch_id)
    return BatchId(uuid5(upload_id, f"launch/{len(earlier)}"))


def batches_of(core: Core, upload_id: UploadId) -> list[Batch]:
    """The batches that were launched from an upload."""
    return [batch for batch, _ in core.store.batches() if batch.upload_id == upload_id]


def _refuse(core: Core, upload: Upload, people: Sequence[UploadedPerson]) -> None:
    if not upload.finished:
        raise CannotLaunch(f"upload {upload.upload_id} was interrupted: import the file again, then launch that one")
    if not people:
        raise CannotLaunch(f"upload {upload.upload_id} names no one: nothing to launch")
    missing = missing_webhooks(core.registry, upload.client_id, upload.workstream)
    if missing:
        keys = ", ".join(fault.key for fault in missing)
        raise CannotLaunch(f"no webhook is configured for {keys}: rows could be made ready but never sent")


def fill(core: Core, batch_id: BatchId, *, progress: Callable[[int], None]) -> Batch:
    """Make every item of a batch that does not exist yet; also after an interrupted launch."""
    return _fill(core, batch_id, filling(core, batch_id), progress)


def _fill(core: Core, batch_id: BatchId, filled: Iterator[int], progress: Callable[[int], None]) -> Batch:
    for done in filled:
        progress(done)
    return core.batch(batch_id)[0]


def filling(core: Core, batch_id: BatchId) -> Iterator[int]:
    """Fill a batch, a commit each time the next number is asked for: how many people have been looked at."""
    yield from _filling(core, batch_id, core.store.people(core.batch(batch_id)[0].upload_id))


def _filling(core: Core, batch_id: BatchId, people: Sequence[UploadedPerson]) -> Iterator[int]:
    batch, _ = core.batch(batch_id)
    known_for = Launch(
        upload_id=batch.upload_id,
        steps=batch.pipeline.steps,
        now=core.clock(),
        trusted_for=core.registry.rules.trusted_for,
    )
    done = 0
    for chunk in chunks(people, ITEMS_PER_COMMIT):
        known = with_told_elsewhere(core.store, known_for, chunk)
        core.decided_in_parts(partial(_create_items, batch=batch), known)
        done += len(chunk)
        yield done
    core.on_batch(batch_id, partial(_filled, item_count=len(people)))
    turn_batches(core)


def note_filling_failed(core: Core, batch_id: BatchId, fault: BaseException) -> None:
    """Record why a batch could not be filled."""
    reason = holdable(words_of_error(fault))[:_MOST_WORDS]
    core.on_batch(batch_id, partial(batches.decide_filling_failed, reason=reason))


def _create_items(unit: Unit, people: Sequence[UploadedPerson], *, batch: Batch) -> int:
    ids = {person.person_id: item_id(batch.batch_id, person.person_id) for person in people}
    unit.preload(ids.values())
    if unit.batch(batch.batch_id).status is BatchStatus.CANCELLED:
        return 0
    new = [_item(batch, ids[person.person_id], person) for person in people if unit.run(ids[person.person_id]) is None]
    unit.expect([item for item, _ in new])
    for item, created in new:
        unit.add_item(item, created)
    return len(new)


def _item(batch: Batch, new_id: ItemId, person: UploadedPerson) -> tuple[BatchItem, e.ItemCreated]:
    created = e.ItemCreated(
        workstream=batch.workstream,
        pipeline=batch.fingerprint,
        workflows=[step.workflow for step in batch.pipeline.steps],
        person_id=person.person_id,
        company_id=person.company_id,
        facts=person.facts,
    )
    return batch_item.initial(new_id, batch.client_id, batch.batch_id, created), created


def _filled(batch: Batch, item_count: int) -> tuple[e.Event, ...]:
    done = batch.filled or batch.status is BatchStatus.CANCELLED
    return () if done else (e.BatchFilled(item_count=item_count),)


def _fingerprint(pipeline: Pipeline) -> str:
    return uuid5(NAMESPACE, msgspec.json.encode(pipeline, order="deterministic").decode()).hex
