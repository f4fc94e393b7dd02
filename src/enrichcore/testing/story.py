"""What led to a broken promise, told from the log: one line an event, for people who know their pipeline and not this library."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import attrs

from enrichcore.domain import events as e

#: Lines of a story at most; what is left out stands at its beginning.
LONGEST: Final = 60
#: Characters of a value.
_LONG: Final = 200
_ID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
#: First events of streams that are one thing only.
_ROLES: Final = {
    e.UploadStarted: "upload",
    e.PersonImported: "directory",
    e.CompanyImported: "directory",
    e.ConfigurationApplied: "configuration",
    e.DayPassed: "days",
}
#: Fields that tell what happened, to whom, and why; the others are for machines.
_TELLING: Final = (
    "attempt", "generation", "http_status", "outcome", "settlement", "rank", "timing", "ended", "again", "facts", "body", "data", "gaps",
    "reason", "error", "by", "why", "until", "company_run_id", "item_id",
)  # fmt: skip


def story(log: Sequence[e.Recorded], sentences: Sequence[str], taken: Collection[str]) -> str:
    """What happened to the items, company runs and batches that these sentences name, and to those that they met.

    Args:
        log: every event, in order.
        sentences: what is broken.
        taken: keys of the POSTs that the third party really has.
    """
    names = _names(log)
    told = _concerned(log, sentences, names)
    lines = [_line(one, names, taken, log[0].at) for one in log if not told or one.stream_id in told]
    left_out = len(lines) - LONGEST
    return "\n".join([*([f"({left_out} earlier events)"] if left_out > 0 else []), *lines[-LONGEST:]])


def _concerned(log: Sequence[e.Recorded], sentences: Sequence[str], names: Mapping[UUID, str]) -> set[UUID]:
    named = {UUID(found) for found in _ID.findall(" ".join(sentences))} & names.keys()
    met = {value for one in log if one.stream_id in named for value in _values(one.event) if value in names}
    batches = {one.batch_id for one in log if one.stream_id in named and one.batch_id is not None}
    return named | met | batches if named else set()


def _values(event: e.Event) -> Iterator[UUID]:
    yield from (value for value in attrs.asdict(event, recurse=False).values() if isinstance(value, UUID))


def _names(log: Sequence[e.Recorded]) -> dict[UUID, str]:
    """What to call each stream: whose it is, and enough of its id to find it in the sentences."""
    return {one.stream_id: f"{_called(one.event)} {str(one.stream_id)[:8]}" for one in log if one.version == 1}


def _called(event: e.Event) -> str:
    match event:
        case e.ItemCreated(facts=facts):
            parts = facts.get("person_first_name"), facts.get("person_last_name")
            return f"item of {facts.get('person_full_name') or ' '.join(filter(None, parts)) or 'somebody'}"
        case e.CompanyRunStarted(facts=facts, result=result):
            return f"{result} of {facts.get('company_name') or facts.get('company_domain') or 'a company'}"
        case e.BatchLaunched(workstream=workstream):
            return f"batch of {workstream}"
    return _ROLES.get(type(event), "lane")


def _line(one: e.Recorded, names: Mapping[UUID, str], taken: Collection[str], began: datetime) -> str:
    event = one.event
    facts = attrs.asdict(event, recurse=False)
    words = [type(event).__name__, facts.get("workflow", "")]
    words += [
        f"{name}={_shown(facts[name], names)}" for name in _TELLING if facts.get(name) or facts.get(name) is False
    ]
    if isinstance(event, e.StepSending):
        words.append("the third party has it" if event.key in taken else "it never arrived")
    return f"{str(one.at - began).partition('.')[0]:>16}  {names[one.stream_id]}: {' '.join(filter(None, words))}"


def _shown(value: Any, names: Mapping[UUID, str]) -> str:
    if isinstance(value, UUID):
        return names.get(value, str(value))
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    return text if len(text) <= _LONG else f"{text[:_LONG]}…"
