"""A store with the read models, and the pages of an application on it, for tests to look at."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

import psycopg
from attrs import evolve, frozen
from litestar import Litestar
from litestar.testing import TestClient

from enrichcore.projection import catch_up, ensure_tables
from enrichcore.registry import Registry, Secret
from enrichcore.store.embedded import embedded_url
from enrichcore.store.postgres import PostgresStore
from projections import READ_MODELS
from runners.web import create_pages
from tests.contracts.world import World, configuration

LOCAL = "http://127.0.0.1:8000"
TOKEN = "token-of-the-pages"

_numbers = count(1)


@frozen
class Site:
    """The pages, and the world behind them."""

    world: World
    pages: Litestar

    def catch_up(self) -> None:
        """Bring the read models up to date."""
        catch_up(self.world.store.pool, READ_MODELS)

    @contextmanager
    def browser(self, base_url: str = LOCAL) -> Iterator[TestClient]:
        """A client as a browser on our own page is; it follows no redirect."""
        with TestClient(self.pages, base_url=base_url, raise_server_exceptions=False) as client:
            client.headers["origin"] = base_url
            client.follow_redirects = False
            yield client


def with_runner(registry: Registry, **settings) -> Registry:
    """The configuration with other settings of the runner."""
    return evolve(registry, runner=evolve(registry.runner, **settings))


def with_token(registry: Registry) -> Registry:
    """The configuration with a token."""
    return with_runner(registry, api_token=Secret(TOKEN))


@contextmanager
def fresh_database(folder) -> Iterator[str]:
    """The address of an empty database on the server of that folder."""
    url = embedded_url(folder)
    name = f"pages_{next(_numbers)}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"create database {name}")
    parts = psycopg.conninfo.conninfo_to_dict(url)
    yield psycopg.conninfo.make_conninfo(**{**parts, "dbname": name})
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"drop database {name} with (force)")


@contextmanager
def opened_site(folder, registry: Registry | None = None) -> Iterator[Site]:
    """A site on a database of its own."""
    with fresh_database(folder) as url:
        store = PostgresStore(url, pool_size=4)
        store.migrate()
        ensure_tables(store.pool, READ_MODELS)
        world = World(store, registry or configuration())
        yield Site(world, create_pages(world.app, store))
        store.close()
