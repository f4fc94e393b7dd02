"""What was paid for is of use: answers to companies' rows that nobody waited for any more, or under the company's other id."""

import pytest

from enrichcore import project
from enrichcore.application import AckStatus
from enrichcore.application.estimating import estimate
from enrichcore.domain import events as e
from enrichcore.domain.life_cycle import State
from enrichcore.domain.step_run import Outcome
from projections import READ_MODELS
from tests.contracts.answers_contract import WorldContract
from tests.contracts.companies_contract import of_companies
from tests.contracts.imports_contract import COMPANY_TWICE, THE_SAME_COMPANY
from tests.contracts.world import ACME, APOLLO, APOLLO_COMPANY, CRM, CRM_COMPANY, World, configuration, person, tuned

HEADER, ANN, BOB = COMPANY_TWICE.splitlines(keepends=True)


def left_in_doubt(store):
    """A row in doubt is to be sent once more, and its batch is cancelled."""
    world = World(store)
    batch = world.launch(person("ann"))
    (sent,) = world.claim()
    world.report([sent], Outcome.UNKNOWN, reason="HTTP 502")
    world.app.settle(batch.batch_id, e.Settlement.RESEND, by="ann")
    return world, batch, sent


def left_after_a_retry(store):
    """The step timed out, was retried, and its batch is cancelled."""
    world = World(store)
    batch = world.launch(person("ann"))
    (sent,) = world.send()
    world.clock.tick(hours=7)
    world.app.wake()
    world.app.retry(batch.batch_id, by="ann", step=APOLLO_COMPANY)
    return world, batch, sent


def left_after_a_deadline(store):
    """A second attempt is due, and its batch is cancelled."""
    world = World(store, tuned(configuration(), attempts=2))
    batch = world.launch(person("ann"))
    (sent,) = world.send()
    world.clock.tick(hours=7)
    world.app.wake()
    return world, batch, sent


class LeftContract(WorldContract):
    """Runs that were cancelled before their row left once more."""

    @pytest.mark.parametrize("leave", [left_in_doubt, left_after_a_retry, left_after_a_deadline])
    def test_an_answer_to_a_company_that_everybody_left_is_in_force(self, store, leave):
        """It improves the lead, serves whoever asks, and nothing is sent again."""
        world, batch, sent = leave(store)
        world.app.cancel(batch.batch_id, by="ann")
        assert world.run_of(sent).state is State.CANCELLED
        assert world.answer(sent, token="").status is AckStatus.LATE
        assert world.run_of(sent).state is State.COMPLETED
        assert self.employees(world) == {214}
        again = world.launch(person("ann"), workstream=CRM)
        world.app.retry(batch.batch_id, by="ann", state=State.CANCELLED)
        assert of_companies(world.play()) == []
        assert {world.status(one) for one in (batch, again)} == {"finished"}
        assert [event.reused for event in world.events(e.CompanyServed)][-2:] == [True, True]

    def employees(self, world):
        """What the leads know of their companies."""
        leads = project(world.store.log(0, 100_000), READ_MODELS)["final_leads"].values()
        return {lead["company_employee_count"] for lead in leads}

    def test_an_error_to_a_company_that_everybody_left_serves_nobody(self, store):
        """It is asked about again."""
        world, batch, sent = left_in_doubt(store)
        world.app.cancel(batch.batch_id, by="ann")
        world.answer(sent, world.body(sent, result=None, error="no credits"))
        assert world.run_of(sent).state is State.FAILED
        world.launch(person("ann"))
        assert len(of_companies(world.send())) == 1

    def test_what_is_known_serves_whoever_comes_after_a_retry_was_cancelled(self, world):
        """Only whoever asked on purpose had enough of it."""
        first = world.launch(person("ann"))
        (sent, *_) = world.play()
        world.clock.tick(hours=1)
        world.app.retry(first.batch_id, by="ann", state=State.COMPLETED, step=APOLLO_COMPANY)
        world.app.cancel(first.batch_id, by="ann")
        assert world.run_of(sent).state is State.CANCELLED
        second = world.launch(person("ann"))
        assert of_companies(world.play()) == []
        served = world.item(second).run(APOLLO_COMPANY)
        assert (served.state, served.reason) == (State.COMPLETED, "")
        world.app.retry(first.batch_id, by="ann", state=State.CANCELLED)
        assert len(of_companies(world.send())) == 1

    def test_what_is_known_serves_whoever_waits_when_asking_again_gives_nothing(self, world):
        """The one who asked on purpose has the gap."""
        first = world.launch(person("ann"))
        world.play()
        world.clock.tick(hours=1)
        world.app.retry(first.batch_id, by="ann", state=State.COMPLETED, step=APOLLO_COMPANY)
        second = world.launch(person("bob"))
        assert len(of_companies(world.send())) == 1
        world.clock.tick(hours=7)
        world.app.wake()
        assert world.item(first).run(APOLLO_COMPANY).state is State.TIMED_OUT
        assert world.item(second).run(APOLLO_COMPANY).state is State.COMPLETED

    @pytest.mark.parametrize("workstream", [APOLLO, CRM])
    def test_a_launch_waits_for_a_row_that_was_left_while_it_was_out(self, store, workstream):
        """Until its deadline; by its answer it is served, and nothing is sent again."""
        world, batch, sent = left_in_doubt(store)
        world.app.cancel(batch.batch_id, by="ann")
        upload = world.upload(person("bob"), workstream=workstream)
        estimated = estimate(world.store, world.registry, world.app.get_upload(upload.upload_id), now=world.clock.now)
        (step,) = [one for one in estimated.steps if one.workflow in {APOLLO_COMPANY, CRM_COMPANY}]
        assert (step.to_send, step.under_way, step.reused) == (0, 1, 0)
        again = world.app.launch(upload.upload_id)
        assert of_companies(world.send()) == []
        assert world.run_of(sent).state is State.IN_DOUBT
        world.answer(sent)
        assert of_companies(world.play()) == []
        assert world.status(again) == "finished"

    def test_nobody_waits_for_a_row_that_was_left_beyond_its_deadline(self, store):
        """By then it is asked again."""
        world, batch, _ = left_in_doubt(store)
        world.app.cancel(batch.batch_id, by="ann")
        world.clock.tick(hours=7)
        world.launch(person("bob"))
        assert len(of_companies(world.send())) == 1

    def test_a_row_that_was_left_while_it_was_out_is_waited_for_under_the_other_id(self, world):
        """Which was launched before it was known that the two are one."""
        ann = launch_one(world, ANN)
        (out,) = world.claim()
        world.report([out], Outcome.UNKNOWN, reason="HTTP 502")
        world.app.settle(ann.batch_id, e.Settlement.RESEND, by="ann")
        world.app.cancel(ann.batch_id, by="ann")
        bob = launch_one(world, BOB)
        merge(world)
        assert of_companies(world.send()) == []
        assert world.item(bob).run(APOLLO_COMPANY).company_run_id == out.run_id
        world.answer(out)
        assert of_companies(world.play()) == []
        assert world.status(bob) == "finished"


def launch_one(world, row):
    """Launch one of the two companies."""
    return world.app.launch(world.app.upload(HEADER + row, client=ACME, workstream=APOLLO).upload_id)


def merge(world):
    """They are one."""
    world.app.upload(COMPANY_TWICE + THE_SAME_COMPANY, client=ACME, workstream=APOLLO)


class OtherIdContract(WorldContract):
    """Companies that turn out to be one after their rows have left."""

    def timed_out_and_out(self, world):
        """Ann's row timed out, Bob's is out, and the two companies are one."""
        ann = launch_one(world, ANN)
        (asked,) = world.send()
        world.clock.tick(hours=7)
        world.app.wake()
        bob = launch_one(world, BOB)
        (out,) = of_companies(world.send())
        return ann, asked, bob, out

    @pytest.mark.parametrize("merged_first", [True, False])
    def test_a_late_answer_serves_whoever_waits_under_the_other_id(self, world, merged_first):
        """Whether the retry joined the other run, or was moved to it when its row was to leave."""
        ann, asked, bob, out = self.timed_out_and_out(world)
        if merged_first:
            merge(world)
        world.app.retry(ann.batch_id, by="ann", step=APOLLO_COMPANY)
        if not merged_first:
            merge(world)
        assert of_companies(world.send()) == []
        assert world.item(ann).run(APOLLO_COMPANY).company_run_id == out.run_id
        assert world.answer(asked).status is AckStatus.LATE
        for batch in (ann, bob):
            run = world.item(batch).run(APOLLO_COMPANY)
            assert (run.state, run.company_run_id) == (State.COMPLETED, asked.run_id)
        assert of_companies(world.play()) == []

    def test_a_late_answer_mends_the_gap_under_the_other_id(self, world):
        """Both rows have timed out by then."""
        ann, asked, bob, _ = self.timed_out_and_out(world)
        merge(world)
        world.clock.tick(hours=7)
        world.app.wake()
        assert {world.item(batch).run(APOLLO_COMPANY).state for batch in (ann, bob)} == {State.TIMED_OUT}
        world.answer(asked)
        assert {world.item(batch).run(APOLLO_COMPANY).state for batch in (ann, bob)} == {State.COMPLETED}

    @pytest.mark.parametrize("merged_first", [True, False])
    def test_an_answer_in_time_mends_the_gap_under_the_other_id(self, world, merged_first):
        """Whether the two were one when it came, or turn out to be later."""
        ann, _, _, out = self.timed_out_and_out(world)
        if merged_first:
            merge(world)
        world.answer(out)
        if not merged_first:
            assert world.item(ann).run(APOLLO_COMPANY).state is State.TIMED_OUT
            merge(world)
        run = world.item(ann).run(APOLLO_COMPANY)
        assert (run.state, run.company_run_id) == (State.COMPLETED, out.run_id)
        assert of_companies(world.play()) == []

    def test_an_answer_in_time_serves_whoever_waits_under_the_other_id(self, world):
        """Though their own row is out as well."""
        ann, bob = launch_one(world, ANN), launch_one(world, BOB)
        one, other = of_companies(world.send())
        merge(world)
        world.answer(one)
        assert {world.item(batch).run(APOLLO_COMPANY).state for batch in (ann, bob)} == {State.COMPLETED}
        world.answer(other)
        assert of_companies(world.play()) == []

    def test_an_answer_that_is_too_old_when_companies_turn_out_to_be_one_mends_nothing(self, world):
        """Whoever wants to know asks again."""
        ann, _, _, out = self.timed_out_and_out(world)
        world.answer(out)
        world.clock.tick(days=40)
        merge(world)
        assert world.item(ann).run(APOLLO_COMPANY).state is State.TIMED_OUT

    def test_a_row_that_gives_nothing_leaves_no_gap_beside_the_other_ids_answer(self, world):
        """Both were out before it was known that they are one."""
        ann, bob = launch_one(world, ANN), launch_one(world, BOB)
        one, other = of_companies(world.send())
        merge(world)
        world.answer(one)
        world.clock.tick(hours=7)
        world.app.wake()
        assert world.run_of(other).state is State.TIMED_OUT
        for batch in (ann, bob):
            run = world.item(batch).run(APOLLO_COMPANY)
            assert (run.state, run.company_run_id) == (State.COMPLETED, one.run_id)

    def test_a_row_that_is_to_be_sent_once_more_is_left_for_one_that_is_out(self, world):
        """Though it may have been delivered: an answer to either serves both."""
        batches = [launch_one(world, row) for row in (ANN, BOB)]
        one, other = world.claim()
        world.report([one])
        world.report([other], Outcome.UNKNOWN)
        merge(world)
        for batch in batches:
            world.app.settle(batch.batch_id, e.Settlement.RESEND, by="ann")
        assert world.send() == []
        world.answer(other)
        assert {world.item(batch).run(APOLLO_COMPANY).state for batch in batches} == {State.COMPLETED}


class LeftCompaniesContract(LeftContract, OtherIdContract):
    """Everything about answers to companies' rows that are not waited for where they were asked."""
