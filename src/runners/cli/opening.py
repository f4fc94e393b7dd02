"""What commands open: the configuration and the application on its database."""

import getpass
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from enrichcore.application import Enrichment
from enrichcore.registry import Registry, UnknownClientError
from enrichcore.store.commit import StoreUnavailable
from enrichcore.store.postgres import UNREACHABLE
from runners.cli.commands import CannotDo, say
from runners.composition import SETTINGS, Configured, configured, opened

#: Who decides, for events; `who` gives a name to those who give none.
By = Annotated[
    str,
    typer.Option(
        metavar="NAME", envvar="ENRICHCORE_BY", help="Who decides, kept in the history; you, as the system knows you."
    ),
]
Why = Annotated[str, typer.Option(metavar="TEXT", help="Your reason; it is kept in the history.")]


def who(by: str = "") -> str:
    """Who acts: as they say, or as the operating system calls them."""
    if by.strip():
        return by.strip()
    try:
        return f"{getpass.getuser()} (command line)"
    except (OSError, KeyError):
        # A container may run as a user who has no name.
        return "command line"


def found(context: typer.Context, *, for_sending: bool = True) -> Configured:
    """The configuration that the global options mean.

    Args:
        context: the command's.
        for_sending: whether secrets and webhooks are needed; without, those that the environment lacks are no fault.

    Raises:
        ConfigurationError: It is missing or has faults.
    """
    return configured(context.obj, None if for_sending else Unset(os.environ))


@contextmanager
def application(
    context: typer.Context, *, record: bool = False, decides: bool = True, in_force: bool = False
) -> Iterator[Enrichment]:
    """The application on its database.

    Args:
        context: the command's.
        record: whether a changed configuration is recorded first, which needs all its secrets.
        decides: whether anything may be decided, for which functions of local steps have to be at hand.
        in_force: whether what is decided rests on this being the configuration in force, its secrets included.
    """
    configuration = found(context, for_sending=record or in_force)
    with opened(
        configuration, by=who(), record=record, decides=decides, put_in_force=_say_in_force
    ) as opened_application:
        yield opened_application


@contextmanager
def told_when_lost(became: str) -> Iterator[None]:
    """Say what became of the work where the database is lost in the middle of it.

    Raises:
        CannotDo: It was.
    """
    try:
        yield
    except (StoreUnavailable, *UNREACHABLE) as lost:
        why = str(lost) if isinstance(lost, StoreUnavailable) else f"the database failed: {lost}"
        raise CannotDo(f"{why.splitlines()[0]}; {became}") from lost


def _say_in_force(path: Path) -> None:
    say(f"Put in force: {path}, with what the environment holds of it")


class Unset(Mapping[str, str]):
    """An environment in which a variable that is not set holds a text that stands for a secret and leads nowhere.

    Who only looks needs no secret.
    """

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env

    def __getitem__(self, name: str) -> str:
        return self._env[name] if self._env.get(name) else f"https://{name}.unset.invalid/"

    def get(self, name: str, default: Any = None) -> Any:
        """What the variable holds; for those of our own settings, only what was set."""
        return self._env.get(name, default) if name in SETTINGS else self[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._env)

    def __len__(self) -> int:
        return len(self._env)


def client_name(registry: Registry, client_id: UUID) -> str:
    """A client's slug, or its uuid where the configuration does not have it any more."""
    try:
        return registry.client(client_id).slug
    except UnknownClientError:
        return str(client_id)
