"""`python -m projections.run_projection`: the rows of one client anew, from all its events, while the system runs.

The database is that of `ENRICHCORE_DATABASE_URL`, else `DATABASE_URL`, else the embedded one beside the configuration.
Exit code 0 when done, 1 when the work failed, 2 for wrong use.
"""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final
from uuid import UUID

from enrichcore.application.application import CONFIGURATION
from enrichcore.domain.events import ConfigurationApplied
from enrichcore.projection import ProjectionError, recompute
from enrichcore.registry import ConfigurationError, find_configuration
from enrichcore.store.commit import Store, StoreError
from enrichcore.store.embedded import embedded_url
from enrichcore.store.postgres import PostgresStore
from projections import READ_MODELS

DONE: Final = 0
FAILED: Final = 1
WRONG_USE: Final = 2

_VARIABLES: Final = ("ENRICHCORE_DATABASE_URL", "DATABASE_URL")


class WrongUseError(Exception):
    """What was asked for cannot be done with these arguments."""


def main(arguments: Sequence[str] | None = None, env: Mapping[str, str] | None = None) -> int:
    """Run the command; its exit code."""
    asked = _parser().parse_args(arguments)
    if asked.batch_id is None and asked.client_id is None:
        return _fail(WRONG_USE, "name a batch with --batch-id, a client with --client-id, or both")
    try:
        store = PostgresStore(database_url(os.environ if env is None else env))
    except WrongUseError as error:
        return _fail(WRONG_USE, str(error))
    try:
        store.migrate()
        client_id = client_of(store, asked.batch_id, asked.client_id)
        done = recompute(store.pool, READ_MODELS, client_id)
    except WrongUseError as error:
        return _fail(WRONG_USE, str(error))
    except (ProjectionError, StoreError) as error:
        return _fail(FAILED, str(error))
    finally:
        store.close()
    sys.stdout.write(f"{', '.join(done.read_models)} of client {client_id} made anew up to event {done.position}\n")
    return DONE


def database_url(env: Mapping[str, str]) -> str:
    """Where the database is.

    Raises:
        WrongUseError: Nothing tells.
    """
    named = next((env[name] for name in _VARIABLES if env.get(name)), None)
    if named is not None:
        return named
    try:
        folder = find_configuration(None, env).resolve().parent / ".enrichcore" / "postgres"
    except ConfigurationError:
        folder = Path("enrichcore.toml")
    if not folder.is_dir():
        raise WrongUseError(f"set {_VARIABLES[0]} to the database, or run this beside enrichcore.toml")
    return embedded_url(folder)


def client_of(store: Store, batch_id: UUID | None, client: str | None) -> UUID:
    """The client that is meant.

    Raises:
        WrongUseError: There is no such client or batch, or the batch is another client's.
    """
    client_id = None if client is None else _client_id(store, client)
    if batch_id is None:
        assert client_id is not None  # noqa: S101 - one of the two is named
        return client_id
    found = store.batches([batch_id])
    if not found:
        raise WrongUseError(f"there is no batch {batch_id}")
    owner = found[0][0].client_id
    if client_id not in {None, owner}:
        raise WrongUseError(f"batch {batch_id} is not one of client {client}")
    return owner


def _client_id(store: Store, client: str) -> UUID:
    applied = [stored.event for stored in store.stream(CONFIGURATION)]
    clients = (event.snapshot["clients"] for event in reversed(applied) if isinstance(event, ConfigurationApplied))
    known = {slug: UUID(described["id"]) for slug, described in next(clients, {}).items()}
    if client in known:
        return known[client]
    try:
        return UUID(client)
    except ValueError:
        raise WrongUseError(f"there is no client {client!r}; there are {', '.join(sorted(known)) or 'none'}") from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m projections.run_projection",
        description="Make the rows of a client's people anew, from all their events; nothing is sent, no credit is spent.",
    )
    parser.add_argument("--batch-id", type=UUID, metavar="ID", help="a batch, whose client's rows are made anew")
    parser.add_argument("--client-id", metavar="ID", help="a client: uuid or slug")
    return parser


def _fail(code: int, reason: str) -> int:
    sys.stderr.write(f"run_projection: {reason}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
