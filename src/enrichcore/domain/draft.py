"""A decision in the making: the events so far, and the state that they lead to."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Generic, TypeVar

from enrichcore.domain.events import Event

S = TypeVar("S")

#: Folds one event into a state, given when it was recorded and as which version of its stream.
Fold = Callable[[S, Event, datetime, int], S]


class Draft(Generic[S]):
    """Collects the events of one decision and folds each at once, so that the next step sees its effect."""

    def __init__(self, state: S, version: int, fold: Fold[S], now: datetime) -> None:
        self.state = state
        self.version = version
        self.now = now
        self.events: list[Event] = []
        self._fold = fold

    def emit(self, *events: Event) -> bool:
        """Add events; tells whether there were any."""
        return self.emit_all(events)

    def emit_all(self, events: Iterable[Event]) -> bool:
        """Add events; tells whether there were any."""
        before = self.version
        for event in events:
            self.version += 1
            self.events.append(event)
            self.state = self._fold(self.state, event, self.now, self.version)
        return self.version > before
