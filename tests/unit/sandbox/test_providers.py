"""The providers: each answers at once, about the people it knows."""

import json

import pytest

from enrichcore.domain.answers import Rank
from enrichcore.domain.pipeline import Entity
from enrichcore.fields import read_answer
from runners.sandbox import Faults

NAMES = [f"Ann{number} Fennimarsh" for number in range(40)]


async def asked(world, provider="find-email", **query):
    """A provider's response to a GET."""
    return await world.client.get(f"/providers/{provider}", params={"domain": "quillhaven.example", **query})


def test_a_provider_knows_some_people_and_always_the_same(in_sandbox):
    """Another knows others; all addresses are those of the company that was asked about."""

    async def scenario(world):
        found = {}
        for provider in ("find-email", "other-email", "find-email"):
            bodies = [(await asked(world, provider, name=name)).content for name in NAMES]
            found.setdefault(provider, []).append(bodies)
        first, again = found["find-email"]
        assert first == again != found["other-email"][0]
        readings = [read_answer(body, entity=Entity.PERSON) for body in first]
        assert {reading.rank for reading in readings} == {Rank.DATA, Rank.EMPTY}
        emails = [reading.fields["person_email"] for reading in readings if reading.rank is Rank.DATA]
        assert all(email.endswith("@quillhaven.example") for email in emails)
        assert all("person_email_status" in reading.fields for reading in readings if reading.rank is Rank.DATA)

    in_sandbox(scenario)


def test_a_company_and_a_person_may_be_asked_about(in_sandbox):
    """By the provider's name, by GET or POST."""

    async def scenario(world):
        company = (await asked(world, "company-data")).content
        assert read_answer(company, entity=Entity.COMPANY).fields["company_domain"] == "quillhaven.example"
        body = {"full_name": NAMES[0], "company": "Quillhaven"}
        person = (await world.client.post("/providers/person-data", json=body)).content
        assert read_answer(person, entity=Entity.PERSON).fields["person_full_name"] == NAMES[0]

    in_sandbox(scenario, provider_knows=1)


def test_nothing_found_may_be_a_status(in_sandbox):
    """As some providers have it."""

    async def scenario(world):
        response = await asked(world, name=NAMES[0])
        assert (response.status_code, response.json()["reason"]) == (404, "nothing was found")

    in_sandbox(scenario, provider_knows=0, not_found_status=404)


@pytest.mark.parametrize(
    ("faults", "status"),
    [
        ({"status_429": 1, "retry_after": 7}, 429),
        ({"status_402": 1}, 402),
        ({"error_answer": 1}, 200),
        ({"garbage": 1}, 200),
        ({"empty": 1}, 200),
    ],
)
def test_faults_happen_on_request(in_sandbox, faults, status):
    """And what was not taken costs nothing."""

    async def scenario(world):
        response = await asked(world, name=NAMES[0])
        assert response.status_code == status
        reading = read_answer(response.content, entity=Entity.PERSON)
        assert reading.rank in {Rank.ERROR, Rank.EMPTY}
        assert (await world.stats())["rows_taken"] == (status == 200)

    in_sandbox(scenario, faults=Faults(**faults), provider_knows=1)


def test_a_key_is_asked_for_where_one_is_set(in_sandbox):
    """In any of the usual places."""

    async def scenario(world):
        ask = "/providers/find-email?name=Ann"
        assert (await world.client.get(ask)).status_code == 401
        for given in ({"headers": {"authorization": "Bearer k"}}, {"headers": {"x-api-key": "k"}}):
            assert (await world.client.get(ask, **given)).status_code == 200
        assert (await world.client.get(f"{ask}&api_key=k")).status_code == 200

    in_sandbox(scenario, provider_key="k")


def test_what_was_asked_is_shown(in_sandbox):
    """Under our names, with the attempt's key; a second request about the same person counts as doubled."""

    async def scenario(world):
        for key in ("one", "two"):
            body = {"item_id": "i1", "name": NAMES[0], "domain": "quillhaven.example"}
            await world.client.post("/providers/find-email", json=body, headers={"idempotency-key": key})
        (first, _) = (await world.client.get("/sandbox/posts")).json()["posts"]
        assert (first["hook"], first["item_id"], first["idempotency_key"]) == ("providers/find-email", "i1", "one")
        assert first["payload"]["person_full_name"] == NAMES[0]
        assert (await world.stats())["double_posts"] == 1

    in_sandbox(scenario)


@pytest.mark.parametrize("body", [b"{", b"[]", b"[" * 50_000])
def test_what_is_no_request_is_refused(in_sandbox, body):
    """With a reason."""

    async def scenario(world):
        response = await world.client.post("/providers/find-email", content=body)
        assert response.status_code == 400
        assert json.loads(response.content)["reason"]

    in_sandbox(scenario)
