"""The commands as users run them: processes, on an embedded PostgreSQL, with a simulated Clay."""

import csv
import io
import json
import re
import signal
import subprocess
from codecs import BOM_UTF8
from contextlib import closing
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from enrichcore.domain.events import UploadStarted
from enrichcore.fields import LEAD_FIELDS
from enrichcore.store.embedded import embedded_url
from enrichcore.store.postgres import PostgresStore
from tests.end_to_end.commands_world import ENVIRONMENT, INTERRUPTIBLE, ROWS, daemon

pytestmark = pytest.mark.end_to_end

#: The id of nothing.
UNKNOWN = UUID(int=7, version=4)


def test_a_file_goes_in_and_leads_come_out(world):
    """Check, upload, launch, run, status, history, explain, leads: the whole way, in the words of the contract."""
    assert json.loads(world.run("check", "--json"))["ok"]
    dry = world.json("upload", world.apollo, "--client", "acme", "--workstream", "apollo_scrape", "--dry-run")
    assert (dry["upload_id"], dry["row_count"]) == (None, ROWS)
    done = world.json("upload", world.apollo, "--client", "acme", "--workstream", "apollo_scrape")
    assert {"upload_id", "row_count", "company_count", "mapped", "unmapped", "rejected"} <= set(done)
    assert (done["row_count"], done["company_count"]) == (dry["row_count"], dry["company_count"])

    counted = world.json("launch", done["upload_id"], "--dry-run")
    launched = world.json("launch", done["upload_id"])
    assert launched["item_count"] == counted["item_count"] == ROWS
    batch_id = launched["batch_id"]
    (progress,) = world.json("status", batch_id)["batches"]
    assert (progress["items_total"], progress["items_active"], progress["status"]) == (ROWS, ROWS, "running")

    item = world.items(batch_id, world.url)[0]
    assert "waits" in world.json("explain", item)["explanation"]
    with daemon(world):
        world.run("status", batch_id, "--watch")
    (progress,) = world.json("status", batch_id)["batches"]
    assert (progress["status"], progress["items_completed"], progress["items_with_gaps"]) == ("finished", ROWS, 0)
    assert progress["items_total"] == ROWS
    assert all(set(step["states"]) <= {"completed", "skipped"} for step in progress["steps"])

    events = world.json("history", item)["events"]
    assert [event["version"] for event in events] == list(range(1, len(events) + 1))
    assert {"version", "type", "at", "data"} <= set(events[0])
    assert (events[0]["type"], events[-1]["type"]) == ("ItemCreated", "ItemCompleted")
    assert "completed" in world.run("explain", item)

    leads = list(csv.DictReader(io.StringIO(world.run("leads", "--client", "acme"))))
    assert len(leads) >= ROWS
    assert set(LEAD_FIELDS) <= set(leads[0])
    path = world.folder / "leads.jsonl"
    world.run("leads", "--client", "acme", "--format", "jsonl", "--out", path)
    exported = [json.loads(line) for line in path.read_text().splitlines()]
    assert {lead["lead_id"] for lead in exported} == {lead["lead_id"] for lead in leads}


@pytest.mark.parametrize("address", ["postgres//u:hunter2@host/db", "postgresql://u:hunter2@127.0.0.1:1/db"])
def test_a_database_that_cannot_be_used_is_one_message_without_its_password(world, address):
    """Whether the address is wrong or nobody is there."""
    ended = world.ended("status", ENRICHCORE_DATABASE_URL=address)
    assert (ended.returncode, len(ended.stderr.splitlines()), "hunter2" in ended.stderr) == (1, 1, False)
    checked = world.ended("check", ENRICHCORE_DATABASE_URL=address)
    assert (checked.returncode, "hunter2" in checked.stdout + checked.stderr) == (1, False)


def test_a_file_that_names_no_one_is_a_failure(world):
    """It is kept as an upload, so that one can see why, and the exit code tells."""
    (world.folder / "nobody.csv").write_text("Colour,Weight\nred,7\n")
    ended = world.ended("upload", "nobody.csv", "--client", "acme", "--workstream", "crm_data")
    assert (ended.returncode, "names no one" in ended.stderr) == (1, True)


def test_who_only_looks_needs_no_secret(world):
    """A host that shows and exports has no webhooks; one that would send is told which are missing."""
    text = re.sub(r'url = "[^"]+"', 'url = "env:ENRICHCORE_TEST_UNSET_URL"', world.text)
    (world.folder / "looking.toml").write_text(text)
    looking = ("--config", "looking.toml")
    assert "batches" in json.loads(world.run(*looking, "status", "--json"))
    assert world.run(*looking, "leads", "--client", "acme").startswith("lead_id")
    refused = world.ended(*looking, "upload", world.crm, "--client", "acme", "--workstream", "crm_data")
    assert (refused.returncode, "ENRICHCORE_TEST_UNSET_URL" in refused.stderr) == (1, True)


def test_a_local_function_beside_the_configuration_is_found(world, tmp_path):
    """From whatever folder; one that cannot be loaded keeps nobody from looking, but from all that may call it."""
    step = '[[workstreams.crm_data.steps]]\nworkflow = "tidy"\nkind = "local"\nentity = "person"\nfunction = "own_steps:tidy"\n'
    text = world.text.replace("[[workstreams.crm_data.steps]]", f"{step}\n[[workstreams.crm_data.steps]]", 1)
    (tmp_path / "own.toml").write_text(text)
    own = ("--config", tmp_path / "own.toml")
    world.run("apply")
    database = embedded_url(world.folder / ".enrichcore" / "postgres")
    batch_id = world.launch(file=world.new_people(1, "beside"), workstream="crm_data")
    refused = world.ended(*own, "apply", ENRICHCORE_DATABASE_URL=database)
    assert (refused.returncode, "own_steps" in refused.stderr) == (1, True)
    for looking in (["status"], ["lanes"], ["leads", "--client", "acme"], ["explain", batch_id]):
        world.run(*own, *looking, ENRICHCORE_DATABASE_URL=database)
    refused = world.ended(*own, "retry", batch_id, ENRICHCORE_DATABASE_URL=database)
    assert (refused.returncode, "own_steps" in refused.stderr) == (1, True)
    (tmp_path / "own_steps.py").write_text("def tidy(facts):\n    return {}\n")
    world.run(*own, "apply", ENRICHCORE_DATABASE_URL=database)
    world.run(*own, "retry", batch_id, ENRICHCORE_DATABASE_URL=database)
    world.run("apply")


def test_a_local_function_that_a_batch_under_way_needs_is_missed_by_check(world, tmp_path):
    """Though the configuration names it no more: rows of the batch would wait for it."""
    step = '[[workstreams.crm_data.steps]]\nworkflow = "tidy"\nkind = "local"\nentity = "person"\nfunction = "gone_soon:tidy"\n'
    text = world.text.replace("[[workstreams.crm_data.steps]]", f"{step}\n[[workstreams.crm_data.steps]]", 1)
    (tmp_path / "own.toml").write_text(text)
    (tmp_path / "gone_soon.py").write_text("def tidy(facts):\n    return {}\n")
    own = ("--config", tmp_path / "own.toml")
    database = {"ENRICHCORE_DATABASE_URL": embedded_url(world.folder / ".enrichcore" / "postgres")}
    world.run(*own, "apply", **database)
    given = (world.new_people(1, "gone"), "--client", "acme", "--workstream", "crm_data", "--json")
    upload_id = json.loads(world.run(*own, "upload", *given, **database))["upload_id"]
    batch_id = json.loads(world.run(*own, "launch", upload_id, "--json", **database))["batch_id"]
    world.run("apply")
    (told,) = [one for one in world.json("check")["warnings"] if one["key"] == f"batch {batch_id}"]
    assert "calls gone_soon:tidy at step tidy: module 'gone_soon' cannot be imported" in told["problem"]
    assert f"enrichcore cancel {batch_id}" in told["remedy"]
    world.run("cancel", batch_id)
    assert batch_id not in world.run("check")


def test_a_folder_in_which_nothing_can_be_written_is_told_with_what_to_do(world, tmp_path):
    """By `check` at its key, and by every other command."""
    (tmp_path / "enrichcore.toml").write_text(world.text)
    (tmp_path / ".enrichcore").write_text("no folder")
    for command in ("check", "status"):
        ended = world.ended("--config", tmp_path / "enrichcore.toml", command)
        told = ended.stdout + ended.stderr
        assert (ended.returncode, "set ENRICHCORE_DATABASE_URL to a PostgreSQL of your own" in told) == (1, True)


def _now():
    return datetime.now(UTC).isoformat()


def test_leads_are_exported_as_of_a_moment(world):
    """Before the first launch there were none; the live table is not touched."""
    live = world.run("leads", "--client", "acme")
    assert world.run("leads", "--client", "acme", "--as-of", _now()).count("\n") == live.count("\n")
    assert world.run("leads", "--client", "acme", "--as-of", "2020-01-01").count("\n") == 1
    assert world.run("leads", "--client", "acme") == live
    assert world.ended("leads", "--client", "acme", "--as-of", "yesterday").returncode == 2
    assert world.ended("leads", "--client", "acme", "--as-of", "2100-01-01").returncode == 2


def test_a_dry_run_shows_how_a_file_is_read(world):
    """The mapping, the first rows, what is missing, who is one, and what a launch would send; nothing is recorded."""
    path = world.folder / "shown.csv"
    lines = [
        "Who,E-mail,Company,Website",
        "Ann Shown,ann@shown.example,Shown,",
        "Ann Shown,ann@shown.example,,",
        ",,Shown,",
    ]
    path.write_text("\n".join([*lines, "Bob Shown,,Shown,shown.example"]))
    args = (
        "upload",
        path,
        "--client",
        "acme",
        "--workstream",
        "crm_data",
        "--dry-run",
        "--map",
        "Who=person_full_name",
    )
    told = world.json(*args)
    assert (told["upload_id"], told["row_count"], told["person_count"], told["new_person_count"]) == (None, 3, 2, 2)
    assert [(one["line"], one["earlier_line"]) for one in told["joined"]] == [(3, 2)]
    assert told["missing"]["person_email"] == 1
    assert told["sample"][0]["facts"]["person_full_name"] == "Ann Shown"
    assert [step["to_send"] for step in told["steps"]] == [1, 2, 1]
    shown = world.run(*args)
    for words in (
        "dry run",
        "is read as",
        "the person of line 2",
        "kept aside because",
        "A launch would do",
        "not told",
    ):
        assert words in shown
    assert world.json(*args) == told


def test_rows_kept_aside_are_given_back_as_a_file(world):
    """With line and reason, safe for spreadsheets, and ready to be imported once they are mended."""
    path = world.folder / "aside.csv"
    path.write_text("Full Name,Email,Note\nAnn Aside,ann@aside.example,x\n,,=1+1\nBob,bob@aside.example,a,b\n")
    upload_id = world.upload(file=path, workstream="crm_data")
    assert len(world.json("rejected", upload_id)["rejected"]) == 2
    # Standard output is for programs, which take a byte order mark for a part of the first column's name.
    assert world.run("rejected", upload_id).startswith("line,reason,")
    world.run("rejected", upload_id, "--out", "mended.csv")
    assert (world.folder / "mended.csv").read_bytes().startswith(BOM_UTF8)
    text = (world.folder / "mended.csv").read_text(encoding="utf-8-sig")
    one, two = csv.DictReader(io.StringIO(text))
    assert (one["line"], one["Note"], two["line"], two["column 4"]) == ("3", "'=1+1", "4", "b")
    (world.folder / "mended.csv").write_text(text.replace("3,nothing", "3,Cid Aside nothing").replace(",b\r", ",\r"))
    assert world.json("upload", "mended.csv", "--client", "acme", "--workstream", "crm_data")["row_count"] == 1
    assert world.ended("rejected", uuid4()).returncode == 2


def test_why_rows_are_one_is_told(world):
    """By person, from the first row on."""
    path = world.folder / "why.csv"
    path.write_text("Name,Email,Company\nAnn Why,ann@why.example,Why\nAnn Why,ann@why.example,\n")
    (joined,) = world.json("upload", path, "--client", "acme", "--workstream", "crm_data")["joined"]
    told = world.json("why", joined["id"])
    assert [one["reason"] for one in told["tellings"]] == ["was new", "was known by the e-mail address ann@why.example"]
    assert "ann@why.example" in world.run("why", joined["id"])
    assert world.ended("why", uuid4()).returncode == 2


def test_a_mapping_is_kept_for_the_next_file(world):
    """Saved with an upload, shown, used, and forgotten."""
    path = world.folder / "kept.csv"
    path.write_text("Wer,E-Mail\nAnn Kept,ann@kept.example\n")
    upload = ("upload", path, "--client", "acme", "--workstream", "crm_data")
    world.json(*upload, "--map", "Wer=person_full_name", "--save-mapping")
    told = world.json(*upload)
    assert (told["mapped"]["Wer"], told["saved"]) == ("person_full_name", ["Wer"])
    assert "Wer" not in world.json(*upload, "--no-saved")["mapped"]
    mapping = ("mapping", "--client", "acme", "--workstream", "crm_data")
    assert "(as saved)" in world.run(*upload)
    assert "person_full_name" in world.run(*mapping)
    assert world.json(*mapping, "--forget", "wer")["saved"] == {}
    assert world.ended(*upload, "--save-mapping").returncode == 2
    assert world.ended(*mapping, "--map", "Wer=nothing").returncode == 2


def test_some_leads_are_exported(world):
    """By batch, workstream, indicator and last change, also together; what does not exist is refused."""

    def exported(*args):
        return list(csv.DictReader(io.StringIO(world.run("leads", "--client", "acme", *args))))

    first = world.launch(file=world.new_people(3, "chosen"), workstream="crm_data")
    second = world.launch(file=world.new_people(2, "chosen"), workstream="crm_data")
    found = exported("--batch-id", first)
    assert [len(found), len(exported("--batch-id", second))] == [3, 2]
    # Who was launched again since is of the first batch all the same.
    assert {lead["batch_id"] for lead in found} == {first, second}
    assert len(exported("--batch-id", first, "--workstream", "crm_data")) == 3
    assert exported("--batch-id", first, "--workstream", "apollo_scrape") == []
    assert exported("--batch-id", first, "--indicator", "is_new_in_role") == []
    assert len(exported("--batch-id", first, "--indicator", "is_new_in_role=unknown")) == 3
    assert exported("--changed-since", "2100-01-01") == []
    assert len(exported("--changed-since", "2020-01-01", "--as-of", _now(), "--batch-id", first)) == 3
    for batch_id in (first, second):
        world.run("cancel", batch_id)
    for wrong in (
        ("--batch-id", UNKNOWN), ("--workstream", "nope"), ("--indicator", "nope"),
        ("--indicator", "is_new_in_role=maybe"), ("--changed-since", "lately"),
    ):  # fmt: skip
        assert world.ended("leads", "--client", "acme", *wrong).returncode == 2


def test_a_file_of_leads_opens_right_in_excel(world):
    """The file says that it is UTF-8, and appears only when it is whole."""
    world.run("leads", "--client", "acme", "--out", "leads.csv")
    assert (world.folder / "leads.csv").read_bytes().startswith("\ufefflead_id,".encode())


def test_a_field_is_remapped_over_what_is_there(world):
    """The effect is shown first; a replay wants the configuration applied, so that leads stay as it makes them."""
    batch_id = world.launch(file=world.new_people(3, "remapped"), workstream="crm_data")
    with daemon(world):
        world.run("status", batch_id, "--watch")
    file = world.folder / "enrichcore.toml"
    plain = file.read_text()
    try:
        file.write_text(plain + '\n[fields]\nperson_title = ["headline"]\n[indicators]\nnew_in_role_months = 12\n')
        looked = world.json("replay", "final_leads", "--diff")
        assert looked["tables"][0]["by_field"]["person_title"] > 0
        shown = world.run("replay", "final_leads", "--diff")
        assert "final_leads: for example" in shown
        assert re.search(r"(?m)^person_title  +\S.*\S  +\S", shown)
        assert "`enrichcore apply` and then `enrichcore replay` would do it" in shown
        refused = world.ended("replay", "final_leads")
        assert refused.returncode == 1
        assert "enrichcore apply" in refused.stderr
        world.run("apply")
        assert "final_leads" in [warning["key"] for warning in world.json("check")["warnings"]]
        told = world.json("replay", "final_leads", "--diff")
        assert told["tables"][0]["by_field"]["person_title"] == looked["tables"][0]["by_field"]["person_title"]
        world.json("replay", "final_leads")
        assert world.json("replay", "final_leads", "--diff")["changes"] is False
        assert "final_leads" not in [warning["key"] for warning in world.json("check")["warnings"]]
    finally:
        file.write_text(plain)
        world.run("apply")
        world.json("replay", "final_leads")


def test_a_replay_changes_nothing_where_no_rule_changed(world):
    """Compared first, then rebuilt, then compared again; and looked back to a time before everything."""
    world.launch(file=world.new_people(2, "replayed"), workstream="crm_data")
    before = world.run("leads", "--client", "acme")
    assert world.json("replay", "final_leads", "--diff")["changes"] is False
    assert {"final_leads", "progress"} <= set(world.json("replay")["read_models"])
    assert world.json("replay", "company_enrichment_results")["read_models"] == ["results"]
    assert set(world.json("replay", "batch_progress")["inline_state"].values()) == {0}
    world.json("replay", "final_leads", "--client", "acme")
    assert world.json("replay", "--diff")["changes"] is False
    assert world.run("leads", "--client", "acme") == before
    then = world.json("replay", "final_leads", "--as-of", "2020-01-01")
    (table,) = [table for table in then["tables"] if table["table"] == "final_leads"]
    assert (table["rows"], table["content"], table["rows_now"]) == (
        0,
        [],
        len(list(csv.DictReader(io.StringIO(before)))),
    )
    compared = world.run("replay", "final_leads", "--diff", "--as-of", "2020-01-01")
    assert "how it was on 2020-01-01 00:00:00 UTC, compared with now; nothing was changed" in compared
    assert "would do it" not in compared
    assert world.ended("replay", "final_leeds").returncode == 2


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (["status", UNKNOWN], 2),
        (["history", UNKNOWN], 2),
        (["explain", UNKNOWN], 2),
        (["launch", UNKNOWN], 2),
        (["launch", UNKNOWN, "--dry-run"], 2),
        (["pause", UNKNOWN], 2),
        (["cancel", UNKNOWN], 2),
        (["retry", UNKNOWN], 2),
        (["leads", "--client", "acmee"], 2),
        (["replay", "--batch-id", UNKNOWN], 2),
        (["upload", "enrichcore.toml", "--client", "acme", "--workstream", "crm_data"], 1),
        (["upload", "crm_contacts.csv", "--client", "acme", "--workstream", "crm"], 2),
        (
            [
                "upload",
                "crm_contacts.csv",
                "--client",
                "acme",
                "--workstream",
                "crm_data",
                "--map",
                "Nope=person_email",
            ],
            2,
        ),
        (["leads", "--client", "acme", "--out", "nowhere/leads.csv"], 1),
    ],
    ids=lambda value: " ".join(map(str, value))[:40] if isinstance(value, list) else None,
)
def test_what_does_not_exist_is_one_message(world, args, code):
    """On standard error, with nothing on standard output."""
    ended = world.ended(*args)
    assert (ended.returncode, ended.stdout) == (code, "")
    assert 1 <= len(ended.stderr.strip().splitlines()) <= 3


def test_a_database_that_is_away_is_one_message(world):
    """`check` does not hang, and names it by its key."""
    away = {"ENRICHCORE_DATABASE_URL": "postgresql://127.0.0.1:1/nowhere?connect_timeout=2"}
    assert "ENRICHCORE_DATABASE_URL" in world.run("check", code=1, **away)


def test_an_interrupted_import_says_what_becomes_of_it(world):
    """What is recorded is of no use for a launch, so the way on is told."""
    file = world.new_people(30_000, "halfway")
    # There is a log then to look at.
    world.run("apply")
    with closing(PostgresStore(world.url, pool_size=1)) as store:
        before = store.last_position()
        command = [*INTERRUPTIBLE, "upload", file, "--client", "acme", "--workstream", "crm_data"]
        with subprocess.Popen(
            command, cwd=world.folder, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as running:
            # Other events may come first, and before it has begun Ctrl-C may still be ignored.
            while not any(isinstance(one.event, UploadStarted) for one in store.log(before, 100)):
                assert running.poll() is None, running.stderr.read()
            running.send_signal(signal.SIGINT)
            _, told = running.communicate(timeout=60)
    assert running.returncode == 130
    assert told.startswith("interrupted; what was imported of the file cannot be launched: import it again")
