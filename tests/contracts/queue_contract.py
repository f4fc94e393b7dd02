"""What stands in front of a queue and may not move keeps nothing behind it from moving."""

from datetime import timedelta
from uuid import uuid4

import pytest

from enrichcore.domain.batch import BatchStatus
from enrichcore.domain.ids import LaneId
from tests.contracts.stored_rows import LONG_AGO, NOW, a_batch, a_run, a_step, put, ready

#: More than a claim looks at one by one.
CROWD = 530


def rows_of(batch, count, *, companies, wake_at):
    """Ready rows of a batch's items, or of companies for each of which one of its items waits; their ids, with all rows."""
    owners = [a_run(kind="company") if companies else a_run(batch) for _ in range(count)]
    steps = [a_step(owner, batch=None if companies else batch, wake_at=wake_at) for owner in owners]
    waiters = [a_run(batch) for _ in owners] if companies else []
    steps += [
        a_step(waiter, "waiting_for_company", batch=batch, wake_at=None, company_run_id=owner.run_id)
        for waiter, owner in zip(waiters, owners, strict=False)
    ]
    return [owner.run_id for owner in owners], [*owners, *waiters], steps


class CrowdedContract:
    """Queues with a crowd in front."""

    @pytest.mark.parametrize("companies_in_front", [False, True])
    @pytest.mark.parametrize("status", [BatchStatus.PAUSED, BatchStatus.CANCELLED])
    def test_rows_that_may_not_leave_hide_none_that_may(self, store, companies_in_front, status):
        """However many they are: items and companies of a batch that runs are found behind them, longest due first."""
        waits, runs = a_batch(status), a_batch()
        _, front, front_steps = rows_of(waits, CROWD, companies=companies_in_front, wake_at=LONG_AGO)
        items, item_runs, item_steps = rows_of(runs, 3, companies=False, wake_at=NOW)
        companies, company_runs, company_steps = rows_of(runs, 2, companies=True, wake_at=NOW - timedelta(minutes=1))
        put(
            store, batches=[waits, runs], runs=[*front, *item_runs, *company_runs],
            steps=[*front_steps, *item_steps, *company_steps],
        )  # fmt: skip
        expected = [*sorted(companies), *sorted(items)]
        assert ready(store, limit=10) == expected
        assert ready(store, limit=4) == expected[:4]

    def test_a_crowd_that_may_leave_leaves_longest_due_first(self, store):
        """Whichever batch each row is of."""
        batches = [a_batch(), a_batch()]
        found, runs, steps = [], [], []
        for number in range(CROWD):
            ids, more_runs, more_steps = rows_of(
                batches[number % 2], 1, companies=number % 3 == 0, wake_at=LONG_AGO + timedelta(seconds=number)
            )
            found, runs, steps = found + ids, runs + more_runs, steps + more_steps
        put(store, batches=batches, runs=runs, steps=steps)
        assert ready(store, limit=7) == found[:7]
        assert ready(store, limit=CROWD + 1) == found

    def test_waits_of_some_lanes_are_found_among_those_of_others(self, store):
        """Those whose time does not count yet, for instance; without lanes named, all are, longest due first."""
        batch, lanes = a_batch(), [LaneId(uuid4()) for _ in range(3)]
        runs = [a_run(batch) for _ in range(30)]
        steps = [
            a_step(
                run, "awaiting_answer" if number % 2 else "in_doubt", batch=batch, lane_id=lanes[number % 3],
                wake_at=NOW - timedelta(seconds=100 - number),
            )
            for number, run in enumerate(runs)
        ]  # fmt: skip
        put(store, batches=[batch], runs=runs, steps=steps)
        ids = [run.run_id for run in runs]
        assert store.overdue(NOW, 5) == ids[:5]
        assert store.overdue(NOW, 4, [lanes[2]]) == ids[2:14:3]
        assert store.overdue(NOW, 100, lanes[1:]) == [run for number, run in enumerate(ids) if number % 3]
        assert store.overdue(NOW, 100, []) == store.due(NOW, 100) == []
