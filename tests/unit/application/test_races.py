"""Two runners decide at the same time: what one has read, the other may have changed before the first commits."""

import itertools

import pytest

from enrichcore.application import AckStatus, Enrichment, retrying
from enrichcore.domain import events as e
from enrichcore.domain.life_cycle import State
from enrichcore.domain.pipeline import OnFailure
from enrichcore.domain.step_run import Outcome
from enrichcore.store import Conflict
from tests.contracts.racing_store import RacingStore
from tests.contracts.world import (
    ACME,
    APOLLO,
    APOLLO_COMPANY,
    APOLLO_PERSON,
    World,
    configuration,
    file_of,
    person,
    tuned,
)


@pytest.fixture
def world():
    """An application whose commits can be overtaken."""
    return World(RacingStore())


def test_an_item_that_begins_to_wait_while_the_answer_comes_is_served(world):
    """The answer's commit finds one more wait than it had counted, and ends that too."""
    world.launch(person("ann"))
    (company,) = world.send()
    late = world.upload(person("bob"))
    world.store.race(lambda: world.another().launch(late.upload_id))
    world.answer(company)
    assert not world.store.end_race()
    assert world.store.waiters([company.run_id]) == {}
    assert len(world.play()) == 2


def test_an_item_that_would_wait_for_a_run_that_just_ended_is_served_at_once(world):
    """The launch decided to wait, the answer came first, and the launch decides again."""
    world.launch(person("ann"))
    (company,) = world.send()
    late = world.upload(person("bob"))
    world.store.race(lambda: world.answer(company), after=1)
    world.app.launch(late.upload_id)
    assert not world.store.end_race()
    assert world.store.waiters([company.run_id]) == {}
    assert len(world.play()) == 2


def test_two_launches_of_one_company_start_one_run(world):
    """The second finds the first one's run."""
    uploads = [world.upload(person(name)) for name in ("ann", "bob")]
    world.store.race(lambda: world.another().launch(uploads[0].upload_id), after=1)
    world.app.launch(uploads[1].upload_id)
    assert not world.store.end_race()
    assert len(world.events(e.CompanyRunStarted)) == 1
    assert [send.workflow for send in world.send()] == [APOLLO_COMPANY]


@pytest.mark.parametrize("command", ["launch", "cancel", "settle"])
def test_what_concerns_many_comes_through_while_their_companies_are_being_sent(world, command):
    """Each commit finds that one of the companies moved meanwhile; smaller parts rest on fewer of them."""
    companies = [f"company{number}" for number in range(40)]
    batch = world.launch(*(person("ann", company) for company in companies))
    more = world.upload(*(person("bob", company) for company in companies))
    runners, sent = world.another(), iter(world.claim())
    do = {
        "launch": lambda: world.app.launch(more.upload_id).item_count,
        "cancel": lambda: world.app.cancel(batch.batch_id, by="ann"),
        "settle": lambda: world.app.settle(batch.batch_id, e.Settlement.SENT, by="ann"),
    }

    def move_one():
        for send in itertools.islice(sent, 1):
            world.report([send], Outcome.UNKNOWN, app=runners)

    world.app = Enrichment(world.store, world.registry, clock=world.clock, pause=lambda _: None)
    move_one()
    world.store.besiege(move_one)
    assert do[command]() > 0


def test_no_item_is_made_in_a_batch_that_is_being_cancelled(world):
    """The cancellation is between the decision to make items and its commit."""
    upload = world.upload(person("ann"), person("bob"))

    def cancel():
        ((batch, _),) = world.store.batches()
        world.another().cancel(batch.batch_id, by="ann")

    world.store.race(cancel, after=1)
    batch = world.app.launch(upload.upload_id)
    assert not world.store.end_race()
    assert (world.status(batch), world.store.active_items(batch.batch_id)) == ("cancelled", [])


def test_nothing_is_claimed_from_a_batch_that_was_just_paused(world):
    """A pause that was told to a person holds from then on."""
    batch = world.launch(person("ann"))
    world.play_to(APOLLO_PERSON)
    world.store.race(lambda: world.another().pause(batch.batch_id, by="ann"))
    assert world.claim() == []
    assert not world.store.end_race()
    world.app.resume(batch.batch_id, by="ann")
    assert len(world.claim()) == 1


def test_a_row_that_was_just_answered_is_not_sent(world):
    """An answer of its own came while the row was being claimed."""
    batch = world.launch(person("ann"))
    world.play_to(APOLLO_PERSON)
    body = b'{"item_id": "%s", "title": "Owner"}' % str(world.item(batch).item_id).encode()
    world.store.race(lambda: world.app.receive([world.callback(APOLLO_PERSON, body)]))
    assert world.claim() == []
    assert world.item(batch).run(APOLLO_PERSON).state is State.COMPLETED


def test_a_late_answer_resumes_no_item_of_a_batch_that_is_being_cancelled():
    """The item had failed, the answer would carry it on, and the cancellation is first."""
    world = World(RacingStore(), tuned(configuration(), on_failure=OnFailure.STOP))
    batch = world.launch(person("ann"), person("bob", company="caldora"))
    failing, _ = world.send()
    world.answer(failing, world.body(failing, result=None, error="no credits"))
    world.store.race(lambda: world.another().cancel(batch.batch_id, by="ann"))
    world.answer(failing)
    assert world.store.active_items(batch.batch_id) == []


def test_a_row_nobody_waits_for_any_more_is_not_dropped_under_a_new_waiter(world):
    """It comes back unsent, the last waiter is gone, and a new one comes before that is recorded."""
    batch = world.launch(person("ann"))
    (send,) = world.claim()
    world.app.cancel(batch.batch_id, by="ann")
    late = world.upload(person("bob"))
    world.store.race(lambda: world.another().launch(late.upload_id))
    world.report([send], Outcome.NOT_DELIVERED, status=503)
    assert not world.store.end_race()
    world.app.wake()
    assert len(world.play()) == 2


def test_a_cancelled_batch_drops_no_company_that_another_began_to_wait_for(world):
    """The other batch's item comes when the last waiter is being cancelled, and its row is sent."""
    batch = world.launch(person("ann"))
    late, launched = world.upload(person("bob")), []
    world.store.race_after_waiters(lambda: launched.append(world.another().launch(late.upload_id)))
    world.app.cancel(batch.batch_id, by="ann")
    assert [send.workflow for send in world.play()] == [APOLLO_COMPANY, APOLLO_PERSON]
    assert world.store.item_counts(launched[0].batch_id)["gaps"] == 0


def test_two_batches_cancelled_at_once_drop_the_company_that_both_waited_for(world):
    """Each sees the other's item wait; one of them decides again, and nothing stays behind that nobody wants."""
    first, second = (world.launch(person(name)) for name in ("ann", "bob"))
    world.store.race_after_waiters(lambda: world.another().cancel(second.batch_id, by="ann"))
    world.app.cancel(first.batch_id, by="ann")
    assert {row.state for row in world.store.inline_rows()[1] if row.workflow == APOLLO_COMPANY} == {"cancelled"}


def test_the_same_answer_twice_at_once_is_recorded_once(world):
    """Both senders are told that it is durable, and one of them that it was known."""
    world.launch(person("ann"))
    (company,) = world.send()
    told = []
    world.store.race(lambda: told.append(world.answer(company).status))
    told.append(world.answer(company).status)
    assert sorted(told) == [AckStatus.ACCEPTED, AckStatus.DUPLICATE]


def test_two_imports_of_one_person_make_one(world):
    """The second decides again and finds the first one's people."""
    world.store.race(lambda: world.another().upload(file_of(person("ann")), client=ACME, workstream=APOLLO), after=1)
    world.upload(person("ann"), person("bob"))
    assert not world.store.end_race()
    people = {one.entity_id for one in world.store.log(0, 1000) if isinstance(one.event, e.PersonImported)}
    assert len(people) == 2


def test_two_hosts_with_one_new_configuration_record_it_once(world):
    """The second finds it recorded."""
    world.store.race(lambda: world.another().apply(by="bob"))
    assert not world.app.apply(by="ann")
    assert len(world.events(e.ConfigurationApplied)) == 1


def test_a_writer_who_keeps_losing_pauses_between_two_tries(monkeypatch):
    """Not after the first race, for most are between two; and after the last the conflict is told."""
    world, pauses = World(RacingStore()), []
    batch = world.launch(person("ann"))
    app = Enrichment(world.store, world.registry, clock=world.clock, pause=pauses.append)

    def lose(_commit):
        raise Conflict("another was first")

    monkeypatch.setattr(world.store, "append", lose)
    with pytest.raises(Conflict):
        app.pause(batch.batch_id, by="ann")
    assert pauses == list(range(2, 12))


@pytest.mark.parametrize(("lost", "longest_s"), [(2, 0.02), (3, 0.04), (11, 0.5)])
def test_a_pause_is_random_and_short(monkeypatch, lost, longest_s):
    """It grows with the races that were lost, up to half a second."""
    asked = []
    monkeypatch.setattr(retrying.random, "uniform", lambda *bounds: asked.append(bounds) or 0.0)
    retrying.pause_at_random(lost)
    assert asked == [(0.0, longest_s)]
