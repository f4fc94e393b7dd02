"""The configuration: write one to start from, check it, put it in force."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit
from uuid import uuid4

import typer

from enrichcore.application import Enrichment
from enrichcore.domain.amounts import counted
from enrichcore.domain.batch import Batch, BatchStatus
from enrichcore.domain.pipeline import Kind
from enrichcore.registry import (
    ConfigurationError,
    Fault,
    Registry,
    check_functions,
    check_functions_in,
    find_configuration,
    missing_webhooks,
    why_unloadable,
    write_template,
)
from enrichcore.store.commit import StoreForbidden, StoreUnavailable
from projections import READ_MODELS
from runners.cli.commands import FAILED
from runners.cli.opening import found, who
from runners.cli.showing import AsJson, line, show_json
from runners.composition import database_url, opened, opened_store, shown_address
from runners.running import behind

_PANEL = "Begin here"
_LOCAL_HOSTS: Final = frozenset({"127.0.0.1", "localhost", "::1", "0.0.0.0"})  # noqa: S104 - named to warn of it

_UNDER_WAY: Final = frozenset({BatchStatus.RUNNING, BatchStatus.PAUSED})


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (init, check, apply):
        app.command(rich_help_panel=_PANEL)(command)


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", file_okay=False, help="Where; here by default.")] = Path(),
) -> None:
    """Write an enrichcore.toml to start from, with both workstreams and one example client.

    An existing file is never overwritten.
    """
    path = write_template(folder, uuid4())
    line(f"Wrote {path}")
    line("Set the environment variables that it names, then: enrichcore check")


def check(context: typer.Context, as_json: AsJson = False) -> None:
    """Validate the configuration, the database, secrets and webhooks; every fault is named by its key.

    Ends with exit code 1 when there is a fault; warnings alone are no failure.
    """
    faults, warnings = _looked_over(context)
    path, place = _where(context)
    if as_json:
        show_json(
            {
                "ok": not faults,
                "faults": list(map(_fault_json, faults)),
                "warnings": list(map(_fault_json, warnings)),
                "configuration": path,
                "database": place,
            }
        )
    else:
        for name, told in (("configuration", path), ("database", place)):
            if told:
                line(f"{name:14} {told}")
        for fault in faults:
            line(f"fault    {fault}")
        for warning in warnings:
            line(f"warning  {warning}")
        told = counted(len(faults), "fault") if faults else "All is well"
        line(f"{told}, {counted(len(warnings), 'warning')}" if warnings else told)
    if faults:
        raise typer.Exit(FAILED)


def _where(context: typer.Context) -> tuple[str, str]:
    """The configuration's file, and the database as psql takes it; empty where there is none."""
    try:
        path = find_configuration(context.obj)
        return str(path), shown_address(database_url(path))
    except (ConfigurationError, StoreUnavailable):
        return str(context.obj or ""), ""


def _looked_over(context: typer.Context) -> tuple[list[Fault], list[Fault]]:
    try:
        configuration = found(context)
    except ConfigurationError as error:
        path = error.path
        if path is None or not path.is_file():
            return list(error.faults), []
        more = check_functions_in(path.read_bytes().decode("utf-8-sig", "replace"))
        return [*error.faults, *more, *_database_faults(path)], []
    registry, path = configuration.registry, configuration.path
    faults = [*check_functions(registry), *_webhook_faults(registry), *_database_faults(path)]
    warnings = (_emptiness, _callback_warnings, _webhook_warnings, _shared_webhooks, _runner_warnings)
    return faults, [*(warning for told in warnings for warning in told(registry)), *_database_warnings(path, registry)]


def _fault_json(fault: Fault) -> dict[str, str]:
    return {"key": fault.key, "problem": fault.problem, "remedy": fault.remedy}


def _webhook_faults(registry: Registry) -> Iterator[Fault]:
    """A workstream that a client has some webhooks for needs all of them."""
    for client in registry.clients.values():
        for workstream in registry.workstreams:
            if any(stream == workstream for stream, _ in client.webhooks):
                yield from missing_webhooks(registry, client.slug, workstream)


def _database_faults(path: Path) -> Iterator[Fault]:
    try:
        with opened_store(database_url(path)) as store:
            store.last_position()
    except StoreForbidden as error:
        yield Fault(key="ENRICHCORE_DATABASE_URL", problem=error.reason, remedy=error.remedy)
    except StoreUnavailable as error:
        reason = str(error).strip() or "no answer"
        yield Fault(
            key="ENRICHCORE_DATABASE_URL",
            problem=f"the database cannot be reached ({reason})",
            remedy="start it, or mend the address",
        )


def _database_warnings(path: Path, registry: Registry) -> Iterator[Fault]:
    """What is in the database that this configuration, or this version, does not fit."""
    from enrichcore.projection import stale

    try:
        with opened_store(database_url(path)) as store:
            names, batches = stale(store.pool, READ_MODELS), [batch for batch, _ in store.batches()]
            shut_out = Enrichment(store, registry, functions={}).answers_shut_out()
    except StoreUnavailable:
        return
    yield from shut_out
    yield from map(_of_stale, names)
    for batch in batches:
        if batch.status in _UNDER_WAY:
            yield from _function_warnings(batch)


def _of_stale(name: str) -> Fault:
    """Rows that older rules made: of a version before this one, or of a configuration before the present one."""
    return Fault(
        key=name,
        problem="has rows that older rules made",
        remedy=f"see what would change with `enrichcore replay {name} --diff`, and do it without --diff",
    )


def _function_warnings(batch: Batch) -> Iterator[Fault]:
    """Local functions that a batch was launched with, and that are gone: its rows wait for them."""
    for step in batch.pipeline.steps:
        if step.kind is Kind.LOCAL and (why := why_unloadable(step.function)):
            yield Fault(
                key=f"batch {batch.batch_id}",
                problem=f"calls {step.function} at step {step.workflow}: {why}",
                remedy=f"put it back and restart `enrichcore run`, or `enrichcore cancel {batch.batch_id}`",
            )


def _webhook_warnings(registry: Registry) -> Iterator[Fault]:
    for client in registry.clients.values():
        for workstream in registry.workstreams:
            lacking = missing_webhooks(registry, client.slug, workstream)
            if lacking and not any(stream == workstream for stream, _ in client.webhooks):
                yield Fault(
                    key=f"clients.{client.slug}.webhooks.{workstream}",
                    problem="is missing",
                    remedy="give it before this client launches in that workstream",
                )


def _shared_webhooks(registry: Registry) -> Iterator[Fault]:
    """A table that is asked for two kinds of answer; steps that want the same may share one, in several workstreams too."""
    owners: dict[tuple[str, str], tuple[str, str]] = {}
    for client in registry.clients.values():
        for (workstream, workflow), webhook in client.webhooks.items():
            step = registry.workflow(workstream, workflow)
            if step.kind is not Kind.WEBHOOK:
                continue
            at = f"clients.{client.slug}.webhooks.{workstream}.{workflow}.url"
            other, wanted = owners.setdefault((client.slug, webhook.url.fingerprint()), (at, step.result))
            if wanted != step.result:
                yield Fault(
                    key=at,
                    problem=f"is the same as {other}, though their steps ask for different things",
                    remedy="give each the URL of its own table, or both steps the same `result`",
                )


def _emptiness(registry: Registry) -> Iterator[Fault]:
    for name, known in (("workstreams", registry.workstreams), ("clients", registry.clients)):
        if not known:
            remedy = "add one, or write a configuration to start from with: enrichcore init"
            yield Fault(key=name, problem="has none, so nothing can be imported", remedy=remedy)


def _runner_warnings(registry: Registry) -> Iterator[Fault]:
    runner = registry.runner
    if runner.api_token is None and runner.host not in _LOCAL_HOSTS - {"0.0.0.0"}:  # noqa: S104 - named to warn of it
        yield Fault(
            key="runner.api_token",
            problem="is missing, and the pages and the API answer nobody who could come from another machine",
            remedy='give it: "env:NAME"',
        )


def _callback_warnings(registry: Registry) -> Iterator[Fault]:
    host = urlsplit(registry.runner.callback_base_url).hostname or ""
    sent_out = [
        webhook
        for client in registry.clients.values()
        for webhook in client.webhooks.values()
        if webhook.request is None and (urlsplit(webhook.url.reveal()).hostname or "") not in _LOCAL_HOSTS
    ]
    if host in _LOCAL_HOSTS and sent_out:
        yield Fault(
            key="runner.callback_base_url",
            problem=f"is {host}, which nobody outside this machine can call back",
            remedy="give the address that Clay can reach",
        )


def apply(context: typer.Context, as_json: AsJson = False) -> None:
    """Put the configuration in force, also one that a newer one had replaced.

    `upload`, `launch` and `run` do it by themselves for a changed file; an older file has to be applied on purpose.
    """
    with opened(found(context), by=who(), record=False) as enrichment:
        changed = enrichment.apply(by=who(), on_purpose=True)
        up = sorted(enrichment.store.roles_up())
        told = [] if changed else behind(enrichment)
    if as_json:
        show_json({"changed": changed, "roles_up": up, "hindrances": told})
        return
    line("The configuration is in force now" if changed else "The configuration was in force already")
    if changed and up:
        line(
            "Running daemons take it over within seconds, where their own file and environment give the same;"
            " `enrichcore apply` and `status` name those that cannot"
        )
    if up:
        line(
            "Of [runner], which is no part of it, a running daemon takes over what its own file says, but for runner.listen: that"
            " needs a restart, as do a changed environment variable and changed code of a local function"
        )
    for sentence in told:
        line(sentence)
