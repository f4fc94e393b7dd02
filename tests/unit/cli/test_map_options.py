"""`--map` says which column is which field, in either order."""

import pytest
import typer

from runners.cli.uploads import overrides_of


@pytest.mark.parametrize(
    ("pair", "column", "field"),
    [
        ("Job role=person_title", "Job role", "person_title"),
        ("person_title=Job role", "Job role", "person_title"),
        ("a=b=person_title", "a=b", "person_title"),
        ("person_title = a=b", " a=b", "person_title"),
        ("Notes=ignore", "Notes", "ignore"),
        ("ignore=Notes", "Notes", "ignore"),
        ("person_title=person_headline", "person_title", "person_headline"),
        ("Job role=person_titel", "Job role", "person_titel"),
    ],
)
def test_the_side_that_names_a_field_is_the_field(pair, column, field):
    """Where both do, or neither, it is the last."""
    assert overrides_of([pair]) == {column: field}


@pytest.mark.parametrize("pair", ["Job role", "Job role=", "=person_title", "person_title=", "person_title", "="])
def test_an_option_without_two_sides_is_refused(pair):
    """With how to write it."""
    with pytest.raises(typer.BadParameter, match="COLUMN=FIELD"):
        overrides_of([pair])
