"""From bytes to text: which encoding a file is in, or that it is no text at all.

The ladder is byte order mark, strict UTF-8, cp1252, latin-1. It looks at every byte of the file, a piece at a time,
because one byte near the end can rule an encoding out, and statistics misjudge short cp1252 text. Three steps are between:
UTF-16 without its mark is known by its NUL bytes; UTF-8 into which a few bytes of cp1252 were pasted stays UTF-8, since
reading it as cp1252 would spoil every other name; and other encodings are told from cp1252 where that makes no words of the
text and they do (`alphabets`): what Excel calls "CSV (Macintosh)" and "CSV (MS-DOS)", and those of other alphabets and scripts.
"""

import codecs
import re
import tomllib
from collections.abc import Callable, Iterator
from functools import cache
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from attrs import field, frozen

from enrichcore.ingest.alphabets import better_encoding
from enrichcore.ingest.errors import NotATable
from enrichcore.ingest.metering import Meter, metered

#: Bytes read at a time.
PIECE = 1 << 20
#: Bytes at the start of a file that tell text from data.
HEAD = 1 << 16
#: More than this share of NUL bytes is no dirt but data.
MAX_NUL_SHARE = 0.1
#: More than this share of control characters is no text, when they are more than a few.
MAX_CONTROL_SHARE = 0.02
MAX_CONTROLS = 8

#: Byte order marks, longest first, since that of UTF-32 starts with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
#: At least this share of NUL bytes, all in one half of the pairs, is UTF-16 of text in Latin letters.
MIN_UTF_16_SHARE = 0.3

#: Bytes that are not UTF-8 as Python hands them on, and the characters that they are in cp1252, else in latin-1.
_STRAY = {0xDC00 + byte: bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(0x80, 0x100)}
_BEYOND_ASCII = re.compile("[^\x00-\x7f]")
_STRAYS = re.compile("[\udc80-\udcff]")
#: Lines with such bytes that are named.
_LINES_TOLD = 10
_LADDER = ("utf-8", "cp1252", "latin-1")
#: Those that no text has; two separate the cells of some databases' exports.
_CONTROLS = bytes(range(2, 9)) + bytes(range(14, 27)) + bytes(range(28, 31)) + b"\x7f"


@frozen(kw_only=True)
class Source:
    """A file to read, as often as needed."""

    #: What to call it in messages.
    name: str
    #: Opens it at its start.
    open: Callable[[], BinaryIO]
    #: How far it was read, in bytes of the file itself.
    meter: Meter = field(factory=Meter, eq=False)


@frozen(kw_only=True)
class Encoding:
    """How a file's bytes become text."""

    #: A codec name: `utf-8`, `utf-8-sig`, `utf-16`, `utf-16-le`, `utf-16-be`, `utf-32`, `cp1252`, `latin-1`, or one that
    #: `alphabets` tells.
    name: str
    #: Bytes at the start that are skipped: a UTF-8 mark before text that is not UTF-8.
    skip: int = 0
    #: Whether single bytes of cp1252 are in UTF-8 text; `mended` reads them.
    stray: bool = False
    #: What people should know of how it is read, in sentences without their full stop.
    notes: tuple[str, ...] = ()

    @property
    def errors(self) -> str:
        """The codec's way with bytes that are not of the encoding."""
        return "surrogateescape" if self.stray else "strict"

    def mended(self, text: str) -> str:
        """The decoded text with its stray bytes as the characters that they were."""
        return text.translate(_STRAY) if self.stray else text


def source_of(source: Path | bytes, name: str) -> Source:
    """The source under the name given, or under the file's own."""
    meter = Meter()
    if isinstance(source, Path):
        return Source(name=name or source.name, open=metered(lambda: source.open("rb"), meter), meter=meter)
    return Source(name=name, open=metered(lambda: BytesIO(source), meter), meter=meter)


def find_encoding(source: Source) -> Encoding:
    """The first encoding of the ladder that reads the whole file; reads it once, in pieces.

    Raises:
        NotATable: The file is missing, empty or no text.
    """
    head = _head(source)
    marked = next((name for mark, name in _MARKS if head.startswith(mark)), None) or _unmarked_utf_16(head)
    _refuse_binary(source.name, head, marked)
    if marked is not None and _first_that_reads(source, (marked,)):
        return Encoding(name=marked)
    if marked not in {None, "utf-8-sig"}:
        raise NotATable(source.name, f"is marked as {marked} but is not", "save it again as CSV UTF-8")
    skip = len(codecs.BOM_UTF8) if marked else 0
    found = _first_that_reads(source, _LADDER)
    if found != "utf-8" and (notes := _mostly_utf_8(source)):
        return Encoding(name="utf-8", skip=skip, stray=True, notes=notes)
    return Encoding(name=_worded(source, found or "latin-1", skip), skip=skip)


def _worded(source: Source, found: str, skip: int) -> str:
    """The encoding that makes words of the file's first letters where the one found does not."""
    if found not in {"cp1252", "latin-1"}:
        return found
    with source.open() as stream:
        better = better_encoding(stream.read(PIECE)[skip:], found)
    return better if better is not None and _first_that_reads(source, (better,)) else found


def _mostly_utf_8(source: Source) -> tuple[str, ...]:
    """What is to be told where more characters of the file are UTF-8 than bytes of it are not; nothing where they are not.

    Text in cp1252 has hardly any by chance.
    """
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    characters = stray = 0
    line, told = 1, dict[int, None]()
    for piece, last in _pieces(source):
        text = decoder.decode(piece, last)
        for found in _STRAYS.finditer(text) if len(told) <= _LINES_TOLD else ():
            told[line + text.count("\n", 0, found.start())] = None
            if len(told) > _LINES_TOLD:
                break
        line += text.count("\n")
        strange = len(_STRAYS.findall(text))
        characters, stray = characters + len(_BEYOND_ASCII.findall(text)) - strange, stray + strange
    if characters <= stray:
        return ()
    lines = [f"line {number:,}" for number in tuple(told)[:_LINES_TOLD]]
    more = " and further ones" if len(told) > _LINES_TOLD else ""
    count = "one byte, which was" if stray == 1 else f"{stray:,} bytes, which were"
    return (f"the file is UTF-8 but for {count} read as cp1252: see {', '.join(lines)}{more}",)


def refuse_markup(name: str, text: str) -> None:
    """Refuses text that starts as a page or document of another format does.

    Raises:
        NotATable: It is one.
    """
    start = text.lstrip("\ufeff \t\r\n").lower()
    if not start:
        raise NotATable(name, "is empty", "export the records again as CSV")
    for row in _signatures()["text"]:
        if start.startswith(tuple(row["begins"])):
            raise NotATable(name, row["what"], row["remedy"])


def _head(source: Source) -> bytes:
    try:
        with source.open() as stream:
            head = stream.read(HEAD)
    except OSError as error:
        reason = (error.strerror or "it is unreadable").lower()
        raise NotATable(source.name, f"cannot be read ({reason})", "check the path and its permissions") from error
    if not head.strip(b"\x00 \t\r\n"):
        raise NotATable(source.name, "is empty", "export the records again as CSV")
    return head


def _unmarked_utf_16(head: bytes) -> str | None:
    """UTF-16 without its mark: in Latin text every second byte is NUL, and hardly any other is."""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if max(even, odd) < MIN_UTF_16_SHARE * len(head) or min(even, odd) > MAX_CONTROL_SHARE * len(head):
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _refuse_binary(name: str, head: bytes, marked: str | None) -> None:
    for row in _signatures()["binary"]:
        if head.startswith(bytes.fromhex(row["hex"])):
            raise NotATable(name, row["what"], row["remedy"])
    if marked is not None and marked.startswith(("utf-16", "utf-32")):
        return
    controls = len(head) - len(head.translate(None, _CONTROLS))
    if head.count(0) > MAX_NUL_SHARE * len(head) or controls > max(MAX_CONTROLS, MAX_CONTROL_SHARE * len(head)):
        raise NotATable(name, "holds data that is no text", "export the records as CSV UTF-8")


def _first_that_reads(source: Source, names: tuple[str, ...]) -> str | None:
    """The first of the encodings in which every byte of the file means something; all are tried in one pass."""
    decoders = {name: codecs.getincrementaldecoder(name)("strict") for name in names}
    for piece, last in _pieces(source):
        for name in tuple(decoders):
            try:
                decoders[name].decode(piece, last)
            except UnicodeError:
                del decoders[name]
    return next(iter(decoders), None)


def _pieces(source: Source) -> Iterator[tuple[bytes, bool]]:
    with source.open() as stream:
        while piece := stream.read(PIECE):
            yield piece, False
    yield b"", True


@cache
def _signatures() -> dict[str, list[dict[str, Any]]]:
    return tomllib.loads(files(__package__).joinpath("signatures.toml").read_text(encoding="utf-8"))
