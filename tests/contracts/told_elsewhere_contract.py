"""What other uploads and answers told of a person is known at launch: an address is not paid for again, and an opt-out holds."""

import json

import pytest

from enrichcore import project
from enrichcore.application.estimating import estimate
from enrichcore.domain import events as e
from enrichcore.domain.life_cycle import State
from enrichcore.store.replaying import inline_rows
from projections import READ_MODELS
from tests.contracts.answers_contract import WorldContract
from tests.contracts.world import ACME, APOLLO, CRM, CRM_PERSON, EMAIL

PAGE = "https://www.linkedin.com/in/kno-elm"
COLUMNS = (
    "First Name", "Last Name", "Title", "Email", "Email Status", "Company Name", "Website", "Person Linkedin Url", "Email Opt Out",
)  # fmt: skip


def file_with(**cells):
    """A file of one person."""
    cells = {"first": "Kno", "last": "Oakley", "linkedin": PAGE, "company": "Elm", **cells}
    names = ("first", "last", "title", "email", "status", "company", "website", "linkedin", "opt_out")
    return (",".join(COLUMNS) + "\n" + ",".join(cells.get(name, "") for name in names) + "\n").encode()


class ToldElsewhereContract(WorldContract):
    """One person in several uploads of a client."""

    @pytest.fixture(autouse=True)
    def agrees(self, store):
        """Replaying the log gives the rows that were lived."""
        yield
        assert store.inline_rows() == inline_rows(store.log(0, 100_000))

    def told(self, world, *, workstream=CRM, **cells):
        """An upload that is not launched."""
        world.clock.tick(days=1)
        return world.app.upload(file_with(**cells), client=ACME, workstream=workstream)

    def answered(self, world, *, workflow=CRM_PERSON, **answer):
        """An upload from the CRM that is launched, one of whose steps tells more than the shipped answer."""
        batch = world.app.launch(
            self.told(world, **{"website": "https://elm.example", **answer.pop("cells", {})}).upload_id
        )
        while sends := world.send():
            for send in sends:
                mine = {"name": "Kno Oakley", "url": PAGE, **answer} if send.workflow == workflow else {}
                world.answer(send, json.dumps({"item_id": send.payload["item_id"], "result": mine}).encode())
        return batch

    def launched(self, world, **cells):
        """The facts of an item of an upload without address, after a dry run that agrees on whether one is searched for."""
        cells = {"website": "https://elm.example", **cells}
        before = world.app.upload(file_with(**cells), client=ACME, workstream=APOLLO, dry_run=True)
        upload = self.told(world, workstream=APOLLO, **cells)
        counted = estimate(world.store, world.registry, world.app.get_upload(upload.upload_id), now=world.clock())
        batch = world.app.launch(upload.upload_id)
        world.play()
        self.searched = world.item(batch).run(EMAIL).state is not State.SKIPPED
        for steps in (counted.steps, before.steps):
            assert [step.to_send for step in steps if step.workflow == EMAIL] == [int(self.searched)]
        return world.item(batch).imported

    def test_a_known_address_is_not_paid_for_again(self, world):
        """Whatever file told it; it comes with its status."""
        self.told(world, email="kno@elm.example", status="Verified", website="https://elm.example")
        facts = self.launched(world)
        assert (facts["person_email"], facts["person_email_status"]) == ("kno@elm.example", "verified")
        assert not self.searched

    def test_who_wants_no_mail_is_not_looked_up(self, world):
        """Also where another file says so."""
        self.told(world, opt_out="Yes", website="https://elm.example")
        assert self.launched(world)["person_do_not_email"] is True
        assert not self.searched

    def test_what_the_upload_tells_goes_before_and_then_the_newest(self, world):
        """An address and what is said of it stay together."""
        for name, status in (("old", "Verified"), ("new", "")):
            self.told(world, email=f"{name}@elm.example", status=status, website="https://elm.example")
        facts = self.launched(world)
        assert (facts["person_email"], "person_email_status" in facts) == ("new@elm.example", False)
        assert self.launched(world, email="own@elm.example")["person_email"] == "own@elm.example"

    def test_what_is_of_no_use_is_not_taken(self, world):
        """An address that bounces by a newer file does not come back by an older one, nor is that of many taken."""
        self.told(world, email="kno@elm.example", status="Verified", website="https://elm.example")
        self.told(world, email="kno@elm.example", status="Invalid", website="https://elm.example")
        self.told(world, email="info@elm.example", website="https://elm.example")
        assert "person_email" not in self.launched(world)
        assert self.searched

    @pytest.mark.parametrize(
        ("address", "is_known"), [("kno@oak.example", False), ("kno@gmail.com", True), ("kno@elm.example", True)]
    )
    def test_whoever_moved_is_searched_for(self, world, address, is_known):
        """An address at the former company is none, and nothing is said of this one by the former."""
        self.told(world, email=address, company="Oak", website="https://oak.example", title="Clerk")
        facts = self.launched(world)
        assert (facts["company_name"], facts["company_domain"], facts.get("person_title")) == (
            "Elm",
            "elm.example",
            None,
        )
        assert (facts.get("person_email") == address, self.searched) == (is_known, not is_known)

    def test_what_is_known_of_the_company_is_sent(self, world):
        """Where the other file means the same one, in the first row that leaves."""
        self.told(world, email="kno@elm.example", website="https://elm.example")
        facts = self.launched(world, website="", first="", last="")
        assert (facts["company_domain"], facts["person_full_name"]) == ("elm.example", "Kno Oakley")
        assert world.posted[0].payload["company_domain"] == "elm.example"

    def test_merges_are_followed(self, world):
        """Of a person who was two when the other file told of them."""
        self.told(world, email="kno@elm.example", linkedin="", website="https://elm.example", first="Knosaurus")
        self.told(world, linkedin=PAGE, first="Knosaurus", company="")
        self.told(world, email="kno@elm.example", linkedin=PAGE, website="https://elm.example", first="Knosaurus")
        assert len(world.events(e.PersonsMerged)) == 1
        assert self.launched(world, first="Knosaurus")["person_email"] == "kno@elm.example"

    @pytest.mark.parametrize(("days", "is_known"), [(1, True), (40, True), (179, True), (181, False)])
    def test_an_address_that_another_step_found_is_known_while_it_is_trusted(self, world, days, is_known):
        """Also when that step is asked anew meanwhile, and tells none."""
        self.answered(world, work_email="kno@elm.example")
        world.clock.tick(days=days - 1)
        facts = self.launched(world)
        assert (facts.get("person_email") == "kno@elm.example", self.searched) == (is_known, not is_known)

    def test_when_to_search_anew_is_said_by_the_step_that_searches(self, world):
        """What it found itself serves as long as it is reused, and no longer."""
        self.answered(world, workflow=EMAIL, work_email="kno@elm.example")
        world.clock.tick(days=40)
        assert "person_email" not in self.launched(world)
        assert self.searched

    @pytest.mark.parametrize(
        "answer",
        [
            {"work_email": "kno@elm.example", "email_status": "invalid"},
            {"work_email": "info@elm.example"},
            {"work_email": "kno@elm.example", "name": "Bea Ash", "url": "https://www.linkedin.com/in/bea-ash"},
            {"work_email": "kno@oak.example", "cells": {"company": "Oak", "website": "https://oak.example"}},
        ],
    )
    def test_an_answers_address_is_held_to_what_holds_for_imports(self, world, answer):
        """And none is taken of an answer about somebody else."""
        self.answered(world, **answer)
        world.clock.tick(days=40)
        assert "person_email" not in self.launched(world)
        assert self.searched

    def test_a_bounce_that_an_import_told_goes_before_an_answer(self, world):
        """Whichever of them came first."""
        self.answered(world, work_email="kno@elm.example")
        self.told(world, email="kno@elm.example", status="Invalid", website="https://elm.example")
        world.clock.tick(days=40)
        assert "person_email" not in self.launched(world)
        assert self.searched

    def test_leads_name_the_import_that_told(self, world):
        """The launch is the source of nothing."""
        self.told(world, email="kno@elm.example", status="Verified", website="https://elm.example")
        self.launched(world, website="")
        (lead,) = project(world.store.log(0, 100_000), READ_MODELS)["final_leads"].values()
        assert lead["person_email"] == "kno@elm.example"
        first = next(one.position for one in world.store.log(0, 100_000) if isinstance(one.event, e.PersonImported))
        assert lead["provenance"]["person_email"][:2] == ["import", first]
        assert "launch" not in str(lead["provenance"])

    def test_a_store_tells_nothing_of_others(self, world):
        """Of another client, and of nobody."""
        world.app.upload(file_with(email="kno@elm.example"), client="globex", workstream=CRM)
        assert "person_email" not in self.launched(world)
        assert world.store.told_besides(self.told(world).upload_id, {}) == {}
