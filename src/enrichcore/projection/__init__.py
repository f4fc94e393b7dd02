"""The engine that feeds read models from the event log: follow, rebuild beside, switch over, look back, compare.

A read model is tables and a pure fold; the engine decides when pages are read, and keeps rows and position together. May
import the domain and the store; knows no read model by name, no web and no command line.
"""

from enrichcore.projection.comparing import AsOf, Diff, Difference, as_of, diff
from enrichcore.projection.configured import as_if, configured, newest_snapshot
from enrichcore.projection.errors import (
    ProjectionError,
    RebuildLost,
    RebuildRunning,
    StaleTables,
    UnknownReadModel,
    UnreadableEvent,
    UnwritableRows,
)
from enrichcore.projection.following import StoredFault, catch_up, faults, stale
from enrichcore.projection.memory import MemoryTables
from enrichcore.projection.read_model import Key, ReadModel, Row, Table, Tables, topics
from enrichcore.projection.rebuilding import Rebuilt, rebuild, recompute
from enrichcore.projection.schema import ensure_tables

__all__ = [
    "AsOf",
    "Diff",
    "Difference",
    "Key",
    "MemoryTables",
    "ProjectionError",
    "ReadModel",
    "RebuildLost",
    "RebuildRunning",
    "Rebuilt",
    "Row",
    "StaleTables",
    "StoredFault",
    "Table",
    "Tables",
    "UnknownReadModel",
    "UnreadableEvent",
    "UnwritableRows",
    "as_if",
    "as_of",
    "catch_up",
    "configured",
    "diff",
    "ensure_tables",
    "faults",
    "newest_snapshot",
    "rebuild",
    "recompute",
    "stale",
    "topics",
]
