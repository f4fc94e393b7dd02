"""The timers: what they mind at each tick, what they leave alone, and that no fault of one thing keeps them from the rest."""

import asyncio
from datetime import date, timedelta
from itertools import pairwise

import pytest
from attrs import evolve

from enrichcore.application import launching as module
from enrichcore.domain import events as e
from enrichcore.domain import step_run as steps
from enrichcore.domain.life_cycle import State
from enrichcore.domain.step_run import Outcome
from enrichcore.store import Conflict, MemoryStore, StoreUnavailable
from runners.cli.batches import progress_of
from runners.daemon import timers as module_of_timers
from runners.daemon.timers import Timers
from runners.standing import sentence
from tests.contracts.found_keys_contract import FOUND, found_for
from tests.contracts.http_contract import FUNDING, STREAM, waterfall
from tests.contracts.world import ACME, APOLLO, APOLLO_COMPANY, CRM, CRM_COMPANY, EMAIL, World, configuration, person

NAMES = [f"{name}{end}" for name in ("ann", "bob", "eve", "joe", "kim") for end in "ab"]


@pytest.fixture
def world():
    """An application whose time the test moves."""
    return World(MemoryStore())


@pytest.fixture
def timers(world):
    """Its timers."""
    return Timers(world.app, clock=world.clock)


def pass_time(world, timers, seconds: int, each_second=lambda: None) -> None:
    """Let time pass, with a tick every second."""
    for _ in range(seconds):
        world.clock.tick(seconds=1)
        each_second()
        timers.tick()


def interrupted(world, monkeypatch, chunk=2):
    """A launch that died after its first items."""
    monkeypatch.setattr(module, "ITEMS_PER_COMMIT", chunk)
    upload = world.upload(*(person(name) for name in NAMES))

    def die(done):
        raise StoreUnavailable(f"after {done} items")

    with pytest.raises(StoreUnavailable):
        world.app.launch(upload.upload_id, progress=die)
    ((batch, _),) = world.store.batches()
    return batch


def made(world, batch) -> int:
    """How many items a batch has."""
    return len(world.store.items_of(batch.batch_id, None, 100))


def test_an_interrupted_launch_is_completed_when_nothing_was_made_for_a_minute(world, timers, monkeypatch):
    """By whoever minds the time."""
    batch = interrupted(world, monkeypatch)
    pass_time(world, timers, 58)
    assert made(world, batch) == 2
    pass_time(world, timers, 15)
    ((batch, _),) = world.store.batches()
    assert (made(world, batch), batch.filled) == (10, True)


def test_a_launch_that_cannot_be_completed_says_why(world, timers, monkeypatch):
    """Once for each reason, however often it is tried; and no more once it is complete."""
    batch = interrupted(world, monkeypatch)
    with monkeypatch.context() as patch:
        patch.setattr(module, "_item", lambda *_: 1 / 0)
        pass_time(world, timers, 300)
    assert [event.reason for event in world.events(e.BatchFillingFailed)] == ["ZeroDivisionError: division by zero"]
    told = "the others cannot be made (ZeroDivisionError: division by zero), which timers try again every minute"
    ((batch, _),) = world.store.batches()
    assert told in sentence(world.app, batch)
    (shown,) = progress_of(world.app)
    assert shown["filling_failed"] == "ZeroDivisionError: division by zero"
    pass_time(world, timers, 80)
    ((batch, _),) = world.store.batches()
    assert (made(world, batch), batch.filled, batch.filling_failed) == (10, True, "")


def test_a_launch_is_completed_a_commit_a_tick(world, timers, monkeypatch):
    """Leases and deadlines are minded meanwhile: however long the launch, no tick is longer than one commit of it."""
    batch = interrupted(world, monkeypatch, chunk=1)
    counts = [1]
    pass_time(world, timers, 80, lambda: counts.append(made(world, batch)))
    assert {after - before for before, after in pairwise(counts)} == {0, 1}
    assert counts[-1] == 10


def test_a_long_launch_that_goes_on_is_left_alone(world, timers, monkeypatch):
    """It takes minutes; what counts is that something was made within the last one."""
    batch = interrupted(world, monkeypatch, chunk=1)
    launching = world.another().filling(batch.batch_id)
    counts = [next(launching)]
    for _ in range(9):
        pass_time(world, timers, 50)
        next(launching)
        counts.append(made(world, batch))
    assert counts == list(range(1, 11))


def test_a_launch_that_was_cancelled_is_not_completed(world, timers, monkeypatch):
    """It is not looked at again, however often time is minded."""
    batch = interrupted(world, monkeypatch)
    world.app.cancel(batch.batch_id, by="ann")
    before = world.store.last_position()
    monkeypatch.setattr(world.store, "people", None)
    pass_time(world, timers, 200)
    assert (made(world, batch), world.store.last_position()) == (2, before + 1)


def test_a_tick_reads_no_batch_and_no_stream(world, timers, monkeypatch):
    """A store with years of both is asked only what is due."""
    world.launch(person("ann"))
    timers.tick()
    for name in ("batches", "stream"):
        monkeypatch.setattr(world.store, name, None)
    pass_time(world, timers, 10)


def test_a_day_passes_once(world, timers):
    """Whoever sees it first."""
    other = Timers(world.another(), clock=world.clock)
    for _ in range(3):
        pass_time(world, timers, 1, other.tick)
        world.clock.tick(hours=12)
    assert [event.day for event in world.events(e.DayPassed)] == [date(2026, 3, 2), date(2026, 3, 3)]


def test_a_day_whose_record_failed_is_recorded_later(world, timers, monkeypatch):
    """It is not taken for recorded."""
    pass_day = world.app.pass_day
    monkeypatch.setattr(world.app, "pass_day", lambda _day: 1 / 0)
    timers.tick()
    monkeypatch.setattr(world.app, "pass_day", pass_day)
    timers.tick()
    assert len(world.events(e.DayPassed)) == 1


@pytest.mark.parametrize(
    ("up", "state"),
    [
        (timedelta(0), State.AWAITING_ANSWER),
        (timedelta(minutes=14), State.AWAITING_ANSWER),
        (timedelta(minutes=15), State.TIMED_OUT),
    ],
    ids=["no receiver", "for less than the grace", "long enough"],
)
def test_a_deadline_counts_only_where_a_receiver_was_up(world, timers, monkeypatch, up, state):
    """However long the timers themselves have been: an answer may have met a closed door, and is sent again."""
    monkeypatch.setattr(world.store, "receiver_up", lambda: up)
    world.launch(person("ann"))
    (send,) = world.send()
    world.clock.tick(hours=7)
    timers.tick()
    assert world.run_of(send).state is state


def stuck(send, monkeypatch):
    """Make one run one that cannot be decided."""
    decide = steps.decide_wake

    def decide_wake(run, step, *, now):
        if run.wake_at == send.lease_until:
            raise ValueError("a fault of ours")
        return decide(run, step, now=now)

    monkeypatch.setattr(steps, "decide_wake", decide_wake)


def test_a_run_that_cannot_be_decided_keeps_no_other_from_being_moved(world, timers, monkeypatch, caplog):
    """The bulk is halved until it stands alone, and its id is logged."""
    for name in NAMES:
        world.launch(person(name, company=f"firm{name}"))
    sends = [send for _ in NAMES for send in world.claim(1)]
    stuck(sends[3], monkeypatch)
    world.clock.tick(minutes=5)
    timers.tick()
    states = [world.run_of(send).state for send in sends]
    assert states == [State.SENDING if number == 3 else State.IN_DOUBT for number in range(10)]
    assert str(sends[3].run_id) in caplog.text


@pytest.mark.parametrize("fault", [ValueError("a fault of ours"), Conflict("always overtaken")])
def test_a_duty_that_fails_keeps_no_other_from_being_done(world, timers, monkeypatch, fault):
    """Leases end though batches cannot be finished, and days pass."""

    def fail():
        raise fault

    world.launch(person("ann"))
    (send,) = world.claim()
    world.clock.tick(minutes=5)
    monkeypatch.setattr(world.app, "turn_batches", fail)
    timers.tick()
    assert world.run_of(send).state is State.IN_DOUBT
    assert len(world.events(e.DayPassed)) == 1


def test_timers_wait_while_the_database_is_away(world, timers, monkeypatch):
    """And stop when they are told to."""

    async def live():
        ticked, loop, stop = asyncio.Event(), asyncio.get_running_loop(), asyncio.Event()

        def away(*_, **__):
            loop.call_soon_threadsafe(ticked.set)
            raise StoreUnavailable("gone")

        monkeypatch.setattr(world.app, "wake", away)
        running = asyncio.create_task(timers.run(stop))
        await asyncio.wait_for(ticked.wait(), 10)
        stop.set()
        await asyncio.wait_for(running, 10)

    asyncio.run(live())


def test_the_wait_for_a_response_ends_without_a_receiver():
    """Its answer comes in no other way; a row that waits for a callback goes on waiting."""
    shipped = configuration()
    world = World(MemoryStore(), evolve(shipped, workstreams={**shipped.workstreams, **waterfall().workstreams}))
    world.launch(person("ann", email=""), workstream=STREAM)
    world.launch(person("bob", company="mooncroft"))
    for send in world.claim():
        world.report([send], Outcome.UNKNOWN, reason="no response")
    timers = Timers(world.app, clock=world.clock)
    world.clock.tick(hours=7)
    timers.tick()
    states = {row.workflow: row.state for row in world.store.inline_rows()[1] if row.batch_id is None}
    assert states == {FUNDING: State.TIMED_OUT, APOLLO_COMPANY: State.IN_DOUBT}


def test_waits_that_may_not_end_yet_keep_none_that_may_from_ending(monkeypatch):
    """However many they are, and though all of them are longer due: they fill no page."""
    monkeypatch.setattr(module_of_timers, "_BULK", 1)
    shipped = configuration()
    world = World(MemoryStore(), evolve(shipped, workstreams={**shipped.workstreams, **waterfall().workstreams}))
    world.launch(*(person(name, company=f"firm{name}") for name in NAMES))
    world.send()
    world.clock.tick(hours=6)
    world.launch(person("ann", email=""), workstream=STREAM)
    world.report(world.claim(), Outcome.UNKNOWN, reason="no response")
    monkeypatch.setattr(world.store, "receiver_up", lambda: timedelta(minutes=1))
    timers = Timers(world.app, clock=world.clock)
    world.clock.tick(hours=7)
    timers.tick()
    states = {(row.workflow, row.state) for row in world.store.inline_rows()[1] if row.batch_id is None}
    assert states == {(FUNDING, State.TIMED_OUT), (APOLLO_COMPANY, State.AWAITING_ANSWER)}


def test_the_directory_learns_every_few_seconds_what_answers_told(world, timers):
    """Nobody has to upload anything for it; answers that come all the time keep no timer busy."""
    world.launch(person("ann", email=""), person("bob", email=""))
    world.play_to(EMAIL)
    first, second = (send for send in world.send() if send.workflow == EMAIL)
    for send, learnt in ((first, 1), (second, 1)):
        name = send.payload["person_linkedin_url"].rpartition("/")[2].partition("-")[0]
        world.answer(send, world.body(send, result={"email": f"{name}@quillhaven.example"}))
        timers.tick()
        assert len(world.events(e.PersonKeysFound)) == learnt
    pass_time(world, timers, 5)
    assert len(world.events(e.PersonKeysFound)) == 2


def test_learning_that_loses_to_an_import_is_tried_again_and_holds_nothing_up(world, timers, monkeypatch):
    """The answers are in the log; the day passes all the same."""
    found_for(world, {"email": FOUND})
    with monkeypatch.context() as patch:

        def lose():
            raise Conflict("an import was first")

        patch.setattr(world.app, "learn", lose)
        timers.tick()
    assert (world.events(e.PersonKeysFound), len(world.events(e.DayPassed))) == ([], 1)
    pass_time(world, timers, 5)
    assert len(world.events(e.PersonKeysFound)) == 1


def test_what_there_is_to_learn_is_learnt_page_after_page(world, timers, monkeypatch):
    """After a long time without timers, each tick is one page, and the next comes at once."""
    monkeypatch.setattr("enrichcore.application.learning.PAGE", 1)
    monkeypatch.setattr(module_of_timers, "PAGE", 1)
    found_for(world, {"email": FOUND})
    while timers.tick():
        pass
    assert len(world.events(e.PersonKeysFound)) == 1


def test_companies_rows_that_cannot_leave_are_moved_by_the_timers(world, timers, monkeypatch):
    """Every few seconds, and less often where looking for them takes long."""
    world.launch(person("ann"))
    world.launch(person("bob"), workstream=CRM)
    world.app.stop_lane(ACME, APOLLO, APOLLO_COMPANY, by="ann", why="out of credits")
    passed = [100.0]
    monkeypatch.setattr(module_of_timers, "monotonic", lambda: passed[0])
    looked = []
    move = world.app.move_companies

    def look():
        looked.append(passed[0])
        passed[0] += 1.0
        return move()

    monkeypatch.setattr(world.app, "move_companies", look)
    timers.tick()
    assert [send.workflow for send in world.app.claim(10)] == [CRM_COMPANY]
    for _ in range(50):
        passed[0] += 1.0
        timers.tick()
    assert looked == [100.0, 121.0, 142.0]
