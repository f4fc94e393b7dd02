"""The one composition root: from a configuration file to a store and an application.

Where the database is: `ENRICHCORE_DATABASE_URL`, else `DATABASE_URL`, else the embedded server under `.enrichcore/`
beside the configuration.
"""

import logging
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psycopg
from attrs import frozen

from enrichcore.application import Enrichment
from enrichcore.registry import Registry, find_configuration, load
from enrichcore.store.commit import StoreForbidden, StoreUnavailable
from enrichcore.store.connections import connected
from enrichcore.store.embedded import embedded_url
from enrichcore.store.postgres import PostgresStore
from projections import READ_MODELS

# Each attempt of the pool to connect again would be a line, and so would a rollback that cannot be sent when a command is
# interrupted or a connection is lost; whoever meets it says so once, in words of ours.
logging.getLogger("psycopg").setLevel(logging.CRITICAL)

#: Variables of the environment that are settings of ours.
SETTINGS: Final = ("ENRICHCORE_DATABASE_URL", "DATABASE_URL", "ENRICHCORE_CONFIG")


@frozen(kw_only=True)
class Configured:
    """A configuration and where it was found."""

    path: Path
    registry: Registry


def configured(explicit: Path | None = None, env: Mapping[str, str] | None = None) -> Configured:
    """Find and read the configuration; modules beside it can be imported from then on, for the functions of local steps.

    Raises:
        ConfigurationError: It is missing or has faults; all of them are named.
    """
    known = os.environ if env is None else env
    path = find_configuration(explicit, known)
    # Last, so that no file there stands in for a module that is installed.
    if (folder := str(path.resolve().parent)) not in sys.path:
        sys.path.append(folder)
    return Configured(path=path, registry=load(path, known))


def database_url(configuration: Path, env: Mapping[str, str] | None = None) -> str:
    """Where the database is; starts the embedded one when nothing else is named."""
    known = os.environ if env is None else env
    named = known.get("ENRICHCORE_DATABASE_URL") or known.get("DATABASE_URL")
    return named or embedded_url(configuration.resolve().parent / ".enrichcore" / "postgres")


def shown_address(url: str) -> str:
    """Where a database is, as psql takes it, without its password.

    Raises:
        StoreUnavailable: That is no address of a database.
    """
    try:
        parts = psycopg.conninfo.conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        parts = {}
    shown = {name: str(parts[name]) for name in ("host", "port", "dbname", "user") if parts.get(name)}
    # A password with these signs in it splits an address in the wrong place; the driver's words would then repeat it.
    split = any("@" in shown.get(name, "") for name in ("host", "dbname")) or not all(
        port.isdecimal() for port in shown.get("port", "1").split(",")
    )
    if split or not parts:
        raise StoreUnavailable(
            "the address is not one of PostgreSQL: write it as postgresql://user:password@host:5432/database,"
            " with @, / and : of the password percent-encoded"
        )
    return psycopg.conninfo.make_conninfo("", **shown)


def _require_reachable(url: str) -> None:
    """One plain connection first: it tells why it fails, where a pool only tells that it waited."""
    shown_address(url)
    try:
        connected(url).close()
    except psycopg.Error as error:
        raise StoreUnavailable(" ".join(str(error).split())) from error


def _forbidden(url: str, error: psycopg.Error) -> StoreForbidden:
    """What an owner of the database has to allow."""
    with connected(url) as connection:
        ((role, database),) = connection.execute("select quote_ident(current_user), quote_ident(current_database())")
    return StoreForbidden(
        f"the database refused ({error.diag.message_primary}), and enrichcore keeps its tables in a schema of its own",
        f"have its owner run `grant create on database {database} to {role}`, or `create schema enrichcore authorization"
        f" {role}`; where another role made that schema, run as that role",
    )


@contextmanager
def opened_store(url: str) -> Iterator[PostgresStore]:
    """The store, migrated, with the tables of all read models.

    Raises:
        StoreUnavailable: The database cannot be reached.
        StoreForbidden: The role may not make the tables.
    """
    from enrichcore.projection import ensure_tables

    _require_reachable(url)
    store = PostgresStore(url)
    try:
        try:
            store.migrate()
            ensure_tables(store.pool, READ_MODELS)
        except psycopg.errors.InsufficientPrivilege as error:
            raise _forbidden(url, error) from error
        yield store
    finally:
        store.close()


@contextmanager
def opened(
    found: Configured,
    *,
    by: str = "command line",
    record: bool = True,
    decides: bool = True,
    put_in_force: Callable[[Path], None] = lambda _path: None,
) -> Iterator[Enrichment]:
    """The application on its database; records a changed configuration first.

    Args:
        found: the configuration.
        by: who acts.
        record: whether a changed configuration is recorded first.
        decides: whether anything may be decided, for which functions of local steps have to be at hand.
        put_in_force: told the file, where it was recorded.

    Raises:
        StoreUnavailable: The database cannot be reached.
        StaleConfiguration: The file was superseded by a newer one.
    """
    with opened_store(database_url(found.path)) as store:
        application = Enrichment(store, found.registry, functions=None if decides else {})
        if record and application.apply(by=by):
            put_in_force(found.path)
        yield application
