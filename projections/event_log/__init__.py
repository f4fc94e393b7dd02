"""The event log as a view, open to SQL, with payloads as jsonb."""

from importlib.resources import files
from typing import Final

from enrichcore.projection import ReadModel

EVENT_LOG: Final = ReadModel(name="events", version=1, sql=files(__package__).joinpath("views.sql").read_text("utf-8"))

__all__ = ["EVENT_LOG"]
