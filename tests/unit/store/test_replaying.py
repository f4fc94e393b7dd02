"""The rows that the events alone give are those that were written, and state has one form of bytes."""

import itertools
from uuid import UUID

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from enrichcore.domain import events as e
from enrichcore.domain.batch_item import BatchItem
from enrichcore.domain.company_run import CompanyRun
from enrichcore.domain.pipeline import Entity, Kind, Step
from enrichcore.store.codec import decode_run, encode_run
from enrichcore.store.replaying import fold_runs, inline_rows
from tests.contracts.world import CRM, World, person


def played(store):
    """A world in which two workstreams shared a company, a month apart."""
    world = World(store)
    world.launch(person("ann"), person("bob", email=""))
    world.play()
    world.clock.tick(days=40)
    world.launch(person("eve"), workstream=CRM)
    world.play()
    return world


def test_streams_may_come_mixed_or_one_after_the_other(store):
    """Only the order within a stream counts."""
    log = played(store).store.log(0, 1000)
    apart = sorted(log, key=lambda recorded: recorded.stream_id)
    assert inline_rows(log) == inline_rows(apart) == store.inline_rows()


def test_every_prefix_of_the_log_gives_the_states_of_that_moment(store):
    """A stream that has not begun is not there."""
    log = played(store).store.log(0, 1000)
    for end in range(0, len(log), 7):
        folded = fold_runs(log[:end])
        begun = {one.stream_id for one in log[:end] if isinstance(one.event, e.ItemCreated | e.CompanyRunStarted)}
        assert set(folded) == begun
        assert all(run.version == sum(one.stream_id == key for one in log[:end]) for key, run in folded.items())


def test_other_aggregates_are_passed_over(store):
    """Uploads, batches, lanes and the directory have no runs."""
    log = played(store).store.log(0, 1000)
    runs = [run.state for run in fold_runs(log).values()]
    assert {type(run) for run in runs} == {BatchItem, CompanyRun}
    assert fold_runs(one for one in log if not isinstance(one.event, e.ItemCreated | e.CompanyRunStarted)) == {}


@given(st.permutations([(f"stream {number}", f"workflow {number}") for number in range(9)]))
def test_the_bytes_of_a_state_do_not_depend_on_the_order_of_a_set(asked):
    """Replay may happen in another process, where sets have another order."""
    (run,) = (run.state for run in fold_runs([started()]).values())
    states = [evolve(run, asked_as=frozenset(order)) for order in itertools.islice(itertools.permutations(asked), 5)]
    assert len({encode_run(state) for state in states}) == 1
    assert decode_run("company", encode_run(states[0])) == states[0]


def started():
    """The first event of a company run."""
    step = Step(workflow="w", kind=Kind.WEBHOOK, entity=Entity.COMPANY, result="company_profile")
    event = e.CompanyRunStarted(
        company_id=UUID(int=4), result="company_profile", workstream="scrape", step=step, facts={}, started_by=UUID(int=5),
        batch_id=UUID(int=6),
    )  # fmt: skip
    return e.Recorded(stream_id=UUID(int=1), version=1, at=None, event=event, client_id=UUID(int=2))
