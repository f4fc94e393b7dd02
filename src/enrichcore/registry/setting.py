"""What is known of one key of the configuration."""

from collections.abc import Mapping
from typing import Any

from attrs import Factory, frozen

from enrichcore.domain.pipeline import Kind
from enrichcore.registry.readers import Reader


@frozen(kw_only=True)
class Setting:
    """One key: how it is read, what it is by default, and what it means."""

    key: str
    reader: Reader
    meaning: str
    #: As a value of ours; None leaves the key out.
    default: Any = None
    #: Kinds of steps that have another default.
    default_of_kind: Mapping[Kind, Any] = Factory(dict)
    #: What the reference says of the default, where the value does not say it.
    default_note: str = ""
    #: Within the kinds that the key is for.
    required: bool = False
    #: The kinds of steps that the key is for.
    kinds: frozenset[Kind] = frozenset(Kind)

    def default_for(self, kind: Kind | None) -> Any:
        """The default for a kind of step."""
        return self.default if kind is None else self.default_of_kind.get(kind, self.default)
