"""The page on fields tells of every column, and its examples are what the extractors make."""

import re
from pathlib import Path

from enrichcore.fields import FIELDS, LEAD_FIELDS
from enrichcore.fields.cleaners import CLEANERS
from enrichcore.fields.reference import CLEANING, reference_markdown
from projections import final_leads


def test_every_column_has_a_row_with_an_example():
    """A new field needs its sources, its cleaning and an example that gives a value."""
    rows = [line for line in reference_markdown().splitlines() if line.startswith(("| `person_", "| `company_"))]
    assert [row.split("`")[1] for row in rows if row.split("`")[1] in LEAD_FIELDS] == list(LEAD_FIELDS)
    assert not [row for row in rows if "→ `null`" in row]


def test_every_column_of_the_table_is_on_the_page():
    """Keys, indicators and provenance as well, each with an example."""
    table = Path(final_leads.__file__).with_name("table.sql").read_text("utf-8")
    columns = re.findall(r"^    (\w+) [^,\n]*,$", table.partition("primary key")[0], re.MULTILINE)
    rows = [line for line in reference_markdown().splitlines() if line.startswith("| `")]
    told = {row.split("`")[1] for row in rows if row.count("`") > 3}
    assert set(columns) <= told
    assert len(columns) > len(LEAD_FIELDS)


def test_every_cleaner_of_a_column_is_described():
    """The catalogue names cleaners that are there, and the page says what they do."""
    assert {field.clean for field in FIELDS} <= CLEANERS.keys()
    assert {field.clean for field in FIELDS if field.in_leads} <= CLEANING.keys()
