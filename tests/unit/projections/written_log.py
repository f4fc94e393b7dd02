"""A log written by hand: events get positions, times and envelopes, and pass through the codec as stored ones do."""

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

from enrichcore.domain import events as e
from enrichcore.domain.answers import Rank
from enrichcore.domain.ids import ClientId
from enrichcore.domain.keys import Key, KeyKind
from enrichcore.domain.pipeline import Entity, Kind, Pipeline, Step
from enrichcore.fields import rules_to_json
from enrichcore.projection.memory import project
from enrichcore.store.codec import decode_event, encode_event
from projections.final_leads import FINAL_LEADS

ACME, GLOBEX = ClientId(UUID(int=1)), ClientId(UUID(int=2))
START = datetime(2026, 3, 2, 9, tzinfo=UTC)
ASK_COMPANY, ASK_PERSON, ASK_EMAIL, NORMALIZE = "ask_company", "ask_person", "ask_email", "normalize"
PIPELINE = Pipeline(
    workstream="apollo",
    steps=(
        Step(workflow=NORMALIZE, kind=Kind.LOCAL, entity=Entity.COMPANY),
        Step(workflow=ASK_COMPANY, kind=Kind.WEBHOOK, entity=Entity.COMPANY, result="company"),
        Step(workflow=ASK_PERSON, kind=Kind.WEBHOOK, entity=Entity.PERSON, result="person"),
        Step(workflow=ASK_EMAIL, kind=Kind.WEBHOOK, entity=Entity.PERSON, result="email"),
    ),
)
_KEY = Key(KeyKind.PERSON_EMAIL, "a@quillhaven.example")


def named(kind: str, number: int) -> UUID:
    """The id of a person, company, item or batch, by a small number."""
    return uuid5(UUID(int=9), f"{kind}/{number}")


class WrittenLog:
    """Events in the order they are written, a minute apart."""

    def __init__(self, client=ACME):
        self.client = client
        self.events = []
        self.now = START

    def add(self, event, stream, **envelope):
        """Write one event."""
        self.now += timedelta(minutes=1)
        recorded = e.Recorded(
            stream_id=stream,
            version=1 + sum(one.stream_id == stream for one in self.events),
            at=self.now,
            event=decode_event(*encode_event(event)),
            position=len(self.events) + 1,
            **{"client_id": self.client, **envelope},
        )
        self.events.append(recorded)
        return recorded

    def imports_person(self, person, company=None, **facts):
        """A row told of a person."""
        event = e.PersonImported(
            upload_id=named("upload", 1),
            line=1,
            raw={},
            facts=facts,
            keys=(),
            company_id=None if company is None else named("company", company),
        )
        return self.add(event, UUID(int=3), entity_id=named("person", person))

    def imports_company(self, company, **facts):
        """A row told of a company."""
        event = e.CompanyImported(upload_id=named("upload", 1), line=1, facts=facts, keys=())
        return self.add(event, UUID(int=3), entity_id=named("company", company))

    def launches(self, batch=1):
        """A batch starts."""
        event = e.BatchLaunched(
            upload_id=named("upload", 1),
            workstream="apollo",
            pipeline=PIPELINE,
            fingerprint="f",
            item_count=1,
            by="ann",
        )
        return self.add(event, named("batch", batch), batch_id=named("batch", batch))

    def creates(self, person, company=None, batch=1, workstream="apollo", **facts):
        """An item starts."""
        event = e.ItemCreated(
            workstream=workstream,
            pipeline="f",
            workflows=[step.workflow for step in PIPELINE.steps],
            person_id=named("person", person),
            company_id=None if company is None else named("company", company),
            facts=facts,
        )
        return self.add(
            event,
            named(f"item of batch {batch}", person),
            entity_id=named("person", person),
            batch_id=named("batch", batch),
        )

    def leads(self, person, company=None, batch=1, **facts):
        """A person is imported and launched."""
        if not any(isinstance(one.event, e.BatchLaunched) for one in self.events):
            self.launches(batch)
        if company is not None:
            self.imports_company(company, **{k: v for k, v in facts.items() if k.startswith("company_")})
        self.imports_person(person, company, **{k: v for k, v in facts.items() if k.startswith("person_")})
        return self.creates(person, company, batch)

    def computes(self, person, batch=1, workflow=NORMALIZE, **data):
        """A local step of an item gave its data."""
        event = e.StepCompletedLocally(workflow=workflow, data=data)
        return self.of_item(event, person, batch)

    def of_item(self, event, person, batch=1):
        """An event of an item."""
        stream = named(f"item of batch {batch}", person)
        return self.add(event, stream, entity_id=named("person", person), batch_id=named("batch", batch))

    def of_company(self, event, company, batch=1):
        """An event of a company run."""
        entity = named("company", company)
        return self.add(event, named("run", company), entity_id=entity, batch_id=named("batch", batch))

    def answers_person(self, person, body, workflow=ASK_PERSON, batch=1, **more):
        """An answer about a person."""
        return self.of_item(answer(body, workflow, **more), person, batch)

    def answers_company(self, company, body, workflow=ASK_COMPANY, batch=1, **more):
        """An answer about a company."""
        return self.of_company(answer(body, workflow, **more), company, batch)

    def merges_persons(self, kept, merged):
        """Two persons are one."""
        event = e.PersonsMerged(merged=named("person", merged), because=_KEY)
        return self.add(event, UUID(int=3), entity_id=named("person", kept))

    def merges_companies(self, kept, merged):
        """Two companies are one."""
        event = e.CompaniesMerged(merged=named("company", merged), because=_KEY)
        return self.add(event, UUID(int=3), entity_id=named("company", kept))

    def passes(self, day):
        """A day begins."""
        return self.add(e.DayPassed(day=day), UUID(int=4), client_id=None)

    def configures(self, *customers):
        """The configuration names the client's customers."""
        clients = {"acme": {"id": str(self.client), "customers": list(customers)}}
        event = e.ConfigurationApplied(fingerprint="f", snapshot={"clients": clients, "workstreams": {}}, by="ann")
        return self.add(event, UUID(int=5), client_id=None)

    def applies(self, rules):
        """The configuration has other rules than the shipped ones."""
        snapshot = {"clients": {}, "workstreams": {}, "rules": rules_to_json(rules)}
        return self.add(
            e.ConfigurationApplied(fingerprint="f", snapshot=snapshot, by="ann"), UUID(int=5), client_id=None
        )

    def tables(self, page=None, models=(FINAL_LEADS,)):
        """The rows of every table."""
        return project(self.events, models, page=page)

    def lead(self, person, page=None):
        """One lead, or None where there is none."""
        return self.tables(page)["final_leads"].get((self.client, named("person", person)))


def answer(body, workflow, kind=e.StepAnswered, rank=Rank.DATA, **more):
    """An answer's event."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    content = {
        "content_hash": str(hash(raw)),
        "timing": e.Timing.IN_TIME,
        "source": e.Source.CALLBACK,
        "generation": 1,
        **more,
    }
    return kind(workflow=workflow, body=raw, rank=rank, **content)
