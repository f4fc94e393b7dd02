"""What can be wrong with a configuration, and what is said about it.

The tree, by who must act::

    RegistryError
    ├── ConfigurationError          the operator: mend the file or the environment; carries every fault at once
    ├── ConfigurationExistsError    the operator: a file is in the way, nothing was written
    └── UnknownNameError            the caller: asked for something the configuration does not have
        ├── UnknownClientError
        ├── UnknownWorkstreamError
        └── UnknownWorkflowError

No text made here ever holds a secret or a webhook's URL.
"""

from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path

from attrs import frozen

from enrichcore.domain.amounts import counted

#: More names than these are not listed in a message.
NAMES_SHOWN = 20


@frozen(kw_only=True)
class Fault:
    """One thing that is wrong with a configuration."""

    #: Where: `clients.acme.webhooks.apollo_scrape.find_email.url`. A step goes by its workflow, or else by its number
    #: from 1 (`steps[2]`); a syntax error by its line (`line 7`); a fault of the whole file by the file's name.
    key: str
    #: What is wrong.
    problem: str
    #: What would be right.
    remedy: str

    def __str__(self) -> str:
        return f"{self.key}: {self.problem}; {self.remedy}"


class RegistryError(Exception):
    """The root of this package's errors."""

    #: Stable, for programs.
    code = "registry"


class ConfigurationError(RegistryError):
    """The configuration cannot be used; `faults` has all that is wrong with it."""

    code = "configuration"

    def __init__(self, faults: Iterable[Fault], path: Path | None = None) -> None:
        self.faults = tuple(faults)
        self.path = path
        super().__init__(self.faults, path)

    def __str__(self) -> str:
        name = self.path or "the configuration"
        return "\n".join([f"{counted(len(self.faults), 'fault')} in {name}:", *(f"  {fault}" for fault in self.faults)])


class ConfigurationExistsError(RegistryError):
    """A configuration is there already and was left as it is."""

    code = "configuration_exists"

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(path)

    def __str__(self) -> str:
        return f"{self.path} exists and was left as it is; move it away, or name another folder"


class UnknownNameError(RegistryError, LookupError):
    """The configuration has nothing by that name; `known` has the names that it has."""

    code = "unknown_name"
    #: What was asked for, in words.
    thing = "name"

    def __init__(self, name: str, known: Iterable[str]) -> None:
        self.name = name
        self.known = tuple(known)
        super().__init__(name, self.known)

    def __str__(self) -> str:
        return f"there is no {self.thing} {self.name!r}; {suggestion(self.name, self.known)}"


class UnknownClientError(UnknownNameError):
    """No client has that slug or uuid."""

    code = "unknown_client"
    thing = "client"


class UnknownWorkstreamError(UnknownNameError):
    """No workstream has that slug."""

    code = "unknown_workstream"
    thing = "workstream"


class UnknownWorkflowError(UnknownNameError):
    """The workstream has no such workflow (or, for a lane, none that is sent anywhere)."""

    code = "unknown_workflow"
    thing = "workflow"


def suggestion(name: str, known: Iterable[str]) -> str:
    """What the reader may have meant: the nearest known names, or else all of them."""
    names = tuple(known)
    if near := get_close_matches(name, names, n=1):
        return f"did you mean {near[0]}?"
    return f"known: {listed(names)}"


def listed(names: Iterable[str]) -> str:
    """Names as a text, cut after the first twenty."""
    every = tuple(names)
    rest = len(every) - NAMES_SHOWN
    return (", ".join(every[:NAMES_SHOWN]) + (f" and {rest} more" if rest > 0 else "")) or "none"
