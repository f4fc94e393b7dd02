"""What can go wrong with read models.

ProjectionError
├── UnreadableEvent     ours: the rules cannot fold an event; a rebuild stops, a follower sets it aside
├── UnwritableRows      ours: PostgreSQL refuses what the rules made; a rebuild stops
├── RebuildRunning      the caller: another rebuild of the same read model is under way
├── RebuildLost         nobody: this rebuild fell silent for so long that another took over; begin again
├── StaleTables         the caller: the tables are of an older shape; rebuild the whole read model
└── UnknownReadModel    the caller: there is no read model of that name
"""

from collections.abc import Iterable
from typing import Any


class ProjectionError(Exception):
    """The root of all errors of read models."""


class UnreadableEvent(ProjectionError):
    """An event that the rules of a read model cannot fold.

    Args:
        read_model: whose rules.
        position: the event's position in the log.
        topic: the event's name.
        reason: what happened.
    """

    def __init__(self, read_model: str, position: int, topic: str, reason: str) -> None:
        super().__init__(f"{read_model} cannot fold event {position} ({topic}): {reason}")
        self.read_model = read_model
        self.position = position
        self.topic = topic
        self.reason = reason

    def __reduce__(self) -> tuple[Any, ...]:
        # It may be raised in another process.
        return type(self), (self.read_model, self.position, self.topic, self.reason)


class UnwritableRows(ProjectionError):
    """Rows that the tables of a read model cannot hold."""

    def __init__(self, read_model: str, table: str, reason: str) -> None:
        super().__init__(f"the rows of {read_model} do not fit its table {table}: {reason}")
        self.read_model = read_model
        self.table = table
        self.reason = reason

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.read_model, self.table, self.reason)


class RebuildRunning(ProjectionError):
    """Another rebuild of the same read model is under way."""

    def __init__(self, read_model: str) -> None:
        super().__init__(
            f"{read_model} is being rebuilt already; wait until that rebuild ends, or for two minutes after its process was killed"
        )
        self.read_model = read_model


class RebuildLost(ProjectionError):
    """Another rebuild took this one's place, because it had not been heard of for too long."""

    def __init__(self, read_model: str) -> None:
        super().__init__(f"the rebuild of {read_model} was taken over by another one")
        self.read_model = read_model


class StaleTables(ProjectionError):
    """The live tables are not those that the rules know."""

    def __init__(self, read_model: str) -> None:
        super().__init__(
            f"the tables of {read_model} have changed since it was built; run `enrichcore replay {read_model}`"
        )
        self.read_model = read_model


class UnknownReadModel(ProjectionError):
    """There is no read model of that name."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        super().__init__(f"there is no read model {name!r}; there are {', '.join(sorted(known))}")
        self.name = name
