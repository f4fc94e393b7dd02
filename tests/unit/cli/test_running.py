"""People hear that nobody runs, and that what runs goes by another configuration than the one they read."""

from decimal import Decimal
from uuid import uuid4

import pytest
from attrs import evolve

from enrichcore.application import Enrichment
from runners.running import hindrances
from tests.unit.cli.world import World

ROLES = ["receiver", "sender", "timers", "projector", "web"]


@pytest.fixture
def world():
    """One whose configuration is in force."""
    world = World()
    world.application.apply(by="ann")
    return world


def test_that_no_daemon_runs_is_one_sentence(world):
    """And none once one runs."""
    (said,) = hindrances(world.application)
    assert "`enrichcore run`" in said
    world.store.here(uuid4(), ROLES)
    assert hindrances(world.application) == []


def test_roles_that_nobody_runs_are_named_as_they_are_started(world):
    """Pages alone move nothing, and nobody has to show pages."""
    world.store.here(uuid4(), ["web", "receiver", "projector"])
    (said,) = hindrances(world.application)
    assert "`enrichcore run --role sender --role timers`" in said
    world.store.here(uuid4(), ["sender", "timers"])
    assert hindrances(world.application) == []


def test_a_file_that_was_changed_and_not_applied_is_named_with_its_keys(world):
    """What it says is not what daemons do."""
    world.store.here(uuid4(), ROLES)
    acme = evolve(world.client, budget_credits=Decimal(31337))
    later = Enrichment(world.store, evolve(world.registry, clients={"acme": acme}))
    (said,) = hindrances(later)
    assert "clients.acme.budget_credits" in said
    assert "`enrichcore apply`" in said
    assert "31337" not in said
    later.apply(by="ann")
    assert hindrances(later) == []


def test_a_daemon_that_could_not_take_over_the_configuration_says_why(world):
    """Processes for the same reason are told together."""
    world.store.here(uuid4(), ["receiver", "projector"], "its budget differs")
    world.store.here(uuid4(), ["sender", "timers"], "its budget differs")
    (said,) = hindrances(world.application)
    assert said.endswith("its budget differs.")
    assert "projector, receiver, sender, timers" in said
