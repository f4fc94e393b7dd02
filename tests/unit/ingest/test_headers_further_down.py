"""Files that were put together below each other: rows are read under the header that is theirs, or kept aside."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichcore.ingest import ImportedRow, read_import

COLUMNS = ("First Name", "Last Name", "Email", "Company", "City")
ADA = ("Ada", "Moor", "ada@moor.example", "Moor Ltd", "Leeds")
BOB = ("Bob", "Fell", "bob@fell.example", "Fell Ltd", "York")
OTHER, BELOW, AGAIN = "the header line of another table", "it stands below line", "the header line again"


def read(*rows):
    """People's names with their companies, and what is said of the rows kept aside."""
    content = "".join(",".join(row) + "\n" for row in rows).encode()
    told = list(read_import(content, profile="crm").rows())
    people = [
        (row.person.get("person_full_name"), row.company.get("company_name"))
        for row in told
        if isinstance(row, ImportedRow)
    ]
    return people, [row.reason for row in told if not isinstance(row, ImportedRow)]


@given(st.permutations(range(len(COLUMNS))), st.booleans())
def test_rows_below_another_order_of_columns_are_never_read_under_the_first(order, blank):
    """Whichever columns changed places."""
    header, below = (tuple(row[place] for place in order) for row in (COLUMNS, BOB))
    people, reasons = read(COLUMNS, ADA, *([("",)] if blank else []), header, below)
    assert people[0] == ("Ada Moor", "Moor Ltd")
    if header == COLUMNS:
        assert (people[1:], reasons) == ([("Bob Fell", "Fell Ltd")], ["it is the header line again"])
    else:
        assert not people[1:]
        assert (OTHER in reasons[0], BELOW in reasons[1]) == (True, True)


@pytest.mark.parametrize(
    ("header", "below"),
    [
        ("Name,Firma,E-Mail,Ort", "Bob Fell,Fell GmbH,bob@fell.example,Köln"),
        ("Company,Website,City", "Fell Ltd,fell.example,York"),
        ("Company,Website", "Fell Ltd,fell.example"),
        ("Name,Company,Notes,Email", "Bob Fell,Fell Ltd,called,bob@fell.example"),
    ],
)
def test_a_table_below_a_table_is_kept_aside(header, below):
    """Its header is told, and each row says which line it belongs to."""
    people, reasons = read(COLUMNS, ADA, header.split(","), below.split(","))
    assert people == [("Ada Moor", "Moor Ltd")]
    assert reasons == [
        "it is the header line of another table",
        "it stands below line 3, the header line of another table: import that as a file of its own",
    ]


@pytest.mark.parametrize("again", ["Vorname,Nachname,E-Mail,Firma,Ort", "first_name,last_name,email,account name,City"])
def test_the_same_columns_by_other_names_are_the_header_again(again):
    """Exports of one system in two languages, or names and labels."""
    people, reasons = read(COLUMNS, again.split(","), ADA)
    assert (people, [AGAIN in reason for reason in reasons]) == ([("Ada Moor", "Moor Ltd")], [True])


def test_below_the_first_header_rows_are_read_again():
    """Three exports, of which the second has other columns."""
    people, reasons = read(
        COLUMNS, ADA, ("Company", "Website", "City"), ("Moor Ltd", "moor.example", "Leeds"), COLUMNS, BOB
    )
    assert people == [("Ada Moor", "Moor Ltd"), ("Bob Fell", "Fell Ltd")]
    assert len(reasons) == 3


@pytest.mark.parametrize(
    "row", [("Email", "Marsh", "", "", ""), ("", "", "Email", "", "Website"), ("Ada", "Title", "", "Company", "")]
)
def test_words_of_headers_in_a_record_make_it_none(row):
    """Somebody's preferred contact is Email, and their source Website."""
    people, _ = read(COLUMNS, row, ADA)
    assert people[-1] == ("Ada Moor", "Moor Ltd")
