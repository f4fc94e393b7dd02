"""Rows of small files, for tests of imports."""

from enrichcore.domain.keys import Key, KeyKind
from enrichcore.ingest import ImportedRow, read_import


def read(*lines, profile="crm", **options):
    """All rows of a file with those lines."""
    return list(read_import("\n".join(lines).encode(), profile=profile, **options).rows())


def only(headers, *cells, profile="crm"):
    """The one imported row of a file with those headers and cells."""
    quoted = ",".join('"' + cell.replace('"', '""') + '"' for cell in cells)
    (row,) = read(headers, quoted, profile=profile)
    assert isinstance(row, ImportedRow), row
    return row


def domain_key(value):
    """The strongest key of a company."""
    return Key(KeyKind.COMPANY_DOMAIN, value)
