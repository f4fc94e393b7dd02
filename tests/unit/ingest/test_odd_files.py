"""Files with the defects of real exports, one each: the right people, each other row kept aside with its line and reason.

The people of nearly every file are the same two, so that what differs between the cases is the defect alone.
"""

import csv
import gzip
import io
import zipfile

import pytest
from openpyxl import Workbook

from enrichcore.ingest import ImportedRow, NotATable, packing, read_import, table

HEADER = "First Name,Last Name,Email,Company,Job Title\n"
JUERGEN = "Jürgen,Weißmüller,juergen@alpha.example,Alpha GmbH,Käufer\n"
ZOE = "Zoë,O'Brien,zoe@beta.example,Beta SARL,Présidente\n"
PLAIN = HEADER + JUERGEN + ZOE
SEMICOLONS = PLAIN.replace(",", ";")
BOTH = [("Jürgen Weißmüller", "juergen@alpha.example", "Alpha GmbH"), ("Zoë O'Brien", "zoe@beta.example", "Beta SARL")]
ANN = ("Ann Lee", "ann@beta.example", "Beta")
BO = ("Bo Li", "bo@beta.example", "Beta")
ANN_ROW, BO_ROW = "Ann,Lee,ann@beta.example,Beta,Buyer\n", "Bo,Li,bo@beta.example,Beta,Buyer\n"
FOOTER, NOBODY = "below the report", "nothing names a person"


def zipped(**files):
    """An archive; two underscores in a name are a dot."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "."), content)
    return packed.getvalue()


def workbook(**sheets):
    """A workbook with those sheets, each a list of rows; one whose name begins with "hidden" is hidden."""
    book, packed = Workbook(), io.BytesIO()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
        if title.startswith("hidden"):
            sheet.sheet_state = "hidden"
    book.save(packed)
    return packed.getvalue()


TABLE = [line.split(",") for line in PLAIN.splitlines()]

READ = {
    # encodings
    "UTF-8": (PLAIN.encode(), BOTH, []),
    "UTF-8 with its mark": (PLAIN.encode("utf-8-sig"), BOTH, []),
    "two marks": (b"\xef\xbb\xbf\xef\xbb\xbf" + PLAIN.encode(), BOTH, []),
    "UTF-16 little": (PLAIN.encode("utf-16"), BOTH, []),
    "UTF-16 big": (b"\xfe\xff" + PLAIN.encode("utf-16-be"), BOTH, []),
    "UTF-16 little without a mark": (PLAIN.encode("utf-16-le"), BOTH, []),
    "UTF-16 big without a mark": (PLAIN.encode("utf-16-be"), BOTH, []),
    "UTF-16 with tabs, as Excel's Unicode text": (PLAIN.replace(",", "\t").replace("\n", "\r\n").encode("utf-16"), BOTH, []),
    "cp1252": (PLAIN.encode("cp1252"), BOTH, []),
    "cp1252 behind a mark of UTF-8": (b"\xef\xbb\xbf" + PLAIN.encode("cp1252"), BOTH, []),
    "Macintosh": (PLAIN.replace("\n", "\r").encode("mac-roman"), BOTH, []),
    "MS-DOS": (SEMICOLONS.replace("\n", "\r\n").encode("cp850"), BOTH, []),
    # delimiters
    "semicolons": (SEMICOLONS.encode(), BOTH, []),
    "tabs": (PLAIN.replace(",", "\t").encode(), BOTH, []),
    "pipes": (PLAIN.replace(",", "|").encode(), BOTH, []),
    "sep=;": (f"sep=;\n{SEMICOLONS}".encode(), BOTH, []),
    "sep=; in quotes": (f'"sep=;"\r\n{SEMICOLONS}'.encode("utf-8-sig"), BOTH, []),
    "sep=; and a blank line": (f"sep=;\n\n{SEMICOLONS}".encode(), BOTH, []),
    "a blank line and sep=;": (f"\nsep=;\n{SEMICOLONS}".encode(), BOTH, []),
    "semicolons in a column's name": (PLAIN.replace("Job Title", "Role (a; b; c; d; e)").encode(), BOTH, []),
    "pipes in a column's name": (PLAIN.replace("Job Title", "a|b|c|d|e").encode(), BOTH, []),
    "lists between semicolons in cells": (HEADER.encode() + b"Ann,Lee,ann@beta.example;a@gmail.com;,Beta,a;b;c;d\n", [ANN], []),
    # line ends
    "CR": (PLAIN.replace("\n", "\r").encode(), BOTH, []),
    "CRLF": (PLAIN.replace("\n", "\r\n").encode(), BOTH, []),
    "mixed ends": (f"{HEADER.strip()}\r\n{JUERGEN.strip()}\r{ZOE}".encode(), BOTH, []),
    "CR CR LF": (PLAIN.replace("\n", "\r\r\n").encode(), BOTH, []),
    "no end": (PLAIN.strip().encode(), BOTH, []),
    "DOS end of file": (PLAIN.encode() + b"\x1a", BOTH, []),
    "page feeds and vertical tabs": (PLAIN.replace("Jürgen", "\x0cJürgen\x0b").encode(), BOTH, []),
    # quotes
    "all quoted": (("\n".join(",".join(f'"{cell}"' for cell in row) for row in TABLE)).encode(), BOTH, []),
    "doubled quotes": (f'{HEADER}"Ann ""Annie""",Lee,ann@beta.example,Beta,"a ""b"""\n'.encode(), [ANN], []),
    "quotes behind backslashes": (f'{HEADER}"Ann \\"Annie\\"",Lee,ann@beta.example,Beta,"a \\"b\\""\n'.encode(), [ANN], []),
    "backslash before the closing quote": (f'{HEADER}Ann,Lee,ann@beta.example,"Beta","C:\\dir\\"\n{BO_ROW}'.encode(), [ANN, BO], []),
    "a stray quote inside a cell": (f'{HEADER}Ann,Lee,ann@beta.example,Beta,5" pipes\n{BO_ROW}'.encode(), [ANN, BO], []),
    "curly quotes": (b"\xe2\x80\x9cName\xe2\x80\x9d,\xe2\x80\x9cEmail\xe2\x80\x9d,Company\n\xe2\x80\x9cAnn Lee\xe2\x80\x9d,\xe2\x80\x9cann@beta.example\xe2\x80\x9d,Beta\n", [ANN], []),
    "a quote never closed, in the middle": (
        f'{HEADER}{BO_ROW}Cy,Lo,cy@beta.example,"Beta pipes,Buyer\n{ANN_ROW}'.encode(), [BO, ANN], [(3, "never closed")],
    ),
    "a quote never closed, in a note of several lines": (
        f'{HEADER}{BO_ROW}Cy,Lo,cy@beta.example,Beta,"a note\nsecond line, of it\n'.encode(),
        [BO], [(3, "never closed"), (4, "may belong to line 3")],
    ),
    "line breaks in cells": (f'{HEADER}Ann,Lee,ann@beta.example,Beta,"Head\nof\r\nSales"\n{BO_ROW}'.encode(), [ANN, BO], []),
    "line breaks in the header": (b'Name,"E-Mail\nAddress","Company\r\nName"\nAnn Lee,ann@beta.example,Beta\n', [ANN], []),
    "each line one quoted cell": (b'"Name,""Email"",Company"\n"Ann Lee,""ann@beta.example"",Beta"\n', [ANN], []),
    "each line one quoted cell before blank ones": (b'"Name,Email,Company";;\r\n"Ann Lee,ann@beta.example,Beta";;\r\n', [ANN], []),
    "delimiters of a second saving": (b"Name,Company,Email;;\nAnn Lee,Beta,ann@beta.example;;\n", [ANN], []),
    # NULs and long cells
    "NUL bytes": (PLAIN.replace("Jürgen", "Jür\0gen").encode(), BOTH, []),
    "a cell of 200,000 characters": (f'{HEADER}Ann,Lee,ann@beta.example,Beta,"{"y" * 200_000}"\n{BO_ROW}'.encode(), [ANN, BO], []),
    # above the header
    "a title": (f"Contacts export\n{PLAIN}".encode(), BOTH, []),
    "a title with commas": (f"Contacts, Q4, final\n{PLAIN}".encode(), BOTH, []),
    "a title before blank cells": (f"Contacts,,,,\n,,,,\n{PLAIN}".encode(), BOTH, []),
    "pairs above a blank line": (f"Report:,Contacts\nDate:,2026-01-02\n\n{PLAIN}".encode(), BOTH, []),
    "pairs before blank cells": (f"Report:,Contacts,,,\nDate:,2026-01-02,,,\n{PLAIN}".encode(), BOTH, []),
    "a header of groups": (f",Person,,Company,\n{PLAIN}".encode(), BOTH, []),
    "a header of groups in each cell": (f"Person,Person,Person,Company,Company\n{PLAIN}".encode(), BOTH, []),
    "comments": (f"# made by a tool\n# version 2\n{PLAIN}".encode(), BOTH, []),
    "blank lines above": (f"\n\n,,,,\n{PLAIN}".encode(), BOTH, []),
    # headers
    "headers with blanks of all kinds": ("\u00a0First\u00a0name ,LAST NAME\u200b, E\u2011Mail ,company\u00a0 name\nAnn,Lee,ann@beta.example,Beta\n".encode(), [ANN], []),
    "a header that marks required columns": (b"First name*,Last name*,Email *,Company\nAnn,Lee,ann@beta.example,Beta\n", [ANN], []),
    "a column of numbers in front": (b",Name,Email,Company\n0,Ann Lee,ann@beta.example,Beta\n", [ANN], []),
    "the header again": (f"{PLAIN}{HEADER}".encode(), BOTH, [(4, "header line again")]),
    "the header in other case again": (f"{PLAIN}{HEADER.lower()}".encode(), BOTH, [(4, "")]),
    # rows
    "blank and comma-only rows": (f"{HEADER}\n,,,,\n   \n{JUERGEN} , ,,,\n{ZOE}\n".encode(), BOTH, []),
    "short rows": (f"{HEADER}Ann,Lee,ann@beta.example,Beta\n{BO_ROW}".encode(), [ANN, BO], []),
    "long rows of blanks": ((HEADER + (JUERGEN + ZOE).replace("\n", ",,\n")).encode(), BOTH, []),
    "a delimiter outside quotes": (f"{HEADER}Cy,Lo,cy@beta.example,Beta, Inc.,Buyer\n{BO_ROW}".encode(), [BO], [(2, "6 cells where the header has 5")]),
    "no cell that says anything": (f"{HEADER}N/A,null,-,#N/A,undefined\n{BO_ROW}".encode(), [BO], [(2, NOBODY)]),
    # what programs make of values
    "cells kept as text for Excel": (b'Name,Email,Company,Phone\n="Ann Lee",="ann@beta.example",="Beta",="0123"\n', [ANN], []),
    "a database's nulls": (b"Name\tEmail\tCompany\nAnn Lee\tann@beta.example\tBeta\nBo Li\tbo@beta.example\t\\N\n", [ANN, (*BO[:2], None)], []),
    "cells kept from being formulas, as in our own files": (
        b"Name,Email,Company\nAnn Lee,ann@beta.example,'@Home\n",
        [(*ANN[:2], "@Home")],
        [],
    ),
    "an address in the company's column": (b"Name,Company,Email\nAnn Lee,ann@beta.example,\n", [("Ann Lee", None, None)], []),
    "entities": (b"Name,Email,Company\nAnn Lee,ann@beta.example,Be&#116;a\n", [ANN], []),
    # below the data
    "a Salesforce report": (
        f'{PLAIN}"","","","",""\n"Sales Contacts"\n"Copyright (c) 2000-2026 salesforce.com, inc. All rights reserved."\n"Confidential Information - Do Not Distribute"\n"Generated By: Admin 1/2/2026 3:04 PM"\n"Acme Corp"\n'.encode(),
        BOTH, [(line, FOOTER) for line in (5, 6, 7, 8, 9)],
    ),
    "totals": (f"{PLAIN}Grand Totals (2 records),,,,\nTotal,,,,2\nCount: 2,,,,\nSum of Revenue,,,,100\n".encode(), BOTH, [(line, FOOTER) for line in (4, 5, 6, 7)]),
    "footers without quotes": (f"{PLAIN}\nCopyright (c) 2000-2026 salesforce.com, inc. All rights reserved.\nFilters: Status is Open, Owner is me\n".encode(), BOTH, [(5, FOOTER), (6, FOOTER)]),
    "pages": (f"{PLAIN}Page 1 of 2,,,,\nSeite 2 von 2,,,,\n".encode(), BOTH, [(4, FOOTER), (5, FOOTER)]),
    "people called like footers": (f"{HEADER}Copyright,Lee,ann@beta.example,Beta,\n".encode(), [("Copyright Lee", *ANN[1:])], []),
    "a company called like a footer": (
        b"Company,First Name,Last Name,Email,Phone\nCopyright Agency,Ann,Lee,,\n", [("Ann Lee", None, "Copyright Agency")], [],
    ),
    # packed
    "gz": (gzip.compress(PLAIN.encode()), BOTH, []),
    "gz of two pieces": (gzip.compress(HEADER.encode()) + gzip.compress((JUERGEN + ZOE).encode()), BOTH, []),
    "gz before blanks": (gzip.compress(PLAIN.encode()) + b"\0" * 64, BOTH, []),
    "zip": (zipped(people__csv=PLAIN), BOTH, []),
    "zip with a note": (zipped(people__csv=PLAIN, readme__txt="Our export"), BOTH, []),
    "zip with hidden files": (zipped(people__csv=PLAIN, __people__csv="x"), BOTH, []),
    # workbooks
    "workbook": (workbook(People=TABLE), BOTH, []),
    "workbook with a title": (workbook(People=[["All contacts"], [], *TABLE]), BOTH, []),
    "workbook with pairs above": (workbook(People=[["Report", "Contacts"], ["Date", "2026"], [], *TABLE]), BOTH, []),
    "workbook with a header of groups": (workbook(People=[["Person", None, None, "Company"], *TABLE]), BOTH, []),
    "workbook with twenty blank rows above": (workbook(People=[*[[]] * 20, *TABLE]), BOTH, []),
    "workbook with a hidden sheet first": (workbook(hidden=[["a", "b"], ["c", "d"]], People=TABLE), BOTH, []),
    "workbook with a blank sheet first": (workbook(Blank=[], People=TABLE), BOTH, []),
    "workbook with a cover": (workbook(Cover=[["About this file"], ["Made by a tool on Monday"]], People=TABLE), BOTH, []),
    "workbook with error cells": (workbook(People=[TABLE[0], ["Ann", "Lee", "ann@beta.example", "Beta", "#N/A"], ["#REF!", "#N/A", "bo@beta.example", "Beta", "#NAME?"]]), [ANN, (None, *BO[1:])], []),
}  # fmt: skip


READ |= {
    "quotes and a line break in a cell": (
        HEADER.encode() + b'Ann,Lee,ann@beta.example,Beta,"He said "hi" and\nleft"\n' + BO_ROW.encode(), [ANN, BO], [(3, "rest of a cell in line 2")],
    ),
    "quotes and two line breaks in a cell": (
        HEADER.encode() + b'Ann,Lee,ann@beta.example,Beta,"He said "hi" and\nthen\nleft"\n' + BO_ROW.encode(), [ANN, BO], [(3, "rest of a cell"), (4, "rest of a cell")],
    ),
    "inches, and a short row below": (HEADER.encode() + b'Ann,Lee,ann@beta.example,Beta,27" screens\nBo,Li,bo@beta.example,Beta\n', [ANN, BO], []),
    "inches in two rows": (HEADER.encode() + b'Ann,Lee,ann@beta.example,Beta,27"\nBo,Li,bo@beta.example,Beta,19"\n', [ANN, BO], []),
    "addresses with a slash between": (HEADER.encode() + b"Ann,Lee,info@beta.example/ann@beta.example,Beta,Buyer\n", [ANN], []),
    "an apostrophe in single quotes": (b"'Name','Email','Company'\n'Pat O'Neil','pat@beta.example','O'Brien's'\n", [("Pat O'Neil", "pat@beta.example", "O'Brien's")], []),
    "an apostrophe in single quotes, doubled": (b"'Name','Email','Company'\n'Pat O''Neil','pat@beta.example','Beta'\n", [("Pat O'Neil", "pat@beta.example", "Beta")], []),
}  # fmt: skip


@pytest.mark.parametrize("case", READ)
@pytest.mark.parametrize("as_file", [False, True], ids=["", "file"])
def test_the_right_people_come_out(case, as_file, tmp_path):
    """And what is no person is kept aside, with its line and why."""
    content, people, rejected = READ[case]
    file = tmp_path / "people.csv"
    file.write_bytes(content)
    rows = list(read_import(file if as_file else content, profile="crm").rows())
    imported = [row for row in rows if isinstance(row, ImportedRow)]
    kept_aside = [row for row in rows if not isinstance(row, ImportedRow)]
    told = [
        (row.person.get("person_full_name"), row.person.get("person_email"), row.company.get("company_name"))
        for row in imported
    ]
    assert told == people
    assert [row.line for row in kept_aside] == [line for line, _ in rejected]
    assert all(says in row.reason for row, (_, says) in zip(kept_aside, rejected, strict=True))
    assert [row.line for row in rows] == sorted(row.line for row in rows)


REFUSED = {
    "nothing": (b"", "is empty"),
    "white space": (b" \r\n\n", "is empty"),
    "a mark alone": (b"\xef\xbb\xbf", "is empty"),
    "commas": (b",,,\n,,,\n", "no column names"),
    "pages without a header": (
        b"https://www.linkedin.com/in/ann-bell\nhttps://www.linkedin.com/in/bo-li\n",
        "its first line holds a page on LinkedIn",
    ),
    "people without a header": ((JUERGEN + ZOE).encode(), "no column names"),
    "a page": (b"<!DOCTYPE html><html><body>Sign in</body></html>", "HTML"),
    "a page saved as XLS": (b'\xef\xbb\xbf\r\n<html xmlns:x="urn:x"><table><tr><td>Email</td></tr></table>', "HTML"),
    "part of a page": (b'<meta charset="utf-8">\n<div>Error</div>\n', "mark-up"),
    "XML": (b"<people>\n<person/>\n</people>", "mark-up"),
    "PDF": (b"%PDF-1.7\n%\xe2\xe3", "PDF"),
    "JSON": (b'[{"email": "ann@beta.example"}]', "JSON"),
    "JSON with blanks": (b' \n [ {"email": "ann@beta.example"} ]', "JSON"),
    "JSON lines": (b'{"email":"ann@beta.example"}\n{"email":"bo@beta.example"}\n', "JSON"),
    "contact cards": (b"BEGIN:VCARD\nVERSION:3.0\nFN:Ann Lee\nEND:VCARD\n", "vCard"),
    "a directory": (b"dn: cn=Ann\nmail: ann@beta.example\n", "LDIF"),
    "a dump": (b"INSERT INTO people VALUES ('Ann', 'Lee');\n", "SQL"),
    "XLS or a password": (bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600, "password"),
    "half a gz": (gzip.compress(PLAIN.encode() * 500)[:-20], "damaged"),
    "a gz with a wrong sum": (gzip.compress(PLAIN.encode())[:-8] + b"\0" * 8, "damaged"),
    "a gz of nothing": (gzip.compress(b""), "is empty"),
    "a zip of two tables": (zipped(a__csv=PLAIN, b__csv=PLAIN), "several tables"),
    "half a zip": (zipped(people__csv=PLAIN)[:-30], "damaged"),
    "a name of a zip": (b"PK\x03\x04 and no more", "damaged"),
    "a workbook of blanks": (workbook(People=[[], []]), "no column names"),
    "half a workbook": (workbook(People=TABLE)[:-200], "damaged"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_table_is_refused_in_a_sentence_that_names_it(case):
    """With the file's name, and what to do about it."""
    content, says = REFUSED[case]
    with pytest.raises(NotATable) as refused:
        list(read_import(content, profile="crm", name="people.csv").rows())
    sentence = str(refused.value)
    assert sentence.startswith("people.csv ")
    assert says in sentence
    assert sentence.count("\n") == 0
    assert refused.value.remedy


def test_quotes_that_take_in_more_than_a_cell_may_hold_cost_a_line_each(monkeypatch):
    """Every other row is read, and none is lost without a word; in a narrow table nothing is read that may be prose."""
    monkeypatch.setattr(table, "MAX_CELL", 2_000)
    limit = csv.field_size_limit(2_000)
    try:
        people = "".join(f"P{number},Lee,p{number}@beta.example,Beta,Buyer\n" for number in range(100))
        stray = 'Cy,Lo,cy@beta.example,"Beta pipes,Buyer\n'
        content = f'{HEADER}{people}{stray}{people}Di"x,y"\n{stray}{people}'.encode()
        rows = list(read_import(content, profile="crm").rows())
        narrow = f'Name,Email\n"Ann,ann@beta.example\n{people}'.encode()
        with pytest.raises(NotATable, match="cannot be read from line 2 on"):
            list(read_import(narrow, profile="crm").rows())
    finally:
        csv.field_size_limit(limit)
    assert [row.line for row in rows] == list(range(2, 305))
    assert [row.line for row in rows if not isinstance(row, ImportedRow)] == [102, 203, 204]


def test_a_file_that_is_meant_to_fill_a_disk_is_refused(monkeypatch):
    """A thousandth of its size is packed; a table has thirty times at most."""
    monkeypatch.setattr(packing, "SMALL", 1 << 20)
    bomb = gzip.compress(b"First Name,Email\n" + b"Ann,ann@beta.example\n" * 200_000)
    with pytest.raises(NotATable, match="more than 200 times"):
        read_import(bomb, profile="crm")


def test_sheets_that_are_not_read_are_told():
    """Half of the people may be on the second; a cover and hidden sheets are no loss."""
    reading = read_import(workbook(Cover=[["x"]], People=TABLE, hidden=TABLE, More=TABLE), profile="crm")
    assert reading.notes == ("only the sheet 'People' was read; not read: 'Cover', 'More'",)
    assert read_import(workbook(People=TABLE), profile="crm").notes == ()


@pytest.mark.parametrize(
    "text",
    [
        "Größe,Straße,Übermut,Äpfel,Öl,naïve,café,Noël,Ångström,Østergård,Łódź",
        "50 °C,«oui»,¿qué?,¡sí!,© ACME®,£5,½,§ 7,№",
        "“Quoted”,O\u2019Brien,d\u2019Été,L\u2019Oréal,Côte d\u2019Azur,…,— dash",
        "É,À,Ü,Ö",
        "MÜLLER,FRANÇOIS,ÅSE,ÑANDÚ",
    ],
)
def test_words_of_cp1252_stay_what_they_are(text):
    """Only letters where no word has them tell of an older encoding."""
    content = ("Name,Email\n" + "".join(f"{word},x@beta.example\n" for word in text.split(","))).encode(
        "cp1252", "ignore"
    )
    assert read_import(content * 3, profile="crm").encoding == "cp1252"
