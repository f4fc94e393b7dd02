"""What stays up: the daemon, and the simulated Clay.

Both are imported only when they are run, for they take a second that no other command should wait for.
"""

import logging
import sys
import time
from typing import Annotated

import typer

from runners.cli.opening import found
from runners.masking import MaskingFormatter, Masks

_PANEL = "Running"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(rich_help_panel=_PANEL)(run)
    anything = {"allow_extra_args": True, "ignore_unknown_options": True}
    app.command(rich_help_panel=_PANEL, add_help_option=False, context_settings=anything)(sandbox)


def run(
    context: typer.Context,
    role: Annotated[
        list[str] | None,
        typer.Option(metavar="ROLE", help="receiver, sender, timers, projector or web; repeatable; all by default."),
    ] = None,
    health_port: Annotated[
        int | None,
        typer.Option(
            metavar="PORT", min=1, max=65535, help="Where a process without receiver and web tells its health; any."
        ),
    ] = None,
) -> None:
    """Run the daemon: send rows, take callbacks, mind deadlines, keep read models up to date, serve the pages.

    Roles may be split over processes and hosts that share the database. It stops in good order on Ctrl-C or SIGTERM, and at once
    on a second one.
    """
    from runners.daemon import Role, serve

    if health_port is not None and (not role or {"receiver", "web"} & set(role)):
        raise typer.BadParameter("receiver and web have the address of [runner] listen", param_hint="--health-port")
    unknown = sorted(set(role or ()) - set(Role))
    if unknown:
        raise typer.BadParameter(f"{unknown[0]!r} is none of {', '.join(Role)}", param_hint="--role")
    roles = frozenset(map(Role, role or Role))
    configuration = found(context)
    masks = Masks(configuration.registry)
    _log_with_times(masks)
    serve(configuration, roles, health_port=health_port, masks=masks, say=_say)


def _log_with_times(masks: Masks) -> None:
    """Each line of the log on standard error says when, in UTC, and who says it, and no secret."""
    formatter = MaskingFormatter(masks, "%(asctime)s %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%SZ")
    formatter.converter = time.gmtime
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    logging.getLogger().addHandler(handler)


def _say(message: str) -> None:
    sys.stdout.write(f"{message}\n")
    sys.stdout.flush()


def sandbox(context: typer.Context) -> None:
    """Run the simulated Clay: paced, with faults on request; `enrichcore sandbox --help` lists its options."""
    from runners.sandbox.__main__ import main as run_sandbox

    if code := run_sandbox(context.args):
        raise typer.Exit(code)
