"""What answers found tells who is who: a later row with only that address or page means the person whom it was found for."""

from threading import Barrier, Thread

import pytest
from attrs import evolve

from enrichcore import project
from enrichcore.application.estimating import estimate
from enrichcore.application.identity import explain_identity
from enrichcore.domain import events as e
from enrichcore.domain.keys import Key, KeyKind
from enrichcore.store.replaying import inline_rows
from projections import READ_MODELS
from tests.contracts.answers_contract import WorldContract
from tests.contracts.world import ACME, APOLLO, APOLLO_PERSON, CRM, CRM_PERSON, EMAIL, file_of, person

FOUND = "ann.fennimarsh@quillhaven.example"
ALONE = {"first": "", "last": "", "title": "", "company": "", "website": "", "linkedin": "", "status": "", "email": ""}
PROFILE = {
    "result": {
        "name": "Ann Fennimarsh",
        "url": "https://www.linkedin.com/in/ann-of-quillhaven",
        "latest_experience": {
            "title": "Buyer",
            "company": "Quillhaven",
            "company_domain": "quillhaven.example",
            "is_current": True,
        },
    }
}


def only(**told):
    """A row that tells nothing but this."""
    return {**ALONE, **told}


def found_for(world, answer, *, workstream=APOLLO, row=None, profile=None):
    """A person without an address, for whom the last step of the pipeline is answered so; the batch."""
    batch = world.launch(row or person("ann", email=""), workstream=workstream)
    world.play_to(APOLLO_PERSON if workstream == APOLLO else CRM_PERSON)
    for send in world.send():
        world.answer(send, None if profile is None else world.body(send, **profile))
    for send in world.send():
        assert send.workflow == EMAIL
        world.answer(send, world.body(send, result=answer))
    world.app.turn_batches()
    return batch


def person_of(world, upload):
    """The id of an upload's only person."""
    (one,) = world.store.people(upload.upload_id)
    return one.person_id


def leads(world):
    """All leads, by the shipped read model."""
    return list(project(world.store.log(0, 100_000), READ_MODELS)["final_leads"].values())


class FoundKeysContract(WorldContract):
    """Keys that answers told."""

    @pytest.fixture(autouse=True)
    def agrees(self, store):
        """Replaying the log gives the rows that were lived."""
        yield
        assert store.inline_rows() == inline_rows(store.log(0, 100_000))

    # --- an address finds ---

    @pytest.mark.parametrize("answer", [{"email": FOUND}, {"email": FOUND, "email_status": "verified"}])
    def test_a_row_with_only_the_found_address_is_the_person_it_was_found_for(self, world, answer):
        """One person and one lead of both workstreams; nothing is asked twice, and what is known is shown as reused."""
        batch = found_for(world, answer)
        report = world.upload(only(email=FOUND), workstream=CRM)
        assert (report.new_person_count, report.new_company_count) == (0, 0)
        assert person_of(world, report) == world.item(batch).person_id
        told = estimate(world.store, world.registry, world.app.get_upload(report.upload_id), now=world.clock.now)
        assert {step.workflow: step.to_send for step in told.steps} == dict.fromkeys(
            (step.workflow for step in told.steps), 0
        )
        world.app.launch(report.upload_id)
        assert world.play() == []
        reused = [event for event in world.events(e.StepAnswered) if event.source is e.Source.REUSE]
        assert [event.workflow for event in reused] == [CRM_PERSON]
        (lead,) = leads(world)
        assert (lead["person_email"], list(lead["workstreams"])) == (FOUND, [APOLLO, CRM])

    def test_the_report_and_why_tell_the_answer(self, world):
        """Which step found it, when, and for which item; and that the later row was known by it."""
        batch = found_for(world, {"email": FOUND})
        report = world.upload(only(email=FOUND), workstream=CRM)
        (joined,) = [one for one in report.joined if one.entity == "person"]
        assert joined.reason == f"a known person: the e-mail address {FOUND} was found for them"
        told = explain_identity(world.store, person_of(world, report))
        item = world.item(batch).item_id
        _, found, row = told.tellings
        assert found.reason.startswith(f"{EMAIL} found the e-mail address {FOUND} (answer of 2026-03-02 09:")
        assert found.reason.endswith(f" UTC to {item})")
        assert found.run_id == item
        assert isinstance(world.store.stream(item, after=found.version - 1, limit=1)[0].event, e.StepAnswered)
        assert row.reason == f"was known by the e-mail address that an answer found, {FOUND}"

    def test_a_dry_run_finds_the_same_person_and_records_nothing(self, world):
        """Though what the answer told was not learnt yet."""
        found_for(world, {"email": FOUND})
        position, learnt = world.store.last_position(), world.store.learnt_until()
        file = file_of(only(email=FOUND), person("bob"))
        dry = world.app.upload(file, client="acme", workstream=CRM, dry_run=True)
        assert (world.store.last_position(), world.store.learnt_until()) == (position, learnt)
        done = world.app.upload(file, client="acme", workstream=CRM)
        assert evolve(dry, steps=None) == evolve(done, upload_id=None)
        assert (done.new_person_count, done.person_count) == (1, 2)
        assert (
            dry.steps
            == estimate(world.store, world.registry, world.app.get_upload(done.upload_id), now=world.clock()).steps
        )

    def test_what_was_learnt_is_learnt_once(self, world):
        """And a row makes it a key of its own."""
        found_for(world, {"email": FOUND})
        while world.app.learn():
            pass
        (event,) = world.events(e.PersonKeysFound)
        assert event.keys == (Key(KeyKind.PERSON_EMAIL_FOUND, FOUND),)
        world.upload(only(email=FOUND), workstream=CRM)
        assert world.app.learn() == 0
        world.upload(only(email=FOUND), workstream=CRM)
        assert len(world.events(e.PersonKeysFound)) == 1
        assert Key(KeyKind.PERSON_EMAIL, FOUND) in world.events(e.PersonImported)[-2].keys
        assert world.events(e.PersonImported)[-1].keys == ()

    @pytest.mark.parametrize(
        ("found", "why"),
        [
            ({"email": FOUND, "email_status": "guessed"}, "a pattern gives it to everybody of the name"),
            ({"email": FOUND, "email_status": "catch-all"}, "nobody can tell whose it is"),
            ({"email": FOUND, "email_status": "invalid"}, "it is nobody's"),
            ({"email": "sales@quillhaven.example"}, "a role's"),
            ({"email": "ann.fennimarsh@gmail.com", "email_status": "verified"}, "a private one may be a namesake's"),
            ({"email": "ann.fennimarsh@mooncroft.example"}, "at another company"),
            ({"email": "bob.carver@quillhaven.example"}, "a colleague's"),
            ({"email": "af@quillhaven.example"}, "initials are of many"),
        ],
    )
    def test_what_is_not_sure_is_no_key(self, world, found, why):
        """A missed person costs a credit, and a wrong one a team's trust."""
        found_for(world, found)
        assert world.upload(only(email=found["email"]), workstream=CRM).new_person_count == 1, why
        assert world.events(e.PersonKeysFound) == []

    @pytest.mark.parametrize(
        ("profile", "why"),
        [
            ({"result": {"first_name": "Cid", "last_name": "Aalto", "url": "https://linkedin.com/in/cid"}}, "another"),
            (
                {
                    "result": {
                        "first_name": "Ann",
                        "last_name": "Fennimarsh",
                        "latest_experience": {
                            "title": "CFO",
                            "company": "Mooncroft",
                            "company_domain": "mooncroft.example",
                            "is_current": True,
                        },
                    }
                },
                "she moved",
            ),
        ],
    )
    def test_nothing_is_learnt_of_who_was_mistaken_or_has_moved(self, world, profile, why):
        """The profile of the same item says so."""
        found_for(world, {"email": FOUND}, profile=profile)
        assert world.upload(only(email=FOUND), workstream=CRM).new_person_count == 1, why

    def test_a_row_that_calls_the_address_somebody_elses_is_somebody_else(self, world):
        """And the report says so."""
        found_for(world, {"email": FOUND})
        report = world.upload(only(email=FOUND, first="Bob", last="Carver"), workstream=CRM)
        assert report.new_person_count == 1
        assert any(one.contested and FOUND in one.reason for one in report.joined)

    def test_of_an_address_found_for_two_nobody_is_told(self, world):
        """A provider that gives one address for two namesakes is wrong about one of them."""
        twin = person("ann", email="", linkedin="https://www.linkedin.com/in/ann-the-second")
        found_for(world, {"email": FOUND})
        found_for(world, {"email": FOUND}, row=twin)
        report = world.upload(only(email=FOUND), workstream=CRM)
        assert report.new_person_count == 1
        told = explain_identity(world.store, world.store.people(world.upload(twin).upload_id)[0].person_id)
        assert any(telling.reason.endswith("so it is nobody's") for telling in told.tellings)

    def test_whoever_learns_at_once_learns_it_once(self, world):
        """Timers of several hosts and an upload: each key is one event, and the rows of the upload are known."""
        names = [f"{first}{last}" for first in ("an", "be", "ci", "do") for last in ("ba", "ko", "mu", "ne", "ri")]
        batch = world.launch(*(person(name, email="") for name in names))
        while sends := world.send():
            for send in sends:
                name = send.payload.get("person_linkedin_url", "").rpartition("/")[2].partition("-")[0]
                told = (
                    {"email": f"{name}.fennimarsh@quillhaven.example"} if send.workflow == EMAIL else {"title": "Buyer"}
                )
                world.answer(send, None if "company" in send.workflow else world.body(send, result=told))
        together, failed, reports = Barrier(3), [], []
        file = file_of(*(only(email=f"{name}.fennimarsh@quillhaven.example") for name in names))

        def run(act):
            app = world.another()
            together.wait()
            try:
                reports.append(act(app))
            except Exception as error:  # noqa: BLE001 - a thread's failure is the test's
                failed.append(error)

        acts = [lambda app: app.upload(file, client=ACME, workstream=CRM), *[lambda app: app.learn()] * 2]
        threads = [Thread(target=run, args=(act,)) for act in acts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failed == []
        found = [key for event in world.events(e.PersonKeysFound) for key in event.keys]
        assert (len(found), len(set(found)), batch.item_count) == (20, 20, 20)
        (report,) = [report for report in reports if not isinstance(report, int)]
        assert (report.new_person_count, report.person_count) == (0, 20)

    def test_what_somebody_else_learns_meanwhile_is_not_learnt_again(self, world, monkeypatch):
        """Between a look at the owners of keys and the commit."""
        found_for(world, {"email": FOUND})
        known = world.store.known

        def meanwhile(*asked):
            monkeypatch.undo()
            while world.another().learn():
                pass
            return known(*asked)

        monkeypatch.setattr(world.store, "known", meanwhile)
        world.app.learn()
        assert len(world.events(e.PersonKeysFound)) == 1

    # --- an address joins ---

    def both_known(self, world, **row):
        """One known by her page, for whom the answer is out, and one known by what a row of the other workstream tells."""
        apollo = world.launch(person("ann", email=""))
        crm = world.upload(only(**{"email": FOUND, **row}), workstream=CRM)
        world.play_to(EMAIL)
        (send,) = [one for one in world.send() if one.workflow == EMAIL]
        world.answer(send, world.body(send, result={"email": FOUND}))
        return apollo, crm

    def test_two_who_are_known_become_one_before_the_second_is_paid(self, world):
        """The elder stays; a launch of the other, and its dry run, send nobody."""
        apollo, crm = self.both_known(world)
        uploaded = world.app.get_upload(crm.upload_id)
        told = estimate(world.store, world.registry, uploaded, now=world.clock.now)
        assert world.events(e.PersonsMerged) == []
        assert {step.workflow: (step.to_send, step.reused) for step in told.steps if step.entity == "person"} == {
            CRM_PERSON: (0, 1),
            EMAIL: (0, 0),
        }
        batch = world.app.launch(crm.upload_id)
        assert world.play() == []
        (merged,) = world.events(e.PersonsMerged)
        assert merged.because == Key(KeyKind.PERSON_EMAIL_FOUND, FOUND)
        assert world.item(batch).person_id == world.item(apollo).person_id
        assert len(leads(world)) == 1
        told = explain_identity(world.store, merged.merged)
        assert any(
            telling.reason
            == f"{merged.merged} turned out to be the same: the e-mail address {FOUND} was found for one of them, and a row has it of the other"
            for telling in told.tellings
        )

    @pytest.mark.parametrize(
        "row",
        [
            {"linkedin": "https://www.linkedin.com/in/somebody-else"},
            {"first": "Bob", "last": "Carver"},
            {"first": "Bob"},
        ],
    )
    def test_two_who_contradict_each_other_stay_two(self, world, row):
        """That the answer names the other one's address is shown by `why`."""
        apollo, crm = self.both_known(world, **row)
        world.app.launch(crm.upload_id)
        assert world.events(e.PersonsMerged) == []
        told = explain_identity(world.store, world.item(apollo).person_id)
        assert any("belongs to somebody else, who is not merged" in telling.reason for telling in told.tellings)

    def test_a_first_name_that_agrees_is_no_contradiction(self, world):
        """Half a name is better than none."""
        _, crm = self.both_known(world, first="Ann")
        world.app.launch(crm.upload_id)
        assert len(world.events(e.PersonsMerged)) == 1

    def test_a_row_that_brings_the_found_address_to_another_joins_them(self, world):
        """One known by a page, one by her name, for whom the address was found: the row has both."""
        nameless = only(linkedin="https://www.linkedin.com/in/ann-quillhaven")
        world.upload(nameless, workstream=CRM)
        found_for(world, {"email": FOUND}, row=person("ann", email="", linkedin=""))
        report = world.upload({**nameless, "email": FOUND}, workstream=CRM)
        assert (report.new_person_count, report.person_count) == (0, 1)
        (merged,) = world.events(e.PersonsMerged)
        assert merged.because.kind is KeyKind.PERSON_EMAIL_FOUND

    # --- pages ---

    def test_a_row_with_only_the_found_page_is_the_person_it_was_found_for(self, world):
        """Whole name and present employer are those that were asked about."""
        batch = found_for(world, {}, row=person("ann", linkedin=""), profile=PROFILE)
        report = world.upload(only(linkedin="https://www.linkedin.com/in/ann-of-quillhaven"), workstream=CRM)
        assert (report.new_person_count, person_of(world, report)) == (0, world.item(batch).person_id)

    @pytest.mark.parametrize(
        "profile",
        [
            {"result": {**PROFILE["result"], "name": "Anna Fennimarsh-Oduya"}},
            {"result": {key: value for key, value in PROFILE["result"].items() if key != "latest_experience"}},
        ],
    )
    def test_a_page_of_a_namesake_is_no_key(self, world, profile):
        """The name differs, or nobody says where she works."""
        found_for(world, {}, row=person("ann", linkedin=""), profile=profile)
        report = world.upload(only(linkedin="https://www.linkedin.com/in/ann-of-quillhaven"), workstream=CRM)
        assert report.new_person_count == 1

    # --- companies ---

    def company_found(self, world, row, **answer):
        """A company that was asked about as the row names it, and answered so."""
        batch = world.launch(row)
        (send,) = world.send()
        world.answer(send, world.body(send, result=answer))
        return world.item(batch).company_id

    def test_a_row_with_only_the_found_domain_is_at_the_company_it_was_found_for(self, world):
        """It is not asked about again."""
        row = person("ann", email="", website="")
        company = self.company_found(world, row, name="Quillhaven, Inc.", domain="quillhaven.example")
        report = world.upload(person("bob", company="", website="https://quillhaven.example", email=""), workstream=CRM)
        assert (report.new_company_count, world.store.people(report.upload_id)[0].company_id) == (0, company)
        told = explain_identity(world.store, company)
        assert any("found the domain quillhaven.example" in telling.reason for telling in told.tellings)

    @pytest.mark.parametrize(
        "answer", [{"name": "Quillhaven Holding", "domain": "qh.example"}, {"domain": "qh.example"}]
    )
    def test_a_domain_of_a_company_that_is_called_otherwise_is_no_key(self, world, answer):
        """Nothing but the name was asked with, so the answer has to repeat it."""
        self.company_found(world, person("ann", email="", website=""), **answer)
        report = world.upload(person("bob", company="", website="https://qh.example", email=""), workstream=CRM)
        assert report.new_company_count == 1

    def test_two_known_companies_are_never_merged_by_an_answer(self, world):
        """It is shown that the answer names the other one's domain."""
        world.upload(person("bob", company="mooncroft"))
        company = self.company_found(
            world, person("ann", email="", website=""), name="Quillhaven", domain="mooncroft.example"
        )
        world.upload(person("cid", company="mooncroft"))
        assert world.events(e.CompaniesMerged) == []
        told = explain_identity(world.store, company)
        assert any("belongs to somebody else, who is not merged" in telling.reason for telling in told.tellings)
