"""What a person may decide about a batch, by its status; the page's buttons and the API share it."""

from typing import Final

from litestar.exceptions import NotFoundException

from enrichcore.application import Enrichment
from enrichcore.domain.batch import BatchStatus
from enrichcore.domain.ids import BatchId
from runners.web.desk import BY

ACTIONS: Final = {
    BatchStatus.RUNNING: ("pause", "cancel"),
    BatchStatus.PAUSED: ("resume", "cancel"),
    BatchStatus.CANCELLED: (),
    BatchStatus.FINISHED: (),
}


def act(application: Enrichment, batch_id: BatchId, action: str) -> bool:
    """Do it; tells whether that changed anything.

    Raises:
        UnknownId: There is no such batch.
        NotFoundException: There is no such action.
    """
    match action:
        case "pause":
            return application.pause(batch_id, by=BY)
        case "resume":
            return application.resume(batch_id, by=BY)
        case "cancel":
            return application.cancel(batch_id, by=BY) > 0
    raise NotFoundException(detail="A batch can be paused, resumed and cancelled.")
