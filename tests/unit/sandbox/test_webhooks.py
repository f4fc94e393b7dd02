"""The webhooks: what they take, what they refuse, and what they say."""

import asyncio
import email.utils
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runners.sandbox.pace import Bucket
from tests.unit.sandbox.sandbox_world import sandbox


def test_a_row_is_answered_ok_and_called_back(in_sandbox):
    """Any webhook name takes a row; its callback echoes the ids, with the secret of the client."""

    async def scenario(world):
        response = await world.post("anything/at all", item_id="i1", company_id="c1", company_domain="acme.example")
        assert (response.status_code, response.json()) == (200, {"status": "ok"})
        callback = await world.callback()
        assert callback.headers["authorization"] == "Bearer s3cret"
        assert callback.headers["content-type"] == "application/json"
        assert {"item_id": "i1", "company_id": "c1"}.items() <= json.loads(callback.content).items()

    in_sandbox(scenario, callback_secret="s3cret", shape="result")


def test_each_client_may_have_its_own_secret(in_sandbox):
    """A client's secret goes before the general one, in the header that was chosen; without any, no header is sent."""

    async def scenario(world):
        for client, secret in (("one", "first"), ("other", "general")):
            await world.post(item_id="i", client_id=client)
            callback = await world.callback()
            assert callback.headers["x-enrichcore-secret"] == secret
            assert "authorization" not in callback.headers

    in_sandbox(
        scenario, callback_secret="general", client_secrets={"one": "first"}, secret_header="x-enrichcore-secret"
    )

    async def without(world):
        await world.post(item_id="i")
        assert not {"authorization", "x-enrichcore-secret"} & set((await world.callback()).headers)

    in_sandbox(without)


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"{", 400), (b"", 400), (b"\xff\xfe", 400), (b"[]", 400), (b'"text"', 400), (b"[" * 50_000, 400), (b" " * 102_401, 413)],
)  # fmt: skip
def test_what_is_no_row_is_refused(in_sandbox, body, status):
    """Anything but one JSON object of at most 100 KB is refused with a reason, counted, and not taken."""

    async def scenario(world):
        response = await world.client.post("/hooks/clay", content=body)
        assert response.status_code == status
        assert response.json()["reason"]
        stats = await world.stats()
        assert (stats["posts_by_status"], stats["rows_taken"]) == ({str(status): 1}, 0)

    in_sandbox(scenario)


def test_webhook_authentication_is_checked_when_it_is_set(in_sandbox):
    """The right `x-clay-webhook-auth` is let in; none, or a wrong one, is 401."""

    async def scenario(world):
        tries = ({}, {"x-clay-webhook-auth": "wrong"}, {"x-clay-webhook-auth": "right"})
        statuses = [(await world.client.post("/hooks/clay", json={}, headers=given)).status_code for given in tries]
        assert statuses == [401, 401, 200]

    in_sandbox(scenario, webhook_auth="right")


def test_a_webhook_has_a_pace(in_sandbox):
    """Beyond its burst a webhook answers 429 with `Retry-After` and does not take the row; other webhooks go on."""

    async def scenario(world):
        responses = [await world.post("slow", item_id=f"i{number}") for number in range(5)]
        assert [response.status_code for response in responses] == [200, 200, 429, 429, 429]
        assert all(_wait_named(response) > 0 for response in responses[2:])
        assert (await world.post("other", item_id="i0")).status_code == 200
        stats = await world.stats()
        assert (stats["rows_taken"], stats["callbacks_sent"]) == (3, 3)

    in_sandbox(scenario, rate=0.001, burst=2)


def _wait_named(response):
    """A wait as `Retry-After` tells it: seconds, or whether the date is readable."""
    value = response.headers["retry-after"]
    return int(value) if value.isdigit() else email.utils.parsedate_to_datetime(value).timestamp()


@given(
    rate=st.floats(0.5, 100), burst=st.integers(1, 50), gaps=st.lists(st.floats(0, 2), min_size=1, max_size=100)
)  # fmt: skip
def test_a_bucket_never_gives_more_than_its_rate_and_burst(rate, burst, gaps):
    """Within any time a bucket gives at most its burst and what flowed in; a wait it names is long enough."""
    bucket, now, taken = Bucket(rate, burst), 0.0, 0
    for gap in gaps:
        now += gap
        wait = bucket.take(now)
        taken += wait == 0
        assert taken <= burst + rate * now + 1e-6
        if wait:
            assert bucket.take(now + wait + 1e-6) == 0
            taken, now = taken + 1, now + wait + 1e-6


def test_only_posts_to_known_places_are_answered(in_sandbox):
    """A wrong method is 405, an unknown path 404; health is always 200."""

    async def scenario(world):
        get, post = world.client.get, world.client.post
        answers = [await get("/hooks/clay"), await get("/nowhere"), await post("/hooks/"), await post("/healthz")]
        assert [answer.status_code for answer in answers] == [405, 404, 404, 405]
        assert (await get("/healthz")).json() == {"status": "ok"}

    in_sandbox(scenario)


@given(payload=st.dictionaries(
    st.sampled_from(["item_id", "workflow", "company_id", "person_id", "company_domain", "company_name", "person_full_name", "client_id", "x"]),
    st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text(), max_size=2),
))  # fmt: skip
def test_any_object_is_taken_and_answered(payload):
    """Whatever the values of a row are, it is taken and its callback is a JSON object."""

    async def play():
        async with sandbox() as world:
            response = await world.client.post(
                "/hooks/clay", json={**payload, "callback_url": "https://enrich.example/"}
            )
            assert response.status_code == 200
            assert isinstance(await world.answer(), dict)

    asyncio.run(play())
