"""The one composition root: from a configuration file to a store and an application.

Where the database is: `ENRICHCORE_DATABASE_URL`, else `DATABASE_URL`, else the embedded server under `.enrichcore/`
beside the configuration.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from attrs import frozen

from enrichcore.application import Enrichment
from enrichcore.registry import Registry, find_configuration, load
from enrichcore.store.embedded import embedded_url
from enrichcore.store.postgres import PostgresStore
from projections import READ_MODELS

#: Variables of the environment that are settings of ours.
SETTINGS: Final = ("ENRICHCORE_DATABASE_URL", "DATABASE_URL", "ENRICHCORE_CONFIG")


@frozen(kw_only=True)
class Configured:
    """A configuration and where it was found."""

    path: Path
    registry: Registry


def configured(explicit: Path | None = None, env: Mapping[str, str] | None = None) -> Configured:
    """Find and read the configuration.

    Raises:
        ConfigurationError: It is missing or has faults; all of them are named.
    """
    known = os.environ if env is None else env
    path = find_configuration(explicit, known)
    return Configured(path=path, registry=load(path, known))


def database_url(configuration: Path, env: Mapping[str, str] | None = None) -> str:
    """Where the database is; starts the embedded one when nothing else is named."""
    known = os.environ if env is None else env
    named = known.get("ENRICHCORE_DATABASE_URL") or known.get("DATABASE_URL")
    return named or embedded_url(configuration.resolve().parent / ".enrichcore" / "postgres")


@contextmanager
def opened_store(url: str) -> Iterator[PostgresStore]:
    """The store, migrated, with the tables of all read models.

    Raises:
        StoreUnavailable: The database cannot be reached.
    """
    from enrichcore.projection import ensure_tables

    store = PostgresStore(url)
    try:
        store.migrate()
        ensure_tables(store.pool, READ_MODELS)
        yield store
    finally:
        store.close()


@contextmanager
def opened(found: Configured, *, by: str = "command line", record: bool = True) -> Iterator[Enrichment]:
    """The application on its database; records a changed configuration first.

    Raises:
        StoreUnavailable: The database cannot be reached.
        StaleConfiguration: The file was superseded by a newer one.
    """
    with opened_store(database_url(found.path)) as store:
        application = Enrichment(store, found.registry)
        if record:
            application.apply(by=by)
        yield application
