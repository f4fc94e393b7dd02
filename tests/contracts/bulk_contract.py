"""What people decide about whole batches takes many commits; whatever comes between two of them, nothing is paid twice."""

from datetime import timedelta

import pytest

from enrichcore.application import controlling
from enrichcore.domain import events as e
from enrichcore.domain.life_cycle import State
from enrichcore.store import StoreUnavailable
from enrichcore.store.replaying import inline_rows
from tests.contracts.answers_contract import WorldContract
from tests.contracts.companies_contract import of_companies
from tests.contracts.world import APOLLO_COMPANY, CRM, person

NAMES = ("ann", "bob", "eve", "joe", "kim")


class BulkContract(WorldContract):
    """Cancelling and retrying, a commit at a time."""

    @pytest.fixture
    def small_commits(self, monkeypatch):
        """Each item is decided about in a commit of its own."""
        monkeypatch.setattr(controlling, "ITEMS_PER_COMMIT", 1)

    def between_commits(self, world, monkeypatch, act):
        """Let something happen before each further part of a batch is looked at."""
        items_of, store_turns = type(world.store).items_of, world.app.turn_batches

        def then_items(store, batch_id, after, limit):
            if after is not None:
                store_turns()
                act()
            return items_of(store, batch_id, after, limit)

        monkeypatch.setattr(type(world.store), "items_of", then_items)

    @pytest.mark.usefixtures("small_commits")
    @pytest.mark.parametrize("error", ["", "no credits"])
    def test_a_retried_company_that_is_answered_meanwhile_is_sent_once(self, world, monkeypatch, error):
        """A good answer mends everybody at once; an error, too, serves whoever the retry comes to later."""
        batch = world.launch(*(person(name) for name in NAMES))
        (send,) = world.send()
        world.answer(send, world.body(send, result=None, error="busy"))
        world.play()
        again = []

        def answer():
            for send in of_companies(world.send()):
                again.append(send)
                world.answer(send, world.body(send, result=None, error=error) if error else None)

        self.between_commits(world, monkeypatch, answer)
        retried = world.app.retry(batch.batch_id, by="ann", step=APOLLO_COMPANY)
        assert (retried, len(again)) == (len(NAMES) if error else 1, 1)
        world.play()
        assert world.store.item_counts(batch.batch_id)["gaps"] == (len(NAMES) if error else 0)
        assert world.store.inline_rows() == inline_rows(world.store.log(0, 100_000))

    @pytest.mark.usefixtures("small_commits")
    def test_completed_companies_that_are_asked_about_again_are_sent_once(self, world, monkeypatch):
        """Their old answer will not do, but the one that this very command bought will."""
        batch = world.launch(*(person(name) for name in NAMES))
        world.play()
        again = []

        def answer():
            for send in of_companies(world.send()):
                again.append(send)
                world.answer(send, world.body(send, name="Quillhaven II"))

        self.between_commits(world, monkeypatch, answer)
        world.app.retry(batch.batch_id, by="ann", step=APOLLO_COMPANY, state=State.COMPLETED)
        assert len(again) == 1

    def test_a_gap_is_filled_by_what_another_batch_was_told_meanwhile(self, world):
        """At once; retrying finds nothing that is missing."""
        first = world.launch(person("ann"))
        (send,) = world.send()
        world.answer(send, world.body(send, result=None, error="busy"))
        world.play()
        world.launch(person("bob"), workstream=CRM)
        world.play()
        assert world.store.item_counts(first.batch_id)["gaps"] == 0
        assert world.app.retry(first.batch_id, by="ann", step=APOLLO_COMPANY) == 0
        assert of_companies(world.play()) == []

    def test_only_those_that_ended_for_a_reason_are_retried(self, world):
        """Words in the reason name them, however they are written."""
        batch = world.launch(*(person(name, f"{name}corp") for name in NAMES))
        for send, error in zip(world.send(), ["No credits left", "no credits", "busy", "busy", "busy"], strict=True):
            world.answer(send, world.body(send, result=None, error=error))
        world.play()
        assert world.app.retry(batch.batch_id, by="ann", step=APOLLO_COMPANY, reason="nobody knows") == 0
        assert world.app.retry(batch.batch_id, by="ann", step=APOLLO_COMPANY, reason="NO CREDITS") == 2
        assert len(of_companies(world.play())) == 2

    @pytest.mark.usefixtures("small_commits")
    def test_a_cancelling_that_was_interrupted_is_taken_over(self, world, monkeypatch):
        """No item stays behind, active in a batch of which nothing is sent any more; not before it is given up."""
        batch = world.launch(*(person(name) for name in NAMES))
        with monkeypatch.context() as patched:
            active_items, asked = world.store.active_items, []

            def lose_the_database(batch_id, limit=1):
                asked.append(batch_id)
                if len(asked) > 2:
                    raise StoreUnavailable("gone")
                return active_items(batch_id, limit)

            patched.setattr(world.store, "active_items", lose_the_database)
            with pytest.raises(StoreUnavailable):
                world.app.cancel(batch.batch_id, by="ann", why="a wrong file")
        assert len(world.store.active_items(batch.batch_id, 10)) == 3
        assert world.app.turn_batches() == 0
        world.clock.tick(seconds=61)
        assert world.app.turn_batches() == 1
        assert world.store.active_items(batch.batch_id) == []
        assert {(event.by, event.why) for event in world.events(e.ItemCancelled)} == {("ann", "a wrong file")}
        world.clock.tick(seconds=timedelta(days=1).total_seconds())
        assert world.app.turn_batches() == 0
