"""The page on the HTTP API: its examples run as they are written, and it names every route and field."""

import json
import os
import re
import subprocess

import httpx
import pytest
from attrs import evolve, frozen

from enrichcore.projection import catch_up
from enrichcore.registry import Secret
from projections import READ_MODELS
from runners.daemon import Daemon, Role
from tests.contracts.world import configuration
from tests.end_to_end.pages_world import fresh_database, with_runner
from tests.in_a_thread import running
from tests.unit.docs.pages import ROOT

pytestmark = [pytest.mark.postgres, pytest.mark.end_to_end]

PAGE = (ROOT / "docs" / "api.md").read_text("utf-8")
PEOPLE = b"""First Name,Last Name,Email,Job Title,Company Name,Company Domain Name
Ottoline,Fennimarsh,,Chief Technology Officer,"Quillhaven Robotics, Inc.",quillhaven.example
"""
TOKEN = "token-of-the-api"
SECRET = "secret-of-the-callbacks"
_FENCE = re.compile(r"^```(sh|json)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^### (GET|POST) (/api/v1\S*)$", re.MULTILINE)
_CURL = re.compile(r"^curl .*?(?<!\\)$", re.MULTILINE | re.DOTALL)
#: What differs from one run to the next: ids and times.
_OF_A_RUN = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d{4}-\d\d-\d\dT\S+")
#: The values of the environment that later examples take from earlier answers.
_TAKEN = {"upload_id": "UPLOAD_ID", "batch_id": "BATCH_ID", "item_id": "ITEM_ID"}


@frozen
class Example:
    """Commands, and what the page says that the last of them answers."""

    commands: tuple[str, ...]
    answer: object


def examples():
    """Those of the page, in its order."""
    blocks = _FENCE.findall(PAGE)
    for (language, text), (follows, answer) in zip(blocks, [*blocks[1:], ("", "")], strict=True):
        if language == "sh" and (commands := tuple(_CURL.findall(text))):
            yield Example(commands, json.loads(answer) if follows == "json" else None)


@pytest.fixture
def daemon(tmp_path_factory):
    """A daemon with a token that shows pages and takes callbacks, and sends nothing."""
    registry = with_runner(configuration(), api_token=Secret(TOKEN), port=0)
    acme = evolve(registry.clients["acme"], callback_secrets=(Secret(SECRET),))
    registry = evolve(registry, clients={**registry.clients, "acme": acme})
    with (
        fresh_database(tmp_path_factory.mktemp("api")) as url,
        running(Daemon(registry, url, frozenset({Role.WEB, Role.RECEIVER}))) as up,
    ):
        yield up


def arguments(command, environment):
    """The arguments of a command, as a shell makes them; curl itself need not be there."""
    shown = subprocess.run(
        ["bash", "-c", f'curl() {{ printf "%s\\0" "$@"; }}\n{command}'],
        env={**os.environ, **environment},
        capture_output=True,
        check=True,
        text=True,
    )
    return shown.stdout.split("\0")[:-1]


def sent(command, environment):
    """What curl would send, sent."""
    given = iter(arguments(command, environment))
    url, method, headers, form, body = "", "", {}, {}, None
    for word in given:
        match word:
            case "-H":
                name, _, value = next(given).partition(": ")
                headers[name] = value
            case "-F":
                name, _, value = next(given).partition("=")
                form[name] = value
            case "-d":
                body = next(given)
            case "-X":
                method = next(given)
            case _:
                url = word
    files = {name: (value[1:], PEOPLE) for name, value in form.items() if value.startswith("@")}
    data = {name: value for name, value in form.items() if name not in files}
    method = method or ("POST" if form or body is not None else "GET")
    return httpx.request(method, url, headers=headers, content=body, data=data or None, files=files or None)


def shows(told, answer):
    """Whether an answer is as the page tells it, which may leave out parts and has ids and times of another run."""
    match told:
        case dict():
            return all(name in answer and shows(value, answer[name]) for name, value in told.items())
        case list():
            return not told or shows(told[0], answer[0])
        case str() if _OF_A_RUN.fullmatch(told):
            return bool(_OF_A_RUN.fullmatch(answer))
    return told == answer and type(told) is type(answer)


def remember(answer, environment):
    """Take ids out of an answer for later commands."""
    for value in answer if isinstance(answer, list) else answer.values():
        if isinstance(value, dict | list):
            remember(value, environment)
    if isinstance(answer, dict):
        environment |= {_TAKEN[name]: answer[name] for name in _TAKEN if isinstance(answer.get(name), str)}


def test_every_example_answers_what_the_page_says(daemon):
    """In the order of the page: each takes the ids that those before it were told."""
    environment = {"API": f"{daemon.address}/api/v1", "TOKEN": TOKEN, "ACME_CALLBACK_SECRET": SECRET}
    for example in examples():
        for command in example.commands:
            catch_up(daemon.application.store.pool, READ_MODELS)
            answer = sent(command.replace("http://127.0.0.1:8000", daemon.address), environment)
            assert answer.status_code in {200, 201}, f"{command}\n{answer.text}"
        if example.answer is not None:
            assert shows(example.answer, answer.json()), f"{example.commands[-1]}\n{answer.text}"
            remember(answer.json(), environment)


def test_the_page_has_every_route_and_field(daemon):
    """What the OpenAPI document has: a heading for each route, and each field of its body below it."""
    described = httpx.get(f"{daemon.address}/schema").json()
    routes = {
        (method.upper(), path): route
        for path, methods in described["paths"].items()
        for method, route in methods.items()
    }
    parts = _HEADING.split(PAGE)
    sections = {(parts[at], parts[at + 1]): parts[at + 2] for at in range(1, len(parts), 3)}
    assert sections.keys() == routes.keys()
    for which, route in routes.items():
        missing = [name for name in fields_of(route, described) if f"`{name}`" not in sections[which]]
        assert not missing, which


def fields_of(route, described):
    """The fields of a route's body and query."""
    yield from (one["name"] for one in route.get("parameters", ()) if one["in"] == "query")
    for content in route.get("requestBody", {}).get("content", {}).values():
        for schema in (content["schema"], *content["schema"].get("oneOf", ())):
            if "$ref" in schema:
                for name, field in named(schema, described)["properties"].items():
                    yield name
                    # Of all states only ends are taken, which the page tells.
                    if "$ref" in field:
                        yield from named(field, described)["enum"]


def named(schema, described):
    """The schema that a reference means."""
    return described["components"]["schemas"][schema["$ref"].rpartition("/")[2]]


def test_the_document_says_that_a_token_is_needed(daemon):
    """Programs that are made from it know where to put it."""
    described = httpx.get(f"{daemon.address}/schema").json()
    (name,) = described["components"]["securitySchemes"]
    assert described["components"]["securitySchemes"][name]["scheme"] == "bearer"
    assert described["security"] == [{name: []}]


@pytest.mark.parametrize(
    ("path", "body", "reason"),
    [
        ("/batches", {}, "The request cannot be read: the field `upload_id` is missing"),
        ("/batches", {"upload_id": "x"}, "The request cannot be read: upload_id: this is no uuid"),
        ("/batches", {"upload_id": 5}, "The request cannot be read: upload_id: give a uuid and not a whole number"),
        ("/batches", [], "The request cannot be read: give an object and not a list"),
        ("/uploads", None, "x.csv is empty: export the records again as CSV."),
    ],
)
def test_a_fault_is_said_for_people(daemon, path, body, reason):
    """Which field, and what is wrong with it; the name of a file stays as it is."""
    headers = {"authorization": f"Bearer {TOKEN}"}
    given = {"json": body} if body is not None else {
        "files": {"file": ("x.csv", b"")}, "data": {"client": "acme", "workstream": "crm_data"}
    }  # fmt: skip
    answer = httpx.post(f"{daemon.address}/api/v1{path}", headers=headers, **given)
    assert answer.json()["reason"] == reason
