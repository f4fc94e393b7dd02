"""Who turned out to be the same, a person or a company, was paid for already: one is asked about, and what is known serves all."""

from datetime import timedelta

import pytest
from attrs import evolve

from enrichcore.application import uploading
from enrichcore.application.estimating import estimate
from enrichcore.domain import events as e
from enrichcore.domain.life_cycle import State
from tests.contracts.answers_contract import WorldContract
from tests.contracts.imports_contract import COMPANY_TWICE, THE_SAME_COMPANY
from tests.contracts.world import (
    ACME,
    APOLLO,
    APOLLO_COMPANY,
    APOLLO_PERSON,
    CRM,
    CRM_COMPANY,
    World,
    configuration,
    of_companies,
    person,
    tuned,
    watch_commits,
)

WEEK = timedelta(days=7)


class MergedContract(WorldContract):
    """Who turned out to be the same was paid for already."""

    def test_a_merged_persons_answer_serves_the_one_who_stays(self, world):
        """The younger of the two was asked about, under an id that is no longer launched."""
        world.upload(person("ann", linkedin=""))
        world.launch(person("ann", email="", first="Anna"))
        asked = world.play()
        world.launch(person("ann"))
        assert [send.workflow for send in asked if send.workflow == APOLLO_PERSON]
        assert world.play() == []

    def upload(self, world, rows):
        """Import rows of a file."""
        return world.app.upload(rows, client=ACME, workstream=APOLLO).upload_id

    def test_a_merged_companys_answer_serves_the_one_that_stays(self, world):
        """Both were asked about while they were two; once they are one, nothing is."""
        two = self.upload(world, COMPANY_TWICE)
        bob_only = COMPANY_TWICE.replace(COMPANY_TWICE.splitlines(keepends=True)[1], b"")
        world.app.launch(self.upload(world, bob_only))
        (asked,) = of_companies(world.play())
        self.upload(world, COMPANY_TWICE + THE_SAME_COMPANY)
        estimated = estimate(world.store, world.registry, world.app.get_upload(two), now=world.clock.now)
        (company,) = [step for step in estimated.steps if step.workflow == APOLLO_COMPANY]
        assert (company.concerned, company.reused, company.to_send) == (1, 1, 0)
        batch = world.app.launch(two)
        assert of_companies(world.play()) == []
        assert world.item(batch).run(APOLLO_COMPANY).company_run_id == asked.run_id

    def test_one_waits_for_a_merged_companys_row_that_is_under_way(self, world):
        """Instead of sending another; and too old an answer is asked for anew, of the one that stays."""
        two = self.upload(world, COMPANY_TWICE)
        bob_only = COMPANY_TWICE.replace(COMPANY_TWICE.splitlines(keepends=True)[1], b"")
        world.app.launch(self.upload(world, bob_only))
        (asked,) = world.send()
        self.upload(world, COMPANY_TWICE + THE_SAME_COMPANY)
        world.app.launch(two)
        assert world.send() == []
        world.answer(asked)
        assert of_companies(world.play()) == []
        world.clock.tick(days=40)
        world.app.launch(two)
        (again,) = of_companies(world.send())
        stays = {str(one.company_id) for one in world.store.people(two)}
        assert {again.payload["company_id"]} == stays != {asked.payload["company_id"]}

    def launched_as_two(self, world, first_runs=True):
        """Two uploads, each with one of two companies, launched while they were two, and what tells that they are one."""
        header, ann, bob = COMPANY_TWICE.splitlines(keepends=True)
        uploads = [self.upload(world, header + row) for row in (ann, bob)]
        batches = [world.app.launch(upload) for upload in uploads]
        return (batches if first_runs else batches[::-1]), lambda: self.upload(world, COMPANY_TWICE + THE_SAME_COMPANY)

    @pytest.mark.parametrize("first_runs", [True, False])
    def test_companies_that_turn_out_to_be_one_after_both_were_launched_are_sent_once(self, world, first_runs):
        """Whoever waits for the row that has not left waits for the one that has, whichever of the two it is."""
        (first, second), merge = self.launched_as_two(world, first_runs)
        world.app.pause(second.batch_id, by="ann")
        (sent,) = of_companies(world.send())
        merge()
        world.app.resume(second.batch_id, by="ann")
        assert world.send() == []
        assert {world.item(batch).run(APOLLO_COMPANY).company_run_id for batch in (first, second)} == {sent.run_id}
        world.answer(sent)
        assert of_companies(world.play()) == []
        assert {world.status(batch) for batch in (first, second)} == {"finished"}
        assert [run.status for run in world.store.inline_rows()[0] if run.kind == "company"] == ["ended", "ended"]
        (dropped,) = [event for event in world.events(e.StepCancelled) if event.workflow == APOLLO_COMPANY]
        assert dropped.why == "nobody waits for it any more"

    def test_companies_that_turn_out_to_be_one_leave_once_by_one_claim(self, world):
        """Both rows are ready, and the second to be looked at finds the first one leaving."""
        batches, merge = self.launched_as_two(world)
        merge()
        (sent,) = world.send()
        assert {world.item(batch).run(APOLLO_COMPANY).company_run_id for batch in batches} == {sent.run_id}
        world.answer(sent)
        assert of_companies(world.play()) == []
        assert {world.status(batch) for batch in batches} == {"finished"}

    @pytest.mark.parametrize("died", [False, True])
    def test_a_company_that_was_answered_under_its_other_id_is_not_sent(self, world, monkeypatch, died):
        """Whoever waits is served when it is known that the two are one; or by the claim, should the import have died just then."""
        if died:
            monkeypatch.setattr(uploading, "_join", lambda *_: 0)
        (first, second), merge = self.launched_as_two(world)
        world.app.pause(second.batch_id, by="ann")
        (sent,) = of_companies(world.play())
        merge()
        assert world.item(second).run(APOLLO_COMPANY).ended is not died
        world.app.resume(second.batch_id, by="ann")
        assert of_companies(world.play()) == []
        assert of_companies(world.play()) == []
        run = world.item(second).run(APOLLO_COMPANY)
        assert (run.company_run_id, run.state) == (sent.run_id, State.COMPLETED)
        assert [event.reused for event in world.events(e.CompanyServed)] == [False, True]
        assert {world.status(batch) for batch in (first, second)} == {"finished"}

    def test_an_answer_under_the_other_id_that_is_too_old_serves_nobody(self, store):
        """The row leaves, as it would have without the other."""
        world = World(store, tuned(configuration(), reuse_within=WEEK))
        (_, second), merge = self.launched_as_two(world)
        world.app.pause(second.batch_id, by="ann")
        world.play()
        world.clock.tick(days=8)
        merge()
        world.app.resume(second.batch_id, by="ann")
        assert [send.workflow for send in world.send()] == [APOLLO_COMPANY]

    def test_whoever_asks_again_is_not_served_by_a_twins_earlier_answer(self, world):
        """It is the very answer that displeased: asked on purpose, the row leaves."""
        (first, second), merge = self.launched_as_two(world)
        world.app.pause(second.batch_id, by="ann")
        world.play()
        merge()
        world.app.resume(second.batch_id, by="ann")
        world.play()
        assert len(of_companies(world.posted)) == 1
        world.clock.tick(minutes=1)
        world.app.retry(second.batch_id, by="ann", state=State.COMPLETED, step=APOLLO_COMPANY)
        assert len(of_companies(world.send())) == 1
        assert world.app.retry(first.batch_id, by="ann", state=State.COMPLETED, step=APOLLO_COMPANY) == 1
        assert of_companies(world.send()) == []

    def test_of_two_claims_at_once_one_sends_the_company(self, store, monkeypatch):
        """Each finds the other's row ready, and the second to commit decides again."""
        registry = tuned(configuration(), CRM_COMPANY, lane={"pace_group": "another"})
        # Claims of a client with a budget lock it, and go one after the other.
        clients = {slug: evolve(client, budget_credits=None) for slug, client in registry.clients.items()}
        world = World(store, evolve(registry, clients=clients))
        header, ann, bob = COMPANY_TWICE.splitlines(keepends=True)
        batches = [
            world.app.launch(world.app.upload(header + row, client=ACME, workstream=stream).upload_id)
            for row, stream in ((ann, APOLLO), (bob, CRM))
        ]
        self.upload(world, COMPANY_TWICE + THE_SAME_COMPANY)
        between = []

        def come_between(commit):
            sending = [one.event for one in commit.events if isinstance(one.event, e.StepSending)]
            if sending and not between:
                between.extend(sending)
                # What the first claim has locked, the second would wait for.
                world.posted += world.another(without_webhook(world.registry, sending[0].workflow)).claim(10)

        watch_commits(store, monkeypatch, come_between)
        world.send()
        assert between
        assert len(of_companies(world.posted)) == 1
        world.report(world.posted)
        world.send()
        for send in of_companies(world.posted):
            world.answer(send)
        assert of_companies(world.play()) == []
        assert len(of_companies(world.events(e.StepSending))) == 1
        assert {world.status(batch) for batch in batches} == {"finished"}

    def test_a_launch_that_did_not_know_yet_that_two_are_one_sends_nothing_more(self, world, monkeypatch):
        """The companies are merged while it decides, and the other one's row is out."""
        header, ann, bob = COMPANY_TWICE.splitlines(keepends=True)
        uploads = [self.upload(world, header + row) for row in (ann, bob)]
        world.app.launch(uploads[0])
        (sent,) = world.send()
        between = []

        def come_between(commit):
            if any(isinstance(one.event, e.ItemCreated) for one in commit.events) and not between:
                between.append(commit)
                self.upload(world, COMPANY_TWICE + THE_SAME_COMPANY)

        watch_commits(world.store, monkeypatch, come_between)
        batch = world.app.launch(uploads[1])
        assert between
        assert world.item(batch).run(APOLLO_COMPANY).company_run_id != sent.run_id
        assert world.send() == []
        world.answer(sent)
        assert of_companies(world.play()) == []
        assert world.status(batch) == "finished"


def without_webhook(registry, workflow):
    """The configuration of a process that sends no rows of a workflow."""
    acme = registry.client(ACME)
    webhooks = {place: webhook for place, webhook in acme.webhooks.items() if place[1] != workflow}
    return evolve(registry, clients={**registry.clients, ACME: evolve(acme, webhooks=webhooks)})
