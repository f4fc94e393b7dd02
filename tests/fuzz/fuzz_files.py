"""Fuzzes the file reader with atheris: whatever the bytes, a file is read or refused in words, and its facts are JSON.

    pip install atheris
    python tests/fuzz/fuzz_files.py -max_total_time=120

What it finds goes into `tests/unit/ingest` as a test of its own; the properties of `tests/property/test_ingest.py` hold the
same without coverage to guide them, on every run.
"""

import gzip
import json
import sys

import atheris

with atheris.instrument_imports(include=["enrichcore.ingest", "enrichcore.normalize"]):
    from enrichcore.ingest import ImportedRow, IngestError, read_import

#: The first byte chooses the profile, and whether the rest is packed.
PROFILES = ("crm", "apollo")
HEADER = b"First Name,Last Name,Email,Company,Website,LinkedIn URL,Employees,Annual Revenue,Technologies\n"


def read_one(data: bytes) -> None:
    """Read one file, or refuse it."""
    choice, content = (data[0], data[1:]) if data else (0, b"")
    if choice & 2:
        content = HEADER + content
    if choice & 4:
        content = gzip.compress(content, 1)
    try:
        rows = list(read_import(content, profile=PROFILES[choice & 1]).rows())
    except IngestError:
        return
    for row in rows:
        json.dumps(row.raw, allow_nan=False)
        if isinstance(row, ImportedRow):
            assert row.person_keys
            json.dumps([row.person, row.company], allow_nan=False).encode()
        else:
            assert row.reason


if __name__ == "__main__":
    atheris.Setup(sys.argv, read_one)
    atheris.Fuzz()
