"""One sentence for each way to stand still: why, and what would move it."""

import sys
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from attrs import evolve

from enrichcore.application import UnknownId
from enrichcore.application.explaining import explain
from enrichcore.domain.events import Settlement
from enrichcore.domain.life_cycle import State
from enrichcore.domain.pipeline import Kind
from enrichcore.domain.step_run import Outcome
from enrichcore.registry import parse
from runners.cli.sample_files import configuration_text

sys.path.append(str(Path(__file__).parent))
from world import COMPANY, CONTACTS, PERSON, World


@pytest.fixture
def world():
    """A world with nothing in it."""
    return World()


def first(world, batch):
    """The first item, explained."""
    return said(world, world.items(batch)[0].item_id)


def said(world, run_id):
    """The sentence for an item or company run; always one."""
    sentence = explain(world.store, world.registry, run_id, now=world.now)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


def test_nothing_is_known_of_an_unknown_id(world):
    """It is refused, not guessed."""
    with pytest.raises(UnknownId):
        explain(world.store, world.registry, uuid4(), now=world.now)


def test_an_item_waits_for_a_company_run_that_waits_for_its_turn(world):
    """Both are named, and the lane's pace."""
    batch = world.launch()
    item = world.items(batch)[0]
    sentence = first(world, batch)
    assert str(item.run(COMPANY).company_run_id) in sentence
    assert "acme/crm_data" in sentence
    assert "a second" in sentence


def test_a_paused_batch_is_named_with_the_way_on(world):
    """`resume` moves it, for the item and for its company run."""
    batch = world.launch()
    world.application.pause(batch.batch_id, by="test")
    assert f"enrichcore resume {batch.batch_id}" in first(world, batch)
    company = world.items(batch)[0].run(COMPANY).company_run_id
    assert f"enrichcore resume {batch.batch_id}" in said(world, company)


def test_a_stopped_lane_is_named_with_its_reason(world):
    """And the command that opens it."""
    batch = world.launch()
    world.application.stop_lane("acme", "crm_data", COMPANY, by="test", why="out of credits")
    sentence = first(world, batch)
    assert "out of credits" in sentence
    assert f"enrichcore lanes --resume acme/crm_data/{COMPANY}" in sentence


def test_a_held_lane_tells_until_when(world):
    """The webhook asked for a pause."""
    batch = world.launch()
    world.send(Outcome.NOT_DELIVERED, "429", hold=world.now + timedelta(hours=1))
    world.now += timedelta(minutes=2)
    world.application.wake()
    assert "2026-03-01 13:00:00 UTC" in first(world, batch)


def test_what_was_sent_waits_until_its_deadline(world):
    """Six hours by default; a deadline that is past says what would move it."""
    batch = world.launch()
    world.send()
    assert "no runner takes it now: start `enrichcore run`" in first(world, batch)
    world.store.here(uuid4(), ["receiver", "timers"])
    assert "waits for its answer, until the deadline at 2026-03-01 18:00:00 UTC" in first(world, batch)
    world.now += timedelta(hours=7)
    assert "timers moves it, once a receiver has been up for" in first(world, batch)
    world.store.receiver_up = lambda: timedelta(hours=1)
    assert first(world, batch).endswith("timers moves it.")


def test_a_deadline_that_is_past_waits_for_the_receiver_no_longer_than_for_an_answer(world):
    """As long as the timers want it to have been up, and not the whole grace time where answers have less."""
    text = configuration_text("http://127.0.0.1:9")
    step = f'workflow = "{COMPANY}"'
    world.registry = parse(text.replace(step, f'{step}\nanswer_within = "5m"'), env={})
    world.application = world.another()
    batch = world.launch()
    world.send()
    world.now += timedelta(minutes=6)
    assert "once a receiver has been up for 5 minutes, for an answer may" in first(world, batch)
    world.store.receiver_up = lambda: timedelta(minutes=5)
    assert "has been up" not in first(world, batch)
    assert world.application.wake(receiver_up=timedelta(minutes=5)) > 0


@pytest.mark.parametrize(
    ("then", "now", "needed"),
    [("5m", "6h", "15 minutes"), ("6h", "5m", "15 minutes"), ("5m", "7m", "7 minutes"), ("5m", None, "15 minutes")],
)
def test_a_wait_that_began_with_other_settings_ends_when_it_is_said_to(world, then, now, needed):
    """The timers look at it by the settings of today, and decide by its own."""
    text = configuration_text("http://127.0.0.1:9")
    step = f'workflow = "{COMPANY}"'
    world.registry = parse(text.replace(step, f'{step}\nanswer_within = "{then}"'), env={})
    world.application = world.another()
    batch = world.launch()
    world.send()
    other = (
        text.replace(COMPANY, "another_step") if now is None else text.replace(step, f'{step}\nanswer_within = "{now}"')
    )
    world.registry = parse(other, env={})
    world.application = world.another()
    world.now += timedelta(hours=7)
    assert f"once a receiver has been up for {needed}, for an answer may" in first(world, batch)
    up = timedelta(minutes=int(needed.split()[0]))
    assert world.application.wake(receiver_up=up - timedelta(seconds=1)) == 0
    world.store.receiver_up = lambda: up
    assert "has been up" not in first(world, batch)
    assert world.application.wake(receiver_up=up) > 0


def test_a_row_whose_step_became_local_is_told_what_would_send_it(world):
    """No webhook can be added for a local step, and a pipeline that was launched is kept."""
    batch = world.launch()
    registry, stream = world.registry, world.registry.workstream("crm_data")
    function = "enrichcore.ingest.steps:normalize_company_name"
    steps = [
        evolve(step, kind=Kind.LOCAL, function=function) if step.workflow == COMPANY else step
        for step in stream.pipeline.steps
    ]
    local = evolve(stream, pipeline=evolve(stream.pipeline, steps=tuple(steps)), lanes={}, http={})
    acme = evolve(registry.client("acme"), webhooks={})
    world.registry = evolve(registry, workstreams={"crm_data": local}, clients={"acme": acme})
    sentence = first(world, batch)
    assert "but the configuration calls a local function in its place now" in sentence
    assert "have it sent again there, or cancel the batch and launch anew" in sentence


def test_what_was_not_delivered_is_tried_again(world):
    """With the reason and the time."""
    batch = world.launch()
    world.send(Outcome.NOT_DELIVERED, "connection refused")
    sentence = first(world, batch)
    assert "connection refused" in sentence
    assert "2026-03-01 12:01:00 UTC" in sentence


@pytest.mark.parametrize(
    ("stop", "words"),
    [
        (False, "or when its lane goes on, at 2026-03-01 13:00:00 UTC (429)"),
        (True, "but its lane is stopped (out of credits) until it is resumed"),
    ],
)
def test_a_row_that_is_tried_again_tells_of_its_lane(world, stop, words):
    """Its own pause may be over long before its lane is open."""
    batch = world.launch()
    world.send(Outcome.NOT_DELIVERED, "429", hold=world.now + timedelta(hours=1))
    if stop:
        world.application.stop_lane("acme", "crm_data", COMPANY, by="test", why="out of credits")
    assert words in first(world, batch)


def test_a_doubt_names_both_settlements(world):
    """Nobody knows whether it was delivered, so a person may decide."""
    batch = world.launch()
    world.send(Outcome.UNKNOWN, "read time-out")
    sentence = first(world, batch)
    assert "read time-out" in sentence
    assert f"`enrichcore settle {batch.batch_id} --step {COMPANY} --as sent`" in sentence
    world.application.settle(batch.batch_id, Settlement.SENT, by="test")
    assert "waits for its answer" in first(world, batch)


def test_a_doubt_about_a_company_is_settled_at_the_step_of_the_batch_that_is_asked(world):
    """Another workstream's step sent it; no other step's doubts are decided with it."""
    starter = world.launch()
    asked = world.launch(world.apollo(), "apollo_scrape")
    world.send(Outcome.UNKNOWN, "read time-out")
    world.application.cancel(starter.batch_id, by="test")
    sentence = first(world, asked)
    assert f"`enrichcore settle {asked.batch_id} --step enrich_company_via_waterfall_in_clay --as sent`" in sentence


def test_a_full_lane_waits_for_answers(world):
    """The cap on rows in flight is named."""
    import re

    from enrichcore.registry import parse
    from runners.cli.sample_files import configuration_text

    text = re.sub("max_in_flight = 5000", "max_in_flight = 1", configuration_text("http://127.0.0.1:9"))
    world.registry = parse(text, env={})
    world.application = world.another()
    batch = world.launch()
    world.send()
    sentences = [said(world, item.item_id) for item in world.items(batch)]
    assert any("max_in_flight is 1" in sentence for sentence in sentences)


def test_a_person_step_in_every_state_has_a_sentence(world):
    """Also an item that has passed its company step."""
    batch = world.launch()
    for send in world.send():
        world.answer(send, name="Quillhaven")
    assert PERSON in first(world, batch)
    world.send()
    assert "waits for its answer" in first(world, batch)


def test_ended_items_say_so(world):
    """Completed, with gaps, cancelled: each with what could still be done."""
    with_address = CONTACTS[: CONTACTS.index(b"Imogen")]
    batch = world.launch(with_address)
    world.send()
    world.now += timedelta(days=1)
    while world.application.wake() or world.send():
        world.now += timedelta(days=1)
    again = [f"`enrichcore retry {batch.batch_id} --step {step} --state timed_out`" for step in (COMPANY, PERSON)]
    assert f"{' and '.join(again)} asks again for what is missing" in first(world, batch)
    assert "timed out" in first(world, batch)
    gap = world.items(batch)[0].run(COMPANY)
    assert gap.state is State.TIMED_OUT
    assert "asked again" in said(world, gap.company_run_id)

    other = world.launch()
    world.run_to_end()
    assert "nothing is to be done" in first(world, other)
    assert "serves every item" in said(world, world.items(other)[0].run(COMPANY).company_run_id)

    third = world.launch(b"First Name,Last Name,Email\nZo,Velmarrin,zo@northmere.example\n")
    world.application.cancel(third.batch_id, by="test")
    assert "was cancelled" in first(world, third)


@pytest.mark.parametrize("outcome", [Outcome.NOT_DELIVERED, Outcome.DELIVERED, Outcome.UNKNOWN])
def test_a_row_that_waits_in_a_paused_batch_tells_of_the_pause_too(world, outcome):
    """Its time comes, and still nothing is sent."""
    batch = world.launch()
    world.send(outcome, "as it was")
    world.application.pause(batch.batch_id, by="test")
    assert f"nothing is sent until `enrichcore resume {batch.batch_id}`" in first(world, batch)
    world.application.resume(batch.batch_id, by="test")
    assert "enrichcore resume" not in first(world, batch)


def test_of_batches_that_want_a_companys_row_the_paused_one_is_named(world):
    """The other was cancelled, and nothing moves that."""
    first_batch, second = world.launch(), world.launch()
    company = world.items(second)[0].run(COMPANY).company_run_id
    world.application.pause(second.batch_id, by="test")
    world.application.cancel(first_batch.batch_id, by="test")
    assert f"enrichcore resume {second.batch_id}" in said(world, company)


@pytest.mark.parametrize(("spent_days_ago", "free_at"), [(0, "2026-03-04"), (1, "2026-03-03")])
def test_a_budget_of_a_period_tells_when_it_pays_again(world, spent_days_ago, free_at):
    """When the day on which the credits were spent counts no more, by whole days."""
    world.now -= timedelta(days=spent_days_ago)
    batch = world.launch(b"First Name,Last Name,Email,Company Name\nAnn,Fenn,ann@quillhaven.example,Quillhaven\n")
    (send,) = world.send()
    world.answer(send, name="Quillhaven", credits_used=3)
    world.now += timedelta(days=spent_days_ago)
    spent = world.store.credits_of(world.client.id)
    acme = evolve(world.client, budget_credits=spent, budget_period=timedelta(days=2))
    world.registry = evolve(world.registry, clients={"acme": acme})
    assert f"its period frees credits, at {free_at} 00:00:00 UTC if nothing more is spent" in first(world, batch)
    world.now = datetime.fromisoformat(f"{free_at}T00:00:00+00:00")
    assert "waits for its turn" in first(world, batch)
    acme = evolve(acme, budget_period=None)
    world.registry = evolve(world.registry, clients={"acme": acme})
    assert "its period" not in first(world, batch)


def test_that_nobody_runs_is_said(world):
    """For whatever would move it, until somebody is heard of."""
    batch = world.launch()
    assert first(world, batch).endswith("(none runs now: start `enrichcore run`).")
    world.store.here(uuid4(), ["sender"])
    assert first(world, batch).endswith("while `enrichcore run` has the role sender.")


def test_a_lane_that_is_tried_by_one_row_at_a_time_says_so(world):
    """Also between two tries."""
    rows = "".join(f"Ann,F{n},ann@c{n}.example,C{n}\n" for n in range(12)).encode()
    batch = world.launch(b"First Name,Last Name,Email,Company Name\n" + rows)
    world.send(Outcome.UNKNOWN, "HTTP 502", limit=10)
    waiting = next(row.run_id for row in world.store.inline_rows()[1] if row.state == "ready" and row.batch_id is None)
    assert "nobody knows whether they were delivered, the last: HTTP 502" in said(world, waiting)
    assert f"enrichcore lanes --resume acme/crm_data/{COMPANY}" in said(world, waiting)
    world.now += timedelta(seconds=31)
    assert "is tried with one row at a time" in said(world, waiting)
    assert f"enrichcore lanes --resume acme/crm_data/{COMPANY}" in said(world, waiting)
    assert batch


def test_a_companys_row_that_another_lane_would_take_says_so(world):
    """The timers move it there."""
    world.application.stop_lane("acme", "crm_data", COMPANY, by="test", why="out of credits")
    batch = world.launch()
    world.launch(world.apollo(), workstream="apollo_scrape")
    # Both files name some of the companies.
    told = [said(world, item.item_id) for item in world.items(batch)]
    assert any("has lane apollo_scrape/enrich_company_via_waterfall_in_clay, which is open" in one for one in told)


def test_a_company_that_was_left_says_that_what_it_has_is_used(world):
    """A retry of it was cancelled; while its answer is young nobody asks again."""
    batch = world.launch()
    world.run_to_end()
    run_id = world.items(batch)[0].run(COMPANY).company_run_id
    world.now += timedelta(hours=1)
    world.application.retry(batch.batch_id, by="ann", step=COMPANY, state=State.COMPLETED)
    world.application.cancel(batch.batch_id, by="ann")
    told = said(world, run_id)
    assert "was cancelled (nobody waits for it any more); the answer that it has serves every item" in told
    assert "until 2026-03-31 12:00:00 UTC" in told
    world.now += timedelta(days=40)
    assert "asked again" in said(world, run_id)


def test_a_company_that_was_left_while_its_row_was_out_says_so(world):
    """Whoever asks waits for that row."""
    batch = world.launch()
    sent = world.send(Outcome.UNKNOWN, "read time-out")
    world.application.settle(batch.batch_id, Settlement.RESEND, by="test")
    world.application.cancel(batch.batch_id, by="test")
    told = said(world, sent[0].run_id)
    assert (
        "while its row was out: whoever asks for this company by 2026-03-01 18:00:00 UTC waits for the answer" in told
    )


def test_a_step_that_an_earlier_answer_served_says_so(world):
    """It cost nothing, and no row was sent for it; the step that was paid for is not named."""
    first_batch = world.launch()
    world.run_to_end()
    again = world.launch()
    world.run_to_end()
    told = first(world, again)
    assert f"{COMPANY} and {PERSON} took an answer that was bought before, with no POST and no credit." in told
    assert "bought before" not in first(world, first_batch)
