"""Mappings that cannot be written to, so that a frozen value holding one is frozen indeed."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


def unchanging(mapping: Mapping[K, V]) -> Mapping[K, V]:
    """A copy of the mapping that cannot be written to."""
    return MappingProxyType(dict(mapping))
