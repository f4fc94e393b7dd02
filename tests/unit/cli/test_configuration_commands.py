import json
import re
import tomllib
from uuid import UUID

import pytest

from enrichcore.registry import parse


def test_init_writes_a_configuration_once(enrichcore, tmp_path):
    """It has both workstreams and a client of its own; a second time the file is left as it is."""
    assert enrichcore("init", "new").exit_code == 0
    written = (tmp_path / "new" / "enrichcore.toml").read_text()
    tree = tomllib.loads(written)
    assert set(tree["workstreams"]) == {"apollo_scrape", "crm_data"}
    assert UUID(tree["clients"]["acme"]["id"]).version == 4
    again = enrichcore("init", "new")
    assert (again.exit_code, (tmp_path / "new" / "enrichcore.toml").read_text()) == (1, written)
    assert "was left as it is" in again.stderr


def test_check_names_every_fault_by_its_key(enrichcore):
    """All faults at once, in words and as JSON, with exit code 1."""
    enrichcore("init")
    shown = enrichcore("check")
    assert shown.exit_code == 1
    assert "clients.acme.callback_secret" in shown.stdout
    as_json = enrichcore("check", "--json")
    found = json.loads(as_json.stdout)
    assert (as_json.exit_code, found["ok"], len(found["faults"])) == (1, False, 7)
    assert {"key", "problem", "remedy"} == set(found["faults"][0])


def test_check_tells_of_functions_beside_all_other_faults(enrichcore, tmp_path):
    """Whatever else is wrong with the configuration."""
    enrichcore("init")
    path = tmp_path / "enrichcore.toml"
    path.write_text(path.read_text().replace("steps:normalize_company_name", "steps:normalise_company_name"))
    keys = {fault["key"] for fault in json.loads(enrichcore("check", "--json").stdout)["faults"]}
    assert "workstreams.apollo_scrape.steps.normalize_company_name.function" in keys
    assert "clients.acme.callback_secret" in keys


def test_check_warns_of_what_cannot_be_launched(enrichcore, tmp_path):
    """An empty configuration is no fault, but worth a word; an http step asks by itself, and needs no webhook."""
    path = tmp_path / "enrichcore.toml"
    path.write_text("")
    found = json.loads(enrichcore("check", "--json").stdout)
    assert [fault["key"] for fault in found["warnings"]] == ["workstreams", "clients"]
    path.write_text(
        '[workstreams.w]\nlabel = "W"\ningest = "crm"\n[[workstreams.w.steps]]\nworkflow = "find"\nkind = "http"\n'
        'entity = "person"\nmethod = "GET"\nurl = "https://find.example"\n'
    )
    found = json.loads(enrichcore("check", "--json").stdout)
    assert [fault["key"] for fault in found["warnings"]] == ["clients"], found


def test_check_warns_of_what_the_daemon_will_not_do(enrichcore, tmp_path):
    """Pages without a token are for this machine only."""
    (tmp_path / "enrichcore.toml").write_text(
        '[runner]\nlisten = "0.0.0.0:8600"\nnotify = { batch_finished = "https://hooks.example/x" }\n'
    )
    found = json.loads(enrichcore("check", "--json").stdout)
    assert "runner.api_token" in {fault["key"] for fault in found["warnings"]}, found
    assert "runner.notify" not in {fault["key"] for fault in found["warnings"]}, found


def test_check_warns_of_one_url_for_two_kinds_of_answer(enrichcore, tmp_path):
    """A pasted URL sends rows to a table that answers something else; steps of one result may share theirs."""
    from runners.cli.sample_files import configuration_text

    text = configuration_text("http://127.0.0.1:8700")
    urls = re.findall(r'http://[^"]+/hooks/[^"]+', text)
    company, person, crm_company = urls[0], urls[1], urls[3]
    for shared, warned in ((text.replace(person, company), 1), (text.replace(crm_company, company), 0)):
        (tmp_path / "enrichcore.toml").write_text(shared)
        found = json.loads(enrichcore("check", "--json").stdout)
        told = [warning for warning in found["warnings"] if "the same as" in warning["problem"]]
        assert len(told) == warned
        assert "8700" not in json.dumps(told)


@pytest.mark.parametrize("option", ["--config", "ENRICHCORE_CONFIG"])
def test_the_configuration_may_be_elsewhere(enrichcore, tmp_path, monkeypatch, option):
    """An option names it, or the environment does."""
    (tmp_path / "bad.toml").write_text("[runner]\nlissten = 1\n")
    args = ["check", "--config", "bad.toml"] if option == "--config" else ["check"]
    if option == "ENRICHCORE_CONFIG":
        monkeypatch.setenv(option, str(tmp_path / "bad.toml"))
    shown = enrichcore(*args)
    assert (shown.exit_code, "lissten" in shown.stdout) == (1, True)


def test_the_demo_has_a_sound_configuration():
    """Every webhook leads to the simulated Clay, in a hurry, and nothing is asked of the environment."""
    from runners.cli.sample_files import configuration_text

    registry = parse(configuration_text("http://127.0.0.1:8700"), env={})
    webhooks = registry.client("acme").webhooks
    assert len(webhooks) == 6
    assert {webhook.lane.rate for webhook in webhooks.values()} == {1000}
    assert len({webhook.url.reveal() for webhook in webhooks.values()}) == 6
    assert all(webhook.url.reveal().startswith("http://127.0.0.1:8700/hooks/") for webhook in webhooks.values())


def test_check_counts_as_people_do(enrichcore, tmp_path):
    """One fault is no faults, and warnings are counted where there are any."""
    path = tmp_path / "enrichcore.toml"
    path.write_text("nonsense = 1")
    assert enrichcore("check").stdout.splitlines()[-1] == "1 fault"
    path.write_text("")
    assert enrichcore("check").stdout.splitlines()[-1] == "All is well, 2 warnings"
