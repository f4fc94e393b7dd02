"""What every store promises of the directory: whom keys mean, who was merged, whom uploads name, and what answers told."""

from uuid import UUID, uuid4

from attrs import evolve

from enrichcore.domain import events as e
from enrichcore.domain.answers import Rank
from enrichcore.domain.ids import ClientId, CompanyId, PersonId, UploadId
from enrichcore.domain.keys import Key, KeyKind
from enrichcore.store.commit import Commit, DirectoryChange, UploadedPerson
from tests.contracts.stored_rows import CLIENT, noted, put

EMAIL, LINKEDIN = Key(KeyKind.PERSON_EMAIL, "ann@quillhaven.example"), Key(KeyKind.PERSON_LINKEDIN, "ann quill")
ANN, BOB, EVE = (UUID(int=number) for number in (101, 102, 103))


class DirectoryContract:
    """Whom keys mean."""

    def known(self, store, *keys, client=CLIENT):
        """The owner of each key, with all the keys that it holds."""
        return {key: (known.entity_id, known.keys, known.since) for key, known in store.owners(client, keys).items()}

    def change(self, store, client=CLIENT, **change):
        """Store a change of the directory."""
        put(store, directory=[(client, DirectoryChange(**change))])

    def test_a_key_means_its_owner_with_all_of_the_owners_keys(self, store):
        """Of one client only."""
        self.change(store, keys=[(EMAIL, ANN), (LINKEDIN, ANN)], new=[(ANN, "person", 3)])
        assert self.known(store, EMAIL) == {EMAIL: (ANN, {EMAIL, LINKEDIN}, 3)}
        assert self.known(store, EMAIL, client=ClientId(uuid4())) == {}

    def test_after_a_merge_every_key_means_the_one_that_stays(self, store):
        """Also the keys that the merging row did not name."""
        self.change(store, keys=[(EMAIL, ANN), (LINKEDIN, BOB)], new=[(ANN, "person", 1), (BOB, "person", 2)])
        self.change(store, merged=[(BOB, ANN)])
        both = {EMAIL, LINKEDIN}
        assert self.known(store, EMAIL, LINKEDIN) == {EMAIL: (ANN, both, 1), LINKEDIN: (ANN, both, 1)}

    def test_merges_of_one_commit_may_follow_each_other(self, store):
        """Eve is Bob and Bob is Ann: the keys of all three mean Ann."""
        third = Key(KeyKind.PERSON_EMAIL, "eve@quillhaven.example")
        new = [(ANN, "person", 1), (BOB, "person", 2), (EVE, "person", 3)]
        self.change(store, keys=[(EMAIL, ANN), (LINKEDIN, BOB), (third, EVE)], new=new)
        self.change(store, merged=[(EVE, BOB), (BOB, ANN)])
        assert {owner for owner, _, _ in self.known(store, EMAIL, LINKEDIN, third).values()} == {ANN}

    def test_whoever_is_the_same_is_found_from_each_of_them(self, store):
        """The one that stays comes first, however many merges led there; who never was merged is left out."""
        self.change(store, new=[(ANN, "person", 1), (BOB, "person", 2), (EVE, "person", 3)])
        self.change(store, merged=[(EVE, BOB)])
        assert store.same_entities([EVE, BOB, ANN]) == {EVE: [BOB, EVE], BOB: [BOB, EVE]}
        self.change(store, merged=[(BOB, ANN)])
        assert store.same_entities([EVE, ANN]) == {EVE: [ANN, BOB, EVE], ANN: [ANN, BOB, EVE]}

    def test_people_of_an_upload_are_those_whom_merges_left(self, store):
        """Whoever stays knows what all of them knew, its own word first, and nothing of another's company."""
        self.change(store, new=[(ANN, "person", 1), (BOB, "person", 2), (EVE, "person", 3)])
        upload, here, there = UploadId(uuid4()), CompanyId(uuid4()), CompanyId(uuid4())
        told = {
            BOB: (None, {"person_title": "CFO", "person_email": "bob@quillhaven.example"}),
            ANN: (here, {"person_title": "CEO", "company_name": "Quillhaven"}),
            EVE: (there, {"person_headline": "Buys", "company_city": "Ghent"}),
        }
        put(
            store,
            people=[
                (upload, UploadedPerson(person_id=PersonId(one), company_id=company, facts=facts))
                for one, (company, facts) in told.items()
            ],
        )
        self.change(store, merged=[(EVE, BOB)])
        self.change(store, merged=[(BOB, ANN)])
        (ann,) = store.people(upload)
        assert (ann.person_id, ann.company_id) == (ANN, here)
        assert ann.facts == {
            "person_title": "CEO",
            "person_email": "bob@quillhaven.example",
            "person_headline": "Buys",
            "company_name": "Quillhaven",
        }

    def test_the_company_of_an_uploads_person_is_the_one_that_stays(self, store):
        """Also where only the company was merged."""
        old, new = CompanyId(uuid4()), CompanyId(uuid4())
        self.change(store, new=[(old, "company", 1), (new, "company", 2)])
        upload = UploadId(uuid4())
        put(store, people=[(upload, UploadedPerson(person_id=PersonId(ANN), company_id=new, facts={}))])
        self.change(store, merged=[(new, old)])
        assert [one.company_id for one in store.people(upload)] == [old]

    def test_the_directory_tells_what_it_knows_of_somebody(self, store):
        """Under every id that a merge left; of one client only; also of whoever has no key."""
        self.change(store, keys=[(EMAIL, ANN), (LINKEDIN, BOB)], new=[(ANN, "person", 1), (BOB, "person", 2)])
        self.change(store, new=[(EVE, "person", 3)], merged=[(BOB, ANN)])
        known = store.known(CLIENT, [ANN, BOB, EVE, uuid4()])
        assert {one: (found.entity_id, found.keys, found.since) for one, found in known.items()} == {
            ANN: (ANN, {EMAIL, LINKEDIN}, 1),
            BOB: (ANN, {EMAIL, LINKEDIN}, 1),
            EVE: (EVE, frozenset(), 3),
        }
        assert store.known(ClientId(uuid4()), [ANN]) == {}

    def test_how_far_the_directory_has_learnt_only_grows(self, store):
        """With a commit or by itself."""
        assert store.learnt_until() == 0
        put(store, learnt=7)
        assert store.learnt_until() == 7
        store.learn_on(9)
        store.learn_on(3)
        put(store)
        assert store.learnt_until() == 9

    def test_answers_in_force_are_found_in_the_order_of_the_log(self, store):
        """After a position, so many at most; what is only kept is no news of anybody."""

        def answered(kind, stream=None, version=1):
            event = kind(
                workflow="w",
                content_hash="h",
                rank=Rank.DATA,
                timing=e.Timing.IN_TIME,
                source=e.Source.CALLBACK,
                generation=1,
            )
            return evolve(noted(stream, version), event=event)

        first = answered(e.StepAnswered)
        revised = answered(e.AnswerRevised, first.stream_id, 2)
        kept, other = answered(e.AnswerKept), answered(e.StepAnswered)
        positions = store.append(Commit(events=[noted(), first, kept, revised, noted(), other]))
        found = store.answered_since(0, 10)
        assert [(one.position, one.stream_id, one.version) for one in found] == [
            (positions[number], one.stream_id, one.version) for number, one in ((1, first), (3, revised), (5, other))
        ]
        assert store.answered_since(0, 2) == found[:2]
        assert store.answered_since(positions[3], 10) == found[2:]
        at = (first.stream_id, 2)
        assert {at: one.event for at, one in store.events_at([at, (uuid4(), 1), (first.stream_id, 3)]).items()} == {
            at: revised.event
        }
        assert store.events_at([]) == {}

    def test_a_known_entity_stays_as_old_as_it_is(self, store):
        """Telling of it again does not make it younger."""
        self.change(store, keys=[(EMAIL, ANN)], new=[(ANN, "person", 1)])
        self.change(store, new=[(ANN, "person", 8)])
        assert self.known(store, EMAIL) == {EMAIL: (ANN, {EMAIL}, 1)}

    def test_an_upload_keeps_each_person_once_as_last_told(self, store):
        """In order of id, with what its rows knew."""
        upload = UploadId(uuid4())
        told = [
            (upload, UploadedPerson(person_id=PersonId(person), company_id=None, facts={"person_title": title}))
            for person, title in [(BOB, "CFO"), (ANN, "CEO"), (BOB, "COO")]
        ]
        put(store, people=told[:2])
        put(store, people=told[2:])
        assert [(one.person_id, one.facts["person_title"]) for one in store.people(upload)] == [
            (ANN, "CEO"),
            (BOB, "COO"),
        ]
        assert store.people(UploadId(uuid4())) == []
