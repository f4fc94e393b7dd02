"""The application: every use case of enrichcore, on any store.

It holds no state but what it may forget. Each method is one use case: load, decide, commit; a commit that lost a race is
decided again. Time and new ids come from arguments, so tests say what time it is.
"""

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from pkgutil import resolve_name
from typing import Any, Final, TypeVar
from uuid import UUID, uuid4, uuid5

import msgspec

from enrichcore.application import imports
from enrichcore.application.answers import Ack, AckStatus, Incoming, claimed_id, parse, read
from enrichcore.application.errors import CannotLaunch, StaleConfiguration, UnknownId
from enrichcore.application.imports import CHUNK, Importer, UploadReport, chunks
from enrichcore.application.retrying import Pause, decide_until_first, pause_at_random
from enrichcore.application.sending import Send, SendReport, payload
from enrichcore.application.unit import Unit
from enrichcore.domain import batch as batches
from enrichcore.domain import batch_item, company_run
from enrichcore.domain import events as e
from enrichcore.domain import lane as lanes
from enrichcore.domain import step_run as steps
from enrichcore.domain import upload as uploads
from enrichcore.domain.batch import Batch, BatchStatus
from enrichcore.domain.batch_item import BatchItem
from enrichcore.domain.draft import Draft
from enrichcore.domain.ids import (
    NAMESPACE,
    BatchId,
    ClientId,
    ItemId,
    LaneId,
    UploadId,
    item_id,
    lane_id,
)
from enrichcore.domain.lane import Lane
from enrichcore.domain.life_cycle import State
from enrichcore.domain.pipeline import Entity, Kind, Pipeline, Step
from enrichcore.domain.step_run import PostOutcome
from enrichcore.domain.upload import Upload
from enrichcore.domain.words import holdable
from enrichcore.ingest import read_import
from enrichcore.registry import Client, Registry, Webhook, fingerprint, load_functions, snapshot
from enrichcore.store.commit import Claims, Commit, Conflict, Store, StoreError, StoreUnavailable, UploadedPerson

log = logging.getLogger("enrichcore.application")

CONFIGURATION: Final = uuid5(NAMESPACE, "configuration")
CALENDAR: Final = uuid5(NAMESPACE, "calendar")
#: Items made in one commit of a launch; some 500 bytes of events each.
LAUNCH_CHUNK: Final = 500
_TRIES: Final = 12

T = TypeVar("T")


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Enrichment:
    """The use cases.

    Args:
        store: where events and inline state are kept.
        registry: workstreams and clients.
        clock: tells the time, in UTC.
        new_id: makes ids for what has no natural one: uploads and batches.
        callback_base_url: what Clay can reach; the configuration's unless given.
        pause: waits between two lost races, given how many were lost.
    """

    def __init__(
        self,
        store: Store,
        registry: Registry,
        *,
        clock: Callable[[], datetime] = _utc_now,
        new_id: Callable[[], UUID] = uuid4,
        callback_base_url: str = "",
        pause: Pause = pause_at_random,
    ) -> None:
        self.store = store
        self.registry = registry
        self.callback_base_url = callback_base_url or registry.runner.callback_base_url
        self._clock = clock
        self._new_id = new_id
        self._pause = pause
        self._functions = dict(load_functions(registry))
        self._lanes = _lane_index(registry)

    # --- configuration and calendar ------------------------------------------------------------------------------

    def apply(self, *, by: str, on_purpose: bool = False) -> bool:
        """Record the configuration if it changed; tells whether it did.

        Raises:
            StaleConfiguration: This very configuration was superseded by a newer one, and `on_purpose` is not set.
        """
        decide = partial(self._apply, by=by, on_purpose=on_purpose)
        return decide_until_first(decide, self._pause, tries=_TRIES)

    def _apply(self, *, by: str, on_purpose: bool) -> bool:
        current = fingerprint(self.registry)
        known = self.store.stream(CONFIGURATION)
        applied = [event.event for event in known if isinstance(event.event, e.ConfigurationApplied)]
        if applied and applied[-1].fingerprint == current:
            return False
        if not on_purpose and any(event.fingerprint == current for event in applied):
            raise StaleConfiguration(
                "this configuration was in force before and was superseded by a newer one;"
                " run `enrichcore apply` if it is meant to be in force again"
            )
        event = e.ConfigurationApplied(fingerprint=current, snapshot=snapshot(self.registry), by=by)
        self._append_one(CONFIGURATION, len(known) + 1, event)
        return True

    def pass_day(self, day: date) -> bool:
        """Record that a day began; once, whichever runner sees it first."""
        known = self.store.stream(CALENDAR)
        if known and isinstance(known[-1].event, e.DayPassed) and known[-1].event.day >= day:
            return False
        try:
            self._append_one(CALENDAR, len(known) + 1, e.DayPassed(day=day))
        except Conflict:
            return False
        return True

    def _append_one(self, stream_id: UUID, version: int, event: e.Event, **envelope: Any) -> None:
        recorded = e.Recorded(stream_id=stream_id, version=version, at=self._clock(), event=event, **envelope)
        self.store.append(Commit(events=[recorded]))

    # --- uploads -------------------------------------------------------------------------------------------------

    def upload(
        self,
        source: Path | bytes,
        *,
        client: str | UUID,
        workstream: str,
        overrides: Mapping[str, str] | None = None,
        name: str = "",
        by: str = "library",
        dry_run: bool = False,
        progress: Callable[[int], None] = lambda _: None,
    ) -> UploadReport:
        """Import a file.

        Args:
            source: a file, or its bytes.
            client: slug or uuid.
            workstream: slug; its profile says how the file is read.
            overrides: column → field, for columns that should not be mapped as the profile would.
            name: what the file is called, for people.
            by: who imports.
            dry_run: only count.
            progress: told the number of rows done.

        Raises:
            UnknownNameError: No such client or workstream.
            NotATable: The file is no table.
            BadMapping: An override names a column or field that does not exist.
        """
        owner, stream = self.registry.client(client), self.registry.workstream(workstream)
        # A name that is not UTF-8 comes with a lone surrogate for each such byte.
        name = holdable(name or (source.name if isinstance(source, Path) else "rows"))
        reading = read_import(source, profile=str(stream.ingest), overrides=overrides or {}, name=name)
        if dry_run:
            return imports.count(reading, owner.id, self.store)
        upload_id, now = UploadId(self._new_id()), self._clock()
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
        self._append_one(upload_id, 1, started, client_id=owner.id)
        importer = Importer(store=self.store, client_id=owner.id, upload_id=upload_id, at=now, pause=self._pause)
        for chunk in chunks(reading.rows(), CHUNK):
            importer.add(chunk)
            progress(importer.row_count)
        finished = e.UploadFinished(
            row_count=importer.row_count,
            person_count=len(importer.people),
            company_count=len(importer.companies),
            rejected_count=len(importer.rejected),
        )
        self._append_one(upload_id, importer.upload_version + 1, finished, client_id=owner.id)
        return imports.report(reading, importer, upload_id)

    def get_upload(self, upload_id: UploadId) -> Upload:
        """An upload as it stands.

        Raises:
            UnknownId: There is none.
        """
        events = self.store.stream(upload_id)
        if not events or not isinstance(events[0].event, e.UploadStarted) or events[0].client_id is None:
            raise UnknownId("upload", upload_id)
        upload = uploads.initial(upload_id, events[0].client_id, events[0].event, events[0].at)
        for event in events[1:]:
            upload = uploads.fold(upload, event.event, event.at, event.version)
        return upload

    # --- batches -------------------------------------------------------------------------------------------------

    def launch(
        self, upload_id: UploadId, *, by: str = "library", progress: Callable[[int], None] = lambda _: None
    ) -> Batch:
        """Start a batch: one item for each distinct person of the upload.

        Raises:
            UnknownId: There is no such upload.
            CannotLaunch: The upload is not finished or names no one, or a webhook is not configured.
        """
        upload = self.get_upload(upload_id)
        people = self.store.people(upload_id)
        self._refuse_launch(upload, people)
        pipeline = self.registry.workstream(upload.workstream).pipeline
        launched = e.BatchLaunched(
            upload_id=upload_id,
            workstream=upload.workstream,
            pipeline=pipeline,
            fingerprint=_fingerprint(pipeline),
            item_count=len(people),
            by=by,
        )
        batch_id, now = BatchId(self._new_id()), self._clock()
        batch = batches.initial(batch_id, upload.client_id, launched, now)
        recorded = e.Recorded(
            stream_id=batch_id, version=1, at=now, event=launched, client_id=upload.client_id, batch_id=batch_id
        )
        self.store.append(Commit(events=[recorded], batches=[(batch, 1)]))
        return self.fill(batch_id, progress=progress)

    def _refuse_launch(self, upload: Upload, people: Sequence[UploadedPerson]) -> None:
        if not upload.finished:
            raise CannotLaunch(
                f"upload {upload.upload_id} was interrupted: import the file again, then launch that one"
            )
        if not people:
            raise CannotLaunch(f"upload {upload.upload_id} names no one: nothing to launch")
        asking = [
            step.workflow
            for step in self.registry.workstream(upload.workstream).pipeline.steps
            if step.kind is Kind.HTTP
        ]
        if asking:
            raise CannotLaunch(f"{asking[0]} is an http step, and those are not sent yet: its rows would wait for ever")
        missing = self.missing_webhooks(upload.client_id, upload.workstream)
        if missing:
            keys = ", ".join(missing)
            raise CannotLaunch(f"no webhook is configured for {keys}: rows could be made ready but never sent")

    def missing_webhooks(self, client: str | UUID, workstream: str) -> list[str]:
        """Keys of the webhooks that a client lacks for a workstream."""
        owner = self.registry.client(client)
        return [
            f"clients.{owner.slug}.webhooks.{workstream}.{step.workflow}"
            for step in self.registry.workstream(workstream).pipeline.steps
            if step.kind is Kind.WEBHOOK and (workstream, step.workflow) not in owner.webhooks
        ]

    def fill(self, batch_id: BatchId, *, progress: Callable[[int], None] = lambda _: None) -> Batch:
        """Make every item of a batch that does not exist yet; also after an interrupted launch."""
        for done in self.filling(batch_id):
            progress(done)
        return self._batch(batch_id)[0]

    def filling(self, batch_id: BatchId) -> Iterator[int]:
        """Fill a batch, a commit each time the next number is asked for: how many people have been looked at."""
        batch, _ = self._batch(batch_id)
        people = self.store.people(batch.upload_id)
        done = 0
        for chunk in chunks(people, LAUNCH_CHUNK):
            self._decided(partial(self._create_items, batch=batch, people=chunk))
            done += len(chunk)
            yield done
        self._on_batch(batch_id, partial(_filled, item_count=len(people)))
        self.turn_batches()

    def _create_items(self, unit: Unit, batch: Batch, people: Sequence[UploadedPerson]) -> None:
        ids = {person.person_id: item_id(batch.batch_id, person.person_id) for person in people}
        unit.preload(ids.values())
        workflows = tuple(step.workflow for step in batch.pipeline.steps)
        if unit.batch(batch.batch_id).status is BatchStatus.CANCELLED:
            return
        new: list[tuple[BatchItem, e.ItemCreated]] = []
        for person in people:
            if unit.run(ids[person.person_id]) is not None:
                continue
            created = e.ItemCreated(
                workstream=batch.workstream,
                pipeline=batch.fingerprint,
                workflows=workflows,
                person_id=person.person_id,
                company_id=person.company_id,
                facts=person.facts,
            )
            new.append((batch_item.initial(ids[person.person_id], batch.client_id, batch.batch_id, created), created))
        unit.expect([state for state, _ in new])
        for state, created in new:
            unit.add_item(state, created)

    def pause(self, batch_id: BatchId, *, by: str, why: str = "") -> bool:
        """Send nothing more of a batch for now; tells whether that changed anything."""
        return self._on_batch(batch_id, lambda batch: batches.decide_pause(batch, by=by, why=why))

    def resume(self, batch_id: BatchId, *, by: str, why: str = "") -> bool:
        """Go on with a paused batch; tells whether that changed anything."""
        return self._on_batch(batch_id, lambda batch: batches.decide_resume(batch, by=by, why=why))

    def cancel(self, batch_id: BatchId, *, by: str, why: str = "") -> int:
        """Stop a batch and its items for good; the number of items stopped.

        A company run that nobody waits for any more is stopped too, unless its row is already out: its answer is paid
        for, and serves whoever asks next.
        """
        self._on_batch(batch_id, lambda batch: batches.decide_cancel(batch, by=by, why=why))
        stopped = 0
        while found := self.store.active_items(batch_id, LAUNCH_CHUNK):
            self._decided(partial(self._cancel_items, item_ids=found, by=by, why=why))
            stopped += len(found)
        return stopped

    def _cancel_items(self, unit: Unit, item_ids: Sequence[UUID], *, by: str, why: str) -> None:
        unit.preload(item_ids)
        for run_id in item_ids:
            item = unit.item(run_id)
            if item is not None:
                batch_item.cancel(item, by=by, why=why)

    def turn_batches(self) -> int:
        """Finish batches whose last item ended, and reopen those where one goes on; how many turned."""
        turned = 0
        for batch_id in self.store.turning_batches():
            active = len(self.store.active_items(BatchId(batch_id)))
            turned += self._on_batch(BatchId(batch_id), partial(_turn, active=active))
        return turned

    def _batch(self, batch_id: UUID) -> tuple[Batch, int]:
        found = self.store.batches([batch_id])
        if not found:
            raise UnknownId("batch", batch_id)
        return found[0]

    def _on_batch(self, batch_id: UUID, decide: Callable[[Batch], Iterable[e.Event]]) -> bool:
        return self._decided(partial(self._turn_in, batch_id=batch_id, decide=decide))

    def _turn_in(self, unit: Unit, batch_id: UUID, decide: Callable[[Batch], Iterable[e.Event]]) -> bool:
        batch, version = self._batch(batch_id)
        draft = Draft(batch, version, batches.fold, unit.now)
        if draft.emit_all(decide(batch)):
            unit.record_batch(batch, version, draft.events, draft.state)
        return bool(draft.events)

    # --- sending -------------------------------------------------------------------------------------------------

    def claim(self, limit: int) -> list[Send]:
        """Take at most `limit` rows for sending, over all open lanes; each is durable as `StepSending`.

        Only what can leave now is taken: the lane is open, below its in-flight cap, and its pace group has a token. A lane
        that cannot be claimed keeps no other from it.

        Raises:
            StoreUnavailable: The database cannot be reached, and nothing was taken.
        """
        claimed: list[Send] = []
        failure: Exception | None = None
        open_lanes = [
            known for lane in self.store.ready_lanes(self._clock()) if (known := self._lanes.get(LaneId(lane)))
        ]
        for number, (owner, workstream, step) in enumerate(open_lanes):
            share = max(1, (limit - len(claimed)) // (len(open_lanes) - number))
            if len(claimed) >= limit:
                break
            try:
                claimed += self._claim_lane(owner, workstream, step, min(share, limit - len(claimed)))
            except Exception as error:  # noqa: BLE001 - what earlier lanes gave is durable: it must leave, or it falls in doubt
                log.warning("%s of %s could not be claimed: %s", step.workflow, owner.slug, error)
                failure = error
                if isinstance(error, StoreUnavailable):
                    break
        if failure is not None and not claimed:
            raise failure
        return claimed

    def _claim_lane(self, owner: Client, workstream: str, step: Step, limit: int) -> list[Send]:
        webhook = owner.webhooks.get((workstream, step.workflow))
        if webhook is None:
            return []
        lane, settings, now = lane_id(owner.id, workstream, step.workflow), webhook.lane, self._clock()
        try:
            with self.store.claims() as claims:
                group = uuid5(NAMESPACE, f"pace/{settings.pace_group}")
                # Locks the group's bucket, so that runners count what is out one after the other.
                claims.take_tokens(group, 0, rate=settings.rate, burst=settings.burst, now=now)
                room = settings.max_in_flight - claims.in_flight(lane, settings.max_in_flight)
                found = claims.ready(lane, now, min(limit, room)) if room > 0 else []
                if not found:
                    return []
                tokens = claims.take_tokens(group, len(found), rate=settings.rate, burst=settings.burst, now=now)
                unit = self._unit(now, claims)
                sends = self._claim_runs(unit, found[:tokens], step.workflow, webhook, lane)
                commit = unit.finish()
                if not commit.empty:
                    claims.append(commit)
                return sends
        except Conflict:
            return []

    def _claim_runs(
        self, unit: Unit, run_ids: Sequence[UUID], workflow: str, webhook: Webhook, lane: LaneId
    ) -> list[Send]:
        sends: list[Send] = []
        unit.preload(run_ids)
        for run_id in run_ids:
            try:
                send = self._claim_run(unit, run_id, workflow, webhook, lane)
            except StoreError:
                raise
            except Exception:
                log.exception("%s cannot be sent", run_id)
                continue
            if send is not None:
                sends.append(send)
        return sends

    def _claim_run(self, unit: Unit, run_id: UUID, workflow: str, webhook: Webhook, lane: LaneId) -> Send | None:
        draft = unit.run(run_id)
        step = _pinned_step(unit, draft, workflow) if draft is not None else None
        if draft is None or step is None:
            return None
        run = draft.state.run(workflow) if isinstance(draft.state, BatchItem) else draft.state.run
        decided = steps.decide_claim(
            run, step, ItemId(run_id), now=unit.now, lease=self.registry.runner.lease,
            workstream=draft.state.workstream, webhook=webhook.url.fingerprint(), price=webhook.lane.credits_per_send,
        )  # fmt: skip
        if not decided:
            return None
        (sending,) = decided
        assert isinstance(sending, e.StepSending)  # noqa: S101 - what decide_claim makes
        send = Send(
            run_id=run_id,
            workstream=draft.state.workstream,
            workflow=workflow,
            attempt=sending.attempt,
            key=sending.key,
            url=webhook.url,
            auth=webhook.auth,
            payload=payload(draft.state, _known_facts(unit, draft), workflow, sending.key, self.callback_base_url),
            reserved=sending.reserved,
            lane_id=lane,
            lease_until=sending.lease_until,
        )
        draft.emit_all(decided)
        return send

    def record(self, reports: Sequence[SendReport] = (), incoming: Sequence[Incoming] = ()) -> list[Ack]:
        """Record what became of claimed attempts, and answers, all in one commit.

        Returns:
            What became of each answer, now that it is durable.
        """

        def command(unit: Unit) -> list[Ack]:
            parsed = [_parsed(one) for one in incoming]
            unit.preload(
                [*(report.send.run_id for report in reports), *(found for _, found in parsed if found is not None)]
            )
            unit.expect(unit.items(found for _, found in parsed if found is not None))
            self._record_outcomes(unit, reports)
            return [self._place(unit, one, *what) for one, what in zip(incoming, parsed, strict=True)]

        return self._decided(command)

    def record_outcomes(self, reports: Sequence[SendReport]) -> None:
        """Record what became of claimed attempts, in one commit."""
        self.record(reports=reports)

    def receive(self, incoming: Sequence[Incoming]) -> list[Ack]:
        """Record answers, in one commit; each is told what became of it once that is durable."""
        return self.record(incoming=incoming)

    def _record_outcomes(self, unit: Unit, reports: Sequence[SendReport]) -> None:
        for send, seen in self._told_by_lanes(unit, reports):
            draft = unit.run(send.run_id)
            step = _pinned_step(unit, draft, send.workflow) if draft is not None else None
            if draft is None or step is None:
                continue
            if isinstance(draft.state, BatchItem):
                before = draft.state.run(send.workflow)
                draft.emit_all(steps.decide_outcome(before, step, seen, price=send.reserved, now=unit.now))
                unit.go_on(draft, before)
            else:
                draft.emit_all(steps.decide_outcome(draft.state.run, step, seen, price=send.reserved, now=unit.now))

    def _told_by_lanes(self, unit: Unit, reports: Sequence[SendReport]) -> list[tuple[Send, PostOutcome]]:
        """What became of each POST, with what that says of its lane; a lane that refuses all stops in this commit."""
        by_lane: dict[LaneId, list[SendReport]] = {}
        for report in reports:
            by_lane.setdefault(report.send.lane_id, []).append(report)
        told: list[tuple[Send, PostOutcome]] = []
        for known, group in by_lane.items():
            send = group[0].send
            lane = unit.lane(known, _client_of(send))
            events, outcomes = lanes.decide_outcomes(
                lane.state, [report.outcome for report in group], workstream=send.workstream, workflow=send.workflow
            )
            lane.emit_all(events)
            told += [(report.send, outcome) for report, outcome in zip(group, outcomes, strict=True)]
        return told

    def hold_lane(self, send: Send, until: datetime, reason: str) -> bool:
        """Send nothing on a lane before `until`, as the third party asked."""
        return self._on_lane(
            send.lane_id,
            _client_of(send),
            lambda lane: lanes.decide_hold(
                lane, workstream=send.workstream, workflow=send.workflow, until=until, reason=reason
            ),
        )

    def stop_lane(self, client: str, workstream: str, workflow: str, *, by: str, why: str) -> bool:
        """Send nothing on a lane until it is resumed."""
        owner = self.registry.client(client)
        self.registry.lane(client, workstream, workflow)
        return self._on_lane(
            lane_id(owner.id, workstream, workflow),
            owner.id,
            lambda lane: lanes.decide_stop(lane, workstream=workstream, workflow=workflow, reason=why, by=by),
        )

    def resume_lane(self, client: str, workstream: str, workflow: str, *, by: str, why: str = "") -> bool:
        """Send on a lane again."""
        owner = self.registry.client(client)
        self.registry.lane(client, workstream, workflow)
        return self._on_lane(
            lane_id(owner.id, workstream, workflow), owner.id, lambda lane: lanes.decide_resume(lane, by=by, why=why)
        )

    def _on_lane(self, lane: LaneId, client_id: ClientId, decide: Callable[[Lane], Iterable[e.Event]]) -> bool:
        def command(unit: Unit) -> bool:
            draft = unit.lane(lane, client_id)
            return draft.emit_all(decide(draft.state))

        return self._decided(command)

    # --- answers -------------------------------------------------------------------------------------------------

    def _place(self, unit: Unit, one: Incoming, parsed: Any, found: UUID | None) -> Ack:
        if one.too_large:
            return self._unmatched(unit, one, AckStatus.TOO_LARGE, "", "the body is too large for an answer")
        if parsed is _NOT_JSON:
            return self._unmatched(unit, one, AckStatus.NOT_JSON, "", "the body is not JSON")
        if found is None:
            why = "the body has no usable item_id: echo the item_id of the row"
            return self._unmatched(unit, one, AckStatus.NO_ID, "", why)
        draft = unit.run(found)
        if draft is None or draft.state.client_id != one.client_id:
            return self._unmatched(unit, one, AckStatus.UNKNOWN, str(found), "no item of this client has that item_id")
        if (
            one.workstream
            and one.workstream not in self.registry.workstreams
            and one.workstream != draft.state.workstream
        ):
            return self._unmatched(unit, one, AckStatus.UNKNOWN, str(found), f"no workstream {one.workstream!r}")
        events_before = len(draft.events)
        if isinstance(draft.state, BatchItem):
            if one.workflow not in draft.state.workflows or one.workstream not in {"", draft.state.workstream}:
                why = f"the item has no step {one.workstream or draft.state.workstream}/{one.workflow}"
                return self._unmatched(unit, one, AckStatus.UNKNOWN, str(found), why)
            step = unit.batch(draft.state.batch_id).pipeline.step(one.workflow)
            entity = step.entity if step is not None else Entity.PERSON
            came = read(one, parsed, draft.state, entity)
            batch_item.answer(draft, unit.around(draft.state), one.workflow, came)
            unit.carry_on(draft)
        else:
            asked = {workflow for stream, workflow in draft.state.asked_as if one.workstream in {"", stream}}
            if one.workflow not in asked:
                why = f"the company was never asked about as {one.workstream}/{one.workflow}"
                return self._unmatched(unit, one, AckStatus.UNKNOWN, str(found), why)
            company_run.answer(draft, read(one, parsed, draft.state, Entity.COMPANY))
        return Ack(status=_ack_status(draft.events[events_before:]), item_id=str(found))

    def _unmatched(self, unit: Unit, one: Incoming, status: AckStatus, claimed: str, reason: str) -> Ack:
        event = e.CallbackUnmatched(
            workstream=one.workstream, workflow=one.workflow, claimed_id=claimed, reason=reason, body=one.body
        )
        unit.record(event, self._new_id(), 1, client_id=one.client_id)
        return Ack(status=status, item_id=claimed, reason=reason)

    # --- time ----------------------------------------------------------------------------------------------------

    def wake(self, limit: int = 500, *, receiver_up: timedelta | None = None) -> int:
        """Do what time asks for: end leases, deadlines and pauses between attempts.

        Args:
            limit: most runs looked at.
            receiver_up: how long the receiver has been up. A deadline ends a wait only when that is at least the grace
                time, or the step's own `answer_within` where that is shorter, so that an outage of ours makes no
                time-out. None takes the receiver as always up.

        Returns:
            How many runs moved.
        """
        due = self.store.due(self._clock(), limit, deadlines=receiver_up is None or bool(receiver_up))
        return self._wake_all(due, receiver_up) if due else 0

    def _wake_all(self, run_ids: Sequence[UUID], receiver_up: timedelta | None) -> int:
        """Wake these in one commit; where one cannot be decided, halve until it stands alone, and wake the others."""
        try:
            return self._decided(lambda unit: self._wake(unit, run_ids, receiver_up))
        except StoreError:
            raise
        except Exception:
            if len(run_ids) == 1:
                log.exception("%s cannot be moved on", run_ids[0])
                return 0
        middle = len(run_ids) // 2
        return self._wake_all(run_ids[:middle], receiver_up) + self._wake_all(run_ids[middle:], receiver_up)

    def _deadline_counts(self, step: Step, receiver_up: timedelta | None) -> bool:
        return receiver_up is None or receiver_up >= min(self.registry.runner.timeout_grace, step.answer_within)

    def _wake(self, unit: Unit, run_ids: Sequence[UUID], receiver_up: timedelta | None) -> int:
        unit.preload(run_ids)
        unit.expect(unit.items(run_ids))
        moved = 0
        for run_id in run_ids:
            draft = unit.run(run_id)
            if draft is None:
                continue
            runs = list(draft.state.runs.values()) if isinstance(draft.state, BatchItem) else [draft.state.run]
            for run in runs:
                step = _pinned_step(unit, draft, run.workflow)
                waits = run.state in {State.AWAITING_ANSWER, State.IN_DOUBT}
                if step is None or (waits and not self._deadline_counts(step, receiver_up)):
                    continue
                if draft.emit_all(steps.decide_wake(run, step, now=unit.now)):
                    moved += 1
                    if isinstance(draft.state, BatchItem):
                        unit.go_on(draft, run)
        return moved

    # --- decisions of people -------------------------------------------------------------------------------------

    def retry(
        self, batch_id: BatchId, *, by: str, why: str = "", step: str | None = None, state: State | None = None
    ) -> int:
        """Run ended steps of a batch again: those that failed or timed out, unless a state is named; how many."""
        wanted = {state} if state is not None else {State.FAILED, State.TIMED_OUT}

        def decide(unit: Unit, item: Draft[BatchItem]) -> int:
            asked = 0
            for run in list(item.state.runs.values()):
                if run.state in wanted and step in {None, run.workflow}:
                    force = state is not None
                    around = unit.around(item.state)
                    pinned = around.pipeline.step(run.workflow)
                    if pinned is not None and batch_item.asks_company(pinned):
                        unit.anew.add(item.state.item_id)
                    asked += batch_item.retry(item, around, run.workflow, by=by, why=why or "asked for", force=force)
                    unit.carry_on(item)
            return asked

        # Asked for explicitly, so a batch that was cancelled runs again for what is to be sent.
        return self._on_items(batch_id, decide, reopen="" if state is None else why or "asked for")

    def settle(
        self, batch_id: BatchId, settlement: e.Settlement, *, by: str, why: str = "", step: str | None = None
    ) -> int:
        """Decide what is in doubt in a batch, its company runs included; how many."""

        def decide(unit: Unit, item: Draft[BatchItem]) -> int:
            settled = 0
            for run in item.state.open_runs:
                # A company's row may have been sent under another workflow's name; the item's own name counts here.
                company = unit.company(run.company_run_id) if run.company_run_id is not None else None
                draft: Draft[Any] = item if company is None else company
                out = run if company is None else company.state.run
                pinned = _pinned_step(unit, draft, out.workflow)
                if pinned is not None and step in {None, run.workflow}:
                    settled += draft.emit_all(
                        steps.decide_settle(out, pinned, settlement, now=unit.now, by=by, why=why or "decided")
                    )
            return settled

        return self._on_items(batch_id, decide)

    def _on_items(self, batch_id: BatchId, decide: Callable[[Unit, Draft[BatchItem]], int], *, reopen: str = "") -> int:
        """Decide about every item of a batch; with `reopen`, the batch runs again if anything came of it."""
        self._batch(batch_id)
        after: UUID | None = None
        total = 0
        while found := self.store.items_of(batch_id, after, LAUNCH_CHUNK):
            after = found[-1]

            def command(unit: Unit, found: Sequence[UUID] = found) -> int:
                unit.preload(found)
                decided = sum(decide(unit, item) for run_id in found if (item := unit.item(run_id)) is not None)
                if decided and reopen:
                    self._turn_in(unit, batch_id, lambda batch: batches.decide_reopen(batch, why=reopen, force=True))
                return decided

            total += self._decided(command)
        self.turn_batches()
        return total

    # --- the machinery -------------------------------------------------------------------------------------------

    def _decided(self, command: Callable[[Unit], T]) -> T:
        """Decide and commit; decide again when another writer was first."""

        def decide() -> T:
            unit = self._unit(self._clock())
            outcome = command(unit)
            commit = unit.finish()
            if not commit.empty:
                self.store.append(commit)
            return outcome

        return decide_until_first(decide, self._pause, tries=_TRIES)

    def _unit(self, now: datetime, claims: Claims | None = None) -> Unit:
        """A new unit; one that claims reads on the claim's own connection."""
        if claims is None:
            return Unit(self.store, now, self._pinned, self._functions)
        return Unit(self.store, now, partial(self._pinned, ask=claims.batches), self._functions, claims.load)

    def _pinned(
        self, batch_id: UUID, ask: Callable[[Collection[UUID]], list[tuple[Batch, int]]] | None = None
    ) -> tuple[Batch, int]:
        """A batch, with the local functions of its pipeline at hand, whatever today's configuration names."""
        found = (ask or self.store.batches)([batch_id])
        if not found:
            raise UnknownId("batch", batch_id)
        for step in found[0][0].pipeline.steps:
            if step.function and step.function not in self._functions:
                # One that is gone fails its own rows, in words.
                with suppress(ImportError, AttributeError, ValueError):
                    self._functions[step.function] = resolve_name(step.function)
        return found[0]


def _client_of(send: Send) -> ClientId:
    return ClientId(UUID(send.payload["client_id"]))


_NOT_JSON: Final = object()


def _parsed(one: Incoming) -> tuple[Any, UUID | None]:
    if one.too_large:
        return None, None
    try:
        parsed = parse(one.body)
    except ValueError:
        return _NOT_JSON, None
    return parsed, claimed_id(parsed)


def _ack_status(events: Sequence[e.Event]) -> AckStatus:
    answers = [event for event in events if isinstance(event, e.AnswerEvent)]
    if not answers:
        return AckStatus.DUPLICATE
    if isinstance(answers[0], e.AnswerKept):
        return AckStatus.KEPT
    return AckStatus.LATE if answers[0].timing is e.Timing.LATE else AckStatus.ACCEPTED


def _filled(batch: Batch, item_count: int) -> tuple[e.Event, ...]:
    done = batch.filled or batch.status is BatchStatus.CANCELLED
    return () if done else (e.BatchFilled(item_count=item_count),)


def _turn(batch: Batch, active: int) -> tuple[e.Event, ...]:
    if batch.status is BatchStatus.FINISHED and active:
        return batches.decide_reopen(batch, why="an item goes on")
    return batches.decide_finish(batch, active_items=active)


def _pinned_step(unit: Unit, draft: Draft[Any], workflow: str) -> Step | None:
    state = draft.state
    return unit.batch(state.batch_id).pipeline.step(workflow) if isinstance(state, BatchItem) else state.step


def _known_facts(unit: Unit, draft: Draft[Any]) -> dict[str, Any]:
    state = draft.state
    if isinstance(state, BatchItem):
        return state.facts(unit.company_facts(state))
    return {**state.imported, **state.run.facts}


def _lane_index(registry: Registry) -> dict[LaneId, tuple[Client, str, Step]]:
    return {
        lane_id(client.id, stream.slug, step.workflow): (client, stream.slug, step)
        for client in registry.clients.values()
        for stream in registry.workstreams.values()
        for step in stream.pipeline.steps
        if step.kind is not Kind.LOCAL
    }


def _fingerprint(pipeline: Pipeline) -> str:
    return uuid5(NAMESPACE, msgspec.json.encode(pipeline, order="deterministic").decode()).hex
