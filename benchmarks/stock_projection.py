"""The same read models by the stock `ProjectionRunner` of eventsourcing: one transaction an event, tracking beside the rows.

The rules, the tables and the codec are ours; only who drives them is not.
"""

from collections.abc import Sequence
from typing import Any

import psycopg
from eventsourcing.persistence import ListenNotifySubscription, Tracking
from eventsourcing.postgres import PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner

from enrichcore.projection.tables import PostgresTables
from enrichcore.store.log import EventLog
from enrichcore.store.postgres import PostgresStore
from enrichcore.store.recorder import PostgresRecorder
from projections import READ_MODELS

PATIENCE_S = 3600


class _Recorder(PostgresRecorder):
    """Ours, with the library's own way of following."""

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> Any:
        """Follow by the library's pull thread; nothing is appended meanwhile, so nobody needs to notify it."""
        return ListenNotifySubscription(recorder=self, gt=gt, topics=topics)


class _View(PostgresTrackingRecorder):
    """Folds one event into the tables of all read models, in the transaction of its tracking record."""

    def fold(self, recorded: Any, tracking: Tracking) -> None:
        """One event."""
        with self.datastore.transaction(commit=True) as cursor:
            for model in READ_MODELS:
                if model.tables:
                    tables = PostgresTables(model.tables)
                    tables.use(cursor.connection)
                    model.project([recorded], tables)
                    tables.flush()
            self._insert_tracking(cursor, tracking)


class _Folding(Projection[_View]):
    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        """Fold it."""
        self.view.fold(domain_event, tracking)


def follow_all(url: str) -> int:
    """Fold a whole log; how many events it has."""
    store = PostgresStore(url, pool_size=3)
    last = store.last_position()

    class Log(EventLog):
        def __init__(self, _env: Any = None) -> None:
            super().__init__(_Recorder(store.pool))

    parts = psycopg.conninfo.conninfo_to_dict(url)
    env = {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": parts["dbname"],
        "POSTGRES_HOST": parts["host"],
        "POSTGRES_PORT": parts.get("port", "5432"),
        "POSTGRES_USER": parts.get("user", "postgres"),
        "POSTGRES_PASSWORD": parts.get("password", ""),
    }
    with ProjectionRunner(application_class=Log, projection_class=_Folding, view_class=_View, env=env) as runner:
        runner.wait(last, timeout=PATIENCE_S)
    store.close()
    return last
