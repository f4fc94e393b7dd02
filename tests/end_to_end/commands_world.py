"""The command line as processes, on an embedded PostgreSQL, with a simulated Clay."""

import json
import os
import re
import signal
import subprocess
import sys
from contextlib import contextmanager
from uuid import UUID

from runners.cli.sample_files import configuration_text, write_samples

ROWS = 12
SECRET = "demo-callback-secret"
COMMAND = [sys.executable, "-c", "from runners.cli import main; main()"]
#: Whoever starts tests in the background ignores Ctrl-C, and so would what tests start.
INTERRUPTIBLE = [
    sys.executable,
    "-c",
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from runners.cli import main; main()",
]
UNSET = {"ENRICHCORE_CONFIG", "ENRICHCORE_DATABASE_URL", "DATABASE_URL"}
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in UNSET}


class World:
    """A folder with a configuration, its database, a simulated Clay, and the batch that ran through them."""

    def __init__(self, folder, clay):
        self.folder = folder
        self.text = configuration_text(clay)
        (folder / "enrichcore.toml").write_text(self.text)
        self.apollo, self.crm = write_samples(folder, ROWS)

    def run(self, *args, code=0, **environment):
        """One command; its standard output."""
        ended = self.ended(*args, **environment)
        assert ended.returncode == code, ended.stderr
        return ended.stdout

    def ended(self, *args, **environment):
        """One command that has ended."""
        ended = subprocess.run(
            [*COMMAND, *map(str, args)],
            cwd=self.folder,
            env={**ENVIRONMENT, **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert "Traceback" not in ended.stderr, ended.stderr
        return ended

    def json(self, *args):
        """What a command prints with `--json`, which is JSON and nothing else."""
        return json.loads(self.run(*args, "--json"))

    def upload(self, file=None, workstream="apollo_scrape"):
        """The id of a new upload."""
        file = file or self.apollo
        return self.json("upload", file, "--client", "acme", "--workstream", workstream)["upload_id"]

    def launch(self, **kwargs):
        """The id of a new batch."""
        return self.json("launch", self.upload(**kwargs))["batch_id"]

    def new_people(self, count, word):
        """A file of people whom nobody has seen before."""
        path = self.folder / f"{word}.csv"
        lines = [f"Zo,{word} {number},zo{number}@{word}.example,{word}.example" for number in range(count)]
        path.write_text("\n".join(["First Name,Last Name,Email,Company Domain Name", *lines]))
        return path

    def events(self, stream_id):
        """The events of one aggregate."""
        from enrichcore.store.postgres import PostgresStore

        store = PostgresStore(self.url, pool_size=1)
        try:
            return [recorded.event for recorded in store.stream(UUID(stream_id))]
        finally:
            store.close()

    def items(self, batch_id, store_url):
        """The ids of a batch's items."""
        from enrichcore.store.postgres import PostgresStore

        store = PostgresStore(store_url, pool_size=1)
        try:
            return store.items_of(batch_id, None, 100)
        finally:
            store.close()


@contextmanager
def process(command, cwd, log=None):
    """A process that says on its first line where it listens: itself, and its address."""
    with subprocess.Popen(command, cwd=cwd, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=log, text=True) as running:
        try:
            yield running, re.search(r"http://[^\s,]+", running.stdout.readline())[0]
        finally:
            running.kill()


@contextmanager
def daemon(world, *options, log=None):
    """The daemon, until the block ends."""
    with process([*COMMAND, "run", *options], world.folder, log) as (running, address):
        yield address
        running.send_signal(signal.SIGTERM)
        assert running.wait(60) == 0
