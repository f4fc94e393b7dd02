"""The store on PostgreSQL keeps what every store promises."""

import pytest

from tests.contracts.queue_contract import CrowdedContract
from tests.contracts.store_contract import StoreContract

pytestmark = pytest.mark.postgres


class TestPostgresStore(StoreContract):
    """See the contract."""


class TestCrowdedQueues(CrowdedContract):
    """See the contract."""
