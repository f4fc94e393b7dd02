"""Reading of files: an Apollo export or a CRM export becomes rows of people and companies.

A file is opened whatever its encoding and dialect (`table`), its headers are matched with facts by a named profile that
is data (`mapping`), and each row becomes clean facts and identity keys, or is rejected with a reason (`reading`). Nothing
is guessed: what is ambiguous stays unmapped and is shown. `steps` holds the local steps of the shipped pipelines.

Pure apart from reading the given file. Imports `enrichcore.domain` and `enrichcore.normalize` only; who a row is over all
uploads is decided elsewhere, from the keys given here.
"""

from enrichcore.ingest.errors import BadMapping, IngestError, NotATable, UnknownProfile
from enrichcore.ingest.mapping import Mapping, check_field, map_columns
from enrichcore.ingest.profiles import profile_names
from enrichcore.ingest.reading import ImportedRow, ImportReading, RejectedRow, read_import
from enrichcore.ingest.row import Row
from enrichcore.ingest.table import Table, open_table

__all__ = [
    "BadMapping",
    "ImportReading",
    "ImportedRow",
    "IngestError",
    "Mapping",
    "NotATable",
    "RejectedRow",
    "Row",
    "Table",
    "UnknownProfile",
    "check_field",
    "map_columns",
    "open_table",
    "profile_names",
    "read_import",
]
