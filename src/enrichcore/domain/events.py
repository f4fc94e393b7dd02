"""Every fact that enrichcore records, as frozen values.

An event says what happened to one aggregate; who it belongs to (stream, version, time, client, entity, batch) is in its
envelope, `Recorded`. Events are facts: replay never asks whether one was allowed. Their class names are their stable
names in the log and in SQL, so a class is never renamed; fields may be added with a default.

Step-run events name their step by its `workflow`, unique within an item's pipeline. `generation` counts the requests to run
a step again, `attempt` the POSTs over all its life. Credit amounts are exact decimals: `reserved`, `spent` and `corrected`
are *changes*, so that a sum over any set of events is right; `corrected` changes what was spent on an earlier day.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from attrs import Factory, field, frozen

from enrichcore.domain.answers import Rank
from enrichcore.domain.ids import BatchId, ClientId, CompanyId, CompanyRunId, ItemId, PersonId, UploadId
from enrichcore.domain.keys import Key
from enrichcore.domain.pipeline import Pipeline, Step

NOTHING = Decimal(0)


def _texts(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(values)


def _keys(values: Iterable[Key]) -> tuple[Key, ...]:
    return tuple(values)


class Timing(StrEnum):
    """When an answer came, seen from the wait that was registered for it."""

    EARLY = "early"
    IN_TIME = "in_time"
    LATE = "late"


class Source(StrEnum):
    """How an answer came."""

    CALLBACK = "callback"
    RESPONSE = "response"
    REUSE = "reuse"
    #: Placed by a person from the unmatched log.
    MATCHED = "matched"


class Settlement(StrEnum):
    """What a doubt about delivery, or the wait for an answer, is settled as."""

    SENT = "sent"
    RESEND = "resend"
    #: No answer will come: the wait ends now, as it would at its deadline.
    LOST = "lost"


@frozen(kw_only=True)
class Event:
    """The root of all events."""


# --- step runs ---------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class StepEvent(Event):
    """Something that happened to one step run of an item or a company run."""

    workflow: str


@frozen(kw_only=True)
class StepReady(StepEvent):
    """The step may be sent once due."""

    generation: int
    due: datetime


@frozen(kw_only=True)
class StepSkipped(StepEvent):
    """The step's condition did not hold, or there was nothing to ask with."""

    reason: str
    reserved: Decimal = NOTHING
    spent: Decimal = NOTHING


@frozen(kw_only=True)
class StepCompletedLocally(StepEvent):
    """A local function gave its data; replay reads the data and never calls the function."""

    data: Mapping[str, Any]


@frozen(kw_only=True)
class CompanyAwaited(StepEvent):
    """A company run will serve this step."""

    company_run_id: CompanyRunId


@frozen(kw_only=True)
class CompanyServed(StepEvent):
    """The company run ended, and with it this wait. The answer itself stays with the run."""

    company_run_id: CompanyRunId
    #: Version of the company run whose end served this wait.
    run_version: int
    #: How the run ended: `completed`, `failed`, `timed_out`, `skipped` or `cancelled`.
    ended: str
    #: Whether an answer from before this wait served it, with no POST and no credit.
    reused: bool = False
    reason: str = ""
    #: Rank of the answer in force, where the run completed.
    rank: Rank | None = None


@frozen(kw_only=True)
class PersonAwaited(StepEvent):
    """Another item's row asks the same about this person and is out: this step waits for that answer."""

    #: The item whose row is out.
    item_id: ItemId
    #: When this step may be sent itself, should it not be told anything before.
    due: datetime


@frozen(kw_only=True)
class AnswerPromised(StepEvent):
    """Another item of the same person waits for the answer to this row."""

    item_id: ItemId


@frozen(kw_only=True)
class StepSending(StepEvent):
    """One attempt is durable; from now on bytes may be leaving."""

    generation: int
    attempt: int
    #: Sent as `Idempotency-Key`, and in the callback URL as the attempt's token.
    key: str
    workstream: str
    #: Hash of the webhook's URL.
    webhook: str
    lease_until: datetime
    reserved: Decimal = NOTHING


@frozen(kw_only=True)
class StepSent(StepEvent):
    """The third party accepted the row."""

    generation: int
    attempt: int
    http_status: int
    deadline: datetime


@frozen(kw_only=True)
class SendRefused(StepEvent):
    """The row was surely not delivered; this costs no attempt."""

    generation: int
    attempt: int
    reason: str
    due: datetime
    reserved: Decimal = NOTHING
    #: Hash of the URL of the webhook that did not take it.
    webhook: str = ""


@frozen(kw_only=True)
class SendUnknown(StepEvent):
    """The row may or may not have been delivered."""

    generation: int
    attempt: int
    reason: str
    deadline: datetime


@frozen(kw_only=True)
class StepFailed(StepEvent):
    """The provider refuses this row for good, or a local function failed."""

    reason: str
    attempt: int | None = None
    reserved: Decimal = NOTHING
    #: What other POSTs that are still out count as.
    spent: Decimal = NOTHING


@frozen(kw_only=True)
class SendNoted(StepEvent):
    """The outcome of a POST came when it could change nothing but the credits."""

    generation: int
    attempt: int
    outcome: str
    reason: str = ""
    #: Whether the row was surely not delivered, so that the attempt is given back.
    undelivered: bool = False
    reserved: Decimal = NOTHING
    #: Change of what was spent on the day (UTC) on which this POST was counted.
    corrected: Decimal = NOTHING
    corrected_on: date | None = None
    #: The batch and workflow that a company's POST is charged to, where its cost is corrected.
    corrected_batch: BatchId | None = None
    corrected_workflow: str = ""
    #: Hash of the webhook's URL.
    webhook: str = ""


@frozen(kw_only=True)
class AnswerEvent(StepEvent):
    """An answer, with its body as it came."""

    #: The body's bytes, verbatim; empty for a reused answer that is in force where it was recorded.
    body: bytes = b""
    #: sha256 of the content without our own echoed ids and formatting, in hexadecimal.
    content_hash: str
    rank: Rank
    timing: Timing
    source: Source
    generation: int
    #: The attempt that it answers, when its token tells.
    attempt: int | None = None
    #: Facts that later decisions use, as the rules of that day read them.
    facts: Mapping[str, Any] = Factory(dict)
    #: Credits that the answer tells, or that the configuration says for one that found nothing; None where neither does.
    credits: Decimal | None = None
    reserved: Decimal = NOTHING
    #: What the answer cost, and what other POSTs that are still out count as.
    spent: Decimal = NOTHING
    #: Change of what was spent on the day (UTC) on which the answered POST was counted, where that was before.
    corrected: Decimal = NOTHING
    corrected_on: date | None = None
    #: The batch and workflow that a company's POST is charged to, where its cost is corrected.
    corrected_batch: BatchId | None = None
    corrected_workflow: str = ""
    #: The provider's words, for an error answer, and for an empty one whose status said that nothing was found; whom the answer is
    #: about, where it was left out for being about somebody else than the one who was asked about.
    error: str = ""
    #: The item or company run, and its version, that a reused answer was recorded in.
    reused_from: UUID | None = None
    reused_version: int | None = None


@frozen(kw_only=True)
class StepAnswered(AnswerEvent):
    """The first answer, or a better one than an error or a time-out."""


@frozen(kw_only=True)
class AnswerRevised(AnswerEvent):
    """A later, different answer is now in force."""


@frozen(kw_only=True)
class AnswerKept(AnswerEvent):
    """An answer that is not in force: of a lower rank, or after a cancellation."""

    #: Whether it is kept only for the cancellation, so that it serves other items of the same person.
    serves: bool = False


@frozen(kw_only=True)
class AnswerSetAside(StepEvent):
    """The answer came and could not be applied: it is among the unmatched, and the row is not sent again for want of it."""

    reason: str


@frozen(kw_only=True)
class AnswerTimedOut(StepEvent):
    """The deadline passed without an answer, or a person says that none will come."""

    generation: int
    attempt: int
    #: Whether an attempt is left, so that the step is ready again.
    again: bool
    reason: str
    reserved: Decimal = NOTHING
    spent: Decimal = NOTHING
    #: Who ended the wait before its deadline.
    by: str = ""


@frozen(kw_only=True)
class DoubtSettled(StepEvent):
    """A doubt about delivery was decided, by policy or by a person."""

    generation: int
    attempt: int
    settlement: Settlement
    by: str
    why: str
    #: When a resend is due, or the deadline of what went out.
    at: datetime
    #: Whether a person decided, so that the resend is one more POST than `attempts` allows.
    by_person: bool = False


@frozen(kw_only=True)
class RetryRequested(StepEvent):
    """The step is to run once more, as the next generation."""

    generation: int
    due: datetime
    by: str
    why: str
    #: Whether an answer from before will do, where other items have one, for this step was given none.
    known_will_do: bool = False


@frozen(kw_only=True)
class StepCancelled(StepEvent):
    """A person stopped the step."""

    by: str
    why: str
    reserved: Decimal = NOTHING
    spent: Decimal = NOTHING
    #: Until when the answer to a row that is out may come.
    deadline: datetime | None = None


@frozen(kw_only=True)
class StepRestored(StepEvent):
    """A step that a person had stopped goes on as if it had not been: its row is still out, and is waited for again."""

    generation: int
    #: The POST whose answer is waited for.
    attempt: int
    #: Whether it was surely delivered.
    delivered: bool
    deadline: datetime
    by: str
    why: str
    #: What the cancellation counted as spent is reserved again.
    reserved: Decimal = NOTHING
    corrected: Decimal = NOTHING
    #: The day (UTC) on which it was counted.
    corrected_on: date | None = None
    #: The batch and workflow that it was charged to, where those are not the event's own.
    corrected_batch: BatchId | None = None
    corrected_workflow: str = ""


# --- items -------------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class ItemCreated(Event):
    """One person starts the way through a pipeline."""

    workstream: str
    #: Fingerprint of the pipeline that the batch's launch pinned.
    pipeline: str
    #: The pipeline's workflows, in order.
    workflows: tuple[str, ...] = field(converter=_texts)
    person_id: PersonId
    company_id: CompanyId | None = None
    #: What the import knew, under the names of `final_leads`.
    facts: Mapping[str, Any] = Factory(dict)


@frozen(kw_only=True)
class ItemCompleted(Event):
    """Every step has ended; `gaps` are the workflows that gave nothing because they failed or timed out."""

    gaps: tuple[str, ...] = field(default=(), converter=_texts)


@frozen(kw_only=True)
class ItemFailed(Event):
    """A step with `on_failure = "stop"` failed."""

    workflow: str
    reason: str


@frozen(kw_only=True)
class ItemCancelled(Event):
    """A person stopped the item."""

    by: str
    why: str


@frozen(kw_only=True)
class ItemResumed(Event):
    """An ended item goes on: a good late answer came, or a step is to run again."""

    why: str


# --- company runs ------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class CompanyRunStarted(Event):
    """A company is asked about, for the first time, anew, or on another lane, with its starter's lane and settings."""

    company_id: CompanyId
    result: str
    workstream: str
    step: Step
    facts: Mapping[str, Any]
    #: The item that asked, and its batch, which is charged.
    started_by: ItemId
    batch_id: BatchId
    #: Why a row that was to leave on another lane is to leave on this one.
    why: str = ""


# --- batches and uploads -----------------------------------------------------------------------------------------


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
    unmapped: tuple[str, ...] = field(converter=_texts)
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


# --- the directory: who is who -----------------------------------------------------------------------------------


@frozen(kw_only=True)
class PersonImported(Event):
    """A row told of a person; the person is the envelope's entity."""

    upload_id: UploadId
    line: int
    raw: Mapping[str, str]
    facts: Mapping[str, Any]
    #: Keys that now mean this person.
    keys: tuple[Key, ...] = field(converter=_keys)
    company_id: CompanyId | None = None


@frozen(kw_only=True)
class CompanyImported(Event):
    """A row told of a company; the company is the envelope's entity."""

    upload_id: UploadId
    line: int
    facts: Mapping[str, Any]
    #: Keys that now mean this company.
    keys: tuple[Key, ...] = field(converter=_keys)


@frozen(kw_only=True)
class PersonsMerged(Event):
    """A row's keys, or what an answer found, belong to two known persons, so these are one; the envelope's entity stays."""

    merged: PersonId
    because: Key


@frozen(kw_only=True)
class KeysFound(Event):
    """An answer told keys that nobody's rows had told of the one who was asked about; that one is the envelope's entity."""

    #: Who was asked about: the item or company run, and the answer's version in its stream.
    run_id: UUID
    version: int
    workflow: str
    answered_at: datetime
    #: Found keys that now mean the entity, and those that mean nobody because answers told them of two.
    keys: tuple[Key, ...] = field(converter=_keys)
    #: Those that somebody else has, who is not merged.
    contested: tuple[Key, ...] = field(default=(), converter=_keys)


@frozen(kw_only=True)
class PersonKeysFound(KeysFound):
    """An answer told keys of a person."""


@frozen(kw_only=True)
class CompanyKeysFound(KeysFound):
    """An answer told keys of a company."""


@frozen(kw_only=True)
class CompaniesMerged(Event):
    """One row's keys belong to two known companies, so these are one; the envelope's entity stays."""

    merged: CompanyId
    because: Key


# --- lanes -------------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class LaneStopped(Event):
    """Nothing is sent on the lane until a person resumes it."""

    workstream: str
    workflow: str
    reason: str
    by: str


@frozen(kw_only=True)
class LaneResumed(Event):
    """The lane sends again."""

    by: str
    why: str


@frozen(kw_only=True)
class RefusalsCounted(Event):
    """Rows of the lane were refused for good one after the other, or one was taken again."""

    workstream: str
    workflow: str
    #: Rows refused since the last that was taken; 0 once one is.
    in_a_row: int


@frozen(kw_only=True)
class ConnectionsFailed(Event):
    """No connection to the lane's webhook could be made, one time after the other, or one could be made again."""

    workstream: str
    workflow: str
    #: Times since the webhook was last reached, those while it is tried with one row at a time included; 0 once it is.
    in_a_row: int
    #: What the last one said.
    reason: str = ""


@frozen(kw_only=True)
class DoubtsCounted(Event):
    """Nobody knows of rows of the lane, one after the other, whether they were delivered, or one is known to be taken again."""

    workstream: str
    workflow: str
    #: Rows since one was known to be taken, those while it is tried with one row at a time included; 0 once one is.
    in_a_row: int
    #: What was said of the last one.
    reason: str = ""


@frozen(kw_only=True)
class LaneHeld(Event):
    """Nothing is sent on the lane for a while: the third party asked for a pause, cannot be reached, or leaves rows in doubt."""

    workstream: str
    workflow: str
    until: datetime
    reason: str
    #: Whether the third party asked for it.
    asked: bool = True


@frozen(kw_only=True)
class WebhookEndsSoon(Event):
    """A webhook has taken nine tenths of the rows that it takes in its life."""

    workstream: str
    workflow: str
    #: Hash of its URL.
    webhook: str
    sends: int
    lifetime_limit: int


# --- the world ---------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class ConfigurationApplied(Event):
    """A changed configuration is in force; secrets and URLs appear only as hashes."""

    fingerprint: str
    snapshot: Mapping[str, Any]
    by: str


@frozen(kw_only=True)
class DayPassed(Event):
    """A new day began (UTC), so indicators that depend on time are due."""

    day: date


@frozen(kw_only=True)
class CallbackUnmatched(Event):
    """An answer with the right secret that could not be placed."""

    workstream: str
    workflow: str
    #: What the body claimed as its `item_id`, shortened.
    claimed_id: str
    reason: str
    body: bytes
    #: The attempt's token, where the sender gave one back.
    token: str = ""


@frozen(kw_only=True)
class CallbackMatched(Event):
    """An unmatched answer was placed."""

    item_id: UUID
    by: str
    why: str = ""


@frozen(kw_only=True)
class Recorded:
    """An event in its envelope, as it stands in a stream."""

    #: The aggregate that the event belongs to.
    stream_id: UUID
    #: Position in the stream, counted from 1.
    version: int
    #: When it was recorded, by the clock given to the decision, in UTC.
    at: datetime
    event: Event
    client_id: ClientId | None = None
    #: The person or company that it is about.
    entity_id: UUID | None = None
    batch_id: BatchId | None = None
    #: Position in the log over all streams; None until stored.
    position: int | None = None
