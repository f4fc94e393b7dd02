"""Whoever is in several batches at once is sent once: the others wait for that row's answer, and never for ever."""

from datetime import timedelta

import pytest

from enrichcore.application.explaining import explain
from enrichcore.domain import events as e
from enrichcore.domain.life_cycle import State
from enrichcore.domain.step_run import Outcome
from enrichcore.store.replaying import inline_rows
from tests.contracts.answers_contract import WorldContract
from tests.contracts.world import APOLLO, APOLLO_PERSON, CRM, CRM_PERSON, World, configuration, person, tuned

OF_PEOPLE = {APOLLO_PERSON, CRM_PERSON}


def of_people(sends):
    """The rows of the steps that ask about people."""
    return [send for send in sends if send.workflow in OF_PEOPLE]


def two_batches(world, *, workstreams=(APOLLO, CRM)):
    """The same person launched twice, up to the row that asks about her; the batches by the run that would be sent."""
    batches = [world.launch(person("ann"), workstream=stream) for stream in workstreams]
    for send in world.send():
        world.answer(send)
    return {world.item(batch).item_id: batch for batch in batches}


def sent_and_waiting(world, **how):
    """Two batches of one person: the row that left, the batch it left for, and the batch that waits for it."""
    batches = two_batches(world, **how)
    (send,) = world.send()
    first = batches.pop(send.run_id)
    (second,) = batches.values()
    return send, first, second


def person_run(world, batch):
    """The step run of a batch's only item that asks about the person."""
    item = world.item(batch)
    return next(run for workflow, run in item.runs.items() if workflow in OF_PEOPLE)


class PeopleContract(WorldContract):
    """One person in several batches that are under way together."""

    @pytest.fixture(autouse=True)
    def agrees(self, store):
        """Replaying the log gives the rows that were lived, whatever happened."""
        yield
        assert store.inline_rows() == inline_rows(store.log(0, 100_000))

    @pytest.mark.parametrize("workstreams", [(APOLLO, CRM), (APOLLO, APOLLO)])
    def test_a_person_in_two_batches_at_once_is_sent_once(self, world, workstreams):
        """One POST, one charge; the other batch is served by its answer and says so."""
        send, first, second = sent_and_waiting(world, workstreams=workstreams)
        assert world.claim() == []
        assert person_run(world, second).state is State.READY
        world.answer(send)
        assert of_people(world.play()) == []
        reused = [event for event in world.events(e.StepAnswered) if event.source is e.Source.REUSE]
        assert [event.reused_from for event in reused][:1] == [send.run_id]
        assert {world.status(batch) for batch in (first, second)} == {"finished"}

    def test_of_many_batches_in_one_claim_one_row_leaves(self, world):
        """Also where none was out when the claim began."""
        batches = [world.launch(person("ann"), workstream=APOLLO) for _ in range(4)]
        assert len(of_people(world.play())) == 1
        assert {world.status(batch) for batch in batches} == {"finished"}

    def test_an_answer_lets_all_go_on_in_its_own_commit(self, world):
        """Nobody has to look again and again whether it came."""
        send, _, second = sent_and_waiting(world)
        before = world.store.last_position()
        world.answer(send)
        told = [one.event for one in world.store.log(before, 100) if one.stream_id == world.item(second).item_id]
        assert [type(event) for event in told] == [e.StepReady]

    def test_what_gives_no_answer_lets_the_other_be_sent(self, world):
        """A time-out of the one is no answer for the other."""
        _, _, second = sent_and_waiting(world)
        world.clock.tick(days=1)
        world.app.wake()
        (send,) = of_people(world.send())
        assert send.run_id == world.item(second).item_id

    @pytest.mark.parametrize("outcome", [Outcome.NOT_DELIVERED, Outcome.ROW_REFUSED])
    def test_a_row_that_was_not_taken_lets_the_other_be_sent(self, world, outcome):
        """And then waits for that one itself, if it is to be sent once more."""
        batches = two_batches(world)
        (send,) = world.claim()
        assert world.claim() == []
        world.report([send], outcome, status=503, wait_s=60)
        (other,) = of_people(world.send())
        assert {send.run_id, other.run_id} == set(batches)
        world.clock.tick(minutes=2)
        world.app.wake()
        assert of_people(world.send()) == []
        world.answer(other)
        assert of_people(world.play()) == []
        states = {person_run(world, batch).state for batch in batches.values()}
        assert states == {State.COMPLETED} | ({State.FAILED} if outcome is Outcome.ROW_REFUSED else set())

    def test_a_row_that_was_refused_first_and_served_then_serves_nobody_in_turn(self, world):
        """Reuse does not make an answer young, whatever was tried before."""
        day = {"reuse_within": timedelta(days=1)}
        world = World(world.store, tuned(tuned(configuration(), APOLLO_PERSON, **day), CRM_PERSON, **day))
        batches = two_batches(world)
        (send,) = world.claim()
        world.report([send], Outcome.NOT_DELIVERED, status=503)
        (other,) = of_people(world.send())
        world.app.wake()
        world.clock.tick(hours=20)
        world.answer(other)
        world.play()
        assert person_run(world, batches[send.run_id]).state is State.COMPLETED
        world.clock.tick(hours=20)
        third = world.launch(person("ann"))
        assert world.item(third).run(APOLLO_PERSON).state is State.COMPLETED
        world.clock.tick(hours=20)
        world.launch(person("ann"))
        assert len(of_people(world.play())) == 1

    def test_a_cancelled_batch_strands_nobody(self, world):
        """Whoever waited for its row is sent once its answer can no longer come."""
        _, first, second = sent_and_waiting(world)
        world.app.cancel(first.batch_id, by="ann")
        assert of_people(world.send()) == []
        world.clock.tick(hours=7)
        (send,) = of_people(world.send())
        assert send.run_id == world.item(second).item_id

    def test_a_paused_batch_strands_nobody(self, world):
        """Its row is not out, so nobody waits for it."""
        batches = [world.launch(person("ann"), workstream=stream) for stream in (APOLLO, CRM)]
        world.app.pause(batches[0].batch_id, by="ann")
        sent = world.play()
        assert len(of_people(sent)) == 1
        world.app.resume(batches[0].batch_id, by="ann")
        assert of_people(world.play()) == []
        assert {world.status(batch) for batch in batches} == {"finished"}

    def test_a_batch_that_waits_may_be_cancelled(self, world):
        """The row that is out goes on."""
        send, first, second = sent_and_waiting(world)
        world.app.cancel(second.batch_id, by="ann")
        world.answer(send)
        assert of_people(world.play()) == []
        assert (world.status(first), world.status(second)) == ("finished", "cancelled")

    def test_who_waits_is_answered_by_an_answer_of_its_own(self, world):
        """Which may come early, by hand, or by mistake."""
        send, _, second = sent_and_waiting(world)
        run, item = person_run(world, second), world.item(second)
        body = b'{"item_id": "%s", "result": {"title": "Owner"}}' % str(item.item_id).encode()
        world.app.receive([world.callback(run.workflow, body, workstream=item.workstream)])
        assert person_run(world, second).facts["person_title"] == "Owner"
        world.answer(send)
        assert person_run(world, second).facts["person_title"] == "Owner"

    def test_where_nothing_is_reused_nobody_waits(self, store):
        """`reuse_within = "0s"` asks for every item by itself."""
        world = World(store, tuned(configuration(), reuse_within=timedelta(0)))
        two_batches(world)
        assert len(of_people(world.send())) == 2

    def test_who_was_merged_is_the_same_person(self, world):
        """Two rows that turned out to be one person, under way under both ids."""
        world.upload(person("ann", linkedin=""))
        world.launch(person("ann", email="", first="Anna"))
        for send in world.send():
            world.answer(send)
        (out,) = of_people(world.send())
        batch = world.launch(person("ann"))
        assert of_people(world.play()) == []
        world.answer(out)
        assert of_people(world.play()) == []
        assert world.status(batch) == "finished"

    def test_why_it_waits_is_said(self, world):
        """And what would move it."""
        send, _, second = sent_and_waiting(world)
        said = explain(world.store, world.registry, world.item(second).item_id, now=world.clock.now)
        assert f"waits for the answer to item {send.run_id}" in said

    def test_a_wait_whose_end_was_missed_ends_by_itself(self, world):
        """The latest time is that of the row's own deadline."""
        send, _, second = sent_and_waiting(world)
        due = person_run(world, second).wake_at
        assert timedelta(0) < due - world.clock.now <= timedelta(hours=7)
        world.clock.tick(days=1)
        assert of_people(world.send()) == []
        assert person_run(world, second).wake_at > world.clock.now
        world.answer(send)
        assert of_people(world.play()) == []

    def test_of_a_second_attempt_and_a_first_one_the_second_leaves(self, store):
        """Of one lane the other waits for it."""
        world = World(store, tuned(configuration(), attempts=2))
        send, _, second = sent_and_waiting(world, workstreams=(APOLLO, APOLLO))
        world.clock.tick(hours=7)
        world.app.wake()
        (again,) = of_people(world.send())
        assert again.run_id == send.run_id
        assert person_run(world, second).behind == send.run_id
