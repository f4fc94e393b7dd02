"""What the application refuses, with what to do about it.

ApplicationError
├── UnknownId           the caller named something that does not exist
├── CannotLaunch        the operator has to complete the configuration or the upload first
│   └── UploadUnderWay  the operator has to say that launching it again is meant
├── StaleConfiguration  the operator has to say which configuration is meant
├── NotInForce          the operator has to give the process the configuration in force
└── RulesNotInForce     the operator has to apply the configuration first
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

#: Keys that a sentence names; the others are counted.
_KEYS_NAMED: Final = 8


class ApplicationError(Exception):
    """A refusal, in words for people."""

    code = "refused"


class UnknownId(ApplicationError):
    """There is nothing with that id."""

    code = "unknown_id"

    def __init__(self, kind: str, given: UUID | str, hint: str = "") -> None:
        super().__init__(f"there is no {kind} with the id {given}{hint and f': {hint}'}")
        self.kind = kind
        self.given = given
        self.hint = hint


class CannotLaunch(ApplicationError):
    """The batch cannot start yet."""

    code = "cannot_launch"


class UploadUnderWay(CannotLaunch):
    """A batch of the same upload has not ended."""

    code = "upload_under_way"

    def __init__(self, batch_id: UUID) -> None:
        super().__init__(
            f"the upload is under way in batch {batch_id}: whoever was given nothing there would be asked about, and paid for, again"
        )
        self.batch_id = batch_id


class StaleConfiguration(ApplicationError):
    """The configuration was in force before and was superseded by a newer one."""

    code = "stale_configuration"

    def __init__(self, keys: Sequence[str], *, by: str, at: datetime) -> None:
        super().__init__(
            f"this configuration was in force before, and was superseded by one that {by} put in force at"
            f" {at:%Y-%m-%d %H:%M:%S} UTC; {differing(keys)}. Set them as they were then, or, if what you have is meant to be in"
            " force again, run `enrichcore apply`"
        )
        self.keys = tuple(keys)


class NotInForce(ApplicationError):
    """Another configuration is in force than this process goes by."""

    code = "configuration_not_in_force"

    def __init__(self, keys: Sequence[str], *, by: str, at: datetime) -> None:
        super().__init__(
            f"this process goes by another configuration than the one that {by} put in force at {at:%Y-%m-%d %H:%M:%S} UTC, so nothing"
            f" was begun; {differing(keys)}. A daemon whose file and environment are those by now needs only a restart, another is given"
            " them first; if what it has is meant to be in force, run `enrichcore apply` with it"
        )
        self.keys = tuple(keys)


class RulesNotInForce(ApplicationError):
    """The file's rules for fields and indicators are not those that are recorded."""

    code = "rules_not_in_force"

    def __init__(self) -> None:
        super().__init__(
            "[fields], [indicators] or [answers] of the configuration are not in force yet: run `enrichcore apply` first, or look at what"
            " they would change with `enrichcore replay --diff`"
        )


def differing(keys: Sequence[str]) -> str:
    """Which keys of two configurations differ, in words; their values stay unsaid."""
    if not keys:
        return "they differ in what is written by default"
    more = len(keys) - _KEYS_NAMED
    named = f"{', '.join(keys[:_KEYS_NAMED])}{f' and {more} more' if more > 0 else ''}"
    return f"they differ in {named}, where the values of environment variables count too"
