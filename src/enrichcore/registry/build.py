"""Makes the values out of what was read and found sound."""

from collections.abc import Mapping
from typing import Any

from attrs import evolve, fields_dict

from enrichcore.domain.ids import ClientId
from enrichcore.domain.pipeline import Kind, Pipeline, Step
from enrichcore.fields import Rules
from enrichcore.registry.http_request import HttpRequest
from enrichcore.registry.keys import LANE, RESULTS, SENDING
from enrichcore.registry.registry import Registry, own_lane
from enrichcore.registry.secret import Secret
from enrichcore.registry.sections import ClientTable, Tables, WorkstreamTable
from enrichcore.registry.settings import Client, LaneSettings, RunnerSettings, Webhook, Workstream

STEP_FIELDS = frozenset(fields_dict(Step))
LANE_KEYS = frozenset(setting.key for setting in LANE)


def build(tables: Tables) -> Registry:
    """The registry, of tables without faults."""
    workstreams = {slug: _workstream(table) for slug, table in tables.workstreams.items()}
    return Registry(
        runner=_runner(tables.runner),
        workstreams=workstreams,
        clients={slug: _client(table, workstreams) for slug, table in tables.clients.items()},
        rules=Rules(sources=tables.fields, **tables.indicators, **tables.answers),
    )


def _runner(values: dict[str, Any]) -> RunnerSettings:
    listen = values["listen"]
    rest = {key: value for key, value in values.items() if key != "listen"}
    return RunnerSettings(**{"callback_base_url": listen.url, **rest}, host=listen.host, port=listen.port)


def _workstream(table: WorkstreamTable) -> Workstream:
    sending = [step for step in table.steps if step["kind"] in SENDING]
    return Workstream(
        slug=table.slug,
        label=table.values.get("label", table.slug),
        ingest=table.values["ingest"],
        pipeline=Pipeline(workstream=table.slug, steps=[_step(step) for step in table.steps]),
        lanes={step["workflow"]: _lane(step) for step in sending},
        http={step["workflow"]: _http(step) for step in sending if step["kind"] is Kind.HTTP},
    )


def _lane(step: dict[str, Any]) -> LaneSettings:
    # The life of a webhook is a limit of Clay's: a provider that answers at once counts none unless a number is given.
    life: dict[str, Any] = {"lifetime_limit": None} if step["kind"] is Kind.HTTP else {}
    return LaneSettings(**life | _only(step, LANE_KEYS))


def _step(values: dict[str, Any]) -> Step:
    workflow = values["workflow"]
    result = RESULTS.get(workflow, workflow) if values["kind"] in SENDING else ""
    return Step(**{"result": result, **_only(values, STEP_FIELDS)})


def _http(values: dict[str, Any]) -> HttpRequest:
    body = values.get("body")
    headers: dict[str, Secret] = values.get("headers", {})
    types = [value.reveal() for name, value in headers.items() if name.lower() == "content-type"]
    return HttpRequest(
        method=str(values.get("method", "POST" if body else "GET")),
        url=values["url"],
        headers=headers,
        query=values.get("query", {}),
        body=body,
        json=not types or "json" in types[0].lower(),
        not_found=values.get("not_found", ()),
        credits_at=values.get("credits_at", ""),
    )


def _client(table: ClientTable, workstreams: dict[str, Workstream]) -> Client:
    values = table.values
    pace_group = values.get("pace_group", table.slug)
    return Client(
        slug=table.slug,
        id=ClientId(values["id"]),
        name=values.get("name", table.slug),
        callback_secrets=values.get("callback_secret", ()),
        customers=values["customers"],
        budget_credits=values.get("budget_credits"),
        budget_period=values.get("budget_period"),
        pace_group=pace_group,
        webhooks={
            (slug, workflow): _webhook(webhook, workstreams[slug], workflow, pace_group)
            for (slug, workflow), webhook in table.webhooks.items()
        },
    )


def _webhook(values: dict[str, Any], workstream: Workstream, workflow: str, pace_group: str) -> Webhook:
    lane = own_lane(evolve(workstream.lanes[workflow], **_only(values, LANE_KEYS)), pace_group)
    of_step = workstream.http.get(workflow)
    if of_step is None:
        return Webhook(url=values["url"], auth=values.get("auth"), lane=lane)
    request = evolve(
        of_step,
        url=values.get("url", of_step.url),
        headers=_over(of_step.headers, values.get("headers", {})),
        query={**of_step.query, **values.get("query", {})},
    )
    return Webhook(url=request.url, lane=lane, request=request)


def _over(headers: Mapping[str, Secret], own: Mapping[str, Secret]) -> dict[str, Secret]:
    """Headers with some in the place of those of the same name, in whatever case that is written."""
    replaced = {name.lower() for name in own}
    return {**{name: value for name, value in headers.items() if name.lower() not in replaced}, **own}


def _only(values: dict[str, Any], keys: frozenset[str]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key in keys}
