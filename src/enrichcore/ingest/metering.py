"""How far a file has been read, in its own bytes: a million rows take minutes, and how many there are is known at the end only.

What is counted is the place in the file as it is on disk, so that a packed file and a workbook are told right, too.
"""

from collections.abc import Callable
from io import SEEK_END, SEEK_SET, BufferedReader, RawIOBase
from typing import Any, BinaryIO, Final

from attrs import define

#: Bytes that are asked of the file at a time.
PIECE: Final = 1 << 16


@define(kw_only=True, eq=False)
class Meter:
    """Where the latest reading of a file is."""

    #: Bytes of the file; 0 before it was opened.
    total: int = 0
    #: Bytes up to the place that was read last.
    done: int = 0


def metered(opened: Callable[[], BinaryIO], meter: Meter) -> Callable[[], BinaryIO]:
    """The same file, which tells the meter how far it was read; each opening begins anew."""
    return lambda: BufferedReader(_Metered(opened(), meter), PIECE)


class _Metered(RawIOBase):
    def __init__(self, stream: BinaryIO, meter: Meter) -> None:
        self._stream = stream
        self._meter = meter
        meter.total, meter.done = stream.seek(0, SEEK_END), 0
        stream.seek(0)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = SEEK_SET, /) -> int:
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()

    def readinto(self, buffer: Any, /) -> int:
        piece = self._stream.read(len(buffer))
        buffer[: len(piece)] = piece
        self._meter.done = self._stream.tell()
        return len(piece)

    def close(self) -> None:
        self._stream.close()
        super().close()
