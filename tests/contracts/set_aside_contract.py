"""Answers that cannot be applied because of a fault of ours or of a function of one's own: kept, and redriven."""

from contextlib import contextmanager
from uuid import uuid4

import pytest
from attrs import evolve

from enrichcore.application import AckStatus, matching, placing
from enrichcore.application import asking as asking_module
from enrichcore.application.explaining import explain
from enrichcore.application.matching import CannotMatch, match, redrive
from enrichcore.domain import events as e
from enrichcore.domain.life_cycle import State
from enrichcore.domain.pipeline import OnDoubt
from enrichcore.domain.step_run import Outcome
from enrichcore.store.replaying import inline_rows
from tests.contracts.answers_contract import WorldContract
from tests.contracts.http_contract import STREAM, told, waterfall
from tests.contracts.world import APOLLO_COMPANY, APOLLO_PERSON, World, configuration, person, tuned, watch_commits

MARK = b"broken in here"
NAMES = ("ann", "bob", "eve", "joe", "kim", "lea", "max", "ned")


def watch_bodies(store, monkeypatch):
    """The bodies of each question for events within a decision, from now on."""
    read, claims = [], store.claims

    @contextmanager
    def watched():
        with claims() as begun, monkeypatch.context() as patch:
            events_at = begun.events_at

            def noted(places):
                found = events_at(places)
                read.append([one.event.body for one in found.values() if isinstance(one.event, e.CallbackUnmatched)])
                return found

            patch.setattr(begun, "events_at", noted)
            yield begun

    monkeypatch.setattr(store, "claims", watched)
    return read


class Broken(Exception):
    """What nobody foresaw."""


@pytest.fixture
def fault():
    """Reading an answer with the mark in it raises; undone by what this gives."""
    patch = pytest.MonkeyPatch()

    def break_reading(module):
        read = module.read

        def breaks(incoming, *rest):
            if MARK in incoming.body:
                raise Broken("half a pair \ud800 and \0")
            return read(incoming, *rest)

        patch.setattr(module, "read", breaks)

    break_reading(placing)
    break_reading(asking_module)
    yield patch
    patch.undo()


class SetAsideContract(WorldContract):
    """An answer is paid for, whatever the code that applies it does."""

    def came(self, world, sends):
        """An answer to each row, of which the first cannot be applied."""
        first, *others = sends
        bodies = [world.body(first, note=MARK.decode()), *map(world.body, others)]
        return [world.callback(send.workflow, body, token=send.key) for send, body in zip(sends, bodies, strict=True)]

    def test_an_answer_that_cannot_be_applied_is_kept_with_the_reason(self, world, fault):
        """Whole, with whose it is, the token of its attempt, and words that the store can hold."""
        world.launch(person("ann"))
        (send,) = world.send()
        (came,) = self.came(world, [send])
        with pytest.raises(Broken) as raised:
            world.app.receive([came])
        ack = world.app.set_aside(came, raised.value)
        assert (ack.status, ack.item_id) == (AckStatus.SET_ASIDE, str(send.run_id))
        (event,) = world.events(e.CallbackUnmatched)
        assert (event.body, event.claimed_id, event.token) == (came.body, str(send.run_id), send.key)
        assert event.reason == "applying it failed: Broken: half a pair \ufffd and \ufffd"
        assert world.run_of(send).state is State.AWAITING_ANSWER

    @pytest.mark.parametrize("settings", [{"attempts": 2}, {"attempts": 2, "on_doubt": OnDoubt.RESEND}])
    def test_nothing_is_sent_again_for_an_answer_that_came(self, store, fault, settings):
        """At its deadline the item goes on without it, though an attempt is left; once placed, the answer mends it."""
        world = World(store, tuned(configuration(), **settings))
        batch = world.launch(person("ann"))
        world.play_to(APOLLO_PERSON)
        (send,) = world.claim()
        world.app.set_aside(self.came(world, [send])[0], Broken())
        world.report([send], Outcome.UNKNOWN, status=502)
        said = explain(world.store, world.registry, send.run_id, now=world.clock.now)
        assert "enrichcore unmatched --redrive" in said
        world.clock.tick(hours=7)
        world.app.wake()
        run = world.run_of(send)
        assert (run.state, world.send(), world.store.item_counts(batch.batch_id)["gaps"]) == (State.TIMED_OUT, [], 1)
        assert run.reason.startswith("its answer came and was set aside (applying it failed: Broken")
        fault.undo()
        (kept,) = [one.stream_id for one in world.store.log(0, 1000) if isinstance(one.event, e.CallbackUnmatched)]
        assert redrive(world.app, [kept], by="ann") == (1, {})
        assert (world.run_of(send).state, world.store.item_counts(batch.batch_id)["gaps"]) == (State.COMPLETED, 0)
        assert world.store.inline_rows() == inline_rows(world.store.log(0, 1000))

    @pytest.mark.parametrize("about", [APOLLO_PERSON, APOLLO_COMPANY])
    def test_a_row_that_is_to_leave_once_more_does_not_leave(self, store, fault, about):
        """Its answer came after its deadline and before the next POST: the item goes on, and is mended once that is placed."""
        world = World(store, tuned(configuration(), attempts=2))
        batch = world.launch(person("ann"))
        world.play_to(about)
        (send,) = world.send()
        world.clock.tick(hours=7)
        world.app.wake()
        assert world.run_of(send).state is State.READY
        world.app.set_aside(self.came(world, [send])[0], Broken())
        run = world.run_of(send)
        assert (run.state, run.reserved, run.spent) == (State.FAILED, 0, 1)
        assert run.reason.startswith("its answer came and was set aside (applying it failed: Broken")
        assert send.run_id not in [other.run_id for other in world.send() if other.workflow == about]
        fault.undo()
        (kept,) = [one.stream_id for one in world.store.log(0, 1000) if isinstance(one.event, e.CallbackUnmatched)]
        assert redrive(world.app, [kept], by="ann") == (1, {})
        assert (world.run_of(send).state, world.item(batch).gaps) == (State.COMPLETED, ())
        assert world.store.inline_rows() == inline_rows(world.store.log(0, 1000))

    def test_a_row_that_a_person_wants_sent_again_leaves_all_the_same(self, store, fault):
        """Whoever asked knows of the answer, or does not care for it."""
        world = World(store, tuned(configuration(), attempts=2))
        batch = world.launch(person("ann"))
        world.play_to(APOLLO_PERSON)
        (send,) = world.claim()
        world.report([send], Outcome.UNKNOWN, status=502)
        world.app.settle(batch.batch_id, e.Settlement.RESEND, by="ann", why="it did not arrive")
        world.app.set_aside(self.came(world, [send])[0], Broken())
        assert [again.run_id for again in world.send()] == [send.run_id]

    def test_a_person_may_have_it_sent_again(self, store, fault):
        """By a retry, whose own answer is waited for as any."""
        world = World(store, tuned(configuration(), attempts=2))
        batch = world.launch(person("ann"))
        world.play_to(APOLLO_PERSON)
        (send,) = world.send()
        world.app.set_aside(self.came(world, [send])[0], Broken())
        world.app.settle(batch.batch_id, e.Settlement.LOST, by="ann", why="of no use")
        assert (world.run_of(send).state, world.send()) == (State.TIMED_OUT, [])
        world.app.retry(batch.batch_id, by="ann")
        assert [again.run_id for again in world.send()] == [send.run_id]
        world.clock.tick(hours=7)
        world.app.wake()
        assert len(world.send()) == 1

    def test_what_cannot_be_noted_is_kept_all_the_same(self, world, fault, monkeypatch):
        """Whatever is wrong with the item itself."""
        world.launch(person("ann"))
        (send,) = world.send()

        def breaks(*_):
            raise Broken

        monkeypatch.setattr(placing.step_control, "decide_set_aside", breaks)
        ack = world.app.set_aside(self.came(world, [send])[0], Broken())
        assert (ack.status, len(world.events(e.CallbackUnmatched))) == (AckStatus.SET_ASIDE, 1)

    def test_a_redrive_applies_it_once_the_fault_is_mended(self, world, fault):
        """It is in force then, and is credited as it would have been."""
        world.launch(person("ann"))
        (send,) = world.send()
        world.app.set_aside(self.came(world, [send])[0], Broken())
        fault.undo()
        (kept,) = [one.stream_id for one in world.store.log(0, 1000) if isinstance(one.event, e.CallbackUnmatched)]
        assert redrive(world.app, [kept], by="ann") == (1, {})
        assert world.run_of(send).state is State.COMPLETED
        assert world.store.inline_rows() == inline_rows(world.store.log(0, 1000))

    def test_a_redrive_goes_on_after_one_that_raises(self, world, fault):
        """What the fault does not concern is placed; the other stays, with the reason."""
        world.launch(person("ann"), person("bob", "caldora"), person("eve", "tarrowby"))
        for came in self.came(world, world.send()):
            world.app.set_aside(came, Broken())
        kept = [one.stream_id for one in world.store.log(0, 1000) if isinstance(one.event, e.CallbackUnmatched)]
        placed, left = redrive(world.app, kept, by="ann")
        assert (placed, list(left)) == (2, kept[:1])
        assert left[kept[0]].startswith("applying it failed: Broken")
        with pytest.raises(CannotMatch, match="applying it failed: Broken"):
            match(world.app, kept[0], None, by="ann")

    def test_a_response_that_cannot_be_applied_is_kept_and_its_outcome_recorded(self, store, fault):
        """It is redriven to its own request, which no body names."""
        world = World(store, waterfall())
        world.launch(person("ann", email=""), workstream=STREAM)
        (send,) = world.claim()
        report = told(send, b'{"industry": "%s"}' % MARK)
        with pytest.raises(Broken) as raised:
            world.app.record_outcomes([report])
        world.app.set_response_aside(report, raised.value)
        assert world.run_of(send).state is State.AWAITING_ANSWER
        (kept,) = [one.stream_id for one in world.store.log(0, 1000) if isinstance(one.event, e.CallbackUnmatched)]
        fault.undo()
        assert match(world.app, kept, None, by="ann").status is AckStatus.ACCEPTED
        assert world.run_of(send).state is State.COMPLETED

    def test_a_redrive_of_many_is_one_commit_and_says_of_each_why_it_has_no_place(self, world, fault, monkeypatch):
        """Twice the same, no JSON, nobody's, placed before: none of them is in the way of the others."""
        fault.undo()
        world.launch(*(person(name, f"{name}corp") for name in NAMES))
        for came in self.came(world, sends := world.send()):
            world.app.set_aside(came, Broken())
        (again, *_) = self.came(world, sends)
        world.app.set_aside(again, Broken())
        nobody = world.body(sends[0], item_id=str(uuid4()))
        world.app.receive([world.callback(APOLLO_COMPANY, b"no json"), world.callback(APOLLO_COMPANY, nobody)])
        kept = [one.stream_id for one in world.store.log(0, 1000) if isinstance(one.event, e.CallbackUnmatched)]
        first, *_, no_json, nobodys = kept
        match(world.app, first, None, by="ann")
        commits = []
        watch_commits(world.store, monkeypatch, lambda commit: commits.append(commit) or None)
        placed, left = redrive(world.app, [*kept, *kept], by="ann", why="mended")
        assert (placed, list(left), len(commits)) == (len(NAMES), [first, no_json, nobodys], 1)
        assert ["placed before" in left[first], "not JSON" in left[no_json], "no item" in left[nobodys]] == [True] * 3
        assert {world.run_of(send).state for send in sends} == {State.COMPLETED}
        assert [event.why for event in world.events(e.CallbackMatched)] == ["", *["mended"] * len(NAMES)]
        assert len(world.events(e.CallbackUnmatched)) == len(kept)
        assert world.store.inline_rows() == inline_rows(world.store.log(0, 1000))

    def test_a_redrive_reads_no_more_at_once_than_one_commit_may_have(self, world, fault, monkeypatch):
        """Sizes are asked for first, and no body is in memory for that; one that is larger alone goes alone."""
        fault.undo()
        monkeypatch.setattr(matching, "_TOGETHER_BYTES", 3000)
        world.launch(*(person(name, f"{name}corp") for name in NAMES))
        for number, came in enumerate(self.came(world, sends := world.send())):
            padded = came.body[:-1] + b', "padding": "' + b"x" * (5000 if number == 3 else 1000) + b'"}'
            world.app.set_aside(evolve(came, body=padded), Broken())
        kept = [one.stream_id for one in world.store.log(0, 1000) if isinstance(one.event, e.CallbackUnmatched)]
        read = watch_bodies(world.store, monkeypatch)
        assert redrive(world.app, kept, by="ann") == (len(NAMES), {})
        assert {world.run_of(send).state for send in sends} == {State.COMPLETED}
        assert sum(map(len, read)) == len(NAMES)
        assert all(len(bodies) == 1 or sum(map(len, bodies)) <= 3000 for bodies in read)
        assert [len(body) > 5000 for bodies in read if len(bodies) == 1 for body in bodies].count(True) == 1

    def test_one_of_many_that_raises_keeps_few_from_their_commit(self, world, fault, monkeypatch):
        """It is found by halving; what is large goes in parts all the same."""
        monkeypatch.setattr(matching, "_TOGETHER_BYTES", 1500)
        world.launch(*(person(name, f"{name}corp") for name in NAMES))
        for came in self.came(world, sends := world.send()):
            world.app.set_aside(came, Broken())
        kept = [one.stream_id for one in world.store.log(0, 1000) if isinstance(one.event, e.CallbackUnmatched)]
        placed, left = redrive(world.app, kept, by="ann")
        assert (placed, list(left), "Broken" in left[kept[0]]) == (len(NAMES) - 1, kept[:1], True)
        assert [world.run_of(send).state for send in sends] == [State.AWAITING_ANSWER, *[State.COMPLETED] * 7]
