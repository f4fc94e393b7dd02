"""W8: how long what a person decides about a batch takes: pause, resume, settle, retry, and cancel, of 10,000 items; and how
long the answer to a company takes that 5,000 people wait for, which ends all their waits in one commit.

The items are launched, claimed and reported through the application on PostgreSQL, with a clock of the benchmark's own, so that
deadlines need no waiting for. Timing covers the decision alone, until its last commit is durable; nothing else runs.

    python benchmarks/decisions.py [--items 10000] [--waiters 5000]
"""

import argparse
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from harness import Report, database, own_folder, say, server_url, timed
from people import COMPANY, CONFIGURATION, WAITING, export_of
from services import ThirdParty, write_configuration

from enrichcore.application import Enrichment, Incoming
from enrichcore.application.sending import SendReport
from enrichcore.domain.events import Settlement
from enrichcore.domain.ids import BatchId
from enrichcore.domain.step_run import Outcome, PostOutcome
from enrichcore.registry import load
from enrichcore.store.postgres import PostgresStore

GROUP = 400
ANSWER_WITHIN = timedelta(hours=6)


class Office:
    """An application with one batch, and a clock that is set forward."""

    def __init__(self, url: str, items: int) -> None:
        configuration = write_configuration(
            own_folder(), CONFIGURATION + WAITING + COMPANY, ThirdParty(url="http://127.0.0.1:9"),
            answer_within=f"{ANSWER_WITHIN.total_seconds():.0f}s",
        )  # fmt: skip
        self.store = PostgresStore(url)
        self.now = datetime.now(UTC)
        self.app = Enrichment(self.store, load(configuration), clock=lambda: self.now)
        self.batch = self.launch(export_of(items), "waiting")

    def launch(self, people: bytes, workstream: str) -> BatchId:
        """Import people and launch them."""
        upload = self.app.upload(people, client="bench", workstream=workstream)
        assert upload.upload_id is not None
        return self.app.launch(upload.upload_id).batch_id

    def company_answer(self, people: int) -> Incoming:
        """The answer to a company that so many people wait for, whose row is out."""
        self.launch(export_of(people, 10_000_000, at_one_company=10_000_000), "company")
        self.now += timedelta(seconds=1)
        (send,) = self.app.claim(GROUP)
        outcome = PostOutcome(attempt=send.attempt, outcome=Outcome.DELIVERED, http_status=200, due=self.now)
        self.app.record_outcomes([SendReport(send=send, outcome=outcome)])
        body = json.dumps({"item_id": str(send.run_id), "result": {"name": "Company", "employee_count": people}})
        return Incoming(
            client_id=send.client_id,
            workstream=send.workstream,
            workflow=send.workflow,
            body=body.encode(),
            token=send.key,
        )

    def send(self, outcome: Outcome) -> None:
        """Claim everything, and tell the same outcome of each row."""
        while True:
            self.now += timedelta(seconds=1)
            sends = self.app.claim(GROUP)
            if not sends:
                return
            seen = {"outcome": outcome, "http_status": 200, "due": self.now}
            self.app.record_outcomes(
                [SendReport(send=send, outcome=PostOutcome(attempt=send.attempt, **seen)) for send in sends]
            )
            # After ten rows in doubt one at a time would leave.
            self.app.resume_lane("bench", "waiting", "enrich_person", by="benchmark")

    def time_out(self) -> int:
        """Let every deadline pass, and do what time asks for."""
        self.now += 2 * ANSWER_WITHIN
        moved = 0
        while done := self.app.wake(2000):
            moved += done
        return moved


def main() -> None:
    """Measure, and print."""
    asked = _arguments()
    server = server_url()
    report = Report("decisions", server)
    with database(server) as url:
        say(f"launching {asked.items:,} items")
        office = Office(url, asked.items)
        app, batch = office.app, office.batch

        def measured(what: str, decide: Callable[[], int]) -> None:
            with timed() as seconds:
                count = int(decide())
            report.add(what, items=count, seconds=seconds[0], rate=count / seconds[0] if count > 1 else None)

        measured("pause", lambda: app.pause(batch, by="benchmark"))
        measured("resume", lambda: app.resume(batch, by="benchmark"))
        office.send(Outcome.UNKNOWN)
        measured("settle --as resend", lambda: app.settle(batch, Settlement.RESEND, by="benchmark"))
        office.send(Outcome.UNKNOWN)
        measured("settle --as sent", lambda: app.settle(batch, Settlement.SENT, by="benchmark"))
        measured("all time out", office.time_out)
        measured("retry", lambda: app.retry(batch, by="benchmark"))
        measured("cancel", lambda: app.cancel(batch, by="benchmark"))
        say(f"launching {asked.waiters:,} people of one company")
        answer = office.company_answer(asked.waiters)

        def answered() -> int:
            app.receive([answer])
            return asked.waiters

        measured("an answer that all of them wait for", answered)
        office.store.close()
    report.table()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--waiters", type=int, default=5_000)
    return parser.parse_args()


if __name__ == "__main__":
    main()
