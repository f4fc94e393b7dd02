"""A real PostgreSQL for the tests: one embedded server a session, and a fresh copy of a migrated database a test."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from random import Random

import psycopg
import pytest

from enrichcore.store.embedded import embedded_url
from enrichcore.store.postgres import PostgresStore

TEMPLATE = "enrichcore_template"
#: Connections of a test's store.
POOL_SIZE = 4

_numbers = count(1)


@pytest.fixture(scope="session")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The embedded server of this session, with a migrated template database on it."""
    url = embedded_url(Path(tmp_path_factory.mktemp("postgres")))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("alter system set fsync = off")
        connection.execute("select pg_reload_conf()")
        connection.execute(f"create database {TEMPLATE}")
    store = PostgresStore(named(url, TEMPLATE), pool_size=1)
    store.migrate()
    store.close()
    return url


@pytest.fixture
def database_url(server_url: str) -> Iterator[str]:
    """The address of a migrated database that no other test sees."""
    name = f"enrichcore_test_{next(_numbers)}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"create database {name} template {TEMPLATE} strategy file_copy")
    yield named(server_url, name)
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"drop database {name} with (force)")


@pytest.fixture
def store(database_url: str) -> Iterator[PostgresStore]:
    """A migrated store on a database of its own."""
    opened = PostgresStore(database_url, pool_size=POOL_SIZE)
    yield opened
    opened.close()


def named(url: str, database: str) -> str:
    """The same server's address, for another database."""
    parts = psycopg.conninfo.conninfo_to_dict(url)
    return psycopg.conninfo.make_conninfo(**{**parts, "dbname": database})


@pytest.fixture(autouse=True, scope="session")
def own_dice() -> Iterator[None]:
    """The pool draws how long a connection lives, in a thread of its own; hypothesis takes the global dice for the test's."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("psycopg_pool.base.random", Random().random)
        yield
