"""What can be wrong with an import as a whole; a bad row is a `RejectedRow`, never an error.

```
IngestError
├── NotATable           the person with the file: it is none, or cannot be read; its text says what to do
├── BadMapping          the person who wrote `--map COLUMN=FIELD`: the column or the field does not exist
└── UnknownProfile      the operator: a workstream's `ingest` names no profile
```
"""


class IngestError(ValueError):
    """The root: the import cannot be read as asked. Nothing was imported."""

    #: Stable name of the fault, for programs.
    code = "ingest"


class NotATable(IngestError):
    """The file is no table of rows and columns.

    Attributes:
        name: The file's name, as given.
        fault: What is wrong with it.
        remedy: What to do about it.
    """

    code = "not_a_table"

    def __init__(self, name: str, fault: str, remedy: str) -> None:
        super().__init__(f"{name or 'The file'} {fault}: {remedy}.")
        self.name = name
        self.fault = fault
        self.remedy = remedy


class BadMapping(IngestError):
    """An override names a column that the file has not, or a field that no import fills.

    Attributes:
        column: The column of the override.
        field: Its field.
    """

    code = "bad_mapping"

    def __init__(self, column: str, field: str, problem: str) -> None:
        super().__init__(f"{column}={field}: {problem}")
        self.column = column
        self.field = field


class UnknownProfile(IngestError):
    """There is no ingest profile of that name.

    Attributes:
        profile: The name that was asked for.
    """

    code = "unknown_profile"

    def __init__(self, profile: str, known: tuple[str, ...]) -> None:
        super().__init__(f"There is no ingest profile {profile!r}; there are {', '.join(known)}.")
        self.profile = profile
