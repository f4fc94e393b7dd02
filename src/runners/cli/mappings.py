"""`mapping` says how columns are read by default, `rejected` gives rows back, `why` tells what made rows one."""

from functools import partial
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from attrs import asdict

from enrichcore.application.identity import KEY_WORDS, explain_identity, key_value
from enrichcore.domain.amounts import counted
from enrichcore.domain.ids import UploadId
from runners.cli.commands import say
from runners.cli.opening import application, who
from runners.cli.showing import AsJson, line, show_json, show_table
from runners.cli.uploads import overrides_of
from runners.cli.writing import opened
from runners.spreadsheets import rejected_csv

_PANEL = "Data in"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(rich_help_panel=_PANEL)(mapping)
    app.command(rich_help_panel=_PANEL)(rejected)
    app.command(rich_help_panel=_PANEL)(why)


def mapping(
    context: typer.Context,
    *,
    client: Annotated[str, typer.Option(metavar="CLIENT", help="Whose files: slug or uuid.")],
    workstream: Annotated[str, typer.Option(metavar="NAME", help="Such as apollo_scrape or crm_data.")],
    map_: Annotated[
        list[str] | None,
        typer.Option(
            "--map", metavar="COLUMN=FIELD", help="Read a column so from now on, also as FIELD=COLUMN. Repeatable."
        ),
    ] = None,
    forget: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN", help="Read a column as it was before anything was saved. Repeatable."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show, and change, how columns of a client's files are read where the shipped profile does not know or should not say.

    `upload --map COLUMN=FIELD --save-mapping` saves as well. What was imported stays as it is.
    """
    with application(context) as enrichment:
        if map_:
            enrichment.save_mapping(client, workstream, overrides_of(map_), by=who())
        if forget and not enrichment.forget_mapping(client, workstream, forget, by=who()):
            say(f"nothing was saved for {', '.join(forget)}, so nothing is forgotten")
        saved = enrichment.saved_mapping(client, workstream)
    if as_json:
        show_json({"client": client, "workstream": workstream, "saved": saved})
    elif saved:
        show_table(["column", "is read as"], saved.items())
    else:
        line("Nothing is saved: columns are read as the shipped profile says")


def rejected(
    context: typer.Context,
    upload_id: Annotated[UUID, typer.Argument(metavar="UPLOAD_ID", help="As printed by `upload`.")],
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", dir_okay=False, help="Where to; standard output by default.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Give the rows of an upload that were kept aside, with line and reason, as CSV: to be mended and uploaded again."""
    with application(context, record=False) as enrichment:
        rows = partial(enrichment.rejected_rows, UploadId(upload_id))
        if as_json:
            show_json({"rejected": [{"line": row.line, "reason": row.reason, "raw": row.raw} for row in rows()]})
            return
        rows()  # an unknown upload is told before a file is made
        with opened(out) as stream:
            count = sum(stream.write(piece) > 0 for piece in rejected_csv(rows, for_excel=out is not None)) - 1
            stream.flush()
    if out is not None:
        say(f"{counted(count, 'row')} written to {out}")


def why(
    context: typer.Context,
    entity_id: Annotated[UUID, typer.Argument(metavar="ID", help="A person_id or company_id, as in final_leads.")],
    as_json: AsJson = False,
) -> None:
    """Tell why rows are one person or company: the row that was first, the key by which each later one was known, and merges."""
    with application(context, record=False) as enrichment:
        found = explain_identity(enrichment.store, entity_id)
    if as_json:
        show_json(asdict(found))
        return
    line(f"The {found.entity} {found.entity_id} is known by:")
    show_table(
        ["key", "value"],
        [(KEY_WORDS[key.kind].removeprefix("the ").removesuffix(","), key_value(key)) for key in found.keys],
    )
    show_table(
        ["at", "upload", "line", "the row"],
        [(told.at, told.upload_id, told.line, told.reason) for told in found.tellings],
    )
