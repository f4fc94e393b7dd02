"""What people do on the pages, and what of it is in the log."""

from uuid import UUID

from enrichcore.domain.ids import BatchId
from enrichcore.domain.step_run import Outcome
from tests.contracts.world import APOLLO, file_of, person

UPLOAD = "/clients/acme/apollo-ingest/upload"


def uploaded(browser, *people, name="people.csv"):
    """Upload people through the form; where the browser is sent."""
    found = people or (person("ann"), person("bob"), person("cy", "caldora"))
    answer = browser.post(UPLOAD, files={"file": (name, file_of(*found))}, data={"workstream": APOLLO})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def launched(browser, *people):
    """Upload and launch people through the forms; the batch's address."""
    answer = browser.post(f"{uploaded(browser, *people)}/launch", data={"seen": "0"})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def doubtful(site, batch):
    """Put the rows that are out in doubt; how many items they hold up."""
    site.world.report(site.world.claim(), Outcome.UNKNOWN, reason="no response")
    return site.world.store.item_counts(BatchId(UUID(batch.rpartition("/")[2])))["in_doubt"]


def told(site, kind):
    """Who and why, of the events of one kind."""
    return {(event.by, event.why) for event in site.world.events(kind)}
