"""`demo`: the main job in one command."""

from typing import Annotated

import typer

from runners.cli.commands import FAILED, Interrupted
from runners.cli.showing import AsJson

_PANEL = "Begin here"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel=_PANEL)(demo)


def demo(
    rows_each: Annotated[
        int, typer.Option("--rows", min=1, max=100_000, metavar="N", help="People in each file.")
    ] = 200,
    serve: Annotated[bool, typer.Option("--serve", help="Leave the daemon and its pages up until Ctrl-C.")] = False,
    as_json: AsJson = False,
) -> None:
    """See the whole way in a minute, with fictional people and a simulated Clay; needs no account and no database.

    Imports an Apollo and a CRM file, launches both, runs them to their end, and sums up final_leads.
    """
    try:
        # The daemon and the simulated Clay take a second to import, which no other command should wait for.
        from runners.cli.demonstration import run_demo

        complete = run_demo(rows_each, serve=serve, as_json=as_json)
    except KeyboardInterrupt as stopped:
        raise Interrupted("interrupted; a demo keeps nothing: its folder and its database are removed") from stopped
    if not complete:
        raise typer.Exit(FAILED)
