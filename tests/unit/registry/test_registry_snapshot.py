"""The recorded configuration tells every change, and no secret."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichcore.registry import differences, fingerprint, init_text, parse, snapshot

ENV = {
    "ACME_CALLBACK_SECRET": "callback-words",
    **{
        f"ACME_{name}_URL": f"https://hooks.example/{name.lower()}/tarnished-spoon"
        for name in ("APOLLO_COMPANY", "APOLLO_PERSON", "APOLLO_EMAIL", "CRM_COMPANY", "CRM_PERSON", "CRM_EMAIL")
    },
}
HTTP_STEP = """
[[workstreams.crm_data.steps]]
workflow = "score"
kind = "http"
entity = "person"
url = "https://api.example/tarnished-spoon"
headers = { key = "callback-words" }
"""


def text_with_http() -> str:
    """The template, with an http step besides."""
    return init_text().replace("# --- Clients", HTTP_STEP + "# --- Clients")


def test_a_snapshot_is_json_with_clients_and_workstreams():
    """It has each client's and workstream's own, ready for an event."""
    content = snapshot(parse(text_with_http(), env=ENV))
    assert json.loads(json.dumps(content)) == content
    acme = content["clients"]["acme"]
    assert (acme["id"], acme["slug"], acme["name"]) == ("0b9c6a52-8c1e-4b8e-9a43-4f6e9d1a7c10", "acme", "Acme GTM")
    assert (acme["customers"], acme["budget_credits"], acme["budget_period_s"]) == (
        ["quillhaven.example"],
        "5000",
        None,
    )
    assert content["workstreams"]["crm_data"]["label"] == "CRM data"
    assert len(content["workstreams"]["crm_data"]["pipeline"]["steps"]) == 4


def test_no_secret_is_in_the_snapshot_or_the_registry():
    """Webhooks, secrets and requests are there by fingerprint only."""
    registry = parse(text_with_http(), env=ENV)
    for told in (json.dumps(snapshot(registry)), repr(registry), str(registry)):
        assert "spoon" not in told
        assert "callback-words" not in told
    assert registry.client("acme").callback_secrets[0].fingerprint() in json.dumps(snapshot(registry))


#: Each change of the file, and the key that it is a change of.
CHANGES = [
    ("budget_credits = 5000", "budget_credits = 5001", "clients.acme.budget_credits"),
    ('customers = ["quillhaven.example"]', "customers = []", "clients.acme.customers"),
    ('label = "CRM data"', 'label = "CRM"', "workstreams.crm_data.label"),
    ("attempts = 1 ", "attempts = 2 ", "workstreams.apollo_scrape.steps.enrich_company_via_waterfall_in_clay.attempts"),
    ("rate = 10 ", "rate = 9 ", "workstreams.apollo_scrape.steps.enrich_company_via_waterfall_in_clay.rate"),
    ("credits_per_send = 1.0", "credits_per_send = 1.01", "workstreams.apollo_scrape.steps.enrich_company_via_waterfall_in_clay.credits_per_send"),
    ('"callback-words"', '"other-words"', "workstreams.crm_data.steps.score.request"),
    ("https://api.example/", "https://api2.example/", "workstreams.crm_data.steps.score.request"),
    ('"env:ACME_CRM_EMAIL_URL"', '"env:ACME_CRM_PERSON_URL"', "clients.acme.webhooks.crm_data.find_email_via_waterfall.url"),
    ('# auth = "env:ACME_CLAY_AUTH"', 'auth = "words"', "clients.acme.webhooks.apollo_scrape.enrich_company_via_waterfall_in_clay.auth"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "key"), CHANGES)
def test_the_keys_that_changed_are_named_and_never_what_they_hold(old, new, key):
    """Also from a snapshot that went through the log."""
    text = text_with_http()
    before, after = (snapshot(parse(told, env=ENV)) for told in (text, text.replace(old, new, 1)))
    assert differences(json.loads(json.dumps(before)), after) == [key]
    public = [] if key.rpartition(".")[2] in {"url", "auth", "request"} else [key]
    assert differences(before, after, secrets=False) == public


def test_a_secret_of_the_environment_and_a_client_that_is_new_are_named():
    """Where the file is the same, the environment may differ; what is there on one side only is named once."""
    text = text_with_http()
    one, other = parse(text, env=ENV), parse(text, env={**ENV, "ACME_CALLBACK_SECRET": "words-of-another-day"})
    assert differences(snapshot(one), snapshot(other)) == ["clients.acme.callback_secret"]
    more = parse(f"{text}\n[clients.bo]\nid = '5d3f8c8e-3a52-4c0c-9b53-0f2b6a6f4a11'\n", env=ENV)
    assert differences(snapshot(more), snapshot(one)) == ["clients.bo"]


@given(st.sets(st.sampled_from(CHANGES)))
def test_any_changes_differ_where_their_fingerprints_do(changes):
    """Whatever is changed together; no difference is overlooked."""
    text = changed = text_with_http()
    for old, new, _ in changes:
        changed = changed.replace(old, new, 1)
    one, other = parse(text, env=ENV), parse(changed, env=ENV)
    assert set(differences(snapshot(one), snapshot(other))) == {key for _, _, key in changes}
    assert bool(changes) == (fingerprint(one) != fingerprint(other))


@pytest.mark.parametrize(("old", "new", "_key"), CHANGES)
def test_every_change_changes_the_fingerprint(old, new, _key):
    """What an item, a send or a lead depends on cannot change unnoticed."""
    text = text_with_http()
    assert old in text
    assert fingerprint(parse(text, env=ENV)) != fingerprint(parse(text.replace(old, new), env=ENV))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('listen = "127.0.0.1:8000"', 'listen = "0.0.0.0:9000"'),
        ("budget_credits = 5000", "budget_credits = 5_000.0"),
        ('answer_within = "6h"', 'answer_within = "360m"'),
        ("# --- Clients", "# --- Tenants"),
    ],
)
def test_what_says_the_same_has_the_same_fingerprint(old, new):
    """Spelling, comments and the host's own settings are no change."""
    text = text_with_http()
    assert fingerprint(parse(text, env=ENV)) == fingerprint(parse(text.replace(old, new), env=ENV))


def test_the_order_of_tables_is_no_change():
    """Clients in another order are the same configuration."""
    first = "[clients.a]\nid = '0b9c6a52-8c1e-4b8e-9a43-4f6e9d1a7c10'\n"
    second = "[clients.b]\nid = '5d3f8c8e-3a52-4c0c-9b53-0f2b6a6f4a11'\n"
    assert fingerprint(parse(first + second, env={})) == fingerprint(parse(second + first, env={}))
