"""The Python functions of local steps: found, checked, and loaded.

Apart from parsing, so that reading a configuration never runs a user's code.
"""

import tomllib
from collections.abc import Callable, Iterable, Mapping
from functools import reduce
from importlib import import_module
from types import MappingProxyType
from typing import Any

from enrichcore.domain.pipeline import Kind
from enrichcore.registry.at import At
from enrichcore.registry.errors import ConfigurationError, Fault
from enrichcore.registry.registry import Registry


class _UnloadableError(Exception):
    """Why a function cannot be loaded: problem and remedy."""


def check_functions(registry: Registry) -> tuple[Fault, ...]:
    """The functions of local steps that cannot be imported or called; imports their modules."""
    return _loaded(registry)[1]


def check_functions_in(text: str) -> tuple[Fault, ...]:
    """The same for a configuration that has other faults too, so that all are told at once; none where it is no TOML."""
    try:
        tree = tomllib.loads(text)
    except ValueError:
        return ()
    workstreams = tree.get("workstreams")
    named = [
        (slug, str(step.get("workflow")), step["function"])
        for slug, stream in (workstreams.items() if isinstance(workstreams, dict) else ())
        for step in (stream.get("steps") if isinstance(stream, dict) else None) or ()
        if isinstance(step, dict) and step.get("kind") == Kind.LOCAL and isinstance(step.get("function"), str)
    ]
    return _load_all(named)[1]


def why_unloadable(place: str) -> str:
    """Why a function, given as a step names it, cannot be loaded; empty where it can. Imports its module."""
    try:
        _load(place)
    except _UnloadableError as error:
        return str(error.args[0])
    return ""


def load_functions(registry: Registry) -> Mapping[str, Callable[..., Any]]:
    """Every local step's function, by its place as configured (`package.module:function`).

    Raises:
        ConfigurationError: Some cannot be imported or called; all of them are in it.
    """
    functions, faults = _loaded(registry)
    if faults:
        raise ConfigurationError(faults)
    return MappingProxyType(functions)


def _loaded(registry: Registry) -> tuple[dict[str, Callable[..., Any]], tuple[Fault, ...]]:
    return _load_all(
        (slug, step.workflow, step.function)
        for slug, workstream in registry.workstreams.items()
        for step in workstream.pipeline.steps
        if step.kind is Kind.LOCAL
    )


def _load_all(
    named: Iterable[tuple[str, str, str]],
) -> tuple[dict[str, Callable[..., Any]], tuple[Fault, ...]]:
    functions: dict[str, Callable[..., Any]] = {}
    faults: list[Fault] = []
    for slug, workflow, place in named:
        try:
            functions[place] = _load(place)
        except _UnloadableError as error:
            key = str(At() / "workstreams" / slug / "steps" / workflow / "function")
            problem, remedy = error.args
            faults.append(Fault(key=key, problem=problem, remedy=remedy))
    return functions, tuple(faults)


def _load(place: str) -> Callable[..., Any]:
    module_name, _, name = place.partition(":")
    try:
        module = import_module(module_name)
    except (Exception, SystemExit) as error:  # a user's module may raise anything at all while it is imported
        problem = f"module {module_name!r} cannot be imported ({type(error).__name__}: {error})"
        raise _UnloadableError(problem, "install it, or mend the name") from error
    try:
        function = reduce(getattr, name.split("."), module)
    except AttributeError as error:
        raise _UnloadableError(f"module {module_name!r} has no {name!r}", "mend the name") from error
    if not callable(function):
        raise _UnloadableError(f"{place!r} cannot be called", "name a function")
    return function
