"""What `enrichcore init` writes works, and what the reference says is what the parser reads."""

import re
from pathlib import Path
from uuid import UUID

import pytest

from enrichcore.registry import (
    ConfigurationError,
    ConfigurationExistsError,
    check_functions,
    init_text,
    load,
    missing_webhooks,
    parse,
    reference_markdown,
    write_template,
)

PAGE = Path(__file__).parents[3] / "docs" / "configuration.md"
NAMES = sorted(set(re.findall(r'^\w+ = "env:(\w+)"', init_text(), re.MULTILINE)))
ENV = {name: f"https://hooks.example/{name}" for name in NAMES}
PIPELINES = {
    "apollo_scrape": [
        ("normalize_company_name", "local", "company", ""),
        ("split_raw_apollo_scrape", "local", "person", ""),
        ("enrich_company_via_waterfall_in_clay", "webhook", "company", "company_profile"),
        ("enrich_person_via_waterfall_in_clay", "webhook", "person", "person_profile"),
        ("find_email_via_waterfall", "webhook", "person", "work_email"),
    ],
    "crm_data": [
        ("enrich_company_via_clay_waterfall", "webhook", "company", "company_profile"),
        ("enrich_person_via_clay_waterfall", "webhook", "person", "person_profile"),
        ("find_email_via_waterfall", "webhook", "person", "work_email"),
    ],
}


@pytest.mark.parametrize("workstream", PIPELINES)
def test_the_template_has_both_shipped_workstreams(workstream):
    """Their steps are in the promised order, with the results that they share."""
    steps = parse(init_text(), env=ENV).workstream(workstream).pipeline.steps
    assert [(step.workflow, step.kind, step.entity, step.result) for step in steps] == PIPELINES[workstream]
    assert [step.workflow for step in steps if step.when] == ["find_email_via_waterfall"]
    assert str(steps[-1].when) == "person_email is missing"


@pytest.mark.parametrize("workstream", PIPELINES)
def test_the_example_client_can_launch(workstream):
    """It has every webhook."""
    assert missing_webhooks(parse(init_text(), env=ENV), "acme", workstream) == ()


def test_the_templates_functions_can_be_loaded():
    """The local steps name functions that are there."""
    assert check_functions(parse(init_text(), env=ENV)) == ()


def test_a_template_without_its_environment_names_each_variable():
    """A newcomer is told all that is to be set, in one go."""
    with pytest.raises(ConfigurationError) as caught:
        parse(init_text(), env={})
    assert len(caught.value.faults) == len(NAMES)
    assert all(name in str(caught.value) for name in NAMES)


def test_what_is_commented_out_works_too():
    """Every key that the template only mentions is right as it stands."""
    text = re.sub(r'^# (\w+ = (?:"[^"]*"|\d+))', r"\1", init_text(), flags=re.MULTILINE)
    env = dict.fromkeys(
        (*NAMES, "ENRICHCORE_API_TOKEN", "ENRICHCORE_NOTIFY_URL", "ACME_CLAY_AUTH"), "https://hooks.example/x"
    )
    registry = parse(text, env=env)
    assert registry.runner.callback_base_url == "https://enrich.example.com"
    assert registry.runner.api_token is not None
    assert registry.lane("acme", "apollo_scrape", "enrich_company_via_waterfall_in_clay").rate == 5


def test_the_template_is_written_once(tmp_path):
    """It goes into a new folder as well, and never over a file that is there."""
    path = write_template(tmp_path / "new")
    assert path == tmp_path / "new" / "enrichcore.toml"
    assert load(path, env=ENV) == parse(init_text(), env=ENV)
    path.write_text("mine")
    with pytest.raises(ConfigurationExistsError, match="left as it is"):
        write_template(tmp_path / "new")
    assert path.read_text() == "mine"


def test_the_example_client_may_have_a_new_id(tmp_path):
    """Two installations need not share an id."""
    new = UUID("5d3f8c8e-3a52-4c0c-9b53-0f2b6a6f4a11")
    assert load(write_template(tmp_path, new), env=ENV).client("acme").id == new


def test_the_reference_is_what_the_table_of_keys_says():
    """The page in docs/ is the generated one."""
    assert PAGE.read_text(encoding="utf-8") == reference_markdown()
