"""Files that come packed, and workbooks."""

import datetime as dt
import gc
import gzip
import io
import tempfile
import zipfile

import pytest
from openpyxl import Workbook

from enrichcore.ingest import ImportedRow, NotATable, open_table, packing, read_import

TEXT = "Name,City\nZoë,Łódź\nJo,Leeds\n".encode()
ROWS = [("Zoë", "Łódź"), ("Jo", "Leeds")]


def archive(**parts):
    """A ZIP archive of those parts."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as writer:
        for name, content in parts.items():
            inside = name.replace("__", "/").replace("_dot_", ".").replace("MAC", "__MACOSX")
            # Of no time, so that a test that is named after these bytes has the same name in every process.
            writer.writestr(zipfile.ZipInfo(inside), content)
    return packed.getvalue()


def gzipped(content):
    """The content as a gzip of no time."""
    return gzip.compress(content, mtime=0)


def workbook(*rows, above=(), title="People", hidden=False):
    """A workbook whose sheet has those rows."""
    book = Workbook()
    sheet = book.active
    sheet.title = title
    for row in (*above, *rows):
        sheet.append(row)
    if hidden:
        book.create_sheet("Secret", 0).append(["Key", "Value"])
        book["Secret"].sheet_state = "hidden"
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


@pytest.mark.parametrize(
    "content", [gzipped(TEXT), archive(people_dot_csv=TEXT, MAC__people_dot_csv=b"x", readme_dot_md=b"x")]
)
def test_a_packed_table_is_read_as_if_it_were_not(content, tmp_path):
    """From memory and from disk, as often as needed."""
    path = tmp_path / "people.csv.gz"
    path.write_bytes(content)
    for source in (content, path):
        table = open_table(source)
        assert table.headers == ("Name", "City")
        assert [row.cells for row in table.rows()] == [row.cells for row in table.rows()] == ROWS


@pytest.mark.parametrize(
    "packed", [workbook(("Name", "City"), *ROWS), archive(people_dot_csv=TEXT)], ids=["a workbook", "an archive"]
)
def test_a_workbook_in_a_gzip_is_read_from_a_file_that_goes_with_its_reader(packed, tmp_path, monkeypatch):
    """An archive is read from its end, and a gzip from its beginning only."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    table = open_table(gzip.compress(packed), "people.xlsx.gz")
    assert [row.cells for row in table.rows()] == [row.cells for row in table.rows()] == ROWS
    assert len(list(tmp_path.iterdir())) == 1
    del table
    gc.collect()
    assert list(tmp_path.iterdir()) == []


def test_an_archive_in_a_gzip_takes_no_more_of_the_disk_than_it_may(tmp_path, monkeypatch):
    """What was written of it is gone."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(packing, "MAX_ON_DISK", 10**5)
    with pytest.raises(NotATable, match="holds an archive of more than"):
        open_table(gzip.compress(b"PK\x03\x04" + bytes(10**6)), "people.xlsx.gz")
    gc.collect()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (gzipped(TEXT * 1000)[:60], "damaged"),
        (gzipped(TEXT)[:-3], "damaged"),
        (archive(a_dot_csv=TEXT, b_dot_csv=TEXT), "several tables (a.csv, b.csv)"),
        (archive(a_dot_png=b"x"), "without a table"),
        (archive(content_dot_xml=b"x"), "OpenDocument"),
        (archive(xl__workbook_dot_bin=b"x"), "XLSB"),
        (archive(xl__workbook_dot_xml=b"<broken"), "cannot be read"),
        (archive(a_dot_csv=TEXT)[:-30], "damaged"),
        (gzipped(archive(a_dot_png=b"x")), "without a table"),
        (gzipped(archive(a_dot_csv=TEXT)[:-30]), "damaged"),
        (gzipped(b"PK\x03\x04" + bytes(10**6))[:900], "damaged"),
        (gzipped(b""), "empty"),
        (workbook(), "no column names"),
    ],
)
def test_what_holds_no_table_is_refused_in_one_clear_sentence(content, says):
    """The text names the file, what is wrong and what to do."""
    with pytest.raises(NotATable) as refusal:
        list(open_table(content, "people").rows())
    assert says in str(refusal.value)
    assert str(refusal.value).startswith("people ")


def test_the_cells_of_a_sheet_are_what_a_csv_export_would_hold():
    """Numbers have no exponent, days no time, and empty cells at the end are none."""
    cells = [
        True,
        1204,
        2025550100.0,
        0.5,
        1e20,
        dt.datetime(2026, 9, 14),  # noqa: DTZ001 - a sheet knows no time zones
        dt.datetime(2026, 9, 14, 8, 30),  # noqa: DTZ001 - as above
        None,
        "a\nb",
    ]
    table = open_table(workbook([f"column {number}" for number in range(9)], cells, [None] * 9, ["x"]))
    assert (table.encoding, table.delimiter) == ("xlsx", "")
    first, second = table.rows()
    assert first.cells == (
        "TRUE", "1204", "2025550100", "0.5", "100000000000000000000", "2026-09-14", "2026-09-14 08:30:00", "", "a\nb",
    )  # fmt: skip
    assert (second.line, second.cells, table.blank_rows) == (4, ("x",), 1)


@pytest.mark.parametrize("above", [(), (["People"],), (["People"], []), ([], [], ["As of today"])])
def test_a_title_above_the_header_of_a_sheet_is_passed_over(above):
    """Rows keep the numbers that the sheet shows, and hidden sheets are left alone."""
    content = workbook(["Name", "Email", "Company"], ["Jo Vale", "jo@vale.example", "Vale"], above=above, hidden=True)
    (row,) = read_import(content, profile="crm").rows()
    assert isinstance(row, ImportedRow)
    assert row.line == len(above) + 2
    assert row.person["person_email"] == "jo@vale.example"
    assert row.company["company_name"] == "Vale"


@pytest.mark.parametrize("as_file", [False, True])
def test_an_archive_whose_directory_points_before_its_beginning_is_refused(tmp_path, as_file):
    """Which is one fault in memory and another one in a file."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("people.csv", "Name,Email\nJo Vale,jo@vale.example\n")
    content = bytearray(packed.getvalue())
    content[content.rfind(b"PK\5\6") + 17] = 1
    path = tmp_path / "people.zip"
    path.write_bytes(content)
    with pytest.raises(NotATable, match="is a damaged or locked archive"):
        list(read_import(path if as_file else bytes(content), profile="crm", name="people.zip").rows())
