"""Rows made by hand, for tests that ask the store alone and not what decides above it."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

from attrs import evolve
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from enrichcore.domain import events as e
from enrichcore.domain.batch import Batch, BatchStatus
from enrichcore.domain.batch_item import BatchItem
from enrichcore.domain.ids import BatchId, ClientId, ItemId, LaneId, PersonId, UploadId
from enrichcore.domain.pipeline import Pipeline
from enrichcore.store.commit import Commit
from enrichcore.store.rows import RunRow, StepRow, run_row

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
SOON, LONG_AGO = NOW + timedelta(minutes=1), NOW - timedelta(days=1)
CLIENT = ClientId(UUID(int=7))
LANE = LaneId(UUID(int=70))
EVERY_BODY = st.one_of(
    st.binary(max_size=200),
    st.sampled_from([b"", b"\n", b'{"a": "\\u0000"}\n\n{"b": 1}', b"\xff\xfe\x00\n{", b'{"a": "\\ud800"}']),
)
#: Examples share one store, each with a stream of its own, and every kind of store runs the same suite.
SHARED_STORE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors])


def noted(stream_id: UUID | None = None, version: int = 1, at: datetime = NOW) -> e.Recorded:
    """Some event."""
    return e.Recorded(stream_id=stream_id or uuid4(), version=version, at=at, event=e.DayPassed(day=date(2026, 3, 2)))


def a_batch(status=BatchStatus.RUNNING, **more) -> Batch:
    """A batch of no special kind."""
    return Batch(
        **{
            "batch_id": BatchId(uuid4()),
            "client_id": CLIENT,
            "upload_id": UploadId(UUID(int=5)),
            "workstream": "scrape",
            "pipeline": Pipeline(workstream="scrape", steps=()),
            "fingerprint": "f",
            "item_count": 1,
            "launched_at": NOW,
            "status": status,
            "filled": True,
            **more,
        }
    )


def a_run(batch: Batch | None = None, *, status="active", kind="item", run_id: UUID | None = None, **more) -> RunRow:
    """The row of an item, or of a company run."""
    item = BatchItem(
        item_id=ItemId(run_id or uuid4()),
        client_id=CLIENT,
        batch_id=batch.batch_id if batch else BatchId(UUID(int=9)),
        workstream="scrape",
        pipeline="f",
        workflows=("w",),
        person_id=PersonId(UUID(int=3)),
    )
    return evolve(run_row(item, 1), kind=kind, status=status, **more)


def a_step(run: RunRow, state="ready", *, batch: Batch | None = None, wake_at=NOW, **more) -> StepRow:
    """The row of one step run."""
    return StepRow(
        **{
            "run_id": run.run_id,
            "step_no": 0,
            "workflow": "w",
            "workstream": "scrape",
            "client_id": CLIENT,
            "batch_id": batch.batch_id if batch else None,
            "lane_id": LANE,
            "state": state,
            "generation": 1,
            "attempt": 0,
            "wake_at": wake_at,
            "company_run_id": None,
            "reason": "",
            "rank": None,
            "answered_at": None,
            "reserved": Decimal(0),
            "spent": Decimal(0),
            **more,
        }
    )


def put(store, *, batches=(), runs=(), steps=(), **more) -> None:
    """Store rows, beside an event that nobody asks about."""
    numbered = [(batch, 1) for batch in batches]
    store.append(Commit(events=[noted()], batches=numbered, runs=list(runs), steps=list(steps), **more))


def items_in(store, batch: Batch, state="ready", count=1, **more) -> list[UUID]:
    """Store a batch with items in one state; their ids, in order."""
    runs = [a_run(batch) for _ in range(count)]
    put(store, batches=[batch], runs=runs, steps=[a_step(run, state, batch=batch, **more) for run in runs])
    return sorted(run.run_id for run in runs)


def ready(store, lane=LANE, now=NOW, limit=100) -> list[UUID]:
    """What a claim would take now."""
    with store.claims() as claims:
        return claims.ready(lane, now, limit)
