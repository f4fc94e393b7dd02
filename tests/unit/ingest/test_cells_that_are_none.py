"""Cells that cannot be what their column is, and sheets that hold no people, are passed over."""

import csv
import io

import pytest
from openpyxl import Workbook

from enrichcore.ingest import read_import


def told(header, cell):
    """The facts of a file of one row beside name and address."""
    packed = io.StringIO()
    rows = csv.writer(packed)
    rows.writerow(["Full Name", "Email", header])
    rows.writerow(["Jo Vale", "jo@vale.example", cell])
    (row,) = read_import(packed.getvalue().encode(), profile="crm").rows()
    return row.person | row.company


@pytest.mark.parametrize(
    ("header", "cell", "fact", "value"),
    [
        ("Account.Name", "0015g00000XyZ01AAA", "company_name", None), ("Company", "+1 202 555 0101", "company_name", None), ("Company", "jo@acme.example", "company_name", None),
        ("Company", "ohne", "company_name", None), ("Company", "Auto-entrepreneur", "company_name", None), ("Company", "3M", "company_name", "3M"), ("Org", "Acme", "company_name", "Acme"),
        ("Company", "Acorn (Contract)", "company_name", "Acorn"), ("Company", "Acorn - Part-time", "company_name", "Acorn"), ("Company", "at Acorn", "company_name", "Acorn"),
        ("Company", "@ Acorn", "company_name", "Acorn"), ("Company", "@Acorn", "company_name", "@Acorn"), ("Company", "AT Acorn", "company_name", "AT Acorn"),
        ("Company", "Ex-Acorn", "company_name", None), ("Company", "former Acorn", "company_name", None), ("Company", "Ex Libris", "company_name", "Ex Libris"), ("Company", "Ex-Cell-O", "company_name", "Ex-Cell-O"),
        ("Company", "123456", "company_name", None), ("Company", "1848", "company_name", "1848"), ("Company", "Marketing Dept.", "company_name", None), ("Company", "Sales Team", "company_name", None),
        ("Company", "Einkauf", "company_name", None), ("Company", "Police Department", "company_name", "Police Department"), ("Company", "Support Team GmbH", "company_name", "Support Team GmbH"),
        ("Account Name  \u2191", "Acorn", "company_name", "Acorn"), ("\u25bc Job Title", "Buyer", "person_title", "Buyer"),
        ("Job Title", "https://linkedin.com/in/ed", "person_title", None), ("Job Title", "www.acme.example", "person_title", None), ("Job Title", "Web Developer", "person_title", "Web Developer"),
        ("Number of Employees", "200-51", "company_size_bucket", None), ("Number of Employees", "2026-10-02", "company_size_bucket", None),
        ("Number of Employees", "24/7 support, 10-12 offices", "company_size_bucket", None), ("Annual Revenue", "unknown 2019 - 2021", "company_revenue_range", None), ("Annual Revenue", "10M-25M", "company_revenue_range", "10M-25M"),
        ("Job Title", "Test", "person_title", None), ("Industry", "xxx", "company_industry", None), ("City", "asdf", "person_city", None), ("Company", "Test", "company_name", None), ("Job Title", "Test Lead", "person_title", "Test Lead"),
        ("City", "10115 Berlin", "person_city", "Berlin"), ("City", "A-1010 Wien", "person_city", "Wien"), ("City", "Plovdiv 4000", "person_city", "Plovdiv"), ("City", "80331", "person_city", None),
        ("Founded Year", "2199", "company_founded_year", None),
        ("LinkedIn", "https://www.linkedin.com/in/lu-mo-%F0%9F%9A%80", "person_linkedin_url", "https://www.linkedin.com/in/lu-mo-%F0%9F%9A%80"),
    ],
)  # fmt: skip
def test_a_cell_that_is_none_tells_nothing(header, cell, fact, value):
    """Ids, numbers to call, pages and words for nothing stand in any column."""
    assert told(header, cell).get(fact) == value


def workbook(**sheets):
    """A workbook with those sheets."""
    book, packed = Workbook(), io.BytesIO()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(packed)
    return packed.getvalue()


ACCOUNTS = [["Company", "Website", "City"], ["Vale", "vale.example", "Oslo"]]
CONTACTS = [["Full Name", "Email"], ["Jo Vale", "jo@vale.example"]]


def test_of_several_sheets_the_one_with_people_is_read():
    """Companies stand before contacts in many a workbook."""
    reading = read_import(workbook(Accounts=ACCOUNTS, Contacts=CONTACTS), profile="crm")
    assert [row.person["person_full_name"] for row in reading.rows()] == ["Jo Vale"]
    assert any("'Accounts'" in note for note in reading.notes)


def test_without_a_sheet_of_people_the_first_table_is_read():
    """As before."""
    reading = read_import(workbook(Empty=[], Accounts=ACCOUNTS, More=ACCOUNTS), profile="crm")
    assert any("only the sheet 'Accounts' was read" in note for note in reading.notes)


def test_a_spreadsheets_yes_is_no_first_name():
    """What a formula left is a flag."""
    (row,) = read_import(workbook(People=[["First Name", "Last Name", "Email"], [True, "Eve", "f@vale.example"]]), profile="crm").rows()  # fmt: skip
    assert "person_first_name" not in row.person


@pytest.mark.parametrize(
    ("cell", "told"),
    [("Do not contact", True), ("DO NOT EMAIL!", True), ("2024-05-01", True), ("5/1/2024 10:33", True), ("Opted-out", True), ("yes", True), ("No", False), ("Subscribed", False), ("3", None), ("Ann", None)],
)  # fmt: skip
def test_an_opt_out_is_heard_in_words_and_dates(cell, told):
    """A day in that column is the one on which somebody said so."""
    content = f"Name,Email,Email Opt Out\nAnn Bell,ann@acorn.example,{cell}\n"
    (row,) = read_import(content.encode(), profile="crm").rows()
    assert row.person.get("person_do_not_email") is told
