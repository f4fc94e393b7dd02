"""A batch says whether its items may be sent: running, paused, cancelled or finished; and an upload whether it is whole."""

from uuid import UUID

import pytest

from enrichcore.domain import batch as batches
from enrichcore.domain import events as e
from enrichcore.domain import ids, upload
from enrichcore.domain.batch import BatchStatus
from enrichcore.domain.pipeline import Pipeline
from tests.unit.domain.scenes import BATCH, BY_ANN, CLIENT, NOW, WEBHOOK, names

UPLOAD = ids.UploadId(UUID(int=5))
LAUNCHED = e.BatchLaunched(
    upload_id=UPLOAD,
    workstream="crm_data",
    pipeline=Pipeline(workstream="crm_data", steps=[WEBHOOK]),
    fingerprint="fingerprint",
    item_count=2,
    by="ann",
)
FILLED = e.BatchFilled(item_count=2)
WAY = {
    BatchStatus.RUNNING: (FILLED,),
    BatchStatus.PAUSED: (FILLED, e.BatchPaused(**BY_ANN)),
    BatchStatus.CANCELLED: (FILLED, e.BatchCancelled(**BY_ANN)),
    BatchStatus.FINISHED: (FILLED, e.BatchFinished()),
}
#: status → what each decision records there; elsewhere it finds nothing to do.
DECIDED = {
    BatchStatus.RUNNING: {"pause": ["BatchPaused"], "cancel": ["BatchCancelled"], "finish": ["BatchFinished"]},
    BatchStatus.PAUSED: {"resume": ["BatchResumed"], "cancel": ["BatchCancelled"], "finish": ["BatchFinished"]},
    BatchStatus.CANCELLED: {"reopen by force": ["BatchReopened"]},
    BatchStatus.FINISHED: {"reopen": ["BatchReopened"], "reopen by force": ["BatchReopened"]},
}
DECISIONS = {
    "pause": lambda batch: batches.decide_pause(batch, **BY_ANN),
    "resume": lambda batch: batches.decide_resume(batch, **BY_ANN),
    "cancel": lambda batch: batches.decide_cancel(batch, **BY_ANN),
    "finish": lambda batch: batches.decide_finish(batch, active_items=0),
    "reopen": lambda batch: batches.decide_reopen(batch, why="an item goes on"),
    "reopen by force": lambda batch: batches.decide_reopen(batch, why="a person retries", force=True),
}


def batch_after(*events):
    """A batch that was launched, and these events."""
    state = batches.initial(BATCH, CLIENT, LAUNCHED, NOW)
    for version, event in enumerate(events, start=2):
        state = batches.fold(state, event, NOW, version)
    return state


def test_a_launched_batch_runs_and_is_not_filled_yet():
    """It keeps the pipeline that it was launched with."""
    batch = batch_after()
    assert (batch.status, batch.filled, batch.pipeline, batch.launched_at) == (
        BatchStatus.RUNNING,
        False,
        LAUNCHED.pipeline,
        NOW,
    )


@pytest.mark.parametrize("decision", DECISIONS)
@pytest.mark.parametrize("status", BatchStatus)
def test_every_decision_in_every_status(status, decision):
    """The table above, and nothing elsewhere; a second time there is nothing to do."""
    batch = batch_after(*WAY[status])
    assert batch.status is status
    decided = DECISIONS[decision](batch)
    assert names(decided) == DECIDED[status].get(decision, [])
    assert DECISIONS[decision](batch_after(*WAY[status], *decided)) == ()


@pytest.mark.parametrize(
    ("events", "to"),
    [
        ([e.BatchPaused(**BY_ANN)], BatchStatus.PAUSED),
        ([e.BatchPaused(**BY_ANN), e.BatchResumed(**BY_ANN)], BatchStatus.RUNNING),
        ([e.BatchFinished(), e.BatchReopened(why="a late answer")], BatchStatus.RUNNING),
        ([e.BatchCancelled(**BY_ANN)], BatchStatus.CANCELLED),
    ],
)
def test_events_lead_to_their_status(events, to):
    """Pausing and resuming lose nothing."""
    batch = batch_after(FILLED, *events)
    assert (batch.status, batch.filled, batch.item_count) == (to, True, 2)


def test_a_batch_with_active_items_is_not_finished():
    """It finishes with its last item."""
    assert batches.decide_finish(batch_after(FILLED), active_items=1) == ()


def test_a_batch_that_is_still_being_filled_is_not_finished():
    """A launch that was interrupted has no active items either."""
    assert batches.decide_finish(batch_after(), active_items=0) == ()


def test_an_upload_is_finished_when_its_whole_file_is_in_the_log():
    """Until then it may not be launched; rejected rows are counted."""
    started = e.UploadStarted(
        workstream="crm_data",
        profile="crm",
        file_name="people.csv",
        file_sha256="0" * 64,
        encoding="utf-8",
        delimiter=",",
        mapped={"Email": "person_email"},
        unmapped=["Colour"],
        by="ann",
    )
    state = upload.initial(UPLOAD, CLIENT, started, NOW)
    assert not state.finished
    finished = e.UploadFinished(row_count=0, person_count=0, company_count=0, rejected_count=1)
    for event in (e.RowRejected(line=2, raw={}, reason="no name"), finished):
        state = upload.fold(state, event, NOW, 2)
    assert (state.finished, state.rejected, state.row_count) == (True, 1, 0)
