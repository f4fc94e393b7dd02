"""Answers that could not be placed find their place later, once."""

import json
import re
import sys
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from enrichcore.application import UnknownId
from enrichcore.application.matching import CannotMatch, match, redrive, standing_answer
from enrichcore.domain import events as e
from enrichcore.domain.ids import BatchId, item_id
from enrichcore.domain.life_cycle import State

sys.path.append(str(Path(__file__).parent))
from world import COMPANY, PERSON, World


@pytest.fixture
def world():
    """A world with a batch whose company rows are out."""
    world = World()
    world.batch = world.launch()
    world.sends = world.send()
    return world


def unmatched(world, body, workflow=COMPANY):
    """The id under which an answer without a place was kept."""
    world.receive(workflow, body)
    return next(
        event.stream_id
        for event in reversed(world.store.log(0, 10_000))
        if isinstance(event.event, e.CallbackUnmatched)
    )


def test_a_person_places_an_answer_that_names_nobody(world):
    """It is in force as any other, and the note is kept beside the body."""
    found = unmatched(world, b'{"name": "Quillhaven"}')
    run_id = world.sends[0].run_id
    assert match(world.application, found, run_id, by="ann", why="its row was the only one").status == "accepted"
    assert world.store.load([run_id])[run_id].state.run.state is State.COMPLETED
    answer = next(one.event for one in world.store.stream(run_id) if isinstance(one.event, e.StepAnswered))
    assert (answer.source, answer.by, answer.why) == (e.Source.MATCHED, "ann", "its row was the only one")
    note = e.CallbackMatched(item_id=run_id, by="ann", why="its row was the only one")
    assert world.store.stream(found)[-1].event == note


def test_a_companys_answer_that_is_matched_with_one_who_waits_serves_all_who_do(world):
    """A person reads the id of an item, and knows none of the company's run."""
    run_id = world.sends[0].run_id
    waiting = [
        one.item_id
        for one in world.items(world.batch)
        if any(run.company_run_id == run_id for run in world.store.load([one.item_id])[one.item_id].state.open_runs)
    ]
    found = unmatched(world, b'{"name": "Quillhaven"}')
    assert match(world.application, found, waiting[0], by="ann").status == "accepted"
    loaded = world.store.load([run_id, *waiting])
    assert loaded[run_id].state.run.state is State.COMPLETED
    states = {loaded[one].state.run(COMPANY).state for one in waiting}
    assert states == {State.COMPLETED}
    assert world.store.stream(found)[-1].event.item_id == run_id


def test_an_answer_is_placed_once(world):
    """A second time is refused."""
    found = unmatched(world, b'{"name": "Quillhaven"}')
    match(world.application, found, world.sends[0].run_id, by="test")
    with pytest.raises(CannotMatch, match="placed before"):
        match(world.application, found, world.sends[1].run_id, by="test")


@pytest.mark.parametrize(
    "body", [b"not json", b'{"name": "Quillhaven"}', b'{"item_id": "%s"}' % str(UUID(int=9)).encode()]
)
def test_what_has_no_place_changes_nothing(world, body):
    """Not JSON, no id, an unknown id: refused with a reason, and nothing is recorded."""
    found = unmatched(world, body)
    before = world.store.last_position()
    placed, left = redrive(world.application, [found], by="test")
    assert (placed, list(left)) == (0, [found])
    assert left[found]
    assert world.store.last_position() == before


def test_a_redrive_places_what_now_has_a_place(world):
    """An answer that came before its item existed."""
    upload, batch_id = world.upload(), BatchId(uuid4())
    person = world.store.people(upload.upload_id)[-1]
    run_id = item_id(batch_id, person.person_id)
    body = json.dumps({"item_id": str(run_id), "name": "Imogen Tarrowby"}).encode()
    found = unmatched(world, body, PERSON)
    world.application.core.new_id = lambda: batch_id
    world.application.launch(upload.upload_id)
    assert redrive(world.application, [found], by="test") == (1, {})
    assert world.store.load([run_id])[run_id].state.run(PERSON).state is State.COMPLETED


def test_an_unknown_answer_is_refused(world):
    """So is the id of something else."""
    for unknown in (uuid4(), world.batch.batch_id):
        with pytest.raises(UnknownId):
            match(world.application, unknown, None, by="test")


def test_an_answer_that_came_to_the_address_of_another_step_is_placed_by_its_own(world):
    """A table that was told the wrong address lost nothing; without the step it has no place."""
    (item, *_) = world.items(world.batch)
    body = b'{"item_id": "%s", "title": "Head of Buying"}' % str(item.item_id).encode()
    found = unmatched(world, body, "no_such_step")
    with pytest.raises(CannotMatch, match="no step"):
        match(world.application, found, item.item_id, by="test")
    assert match(world.application, found, None, by="test", step=PERSON).status == "accepted"
    assert world.store.load([item.item_id])[item.item_id].state.run(PERSON).facts["person_title"] == "Head of Buying"


def test_an_answer_that_is_no_json_is_placed_as_a_person_mended_it(world):
    """A quotation mark in a value breaks a body that was written by hand; what it said was paid for."""
    found = unmatched(world, b'{"name": "Quillhaven "Robotics""}')
    run_id = world.sends[0].run_id
    with pytest.raises(CannotMatch, match="say what it should have been, with --body FILE"):
        match(world.application, found, run_id, by="test")
    with pytest.raises(CannotMatch, match="mended body is not JSON"):
        match(world.application, found, run_id, by="test", body=b'{"name": ')
    mended = b'{"name": "Quillhaven Robotics"}'
    assert match(world.application, found, run_id, by="test", body=mended).status == "accepted"
    assert world.store.load([run_id])[run_id].state.run.facts["company_name"] == "Quillhaven Robotics"
    assert world.store.stream(found)[0].event.body == b'{"name": "Quillhaven "Robotics""}'


def test_what_the_step_has_already_is_told_before_an_older_answer_takes_its_place(world):
    """Which came first, and what would become of the other; nothing is recorded by looking."""
    run_id = world.sends[0].run_id
    found = unmatched(world, b'{"name": "Quillhaven Old"}')
    assert standing_answer(world.application, found, run_id) is None
    world.now += timedelta(hours=1)
    world.receive(COMPANY, json.dumps({"item_id": str(run_id), "name": "Quillhaven"}).encode())
    before = world.store.last_position()
    standing = standing_answer(world.application, found, run_id)
    assert standing.gives_way_to_older
    assert re.fullmatch(
        rf"{COMPANY} has an answer already \(data\), which came after this one, on [\d :-]+ UTC; this one takes its place",
        standing.said,
    )
    assert world.store.last_position() == before


@pytest.mark.parametrize(
    ("body", "becomes"),
    [
        (b'{"name": "Quillhaven"}', "says the same as one that came, and changes nothing"),
        (b'{"error": "nothing found"}', "is only kept beside it, for it tells less"),
        (b'{"name": "Quillhaven New"}', "takes its place"),
    ],
)
def test_an_answer_that_came_later_may_take_the_place_of_what_the_step_has(world, body, becomes):
    """What becomes of it is told; none of these gives way to an older one."""
    run_id = world.sends[0].run_id
    world.receive(COMPANY, json.dumps({"item_id": str(run_id), "name": "Quillhaven"}).encode())
    world.now += timedelta(hours=1)
    standing = standing_answer(world.application, unmatched(world, body), run_id)
    assert standing.said.endswith(f"UTC; this one {becomes}")
    assert "which came before this one" in standing.said
    assert not standing.gives_way_to_older
