"""Launches that are refused, because their rows would wait for ever."""

import pytest

from enrichcore import CannotLaunch, Enrichment, MemoryStore
from enrichcore.registry import parse

TOML = """
[workstreams.plain]
label = "Plain"
ingest = "crm"

[[workstreams.plain.steps]]
workflow = "find_email"
kind = "webhook"
entity = "person"

[clients.acme]
id = "0b9c6a52-8c1e-4b8e-9a43-4f6e9d1a7c10"
name = "Acme"
callback_secret = "a-secret-for-tests"
"""
ROWS = b"First Name,Last Name,Email\nAnn,Ardley,ann@quillhaven.example\n"


def test_a_pipeline_that_could_never_send_is_not_launched() -> None:
    """Nothing is launched whose rows nobody would ever take, and the refusal names what is missing."""
    application = Enrichment(MemoryStore(), parse(TOML))
    report = application.upload(ROWS, client="acme", workstream="plain")
    assert report.upload_id is not None
    with pytest.raises(CannotLaunch, match=r"clients\.acme\.webhooks\.plain\.find_email"):
        application.launch(report.upload_id)
    assert application.store.batches() == []
