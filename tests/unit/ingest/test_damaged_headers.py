"""A damaged header is read, or refused, in a moment: a file of one line may have as many columns as it has signs."""

import pytest

from enrichcore.ingest import NotATable, read_import
from enrichcore.ingest.mapping import map_columns, name_columns
from enrichcore.ingest.table import MAX_COLUMNS


def test_columns_of_one_name_are_told_apart_however_many():
    """Each is asked about once: it took minutes when each was counted from the start."""
    names = name_columns(["Ü"] * MAX_COLUMNS)
    assert len(set(names)) == len(names) == MAX_COLUMNS
    assert (names[0], names[1], names[-1]) == ("Ü", "Ü (2)", f"Ü ({MAX_COLUMNS})")


def test_columns_that_are_named_like_told_apart_ones_stay_distinct():
    """A header may hold what others are called."""
    assert name_columns(["a", "a", "a (2)", "", "column 4", "a (2)"]) == ("a", "a (2)", "a (2) (2)", "column 4", "column 4 (2)", "a (2) (3)")  # fmt: skip


def test_a_file_of_more_columns_than_a_table_has_is_refused():
    """In one sentence that says how many there are."""
    with pytest.raises(NotATable, match="has 16,390 columns where a table has 16,384 at most"):
        read_import(("Ã¼," * 16_389 + "\n1\n").encode(), profile="crm")


def test_the_reason_of_an_ambiguous_column_names_some_of_many():
    """Hundreds of columns of one name do not each name all the others."""
    reasons = map_columns(["Email"] * 300, "crm").ambiguous.values()
    assert len(reasons) == 300
    assert all("and 289 more may be person_email" in reason and len(reason) < 300 for reason in reasons)
