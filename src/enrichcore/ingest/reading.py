"""An import: a file read with a profile, row by row, into people and companies or into rejections with a reason.

Every row below the header comes out once, apart from blank ones, which are counted. A rejected row keeps its cells.
"""

import collections.abc
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from attrs import evolve, field, frozen

from enrichcore.domain.keys import Key
from enrichcore.ingest.cleaning import fact_of
from enrichcore.ingest.composing import compose
from enrichcore.ingest.footers import is_footer
from enrichcore.ingest.mapping import IGNORE, Mapping, map_columns, name_columns, present_columns
from enrichcore.ingest.names_in_capitals import Turn, turn_by
from enrichcore.ingest.other_headers import Header, OtherHeaders
from enrichcore.ingest.profiles import Profile, find_profile, fold_header
from enrichcore.ingest.row import Row
from enrichcore.ingest.stray_quotes import fault_of_rest, with_torn_cells
from enrichcore.ingest.table import Table, open_table
from enrichcore.normalize import clean_text, usable_email

_NONE: collections.abc.Mapping[str, str] = MappingProxyType({})

_FOOTER = "it is a line below the report, not a record"
_NOBODY = "nothing names a person: no name, e-mail address or LinkedIn profile"
_NO_NAME = "nothing names a person: what stands for a name is none, and there is no e-mail address or LinkedIn profile"
_SHIFTED = "its address stands one column behind its own: perhaps a delimiter outside quotes"
_LINES_TAKEN_IN = "a quote opened here takes in lines below it that look like rows"
#: With fewer columns, prose has as many delimiters in a line as a record; with many, it never has.
_SOME_COLUMNS = 3
_MANY_COLUMNS = 8
#: Rows that tell how many delimiters a file has at the end of each.
_USUAL_ROWS = 200


@frozen(kw_only=True)
class ImportedRow:
    """A row that names a person."""

    #: Line of the file where the record starts, counted from 1.
    line: int
    #: Column -> cell, both as in the file; columns of one name are told apart as by `name_columns`.
    raw: dict[str, str]
    #: Clean `person_*` facts, none of them empty.
    person: dict[str, Any]
    #: Clean `company_*` facts, none of them empty; empty where the row names no company.
    company: dict[str, Any]
    #: What tells who the person is, strongest first; at least one.
    person_keys: tuple[Key, ...]
    #: What tells which company it is, strongest first.
    company_keys: tuple[Key, ...]


@frozen(kw_only=True)
class RejectedRow:
    """A row that is not imported."""

    #: Line of the file where the record starts, counted from 1.
    line: int
    #: Column -> cell as in the file; surplus cells under "column N".
    raw: dict[str, str]
    #: One sentence without its full stop.
    reason: str


@frozen(kw_only=True)
class ImportReading:
    """A file opened for import."""

    mapping: Mapping
    #: The columns, distinct, in file order.
    headers: tuple[str, ...]
    #: Columns that a saved mapping told.
    saved_columns: tuple[str, ...] = ()
    _table: Table = field(repr=False)
    _profile: Profile = field(repr=False)

    @property
    def encoding(self) -> str:
        """The codec that reads the file."""
        return self._table.encoding

    @property
    def delimiter(self) -> str:
        """What separates its cells."""
        return self._table.delimiter

    @property
    def notes(self) -> tuple[str, ...]:
        """What people should know of how the file is read, such as sheets that are not."""
        columns = [repr(column) for column, fact in self.mapping.mapped.items() if fact == "person_email"]
        if len(columns) <= 1:
            return self._table.notes
        several = (
            f"the address is read from {', '.join(columns)}, in this order, and one at a company before a private one"
        )
        return (*self._table.notes, several)

    @property
    def bytes_read(self) -> tuple[int, int]:
        """Bytes of the file up to the place that was read last, and of all of it; of a packed file its packed bytes."""
        return self._table.meter.done, self._table.meter.total

    @property
    def blank_rows(self) -> int:
        """Rows without any text that the latest call of `rows` skipped so far."""
        return self._table.blank_rows

    def rows(self) -> Iterator[ImportedRow | RejectedRow]:
        """The rows in file order; reads the file again on each call.

        Raises:
            NotATable: The file turned out to be none further down.
        """
        columns = _columns_by_fact(self.headers, self.mapping)
        emails = frozenset(
            place
            for place, header in enumerate(self.headers)
            if "mail" in header.casefold() or self.mapping.mapped.get(header, "").endswith("_email")
        )
        first = [row.cells for row in islice(self._table.rows(), _USUAL_ROWS)]
        turns = {
            (fact, place): turn_by(cells[place] for cells in first if place < len(cells))
            for fact, place in columns
            if fact in _FULL_NAMES
        }
        rules = _RowRules(
            table=self._table,
            cells=_usual_cells(first, len(self.headers)),
            behind_emails=self._behind_emails(),
            added=len(_ADDED) if self._table.headers[: len(_ADDED)] == _ADDED else 0,
        )
        headers = OtherHeaders(header=Header(cells=self._table.headers[rules.added :], profile=self._profile))
        below_footer, taken_in = False, 0
        for row in _with_split_records(with_torn_cells(self._table.rows(), len(self.headers)), self._table, emails):
            bare = evolve(row, cells=row.cells[rules.added :]) if rules.added else row
            reason = (not row.fault and headers.fault(bare)) or _fault(row, rules, apart=row.apart or below_footer)
            if taken_in and not row.fault:
                reason = fault_of_rest(bare, taken_in, len(self.headers)) or reason
            below_footer, taken_in = reason == _FOOTER, row.line if reason == _LINES_TAKEN_IN else 0
            yield self._rejected(row, reason) if reason else self._imported(row, columns, turns)

    def _behind_emails(self) -> tuple[int, ...]:
        """The places of columns for something else, each right behind one for addresses."""
        facts = [(header, self.mapping.mapped.get(header, "")) for header in self.headers]
        of_mail = [fact.endswith("_email") or (not fact and "mail" in header.casefold()) for header, fact in facts]
        return tuple(
            place
            for place, (_, fact) in enumerate(facts, 1)
            if fact.endswith("_email") and not (place < len(of_mail) and of_mail[place])
        )

    def _rejected(self, row: Row, reason: str) -> RejectedRow:
        return RejectedRow(line=row.line, raw=_raw(self.headers, row.cells), reason=reason)

    def _imported(
        self, row: Row, columns: tuple[tuple[str, int], ...], turns: collections.abc.Mapping[tuple[str, int], Turn]
    ) -> ImportedRow | RejectedRow:
        cells, behind_names = _with_links(row, columns) if row.links else (row.cells, ())
        told = [
            (column[0], turns[column](cells[column[1]]) if column in turns else cells[column[1]])
            for column in columns
            if column[1] < len(cells) and cells[column[1]]
        ]
        person, company = compose((*told, *behind_names))
        if not person.keys:
            is_filled = any(fact in _NAMES and clean_text(cell) is not None for fact, cell in told)
            return self._rejected(row, _NO_NAME if is_filled else _NOBODY)
        return ImportedRow(
            line=row.line,
            raw=_raw(self.headers, cells),
            person=person.facts,
            company=company.facts,
            person_keys=person.keys,
            company_keys=company.keys,
        )


def read_import(
    source: Path | bytes,
    *,
    profile: str,
    overrides: collections.abc.Mapping[str, str] = _NONE,
    saved: collections.abc.Mapping[str, str] = _NONE,
    name: str = "",
) -> ImportReading:
    """Opens a file for import: finds its encoding and dialect and maps its columns.

    Args:
        source: The file or its content.
        profile: Name of the ingest profile: "apollo" or "crm".
        overrides: Column -> fact, or `ignore`, before what the profile says.
        saved: The same from earlier; columns that the file has not are passed over, and overrides go before.
        name: What to call the file in messages; by default its own name.

    Raises:
        NotATable: It is no table.
        BadMapping: An override names an unknown column or fact.
        UnknownProfile: There is no such profile.
    """
    known = find_profile(profile)
    told = {fold_header(column) for column in (*saved, *overrides)}
    table = open_table(source, name, lambda cell: fold_header(cell) in told or known.knows(cell), known.names_people)
    given = {fold_header(column) for column in overrides}
    # An override of a fact takes it from every other column, so a saved one for it steps back as well.
    earlier = {
        column: fact
        for column, fact in present_columns(table.headers, saved).items()
        if fold_header(column) not in given and fact not in set(overrides.values()) - {IGNORE}
    }
    mapping = map_columns(table.headers, profile, {**earlier, **overrides})
    return ImportReading(
        mapping=mapping, headers=name_columns(table.headers), saved_columns=tuple(earlier), table=table,
        profile=known,
    )  # fmt: skip


def _with_split_records(rows: Iterator[Row], table: Table, emails: frozenset[int]) -> Iterator[Row]:
    """The rows; two that a line break outside quotes made of one record have that as their fault.

    Both are short and together as long as the header, and the second has its address under a column for something else.
    """
    columns, before = len(table.headers), None
    for row in rows:
        if before is not None:
            if _is_split(before, row, columns, emails):
                fault = f"a line break outside quotes seems to make two rows of the record in lines {before.line} and {row.line}"
                yield evolve(before, fault=fault)
                before = evolve(row, fault=fault)
                continue
            yield before
            before = None
        if len(row.cells) < columns and not row.fault:
            before = row
        else:
            yield row
    if before is not None:
        yield before


def _is_split(first: Row, second: Row, columns: int, emails: frozenset[int]) -> bool:
    if first.fault or len(first.cells) + len(second.cells) != columns + 1 or second.line != first.line + 1:
        return False
    return any(usable_email(cell) and place not in emails for place, cell in enumerate(second.cells))


def _with_links(row: Row, columns: tuple[tuple[str, int], ...]) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    """The row's cells, with the address of a link where the text tells none: "Send mail"; and pages behind people's names."""
    linked = {
        place: row.links[place]
        for fact, place in columns
        if fact in _LINKED
        and place in row.links
        and (place >= len(row.cells) or fact_of(fact, row.cells[place]) is None)
    }
    cells = tuple(linked.get(place, cell) for place, cell in enumerate(row.cells))
    behind = tuple((_PAGE, row.links[place]) for fact, place in columns if fact in _NAMES and place in row.links)
    return cells, behind


_PAGE = "person_linkedin_url"
_FULL_NAMES = frozenset({"person_full_name", "person_full_name_last_first"})
_NAMES = _FULL_NAMES | {"person_first_name", "person_last_name"}
#: What a link may tell in place of its text.
_LINKED = frozenset({"person_email", _PAGE, "company_linkedin_url", "company_website", "company_domain"})


def _columns_by_fact(headers: tuple[str, ...], mapping: Mapping) -> tuple[tuple[str, int], ...]:
    """Facts with the places of their columns, in the order of preference."""
    return tuple((fact, headers.index(column)) for column, fact in mapping.mapped.items())


def _usual_cells(rows: Iterable[tuple[str, ...]], columns: int) -> int:
    """How many cells a row has at most: with blank ones behind the header's last where most rows have them."""
    lengths = [len(cells) if not any(map(str.strip, cells[columns:])) else columns for cells in rows]
    usual, count = Counter(lengths).most_common(1)[0] if lengths else (columns, 0)
    return max(columns, usual) if 2 * count > len(lengths) else columns


@frozen(kw_only=True)
class _RowRules:
    """What is known of a file's rows before they are read."""

    table: Table
    #: Cells that a row has at most.
    cells: int
    behind_emails: tuple[int, ...]
    #: Columns at the beginning that the file itself did not have.
    added: int = 0


#: What stands before each row that was kept aside, where those are given back to be mended.
_ADDED: Final = ("line", "reason")


def _fault(row: Row, rules: _RowRules, *, apart: bool) -> str:
    """Why the row is no record; empty when it may be one.

    A delimiter outside quotes makes a cell too many, also where the surplus is blank as the row's last cells are.
    """
    headers = rules.table.headers
    if row.fault:
        return row.fault
    bare, names = row.cells[rules.added :], headers[rules.added :]
    margin = next((place for place, header in enumerate(names) if header.strip()), 0)
    in_margin = any(cell.strip() for cell in bare[:margin])
    if is_footer(bare if in_margin else bare[margin:], columns=len(names) - margin, apart=apart):
        return _FOOTER
    surplus = any(cell.strip() for cell in row.cells[len(headers) :])
    # No row has more blank cells at its end than the header has columns, so that more of them were not moved there.
    if surplus or 0 < len(row.cells) - rules.cells < len(headers):
        return f"it has {len(row.cells)} cells where the header has {len(headers)}: perhaps a delimiter outside quotes"
    if _is_shifted(row.cells, rules.behind_emails):
        return _SHIFTED
    return _LINES_TAKEN_IN if _takes_in_lines(row.cells, len(headers), rules.table.delimiter) else ""


def _is_shifted(cells: tuple[str, ...], behind_emails: tuple[int, ...]) -> bool:
    """Whether a column for addresses has something else, and the one behind it has the address."""
    return any(
        place < len(cells)
        and "@" in cells[place]
        and "@" not in cells[place - 1]
        and clean_text(cells[place - 1]) is not None
        and usable_email(cells[place]) is not None
        for place in behind_emails
    )


def _takes_in_lines(cells: tuple[str, ...], columns: int, delimiter: str) -> bool:
    """Whether a stray quote made whole records part of a cell.

    Such a cell holds at least a record's delimiters for each of its line breaks. Where the row is otherwise as wide as the
    header, they must be exactly as many, in a table so wide that no prose has them by chance.
    """
    if columns < _MANY_COLUMNS and (len(cells) >= columns or columns < _SOME_COLUMNS):
        return False
    for cell in cells:
        if "\n" not in cell and "\r" not in cell:
            continue
        breaks = max(cell.count("\n"), cell.count("\r"))
        surplus = cell.count(delimiter) - (columns - 1) * breaks
        if surplus == 0 or (surplus > 0 and len(cells) < columns):
            return True
    return False


def _raw(headers: tuple[str, ...], cells: tuple[str, ...]) -> dict[str, str]:
    raw = {header: cells[place] if place < len(cells) else "" for place, header in enumerate(headers)}
    surplus = {f"column {place}": cell for place, cell in enumerate(cells[len(headers) :], len(headers) + 1) if cell}
    return surplus | raw if surplus else raw
