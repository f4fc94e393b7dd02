"""What the configuration makes of `http` steps: their own defaults, and what a client may replace."""

from datetime import timedelta

import pytest

from enrichcore.registry import ConfigurationError, Secret, parse, snapshot
from runners.masking import secrets

CLIENT_ID = "0b9c6a52-8c1e-4b8e-9a43-4f6e9d1a7c10"
TOML = f"""
[workstreams.leads]
ingest = "crm"

[[workstreams.leads.steps]]
workflow = "find_email"
kind = "http"
entity = "person"
url = "https://api.example/find?name={{person_full_name}}"
headers = {{ Authorization = "Bearer key-of-the-step-0123456789", accept = "application/json" }}
query = {{ plan = "basic" }}
{{step}}

[clients.acme]
id = "{CLIENT_ID}"
{{client}}
"""


def registry(step="", client=""):
    """A configuration with one `http` step."""
    return parse(TOML.replace("{step}", step).replace("{client}", client), env={"KEY": "key-of-the-client-0123456789"})


def test_a_client_needs_nothing_of_its_own():
    """No webhook, no secret: it has the step's request, in a lane of its own."""
    known = registry()
    ((workstream, workflow, webhook),) = known.webhooks_of(known.client("acme"))
    assert (workstream, workflow, webhook.lane.pace_group) == ("leads", "find_email", "acme")
    assert webhook == known.webhook("acme", "leads", "find_email")
    assert webhook.request is known.workstream("leads").http["find_email"]


def test_a_response_is_waited_for_shortly():
    """And there is no life to count; what the file says goes first."""
    step, lane = registry().workflow("leads", "find_email"), registry().lane("acme", "leads", "find_email")
    assert (step.answer_within, lane.max_in_flight, lane.lifetime_limit) == (timedelta(minutes=1), 32, None)
    assert step.result == "find_email"
    told = registry('answer_within = "3m"\nmax_in_flight = 5\nlifetime_limit = 100\nnot_found = [404, 422]')
    step, lane = told.workflow("leads", "find_email"), told.lane("acme", "leads", "find_email")
    assert (step.answer_within, lane.max_in_flight, lane.lifetime_limit) == (timedelta(minutes=3), 5, 100)
    assert told.workstream("leads").http["find_email"].not_found == (404, 422)


def test_a_client_may_have_its_own_key():
    """In the place of the step's, however the header is written; the rest stays."""
    own = '[clients.acme.webhooks.leads.find_email]\nheaders = { authorization = "env:KEY" }\nquery = { who = "acme" }'
    request = registry(client=own).webhook("acme", "leads", "find_email").request
    assert {name: value.reveal() for name, value in request.headers.items()} == {
        "accept": "application/json",
        "authorization": "key-of-the-client-0123456789",
    }
    assert {name: value.reveal() for name, value in request.query.items()} == {"plan": "basic", "who": "acme"}
    assert snapshot(registry(client=own)) != snapshot(registry())
    assert "key-of" not in str(snapshot(registry(client=own)))


def test_pages_hide_keys_and_not_words():
    """A short part of a request is a word that pages may need."""
    own = '[clients.acme.webhooks.leads.find_email]\nheaders = { authorization = "env:KEY" }'
    hidden = {secret.reveal() for secret in secrets(registry(client=own))}
    assert {"Bearer key-of-the-step-0123456789", "key-of-the-client-0123456789"} <= hidden
    assert not {"basic", "application/json"} & hidden


@pytest.mark.parametrize(
    ("step", "key"),
    [
        ("not_found = [99]", "workstreams.leads.steps.find_email.not_found[1]"),
        ("not_found = '404'", "workstreams.leads.steps.find_email.not_found[1]"),
        ("credits_when_empty = -1", "workstreams.leads.steps.find_email.credits_when_empty"),
    ],
)
def test_faults_are_named_by_their_keys(step, key):
    """As any other."""
    with pytest.raises(ConfigurationError) as caught:
        registry(step)
    assert [fault.key for fault in caught.value.faults] == [key]


@pytest.mark.parametrize(
    "notify", ['notify = "https://chat.example/1"', '[runner.notify]\nurl = "https://chat.example/1"']
)
def test_one_address_may_hear_everything(notify):
    """As a text or in a table."""
    assert dict(parse(f"[runner]\n{notify}").runner.notify) == {"url": Secret("https://chat.example/1")}
