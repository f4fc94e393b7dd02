"""`enrichcore` itself: the global options, and the groups of commands."""

import gc
import sys
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Annotated, Final

import typer

from runners.cli import (
    batches,
    configuration,
    demo,
    lanes,
    leads,
    mappings,
    replaying,
    serving,
    tracing,
    unmatched,
    uploads,
)
from runners.cli.commands import Commands

#: New objects before the garbage collector looks for cycles among them.
YOUNG: Final = 50_000
#: Seconds that a thread which computes keeps Python's lock while others want it: with Python's own 5 ms a daemon that is busy on
#: three threads spends a sixth more of processor time, and callbacks are answered no sooner.
TURN_S: Final = 0.02

app = typer.Typer(
    cls=Commands,
    name="enrichcore",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)

for group in (demo, configuration, uploads, mappings, serving, batches, lanes, unmatched, tracing, replaying, leads):
    group.register(app)


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"enrichcore {version_of('enrichcore')}")
        raise typer.Exit


@app.callback()
def enrichcore(
    context: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The configuration; else the file that $ENRICHCORE_CONFIG names, else enrichcore.toml here.",
        ),
    ] = None,
    version: Annotated[  # noqa: ARG001 - its callback answers
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and end.")
    ] = False,
) -> None:
    """Enrich people and companies, and keep every step as an event.

    Begin with `enrichcore demo`, which shows the whole way with a simulated Clay. For your own data: `init` writes a
    configuration, `upload` imports a file, `launch` starts it, `run` sends and receives, `status` tells how far it is,
    and `leads` exports the result.
    """
    context.obj = config


def main() -> None:
    """Run the command line; ends the process with its exit code."""
    # A commit makes some ten thousand objects, and none of them in cycles: looking through the young ones every seven
    # hundred, as Python does by default, costs a fifth of the time.
    gc.freeze()
    gc.set_threshold(YOUNG)
    sys.setswitchinterval(TURN_S)
    app(prog_name="enrichcore")
