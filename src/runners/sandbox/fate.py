"""What befalls one row: drawn from its own identity, not from the order of arrival.

A fate is a pure function of the seed, the row and how often the row was posted before. So a run repeated with the same
rows meets the same faults however its requests interleave, and a higher probability only adds rows to those it hits.
"""

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

from attrs import frozen

from .settings import FAULT_NAMES, Faults

_DRAW_BYTES = 4
_SCALE = 2 ** (8 * _DRAW_BYTES)
#: Draws beyond those of the faults.
_CHOICE, _JITTER = len(FAULT_NAMES), len(FAULT_NAMES) + 1

#: What tells rows apart, strongest first: the person, then the company.
PERSON_KEYS = ("person_linkedin_url", "person_email", "person_full_name", "person_id")
COMPANY_KEYS = ("company_domain", "company_linkedin_url", "company_name", "company_id")


@frozen(kw_only=True)
class Fate:
    """The faults that one POST meets, and the draws that go with them."""

    faults: frozenset[str]
    #: 0 to 1: which of several ways a fault takes.
    choice: float
    #: 0 to 1: the share of the jitter.
    jitter: float

    def __contains__(self, fault: str) -> bool:
        return fault in self.faults


def key_of(value: str) -> str:
    """A name, domain or profile address without what varies between exports: its last path segment, case-folded."""
    return value.strip().casefold().rstrip("/").rsplit("/", 1)[-1].removeprefix("www.")


def identity(payload: Mapping[str, Any]) -> str:
    """Whom a row is about: the strongest key of its person (where it has one) with that of its company."""
    return "|".join(_strongest(payload, keys) for keys in (PERSON_KEYS, COMPANY_KEYS))


def draw_fate(faults: Faults, *, seed: int, row: str, nth: int) -> Fate:
    """The fate of the `nth` POST of a row."""
    digest = blake2b(f"{seed}/{row}/{nth}".encode("utf-8", "surrogatepass"), digest_size=64).digest()
    draws = [
        int.from_bytes(digest[start : start + _DRAW_BYTES], "big") / _SCALE
        for start in range(0, len(digest), _DRAW_BYTES)
    ]
    hit = {name for name, draw in zip(FAULT_NAMES, draws, strict=False) if draw < getattr(faults, name)}
    return Fate(faults=frozenset(hit), choice=draws[_CHOICE], jitter=draws[_JITTER])


def _strongest(payload: Mapping[str, Any], keys: tuple[str, ...]) -> str:
    values = (payload.get(key) for key in keys)
    return next((key_of(value) for value in values if isinstance(value, str) and value.strip()), "")
