"""The page on fields tells of every column, and its examples are what the extractors make."""

from enrichcore.fields import FIELDS, LEAD_FIELDS
from enrichcore.fields.cleaners import CLEANERS
from enrichcore.fields.reference import CLEANING, reference_markdown


def test_every_column_has_a_row_with_an_example():
    """A new field needs its sources, its cleaning and an example that gives a value."""
    rows = [line for line in reference_markdown().splitlines() if line.startswith(("| `person_", "| `company_"))]
    assert [row.split("`")[1] for row in rows if row.split("`")[1] in LEAD_FIELDS] == list(LEAD_FIELDS)
    assert not [row for row in rows if "→ `null`" in row]


def test_every_cleaner_of_a_column_is_described():
    """The catalogue names cleaners that are there, and the page says what they do."""
    assert {field.clean for field in FIELDS} <= CLEANERS.keys()
    assert {field.clean for field in FIELDS if field.in_leads} <= CLEANING.keys()
