"""Answers on their way in: whose they are, what they are worth, and what the sender is told."""

import hashlib
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import msgspec
from attrs import frozen

from enrichcore.domain.answers import Reading
from enrichcore.domain.batch_item import BatchItem
from enrichcore.domain.company_run import CompanyRun
from enrichcore.domain.events import Source
from enrichcore.domain.ids import ClientId
from enrichcore.domain.pipeline import Entity
from enrichcore.domain.step_run import Answer
from enrichcore.fields import LEAD_FIELDS, AskedCompany, Rules, email_term, parse_body, read_answer, turned_away
from enrichcore.normalize import is_shared_mailbox

#: Our own words in a body: echoed, they say nothing about whether two answers are the same.
_ECHOES: Final = frozenset({"item_id", "client_id", "workstream", "workflow", "callback_url"})


class AckStatus(StrEnum):
    """What a callback is told; the first four are answered with 200."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    LATE = "late"
    KEPT = "kept"
    NOT_JSON = "not_json"
    UNKNOWN = "unknown"
    NO_ID = "no_id"
    TOO_LARGE = "too_large"
    #: Its application raised what nobody foresaw; it is kept in the unmatched log.
    SET_ASIDE = "set_aside"


#: An accepted answer that came before its row was known to be delivered is counted apart.
EARLY: Final = "early"
#: A callback whose secret is missing or wrong is told so, and only counted.
UNAUTHORIZED: Final = "unauthorized"
#: What callbacks are counted as.
OUTCOMES: Final = (*map(str, AckStatus), EARLY, UNAUTHORIZED)


@frozen(kw_only=True)
class Incoming:
    """A callback whose secret was right."""

    client_id: ClientId
    #: Empty on the endpoints that do not name it; the item tells it then.
    workstream: str
    workflow: str
    body: bytes
    #: The attempt's token from the callback URL.
    token: str = ""
    source: Source = Source.CALLBACK
    #: Larger than an answer may be: only kept, never placed.
    too_large: bool = False
    #: Who places it by hand, and why.
    by: str = ""
    why: str = ""


@frozen(kw_only=True)
class Ack:
    """What became of a callback, once that is durable."""

    status: AckStatus
    item_id: str = ""
    reason: str = ""
    #: Whether it came before its row was known to be delivered.
    early: bool = False

    @property
    def outcome(self) -> str:
        """What it is counted as."""
        return EARLY if self.early else str(self.status)


def parse(body: bytes) -> Any:
    """The body as JSON.

    Raises:
        ValueError: It is not JSON.
    """
    if not body.strip():
        raise ValueError("the body is empty")
    return parse_body(body)


def claimed_id(parsed: Any) -> UUID | None:
    """The item that a body claims to answer; only our own `item_id` counts, for Clay has ids of its own."""
    if isinstance(parsed, str):
        # The whole body in quotes, as a table makes it that puts quotes around an object.
        try:
            parsed = parse_body(parsed.encode("utf-8", "replace"))
        except ValueError:
            return None
    row = parsed[0] if isinstance(parsed, list) and len(parsed) == 1 else parsed
    claimed = row.get("item_id") if isinstance(row, dict) else None
    if not isinstance(claimed, str):
        return None
    try:
        return UUID(claimed.strip())
    except ValueError:
        return None


def content_hash(parsed: Any, own_ids: frozenset[str]) -> str:
    """A hash of what an answer says, without our echoed ids and without formatting."""
    if isinstance(parsed, dict):
        parsed = {
            name: value
            for name, value in parsed.items()
            if name not in _ECHOES and not (name in {"company_id", "person_id"} and value in own_ids)
        }
    try:
        canonical = msgspec.json.encode(parsed, order="deterministic")
    except (TypeError, ValueError, RecursionError):
        canonical = repr(parsed).encode("utf-8", "backslashreplace")
    return hashlib.sha256(canonical).hexdigest()


#: What conditions, rows and templates can name; the rest is read from the body by whoever needs it.
_PINNED: Final = frozenset(LEAD_FIELDS)
#: Characters of a reason.
MAX_REASON: Final = 300
_SHOWN: Final = (
    "person_full_name", "person_email", "person_linkedin_url", "company_name", "company_domain", "company_linkedin_url",
)  # fmt: skip
_EMAIL: Final = "person_email"
_STATUS: Final = "person_email_status"


def read(
    incoming: Incoming,
    parsed: Any,
    run: BatchItem | CompanyRun,
    entity: Entity,
    rules: Rules,
    at: AskedCompany,
    reading: Reading | None = None,
) -> Answer:
    """The answer, read by the configured rules, unless it was before, and hashed for the run that it belongs to.

    `at` is the company at which a person was asked about.
    """
    ids = [run.company_id, run.person_id] if isinstance(run, BatchItem) else [run.company_id]
    reading = reading or read_answer(incoming.body, entity=entity, sources=rules.sources, asked=at)
    another = _about_another(rules, reading.fields, run.imported, entity)
    return Answer(
        body=incoming.body,
        content_hash=content_hash(parsed, frozenset(str(own) for own in ids if own is not None)),
        rank=reading.rank,
        source=incoming.source,
        token=incoming.token,
        facts={} if another else _pinned(reading.fields, run.imported),
        credits=reading.credits,
        error=reading.error or another,
        by=incoming.by,
        why=incoming.why,
    )


def _about_another(rules: Rules, told: Mapping[str, Any], imported: Mapping[str, Any], entity: Entity) -> str:
    """Whom an answer is about, in words, where it is turned away for that; empty where it counts."""
    if not turned_away(rules, imported, told, entity):
        return ""
    shown = ", ".join(str(told[name]) for name in _SHOWN if name in told)
    return f"The answer is about somebody else: {shown}"[:MAX_REASON]


def _pinned(told: Mapping[str, Any], imported: Mapping[str, Any]) -> dict[str, Any]:
    """What later steps may go by: no address that bounces, and none of many people."""
    pinned = {name: value for name, value in told.items() if name in _PINNED}
    if email_term(told.get(_STATUS)) == "invalid":
        # A step that looks for an address still has to run, also where the import knew that very one.
        address = pinned.pop(_EMAIL, None)
        if address is not None and address == str(imported.get(_EMAIL) or "").casefold():
            pinned[_EMAIL] = None
    elif is_shared_mailbox(pinned.get(_EMAIL) or ""):
        del pinned[_EMAIL]
    return pinned
