"""Faults on request: each does what its name says, to the same rows in every run."""

import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runners.sandbox import FAULT_NAMES, Faults, SandboxSettings
from runners.sandbox.fate import draw_fate

CHANCES = st.floats(0, 1)


@given(name=st.sampled_from(FAULT_NAMES), chances=st.tuples(CHANCES, CHANCES), seed=st.integers(), row=st.text())
def test_a_higher_probability_only_adds_rows(name, chances, seed, row):
    """A row hit at some probability is hit at every higher one, and never at 0, always at 1."""
    hit = [
        name in draw_fate(Faults(**{name: chance}), seed=seed, row=row, nth=0) for chance in (0, *sorted(chances), 1)
    ]
    assert hit == sorted(hit)
    assert (hit[0], hit[-1]) == (False, True)


@given(seed=st.integers(), chances=st.fixed_dictionaries(dict.fromkeys(FAULT_NAMES, CHANCES)))
def test_the_same_seed_gives_the_same_fates(seed, chances):
    """Fates depend on the seed, the row and its POST's number only; another number draws anew."""
    faults = Faults(**chances)
    draws = [draw_fate(faults, seed=seed, row="acme.example", nth=nth) for nth in (0, 0, 1)]
    assert draws[0] == draws[1]
    assert draws[0].choice != draws[2].choice


def test_probabilities_are_what_they_say():
    """Of many rows about the given share is hit, independently for each fault."""
    faults = Faults(lost=0.2, doubled=0.5)
    fates = [draw_fate(faults, seed=1, row=f"row {number}", nth=0) for number in range(4000)]
    for name, share in (("lost", 0.2), ("doubled", 0.5)):
        assert abs(sum(name in fate for fate in fates) / 4000 - share) < 0.03
    both = sum("lost" in fate and "doubled" in fate for fate in fates) / 4000
    assert abs(both - 0.1) < 0.03


@pytest.mark.parametrize(
    "wrong",
    [
        {"lost": 1.1},
        {"late": -0.1},
        {"slow_by": -1},
        {"lost": "often"},
        {"lost": None},
        {"lsot": 1},
        {"late": float("nan")},
    ],
)
def test_a_wrong_fault_is_refused(wrong):
    """A probability beyond 0 to 1, a negative duration, a non-number and an unknown name are errors."""
    with pytest.raises(ValueError):
        Faults().changed(wrong)


@pytest.mark.parametrize(
    ("fault", "status", "callbacks"),
    [("lost", 200, 0), ("doubled", 200, 2), ("status_429", 429, 0), ("status_402", 402, 0), ("reordered", 200, 1)],
)
def test_a_fault_changes_what_is_answered_and_called_back(in_sandbox, fault, status, callbacks):
    """Lost rows are taken and never answered, doubled ones twice, refused ones not at all."""

    async def scenario(world):
        assert (await world.post(item_id="i1", company_domain="acme.example")).status_code == status
        stats = await world.stats()
        assert stats["callbacks_acknowledged"] == callbacks
        assert stats["rows_taken"] == (status == 200)
        (post,) = (await world.client.get("/sandbox/posts")).json()["posts"]
        assert post["faults"] == [fault]

    in_sandbox(scenario, Faults(**{fault: 1, "reorder_within": 0.01}))


def test_a_late_callback_waits_longer(in_sandbox):
    """A late row is still pending when one posted after it was called back; its answer is not lost."""

    async def scenario(world):
        await world.post(item_id="late")
        await world.client.post("/sandbox/faults", json={"late": 0})
        await world.post(item_id="punctual")
        assert [(await world.answer())["item_id"] for _ in range(2)] == ["punctual", "late"]

    in_sandbox(scenario, Faults(late=1, late_by=0.3))


def test_a_reordered_callback_is_overtaken(in_sandbox):
    """A straggler waits until the callback of a later POST was delivered, however long it may."""

    async def scenario(world):
        await world.post(item_id="first")
        await world.client.post("/sandbox/faults", json={"reordered": 0})
        await world.post(item_id="second")
        assert [(await world.answer())["item_id"] for _ in range(2)] == ["second", "first"]

    in_sandbox(scenario, Faults(reordered=1, reorder_within=3600))


def test_an_early_callback_is_delivered_before_the_post_is_answered(in_sandbox):
    """When the POST's answer arrives, the callback was already acknowledged."""

    async def scenario(world):
        await world.post(item_id="i1")
        assert world.receiver.callbacks.qsize() == 1

    in_sandbox(scenario, Faults(early=1), delay=3600)


def test_a_slow_post_is_taken_at_once(in_sandbox):
    """A slow webhook calls back while its POST still waits for an answer."""

    async def scenario(world):
        post = asyncio.create_task(world.post(item_id="i1"))
        await world.callback()
        assert not post.done()
        post.cancel()

    in_sandbox(scenario, Faults(slow=1, slow_by=3600))


def test_a_dropped_connection_keeps_the_row(in_sandbox):
    """The sender sees no answer, but the row is taken and called back."""

    async def scenario(world):
        with pytest.raises(ConnectionResetError):
            await world.post(item_id="i1")
        assert (await world.answer())["item_id"] == "i1"
        assert (await world.stats())["posts_by_status"] == {"dropped": 1}

    in_sandbox(scenario, Faults(drop=1))


def test_server_errors_sometimes_take_the_row(in_sandbox):
    """All four statuses occur; a 503 never takes the row, the others sometimes do."""

    async def scenario(world):
        for number in range(100):
            await world.post(item_id=f"i{number}", company_domain=f"acme{number}.example")
        posts = (await world.client.get("/sandbox/posts")).json()["posts"]
        outcomes = {(post["status"], post["taken"]) for post in posts}
        assert outcomes == {(503, False)} | {(status, taken) for status in (500, 502, 504) for taken in (True, False)}
        assert (await world.stats())["callbacks_sent"] == sum(post["taken"] for post in posts)

    in_sandbox(scenario, Faults(status_5xx=1))


def test_garbage_is_not_json(in_sandbox):
    """A garbage callback does not parse, whichever row it is for."""

    async def scenario(world):
        for number in range(20):
            await world.post(item_id=f"i{number}", company_domain=f"acme{number}.example")
            with pytest.raises(ValueError):
                json.loads((await world.callback()).content)

    in_sandbox(scenario, Faults(garbage=1))


def test_auto_dedupe_answers_a_row_once(in_sandbox):
    """With dedupe on, a second row about the same company is accepted and never called back."""

    async def scenario(world):
        for item in ("first", "second"):
            assert (await world.post(item_id=item, company_domain="acme.example")).status_code == 200
        assert (await world.stats())["callbacks_sent"] == 1
        assert (await world.answer())["item_id"] == "first"

    in_sandbox(scenario, dedupe=True)


def test_settings_never_show_a_secret():
    """No secret is in the settings' text."""
    settings = SandboxSettings(callback_secret="hush", client_secrets={"c": "hush"}, webhook_auth="hush")
    assert "hush" not in repr(settings)
