"""A small world around the application: a clock that tests move, a configuration, files of people, and Clay's part."""

import csv
import io
import json
import re
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from attrs import define, evolve, field

from enrichcore.application import Enrichment, Incoming
from enrichcore.application.sending import SendReport
from enrichcore.domain.batch import Batch
from enrichcore.domain.pipeline import Kind
from enrichcore.domain.step_run import Outcome, PostOutcome
from enrichcore.registry import init_text, parse

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
ACME, GLOBEX = "acme", "globex"
GLOBEX_ID = "7d2f0c3a-51d4-4c1e-8f60-2b7a9a3c5e11"
APOLLO, CRM = "apollo_scrape", "crm_data"
APOLLO_COMPANY, CRM_COMPANY = "enrich_company_via_waterfall_in_clay", "enrich_company_via_clay_waterfall"
APOLLO_PERSON, CRM_PERSON = "enrich_person_via_waterfall_in_clay", "enrich_person_via_clay_waterfall"
EMAIL = "find_email_via_waterfall"

_COLUMNS = {
    "first": "First Name",
    "last": "Last Name",
    "title": "Title",
    "email": "Email",
    "company": "Company Name",
    "website": "Website",
    "linkedin": "Person Linkedin Url",
    "status": "Email Status",
}


def watch_commits(store, monkeypatch, told):
    """Have each commit told that a decision ends with."""
    claims = store.claims

    @contextmanager
    def watched():
        with claims() as begun, monkeypatch.context() as patch:
            append = begun.append
            patch.setattr(begun, "append", lambda commit: told(commit) or append(commit))
            yield begun

    monkeypatch.setattr(store, "claims", watched)


def configuration():
    """Both shipped workstreams, for two clients."""
    text = init_text()
    client = text[text.index("[clients.acme]") :]
    second = re.sub(r'id = "[^"]+"', f'id = "{GLOBEX_ID}"', client).replace("clients.acme", "clients.globex")
    second = second.replace("env:ACME", "env:GLOBEX").replace("quillhaven", "caldora")
    names = re.findall(r"env:(\w+)", text + second)
    env = {name: f"https://clay.example/{name}" if name.endswith("_URL") else f"secret of {name}" for name in names}
    return parse(text + "\n" + second, env=env)


def tuned(registry, only=None, *, lane: Mapping | None = None, **settings):
    """The configuration with other settings for every step that sends, or for one workflow only."""
    return evolve(
        registry,
        workstreams={slug: _retuned(stream, only, settings) for slug, stream in registry.workstreams.items()},
        clients={
            slug: evolve(
                client,
                webhooks={
                    place: evolve(webhook, lane=evolve(webhook.lane, **(lane or {})))
                    if only in {None, place[1]}
                    else webhook
                    for place, webhook in client.webhooks.items()
                },
            )
            for slug, client in registry.clients.items()
        },
    )


def _retuned(stream, only, settings):
    steps = [
        evolve(step, **settings) if step.kind is not Kind.LOCAL and only in {None, step.workflow} else step
        for step in stream.pipeline.steps
    ]
    return evolve(stream, pipeline=evolve(stream.pipeline, steps=steps))


def file_of(*people: Mapping[str, str]) -> bytes:
    """A file as people export it: one row each, from short names of columns."""
    out = io.StringIO()
    rows = csv.DictWriter(out, fieldnames=list(_COLUMNS.values()))
    rows.writeheader()
    rows.writerows({_COLUMNS[name]: value for name, value in person.items()} for person in people)
    return out.getvalue().encode()


def person(name: str, company: str = "quillhaven", **more: str) -> dict[str, str]:
    """One person with an address at one company."""
    return {
        "first": name.capitalize(),
        "last": "Fennimarsh",
        "title": "Buyer",
        "email": f"{name}@{company}.example",
        "company": company.capitalize(),
        "website": f"https://{company}.example",
        "linkedin": f"https://www.linkedin.com/in/{name}-{company}",
        **more,
    }


COMPANY_ANSWER = {
    "result": {"name": "Quillhaven Robotics, Inc.", "domain": "quillhaven.example", "employee_count": 214}
}
PERSON_ANSWER = {"result": {"first_name": "Ann", "last_name": "Fennimarsh", "title": "Chief Buyer"}}


@define
class Clock:
    """Time, for tests to move."""

    now: datetime = START

    def __call__(self) -> datetime:
        """Tell the time."""
        return self.now

    def tick(self, **by: float) -> None:
        """Let time pass."""
        self.now += timedelta(**by)


@define
class World:
    """An application on a store, with a person who launches and a Clay that answers."""

    store: object
    registry: object = field(factory=configuration)
    clock: Clock = field(factory=Clock)
    app: Enrichment = None
    new_id: Callable = uuid4
    #: Every row that was POSTed, in order.
    posted: list = field(factory=list)

    def __attrs_post_init__(self):
        """Open the application."""
        self.app = self.another()

    def another(self, registry=None) -> Enrichment:
        """A second application on the same store, as another process would have."""
        return Enrichment(self.store, registry or self.registry, clock=self.clock, new_id=self.new_id)

    def upload(self, *people, workstream=APOLLO, client=ACME):
        """Import people."""
        return self.app.upload(file_of(*people), client=client, workstream=workstream)

    def launch(self, *people, workstream=APOLLO, client=ACME) -> Batch:
        """Import people and launch them."""
        return self.app.launch(self.upload(*people, workstream=workstream, client=client).upload_id)

    def status(self, batch) -> str:
        """The batch's status now."""
        ((found, _),) = self.store.batches([batch.batch_id])
        return found.status

    def item(self, batch, number=0):
        """One item of a batch as it stands."""
        run_id = self.store.items_of(batch.batch_id, None, 1000)[number]
        return self.store.load([run_id])[run_id].state

    def run_of(self, send):
        """The step run that was sent, as it stands."""
        state = self.store.load([send.run_id])[send.run_id].state
        return state.run(send.workflow) if hasattr(state, "runs") else state.run

    def events(self, kind=None):
        """Every event of the log, or those of one class."""
        log = [recorded.event for recorded in self.store.log(0, 100_000)]
        return log if kind is None else [event for event in log if isinstance(event, kind)]

    def claim(self, limit=1000):
        """Claim what can leave now; some seconds pass, so that there are tokens."""
        self.clock.tick(seconds=10)
        sends = self.app.claim(limit)
        self.posted += sends
        return sends

    def report(self, sends, outcome=Outcome.DELIVERED, *, app=None, **more):
        """Tell what became of POSTs."""
        (app or self.app).record_outcomes([self.seen(send, outcome, **more) for send in sends])

    def seen(self, send, outcome, *, status=200, reason="", wait_s=0, hold_s=None, unreachable=False):
        """What a sender reports of one POST."""
        now = self.clock.now
        seen = PostOutcome(
            attempt=send.attempt,
            outcome=outcome,
            http_status=0 if unreachable else status,
            reason=reason,
            unreachable=unreachable,
            probe=send.probe,
            due=now + timedelta(seconds=wait_s),
            webhook=send.url.fingerprint(),
            hold=None if hold_s is None else now + timedelta(seconds=hold_s),
        )
        return SendReport(send=send, outcome=seen)

    def send(self, limit=1000):
        """POST what can leave now, and have it delivered."""
        sends = self.claim(limit)
        self.report(sends)
        return sends

    def body(self, send, **more) -> bytes:
        """What Clay answers to a row, unless a test says more."""
        answer = COMPANY_ANSWER if "company" in send.workflow else PERSON_ANSWER
        return json.dumps({"item_id": send.payload["item_id"], **answer, **more}).encode()

    def callback(self, workflow, body: bytes, *, client=ACME, workstream=APOLLO, token="") -> Incoming:
        """A callback whose secret was right."""
        client_id = self.registry.client(client).id
        return Incoming(client_id=client_id, workstream=workstream, workflow=workflow, body=body, token=token)

    def answer(self, send, body: bytes | None = None, *, client=ACME, workstream=None, workflow=None, token=None):
        """Let an answer come in; tells what its sender is told."""
        came = self.callback(
            workflow or send.workflow,
            self.body(send) if body is None else body,
            client=client,
            workstream=send.workstream if workstream is None else workstream,
            token=send.key if token is None else token,
        )
        (ack,) = self.app.receive([came])
        return ack

    def play(self, rounds=50):
        """Send and answer until nothing more is ready; the rows that were sent."""
        sent = []
        for _ in range(rounds):
            sends = self.send()
            if not sends:
                break
            for send in sends:
                self.answer(send, client=self._slug(send))
            sent += sends
        self.app.turn_batches()
        return sent

    def play_to(self, workflow):
        """Send and answer until rows of that workflow are ready, and leave those."""
        for _ in range(50):
            waiting = [row for row in self.store.inline_rows()[1] if (row.workflow, row.state) == (workflow, "ready")]
            if waiting:
                return
            for send in self.send():
                self.answer(send)
        raise AssertionError(f"nothing comes to {workflow}")

    def _slug(self, send) -> str:
        return next(
            slug for slug, client in self.registry.clients.items() if str(client.id) == send.payload["client_id"]
        )


def of_companies(sends):
    """The rows of company steps."""
    return [send for send in sends if send.workflow in {APOLLO_COMPANY, CRM_COMPANY}]
