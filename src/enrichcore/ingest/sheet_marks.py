"""What a sheet says of its cells behind them: which are merged, and where links lead.

openpyxl tells neither while it streams a sheet. Both stand behind the last row, so the part is unpacked once to its end, which
takes a hundredth of the time that reading its rows does, and only its end is held.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from html import unescape
from pathlib import PurePosixPath
from typing import Final
from zipfile import ZipFile

from attrs import Factory, define, frozen

from enrichcore.ingest.decoding import Source
from enrichcore.ingest.packing import opened_archive
from enrichcore.ingest.row import Row

#: Bytes of a sheet behind its rows that are looked at.
MAX_END: Final = 1 << 26
_PIECE: Final = 1 << 20
_LONGEST_TAG: Final = 64
_LAST_ROW: Final = re.compile(rb"</(?:\w+:)?sheetData\s*>")
_MERGED: Final = re.compile(r'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"')
_LINK: Final = re.compile(r"<(?:\w+:)?hyperlink\s[^>]*>")
_LINKED: Final = re.compile(r'\sref="([A-Z]{1,3})(\d{1,7})')
_LINK_ID: Final = re.compile(r'\s\w+:id="([^"]*)"')
_TARGET: Final = re.compile(r"<(?:\w+:)?Relationship\s[^>]*>")
_ATTRIBUTE: Final = re.compile(r'\s(Id|Target)="([^"]*)"')


@frozen(kw_only=True)
class SheetMarks:
    """The merged cells and links of one sheet; columns are counted from 0, rows from 1."""

    #: First row → column → last row, of cells that are merged over several rows.
    merged: Mapping[int, Mapping[int, int]] = Factory(dict)
    #: Row → column → address.
    links: Mapping[int, Mapping[int, str]] = Factory(dict)

    def told(self, rows: Iterator[Row]) -> Iterator[Row]:
        """The rows with what is merged into them, and their links; a row that has nothing of its own stays blank."""
        if not self.merged and not self.links:
            return rows
        return _Told(marks=self).rows(rows)


@define(kw_only=True)
class _Told:
    marks: SheetMarks
    #: Column → the last row of the merged cell that is open there, and its text.
    _open: dict[int, tuple[int, str]] = Factory(dict)

    def rows(self, rows: Iterator[Row]) -> Iterator[Row]:
        for row in rows:
            cells = list(row.cells)
            if any(cell.strip() for cell in cells):
                for column, (last, text) in self._open.items():
                    if row.line <= last:
                        cells += [""] * (column + 1 - len(cells))
                        cells[column] = cells[column] or text
            for column, last in self.marks.merged.get(row.line, {}).items():
                self._open[column] = last, cells[column] if column < len(cells) else ""
            yield Row(line=row.line, cells=tuple(cells), links=self.marks.links.get(row.line, {}))


def sheet_marks(source: Source, part: str) -> SheetMarks:
    """What is said of a sheet's cells.

    Args:
        source: the workbook.
        part: of the archive, where the sheet is.

    Raises:
        NotATable: The workbook is damaged.
    """
    with opened_archive(source) as archive:
        names = set(archive.namelist())
        if part not in names:
            return SheetMarks()
        end = _end_of(archive, part)
        path = PurePosixPath(part)
        targets = str(path.parent / "_rels" / f"{path.name}.rels")
        linked = _targets(archive.read(targets).decode(errors="replace")) if targets in names else {}
    return SheetMarks(merged=_merged(end), links=_links(end, linked))


def _end_of(archive: ZipFile, part: str) -> str:
    """What stands behind a sheet's rows."""
    with archive.open(part) as stream:
        piece = b""
        while more := stream.read(_PIECE):
            piece = piece[-_LONGEST_TAG:] + more
            if found := _LAST_ROW.search(piece):
                return (piece[found.end() :] + stream.read(MAX_END)).decode(errors="replace")
    return ""


def _merged(end: str) -> dict[int, dict[int, int]]:
    found: defaultdict[int, dict[int, int]] = defaultdict(dict)
    for column, first, _, last in _MERGED.findall(end):
        if int(last) > int(first):
            found[int(first)][_number(column)] = int(last)
    return dict(found)


def _links(end: str, targets: Mapping[str, str]) -> dict[int, dict[int, str]]:
    found: defaultdict[int, dict[int, str]] = defaultdict(dict)
    for link in _LINK.findall(end):
        place, target = _LINKED.search(link), _LINK_ID.search(link)
        if place and target and (address := targets.get(target[1])):
            found[int(place[2])][_number(place[1])] = address
    return dict(found)


def _targets(relations: str) -> dict[str, str]:
    told = (dict(_ATTRIBUTE.findall(one)) for one in _TARGET.findall(relations))
    return {one["Id"]: unescape(one["Target"]) for one in told if one.keys() >= {"Id", "Target"}}


def _number(letters: str) -> int:
    """A column's number, counted from 0: "A" is the first, "AB" the 28th."""
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - ord("A") + 1
    return number - 1
