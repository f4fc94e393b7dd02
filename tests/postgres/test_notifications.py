"""What people hear of: durable, at least once, and never in the way."""

import asyncio
import contextlib
import logging
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import httpx
import psycopg
import pytest
from attrs import evolve

from enrichcore.domain import events as e
from enrichcore.domain.lane import AWAY_FOR_LONG, DOUBTFUL_FOR_LONG
from enrichcore.domain.step_run import Outcome
from enrichcore.registry import Secret
from enrichcore.store import MemoryStore, StoreUnavailable
from enrichcore.store.outbox import Notification, Outbox
from runners.daemon.notifier import MOST_ATTEMPTS, Notifier, pause_after
from tests.contracts.world import (
    ACME,
    APOLLO,
    APOLLO_COMPANY,
    APOLLO_PERSON,
    START,
    World,
    configuration,
    person,
    tuned,
)
from tests.postgres.town import SECRET_URL, Ear, Town, another, town

pytestmark = pytest.mark.postgres


def test_a_finished_batch_is_told_of_once(store):
    """With its counts and its credits, and a sentence that a chat shows."""
    here = town(store)
    batch = here.world.launch(person("ann"), person("bob", company="mooncroft"))
    here.world.play()
    here.round()
    here.round()
    ((url, headers, body),) = here.ear.heard
    assert (url, body["notice"], body["batch_id"]) == (SECRET_URL, "batch_finished", str(batch.batch_id))
    assert (body["items_completed"], body["items_failed"], body["items_with_gaps"]) == (2, 0, 0)
    assert body["credits_spent"] == 4
    assert body["text"].startswith(f"Batch {batch.batch_id} of acme (apollo_scrape) is finished: 2 items completed")
    assert headers["idempotency-key"] == body["id"].replace("-", "")


def stop_a_lane(here, name):
    """By what its webhook says."""
    here.world.launch(person(name))
    (send,) = here.world.claim()
    here.world.report([send], Outcome.LANE_REFUSED, status=402, reason=f"HTTP 402: {name}")
    here.world.app.resume_lane(ACME, APOLLO, send.workflow, by="ann")


def test_an_address_that_is_given_while_it_runs_hears_from_then_on(store):
    """Not of what happened before there was any; one that takes its place hears of all that was not told yet."""
    here = town(store, begun=False)
    runner, app = here.world.app.registry.runner, here.world.app
    app.take_over_runner(evolve(runner, notify={}))
    here.round()
    stop_a_lane(here, "ann")
    here.round()
    app.take_over_runner(runner)
    here.round()
    stop_a_lane(here, "bob")
    app.take_over_runner(evolve(runner, notify={"lane_stopped": Secret("https://chat.example/another")}))
    here.round()
    ((url, _, body),) = here.ear.heard
    assert (url, body["reason"]) == ("https://chat.example/another", "HTTP 402: bob")


def test_a_stopped_lane_is_told_of(store):
    """By whom, why, and what opens it."""
    here = town(store)
    here.world.launch(person("ann"))
    (send,) = here.world.claim()
    here.world.report([send], Outcome.LANE_REFUSED, status=402, reason="HTTP 402: out of credits")
    here.round()
    ((_, _, body),) = here.ear.heard
    assert (body["notice"], body["by"], body["reason"]) == ("lane_stopped", "runner", "HTTP 402: out of credits")
    assert f"enrichcore lanes --resume {body['lane']}" in body["text"]


def test_a_budget_that_ends_is_told_of_once_and_again_when_another_ends(store):
    """Whatever comes back and is spent again in between."""
    registry = tuned(configuration(), lane={"rate": 1000.0, "burst": 1000})

    def worth(credits_):
        client = evolve(registry.clients[ACME], budget_credits=Decimal(credits_))
        return evolve(registry, clients={**registry.clients, ACME: client})

    here = town(store, worth(1))
    here.world.launch(person("ann"))
    (send,) = here.world.send()
    for _ in range(2):
        here.world.clock.tick(minutes=1)
        here.round()
    assert here.ear.news == ["budget_ended"]
    body = here.ear.heard[0][2]
    assert (body["client"], body["budget_credits"], body["credits_used"], body["overshoot"]) == ("acme", 1, 1, 0)
    here.world.answer(send, here.world.body(send, metadata={"upfrontCreditUsage": {"totalCost": 2.5}}))
    here.world.clock.tick(minutes=1)
    here.round()
    assert here.ear.news == ["budget_ended", "budget_overshot"]
    assert here.ear.heard[1][2]["overshoot"] == 1.5
    there = town(store, worth(3.5))
    there.world.clock.now = here.world.clock.now
    assert len(there.world.claim()) == 1
    there.world.clock.tick(minutes=1)
    there.round()
    assert there.ear.news == ["budget_ended"]


def worth(credits_, period=None):
    """A configuration whose budget is so large."""
    registry = tuned(configuration(), lane={"rate": 1000.0, "burst": 1000})
    client = evolve(registry.clients[ACME], budget_credits=Decimal(credits_), budget_period=period)
    return evolve(registry, clients={**registry.clients, ACME: client})


def look_later(here, **time):
    """Time passes, and somebody looks; what was heard of since."""
    here.world.clock.tick(**(time or {"minutes": 1}))
    known = len(here.ear.news)
    here.round()
    return here.ear.news[known:]


def with_budget(here, registry):
    """The same place after a restart with another configuration."""
    runner = here.world.registry.runner
    world = World(here.world.store, evolve(registry, runner=runner), clock=here.world.clock)
    return Town(world, Ear(), Notifier(world.app, here.outbox), here.outbox)


def test_a_restart_tells_nothing_again(store):
    """However often, and with whatever the budget is."""
    here = town(store, worth(1))
    here.world.launch(person("ann"))
    here.world.send()
    assert look_later(here) == ["budget_ended"]
    for _ in range(3):
        assert look_later(evolve(another(here), ear=Ear())) == []
    assert look_later(with_budget(here, worth("0.5"))) == ["budget_overshot"]


def test_credits_that_come_back_and_are_taken_at_once_are_no_news(store):
    """A row that was refused leaves its place to another."""
    here = town(store, worth(1))
    here.world.launch(person("ann"), person("bob", company="mooncroft"))
    (send,) = here.world.claim()
    assert look_later(here) == ["budget_ended"]
    for _ in range(3):
        here.world.report([send], Outcome.NOT_DELIVERED, status=429)
        assert look_later(here, seconds=6) == []
        here.world.app.wake()
        (send,) = here.world.claim()
        assert look_later(here, seconds=6) == []


def test_a_budget_that_had_room_for_a_while_is_told_of_when_that_is_spent(store):
    """As where answers cost less, and the next launch comes a day later."""
    here = town(store, worth(1))
    here.world.launch(person("ann"))
    (send,) = here.world.send()
    assert look_later(here) == ["budget_ended"]
    here.world.app.cancel(next(batch for batch, _ in store.batches()).batch_id, by="ann")
    here.world.answer(send, here.world.body(send, metadata={"upfrontCreditUsage": {"totalCost": 0}}))
    assert look_later(here, days=1) == []
    here.world.launch(person("bob", company="mooncroft"))
    here.world.send()
    assert look_later(here) == ["budget_ended"]
    assert len({body["id"] for _, _, body in here.ear.heard}) == 2


def test_a_budget_that_is_raised_and_spent_anew_is_told_of_again(store):
    """Also where nobody looked in between, and to an amount that it had before; not where it was never enough."""
    here = town(store, worth(1))
    here.world.launch(*(person(name, company=name) for name in ("ann", "bob", "eve")))
    here.world.send()
    assert look_later(here) == ["budget_ended"]
    higher = with_budget(here, worth(2))
    higher.world.send()
    assert look_later(higher) == ["budget_ended"]
    lower = with_budget(here, worth(1))
    assert look_later(lower) == ["budget_overshot"]
    assert look_later(with_budget(here, worth("1.5"))) == []
    assert look_later(with_budget(here, worth(2))) == []
    again = with_budget(here, worth(3))
    again.world.send()
    assert look_later(again) == ["budget_ended"]


def test_a_budget_for_a_period_is_told_of_when_what_time_freed_is_spent(store):
    """Not each day that it stays spent."""
    here = town(store, worth(2, timedelta(days=30)))
    first = here.world.launch(person("ann"))
    (send,) = here.world.send()
    here.world.answer(send)
    here.world.send()
    assert look_later(here) == ["budget_ended"]
    for _ in range(5):
        assert look_later(here, days=1) == []
    here.world.app.cancel(first.batch_id, by="ann")
    here.world.clock.tick(days=20)
    here.world.launch(*(person(name, company=name) for name in ("bob", "eve", "joe")))
    here.world.app.wake()
    assert here.world.send() == []
    here.world.clock.tick(days=6)
    assert here.world.send()
    assert look_later(here) == ["budget_ended"]
    assert look_later(here) == []


def test_a_webhook_that_ends_soon_is_told_of_once(store):
    """Also where two lanes send to it, each with a warning in its own history."""
    registry = tuned(configuration(), lane={"rate": 1000.0, "burst": 1000, "lifetime_limit": 10})
    shared = registry.webhook(ACME, APOLLO, APOLLO_COMPANY)
    hooks = dict.fromkeys(registry.clients[ACME].webhooks, shared)
    client = evolve(registry.clients[ACME], webhooks=hooks)
    here = town(store, evolve(registry, clients={**registry.clients, ACME: client}))
    here.world.launch(*(person(f"ann{number}", f"co{number}") for number in range(9)))
    here.world.play()
    assert len(here.world.events(e.WebhookEndsSoon)) == 2
    here.round()
    assert [news for news in here.ear.news if news != "lane_stopped"] == ["webhook_ends_soon"]
    body = next(body for _, _, body in here.ear.heard if body["notice"] == "webhook_ends_soon")
    assert (body["sent"], body["lane"]) == (9, f"acme/{APOLLO}/{APOLLO_COMPANY}")


def test_a_webhook_that_cannot_be_reached_for_long_is_told_of_once(store):
    """A blip is not; neither is each further row that finds nobody."""
    here = town(store, tuned(configuration(), lane={"rate": 1000.0, "burst": 1000}))
    here.world.launch(*(person(f"ann{number}", f"co{number}") for number in range(30)))
    told = []
    for number in range(1, AWAY_FOR_LONG + 4):
        (send,) = here.world.app.claim(1)
        here.world.report([send], Outcome.NOT_DELIVERED, unreachable=True, reason="could not connect")
        ((lane, _),) = store.lanes()
        here.world.clock.now = max(lane.held_until or START, here.world.clock.now)
        here.round()
        told += [number] * (len(here.ear.heard) - len(told))
    assert (told, here.ear.news) == ([AWAY_FOR_LONG], ["lane_unreachable"])
    assert "could not connect" in here.ear.heard[0][2]["text"]


def test_a_lane_whose_rows_fall_in_doubt_is_told_of_once(store):
    """Some minutes after it is tried with one row at a time."""
    here = town(store, tuned(configuration(), lane={"rate": 1000.0, "burst": 1000}))
    here.world.launch(*(person(f"ann{number}", f"co{number}") for number in range(30)))
    told = []
    for number in range(1, DOUBTFUL_FOR_LONG + 4):
        (send,) = here.world.app.claim(1)
        here.world.report([send], Outcome.UNKNOWN, status=502, reason="HTTP 502: bad gateway")
        ((lane, _),) = store.lanes()
        here.world.clock.now = max(lane.held_until or START, here.world.clock.now)
        here.round()
        told += [number] * (len(here.ear.heard) - len(told))
    assert (told, here.ear.news) == ([DOUBTFUL_FOR_LONG], ["lane_doubtful"])
    assert "bad gateway" in here.ear.heard[0][2]["text"]


def test_each_kind_of_news_may_have_its_own_address_or_none(store):
    """What has no address is told nobody."""
    here = town(store, lane_stopped="https://chat.example/lanes")
    here.world.launch(person("ann"))
    here.world.app.stop_lane(ACME, APOLLO, APOLLO_PERSON, by="ann", why="holidays")
    here.world.app.resume_lane(ACME, APOLLO, APOLLO_PERSON, by="ann")
    here.world.play()
    here.round()
    assert [url for url, _, _ in here.ear.heard] == ["https://chat.example/lanes"]
    assert here.rows("select count(*) from enrichcore.notifications") == [(1,)]


def test_what_was_before_is_no_news(store):
    """Whoever is named later hears of what comes later; of what came while nobody ran, all the same."""
    world = World(store, configuration())
    world.launch(person("ann"))
    world.play()
    here = town(store)
    assert here.ear.heard == []
    here.world.app.stop_lane(ACME, APOLLO, APOLLO_PERSON, by="ann", why="holidays")
    there = another(here)
    there.round()
    assert there.ear.news == ["lane_stopped"]


@pytest.mark.parametrize("says", [500, 404, 302, "refused"])
def test_what_nobody_took_is_tried_again_later(store, says, caplog):
    """Not at once, and no address is told: not in the log, nor in what is kept."""
    caplog.set_level(logging.DEBUG)
    here = town(store)
    here.ear.says = [says]
    here.world.app.stop_lane(ACME, APOLLO, APOLLO_PERSON, by="ann", why="holidays")
    here.round()
    here.round()
    assert len(here.ear.heard) == 1
    here.again()
    here.round()
    assert len(here.ear.heard) == 2
    assert here.ear.heard[0][2] == here.ear.heard[1][2]
    kept = str(here.rows("select * from enrichcore.notifications"))
    assert not [words for words in ("chat.example", "s3cr3t") if words in kept + caplog.text]
    assert here.rows("select told_at is not null, attempts from enrichcore.notifications") == [(True, 2)]


def test_in_the_end_it_is_given_up_and_that_is_logged(store, caplog):
    """After so many attempts, over hours; the others go on."""
    here = town(store)
    here.ear.says = [500] * MOST_ATTEMPTS
    here.world.app.stop_lane(ACME, APOLLO, APOLLO_PERSON, by="ann", why="holidays")
    for _ in range(MOST_ATTEMPTS + 2):
        here.round()
        here.again()
    assert len(here.ear.heard) == MOST_ATTEMPTS
    assert "given up" in caplog.text
    assert sum((pause_after(number) for number in range(1, MOST_ATTEMPTS)), timedelta()) > timedelta(hours=7)


def test_a_process_that_dies_while_it_tells_loses_nothing(store):
    """What it took is another's when its lease is over; nobody else takes it before."""
    here = town(store)
    here.world.app.stop_lane(ACME, APOLLO, APOLLO_PERSON, by="ann", why="holidays")

    async def dying(_request):
        raise KeyboardInterrupt

    async def tick():
        async with httpx.AsyncClient(transport=httpx.MockTransport(dying)) as client:
            await here.notifier.tick(client)

    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(tick())
    there = evolve(another(here), ear=Ear())
    there.round()
    assert there.ear.heard == []
    there.again()
    there.round()
    assert there.ear.news == ["lane_stopped"]


def test_two_processes_tell_it_once(store):
    """One looks through the log at a time, and each row is one's."""
    here = town(store)
    there = evolve(another(here), ear=Ear())
    here.world.app.stop_lane(ACME, APOLLO, APOLLO_PERSON, by="ann", why="holidays")

    async def both():
        async with (
            httpx.AsyncClient(transport=httpx.MockTransport(here.ear.listen)) as one,
            httpx.AsyncClient(transport=httpx.MockTransport(there.ear.listen)) as other,
        ):
            await asyncio.gather(here.notifier.tick(one), there.notifier.tick(other))
            await here.notifier.tick(one)

    asyncio.run(both())
    assert here.ear.news + there.ear.news == ["lane_stopped"]


def test_news_that_is_being_told_when_the_database_is_lost_is_told_to_the_end(store):
    """What was heard is marked as told, and nothing of a round outlives it and the client that carries it."""
    here = town(store)
    for workflow in (APOLLO_COMPANY, APOLLO_PERSON):
        here.world.app.stop_lane(ACME, APOLLO, workflow, by="ann", why="holidays")
    tell, lost = here.outbox.told, asyncio.Event()

    async def tick():
        loop = asyncio.get_running_loop()

        def told(notification_id):
            if lost.is_set():
                return tell(notification_id)
            loop.call_soon_threadsafe(lost.set)
            raise StoreUnavailable("gone")

        async def listen(request):
            if here.ear.heard:
                await lost.wait()
                for _ in range(20):
                    await asyncio.sleep(0)
            return await here.ear.listen(request)

        here.outbox.told = told
        async with httpx.AsyncClient(transport=httpx.MockTransport(listen)) as client:
            with pytest.raises(StoreUnavailable):
                await here.notifier.tick(client)

    asyncio.run(tick())
    assert here.ear.news == ["lane_stopped"] * 2
    assert here.rows("select count(*) from enrichcore.notifications where told_at is not null") == [(1,)]


def test_what_was_told_long_ago_is_forgotten(store):
    """So is what was given up; what waits is not, however long. It is looked for once in a while."""
    here = town(store)
    ids = [uuid4() for _ in range(4)]
    here.outbox.put([Notification(notification_id=one, notice="unheard", body="{}") for one in ids])
    with psycopg.connect(store.url) as connection:
        for column, age, one in zip(
            ("told_at", "given_up_at", "made_at", "told_at"),
            ("91 days", "91 days", "91 days", "89 days"),
            ids,
            strict=True,
        ):
            connection.execute(
                f"update enrichcore.notifications set {column} = now() - %s::interval where notification_id = %s",
                [age, one],
            )
    left = "select notification_id from enrichcore.notifications"
    here.round()
    assert len(here.rows(left)) == 4
    here.world.clock.tick(hours=1)
    here.round()
    assert {found for (found,) in here.rows(left)} == set(ids[2:])


def test_no_fault_ends_it(caplog):
    """A database that is away, or a fault of ours: it goes on until it is told to stop."""

    class Stumbling:
        def __init__(self):
            self.faults = [StoreUnavailable("gone"), ValueError("ours")]
            self.stop, self.loop = asyncio.Event(), asyncio.get_running_loop()

        def begin(self):
            if self.faults:
                raise self.faults.pop()

        def gather(self, *_):
            return 0

        def put(self, _):
            return None

        def forget(self, _):
            return None

        def take(self, *_):
            self.loop.call_soon_threadsafe(self.stop.set)
            return []

    async def live(monkeypatch):
        outbox = Stumbling()
        known = configuration()
        runner = evolve(known.runner, notify={"url": Secret(SECRET_URL)})
        world = World(MemoryStore(), evolve(known, runner=runner))
        monkeypatch.setattr("runners.daemon.notifier._TICK_S", 0.01)
        await asyncio.wait_for(Notifier(world.app, outbox).run(outbox.stop), 10)

    with pytest.MonkeyPatch.context() as monkeypatch:
        asyncio.run(live(monkeypatch))
    assert "notifications wait" in caplog.text


def test_the_same_news_is_put_in_once(store):
    """Whoever finds it."""
    outbox = Outbox(store)
    one = Notification(notification_id=configuration().client(ACME).id, notice="budget_ended", body="{}")
    outbox.put([one])
    outbox.put([one])
    assert [found.attempts for found in outbox.take(["budget_ended"], 10, timedelta(seconds=30))] == [1]
    assert outbox.take(["budget_ended"], 10, timedelta(seconds=30)) == []
