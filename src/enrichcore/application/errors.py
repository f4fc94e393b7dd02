"""What the application refuses, with what to do about it.

ApplicationError
├── UnknownId           the caller named something that does not exist
├── CannotLaunch        the operator has to complete the configuration or the upload first
│   └── UploadUnderWay  the operator has to say that launching it again is meant
├── StaleConfiguration  the operator has to say which configuration is meant
└── RulesNotInForce     the operator has to apply the configuration first
"""

from uuid import UUID


class ApplicationError(Exception):
    """A refusal, in words for people."""

    code = "refused"


class UnknownId(ApplicationError):
    """There is nothing with that id."""

    code = "unknown_id"

    def __init__(self, kind: str, given: UUID | str, hint: str = "") -> None:
        super().__init__(f"there is no {kind} with the id {given}{hint and f': {hint}'}")
        self.given = given


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


class RulesNotInForce(ApplicationError):
    """The file's rules for fields and indicators are not those that are recorded."""

    code = "rules_not_in_force"

    def __init__(self) -> None:
        super().__init__(
            "[fields], [indicators] or [answers] of the configuration are not in force yet: run `enrichcore apply` first, or look at what"
            " they would change with `enrichcore replay --diff`"
        )
