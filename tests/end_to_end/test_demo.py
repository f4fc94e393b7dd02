"""`enrichcore demo`, to its end and interrupted."""

import json
import signal
import subprocess

import pytest

from tests.end_to_end.commands_world import COMMAND, ENVIRONMENT, INTERRUPTIBLE

pytestmark = pytest.mark.end_to_end


def test_the_demo_runs_to_its_end(tmp_path):
    """Every item ends, every person is a lead, and nothing of it is left behind."""
    ended = subprocess.run(
        [*COMMAND, "demo", "--rows", "20", "--json"],
        cwd=tmp_path,
        env={**ENVIRONMENT, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ended.returncode == 0, ended.stderr
    summary = json.loads(ended.stdout)
    assert [batch["items_total"] for batch in summary["batches"]] == [20, 20]
    assert [batch["items_active"] for batch in summary["batches"]] == [0, 0]
    # Five people are in both files.
    assert summary["final_leads"] == 35
    # The Apollo file tells when companies were funded, lately or long ago.
    assert 0 < sum(told["recently_funded"] for told in summary["by_workstreams"]) < 35
    assert "Traceback" not in ended.stderr
    assert not list(tmp_path.glob("enrichcore-demo-*"))


def test_an_interrupted_demo_keeps_nothing_and_says_so(tmp_path):
    """Ctrl-C while rows are under way ends all that it started; its folder goes, so nothing recorded is promised."""
    with subprocess.Popen(
        [*INTERRUPTIBLE, "demo", "--rows", "200"],
        cwd=tmp_path,
        env={**ENVIRONMENT, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        while "Launched" not in (line := running.stdout.readline()):
            assert line, running.stderr.read()
        running.send_signal(signal.SIGINT)
        _, told = running.communicate(timeout=60)
    assert running.returncode == 130
    assert told == "interrupted; a demo keeps nothing: its folder and its database are removed\n"
    assert not list(tmp_path.glob("enrichcore-demo-*"))
