"""What an import did, or would do: counts, a few rows, and why rows were taken for one person or company."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from attrs import Factory, define, field, frozen

from enrichcore.application.estimating import StepEstimate
from enrichcore.application.identity import key_words
from enrichcore.domain.directory import Match
from enrichcore.domain.ids import CompanyId, PersonId, UploadId
from enrichcore.domain.keys import TOLD, Key, KeyKind, as_told
from enrichcore.ingest import ImportedRow, ImportReading, RejectedRow

#: Rows that a report shows.
SAMPLE: Final = 5
#: Rows that are looked at for an example of each column, and characters of one.
EXAMPLE_ROWS: Final = 50
EXAMPLE_CHARACTERS: Final = 80
#: Joined rows that a report lists; all are counted, and all are in the log.
MAX_JOINED: Final = 1_000
#: Rows kept aside that a report lists; all are counted, and `rejected` gives all.
MAX_REJECTED: Final = 100_000
#: Different reasons whose rows are counted.
MAX_REASONS: Final = 1_000
#: Facts whose absence is counted, since later steps ask with them.
WANTED: Final = (
    "person_full_name", "person_email", "person_linkedin_url", "person_title", "company_name", "company_domain",
)  # fmt: skip


#: Keys that say what another, with the same name, says as well.
_SAID_WITH: Final = {
    KeyKind.PERSON_AT_COMPANY: KeyKind.PERSON_NAME,
    KeyKind.COMPANY_NAME_ALONE: KeyKind.COMPANY_NAME,
}
#: What is said of a file without rows.
NO_ROWS: Final = "the file has column names and no rows below them"


@frozen(kw_only=True)
class Joined:
    """A row that tells of someone whom another row told of before, and why; or that could not be joined."""

    #: Line of the file where the row starts.
    line: int
    #: `person` or `company`.
    entity: str
    entity_id: UUID
    #: What both have; None where the row only says that two known ones are one.
    because: Key
    #: The earlier line of this file; None where an earlier upload told of them.
    earlier_line: int | None = None
    #: Whoever turned out to be the same, known under another id until now.
    merged: UUID | None = None
    #: Whether the key belongs to someone else, who is not merged because stronger keys differ.
    contested: bool = False
    #: Whether the key is all that they have in common.
    of_stranger: bool = False

    @property
    def reason(self) -> str:
        """One sentence without its full stop."""
        if self.because.kind in TOLD:
            return self._by_an_answer(key_words(as_told(self.because)))
        both = key_words(self.because)
        if self.of_stranger:
            return f"{both} belongs to another person, who is not merged: it is all that both have in common"
        if self.contested:
            return f"{both} belongs to another {self.entity}, who is not merged: stronger keys differ"
        if self.merged is not None:
            return f"two known {'people' if self.entity == 'person' else 'companies'} are one: both have {both}"
        earlier = "an earlier upload" if self.earlier_line is None else f"line {self.earlier_line}"
        return f"the {self.entity} of {earlier}: both have {both}"

    def _by_an_answer(self, found: str) -> str:
        if self.contested:
            return f"{found} was found for another {self.entity}, who is not merged: names or stronger keys differ"
        if self.merged is not None:
            return f"two known people are one: {found} was found for one of them, and the row has it of the other"
        return f"a known {self.entity}: {found} was found for them"


@frozen(kw_only=True)
class UploadReport:
    """What an import did, or would do."""

    #: None for a dry run.
    upload_id: UploadId | None
    #: Rows that gave a person.
    row_count: int
    person_count: int
    company_count: int
    #: Of these, who was not known before.
    new_person_count: int
    new_company_count: int
    #: The file's columns, distinct, in its order.
    columns: tuple[str, ...]
    #: Column → the first cell in it that is not blank, of the first rows that were read; of those kept aside where none was.
    examples: Mapping[str, str]
    mapped: Mapping[str, str]
    unmapped: tuple[str, ...]
    #: Column → why it stays unmapped.
    ambiguous: Mapping[str, str] = Factory(dict)
    #: Columns that a saved mapping told.
    saved: tuple[str, ...] = ()
    #: (line, reason) of each row that was kept aside; of very many the first.
    rejected: tuple[tuple[int, str], ...] = ()
    #: All that were.
    rejected_count: int = 0
    #: Rows without any text.
    blank_rows: int = 0
    encoding: str = ""
    delimiter: str = ""
    #: What people should know of how the file was read, in sentences without their full stop.
    notes: tuple[str, ...] = ()
    #: Rows that told of a person of an earlier line.
    duplicate_row_count: int = 0
    #: Rows of one person, people and companies that are one, and keys that two claim: the first of them, with the reason.
    joined: tuple[Joined, ...] = ()
    #: Fact → rows that do not tell it.
    missing: Mapping[str, int] = Factory(dict)
    #: The first rows, as they were understood: the line, and the facts.
    sample: tuple[tuple[int, Mapping[str, Any]], ...] = ()
    #: What a launch would send, for a dry run; None for an import.
    steps: tuple[StepEstimate, ...] | None = field(default=None, eq=False)


@frozen(kw_only=True)
class Outcome:
    """Whom one row meant."""

    row: ImportedRow
    person: Match[PersonId]
    #: The key that found the person; None for a new one.
    because: Key | None
    company: Match[CompanyId] | None = None


@define
class _Examples:
    """A cell of each column, of the first rows that were seen."""

    found: dict[str, str] = Factory(dict)
    _rows: int = 0

    def see(self, raw: Mapping[str, str]) -> None:
        """Take a row's cells for the columns that have none yet."""
        if self._rows < EXAMPLE_ROWS:
            self._rows += 1
            for column, cell in raw.items():
                if column not in self.found and cell.strip():
                    self.found[column] = " ".join(cell.split())[:EXAMPLE_CHARACTERS]


@define(kw_only=True)
class Tally:
    """Counts over the rows of a file; what it holds of a person or company is two numbers."""

    row_count: int = 0
    duplicate_row_count: int = 0
    rejected: list[tuple[int, str]] = Factory(list)
    rejected_count: int = 0
    joined: list[Joined] = Factory(list)
    missing: dict[str, int] = Factory(lambda: dict.fromkeys(WANTED, 0))
    sample: list[tuple[int, Mapping[str, Any]]] = Factory(list)
    _read: _Examples = Factory(_Examples)
    _kept_aside: _Examples = Factory(_Examples)
    #: Reason → rows kept aside for it; a reason may name lines, so not all are held.
    _reasons: Counter[str] = Factory(Counter)
    #: Person → the line that named them first; below zero for one whom nobody knew before. A file may name a million.
    _people: dict[int, int] = Factory(dict)
    #: Company → whether nobody knew it before.
    _companies: dict[int, bool] = Factory(dict)

    @property
    def person_count(self) -> int:
        """Distinct people."""
        return len(self._people)

    @property
    def company_count(self) -> int:
        """Distinct companies."""
        return len(self._companies)

    def reject(self, row: RejectedRow) -> None:
        """Count a row that is kept aside."""
        self._kept_aside.see(row.raw)
        self.rejected_count += 1
        if len(self._reasons) < MAX_REASONS or row.reason in self._reasons:
            self._reasons[row.reason] += 1
        if len(self.rejected) < MAX_REJECTED:
            self.rejected.append((row.line, row.reason))

    def add(self, outcome: Outcome) -> None:
        """Count a row."""
        self._read.see(outcome.row.raw)
        row, person = outcome.row, outcome.person
        self.row_count += 1
        facts = row.company | row.person
        for fact in WANTED:
            self.missing[fact] += fact not in facts
        if len(self.sample) < SAMPLE:
            self.sample.append((row.line, facts))
        self._add_person(outcome)
        if outcome.company is not None:
            self._add_company(outcome.company, row.line)
        self._note_contested("person", person, row.line)
        if outcome.company is not None:
            self._note_contested("company", outcome.company, row.line)

    def _note_contested(self, entity: str, match: Match[Any], line: int) -> None:
        kinds = {key.kind for key in match.contested}
        for key in match.contested:
            if _SAID_WITH.get(key.kind) in kinds:
                continue
            self._note(
                Joined(
                    line=line, entity=entity, entity_id=match.entity_id, because=key, contested=True,
                    of_stranger=key in match.of_strangers,
                )
            )  # fmt: skip

    def _add_person(self, outcome: Outcome) -> None:
        person, line, number = outcome.person, outcome.row.line, outcome.person.entity_id.int
        for known, because in person.merged:
            earlier = abs(self._people.pop(known.entity_id.int, 0))
            if earlier:
                self._people.setdefault(number, earlier)
            self._note(
                Joined(
                    line=line, entity="person", entity_id=person.entity_id, because=because, merged=known.entity_id
                )
            )  # fmt: skip
        earlier = abs(self._people.setdefault(number, -line if person.is_new else line))
        if earlier == line:
            if outcome.because is not None and outcome.because.kind in TOLD and not person.merged:
                self._note(Joined(line=line, entity="person", entity_id=person.entity_id, because=outcome.because))
            return
        self.duplicate_row_count += 1
        if outcome.because is not None and not person.merged:
            self._note(
                Joined(
                    line=line, entity="person", entity_id=person.entity_id, because=outcome.because, earlier_line=earlier
                )
            )  # fmt: skip

    def _add_company(self, company: Match[CompanyId], line: int) -> None:
        for known, because in company.merged:
            self._companies.pop(known.entity_id.int, None)
            self._note(
                Joined(
                    line=line, entity="company", entity_id=company.entity_id, because=because, merged=known.entity_id
                )
            )  # fmt: skip
        self._companies.setdefault(company.entity_id.int, company.is_new)

    def _note(self, joined: Joined) -> None:
        if len(self.joined) < MAX_JOINED:
            self.joined.append(joined)

    def _warnings(self) -> tuple[str, ...]:
        """What else is easily overlooked: that there are no rows, or that most are not imported."""
        if not self.row_count and not self.rejected_count:
            return (NO_ROWS,)
        if self.rejected_count <= self.row_count:
            return ()
        reason, count = self._reasons.most_common(1)[0]
        rows = self.row_count + self.rejected_count
        return (f"most rows are kept aside, {self.rejected_count:,} of {rows:,}, of these {count:,} because {reason}",)

    def report(self, reading: ImportReading, upload_id: UploadId | None) -> UploadReport:
        """The report, once all rows are counted."""
        mapping = reading.mapping
        return UploadReport(
            upload_id=upload_id,
            row_count=self.row_count,
            person_count=self.person_count,
            company_count=self.company_count,
            new_person_count=sum(line < 0 for line in self._people.values()),
            new_company_count=sum(self._companies.values()),
            columns=reading.headers,
            # A footer is no example, but where nothing names a person yet, only rows kept aside show which column does.
            examples=dict(self._read.found if self.row_count else self._kept_aside.found),
            mapped=mapping.mapped,
            unmapped=mapping.unmapped,
            ambiguous=mapping.ambiguous,
            saved=reading.saved_columns,
            rejected=tuple(self.rejected),
            rejected_count=self.rejected_count,
            blank_rows=reading.blank_rows,
            encoding=reading.encoding,
            delimiter=reading.delimiter,
            notes=(*self._warnings(), *reading.notes),
            duplicate_row_count=self.duplicate_row_count,
            joined=tuple(self.joined),
            missing=dict(self.missing),
            sample=tuple(self.sample),
        )
