"""A small world in memory: one client, one clock, and what a sender and a callback would do."""

import json
from datetime import UTC, datetime, timedelta

from enrichcore.application import Enrichment, Incoming
from enrichcore.application.sending import SendReport
from enrichcore.domain.step_run import Outcome, PostOutcome
from enrichcore.registry import parse
from enrichcore.store.memory import MemoryStore
from runners.cli.sample_files import configuration_text

COMPANY = "enrich_company_via_clay_waterfall"
PERSON = "enrich_person_via_clay_waterfall"
EMAIL = "find_email_via_waterfall"

#: Three people of two companies; the last one has no e-mail address.
CONTACTS = (
    b"First Name,Last Name,Email,Company Name,Company Domain Name\n"
    b"Ottoline,Fennimarsh,ottoline@quillhaven.example,Quillhaven,quillhaven.example\n"
    b"Dashiell,Corvane,dashiell@quillhaven.example,Quillhaven,quillhaven.example\n"
    b"Imogen,Tarrowby,,Caldora,caldora.example\n"
)


class World:
    """An application in memory at a time that tests set."""

    def __init__(self):
        self.now = datetime(2026, 3, 1, 12, tzinfo=UTC)
        self.store = MemoryStore()
        self.registry = parse(configuration_text("http://127.0.0.1:9"), env={})
        self.application = self.another()
        self.client = self.registry.client("acme")

    def another(self) -> Enrichment:
        """An application with the configuration as it is now."""
        return Enrichment(self.store, self.registry, clock=lambda: self.now)

    def upload(self, rows=CONTACTS, workstream="crm_data"):
        """An imported file."""
        report = self.application.upload(rows, client="acme", workstream=workstream)
        return self.application.get_upload(report.upload_id)

    def launch(self, rows=CONTACTS, workstream="crm_data"):
        """A launched batch."""
        return self.application.launch(self.upload(rows, workstream).upload_id)

    def apollo(self):
        """Somebody else of the same company, as Apollo exports people."""
        return (
            b"First Name,Last Name,Email,Company,Website\nZo,Fenn,zo@quillhaven.example,Quillhaven,quillhaven.example\n"
        )

    def items(self, batch):
        """The batch's items as they stand."""
        loaded = self.store.load(self.store.items_of(batch.batch_id, None, 100))
        return [run.state for run in loaded.values()]

    def send(self, outcome=Outcome.DELIVERED, reason="", hold=None, limit=1000):
        """Claim all that may leave, and tell the same outcome for each."""
        sends = self.application.claim(limit)
        due = self.now + timedelta(minutes=1)
        self.application.record_outcomes(
            [
                SendReport(
                    send=send,
                    outcome=PostOutcome(
                        attempt=send.attempt, outcome=outcome, reason=reason, http_status=200, due=due, hold=hold
                    ),
                )
                for send in sends
            ]
        )
        return sends

    def answer(self, send, **fields):
        """The callback for a row."""
        body = json.dumps({"item_id": str(send.run_id), **fields}).encode()
        return self.receive(send.workflow, body)

    def receive(self, workflow, body):
        """One callback."""
        one = Incoming(client_id=self.client.id, workstream="crm_data", workflow=workflow, body=body)
        return self.application.receive([one])[0]

    def run_to_end(self):
        """Send and answer until nothing more may leave."""
        while sends := self.send():
            for send in sends:
                self.answer(send, name="Quillhaven", email="found@caldora.example")
