"""The example of each column, as an import shows it beside how the column is read."""

from itertools import permutations

import pytest

from enrichcore.store.memory import MemoryStore
from tests.contracts.world import ACME, CRM, World

HEADER = "Wer,Firma,Mail"
ANN = "Ann Fenn,Quillhaven,ann@quillhaven.example"
#: A sum below the list, the header once more, and a row with a cell too many.
ASIDE = ("Total: 30,,", HEADER, "Total: 30,Nobody,n@nobody.example,more")
MAPPED = {"Wer": "person_full_name", "Firma": "company_name", "Mail": "person_email"}


def examples(*rows, overrides=None):
    """What is shown of a file with those rows."""
    data = "\n".join((HEADER, *rows)).encode()
    report = World(MemoryStore()).app.upload(data, client=ACME, workstream=CRM, overrides=overrides or {}, dry_run=True)
    return report.row_count, dict(report.examples)


@pytest.mark.parametrize("rows", list(permutations((ANN, *ASIDE))))
def test_examples_are_of_rows_that_were_read(rows):
    """Wherever rows stand that are kept aside: who sees a footer as an example thinks that it is read as a person."""
    read, found = examples(*rows, overrides=MAPPED)
    assert read == 1
    assert found == {"Wer": "Ann Fenn", "Firma": "Quillhaven", "Mail": "ann@quillhaven.example"}


def test_a_column_that_is_blank_in_them_has_none():
    """Whatever a footer says in it."""
    assert examples("Ann Fenn,,", "Total: 30,Nobody,n@nobody.example,more", overrides=MAPPED) == (
        1,
        {"Wer": "Ann Fenn"},
    )


def test_where_nothing_names_a_person_the_rows_kept_aside_are_shown():
    """They are what tells which column does."""
    read, found = examples("Ann Fenn,Quillhaven,")
    assert (read, found["Wer"]) == (0, "Ann Fenn")
