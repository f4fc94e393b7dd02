"""Whatever a configuration holds, it is either used or refused with its faults; and a pinned pipeline comes back."""

import json
from datetime import timedelta
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from enrichcore.domain.pipeline import Condition, Entity, Kind, OnDoubt, OnFailure, Pipeline, Presence, Step
from enrichcore.registry import (
    ConfigurationError,
    Registry,
    Secret,
    fingerprint,
    init_text,
    parse,
    pipeline_from_json,
    pipeline_to_json,
    snapshot,
)
from enrichcore.registry.keys import CLIENT, LANE, RUNNER, STEP, WEBHOOK, WORKSTREAM

#: Any text that TOML can hold.
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
likely_words = st.sampled_from(
    [
        "",
        "env:",
        "env:SET",
        "env:NOPE",
        "local",
        "webhook",
        "http",
        "company",
        "person",
        "crm",
        "apollo",
        "a:b",
        "30d",
        "w",
        "s",
        "https://x.example/{person_email}",
        "person_email is missing",
        "0b9c6a52-8c1e-4b8e-9a43-4f6e9d1a7c10",
    ]
)
scalars = st.one_of(
    words,
    likely_words,
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.datetimes(),
    st.dates(),
    st.times(),
)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words | likely_words, inner, max_size=3),
    max_leaves=8,
)


def table(settings: tuple[Any, ...], **nested: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Tables with the right keys, mostly, and anything for values."""
    known = {setting.key: anything for setting in settings} | nested
    return st.fixed_dictionaries({}, optional=known | {"zap": anything}) | anything


names = st.sampled_from(["w", "s", "a b", "", "acme"])
hooks = st.dictionaries(names, st.dictionaries(names, table(WEBHOOK), max_size=2) | anything, max_size=2)
steps = st.lists(table(STEP + LANE, workflow=names | anything, kind=likely_words), max_size=3)
configurations = st.fixed_dictionaries(
    {},
    optional={
        "runner": table(RUNNER),
        "workstreams": st.dictionaries(names, table(WORKSTREAM, steps=steps | anything), max_size=2) | anything,
        "clients": st.dictionaries(names, table(CLIENT, webhooks=hooks | anything), max_size=2) | anything,
        "zap": anything,
    },
)


def toml(value: Any) -> str:
    """The value as TOML writes it inside a line."""
    match value:
        case bool():
            return str(value).lower()
        case str():
            return json.dumps(value).replace("\x7f", "\\u007f") if value.isascii() else quoted(value)
        case int() | float():
            return str(value)
        case list():
            return f"[{', '.join(map(toml, value))}]"
        case dict():
            return "{" + ", ".join(f"{quoted(key)} = {toml(entry)}" for key, entry in value.items()) + "}"
        case _:
            return str(value.isoformat())


def quoted(text: str) -> str:
    """The text as a TOML string, every sign of it escaped."""
    return '"' + "".join(f"\\U{ord(sign):08X}" for sign in text) + '"'


def lines(tree: dict[str, Any]) -> str:
    """The tree as a TOML document."""
    return "\n".join(f"{quoted(key)} = {toml(entry)}" for key, entry in tree.items())


def registry_or_error(text: str | bytes, env: dict[str, str]) -> Registry | ConfigurationError:
    """What parsing comes to; any other exception passes."""
    try:
        return parse(text, env=env)
    except ConfigurationError as error:
        return error


@given(configurations | st.dictionaries(words, anything, max_size=3))
def test_any_table_is_a_registry_or_a_configuration_error(tree):
    """No content of a TOML file raises anything else; faults are complete, and what is accepted can be recorded."""
    found = registry_or_error(lines(tree), env={"SET": "value"})
    if isinstance(found, ConfigurationError):
        assert found.faults
        assert all(fault.key and fault.problem and fault.remedy for fault in found.faults)
        assert len(str(found).split("\n")) == len(found.faults) + 1
    else:
        assert json.loads(json.dumps(snapshot(found))) == snapshot(found)
        assert len(fingerprint(found)) == 64


@given(st.text() | st.binary())
@example("[[a]]\n[a]\n")
@example("\x00")
@example(b"\xef\xbb\xbf\xef\xbb\xbf")
def test_any_text_is_a_registry_or_a_configuration_error(text):
    """No text or bytes at all raise anything else."""
    found = registry_or_error(text, env={})
    assert isinstance(found, Registry) or found.faults


@given(st.data())
def test_any_damage_to_a_configuration_is_told(data):
    """A sound file with a piece cut out or put in is accepted or refused, never a traceback."""
    text = init_text()
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 40)))
    found = registry_or_error(text[:start] + data.draw(st.text(max_size=5)) + text[end:], env={})
    assert isinstance(found, Registry) or found.faults


secrets = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=30).map(
    lambda text: f"~{text}~"
)


@given(secrets, secrets)
def test_secrets_are_never_told(callback_secret, token):
    """Neither the registry's repr, nor the snapshot, nor an error holds a secret."""
    env = {"CALLBACK": callback_secret, "URL": f"https://hooks.example/{token}", "BAD": f"hooks.example/{token}"}
    text = """
        [workstreams.w]
        ingest = "crm"
        [[workstreams.w.steps]]
        workflow = "s"
        kind = "webhook"
        entity = "person"
        [clients.acme]
        id = "0b9c6a52-8c1e-4b8e-9a43-4f6e9d1a7c10"
        callback_secret = "env:CALLBACK"
        webhooks.w.s.url = "env:URL"
    """
    registry = parse(text, env=env)
    broken = text.replace("env:URL", "env:BAD").replace("acme]", "acme]\nlabel = 1")
    error = registry_or_error(broken, env)
    assert isinstance(error, ConfigurationError)
    told = [repr(registry), str(registry), json.dumps(snapshot(registry), ensure_ascii=False), str(error), repr(error)]
    assert not [part for part in told if callback_secret in part or token in part]
    assert registry.client("acme").callback_secrets == (Secret(callback_secret),)


names_of_fields = st.from_regex(r"(person|company)_[a-z]{1,8}", fullmatch=True)
durations = st.timedeltas(timedelta(), timedelta(days=3650))
pipelines = st.builds(
    Pipeline,
    workstream=words,
    steps=st.lists(
        st.builds(
            Step,
            workflow=words,
            kind=st.sampled_from(Kind),
            entity=st.sampled_from(Entity),
            result=words,
            function=words,
            answer_within=durations,
            attempts=st.integers(1, 100),
            on_doubt=st.sampled_from(OnDoubt),
            on_failure=st.sampled_from(OnFailure),
            reuse_within=durations,
            when=st.none() | st.builds(Condition, field=names_of_fields, presence=st.sampled_from(Presence)),
        ),
        max_size=5,
    ),
)


@given(pipelines)
def test_a_pinned_pipeline_comes_back_the_same(pipeline):
    """What the launch event holds is the pipeline, through JSON and back."""
    assert pipeline_from_json(json.loads(json.dumps(pipeline_to_json(pipeline)))) == pipeline
