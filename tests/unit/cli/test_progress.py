"""What `status` tells of a batch whose rows do not leave."""

import sys
from contextlib import nullcontext
from datetime import timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from uuid import uuid4

import pytest
from attrs import evolve

from enrichcore.application import Enrichment
from enrichcore.domain.ids import lane_id
from enrichcore.domain.lane import Lane
from enrichcore.store.commit import Commit
from runners.cli import batches
from runners.cli.batches import progress_of

sys.path.append(str(Path(__file__).parent))
from world import COMPANY, World


@pytest.fixture
def world():
    """A world with a batch whose company rows are ready."""
    world = World()
    world.batch = world.launch()
    return world


def held_back(application):
    """Why the only batch's rows do not leave."""
    ((batch),) = progress_of(application)
    return batch["held_back"]


def test_rows_that_only_wait_for_their_turn_need_no_words(world):
    """Pace is no reason worth telling."""
    assert held_back(world.application) == []


def test_a_stopped_lane_is_named_with_its_reason(world):
    """Also by those who wait for their company's row."""
    world.application.stop_lane("acme", "crm_data", COMPANY, by="ann", why="the table was deleted")
    (why,) = held_back(world.application)
    assert f"acme/crm_data/{COMPANY} is stopped: the table was deleted" in why
    world.application.resume_lane("acme", "crm_data", COMPANY, by="ann")
    assert held_back(world.application) == []


def test_a_lane_whose_webhook_cannot_be_reached_is_named_with_when_it_goes_on(world):
    """Whoever reads it need not look into the log."""
    lane = Lane(
        lane_id=lane_id(world.client.id, "crm_data", COMPANY), client_id=world.client.id,
        held_until=world.now + timedelta(minutes=4), held_for="no connection could be made 17 times in a row",
    )  # fmt: skip
    world.store.append(Commit(events=[], lanes=[(lane, 1)]))
    (why,) = held_back(world.application)
    assert "is held: nothing is sent until 2026-03-01 12:04:00 UTC: no connection could be made 17 times" in why


def test_a_budget_that_is_used_up_is_named(world):
    """The lane is open, and nothing leaves."""
    client = evolve(world.client, budget_credits=Decimal(0))
    registry = evolve(world.registry, clients={**world.registry.clients, "acme": client})
    (why,) = held_back(Enrichment(world.store, registry))
    assert "the budget of 0 credits is spent" in why


def test_a_local_function_that_rows_wait_for_is_named():
    """It is no lane's fault."""
    world = World()
    world.application.core.functions = _Nothing()
    world.launch(world.apollo(), "apollo_scrape")
    (why,) = held_back(world.application)
    first = world.registry.workstreams["apollo_scrape"].pipeline.steps[0]
    assert f"acme/apollo_scrape/{first.workflow} waits for its local function {first.function}" in why


class _Nothing(dict):
    """Of a process that can load no function."""

    def __setitem__(self, *_):
        """Nothing is loaded."""


def test_watching_tells_that_the_daemon_is_gone_though_nothing_else_changes(world, monkeypatch, capsys):
    """For then nothing else will."""
    process, looks = uuid4(), count(1)
    monkeypatch.setattr(batches, "application", lambda *_, **__: nullcontext(world.application))
    world.store.here(process, ["receiver", "sender", "timers", "projector"])

    def pass_a_second(_s):
        if (look := next(looks)) == 2:
            world.store.gone(process)
        elif look == 3:
            world.application.cancel(world.batch.batch_id, by="ann")

    monkeypatch.setattr(batches.time, "sleep", pass_a_second)
    batches.status(None, watch=True)
    shown = capsys.readouterr().out
    assert shown.count("No daemon runs now") == 1
    assert shown.count(str(world.batch.batch_id)) == 3
