"""Paths of one's own for fields, and how long something is new: read, recorded, and every fault named."""

import json

import pytest

from enrichcore.fields import Rules, rules_of
from enrichcore.registry import ConfigurationError, fingerprint, parse, snapshot

OWN = """
[fields]
person_title = ["crm_profile.job", "..."]
company_last_raised_at = ["Last Round (Crunchbase)"]

[indicators]
new_in_role_months = 9
"""


def faults(text):
    """Every fault, by its key."""
    with pytest.raises(ConfigurationError) as caught:
        parse(text, env={})
    return {fault.key: fault.problem for fault in caught.value.faults}


def test_own_paths_and_months_are_read():
    """A field that is not named keeps the shipped paths, and so do months."""
    rules = parse(OWN, env={}).rules
    assert dict(rules.sources) == {
        "person_title": ("crm_profile.job", "..."),
        "company_last_raised_at": ("Last Round (Crunchbase)",),
    }
    assert (rules.new_in_role_months, rules.recently_funded_months) == (9, 12)
    assert parse("", env={}).rules == Rules()


def test_they_are_recorded_and_come_back_from_the_record():
    """The snapshot holds them, so that a read model needs no file."""
    registry = parse(OWN, env={})
    assert rules_of(json.loads(json.dumps(snapshot(registry)))) == registry.rules
    assert fingerprint(registry) != fingerprint(parse("", env={}))


def test_the_shipped_rules_leave_the_fingerprint_alone():
    """A configuration from before there were any is not taken for a changed one."""
    assert snapshot(parse("", env={})) == snapshot(parse("[fields]\n[indicators]\nnew_in_role_months = 6", env={}))
    assert "rules" not in snapshot(parse("", env={}))


@pytest.mark.parametrize(
    ("text", "key", "words"),
    [
        ("fields = 7", "fields", "is not a table"),
        ('[fields]\nperson_titel = ["x"]', "fields.person_titel", "is not a known field"),
        ('[fields]\nperson_past_companies = ["x"]', "fields.person_past_companies", "is not a known field"),
        ('[fields]\nperson_title = "x"', "fields.person_title", "is not a list of paths"),
        ("[fields]\nperson_title = []", "fields.person_title", "is not a list of paths"),
        ('[fields]\nperson_title = ["a..b"]', "fields.person_title[1]", "is not a path"),
        ('[fields]\nperson_title = ["a", "-"]', "fields.person_title[2]", "is not a path"),
        ('[fields]\nperson_title = ["...", "..."]', "fields.person_title", "is there twice"),
        ("[indicators]\nnew_in_role_months = 0", "indicators.new_in_role_months", "0"),
        ("[indicators]\nnew_in_role = 3", "indicators.new_in_role", "is not a known key"),
    ],
)
def test_every_fault_is_named_by_its_key(text, key, words):
    """A slip of the pen must not silently leave a field as it was."""
    assert words in faults(text)[key]
