"""W9: what one client's backlog of 100,000 people costs another client's ten: a real daemon, and a third party that answers.

Both clients have the default pace of their own, 10 rows a second with a burst of 20. Ten people are launched for the small one
while the large one's backlog is not there yet, waits for its pace, is paused, and stands on a stopped lane; what is measured is
the time from the launch to the end of the small batch. Each person has one step, whose answer comes 0.2 s after its row.

    python benchmarks/neighbours.py [--people 100000]
"""

import argparse
from time import sleep

from harness import Report, database, own_folder, say, server_url, timed
from people import export_of
from services import daemon, third_party, write_configuration

from enrichcore.application import Enrichment
from enrichcore.domain.batch import BatchStatus
from enrichcore.domain.ids import BatchId
from enrichcore.registry import load
from enrichcore.store.postgres import PostgresStore

CONFIGURATION = """
[workstreams.bench]
label = "Benchmark"
ingest = "crm"

[[workstreams.bench.steps]]
workflow = "enrich_person"
kind = "webhook"
entity = "person"
result = "person_profile"
max_in_flight = 1000000
answer_within = "6h"
"""
CLIENT = """
[clients.{name}]
id = "{id}"
name = "{name}"
callback_secret = "secret of the benchmark{secret}"

[clients.{name}.webhooks.bench.enrich_person]
url = "{{first}}/{name}"
"""
IDS = {"small": "0b9c6a52-8c1e-4b8e-9a43-4f6e9d1a7c10", "large": "1b9c6a52-8c1e-4b8e-9a43-4f6e9d1a7c11"}
#: People of the small client, and launches of so many for each case; the median counts.
FEW, TIMES = 10, 3
LANE = ("large", "bench", "enrich_person")


class Street:
    """The application beside the daemon, through which people launch and decide."""

    def __init__(self, app: Enrichment) -> None:
        self.app = app
        self.people = 10_000_000

    def launch(self, client: str, people: int) -> BatchId:
        """Import and launch people whom nobody has seen before."""
        upload = self.app.upload(export_of(people, self.people), client=client, workstream="bench")
        self.people += people
        assert upload.upload_id is not None
        return self.app.launch(upload.upload_id).batch_id

    def seconds_of_few(self) -> list[float]:
        """How long the small client's people take, each time they are launched."""
        taken = []
        for _ in range(TIMES):
            # The burst is full again.
            sleep(2.5)
            with timed() as seconds:
                batch = self.launch("small", FEW)
                while self.app.store.batches([batch])[0][0].status is not BatchStatus.FINISHED:
                    sleep(0.02)
            taken += seconds
        return sorted(taken)


def main() -> None:
    """Measure, and print."""
    asked = _arguments()
    server = server_url()
    report = Report("neighbours", server)
    clients = "".join(
        CLIENT.format(name=name, id=key, secret="" if name == "small" else " 2") for name, key in IDS.items()
    )
    with third_party() as third, database(server) as url:
        path = write_configuration(own_folder(), CONFIGURATION + clients, third)
        store = PostgresStore(url)
        street = Street(Enrichment(store, load(path)))
        street.app.apply(by="benchmark")

        def measured(what: str) -> None:
            taken = street.seconds_of_few()
            report.add(what, people=asked.people, median_s=taken[TIMES // 2], worst_s=taken[-1])

        with daemon(path, url):
            measured("alone")
        say(f"launching {asked.people:,} people")
        large = street.launch("large", asked.people)
        with daemon(path, url):
            measured("beside a backlog that waits for its pace")
            street.app.pause(large, by="benchmark")
            measured("beside a backlog that is paused")
            street.app.resume(large, by="benchmark")
            street.app.stop_lane(*LANE, by="benchmark", why="to measure")
            measured("beside a backlog on a stopped lane")
        store.close()
    report.table()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--people", type=int, default=100_000)
    return parser.parse_args()


if __name__ == "__main__":
    main()
