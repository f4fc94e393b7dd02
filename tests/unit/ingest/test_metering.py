"""How far a file was read is told in its own bytes, whatever it is packed in."""

import gzip
import io
import zipfile

import pytest
from openpyxl import Workbook

from enrichcore.ingest import read_import

ROWS = 30_000
LINES = b"".join(b"Ann,Lee,ann%d@quillhaven.example,%d\n" % (number, number * 7919 % 104729) for number in range(ROWS))
CONTENT = b"First Name,Last Name,Email,Notes\n" + LINES


def archive():
    """The same file in an archive."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("people.csv", CONTENT)
    return packed.getvalue()


def workbook():
    """The first rows of it as a sheet."""
    book, packed = Workbook(write_only=True), io.BytesIO()
    sheet = book.create_sheet()
    for line in CONTENT.decode().splitlines()[:4000]:
        sheet.append(line.split(","))
    book.save(packed)
    return packed.getvalue()


@pytest.mark.parametrize(
    "content",
    [CONTENT, CONTENT.decode().encode("utf-16"), gzip.compress(CONTENT), archive(), workbook()],
    ids=["csv", "utf-16", "gz", "zip", "xlsx"],
)
@pytest.mark.parametrize("as_file", [True, False])
def test_it_grows_with_the_rows_and_never_passes_the_end(content, as_file, tmp_path):
    """Half of the rows are about half of the bytes; for a packed file, of its packed bytes."""
    file = tmp_path / "people"
    file.write_bytes(content)
    reading = read_import(file if as_file else content, profile="crm")
    told = [reading.bytes_read for _ in reading.rows()]
    done = [now for now, _ in told]
    assert {total for _, total in told} == {len(content)}
    assert done == sorted(done)
    assert 0.2 < done[len(done) // 2] / len(content) < 0.8
    assert 0.9 < done[-1] / len(content) <= 1
