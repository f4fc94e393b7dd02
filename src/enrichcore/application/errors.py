"""What the application refuses, with what to do about it.

ApplicationError
├── UnknownId           the caller named something that does not exist
├── CannotLaunch        the operator has to complete the configuration or the upload first
└── StaleConfiguration  the operator has to say which configuration is meant
"""

from uuid import UUID


class ApplicationError(Exception):
    """A refusal, in words for people."""

    code = "refused"


class UnknownId(ApplicationError):
    """There is nothing with that id."""

    code = "unknown_id"

    def __init__(self, kind: str, given: UUID | str) -> None:
        super().__init__(f"there is no {kind} with the id {given}")
        self.given = given


class CannotLaunch(ApplicationError):
    """The batch cannot start yet."""

    code = "cannot_launch"


class StaleConfiguration(ApplicationError):
    """The configuration was in force before and was superseded by a newer one."""

    code = "stale_configuration"
