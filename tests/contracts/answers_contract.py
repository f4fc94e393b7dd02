"""What becomes of answers, whenever, however often and from wherever they come."""

import json
from collections import Counter
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from enrichcore.application import AckStatus
from enrichcore.application.answers import UNAUTHORIZED
from enrichcore.application.explaining import explain
from enrichcore.application.matching import match
from enrichcore.domain import events as e
from enrichcore.domain.answers import Rank
from enrichcore.domain.life_cycle import State
from enrichcore.domain.step_run import Outcome
from enrichcore.fields import Rules, SomebodyElse
from enrichcore.store.commit import Commit
from enrichcore.store.replaying import inline_rows
from tests.contracts.stored_rows import EVERY_BODY, SHARED_STORE
from tests.contracts.world import (
    ACME,
    APOLLO,
    APOLLO_COMPANY,
    APOLLO_PERSON,
    CRM,
    EMAIL,
    GLOBEX,
    World,
    configuration,
    person,
    watch_commits,
)

DATA = Path(__file__).parents[1] / "data"
SAMPLES = [(APOLLO, DATA / "apollo_people_export.csv"), (CRM, DATA / "crm_people_hubspot.csv")]
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["\ud800", "a\x00b"]),
    lambda part: st.lists(part, max_size=3) | st.dictionaries(st.text(), part, max_size=3),
    max_leaves=8,
)
UNTRIED = {Outcome.NOT_DELIVERED: State.RETRY_WAIT, Outcome.UNKNOWN: State.IN_DOUBT}


class WorldContract:
    """Suites that play in a world on the store under test."""

    @pytest.fixture
    def world(self, store):
        """An application on that store, in the shipped configuration."""
        return World(store)

    def at_person_step(self, world, **more):
        """One batch of one person whose company has answered, and the person's row, claimed."""
        batch = world.launch(person("ann", **more))
        (company,) = world.send()
        world.answer(company)
        (send,) = world.claim()
        return batch, send


class SampleFilesContract(WorldContract):
    """The two sample files, from import to the last answer."""

    def test_both_samples_run_to_the_end_with_every_answer_in_force(self, world):
        """Sent once each, answered in time; both batches finish and no step is left open."""
        batches = self.launched(world)
        sent = world.play()
        assert {world.status(batch) for batch in batches} == {"finished"}
        assert len({(send.run_id, send.workflow) for send in sent}) == len(sent)
        states = {state for batch in batches for (_, state) in world.store.step_counts(batch.batch_id)}
        assert states <= {State.COMPLETED, State.SKIPPED}
        self.agrees_with_its_events(world)

    def test_both_samples_end_the_same_with_answers_doubled_reordered_and_early(self, world):
        """Every second answer overtakes the outcome of its own POST, and each comes twice, newest first."""
        batches = self.launched(world)
        for _ in range(30):
            sends = world.claim()
            if not sends:
                break
            for send in reversed(sends[::2]):
                assert world.answer(send).status is AckStatus.ACCEPTED
            world.report(sends)
            for send in reversed(sends):
                world.answer(send)
                assert world.answer(send).status is AckStatus.DUPLICATE
            world.app.turn_batches()
        assert {world.status(batch) for batch in batches} == {"finished"}
        assert {answer.timing for answer in world.events(e.StepAnswered)} == {e.Timing.EARLY, e.Timing.IN_TIME}
        self.agrees_with_its_events(world)

    def test_both_samples_end_with_gaps_when_no_answer_comes_and_late_answers_fill_them(self, world):
        """Every row is POSTed once, times out, and takes its answer days later without another POST."""
        batches = self.launched(world)
        while world.send():
            world.clock.tick(days=1)
            while world.app.wake():
                pass
        world.app.turn_batches()
        assert {world.status(batch) for batch in batches} == {"finished"}
        assert all(world.store.item_counts(batch.batch_id)["gaps"] for batch in batches)
        world.clock.tick(days=3)
        assert {world.answer(send).status for send in world.posted} == {AckStatus.LATE}
        assert [world.store.item_counts(batch.batch_id)["gaps"] for batch in batches] == [0, 0]
        self.agrees_with_its_events(world)

    def launched(self, world):
        """Both samples, imported and launched."""
        uploads = [world.app.upload(path, client=ACME, workstream=stream) for stream, path in SAMPLES]
        assert [upload.row_count for upload in uploads] == [24, 24]
        return [world.app.launch(upload.upload_id) for upload in uploads]

    def agrees_with_its_events(self, world):
        """The rows that were written are those that the events alone give."""
        assert world.store.inline_rows() == inline_rows(world.store.log(0, 100_000))


class AnswersContract(WorldContract):
    """One row and its answers."""

    def test_an_answer_to_a_row_whose_outcome_is_not_known_completes_it(self, world):
        """It overtook the response to its own POST, which then changes nothing."""
        _, send = self.at_person_step(world)
        assert world.answer(send).status is AckStatus.ACCEPTED
        world.report([send])
        assert world.run_of(send).state is State.COMPLETED

    @pytest.mark.parametrize("worth", SomebodyElse)
    def test_an_answer_about_somebody_else_is_kept_and_nothing_goes_by_it_where_it_is_left_out(self, store, worth):
        """A provider matched another person: the step says so, and what comes after it still lacks an address."""
        world = World(store, evolve(configuration(), rules=Rules(about_somebody_else=worth)))
        _, send = self.at_person_step(world, email="")
        bob = {
            "first_name": "Bob",
            "last_name": "Stone",
            "linkedin_url": "linkedin.com/in/bob",
            "email": "bob@x.example",
        }
        assert world.answer(send, world.body(send, result=bob)).status is AckStatus.ACCEPTED
        run = world.run_of(send)
        if worth is SomebodyElse.TAKE:
            assert (run.reason, run.facts["person_email"]) == ("", "bob@x.example")
            return
        assert (run.state, run.facts) == (State.COMPLETED, {})
        assert (
            run.reason == "The answer is about somebody else: Bob Stone, bob@x.example, https://www.linkedin.com/in/bob"
        )
        (ask_email,) = world.send()
        assert ask_email.workflow == EMAIL
        assert ask_email.payload["person_first_name"] == "Ann"

    def test_an_address_of_the_import_that_bounces_is_looked_for_again(self, world):
        """The step that runs only while no address is known runs, and is not told of the one that is none."""
        _, send = self.at_person_step(world)
        told = {"email": send.payload["person_email"], "status": "invalid"}
        world.answer(send, world.body(send, work_email=told))
        (ask_email,) = world.send()
        assert ask_email.workflow == EMAIL
        assert not ask_email.payload.get("person_email")

    @pytest.mark.parametrize("outcome", UNTRIED)
    def test_an_answer_proves_that_the_row_was_delivered(self, world, outcome):
        """Whatever the sender saw."""
        _, send = self.at_person_step(world)
        world.report([send], outcome, reason="the connection broke", wait_s=60)
        assert world.run_of(send).state is UNTRIED[outcome]
        world.answer(send)
        assert world.run_of(send).state is State.COMPLETED
        assert world.send() == []

    def test_an_answer_before_the_step_is_reached_is_in_force_when_it_is(self, world):
        """The item never asks for what it knows."""
        batch = world.launch(person("ann"))
        (company,) = world.send()
        item = world.item(batch)
        body = json.dumps({"item_id": str(item.item_id), "result": {"title": "Chief Buyer"}}).encode()
        assert world.answer(company, body, workflow=APOLLO_PERSON).status is AckStatus.ACCEPTED
        world.answer(company)
        assert world.play() == []
        assert world.status(batch) == "finished"

    def test_the_same_answer_again_is_counted_and_not_recorded(self, world):
        """Formatting and echoed ids make no other answer."""
        _, send = self.at_person_step(world)
        world.report([send])
        world.answer(send)
        before = world.store.last_position()
        loose = json.dumps(json.loads(world.body(send, callback_url="https://x.example")), indent=2).encode()
        assert world.answer(send, loose).status is AckStatus.DUPLICATE
        assert world.store.last_position() == before

    def test_a_different_answer_revises_and_a_poorer_one_is_kept(self, world):
        """Data beats later data's elder, and nothing beats data but data."""
        _, send = self.at_person_step(world)
        world.report([send])
        world.answer(send)
        better = world.body(send, result={"title": "Owner"})
        assert world.answer(send, better).status is AckStatus.ACCEPTED
        assert world.answer(send, world.body(send, result=None)).status is AckStatus.KEPT
        assert world.run_of(send).facts == {"person_title": "Owner"}
        assert len(world.events(e.AnswerRevised)) == len(world.events(e.AnswerKept)) == 1

    def test_a_late_answer_is_in_force(self, world):
        """The wait is over, the fact is not."""
        batch, send = self.at_person_step(world)
        world.report([send])
        world.clock.tick(hours=7)
        world.app.wake()
        assert world.run_of(send).state is State.TIMED_OUT
        assert world.answer(send).status is AckStatus.LATE
        assert world.run_of(send).state is State.COMPLETED
        world.play()
        assert (world.status(batch), world.store.item_counts(batch.batch_id)["gaps"]) == ("finished", 0)

    def test_an_empty_answer_completes_and_an_error_fails(self, world):
        """Each with what the provider said."""
        _, send = self.at_person_step(world)
        world.report([send])
        world.answer(send, world.body(send, result=None, error="ERROR_RATE: no\x00credits \ud800"))
        assert world.run_of(send).state is State.FAILED
        assert "credits" in world.run_of(send).reason
        assert world.answer(send, world.body(send, result=None)).status is AckStatus.ACCEPTED
        assert (world.run_of(send).state, world.run_of(send).rank) == (State.COMPLETED, Rank.EMPTY)

    def test_a_reason_with_a_null_character_stops_nothing(self, world):
        """What a webhook said is stored as text that a database can hold."""
        _, send = self.at_person_step(world)
        world.report([send], Outcome.ROW_REFUSED, status=422, reason="no\x00thing")
        assert world.run_of(send).state is State.FAILED
        assert {step.reason for step in world.store.inline_rows()[1] if step.state == State.FAILED} == {"no\ufffdthing"}


class UnplacedContract(WorldContract):
    """Answers that belong to nobody stay in the log, verbatim."""

    def unplaced(self, world, status):
        """The one unmatched answer, recorded as told."""
        (event,) = world.events(e.CallbackUnmatched)
        assert status in AckStatus
        return event

    def test_another_client_cannot_answer(self, world):
        """Its secret is right, but the item is not its own."""
        _, send = self.at_person_step(world)
        world.report([send])
        ack = world.answer(send, client=GLOBEX)
        assert ack.status is AckStatus.UNKNOWN
        assert world.run_of(send).state is State.AWAITING_ANSWER
        assert self.unplaced(world, ack.status).body == world.body(send)

    def test_an_unknown_id_is_kept_aside(self, world):
        """Nothing is lost, and nothing is guessed."""
        _, send = self.at_person_step(world)
        ack = world.answer(send, json.dumps({"item_id": str(uuid4()), "result": {}}).encode())
        assert ack.status is AckStatus.UNKNOWN
        assert self.unplaced(world, ack.status).claimed_id == ack.item_id

    def test_an_id_of_something_else_is_kept_aside(self, world):
        """A table that binds the batch's id instead of the row's spoils no answer that comes with its own."""
        _, send = self.at_person_step(world)
        world.report([send])
        streams = {recorded.stream_id for recorded in world.store.log(after=0, limit=1000)}
        others = sorted(streams - {send.run_id} - {run.run_id for run in world.store.inline_rows()[0]})
        bodies = [*(json.dumps({"item_id": str(stream), "result": {}}).encode() for stream in others), world.body(send)]
        acks = world.app.receive([world.callback(send.workflow, body, token=send.key) for body in bodies])
        assert len(others) >= len(["the batch", "the upload", "the directory"])
        assert [ack.status for ack in acks] == [AckStatus.UNKNOWN] * len(others) + [AckStatus.ACCEPTED]
        assert {str(stream) for stream in others} == {ack.item_id for ack in acks[:-1]}

    @pytest.mark.parametrize(
        ("body", "status"),
        [
            (b"<html>502</html>", AckStatus.NOT_JSON),
            (b"\xff\xfe{", AckStatus.NOT_JSON),
            (b"", AckStatus.NOT_JSON),
            (b"[]", AckStatus.NO_ID),
            (b'{"id": "6a636caa-38ee-52f4-b4a3-ba5a45dee039"}', AckStatus.NO_ID),
            (b'{"item_id": 7}', AckStatus.NO_ID),
        ],
    )
    def test_what_names_no_item_is_kept_aside(self, world, body, status):
        """The sender is told why."""
        _, send = self.at_person_step(world)
        ack = world.answer(send, body)
        assert (ack.status, bool(ack.reason)) == (status, True)
        assert self.unplaced(world, status).body == body

    def test_a_body_in_quotes_is_an_answer_all_the_same(self, world):
        """A table that puts quotes around an object sends a text that holds JSON."""
        _, send = self.at_person_step(world)
        body = json.dumps(json.dumps({"item_id": send.payload["item_id"], "title": "Chief Buyer"})).encode()
        assert world.answer(send, body).status is AckStatus.ACCEPTED
        assert world.run_of(send).rank is Rank.DATA

    @pytest.mark.parametrize(
        ("workstream", "workflow"), [(APOLLO, "no_such"), (CRM, APOLLO_PERSON), ("no_such", EMAIL)]
    )
    def test_an_answer_for_another_workflow_than_its_ids_is_kept_aside(self, world, workstream, workflow):
        """Its facts would end up in the wrong place."""
        _, send = self.at_person_step(world)
        world.report([send])
        ack = world.answer(send, workstream=workstream, workflow=workflow)
        assert ack.status is AckStatus.UNKNOWN
        assert world.run_of(send).state is State.AWAITING_ANSWER
        self.unplaced(world, ack.status)

    def test_a_company_answer_comes_for_a_workflow_that_asked(self, world):
        """Not for the person step of the same workstream."""
        world.launch(person("ann"))
        (company,) = world.send()
        assert world.answer(company, workflow=APOLLO_PERSON).status is AckStatus.UNKNOWN
        assert world.answer(company, workflow=APOLLO_COMPANY, workstream="").status is AckStatus.ACCEPTED

    @SHARED_STORE
    @given(body=EVERY_BODY | JSON_VALUES.map(lambda value: json.dumps(value).encode()))
    def test_any_bytes_are_taken_and_come_back_verbatim(self, store, body):
        """A callback is never refused for what it holds."""
        world, before = World(store), store.last_position()
        (told,) = world.app.receive([world.callback(APOLLO_PERSON, body)])
        assert [one.event.body for one in store.log(before, 10)] == [body]
        assert told.status in {AckStatus.NOT_JSON, AckStatus.NO_ID}

    @SHARED_STORE
    @given(answer=JSON_VALUES)
    def test_any_answer_settles_its_step_and_is_kept_verbatim(self, store, answer):
        """Data, empty or error: the run ends, and the log has the body as it came."""
        world = World(store)
        item = world.item(world.launch(person("ann"))).item_id
        body = json.dumps({"item_id": str(item), "result": answer, "title": answer}).encode()
        world.app.receive([world.callback(APOLLO_PERSON, body)])
        assert store.load([item])[item].state.run(APOLLO_PERSON).state in {State.COMPLETED, State.FAILED}
        assert [one.event.body for one in store.stream(item) if isinstance(one.event, e.StepAnswered)] == [body]


class CountedContract(WorldContract):
    """Each callback whose secret was right is counted once, by what became of it."""

    def test_what_was_known_before_is_counted_and_appended_nowhere(self, world, monkeypatch):
        """It waits for no other commit either."""
        world.launch(person("ann"))
        (send,) = world.send()
        world.answer(send)
        events = world.store.last_position()
        commits = []
        watch_commits(world.store, monkeypatch, lambda commit: commits.append(commit.only_counts) or None)
        for _ in range(3):
            world.answer(send)
        assert world.store.answer_counts() == {"accepted": 1, "duplicate": 3}
        assert (world.store.last_position(), commits) == (events, [True] * 3)

    def test_a_row_that_waits_while_callbacks_are_turned_away_says_so(self, world):
        """A wrong secret in a table looks like answers that never come."""
        world.launch(person("ann"))
        (send,) = world.send()
        now = world.store.clock()
        assert "secret" not in explain(world.store, world.registry, send.run_id, now=now)
        world.store.append(Commit(answers=Counter({UNAUTHORIZED: 2})))
        assert "callback_secret" in explain(world.store, world.registry, send.run_id, now=now)
        later = now + timedelta(hours=2)
        assert "callback_secret" not in explain(world.store, world.registry, send.run_id, now=later)
        assert world.store.answer_counts() == {"unauthorized": 2}

    def test_every_outcome_is_counted_under_its_name(self, world):
        """Answers of one commit too, and none that a person places later."""
        world.launch(person("ann"), person("bob", company="caldora"))
        first, second = world.claim()
        world.answer(first)
        world.report([second])
        world.clock.tick(hours=7)
        world.app.wake()
        world.answer(second)
        world.answer(first, world.body(first, result=None))
        nobody = world.body(first, item_id=str(uuid4()))
        bodies = [b"no json", b"{}", nobody, world.body(second)]
        world.app.receive([world.callback(APOLLO_COMPANY, body) for body in bodies])
        world.app.receive([evolve(world.callback(APOLLO_COMPANY, b"{}"), too_large=True)])
        world.app.set_aside(world.callback(APOLLO_COMPANY, b"{}"), ValueError("a fault of ours"))
        counted = {"early": 1, "late": 1, "kept": 1, "not_json": 1, "no_id": 1, "unknown": 1, "duplicate": 1}
        counted |= {"too_large": 1, "set_aside": 1}
        assert world.store.answer_counts() == dict(sorted(counted.items()))
        kept = [one.stream_id for one in world.store.log(0, 1000) if isinstance(one.event, e.CallbackUnmatched)]
        match(world.app, kept[1], first.run_id, by="ann")
        assert world.store.answer_counts() == dict(sorted(counted.items()))


class AnsweringContract(SampleFilesContract, AnswersContract, UnplacedContract, CountedContract):
    """Everything about answers."""
