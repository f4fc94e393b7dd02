"""Where a command's output goes: standard output, or a file."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def opened(out: Path | None) -> Iterator[BinaryIO]:
    """Standard output, or a file that appears under its name only when it is whole.

    Raises:
        OSError: The file cannot be written; it has the name that was asked for.
    """
    if out is None:
        yield sys.stdout.buffer
        return
    if out.exists() and not out.is_file():
        with out.open("wb") as device:
            yield device
        return
    beside = out.with_name(f".{out.name}.partial")
    try:
        with beside.open("wb") as stream:
            yield stream
        beside.replace(out)
    except OSError as error:
        if error.filename == str(beside):
            # Nobody knows the name under which it is written until it is whole.
            error.filename = str(out)
        raise
    finally:
        beside.unlink(missing_ok=True)
