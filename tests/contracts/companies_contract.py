"""Companies are asked about once for all who want to know, and an answer that is young enough serves whoever comes."""

from datetime import timedelta
from decimal import Decimal

import pytest
from attrs import evolve

from enrichcore import project
from enrichcore.application import AckStatus
from enrichcore.domain import events as e
from enrichcore.domain.life_cycle import State
from enrichcore.domain.pipeline import OnFailure
from enrichcore.domain.step_run import Outcome
from projections import READ_MODELS
from tests.contracts.answers_contract import WorldContract
from tests.contracts.merged_contract import MergedContract
from tests.contracts.world import (
    APOLLO,
    APOLLO_COMPANY,
    APOLLO_PERSON,
    CRM,
    CRM_COMPANY,
    GLOBEX,
    World,
    configuration,
    of_companies,
    person,
    tuned,
)

WEEK = timedelta(days=7)


class SharingContract(WorldContract):
    """One company, many who wait for it."""

    def test_a_company_is_sent_once_for_all_its_people(self, world):
        """And one answer ends every wait, in one commit."""
        world.launch(*(person(name) for name in ("ann", "bob", "eve")))
        (send,) = world.send()
        before = world.store.last_position()
        world.answer(send)
        served = [one.event for one in world.store.log(before, 100) if isinstance(one.event, e.CompanyServed)]
        assert len(served) == 3
        assert len(world.send()) == 3

    def test_both_workstreams_share_the_run_of_a_company(self, world):
        """The CRM's people are served by the row that Apollo's batch sent."""
        apollo = world.launch(person("ann"))
        crm = world.launch(person("bob"), workstream=CRM)
        sent = world.play()
        assert [send.workflow for send in of_companies(sent)] == [APOLLO_COMPANY]
        assert {world.status(batch) for batch in (apollo, crm)} == {"finished"}

    def test_clients_share_nothing(self, world):
        """Each client asks, and pays, for itself."""
        world.launch(person("ann"))
        world.launch(person("ann"), client=GLOBEX)
        sent = world.play()
        assert len({send.payload["client_id"] for send in of_companies(sent)}) == len(of_companies(sent)) == 2
        assert len({send.payload["person_id"] for send in sent if "person_id" in send.payload}) == 2

    def test_an_answer_may_come_for_either_workflow_that_asked(self, world):
        """Later generations may use the other workstream's lane; an answer for the first is still the company's."""
        world.launch(person("ann"))
        (send,) = world.send()
        world.answer(send)
        world.clock.tick(days=40)
        world.launch(person("bob"), workstream=CRM)
        (again,) = of_companies(world.send())
        assert (again.workflow, again.run_id) == (CRM_COMPANY, send.run_id)
        late = world.body(send, result={"name": "Quillhaven", "domain": "quillhaven.example", "employee_count": 9})
        assert world.answer(send, late).status is AckStatus.ACCEPTED

    def test_a_paused_batch_does_not_hold_back_what_another_waits_for(self, world):
        """The company leaves while any of its waiters' batches runs."""
        first, second = world.launch(person("ann")), world.launch(person("bob"))
        world.app.pause(first.batch_id, by="ann")
        assert len(world.send()) == 1
        world.app.pause(second.batch_id, by="ann")

    def test_the_run_goes_on_while_anyone_still_waits(self, world):
        """Cancelled with its last waiter, not with its starter's batch."""
        first, second = world.launch(person("ann")), world.launch(person("bob"))
        world.app.cancel(first.batch_id, by="ann")
        sent = world.play()
        assert len(of_companies(sent)) == 1
        assert world.status(second) == "finished"

    def test_an_unsent_run_is_cancelled_with_its_last_waiter(self, world):
        """Nobody wants it, so it is not paid for."""
        batches = [world.launch(person("ann")), world.launch(person("bob"))]
        for batch in batches:
            world.app.cancel(batch.batch_id, by="ann")
        assert world.play() == []
        assert [run.status for run in world.store.inline_rows()[0] if run.kind == "company"] == ["ended"]

    def test_a_row_that_comes_back_unsent_is_dropped_when_nobody_waits_any_more(self, world):
        """It was out when the last waiter was cancelled; what is not delivered then is not tried again."""
        batch = world.launch(person("ann"))
        (send,) = world.claim()
        world.app.cancel(batch.batch_id, by="ann")
        world.report([send], Outcome.NOT_DELIVERED, status=503, wait_s=1)
        world.clock.tick(minutes=1)
        world.app.wake()
        assert world.run_of(send).state is State.CANCELLED

    def test_a_failed_company_ends_every_wait_and_a_late_answer_mends_them(self, world):
        """Items go on without it, and have it as soon as it comes."""
        batch = world.launch(person("ann"), person("bob"))
        (send,) = world.send()
        world.answer(send, world.body(send, result=None, error="no credits"))
        world.play()
        assert (world.status(batch), world.store.item_counts(batch.batch_id)["gaps"]) == ("finished", 2)
        world.answer(send)
        world.app.turn_batches()
        assert (world.status(batch), world.store.item_counts(batch.batch_id)["gaps"]) == ("finished", 0)

    @pytest.mark.parametrize("answered", [0, 1])
    def test_a_company_that_was_asked_about_again_mends_those_who_went_on_without_it(self, world, answered):
        """Whichever of its rows is answered in the end."""
        batch = world.launch(person("ann"))
        (first,) = world.send()
        world.answer(first, world.body(first, result=None, error="no credits"))
        world.play()
        world.launch(person("bob"))
        (second,) = world.send()
        world.answer((first, second)[answered])
        world.app.turn_batches()
        assert (world.status(batch), world.store.item_counts(batch.batch_id)["gaps"]) == ("finished", 0)


class ReuseContract(WorldContract):
    """What is known and young enough is not bought twice."""

    def test_launching_twice_sends_nothing_the_second_time(self, world):
        """Companies and people alike are served by the first launch's answers, and it costs nothing."""
        upload = world.upload(person("ann"), person("bob", email=""))
        world.app.launch(upload.upload_id)
        world.play()
        again = world.app.launch(upload.upload_id)
        assert world.play() == []
        assert world.status(again) == "finished"
        reused = [event for event in world.events(e.StepAnswered) if event.source is e.Source.REUSE]
        assert {(event.body, event.spent) for event in reused} == {(b"", 0)}

    def test_the_other_workstream_reuses_a_persons_answer(self, world):
        """Steps with the same result share answers, whatever their workflow is called."""
        world.launch(person("ann"))
        world.play()
        batch = world.launch(person("ann"), workstream=CRM)
        assert world.play() == []
        assert world.status(batch) == "finished"

    def test_an_answer_that_comes_while_another_row_waits_serves_that_too(self, store):
        """Both batches were launched before either was answered; the lane lets one row out at a time."""
        world = World(store, tuned(configuration(), APOLLO_PERSON, lane={"max_in_flight": 1}))
        upload = world.upload(person("ann"))
        batches = [world.app.launch(upload.upload_id) for _ in range(2)]
        sent = world.play()
        assert [send.workflow for send in sent].count(APOLLO_PERSON) == 1
        assert {world.status(batch) for batch in batches} == {"finished"}
        assert len([event for event in world.events(e.StepAnswered) if event.source is e.Source.REUSE]) == 1

    def test_a_reused_answer_says_where_it_was_recorded_and_gives_its_facts(self, world):
        """The body stays where it is; conditions of later steps see what it said."""
        upload = world.upload(person("ann"))
        first = world.app.launch(upload.upload_id)
        world.play()
        second = world.app.launch(upload.upload_id)
        (reused,) = [event for event in world.events(e.StepAnswered) if event.source is e.Source.REUSE]
        original = world.store.stream(reused.reused_from)[reused.reused_version - 1].event
        assert reused.reused_from == world.item(first).item_id
        assert original.facts == reused.facts == world.item(second).run(APOLLO_PERSON).facts
        assert original.content_hash == reused.content_hash

    def test_of_several_answers_the_one_in_force_is_reused(self, world):
        """A revision, not what it revised."""
        upload = world.upload(person("ann"))
        first = world.app.launch(upload.upload_id)
        world.play()
        world.answer(world.posted[-1], world.body(world.posted[-1], result={"title": "Owner"}))
        second = world.app.launch(upload.upload_id)
        reused = world.item(second).run(APOLLO_PERSON)
        assert reused.facts == world.item(first).run(APOLLO_PERSON).facts == {"person_title": "Owner"}
        (event,) = [event for event in world.events(e.StepAnswered) if event.source is e.Source.REUSE]
        assert event.content_hash == world.events(e.AnswerRevised)[0].content_hash

    def test_an_answer_that_is_too_old_is_asked_for_again(self, store):
        """Up to `reuse_within` it serves; from then on it does not."""
        world = World(store, tuned(configuration(), reuse_within=WEEK))
        upload = world.upload(person("ann"))
        world.app.launch(upload.upload_id)
        sent = world.play()
        world.clock.tick(days=6)
        world.app.launch(upload.upload_id)
        assert world.play() == []
        world.clock.tick(days=1)
        world.app.launch(upload.upload_id)
        assert [send.workflow for send in world.play()] == [send.workflow for send in sent]

    def test_reuse_does_not_make_an_answer_young(self, store):
        """An answer that served a later launch is as old as when it came."""
        world = World(store, tuned(configuration(), reuse_within=WEEK))
        upload = world.upload(person("ann"))
        world.app.launch(upload.upload_id)
        sent = world.play()
        for _ in range(2):
            world.clock.tick(days=4)
            world.app.launch(upload.upload_id)
            again = world.play()
        assert len(again) == len(sent)

    def test_zero_never_reuses(self, store):
        """Whoever wants every launch to ask, can have it."""
        world = World(store, tuned(configuration(), reuse_within=timedelta(0)))
        upload = world.upload(person("ann"))
        world.app.launch(upload.upload_id)
        sent = world.play()
        world.app.launch(upload.upload_id)
        assert len(world.play()) == len(sent) == 2

    def test_errors_and_time_outs_are_not_reused(self, world):
        """They are asked for again by the next launch."""
        upload = world.upload(person("ann"))
        world.app.launch(upload.upload_id)
        for _ in range(2):
            (send,) = world.send()
            world.answer(send, world.body(send, result=None, error="no credits"))
        world.app.launch(upload.upload_id)
        assert len(world.play()) == 2

    def test_a_person_retried_on_purpose_is_asked_about_again(self, world):
        """A person's retry is not served by the very answer that displeased."""
        upload = world.upload(person("ann"))
        world.app.launch(upload.upload_id)
        world.play()
        batch = world.app.launch(upload.upload_id)
        assert world.app.retry(batch.batch_id, by="ann", state=State.COMPLETED, step=APOLLO_PERSON) == 1
        assert [send.workflow for send in world.send()] == [APOLLO_PERSON]

    def test_a_retried_local_step_forces_no_company(self, store, monkeypatch):
        """Only what was asked for is done again: the company's young answer still serves."""
        world = World(store, stopped_by_its_first_step(configuration()))
        monkeypatch.setattr(WEATHER, "is_good", True)
        world.launch(person("bob"))
        world.play()
        monkeypatch.setattr(WEATHER, "is_good", False)
        batch = world.launch(person("ann"))
        assert world.status(batch) == "finished"
        monkeypatch.setattr(WEATHER, "is_good", True)
        assert world.app.retry(batch.batch_id, by="ann") == 1
        world.play()
        assert (len(of_companies(world.posted)), world.store.item_counts(batch.batch_id)["gaps"]) == (1, 0)


class Weather:
    """What a local function depends on."""

    is_good = True


WEATHER = Weather()


def works_in_good_weather(_facts):
    """A local function that fails now and then."""
    if not WEATHER.is_good:
        raise ValueError("it rains")
    return {}


def stopped_by_its_first_step(registry):
    """The Apollo pipeline with a local step first, whose failure stops the item."""
    stream = registry.workstreams[APOLLO]
    first, *others = stream.pipeline.steps
    first = evolve(first, function=f"{__name__}:{works_in_good_weather.__name__}", on_failure=OnFailure.STOP)
    changed = evolve(stream, pipeline=evolve(stream.pipeline, steps=[first, *others]))
    return evolve(registry, workstreams={**registry.workstreams, APOLLO: changed})


class CompanyMoneyContract(WorldContract):
    """What a company's POST costs stays with the batch that it was charged to."""

    def test_a_late_answer_corrects_the_batch_that_paid(self, store):
        """Though another batch, of the other workstream, has had the company asked about again since."""
        world = World(store, tuned(configuration(), lane={"credits_per_send": Decimal(3)}))
        first = world.launch(person("ann"))
        (send,) = world.send()
        world.clock.tick(hours=7)
        world.app.wake()
        second = world.launch(person("bob"), workstream=CRM)
        (again,) = [one for one in world.send() if one.workflow == CRM_COMPANY]
        assert again.run_id == send.run_id
        assert spend(world) == {(first.batch_id, APOLLO_COMPANY): (0, 3), (second.batch_id, CRM_COMPANY): (3, 0)}
        world.answer(send, world.body(send, metadata={"upfrontCreditUsage": {"totalCost": 1}}))
        assert spend(world) == {(first.batch_id, APOLLO_COMPANY): (0, 1), (second.batch_id, CRM_COMPANY): (0, 3)}


def spend(world):
    """(reserved, spent) on companies, by batch and workflow."""
    rows = project(world.store.log(0, 100_000), READ_MODELS)["spend"].values()
    return {
        (row["batch_id"], row["workflow"]): (row["reserved"], row["spent"])
        for row in rows
        if "company" in row["workflow"]
    }


class CompaniesContract(SharingContract, ReuseContract, MergedContract, CompanyMoneyContract):
    """Everything about shared companies and reused answers."""
