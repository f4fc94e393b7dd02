"""The application: every use case of enrichcore, on any store.

It holds no state but what it may forget. Each method is one use case, told in a module of its own: load, decide, commit; a
commit that lost a race is decided again. Time and new ids come from arguments, so tests say what time it is.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import count
from pathlib import Path
from uuid import UUID, uuid4

from attrs import evolve

from enrichcore.application import (
    claiming,
    configuration,
    controlling,
    lane_control,
    launching,
    learning,
    local_steps,
    moving,
    recording,
    saved_mappings,
    unheard,
    uploading,
    waking,
)
from enrichcore.application.answers import Ack, Incoming
from enrichcore.application.core import Core
from enrichcore.application.retry_costs import RetriedStep, retry_costs
from enrichcore.application.retrying import Pause, pause_at_random
from enrichcore.application.sending import Send, SendReport
from enrichcore.application.upload_report import UploadReport
from enrichcore.domain.batch import Batch
from enrichcore.domain.events import ConfigurationApplied, RowRejected, Settlement
from enrichcore.domain.ids import CONFIGURATION, BatchId, UploadId
from enrichcore.domain.life_cycle import State
from enrichcore.domain.local_function import LocalFunction
from enrichcore.domain.pipeline import Kind
from enrichcore.domain.upload import Upload
from enrichcore.registry import Fault, Registry, RunnerSettings, load_functions, missing_webhooks
from enrichcore.store.commit import Store

__all__ = ["CONFIGURATION", "Enrichment"]


class Enrichment:
    """The use cases.

    Args:
        store: where events and inline state are kept.
        registry: workstreams and clients.
        clock: tells the time, in UTC; the store's unless given, which all who share it go by.
        new_id: makes ids for what has no natural one: uploads and batches.
        callback_base_url: what Clay can reach; the configuration's unless given.
        functions: those of local steps, by the names that the configuration gives them; loaded unless given.
        pause: waits between two lost races, given how many were lost.
    """

    def __init__(
        self,
        store: Store,
        registry: Registry,
        *,
        clock: Callable[[], datetime] | None = None,
        new_id: Callable[[], UUID] = uuid4,
        callback_base_url: str = "",
        functions: Mapping[str, LocalFunction] | None = None,
        pause: Pause = pause_at_random,
    ) -> None:
        #: What the use cases rest on; for use cases of one's own.
        self.core = Core(
            store=store,
            registry=registry,
            clock=clock or store.clock,
            new_id=new_id,
            pause=pause,
            callback_base_url=callback_base_url or registry.runner.callback_base_url,
            functions=dict(load_functions(registry) if functions is None else functions),
        )
        self._lanes = claiming.lanes_of(registry)
        self._turns = count()
        self._unheard = unheard.Unheard()
        #: Takes over the configuration in force, where this process can.
        self._catch_up: Callable[[], object] = lambda: None
        #: Local functions that rows wait for, and that are not loaded here.
        self._lacking: set[str] = set()

    @property
    def store(self) -> Store:
        """Where events and inline state are kept."""
        return self.core.store

    def now(self) -> datetime:
        """The time that decisions go by, in UTC."""
        return self.core.clock()

    @property
    def registry(self) -> Registry:
        """Workstreams and clients."""
        return self.core.registry

    @property
    def callback_base_url(self) -> str:
        """What Clay can reach."""
        return self.core.callback_base_url

    @callback_base_url.setter
    def callback_base_url(self, url: str) -> None:
        self.core.callback_base_url = url

    # --- configuration and calendar ------------------------------------------------------------------------------

    def apply(self, *, by: str, on_purpose: bool = False) -> bool:
        """Record the configuration if it changed; tells whether it did.

        Raises:
            StaleConfiguration: This very configuration was superseded by a newer one, and `on_purpose` is not set.
        """
        return configuration.apply(self.core, by=by, on_purpose=on_purpose)

    def applied_after(self, version: int) -> tuple[int, ConfigurationApplied] | None:
        """The newest configuration put in force after a version of their stream, with its own; None where none was."""
        return configuration.applied_after(self.core, version)

    def answers_shut_out(self) -> list[Fault]:
        """Clients whose rows are out, and of whom a callback secret is in force that this configuration does not know."""
        return configuration.answers_shut_out(self.core)

    def take_over(self, registry: Registry) -> None:
        """Go by another configuration from the next decision on; what is under way ends by the one it began with.

        The runner's own settings stay: they are no part of what is put in force.

        Raises:
            ConfigurationError: Functions of local steps cannot be loaded; nothing is taken over.
        """
        kept = evolve(registry, runner=self.registry.runner)
        functions = {**self.core.functions, **load_functions(kept)}
        self._lanes = claiming.lanes_of(kept)
        self.core = evolve(self.core, registry=kept, functions=functions)

    def follow(self, catch_up: Callable[[], object]) -> None:
        """Have this called before whatever the configuration decides: a launch, an upload, a retry, a decision about a lane.

        Args:
            catch_up: calls `take_over` with the configuration in force, where the process can give that.
        """
        self._catch_up = catch_up

    def _require_in_force(self) -> None:
        self._catch_up()
        configuration.require_in_force(self.core)

    def take_over_runner(self, runner: RunnerSettings) -> None:
        """Go by other settings of the process itself from the next decision on."""
        self.core = evolve(self.core, registry=evolve(self.registry, runner=runner))

    def pass_day(self, day: date) -> bool:
        """Record that a day began; once, whichever runner sees it first."""
        return configuration.pass_day(self.core, day)

    # --- uploads -------------------------------------------------------------------------------------------------

    def upload(
        self,
        source: Path | str | bytes,
        *,
        client: str | UUID,
        workstream: str,
        overrides: Mapping[str, str] | None = None,
        name: str = "",
        by: str = "library",
        dry_run: bool = False,
        use_saved: bool = True,
        save: bool = False,
        progress: Callable[[int, int], None] = lambda _done, _total: None,
    ) -> UploadReport:
        """Import a file.

        Args:
            source: the path of a file, or the bytes of one.
            client: slug or uuid.
            workstream: slug; its profile says how the file is read.
            overrides: column → field, for columns that should not be mapped as the profile would.
            name: what the file is called, for people.
            by: who imports.
            dry_run: only count.
            use_saved: whether columns that `overrides` does not name are read as they were saved.
            save: whether to keep `overrides` for later files of this client and workstream.
            progress: told the bytes of the file that were read, and how many it has.

        Raises:
            UnknownNameError: No such client or workstream.
            NotATable: The file is no table.
            BadMapping: An override names a column or field that does not exist.
            NotInForce: Another configuration is in force; a dry run goes by this one.
        """
        if not dry_run:
            self._require_in_force()
        return uploading.upload(
            self.core, Path(source) if isinstance(source, str) else source, client=client, workstream=workstream,
            overrides=overrides or {}, name=name, by=by, dry_run=dry_run, use_saved=use_saved, save=save, progress=progress,
        )  # fmt: skip

    def rejected_rows(self, upload_id: UploadId) -> Iterator[RowRejected]:
        """The rows of an upload that were kept aside, in file order; a page of them is held at a time.

        Raises:
            UnknownId: There is no such upload.
        """
        return uploading.rejected_rows(self.core, upload_id)

    def saved_mapping(self, client: str | UUID, workstream: str) -> dict[str, str]:
        """Column → field as saved for files of a client and workstream.

        Raises:
            UnknownNameError: No such client or workstream.
        """
        owner, stream = self.registry.client(client), self.registry.workstream(workstream)
        return saved_mappings.saved_mapping(self.core, owner.id, stream.slug)

    def save_mapping(
        self, client: str | UUID, workstream: str, columns: Mapping[str, str], *, by: str = "library"
    ) -> bool:
        """Add to the saved mapping; tells whether that changed anything.

        Raises:
            UnknownNameError: No such client or workstream.
            BadMapping: A field does not exist.
        """
        owner, stream = self.registry.client(client), self.registry.workstream(workstream)
        return saved_mappings.save_mapping(self.core, owner.id, stream.slug, columns, by=by)

    def forget_mapping(
        self, client: str | UUID, workstream: str, columns: Iterable[str], *, by: str = "library"
    ) -> bool:
        """Take columns out of the saved mapping; tells whether that changed anything.

        Raises:
            UnknownNameError: No such client or workstream.
        """
        owner, stream = self.registry.client(client), self.registry.workstream(workstream)
        return saved_mappings.forget_mapping(self.core, owner.id, stream.slug, columns, by=by)

    def get_upload(self, upload_id: UploadId) -> Upload:
        """An upload as it stands.

        Raises:
            UnknownId: There is none.
        """
        return uploading.get_upload(self.core, upload_id)

    def learn(self) -> int:
        """Learn from the next answers who is who, as every upload and launch does before it begins; how many were looked at.

        Addresses and pages that answers tell find people and companies in later imports, and may make two people one.

        Raises:
            Conflict: Imports of the same client were first, again and again; a later call does it.
        """
        return learning.learn_more(self.core)

    # --- batches -------------------------------------------------------------------------------------------------

    def launch(
        self,
        upload_id: UploadId,
        *,
        by: str = "library",
        progress: Callable[[int], None] = lambda _: None,
        again: bool = True,
    ) -> Batch:
        """Start a batch: one item for each distinct person of the upload.

        Args:
            upload_id: what is launched.
            by: who launches.
            progress: told the number of people done.
            again: also while another batch of the upload is under way.

        Raises:
            UnknownId: There is no such upload.
            CannotLaunch: The upload is not finished or names no one, or a webhook is not configured.
            UploadUnderWay: A batch of the upload has not ended, and `again` is not set.
            NotInForce: Another configuration is in force than this process goes by.
        """
        self._catch_up()
        return launching.launch(self.core, upload_id, by=by, progress=progress, again=again)

    def batches_of(self, upload_id: UploadId) -> list[Batch]:
        """The batches that were launched from an upload."""
        return launching.batches_of(self.core, upload_id)

    def missing_webhooks(self, client: str | UUID, workstream: str) -> list[str]:
        """Keys of the webhooks that a client lacks for a workstream."""
        return [fault.key for fault in missing_webhooks(self.registry, client, workstream)]

    def fill(self, batch_id: BatchId, *, progress: Callable[[int], None] = lambda _: None) -> Batch:
        """Make every item of a batch that does not exist yet; also after an interrupted launch."""
        return launching.fill(self.core, batch_id, progress=progress)

    def filling(self, batch_id: BatchId) -> Iterator[int]:
        """Fill a batch, a commit each time the next number is asked for: how many people have been looked at."""
        return launching.filling(self.core, batch_id)

    def note_filling_failed(self, batch_id: BatchId, fault: BaseException) -> None:
        """Record why a batch could not be filled, for whoever asks what became of it."""
        launching.note_filling_failed(self.core, batch_id, fault)

    def pause(self, batch_id: BatchId, *, by: str, why: str = "") -> bool:
        """Send nothing more of a batch for now; tells whether that changed anything."""
        return controlling.pause(self.core, batch_id, by=by, why=why)

    def resume(self, batch_id: BatchId, *, by: str, why: str = "") -> bool:
        """Go on with a paused batch; tells whether that changed anything."""
        return controlling.resume(self.core, batch_id, by=by, why=why)

    def cancel(self, batch_id: BatchId, *, by: str, why: str = "") -> int:
        """Stop a batch and its items, until they are retried on purpose; the number of items stopped.

        A company run that nobody waits for any more is stopped too, unless its row is already out: its answer is paid
        for, and serves whoever asks next.
        """
        return controlling.cancel(self.core, batch_id, by=by, why=why)

    def turn_batches(self) -> int:
        """Finish batches whose last item ended, reopen those where one goes on, and cancel to the end; how many turned."""
        return controlling.turn_batches(self.core)

    def retry(
        self,
        batch_id: BatchId,
        *,
        by: str,
        why: str = "",
        step: str | None = None,
        state: State | None = None,
        reason: str = "",
    ) -> int:
        """Run ended steps of a batch again: those that failed or timed out, unless a state is named; how many.

        Args:
            batch_id: whose steps.
            by: who asks.
            why: the reason for asking.
            step: only this workflow.
            state: those that ended so; completed data and cancelled steps only when named. A cancelled step whose row is still out
                is waited for again, and not sent.
            reason: only those whose own reason has these words in it, in upper or lower case.

        Raises:
            UnknownId: There is no such batch.
            NotInForce: Another configuration is in force than this process goes by.
        """
        self._require_in_force()
        return controlling.retry(
            self.core, batch_id, by=by, why=why or "asked for", step=step, state=state, reason=reason
        )

    def retry_costs(
        self, batch_id: BatchId, *, step: str | None = None, state: State | None = None, reason: str = ""
    ) -> list[RetriedStep]:
        """What `retry` of the same would send again, of each step: with one POST of each row, and at most; nothing is recorded.

        Raises:
            UnknownId: There is no such batch.
        """
        return retry_costs(self.core, batch_id, step=step, state=state, reason=reason)

    def settle(
        self, batch_id: BatchId, settlement: Settlement, *, by: str, why: str = "", step: str | None = None
    ) -> int:
        """Decide what is in doubt in a batch, its company runs included; how many.

        `Settlement.LOST` also ends waits for the answers to rows that were delivered, as their deadlines would: what is sent
        again then may be paid for twice, and an answer that comes all the same counts.
        """
        return controlling.settle(self.core, batch_id, settlement, by=by, why=why or "decided", step=step)

    # --- sending -------------------------------------------------------------------------------------------------

    def claim(self, limit: int, kind: Kind | None = None) -> list[Send]:
        """Take at most `limit` rows for sending, over all open lanes; each is durable as `StepSending`.

        Only what can leave now is taken: the lane is open, below its in-flight cap, and its pace group has a token. A lane
        that cannot be claimed keeps no other from it. What an earlier claim took without knowing, because the database was
        lost at its commit, is handed back first.

        Args:
            limit: most rows taken.
            kind: only rows of `webhook` steps, or only requests of `http` steps; both by default.

        Raises:
            StoreUnavailable: The database cannot be reached; what was taken all the same, the next claim hands back.
        """
        self.hand_back()
        return claiming.claim(self.core, self._lanes, limit, kind, turn=next(self._turns), unheard=self._unheard)

    def hand_back(self) -> int:
        """Hand back rows that were claimed, and not sent, because the database was lost at the commit; how many.

        Every claim begins so; for whoever claims nothing more.

        Raises:
            StoreUnavailable: The database cannot be reached.
        """
        return unheard.hand_back(self.core, self._unheard)

    def record(self, reports: Sequence[SendReport] = (), incoming: Sequence[Incoming] = ()) -> list[Ack]:
        """Record what became of claimed attempts, and answers, all in one commit.

        Returns:
            What became of each answer, now that it is durable.
        """
        return recording.record(self.core, reports, incoming)

    def set_aside(self, incoming: Incoming, fault: BaseException) -> Ack:
        """Keep an answer for which `record` raised what nobody foresaw: in the unmatched log, from where it is redriven."""
        return recording.set_aside(self.core, incoming, fault)

    def set_response_aside(self, report: SendReport, fault: BaseException) -> None:
        """Keep the response of a report for which `record` raised, and record what else it tells."""
        recording.set_response_aside(self.core, report, fault)

    def record_outcomes(self, reports: Sequence[SendReport]) -> None:
        """Record what became of claimed attempts, in one commit."""
        self.record(reports=reports)

    def receive(self, incoming: Sequence[Incoming]) -> list[Ack]:
        """Record answers, in one commit; each is told what became of it once that is durable."""
        return self.record(incoming=incoming)

    # --- lanes ---------------------------------------------------------------------------------------------------

    def stop_lane(self, client: str, workstream: str, workflow: str, *, by: str, why: str) -> bool:
        """Send nothing on a lane until it is resumed.

        Raises:
            UnknownNameError: The configuration has no such lane.
        """
        self._catch_up()
        return lane_control.stop_lane(self.core, client, workstream, workflow, by=by, why=why)

    def resume_lane(self, client: str, workstream: str, workflow: str, *, by: str, why: str = "") -> bool:
        """Send on a lane again.

        Raises:
            UnknownNameError: The configuration has no such lane.
        """
        self._catch_up()
        return lane_control.resume_lane(self.core, client, workstream, workflow, by=by, why=why)

    def move_companies(self, limit: int = 500) -> int:
        """Let companies' rows whose lane does not send leave on the lane of somebody else who waits for them; how many.

        For timers to call every few seconds.
        """
        return moving.move_companies(self.core, self._lanes, limit)

    def call_functions(self, limit: int = 500) -> int:
        """Let items go on that wait for a local function, where it is loaded here; how many.

        For timers to call every few seconds: the process that came to such an item was started before the function was written.
        """
        return local_steps.call_functions(self.core, self._lanes, limit, self._lacking)

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
        return waking.wake(self.core, limit, receiver_up=receiver_up)
