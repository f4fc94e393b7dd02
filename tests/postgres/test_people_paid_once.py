"""People are paid for once on PostgreSQL too: a short form of the property, in one database."""

from itertools import count

import pytest
from hypothesis import given, settings

from enrichcore.store.counters import counted
from enrichcore.store.replaying import inline_rows
from tests.contracts.store_contract import SHARED_STORE
from tests.contracts.world import Clock
from tests.property.paid_once import PaidOnce, commands, policies

pytestmark = pytest.mark.postgres

#: All examples share a store, so time goes on, and each has people of its own.
FORWARD = Clock()
NUMBERS = count()


@settings(SHARED_STORE, max_examples=15)
@given(policy=policies(), story=commands())
def test_people_are_paid_for_once(store, policy, story):
    """No POST for what is known or out without a decision, and each POST counts once."""
    PaidOnce(store, policy, FORWARD, suffix=str(next(NUMBERS))).play(story)
    log = store.log(0, 1_000_000)
    assert store.inline_rows() == inline_rows(log)
    assert store.counts() == counted(log).without_nothing()
