"""Runners of different versions and configurations on one store: what is under way goes on as it began."""

from datetime import timedelta

import pytest
from attrs import evolve

from enrichcore.application import AckStatus
from enrichcore.application.explaining import explain
from enrichcore.domain import events as e
from enrichcore.domain.life_cycle import State
from enrichcore.domain.pipeline import Kind
from tests.contracts.answers_contract import WorldContract
from tests.contracts.world import APOLLO, APOLLO_COMPANY, APOLLO_PERSON, EMAIL, World, configuration, person, tuned


def changed(registry):
    """The Apollo pipeline as a deploy may change it: e-mail first and for everyone, companies no more, and more attempts."""
    registry = tuned(registry, attempts=3, answer_within=timedelta(hours=1))
    stream = registry.workstreams[APOLLO]
    kept = [step for step in stream.pipeline.steps if step.kind is not Kind.LOCAL and step.workflow != APOLLO_COMPANY]
    steps = [evolve(step, when=None) for step in reversed(kept)]
    lanes = {step.workflow: stream.lanes[step.workflow] for step in steps}
    other = evolve(stream, pipeline=evolve(stream.pipeline, steps=steps), lanes=lanes)
    return evolve(registry, workstreams={**registry.workstreams, APOLLO: other})


class RunnersContract(WorldContract):
    """Any number of runners, restarted one after the other."""

    def test_items_in_flight_keep_the_pipeline_that_they_were_launched_with(self, world):
        """Conditions, order, attempts and deadlines are those of their launch, whichever runner moves them."""
        old = world.launch(person("ann"))
        (company,) = world.send()
        world.answer(company)
        world.app = world.another(changed(world.registry))
        (send,) = world.send()
        assert send.workflow == APOLLO_PERSON
        assert world.run_of(send).deadline - world.clock.now == timedelta(hours=6)
        world.clock.tick(hours=7)
        world.app.wake()
        assert world.run_of(send).state is State.TIMED_OUT
        world.app.turn_batches()
        assert world.status(old) == "finished"
        assert world.item(old).run(EMAIL).state is State.SKIPPED

    def test_what_is_launched_after_a_restart_runs_as_it_is_configured_then(self, world):
        """While a runner that has not been restarted yet sends and answers it just as well."""
        late = world.app
        world.app = world.another(changed(world.registry))
        world.launch(person("ann"))
        world.clock.tick(seconds=10)
        assert [send.workflow for send in world.send()] == [EMAIL]
        world.app = late
        world.answer(world.posted[-1])
        assert [send.workflow for send in world.send()] == [APOLLO_PERSON]

    def test_a_row_of_a_step_that_was_removed_waits_for_the_configuration_and_takes_its_answer(self, world):
        """It is not lost: an answer is placed, and what has not been sent is sent once the step is back."""
        world.launch(person("ann"))
        world.launch(person("bob", "caldora"))
        (first,) = world.app.claim(1)
        world.report([first])
        before, world.app = world.app, world.another(changed(world.registry))
        assert world.claim() == []
        assert world.answer(first).status == "accepted"
        assert [send.workflow for send in world.send()] == [APOLLO_PERSON]
        world.app = before
        assert [send.workflow for send in world.send()] == [APOLLO_COMPANY]
        assert len(world.events(e.StepSending)) == 3

    def test_a_removed_step_is_said_to_be_missing_and_sent_by_a_runner_that_still_knows_it(self, world):
        """In the middle of a rolling restart both run: the old one sends, the new one takes the answer, and the item goes on."""
        batch = world.launch(person("ann"))
        old, new = world.app, world.another(changed(world.registry))
        item = world.item(batch)
        company = item.run(APOLLO_COMPANY).company_run_id
        assert new.claim(10) == []
        for run_id in (item.item_id, company):
            said = explain(world.store, changed(world.registry), run_id, now=world.clock.now)
            assert "the configuration does not know its lane any more" in said
            assert "put it back, or cancel the batch" in said
        (send,) = old.claim(10)
        world.report([send], app=new)
        came = world.callback(send.workflow, world.body(send), token=send.key)
        (ack,) = new.receive([came])
        assert ack.status is AckStatus.ACCEPTED
        assert [send.workflow for send in new.claim(10)] == [APOLLO_PERSON]

    @pytest.mark.parametrize("attempts", [1, 2])
    def test_a_row_that_is_out_for_a_removed_step_has_its_deadline(self, store, attempts):
        """Its own, once a receiver has been up for the whole grace time; a further attempt waits for the step to be back."""
        world = World(store, tuned(configuration(), attempts=attempts))
        batch = world.launch(person("ann"))
        (send,) = world.send()
        world.app = world.another(changed(world.registry))
        world.clock.tick(hours=7)
        world.app.wake(receiver_up=timedelta(minutes=1))
        assert world.run_of(send).state is State.AWAITING_ANSWER
        world.app.wake(receiver_up=world.registry.runner.timeout_grace)
        assert world.run_of(send).state is (State.TIMED_OUT if attempts == 1 else State.READY)
        assert [one.workflow for one in world.send()] == ([APOLLO_PERSON] if attempts == 1 else [])
        world.answer(send)
        assert world.run_of(send).state is State.COMPLETED
        assert world.item(batch).gaps == ()

    def test_a_dead_runners_rows_are_in_doubt_at_the_end_of_their_lease_and_no_sooner(self, world):
        """Whoever looks, and by whatever pipeline; none is sent twice."""
        world.launch(person("ann"))
        (send,) = world.claim()
        other = world.another(changed(world.registry))
        world.clock.now = send.lease_until - timedelta(seconds=1)
        assert other.wake() == 0
        assert other.claim(10) == []
        world.clock.tick(seconds=1)
        assert other.wake() == 1
        assert world.run_of(send).state is State.IN_DOUBT
        assert other.claim(10) == []
