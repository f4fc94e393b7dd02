"""The pages in a real browser: a person uploads a file, launches it, and watches it to its end."""

from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest
from attrs import evolve

from enrichcore.application import Incoming
from enrichcore.application.sending import SendReport
from enrichcore.domain.step_run import Outcome, PostOutcome
from runners.daemon import Daemon, Role
from tests.contracts.world import configuration, file_of, person
from tests.end_to_end.pages_world import fresh_database
from tests.in_a_thread import running

CHROMIUM = Path("/usr/bin/chromium")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.postgres,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"needs Debian's chromium at {CHROMIUM}: apt install chromium"),
]


@contextmanager
def daemon_up(url):
    """A daemon that serves pages, receives and projects, and sends nothing: its address."""
    registry = configuration()
    registry = evolve(registry, runner=evolve(registry.runner, port=0))
    with running(Daemon(registry, url, frozenset({Role.WEB, Role.RECEIVER, Role.PROJECTOR}))) as daemon:
        yield daemon


@pytest.fixture
def daemon(tmp_path_factory):
    """A daemon on a database of its own."""
    with fresh_database(tmp_path_factory.mktemp("browser")) as url, daemon_up(url) as running:
        yield running


@pytest.fixture
def page():
    """A page of a headless Chromium, which must not report a fault."""
    from playwright.sync_api import sync_playwright

    faults = []
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=arguments)
        opened = chromium.new_page(viewport={"width": 1280, "height": 900})
        opened.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        opened.on("pageerror", lambda error: faults.append(str(error)))
        yield opened
        chromium.close()
    assert faults == []


def fits(page) -> bool:
    """Whether the page as a whole, with its style sheet, needs no scrolling sideways."""
    page.wait_for_load_state()
    return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_a_person_uploads_launches_and_watches(daemon, page, tmp_path):
    """From the file to a batch whose page shows a change by itself; no page is wider than the window."""
    file = tmp_path / "people.csv"
    file.write_bytes(file_of(*(person(name, title="Head of " + "x" * 200) for name in ("ann", "bob", "cy"))))
    page.goto(f"{daemon.address}/clients")
    page.get_by_role("link", name="upload", exact=True).first.click()
    page.set_input_files("#file", file)
    page.get_by_role("button", name="Import the file").click()
    page.wait_for_url("**/uploads/*")
    assert page.get_by_role("heading", name="people.csv").is_visible()
    assert fits(page)
    page.get_by_role("link", name="Launch…").click()
    assert fits(page)
    page.get_by_role("button", name="Yes, launch 3 people").click()
    page.wait_for_url("**/batches/*")
    assert fits(page)
    (batch, _) = daemon.application.store.batches()[0]
    daemon.application.pause(batch.batch_id, by="test")
    page.wait_for_selector("h1 .s-paused")
    page.get_by_text("Cancel…").click()
    page.get_by_role("button", name="Yes, cancel the batch").click()
    page.wait_for_selector("h1 .s-cancelled")
    page.get_by_role("link", name="Ann Fennimarsh").click()
    assert page.get_by_text("Item cancelled").is_visible()
    assert fits(page)


def test_a_person_checks_a_file_and_chooses_its_columns(daemon, page, tmp_path):
    """The page stays, so the file need not be chosen again; another file begins anew."""
    file, other = tmp_path / "people.csv", tmp_path / "other.csv"
    file.write_text("Wer,E-Mail\nAnn Fennimarsh,ann@quillhaven.example\n" + "Bob Fennimarsh,bob@quillhaven.example\n")
    other.write_text("Name\nAnn\n")
    page.goto(f"{daemon.address}/clients/acme/crm-data/upload")
    page.set_input_files("#file", file)
    page.get_by_role("button", name="Check how it is read").click()
    page.get_by_label("Read Wer as").select_option("person_full_name")
    assert fits(page)
    heading = page.get_by_role("heading", name="What a launch would send")
    heading.evaluate("heading => { heading.id = 'of-the-first-check' }")
    page.get_by_role("button", name="Check how it is read").click()
    page.locator("#of-the-first-check").wait_for(state="detached")
    heading.wait_for()
    assert page.get_by_label("Read Wer as").input_value() == "person_full_name"
    page.set_input_files("#file", other)
    page.get_by_label("Read Wer as").wait_for(state="detached")
    page.set_input_files("#file", file)
    page.get_by_role("button", name="Check how it is read").click()
    page.get_by_label("Read Wer as").select_option("person_full_name")
    page.get_by_role("button", name="Import the file").click()
    page.wait_for_url("**/uploads/*")
    assert page.get_by_text("Ann Fennimarsh").is_visible()


@pytest.mark.parametrize("width", [400, 1280])
def test_pages_fit_the_window(daemon, page, width):
    """On a telephone and on a desk, wide tables scroll inside the page."""
    page.set_viewport_size({"width": width, "height": 800})
    data = file_of(*(person(f"p{number}", title="Head of everything") for number in range(60)))
    report = daemon.application.upload(data, client="acme", workstream="apollo_scrape")
    batch = daemon.application.launch(report.upload_id)
    for path in (
        f"/clients/acme/uploads/{report.upload_id}",
        f"/batches/{batch.batch_id}",
        "/batches",
        "/clients/acme/leads",
    ):
        page.goto(f"{daemon.address}{path}")
        assert fits(page), path


def test_leads_scroll_in_their_own_box_with_the_name_in_view(daemon, page):
    """However far to the right one looks, one sees whose row it is; signals are seen without scrolling."""
    page.set_viewport_size({"width": 1000, "height": 800})
    website = "https://" + "quillhaven" * 5 + ".example"
    report = daemon.application.upload(
        file_of(person("ann", title="Head of everything", website=website)), client="acme", workstream="apollo_scrape"
    )
    daemon.application.launch(report.upload_id)
    page.goto(f"{daemon.address}/clients/acme/leads")
    while not page.get_by_role("link", name="Ann Fennimarsh").count():
        page.reload()
    box, name = page.locator(".scroll"), page.get_by_role("link", name="Ann Fennimarsh")
    assert fits(page)
    assert box.evaluate("box => box.scrollWidth > box.clientWidth")
    before = name.bounding_box()
    assert page.get_by_role("columnheader", name="Signals").bounding_box()["x"] < box.bounding_box()["width"]
    box.evaluate("box => { box.scrollLeft = box.scrollWidth }")
    assert name.bounding_box() == before
    updated = page.get_by_role("columnheader", name="Updated").bounding_box()
    assert updated["x"] + updated["width"] <= box.bounding_box()["x"] + box.bounding_box()["width"] + 1


def outside(page, selector):
    """Which visible elements lie, even in part, outside the box that they are shown in."""
    return page.evaluate(
        """selector => [...document.querySelectorAll(selector)].filter(element => {
            const box = element.closest(".scroll, .panel, main").getBoundingClientRect();
            const { left, right } = element.getBoundingClientRect();
            return element.checkVisibility() && (left < box.left || right > Math.min(box.right, document.documentElement.clientWidth));
        }).map(element => element.outerHTML)""",
        selector,
    )


@pytest.mark.parametrize("width", [400, 1280])
def test_what_is_looked_for_first_is_in_view(daemon, page, tmp_path, width):
    """Without scrolling sideways: fields and buttons of forms, what a column is read as, and how each thing stands."""
    page.set_viewport_size({"width": width, "height": 800})
    file = tmp_path / ("a-long-name-of-a-file" * 4 + ".csv")
    file.write_bytes(file_of(person("ann", title="Head of " + "x" * 200)))
    page.goto(f"{daemon.address}/clients/acme/apollo-ingest/upload")
    page.set_input_files("#file", file)
    assert outside(page, "input, select, button") == []
    page.get_by_role("button", name="Check how it is read").click()
    page.get_by_label("Read Title as").wait_for()
    assert outside(page, "select") == []
    application = daemon.application
    data = file_of(person("ann"), person("maximiliane-alexandra", title="Head of everything"))
    batch = application.launch(application.upload(data, client="acme", workstream="apollo_scrape").upload_id)
    application.stop_lane("acme", "apollo_scrape", "enrich_company_via_waterfall_in_clay", by="test", why="HTTP 402")
    for path in ("/batches", f"/batches/{batch.batch_id}", "/lanes", "/unmatched", f"/batches/{batch.batch_id}/retry"):
        page.goto(f"{daemon.address}{path}")
        assert outside(page, ".state, input, select, button") == [], path
        assert fits(page), path


@pytest.mark.parametrize("width", [400, 1280])
def test_forms_of_decisions_are_whole(daemon, page, width):
    """Each field and button of an open form, with room between them."""
    page.set_viewport_size({"width": width, "height": 800})
    application = daemon.application
    report = application.upload(file_of(person("ann")), client="acme", workstream="apollo_scrape")
    batch = application.launch(report.upload_id)
    sends = application.claim(10)
    doubt = PostOutcome(attempt=1, outcome=Outcome.UNKNOWN, due=application.now())
    application.record_outcomes([SendReport(send=send, outcome=doubt) for send in sends])
    places = [
        (f"/batches/{batch.batch_id}", ("Pause…", "Cancel…", "Settle doubts…")),
        ("/lanes/acme/apollo_scrape/enrich_company_via_waterfall_in_clay", ("Stop…",)),
    ]
    for path, names in places:
        for name in names:
            page.goto(f"{daemon.address}{path}")
            page.locator("summary", has_text=name).click()
            assert outside(page, "details[open] :is(input, button, select, label)") == [], name
            shown = page.locator("details[open] :is(label, button):visible").all()
            boxes = sorted((box["y"], box["y"] + box["height"]) for box in (one.bounding_box() for one in shown))
            assert all(after[0] - before[1] >= 4 for before, after in pairwise(boxes)), name
            assert fits(page), name
    page.goto(f"{daemon.address}/batches/{batch.batch_id}")
    assert "rows of 1 item were" in page.content()


@pytest.mark.parametrize("width", [400, 1200])
def test_a_person_places_an_answer_by_hand(daemon, page, width):
    """From the list to its page and back; all of the form is in view."""
    page.set_viewport_size({"width": width, "height": 800})
    application = daemon.application
    report = application.upload(file_of(person("ann")), client="acme", workstream="apollo_scrape")
    application.launch(report.upload_id)
    (send,) = application.claim(10)
    body = b'{"company_name": "Quillhaven Robotics", "note": "' + b"x" * 3000 + b'"}'
    client_id = application.registry.client("acme").id
    stray = Incoming(client_id=client_id, workstream="apollo_scrape", workflow=send.workflow, body=body)
    application.receive([stray])
    page.goto(f"{daemon.address}/unmatched")
    assert fits(page)
    assert outside(page, "td:first-child a, button") == []
    page.get_by_role("link", name="Place…").click()
    page.wait_for_url("**/unmatched/*")
    assert fits(page)
    assert outside(page, "label, input, textarea, button, pre") == []
    page.get_by_label("Item or company run").fill(str(send.run_id))
    page.get_by_label("Your name").fill("Ann")
    page.get_by_role("button", name="Yes, place it").click()
    page.wait_for_url("**/unmatched?*")
    assert page.get_by_text("accepted").is_visible()
    assert fits(page)


def test_a_page_that_cannot_be_kept_up_to_date_says_so(daemon, page):
    """As of when it is; and no more once somebody answers again."""
    application = daemon.application
    report = application.upload(file_of(person("ann")), client="acme", workstream="apollo_scrape")
    address = f"{daemon.address}/batches/{application.launch(report.upload_id).batch_id}"
    page.goto(address)
    page.route(address, lambda route: route.fulfill(body="<p>The gateway has no server.</p>", content_type="text/html"))
    page.get_by_text("the daemon does not answer").wait_for()
    assert fits(page)
    page.unroute(address)
    page.get_by_text("the daemon does not answer").wait_for(state="detached")
