"""What only a database can get wrong: locks, transactions and the schema."""

from contextlib import contextmanager, suppress
from datetime import timedelta
from threading import Thread
from uuid import uuid4

import psycopg
import pytest
from attrs import evolve

from enrichcore.application import Enrichment, claiming
from enrichcore.application.paces import take
from enrichcore.application.unheard import Unheard
from enrichcore.application.unit import Unit
from enrichcore.domain import events as e
from enrichcore.domain.step_run import Outcome
from enrichcore.registry.secret import Secret
from enrichcore.store import StoreUnavailable, recorder
from enrichcore.store.commit import Commit
from enrichcore.store.mending import mend_inline_state
from enrichcore.store.postgres import PostgresClaims, PostgresStore
from enrichcore.store.replaying import inline_rows
from enrichcore.store.statements import statements
from tests.contracts.people_contract import two_batches
from tests.contracts.stored_rows import LANE, NOW, a_batch, a_run, a_step, items_in, noted, put, ready
from tests.contracts.world import (
    ACME,
    APOLLO,
    APOLLO_PERSON,
    CRM,
    CRM_PERSON,
    GLOBEX,
    World,
    configuration,
    file_of,
    person,
    tuned,
)
from tests.postgres.test_interleaved_runners import BLOCKED

pytestmark = pytest.mark.postgres


def test_a_claim_skips_what_another_transaction_holds(store):
    """And gets it when that transaction gave it back."""
    ids = items_in(store, a_batch(), count=3)
    with store.claims() as first:
        held = first.ready(LANE, NOW, 2)
        assert (held, ready(store)) == (ids[:2], ids[2:])
    assert ready(store) == ids


def test_a_claim_that_fails_gives_everything_back(store):
    """Rows, tokens and the lock."""
    ids, group = items_in(store, a_batch(), count=2), uuid4()
    with suppress(ZeroDivisionError), store.claims() as claims:
        claims.ready(LANE, NOW, 2)
        claims.take_tokens(group, 5, rate=1, burst=5, now=NOW)
        raise ZeroDivisionError
    with store.claims() as claims:
        assert claims.ready(LANE, NOW, 2) == ids
        assert claims.take_tokens(group, 5, rate=1, burst=5, now=NOW) == 5


def test_a_decision_is_one_transaction(database_url, monkeypatch):
    """What it reads goes over the connection that stores, so that a pool of one is enough and commits stay few."""
    store = PostgresStore(database_url, pool_size=1)
    world = World(store)
    world.launch(person("ann"), person("bob"))
    sends, begun, connection = world.claim(), [], store.pool.connection
    monkeypatch.setattr(store.pool, "connection", lambda: begun.append(1) or connection())
    world.report(sends)
    assert len(begun) == 1
    store.close()


def test_a_commit_waits_for_a_claim_of_its_row_and_neither_hangs(store):
    """Both take rows before the lock of the log, in one order."""
    batch = a_batch()
    (run_id,) = items_in(store, batch)
    run = a_run(batch, run_id=run_id)
    with store.claims() as claims:
        assert claims.ready(LANE, NOW, 1) == [run_id]
        answer = Thread(
            target=put, args=(store,), kwargs={"runs": [run], "steps": [a_step(run, "completed", batch=batch)]}
        )
        answer.start()
        claims.append(Commit(events=[noted()], runs=[run], steps=[a_step(run, "sending", batch=batch)]))
    answer.join(timeout=30)
    assert not answer.is_alive()
    assert [step.state for step in store.inline_rows()[1]] == ["completed"]


def test_positions_have_no_order_but_that_of_commits(store):
    """A reader that remembers the last position never misses an event of a slower writer."""
    writers = [Thread(target=lambda: [put(store) for _ in range(20)]) for _ in range(4)]
    for writer in writers:
        writer.start()
    seen, after = [], 0
    while any(writer.is_alive() for writer in writers) or after < store.last_position():
        page = store.log(after, 7)
        seen += [event.position for event in page]
        after = seen[-1] if seen else 0
    for writer in writers:
        writer.join()
    assert seen == [event.position for event in store.log(0, 1000)]
    assert len(seen) == 80


def test_two_processes_migrate_one_database_once(server_url, database_url):
    """Every other time there is nothing left to do."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("drop schema enrichcore cascade")
    stores = [PostgresStore(database_url, pool_size=1) for _ in range(3)]
    applied = []
    threads = [Thread(target=lambda store=store: applied.append(store.migrate())) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(bool, applied)) == [False, False, True]
    for store in stores:
        store.close()


def test_the_events_alone_give_the_rows_of_a_troubled_life(store):
    """Pauses, doubts, retries, cancellations and late answers: written and replayed rows are the same, byte for byte."""
    world = World(store)
    first = world.launch(*(person(name) for name in ("ann", "bob", "eve")), person("joe", company="caldora"))
    second = world.launch(person("kim"), workstream="crm_data")
    sends = world.send()
    world.answer(sends[0], world.body(sends[0], result=None, error="no credits"))
    world.app.pause(first.batch_id, by="ann")
    world.clock.tick(hours=7)
    world.app.wake()
    for send in sends:
        world.answer(send)
    world.app.resume(first.batch_id, by="ann")
    (doubtful, *others) = world.claim()
    world.clock.tick(minutes=2)
    world.app.wake()
    world.app.settle(first.batch_id, e.Settlement.RESEND, by="ann")
    for send in others:
        world.answer(send)
    world.app.retry(first.batch_id, by="ann", state="completed")
    world.app.cancel(second.batch_id, by="ann")
    world.answer(doubtful)
    world.play()
    written, replayed = store.inline_rows(), inline_rows(store.log(0, 10_000))
    assert written == replayed
    assert len({step.state for step in written[1]}) > 1


@pytest.fixture
def troubled(store):
    """A world in which much went wrong, and a batch and a lane were stopped."""
    world = World(store)
    world.launch(person("ann"), person("bob"), person("cy", "caldora"))
    world.play()
    paused = world.launch(person("dee"), person("eve", "caldora"))
    world.app.pause(paused.batch_id, by="ann")
    world.app.stop_lane("acme", "apollo_scrape", APOLLO_PERSON, by="ann", why="to look into it")
    return world


def everything(store):
    """All inline state."""
    return store.inline_rows(), store.batches(), store.lanes()


def test_inline_state_that_is_right_is_left_alone(troubled, store):
    """Nothing differs from what the events say."""
    before = everything(store)
    assert mend_inline_state(store).is_nothing
    assert everything(store) == before


def test_a_lane_that_refused_is_mended_from_its_events_too(store):
    """Its count of refusals, and the words of a refusal as a row can hold them."""
    world = World(store)
    world.launch(person("ann"), person("bob", "caldora"))
    row, lane = world.claim()
    world.report([row], Outcome.ROW_REFUSED, status=422)
    assert mend_inline_state(store).is_nothing
    world.report([lane], Outcome.LANE_REFUSED, status=401, reason="denied\x00")
    assert mend_inline_state(store).is_nothing
    before = store.lanes()
    with store.pool.connection() as connection:
        connection.execute("update enrichcore.lanes set refusals = 7, stopped = ''")
    assert (mend_inline_state(store).lanes, store.lanes()) == (1, before)


def test_what_holds_a_lane_is_mended_from_its_events_too(store):
    """Failures in a row, the hold with its reason, and the warning that was given."""
    world = World(store, tuned(configuration(), lane={"rate": 1000.0, "burst": 1000, "lifetime_limit": 15}))
    world.launch(*(person(f"ann{number}", f"co{number}") for number in range(20)))
    away = {"outcome": Outcome.NOT_DELIVERED, "unreachable": True, "reason": "could not connect\x00"}
    world.report(world.claim(14), **away)
    assert mend_inline_state(store).is_nothing
    ((lane, _),) = before = store.lanes()
    assert (lane.failures, bool(lane.held_for), bool(lane.warned)) == (10, True, True)
    with store.pool.connection() as connection:
        connection.execute("update enrichcore.lanes set failures = 0, held_for = '', warned = '', held_until = null")
    assert (mend_inline_state(store).lanes, store.lanes()) == (1, before)


def test_rows_that_wait_for_a_function_are_mended_from_what_their_batch_was_launched_with(store):
    """They wait on a lane of their own, which nothing in their own events tells."""
    world = World(store)
    world.app.core.functions.clear()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("enrichcore.application.core.resolve_name", {}.__getitem__)
        world.launch(person("ann"))
    ((lane, _),) = store.resting([])
    assert mend_inline_state(store).is_nothing
    with store.pool.connection() as connection:
        connection.execute("update enrichcore.step_runs set lane_id = gen_random_uuid()")
    assert not mend_inline_state(store).is_nothing
    assert [found for found, _ in store.resting([])] == [lane]


def test_inline_state_is_mended_from_the_events(troubled, store):
    """Rows that are wrong, missing, or of nothing; looking alone changes nothing."""
    before = everything(store)
    with store.pool.connection() as connection:
        connection.execute("update enrichcore.runs set status = 'failed', gaps = 7 where person_id is not null")
        connection.execute("delete from enrichcore.step_runs where state = 'completed'")
        connection.execute(
            "insert into enrichcore.runs select gen_random_uuid(), kind, client_id, batch_id, person_id,"
            " company_id, workstream, status, gaps, in_doubt, version, state from enrichcore.runs limit 1"
        )
        connection.execute("delete from enrichcore.batches where status = 'paused'")
        connection.execute("update enrichcore.lanes set stopped = ''")
    damaged = everything(store)
    found = mend_inline_state(store, only_compare=True)
    assert everything(store) == damaged
    assert (found.items_and_company_runs, found.batches, found.lanes) == (6, 1, 1)
    assert found.step_runs > 0
    assert mend_inline_state(store) == found
    assert everything(store) == before


def test_what_is_committed_while_inline_state_is_mended_stays(troubled, store):
    """Streams that moved on meanwhile are folded again once writers are held off."""
    sends = []

    def meanwhile(_events):
        if not sends:
            troubled.launch(person("fay", "brackenford"))
            sends.extend(troubled.send())

    assert mend_inline_state(store, progress=meanwhile).is_nothing
    assert sends
    assert store.inline_rows() == inline_rows(store.log(0, 10_000))


class _Overtaken:
    """A claim during which another runner claims too, once this one has counted what is out."""

    def __init__(self, claims, other):
        self._claims = claims
        self._other = other

    def in_flight(self, lane, cap):
        counted = self._claims.in_flight(lane, cap)
        self._other.start()
        # A runner that must wait for this claim cannot end before it; one that need not has ended by then.
        self._other.join(timeout=2)
        return counted

    def __getattr__(self, name):
        return getattr(self._claims, name)


def test_two_runners_at_once_keep_a_budget_over_pace_groups(store, monkeypatch):
    """Lanes of different pace groups do not wait for each other, but for their client's budget they do."""
    registry = tuned(configuration(), APOLLO_PERSON, lane={"pace_group": "of its own"})
    world = World(store, registry)
    world.launch(person("ann"))
    world.play_to(APOLLO_PERSON)
    world.launch(person("ben"), workstream=CRM)
    world.play_to(CRM_PERSON)
    client = registry.clients[ACME]
    budget = store.credits_of(client.id) + 1
    registry = evolve(registry, clients={**registry.clients, ACME: evolve(client, budget_credits=budget)})
    world.clock.tick(seconds=10)
    lanes = {lane.workflow: lane for lane in claiming.lanes_of(registry).values() if lane.client.slug == ACME}
    plain, theirs = store.claims, []
    claim = claiming._claim_lane
    other = Thread(target=lambda: theirs.extend(claim(world.another(registry).core, lanes[CRM_PERSON], 10, Unheard())))

    class Reserving(_Overtaken):
        def credits_of(self, client_id, since=None):
            counted = self._claims.credits_of(client_id, since)
            self._other.start()
            self._other.join(timeout=2)
            return counted

        def in_flight(self, lane, cap):
            return self._claims.in_flight(lane, cap)

    @contextmanager
    def overtaken():
        monkeypatch.setattr(store, "claims", plain)
        with plain() as claims:
            yield Reserving(claims, other)

    monkeypatch.setattr(store, "claims", overtaken)
    ours = claim(world.another(registry).core, lanes[APOLLO_PERSON], 10, Unheard())
    other.join(timeout=30)
    assert len(ours) + len(theirs) == 1


def test_two_runners_at_once_send_a_person_once_over_pace_groups(store, monkeypatch):
    """Lanes of different pace groups do not wait for each other, but for whom their client sends they do."""
    registry = tuned(configuration(), APOLLO_PERSON, lane={"pace_group": "of its own"})
    world = World(store, registry)
    two_batches(world)
    world.clock.tick(seconds=10)
    lanes = {lane.workflow: lane for lane in claiming.lanes_of(registry).values() if lane.client.slug == ACME}
    plain, theirs = store.claims, []
    claim = claiming._claim_lane
    other = Thread(target=lambda: theirs.extend(claim(world.another().core, lanes[CRM_PERSON], 10, Unheard())))

    class Looking(_Overtaken):
        def in_flight(self, lane, cap):
            return self._claims.in_flight(lane, cap)

        def out_items(self, person_ids):
            found = self._claims.out_items(person_ids)
            self._other.start()
            self._other.join(timeout=1)
            return found

    @contextmanager
    def overtaken():
        monkeypatch.setattr(store, "claims", plain)
        with plain() as claims:
            yield Looking(claims, other)

    monkeypatch.setattr(store, "claims", overtaken)
    ours = claim(world.another().core, lanes[APOLLO_PERSON], 10, Unheard())
    other.join(timeout=30)
    assert len(ours) + len(theirs) == 1


@pytest.mark.parametrize("held", ["bucket", "log"])
def test_a_runner_whose_host_vanished_in_a_transaction_holds_nobody_up_for_long(store, monkeypatch, held):
    """Its connection is never closed: the server gives it up, and its locks with it."""
    world = World(store)
    world.launch(person("ann"))
    monkeypatch.setattr(recorder, "_APPEND", recorder._APPEND.replace("60s", "300ms"))
    for name in ("bucket", "lock_log"):
        monkeypatch.setitem(statements(), name, statements()[name].replace("60s", "300ms"))
    with suppress(psycopg.Error, StoreUnavailable), store.claims() as vanished:
        if held == "log":
            vanished.append(Commit(events=[noted()]))
        for pace in (pace for lane in world.app._lanes.values() for pace in lane.paces if held == "bucket"):
            take(vanished, [pace], 0, world.clock.now)
        other = Thread(target=lambda: world.claim(1), daemon=True)
        other.start()
        other.join(timeout=20)
        assert not other.is_alive()

    assert len(world.posted) == 1


def test_two_runners_at_once_keep_the_cap_of_a_lane(store, monkeypatch):
    """The second counts only when the first has sent, so together they send no more than the cap allows."""
    world = World(store, tuned(configuration(), APOLLO_PERSON, lane={"max_in_flight": 1}))
    world.launch(person("ann"), person("ben"))
    world.play_to(APOLLO_PERSON)
    world.clock.tick(seconds=10)
    plain, theirs = store.claims, []
    other = Thread(target=lambda: theirs.extend(world.another().claim(10)))

    @contextmanager
    def overtaken():
        monkeypatch.setattr(store, "claims", plain)
        with plain() as claims:
            yield _Overtaken(claims, other)

    monkeypatch.setattr(store, "claims", overtaken)
    ours = world.app.claim(10)
    other.join(timeout=30)
    assert len(ours) + len(theirs) == 1


def test_a_receiver_that_is_not_heard_of_is_not_up(store):
    """A killed one says no farewell; one that was cut off begins anew when it is heard of again."""
    runner = uuid4()
    store.beat(runner)
    with psycopg.connect(store.url) as connection:
        earlier = "update enrichcore.receivers set up_since = now() - interval '1 hour', seen_at = now() - %s::interval"
        connection.execute(earlier, ["9 seconds"])
        connection.commit()
        assert store.receiver_up() > timedelta(minutes=59)
        connection.execute(earlier, ["11 seconds"])
        connection.commit()
    assert store.receiver_up() == timedelta(0)
    store.beat(runner)
    assert store.receiver_up() < timedelta(minutes=1)


def test_an_application_goes_by_the_time_of_its_database(store):
    """Unless it is given another: hosts whose clocks differ take no lease for over that is not."""
    app = Enrichment(store, configuration())
    assert app.core.clock is store.clock
    with store.pool.connection() as connection:
        ((before,),) = connection.execute("select clock_timestamp()").fetchall()
    now = app.now()
    with store.pool.connection() as connection:
        ((after,),) = connection.execute("select clock_timestamp()").fetchall()
    assert before <= now <= after + timedelta(seconds=0.1)


def test_a_decision_that_lost_twice_keeps_the_others_out(store, monkeypatch):
    """As the answer to a company that more and more people wait for, while they are launched one after the other."""
    world, tries = World(store), []
    world.launch(person("ann"))
    (company,) = world.send()
    late = iter(person(f"more{number}") for number in range(9))
    joins = [
        world.app.upload(file_of(one), client=ACME, workstream=APOLLO).upload_id for one in (next(late), next(late))
    ]
    last = world.app.upload(file_of(next(late)), client=ACME, workstream=APOLLO).upload_id
    joining = Thread(target=lambda: world.another(world.registry).launch(last))
    finish = Unit.finish

    def raced(unit):
        """Another waiter joins just before the answer is committed: twice at once, then as soon as it may."""
        commit = finish(unit)
        if any(isinstance(recorded.event, e.AnswerEvent) for recorded in commit.events):
            tries.append(len(commit.events))
            if joins:
                monkeypatch.setattr(Unit, "finish", finish)
                world.app.launch(joins.pop())
                monkeypatch.setattr(Unit, "finish", raced)
            elif not joining.is_alive() and joining.ident is None:
                joining.start()
                with psycopg.connect(store.url) as connection:
                    while joining.is_alive() and not connection.execute(BLOCKED).fetchone()[0]:
                        connection.commit()
        return commit

    monkeypatch.setattr(Unit, "finish", raced)
    world.answer(company)
    joining.join()
    assert len(tries) == 3
    assert inline_rows(store.log(0, 10_000)) == store.inline_rows()


def test_lanes_that_share_a_webhook_count_its_life_together(store, monkeypatch):
    """Clients have a pace each, so nothing else lets their claims go one after the other."""
    registry = tuned(configuration(), lane={"lifetime_limit": 5})
    shared = Secret("https://hooks.example/shared")
    clients = {
        slug: evolve(
            client, webhooks={place: evolve(webhook, url=shared) for place, webhook in client.webhooks.items()}
        )
        for slug, client in registry.clients.items()
    }
    world = World(store, evolve(registry, clients=clients))
    for client in (ACME, GLOBEX):
        world.launch(*(person(f"p{number}", f"co{number}") for number in range(5)), client=client)
    other, append = world.another(world.registry), PostgresClaims.append
    claiming_too = Thread(target=lambda: other.claim(10))

    def raced(claims, commit):
        if claiming_too.ident is None:
            claiming_too.start()
            with psycopg.connect(store.url) as connection:
                while claiming_too.is_alive() and not connection.execute(BLOCKED).fetchone()[0]:
                    connection.commit()
        return append(claims, commit)

    monkeypatch.setattr(PostgresClaims, "append", raced)
    world.app.claim(5)
    claiming_too.join()
    assert store.sends_of(shared.fingerprint()) == 5
