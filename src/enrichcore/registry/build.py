"""Makes the values out of what was read and found sound."""

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
        rules=Rules(sources=tables.fields, **tables.indicators),
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
        lanes={step["workflow"]: LaneSettings(**_only(step, LANE_KEYS)) for step in sending},
        http={step["workflow"]: _http(step) for step in sending if step["kind"] is Kind.HTTP},
    )


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
    lane = evolve(workstream.lanes[workflow], **_only(values, LANE_KEYS))
    url = values["url"] if "url" in values else workstream.http[workflow].url
    return Webhook(url=url, auth=values.get("auth"), lane=own_lane(lane, pace_group))


def _only(values: dict[str, Any], keys: frozenset[str]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key in keys}
