"""Calling the function of a local step: whatever it does or gives, only its own row may suffer.

It works on a copy of what is known, so it can change nothing behind the events. What it gives is brought into the form
in which the log keeps it before anything is decided on it, so that living and replaying are the same; what the log could not
keep, or could not give back as it was, is refused here and not by a commit of five hundred items.
"""

from collections.abc import Callable, Mapping
from copy import deepcopy
from datetime import date, datetime, time
from decimal import Decimal
from math import isfinite
from typing import Any, Final
from uuid import UUID

from enrichcore.domain.words import holdable, words_of_error

#: Known facts in, facts that it adds or changes out.
LocalFunction = Callable[[Mapping[str, Any]], Mapping[str, Any]]

#: Deeper data is no fact of a lead, and decoders refuse it at depths of their own.
DEEPEST: Final = 50
#: Characters kept of why a function failed.
MOST_WORDS: Final = 1000
_LEAST, _MOST = -(2**63), 2**63 - 1
#: Kept as the text that says them.
_SAID: Final[tuple[tuple[type[Any], Callable[[Any], str]], ...]] = (
    (datetime, datetime.isoformat),
    (date, date.isoformat),
    (time, time.isoformat),
    (Decimal, str),
    (UUID, str),
)


class LocalFunctionFailed(Exception):
    """A local function raised, or gave what is no set of facts; in words for people."""


def call(name: str, function: LocalFunction, facts: Mapping[str, Any]) -> dict[str, Any]:
    """What a local function makes of the facts, as the log keeps it.

    Raises:
        LocalFunctionFailed: It raised, or gave no mapping of texts to what JSON can hold.
    """
    try:
        return _fields(function(deepcopy(dict(facts))))
    except _Unkept as error:
        raise LocalFunctionFailed(holdable(f"{name}: {error}")) from error
    except (
        Exception,
        SystemExit,
    ) as error:  # a user's function may raise anything; its row is marked, not the batch lost
        raise LocalFunctionFailed(holdable(f"{name}: {words_of_error(error)}")[:MOST_WORDS]) from error


class _Unkept(Exception):
    """What the log cannot keep, and where it is."""


def _fields(given: Any) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        raise _Unkept(f"it gave {_kind(given)} instead of a mapping of fields")
    return {key: _kept(value, key, DEEPEST) for key, value in _entries(given, "the result")}


def _kept(value: Any, place: str, depth: int) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _text(str.__str__(value), place)
    if isinstance(value, int):
        return _whole(int(value), place)
    if isinstance(value, float):
        return _fraction(float(value), place)
    if not depth:
        raise _Unkept(f"{place} is nested more than {DEEPEST} deep")
    if isinstance(value, Mapping):
        return {key: _kept(inner, f"{place}.{key}", depth - 1) for key, inner in _entries(value, place)}
    if isinstance(value, list | tuple):
        return [_kept(inner, place, depth - 1) for inner in value]
    for kind, say in _SAID:
        if isinstance(value, kind):
            return say(value)
    raise _Unkept(f"{place} is {_kind(value)}, which JSON cannot hold")


def _entries(values: Mapping[Any, Any], place: str) -> list[tuple[str, Any]]:
    for key in values:
        if not isinstance(key, str):
            raise _Unkept(f"{place} has {_kind(key)} as a key: {key!r}")
    return [(_text(str.__str__(key), f"a key of {place}"), value) for key, value in values.items()]


def _text(value: str, place: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise _Unkept(f"{place} holds half of a surrogate pair, which is no text") from None
    return value


def _whole(value: int, place: str) -> int:
    if not _LEAST <= value <= _MOST:
        raise _Unkept(f"{place} is a whole number of more than 64 bits")
    return value


def _fraction(value: float, place: str) -> float:
    if not isfinite(value):
        raise _Unkept(f"{place} is {value}, which JSON cannot hold")
    return value


def _kind(value: object) -> str:
    return f"a value of type {type(value).__name__}"
