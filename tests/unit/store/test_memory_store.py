"""The store in memory keeps what every store promises."""

from tests.contracts.store_contract import StoreContract


class TestMemoryStore(StoreContract):
    """See the contract."""
