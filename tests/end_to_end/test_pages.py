"""The pages, as a browser meets them."""

import asyncio
import csv
import io
import re

import httpx
import pytest
from attrs import evolve
from openpyxl import Workbook

from enrichcore.application import launching
from enrichcore.domain import events as e
from enrichcore.store import StoreUnavailable
from runners.daemon import Daemon, Role
from runners.lead_columns import COLUMNS
from tests.contracts.world import APOLLO, configuration, person
from tests.end_to_end.browsing import UPLOAD, doubtful, launched, told, uploaded
from tests.end_to_end.pages_world import TOKEN, fresh_database, opened_site, with_runner

pytestmark = [pytest.mark.postgres, pytest.mark.end_to_end]


HOSTILE = "<script>alert(1)</script>"


def test_a_file_goes_from_the_form_to_leads(site, browser):
    """Upload, look, confirm, launch, follow, look at a history and at the leads: every page is there."""
    inspector = uploaded(browser)
    shown = browser.get(inspector).text
    assert inspector.rpartition("/")[2] in shown
    assert "ann@quillhaven.example" in shown
    assert "find email via waterfall" in shown
    assert "Yes, launch 3 people" in browser.get(f"{inspector}/launch").text
    batch = browser.post(f"{inspector}/launch", data={"seen": "0"}).headers["location"]
    assert "data-live" in browser.get(batch).text
    site.world.play()
    site.catch_up()
    ended = browser.get(batch).text
    assert "data-live" not in ended
    assert "finished" in ended
    item = re.search(r"/items/[0-9a-f-]{36}", ended)[0]
    history = browser.get(item).text
    assert history.index("Item created") < history.index("Step sent") < history.index("Item completed")
    assert browser.get(re.search(r"/items/[0-9a-f-]{36}(?=\">company run)", history)[0]).status_code == 200
    assert "Chief Buyer" in browser.get("/clients/acme/leads").text
    assert "people.csv" in browser.get("/clients/acme/apollo-ingest/uploads").text
    assert batch in browser.get("/batches").text


def test_a_history_names_what_a_later_answer_changed(site, browser):
    """With what they were before."""
    launched(browser, person("ann"))
    send = next(send for send in site.world.play() if "person" in send.workflow)
    site.world.answer(send, site.world.body(send, result={"title": "Head of Buying"}))
    page = browser.get(f"/items/{send.run_id}").text
    assert "person_title: Chief Buyer → Head of Buying" in page


def test_a_file_is_checked_and_its_columns_are_chosen(site, browser):
    """Checking imports nothing; what was chosen is read so, and kept where that is asked for."""
    address = "/clients/acme/crm-data/upload"
    file = b"Wer,E-mail,Email\nAnn Fenn,ann@quillhaven.example,other@quillhaven.example\n,,\nTotal,,\n"
    files = {"file": ("people.csv", file)}
    checked = browser.post(address, files=files, data={"action": "check"})
    assert checked.status_code == 200
    for words in (
        "Nothing was imported yet",
        "not read: ambiguous",
        "Ann Fenn",
        "kept aside",
        "What a launch would send",
    ):
        assert words in checked.text
    assert site.world.events(e.UploadStarted) == []
    chosen = {"column": ["Wer", "E-mail", "Email"], "field": ["person_full_name", "person_email", ""]}
    again = browser.post(address, files=files, data={"action": "check", **chosen}).text
    assert "<option selected>person_full_name</option>" in again
    inspector = browser.post(address, files=files, data={"action": "import", "save": "yes", **chosen}).headers[
        "location"
    ]
    (started,) = site.world.events(e.UploadStarted)
    assert started.mapped == {"Wer": "person_full_name", "E-mail": "person_email"}
    assert "as it was saved" in browser.post(address, files=files, data={"action": "check"}).text
    aside = browser.get(f"{inspector}/rejected.csv")
    assert (aside.status_code, aside.headers["content-type"]) == (200, "text/csv; charset=utf-8")
    assert "attachment" in aside.headers["content-disposition"]
    assert aside.content.decode("utf-8-sig").splitlines()[1].startswith('4,"it is a line below the report')
    assert f"{inspector}/rejected.csv" in browser.get(inspector).text
    assert browser.get(f"{inspector}/rejected.csv".replace("/acme/", "/globex/")).status_code == 404
    one = browser.post(address, files=files, data={"column": "Nope", "field": "person_title"})
    assert (one.status_code, "no column" in one.text) == (422, True)


def test_an_item_shows_what_its_company_run_found(site, browser):
    """A company is asked about once for all its people; what it told is known of each of them."""
    batch = launched(browser, person("ann"))
    (asked,) = site.world.send()
    site.world.answer(asked, site.world.body(asked, technologies=[{"name": "Azure"}, {"name": "Stripe"}]))
    site.world.play()
    item = re.search(r"/items/[0-9a-f-]{36}", browser.get(batch).text)[0]
    known = browser.get(item).text.partition("<h2>Known</h2>")[2].partition("<h2>")[0]
    assert re.search(r"company_employee_count</th>\s*<td[^>]*>214<", known)
    assert re.search(r"company_technologies</th>\s*<td[^>]*>Azure, Stripe<", known)


def test_pages_call_workstreams_and_clients_as_the_configuration_does(folder):
    """By their labels and names, which slugs are not."""
    registry = configuration()
    stream, client = registry.workstreams[APOLLO], registry.clients["acme"]
    labelled = evolve(
        registry,
        workstreams={**registry.workstreams, APOLLO: evolve(stream, label="People from Apollo (USA)")},
        clients={**registry.clients, "acme": evolve(client, name="Acme & Co.")},
    )
    with opened_site(folder, labelled) as site, site.browser() as browser:
        batch = launched(browser)
        site.catch_up()
        assert "People from Apollo (USA) for Acme &amp; Co." in browser.get(batch).text
        for path in ("/batches", "/clients/acme/apollo-ingest/uploads"):
            assert "<td>People from Apollo (USA)</td>" in browser.get(path).text


def test_a_workbook_is_uploaded_like_any_file(site, browser):
    """What a spreadsheet saved needs no export."""
    packed = io.BytesIO()
    book = Workbook()
    for row in (["Name", "Email"], ["Ann Fenn", "ann@quillhaven.example"]):
        book.active.append(row)
    book.save(packed)
    answer = browser.post("/clients/acme/crm-data/upload", files={"file": ("people.xlsx", packed.getvalue())})
    assert answer.status_code == 303
    assert [started.encoding for started in site.world.events(e.UploadStarted)] == ["xlsx"]


def test_empty_pages_say_what_to_do(browser):
    """Where there is nothing yet, a sentence says so."""
    assert browser.get("/").headers["location"] == "/batches"
    assert "There are no batches yet" in browser.get("/batches").text
    assert "There are no leads of Acme GTM yet" in browser.get("/clients/acme/leads").text
    assert "Nothing was uploaded here yet" in browser.get("/clients/acme/crm-data/uploads").text
    assert "Acme GTM" in browser.get("/clients").text


def test_what_comes_from_outside_is_escaped(site, browser):
    """Names, file names and answers are text, whatever they hold."""
    uploaded_at = uploaded(
        browser, person("eve", title=HOSTILE, company=HOSTILE), name=f"{HOSTILE}.csv".replace("/", "")
    )
    batch = browser.post(f"{uploaded_at}/launch", data={"seen": "0"}).headers["location"]
    (send,) = site.world.send()
    site.world.answer(send, site.world.body(send, note=HOSTILE))
    site.catch_up()
    company_run = f"/items/{send.payload['item_id']}"
    item = re.search(r"/items/[0-9a-f-]{36}", browser.get(batch).text)[0]
    for path in (uploaded_at, batch, item, company_run, "/clients/acme/leads", "/clients/acme/apollo-ingest/uploads"):
        shown = browser.get(path)
        assert shown.status_code == 200
        assert "<script>alert" not in shown.text
    assert "&lt;script&gt;alert" in browser.get(company_run).text


def test_a_long_body_is_cut_and_secrets_are_masked(site, browser):
    """Of an answer 2,000 characters are shown; a secret that it repeats is not shown, nor a webhook's URL."""
    launched(browser, person("ann"))
    (send,) = site.world.send()
    url = send.url.reveal()
    site.world.answer(send, site.world.body(send, seen=url, filler="x" * 9000))
    shown = browser.get(f"/items/{send.payload['item_id']}").text
    assert url not in shown
    assert "***" in shown
    assert re.search(r"x{1000}", shown)
    assert "more characters)" in shown
    assert not re.search(r"x{2000}", shown)


def test_a_form_sent_twice_launches_once(site, browser):
    """The second of two equal confirmations is refused, with a reason."""
    inspector = uploaded(browser)
    assert browser.post(f"{inspector}/launch", data={"seen": "0"}).status_code == 303
    second = browser.post(f"{inspector}/launch", data={"seen": "0"})
    assert (second.status_code, "not launched again" in second.text) == (409, True)
    assert len(site.world.events(e.BatchLaunched)) == 1


def test_a_batch_is_paused_resumed_and_cancelled_by_its_buttons(site, browser):
    """Each button changes the status that the page then shows."""
    batch = launched(browser)
    for action, status in (("pause", "paused"), ("resume", "running"), ("cancel", "cancelled")):
        assert browser.post(f"{batch}/{action}").status_code == 303
        assert f"s-{status}" in browser.get(batch).text


def test_who_decided_and_why_is_kept_and_the_name_is_filled_in_again(site, browser):
    """Of every form; without a name it is the pages that did it."""
    batch = launched(browser)
    browser.post(f"{batch}/pause")
    browser.post(f"{batch}/resume", data={"by": " Ann  Ö. ", "why": "all is well "})
    assert told(site, e.BatchPaused) == {("web", "")}
    assert told(site, e.BatchResumed) == {("Ann Ö. (web)", "all is well")}
    assert 'name="by" value="Ann Ö."' in browser.get(batch).text
    browser.post(f"{batch}/cancel", data={"by": "x" * 500, "why": HOSTILE})
    assert told(site, e.BatchCancelled) == told(site, e.ItemCancelled) == {(f"{'x' * 100} (web)", HOSTILE)}


def test_who_paused_or_cancelled_it_and_why_is_told_for_as_long_as_it_is(site, browser):
    """In words that are escaped; a batch that runs has no such line."""
    batch = launched(browser)
    browser.post(f"{batch}/pause", data={"by": "ann", "why": "to look"})
    assert re.search(r"Paused on [\d :-]+ by ann \(web\): to look<", browser.get(batch).text)
    browser.post(f"{batch}/resume")
    assert "Paused on" not in browser.get(batch).text
    browser.post(f"{batch}/cancel", data={"why": HOSTILE})
    assert re.search(r"Cancelled on [\d :-]+ by web: &lt;script&gt;", browser.get(batch).text)


def test_a_batch_that_is_still_being_filled_says_so(site, browser, monkeypatch):
    """How many items there are, and will be; the page goes on looking, also while none is active."""
    monkeypatch.setattr(launching, "ITEMS_PER_COMMIT", 2)

    def lose_the_database(_done):
        raise StoreUnavailable("away")

    upload = site.world.upload(*(person(name) for name in ("ann", "bob", "cy")))
    with pytest.raises(StoreUnavailable):
        site.world.app.launch(upload.upload_id, progress=lose_the_database)
    ((batch, _),) = site.world.store.batches()
    page = browser.get(f"/batches/{batch.batch_id}").text
    assert "It is still being filled: 2 of 3 items are made" in page
    assert "data-live" in page
    assert '<td class="n">2 of 3</td>' in browser.get("/batches").text
    site.world.app.fill(batch.batch_id)
    assert "being filled" not in browser.get(f"/batches/{batch.batch_id}").text


@pytest.mark.parametrize(("decision", "state"), [("sent", "awaiting_answer"), ("resend", "ready")])
def test_doubts_are_settled_by_their_buttons(site, browser, decision, state):
    """The page offers it while there are any, and says what it costs."""
    batch = launched(browser)
    assert "Settle doubts" not in browser.get(batch).text
    assert doubtful(site, batch) == 3
    assert "Settle doubts" in browser.get(batch).text
    assert browser.post(f"{batch}/settle", data={"decision": "perhaps"}).status_code == 400
    said = {"decision": decision, "by": "ann", "why": "looked into the table"}
    assert browser.post(f"{batch}/settle", data=said).status_code == 303
    assert told(site, e.DoubtSettled) == {("ann (web)", "looked into the table")}
    states = {row.state for row in site.world.store.inline_rows()[1] if row.batch_id is None}
    assert states == {state}
    assert "Settle doubts" not in browser.get(batch).text


def test_waits_for_answers_that_will_not_come_are_ended_by_their_button(site, browser):
    """Doubts and rows that arrived alike; it is there while anything is out."""
    batch = launched(browser)
    assert "Give up waiting" not in browser.get(batch).text, "nothing was sent"
    sends = site.world.send()
    assert "Give up waiting" in browser.get(batch).text
    said = {"decision": "lost", "by": "ann", "why": "the table was deleted"}
    assert browser.post(f"{batch}/settle", data=said).status_code == 303
    assert {site.world.run_of(send).state for send in sends} == {"timed_out"}
    site.world.play()
    assert "Give up waiting" not in browser.get(batch).text


@pytest.mark.parametrize("only", ["", "active", "completed", "failed", "cancelled", "gaps", "in_doubt", "nonsense"])
def test_items_are_narrowed(browser, only):
    """Every filter of a batch's items gives a page."""
    batch = launched(browser)
    items = browser.get(batch, params={"only": only}).text.partition("<h2>Items</h2>")[2]
    assert ("/items/" in items) == (only in {"", "active", "nonsense"})


@pytest.mark.parametrize(
    ("words", "found"), [("ann", True), ("100%", False), ("_", False), ("\0ann", True), ("\\", False)]
)
def test_leads_are_searched_literally(site, browser, words, found):
    """A search finds its own words; signs of patterns mean themselves."""
    launched(browser, person("ann"))
    site.catch_up()
    shown = browser.get("/clients/acme/leads", params={"q": words})
    assert (shown.status_code, "ann@quillhaven.example" in shown.text) == (200, found)


def test_leads_are_had_as_a_file(site, browser, monkeypatch):
    """With the page's own filters, every column, and no cell that a spreadsheet would take for a formula; over pages of the file, too."""
    monkeypatch.setattr("runners.web.pages._FILE_PAGE", 1)
    launched(browser, person("ann", title="@Head of Sales"), person("bob"), person("cy", "caldora"))
    site.catch_up()
    assert "/clients/acme/leads.csv?signal=&amp;q=ann" in browser.get("/clients/acme/leads", params={"q": "ann"}).text
    answer = browser.get("/clients/acme/leads.csv", params={"signal": "with_email"})
    assert answer.headers["content-disposition"] == 'attachment; filename="leads-acme.csv"'
    rows = list(csv.DictReader(answer.content.decode("utf-8-sig").splitlines()))
    assert tuple(rows[0]) == COLUMNS
    assert len({row["lead_id"] for row in rows}) == len(rows) == 3
    (ann,) = csv.DictReader(browser.get("/clients/acme/leads.csv", params={"q": "ann"}).text.splitlines())
    assert ann["person_title"] == "'@Head of Sales"
    assert browser.get("/clients/acme/leads.csv", params={"signal": "recently_funded"}).text.count("\n") == 1
    assert browser.get("/clients/nobody/leads.csv").status_code == 404


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/nothing", 404),
        ("/clients/nobody/leads", 404),
        ("/clients/acme/other/upload", 404),
        ("/batches/5a2f3f5e-7b1e-4a7e-9b7e-0d2f6c1e8a11", 404),
        ("/items/5a2f3f5e-7b1e-4a7e-9b7e-0d2f6c1e8a11", 404),
        ("/items/x", 404),
        ("/clients/acme/uploads/5a2f3f5e-7b1e-4a7e-9b7e-0d2f6c1e8a11", 404),
        ("/batches?page=0", 400),
        ("/static/../app.py", 404),
    ],
)
def test_faults_are_pages_in_words(browser, path, status):
    """What is not there is said on a page, without a trace of the program."""
    shown = browser.get(path)
    assert shown.status_code == status
    assert 'class="notice bad"' in shown.text
    assert "Traceback" not in shown.text


def test_a_file_that_is_no_table_is_refused_in_words(browser):
    """The form comes back with what is wrong."""
    shown = browser.post(UPLOAD, files={"file": ("photo.png", b"\x89PNG\r\n\x1a\n\0\0")}, data={})
    assert (shown.status_code, 'class="notice bad"' in shown.text) == (422, True)


def test_an_upload_of_another_client_is_unknown(browser):
    """Under one client's address the uploads of another are not shown."""
    assert browser.get(uploaded(browser).replace("/acme/", "/globex/")).status_code == 404


def test_another_site_changes_nothing(site, browser):
    """A POST without our own origin is refused, and so is one with none."""
    inspector = uploaded(browser)
    for origin in ("https://evil.example", "null", ""):
        answer = browser.post(f"{inspector}/launch", data={"seen": "0"}, headers={"origin": origin})
        assert (answer.status_code, "another site" in answer.text) == (403, True)
    assert site.world.events(e.BatchLaunched) == []


@pytest.mark.parametrize(
    ("settings", "headers"),
    [
        ({"host": "0.0.0.0"}, {}),
        ({}, {"host": "enrich.example.com"}),
        ({}, {"host": "127.0.0.1.evil.example"}),
        ({}, {"x-forwarded-for": "203.0.113.9"}),
    ],
)
def test_without_a_token_pages_are_for_this_machine_alone(folder, settings, headers):
    """Reached from elsewhere, by a rebound name or through a proxy, they are refused, and say what to set."""
    with opened_site(folder, with_runner(configuration(), **settings)) as site, site.browser() as browser:
        shown = browser.get("/batches", headers=headers)
    assert (shown.status_code, "[runner] api_token" in shown.text) == (403, True)


def test_with_a_token_pages_ask_for_it_once(locked):
    """Signing in leads back to the page that was asked for; the cookie does not hold the token."""
    with locked.browser("https://enrich.example.com") as browser:
        asked = browser.get("/clients")
        assert (asked.status_code, asked.headers["location"]) == (303, "/login?next=%2Fclients")
        assert browser.post("/login", data={"token": "wrong", "next": "/clients"}).status_code == 401
        answer = browser.post("/login", data={"token": TOKEN, "next": "/clients"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/clients")
        cookie = answer.headers["set-cookie"]
        assert TOKEN not in cookie
        assert all(word in cookie.lower() for word in ("httponly", "secure", "samesite=lax"))
        assert browser.get("/clients").status_code == 200


@pytest.mark.parametrize("wanted", ["https://evil.example", "//evil.example", "/\\evil.example", "/\t/evil.example"])
def test_signing_in_never_leads_to_another_site(locked, wanted):
    """Whatever `next` says, the browser stays here."""
    with locked.browser() as browser:
        answer = browser.post("/login", data={"token": TOKEN, "next": wanted})
        assert answer.headers["location"] == "/batches"


def test_a_database_that_is_away_is_said(site, browser):
    """The page says that it is not now, with 503."""
    site.world.store.pool.close()
    assert browser.get("/batches").status_code == 503


def test_pages_load_nothing_from_elsewhere(browser):
    """The policy of every page allows our own files only."""
    shown = browser.get("/batches")
    assert "default-src 'none'" in shown.headers["content-security-policy"]
    assert not re.search(r"(src|href)=\"https?:", shown.text)


@pytest.mark.parametrize("roles", [frozenset({Role.WEB}), frozenset({Role.RECEIVER})])
def test_the_daemon_serves_pages_where_the_role_is(folder, roles):
    """With the role web the pages are up beside /healthz; without it, there are none.

    An answer that comes to a process without receiver is asked for again: 404 would end its sender's retries.
    """

    async def look(url):
        registry = configuration()
        registry = evolve(registry, runner=evolve(registry.runner, port=0))
        async with Daemon(registry, url, roles) as daemon, httpx.AsyncClient(base_url=daemon.address) as client:
            pages = await client.get("/batches")
            health = await client.get("/healthz")
            callback = await client.post("/callbacks/apollo_scrape/find_email_via_waterfall")
            return pages.status_code, health.status_code, callback.status_code

    with fresh_database(folder) as url:
        found = asyncio.run(look(url))
    web = Role.WEB in roles
    assert found == (200 if web else 404, 200, 503 if web else 401)
