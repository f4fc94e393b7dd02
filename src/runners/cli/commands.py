"""How commands are run: global options wherever they stand, and every error as one message with its exit code."""

import os
import sys
from collections.abc import Sequence
from typing import Any, Final

import psycopg
import typer
from typer.core import TyperGroup

from enrichcore.application import ApplicationError, UnknownId
from enrichcore.ingest import BadMapping, IngestError
from enrichcore.projection import ProjectionError, UnknownReadModel
from enrichcore.registry import RegistryError, UnknownNameError
from enrichcore.store.commit import Conflict, StoreForbidden, StoreUnavailable
from runners.cli.wrong_use import reword

FAILED: Final = 1
WRONG_USE: Final = 2
#: As shells say of what Ctrl-C ended.
INTERRUPTED: Final = 130
#: Set to anything, it shows where an unexpected error came from.
DEBUG_VARIABLE: Final = "ENRICHCORE_DEBUG"


class CannotDo(Exception):
    """A command cannot do what was asked; its text says why and what would help."""


class Interrupted(CannotDo):
    """Ctrl-C ended a command; its text says what became of the work."""


#: The first row that fits tells the exit code and what stands before the message.
_REFUSALS: Final[tuple[tuple[type[BaseException], int, str], ...]] = (
    (UnknownNameError, WRONG_USE, ""),
    (UnknownId, WRONG_USE, ""),
    (BadMapping, WRONG_USE, ""),
    (UnknownReadModel, WRONG_USE, ""),
    (RegistryError, FAILED, ""),
    (ApplicationError, FAILED, ""),
    (IngestError, FAILED, ""),
    (ProjectionError, FAILED, ""),
    (Interrupted, INTERRUPTED, ""),
    (CannotDo, FAILED, ""),
    (Conflict, FAILED, "others changed the same things again and again, try once more: "),
    (StoreForbidden, FAILED, ""),
    (StoreUnavailable, FAILED, "the database cannot be reached: "),
    (psycopg.Error, FAILED, "the database refused: "),
    # What the daemon says when it cannot start or go on.
    (RuntimeError, FAILED, ""),
    (KeyboardInterrupt, INTERRUPTED, "interrupted; what was recorded stays recorded"),
)


class Commands(TyperGroup):
    """The group of all commands."""

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run, with help in panels but wrong use told in plain lines, which programs and searches can read."""
        plain: dict[str, Any] = {**extra, "standalone_mode": False}
        if not extra.get("standalone_mode", True):
            return super().main(*args, **plain)
        try:
            code = super().main(*args, **plain)
        except typer.Abort:
            sys.exit(INTERRUPTED)
        except Exception as error:
            show = getattr(error, "show", None)
            if show is None:
                raise
            reword(error)
            show()
            sys.exit(getattr(error, "exit_code", WRONG_USE))
        sys.exit(code if isinstance(code, int) else 0)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Take `--config` from wherever it stands."""
        return super().parse_args(ctx, hoisted(args))

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command; its flags are shown without the word `bool`, which tells nobody anything."""
        found = super().get_command(ctx, cmd_name)
        if found is not None:
            _show_plainly(found.get_params(ctx))
        return found

    def get_params(self, ctx: Any) -> Any:
        """The options of `enrichcore` itself, shown likewise."""
        return _show_plainly(super().get_params(ctx))

    def invoke(self, ctx: Any) -> Any:
        """Run the command; an error becomes a message."""
        try:
            return super().invoke(ctx)
        except (Exception, KeyboardInterrupt) as error:
            code = refuse(error)
            if code is None:
                raise
            raise typer.Exit(code) from error


def _show_plainly(parameters: Any) -> Any:
    for parameter in parameters:
        if getattr(parameter, "is_flag", False) and parameter.metavar is None:
            parameter.metavar = ""
    return parameters


def refuse(error: BaseException) -> int | None:
    """Say what is wrong, on standard error; the exit code, or None for what the command line itself reports."""
    if isinstance(error, BrokenPipeError) or type(error).__module__.startswith(("typer", "click")):
        return None
    row = next((row for row in _REFUSALS if isinstance(error, row[0])), None)
    if row is not None:
        say(f"{row[2]}{_text(error)}")
        return row[1]
    if isinstance(error, OSError):
        say(f"{error.filename}: {error.strerror}" if error.filename and error.strerror else str(error))
        return FAILED
    if os.environ.get(DEBUG_VARIABLE):
        return None
    say(f"this should not have happened: {type(error).__name__}: {error} (set {DEBUG_VARIABLE}=1 to see where)")
    return FAILED


def say(message: str) -> None:
    """One message on standard error."""
    sys.stderr.write(f"{message.rstrip()}\n")


def hoisted(args: Sequence[str]) -> list[str]:
    """The arguments with `--config FILE` first, wherever it stood, for it may be written after the command too."""
    front: list[str] = []
    rest: list[str] = []
    remaining = iter(args)
    for arg in remaining:
        if arg == "--":
            rest += [arg, *remaining]
        elif arg == "--config":
            front += [arg, *(value for value in [next(remaining, None)] if value is not None)]
        elif arg.startswith("--config="):
            front.append(arg)
        else:
            rest.append(arg)
    return front + rest


#: What an id is of → which command shows those that there are.
_IDS: Final = {
    "batch": "`enrichcore status` shows the batches",
    "upload": "`enrichcore upload` printed it, and the pages list a client's uploads",
    "person or company": "give a person_id or company_id of `enrichcore leads`",
    "unmatched answer": "`enrichcore unmatched` lists them",
}


def _text(error: BaseException) -> str:
    if isinstance(error, UnknownId) and not error.hint and (shown := _IDS.get(error.kind.partition(" of ")[0])):
        return f"{error}: {shown}"
    return "" if isinstance(error, KeyboardInterrupt) else str(error).strip() or type(error).__name__
