"""The documented waterfall is one that runs."""

import json
import re

from enrichcore.application.sending import Response, SendReport
from enrichcore.domain.answers import Rank
from enrichcore.domain.life_cycle import State
from enrichcore.domain.step_run import Outcome, PostOutcome
from enrichcore.registry import parse
from enrichcore.store import MemoryStore
from tests.contracts.world import World, person
from tests.unit.docs.pages import ROOT, blocks

EXAMPLE = ROOT / "examples" / "waterfall" / "enrichcore.toml"
STEPS = ("find_email_by_name", "find_email_by_profile", "find_email_by_guess")


def test_the_page_shows_the_example():
    """Word for word."""
    (shown,) = blocks(ROOT / "docs" / "http-steps.md", "toml")
    assert shown in EXAMPLE.read_text("utf-8")


def test_the_example_asks_until_an_address_is_found():
    """By name, then by profile, then by a guess; each pays what it says."""
    text = EXAMPLE.read_text("utf-8")
    world = World(MemoryStore(), parse(text, env={name: f"key-{name}" for name in re.findall(r"env:(\w+)", text)}))
    batch = world.launch(person("ann", email=""))
    bodies = {
        STEPS[0]: {"data": {"email": None, "verification": {"status": None}}},
        STEPS[1]: {"contact": None, "usage": {"credits": 0.5}},
        STEPS[2]: {"email": "ann@quillhaven.example", "verification": {"status": "accept_all"}},
    }
    asked = []
    while sends := world.claim():
        for send in sends:
            asked.append(send)
            seen = PostOutcome(attempt=1, outcome=Outcome.DELIVERED, http_status=200, due=world.clock.now)
            response = Response(body=json.dumps(bodies[send.workflow]).encode())
            world.app.record_outcomes([SendReport(send=send, outcome=seen, response=response)])
    assert [send.workflow for send in asked] == list(STEPS)
    assert asked[0].request.query["domain"] == "quillhaven.example"
    assert json.loads(asked[1].request.body) == {"linkedin_url": "https://www.linkedin.com/in/ann-quillhaven"}
    assert asked[2].request.url == "https://api.by-guess.example/guess/quillhaven.example/Ann%20Fennimarsh"
    item = world.item(batch)
    assert [(float(item.run(step).spent), item.run(step).rank) for step in STEPS] == [
        (0, Rank.EMPTY),
        (0.5, Rank.EMPTY),
        (0.2, Rank.DATA),
    ]
    facts = item.facts()
    assert (facts["person_email"], facts["person_email_status"]) == ("ann@quillhaven.example", "catch-all")
    assert {item.run(step).state for step in STEPS} == {State.COMPLETED}
