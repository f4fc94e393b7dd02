"""The life cycle of a step run, declared once.

`transitions` declares the machine, checks it, and draws it; the immutable table compiled from it, `ARRIVALS`, guards every
decision at a tenth of a microsecond (a trigger on the machine costs 8 to 10). One machine serves the step runs of items
and of companies. The machine defines, the table decides; a property test holds the two together.

An event class may lead to several states, and its content says which: `arrival` tells it.
"""

from collections.abc import Callable, Iterable
from enum import StrEnum
from functools import partial
from types import MappingProxyType
from typing import Any, Final

from transitions import Machine

from enrichcore.domain import events as e
from enrichcore.domain.answers import Rank


class State(StrEnum):
    """Where a step run stands."""

    #: Nothing has happened yet.
    START = "start"
    READY = "ready"
    WAITING_FOR_COMPANY = "waiting_for_company"
    SENDING = "sending"
    AWAITING_ANSWER = "awaiting_answer"
    IN_DOUBT = "in_doubt"
    RETRY_WAIT = "retry_wait"
    COMPLETED = "completed"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


ENDS: Final = frozenset({State.COMPLETED, State.FAILED, State.TIMED_OUT, State.SKIPPED, State.CANCELLED})
#: States of a run that has begun and has not ended.
OPEN: Final = frozenset(set(State) - ENDS - {State.START})
#: Ends that leave a gap in what is known.
GAPS: Final = frozenset({State.FAILED, State.TIMED_OUT})
#: States of a row that is to leave and is not out.
UNSENT: Final = frozenset({State.READY, State.RETRY_WAIT})
#: States of a row that is out, as far as anybody knows.
UNDER_WAY: Final = frozenset({State.SENDING, State.AWAITING_ANSWER, State.IN_DOUBT})

_ANYWHERE = frozenset(State)
_OUT = frozenset({State.SENDING, State.IN_DOUBT})

#: event class → (states it may come in, states it may lead to); an empty set of targets means "stays where it is".
_DECLARED: Final[dict[type[e.StepEvent], tuple[Iterable[State], Iterable[State]]]] = {
    e.StepReady: ({State.START, State.RETRY_WAIT, State.READY}, {State.READY}),
    e.StepSkipped: ({State.READY}, {State.SKIPPED}),
    e.StepCompletedLocally: ({State.READY}, {State.COMPLETED}),
    # Of a run whose company turned out to be one with another, whoever waits may wait for the other's.
    e.CompanyAwaited: ({State.READY, State.WAITING_FOR_COMPANY}, {State.WAITING_FOR_COMPANY}),
    e.CompanyServed: ({State.WAITING_FOR_COMPANY}, ENDS),
    e.PersonAwaited: ({State.READY}, {State.READY}),
    # A cancelled step's row may still be out.
    e.AnswerPromised: (UNDER_WAY | {State.CANCELLED}, ()),
    e.StepSending: ({State.READY}, {State.SENDING}),
    e.StepSent: (_OUT | UNSENT, {State.AWAITING_ANSWER}),
    e.SendRefused: (_OUT, {State.RETRY_WAIT}),
    e.SendUnknown: ({State.SENDING}, {State.IN_DOUBT}),
    e.StepFailed: (_OUT | {State.READY}, {State.FAILED}),
    e.SendNoted: (_ANYWHERE - {State.START}, ()),
    # A cancelled step of an item keeps its answer; a company run, which belongs to no batch, has it in force.
    e.StepAnswered: (_ANYWHERE - {State.COMPLETED}, {State.COMPLETED, State.FAILED}),
    e.AnswerRevised: ({State.COMPLETED}, {State.COMPLETED}),
    e.AnswerKept: ({State.COMPLETED, State.FAILED, State.CANCELLED}, ()),
    e.AnswerSetAside: (UNDER_WAY, ()),
    e.AnswerTimedOut: ({State.AWAITING_ANSWER, State.IN_DOUBT}, {State.READY, State.TIMED_OUT}),
    e.DoubtSettled: ({State.IN_DOUBT}, {State.AWAITING_ANSWER, State.READY}),
    e.RetryRequested: (ENDS, {State.READY}),
    e.StepCancelled: (OPEN, {State.CANCELLED}),
    e.StepRestored: ({State.CANCELLED}, {State.AWAITING_ANSWER, State.IN_DOUBT}),
}

_BY_CONTENT: Final[dict[type[e.StepEvent], Callable[[Any], State]]] = {
    e.CompanyServed: lambda event: State(event.ended),
    e.StepAnswered: lambda event: State.FAILED if event.rank is Rank.ERROR else State.COMPLETED,
    e.AnswerTimedOut: lambda event: State.READY if event.again else State.TIMED_OUT,
    e.StepRestored: lambda event: State.AWAITING_ANSWER if event.delivered else State.IN_DOUBT,
    e.DoubtSettled: lambda event: State.AWAITING_ANSWER if event.settlement is e.Settlement.SENT else State.READY,
}


def _arrives_at(target: State, event: e.StepEvent) -> bool:
    return _BY_CONTENT[type(event)](event) is target


def _transitions() -> Iterable[dict[str, Any]]:
    for event_type, (sources, targets) in _DECLARED.items():
        ordered = [state for state in State if state in targets]
        for source in (state for state in State if state in sources):
            for target in ordered or [source]:
                row: dict[str, Any] = {"trigger": event_type.__name__, "source": source.value, "dest": target.value}
                if len(ordered) > 1:
                    row["conditions"] = partial(_arrives_at, target)
                yield row


def declare_machine(model: object | None = None) -> Machine:
    """The life cycle as a `transitions` machine; its triggers are the event names, each given the event."""
    return Machine(
        model=model,
        states=[state.value for state in State],
        initial=State.START.value,
        transitions=list(_transitions()),
        auto_transitions=False,
    )


def _compile(machine: Machine) -> MappingProxyType[tuple[State, type[e.StepEvent]], frozenset[State]]:
    table: dict[tuple[State, type[e.StepEvent]], frozenset[State]] = {}
    for event_type in _DECLARED:
        for source, found in machine.events[event_type.__name__].transitions.items():
            table[State(source), event_type] = frozenset(State(str(transition.dest)) for transition in found)
    return MappingProxyType(table)


MACHINE: Final = declare_machine()
#: (state, event class) → the states it may lead to; a missing pair is not allowed.
ARRIVALS: Final = _compile(MACHINE)


class IllegalStepEvent(Exception):
    """A decision made an event that the life cycle has no row for: a broken invariant of ours, never a user's fault."""

    def __init__(self, state: State, event: e.StepEvent) -> None:
        super().__init__(f"{type(event).__name__} of {event.workflow} cannot come in state {state}")
        self.state = state
        self.event = event


def arrival(state: State, event: e.StepEvent) -> State:
    """The state that `event` leads to from `state`; a fact is a fact, so this asks for no permission."""
    by_content = _BY_CONTENT.get(type(event))
    if by_content is not None:
        return by_content(event)
    _, targets = _DECLARED[type(event)]
    return next(iter(targets), state)


def permits(state: State, event: e.StepEvent) -> bool:
    """Whether the life cycle has a row for this event in this state."""
    return arrival(state, event) in ARRIVALS.get((state, type(event)), ())


def require(state: State, event: e.StepEvent) -> None:
    """Guard a decision.

    Raises:
        IllegalStepEvent: the life cycle has no such row.
    """
    if not permits(state, event):
        raise IllegalStepEvent(state, event)


def mermaid() -> str:
    """The life cycle as a Mermaid state diagram, one arrow per pair of states with its events."""
    arrows: dict[tuple[str, str], list[str]] = {}
    unmoved = {e.SendNoted, e.AnswerKept, e.AnswerPromised, e.AnswerSetAside}
    for (source, event_type), targets in ARRIVALS.items():
        for target in sorted(targets):
            if event_type not in unmoved:
                arrows.setdefault((source.value, target.value), []).append(event_type.__name__)
    lines = ["stateDiagram-v2", "    [*] --> start"]
    lines += [f"    {source} --> {target}: {', '.join(names)}" for (source, target), names in sorted(arrows.items())]
    lines += [f"    {state.value} --> [*]" for state in State if state in ENDS]
    return "\n".join(lines) + "\n"
