"""The store in memory keeps what every store promises."""

from threading import Thread

import pytest

from enrichcore.store.memory import MemoryStore
from tests.contracts.directory_contract import DirectoryContract
from tests.contracts.queue_contract import CrowdedContract
from tests.contracts.store_contract import StoreContract
from tests.contracts.stored_rows import SOON, a_batch, a_run, a_step, put


class TestMemoryStore(StoreContract):
    """See the contract."""


class TestDirectory(DirectoryContract):
    """See the contract."""


class TestCrowdedQueues(CrowdedContract):
    """See the contract."""


class _Meanwhile(set):
    """Ids that let another thread record something, if it can, while they are compared."""

    def __init__(self, store):
        super().__init__()
        self.store = store
        self.recording = None

    def __contains__(self, _one):
        if self.recording is None:
            self.recording = Thread(target=_record, args=[self.store])
            self.recording.start()
            self.recording.join(0.2)
        return True


def _record(store):
    batch = a_batch()
    run = a_run(batch)
    put(store, batches=[batch], runs=[run], steps=[a_step(run, "awaiting_answer", batch=batch)])


@pytest.mark.parametrize("ask", [lambda store, ids: store.overdue(SOON, 5, ids), lambda store, ids: store.batches(ids)])
def test_what_is_recorded_while_another_thread_asks_disturbs_no_question(ask):
    """A runner in memory has its timers, senders and receiver on threads of their own."""
    store = MemoryStore()
    _record(store)
    _record(store)
    ids = _Meanwhile(store)
    assert len(ask(store, ids)) == 2
    ids.recording.join()
    assert len(ask(store, ids)) == 3
