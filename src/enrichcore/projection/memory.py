"""Read models in memory: for tests, and for an application that runs without a database."""

from collections.abc import Iterable, Sequence

from enrichcore.domain.events import ConfigurationApplied, Recorded
from enrichcore.projection.configured import under
from enrichcore.projection.read_model import Key, ReadModel, Row, Tables

MemoryTables = Tables


def project(
    events: Iterable[Recorded], models: Sequence[ReadModel], *, page: int | None = None
) -> dict[str, dict[Key, Row]]:
    """The rows of all tables of the models, by table and key.

    Args:
        events: the log from its start, with positions.
        models: what to build.
        page: events folded at a time; all at once when left out. The rows do not depend on it.
    """
    log = list(events)
    found: dict[str, dict[Key, Row]] = {}
    snapshots = [one.event.snapshot for one in log if isinstance(one.event, ConfigurationApplied)]
    for model in under(models, snapshots[-1] if snapshots else {}):
        tables = MemoryTables(model.tables)
        for start in range(0, len(log), page or len(log) or 1):
            model.project(log[start : start + (page or len(log))], tables)
        found |= tables.content()
    return found
