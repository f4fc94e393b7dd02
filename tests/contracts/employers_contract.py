"""A shorter or longer form of a company's name, in a row of somebody who is known to be there, means that company."""

import pytest

from enrichcore.domain import events as e
from tests.contracts.answers_contract import WorldContract
from tests.contracts.world import ACME, APOLLO, CRM, file_of, person

LONG, SHORT = "Acorn Robotics International Ltd", "Acorn Robotics"


def at_acorn(name="ann", **more):
    """Somebody at Acorn, with its domain."""
    return {**person(name, "acorn"), "company": LONG, **more}


def connection(name="ann", company=SHORT, **more):
    """The same in a list of connections, which tells of companies by their names alone."""
    return {**person(name, "acorn"), "company": company, "website": "", "email": "", **more}


def people_at(world, upload):
    """By person, where an upload puts them."""
    return {one.person_id: one.company_id for one in world.store.people(upload.upload_id)}


class EmployersContract(WorldContract):
    """Of people who are known by a strong key."""

    def upload(self, world, *rows, workstream=CRM):
        """Import rows, as a dry run said; the report."""
        dry = world.app.upload(file_of(*rows), client=ACME, workstream=workstream, dry_run=True)
        done = world.app.upload(file_of(*rows), client=ACME, workstream=workstream)
        assert (dry.new_company_count, dry.new_person_count) == (done.new_company_count, done.new_person_count)
        return done

    @pytest.mark.parametrize("name", [SHORT, "Acorn", "ACORN ROBOTICS, Inc.", f"{LONG} (UK) Branch"])
    def test_a_form_of_the_name_is_the_company_at_which_the_person_is_known(self, world, name):
        """No company more, and the person stays where the domain is."""
        first = self.upload(world, at_acorn(), workstream=APOLLO)
        second = self.upload(world, connection(company=name))
        assert second.new_company_count == 0
        assert people_at(world, second) == people_at(world, first)

    def test_within_one_file_too_and_whoever_came_first_under_the_short_name(self, world):
        """Of Bob nothing else is known: he is at a company of that name, and draws nobody there."""
        upload = self.upload(world, at_acorn(), connection("bob"), connection())
        assert (upload.person_count, upload.company_count) == (2, 2)
        log = world.store.log(0, 100_000)
        told = [one.event.company_id for one in log if isinstance(one.event, e.PersonImported)]
        assert told[0] == told[2] != told[1]

    @pytest.mark.parametrize(
        ("known", "row"),
        [
            pytest.param(at_acorn(), connection(company="Acorn Foods"), id="another company"),
            pytest.param(at_acorn(), connection(company="Robotics International"), id="no beginning of the name"),
            pytest.param(
                at_acorn(website="https://acorn-robots.example", email=""),
                connection(company="Acorn"),
                id="a word in common",
            ),
            pytest.param(
                at_acorn(company="Acorn"), connection(company="Acorn Energy"), id="a word in common, and one more"
            ),
            pytest.param(at_acorn(), connection(website="https://acorn-labs.example"), id="a domain of its own"),
            pytest.param(at_acorn(), connection(linkedin=""), id="a person who is only alike"),
        ],
    )
    def test_anything_else_is_a_company_of_its_own(self, world, known, row):
        """Somebody may have moved."""
        first = self.upload(world, known, workstream=APOLLO)
        second = self.upload(world, row)
        assert second.new_company_count == 1
        assert set(people_at(world, first).values()).isdisjoint(people_at(world, second).values())

    def test_a_company_of_exactly_that_name_comes_first(self, world):
        """It is known by more than its name."""
        self.upload(world, at_acorn(), workstream=APOLLO)
        shorter = self.upload(world, {**person("bob", "acorn-robotics"), "company": SHORT}, workstream=APOLLO)
        moved = self.upload(world, connection())
        assert [*people_at(world, moved).values()] == [*people_at(world, shorter).values()]

    def test_a_namesake_keeps_their_own_key(self, world):
        """The name at that company is another Ann's: where this one is, is not kept, and nobody becomes somebody else."""
        self.upload(world, at_acorn(), workstream=APOLLO)
        other = at_acorn(linkedin="https://www.linkedin.com/in/ann-two", email="ann2@acorn.example")
        second = self.upload(world, other, workstream=APOLLO)
        third = self.upload(world, connection(linkedin="https://www.linkedin.com/in/ann-two"))
        assert people_at(world, third).keys() == people_at(world, second).keys()
