"""Limits on money and on webhooks' lives: nothing is sent beyond them, and nothing is lost by them."""

from datetime import timedelta
from decimal import Decimal

import pytest
from attrs import evolve

from enrichcore.application import AckStatus
from enrichcore.application.budgets import budgets
from enrichcore.application.explaining import explain
from enrichcore.domain import events as e
from enrichcore.domain.life_cycle import State
from enrichcore.domain.step_run import Outcome
from enrichcore.store.counters import counted
from enrichcore.store.replaying import inline_rows
from tests.contracts.answers_contract import WorldContract
from tests.contracts.world import ACME, APOLLO, APOLLO_PERSON, World, configuration, person, tuned

NAMES = ("ann", "bob", "eve", "joe", "kim")


def with_budget(registry, credits_: int, period: timedelta | None = None):
    """The configuration with a budget for one client."""
    budget = {"budget_credits": Decimal(credits_), "budget_period": period}
    return evolve(registry, clients={**registry.clients, ACME: evolve(registry.clients[ACME], **budget)})


def at_persons(store, registry) -> World:
    """Five people whose companies are known, in a configuration that limits what comes next."""
    world = World(store, tuned(configuration(), lane={"rate": 1000.0, "burst": 1000}))
    world.launch(*(person(name) for name in NAMES))
    world.play_to(APOLLO_PERSON)
    world.registry = registry(world)
    world.app = world.another()
    return world


class LifetimeContract(WorldContract):
    """A webhook takes so many rows in its life."""

    def test_at_the_end_of_its_webhooks_life_a_lane_stops(self, store):
        """With its reason, and the rows stay ready for another URL."""
        world = at_persons(store, lambda world: tuned(world.registry, APOLLO_PERSON, lane={"lifetime_limit": 2}))
        assert len(world.send()) == 2
        assert world.send() == []
        ((lane, _),) = world.store.lanes()
        assert "lifetime_limit" in lane.stopped
        world.app = world.another(tuned(world.registry, APOLLO_PERSON, lane={"lifetime_limit": 5}))
        world.app.resume_lane(ACME, APOLLO, APOLLO_PERSON, by="ann")
        assert len(world.send()) == 3

    def test_what_the_webhook_did_not_take_counts_for_nothing(self, store):
        """A refused connection or a 429 leaves its life as it was; a doubt does not."""
        world = at_persons(store, lambda world: tuned(world.registry, APOLLO_PERSON, lane={"lifetime_limit": 3}))
        refused, doubtful, delivered = world.claim()
        world.report([refused], Outcome.NOT_DELIVERED, reason="HTTP 429")
        world.report([doubtful], Outcome.UNKNOWN, reason="the connection broke")
        world.report([delivered])
        assert world.store.sends_of(delivered.url.fingerprint()) == 2
        world.app.wake()
        assert len(world.send()) == 1
        assert world.send() == []


class BudgetContract(WorldContract):
    """A client's credits, spent and reserved, stay within its budget."""

    def spent_before(self, world) -> Decimal:
        return world.store.credits_of(world.registry.client(ACME).id)

    def test_no_more_rows_leave_than_the_budget_pays_for(self, store):
        """What is reserved counts, and the lane stays open."""
        world = at_persons(store, lambda world: with_budget(world.registry, int(self.spent_before(world)) + 2))
        (budget, *_) = budgets(store, world.registry, world.clock.now)
        assert (budget.left, budget.ended) == (2, False)
        assert len(world.send()) == 2
        assert world.send() == []
        assert world.store.lanes() == []
        (budget, *_) = budgets(store, world.registry, world.clock.now)
        assert (budget.left, budget.overshoot, budget.ended) == (0, 0, True)

    def test_an_answer_that_cost_less_frees_the_rest(self, store):
        """Its own price takes the place of what was reserved."""
        world = at_persons(store, lambda world: with_budget(world.registry, int(self.spent_before(world)) + 2))
        for send in world.send():
            cheap = {"metadata": {"upfrontCreditUsage": {"totalCost": 0.5}}}
            world.answer(send, world.body(send, **cheap))
        assert len(world.send()) == 1
        assert world.send() == []

    def test_an_empty_answer_may_cost_nothing(self, store):
        """Where a lane says so, and the answer itself says nothing of it."""
        world = at_persons(store, lambda world: tuned(world.registry, lane={"credits_when_empty": Decimal(0)}))
        empty, priced, full, *_ = world.send()
        world.answer(empty, world.body(empty, result=None))
        world.answer(priced, world.body(priced, result=None, metadata={"upfrontCreditUsage": {"totalCost": 0.5}}))
        world.answer(full)
        assert [world.run_of(send).spent for send in (empty, priced, full)] == [0, Decimal("0.5"), 1]

    @pytest.mark.parametrize("told", ["1e-100000", "0." + "3" * 20_000, "9" * 6 + "." + "1" * 40])
    def test_a_price_of_needlessly_many_digits_is_rounded(self, store, told):
        """The answer is placed, and what events and counters say of it is the same sum."""
        world = at_persons(store, lambda world: world.registry)
        one, other = world.send(limit=2)
        for send in (one, other):
            ack = world.answer(send, world.body(send, metadata={"upfrontCreditUsage": {"totalCost": told}}))
            assert ack.status is AckStatus.ACCEPTED
        assert world.run_of(one).spent == round(Decimal(told), 10)
        assert store.counts() == counted(store.log(0, 100_000))

    def test_an_answer_that_cost_more_ends_the_budget(self, store):
        """Nobody knew before; from then on nothing leaves, and the overshoot shows."""
        world = at_persons(store, lambda world: with_budget(world.registry, int(self.spent_before(world)) + 2))
        (send,) = world.send(limit=1)
        world.answer(send, world.body(send, metadata={"upfrontCreditUsage": {"totalCost": 7}}))
        assert world.send() == []
        client = world.registry.client(ACME)
        assert world.store.credits_of(client.id) - client.budget_credits == 5
        (budget,) = (one for one in budgets(store, world.registry, world.clock.now) if one.client is client)
        assert (budget.overshoot, budget.left, budget.ended) == (5, 0, True)

    def test_a_row_that_was_not_delivered_gives_its_credits_back(self, store):
        """Another may leave in its place."""
        world = at_persons(store, lambda world: with_budget(world.registry, int(self.spent_before(world)) + 1))
        (send,) = world.claim()
        assert world.claim() == []
        world.report([send], Outcome.NOT_DELIVERED, reason="refused", wait_s=3600)
        assert len(world.claim()) == 1

    def test_a_budget_for_a_period_pays_again_when_that_is_over(self, store):
        """What was spent longer ago no longer counts; what is reserved does."""
        month = timedelta(days=30)
        world = at_persons(store, lambda world: with_budget(world.registry, int(self.spent_before(world)) + 1, month))
        (send,) = world.send()
        world.answer(send)
        assert world.send() == []
        world.clock.tick(days=31)
        assert len(world.send()) > 0

    def test_what_nobody_answered_is_spent_on_the_day_its_wait_ended(self, store):
        """So it does not burden a budget for a period for ever, and a late answer corrects that day alone."""
        month = timedelta(days=30)
        world = at_persons(store, lambda world: with_budget(world.registry, int(self.spent_before(world)) + 2, month))
        client = world.registry.client(ACME).id
        late, lost = world.send()
        world.clock.tick(days=1)
        world.app.wake()
        assert [(world.run_of(send).reserved, world.run_of(send).spent) for send in (late, lost)] == [(0, 1)] * 2
        ended = world.clock.now.date()
        assert store.counts().credits[client, ended] == (-2, 2)
        world.clock.tick(days=2)
        world.answer(late, world.body(late, metadata={"upfrontCreditUsage": {"totalCost": 0.5}}))
        assert store.counts().credits[client, ended] == (-2, Decimal("1.5"))
        assert (client, world.clock.now.date()) not in store.counts().credits
        world.clock.tick(days=29)
        assert store.credits_of(client, (world.clock.now - month).date()) == 0
        assert len(world.send()) == len(NAMES) - 2
        assert store.counts() == counted(store.log(0, 10_000)).without_nothing()

    def test_what_was_out_when_its_batch_was_cancelled_is_spent(self, store):
        """A refusal that is told afterwards gives it back."""
        world = at_persons(store, lambda world: world.registry)
        before = self.spent_before(world)
        delivered, unreported, *_ = world.claim(2)
        world.report([delivered])
        (batch,) = (batch for batch, _ in store.batches())
        world.app.cancel(batch.batch_id, by="ann")
        client = world.registry.client(ACME).id
        assert sum(reserved for reserved, _ in store.counts().credits.values()) == 0
        assert store.credits_of(client) == before + 2
        world.report([unreported], Outcome.NOT_DELIVERED, reason="refused")
        assert store.credits_of(client) == before + 1
        assert inline_rows(store.log(0, 10_000)) == store.inline_rows()

    def test_an_item_says_that_it_waits_for_the_budget(self, store):
        """And which key would move it."""
        world = at_persons(store, lambda world: with_budget(world.registry, int(self.spent_before(world))))
        assert world.send() == []
        (waiting, *_) = [row.run_id for row in store.inline_rows()[1] if row.state == State.READY]
        told = explain(store, world.registry, waiting, now=world.clock.now)
        assert "clients.acme.budget_credits" in told

    def test_counts_are_those_of_the_events(self, store):
        """Whatever came of rows and answers, adding up the log gives the same."""
        world = at_persons(store, lambda world: world.registry)
        first, second, third, *others = world.claim()
        world.report([first], Outcome.NOT_DELIVERED, reason="refused")
        world.report([second], Outcome.ROW_REFUSED, reason="HTTP 422")
        world.report([third], Outcome.UNKNOWN, reason="the connection broke")
        world.report(others)
        for send in others:
            world.answer(send)
        world.clock.tick(days=2)
        world.app.wake()
        world.play()
        assert world.store.counts() == counted(world.store.log(0, 10_000)).without_nothing()
        assert world.events(e.StepSending)
