"""First, last and full name of one row are those of one person, whatever its columns say of each other."""

import pytest

from enrichcore.ingest import read_import


def names(header, row):
    """First, last and full name of the only row of a file, as far as they are told."""
    (read,) = read_import(f"{header},Email\n{row},a@quillhaven.example\n".encode(), profile="crm").rows()
    told = {fact: value for fact, value in read.person.items() if "name" in fact}
    return tuple(told.pop(f"person_{part}_name", None) for part in ("first", "last", "full")), told


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("Ada,Bell,Kno Oakley", ("Ada", "Bell", "Ada Bell")), ("Ada,Bell,Ada Oakley", ("Ada", "Bell", "Ada Bell")), ("Ada,Bell,Kno Bell", ("Ada", "Bell", "Ada Bell")),
        ("Ada,Bell,Bell Ada", ("Ada", "Bell", "Ada Bell")), ("Ada,Bell,Acme GmbH", ("Ada", "Bell", "Ada Bell")), ("Ada,Bell-Smith,Ada Bell", ("Ada", "Bell-Smith", "Ada Bell-Smith")),
        ("Ana,García López,Ana García", ("Ana", "García López", "Ana García López")), ("Ada,Bell,A. Bell", ("Ada", "Bell", "Ada Bell")), ("Anna,Ivanova,Анна Иванова", ("Anna", "Ivanova", "Anna Ivanova")),
    ],
)  # fmt: skip
def test_the_parts_win_over_a_full_name_that_contradicts_them(row, expected):
    """Nobody is called by two names at once."""
    assert names("First Name,Last Name,Full Name", row) == (expected, {})


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("Ada,Bell,Ada Maria Bell", ("Ada", "Bell", "Ada Maria Bell")), ("Bob,Bell,Robert Bell", ("Bob", "Bell", "Robert Bell")), ("A.,Bell,Ada Bell", ("Ada", "Bell", "Ada Bell")), ("J.R.,Bell,John Robert Bell", ("John Robert", "Bell", "John Robert Bell")),
        ("Ada,B.,Ada Bell", ("Ada", "Bell", "Ada Bell")), ("小明,王,王小明", ("小明", "王", "王小明")), ("An,Nguyen,Nguyen Van An", ("An", "Nguyen", "Nguyen Van An")), ("Ada,Müller,Ada Mueller", ("Ada", "Müller", "Ada Mueller")),
        ("Bell,Ada,Ada Bell", ("Ada", "Bell", "Ada Bell")), (",García,Ana García López", ("Ana", "García", "Ana García López")),
    ],
)  # fmt: skip
def test_a_full_name_that_says_more_of_the_same_stays(row, expected):
    """And spells out what a part has cut short."""
    assert names("First Name,Last Name,Full Name", row) == (expected, {})


@pytest.mark.parametrize(
    ("row", "expected"),
    [("Ada,,Kno Oakley", ("Ada", None, None)), (",Bell,Kno Oakley", (None, "Bell", None))],
)
def test_a_full_name_of_somebody_else_fills_nothing(row, expected):
    """What is not known stays empty."""
    assert names("First Name,Last Name,Full Name", row) == (expected, {})


@pytest.mark.parametrize("header", ["name,surname", "Name,Family Name"])
@pytest.mark.parametrize(
    ("row", "expected"),
    [("Ada,Bell", ("Ada", "Bell", "Ada Bell")), ("Ana Maria,López", ("Ana Maria", "López", "Ana Maria López")), ("Ada Bell,Bell", ("Ada", "Bell", "Ada Bell"))],
)  # fmt: skip
def test_a_name_beside_a_surname_may_be_the_first_one(header, row, expected):
    """It is, where it has nothing of the surname."""
    assert names(header, row) == (expected, {})


@pytest.mark.parametrize(
    ("row", "expected"),
    [("Ada,Maria,Bell", ("Ada", "Bell", "Ada Bell")), ("Ada,Maria,Maria Bell", ("Ada", "Bell", "Ada Bell")), ("Ada,Maria,Ada Maria Bell", ("Ada", "Bell", "Ada Bell")), ("Ada,Maria,Maria", ("Ada", "Maria", "Ada Maria"))],
)  # fmt: skip
def test_a_middle_name_with_its_own_column_leaves_the_last_one(row, expected):
    """So that a person has one name in every file."""
    assert names("First Name,Middle Name,Last Name", row) == (expected, {})


@pytest.mark.parametrize(
    ("row", "last"),
    [("Ada,van der,Bell", "van der Bell"), ("Ada,Van der,van der Bell", "van der Bell"), ("Ada,in 't,Veld", "in 't Veld"), ("Ada,Dr.,Bell", "Bell"), ("Ada,,Bell", "Bell")],
)  # fmt: skip
def test_the_particles_of_a_dutch_name_have_a_column_of_their_own(row, last):
    """They belong to the last name."""
    assert names("Voornaam,Tussenvoegsel,Achternaam", row) == (("Ada", last, f"Ada {last}"), {})
