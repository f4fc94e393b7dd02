"""How far sources are trusted, and for how long: what a trusted source said long ago gives way to what an import newly tells."""

from enum import IntEnum
from typing import Final


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


def trust_in(weight: int) -> int:
    """The trust that is part of a weight."""
    return weight % _PER_CLASS // PER_TRUST


def as_imported(weight: int) -> int:
    """What a weight would be if an import had told the same."""
    return weight - (trust_in(weight) - Trust.IMPORT) * PER_TRUST
