"""Bodies that come packed: a gateway on the way, or a sender's library, may do so by itself.

An answer is kept by what was packed, so that it can be read, matched and redriven like any other.
"""

import gzip
import zlib
from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from typing import Final

_MOST_LAYERS: Final = 3
#: What begins each of the parts that gzip may have. A body of nothing but empty ones would keep a thread for seconds.
_PART: Final = b"\x1f\x8b\x08"
_MOST_PARTS: Final = 1_000


def codings(headers: Sequence[tuple[bytes, bytes]]) -> list[str]:
    """How a request says that its body is packed, in the order in which that was done."""
    said = ",".join(value.decode("latin-1") for name, value in headers if name == b"content-encoding")
    named = [one.strip().lower() for one in said.split(",")]
    return [one for one in named if one not in {"", "identity"}]


def unpacked(body: bytes, packed: Sequence[str], most: int) -> bytes:
    """What was packed; the body as it is where that cannot be told.

    Args:
        body: as it came.
        packed: how, see `codings`.
        most: bytes that are unpacked; what is longer ends there.
    """
    if len(packed) > _MOST_LAYERS or not set(packed) <= set(_UNPACKING):
        return body
    inner = body
    try:
        for coding in reversed(packed):
            inner = _UNPACKING[coding](inner, most)
    except (OSError, EOFError, zlib.error):
        return body
    return inner


def _gunzipped(body: bytes, most: int) -> bytes:
    if body.count(_PART) > _MOST_PARTS:
        raise gzip.BadGzipFile
    with gzip.open(BytesIO(body)) as file:
        return file.read(most)


def _inflated(body: bytes, most: int) -> bytes:
    try:
        return _with_window(body, zlib.MAX_WBITS, most)
    except zlib.error:
        # Without the wrapper, as many send it.
        return _with_window(body, -zlib.MAX_WBITS, most)


def _with_window(body: bytes, bits: int, most: int) -> bytes:
    inflating = zlib.decompressobj(bits)
    found = inflating.decompress(body, most)
    if len(found) < most and not inflating.eof:
        raise EOFError
    return found


#: By what `Content-Encoding` names.
_UNPACKING: Final[Mapping[str, Callable[[bytes, int], bytes]]] = {
    "gzip": _gunzipped,
    "x-gzip": _gunzipped,
    "deflate": _inflated,
}
