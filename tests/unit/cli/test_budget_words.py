"""What is said of a budget: what of it is spent, what is reserved, and what makes room."""

import sys
from decimal import Decimal
from pathlib import Path

import pytest
from attrs import evolve

from enrichcore.application.budgets import budgets, room_words, used_words

sys.path.append(str(Path(__file__).parent))
from world import World


@pytest.fixture
def world():
    """A world whose client has a budget."""
    world = World()
    world.client = evolve(world.client, budget_credits=Decimal(100))
    world.registry = evolve(world.registry, clients={"acme": world.client})
    world.application = world.another()
    return world


@pytest.mark.parametrize(
    ("used", "reserved", "said"),
    [
        (5, 0, "spent"),
        (5, 5, "reserved for rows that are out"),
        (5, 2, "used, 3 spent and 2 reserved for rows that are out"),
        (0, 0, "spent"),
    ],
)
def test_what_is_spent_is_told_apart_from_what_may_come_back(used, reserved, said):
    """A reader need not guess which it is."""
    assert used_words(Decimal(used), Decimal(reserved)) == said


def test_answers_make_room_only_where_something_is_reserved(world):
    """A budget that is spent waits for nobody's answer."""
    raised = "clients.acme.budget_credits is raised"
    assert room_words(world.client, Decimal(0)) == raised
    assert room_words(world.client, Decimal(1)) == f"answers cost less than is reserved for them, or {raised}"


def test_what_is_reserved_of_a_budget_is_known(world):
    """A row that is out reserves its price, and its answer spends it."""
    world.launch()
    send, *others = world.send()
    (before,) = budgets(world.store, world.registry, world.now)
    assert before.reserved == before.used == 1 + len(others)
    world.answer(send, name="Quillhaven")
    (after,) = budgets(world.store, world.registry, world.now)
    assert (after.used, after.reserved) == (before.used, len(others))
