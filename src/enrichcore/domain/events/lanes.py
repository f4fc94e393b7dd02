"""What happens to lanes and their webhooks."""

from datetime import datetime

from attrs import frozen

from enrichcore.domain.events.base import Event


@frozen(kw_only=True)
class LaneStopped(Event):
    """Nothing is sent on the lane until a person resumes it."""

    workstream: str
    workflow: str
    reason: str
    by: str


@frozen(kw_only=True)
class LaneResumed(Event):
    """The lane sends again."""

    by: str
    why: str


@frozen(kw_only=True)
class RefusalsCounted(Event):
    """Rows of the lane were refused for good one after the other, or one was taken again."""

    workstream: str
    workflow: str
    #: Rows refused since the last that was taken; 0 once one is.
    in_a_row: int


@frozen(kw_only=True)
class ConnectionsFailed(Event):
    """No connection to the lane's webhook could be made, one time after the other, or one could be made again."""

    workstream: str
    workflow: str
    #: Times since the webhook was last reached, those while it is tried with one row at a time included; 0 once it is.
    in_a_row: int
    #: What the last one said.
    reason: str = ""


@frozen(kw_only=True)
class DoubtsCounted(Event):
    """Nobody knows of rows of the lane, one after the other, whether they were delivered, or one is known to be taken again."""

    workstream: str
    workflow: str
    #: Rows since one was known to be taken, those while it is tried with one row at a time included; 0 once one is.
    in_a_row: int
    #: What was said of the last one.
    reason: str = ""


@frozen(kw_only=True)
class LaneHeld(Event):
    """Nothing is sent on the lane for a while: the third party asked for a pause, cannot be reached, or leaves rows in doubt."""

    workstream: str
    workflow: str
    until: datetime
    reason: str
    #: Whether the third party asked for it.
    asked: bool = True


@frozen(kw_only=True)
class WebhookEndsSoon(Event):
    """A webhook has taken nine tenths of the rows that it takes in its life."""

    workstream: str
    workflow: str
    #: Hash of its URL.
    webhook: str
    sends: int
    lifetime_limit: int
