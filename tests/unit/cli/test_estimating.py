"""What a launch would send, counted before it is launched."""

import sys
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from enrichcore.application.estimating import estimate

sys.path.append(str(Path(__file__).parent))
from world import COMPANY, EMAIL, PERSON, World


@pytest.fixture(params=[1, 5000], ids=["one at a time", "all at once"])
def world(request, monkeypatch):
    """A world with nothing in it; people are counted one at a time, or all at once."""
    monkeypatch.setattr("enrichcore.application.estimating.PIECE", request.param)
    return World()


def counted(world, upload):
    """The estimate by workflow."""
    found = estimate(world.store, world.registry, upload, now=world.now)
    return {step.workflow: step for step in found.steps}


def test_each_company_is_sent_once_and_each_person_once(world):
    """Two companies, three people, one of them without an e-mail address."""
    steps = counted(world, world.upload())
    assert (steps[COMPANY].to_send, steps[PERSON].to_send, steps[EMAIL].to_send) == (2, 3, 1)
    assert steps[EMAIL].skipped == 2
    assert steps[COMPANY].credits == Decimal(2)


def test_an_estimate_is_what_the_launch_then_sends(world):
    """Counted over everything that leaves until the end."""
    upload = world.upload()
    steps = counted(world, upload)
    world.application.launch(upload.upload_id)
    sent = dict.fromkeys(steps, 0)
    while sends := world.send():
        for send in sends:
            sent[send.workflow] += 1
            world.answer(send, name="Quillhaven")
    assert sent == {workflow: step.to_send for workflow, step in steps.items()}


@pytest.mark.parametrize(
    ("email", "opted_out", "looked_up"),
    [
        ("jo@vale.example", "FALSE", 0), ("", "FALSE", 1), ("", "TRUE", 0), ("info@vale.example", "", 1), ("info@vale.example", "TRUE", 0), ("jo@vale.example", "TRUE", 0),
    ],
)  # fmt: skip
def test_who_wants_no_mail_is_not_looked_up_and_a_shared_mailbox_is_nobodys_own(world, email, opted_out, looked_up):
    """A look-up is paid for."""
    rows = f"Full Name,Email,Email Opt Out,Company,Website\nJo Vale,{email},{opted_out},Vale,vale.example\n".encode()
    upload = world.upload(rows)
    assert counted(world, upload)[EMAIL].to_send == looked_up
    world.application.launch(upload.upload_id)
    sent = []
    while sends := world.send():
        for send in sends:
            sent.append(send.workflow)
            world.answer(send, name="Jo Vale")
    assert sent.count(EMAIL) == looked_up


def test_what_is_known_or_under_way_is_not_sent_again(world):
    """Companies that another batch asks about, then those whose answer is young enough, then old ones again."""
    world.launch()
    upload = world.upload()
    under_way = counted(world, upload)[COMPANY]
    assert (under_way.to_send, under_way.under_way, under_way.reused) == (0, 2, 0)
    world.run_to_end()
    known = counted(world, upload)[COMPANY]
    assert (known.to_send, known.under_way, known.reused) == (0, 0, 2)
    assert counted(world, upload)[PERSON].reused == 3
    assert sum(step.to_send for step in counted(world, upload).values()) == 0
    world.now += timedelta(days=31)
    assert (counted(world, upload)[COMPANY].to_send, counted(world, upload)[PERSON].to_send) == (2, 3)


def test_counting_records_nothing(world):
    """The log is as long as before."""
    upload = world.upload()
    before = world.store.last_position()
    counted(world, upload)
    assert world.store.last_position() == before


def test_local_steps_are_counted_and_cost_nothing(world):
    """The Apollo workstream begins with two of them."""
    report = world.application.upload(
        b"First Name,Last Name,Company Name,Website\nOttoline,Fennimarsh,Quillhaven Inc.,http://quillhaven.example\n",
        client="acme",
        workstream="apollo_scrape",
    )
    steps = counted(world, world.application.get_upload(report.upload_id))
    assert [step.to_send for step in steps.values()] == [0, 0, 1, 1, 1]
    assert steps["normalize_company_name"].credits == 0
