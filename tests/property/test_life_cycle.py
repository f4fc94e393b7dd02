"""The declared machine, the compiled table and the arrivals that folds use say the same of every event in every state."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from transitions import MachineError

from enrichcore.domain import events as e
from enrichcore.domain import life_cycle
from enrichcore.domain.answers import Rank
from enrichcore.domain.ids import CompanyRunId, ItemId
from enrichcore.domain.life_cycle import ARRIVALS, ENDS, GAPS, OPEN, State

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
LATER = NOW + timedelta(hours=6)
COMPANY_RUN = CompanyRunId(UUID(int=7))
ITEM = ItemId(UUID(int=8))

POST = {"workflow": "enrich", "generation": 1, "attempt": 1}
ANSWER = {
    "workflow": "enrich",
    "generation": 1,
    "content_hash": "0",
    "timing": e.Timing.IN_TIME,
    "source": e.Source.CALLBACK,
}

#: Every event class with every content that decides where it leads.
EVENTS = (
    e.StepReady(workflow="enrich", generation=1, due=NOW),
    e.StepSkipped(workflow="enrich", reason="unwanted"),
    e.StepCompletedLocally(workflow="enrich", data={}),
    e.CompanyAwaited(workflow="enrich", company_run_id=COMPANY_RUN),
    *(
        e.CompanyServed(workflow="enrich", company_run_id=COMPANY_RUN, run_version=3, ended=state.value)
        for state in State
    ),
    e.PersonAwaited(workflow="enrich", item_id=ITEM, due=LATER),
    e.AnswerPromised(workflow="enrich", item_id=ITEM),
    e.StepSending(**POST, key="k", workstream="crm_data", webhook="hash", lease_until=LATER),
    e.StepSent(**POST, http_status=200, deadline=LATER),
    e.SendRefused(**POST, reason="busy", due=LATER),
    e.SendUnknown(**POST, reason="read time-out", deadline=LATER),
    e.StepFailed(workflow="enrich", reason="refused"),
    e.SendNoted(**POST, outcome="delivered"),
    *(kind(**ANSWER, rank=rank) for kind in (e.StepAnswered, e.AnswerRevised, e.AnswerKept) for rank in Rank),
    e.AnswerSetAside(workflow="enrich_person", reason="broken"),
    *(e.StepRestored(**POST, delivered=delivered, deadline=NOW, by="ann", why="back") for delivered in (True, False)),
    *(e.AnswerTimedOut(**POST, again=again, reason="no answer") for again in (True, False)),
    *(e.DoubtSettled(**POST, settlement=settlement, by="ann", why="seen", at=NOW) for settlement in e.Settlement),
    e.RetryRequested(workflow="enrich", generation=2, due=NOW, by="ann", why="again"),
    e.StepCancelled(workflow="enrich", by="ann", why="enough"),
)


def told(event):
    """An event and what decides where it leads, for the test's name."""
    contents = [getattr(event, name, None) for name in ("ended", "rank", "again", "settlement")]
    return "-".join([type(event).__name__, *(str(content) for content in contents if content is not None)])


class Model:
    """Something for the machine to move."""


def triggered(state, event):
    """Where the declared machine goes when it is really triggered, or None where it refuses."""
    model = Model()
    machine = life_cycle.declare_machine(model)
    machine.set_state(state.value)
    try:
        moved = getattr(model, type(event).__name__)(event)
    except MachineError:
        return None
    return State(model.state) if moved else None


def successors(state):
    """States that any event leads to from here."""
    return {target for (source, _), targets in ARRIVALS.items() if source is state for target in targets}


def reached_from(start):
    """Every state that can be reached from one state."""
    seen, frontier = {start}, [start]
    while frontier:
        new = successors(frontier.pop()) - seen
        seen |= new
        frontier.extend(new)
    return seen


def test_every_event_class_of_a_step_run_is_tried_here():
    """No step event is left out of these tests, or of the table."""
    leaves = {kind for kind in vars(e).values() if isinstance(kind, type) and issubclass(kind, e.StepEvent)}
    concrete = leaves - {e.StepEvent, e.AnswerEvent}
    assert {type(event) for event in EVENTS} == concrete
    assert {event_type for _, event_type in ARRIVALS} == concrete


@pytest.mark.parametrize("event", EVENTS, ids=told)
def test_the_table_decides_what_the_machine_defines(event):
    """In every state, `permits` says yes exactly where the machine moves, and `arrival` says where to."""
    for state in State:
        went = triggered(state, event)
        assert life_cycle.permits(state, event) == (went is not None), state
        if went is not None:
            assert life_cycle.arrival(state, event) is went


@pytest.mark.parametrize("event", EVENTS, ids=told)
def test_a_guard_raises_exactly_where_the_table_has_no_row(event):
    """`require` is silent or raises, and what it raises names the state and the event."""
    for state in State:
        if life_cycle.permits(state, event):
            life_cycle.require(state, event)
        else:
            with pytest.raises(life_cycle.IllegalStepEvent, match=type(event).__name__) as raised:
                life_cycle.require(state, event)
            assert (raised.value.state, raised.value.event) == (state, event)


def test_every_row_of_the_table_is_taken_by_some_event():
    """The table holds no arrival that no content leads to."""
    taken = {
        (state, type(event), life_cycle.arrival(state, event))
        for state in State
        for event in EVENTS
        if life_cycle.permits(state, event)
    }
    assert taken == {(state, kind, target) for (state, kind), targets in ARRIVALS.items() for target in targets}


def test_states_are_the_start_the_open_ones_and_the_ends():
    """Each state is of one sort."""
    assert {State.START} | OPEN | ENDS == set(State)
    assert not OPEN & ENDS
    assert GAPS < ENDS


def test_every_state_can_be_reached():
    """From the start, some order of events leads to each state."""
    assert reached_from(State.START) == set(State)


@pytest.mark.parametrize("state", sorted(set(State) - ENDS))
def test_no_open_state_is_a_dead_end(state):
    """From wherever a run stands, it can end, with an answer too."""
    assert State.COMPLETED in reached_from(state)
    assert successors(state) - {state}


@pytest.mark.parametrize("state", sorted(ENDS))
def test_an_end_is_left_only_for_a_retry_or_a_late_answer(state):
    """Notes, kept answers and waits for a cancelled row stay; nothing else comes at an end, but a cancellation taken back."""
    leaving = {kind for (source, kind), targets in ARRIVALS.items() if source is state and targets - {state}}
    staying = {kind for (source, kind), targets in ARRIVALS.items() if source is state} - leaving
    restored = {e.StepRestored} if state is State.CANCELLED else set()
    assert leaving - {e.StepAnswered} == {e.RetryRequested} | restored
    assert staying <= {e.SendNoted, e.AnswerKept, e.AnswerPromised, e.AnswerRevised, e.StepAnswered}


@pytest.mark.parametrize("state", sorted(State))
def test_an_answer_can_always_be_placed(state):
    """In every state, and for every rank, the table has a row for an answer: in force, revised or kept."""
    for rank in Rank:
        kinds = {kind for kind in (e.StepAnswered, e.AnswerRevised, e.AnswerKept) if (state, kind) in ARRIVALS}
        assert any(life_cycle.permits(state, kind(**ANSWER, rank=rank)) for kind in kinds)


@pytest.mark.parametrize("state", sorted(OPEN))
def test_a_person_can_cancel_whatever_is_open(state):
    """Cancelling has a row in every open state, and in no other."""
    assert ARRIVALS[state, e.StepCancelled] == {State.CANCELLED}
    assert {source for source, kind in ARRIVALS if kind is e.StepCancelled} == OPEN


@pytest.mark.parametrize("state", sorted(set(State) - {State.START}))
def test_an_outcome_can_always_be_noted(state):
    """Once a run has begun, the outcome of any POST has a row that moves nothing."""
    assert ARRIVALS[state, e.SendNoted] == {state}


def test_a_new_attempt_is_only_made_from_ready():
    """Every POST is preceded by a `StepSending`, and only a run that is ready may make one."""
    assert {source for source, kind in ARRIVALS if kind is e.StepSending} == {State.READY}


def test_the_table_cannot_be_changed():
    """The compiled table is read-only."""
    with pytest.raises(TypeError):
        ARRIVALS[State.START, e.StepSent] = frozenset()


def test_the_diagram_shows_every_state_and_every_move():
    """The Mermaid diagram names each state, and each pair of states with the events between them."""
    drawn = life_cycle.mermaid().splitlines()
    assert drawn[0] == "stateDiagram-v2"
    for (source, kind), targets in ARRIVALS.items():
        for target in targets - {source}:
            arrow = next(line for line in drawn if line.startswith(f"    {source} --> {target}: "))
            assert kind.__name__ in arrow.split(": ")[1].split(", ")
    assert {line for line in drawn if line.endswith("[*]")} == {f"    {state} --> [*]" for state in ENDS}
