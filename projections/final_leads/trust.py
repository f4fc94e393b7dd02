"""How far sources are trusted, and for how long: what a trusted source said long ago gives way to what an import newly tells."""

import json
from collections.abc import Mapping
from enum import IntEnum
from typing import Any, Final
from zlib import crc32

from enrichcore.normalize import folded


class Trust(IntEnum):
    """How far a source is trusted."""

    #: What the launch found in the import; it only fills what nothing else tells.
    LAUNCH = 0
    IMPORT = 1
    LOCAL = 2
    ANSWER = 3


#: What a step of trust weighs; what weighs less is a grade, and what weighs more goes before any trust.
PER_TRUST: Final = 10
_PER_CLASS: Final = 100
#: Made once: that takes longer than writing a short text.
_ENCODER: Final = json.JSONEncoder(sort_keys=True, default=str)


def trust_in(weight: int) -> int:
    """The trust that is part of a weight."""
    return weight % _PER_CLASS // PER_TRUST


def as_imported(weight: int) -> int:
    """What a weight would be if an import had told the same."""
    return weight - (trust_in(weight) - Trust.IMPORT) * PER_TRUST


def sum_of(value: Any) -> int:
    """Four bytes that tell a value from others, whatever letters and signs it is written in."""
    return crc32(_ENCODER.encode(_plain(value)).encode())


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return "".join(filter(str.isalnum, folded(value))) or value
    if isinstance(value, Mapping):
        return {name: _plain(part) for name, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, list | tuple) else value
