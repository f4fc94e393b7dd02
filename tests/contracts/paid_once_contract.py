"""A person is paid for once: what other batches know, or have out, is looked at before every POST, not the first alone."""

from datetime import timedelta

import pytest

from enrichcore import project
from enrichcore.application.estimating import estimate
from enrichcore.application.explaining import explain
from enrichcore.domain import events as e
from enrichcore.domain.answers import Rank
from enrichcore.domain.life_cycle import State
from enrichcore.domain.step_run import Outcome
from enrichcore.store.counters import counted
from enrichcore.store.replaying import inline_rows
from enrichcore.testing import broken
from projections import READ_MODELS
from tests.contracts.answers_contract import WorldContract
from tests.contracts.people_contract import of_people, person_run, sent_and_waiting, two_batches
from tests.contracts.world import ACME, APOLLO, APOLLO_PERSON, CRM, World, configuration, person, tuned


class PaidOnceContract(WorldContract):
    """One person in several batches, some of which fail, are cancelled, or try again."""

    @pytest.fixture(autouse=True)
    def agrees(self, store):
        """The log keeps every promise, and replaying it gives the rows and counts that were lived."""
        yield
        log = store.log(0, 100_000)
        assert store.inline_rows() == inline_rows(log)
        assert store.counts() == counted(log).without_nothing()
        assert broken(log, {batch.batch_id: batch.pipeline for batch, _ in store.batches()}) == []

    def lead(self, world):
        """The only lead, as it stands."""
        (lead,) = project(world.store.log(0, 100_000), READ_MODELS)["final_leads"].values()
        return lead

    def reserved(self, world):
        """Credits that are reserved now."""
        return sum(reserved for reserved, _ in world.store.counts().credits.values())

    # --- retries and further attempts ---

    def failed_then_known(self, world):
        """A batch whose step failed, and another that was answered since."""
        send, first, second = sent_and_waiting(world)
        world.answer(send, world.body(send, result=None, error="no credits"))
        (other,) = of_people(world.send())
        return first, second, other

    def test_a_failed_step_that_is_retried_takes_what_another_batch_knows(self, world):
        """No second payment for a known answer."""
        first, _, other = self.failed_then_known(world)
        world.answer(other)
        world.app.retry(first.batch_id, by="ann")
        assert (person_run(world, first).state, person_run(world, first).rank) == (State.COMPLETED, Rank.DATA)
        assert of_people(world.play()) == []
        assert world.status(first) == "finished"

    def test_a_failed_step_that_is_retried_waits_for_a_row_that_is_out(self, world):
        """And takes its answer."""
        first, second, other = self.failed_then_known(world)
        world.app.retry(first.batch_id, by="ann")
        assert of_people(world.send()) == []
        assert person_run(world, first).behind == world.item(second).item_id
        world.answer(other)
        assert of_people(world.play()) == []
        assert person_run(world, first).rank is Rank.DATA

    def test_an_earlier_step_that_is_retried_takes_what_is_known_too(self, world):
        """Though its item has gone on to a later one."""
        batches = [world.launch(person("ann", email=""), workstream=stream) for stream in (APOLLO, CRM)]
        for send in world.send():
            world.answer(send)
        (send,) = world.send()
        world.answer(send, world.body(send, result=None, error="no credits"))
        (other,) = of_people(world.send())
        world.answer(other)
        first = next(batch for batch in batches if world.item(batch).item_id == send.run_id)
        item = world.item(first)
        assert item.current.workflow != send.workflow
        world.app.retry(first.batch_id, by="ann")
        assert person_run(world, first).rank is Rank.DATA
        assert of_people(world.play()) == []

    def test_what_is_too_old_is_asked_again_by_a_retry(self, world):
        """As by a first attempt."""
        first, _, other = self.failed_then_known(world)
        world.answer(other)
        world.clock.tick(days=31)
        world.app.retry(first.batch_id, by="ann")
        assert len(of_people(world.send())) == 1

    def test_what_was_known_does_not_do_for_who_asks_anew(self, world):
        """A completed step that is retried on purpose is sent, unless somebody was answered since."""
        send, first, second = sent_and_waiting(world)
        world.answer(send)
        world.play()
        world.app.retry(first.batch_id, by="ann", state=State.COMPLETED, step=send.workflow)
        (again,) = of_people(world.send())
        assert again.run_id == send.run_id
        reused = person_run(world, second).workflow
        world.app.retry(second.batch_id, by="ann", state=State.COMPLETED, step=reused)
        assert of_people(world.send()) == []
        world.answer(again, world.body(again, result={"title": "Owner"}))
        assert of_people(world.play()) == []
        assert person_run(world, second).facts["person_title"] == "Owner"

    def test_the_same_answer_again_settles_who_asked_anew(self, world):
        """What another item is told since counts, whether or not it says something new."""
        send, first, second = sent_and_waiting(world)
        world.answer(send)
        world.play()
        world.app.retry(first.batch_id, by="ann", state=State.COMPLETED, step=send.workflow)
        world.app.retry(second.batch_id, by="ann", state=State.COMPLETED, step=person_run(world, second).workflow)
        (again,) = of_people(world.send())
        world.answer(again)
        assert of_people(world.play()) == []
        assert {world.status(batch) for batch in (first, second)} == {"finished"}

    @pytest.mark.parametrize("workstreams", [(APOLLO, CRM), (CRM, APOLLO), (APOLLO, APOLLO)])
    def test_of_a_second_attempt_and_a_first_one_only_one_leaves(self, store, workstreams):
        """Whatever webhooks they go to; the other takes its answer."""
        world = World(store, tuned(configuration(), attempts=2))
        send, first, second = sent_and_waiting(world, workstreams=workstreams)
        world.clock.tick(hours=7)
        world.app.wake()
        (out,) = of_people(world.send())
        assert of_people(world.send()) == []
        world.answer(out)
        assert of_people(world.play()) == []
        assert {person_run(world, batch).state for batch in (first, second)} == {State.COMPLETED}
        assert self.reserved(world) == 0
        assert len([one for one in world.events(e.StepSending) if one.workflow in {send.workflow, out.workflow}]) == 2

    def test_an_attempt_that_is_served_instead_keeps_what_it_paid(self, store):
        """Its first row is spent; the answer that it takes costs nothing."""
        world = World(store, tuned(configuration(), attempts=2))
        send, *batches = sent_and_waiting(world)
        world.clock.tick(hours=7)
        world.app.wake()
        (out,) = of_people(world.send())
        world.answer(out)
        world.play()
        served = next(batch for batch in batches if world.item(batch).item_id != out.run_id)
        assert person_run(world, served).spent == (1 if out.run_id != send.run_id else 0)

    # --- cancelled rows ---

    @pytest.mark.parametrize("workstream", [APOLLO, CRM])
    def test_an_answer_for_a_cancelled_batch_serves_later_launches(self, world, workstream):
        """Also of the other workstream; the lead has what it said."""
        first, send = self.at_person_step(world)
        world.report([send])
        world.app.cancel(first.batch_id, by="ann")
        world.answer(send, world.body(send, result={"title": "Chief Tester"}))
        assert self.lead(world)["person_title"] != "Chief Tester"
        second = world.launch(person("ann"), workstream=workstream)
        assert of_people(world.play()) == []
        run = person_run(world, second)
        assert (run.rank, run.facts["person_title"], run.spent) == (Rank.DATA, "Chief Tester", 0)
        assert self.lead(world)["person_title"] == "Chief Tester"
        (reused,) = [event for event in world.events(e.StepAnswered) if event.source is e.Source.REUSE and event.body]
        assert reused.reused_from == send.run_id

    def test_the_best_answer_for_a_cancelled_batch_serves(self, world):
        """Data before empty, whichever came later."""
        first, send = self.at_person_step(world)
        world.app.cancel(first.batch_id, by="ann")
        world.answer(send)
        world.answer(send, world.body(send, result=None))
        second = world.launch(person("ann"))
        assert person_run(world, second).rank is Rank.DATA

    def test_a_failure_of_a_cancelled_row_serves_nobody(self, world):
        """It is no answer; whoever waited for it is sent."""
        first, send = self.at_person_step(world)
        world.app.cancel(first.batch_id, by="ann")
        second = world.launch(person("ann"))
        assert of_people(world.send()) == []
        world.answer(send, world.body(send, result=None, error="no credits"))
        (other,) = of_people(world.send())
        assert other.run_id == world.item(second).item_id

    @pytest.mark.parametrize("workstream", [APOLLO, CRM])
    @pytest.mark.parametrize("outcome", [Outcome.DELIVERED, Outcome.UNKNOWN, None])
    def test_a_later_launch_waits_for_a_cancelled_row_that_is_out(self, world, workstream, outcome):
        """Delivered, in doubt, or just leaving: its answer serves both."""
        first, send = self.at_person_step(world)
        if outcome is not None:
            world.report([send], outcome)
        world.app.cancel(first.batch_id, by="ann")
        second = world.launch(person("ann"), workstream=workstream)
        assert of_people(world.send()) == []
        assert person_run(world, second).behind == send.run_id
        world.answer(send)
        assert of_people(world.play()) == []
        assert person_run(world, second).rank is Rank.DATA
        assert world.status(second) == "finished"

    def test_nobody_waits_for_a_cancelled_row_beyond_its_deadline(self, world):
        """Then it is sent itself."""
        first, send = self.at_person_step(world)
        world.report([send])
        world.app.cancel(first.batch_id, by="ann")
        second = world.launch(person("ann"))
        assert of_people(world.send()) == []
        assert person_run(world, second).wake_at == world.run_of(send).deadline
        world.clock.tick(hours=6)
        (other,) = of_people(world.send())
        assert other.run_id == world.item(second).item_id
        third = world.launch(person("ann"))
        assert of_people(world.send()) == []
        assert person_run(world, third).behind == other.run_id

    def test_that_a_cancelled_row_is_out_is_said(self, world):
        """Until when its answer is of use; of one that was not sent, nothing."""
        first, send = self.at_person_step(world)
        world.report([send])
        unsent = world.launch(person("bob", "mooncroft"))
        world.app.cancel(first.batch_id, by="ann")
        world.app.cancel(unsent.batch_id, by="ann")
        told = [
            explain(world.store, world.registry, world.item(batch).item_id, now=world.clock.now)
            for batch in (first, unsent)
        ]
        assert f"an answer by {world.run_of(send).deadline:%Y-%m-%d %H:%M:%S} UTC serves other batches" in told[0]
        back = f"`enrichcore retry {unsent.batch_id} --state cancelled` takes that back."
        assert told[1].endswith(f"was cancelled and moves no more; {back}")
        assert "an answer by" not in told[1]

    def test_a_cancelled_row_that_was_not_delivered_holds_nobody_up(self, world):
        """Its outcome is told after the cancellation."""
        first, send = self.at_person_step(world)
        world.app.cancel(first.batch_id, by="ann")
        second = world.launch(person("ann"))
        assert of_people(world.send()) == []
        world.report([send], Outcome.NOT_DELIVERED, status=503)
        (other,) = of_people(world.send())
        assert other.run_id == world.item(second).item_id
        assert world.run_of(send).spent == 0

    def test_a_batch_that_was_cancelled_before_it_was_sent_holds_nobody_up(self, world):
        """Nothing of it is out."""
        batches = two_batches(world)
        first, second = batches.values()
        world.app.cancel(first.batch_id, by="ann")
        (send,) = of_people(world.send())
        assert send.run_id == world.item(second).item_id

    def test_who_was_cancelled_by_mistake_takes_its_own_answer(self, world):
        """It came after the cancellation; asking for it again costs nothing."""
        first, send = self.at_person_step(world)
        world.app.cancel(first.batch_id, by="ann")
        world.answer(send)
        world.app.retry(first.batch_id, by="ann", state=State.CANCELLED)
        assert of_people(world.play()) == []
        assert (person_run(world, first).rank, world.status(first)) == (Rank.DATA, "finished")
        assert self.lead(world)["person_title"] == "Chief Buyer"

    def test_an_old_answer_for_a_cancelled_batch_is_too_old(self, world):
        """As any other."""
        first, send = self.at_person_step(world)
        world.app.cancel(first.batch_id, by="ann")
        world.answer(send)
        world.clock.tick(days=31)
        world.launch(person("ann"))
        assert len(of_people(world.play())) == 1

    def test_an_estimate_counts_who_is_known_or_out(self, world):
        """A launch sends none of them."""
        upload = world.upload(person("ann"), person("bob"), person("eve"))
        first = world.launch(person("ann"), person("bob"))
        for send in world.send():
            world.answer(send)
        known, _ = world.send()
        world.app.cancel(first.batch_id, by="ann")
        world.answer(known)
        found = estimate(world.store, world.registry, world.app.get_upload(upload.upload_id), now=world.clock.now)
        (step,) = [step for step in found.steps if step.workflow == APOLLO_PERSON]
        assert (step.to_send, step.reused, step.under_way, step.credits) == (1, 1, 1, 1)
        world.clock.tick(hours=7)
        found = estimate(world.store, world.registry, world.app.get_upload(upload.upload_id), now=world.clock.now)
        (step,) = [step for step in found.steps if step.workflow == APOLLO_PERSON]
        assert (step.to_send, step.reused, step.under_way) == (2, 1, 0)

    def test_a_budget_ends_no_wait_for_a_cancelled_row(self, world):
        """What was out when its batch was cancelled is spent, and nothing is reserved for it."""
        first, send = self.at_person_step(world)
        world.report([send])
        before = world.store.credits_of(world.registry.client(ACME).id)
        world.app.cancel(first.batch_id, by="ann")
        assert self.reserved(world) == 0
        assert world.store.credits_of(world.registry.client(ACME).id) == before
        world.launch(person("ann"))
        world.clock.tick(days=1)
        world.answer(send, world.body(send, metadata={"upfrontCreditUsage": {"totalCost": 3}}))
        assert of_people(world.play()) == []
        assert world.store.credits_of(world.registry.client(ACME).id) == before + 2
        assert (
            world.store.credits_of(world.registry.client(ACME).id, (world.clock.now - timedelta(hours=1)).date()) == 0
        )
