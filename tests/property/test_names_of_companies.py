"""What rows of one file call a company: the name of most of them, in whatever order they come and however they are recorded."""

from collections import Counter

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from enrichcore import MemoryStore, project
from enrichcore.application import imports, uploading
from enrichcore.normalize import company_name_key, is_plain
from projections import READ_MODELS
from tests.contracts.world import ACME, CRM, World, file_of, person

NAMES = ("Pampanet S.A.", "PAMPANET SA", "Pampa Maps", "Megacorp Holding", "Fell & Sons", "")


def people_called(names):
    """One person for each name, all at one domain."""
    return [person(f"ann{chr(97 + number)}", "pampanet") | {"company": name} for number, name in enumerate(names)]


def imported(names, *, chunk=1000):
    """A world that has launched such people."""
    world = World(MemoryStore())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(imports, "CHUNK", chunk)
        patch.setattr(uploading, "CHUNK", chunk)
        world.launch(*people_called(names), workstream=CRM)
    return world


def names_in(world):
    """The names of companies that leads show."""
    return {lead["company_name"] for lead in project(world.store.log(0, 10_000), READ_MODELS)["final_leads"].values()}


MANY = st.lists(st.sampled_from(NAMES), min_size=1, max_size=9)


@given(MANY, st.integers(1, 9))
def test_the_name_that_most_rows_say_is_the_companys(names, chunk):
    """In any order, and with any number of rows in a commit; of its spellings one that has small letters, too."""
    said = Counter(company_name_key(name) for name in names if name).most_common()
    assume(said and (len(said) == 1 or said[0][1] > said[1][1]))
    (shown,) = names_in(imported(names, chunk=chunk))
    assert company_name_key(shown) == said[0][0]
    spelt = [name for name in names if company_name_key(name) == said[0][0] and not is_plain(name)]
    assert not is_plain(shown) or not spelt


@given(MANY, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_name_that_most_say(names, random):
    """Whichever row comes first."""
    said = Counter(company_name_key(name) for name in names if name).most_common()
    assume(said and (len(said) == 1 or said[0][1] > said[1][1]))
    shuffled = random.sample(names, len(names))
    assert names_in(imported(names)) == names_in(imported(shuffled))


@given(st.lists(st.sampled_from([name for name in NAMES if name]), min_size=1, max_size=9))
def test_the_company_is_asked_about_by_the_name_that_is_shown(names):
    """Also when another row was the first."""
    world = imported(names)
    asked = {send.payload.get("company_name") for send in world.claim()}
    assert asked == names_in(world)


@given(MANY)
def test_a_dry_run_counts_the_same(names):
    """It counts names in the same way."""
    world = World(MemoryStore())
    file = file_of(*people_called(names))
    dry = world.app.upload(file, client=ACME, workstream=CRM, dry_run=True)
    assert dry.company_count == world.app.upload(file, client=ACME, workstream=CRM).company_count == 1
