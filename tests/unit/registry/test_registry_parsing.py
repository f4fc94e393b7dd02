"""What a configuration says becomes values; what it leaves out has the documented default."""

from datetime import timedelta
from decimal import Decimal
from textwrap import dedent
from uuid import UUID

import pytest
from attrs.exceptions import FrozenInstanceError

from enrichcore.domain.pipeline import Condition, Entity, Kind, OnDoubt, OnFailure, Presence
from enrichcore.registry import (
    Registry,
    Secret,
    UnknownClientError,
    UnknownNameError,
    UnknownWorkflowError,
    UnknownWorkstreamError,
    missing_webhooks,
    parse,
)

ACME_ID = UUID("0b9c6a52-8c1e-4b8e-9a43-4f6e9d1a7c10")
CONTRACT = """
[runner]
listen = "127.0.0.1:8000"
callback_base_url = "https://enrich.example.com"

[workstreams.apollo_scrape]
label = "Apollo scrape"
ingest = "apollo"

[[workstreams.apollo_scrape.steps]]
workflow = "normalize_company_name"
kind = "local"
entity = "company"
function = "enrichcore.ingest.steps:normalize_company_name"

[[workstreams.apollo_scrape.steps]]
workflow = "enrich_company_via_waterfall_in_clay"
kind = "webhook"
entity = "company"
result = "company_profile"
answer_within = "12h"
attempts = 2
on_doubt = "resend"
on_failure = "stop"
reuse_within = "90s"
rate = 8
burst = 16
max_in_flight = 500
lifetime_limit = 40000
credits_per_send = 1.5

[[workstreams.apollo_scrape.steps]]
workflow = "find_email_via_waterfall"
kind = "webhook"
entity = "person"
when = "person_email is missing"

[[workstreams.apollo_scrape.steps]]
workflow = "look_up_funding"
kind = "http"
entity = "company"
url = "https://api.funding.example/{company_domain}"
headers = { authorization = "env:FUNDING_KEY" }
body = { name = "{company_name}", limit = 3 }

[clients.acme]
id = "0b9c6a52-8c1e-4b8e-9a43-4f6e9d1a7c10"
name = "Acme GTM"
callback_secret = "env:ACME_CALLBACK_SECRET"
customers = ["quillhaven.example"]
budget_credits = 5000

[clients.acme.webhooks.apollo_scrape.enrich_company_via_waterfall_in_clay]
url = "env:ACME_APOLLO_COMPANY_URL"
auth = "env:ACME_CLAY_AUTH"
rate = 5

[clients.acme.webhooks.apollo_scrape.look_up_funding]
burst = 1
"""
ENV = {
    "ACME_CALLBACK_SECRET": "callback-words",
    "ACME_APOLLO_COMPANY_URL": "https://hooks.example/v1/abc",
    "ACME_CLAY_AUTH": "auth-words",
    "FUNDING_KEY": "Bearer key-words",
}
COMPANY = ("acme", "apollo_scrape", "enrich_company_via_waterfall_in_clay")


@pytest.fixture
def registry() -> Registry:
    """The contract's example, with an http step besides."""
    return parse(CONTRACT, env=ENV)


def client_of(lines: str):
    """The client of a configuration that has these lines besides its id."""
    return parse(f'[clients.acme]\nid = "{ACME_ID}"\n{dedent(lines)}', env={}).client("acme")


def test_the_runner_is_read(registry):
    """Address and callback URL are as written; the rest has its defaults."""
    runner = registry.runner
    assert (runner.host, runner.port, runner.callback_base_url) == ("127.0.0.1", 8000, "https://enrich.example.com")
    assert (runner.timeout_grace, runner.lease) == (timedelta(minutes=15), timedelta(seconds=60))
    assert (dict(runner.notify), runner.api_token) == ({}, None)


def test_an_empty_text_is_a_configuration():
    """Nothing configured is all defaults, no workstreams and no clients."""
    empty = parse("", env={})
    assert (empty.runner.host, empty.runner.port) == ("127.0.0.1", 8000)
    assert (dict(empty.workstreams), dict(empty.clients)) == ({}, {})


@pytest.mark.parametrize(
    ("listen", "host", "port", "callback_base_url"),
    [
        ("localhost:9000", "localhost", 9000, "http://localhost:9000"),
        ("0.0.0.0:80", "0.0.0.0", 80, "http://127.0.0.1:80"),
        ("[::1]:8000", "::1", 8000, "http://[::1]:8000"),
        ("[::]:8000", "::", 8000, "http://[::1]:8000"),
    ],
)
def test_callbacks_come_to_the_runner_by_default(listen, host, port, callback_base_url):
    """Without callback_base_url it is the runner's own address, one that can be connected to."""
    runner = parse(f'[runner]\nlisten = "{listen}"', env={}).runner
    assert (runner.host, runner.port, runner.callback_base_url) == (host, port, callback_base_url)


def test_steps_are_read_in_order(registry):
    """The pipeline has the steps of the file, in its order."""
    assert [step.workflow for step in registry.workstream("apollo_scrape").pipeline.steps] == [
        "normalize_company_name",
        "enrich_company_via_waterfall_in_clay",
        "find_email_via_waterfall",
        "look_up_funding",
    ]


def test_a_step_has_what_is_written(registry):
    """Every key of a step arrives in it."""
    step = registry.workflow("apollo_scrape", "enrich_company_via_waterfall_in_clay")
    assert (step.kind, step.entity, step.result) == (Kind.WEBHOOK, Entity.COMPANY, "company_profile")
    assert (step.answer_within, step.reuse_within) == (timedelta(hours=12), timedelta(seconds=90))
    assert (step.attempts, step.on_doubt, step.on_failure) == (2, OnDoubt.RESEND, OnFailure.STOP)


def test_a_condition_is_read(registry):
    """`when` becomes a condition of one field."""
    step = registry.workflow("apollo_scrape", "find_email_via_waterfall")
    assert step.when == Condition(field="person_email", presence=Presence.MISSING)


def test_a_local_step_has_a_function_and_no_result(registry):
    """A local step shares no answers."""
    step = registry.workflow("apollo_scrape", "normalize_company_name")
    assert (step.function, step.result) == ("enrichcore.ingest.steps:normalize_company_name", "")


@pytest.mark.parametrize(
    ("workflow", "result"),
    [
        ("enrich_company_via_waterfall_in_clay", "company_profile"),
        ("enrich_company_via_clay_waterfall", "company_profile"),
        ("enrich_person_via_waterfall_in_clay", "person_profile"),
        ("enrich_person_via_clay_waterfall", "person_profile"),
        ("find_email_via_waterfall", "work_email"),
        ("score_person", "score_person"),
    ],
)
def test_results_default_to_the_purpose_of_the_workflow(workflow, result):
    """The shipped workflows share answers over workstreams; any other has its own name for a result."""
    text = f"""
        [workstreams.w]
        ingest = "crm"
        [[workstreams.w.steps]]
        workflow = "{workflow}"
        kind = "webhook"
        entity = "person"
    """
    assert parse(dedent(text), env={}).workflow("w", workflow).result == result


def test_a_client_is_read(registry):
    """The client has what is written, with its secrets taken from the environment."""
    acme = registry.client("acme")
    assert (acme.id, acme.name, acme.customers) == (ACME_ID, "Acme GTM", ("quillhaven.example",))
    assert acme.callback_secrets == (Secret("callback-words"),)
    assert (acme.budget_credits, acme.budget_period) == (Decimal(5000), None)


def test_a_webhook_is_read(registry):
    """URL and authentication come from the environment."""
    webhook = registry.webhook(*COMPANY)
    assert webhook.url.reveal() == "https://hooks.example/v1/abc"
    assert webhook.auth.reveal() == "auth-words"


def test_a_clients_numbers_override_the_steps(registry):
    """What the client's webhook sets replaces the step's; the rest stays."""
    lane = registry.lane(*COMPANY)
    assert (lane.rate, lane.burst, lane.max_in_flight) == (5.0, 16, 500)
    assert (lane.lifetime_limit, lane.credits_per_send) == (40_000, Decimal("1.5"))


def test_a_lane_without_a_webhook_is_the_steps_own(registry):
    """A lane is known before its webhook is, and paces with the client's others."""
    lane = registry.lane("acme", "apollo_scrape", "find_email_via_waterfall")
    assert (lane.rate, lane.burst, lane.max_in_flight, lane.lifetime_limit) == (10.0, 20, 1000, 50_000)
    assert (lane.credits_per_send, lane.pace_group) == (Decimal(1), "acme")


@pytest.mark.parametrize(
    ("client_group", "step_group", "webhook_group", "expected"),
    [
        ("", "", "", "acme"),
        ("agency", "", "", "agency"),
        ("agency", "slow", "", "slow"),
        ("agency", "slow", "own", "own"),
    ],
)
def test_the_nearest_pace_group_counts(client_group, step_group, webhook_group, expected):
    """A webhook's group is before its step's, a step's before its client's, and that is the client itself."""
    written = [f'pace_group = "{group}"' if group else "" for group in (client_group, step_group, webhook_group)]
    text = f"""
        [workstreams.w]
        ingest = "crm"
        [[workstreams.w.steps]]
        workflow = "score"
        kind = "webhook"
        entity = "person"
        {written[1]}
        [clients.acme]
        id = "{ACME_ID}"
        callback_secret = "words"
        {written[0]}
        [clients.acme.webhooks.w.score]
        url = "https://hooks.example/1"
        {written[2]}
    """
    assert parse(dedent(text), env={}).lane("acme", "w", "score").pace_group == expected


def test_an_http_step_has_a_request(registry):
    """URL, headers and body are templates; a body makes it a POST."""
    request = registry.workstream("apollo_scrape").http["look_up_funding"]
    assert (request.method, request.json) == ("POST", True)
    assert request.fields == ("company_domain", "company_name")
    assert registry.webhook("acme", "apollo_scrape", "look_up_funding").url == request.url
    assert registry.lane("acme", "apollo_scrape", "look_up_funding").burst == 1


def test_a_client_goes_by_slug_and_by_uuid(registry):
    """Slug, uuid, and uuid as a text in any case are the same client."""
    assert {registry.client(name).slug for name in ("acme", ACME_ID, str(ACME_ID), str(ACME_ID).upper())} == {"acme"}


@pytest.mark.parametrize(
    ("ask", "error", "words"),
    [
        (lambda r: r.client("acne"), UnknownClientError, "did you mean acme?"),
        (lambda r: r.client(UUID(int=0)), UnknownClientError, "known: acme"),
        (lambda r: r.workstream("apollo"), UnknownWorkstreamError, "did you mean apollo_scrape?"),
        (lambda r: r.workflow("apollo_scrape", "zzz"), UnknownWorkflowError, "known: normalize_company_name, enrich"),
        (lambda r: r.webhook("acme", "nowhere", "zzz"), UnknownWorkstreamError, "known: apollo_scrape"),
        (lambda r: r.webhook("acme", "apollo_scrape", "zzz"), UnknownWorkflowError, "known: normalize"),
        (lambda r: r.lane("acme", "apollo_scrape", "normalize_company_name"), UnknownWorkflowError, "known: enrich"),
    ],
)
def test_an_unknown_name_is_told_with_the_known_ones(registry, ask, error, words):
    """A look-up that finds nothing raises a typed error that names what there is."""
    with pytest.raises(error) as caught:
        ask(registry)
    assert words in str(caught.value)
    assert isinstance(caught.value, UnknownNameError)
    assert caught.value.known


def test_a_registry_cannot_be_changed(registry):
    """Values and mappings are frozen."""
    with pytest.raises(FrozenInstanceError):
        registry.runner.port = 1
    with pytest.raises(TypeError):
        registry.clients["other"] = registry.clients["acme"]


def test_missing_webhooks_are_named_before_a_launch(registry):
    """Each webhook step without a webhook is told by its key; local and http steps need none."""
    faults = missing_webhooks(registry, str(ACME_ID), "apollo_scrape")
    assert [fault.key for fault in faults] == ["clients.acme.webhooks.apollo_scrape.find_email_via_waterfall"]


def test_secrets_may_be_a_list_for_rotation():
    """Every listed secret counts, each once."""
    assert client_of('callback_secret = ["new", "old", "new"]').callback_secrets == (Secret("new"), Secret("old"))


def test_a_budget_may_have_a_period():
    """A budget counts back over its period."""
    client = client_of('budget_credits = 12.5\nbudget_period = "30d"')
    assert (client.budget_credits, client.budget_period) == (Decimal("12.5"), timedelta(days=30))


def test_a_byte_order_mark_and_windows_line_ends_are_accepted():
    """A file saved by a Windows editor is read as any other."""
    text = b"\xef\xbb\xbf" + CONTRACT.replace("\n", "\r\n").encode()
    assert parse(text, env=ENV) == parse(CONTRACT, env=ENV)


def test_the_environment_is_the_process_own_by_default(monkeypatch):
    """Without a given environment the variables of the process count."""
    for name, value in ENV.items():
        monkeypatch.setenv(name, value)
    assert parse(CONTRACT) == parse(CONTRACT, env=ENV)
