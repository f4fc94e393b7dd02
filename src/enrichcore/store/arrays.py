"""Columns of rows as PostgreSQL arrays, in the binary format of its wire protocol.

psycopg adapts a list element by element, asking for each what it is. Here a whole column has one type, known beforehand:
a commit of five hundred rows has forty such columns, and encoding them so takes less than half the time
(`docs/decisions/0017`). The format is that of `array_recv` and of each element type's `recv` function in PostgreSQL's source.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from struct import Struct
from typing import Any, Final
from uuid import UUID

from psycopg.adapt import Dumper
from psycopg.pq import Format

_ARRAY: Final = Struct("!iiIii").pack
_EMPTY: Final = Struct("!iiI").pack
_LENGTH: Final = Struct("!i").pack
_INT2: Final = Struct("!ih").pack
_INT4: Final = Struct("!ii").pack
_INT8: Final = Struct("!iq").pack
_NULL: Final = _LENGTH(-1)
_UUID: Final = _LENGTH(16)
_BOOLS: Final = {True: b"\0\0\0\1\1", False: b"\0\0\0\1\0"}
#: PostgreSQL counts microseconds since then.
_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class Column(bytes):
    """A column, encoded; its type is that which the statement casts its parameter to."""


class ColumnDumper(Dumper):
    """Hands psycopg a column as it is; to be registered for `Column`."""

    format = Format.BINARY
    oid = 0

    def dump(self, obj: Column) -> bytes:
        """The same bytes."""
        return obj


def column(kind: str, values: Sequence[Any]) -> Column:
    """Values, or None for NULL, as an array.

    Args:
        kind: the elements' type: one of `KINDS`.
        values: of the Python type that fits: UUID, int, str, bytes, bool, or a datetime with its time zone.
    """
    oid, encode = KINDS[kind]
    if not values:
        return Column(_EMPTY(0, 0, oid))
    return Column(_ARRAY(1, 1, oid, len(values), 1) + b"".join(encode(values)))


def _uuids(values: Iterable[UUID | None]) -> list[bytes]:
    return [_NULL if value is None else _UUID + value.int.to_bytes(16, "big") for value in values]


def _numbers(pack: Callable[[int, int], bytes], size: int) -> Callable[[Iterable[int | None]], list[bytes]]:
    return lambda values: [_NULL if value is None else pack(size, value) for value in values]


def _texts(values: Sequence[str | None]) -> list[bytes]:
    # Five hundred rows have few states, workflows and amounts between them.
    distinct = list(dict.fromkeys(values))
    known = dict(zip(distinct, _bytes(None if value is None else value.encode() for value in distinct), strict=True))
    return [known[value] for value in values]


def _bytes(values: Iterable[bytes | None]) -> list[bytes]:
    return [_NULL if value is None else _LENGTH(len(value)) + value for value in values]


def _bools(values: Iterable[bool | None]) -> list[bytes]:
    return [_NULL if value is None else _BOOLS[value] for value in values]


def _times(values: Iterable[datetime | None]) -> list[bytes]:
    return [_NULL if value is None else _INT8(8, (value - _EPOCH) // _MICROSECOND) for value in values]


#: Element types by name, with their fixed object ids and how they are encoded.
KINDS: Final[Mapping[str, tuple[int, Callable[[Any], list[bytes]]]]] = {
    "uuid": (2950, _uuids),
    "int2": (21, _numbers(_INT2, 2)),
    "int4": (23, _numbers(_INT4, 4)),
    "text": (25, _texts),
    "bytea": (17, _bytes),
    "bool": (16, _bools),
    "timestamptz": (1184, _times),
}
