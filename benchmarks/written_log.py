"""A log for benchmarks: seven events an item, two of them answers of about 2 KB, in the order in which a run appends them.

Each item is a person at a company of its own. The answers are the sandbox's, so they have Clay's wrappers, key styles and
blemishes. Events are encoded by the store's codec and go into the log by COPY, which is not what is measured.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid5

import psycopg

from enrichcore.domain import events as e
from enrichcore.domain.answers import Rank
from enrichcore.domain.ids import NAMESPACE, idempotency_key
from enrichcore.domain.pipeline import Entity, Kind, Pipeline, Step
from enrichcore.fields import read_answer
from enrichcore.store.codec import encode_event
from runners.sandbox.answers import Answerer
from runners.sandbox.fate import Fate
from runners.sandbox.recorded import Recordings

EVENTS_AN_ITEM = 7
BODY_BYTES = 2000
#: Items that are under way at the same time.
WAVE = 2000
START = datetime(2026, 3, 2, 9, tzinfo=UTC)
CLIENT = UUID("0b9c6a52-8c1e-4b8e-9a43-4f6e9d1a7c10")
COMPANY, PERSON = "enrich_company", "enrich_person"
PIPELINE = Pipeline(
    workstream="bench",
    steps=(
        Step(workflow=COMPANY, kind=Kind.WEBHOOK, entity=Entity.COMPANY, result="company_profile"),
        Step(workflow=PERSON, kind=Kind.WEBHOOK, entity=Entity.PERSON, result="person_profile"),
    ),
)
FIRST = ("Ottoline", "Bram", "Ilse", "Casimir", "Wanda", "Jorun", "Thaddeus", "Mirela", "Oswin", "Petra")
LAST = ("Fennimarsh", "Mockridge", "Traumaue", "Vandersloot", "Quillby", "Harrowgate", "Lindqvarn", "Osterholt")

_NO_FAULTS = Fate(faults=frozenset(), choice=0.0, jitter=0.0)

Row = tuple[UUID, int, str, bytes, datetime, UUID | None, UUID | None, UUID | None]


def write_log(url: str, events: int, progress: Any = lambda _done: None) -> int:
    """Fill an empty log with at least one event and about as many as asked; how many there are."""
    written = 0
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        copy = (
            "copy enrichcore.stored_events (originator_id, originator_version, topic, state, recorded_at, client_id,"
            " entity_id, batch_id) from stdin (format binary)"
        )
        with cursor.copy(copy) as out:
            out.set_types(["uuid", "int4", "text", "bytea", "timestamptz", "uuid", "uuid", "uuid"])
            for row in rows_of(max(1, events // EVENTS_AN_ITEM)):
                out.write_row(row)
                written += 1
                if written % 10_000 == 0:
                    progress(written)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("vacuum analyze enrichcore.stored_events")
    return written


def rows_of(items: int) -> Iterator[Row]:
    """The rows of the log: a launch and a day, then the items in waves."""
    batch = uuid5(NAMESPACE, f"benchmark/{items}")
    launched = e.BatchLaunched(
        upload_id=batch, workstream="bench", pipeline=PIPELINE, fingerprint="bench", item_count=items, by="benchmark"
    )
    yield (batch, 1, *encode_event(launched), START, CLIENT, None, batch)
    day = e.DayPassed(day=START.date())
    yield (uuid5(NAMESPACE, "calendar"), 1, *encode_event(day), START, None, None, None)
    answerer = Answerer(seed=7, as_of=date(2026, 3, 1), recordings=Recordings(), shape=None)
    for first in range(0, items, WAVE):
        wave = [list(_item(batch, number, answerer)) for number in range(first, min(items, first + WAVE))]
        for step in range(EVENTS_AN_ITEM):
            yield from (item[step] for item in wave)


def _item(batch: UUID, number: int, answerer: Answerer) -> Iterator[Row]:
    at = START + timedelta(milliseconds=number)
    item, person, company = (uuid5(batch, f"{kind}/{number}") for kind in ("item", "person", "company"))
    first, last = FIRST[number % len(FIRST)], LAST[number // len(FIRST) % len(LAST)]
    domain = f"company-{number}.example"
    facts = {
        "person_first_name": first,
        "person_last_name": last,
        "person_email": f"{first}.{last}{number}@{domain}".lower(),
        "person_title": "Buyer",
        "company_name": f"Company {number}",
        "company_domain": domain,
    }
    sent = {"item_id": str(item), "person_id": str(person), "company_id": str(company), **facts}
    token = idempotency_key(item, PERSON, 1, 1)  # type: ignore[arg-type] # a plain uuid is enough here
    told: tuple[e.Event, ...] = (
        e.ItemCreated(
            workstream="bench", pipeline="bench", workflows=(COMPANY, PERSON), person_id=person, company_id=company,
            facts=facts,
        ),
        _answered(COMPANY, Entity.COMPANY, {**sent, "workflow": COMPANY}, e.Timing.EARLY, answerer),
        e.StepReady(workflow=PERSON, generation=1, due=at),
        e.StepSending(
            workflow=PERSON, generation=1, attempt=1, key=token, workstream="bench", webhook="bench",
            lease_until=at + timedelta(minutes=2), reserved=Decimal(1),
        ),
        e.StepSent(workflow=PERSON, generation=1, attempt=1, http_status=200, deadline=at + timedelta(hours=6)),
        _answered(PERSON, Entity.PERSON, {**sent, "workflow": PERSON}, e.Timing.IN_TIME, answerer),
        e.ItemCompleted(),
    )  # fmt: skip
    for version, event in enumerate(told, start=1):
        yield (item, version, *encode_event(event), at + timedelta(seconds=version), CLIENT, person, batch)


def _answered(
    workflow: str, entity: Entity, sent: dict[str, Any], timing: e.Timing, answerer: Answerer
) -> e.StepAnswered:
    body = answerer.answer(sent, workflow, _NO_FAULTS).body
    padding = BODY_BYTES - len(body) - len(b', "notes": ""')
    if padding > 0 and body.endswith(b"}") and len(body) > 2:
        body = body[:-1] + b', "notes": "' + (b"made up for a benchmark " * 100)[:padding] + b'"}'
    read = read_answer(body, entity=entity)
    return e.StepAnswered(
        workflow=workflow,
        body=body,
        content_hash=sha256(body).hexdigest(),
        rank=Rank(read.rank),
        timing=timing,
        source=e.Source.CALLBACK,
        generation=1,
        facts={name: value for name, value in read.fields.items() if isinstance(value, str)},
        reserved=Decimal(-1) if timing is e.Timing.IN_TIME else Decimal(0),
        spent=Decimal(1) if timing is e.Timing.IN_TIME else Decimal(0),
    )
