"""People are paid for once on PostgreSQL too: a short form of the property, in one database."""

from itertools import count

import pytest
from hypothesis import Phase, given, settings

from enrichcore.projection import catch_up, ensure_tables, rebuild
from enrichcore.store.counters import counted
from enrichcore.store.mending import mend_inline_state
from enrichcore.store.replaying import inline_rows
from projections import READ_MODELS
from projections.spend import SPEND
from tests.contracts.stored_rows import SHARED_STORE
from tests.contracts.world import Clock
from tests.property.paid_once import PaidOnce, commands, policies

pytestmark = pytest.mark.postgres

#: A failing story is not made smaller: in memory that takes seconds, here minutes.
PHASES = [Phase.explicit, Phase.generate]
#: All examples share a store, so time goes on, and each has people of its own.
FORWARD = Clock()
NUMBERS = count()


def spend(store):
    """The read model of spend, as PostgreSQL writes it, and the sum of what is spent in it."""
    with store.pool.connection() as connection:
        rows = connection.execute("select t::text from enrichcore.spend as t order by 1").fetchall()
        return rows, connection.execute("select coalesce(sum(spent), 0) from enrichcore.spend").fetchone()[0]


@settings(SHARED_STORE, max_examples=15, phases=PHASES)
@given(policy=policies(), story=commands())
def test_people_are_paid_for_once(store, policy, story):
    """No POST for what is known or out without a decision, and each POST counts once, everywhere and after a replay."""
    world = PaidOnce(store, policy, FORWARD, suffix=str(next(NUMBERS)))
    world.play(story)
    log = store.log(0, 1_000_000)
    assert store.inline_rows() == inline_rows(log)
    assert store.counts() == counted(log).without_nothing()
    assert mend_inline_state(store, only_compare=True).is_nothing
    ensure_tables(store.pool, READ_MODELS)
    catch_up(store.pool, [SPEND], page=7)
    followed, total = spend(store)
    assert total == world.spent()
    rebuild(store.pool, [SPEND])
    assert spend(store) == (followed, total)
