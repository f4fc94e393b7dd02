"""Fuzzes the file reader with atheris: whatever the bytes, a file is read or refused in words, and its facts are JSON.

    make fuzz FUZZ_S=600
    python tests/fuzz/fuzz_files.py -max_total_time=600 [FOLDER_OF_INPUTS]

An empty folder is begun with the files of `tests/unit/ingest/test_odd_files.py`. What it finds goes into `tests/unit/ingest`
as a test of its own; the properties of `tests/property/test_ingest.py` hold the same without coverage to guide them, on
every run.
"""

import csv
import gzip
import io
import json
import sys

import atheris
from corpus import from_the_root, prepared

with atheris.instrument_imports(include=["enrichcore.ingest", "enrichcore.normalize"]):
    from enrichcore.domain.events import RowRejected
    from enrichcore.ingest import ImportedRow, IngestError, read_import
    from runners.spreadsheets import rejected_csv

#: The first byte chooses the profile, whether a header comes first, and whether the rest is packed.
PROFILES = ("crm", "apollo")
WITH_HEADER, PACKED = 2, 4
HEADER = b"First Name,Last Name,Email,Company,Website,LinkedIn URL,Employees,Annual Revenue,Technologies\n"


def read_one(data: bytes) -> None:
    """Read one file, or refuse it."""
    choice, content = (data[0], data[1:]) if data else (0, b"")
    if choice & WITH_HEADER:
        content = HEADER + content
    if choice & PACKED:
        content = gzip.compress(content, 1)
    try:
        reading = read_import(content, profile=PROFILES[choice & 1], name="people.csv")
        rows = list(reading.rows())
        again = list(reading.rows())
    except IngestError as refused:
        in_a_sentence(str(refused))
        return
    assert rows == again
    assert [row.line for row in rows] == sorted({row.line for row in rows}), "each row has a line of its own, in order"
    assert reading.bytes_read[0] <= reading.bytes_read[1] == len(content)
    rejected = [row for row in rows if not isinstance(row, ImportedRow)]
    assert all(row.reason for row in rejected)
    for row in rows:
        json.dumps(row.raw, allow_nan=False)
        if isinstance(row, ImportedRow):
            assert row.person_keys
            json.dumps([row.person, row.company], allow_nan=False).encode()
    given_back(rejected)


def in_a_sentence(text: str) -> None:
    """A refusal names the file, and ends."""
    assert text.startswith("people.csv ")
    assert text.endswith(".")


def given_back(rejected: list) -> None:
    """Rows that were kept aside come back as a file with a line for each, and no cell of it is a formula."""
    kept = [RowRejected(line=row.line, raw=row.raw, reason=row.reason) for row in rejected]
    text = b"".join(rejected_csv(kept)).decode("utf-8-sig")
    csv.field_size_limit(1 << 26)
    header, *lines = csv.reader(io.StringIO(text, newline=""))
    assert header[:2] == ["line", "reason"]
    assert [line[0] for line in lines] == [str(row.line) for row in kept]
    assert not [cell for line in lines for cell in line[2:] if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def seeds() -> list[bytes]:
    """Files that tests know, and none of them large."""
    from_the_root()
    from tests.unit.ingest.test_odd_files import READ, REFUSED

    files = [content for content, *_ in (*READ.values(), *REFUSED.values())]
    return [bytes([0]) + content for content in files if len(content) < 20_000]


if __name__ == "__main__":
    atheris.Setup(prepared(sys.argv, seeds()), read_one)
    atheris.Fuzz()
