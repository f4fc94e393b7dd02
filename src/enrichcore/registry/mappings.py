"""Mappings that cannot be written to, so that a frozen value holding one is frozen indeed."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any


def unchanging(mapping: Mapping[Any, Any]) -> Mapping[Any, Any]:
    """A copy of the mapping that cannot be written to."""
    return MappingProxyType(dict(mapping))
