"""A role that may not make the schema is told what its owner has to allow, and may use one that was made for it."""

import psycopg
import pytest

from enrichcore.store import StoreUnavailable
from runners.composition import opened_store

pytestmark = pytest.mark.postgres

ROLE = "with_few_rights"


@pytest.fixture
def limited_url(server_url):
    """An empty database, as a role sees it that owns nothing there."""
    name = "few_rights"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"create role {ROLE} login")
        connection.execute(f"create database {name}")
    parts = psycopg.conninfo.conninfo_to_dict(server_url)
    yield psycopg.conninfo.make_conninfo(**{**parts, "dbname": name, "user": ROLE})
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"drop database {name} with (force)")
        connection.execute(f"drop role {ROLE}")


def test_who_may_not_make_the_schema_is_told_what_allows_it(limited_url, server_url):
    """Either of two statements; the second makes the schema for a role that may still make no other."""
    with pytest.raises(StoreUnavailable) as refused, opened_store(limited_url):
        pass
    assert f"grant create on database few_rights to {ROLE}" in str(refused.value)
    remedy = f"create schema enrichcore authorization {ROLE}"
    assert remedy in str(refused.value)
    parts = psycopg.conninfo.conninfo_to_dict(server_url)
    with psycopg.connect(psycopg.conninfo.make_conninfo(**{**parts, "dbname": "few_rights"})) as owner:
        owner.execute(remedy)
    for _ in range(2):
        with opened_store(limited_url) as store:
            assert store.last_position() == 0
