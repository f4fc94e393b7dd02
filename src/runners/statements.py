"""Short statements on the database for what people look at, by their names in `queries.sql`."""

import re
from functools import cache
from importlib.resources import files
from typing import Any, Final, cast

import psycopg
from psycopg_pool import PoolTimeout

from enrichcore.application import Enrichment
from enrichcore.store import StoreUnavailable
from enrichcore.store.postgres import PostgresStore

_SECTION: Final = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


def postgres(application: Enrichment) -> PostgresStore:
    """The application's store, which is always PostgreSQL where runners show it."""
    return cast("PostgresStore", application.store)


def rows(application: Enrichment, name: str, **params: Any) -> list[tuple[Any, ...]]:
    """The rows of one named statement of `queries.sql`.

    Raises:
        StoreUnavailable: The database cannot be reached.
    """
    try:
        with postgres(application).pool.connection() as connection:
            return connection.execute(statements()[name].encode(), params).fetchall()
    except (psycopg.OperationalError, PoolTimeout) as error:
        raise StoreUnavailable("the database cannot be used now") from error


@cache
def statements() -> dict[str, str]:
    """Every statement of `queries.sql` by its name."""
    return sections(files(__package__ or "").joinpath("queries.sql").read_text("utf-8"))


def sections(text: str) -> dict[str, str]:
    """The statements of a file by the names above them."""
    parts = _SECTION.split(text)
    return {name: text.strip() for name, text in zip(parts[1::2], parts[2::2], strict=True)}
