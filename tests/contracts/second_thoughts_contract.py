"""What people think better of: a cancelled batch is wanted after all, and an answer is known to be lost before its deadline."""

from datetime import timedelta
from decimal import Decimal

import pytest

from enrichcore.application import AckStatus
from enrichcore.application.explaining import explain
from enrichcore.domain import events as e
from enrichcore.domain.batch_item import ItemStatus
from enrichcore.domain.life_cycle import State
from enrichcore.domain.step_run import Outcome
from enrichcore.store.counters import counted
from enrichcore.store.replaying import inline_rows
from tests.contracts.answers_contract import WorldContract
from tests.contracts.world import APOLLO_COMPANY, APOLLO_PERSON, CRM, World, configuration, person, tuned


class RestoredContract(WorldContract):
    """Cancelled steps whose rows are still out are waited for again: nothing is POSTed for what may be answered."""

    @pytest.fixture
    def world(self, store):
        """Each row costs three credits."""
        return World(store, tuned(configuration(), lane={"credits_per_send": Decimal(3)}))

    @pytest.fixture(autouse=True)
    def agrees(self, store):
        """Replaying the log gives the rows and counts that were lived."""
        yield
        log = store.log(0, 100_000)
        assert store.inline_rows() == inline_rows(log)
        assert store.counts() == counted(log).without_nothing()

    def cancelled(self, world, outcome=Outcome.DELIVERED):
        """A batch that was cancelled while its person's row was out, and that row; None leaves its outcome untold."""
        batch = world.launch(person("ann"))
        world.play_to(APOLLO_PERSON)
        (send,) = world.claim()
        if outcome is not None:
            world.report([send], outcome, status=502)
        world.app.cancel(batch.batch_id, by="ann")
        return batch, send

    def money(self, world, send):
        """(reserved, spent) of the person's row."""
        run = world.run_of(send)
        return run.reserved, run.spent

    def back(self, world, batch):
        """The cancellation is taken back."""
        assert world.app.retry(batch.batch_id, by="ann", why="after all", state=State.CANCELLED) == 1

    @pytest.mark.parametrize(
        ("outcome", "state"),
        [(Outcome.DELIVERED, State.AWAITING_ANSWER), (Outcome.UNKNOWN, State.IN_DOUBT), (None, State.IN_DOUBT)],
    )
    def test_a_row_that_is_out_is_waited_for_again(self, world, outcome, state):
        """Its answer completes the step, and the item goes on."""
        batch, send = self.cancelled(world, outcome)
        deadline = world.run_of(send).deadline
        self.back(world, batch)
        run = world.run_of(send)
        assert (run.state, run.deadline, run.generation) == (state, deadline, 1)
        assert (world.item(batch).status, world.status(batch)) == (ItemStatus.ACTIVE, "running")
        assert world.send() == []
        assert world.answer(send).status is AckStatus.ACCEPTED
        world.play()
        assert (world.status(batch), len(world.posted)) == ("finished", 2)
        assert self.money(world, send) == (0, 3)

    def test_its_credits_are_reserved_again(self, world):
        """Not spent twice, whatever day the cancellation was; a time-out counts them on its own day."""
        batch, send = self.cancelled(world)
        assert self.money(world, send) == (0, 3)
        world.clock.tick(hours=1)
        self.back(world, batch)
        assert self.money(world, send) == (3, 0)
        world.clock.tick(hours=6)
        world.app.wake()
        assert (world.run_of(send).state, self.money(world, send)) == (State.TIMED_OUT, (0, 3))

    def test_a_row_that_turns_out_not_to_be_there_is_sent(self, world):
        """It costs no attempt and no credit, as ever."""
        batch, send = self.cancelled(world, None)
        self.back(world, batch)
        world.report([send], Outcome.NOT_DELIVERED, status=503)
        assert (world.run_of(send).state, self.money(world, send)) == (State.RETRY_WAIT, (0, 0))
        world.app.wake()
        (again,) = world.send()
        assert (again.run_id, again.attempt) == (send.run_id, 2)

    @pytest.mark.parametrize("how", ["deadline", "refused", "answered"])
    def test_a_row_that_is_out_no_longer_runs_again(self, world, how):
        """Or is served by the answer that came meanwhile."""
        batch, send = self.cancelled(world, None)
        if how == "deadline":
            world.clock.tick(hours=7)
        elif how == "refused":
            world.report([send], Outcome.NOT_DELIVERED, status=503)
        else:
            world.answer(send)
        self.back(world, batch)
        assert world.run_of(send).generation == 2
        assert len(world.send()) == (0 if how == "answered" else 1)

    def test_who_waits_for_the_row_in_another_batch_goes_on_waiting(self, world):
        """One row, for everybody."""
        batch, send = self.cancelled(world)
        other = world.launch(person("ann"), workstream=CRM)
        assert world.send() == []
        self.back(world, batch)
        assert world.send() == []
        world.answer(send)
        world.play()
        assert {world.status(one) for one in (batch, other)} == {"finished"}
        assert len(world.posted) == 2

    def test_it_is_said_in_history_who_wanted_it_and_why(self, world):
        """As every decision."""
        batch, send = self.cancelled(world)
        self.back(world, batch)
        (event,) = world.events(e.StepRestored)
        assert (event.by, event.why, event.attempt) == ("ann", "after all", send.attempt)
        assert "waits for its answer" in explain(world.store, world.registry, send.run_id, now=world.clock.now)


class LostContract(WorldContract):
    """A person who knows that no answer will come need not wait for the deadline."""

    def out(self, store, outcome=Outcome.DELIVERED, **settings):
        """A batch of one person whose row is out."""
        world = World(store, tuned(configuration(), **settings))
        batch = world.launch(person("ann"))
        world.play_to(APOLLO_PERSON)
        (send,) = world.claim()
        world.report([send], outcome, status=502)
        return world, batch, send

    def lost(self, world, batch, **which):
        """The answers are given up."""
        return world.app.settle(batch.batch_id, e.Settlement.LOST, by="ann", why="the table was deleted", **which)

    @pytest.mark.parametrize("outcome", [Outcome.DELIVERED, Outcome.UNKNOWN])
    def test_a_wait_that_is_given_up_ends_as_at_its_deadline(self, store, outcome):
        """The item goes on with a gap that says who gave up and why; nothing is sent again unasked."""
        world, batch, send = self.out(store, outcome)
        assert self.lost(world, batch) == 1
        run = world.run_of(send)
        assert run.state is State.TIMED_OUT
        assert run.reason == "given up before its deadline: the table was deleted, no attempt left"
        assert (run.reserved, world.send(), world.status(batch)) == (0, [], "finished")
        (event,) = world.events(e.AnswerTimedOut)
        assert event.by == "ann"
        assert self.lost(world, batch) == 0

    def test_an_answer_that_comes_all_the_same_counts(self, store):
        """Late, as after a deadline; and a retry that has not left is spared."""
        world, batch, send = self.out(store)
        self.lost(world, batch)
        assert world.app.retry(batch.batch_id, by="ann") == 1
        assert world.answer(send).status is AckStatus.ACCEPTED
        assert (world.run_of(send).state, world.send()) == (State.COMPLETED, [])
        assert world.store.item_counts(batch.batch_id)["gaps"] == 0

    def test_it_may_be_sent_again_by_a_retry_or_where_an_attempt_is_left(self, store):
        """The one on a person's word, the other on the step's."""
        world, batch, send = self.out(store)
        self.lost(world, batch)
        world.app.retry(batch.batch_id, by="ann")
        (again,) = world.send()
        assert (again.run_id, world.run_of(send).generation) == (send.run_id, 2)
        assert self.lost(world, batch) == 1

    def test_where_an_attempt_is_left_it_is_sent_again(self, store):
        """As at its deadline."""
        world, batch, send = self.out(store, attempts=2)
        self.lost(world, batch)
        (again,) = world.send()
        assert (again.run_id, world.run_of(send).generation) == (send.run_id, 1)

    def test_a_companys_wait_ends_for_all_who_wait(self, world):
        """One row, one decision."""
        batch = world.launch(person("ann"), person("bob"))
        world.send()
        assert self.lost(world, batch, step=APOLLO_PERSON) == 0
        assert self.lost(world, batch, step=APOLLO_COMPANY) == 1
        assert [world.item(batch, number).gaps for number in (0, 1)] == [(APOLLO_COMPANY,)] * 2

    def test_what_is_not_out_is_left_alone(self, world):
        """A row that is ready, being sent, or between two tries."""
        batch = world.launch(person("ann"))
        assert self.lost(world, batch) == 0
        (send,) = world.claim()
        assert self.lost(world, batch) == 0
        world.report([send], Outcome.NOT_DELIVERED, status=503, wait_s=60)
        assert self.lost(world, batch) == 0

    def test_who_waits_for_that_row_in_another_batch_is_sent(self, store):
        """Its answer is not to be expected."""
        world, batch, send = self.out(store)
        world.launch(person("ann"), workstream=CRM)
        assert world.send() == []
        self.lost(world, batch)
        world.clock.tick(seconds=1)
        (other,) = world.send()
        assert other.run_id != send.run_id
        assert timedelta(0) < world.run_of(other).deadline - world.clock.now

    @pytest.mark.parametrize("settlement", [e.Settlement.LOST, e.Settlement.RESEND])
    def test_what_leaves_while_it_is_decided_is_another_row(self, store, monkeypatch, settlement):
        """A company's row that a thousand wait for is decided once, though their items are looked at in several commits."""
        world = World(store, tuned(configuration(), attempts=9))
        batch = world.launch(*(person(name) for name in ("ann", "bob", "cid")))
        (send,) = world.claim()
        world.report([send], Outcome.UNKNOWN, status=502)
        monkeypatch.setattr("enrichcore.application.controlling.ITEMS_PER_COMMIT", 1)
        items_of = store.items_of

        def meanwhile(*page):
            # A runner sends what may leave, and hears nothing of it.
            world.report(world.claim(), Outcome.UNKNOWN, status=502)
            return items_of(*page)

        with monkeypatch.context() as patch:
            patch.setattr(store, "items_of", meanwhile)
            assert world.app.settle(batch.batch_id, settlement, by="ann") == 1
        assert [one.attempt for one in world.posted] == [1, 2]
        assert world.run_of(send).state is State.IN_DOUBT
