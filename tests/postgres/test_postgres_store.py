"""The store on PostgreSQL keeps what every store promises."""

import pytest
from attrs import evolve

from enrichcore.domain.batch import BatchStatus
from enrichcore.store import postgres
from enrichcore.store.postgres import PostgresClaims
from tests.contracts.directory_contract import DirectoryContract
from tests.contracts.queue_contract import CROWD, CrowdedContract, rows_of
from tests.contracts.store_contract import StoreContract
from tests.contracts.stored_rows import LONG_AGO, a_batch, put, ready

pytestmark = pytest.mark.postgres


class TestPostgresStore(StoreContract):
    """See the contract."""


class TestDirectory(DirectoryContract):
    """See the contract."""


class TestCrowdedQueues(CrowdedContract):
    """See the contract."""

    def test_a_search_in_vain_behind_a_crowd_is_not_repeated_at_once(self, store, monkeypatch):
        """Claims come five times a second from each runner; once a row may leave, the first look finds it."""
        searches, first = [], PostgresClaims._first
        monkeypatch.setattr(
            PostgresClaims, "_first", lambda self, name, **given: searches.append(name) or first(self, name, **given)
        )
        monkeypatch.setattr(postgres, "SEARCHED_PART", 1_000_000)
        paused = a_batch(BatchStatus.PAUSED)
        found, runs, steps = rows_of(paused, CROWD, companies=False, wake_at=LONG_AGO)
        put(store, batches=[paused], runs=runs, steps=steps)
        assert ready(store, limit=10) == ready(store, limit=10) == []
        assert searches.count("ready_behind") == 1
        put(store, batches=[evolve(paused, status=BatchStatus.RUNNING)])
        assert ready(store, limit=10) == sorted(found)[:10]
