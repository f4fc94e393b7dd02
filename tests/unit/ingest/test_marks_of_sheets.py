"""What a sheet tells beside its cells: merged ones, where links lead, and a table that does not begin in the first column."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from enrichcore.ingest import ImportedRow, read_import

COLUMNS = ("Company", "First Name", "Last Name", "Email", "LinkedIn")


def read(fill):
    """The people of a sheet, and the lines kept aside."""
    book, packed = Workbook(), io.BytesIO()
    fill(book.active)
    book.save(packed)
    told = list(read_import(packed.getvalue(), profile="crm").rows())
    return [row for row in told if isinstance(row, ImportedRow)], [
        row.line for row in told if not isinstance(row, ImportedRow)
    ]


@given(st.lists(st.integers(1, 4), min_size=1, max_size=5))
def test_a_cell_merged_over_several_rows_is_of_each(sizes):
    """A company stands once beside all of its people."""

    def fill(sheet):
        sheet.append(COLUMNS)
        line = 2
        for number, size in enumerate(sizes):
            for person in range(size):
                company = f"Firm {number} Ltd" if not person else None
                sheet.append([company, f"Ann{chr(97 + line)}", "Bell", f"a{line}@gmail.com", None])
                line += 1
            sheet.merge_cells(start_row=line - size, end_row=line - 1, start_column=1, end_column=1)

    people, aside = read(fill)
    named = [f"Firm {number} Ltd" for number, size in enumerate(sizes) for _ in range(size)]
    assert ([row.company["company_name"] for row in people], aside) == (named, [])


def test_a_merged_cell_makes_no_blank_row_a_record():
    """It reaches below the last person."""

    def fill(sheet):
        sheet.append(COLUMNS)
        sheet.append(["Acorn", "Ann", "Bell", "ann@gmail.com", None])
        sheet.merge_cells("A2:A9")
        sheet["B6"] = "Bob"
        sheet["C6"] = "Fell"

    people, aside = read(fill)
    assert [(row.line, row.company["company_name"]) for row in people] == [(2, "Acorn"), (6, "Acorn")]
    assert not aside


@pytest.mark.parametrize(
    ("place", "text", "link", "fact", "value"),
    [
        ("D2", "Send mail", "mailto:ann@acorn.example?subject=Hi", "person_email", "ann@acorn.example"),
        ("E2", "Profile", "https://www.linkedin.com/in/ann-bell", "person_linkedin_url", "https://www.linkedin.com/in/ann-bell"),
        ("E2", "linkedin.com/in/ann-bell", "https://www.linkedin.com/in/other", "person_linkedin_url", "https://www.linkedin.com/in/ann-bell"),
        ("B2", "Ann", "https://www.linkedin.com/in/ann-bell", "person_linkedin_url", "https://www.linkedin.com/in/ann-bell"),
        ("B2", "Ann", "https://crm.example/contacts/1", "person_linkedin_url", None),
        ("B2", "Ann", "https://crm.example/contacts/1", "person_first_name", "Ann"),
        ("D2", "Send mail", "#Sheet!A1", "person_email", None),
    ],
)  # fmt: skip
def test_a_link_tells_what_its_text_does_not(place, text, link, fact, value):
    """And no more: a name stays a name."""

    def fill(sheet):
        sheet.append(COLUMNS)
        sheet.append(["Acorn", "Ann", "Bell", None, None])
        sheet[place] = text
        sheet[place].hyperlink = link

    (row,), _ = read(fill)
    assert row.person.get(fact) == value


@pytest.mark.parametrize("column", [1, 2, 4])
def test_a_line_below_a_table_is_none_of_its_people(column):
    """Wherever the table begins."""

    def fill(sheet):
        for line, cells in (
            (3, ("Name", "Position", "Company", "Email")),
            (4, ("Ann Bell", "Buyer", "Acorn", "ann@acorn.example")),
        ):
            for number, cell in enumerate(cells):
                sheet.cell(line, column + number, cell)
        sheet.cell(6, column, "Source: fair 2026")
        sheet.cell(7, column, "* = called")

    people, aside = read(fill)
    assert ([row.person["person_full_name"] for row in people], aside) == (["Ann Bell"], [6, 7])
