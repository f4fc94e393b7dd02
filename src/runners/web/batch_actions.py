"""What a person may decide about a batch, by its status; the page's forms and the API share it."""

from typing import Final

from attrs import define
from litestar.exceptions import ClientException, NotFoundException

from enrichcore.application import Enrichment
from enrichcore.domain.batch import BatchStatus
from enrichcore.domain.events import Settlement
from enrichcore.domain.ids import BatchId
from enrichcore.domain.life_cycle import ENDS, State

ACTIONS: Final = {
    BatchStatus.RUNNING: ("pause", "cancel"),
    BatchStatus.PAUSED: ("resume", "cancel"),
    BatchStatus.CANCELLED: (),
    BatchStatus.FINISHED: (),
}
#: A field of a request → the words that it takes.
WORDS: Final = {"decision": tuple(map(str, Settlement)), "state": tuple(str(state) for state in State if state in ENDS)}
#: Characters kept of a name and of a reason.
_LONGEST_NAME: Final = 100
LONGEST_WHY: Final = 1000


@define
class Said:
    """Who decides, and why, as a form sends it."""

    by: str = ""
    why: str = ""
    #: For `settle`: `sent`, `resend`, or `lost`.
    decision: str = ""


@define
class SaidOfRetry:
    """Which ended steps are run again, who wants it, and why, as a form sends it."""

    by: str = ""
    why: str = ""
    #: Only this workflow; empty for every one.
    step: str = ""
    #: What ended so; empty for what failed or timed out.
    state: str = ""
    #: Only what ended for a reason with these words in it.
    reason: str = ""


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
    why = why.strip()[:LONGEST_WHY]
    match action:
        case "pause":
            return application.pause(batch_id, by=by, why=why)
        case "resume":
            return application.resume(batch_id, by=by, why=why)
        case "cancel":
            return application.cancel(batch_id, by=by, why=why) > 0
    raise NotFoundException(detail=f"A batch has no action {action!r}; it has pause, resume, cancel, retry and settle.")


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
    _require_step(application, batch_id, step)
    return application.settle(batch_id, Settlement(decision), by=by, why=why.strip()[:LONGEST_WHY], step=step)


def retry(
    application: Enrichment,
    batch_id: BatchId,
    *,
    by: str,
    why: str,
    step: str | None = None,
    state: str | None = None,
    reason: str = "",
) -> int:
    """Run ended steps of a batch again, those that failed or timed out unless a state is named; how many.

    Raises:
        UnknownId: There is no such batch.
        ClientException: The batch has no such step, or nothing ends in that state.
    """
    _require_step(application, batch_id, step)
    if state is not None and state not in ENDS:
        raise ClientException(detail=f"Only what has ended can run again: {', '.join(WORDS['state'])}.")
    wanted = None if state is None else State(state)
    why = why.strip()[:LONGEST_WHY]
    return application.retry(batch_id, by=by, why=why, step=step, state=wanted, reason=reason)


def _require_step(application: Enrichment, batch_id: BatchId, step: str | None) -> None:
    known = application.store.batches([batch_id])
    if step is not None and known and known[0][0].pipeline.step(step) is None:
        steps = ", ".join(one.workflow for one in known[0][0].pipeline.steps)
        raise ClientException(detail=f"The batch has no step {step!r}; it has {steps}.")
