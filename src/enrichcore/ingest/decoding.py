"""From bytes to text: which encoding a file is in, or that it is no text at all.

The ladder is byte order mark, strict UTF-8, cp1252, latin-1. It looks at every byte of the file, a piece at a time,
because one byte near the end can rule an encoding out, and statistics misjudge short cp1252 text. Three steps are between:
UTF-16 without its mark is known by its NUL bytes; UTF-8 into which a few bytes of cp1252 were pasted stays UTF-8, since
reading it as cp1252 would spoil every other name; and what Excel calls "CSV (Macintosh)" and "CSV (MS-DOS)" is told from
cp1252 where that makes no words of it and the other does.
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
_FIRST_STRAY, _LAST_STRAY = 0xDC80, 0xDCFF
_STRAY = {0xDC00 + byte: bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(0x80, 0x100)}
_BEYOND_ASCII = re.compile("[^\x00-\x7f]")
#: Encodings of Macintosh and DOS, as Excel still writes them, in the order in which a tie is settled.
_OLDER = ("cp850", "mac-roman")
#: Fewer bytes beyond ASCII say nothing of an encoding.
_FEWEST_SIGNS = 3
#: Of the characters beyond ASCII, so many must be odd in one reading, and at most so many in the other.
_ODD, _PLAIN = 0.4, 0.05
_BEYOND = bytes(range(0x80, 0x100))
#: What stands inside words beside letters.
_IN_WORDS = "\u2018\u2019\u00b4\u00b7\u2010\u2011\u2013\u00ad\ufeff\u00aa\u00ba"
_LADDER = ("utf-8", "cp1252", "latin-1")
_CONTROLS = bytes(range(1, 9)) + bytes(range(14, 27)) + bytes(range(28, 32)) + b"\x7f"


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

    #: A codec name: `utf-8`, `utf-8-sig`, `utf-16`, `utf-16-le`, `utf-16-be`, `utf-32`, `cp1252`, `latin-1`, `cp850` or
    #: `mac-roman`.
    name: str
    #: Bytes at the start that are skipped: a UTF-8 mark before text that is not UTF-8.
    skip: int = 0
    #: Whether single bytes of cp1252 are in UTF-8 text; `mended` reads them.
    stray: bool = False

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
    if found != "utf-8" and _is_mostly_utf_8(source):
        return Encoding(name="utf-8", skip=skip, stray=True)
    return Encoding(name=_older(source, found or "latin-1"), skip=skip)


def _older(source: Source, found: str) -> str:
    """The encoding of an old system where the one found makes no words of the file's first letters, and that one does."""
    if found not in {"cp1252", "latin-1"}:
        return found
    with source.open() as stream:
        start = stream.read(PIECE)
    if len(start) - len(start.translate(None, _BEYOND)) < _FEWEST_SIGNS or _oddness(start, found) < _ODD:
        return found
    oddness, older = min((_oddness(start, one), one) for one in _OLDER)
    return older if oddness <= _PLAIN else found


def _oddness(start: bytes, name: str) -> float:
    """The share of the characters beyond ASCII that no word has where they stand."""
    text = start.decode(name, "replace")
    signs = [found.start() for found in _BEYOND_ASCII.finditer(text)]
    odd = sum(_is_odd(text[max(place - 1, 0) : place], text[place], text[place + 1 : place + 2]) for place in signs)
    return odd / len(signs)


def _is_odd(before: str, sign: str, after: str) -> bool:
    """Whether a character cannot stand between these: a capital in a word, a symbol in one, or no character at all."""
    if sign.isalpha():
        return sign.isupper() and before.isascii() and before.islower()
    inside = before.isalpha() and after.isalpha()
    return (inside and sign not in _IN_WORDS) or (not sign.isprintable() and not sign.isspace())


def _is_mostly_utf_8(source: Source) -> bool:
    """Whether more characters of the file are UTF-8 than bytes of it are not; text in cp1252 has hardly any by chance."""
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    characters = stray = 0
    for piece, last in _pieces(source):
        text = decoder.decode(piece, last)
        beyond = _BEYOND_ASCII.findall(text)
        strange = sum(_FIRST_STRAY <= ord(character) <= _LAST_STRAY for character in beyond)
        characters, stray = characters + len(beyond) - strange, stray + strange
    return characters > stray


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
