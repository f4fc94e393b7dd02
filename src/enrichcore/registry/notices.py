"""What people may be told of, by a webhook of their own: the names that `[runner.notify]` knows."""

from enum import StrEnum
from typing import Final


class Notice(StrEnum):
    """Something that a person should hear of."""

    #: The last item of a batch ended.
    BATCH_FINISHED = "batch_finished"
    #: Nothing is sent on a lane until a person resumes it.
    LANE_STOPPED = "lane_stopped"
    #: A lane's webhook cannot be reached for some minutes.
    LANE_UNREACHABLE = "lane_unreachable"
    #: For some minutes nobody knows of any row of a lane whether it was delivered.
    LANE_DOUBTFUL = "lane_doubtful"
    #: Nine tenths of the rows are sent that a webhook takes in its life.
    WEBHOOK_ENDS_SOON = "webhook_ends_soon"
    #: A client's budget pays for no further row.
    BUDGET_ENDED = "budget_ended"
    #: Answers cost more than was reserved, so that a client's credits are beyond its budget.
    BUDGET_OVERSHOT = "budget_overshot"


#: The key of the URL that is told of everything that has none of its own.
EVERYTHING: Final = "url"
