"""Names in capitals in front that nobody knows are last names, unless the file's other rows show something else."""

import pytest

from enrichcore.ingest import ImportedRow, read_import


def names_of(*cells):
    """First and last name of each row of a file with a column of full names."""
    lines = "\n".join(["Full Name,Company", *(f"{cell},Acme" for cell in cells)])
    rows = list(read_import(lines.encode(), profile="crm").rows())
    assert all(isinstance(row, ImportedRow) for row in rows)
    return [(row.person["person_first_name"], row.person["person_last_name"]) for row in rows]


@pytest.mark.parametrize(
    ("others", "is_turned"),
    [
        ([], True),
        (["DUPONT Jean"], True),
        (["TORRES Ximena", "Ada Bell", "Kno Oakley"], True),
        (["VEXLIM Osta", "Ada BELL", "Kno Ash"], True),
        (["DUPONT Jean", "XIMENA Torres"], True),
        (["XIMENA Torres"], False),
        (["ODALYS Torres", "Ada Bell"], False),
        (["DUPONT Jean", "XIMENA Torres", "MARY Smith"], False),
    ],
)
def test_the_other_names_of_a_file_tell_the_order(others, is_turned):
    """Where more of the known names show that first names are in capitals; else it is the last name that is."""
    first = names_of("QUILLWOOD Odalys", *others)[0]
    assert first == (("Odalys", "Quillwood") if is_turned else ("Quillwood", "Odalys"))


def test_what_is_known_of_a_name_goes_before_the_other_names():
    """Of one written the other way round."""
    assert names_of("XIMENA Torres", "DUPONT Jean", "KOVÁCS János") == [
        ("Ximena", "Torres"),
        ("Jean", "Dupont"),
        ("János", "Kovács"),
    ]


def test_capitals_within_a_word_stay():
    """Only a word that is all capitals is written in them."""
    assert names_of("QUILLWOOD McOdalys", "XIMENA Torres")[0] == ("Quillwood", "McOdalys")


def test_the_file_s_cells_stay_as_they_are():
    """Only what is made of them is turned round."""
    (row, _) = read_import(b"Full Name,Company\nDr. QUILLWOOD Odalys,Acme\nDUPONT Jean,Acme\n", profile="crm").rows()
    assert row.raw["Full Name"] == "Dr. QUILLWOOD Odalys"
    assert row.person["person_full_name"] == "Odalys Quillwood"
