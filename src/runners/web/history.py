"""What happened to one item or company run, as a page and the API tell it: words, times, and bodies cut short."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from attrs import asdict, frozen

from enrichcore.application.revisions import Changed, before_and_after, in_words, revisions
from enrichcore.domain.events import Event, Recorded
from enrichcore.domain.pipeline import Pipeline, Step
from runners.plain import body_text
from runners.web.desk import Desk

#: Characters of a body that pages show.
BODY_SHOWN: Final = 2_000
#: What an event holds for the machinery alone.
_UNSAID: Final = frozenset({"workflow", "body", "key", "webhook", "content_hash"})
#: How an event class is coloured: how the state that it leads to is.
_COLOURS: Final = {
    "StepReady": "ready",
    "StepSkipped": "skipped",
    "StepCompletedLocally": "completed",
    "CompanyAwaited": "waiting_for_company",
    "CompanyServed": "completed",
    "PersonAwaited": "ready",
    "StepSending": "sending",
    "StepSent": "awaiting_answer",
    "SendRefused": "retry_wait",
    "SendUnknown": "in_doubt",
    "StepFailed": "failed",
    "StepAnswered": "completed",
    "AnswerRevised": "completed",
    "AnswerSetAside": "awaiting_answer",
    "AnswerTimedOut": "timed_out",
    "RetryRequested": "ready",
    "StepCancelled": "cancelled",
    "StepRestored": "awaiting_answer",
    "ItemCompleted": "completed",
    "ItemFailed": "failed",
    "ItemCancelled": "cancelled",
}


_encoder: Final = msgspec.json.Encoder(enc_hook=str, decimal_format="string")


@frozen(kw_only=True)
class Told:
    """One event, for people."""

    version: int
    at: datetime
    type: str
    #: The event's class in words: `Step sent`.
    title: str
    colour: str
    workflow: str
    #: (name, value) of what it says, without what is empty.
    details: tuple[tuple[str, str], ...]
    #: The answer's body as text, at most 2,000 characters; empty where there is none.
    body: str


def told_of(desk: Desk, stream: Sequence[Recorded]) -> list[Told]:
    """The events of a run as the page shows them."""
    revised = revisions(stream)
    return [_told(desk, one, in_words(revised.get(one.version, {}))) for one in stream]


def _told(desk: Desk, recorded: Recorded, changed: str) -> Told:
    event = recorded.event
    name = type(event).__name__
    found = asdict(event, recurse=False)
    details = [("changed", desk.masked(changed))] if changed else []
    details += [(key, desk.masked(_text(value))) for key, value in found.items() if key not in _UNSAID and _says(value)]
    return Told(
        version=recorded.version,
        at=recorded.at,
        type=name,
        title=_title(name),
        colour=_COLOURS.get(name, "start"),
        workflow=found.get("workflow", ""),
        details=tuple(details),
        body=desk.masked(body_text(found.get("body", b""), BODY_SHOWN)),
    )


def events_json(desk: Desk, stream: Sequence[Recorded]) -> list[dict[str, Any]]:
    """The events of a run as the API tells them, and what each revised answer changed."""
    revised = revisions(stream)
    return [_event_json(desk, one, revised.get(one.version)) for one in stream]


def _event_json(desk: Desk, recorded: Recorded, changed: Changed | None) -> dict[str, Any]:
    more = {} if changed is None else {"changed": _plain(desk, before_and_after(changed))}
    return {
        "version": recorded.version,
        "type": type(recorded.event).__name__,
        "at": recorded.at,
        "data": _data(desk, recorded.event),
        **more,
    }


def _data(desk: Desk, event: Event) -> dict[str, Any]:
    found = asdict(event, recurse=False)
    body = {"body": body_text(found.pop("body"), BODY_SHOWN)} if "body" in found else {}
    return _plain(desk, {**found, **body})


def _plain(desk: Desk, said: Mapping[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.json.decode(desk.masked(_encoder.encode(said).decode()))
    return plain


def _says(value: Any) -> bool:
    return value is not None and value not in ("", 0, False, (), {})


def _title(name: str) -> str:
    spaced = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip()
    return spaced.capitalize()


def _text(value: Any) -> str:
    match value:
        case datetime():
            return f"{value:%Y-%m-%d %H:%M:%S}"
        case Step():
            return value.workflow
        case Pipeline():
            return ", ".join(step.workflow for step in value.steps)
        case Mapping():
            return ", ".join(f"{name}: {_text(part)}" for name, part in value.items() if part is not None)
        case tuple() | list() | frozenset():
            return ", ".join(map(_text, value))
    return str(value)
