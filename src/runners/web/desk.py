"""What every handler works with: the application, rows by named statements, and texts without secrets."""

from functools import cache
from importlib.resources import files
from threading import BoundedSemaphore, Lock
from typing import Any, Final
from uuid import UUID

import msgspec
import psycopg
from litestar import Response
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from psycopg.rows import dict_row
from psycopg_pool import PoolTimeout

from enrichcore.application import Enrichment
from enrichcore.registry import Registry, UnknownClientError
from enrichcore.store import StoreUnavailable
from enrichcore.store.postgres import PostgresStore
from runners.masking import Masks
from runners.running import behind, nobody_runs
from runners.statements import sections
from runners.web.rendering import rendered

#: Who did it, in events.
BY: Final = "web"
#: Rows of a table on one page.
PAGE: Final = 50
#: Statements of pages that run at once, half as many as the store has connections.
_AT_ONCE: Final = 4

Row = dict[str, Any]


class Desk:
    """What handlers ask.

    A plain class: the web framework looks into attrs classes and would copy it for every request.

    Args:
        application: the use cases.
        store: the application's own.
        masks: the secrets of every configuration that the process has read.
    """

    def __init__(self, application: Enrichment, store: PostgresStore, masks: Masks) -> None:
        self.application = application
        self.store = store
        #: Of the store's connections some are left for answers and rows, however many people look at pages.
        self._reading = BoundedSemaphore(_AT_ONCE)
        #: One launch at a time, so that a form sent twice launches once.
        self.launching = Lock()
        self._masks = masks

    @property
    def registry(self) -> Registry:
        """The configuration."""
        return self.application.registry

    def rows(self, name: str, **params: Any) -> list[Row]:
        """The rows of one named statement of `queries.sql`.

        Raises:
            StoreUnavailable: The database cannot be reached.
        """
        try:
            with (
                self._reading,
                self.store.pool.connection() as connection,
                connection.cursor(row_factory=dict_row) as cursor,
            ):
                return cursor.execute(statements()[name].encode(), params).fetchall()
        except (psycopg.OperationalError, PoolTimeout) as error:
            raise StoreUnavailable("the database cannot be used now") from error

    def row(self, name: str, **params: Any) -> Row:
        """The one row of a statement that has exactly one."""
        return self.rows(name, **params)[0]

    def page(
        self, template: str, /, *, status_code: int = 200, cookies: list[Cookie] | None = None, **context: Any
    ) -> Response[str]:
        """A page of those behind the guard, whose visitor may sign out where they had to sign in."""
        signed_in = self.registry.runner.api_token is not None
        # Whoever shows the page runs; that nobody was heard of yet tells nothing.
        absent = nobody_runs(self.application) if self.store.roles_up() else []
        said = [*absent, *(self.masked(sentence) for sentence in behind(self.application))]
        return rendered(template, status_code=status_code, cookies=cookies, signed_in=signed_in, behind=said, **context)

    def masked(self, text: str) -> str:
        """The text without secrets and webhook URLs, those of earlier configurations too."""
        return self._masks.masked(text)

    def client_name(self, client_id: UUID) -> str:
        """A client's slug, or its uuid where the configuration does not have it any more."""
        try:
            return self.registry.client(client_id).slug
        except UnknownClientError:
            return str(client_id)

    def client_label(self, client_id: UUID) -> str:
        """What people call a client."""
        try:
            return self.registry.client(client_id).name
        except UnknownClientError:
            return str(client_id)

    def workstream_label(self, slug: str) -> str:
        """What people call a workstream; its slug as words where the configuration does not have it any more."""
        stream = self.registry.workstreams.get(slug)
        return slug.replace("_", " ") if stream is None else stream.label


#: Provided to every handler as `desk`.
TheDesk = NamedDependency[Desk]


def facts_of(packed: bytes | None) -> dict[str, Any]:
    """What a row knew of a person, as the store packs it; nothing where there is no such row."""
    return {} if packed is None else msgspec.msgpack.decode(packed, type=dict[str, Any])


def person_name(facts: dict[str, Any]) -> str:
    """What to call a person on a page."""
    parts = [facts.get("person_first_name"), facts.get("person_last_name")]
    return str(facts.get("person_full_name") or " ".join(str(part) for part in parts if part) or "")


@cache
def statements() -> dict[str, str]:
    """Every statement of `queries.sql` by its name."""
    return sections(files(__package__ or "").joinpath("queries.sql").read_text("utf-8"))
