"""Bringing callbacks: tries, holding, and counts that add up."""

import asyncio
import hashlib
import json

import pytest

from runners.sandbox import Faults
from tests.unit.sandbox.sandbox_world import RECEIVER


@pytest.mark.parametrize("failure", [500, 503, 429, "refused"])
def test_a_failed_callback_is_tried_again(in_sandbox, failure):
    """A connection failure, 429 or 5xx is tried again with the same body until it is acknowledged."""

    async def scenario(world):
        world.receiver.says = [failure, failure]
        await world.post(item_id="i1")
        stats = await world.stats()
        assert (stats["callbacks_sent"], stats["callbacks_acknowledged"], stats["callbacks_given_up"]) == (3, 1, 0)
        assert len({(await world.callback()).content for _ in range(3)}) == 1

    in_sandbox(scenario)


def test_tries_are_bounded(in_sandbox):
    """After its last try a callback is given up and counted so."""

    async def scenario(world):
        world.receiver.says = [500] * 10
        await world.post(item_id="i1")
        stats = await world.stats()
        assert (stats["callbacks_by_status"], stats["callbacks_given_up"]) == ({"500": 3}, 1)

    in_sandbox(scenario, callback_attempts=3)


@pytest.mark.parametrize("status", [400, 401, 404, 422])
def test_a_refused_callback_is_not_tried_again(in_sandbox, status):
    """A 4xx says that trying again is useless."""

    async def scenario(world):
        world.receiver.says = [status]
        await world.post(item_id="i1")
        assert (await world.stats())["callbacks_by_status"] == {str(status): 1}

    in_sandbox(scenario)


def test_every_try_is_kept(in_sandbox):
    """What was sent, whereto, and how it was answered can be compared with what a receiver kept."""

    async def scenario(world):
        world.receiver.says = [503]
        await world.post(item_id="i1")
        await world.post(item_id="i2")
        await world.stats()
        shown = (await world.client.get("/sandbox/callbacks", params={"item_id": "i1"})).json()["callbacks"]
        assert [(one["outcome"], one["acknowledged"], one["url"]) for one in shown] == [
            ("503", False, RECEIVER),
            ("200", True, RECEIVER),
        ]
        bodies = {hashlib.sha256((await world.callback()).content).hexdigest() for _ in range(3)}
        assert {one["body_sha256"] for one in shown} < bodies
        assert (await world.client.get("/sandbox/callbacks", params={"limit": "x"})).status_code == 422

    in_sandbox(scenario)


@pytest.mark.parametrize("url", ["", "nonsense", "ftp://enrich.example/", "http://[", "https://\ud800/", "http://a b/"])
def test_an_unusable_callback_url_hurts_nobody_else(in_sandbox, url):
    """A row whose callback cannot be sent is given up; the next row is called back."""

    async def scenario(world):
        content = f'{{"item_id": "i1", "callback_url": {json.dumps(url)}}}'
        assert (await world.client.post("/hooks/clay", content=content)).status_code == 200
        await world.post(item_id="i2")
        stats = await world.stats()
        assert stats["callbacks_acknowledged"] >= 1
        assert stats["callbacks_sent"] == sum(stats["callbacks_by_status"].values())

    in_sandbox(scenario, concurrency=1)


def test_held_callbacks_wait_for_release(in_sandbox):
    """While callbacks are held none is sent; they are released one item, some, or all at a time."""

    async def scenario(world):
        for number in range(5):
            await world.post(item_id=f"i{number}", company_domain=f"acme{number}.example")
        stats = await world.stats()
        assert (stats["callbacks_held"], stats["callbacks_sent"]) == (5, 0)
        order = []
        for query, released in (("?item_id=i3", 1), ("?limit=1", 1), ("", 3), ("", 0)):
            answer = await world.client.post(f"/sandbox/release{query}")
            assert answer.json() == {"released": released}
            order += sorted([(await world.answer())["item_id"] for _ in range(released)])
        assert order == ["i3", "i0", "i1", "i2", "i4"]
        assert (await world.client.post("/sandbox/release?limit=-1")).status_code == 422

    in_sandbox(scenario, hold=True)


def test_an_early_callback_is_not_held(in_sandbox):
    """It is brought before its POST is answered; its second copy is held."""

    async def scenario(world):
        await world.post(item_id="i1")
        stats = await world.stats()
        assert (stats["callbacks_held"], stats["callbacks_acknowledged"]) == (1, 1)

    in_sandbox(scenario, Faults(early=1, doubled=1), hold=True)


def test_a_late_callback_comes_later_than_its_release(in_sandbox):
    """And is still on its way meanwhile."""

    async def scenario(world):
        await world.post(item_id="i1")
        assert (await world.client.post("/sandbox/release")).json() == {"released": 1}
        counts = (await world.client.get("/sandbox/stats")).json()
        assert (counts["callbacks_held"], counts["callbacks_pending"], counts["callbacks_sent"]) == (0, 1, 0)
        assert (await world.answer())["item_id"] == "i1"

    in_sandbox(scenario, Faults(late=1, late_by=0.3), hold=True)


def test_a_released_callback_may_be_overtaken(in_sandbox):
    """By that of a row that was posted later."""

    async def scenario(world):
        await world.client.post("/sandbox/faults", json={"reordered": 1})
        await world.post(item_id="i1")
        await world.client.post("/sandbox/faults", json={"reordered": 0})
        await world.post(item_id="i2")
        await world.client.post("/sandbox/release")
        assert [(await world.answer())["item_id"] for _ in range(2)] == ["i2", "i1"]

    in_sandbox(scenario, Faults(reorder_within=30), hold=True)


def test_callbacks_go_out_a_bounded_number_at_once(in_sandbox):
    """No more callbacks are on their way than the settings allow."""

    async def scenario(world):
        world.receiver.answering.clear()
        for number in range(10):
            await world.post(item_id=f"i{number}")
        for _ in range(3):
            await world.callback()
        for _ in range(50):
            await asyncio.sleep(0)
        assert world.receiver.callbacks.empty()
        world.receiver.answering.set()
        assert (await world.stats())["callbacks_acknowledged"] == 10

    in_sandbox(scenario, concurrency=3)


def test_the_ledger_tells_double_posts_from_refused_ones(in_sandbox):
    """Only a row that was taken twice is a double POST; keys, items, workflows and the busiest second are counted."""

    async def scenario(world):
        await world.post(item_id="i1")
        await world.client.post("/sandbox/faults", json={"status_429": 0})
        for key in ("k1", "k1", "k2"):
            row = {"item_id": "i1", "workflow": "enrich_company_via_clay_waterfall"}
            await world.client.post("/hooks/clay", json=row, headers={"idempotency-key": key})
        await world.client.post("/hooks/mail", json={"item_id": "i1", "workflow": "find_email_via_waterfall"})
        stats = await world.stats()
        assert stats["posts_total"] == 5
        assert stats["posts_by_item"] == {"i1": 5}
        assert stats["posts_by_workflow"] == {"enrich_company_via_clay_waterfall": 4, "find_email_via_waterfall": 1}
        assert (stats["idempotency_keys"], stats["rows_taken"], stats["double_posts"]) == (2, 4, 2)
        assert stats["highest_posts_in_a_second"] == {"clay": 4, "mail": 1}
        assert "posts_by_item" not in (await world.client.get("/sandbox/stats?items=false")).json()

    in_sandbox(scenario, Faults(status_429=1))


def test_posts_are_shown_as_they_came(in_sandbox):
    """The kept POSTs hold payload, webhook, key and outcome; of one item, or the newest of all."""

    async def scenario(world):
        for item in ("i1", "i2", "i1", "i3"):
            await world.post(item_id=item, company_name="Acmé")
        posts = (await world.client.get("/sandbox/posts?item_id=i1")).json()["posts"]
        assert [(post["hook"], post["status"], post["payload"]["company_name"]) for post in posts] == [
            ("clay", 200, "Acmé")
        ]
        newest = (await world.client.get("/sandbox/posts?limit=2")).json()["posts"]
        assert [post["item_id"] for post in newest] == ["i1", "i3"]
        assert (await world.client.get("/sandbox/posts?limit=x")).status_code == 422

    in_sandbox(scenario, keep_posts=3)


def test_faults_change_while_it_runs(in_sandbox):
    """A change replaces the named faults and keeps the others; a wrong one changes nothing."""

    async def scenario(world):
        changed = (await world.client.post("/sandbox/faults", json={"lost": 1})).json()
        assert (changed["lost"], changed["late"]) == (1, 0.5)
        for wrong in ('{"lost": 7}', '{"nothing": 1}', "[]", "{", '{"lost": null}'):
            assert (await world.client.post("/sandbox/faults", content=wrong)).status_code == 422
        assert (await world.client.get("/sandbox/faults")).json() == changed

    in_sandbox(scenario, Faults(late=0.5))
