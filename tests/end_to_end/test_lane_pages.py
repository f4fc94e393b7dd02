"""The pages of lanes and of unmatched answers, and signing out: what they show, and what a person decides there."""

import json
import re
from uuid import UUID, uuid4

import pytest
from attrs import evolve

from enrichcore.domain import events as e
from enrichcore.domain.life_cycle import State
from enrichcore.domain.step_run import Outcome
from tests.contracts.world import APOLLO, APOLLO_COMPANY, configuration, person
from tests.end_to_end.browsing import launched, told
from tests.end_to_end.pages_world import LOCAL, TOKEN, opened_site

pytestmark = [pytest.mark.postgres, pytest.mark.end_to_end]

LANE = f"/lanes/acme/{APOLLO}/{APOLLO_COMPANY}"
#: The id of no item.
UNKNOWN = UUID(int=7, version=4)
HOSTILE = "<script>alert(1)</script>"


def stray(site, **body):
    """An answer that has no place."""
    answer = site.world.callback(APOLLO_COMPANY, json.dumps({"item_id": str(uuid4()), **body}).encode())
    site.world.app.receive([answer])


def test_every_lane_is_shown_with_its_budget(browser):
    """And reached from every page."""
    assert all(f'<a href="{path}">' in browser.get("/batches").text for path in ("/lanes", "/unmatched"))
    page = browser.get("/lanes").text
    assert f'<a href="{LANE}">' in page
    assert "Budget acme: 0 of 5,000 credits are spent." in page
    assert "find email via waterfall" in browser.get("/lanes/globex/crm_data/find_email_via_waterfall").text


def test_a_lane_is_stopped_and_resumed_by_its_buttons(site, browser):
    """Who and why are kept, and shown."""
    assert "s-open" in browser.get(LANE).text
    said = {"by": "ann", "why": f"the table is full {HOSTILE}"}
    assert browser.post(f"{LANE}/stop", data=said).headers["location"] == LANE
    page = browser.get(LANE).text
    assert "s-stopped" in page
    assert "stopped by ann (web): the table is full &lt;script&gt;" in page
    assert 'name="by" value="ann"' in page
    assert "s-stopped" in browser.get("/lanes").text
    assert HOSTILE not in page + browser.get("/lanes").text
    assert browser.post(f"{LANE}/resume", data={"why": "mended"}).status_code == 303
    assert "s-open" in browser.get(LANE).text
    assert told(site, e.LaneResumed) == {("web", "mended")}
    browser.post(f"{LANE}/stop")
    assert [event.reason for event in site.world.events(e.LaneStopped)][1:] == ["stopped by hand"]


def test_what_a_webhook_said_of_its_lane_is_masked(site, browser):
    """A provider may repeat its own address."""
    launched(browser, person("ann"))
    (send,) = site.world.claim()
    url = send.url.reveal()
    site.world.report([send], Outcome.LANE_REFUSED, status=402, reason=f"HTTP 402: {url} has no credits")
    for path in ("/lanes", LANE):
        page = browser.get(path).text
        assert "*** has no credits" in page
        assert url not in page


@pytest.mark.parametrize(
    "lane", ["nobody/apollo_scrape/x", f"acme/nothing/{APOLLO_COMPANY}", f"acme/{APOLLO}/normalize_company_name"]
)
def test_a_lane_that_is_none_is_not_there(site, browser, lane):
    """Neither shown nor stopped."""
    assert browser.get(f"/lanes/{lane}").status_code == 404
    assert browser.post(f"/lanes/{lane}/stop").status_code == 404
    assert site.world.events(e.LaneStopped) == []


def test_a_lane_without_a_webhook_is_said(folder):
    """The client has not said where its rows go."""
    registry = configuration()
    bare = evolve(registry, clients={"acme": evolve(registry.clients["acme"], webhooks={})})
    with opened_site(folder, bare) as site, site.browser() as browser:
        assert "No client has a webhook yet" in browser.get("/lanes").text
        assert "no webhook for this lane" in browser.get(LANE).text


def test_unmatched_answers_are_shown_masked_escaped_and_short(site, browser):
    """With why each has no place."""
    assert "Every answer has its place" in browser.get("/unmatched").text
    assert "Redrive" not in browser.get("/unmatched").text
    launched(browser, person("ann"))
    (send,) = site.world.claim()
    url = send.url.reveal()
    stray(site, url=url, note=HOSTILE, filler="x" * 5000)
    page = browser.get("/unmatched").text
    assert site.world.events(e.CallbackUnmatched)[0].reason in page
    assert "&lt;script&gt;alert" in page
    assert HOSTILE not in page
    assert url not in page
    assert "***" in page
    assert "x" * 200 not in page


def test_unmatched_answers_are_redriven_by_a_button(site, browser):
    """What has a place now is placed; how many are left is said."""
    launched(browser, person("ann"))
    (send,) = site.world.send()
    site.world.app.set_aside(site.world.callback(APOLLO_COMPANY, site.world.body(send)), ValueError("a fault"))
    stray(site)
    assert "Yes, try 2 answers again" in browser.get("/unmatched").text
    answer = browser.post("/unmatched/redrive", data={"by": "ann", "why": "mended"})
    assert answer.status_code == 303
    page = browser.get(answer.headers["location"]).text
    assert "1 answer placed; 1 with no place yet." in page
    assert "Yes, try 1 answer again" in page
    assert told(site, e.CallbackMatched) == {("ann (web)", "mended")}


def test_an_answer_is_placed_by_hand(site, browser):
    """With the item whose page's address is given; who and why is kept, and the page says what became of it."""
    launched(browser, person("ann"))
    (send,) = site.world.send()
    stray(site, result={"name": "Quillhaven"})
    (found,) = unmatched_ids(site)
    assert f'href="/unmatched/{found}"' in browser.get("/unmatched").text
    shown = browser.get(f"/unmatched/{found}").text
    assert "Quillhaven" in shown
    assert f'action="/unmatched/{found}/match"' in shown
    said = {
        "item": f"http://127.0.0.1:8000/items/{send.run_id}",
        "step": APOLLO_COMPANY,
        "by": "ann",
        "why": "the only one",
    }
    answer = browser.post(f"/unmatched/{found}/match", data=said)
    assert answer.status_code == 303
    after = browser.get(answer.headers["location"]).text
    assert f'Placed with <a class="mono" href="/items/{send.run_id}">{send.run_id}</a>: accepted.' in after
    assert told(site, e.CallbackMatched) == {("ann (web)", "the only one")}
    assert site.world.run_of(send).state is State.COMPLETED
    again = browser.get(f"/unmatched/{found}").text
    assert "by ann (web): the only one" in again
    assert "/match" not in again


def test_an_answer_is_placed_beside_another_only_once_that_is_shown(site, browser):
    """The form comes again with which answer the step has, and what would become of this one."""
    launched(browser, person("ann"))
    (send,) = site.world.send()
    stray(site, result={"name": "Quillhaven Old"})
    (found,) = unmatched_ids(site)
    site.world.app.receive([site.world.callback(APOLLO_COMPANY, site.world.body(send))])
    said = {"item": str(send.run_id), "why": "it <is>"}
    shown = browser.post(f"/unmatched/{found}/match", data=said)
    assert shown.status_code == 409
    assert "Yes, place it all the same" in shown.text
    (beside,) = re.findall(r'name="beside" value="([^"]+)"', shown.text)
    assert beside.startswith(f"{APOLLO_COMPANY} has an answer already (data)")
    assert site.world.events(e.CallbackMatched) == []
    assert browser.post(f"/unmatched/{found}/match", data={**said, "beside": beside}).status_code == 303
    assert told(site, e.CallbackMatched) == {("web", "it <is>")}


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"item": "the one"}, "Give the id of one item"),
        ({"item": f"{UNKNOWN} or {UUID(int=8, version=4)}"}, "Give the id of one item"),
        ({"item": str(UNKNOWN)}, "no item of this client has that item_id"),
        ({"step": "find_nothing"}, "the company was never asked about as"),
        ({"body": "{"}, "the mended body is not JSON"),
        ({"body": "x" * (4 * 1024 * 1024 + 1)}, "at most 4 MiB"),
    ],
)
def test_an_answer_that_has_no_place_there_stays(site, browser, said, why):
    """The form says why, and has what was filled in."""
    launched(browser, person("ann"))
    (send,) = site.world.send()
    stray(site, result={"name": "Quillhaven"})
    (found,) = unmatched_ids(site)
    given = {"item": str(send.run_id), "step": APOLLO_COMPANY, "why": "<why>", **said}
    answer = browser.post(f"/unmatched/{found}/match", data=given)
    assert answer.status_code == 409
    assert why in answer.text
    assert f'value="{given["step"]}"' in answer.text
    assert 'value="&lt;why&gt;"' in answer.text
    assert site.world.events(e.CallbackMatched) == []


def test_an_answer_that_is_no_json_is_placed_as_it_should_have_been(site, browser):
    """What came stays as it is."""
    launched(browser, person("ann"))
    (send,) = site.world.send()
    site.world.app.receive([site.world.callback(APOLLO_COMPANY, b"<html>busy</html>")])
    (found,) = unmatched_ids(site)
    shown = browser.get(f"/unmatched/{found}").text
    assert "&lt;html&gt;busy" in shown
    assert "is no JSON" in shown
    body = '{"result": {"name": "Quillhaven"}}'
    assert browser.post(f"/unmatched/{found}/match", data={"item": str(send.run_id), "body": body}).status_code == 303
    assert site.world.run_of(send).state is State.COMPLETED
    assert told(site, e.CallbackMatched) == {("web", "")}


def test_of_an_answer_that_there_is_not_there_is_no_page(site, browser):
    """Nor of the id of something else."""
    launched(browser, person("ann"))
    (send,) = site.world.send()
    for unknown in (uuid4(), send.run_id):
        assert browser.get(f"/unmatched/{unknown}").status_code == 404
        assert browser.post(f"/unmatched/{unknown}/match", data={"item": str(uuid4())}).status_code == 404


def unmatched_ids(site):
    """Of all answers that came and had no place."""
    return [one.stream_id for one in site.world.store.log(0, 10_000) if isinstance(one.event, e.CallbackUnmatched)]


def test_of_very_many_unmatched_answers_one_page_is_shown(site, browser):
    """The rest are on further pages."""
    for _ in range(51):
        stray(site)
    assert browser.get("/unmatched").text.count("<tr>") == 1 + 50
    assert browser.get("/unmatched?page=2").text.count("<tr>") == 1 + 1
    assert "none on this page" in browser.get("/unmatched?page=9").text


@pytest.mark.parametrize(
    "path", [f"{LANE}/stop", f"{LANE}/resume", "/unmatched/redrive", f"/unmatched/{UUID(int=7)}/match", "/logout"]
)
def test_other_sites_change_nothing(site, browser, path):
    """As with every form."""
    stray(site)
    before = len(site.world.events())
    assert browser.post(path, headers={"origin": "https://evil.example"}).status_code == 403
    assert len(site.world.events()) == before


def test_who_signed_in_signs_out(locked, browser):
    """The browser forgets the token and the name; without a token there is nothing to sign out of."""
    assert "Sign out" not in browser.get("/batches").text
    with locked.browser() as visitor:
        assert visitor.post("/logout").headers["location"].startswith("/login")
        assert "Sign out" not in visitor.get("/login").text
        visitor.post("/login", data={"token": TOKEN})
        visitor.post(f"{LANE}/resume", data={"by": "ann"})
        assert "Sign out" in visitor.get("/batches").text
        assert visitor.post("/logout").headers["location"] == "/login"
        assert visitor.get("/lanes").headers["location"].startswith("/login")
        assert list(visitor.cookies) == []
        assert visitor.get(f"{LOCAL}/unmatched").headers["location"].startswith("/login")
