"""Workstreams and clients: plain TOML into frozen values, every fault named by its key, all of them at once.

Reads text, environment and the files that the configuration names; sends nothing, stores nothing, and imports
`enrichcore.domain` only. Secrets and webhook URLs are `Secret` values, which show nothing of themselves in any text,
error or snapshot.
"""

from enrichcore.registry.checks import missing_webhooks
from enrichcore.registry.differences import differences
from enrichcore.registry.errors import (
    ConfigurationError,
    ConfigurationExistsError,
    Fault,
    RegistryError,
    UnknownClientError,
    UnknownNameError,
    UnknownWorkflowError,
    UnknownWorkstreamError,
)
from enrichcore.registry.functions import check_functions, check_functions_in, load_functions, why_unloadable
from enrichcore.registry.http_request import HttpRequest, RenderedRequest
from enrichcore.registry.notices import Notice
from enrichcore.registry.parse import find_configuration, load, parse
from enrichcore.registry.reference import reference_markdown
from enrichcore.registry.registry import Registry
from enrichcore.registry.secret import Secret
from enrichcore.registry.settings import Client, Ingest, LaneSettings, RunnerSettings, Webhook, Workstream
from enrichcore.registry.snapshot import fingerprint, pipeline_from_json, pipeline_to_json, snapshot
from enrichcore.registry.template import init_text, write_template

__all__ = [
    "Client",
    "ConfigurationError",
    "ConfigurationExistsError",
    "Fault",
    "HttpRequest",
    "Ingest",
    "LaneSettings",
    "Notice",
    "Registry",
    "RegistryError",
    "RenderedRequest",
    "RunnerSettings",
    "Secret",
    "UnknownClientError",
    "UnknownNameError",
    "UnknownWorkflowError",
    "UnknownWorkstreamError",
    "Webhook",
    "Workstream",
    "check_functions",
    "check_functions_in",
    "differences",
    "find_configuration",
    "fingerprint",
    "init_text",
    "load",
    "load_functions",
    "missing_webhooks",
    "parse",
    "pipeline_from_json",
    "pipeline_to_json",
    "reference_markdown",
    "snapshot",
    "why_unloadable",
    "write_template",
]
