"""Packed files: what a gzip or a ZIP archive holds is read as if it were the file itself.

Exports are sent as `people.csv.gz`, or as an archive with one table in it. Which of several tables is meant is not guessed.
A workbook is such an archive, too, and is left as it is. Only an archive in a gzip is written down, to a file that goes with
its reader: archives are read from their end, and a gzip only from its beginning.
"""

import gzip
import os
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader, RawIOBase
from pathlib import Path, PurePosixPath
from tempfile import mkstemp
from typing import Any, BinaryIO, Final
from weakref import finalize

from attrs import define, evolve

from enrichcore.ingest.decoding import Source
from enrichcore.ingest.errors import NotATable
from enrichcore.ingest.metering import PIECE, Meter, metered

#: Bytes that a packed file may unpack to; a small file can hold far more than any disk.
MAX_UNPACKED: Final = 32 << 30
#: Bytes of an archive in a gzip; a workbook of a million rows has a tenth of them.
MAX_ON_DISK: Final = 2 << 30
#: A table unpacks to five to thirty times its packed bytes; what unpacks to more than this is meant to fill a disk.
MAX_RATIO: Final = 200
#: Bytes up to which that does not matter.
SMALL: Final = 256 << 20

_GZIP: Final = b"\x1f\x8b"
_ZIP: Final = b"PK\x03\x04"
_TEXT: Final = ".txt"
_TABLES: Final = frozenset({".csv", ".tsv", ".tab", _TEXT})
_DAMAGE: Final = (
    zlib.error, gzip.BadGzipFile, zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError,
)  # fmt: skip
#: Other documents that are archives: a part that tells them, what they are.
_DOCUMENTS: Final = {
    "xl/workbook.bin": "is a binary workbook (XLSB)",
    "content.xml": "is an OpenDocument file",
    "word/document.xml": "is a text document",
    "ppt/presentation.xml": "is a presentation",
    "index/document.iwa": "is a Numbers or Pages document",
}
_WORKBOOK: Final = "xl/workbook.xml"


def unpacked(source: Source) -> Source:
    """The file, or what it holds when it is packed.

    Raises:
        NotATable: The archive is damaged, or holds no table, or several.
    """
    start = _start(source)
    if start.startswith(_GZIP):
        inner = evolve(source, open=lambda: _opened_gzip(source))
        return unpacked(_on_disk(inner)) if _start(inner).startswith(_ZIP) else inner
    if start.startswith(_ZIP) and not is_workbook(source):
        member = _only_table(source)
        return evolve(source, open=lambda: _opened_member(source, member))
    return source


def _on_disk(source: Source) -> Source:
    """The same, out of a file that is there as long as the source is."""
    handle, name = mkstemp(prefix="enrichcore-")
    copy = _Copy(path=Path(name))
    finalize(copy, copy.path.unlink, missing_ok=True)
    with os.fdopen(handle, "wb") as file, source.open() as stream:
        while piece := stream.read(PIECE):
            if file.tell() > MAX_ON_DISK:
                raise NotATable(source.name, f"holds an archive of more than {MAX_ON_DISK >> 30} GB", "unpack it first")
            file.write(piece)
    return evolve(source, open=metered(copy.open, source.meter))


@define(eq=False, kw_only=True)
class _Copy:
    path: Path

    def open(self) -> BinaryIO:
        return self.path.open("rb")


def is_workbook(source: Source) -> bool:
    """Whether the file is an Excel workbook (XLSX)."""
    return _start(source).startswith(_ZIP) and any(name.lower() == _WORKBOOK for name in _names(source))


def _start(source: Source) -> bytes:
    try:
        with source.open() as stream:
            return stream.read(4)
    except OSError:
        return b""  # the decoder tells why it cannot be read


def _names(source: Source) -> list[str]:
    with opened_archive(source) as archive:
        return archive.namelist()


@contextmanager
def opened_archive(source: Source) -> Iterator[zipfile.ZipFile]:
    """The file as an archive.

    Raises:
        NotATable: It is damaged or closed with a password.
    """
    try:
        with source.open() as stream, zipfile.ZipFile(stream) as archive:
            yield archive
    except _DAMAGE as error:
        raise NotATable(source.name, "is a damaged or locked archive", "download or pack it again") from error


def _only_table(source: Source) -> str:
    names = [name for name in _names(source) if not name.endswith("/") and "__MACOSX" not in name]
    lowered = {name.lower() for name in names}
    for part, what in _DOCUMENTS.items():
        if part in lowered:
            raise NotATable(source.name, what, "save the sheet as CSV UTF-8 or XLSX")
    visible = [name for name in names if not PurePosixPath(name).name.startswith(".")]
    tables = [name for name in visible if PurePosixPath(name.lower()).suffix in _TABLES]
    # Beside a table, a text is what its sender says about it.
    certain = [name for name in tables if PurePosixPath(name.lower()).suffix != _TEXT] or tables
    if len(certain) == 1:
        return certain[0]
    fault = f"is an archive of several tables ({', '.join(tables[:5])})" if tables else "is an archive without a table"
    raise NotATable(source.name, fault, "unpack it and import one table at a time")


def _opened_gzip(source: Source) -> BinaryIO:
    file = source.open()
    return _unpacking(source, gzip.GzipFile(fileobj=file), file)


def _opened_member(source: Source, name: str) -> BinaryIO:
    file = source.open()
    try:
        archive = zipfile.ZipFile(file)
        return _unpacking(source, archive.open(name), archive, file)
    except (*_DAMAGE, OSError) as error:
        # A place before the file's beginning is a ValueError in memory, and an OSError in a file.
        file.close()
        raise NotATable(source.name, "is a damaged or locked archive", "download or pack it again") from error


def _unpacking(source: Source, *streams: Any) -> BinaryIO:
    return BufferedReader(_Unpacking(name=source.name, meter=source.meter, stream=streams[0], streams=streams))


@define(eq=False, slots=False, kw_only=True)
class _Unpacking(RawIOBase):
    """The unpacked bytes; a damaged archive is told as what it is."""

    name: str
    #: Of the packed file.
    meter: Meter
    stream: Any
    #: All that is open for it, the innermost first.
    streams: tuple[Any, ...]

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return int(self.stream.seek(offset, whence))

    def tell(self) -> int:
        return int(self.stream.tell())

    def readinto(self, buffer: Any, /) -> int:
        try:
            piece: bytes = self.stream.read(len(buffer))
        except _DAMAGE as error:
            raise NotATable(self.name, "is a damaged archive", "download or pack it again") from error
        done = self.tell()
        if done > MAX_UNPACKED:
            raise NotATable(self.name, f"unpacks to more than {MAX_UNPACKED >> 30} GB", "split it first")
        if done > max(SMALL, MAX_RATIO * self.meter.total):
            raise NotATable(self.name, f"unpacks to more than {MAX_RATIO} times its size", "unpack it first")
        buffer[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        for stream in self.streams:
            stream.close()
        super().close()
