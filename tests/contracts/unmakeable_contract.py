"""A row that cannot be made for sending, for whatever is wrong with what is known: it waits, and stands in nobody's way."""

import pytest

from enrichcore.application import claiming
from enrichcore.application.explaining import explain
from tests.contracts.answers_contract import WorldContract
from tests.contracts.world import APOLLO_PERSON, World, configuration, person, tuned


class UnmakeableContract(WorldContract):
    """Some rows of persons cannot be made."""

    @pytest.fixture
    def spoilt(self, monkeypatch):
        """Ids of items whose rows cannot be made."""
        ids, made = set(), claiming.payload

        def payload(run, *rest):
            if getattr(run, "item_id", None) in ids:
                raise TypeError("a fact that nobody foresaw")
            return made(run, *rest)

        monkeypatch.setattr(claiming, "payload", payload)
        return ids

    @pytest.fixture
    def world(self, store, spoilt):
        """Two people whose rows cannot be made, at the head of their lane."""
        world = World(store, tuned(configuration(), lane={"rate": 1.0, "burst": 3}))
        self.batch = world.launch(person("ann"), person("bob"))
        world.play_to(APOLLO_PERSON)
        world.clock.tick(seconds=10)
        spoilt |= {world.item(self.batch, number).item_id for number in (0, 1)}
        return world

    def test_rows_behind_it_leave_however_few_a_claim_takes(self, world):
        """With the tokens that it did not need."""
        later = world.launch(person("eve"), person("joe"))
        assert world.claim(2) == []
        assert {send.run_id for send in world.claim(2)} == {world.item(later, number).item_id for number in (0, 1)}

    def test_however_many_cannot_be_made_those_behind_them_leave(self, store, spoilt):
        """Each claim passes over what earlier ones could not make, and looks further."""
        world = World(store, tuned(configuration(), lane={"rate": 1000.0, "burst": 1000}))
        batch = world.launch(*(person(f"a{number}") for number in range(520)))
        world.play_to(APOLLO_PERSON)
        spoilt |= set(world.store.items_of(batch.batch_id, None, 1000))
        world.clock.tick(seconds=1)
        assert [world.app.claim(100) for _ in range(6)] == [[]] * 6
        later = world.launch(person("joe"))
        assert [send.run_id for send in world.app.claim(10)] == world.store.items_of(later.batch_id, None, 10)

    def test_it_is_told_once_in_a_while_and_not_at_each_claim(self, world, caplog, spoilt):
        """With what went wrong; once it can be made it leaves."""
        for _ in range(5):
            assert world.claim() == []
        (record,) = [one for one in caplog.records if one.name == "enrichcore.application"]
        assert (record.args[0], str(record.exc_info[1])) == (2, "a fact that nobody foresaw")
        world.clock.tick(seconds=61)
        spoilt.pop()
        assert len(world.claim()) == 1
        assert len([one for one in caplog.records if one.name == "enrichcore.application"]) == 2

    def test_whoever_asks_hears_what_is_wrong(self, world, spoilt):
        """Not that it waits for its turn."""
        wrong = explain(world.store, world.registry, world.item(self.batch).item_id, now=world.clock.now)
        assert "making its row ends with TypeError" in wrong
        spoilt.clear()
        right = explain(world.store, world.registry, world.item(self.batch).item_id, now=world.clock.now)
        assert "waits for its turn" in right
