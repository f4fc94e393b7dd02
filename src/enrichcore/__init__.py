"""An event-sourced state machine library for data enrichment.

The names that a user of the library needs first; everything else is in the rooms (`enrichcore.domain`, `.registry`,
`.ingest`, `.fields`, `.store`, `.application`, `.projection`, `.testing`), each of which says what it is for. Names are
loaded when they are first asked for, so that importing the pure domain does not import a database driver.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from enrichcore.application import (
        Ack,
        AckStatus,
        ApplicationError,
        CannotLaunch,
        Enrichment,
        Incoming,
        NotInForce,
        Send,
        StaleConfiguration,
        UnknownId,
        UploadReport,
        UploadUnderWay,
    )
    from enrichcore.application.sending import SendReport
    from enrichcore.domain.events import Recorded, Settlement
    from enrichcore.domain.life_cycle import State
    from enrichcore.domain.step_run import Outcome, PostOutcome
    from enrichcore.fields import compute_indicators, extract_all, extract_company_fields, extract_person_fields
    from enrichcore.projection import ReadModel
    from enrichcore.projection.memory import project
    from enrichcore.registry import ConfigurationError, Registry, RegistryError
    from enrichcore.store import Conflict, MemoryStore, StoreUnavailable
    from enrichcore.store.postgres import PostgresStore

_ROOMS: Final = {
    "enrichcore.application": (
        "Ack",
        "AckStatus",
        "ApplicationError",
        "CannotLaunch",
        "Enrichment",
        "Incoming",
        "NotInForce",
        "Send",
        "StaleConfiguration",
        "UnknownId",
        "UploadReport",
        "UploadUnderWay",
    ),
    "enrichcore.application.sending": ("SendReport",),
    "enrichcore.domain.events": ("Recorded", "Settlement"),
    "enrichcore.domain.life_cycle": ("State",),
    "enrichcore.domain.step_run": ("Outcome", "PostOutcome"),
    "enrichcore.fields": ("compute_indicators", "extract_all", "extract_company_fields", "extract_person_fields"),
    "enrichcore.projection": ("ReadModel",),
    "enrichcore.projection.memory": ("project",),
    "enrichcore.registry": ("ConfigurationError", "Registry", "RegistryError"),
    "enrichcore.store": ("Conflict", "MemoryStore", "StoreUnavailable"),
    "enrichcore.store.postgres": ("PostgresStore",),
}
_ROOM_OF: Final = {name: room for room, names in _ROOMS.items() for name in names}

__all__ = [
    "Ack",
    "AckStatus",
    "ApplicationError",
    "CannotLaunch",
    "ConfigurationError",
    "Conflict",
    "Enrichment",
    "Incoming",
    "MemoryStore",
    "NotInForce",
    "Outcome",
    "PostOutcome",
    "PostgresStore",
    "ReadModel",
    "Recorded",
    "Registry",
    "RegistryError",
    "Send",
    "SendReport",
    "Settlement",
    "StaleConfiguration",
    "State",
    "StoreUnavailable",
    "UnknownId",
    "UploadReport",
    "UploadUnderWay",
    "compute_indicators",
    "extract_all",
    "extract_company_fields",
    "extract_person_fields",
    "project",
]


def __getattr__(name: str) -> Any:
    if name not in _ROOM_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_ROOM_OF[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
