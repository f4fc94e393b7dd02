"""What every store promises, whatever it keeps its rows in: a suite that runs on memory and on PostgreSQL alike.

Rows are made by hand here, so that each promise is asked of the store alone and not of what decides above it.
"""

from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from threading import Barrier, Thread
from uuid import UUID, uuid4, uuid5

import pytest
from attrs import evolve
from hypothesis import given

from enrichcore.domain import events as e
from enrichcore.domain.answers import Rank
from enrichcore.domain.batch import BatchStatus
from enrichcore.domain.batch_item import BatchItem
from enrichcore.domain.ids import NAMESPACE, BatchId, CompanyId, ItemId, LaneId, PersonId
from enrichcore.domain.lane import Lane
from enrichcore.domain.life_cycle import UNDER_WAY, State
from enrichcore.domain.step_state import StepRun
from enrichcore.store.commit import Commit, Conflict
from enrichcore.store.rows import run_row
from tests.contracts.stored_rows import (
    CLIENT,
    EVERY_BODY,
    LANE,
    LONG_AGO,
    NOW,
    SHARED_STORE,
    SOON,
    a_batch,
    a_run,
    a_step,
    items_in,
    noted,
    put,
    ready,
)


class AppendingContract:
    """All of a commit is stored, or nothing of it."""

    def test_an_event_comes_back_in_its_envelope_with_its_position(self, store):
        """What was recorded is read as it was, from its stream and from the log."""
        event = evolve(noted(), client_id=CLIENT, entity_id=UUID(int=3), batch_id=BatchId(UUID(int=4)))
        (position,) = store.append(Commit(events=[event]))
        assert store.stream(event.stream_id) == store.log(0, 10) == [evolve(event, position=position)]
        assert store.version(event.stream_id) == 1
        assert store.last_position() == position

    def test_an_empty_log_has_no_position_and_no_version(self, store):
        """Nothing is stored: zero is the answer, not an error."""
        assert (store.last_position(), store.version(uuid4()), store.stream(uuid4()), store.log(0, 5)) == (0, 0, [], [])

    def test_a_taken_version_conflicts_and_stores_nothing(self, store):
        """The second writer of a version loses, with everything else in its commit."""
        stream, other = uuid4(), uuid4()
        store.append(Commit(events=[noted(stream)]))
        with pytest.raises(Conflict):
            store.append(Commit(events=[noted(other), noted(stream)], runs=[a_run()]))
        assert store.version(other) == 0
        assert store.inline_rows() == ([], [])

    def test_what_was_read_must_be_unchanged(self, store):
        """A decision that read version 1 is refused when there is a version 2."""
        stream = uuid4()
        store.append(Commit(events=[noted(stream), noted(stream, 2)]))
        with pytest.raises(Conflict):
            store.append(Commit(events=[noted()], read={stream: 1}))
        store.append(Commit(events=[noted()], read={stream: 2}))

    def test_what_was_not_there_must_still_be_missing(self, store):
        """A decision that found nothing is refused when something has come."""
        stream = uuid4()
        store.append(Commit(events=[noted()], read={stream: 0}))
        store.append(Commit(events=[noted(stream)]))
        with pytest.raises(Conflict):
            store.append(Commit(events=[noted()], read={stream: 0}))

    def test_no_item_may_begin_to_wait_while_its_company_run_ends(self, store):
        """The number of waits that the decision found must still be right."""
        company = uuid4()
        items_in(store, a_batch(), "waiting_for_company", 2, company_run_id=company)
        with pytest.raises(Conflict):
            store.append(Commit(events=[noted()], waits={company: 1}))
        store.append(Commit(events=[noted()], waits={company: 2}))

    def test_of_writers_at_the_same_time_one_wins(self, store):
        """Eight threads write the same version: one of them stores it."""
        stream, together, won = uuid4(), Barrier(8), []

        def write():
            together.wait()
            with suppress(Conflict):
                won.append(store.append(Commit(events=[noted(stream)])))

        threads = [Thread(target=write) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(won) == len(store.stream(stream)) == 1

    def test_the_log_goes_by_position_over_all_streams(self, store):
        """Pages of any size give every event once, in the order of their positions."""
        positions = [store.append(Commit(events=[noted(), noted()])) for _ in range(5)]
        paged, after = [], 0
        while page := store.log(after, 3):
            paged += page
            after = page[-1].position
        assert [event.position for event in paged] == [number for pair in positions for number in pair]

    def test_the_log_until_a_time_ends_only_where_nothing_earlier_follows(self, store):
        """Clocks differ between hosts, so a later position may hold an earlier time; a page never hides it."""
        late, early = noted(at=SOON), noted(at=NOW)
        store.append(Commit(events=[late, late_too := noted(at=SOON), early]))
        assert late_too.at == SOON
        assert [event.stream_id for event in store.log(0, 2, until=NOW)] == [early.stream_id]

    @SHARED_STORE
    @given(body=EVERY_BODY)
    def test_a_body_comes_back_verbatim(self, store, body):
        """Whatever bytes a callback had, the log has them."""
        event = e.StepAnswered(
            workflow="w", body=body, content_hash="h", rank=Rank.DATA, timing=e.Timing.IN_TIME,
            source=e.Source.CALLBACK, generation=1, facts={"person_title": "CEO\x00\nof all"},
        )  # fmt: skip
        unmatched = e.CallbackUnmatched(workstream="\x00", workflow="w", claimed_id="", reason="\n", body=body)
        stream = uuid4()
        found = [evolve(noted(stream, number), event=one) for number, one in enumerate([event, unmatched], 1)]
        store.append(Commit(events=found))
        assert [one.event for one in store.stream(stream)] == [event, unmatched]

    def test_twenty_megabytes_in_one_commit_are_whole(self, store):
        """A group of large answers is stored in one go; over a unix socket too, where a pipeline would hang."""
        stream, body = uuid4(), bytes(range(256)) * 4096
        events = [
            evolve(
                noted(stream, number),
                event=e.CallbackUnmatched(workstream="", workflow="", claimed_id="", reason="", body=body),
            )
            for number in range(1, 21)
        ]
        store.append(Commit(events=events))
        assert all(one.event.body == body for one in store.stream(stream))
        sizes = store.sizes_at([(stream, 1), (stream, 2), (stream, 99), (uuid4(), 1)])
        assert sorted(sizes) == [(stream, 1), (stream, 2)]
        assert all(len(body) < size < len(body) + 1000 for size in sizes.values())
        assert store.version(stream) == 20


class QueueContract:
    """What may leave, what is due and what is out."""

    def test_a_claim_takes_what_is_ready_and_due_earliest_first(self, store):
        """Rows that are due later, and rows in other states or lanes, stay."""
        batch = a_batch()
        runs = [a_run(batch) for _ in range(6)]
        steps = [
            a_step(runs[0], batch=batch, wake_at=NOW),
            a_step(runs[1], batch=batch, wake_at=LONG_AGO),
            a_step(runs[2], batch=batch, wake_at=SOON),
            a_step(runs[3], "sending", batch=batch),
            a_step(runs[4], batch=batch, lane_id=uuid4()),
            a_step(runs[5], "completed", batch=batch),
        ]
        put(store, batches=[batch], runs=runs, steps=steps)
        assert ready(store) == [runs[1].run_id, runs[0].run_id]
        assert ready(store, limit=1) == [runs[1].run_id]

    @pytest.mark.parametrize("status", [BatchStatus.PAUSED, BatchStatus.CANCELLED, BatchStatus.FINISHED])
    def test_nothing_leaves_of_a_batch_that_does_not_run(self, store, status):
        """Only items of running batches are sent."""
        items_in(store, a_batch(status))
        assert ready(store) == []

    def test_a_company_run_leaves_while_any_waiters_batch_runs(self, store):
        """One of its two batches is paused: it may leave; both are: it may not."""
        batches = [a_batch(), a_batch(BatchStatus.PAUSED)]
        company = a_run(kind="company")
        runs = [a_run(batch) for batch in batches]
        waits = [
            a_step(run, "waiting_for_company", batch=batch, wake_at=None, company_run_id=company.run_id)
            for run, batch in zip(runs, batches, strict=True)
        ]
        put(store, batches=batches, runs=[company, *runs], steps=[a_step(company), *waits])
        assert ready(store) == [company.run_id]
        put(store, batches=[evolve(batches[0], status=BatchStatus.PAUSED)])
        assert ready(store) == []

    def test_a_company_run_that_nobody_waits_for_stays(self, store):
        """It asks for nobody, so it costs nothing."""
        batch, company = a_batch(), a_run(kind="company")
        served = a_step(run := a_run(batch), "completed", batch=batch, company_run_id=company.run_id)
        put(store, batches=[batch], runs=[company, run], steps=[a_step(company), served])
        assert ready(store) == []

    def test_two_claims_at_once_never_share_a_row(self, store):
        """Each claimed row goes to one of the claiming threads."""
        batch = a_batch()
        items_in(store, batch, count=30)
        together, taken = Barrier(3), []

        def claim():
            together.wait()
            for _ in range(10):
                with store.claims() as claims:
                    found = claims.ready(LANE, NOW, 2)
                    runs = {run_id: a_run(batch, run_id=run_id) for run_id in found}
                    claims.append(
                        Commit(
                            events=[noted()],
                            runs=list(runs.values()),
                            steps=[a_step(run, "sending", batch=batch) for run in runs.values()],
                        )
                    )
                    taken.extend(found)

        threads = [Thread(target=claim) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(taken) == len(set(taken)) == 30

    def test_open_lanes_with_ready_rows_are_named(self, store):
        """Stopped lanes and lanes on hold are not; a hold that is over is none."""
        batch = a_batch()
        lanes = {name: LaneId(uuid5(NAMESPACE, name)) for name in ("open", "new", "stopped", "held", "over", "empty")}
        for lane_id in lanes.values():
            items_in(store, batch, "completed" if lane_id == lanes["empty"] else "ready", lane_id=lane_id)
        known = {
            "open": Lane(lane_id=lanes["open"], client_id=CLIENT),
            "stopped": Lane(lane_id=lanes["stopped"], client_id=CLIENT, stopped="the webhook is gone"),
            "held": Lane(lane_id=lanes["held"], client_id=CLIENT, held_until=SOON),
            "over": Lane(
                lane_id=lanes["over"], client_id=CLIENT, held_until=LONG_AGO, held_for="away", failures=11, warned="w 9"
            ),
        }
        put(store, lanes=[(lane, 1) for lane in known.values()])
        assert list(store.ready_lanes(NOW)) == sorted(lanes[name] for name in ("open", "new", "over"))
        assert store.lanes() == sorted(((lane, 1) for lane in known.values()), key=lambda pair: pair[0].lane_id)

    def test_a_lane_whose_rows_may_not_leave_yet_is_named_too(self, store):
        """Whether a row is due and its batch runs, a claim tells; so claims share alike on every store."""
        later, held = LaneId(UUID(int=71)), LaneId(UUID(int=72))
        for lane, batch, wake_at in ((later, a_batch(), SOON), (held, a_batch(BatchStatus.PAUSED), LONG_AGO)):
            run = a_run(batch)
            put(store, batches=[batch], runs=[run], steps=[a_step(run, batch=batch, wake_at=wake_at, lane_id=lane)])
        assert list(store.ready_lanes(NOW)) == [later, held]

    def test_what_is_due_comes_longest_due_first_and_once(self, store):
        """Leases, pauses between attempts and deadlines are timed; what is ready, waiting or over is not."""
        batch = a_batch()
        states = ["sending", "retry_wait", "awaiting_answer", "in_doubt", "ready", "waiting_for_company", "completed"]
        runs = [a_run(batch) for _ in states]
        steps = [
            a_step(run, state, batch=batch, wake_at=NOW - timedelta(minutes=number))
            for number, (run, state) in enumerate(zip(runs, states, strict=True))
        ]
        later = a_step(runs[0], "retry_wait", batch=batch, wake_at=SOON, step_no=1)
        again = a_step(runs[1], "in_doubt", batch=batch, wake_at=LONG_AGO, step_no=1)
        put(store, batches=[batch], runs=runs, steps=[*steps, later, again])
        ids = [run.run_id for run in runs]
        assert store.due(NOW, 10) == [ids[1], ids[0]]
        assert store.due(NOW, 1) == [ids[1]]
        assert store.overdue(NOW, 10) == [ids[1], ids[3], ids[2]]
        assert store.overdue(NOW, 1) == [ids[1]]

    def test_a_bucket_gives_its_burst_then_its_rate(self, store):
        """Tokens come back with time, up to the burst."""
        group = uuid4()

        def take(wanted, after_s):
            with store.claims() as claims:
                at = NOW + timedelta(seconds=after_s)
                taken = claims.take_tokens(group, wanted, rate=2, burst=5, now=at)
                claims.append(Commit(events=[noted()]))
                return taken

        assert [take(3, 0), take(3, 0), take(3, 0)] == [3, 2, 0]
        assert take(9, 1.5) == 3
        assert take(9, 3600) == 5

    def test_a_clock_that_goes_back_fills_no_bucket(self, store):
        """Two runners' clocks differ; the same seconds are never counted twice."""
        group = uuid4()

        def take(after_s):
            with store.claims() as claims:
                at = NOW + timedelta(seconds=after_s)
                taken = claims.take_tokens(group, 5, rate=1, burst=5, now=at)
                claims.append(Commit(events=[noted()]))
                return taken

        assert [take(0), take(-60), take(0)] == [5, 0, 0]

    def test_rows_in_flight_are_counted_up_to_the_cap(self, store):
        """What is sent and not answered counts, for its own lane."""
        batch = a_batch()
        for state in ("sending", "awaiting_answer", "in_doubt", "ready", "retry_wait", "completed"):
            items_in(store, batch, state)
        items_in(store, batch, "sending", lane_id=uuid4())
        with store.claims() as claims:
            assert (claims.in_flight(LANE, 100), claims.in_flight(LANE, 2)) == (3, 2)

    @pytest.mark.parametrize(
        ("state", "out"), [(state, state in UNDER_WAY) for state in sorted(set(State) - {State.START})]
    )
    def test_a_persons_items_with_a_row_that_is_out_are_found(self, store, state, out):
        """And no one else's; the order is that of ids."""
        someone, run, other = uuid4(), a_run(), a_run()
        run, other = evolve(run, person_id=someone), evolve(other, person_id=uuid4())
        put(store, runs=[run, other], steps=[a_step(run, state), a_step(other, "sending")])
        assert store.out_items([someone]) == ({someone: [run.run_id]} if out else {})

    def test_waiters_are_the_items_that_wait_now(self, store):
        """Who was served waits no more, also where another step of the item still does."""
        batch, company, nobody = a_batch(), uuid4(), uuid4()
        first, second = (a_run(batch) for _ in range(2))
        waiting = {"batch": batch, "wake_at": None, "company_run_id": company}
        steps = [a_step(run, "waiting_for_company", **waiting) for run in (first, second)]
        put(store, batches=[batch], runs=[first, second], steps=steps)
        assert store.waiters([company, nobody]) == {company: sorted([first.run_id, second.run_id])}
        put(store, steps=[a_step(first, "failed", **waiting)])
        assert store.waiters([company]) == {company: [second.run_id]}
        assert store.gaps_of([company, nobody]) == {company: [first.run_id]}
        put(
            store,
            steps=[a_step(second, "waiting_for_company", step_no=1, **waiting), a_step(second, "completed", **waiting)],
        )
        assert store.waiters([company]) == {company: [second.run_id]}


class BatchContract:
    """Batches, their items and their counts."""

    def test_batches_come_newest_first_as_they_were_stored(self, store):
        """The latest state of each, with its version."""
        old, new = a_batch(), a_batch(launched_at=SOON)
        put(store, batches=[old, new])
        finished = evolve(old, status=BatchStatus.FINISHED)
        put(store, batches=[finished])
        assert store.batches() == [(new, 1), (finished, 1)]
        assert store.batches([old.batch_id]) == [(finished, 1)]
        assert store.batches([]) == store.batches([uuid4()]) == []

    @pytest.mark.parametrize(
        ("status", "filled", "item", "turns"),
        [
            (BatchStatus.RUNNING, True, "completed", True),
            (BatchStatus.PAUSED, True, "failed", True),
            (BatchStatus.FINISHED, True, "active", True),
            (BatchStatus.RUNNING, True, "active", False),
            (BatchStatus.RUNNING, False, "completed", False),
            (BatchStatus.FINISHED, True, "completed", False),
            (BatchStatus.CANCELLED, True, "cancelled", False),
            (BatchStatus.CANCELLED, True, "active", True),
            (BatchStatus.CANCELLED, False, "active", True),
        ],
    )
    def test_a_batch_turns_when_its_status_no_longer_fits_its_items(self, store, status, filled, item, turns):
        """It is to finish with its last item, to reopen where one goes on, and to be cancelled to the end."""
        batch = a_batch(status, filled=filled)
        put(store, batches=[batch], runs=[a_run(batch, status=item)])
        assert store.turning_batches() == ([batch.batch_id] if turns else [])

    @pytest.mark.parametrize(
        ("status", "filled", "found"),
        [
            (BatchStatus.RUNNING, False, True),
            (BatchStatus.PAUSED, False, True),
            (BatchStatus.CANCELLED, False, False),
            (BatchStatus.RUNNING, True, False),
        ],
    )
    def test_a_batch_is_unfilled_until_its_items_exist_or_it_is_cancelled(self, store, status, filled, found):
        """It comes with the number of items that do."""
        batch, empty = a_batch(status, filled=filled), a_batch(status, filled=filled)
        put(store, batches=[batch, empty], runs=[a_run(batch), a_run(batch), a_run(batch, kind="company")])
        assert store.unfilled() == ({batch.batch_id: 2, empty.batch_id: 0} if found else {})

    def test_items_are_listed_in_order_and_in_pages(self, store):
        """The page after the last id goes on where the first ended."""
        batch, other = a_batch(), a_batch()
        ids = items_in(store, batch, count=5)
        items_in(store, other)
        assert store.items_of(batch.batch_id, None, 3) == ids[:3]
        assert store.items_of(batch.batch_id, ids[2], 3) == ids[3:]
        assert store.active_items(batch.batch_id, 9) == ids
        put(store, runs=[a_run(batch, run_id=ids[0], status="completed")])
        assert store.active_items(batch.batch_id) == [ids[1]]

    def test_counts_tell_items_by_status_and_steps_by_state(self, store):
        """With those that have gaps or are in doubt."""
        batch = a_batch()
        runs = [a_run(batch), a_run(batch, in_doubt=True), a_run(batch, status="completed", gaps=2)]
        steps = [
            a_step(run, state, batch=batch) for run, state in zip(runs, ["ready", "in_doubt", "failed"], strict=True)
        ]
        put(store, batches=[batch], runs=runs, steps=steps)
        assert store.item_counts(batch.batch_id) == {"active": 2, "completed": 1, "gaps": 1, "in_doubt": 1}
        assert store.step_counts(batch.batch_id) == {("w", "ready"): 1, ("w", "in_doubt"): 1, ("w", "failed"): 1}

    def test_a_run_is_loaded_as_it_was_stored(self, store):
        """State and version; unknown ids are left out."""
        item = BatchItem(
            item_id=ItemId(uuid4()), client_id=CLIENT, batch_id=BatchId(UUID(int=9)), workstream="scrape", pipeline="f",
            workflows=("w", "x"), person_id=PersonId(UUID(int=3)), company_id=CompanyId(UUID(int=4)),
            imported={"person_title": "CEO"}, reached=0, runs={"w": StepRun(workflow="w", spent=Decimal("0.10"))},
        )  # fmt: skip
        put(store, runs=[run_row(item, 4)])
        loaded = store.load([item.item_id, uuid4(), item.item_id])
        assert {key: (run.state, run.version) for key, run in loaded.items()} == {item.item_id: (item, 4)}


class ReceiversContract:
    """Since when callbacks could be taken."""

    def test_without_a_receiver_there_is_no_time(self, store):
        """Nor once the last one has left."""
        runner = uuid4()
        assert store.receiver_up() == timedelta(0)
        store.beat(runner)
        assert store.receiver_up() > timedelta(0)
        store.leave(runner)
        assert store.receiver_up() == timedelta(0)

    def test_the_receiver_that_has_been_up_longest_counts(self, store):
        """However many come and go beside it."""
        old, young = uuid4(), uuid4()
        store.beat(old)
        before = store.receiver_up()
        store.beat(young)
        store.beat(old)
        assert store.receiver_up() > before
        store.leave(young)
        assert store.receiver_up() > before

    def test_an_interruption_begins_the_time_anew(self, store):
        """What was missed before it counts no more."""
        runner = uuid4()
        store.beat(runner)
        while store.receiver_up() < timedelta(seconds=0.2):
            store.beat(runner)
        before = store.receiver_up()
        store.beat(runner, anew=True)
        assert store.receiver_up() < before

    def test_roles_are_up_while_a_process_says_that_it_runs_them(self, store):
        """Of several, whoever still does; a receiver's time begins by nothing of this."""
        one, other = uuid4(), uuid4()
        assert store.roles_up() == frozenset()
        store.here(one, ["sender", "timers"])
        store.here(one, ["sender", "timers"])
        store.here(other, ["sender", "receiver"])
        assert store.roles_up() == {"sender", "timers", "receiver"}
        store.gone(one)
        assert store.roles_up() == {"sender", "receiver"}
        assert store.receiver_up() == timedelta(0)

    def test_a_process_says_why_it_goes_by_an_earlier_configuration(self, store):
        """For each role that it runs, for as long as it says so; others with the same role change nothing about that."""
        one, other = uuid4(), uuid4()
        store.here(one, ["sender", "timers"], "its budget differs")
        store.here(other, ["sender", "receiver"])
        assert store.roles_behind() == {"sender": "its budget differs", "timers": "its budget differs"}
        store.here(one, ["sender", "timers"])
        assert store.roles_behind() == {}
        store.here(other, ["sender", "receiver"], "its secret differs")
        store.here(one, ["sender", "timers"], "its budget differs")
        assert store.roles_behind()["sender"] == "its budget differs"
        store.gone(one)
        assert store.roles_behind() == {"sender": "its secret differs", "receiver": "its secret differs"}


class StoreContract(AppendingContract, QueueContract, BatchContract, ReceiversContract):
    """Everything that a store promises of the log and of inline state."""
