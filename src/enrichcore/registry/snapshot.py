"""The configuration as JSON: what goes into an event when it changes, and a pipeline as the launch event pins it.

Nothing secret is in it: webhooks, secrets and `http` requests appear as fingerprints, enough to see that one changed.
The runner's own settings are left out, since hosts that share a database rightly differ in them.
"""

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any

from attrs import asdict

from enrichcore.domain.pipeline import Condition, Entity, Kind, OnDoubt, OnFailure, Pipeline, Presence, Step
from enrichcore.fields import rules_to_json
from enrichcore.registry.http_request import HttpRequest
from enrichcore.registry.registry import Registry
from enrichcore.registry.secret import Secret
from enrichcore.registry.settings import Client, LaneSettings, Workstream


def snapshot(registry: Registry) -> dict[str, Any]:
    """What the configuration says of clients and workstreams, fit for JSON and free of secrets."""
    told = {
        "workstreams": {slug: _workstream(workstream) for slug, workstream in registry.workstreams.items()},
        "clients": {slug: _client(client) for slug, client in registry.clients.items()},
    }
    # The shipped rules are not written, so that configurations from before there were any keep their fingerprints.
    rules = rules_to_json(registry.rules)
    return {**told, "rules": rules} if rules else told


def fingerprint(registry: Registry) -> str:
    """64 hexadecimal digits, the same for the same content, in whatever order and layout it is written."""
    return sha256(_canonical(snapshot(registry)).encode()).hexdigest()


def _canonical(content: Any) -> str:
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _workstream(workstream: Workstream) -> dict[str, Any]:
    return {
        "label": workstream.label,
        "ingest": str(workstream.ingest),
        "pipeline": pipeline_to_json(workstream.pipeline),
        "lanes": {workflow: _lane(lane) for workflow, lane in workstream.lanes.items()},
        "http": {workflow: _http(request) for workflow, request in workstream.http.items()},
    }


def _client(client: Client) -> dict[str, Any]:
    return {
        "id": str(client.id),
        "slug": client.slug,
        "name": client.name,
        "customers": list(client.customers),
        "budget_credits": None if client.budget_credits is None else _decimal_text(client.budget_credits),
        "budget_period_s": None if client.budget_period is None else _seconds(client.budget_period),
        "callback_secrets": [secret.fingerprint() for secret in client.callback_secrets],
        "webhooks": [
            {
                "workstream": workstream,
                "workflow": workflow,
                "url": webhook.url.fingerprint() if webhook.request is None else _http(webhook.request),
                "auth": webhook.auth.fingerprint() if webhook.auth else None,
                "lane": _lane(webhook.lane),
            }
            for (workstream, workflow), webhook in sorted(client.webhooks.items())
        ],
    }


def _lane(lane: LaneSettings) -> dict[str, Any]:
    written = {**asdict(lane), "credits_per_send": _decimal_text(lane.credits_per_send)}
    if lane.credits_when_empty is None:
        del written["credits_when_empty"]
    else:
        written["credits_when_empty"] = _decimal_text(lane.credits_when_empty)
    return written


def _http(request: HttpRequest) -> str:
    """The request's fingerprint: any change of any part of it changes it."""
    parts = {
        "method": request.method,
        "url": request.url.reveal(),
        "headers": {name: value.reveal() for name, value in request.headers.items()},
        "query": {name: value.reveal() for name, value in request.query.items()},
        "body": request.body.reveal() if request.body else None,
        "json": request.json,
        **({"not_found": request.not_found} if request.not_found else {}),
        **({"credits_at": request.credits_at} if request.credits_at else {}),
    }
    return Secret(_canonical(parts)).fingerprint()


def _decimal_text(number: Decimal) -> str:
    """The number without exponent and needless zeros, so that 5000 and 5000.0 are the same."""
    return f"{number.normalize():f}"


def _seconds(duration: timedelta) -> int | float:
    """Seconds, whole where they are; exact to the microsecond for 285 years."""
    seconds = duration.total_seconds()
    return int(seconds) if seconds.is_integer() else seconds


def _duration(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def _condition(text: str | None) -> Condition | None:
    if text is None:
        return None
    name, _, presence = text.partition(" is ")
    return Condition(field=name, presence=Presence(presence))


def _text(value: object) -> str:
    return str(value)


def _text_or_none(value: object) -> str | None:
    return None if value is None else str(value)


def _as_it_is(value: Any) -> Any:
    return value


#: Each field of a step: its name in JSON, how it is written, and how it is read.
STEP_FIELDS: Mapping[str, tuple[str, Callable[[Any], Any], Callable[[Any], Any]]] = {
    "workflow": ("workflow", _as_it_is, _as_it_is),
    "kind": ("kind", _text, Kind),
    "entity": ("entity", _text, Entity),
    "result": ("result", _as_it_is, _as_it_is),
    "function": ("function", _as_it_is, _as_it_is),
    "answer_within": ("answer_within_s", _seconds, _duration),
    "attempts": ("attempts", _as_it_is, _as_it_is),
    "on_doubt": ("on_doubt", _text, OnDoubt),
    "on_failure": ("on_failure", _text, OnFailure),
    "reuse_within": ("reuse_within_s", _seconds, _duration),
    "when": ("when", _text_or_none, _condition),
}


def pipeline_to_json(pipeline: Pipeline) -> dict[str, Any]:
    """The pipeline, fit for JSON; every field is written, so that later defaults do not change it."""
    return {
        "workstream": pipeline.workstream,
        "steps": [
            {name: write(getattr(step, field)) for field, (name, write, _) in STEP_FIELDS.items()}
            for step in pipeline.steps
        ],
    }


def pipeline_from_json(content: Mapping[str, Any]) -> Pipeline:
    """The pipeline that `pipeline_to_json` wrote.

    A field that an older version did not write has its default; what a newer one wrote besides is passed over.
    """
    return Pipeline(workstream=content["workstream"], steps=[_step_from_json(step) for step in content["steps"]])


def _step_from_json(content: Mapping[str, Any]) -> Step:
    return Step(**{field: read(content[name]) for field, (name, _, read) in STEP_FIELDS.items() if name in content})
