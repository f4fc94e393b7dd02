"""What must hold over the whole configuration, beyond each key on its own.

The first part looks over what was read, holes included, and notes faults. `missing_webhooks` is asked of a sound
registry before a launch: a client need not have a webhook for every workstream, but cannot launch without.
"""

from uuid import UUID

from attrs import NOTHING

from enrichcore.domain.pipeline import Kind
from enrichcore.registry.at import At
from enrichcore.registry.errors import Fault
from enrichcore.registry.readers import UnreadableError, read_uuid
from enrichcore.registry.reading import Context
from enrichcore.registry.registry import Registry
from enrichcore.registry.secret import Secret
from enrichcore.registry.sections import ClientTable, Tables

CLIENTS = At() / "clients"


def check_tables(context: Context, tables: Tables) -> None:
    """Notes what is wrong over the whole of what was read."""
    clients = tuple(tables.clients.values())
    _check_distinct_ids(context, clients)
    _check_distinct_secrets(context, clients)
    for client in clients:
        _check_slug(context, client)
        _check_callback_secret(context, client, tables)
        _check_budget(context, client)


def _check_distinct_ids(context: Context, clients: tuple[ClientTable, ...]) -> None:
    owners: dict[object, str] = {}
    for client in clients:
        known = client.values.get("id", NOTHING)
        owner = owners.setdefault(known, client.slug)
        if known is not NOTHING and owner != client.slug:
            context.note(
                CLIENTS / client.slug / "id", f"is the id of {owner} too", "give each client a uuid of its own"
            )


def _check_distinct_secrets(context: Context, clients: tuple[ClientTable, ...]) -> None:
    """The secret of a callback names its client, so it can be one client's only."""
    owners: dict[Secret, str] = {}
    for client in clients:
        for secret in client.values.get("callback_secret", ()):
            owner = owners.setdefault(secret, client.slug)
            if owner != client.slug:
                place = CLIENTS / client.slug / "callback_secret"
                context.note(place, f"is a secret of {owner} too", "give each client a secret of its own")


def _check_slug(context: Context, client: ClientTable) -> None:
    try:
        read_uuid(client.slug)
    except UnreadableError:
        return
    context.note(CLIENTS / client.slug, "is a uuid, and would be taken for an id", "name the client in words")


def _check_callback_secret(context: Context, client: ClientTable, tables: Tables) -> None:
    place = CLIENTS / client.slug / "callback_secret"
    noted = any(fault.key.startswith(str(place)) for fault in context.faults)
    called_back = [
        workflow
        for workstream, workflow in client.webhooks
        if workstream not in tables.workstreams or tables.workstreams[workstream].kind(workflow) is not Kind.HTTP
    ]
    if called_back and "callback_secret" not in client.values and not noted:
        context.note(place, "is missing, so no answer could come back", 'give it: "env:NAME"')


def _check_budget(context: Context, client: ClientTable) -> None:
    if "budget_period" in client.values and "budget_credits" not in client.values:
        place = CLIENTS / client.slug / "budget_period"
        context.note(place, "means nothing without a budget", "give budget_credits too")


def missing_webhooks(registry: Registry, client: str | UUID, workstream: str) -> tuple[Fault, ...]:
    """The webhooks that the client lacks for that workstream, each as a fault; a launch needs there to be none.

    Args:
        registry: The configuration.
        client: The client's slug or uuid.
        workstream: The workstream's slug.

    Raises:
        UnknownNameError: The client or the workstream does not exist.
    """
    owner = registry.client(client)
    steps = registry.workstream(workstream).pipeline.steps
    return tuple(
        Fault(
            key=str(CLIENTS / owner.slug / "webhooks" / workstream / step.workflow),
            problem="is missing, so the step cannot be sent",
            remedy="give its url",
        )
        for step in steps
        if step.kind is Kind.WEBHOOK and (workstream, step.workflow) not in owner.webhooks
    )
