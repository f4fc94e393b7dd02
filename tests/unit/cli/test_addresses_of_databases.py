"""What is shown of the address of a database: never its password, however badly it is written."""

import pytest

from enrichcore.store import StoreUnavailable
from runners.composition import shown_address

SECRET = "CANARY7pw"


@pytest.mark.parametrize(
    "address",
    [
        f"mysql://ann:{SECRET}@db.example/leads",
        f"postgresql+asyncpg://ann:{SECRET}@db.example/leads",
        f"'postgresql://ann:{SECRET}@db.example/leads'",
        f"postgresql://ann:p@{SECRET}@db.example/leads",
        f"postgresql://ann:7/{SECRET}@db.example/leads",
        f"postgresql://ann:{SECRET}/w@db.example/leads",
        f"{SECRET} garbage",
    ],
)
def test_a_malformed_address_is_refused_without_being_repeated(address):
    """The driver's own words would repeat what it took for a host."""
    with pytest.raises(StoreUnavailable, match="postgresql://user:password@host") as refused:
        shown_address(address)
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        (f"postgresql://ann:{SECRET}@db.example:5433/leads", "host=db.example port=5433 dbname=leads user=ann"),
        (f"postgresql://ann%40acme:{SECRET}@db.example/leads", "host=db.example dbname=leads user=ann@acme"),
        (f"postgresql://a:1,b:2/leads?passfile={SECRET}&sslpassword={SECRET}", "host=a,b port=1,2 dbname=leads"),
        (f"host=/run/db user=ann password={SECRET}", "host=/run/db user=ann"),
    ],
)
def test_an_address_is_shown_by_what_names_the_place(address, shown):
    """Options that are no place stay away, for some of them are secrets."""
    assert shown_address(address) == shown
