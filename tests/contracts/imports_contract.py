"""Imports find who is known, and tell it."""

import csv
import io
import os
from threading import Barrier, Thread
from uuid import UUID

import pytest
from attrs import evolve

from enrichcore.application import CannotLaunch, UnknownId
from enrichcore.application import imports as module
from enrichcore.application.estimating import estimate
from enrichcore.application.identity import explain_identity
from enrichcore.domain import events as e
from enrichcore.domain.ids import UploadId
from enrichcore.store import StoreUnavailable
from runners.spreadsheets import rejected_csv
from tests.contracts.answers_contract import SAMPLES, WorldContract
from tests.contracts.configuration_contract import ConfigurationContract, SavedMappingsContract
from tests.contracts.world import ACME, APOLLO, APOLLO_COMPANY, APOLLO_PERSON, CRM, World, file_of, person

_COLUMNS = b"First Name,Last Name,Email,Company Name,Website,Company Linkedin Url\n"
_PAGE = b"https://www.linkedin.com/company/quillhaven"
#: Two rows of what are two companies until a third row says otherwise.
COMPANY_TWICE = (
    _COLUMNS + b"Ann,Fenn,,Quillhaven,https://quillhaven.example,\n" + b"Bob,Fenn,,QH Robotics,," + _PAGE + b"\n"
)
MEMBER = "ACwAAAwMJ8gB1ACzMnNA8Sj1P-0J9_pd4mT3eZ4"
THE_SAME_COMPANY = b"Cid,Fenn,,Quillhaven,https://quillhaven.example," + _PAGE + b"\n"


def companies_and_people(world):
    """How many of each were ever imported."""
    log = world.store.log(0, 100_000)
    return tuple(
        len({one.entity_id for one in log if isinstance(one.event, kind)})
        for kind in (e.CompanyImported, e.PersonImported)
    )


class DirectoryImportsContract(WorldContract):
    """Who is who, over all files of a client."""

    @pytest.mark.parametrize(("workstream", "path"), SAMPLES)
    def test_the_same_file_again_makes_no_one_new(self, world, workstream, path):
        """The same people, the same companies, under the same ids."""
        first = world.app.upload(path, client=ACME, workstream=workstream)
        known = companies_and_people(world)
        again = world.app.upload(path, client=ACME, workstream=workstream)
        assert companies_and_people(world) == known
        assert world.store.people(first.upload_id) == world.store.people(again.upload_id)
        assert (first.person_count, first.company_count) == (again.person_count, again.company_count)

    @pytest.mark.parametrize(("workstream", "path"), SAMPLES)
    def test_a_dry_run_counts_what_an_import_then_does(self, world, workstream, path):
        """And records nothing."""
        dry = world.app.upload(path, client=ACME, workstream=workstream, dry_run=True)
        assert world.store.last_position() == 0
        report = world.app.upload(path, client=ACME, workstream=workstream)
        assert evolve(dry, upload_id=report.upload_id) == report
        assert dry.steps is not None
        assert report.steps is None

    def test_chunks_of_any_size_import_the_same(self, store, monkeypatch):
        """A person who comes again in a later chunk, or a later file, is the same person."""
        monkeypatch.setattr(module, "CHUNK", 3)
        monkeypatch.setattr("enrichcore.application.uploading.CHUNK", 3)
        world = World(store)
        for workstream, path in SAMPLES:
            report = world.app.upload(path, client=ACME, workstream=workstream)
            assert (report.row_count, report.person_count) == (24, 24)
        assert companies_and_people(world)[1] < 48

    def test_a_members_id_and_a_slug_are_one_persons_and_two_ids_are_two_peoples(self, world):
        """Namesakes of a search in Sales Navigator, of whom another list tells the slug of one beside their address."""
        at = {"linkedin": f"https://www.linkedin.com/sales/lead/{MEMBER},NAME_SEARCH,x", "email": ""}
        other = {**at, "linkedin": f"https://www.linkedin.com/in/{MEMBER[:6]}{MEMBER[6:].swapcase()}"}
        first = world.app.upload(file_of(person("ann", **at), person("ann", **other)), client=ACME, workstream=CRM)
        assert first.person_count == 2
        known = world.app.upload(
            file_of(person("ann", **{**at, "email": "ann@acme.example"})), client=ACME, workstream=CRM
        )
        by_slug = world.app.upload(file_of(person("ann", email="ann@acme.example")), client=ACME, workstream=APOLLO)
        again = world.app.upload(file_of(person("ann", **at)), client=ACME, workstream=CRM)
        assert (known.new_person_count, by_slug.new_person_count, again.new_person_count) == (0, 0, 0)
        ids = {one.person_id for report in (known, by_slug, again) for one in world.store.people(report.upload_id)}
        assert len(ids) == 1

    def test_a_row_that_joins_two_known_people_makes_them_one(self, world):
        """The elder stays, every key means it, and launching sends one person."""
        by_mail = person("ann", linkedin="")
        by_profile = person("ann", email="", first="Anna")
        first = world.upload(by_mail)
        world.upload(by_profile)
        report = world.upload(person("ann"))
        (merged,) = world.events(e.PersonsMerged)
        (elder,) = world.store.people(first.upload_id)
        (joined,) = world.store.people(report.upload_id)
        assert (joined.person_id, merged.merged != elder.person_id) == (elder.person_id, True)
        assert world.store.people(world.upload(by_profile).upload_id)[0].person_id == elder.person_id

    def test_an_upload_that_a_later_one_joined_is_launched_as_it_is_now(self, world):
        """One item for the one person, whoever imported them, and whenever."""
        first = world.upload(person("ann", linkedin=""), person("ann", email="", first="Anna"))
        world.upload(person("ann"))
        batch = world.app.launch(first.upload_id)
        assert (batch.item_count, len(world.store.items_of(batch.batch_id, None, 10))) == (1, 1)
        assert [send.workflow for send in world.play()] == [APOLLO_COMPANY, APOLLO_PERSON]

    def test_a_person_of_an_earlier_chunk_is_counted_and_launched_once(self, store, monkeypatch):
        """The row that joins two may come long after theirs."""
        monkeypatch.setattr("enrichcore.application.uploading.CHUNK", 2)
        world = World(store)
        report = world.upload(person("ann", linkedin=""), person("ann", email="", first="Anna"), person("ann"))
        assert (report.person_count, world.app.launch(report.upload_id).item_count) == (1, 1)

    def test_companies_that_a_row_joins_are_one_for_everyone_of_the_file(self, world):
        """One by its site, one by its page, and a row that has both: one company is asked about."""
        report = world.app.upload(COMPANY_TWICE + THE_SAME_COMPANY, client=ACME, workstream=APOLLO)
        assert report.company_count == 1
        world.app.launch(report.upload_id)
        (send,) = world.claim()
        assert {one.company_id for one in world.store.people(report.upload_id)} == {UUID(send.payload["company_id"])}

    def test_a_company_name_that_two_have_means_neither_of_them(self, world):
        """Its rows are of a company of their own, and when the file is imported again, of the same one."""
        rows = (
            b"Ann,Fenn,,Phoenix,https://phoenix-a.example,\n",
            b"Bob,Fenn,,Phoenix,https://phoenix-b.example,\n",
            b"Cid,Fenn,,Phoenix,,\nDee,Fenn,,Phoenix,,\n",
        )
        path = _COLUMNS + b"".join(rows)
        first, again = (world.app.upload(path, client=ACME, workstream=APOLLO) for _ in range(2))
        assert (first.company_count, again.company_count) == (3, 3)
        assert companies_and_people(world) == (3, 4)

    def test_two_addresses_at_one_company_are_two_people_of_one_name(self, world):
        """And one person where the other address is a private one."""
        smith = b"John,Smith,%s,Acme,https://acme.example,\n"
        addresses = (b"john.smith@acme.example", b"john.smith2@acme.example", b"john@gmail.com")
        path = _COLUMNS + b"".join(smith % address for address in addresses)
        for _ in range(2):
            assert world.app.upload(path, client=ACME, workstream=APOLLO).person_count == 2
        assert companies_and_people(world) == (1, 2)

    def test_within_one_file_two_rows_become_one_person(self, world):
        """Who was two in the first rows is launched once."""
        batch = world.launch(person("ann", linkedin=""), person("ann", email="", first="Anna"), person("ann"))
        assert batch.item_count == 1

    def test_two_imports_at_once_make_no_one_twice(self, store):
        """Whichever is first, the other decides again and finds the same people."""
        world, together, failed = World(store), Barrier(3), []
        file = file_of(*(person(f"p{number}", company=f"c{number % 4}") for number in range(20)))

        def run():
            app = world.another()
            together.wait()
            try:
                app.upload(file, client=ACME, workstream=APOLLO)
            except Exception as error:  # noqa: BLE001 - a thread's failure is the test's
                failed.append(error)

        threads = [Thread(target=run) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (failed, companies_and_people(world)) == ([], (4, 20))

    def test_an_interrupted_import_cannot_be_launched_and_is_imported_again(self, world):
        """What came in stays known; no one is made twice."""
        file = file_of(*(person(f"p{number}") for number in range(3)))

        def lose_the_database(done, total):
            raise StoreUnavailable(f"after {done} bytes of {total}")

        with pytest.raises(StoreUnavailable):
            world.app.upload(file, client=ACME, workstream=APOLLO, progress=lose_the_database)
        unfinished = UploadId(world.store.log(0, 1)[0].stream_id)
        with pytest.raises(CannotLaunch, match="interrupted"):
            world.app.launch(unfinished)
        report = world.app.upload(file, client=ACME, workstream=APOLLO)
        assert (companies_and_people(world), world.app.launch(report.upload_id).item_count) == ((1, 3), 3)

    @pytest.mark.parametrize(
        ("name", "kept"), [(os.fsdecode(b"caf\xe9.csv"), "caf\ufffd.csv"), ("half \ud83d.csv", "half \ufffd.csv")]
    )
    def test_a_file_may_be_called_anything(self, world, name, kept):
        """What no text can hold of its name is replaced."""
        report = world.app.upload(file_of(person("ann")), client=ACME, workstream=APOLLO, name=name)
        assert world.app.get_upload(report.upload_id).file_name == kept

    def test_rows_that_name_no_one_are_kept_aside_with_a_reason(self, world):
        """The rest is imported, and they can be had back as they were."""
        report = world.upload(person("ann"), {"title": "Buyer"})
        assert (report.row_count, [line for line, _ in report.rejected]) == (1, [3])
        assert world.app.get_upload(report.upload_id).rejected == 1
        (row,) = world.app.rejected_rows(report.upload_id)
        assert (row.line, row.reason, row.raw["Title"]) == (3, report.rejected[0][1], "Buyer")

    def test_people_of_some_companies_are_read_without_the_others(self, world):
        """A file may name a million, of whom a few are at a company that is renamed."""
        upload = world.upload(person("ann"), person("bob", company="caldora"), person("eve", company="caldora"))
        people = world.store.people(upload.upload_id)
        wanted = {one.company_id for one in people if one.facts["company_name"] == "Caldora"}
        found = world.store.people(upload.upload_id, wanted)
        assert found == [one for one in people if one.company_id in wanted]
        assert (len(found), world.store.people(upload.upload_id, [])) == (2, [])

    def test_what_was_kept_aside_and_not_mended_is_kept_aside_again(self, world):
        """A footer and the header again become nobody, though line and reason stand before them now; a mended row is somebody."""
        header = ["First Name", "Last Name", "Email", "Company"]
        rows = [
            header,
            ["Ann", "Moor", "ann@moor.example", "Moor"],
            ["Total: 30", "", "", ""],
            header,
            ["", "", "", "Fell"],
        ]
        file = ("\n".join(map(",".join, rows)) + "\n").encode()
        report = world.app.upload(file, client=ACME, workstream=CRM)
        given_back = b"".join(rejected_csv(lambda: world.app.rejected_rows(report.upload_id)))
        assert [line for line, _ in report.rejected] == [3, 4, 5]
        again = world.app.upload(given_back, client=ACME, workstream=CRM)
        assert (again.row_count, [reason for _, reason in again.rejected]) == (
            0,
            [reason for _, reason in report.rejected],
        )
        mended = given_back.replace(b",Fell", b"bob@fell.example,Fell")
        assert world.app.upload(mended, client=ACME, workstream=CRM).row_count == 1
        with pytest.raises(UnknownId):
            world.app.rejected_rows(UploadId(UUID(int=7)))


class ToldImportsContract(WorldContract):
    """What an import tells of itself."""

    def test_a_file_that_is_imported_again_says_that_all_are_known(self, world):
        """New and known are told apart, for people and companies."""
        file = file_of(person("ann"), person("bob", company="caldora"))
        first = world.app.upload(file, client=ACME, workstream=APOLLO)
        again = world.app.upload(file, client=ACME, workstream=APOLLO)
        assert (first.new_person_count, first.new_company_count, first.joined) == (2, 2, ())
        assert (again.new_person_count, again.new_company_count, again.person_count) == (0, 0, 2)

    def test_rows_of_one_person_are_told_with_the_reason(self, world):
        """The strongest key that both have, and the line that was first."""
        report = world.upload(person("ann"), person("bob"), person("ann", first="Anna"))
        (joined,) = report.joined
        assert (joined.line, joined.earlier_line, joined.entity, report.duplicate_row_count) == (4, 2, "person", 1)
        assert joined.reason.startswith("the person of line 2: both have the LinkedIn profile ")
        assert (report.person_count, report.row_count) == (2, 3)

    def test_people_that_a_row_joins_are_told_with_the_reason(self, world):
        """Also when both were known before."""
        world.upload(person("ann", linkedin=""))
        world.upload(person("ann", email="", first="Anna"))
        (joined,) = world.upload(person("ann")).joined
        assert joined.merged is not None
        assert joined.reason.startswith("two known people are one: both have the ")

    def test_companies_that_a_row_joins_are_told_with_the_reason(self, world):
        """By its site, by its page, and by a row that has both."""
        report = world.app.upload(COMPANY_TWICE + THE_SAME_COMPANY, client=ACME, workstream=APOLLO)
        (joined,) = report.joined
        assert (joined.line, joined.entity) == (4, "company")
        assert joined.reason == "two known companies are one: both have the LinkedIn page quillhaven"

    @pytest.mark.parametrize("first", ["with", "without"])
    @pytest.mark.parametrize("apart", [True, False])
    def test_a_company_told_by_its_domain_or_by_its_name_has_the_same_people(self, world, first, apart):
        """The Apollo export has a domain and a profile, and the CRM's list has names only; in one file or in two."""
        with_domain = person("ann")
        name_only = person("ann", email="", linkedin="", website="")
        rows = [with_domain, name_only] if first == "with" else [name_only, with_domain]
        reports = [world.upload(row) for row in rows] if apart else [world.upload(*rows)]
        assert sum(report.new_person_count for report in reports) == 1
        assert sum(report.new_company_count for report in reports) == 1
        if not apart:
            assert [joined.reason for joined in reports[0].joined if joined.entity == "person"] == [
                "the person of line 2: both have the name at that company, ann fennimarsh"
            ]
        again = [world.upload(row) for row in rows]
        assert [report.new_person_count for report in again] == [0, 0]

    def test_one_name_at_two_companies_of_one_name_is_two_people(self, world):
        """Their domains differ; and whoever is told by the names alone is a third, also when told again."""
        namesakes = [{**person("ann", company, linkedin=""), "company": "Apex"} for company in ("alpha", "beta")]
        nameless = person("ann", "apex", email="", linkedin="", website="")
        assert world.upload(*namesakes).person_count == 2
        assert world.upload(nameless).new_person_count == 1
        assert world.upload(*namesakes, nameless).new_person_count == 0

    def test_a_key_that_two_claim_is_told(self, world):
        """Whoever has another profile is not the same, and the address stays with the first."""
        report = world.upload(person("ann"), person("ann", linkedin="https://www.linkedin.com/in/another-ann"))
        contested = [joined for joined in report.joined if joined.contested]
        assert report.person_count == 2
        assert any("who is not merged" in joined.reason for joined in contested)

    def test_a_name_that_two_have_is_told_once_for_each_row(self, world):
        """Though the directory knows it by the company's domain, and by the company."""
        other = person("ann", linkedin="https://www.linkedin.com/in/another-ann", email="another@quillhaven.example")
        report = world.upload(person("ann"), other)
        assert report.person_count == 2
        assert [joined.line for joined in report.joined if joined.contested] == [3]

    def test_why_rows_are_one_is_told_of_any_import(self, world):
        """The first row, the key by which each later one was known, and the merge; under whichever id one asks."""
        first = world.upload(person("ann", linkedin=""))
        other = world.upload(person("ann", email="", first="Anna"))
        before = [world.store.people(report.upload_id)[0].person_id for report in (first, other)]
        world.upload(person("ann"))
        told = [explain_identity(world.store, one) for one in before]
        assert told[0] == told[1]
        assert (set(told[0].ids), told[0].entity_id, told[0].entity) == (set(before), before[0], "person")
        reasons = [telling.reason for telling in told[0].tellings]
        assert reasons[:2] == ["was new", "was new"]
        assert "turned out to be the same" in reasons[2]
        assert reasons[3].startswith("was known by the LinkedIn profile ")
        company = explain_identity(world.store, world.store.people(first.upload_id)[0].company_id)
        assert (company.entity, company.tellings[0].line) == ("company", 2)
        with pytest.raises(UnknownId):
            explain_identity(world.store, UUID(int=7))

    def test_why_a_company_is_called_as_most_rows_call_it(self, world):
        """The first name stands until all rows are read; what is asked with is the one that most say."""
        people = [
            person(name, "pampanet") | {"company": company}
            for name, company in (("ann", "Marketing Hub"), ("bob", "PAMPANET SA"), ("cid", "Pampanet S.A."))
        ]
        report = world.upload(*people)
        found = world.store.people(report.upload_id)
        assert {one.facts["company_name"] for one in found} == {"Pampanet S.A."}
        told = explain_identity(world.store, found[0].company_id).tellings
        assert [telling.reason for telling in told][-1] == "is called 'Pampanet S.A.' by most rows of its file: 2"
        assert told[-1].line == 4

    def test_rows_kept_aside_come_back_without_formulas_and_as_they_were(self, world):
        """Neither cells nor column names are formulas to a spreadsheet, and read again they are what the file had."""
        content = b'=1+1,First Name,Company,Email\n@x,-,"@Home, Inc.",-\n'
        report = world.app.upload(content, client=ACME, workstream=CRM)
        rejected = b"".join(rejected_csv(lambda: world.app.rejected_rows(report.upload_id)))
        header, row = csv.reader(io.StringIO(rejected.decode("utf-8-sig")))
        assert header == ["line", "reason", "'=1+1", "First Name", "Company", "Email"]
        assert (row[0], row[2:]) == ("2", ["'@x", "'-", "'@Home, Inc.", "'-"])
        mended = rejected.replace(b"'-\r\n", b"ann@beta.example\r\n")
        again = world.app.upload(mended, client=ACME, workstream=CRM)
        ((line, facts),) = again.sample
        assert (line, facts["company_name"], facts["person_email"]) == (2, "@Home, Inc.", "ann@beta.example")

    def test_rows_kept_aside_are_read_in_pages_and_listed_up_to_a_limit(self, world, monkeypatch):
        """As many as a file has may be, so an upload is not held in memory to be asked about."""
        monkeypatch.setattr("enrichcore.application.uploading.PAGE", 2)
        monkeypatch.setattr("enrichcore.application.upload_report.MAX_REJECTED", 3)
        nobody = person("x", first="", last="", email="", linkedin="")
        report = world.upload(person("ann"), *[nobody] * 5, person("bob"))
        assert [line for line, _ in report.rejected] == [3, 4, 5]
        rejected = list(world.app.rejected_rows(report.upload_id))
        assert [row.line for row in rejected] == [3, 4, 5, 6, 7]
        found = world.app.get_upload(report.upload_id)
        assert (report.rejected_count, found.rejected, found.person_count, found.finished) == (5, 5, 2, True)

    def test_what_rows_do_not_tell_is_counted(self, world):
        """Since later steps ask with it."""
        report = world.upload(person("ann", email=""), person("bob"))
        assert (report.missing["person_email"], report.missing["person_full_name"]) == (1, 0)
        assert [line for line, _ in report.sample] == [2, 3]

    @pytest.mark.parametrize("pieces", [1, 5000])
    def test_a_dry_run_tells_what_a_launch_would_send(self, world, monkeypatch, pieces):
        """The same as a launch's own dry run, however many are counted at a time."""
        monkeypatch.setattr("enrichcore.application.estimating.PIECE", pieces)
        file = file_of(person("ann"), person("bob"), person("cid", email=""))
        dry = world.app.upload(file, client=ACME, workstream=APOLLO, dry_run=True)
        report = world.app.upload(file, client=ACME, workstream=APOLLO)
        counted = estimate(world.store, world.registry, world.app.get_upload(report.upload_id), now=world.clock())
        assert dry.steps == counted.steps

    def test_what_is_known_of_people_does_not_depend_on_chunks_or_memory(self, store, monkeypatch):
        """A later row adds to what an earlier chunk told, and a company that was forgotten is named again."""
        rows = [
            person("ann", title=""),
            person("bob", company="caldora"),
            person("cid", company="third"),
            person("ann"),
        ]
        world = World(store)
        whole = world.app.upload(file_of(*rows), client=ACME, workstream=APOLLO)
        monkeypatch.setattr("enrichcore.application.uploading.CHUNK", 1)
        monkeypatch.setattr(module, "COMPANIES_REMEMBERED", 1)
        split = world.app.upload(file_of(*rows), client=ACME, workstream=APOLLO)
        assert store.people(split.upload_id) == store.people(whole.upload_id)
        assert (split.person_count, split.company_count) == (3, 3)


class ImportingContract(DirectoryImportsContract, ToldImportsContract, SavedMappingsContract, ConfigurationContract):
    """Everything about imports and the configuration."""
