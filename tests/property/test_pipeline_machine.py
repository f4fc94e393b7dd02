"""The machine that users give their own configuration to: it lets what is sound pass, and finds what is not.

Each fault below is put in on purpose, some into a configuration and some into the core itself; the machine must find each.
"""

import itertools
import re
from datetime import timedelta

import pytest
from attrs import evolve
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from enrichcore.application import Ack, AckStatus, Enrichment, claiming, placing
from enrichcore.application.paces import take
from enrichcore.domain import step_run as steps
from enrichcore.domain.events import CompaniesMerged, ConfigurationApplied, PersonsMerged, Source
from enrichcore.domain.life_cycle import State
from enrichcore.domain.step_run import Outcome
from enrichcore.registry import init_text, parse
from enrichcore.store import MemoryStore
from enrichcore.store.rows import run_row
from enrichcore.testing import BrokenPromise, Placeholders, pipeline_machine
from enrichcore.testing.people import person, stranger
from enrichcore.testing.rehearsal import Fate, Rehearsal

SHIPPED = parse(init_text(), env=Placeholders())

TestShippedConfiguration = pipeline_machine(SHIPPED, sends_at_most=1).TestCase
TestShippedConfiguration.__doc__ = "Both shipped workstreams keep all promises, and never pay for a row twice."


def own(steps="", *, client="", local="tests.property.local_functions:tidy"):
    """A small configuration of somebody's own: a local step, a company step and a person step."""
    return parse(
        f"""
        [workstreams.own]
        label = "Our own"
        ingest = "crm"

        [[workstreams.own.steps]]
        workflow = "tidy"
        kind = "local"
        entity = "company"
        function = "{local}"

        [[workstreams.own.steps]]
        workflow = "look_up_company"
        kind = "webhook"
        entity = "company"
        answer_within = "2h"
        {steps}

        [[workstreams.own.steps]]
        workflow = "look_up_person"
        kind = "webhook"
        entity = "person"
        {steps}

        [clients.acme]
        id = "0b9c6a52-8c1e-4b8e-9a43-4f6e9d1a7c10"
        callback_secret = "env:ACME"
        {client}
        webhooks.own.look_up_company.url = "env:COMPANY"
        webhooks.own.look_up_person.url = "env:PERSON"
        """,
        env=Placeholders(),
    )


def search(machine, examples=200):
    """Look for a broken promise, always in the same way, and do not make it smaller."""
    found = settings(
        max_examples=examples,
        stateful_step_count=30,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=found)


@pytest.mark.parametrize(
    "policy", ["", "attempts = 3", 'attempts = 2\non_doubt = "resend"', 'on_failure = "stop"', 'reuse_within = "0s"']
)
def test_a_sound_configuration_passes(policy):
    """Whatever its policies are."""
    search(pipeline_machine(own(policy)), examples=25)


def test_rows_that_wait_for_a_local_function_for_good_are_found(monkeypatch):
    """Of a process that was started before it was written; nobody calls it later."""
    monkeypatch.setattr(Enrichment, "call_functions", lambda _: 0)
    with pytest.raises(BrokenPromise, match=r"stuck: Item .* waits for its local function"):
        search(pipeline_machine(own()))


def test_people_and_companies_turn_out_to_be_one_while_their_rows_are_out():
    """Also while the other runner goes by an earlier configuration; nothing is lost or sent twice for it."""
    world = Rehearsal(registry=SHIPPED, store=MemoryStore())
    world.upload(0, [person("ann", "quillhaven", without=["linkedin"]), stranger("ann", "quillhaven")])
    taken = (Fate(outcome=Outcome.DELIVERED, taken=True),) * 4
    for by, command in [(0, ("launch", 0)), (0, ("work", taken, {})), (1, ("configure", 1))]:
        world.do(by, command)
    assert len(world.books.taken) == 2
    world.do(0, ("meet", 0, "ann", "quillhaven"))
    kinds = [type(one.event) for one in world.log()]
    assert {PersonsMerged, CompaniesMerged} < set(kinds)
    assert kinds.count(ConfigurationApplied) == 2
    assert world.runners[0].registry == world.runners[1].registry == world.in_force != SHIPPED
    world.do(1, ("answer", 0, {"name": "Quillhaven"}, True, 1))
    world.end()


def test_what_led_to_a_broken_promise_is_told(caplog):
    """Of the rows that it names and of those that wait for them: who they are, when what happened, and what really arrived."""
    with pytest.raises(BrokenPromise) as broken:
        search(pipeline_machine(own("attempts = 2"), sends_at_most=1))
    said, _, told = str(broken.value).partition("What happened, as the log has it:\n")
    assert "and 1 are allowed (sends_at_most = 1)" in said
    lines = [line.strip().partition("  ")[2] for line in told.splitlines()]
    name = next(line for line in lines if "ItemCreated" in line).partition(":")[0]
    assert re.search(
        rf"^look_up_\w+ of .* {re.search(' of ([0-9a-f]{8})', said)[1]}: StepSending", "\n".join(lines), re.MULTILINE
    )
    assert any(f"{name}: StepCompletedLocally tidy data=" in line for line in lines)
    assert sum("StepSending" in line and "the third party has it" in line for line in lines) >= 2
    assert any("AnswerTimedOut" in line and "again=True" in line for line in lines)
    assert not any("Imported" in line for line in lines)
    assert not [record for record in caplog.records if record.name.startswith("enrichcore")]


@pytest.mark.parametrize("policy", ["attempts = 2", 'attempts = 2\non_doubt = "resend"'])
def test_a_setting_that_may_pay_twice_is_found(policy):
    """Its owner said that no row may go out twice without a person's word."""
    with pytest.raises(BrokenPromise, match=r"the third party has look_up_.* 2 times, and 1 are allowed"):
        search(pipeline_machine(own(policy), sends_at_most=1))


def test_a_budget_that_ends_before_the_work_does_is_found():
    """Items wait for credits that never come; the sentence says what would move them."""
    with pytest.raises(BrokenPromise, match=r"stuck: Item .* the budget of acme \(1 credit\) is (spent|reserved|used)"):
        search(pipeline_machine(own(client="budget_credits = 1")))


@pytest.mark.parametrize(
    ("function", "found"),
    [
        ("raises_without_an_address", "local step tidy of .* failed: .*KeyError"),
        ("gives_a_set", "local step tidy of .* failed: .*which JSON cannot hold"),
        ("counts_its_calls", "counts_its_calls gives .* for the same facts"),
    ],
)
def test_a_broken_local_function_is_found(function, found):
    """It raises for some people, gives what no event can hold, or something else each time."""
    with pytest.raises(BrokenPromise, match=found):
        search(pipeline_machine(own(local=f"tests.property.local_functions:{function}")))


def test_a_local_function_that_may_fail_passes():
    """Its owner said so; the item goes on with a gap."""
    registry = own(local="tests.property.local_functions:raises_without_an_address")
    search(pipeline_machine(registry, local_failures=True), examples=25)


def test_a_configuration_without_webhooks_is_refused():
    """There is nothing to rehearse, and that is said at once."""
    with pytest.raises(ValueError, match="no client has a webhook"):
        pipeline_machine(parse("[workstreams]\n", env={}))


def test_an_answer_that_says_what_was_reused_is_not_lost():
    """It is a duplicate of what stands with another item of the person; the machine looks for it there."""
    world = Rehearsal(registry=own(), store=MemoryStore())
    world.upload(0, [person("ann", "caldora")])
    delivered = (Fate(outcome=Outcome.DELIVERED, taken=True),) * 4
    owner = {"result": {"title": "Chief Buyer", "first_name": "Ann"}}

    def do(*commands):
        for command in commands:
            world.do(0, command)
            world.pass_time(timedelta(seconds=10))

    work, wake = ("work", delivered, owner), ("wake", None)
    do(("launch", 0), work, ("answer", 0, {"result": {"name": "Caldora"}}, True, 1), work)
    world.pass_time(timedelta(hours=7))
    do(wake, ("launch", 0), work)
    world.pass_time(timedelta(hours=7))
    # Both rows had no answer; that of the first comes late, and serves the second, whose own then says the same.
    do(wake, ("answer", 1, owner, True, 1), ("retry", 0, None), ("retry", 1, None), ("answer", 0, owner, True, 1))
    reused = [one.event for one in world.log() if getattr(one.event, "source", None) is Source.REUSE]
    assert (len(reused), len(world.books.taken), world.store.answer_counts()["duplicate"]) == (1, 3, 1)
    assert world.broken() == []


# --- faults in the core --------------------------------------------------------------------------------------------


def test_a_doubt_taken_for_a_refusal_is_found(monkeypatch):
    """The log alone would look sound: only the third party's books tell that the row is out twice."""
    decide = steps.decide_outcome

    def naive(run, step, seen, *, now):
        seen = evolve(seen, outcome=Outcome.NOT_DELIVERED) if seen.outcome is Outcome.UNKNOWN else seen
        return decide(run, step, seen, now=now)

    monkeypatch.setattr(steps, "decide_outcome", naive)
    with pytest.raises(BrokenPromise, match="the third party has"):
        search(pipeline_machine(own()))


def test_a_pace_that_is_not_kept_is_found(monkeypatch):
    """A slower lane goes as its group does, where its own bucket is forgotten."""
    slow = own().clients["acme"]
    lanes = {
        place: evolve(webhook, lane=evolve(webhook.lane, rate=1 / 60, burst=2))
        for place, webhook in slow.webhooks.items()
    }
    company = ("own", "look_up_company")
    lanes[company] = evolve(lanes[company], lane=evolve(lanes[company].lane, rate=1 / 600, burst=1))
    registry = evolve(own(), clients={"acme": evolve(slow, webhooks=lanes)})
    search(pipeline_machine(registry), examples=25)
    monkeypatch.setattr(claiming, "take", lambda claims, paces, wanted, now: take(claims, paces[:1], wanted, now))
    with pytest.raises(BrokenPromise, match="though its pace had no token left"):
        search(pipeline_machine(registry))


def test_a_lease_that_ends_in_a_resend_is_found(monkeypatch):
    """A runner that died may have sent its row."""
    decide = steps.decide_wake

    def naive(run, step, *, now):
        if run.state is State.SENDING and run.wake_at <= now:
            refused = steps.PostOutcome(attempt=run.attempt, outcome=Outcome.NOT_DELIVERED, due=now)
            return steps.decide_outcome(run, step, refused, now=now)
        return decide(run, step, now=now)

    monkeypatch.setattr(steps, "decide_wake", naive)
    with pytest.raises(BrokenPromise, match="the third party has"):
        search(pipeline_machine(own()))


def test_a_pause_that_nobody_ends_is_found(monkeypatch):
    """A row that was refused waits for ever."""
    decide = steps.decide_wake
    asleep = {State.RETRY_WAIT}
    monkeypatch.setattr(
        steps, "decide_wake", lambda run, step, *, now: () if run.state in asleep else decide(run, step, now=now)
    )
    with pytest.raises(BrokenPromise, match=r"stuck: Item .* is tried again at"):
        search(pipeline_machine(own()))


def test_an_answer_that_is_acknowledged_and_dropped_is_found(monkeypatch):
    """Its sender was told that it is safe."""
    numbers, place = itertools.count(), placing.place

    def forgetful(core, unit, one, body, found, reading):
        if next(numbers) % 3 == 2:
            return Ack(status=AckStatus.ACCEPTED, item_id=str(found))
        return place(core, unit, one, body, found, reading)

    monkeypatch.setattr("enrichcore.application.recording.place", forgetful)
    with pytest.raises(BrokenPromise, match="was acknowledged and is not in the log"):
        search(pipeline_machine(own()))


def test_inline_state_that_says_something_else_than_the_events_is_found(monkeypatch):
    """What commands decide on must be what a replay gives."""
    monkeypatch.setattr(
        "enrichcore.application.unit.run_row", lambda state, version: evolve(run_row(state, version), gaps=7)
    )
    with pytest.raises(BrokenPromise, match="inline state differs"):
        search(pipeline_machine(own()))
