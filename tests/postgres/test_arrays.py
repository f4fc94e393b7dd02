"""Columns encoded for the wire are the columns that PostgreSQL reads."""

from datetime import UTC, datetime

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enrichcore.store.arrays import KINDS, Column, ColumnDumper, column

pytestmark = pytest.mark.postgres

VALUES = {
    "uuid": st.uuids(),
    "int2": st.integers(-(2**15), 2**15 - 1),
    "int4": st.integers(-(2**31), 2**31 - 1),
    "text": st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
    "bytea": st.binary(),
    "bool": st.booleans(),
    "timestamptz": st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 30), timezones=st.just(UTC)),  # noqa: DTZ001 - bounds have no zone here
}


def test_there_are_values_for_every_kind():
    """So that no kind goes untested."""
    assert VALUES.keys() == KINDS.keys()


@pytest.fixture(scope="module")
def connection(server_url):
    """One for all examples; without a pool, whose threads draw random numbers while values are drawn."""
    with psycopg.connect(server_url, autocommit=True) as connected:
        connected.adapters.register_dumper(Column, ColumnDumper)
        yield connected


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=50)
@given(data=st.data())
def test_what_is_encoded_is_read_back(connection, kind, data):
    """NULL among them, and nothing at all."""
    values = data.draw(st.lists(st.none() | VALUES[kind], max_size=20))
    ((found,),) = connection.execute(f"select %b::{kind}[]", [column(kind, values)], binary=True)
    assert found == values
