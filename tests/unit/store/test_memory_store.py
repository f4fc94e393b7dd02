"""The store in memory keeps what every store promises."""

from tests.contracts.directory_contract import DirectoryContract
from tests.contracts.queue_contract import CrowdedContract
from tests.contracts.store_contract import StoreContract


class TestMemoryStore(StoreContract):
    """See the contract."""


class TestDirectory(DirectoryContract):
    """See the contract."""


class TestCrowdedQueues(CrowdedContract):
    """See the contract."""
