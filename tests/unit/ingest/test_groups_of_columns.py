"""A line of groups above the header says whose a column is."""

from io import BytesIO

import openpyxl
import pytest

from enrichcore.ingest import ImportedRow, read_import

GROUPS = ["Contact", "", "", "", "Company", "", ""]
HEADER = ["First name", "Last name", "Job title", "Email", "Name", "Website", "City"]
PERSON = ["Orla", "Penhallow", "Buyer", "orla@marrowfen.example", "Marrowfen Ltd", "marrowfen.example", "Leeds"]


def csv(*lines):
    """A file of those lines."""
    return "".join(",".join(line) + "\n" for line in lines).encode()


def workbook(*lines):
    """A workbook of those lines, whose groups are merged cells."""
    book = openpyxl.Workbook()
    for line in lines:
        book.active.append(line)
    book.active.merge_cells("A1:D1")
    book.active.merge_cells("E1:G1")
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()


def told(content, name="people.csv"):
    """What the only row tells."""
    (row,) = (row for row in read_import(content, profile="crm", name=name).rows() if isinstance(row, ImportedRow))
    return {**row.person, **row.company}


@pytest.mark.parametrize(("made", "name"), [(csv, "people.csv"), (workbook, "people.xlsx")])
def test_a_column_below_the_company_is_the_companys(made, name):
    """Its town is not where the person lives, and its name is no person's."""
    facts = told(made(GROUPS, HEADER, PERSON), name)
    assert (facts["company_name"], facts["company_city"], facts.get("person_city")) == ("Marrowfen Ltd", "Leeds", None)
    assert (facts["person_full_name"], facts["person_email"]) == ("Orla Penhallow", "orla@marrowfen.example")


def test_without_groups_the_town_is_the_persons():
    """As in most lists; a title above the header is no group."""
    plain = csv(HEADER, PERSON)
    assert told(plain)["person_city"] == told(b"Leads of March\n\n" + plain)["person_city"] == "Leeds"


def test_an_address_below_the_company_is_nobodys():
    """It may be anybody's there."""
    facts = told(csv(["Contact", "", "", "Company", ""], ["First name", "Last name", "City", "Name", "Email"], ["Orla", "Penhallow", "York", "Marrowfen Ltd", "info@marrowfen.example"]))  # fmt: skip
    assert facts.get("person_email") is None
    assert (facts["person_city"], facts["company_name"]) == ("York", "Marrowfen Ltd")
