"""The API and the metrics, as a program meets them."""

import re
from tempfile import SpooledTemporaryFile

import pytest

from enrichcore.domain import events as e
from tests.contracts.world import APOLLO, file_of, person
from tests.end_to_end.browsing import doubtful, launched, told
from tests.end_to_end.pages_world import TOKEN

pytestmark = [pytest.mark.postgres, pytest.mark.end_to_end]


def test_the_api_is_off_without_a_token(browser):
    """A sentence says what to set."""
    answer = browser.get("/api/v1/batches")
    assert (answer.status_code, "api_token" in answer.json()["reason"]) == (403, True)


@pytest.mark.parametrize("given", ["", "Bearer wrong", f"Basic {TOKEN}", TOKEN])
def test_the_api_asks_for_the_token(locked, given):
    """Nothing but the token as a bearer token opens it."""
    with locked.browser() as program:
        answer = program.get("/api/v1/batches", headers={"authorization": given} if given else {})
    assert (answer.status_code, "Bearer" in answer.json()["reason"]) == (401, True)


def test_a_program_uploads_launches_and_reads(locked):
    """The way of a file through the API."""
    with locked.browser() as program:
        program.headers = {"authorization": f"Bearer {TOKEN}"}
        files = {"file": ("people.csv", file_of(person("ann"), person("bob")))}
        report = program.post("/api/v1/uploads", files=files, data={"client": "acme", "workstream": APOLLO}).json()
        assert (report["row_count"], report["company_count"]) == (2, 1)
        answer = program.post("/api/v1/batches", json={"upload_id": report["upload_id"]})
        batch = f"/api/v1/batches/{answer.json()['batch_id']}"
        assert (answer.status_code, answer.json()["item_count"]) == (201, 2)
        again = program.post("/api/v1/batches", json={"upload_id": report["upload_id"]})
        assert (again.status_code, answer.json()["batch_id"] in again.json()["reason"]) == (409, True)
        assert again.json()["reason"].endswith("again; if that is meant, give `again`: true.")
        assert program.post(f"{batch}/pause").json()["status"] == "paused"
        assert program.post(f"{batch}/resume").json()["changed"] is True
        assert program.post(f"{batch}/explode").status_code == 404
        said = {"by": "ann", "why": "to look into it"}
        assert program.post(f"{batch}/pause", json=said).json()["changed"] is True
        assert program.post(f"{batch}/resume", json=said).json()["changed"] is True
        assert told(locked, e.BatchPaused) == {("API", ""), ("ann (API)", "to look into it")}
        assert program.post(f"{batch}/pause", json={"by": 7}).status_code == 400
        assert doubtful(locked, batch) == 2
        assert program.post(f"{batch}/settle", json={"decision": "perhaps"}).status_code == 400
        assert "the body is missing" in program.post(f"{batch}/settle").json()["reason"]
        assert program.post(f"{batch}/settle", json={"decision": "sent", "step": "no_such"}).status_code == 400
        assert program.post(f"{batch}/settle", json={"decision": "sent", **said}).json()["settled"] == 1
        assert told(locked, e.DoubtSettled) == {("ann (API)", "to look into it")}
        (posted,) = {send.run_id: send for send in locked.world.posted}.values()
        locked.world.answer(posted)
        locked.world.play()
        locked.catch_up()
        ended = program.get(batch).json()
        assert (ended["status"], ended["items_completed"], ended["items_total"]) == ("finished", 2, 2)
        assert ended["steps"][0]["states"] == {"completed": 2}
        nothing = program.post(f"{batch}/retry", json={}).json()
        assert (nothing["retried"], nothing["notes"][0][:32]) == (0, "Nothing is failed or timed_out: ")
        assert program.post(f"{batch}/retry").json()["retried"] == 0
        assert program.get("/api/v1/batches").json()["total"] == 1
        leads = program.get("/api/v1/clients/acme/leads", params={"limit": 1}).json()
        assert (leads["total"], len(leads["leads"])) == (2, 1)
        item = program.get(f"/api/v1/items/{leads['leads'][0]['item_id']}").json()
        assert [event["version"] for event in item["events"]] == list(range(1, len(item["events"]) + 1))
        assert {"type", "at", "data"} <= set(item["events"][0])
        upload = program.get(f"/api/v1/uploads/{report['upload_id']}").json()
        assert upload["batches"] == [ended["batch_id"]]
        for _ in range(2):
            body = {"upload_id": report["upload_id"], "again": True}
            assert program.post("/api/v1/batches", json=body).status_code == 201


def test_a_program_is_told_as_much_of_a_file_as_people_are(locked, monkeypatch):
    """A dry run of the API records nothing and tells what the command line tells; rows kept aside come as a file."""
    read_piece = SpooledTemporaryFile.read

    def read(file, size=-1):
        assert size > 0, "a file of a gigabyte would be in memory"
        return read_piece(file, size)

    monkeypatch.setattr(SpooledTemporaryFile, "read", read)
    content = file_of(person("ann"), person("nobody", first="", last="", email="", linkedin=""))
    with locked.browser() as program:
        program.headers = {"authorization": f"Bearer {TOKEN}"}
        data = {"client": "acme", "workstream": APOLLO}
        files = {"file": ("people.csv", content)}
        dry = program.post("/api/v1/uploads", files=files, data={**data, "dry_run": "true"})
        assert (dry.status_code, dry.json()["upload_id"], dry.json()["row_count"]) == (200, None, 1)
        assert {"sample", "steps", "missing", "joined", "rejected", "duplicate_row_count"} <= dry.json().keys()
        assert [step["to_send"] for step in dry.json()["steps"]] == [0, 0, 1, 1, 0]
        recorded = locked.world.store.log(after=0, limit=100)
        assert not [one for one in recorded if isinstance(one.event, e.UploadStarted | e.PersonImported)]
        report = program.post("/api/v1/uploads", files=files, data=data).json()
        assert report["upload_id"]
        assert [row["line"] for row in report["rejected"]] == [row["line"] for row in dry.json()["rejected"]]
        rejected = program.get(f"/api/v1/uploads/{report['upload_id']}/rejected.csv")
        assert rejected.headers["content-type"].startswith("text/csv")
        assert "nothing names a person" in rejected.text
        kept = program.post("/api/v1/uploads", files=files, data={**data, "save_mapping": "true"})
        assert (kept.status_code, "nothing to save" in kept.json()["reason"]) == (400, True)


@pytest.mark.parametrize(
    ("method", "path", "content", "status"),
    [
        ("GET", "/api/v1/items/5a2f3f5e-7b1e-4a7e-9b7e-0d2f6c1e8a11", None, 404),
        ("GET", "/api/v1/clients/nobody/leads", None, 404),
        ("GET", "/api/v1/clients/acme/leads?limit=0", None, 400),
        ("POST", "/api/v1/batches", b"{", 400),
        ("POST", "/api/v1/batches", b"{}", 400),
        ("POST", "/api/v1/batches", b'{"upload_id": "5a2f3f5e-7b1e-4a7e-9b7e-0d2f6c1e8a11"}', 404),
        ("DELETE", "/api/v1/batches", None, 405),
    ],
)
def test_faults_of_the_api_have_a_reason(locked, method, path, content, status):
    """They are JSON, with a sentence."""
    with locked.browser() as program:
        answer = program.request(
            method,
            path,
            content=content,
            headers={"authorization": f"Bearer {TOKEN}", "content-type": "application/json"},
        )
    assert (answer.status_code, bool(answer.json()["reason"])) == (status, True)


@pytest.mark.parametrize(
    ("action", "body", "reason"),
    [
        ("settle", {"decision": "perhaps"}, "decision: 'perhaps' is none of its words: sent, resend, lost"),
        ("retry", {"state": "perhaps"}, "state: 'perhaps' is none of its words: completed, failed, timed_out, skipped, cancelled"),
        ("retry", {"state": "ready"}, "can run again: completed, failed, timed_out, skipped, cancelled."),
        ("retry", {"step": "perhaps"}, "no step 'perhaps'; it has normalize_company_name, "),
        ("perhaps", {}, "no action 'perhaps'; it has pause, resume, cancel, retry and settle."),
    ],
)  # fmt: skip
def test_a_word_that_is_refused_is_answered_with_those_that_there_are(locked, action, body, reason):
    """So that whoever writes the program need not look them up."""
    batch = locked.world.launch(person("ann"))
    with locked.browser() as program:
        headers = {"authorization": f"Bearer {TOKEN}"}
        answer = program.post(f"/api/v1/batches/{batch.batch_id}/{action}", json=body, headers=headers)
    assert 400 <= answer.status_code < 500
    assert reason in answer.json()["reason"]


def test_the_api_describes_itself(browser):
    """The OpenAPI document has the API, and no page."""
    described = browser.get("/schema").json()
    assert all(browser.get(where).json() == described for where in ("/openapi.json", "/schema/openapi.json"))
    paths = described["paths"]
    assert "/api/v1/batches/{batch_id}" in paths
    assert all(path.startswith("/api/v1/") for path in paths)


def test_a_history_names_what_a_later_answer_changed(locked):
    """Field by field, beside the event's own data."""
    locked.world.launch(person("ann"))
    send = next(send for send in locked.world.play() if "person" in send.workflow)
    locked.world.answer(send, locked.world.body(send, result={"title": "Head of Buying"}))
    with locked.browser() as program:
        told = program.get(f"/api/v1/items/{send.run_id}", headers={"authorization": f"Bearer {TOKEN}"}).json()
    (changed,) = [event["changed"] for event in told["events"] if "changed" in event]
    assert changed["person_title"] == {"before": "Chief Buyer", "after": "Head of Buying"}


def test_metrics_count_what_needs_a_person(site, browser):
    """The log's position, how far read models are behind, items, stopped lanes and unmatched answers."""
    launched(browser)
    before = browser.get("/metrics").text
    assert re.search(r'enrichcore_read_model_lag\{read_model="final_leads"\} [1-9]', before)
    site.world.app.receive([site.world.callback("find_email_via_waterfall", b"no json")])
    site.catch_up()
    after = browser.get("/metrics")
    assert after.headers["content-type"].startswith("text/plain; version=0.0.4")
    position = site.world.store.last_position()
    assert f"enrichcore_log_position {position}\n" in after.text
    assert 'enrichcore_read_model_lag{read_model="final_leads"} 0\n' in after.text
    assert 'enrichcore_items{status="active"} 3\n' in after.text
    assert "enrichcore_lanes_stopped 0\n" in after.text
    assert "enrichcore_lanes_unreachable 0\n" in after.text
    assert 'enrichcore_notifications{state="given_up"} 0\n' in after.text
    assert "enrichcore_unmatched_callbacks 1\n" in after.text
    assert "# TYPE enrichcore_callbacks_total counter\n" in after.text
    assert 'enrichcore_callbacks_total{outcome="not_json"} 1\n' in after.text
    assert 'enrichcore_callbacks_total{outcome="duplicate"} 0\n' in after.text
