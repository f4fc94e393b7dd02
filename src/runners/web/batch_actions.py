"""What a person may decide about a batch, by its status; the page's forms and the API share it."""

from typing import Final

from attrs import define
from litestar.exceptions import ClientException, NotFoundException

from enrichcore.application import Enrichment
from enrichcore.domain.batch import BatchStatus
from enrichcore.domain.events import Settlement
from enrichcore.domain.ids import BatchId

ACTIONS: Final = {
    BatchStatus.RUNNING: ("pause", "cancel"),
    BatchStatus.PAUSED: ("resume", "cancel"),
    BatchStatus.CANCELLED: (),
    BatchStatus.FINISHED: (),
}
#: Characters kept of a name and of a reason.
_LONGEST_NAME: Final = 100
_LONGEST_WHY: Final = 1000


@define
class Said:
    """Who decides, and why, as a form sends it."""

    by: str = ""
    why: str = ""
    #: For `settle`: `sent`, `resend`, or `lost`.
    decision: str = ""


def named(by: str, channel: str) -> str:
    """Who decides, for an event: as they say, and by which way they came."""
    name = " ".join(by.split())[:_LONGEST_NAME]
    return f"{name} ({channel})" if name else channel


def act(application: Enrichment, batch_id: BatchId, action: str, *, by: str, why: str) -> bool:
    """Do it; tells whether that changed anything.

    Raises:
        UnknownId: There is no such batch.
        NotFoundException: There is no such action.
    """
    why = why.strip()[:_LONGEST_WHY]
    match action:
        case "pause":
            return application.pause(batch_id, by=by, why=why)
        case "resume":
            return application.resume(batch_id, by=by, why=why)
        case "cancel":
            return application.cancel(batch_id, by=by, why=why) > 0
    raise NotFoundException(detail="A batch can be paused, resumed and cancelled.")


def settle(
    application: Enrichment, batch_id: BatchId, decision: str, *, by: str, why: str, step: str | None = None
) -> int:
    """Decide what is in doubt in a batch; how many rows.

    Raises:
        UnknownId: There is no such batch.
        ClientException: The decision is none, or the batch has no such step.
    """
    if decision not in set(Settlement):
        raise ClientException(
            detail="What is in doubt was `sent`, or is to be sent again: `resend`; an answer that will not come is `lost`."
        )
    known = application.store.batches([batch_id])
    if step is not None and known and known[0][0].pipeline.step(step) is None:
        raise ClientException(detail=f"The batch has no step {step!r}.")
    return application.settle(batch_id, Settlement(decision), by=by, why=why.strip()[:_LONGEST_WHY], step=step)
