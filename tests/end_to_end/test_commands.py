"""The commands as users run them: processes, on an embedded PostgreSQL, with a simulated Clay."""

import csv
import getpass
import io
import json
import os
import re
import signal
import subprocess
import sys
from codecs import BOM_UTF8
from contextlib import contextmanager
from uuid import UUID, uuid4

import pytest

from enrichcore.fields import LEAD_FIELDS
from enrichcore.store.embedded import embedded_url
from runners.cli.sample_files import configuration_text, write_samples

pytestmark = pytest.mark.end_to_end

ROWS = 12
SECRET = "demo-callback-secret"
COMMAND = [sys.executable, "-c", "from runners.cli import main; main()"]
UNSET = {"ENRICHCORE_CONFIG", "ENRICHCORE_DATABASE_URL", "DATABASE_URL"}
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in UNSET}


class World:
    """A folder with a configuration, its database, a simulated Clay, and the batch that ran through them."""

    def __init__(self, folder, clay):
        self.folder = folder
        self.text = configuration_text(clay)
        (folder / "enrichcore.toml").write_text(self.text)
        self.apollo, self.crm = write_samples(folder, ROWS)

    def run(self, *args, code=0, **environment):
        """One command; its standard output."""
        ended = self.ended(*args, **environment)
        assert ended.returncode == code, ended.stderr
        return ended.stdout

    def ended(self, *args, **environment):
        """One command that has ended."""
        ended = subprocess.run(
            [*COMMAND, *map(str, args)],
            cwd=self.folder,
            env={**ENVIRONMENT, **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert "Traceback" not in ended.stderr, ended.stderr
        return ended

    def json(self, *args):
        """What a command prints with `--json`, which is JSON and nothing else."""
        return json.loads(self.run(*args, "--json"))

    def upload(self, file=None, workstream="apollo_scrape"):
        """The id of a new upload."""
        file = file or self.apollo
        return self.json("upload", file, "--client", "acme", "--workstream", workstream)["upload_id"]

    def launch(self, **kwargs):
        """The id of a new batch."""
        return self.json("launch", self.upload(**kwargs))["batch_id"]

    def new_people(self, count, word):
        """A file of people whom nobody has seen before."""
        path = self.folder / f"{word}.csv"
        lines = [f"Zo,{word} {number},zo{number}@{word}.example,{word}.example" for number in range(count)]
        path.write_text("\n".join(["First Name,Last Name,Email,Company Domain Name", *lines]))
        return path

    def events(self, stream_id):
        """The events of one aggregate."""
        from enrichcore.store.postgres import PostgresStore

        store = PostgresStore(self.url, pool_size=1)
        try:
            return [recorded.event for recorded in store.stream(UUID(stream_id))]
        finally:
            store.close()

    def items(self, batch_id, store_url):
        """The ids of a batch's items."""
        from enrichcore.store.postgres import PostgresStore

        store = PostgresStore(store_url, pool_size=1)
        try:
            return store.items_of(batch_id, None, 100)
        finally:
            store.close()


@contextmanager
def process(command, cwd):
    """A process that says on its first line where it listens: itself, and its address."""
    with subprocess.Popen(command, cwd=cwd, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True) as running:
        try:
            yield running, re.search(r"http://[^\s,]+", running.stdout.readline())[0]
        finally:
            running.kill()


@contextmanager
def daemon(world, *options):
    """The daemon, until the block ends."""
    with process([*COMMAND, "run", *options], world.folder) as (running, address):
        yield address
        running.send_signal(signal.SIGTERM)
        assert running.wait(60) == 0


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """One world for all tests here; each makes its own batches in it."""
    folder = tmp_path_factory.mktemp("commands")
    clay = [sys.executable, "-m", "runners.sandbox", "--port", "0", "--delay", "0.05", "--secret", SECRET]
    with process(clay, folder) as (_, address):
        made = World(folder, address)
        # Held open here, so that not every command starts and stops a server of its own.
        made.url = embedded_url(folder / ".enrichcore" / "postgres")
        yield made


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


def test_leads_are_exported_as_of_a_moment(world):
    """Before the first launch there were none; the live table is not touched."""
    live = world.run("leads", "--client", "acme")
    assert world.run("leads", "--client", "acme", "--as-of", "2100-01-01").count("\n") == live.count("\n")
    assert world.run("leads", "--client", "acme", "--as-of", "2020-01-01").count("\n") == 1
    assert world.run("leads", "--client", "acme") == live
    assert world.ended("leads", "--client", "acme", "--as-of", "yesterday").returncode == 2


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
    assert len(exported("--changed-since", "2020-01-01", "--as-of", "2100-01-01", "--batch-id", first)) == 3
    for batch_id in (first, second):
        world.run("cancel", batch_id)
    for wrong in (
        ("--batch-id", uuid4()), ("--workstream", "nope"), ("--indicator", "nope"),
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
    assert world.ended("replay", "final_leeds").returncode == 2


def test_a_batch_is_paused_resumed_and_cancelled(world):
    """Each says what it is now, and does nothing twice."""
    batch_id = world.launch(file=world.new_people(3, "paused"), workstream="crm_data")
    assert world.json("pause", batch_id)["status"] == "paused"
    assert world.json("pause", batch_id)["changed"] is False
    item = world.items(batch_id, world.url)[0]
    assert f"enrichcore resume {batch_id}" in world.run("explain", item)
    told = world.json("explain", batch_id)
    assert [sorted(group["ids"]) for group in told["groups"]] == [sorted(map(str, world.items(batch_id, world.url)))]
    assert world.json("resume", batch_id)["status"] == "running"
    assert world.json("cancel", batch_id)["cancelled"] == 3
    (progress,) = world.json("status", batch_id)["batches"]
    assert (progress["status"], progress["items_cancelled"], progress["items_active"]) == ("cancelled", 3, 0)
    assert world.json("retry", batch_id)["retried"] == 0
    assert world.json("settle", batch_id, "--as", "sent")["settled"] == 0


def test_who_decided_and_why_is_kept(world):
    """Who says their name is called so; whoever does not, as the system calls them."""
    batch_id = world.launch(file=world.new_people(1, "kept"), workstream="crm_data")
    world.run("pause", batch_id, "--why", "to look into it", "--by", "ann@ops.example")
    world.run("resume", batch_id)
    told = {type(event).__name__: event for event in world.events(batch_id)}
    assert (told["BatchPaused"].by, told["BatchPaused"].why) == ("ann@ops.example", "to look into it")
    assert told["BatchResumed"].by == told["BatchLaunched"].by == f"{getpass.getuser()} (command line)"
    world.run("cancel", batch_id, "--by", "ann@ops.example")


def test_a_lane_is_stopped_and_opened(world):
    """By a person, with a reason; its counts are shown."""
    lane = "acme/crm_data/find_email_via_waterfall"
    world.run("lanes", "--stop", lane, "--why", "to look into it")
    (shown,) = [one for one in world.json("lanes")["lanes"] if one["lane"] == lane]
    assert (shown["status"], shown["reason"]) == ("stopped", "to look into it")
    world.run("lanes", "--resume", lane)
    (shown,) = [one for one in world.json("lanes")["lanes"] if one["lane"] == lane]
    assert shown["status"] == "open"
    assert world.ended("lanes", "--stop", "acme/crm_data/find_emial").returncode == 2
    assert world.ended("lanes", "--stop", "acme").returncode == 2


def test_an_answer_without_a_place_is_listed_and_placed(world):
    """It is kept with its reason; a person says whose it is."""
    import httpx

    batch_id = world.launch(file=world.new_people(1, "unmatched"), workstream="crm_data")
    world.json("pause", batch_id)
    item = world.items(batch_id, world.url)[0]
    workflow = "enrich_person_via_clay_waterfall"
    with daemon(world, "--role", "receiver") as address:
        answer = httpx.post(
            f"{address}/callbacks/crm_data/{workflow}",
            json={"name": "Zo Unmatched"},
            headers={"authorization": f"Bearer {SECRET}"},
        )
    assert answer.status_code == 422
    (kept,) = [one for one in world.json("unmatched")["unmatched"] if "Zo Unmatched" in one["body"]]
    mended = world.folder / "mended.json"
    mended.write_text('{"title": "Owner"}')
    assert world.ended("unmatched", "--step", workflow).returncode == 2
    placed = world.json("unmatched", "--match", kept["id"], item, "--step", workflow, "--body", mended)
    assert placed["status"] == "accepted"
    assert kept["id"] not in [one["id"] for one in world.json("unmatched")["unmatched"]]
    assert world.ended("unmatched", "--match", kept["id"], item).returncode == 1


def test_a_superseded_configuration_has_to_be_applied_on_purpose(world):
    """Two hosts with different files do not take turns; `apply` says which is meant."""
    path = world.folder / "enrichcore.toml"
    world.run("apply")
    try:
        path.write_text(world.text.replace('label = "CRM data"', 'label = "Customers"'))
        assert world.json("apply")["changed"] is True
    finally:
        path.write_text(world.text)
    refused = world.ended("upload", world.crm, "--client", "acme", "--workstream", "crm_data")
    assert refused.returncode == 1
    assert "enrichcore apply" in refused.stderr
    assert world.json("apply")["changed"] is True
    assert world.json("apply")["changed"] is False
    world.upload(file=world.crm, workstream="crm_data")


def test_an_upload_under_way_is_launched_again_only_on_purpose(world):
    """The refusal names the batch and the option; a count says that it is under way."""
    upload_id = world.upload(file=world.new_people(1, "twice"), workstream="crm_data")
    first = world.json("launch", upload_id)["batch_id"]
    assert first in world.ended("launch", upload_id, "--dry-run").stderr
    refused = world.ended("launch", upload_id)
    assert (refused.returncode, first in refused.stderr, "--again" in refused.stderr) == (1, True, True)
    again = world.json("launch", upload_id, "--again")["batch_id"]
    assert again != first
    for batch_id in (first, again):
        world.run("cancel", batch_id)


@pytest.mark.parametrize("roles", [[], ["--role", "sender", "--role", "web"]])
def test_a_port_for_health_is_for_processes_that_nobody_calls(world, roles):
    """The others have the address of the configuration."""
    refused = world.ended("run", *roles, "--health-port", "8123")
    assert (refused.returncode, "[runner] listen" in refused.stderr) == (2, True)


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (["status", uuid4()], 2),
        (["history", uuid4()], 2),
        (["explain", uuid4()], 2),
        (["launch", uuid4()], 2),
        (["launch", uuid4(), "--dry-run"], 2),
        (["pause", uuid4()], 2),
        (["cancel", uuid4()], 2),
        (["retry", uuid4()], 2),
        (["leads", "--client", "acmee"], 2),
        (["replay", "--batch-id", uuid4()], 2),
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


def test_the_demo_runs_to_its_end(tmp_path):
    """Every item ends, every person is a lead, and nothing of it is left behind."""
    ended = subprocess.run(
        [*COMMAND, "demo", "--rows", "20", "--json"],
        cwd=tmp_path,
        env={**ENVIRONMENT, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ended.returncode == 0, ended.stderr
    summary = json.loads(ended.stdout)
    assert [batch["items_total"] for batch in summary["batches"]] == [20, 20]
    assert [batch["items_active"] for batch in summary["batches"]] == [0, 0]
    # Five people are in both files.
    assert summary["final_leads"] == 35
    # The Apollo file tells when companies were funded, lately or long ago.
    assert 0 < sum(told["recently_funded"] for told in summary["by_workstreams"]) < 35
    assert "Traceback" not in ended.stderr
    assert not list(tmp_path.glob("enrichcore-demo-*"))


def test_an_interrupted_demo_keeps_nothing_and_says_so(tmp_path):
    """Ctrl-C while rows are under way ends all that it started; its folder goes, so nothing recorded is promised."""
    # Whoever starts tests in the background ignores Ctrl-C, and so would the demo.
    ready = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    with subprocess.Popen(
        [sys.executable, "-c", f"{ready}; from runners.cli import main; main()", "demo", "--rows", "200"],
        cwd=tmp_path,
        env={**ENVIRONMENT, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        while "Launched" not in (line := running.stdout.readline()):
            assert line, running.stderr.read()
        running.send_signal(signal.SIGINT)
        _, told = running.communicate(timeout=60)
    assert running.returncode == 1
    assert told == "interrupted; a demo keeps nothing: its folder and its database are removed\n"
    assert not list(tmp_path.glob("enrichcore-demo-*"))
