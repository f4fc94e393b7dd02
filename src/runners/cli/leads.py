"""`leads` exports what is known of everyone of a client."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, BinaryIO
from uuid import UUID

import typer

from enrichcore.projection import as_of, catch_up
from enrichcore.store.postgres import PostgresStore
from projections import READ_MODELS
from projections.final_leads import FINAL_LEADS
from runners.cli.commands import say
from runners.cli.export import Format, write_leads
from runners.cli.moments import moment
from runners.cli.opening import application, postgres, statements
from runners.cli.progress import reaching

_PANEL = "Data out"
_LIVE = "enrichcore.final_leads"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel=_PANEL)(leads)


def leads(
    context: typer.Context,
    client: Annotated[str, typer.Option(metavar="CLIENT", help="Whose leads: slug or uuid.")],
    form: Annotated[
        Format, typer.Option("--format", metavar="csv|jsonl|parquet", help="How they are written.")
    ] = Format.CSV,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", dir_okay=False, help="Where to; standard output by default.")
    ] = None,
    as_of_: Annotated[
        str | None,
        typer.Option("--as-of", metavar="TIME", help="As they were known then, such as 2026-03-01T12:00 (UTC)."),
    ] = None,
) -> None:
    """Export final_leads: one row for each person, with all that is known of them and of their company.

    What is in the log and not yet in the table is added first, so the daemon need not be up. In CSV a cell that a spreadsheet would take for a formula begins with an apostrophe.
    """
    then = moment(as_of_, "--as-of")
    with application(context) as enrichment:
        owner, store = enrichment.registry.client(client), postgres(enrichment)
        with (
            _opened(out) as stream,
            _table(store, owner.id, then) as table,
            stored_leads(store, owner.id, table) as found,
        ):
            count = write_leads(found, stream, form)
    if out is not None:
        say(f"{count:,} leads written to {out}")


@contextmanager
def _table(store: PostgresStore, client_id: UUID, then: datetime | None) -> Iterator[str]:
    """The table of leads, brought up to date; or one made for the moment, which ends with it."""
    if then is None:
        catch_up(store.pool, READ_MODELS)
        yield _LIVE
        return
    with (
        reaching("Events replayed") as progress,
        as_of(store.pool, [FINAL_LEADS], then, client_id=client_id, progress=progress) as known,
    ):
        yield known.table(FINAL_LEADS.name)


@contextmanager
def stored_leads(store: PostgresStore, client_id: UUID, table: str = _LIVE) -> Iterator[Iterator[dict[str, Any]]]:
    """A client's leads as they stood at one moment, streamed from a cursor of the server."""
    with (
        store.pool.connection() as connection,
        connection.transaction(),
        connection.cursor(name="leads") as cursor,
    ):
        cursor.itersize = 1000
        cursor.execute(statements()["leads"].replace(_LIVE, table).encode(), {"client": client_id})
        names = [column.name for column in cursor.description or ()]
        yield (dict(zip(names, row, strict=True)) for row in cursor)


@contextmanager
def _opened(out: Path | None) -> Iterator[BinaryIO]:
    """Standard output, or a file that appears under its name only when it is whole."""
    if out is None:
        yield sys.stdout.buffer
        return
    if out.exists() and not out.is_file():
        with out.open("wb") as device:
            yield device
        return
    beside = out.with_name(f".{out.name}.partial")
    try:
        with beside.open("wb") as stream:
            yield stream
        beside.replace(out)
    finally:
        beside.unlink(missing_ok=True)
