"""People are paid for once, whatever happens in several batches of them at once.

Some faults are put into the core on purpose: the books must find each.
"""

import pytest
from attrs import evolve
from hypothesis import HealthCheck, Phase, given, settings

from enrichcore import project
from enrichcore.application.reuse import EarlierAnswers
from enrichcore.domain import one_row, posts
from enrichcore.domain import step_run as steps
from enrichcore.domain.life_cycle import UNDER_WAY
from enrichcore.store import MemoryStore
from enrichcore.store.counters import counted
from enrichcore.store.replaying import inline_rows
from projections import READ_MODELS
from tests.contracts.world import Clock
from tests.property.paid_once import PaidOnce, commands, policies


@given(policy=policies(), story=commands())
def test_people_are_paid_for_once(policy, story):
    """No POST for what is known or out without a decision, and each POST counts once, everywhere."""
    store = MemoryStore()
    world = PaidOnce(store, policy, Clock())
    world.play(story)
    log = store.log(0, 1_000_000)
    spent, (_, rows) = world.spent(), store.inline_rows()
    spend = project(log, READ_MODELS)["spend"].values()
    assert sum(row["spent"] for row in spend) == sum(row.spent for row in rows) == spent
    assert all(row["spent"] >= 0 for row in spend), "corrections stand where the POST was charged"
    assert {row["reserved"] for row in spend} | {row.reserved for row in rows} <= {0}
    assert store.inline_rows() == inline_rows(log)
    assert store.counts() == counted(log).without_nothing()


def a_cancelled_row_is_forgotten(monkeypatch):
    """It is out, and nobody waits for it."""
    monkeypatch.setattr(one_row, "is_out", lambda run, _now: run.state in UNDER_WAY)


def a_retry_looks_at_nothing(monkeypatch):
    """Only a first attempt takes what is known."""
    find = EarlierAnswers.find
    monkeypatch.setattr(
        EarlierAnswers,
        "find",
        lambda self, person, step, *, asks=None, since=None: (
            None if self._stubborn(asks) else find(self, person, step, asks=asks, since=since)
        ),
    )
    monkeypatch.setattr(EarlierAnswers, "_stubborn", _was_sent, raising=False)


def _was_sent(earlier, asks):
    loaded = earlier._reads.load([asks]) if asks else {}
    return any(run.attempt for item in loaded.values() for run in item.state.runs.values())


def a_row_that_timed_out_costs_nothing(monkeypatch):
    """Its credits are given back, as if it had been refused."""
    decide = steps.decide_wake

    def forgiving(run, step, *, now):
        return tuple(
            evolve(event, spent=posts.NOTHING) if hasattr(event, "again") else event
            for event in decide(run, step, now=now)
        )

    monkeypatch.setattr(steps, "decide_wake", forgiving)


def a_second_answer_is_paid_for(monkeypatch):
    """One POST counts as often as it is answered."""
    monkeypatch.setattr(posts, "correction", lambda own, told: told or posts.NOTHING if own.cost is not None else 0)


@pytest.mark.parametrize(
    "fault",
    [
        a_cancelled_row_is_forgotten,
        a_retry_looks_at_nothing,
        a_row_that_timed_out_costs_nothing,
        a_second_answer_is_paid_for,
    ],
)
def test_a_fault_is_found(monkeypatch, fault):
    """The books tell what the log alone would not."""
    fault(monkeypatch)

    @settings(
        max_examples=300,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    @given(policy=policies(), story=commands())
    def searched(policy, story):
        PaidOnce(MemoryStore(), policy, Clock()).play(story)

    with pytest.raises(AssertionError):
        searched()
