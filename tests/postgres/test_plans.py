"""What decisions ask is answered from the rows that it is about, whatever the server's statistics say."""

from uuid import UUID, uuid4

import pytest

from enrichcore.store.statements import statements

pytestmark = pytest.mark.postgres

_LAUNCHED = """
insert into enrichcore.runs
    (run_id, kind, client_id, batch_id, person_id, workstream, status, gaps, in_doubt, version, state)
select md5('run' || n)::uuid, 'item', %(id)s, %(id)s, md5('person' || n)::uuid, 'w', 'active', 0, false, 2, repeat('x', 800)::bytea
from generate_series(1, 10000) as n
"""
_READY = """
insert into enrichcore.step_runs
    (run_id, step_no, workflow, workstream, client_id, batch_id, lane_id, state, generation, attempt, reason, reserved, spent)
select run_id, 0, 'f', 'w', client_id, batch_id, client_id, 'ready', 1, 0, '', 0, 0 from enrichcore.runs
"""


@pytest.mark.parametrize("question", ["answered_items", "out_items"])
def test_a_claim_after_a_launch_looks_at_its_own_people_only(store, question):
    """The statistics are from before, when there was nobody; a plan that trusts them reads the items of all batches."""
    with store.pool.connection() as connection:
        connection.execute("analyze enrichcore.runs, enrichcore.step_runs")
        connection.execute(_LAUNCHED, {"id": uuid4()})
        connection.execute(_READY)
        people = [UUID(int=number) for number in range(500)]
        plan = connection.execute(f"explain {statements()[question]}".encode(), {"ids": people}).fetchall()
    read = " ".join(line for (line,) in plan)
    assert "runs_by_person" in read
    assert "step_runs_pkey" in read


def test_a_row_that_changes_stays_where_it_is(store):
    """Its page has room for what it becomes, so no index of items and company runs is written for it."""
    with store.pool.connection() as connection:
        connection.execute(_LAUNCHED, {"id": uuid4()})
        connection.execute("update enrichcore.runs set version = 3, state = repeat('x', 900)::bytea")
        counted = (
            "select n_tup_upd, n_tup_hot_upd from pg_stat_xact_all_tables where relid = 'enrichcore.runs'::regclass"
        )
        changed, in_place = connection.execute(counted).fetchone()
    assert changed == 10_000
    assert in_place > 0.99 * changed
