"""`leads` exports what is known of everyone of a client, or of some of them."""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final
from uuid import UUID

import typer
from attrs import Factory, frozen

from enrichcore.application import UnknownId
from enrichcore.domain.amounts import counted
from enrichcore.fields import INDICATORS
from enrichcore.projection import as_of, catch_up
from enrichcore.store.postgres import PostgresStore
from projections import READ_MODELS
from projections.final_leads import FINAL_LEADS
from runners.cli.commands import say
from runners.cli.export import Format, write_leads
from runners.cli.moments import moment, past_moment
from runners.cli.opening import application, told_when_lost
from runners.cli.progress import reaching
from runners.cli.writing import opened
from runners.statements import postgres, statements

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
    batch_id: Annotated[UUID | None, typer.Option(metavar="ID", help="Only people of this batch.")] = None,
    workstream: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only people of this workstream, such as crm_data.")
    ] = None,
    indicator: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME[=VALUE]",
            help=f"Only people of whom this is true, or false or unknown: {', '.join(INDICATORS)}. Repeatable.",
        ),
    ] = None,
    changed_since: Annotated[
        str | None, typer.Option(metavar="TIME", help="Only rows that changed then or later, such as 2026-03-01.")
    ] = None,
    as_of_: Annotated[
        str | None,
        typer.Option("--as-of", metavar="TIME", help="As they were known then, such as 2026-03-01T12:00 (UTC)."),
    ] = None,
) -> None:
    """Export final_leads: one row for each person, with all that is known of them and of their company.

    What is in the log and not yet in the table is added first, so the daemon need not be up. In CSV a cell that a spreadsheet would take for a formula begins with an apostrophe; a CSV file, other than standard output, is marked as UTF-8 so that Excel opens it right.
    """
    then = past_moment(as_of_, "--as-of")
    if form is Format.PARQUET and out is None and _is_terminal():
        raise typer.BadParameter("Parquet is no text for a terminal; name a file with --out", param_hint="--format")
    told, since = _told(indicator or []), moment(changed_since, "--changed-since")
    with application(context, decides=False) as enrichment:
        owner, store = enrichment.registry.client(client), postgres(enrichment)
        if workstream is not None:
            enrichment.registry.workstream(workstream)
        if batch_id is not None and not any(
            batch.client_id == owner.id for batch, *_ in enrichment.store.batches([batch_id])
        ):
            raise UnknownId(f"batch of {client}", batch_id)
        wanted = Wanted(client_id=owner.id, batch_id=batch_id, workstream=workstream, indicators=told, since=since)
        half = "what was written is not all" if out is None else f"nothing was written to {out}"
        with (
            told_when_lost(f"{half}: run the same again"),
            opened(out) as stream,
            _table(store, owner.id, then) as table,
            stored_leads(store, wanted, table) as found,
        ):
            count = write_leads(found, stream, form, for_excel=out is not None)
    if out is not None:
        say(f"{counted(count, 'lead')} written to {out}")


def _is_terminal() -> bool:
    return sys.stdout.isatty()


@frozen(kw_only=True)
class Wanted:
    """Which leads."""

    client_id: UUID
    #: None for all, here and below.
    batch_id: UUID | None = None
    workstream: str | None = None
    #: Indicator -> what it must be; None for unknown.
    indicators: Mapping[str, bool | None] = Factory(dict)
    #: The earliest time of the last change.
    since: datetime | None = None


#: How an indicator's value is written on the command line.
_VALUES: Final = {"true": True, "false": False, "unknown": None}


def _told(pairs: Iterable[str]) -> dict[str, bool | None]:
    """The indicators asked for, with what they must be."""
    found: dict[str, bool | None] = {}
    for pair in pairs:
        name, _, value = pair.partition("=")
        if name not in INDICATORS:
            raise typer.BadParameter(f"{name!r} is none; there are {', '.join(INDICATORS)}", param_hint="--indicator")
        if value and value.lower() not in _VALUES:
            raise typer.BadParameter(f"{value!r} is none of {', '.join(_VALUES)}", param_hint="--indicator")
        found[name] = _VALUES[value.lower() or "true"]
    return found


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
def stored_leads(store: PostgresStore, wanted: Wanted, table: str = _LIVE) -> Iterator[Iterator[dict[str, Any]]]:
    """The leads asked for as they stood at one moment, streamed from a cursor of the server."""
    params = {
        "client": wanted.client_id,
        "batch": wanted.batch_id,
        "workstream": wanted.workstream,
        "indicators": json.dumps(dict(wanted.indicators)),
        "changed_since": wanted.since,
    }
    with (
        store.pool.connection() as connection,
        connection.transaction(),
        connection.cursor(name="leads") as cursor,
    ):
        cursor.itersize = 1000
        cursor.execute(statements()["leads"].replace(_LIVE, table).encode(), params)
        names = [column.name for column in cursor.description or ()]
        yield (dict(zip(names, row, strict=True)) for row in cursor)
