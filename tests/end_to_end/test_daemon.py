"""The daemon as a process, against the simulated Clay as a process, on a real PostgreSQL, over real sockets."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from enrichcore.registry import init_text
from enrichcore.store.embedded import embedded_url

pytestmark = pytest.mark.end_to_end

ENRICHCORE = str(Path(sys.executable).parent / "enrichcore")
SECRET = "a-callback-secret-for-tests"
DATA = Path(__file__).parents[1] / "data"
FILES = {"apollo_scrape": DATA / "apollo_people_export.csv", "crm_data": DATA / "crm_people_hubspot.csv"}


def until(holds: Callable[[], bool], *, within_s: float = 60.0, what: str = "the condition") -> None:
    """Wait for a condition, not for a time."""
    end = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < end, f"{what} did not come true within {within_s} s"
        time.sleep(0.05)


def free_port() -> int:
    """A port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class World:
    """A configuration in a folder, a simulated Clay, and daemons to start, kill and stop."""

    def __init__(self, folder: Path, url: str, sandbox_options: tuple[str, ...] = ()) -> None:
        self.folder = folder
        self.url = url
        self.daemons: list[subprocess.Popen[str]] = []
        self.sandbox, line = self._start(
            [sys.executable, "-m", "runners.sandbox", "--port", "0", "--secret", SECRET, *sandbox_options],
            dict(os.environ),
        )
        self.clay = re.search(r"http://[\w.:]+", line).group(0)
        self.env = {**os.environ, **self._configure(), "ENRICHCORE_DATABASE_URL": url}

    def _configure(self) -> dict[str, str]:
        text = init_text()
        # The same port after each start, as the third party calls back where it was told to.
        text = re.sub(r"^#?\s*listen = .*$", f'listen = "127.0.0.1:{free_port()}"', text, flags=re.MULTILINE)
        text = text.replace("[runner]", '[runner]\nlease = "2s"\ntimeout_grace = "1s"', 1)
        text = re.sub(r'^answer_within = "\w+"', 'answer_within = "8s"', text, flags=re.MULTILINE)
        text = re.sub(r'^kind = "webhook"$', 'kind = "webhook"\nanswer_within = "8s"', text, flags=re.MULTILINE)
        text = re.sub(r"^rate = .*$", "rate = 500", text, flags=re.MULTILINE)
        text = re.sub(r"^burst = .*$", "burst = 500", text, flags=re.MULTILINE)
        (self.folder / "enrichcore.toml").write_text(text, "utf-8")
        names = re.findall(r"env:(\w+)", text)
        return {name: f"{self.clay}/hooks/{name.lower()}" if "URL" in name else SECRET for name in names}

    @staticmethod
    def _start(command: list[str], env: dict[str, str], cwd: Path | None = None) -> tuple[subprocess.Popen[str], str]:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env, cwd=cwd)
        return process, process.stdout.readline()

    def start_daemon(self) -> str:
        process, line = self._start([ENRICHCORE, "run"], self.env, self.folder)
        self.daemons.append(process)
        found = re.search(r"http://[\w.:]+", line)
        assert found, f"the daemon did not start: {line!r}"
        return found.group(0)

    def command(self, *words: str) -> dict:
        done = subprocess.run(
            [ENRICHCORE, *words, "--json"],
            env=self.env,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def launch(self, workstream: str) -> str:
        uploaded = self.command("upload", str(FILES[workstream]), "--client", "acme", "--workstream", workstream)
        return self.command("launch", uploaded["upload_id"])["batch_id"]

    def rows(self, sql: str) -> list[tuple]:
        with psycopg.connect(self.url) as connection:
            return connection.execute(sql).fetchall()

    def finished(self) -> bool:
        return all(status == "finished" for (status,) in self.rows("select status from enrichcore.batches"))

    def stats(self) -> dict:
        return httpx.get(f"{self.clay}/sandbox/stats").json()

    def close(self) -> None:
        for process in [*self.daemons, self.sandbox]:
            process.kill()
            process.wait()
            process.stdout.close()


@pytest.fixture
def make_world(tmp_path: Path) -> Iterator[Callable[..., World]]:
    """Make worlds that end with the test."""
    url = embedded_url(tmp_path / "postgres")
    made: list[World] = []

    def make(*options: str) -> World:
        made.append(World(tmp_path, url, options))
        return made[-1]

    yield make
    for world in made:
        world.close()


def answers(world: World) -> int:
    """How many callbacks are events."""
    return world.rows("select count(*) from enrichcore.events where payload ->> 'source' = 'callback'")[0][0]


def test_a_raised_budget_lets_rows_leave_without_a_restart(make_world) -> None:
    """Once it is applied; while it is only edited, `explain` says that it is not in force."""
    world = make_world()
    path = world.folder / "enrichcore.toml"
    raised = path.read_text("utf-8")
    path.write_text(raised.replace("budget_credits = 5000", "budget_credits = 0"), "utf-8")
    world.start_daemon()
    batch_id = world.launch("apollo_scrape")
    until(lambda: "budget" in str(world.command("status", batch_id)["batches"][0]["held_back"]), what="rows wait")
    path.write_text(raised, "utf-8")
    (said,) = world.command("explain", batch_id)["hindrances"]
    assert "clients.acme.budget_credits" in said
    assert world.rows("select count(*) from enrichcore.events where type = 'StepSending'") == [(0,)]
    applied = world.command("apply")
    assert (applied["changed"], "sender" in applied["roles_up"]) == (True, True)
    until(world.finished, what="the batch finishes")
    assert world.command("explain", batch_id)["hindrances"] == []


def test_what_the_file_says_of_the_daemon_itself_counts_once_it_is_saved(make_world) -> None:
    """Here its token; `apply` says what of it needs a restart."""
    world = make_world()
    address, path = world.start_daemon(), world.folder / "enrichcore.toml"
    text = path.read_text("utf-8")

    def status(token: str) -> int:
        return httpx.get(f"{address}/api/v1/batches", headers={"authorization": f"Bearer {token}"}).status_code

    assert status("token-of-monday") == 403
    for day in ("monday", "tuesday"):
        path.write_text(text.replace("[runner]", f'[runner]\napi_token = "token-of-{day}"', 1), "utf-8")
        until(lambda day=day: status(f"token-of-{day}") == 200, what="the token counts")
    assert status("token-of-monday") == 401
    done = subprocess.run(
        [ENRICHCORE, "apply"], env=world.env, cwd=world.folder, capture_output=True, text=True, check=True
    )
    assert "but for runner.listen" in " ".join(done.stdout.split())


def test_both_workstreams_run_to_their_end_and_stop_in_order(make_world) -> None:
    """Two uploads go through both pipelines into final_leads, each company is sent once, and SIGTERM ends cleanly."""
    world = make_world()
    world.start_daemon()
    for workstream in FILES:
        world.launch(workstream)
    until(world.finished, what="both batches finish")
    assert world.stats()["double_posts"] == 0
    until(lambda: answers(world) == world.stats()["callbacks_acknowledged"], what="each answer is acknowledged, once")
    leads = "select count(*) from enrichcore.final_leads"
    people = world.rows("select count(distinct person_id) from enrichcore.runs where kind = 'item'")
    until(lambda: world.rows(leads) == people, what="every person is a lead")
    daemon = world.daemons[0]
    daemon.send_signal(signal.SIGTERM)
    assert daemon.wait(timeout=20) == 0


def test_told_twice_to_stop_a_daemon_ends_at_once_and_says_what_is_left_in_doubt(make_world) -> None:
    """Its rows are on the wire to a third party that takes its time; once told, it waits for them."""
    world = make_world("--slow", "1", "--slow-by", "60")
    world.launch("crm_data")
    command, log = [ENRICHCORE, "run"], world.folder / "log"
    with log.open("w") as err:
        daemon = subprocess.Popen(
            command, env=world.env, cwd=world.folder, stdout=subprocess.PIPE, stderr=err, text=True
        )
    world.daemons.append(daemon)
    assert "runs at" in daemon.stdout.readline()
    until(lambda: world.stats()["posts_total"] >= 17, what="every company's row is out")
    rows = world.rows("select count(*) from enrichcore.step_runs where state = 'sending'")[0][0]
    daemon.send_signal(signal.SIGINT)
    assert "Ctrl-C again stops at once" in daemon.stdout.readline()
    with pytest.raises(subprocess.TimeoutExpired):
        daemon.wait(timeout=1)
    daemon.send_signal(signal.SIGINT)
    assert daemon.wait(timeout=2) == 130
    assert f"what became of {rows} rows is not recorded" in log.read_text("utf-8")


def test_a_killed_daemon_loses_no_answer_and_sends_nothing_twice(make_world) -> None:
    """Killed at any moment, again and again: every acknowledged answer is an event, every item ends, no POST is doubled."""
    world = make_world("--delay", "0.3")
    world.start_daemon()
    for workstream in FILES:
        world.launch(workstream)
    for posts in (5, 25, 45):
        until(lambda posts=posts: world.stats()["posts_total"] >= posts or world.finished(), what="some rows are out")
        world.daemons[-1].kill()
        world.daemons[-1].wait()
        world.start_daemon()
    until(world.finished, what="both batches finish in spite of it")
    stats = world.stats()
    assert stats["double_posts"] == 0
    assert answers(world) >= stats["callbacks_acknowledged"]
    states = dict(world.rows("select state, count(*) from enrichcore.step_runs group by state"))
    assert set(states) <= {"completed", "skipped", "timed_out"}, states


def test_a_taken_address_is_said_in_one_line(make_world) -> None:
    """A second daemon at the same address ends with a message and exit code 1, and disturbs nothing."""
    world = make_world()
    address = world.start_daemon()
    second = subprocess.run(
        [ENRICHCORE, "run"], env=world.env, cwd=world.folder, capture_output=True, text=True, check=False
    )
    assert second.returncode == 1
    said = "another program listens there already, perhaps an earlier start of this one; stop it, or change [runner] listen"
    assert second.stderr == f"cannot listen on {address.removeprefix('http://')}: {said}\n"
    assert httpx.get(f"{address}/readyz").json()["status"] == "ready"
