"""The sections of the file, each read into tables of values, with every fault noted.

What comes out may have holes where there were faults; `checks` looks over it as a whole, and `build` makes the values
once there are none.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from attrs import NOTHING, evolve, frozen

from enrichcore.domain.pipeline import Kind
from enrichcore.registry.at import At
from enrichcore.registry.customers import distinct, read_customers_file
from enrichcore.registry.errors import suggestion
from enrichcore.registry.field_sources import read_field_sources
from enrichcore.registry.keys import ANSWERS, CLIENT, HTTP_WEBHOOK, INDICATORS, RUNNER, STEP, WEBHOOK, WORKSTREAM
from enrichcore.registry.readers import read_slug, shown
from enrichcore.registry.reading import Context, attempt, read_table
from enrichcore.registry.setting import Setting

WORKFLOW = next(setting for setting in STEP if setting.key == "workflow")
KIND = next(setting for setting in STEP if setting.key == "kind")
SECTIONS = ("runner", "workstreams", "clients", "fields", "indicators", "answers")


@frozen(kw_only=True)
class WorkstreamTable:
    """One workstream as read."""

    slug: str
    values: dict[str, Any]
    #: In order; each with what could be read of it.
    steps: tuple[dict[str, Any], ...]

    def kind(self, workflow: str) -> Kind | None:
        """The kind of a workflow's step; None where that could not be read."""
        return next((step.get("kind") for step in self.steps if step.get("workflow") == workflow), None)

    @property
    def workflows(self) -> tuple[str, ...]:
        """The workflows that could be read."""
        return tuple(step["workflow"] for step in self.steps if "workflow" in step)


@frozen(kw_only=True)
class ClientTable:
    """One client as read."""

    slug: str
    values: dict[str, Any]
    #: By (workstream, workflow).
    webhooks: dict[tuple[str, str], dict[str, Any]]


@frozen(kw_only=True)
class Tables:
    """The whole file as read."""

    runner: dict[str, Any]
    workstreams: dict[str, WorkstreamTable]
    clients: dict[str, ClientTable]
    #: Paths by field.
    fields: dict[str, tuple[str, ...]]
    indicators: dict[str, Any]
    answers: dict[str, Any]


def read_sections(context: Context, tree: Mapping[str, Any]) -> Tables:
    """Reads all that the file has; faults go into the context."""
    for key in tree:
        if key not in SECTIONS:
            context.note(At() / key, "is not a known key", suggestion(key, SECTIONS))
    runner = read_table(context, At() / "runner", tree.get("runner", {}), RUNNER)
    workstreams = {
        slug: _read_workstream(context, At() / "workstreams" / slug, slug, raw)
        for slug, raw in _named(context, At() / "workstreams", tree.get("workstreams", {}))
    }
    return Tables(
        runner=runner,
        workstreams=workstreams,
        clients={
            slug: _read_client(context, At() / "clients" / slug, slug, raw, workstreams)
            for slug, raw in _named(context, At() / "clients", tree.get("clients", {}))
        },
        fields=read_field_sources(context, At() / "fields", tree.get("fields", {})),
        indicators=read_table(context, At() / "indicators", tree.get("indicators", {}), INDICATORS),
        answers=read_table(context, At() / "answers", tree.get("answers", {}), ANSWERS),
    )


def _named(context: Context, at: At, raw: Any) -> list[tuple[str, Any]]:
    """The tables under a section, by name; a wrong name is a fault, but its table is read all the same."""
    if not isinstance(raw, dict):
        context.note(at, f"{shown(raw, secret=True)} is not a table", f"write [{at}.NAME]")
        return []
    for slug in raw:
        attempt(context, at / slug, slug, read_slug)
    return list(raw.items())


def _read_workstream(context: Context, at: At, slug: str, raw: Any) -> WorkstreamTable:
    values = read_table(context, at, raw, WORKSTREAM)
    entries = values.pop("steps", None)
    if entries == []:
        context.note(at / "steps", "has no steps", "give at least one")
    steps: list[dict[str, Any]] = []
    seen: set[str] = set()
    for number, entry in enumerate(entries or [], 1):
        workflow = _peek(context, entry, WORKFLOW)
        repeated = workflow in seen
        place = at / "steps" / (workflow if workflow and not repeated else number)
        if repeated:
            context.note(place / "workflow", f"{workflow!r} is there twice", "give each workflow of a workstream once")
        seen |= {workflow} - {None}
        steps.append(read_table(context, place, entry, STEP, _peek(context, entry, KIND)))
    return WorkstreamTable(slug=slug, values=values, steps=tuple(steps))


def _peek(context: Context, raw: Any, setting: Setting) -> Any:
    """One key of a table, read ahead of the rest; None where it is not there or faulty, which is noted later."""
    if not isinstance(raw, dict) or setting.key not in raw:
        return None
    ahead = {setting.key: raw[setting.key]}
    return read_table(evolve(context, faults=[]), At(), ahead, [setting]).get(setting.key)


def _read_client(
    context: Context, at: At, slug: str, raw: Any, workstreams: Mapping[str, WorkstreamTable]
) -> ClientTable:
    values = read_table(context, at, raw, CLIENT)
    values["customers"] = distinct((*values.get("customers", ()), *_customers_in_file(context, at, values)))
    webhooks: dict[tuple[str, str], dict[str, Any]] = {}
    for workstream, entries in values.pop("webhooks", {}).items():
        place = at / "webhooks" / workstream
        if workstream not in workstreams:
            context.note(place, "is not a known workstream", suggestion(workstream, workstreams))
        if not isinstance(entries, dict):
            context.note(place, f"{shown(entries, secret=True)} is not a table", f"write [{place}.WORKFLOW]")
            continue
        for workflow, entry in entries.items():
            settings, kind = _webhook_settings(context, place / workflow, workstreams.get(workstream), workflow)
            webhooks[workstream, workflow] = read_table(context, place / workflow, entry, settings, kind)
    return ClientTable(slug=slug, values=values, webhooks=webhooks)


def _customers_in_file(context: Context, at: At, values: dict[str, Any]) -> tuple[str, ...]:
    if "customers_file" not in values:
        return ()
    read = partial(read_customers_file, folder=context.folder)
    found = attempt(context, at / "customers_file", values.pop("customers_file"), read)
    return () if found is NOTHING else found


def _webhook_settings(
    context: Context, at: At, workstream: WorkstreamTable | None, workflow: str
) -> tuple[Sequence[Setting], Kind | None]:
    """What a webhook's table may have, by its step's kind; a webhook without a step to send for is noted."""
    if workstream is None:
        return WEBHOOK, None
    if workflow not in workstream.workflows:
        # A step whose own workflow cannot be read may be the one that is meant.
        if workstream.steps and all("workflow" in step for step in workstream.steps):
            context.note(at, "is not a known workflow of the workstream", suggestion(workflow, workstream.workflows))
        return WEBHOOK, None
    kind = workstream.kind(workflow)
    if kind is Kind.LOCAL:
        context.note(at, "is a local step, which is sent nowhere", "take the webhook out")
        return WEBHOOK, None
    return (HTTP_WEBHOOK if kind is Kind.HTTP else WEBHOOK), kind
