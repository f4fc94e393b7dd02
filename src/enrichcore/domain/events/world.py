"""What happens to the whole installation: its configuration, its days, and answers that belong nowhere yet."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from attrs import frozen

from enrichcore.domain.events.base import Event


@frozen(kw_only=True)
class ConfigurationApplied(Event):
    """A changed configuration is in force; secrets and URLs appear only as hashes."""

    fingerprint: str
    snapshot: Mapping[str, Any]
    by: str


@frozen(kw_only=True)
class DayPassed(Event):
    """A new day began (UTC), so indicators that depend on time are due."""

    day: date


@frozen(kw_only=True)
class CallbackUnmatched(Event):
    """An answer with the right secret that could not be placed."""

    workstream: str
    workflow: str
    #: What the body claimed as its `item_id`, shortened.
    claimed_id: str
    reason: str
    body: bytes
    #: The attempt's token, where the sender gave one back.
    token: str = ""


@frozen(kw_only=True)
class CallbackMatched(Event):
    """An unmatched answer was placed."""

    item_id: UUID
    by: str
    why: str = ""
