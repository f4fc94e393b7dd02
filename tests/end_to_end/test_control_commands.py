"""What people decide about batches, lanes and answers, as they type it."""

import getpass
import re

import pytest

from tests.end_to_end.commands_world import SECRET, daemon

pytestmark = pytest.mark.end_to_end


def test_a_batch_is_paused_resumed_and_cancelled(world):
    """Each says what it is now, and does nothing twice."""
    batch_id = world.launch(file=world.new_people(3, "paused"), workstream="crm_data")
    assert world.json("pause", batch_id)["status"] == "paused"
    assert world.json("pause", batch_id)["changed"] is False
    item = world.items(batch_id, world.url)[0]
    assert f"enrichcore resume {batch_id}" in world.run("explain", item)
    assert "No daemon runs now" not in world.run("status", batch_id)
    told = world.json("explain", batch_id)
    assert [sorted(group["ids"]) for group in told["groups"]] == [sorted(map(str, world.items(batch_id, world.url)))]
    assert world.json("resume", batch_id)["status"] == "running"
    assert world.run("status", batch_id).count("No daemon runs now") == 1
    assert world.json("cancel", batch_id)["cancelled"] == 3
    (progress,) = world.json("status", batch_id)["batches"]
    assert (progress["status"], progress["items_cancelled"], progress["items_active"]) == ("cancelled", 3, 0)
    told = world.run("resume", batch_id)
    assert "is cancelled; that changed nothing" in told
    assert f"`enrichcore retry {batch_id} --state cancelled` takes the cancellation back" in told
    assert world.json("retry", batch_id)["retried"] == 0
    costs = world.json("retry", batch_id, "--state", "cancelled", "--dry-run")
    told = [(step["items"], step["behind"], step["rows"]) for step in costs["steps"]]
    assert (costs["credits"], costs["credits_at_most"], told) == ("7", "7", [(3, 0, 1), (0, 3, 3), (0, 3, 3)])
    assert "would cost 7 credits at most" in world.run("retry", batch_id, "--state", "cancelled", "--dry-run")
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
    assert f"Lane {lane} is stopped\n" in world.run("lanes", "--stop", lane, "--why", "to look into it")
    assert f"Lane {lane} is stopped; that changed nothing\n" in world.run("lanes", "--stop", lane, "--why", "again")
    (shown,) = [one for one in world.json("lanes")["lanes"] if one["lane"] == lane]
    assert (shown["status"], shown["reason"]) == ("stopped", "to look into it")
    assert world.json("lanes", "--resume", lane)["changed"] is True
    assert world.json("lanes", "--resume", lane)["changed"] is False
    (shown,) = [one for one in world.json("lanes")["lanes"] if one["lane"] == lane]
    assert shown["status"] == "open"
    assert world.ended("lanes", "--stop", "acme/crm_data/find_emial").returncode == 2
    assert world.ended("lanes", "--stop", "acme").returncode == 2


def test_a_table_with_a_wrong_secret_is_told_of(world):
    """In the log with the time, in the metrics, and to whoever asks why an answer does not come."""
    import httpx

    batch_id = world.launch(file=world.new_people(1, "refused"), workstream="crm_data")
    item = world.items(batch_id, world.url)[0]
    path = world.folder / "daemon.log"
    with path.open("w") as log, daemon(world, "--role", "receiver", "--role", "web", log=log) as address:
        wrong = {"authorization": "Bearer no-secret-of-ours"}
        url = f"{address}/callbacks/crm_data/enrich_person_via_clay_waterfall"
        assert httpx.post(url, json={"item_id": str(item)}, headers=wrong).status_code == 401
        assert httpx.get(f"{address}/metrics").status_code == 200
    (line,) = path.read_text().splitlines()
    said = (
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ WARNING enrichcore.receiver: 1 callback refused with 401, .*callback_secret"
    )
    assert re.match(said, line)
    assert "no-secret-of-ours" not in line
    with daemon(world, "--role", "web") as address:
        assert 'enrichcore_callbacks_total{outcome="unauthorized"} 1' in httpx.get(f"{address}/metrics").text
    world.json("cancel", batch_id)


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


def test_an_answer_takes_the_place_of_a_newer_one_only_on_purpose(world):
    """Whoever places it is told which answer the step has already."""
    import httpx

    batch_id = world.launch(file=world.new_people(1, "standing"), workstream="crm_data")
    world.json("pause", batch_id)
    item = world.items(batch_id, world.url)[0]
    path, secret = "callbacks/crm_data/enrich_person_via_clay_waterfall", {"authorization": f"Bearer {SECRET}"}
    with daemon(world, "--role", "receiver") as address:
        for body in ({"title": "Older standing"}, {"item_id": str(item), "title": "Owner"}):
            httpx.post(f"{address}/{path}", json=body, headers=secret)
    (kept,) = [one for one in world.json("unmatched")["unmatched"] if "Older standing" in one["body"]]
    refused = world.ended("unmatched", "--match", kept["id"], item)
    assert refused.returncode == 1
    assert "has an answer already (data), which came after this one" in refused.stderr
    placed = world.json("unmatched", "--match", kept["id"], item, "--anyway")
    assert (placed["status"], placed["standing"][-15:]) == ("accepted", "takes its place")
    world.json("cancel", batch_id)


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
    assert "differ in workstreams.crm_data.label, where" in refused.stderr
    assert world.json("apply")["changed"] is True
    assert world.json("apply") == {"changed": False, "roles_up": [], "hindrances": []}
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


def test_only_what_begins_something_puts_a_changed_configuration_in_force(world):
    """And says so; a retry is refused under another one, and a mapping is saved all the same."""
    batch_id = world.launch(file=world.new_people(1, "changed"), workstream="crm_data")
    (world.folder / "enrichcore.toml").write_text(world.text.replace(SECRET, "another-secret"))
    try:
        ended = world.ended("retry", batch_id, "--state", "cancelled")
        assert (ended.returncode, "clients.acme.callback_secret" in ended.stderr) == (1, True)
        mapping = ("mapping", "--client", "acme", "--workstream", "crm_data")
        assert world.json(*mapping, "--map", "Changed=person_full_name")["saved"] == {"Changed": "person_full_name"}
        assert world.json(*mapping, "--forget", "changed")["saved"] == {}
        told = world.ended(
            "upload", world.new_people(1, "put in force"), "--client", "acme", "--workstream", "crm_data"
        )
        assert "Put in force" in told.stderr
    finally:
        (world.folder / "enrichcore.toml").write_text(world.text)
        world.run("apply")
    assert world.json("retry", batch_id)["retried"] == 0
    world.run("cancel", batch_id)
