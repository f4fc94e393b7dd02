"""Why nothing moves, as the page of a batch says it: in the words of `explain`, with where on the pages it is moved."""

import html
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from decimal import Decimal
from types import SimpleNamespace
from uuid import uuid4

import pytest
from attrs import evolve

from enrichcore.domain import events as e
from enrichcore.domain.step_run import Outcome
from runners.web.desk import Desk
from tests.contracts.world import APOLLO, APOLLO_COMPANY, configuration, person
from tests.end_to_end.browsing import doubtful, launched, told, uploaded
from tests.end_to_end.pages_world import opened_site

pytestmark = [pytest.mark.postgres, pytest.mark.end_to_end]

HOSTILE = "<script>alert(1)</script>\0"
LANE = f"/lanes/acme/{APOLLO}/{APOLLO_COMPANY}"


def why(browser, address):
    """What a page says of why things stand, as people read it, and where its links lead."""
    part = re.search(r'<ul class="standing">.*?</ul>', browser.get(address).text, re.DOTALL)[0]
    links = [html.unescape(link) for link in re.findall(r'href="([^"]*)"', part)]
    return html.unescape(re.sub(r"<[^>]*>", "", re.sub(r"</?code>", "`", part))), links


def with_budget(amount):
    """The configuration with a budget of Acme's."""
    registry = configuration()
    acme = evolve(registry.clients["acme"], budget_credits=None if amount is None else Decimal(amount))
    return evolve(registry, clients={**registry.clients, "acme": acme})


def test_nobody_who_runs_is_said(browser):
    """The pages alone send nothing."""
    said, _ = why(browser, launched(browser))
    assert "waits for its turn on lane" in said
    assert "none runs now: start `enrichcore run`" in said


def test_a_process_that_is_behind_is_said_on_every_page(site, browser):
    """With the keys that differ, for people who may see the pages; metrics, which anybody may read, count."""
    store, process = site.world.store, uuid4()
    store.here(process, ["sender", "web"], "they differ in clients.acme.budget_credits: restart it")
    for address in ("/batches", "/clients", "/lanes"):
        page = browser.get(address).text
        assert (
            "(sender, web) goes by an earlier configuration than the one in force: they differ in clients.acme." in page
        )
    counted = browser.get("/metrics").text
    assert "enrichcore_roles_behind 2\n" in counted
    assert "budget_credits" not in counted
    store.here(process, ["sender", "web"])
    assert "earlier configuration" not in browser.get("/batches").text
    assert "enrichcore_roles_behind 0\n" in browser.get("/metrics").text


def test_a_role_that_nobody_runs_is_said_on_every_page(site, browser):
    """Whoever looks need not open a batch to learn that nothing is sent."""
    store, pages, sender = site.world.store, uuid4(), uuid4()
    store.here(pages, ["web", "receiver", "projector"])
    said = "Nobody runs the role sender or timers now: start <code>enrichcore run --role sender --role timers</code>."
    for address in ("/batches", "/clients", "/lanes"):
        assert said in browser.get(address).text
    store.here(sender, ["sender", "timers"])
    assert "Nobody runs" not in browser.get("/batches").text


def test_leads_that_are_behind_say_so(site, browser):
    """Not for the moment that a projector takes."""
    launched(browser, person("ann"))
    site.catch_up()
    assert "not in these leads yet" not in browser.get("/clients/acme/leads").text
    site.world.send()
    assert "not in these leads yet" not in browser.get("/clients/acme/leads").text
    since = f"{site.world.clock.now:%Y-%m-%d %H:%M:%S}"
    site.world.clock.tick(seconds=31)
    page = browser.get("/clients/acme/leads").text
    assert f"What happened since {since} is not in these leads yet" in page
    site.catch_up()
    assert "not in these leads yet" not in browser.get("/clients/acme/leads").text


def test_pages_leave_connections_to_answers_and_rows(site):
    """However many people look at once."""
    pool, at_once, most = site.world.store.pool, Counter(), []

    @contextmanager
    def counted():
        at_once["now"] += 1
        most.append(at_once["now"])
        with pool.connection() as connection:
            yield connection
        at_once["now"] -= 1

    desk = Desk(site.world.app, SimpleNamespace(pool=SimpleNamespace(connection=counted)), None)
    with ThreadPoolExecutor(16) as people:
        assert len(list(people.map(lambda _: desk.rows("batch_count"), range(64)))) == 64
    assert 1 <= max(most) <= 4


def test_a_stopped_lane_is_said_with_the_way_to_it(site, browser):
    """What the webhook said, and where it is resumed."""
    batch = launched(browser)
    site.world.app.stop_lane("acme", APOLLO, APOLLO_COMPANY, by="ann", why="HTTP 402: no credits")
    said, links = why(browser, batch)
    assert "is stopped (HTTP 402: no credits)" in said
    assert LANE in links


def test_a_held_lane_is_said(site, browser):
    """Until when, and why."""
    batch = launched(browser)
    site.world.report(site.world.claim(), Outcome.NOT_DELIVERED, reason="HTTP 429", wait_s=5, hold_s=600)
    said, links = why(browser, batch)
    assert "HTTP 429" in said
    assert "when its lane goes on, at" in said
    assert "/lanes" in links


def test_a_used_up_budget_is_said(folder):
    """With what frees credits, and where budgets are shown."""
    with opened_site(folder, with_budget(0)) as site, site.browser() as browser:
        said, links = why(browser, launched(browser))
        assert "the budget of acme (0 credits) is spent;" in said
        assert "/lanes" in links


def test_doubts_and_a_paused_batch_are_said(site, browser):
    """Both are moved by buttons of the page itself."""
    batch = launched(browser)
    doubtful(site, batch)
    said, _ = why(browser, batch)
    assert "is in doubt" in said
    assert "Settle doubts… above" in said
    browser.post(f"{batch}/pause")
    said, _ = why(browser, batch)
    assert "its batch is paused" in said
    assert "Resume… above" in said


def test_an_item_says_where_it_is_moved(site, browser):
    """Its own page has no buttons, and leads to what has."""
    batch = launched(browser, person("ann"))
    site.world.app.stop_lane("acme", APOLLO, APOLLO_COMPANY, by="ann", why="HTTP 402")
    item = re.search(r"/items/[0-9a-f-]{36}", browser.get(batch).text)[0]
    _, links = why(browser, item)
    assert links == [LANE]
    browser.post(f"{batch}/pause")
    _, links = why(browser, item)
    assert links == [batch]


def test_what_third_parties_said_is_masked_and_escaped(site, browser):
    """As everywhere."""
    batch = launched(browser, person("ann"))
    (send,) = site.world.claim()
    url = send.url.reveal()
    site.world.report([send], Outcome.UNKNOWN, reason=f"<script>alert(1)</script> {url}")
    page = browser.get(batch).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert url not in page


def test_of_very_many_reasons_the_first_are_shown(site, browser, monkeypatch):
    """A provider may word each refusal anew."""
    monkeypatch.setattr("runners.web.standing.MOST", 2)
    batch = launched(browser, *(person(f"p{number}", f"company{number}") for number in range(4)))
    for number, send in enumerate(site.world.send()):
        site.world.answer(send, site.world.body(send, result=None, error=f"reason {number}"))
    said, _ = why(browser, batch)
    assert "and 3 more, which `enrichcore explain" in said


def test_a_batch_that_is_done_says_nothing(site, browser):
    """No step waits, failed or timed out."""
    batch = launched(browser, person("ann"))
    site.world.play()
    assert 'class="standing"' not in browser.get(batch).text


def test_what_failed_is_run_again_by_a_button(site, browser):
    """All of it, or one step, or for one reason; by whom and why is kept."""
    batch = launched(browser, person("ann"), person("bob", "caldora"))
    assert "Retry…" not in browser.get(batch).text
    for send, error in zip(site.world.send(), ("no credits", "busy"), strict=True):
        site.world.answer(send, site.world.body(send, result=None, error=error))
    site.world.play()
    page = browser.get(batch).text
    assert "Retry…" in page
    assert "failed or timed out: 2 steps" in browser.get(f"{batch}/retry").text
    alone = next(link for link in why(browser, batch)[1] if "no+credits" in link)
    assert "failed or timed out: 2 steps" in browser.get(alone).text
    assert re.search(r"company via waterfall in clay</td><td class=\"n\">1<", browser.get(alone).text)
    assert [
        browser.post(f"{batch}/retry", data=wrong).status_code for wrong in ({"step": "x"}, {"state": "ready"})
    ] == [400, 400]
    nothing = browser.get(f"{batch}/retry", params={"reason": HOSTILE}).text
    assert "Nothing is failed or timed_out for a reason with the words" in nothing
    assert re.search(
        r": [^;]*\b2 failed\b[^;]*; <code>enrichcore explain [0-9a-f-]+</code> tells the reasons\.", nothing
    )
    assert HOSTILE not in nothing
    one = browser.get(f"{batch}/retry", params={"step": APOLLO_COMPANY, "reason": "credits"}).text
    assert re.search(r"In all, at most</th><th class=\"n\">1</th></tr>", one)
    assert "POSTs with all attempts" not in one
    assert '<input type="hidden" name="reason" value="credits">' in one
    said = {"by": "ann", "why": "paid", "step": APOLLO_COMPANY, "reason": "credits"}
    assert browser.post(f"{batch}/retry", data=said).status_code == 303
    assert ("ann (web)", "paid") in told(site, e.RetryRequested)
    assert "failed or timed out: 1 step<" in browser.get(f"{batch}/retry").text
    browser.post(f"{batch}/retry", data={})
    assert ("web", "asked for") in told(site, e.RetryRequested)
    assert "Retry…" not in browser.get(batch).text
    late = browser.post(f"{batch}/retry", data={"step": APOLLO_COMPANY}, follow_redirects=True).text
    assert f"Nothing of {APOLLO_COMPANY} is failed or timed_out: 2 waiting_for_company" in late
    assert '<form class="panel' not in late


@pytest.mark.parametrize(
    ("budget", "said"),
    [
        ("1000", "The budget has 1,000 credits left."),
        ("1", "The budget has 1 credit left: rows wait when it is used up."),
        ("0", "The budget is used up: rows wait until"),
    ],
)
def test_the_launch_says_whether_the_budget_suffices(folder, budget, said):
    """Before anything is sent."""
    with opened_site(folder, with_budget(budget)) as site, site.browser() as browser:
        assert said in browser.get(f"{uploaded(browser)}/launch").text


def test_a_launch_without_a_budget_speaks_of_none(folder):
    """Nothing limits it."""
    with opened_site(folder, with_budget(None)) as site, site.browser() as browser:
        assert "budget" not in browser.get(f"{uploaded(browser)}/launch").text


def test_a_cancelled_batch_is_taken_back_by_a_button(site, browser):
    """Which makes it run again."""
    batch = launched(browser, person("ann"))
    browser.post(f"{batch}/cancel")
    assert "Retry…" in browser.get(batch).text
    page = browser.get(f"{batch}/retry", params={"ended": "nonsense", "step": "nonsense"}).text
    assert '<option value="cancelled" selected>cancelled: 1 step<' in page
    assert browser.post(f"{batch}/retry", data={"state": "cancelled", "step": "", "why": "a slip"}).status_code == 303
    assert "s-running" in browser.get(batch).text
    assert ("web", "a slip") in told(site, e.RetryRequested)


def test_an_upload_that_cannot_be_launched_says_why(folder):
    """There are no rows, none of them names anybody, or the workstream has no webhooks."""
    registry = configuration()
    acme = evolve(registry.clients["acme"], webhooks={})
    with (
        opened_site(folder, evolve(registry, clients={**registry.clients, "acme": acme})) as site,
        site.browser() as browser,
    ):
        for file, says in (
            (b"Name,Email\n", "the file has column names and no rows below them"),
            (b"Name,Email,City\n,,Leeds\n", "No row names a person"),
            (b"Name,Email\nAnn,ann@vale.example\n", "clients.acme.webhooks.crm_data.find_email_via_waterfall"),
        ):
            files, address = {"file": ("people.csv", file)}, "/clients/acme/crm-data/upload"
            checked = browser.post(address, files=files, data={"action": "check"}).text
            page = browser.get(browser.post(address, files=files).headers["location"]).text
            assert says in page
            assert says.startswith("No row") or says in checked or says.capitalize() in checked
