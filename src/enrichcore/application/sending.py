"""What a sender is to send.

For a webhook one row, flat and stable, because Clay users bind columns to these names; for an `http` step the request
whose response is its answer.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

from attrs import frozen

from enrichcore.domain.batch_item import BatchItem
from enrichcore.domain.company_run import CompanyRun
from enrichcore.domain.ids import ClientId, LaneId
from enrichcore.domain.step_run import PostOutcome
from enrichcore.fields import COMPANY_FIELDS, LEAD_FIELDS, PERSON_FIELDS
from enrichcore.registry import HttpRequest, RenderedRequest
from enrichcore.registry.secret import Secret

#: How long a webhook may take to take a row, and the longest that an `http` step's response is waited for.
TAKEN_WITHIN: Final = timedelta(seconds=30)
LONGEST_RESPONSE: Final = timedelta(minutes=10)

_COMPANY: Final = tuple(name for name in COMPANY_FIELDS if name in LEAD_FIELDS)
_PERSON: Final = tuple(name for name in PERSON_FIELDS if name in LEAD_FIELDS)


@frozen(kw_only=True)
class Pace:
    """How fast rows may leave that share it."""

    #: The pace group, or one lane of it.
    group: str
    #: Rows a second.
    rate: float
    #: Rows at once, after a pause.
    burst: int


@frozen(kw_only=True)
class Send:
    """One claimed attempt, whose `StepSending` is durable."""

    run_id: UUID
    workstream: str
    workflow: str
    attempt: int
    #: Sent as `Idempotency-Key`.
    key: str
    url: Secret
    #: Sent as `x-clay-webhook-auth`.
    auth: Secret | None
    payload: Mapping[str, Any]
    #: Credits reserved for it.
    reserved: Decimal
    lane_id: LaneId
    #: When the attempt falls in doubt by itself: its first byte must not leave later.
    lease_until: datetime
    #: What to ask, for an `http` step; None POSTs the payload. `url` is then the template that it was made from.
    request: RenderedRequest | None = None
    #: How long the response may take.
    response_within: timedelta = TAKEN_WITHIN
    #: Whether it is to find out whether the webhook can be reached again.
    probe: bool = False
    #: By which its tokens were taken.
    paces: tuple[Pace, ...] = ()
    #: Of its `StepSending` in the log.
    position: int = 0

    @property
    def client_id(self) -> ClientId:
        """Whose row it is."""
        return ClientId(UUID(self.payload["client_id"]))


@frozen(kw_only=True)
class Response:
    """The response to an `http` step's request, which is its answer."""

    #: As it came, up to the size that an answer may have.
    body: bytes
    #: The provider's words where its status says that it found nothing, whatever else the body holds.
    nothing_found: str = ""
    #: Whether the body is only the beginning of one that is too large for an answer.
    too_large: bool = False


@frozen(kw_only=True)
class SendReport:
    """What became of one claimed attempt."""

    send: Send
    outcome: PostOutcome
    #: The answer, where it came in the response.
    response: Response | None = None


def payload(
    run: BatchItem | CompanyRun, facts: Mapping[str, Any], workflow: str, key: str, base_url: str
) -> dict[str, Any]:
    """The JSON object to POST: ids, the callback URL with the attempt's token, and the known fields."""
    run_id = run.item_id if isinstance(run, BatchItem) else run.company_run_id
    row: dict[str, Any] = {
        "item_id": str(run_id),
        "client_id": str(run.client_id),
        "workstream": run.workstream,
        "workflow": workflow,
        "callback_url": f"{_callbacks(base_url, run.workstream, workflow)}?token={key}",
    }
    if run.company_id is not None:
        row["company_id"] = str(run.company_id)
        row |= _known(facts, _COMPANY)
    if isinstance(run, BatchItem):
        row["person_id"] = str(run.person_id)
        row |= _known(facts, _PERSON)
    return row


@lru_cache(maxsize=1024)
def _callbacks(base_url: str, workstream: str, workflow: str) -> str:
    return f"{base_url}/callbacks/{quote(workstream, safe='')}/{quote(workflow, safe='')}"


def asked(row: Mapping[str, Any], facts: Mapping[str, Any]) -> dict[str, Any]:
    """What the templates of an `http` step may name: everything known, and what a webhook's row would hold."""
    return {**{name: _flat(value) for name, value in facts.items() if value is not None}, **row}


def response_within(request: HttpRequest | None, answer_within: timedelta) -> timedelta:
    """How long the response to a row, or to an `http` step's request, may take."""
    return TAKEN_WITHIN if request is None else min(answer_within, LONGEST_RESPONSE)


def _known(facts: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: _flat(facts[name]) for name in names if facts.get(name) is not None}


def _flat(value: Any) -> Any:
    return ", ".join(str(part) for part in value) if isinstance(value, list | tuple) else value
