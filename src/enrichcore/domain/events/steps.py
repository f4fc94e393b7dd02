"""What happens to one step run of an item or a company run.

They name their step by its `workflow`, unique within an item's pipeline. `generation` counts the requests to run a step again,
`attempt` the POSTs over all its life. Credit amounts are exact decimals: `reserved`, `spent` and `corrected` are *changes*, so
that a sum over any set of events is right; `corrected` changes what was spent on an earlier day.
"""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from attrs import Factory, frozen

from enrichcore.domain.answers import Rank
from enrichcore.domain.events.base import Event
from enrichcore.domain.ids import BatchId, CompanyRunId, ItemId

NOTHING = Decimal(0)


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
    """A company run will serve this step, or another one than before: the two companies turned out to be one."""

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
    #: Who placed it by hand, and why; empty where nobody did.
    by: str = ""
    why: str = ""


@frozen(kw_only=True)
class StepAnswered(AnswerEvent):
    """The first answer, or a better one than an error or a time-out."""


@frozen(kw_only=True)
class AnswerRevised(AnswerEvent):
    """A later, different answer is now in force."""


@frozen(kw_only=True)
class AnswerKept(AnswerEvent):
    """An answer that is not in force: of a lower rank, or to an item's step that was cancelled."""

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
