"""Rules that the configuration gives: where answers keep a field, and for how long something is new."""

import pytest

from enrichcore.domain import events as e
from enrichcore.fields import Rules, rules_to_json
from enrichcore.projection import as_if, configured
from enrichcore.projection.memory import project
from projections.final_leads import FINAL_LEADS, final_leads
from tests.unit.projections.written_log import START, WrittenLog

ODD = {
    "result": {"first_name": "Ann", "last_name": "Fennimarsh", "crm_profile": {"job": "Head of Fleet"}, "title": "VP"}
}
OWN = Rules(sources={"person_title": ["crm_profile.job", "..."]})


def applies(log, rules):
    """The configuration comes into force."""
    event = e.ConfigurationApplied(
        fingerprint="f", snapshot={"clients": {}, "workstreams": {}, "rules": rules_to_json(rules)}, by="ann"
    )
    return log.add(event, log.events[0].stream_id, client_id=None)


@pytest.fixture
def log():
    """One answered lead."""
    log = WrittenLog()
    log.leads(1, 1)
    log.answers_person(1, ODD)
    return log


def test_the_newest_configuration_reads_answers_from_before_it(log):
    """A better mapping reaches what was paid for already."""
    assert log.lead(1)["person_title"] == "VP"
    applies(log, OWN)
    assert log.lead(1)["person_title"] == "Head of Fleet"
    assert log.lead(1, page=1) == log.lead(1)
    applies(log, Rules())
    assert log.lead(1)["person_title"] == "VP"


def test_the_shipped_paths_follow_where_they_are_named(log):
    """The own path comes first; where it leads to nothing, the others count, unless they are not named."""
    log.leads(2, 1)
    log.answers_person(2, {"result": {"first_name": "Bob", "title": "CTO", "headline": "x"}})
    applies(log, OWN)
    assert log.lead(2)["person_title"] == "CTO"
    applies(log, Rules(sources={"person_title": ["crm_profile.job"]}))
    assert log.lead(2)["person_title"] is None


def test_a_looked_at_configuration_counts_instead_of_the_logs(log):
    """`replay --diff` shows what a file would change before it is applied."""
    (model,) = as_if([FINAL_LEADS], {"rules": rules_to_json(OWN)})
    ((lead,),) = [rows.values() for rows in [project(log.events, [model])["final_leads"]]]
    assert lead["person_title"] == "Head of Fleet"
    assert configured(None, [model]) == (model,)


def test_the_months_of_indicators_are_configured(log):
    """A client team may call a role new for longer."""
    log.answers_person(
        1,
        {
            "result": {
                "first_name": "Ann",
                "latest_experience": {"title": "VP", "company": "X", "start_date": f"{START.year - 1}-06-15"},
            }
        },
    )
    assert log.lead(1)["is_new_in_role"] is False
    applies(log, Rules(new_in_role_months=12))
    assert log.lead(1)["is_new_in_role"] is True


def test_the_rules_of_a_read_model_are_told_apart_by_their_text():
    """Equal rules, in whatever order they are written, are the same; the shipped ones have none."""
    one = final_leads(Rules(sources={"person_title": ["a"], "person_email": ["b"]}))
    other = final_leads(Rules(sources={"person_email": ["b"], "person_title": ["a"]}))
    assert one.rules == other.rules != ""
    assert final_leads(Rules()).rules == FINAL_LEADS.rules == ""
