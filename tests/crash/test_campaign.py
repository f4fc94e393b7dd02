"""The fault campaign in its short form: real daemons, killed; a real PostgreSQL, crashed; a third party full of faults."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.end_to_end

CHAOS = Path(__file__).parents[2] / "benchmarks" / "chaos.py"
#: What may be other than nothing in no part of any campaign.
NOTHING = (
    "items that did not end",
    "answers lost",
    "rows taken twice, unexplained",
    "tables that differ from the events",
)
#: What a campaign says nothing about where there was none of it.
WITNESSED = (
    "answers that came before their POST was answered",
    "answers that came after those to rows sent later",
)
#: A tenth of the storm's rows time out before any answer is let go.
WITNESSED_IN_STORM = (
    "answers that came after the time-out, or another end",
    "  steps that had timed out, and were completed so",
)


@pytest.mark.parametrize("part", ["storm", "kills", "tenants"])
def test_every_promise_is_kept(part):
    """Nothing is lost, nothing goes out twice without a decision, everything ends, and a replay gives the same tables."""
    done = subprocess.run(
        [sys.executable, str(CHAOS), "--short", "--seed", "7", "--part", part],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    card = json.loads(done.stdout.splitlines()[-1])
    assert {name: card[name] for name in NOTHING} == dict.fromkeys(NOTHING, 0)
    assert card["callbacks acknowledged"] > 0
    assert card["faults of the third party"] == "all 13"
    wanted = WITNESSED + (WITNESSED_IN_STORM if part == "storm" else ())
    assert [name for name in wanted if not card[name]] == []
    if part == "kills":
        assert card["runners killed"] > 0
        assert card["PostgreSQL restarted (immediate)"] == 1
