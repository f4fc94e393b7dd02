"""Decisions read answers by the configured sources, as leads do, and never take a bouncing address for a known one."""

import json

import pytest
from attrs import evolve

from enrichcore.fields import Rules
from enrichcore.store.memory import MemoryStore
from tests.contracts.world import APOLLO_PERSON, EMAIL, World, person


@pytest.fixture
def world():
    """A person without an address, about whom is being asked."""
    world = World(MemoryStore())
    world.app = world.another(evolve(world.registry, rules=Rules(sources={"person_email": ["crm.reach_at"]})))
    world.launch(person("ann", email=""))
    world.play_to(APOLLO_PERSON)
    return world


def workflows_after(world, result):
    """What is sent once the person's answer came."""
    (send,) = world.send()
    assert send.workflow == APOLLO_PERSON
    world.answer(send, json.dumps({"item_id": str(send.run_id), "result": result}).encode())
    return [send.workflow for send in world.send()]


def test_an_address_at_a_configured_place_spares_the_email_step(world):
    """What the leads would show is known to the pipeline as well, and nothing is paid for it twice."""
    assert workflows_after(world, {"first_name": "Ann", "crm": {"reach_at": "ann@quillhaven.example"}}) == []


def test_an_address_at_a_place_that_was_taken_away_is_not_known(world):
    """The configured paths replace the shipped ones."""
    assert workflows_after(world, {"first_name": "Ann", "work_email": "ann@quillhaven.example"}) == [EMAIL]


def test_a_mailbox_of_many_people_does_not_spare_the_email_step(world):
    """It is not the person's own."""
    assert workflows_after(world, {"first_name": "Ann", "crm": {"reach_at": "info@quillhaven.example"}}) == [EMAIL]


def test_an_address_that_bounces_does_not_spare_the_email_step(world):
    """Another one is still to be found."""
    bounced = {"email": "ann@quillhaven.example", "status": "bounced"}
    assert workflows_after(world, {"first_name": "Ann", "crm": {"reach_at": bounced}}) == [EMAIL]
