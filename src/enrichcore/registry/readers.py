"""Readers: each turns one TOML value into ours, or says what is wrong with it and what would be right.

A reader never shows what it was given: it hands the value back in `Trouble`, and `shown` decides whether it may be
seen. What came from the environment is a `FromEnvironment` and is never shown; neither is anything read as a secret.
"""

import re
from collections.abc import Callable, Iterable
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Self, TypeVar
from uuid import UUID

from attrs import evolve, field, frozen

from enrichcore.domain.pipeline import Condition, Presence
from enrichcore.registry.errors import suggestion
from enrichcore.registry.lead_fields import field_fault
from enrichcore.registry.secret import Secret

SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")
DURATION = re.compile(r"([0-9]{1,8})\s*([smhd])")
CONDITION = re.compile(r"\s*(\S+)\s+is\s+(\S+)\s*")
FUNCTION = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*")
#: Largest first, so that a duration is written with the largest unit that divides it.
UNITS = {
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
}
ZERO = timedelta()
#: Credits are counted to this.
FINEST = Decimal("0.000001")
LONGEST_SHOWN = 60
LARGEST_SHOWN = 10**15

E = TypeVar("E", bound=StrEnum)
K = TypeVar("K", str, int)


class FromEnvironment(str):
    """A text that came from the environment: used, but never shown."""

    __slots__ = ("variable",)
    variable: str

    def __new__(cls, text: str, variable: str) -> Self:
        """The text, with the name of its variable."""
        made = super().__new__(cls, text)
        made.variable = variable
        return made


@frozen(kw_only=True)
class Trouble:
    """What a reader has against a value."""

    #: NOTHING where the problem speaks for itself.
    value: Any
    #: As a predicate: "is not a duration".
    problem: str
    remedy: str
    #: Where inside the value, for lists and tables.
    within: tuple[str | int, ...] = ()


class UnreadableError(Exception):
    """A reader could not take the value; lists all it has against it."""

    def __init__(self, *troubles: Trouble) -> None:
        self.troubles = troubles
        super().__init__(*troubles)


@frozen(kw_only=True)
class Reader:
    """One kind of value that a key may have."""

    #: What the reference calls it.
    type_name: str
    #: Returns the value as ours; raises `UnreadableError`.
    read: Callable[[Any], Any] = field(repr=False)
    #: Whether what is given must never be shown.
    secret: bool = False
    #: Tables that are read on their own later; nothing in them is resolved here.
    nested: bool = False


def unreadable(value: Any, problem: str, remedy: str) -> UnreadableError:
    """The error for a value with one thing wrong with it."""
    return UnreadableError(Trouble(value=value, problem=problem, remedy=remedy))


def shown(value: Any, *, secret: bool) -> str:
    """How a fault names a value: its text, unless it may be a secret."""
    if isinstance(value, FromEnvironment):
        return f"the value of {value.variable}"
    if isinstance(value, dict | list):
        return "a table" if isinstance(value, dict) else "a list"
    if secret:
        return "the given value"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int) and abs(value) > LARGEST_SHOWN:
        return "so large a number"
    if isinstance(value, str):
        return repr(value if len(value) <= LONGEST_SHOWN else value[:LONGEST_SHOWN] + "...")
    return str(value)[:LONGEST_SHOWN]


def read_text(value: Any, *, longest: int = 500) -> str:
    """A text of one line that is not blank, without blanks around it."""
    if not isinstance(value, str):
        raise unreadable(value, "is not a text", "put it in quotes")
    if not value.strip():
        raise unreadable(value, "is empty", "give a text")
    if len(value) > longest:
        raise unreadable(value, "is too long", f"give at most {longest} characters")
    if not value.isprintable():
        raise unreadable(
            value, "has characters that cannot be printed", "remove line ends, tabs and control characters"
        )
    return str(value).strip()


def text(type_name: str = "text", *, longest: int = 500) -> Reader:
    """A text of one line."""
    return Reader(type_name=type_name, read=lambda value: read_text(value, longest=longest))


def read_slug(value: Any) -> str:
    """A name that fits into URLs, tables and lane names."""
    name = read_text(value)
    if not SLUG.fullmatch(name):
        raise unreadable(
            value, "is not a name", "use 1 to 63 letters, digits, _ and -, starting with a letter or digit"
        )
    return name


SLUGS = Reader(type_name="name", read=read_slug)


def one_of(words: type[E]) -> Reader:
    """One word of an enumeration."""
    names = tuple(str(word) for word in words)

    def read(value: Any) -> E:
        if isinstance(value, str) and value in names:
            return words(str(value))
        hint = "" if isinstance(value, FromEnvironment) else _nearest(value, names)
        raise unreadable(value, "is not one of the words for this", f"use {' or '.join(map(_quoted, names))}{hint}")

    return Reader(type_name=" | ".join(map(_quoted, names)), read=read)


def _nearest(value: Any, names: Iterable[str]) -> str:
    hint = suggestion(value, names) if isinstance(value, str) else ""
    return f"; {hint}" if hint.startswith("did you mean") else ""


def _quoted(word: str) -> str:
    return f'"{word}"'


def _number(value: Any) -> int | Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal | float):
        raise unreadable(value, "is not a number", "give a number, without quotes")
    number = Decimal(repr(value)) if isinstance(value, float) else value
    if isinstance(number, Decimal) and not number.is_finite():
        raise unreadable(value, "is not a finite number", "give a number")
    return number


def whole(least: int, most: int) -> Reader:
    """A whole number within bounds, both inclusive."""

    def read(value: Any) -> int:
        number = _number(value)
        if not isinstance(number, int):
            raise unreadable(value, "is not a whole number", f"give a whole number from {least} to {most}")
        if not least <= number <= most:
            raise unreadable(value, "is out of bounds", f"give a whole number from {least} to {most}")
        return number

    return Reader(type_name=f"whole number, {least} to {most}", read=read)


def decimal(least: int, most: int) -> Reader:
    """An exact number within bounds, both inclusive."""

    def read(value: Any) -> Decimal:
        number = _number(value)
        if not least <= number <= most:
            raise unreadable(value, "is out of bounds", f"give a number from {least} to {most}")
        if number != Decimal(number).quantize(FINEST):
            raise unreadable(value, "is too fine", "give at most 6 digits after the point")
        return Decimal(number)

    return Reader(type_name=f"number, {least} to {most}", read=read)


def pace(most: int) -> Reader:
    """A number a second, above 0."""
    slowest = Decimal("0.001")

    def read(value: Any) -> float:
        number = _number(value)
        if not slowest <= number <= most:
            raise unreadable(value, "is out of bounds", f"give a number from {slowest} to {most}")
        return float(number)

    return Reader(type_name=f"number, {slowest} to {most}", read=read)


def duration_text(duration: timedelta) -> str:
    """A duration as the file writes it, in the largest unit that divides it: `6h`."""
    unit = next((unit for unit, size in UNITS.items() if duration and duration % size == ZERO), "s")
    return f"{duration // UNITS[unit]}{unit}"


def duration(least: timedelta, most: timedelta) -> Reader:
    """A duration within bounds, both inclusive."""
    bounds = f"{duration_text(least)} to {duration_text(most)}"

    def read(value: Any) -> timedelta:
        found = DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
        if not found:
            raise unreadable(value, "is not a duration", 'write a whole number and a unit: "90s", "15m", "6h" or "30d"')
        given = int(found[1]) * UNITS[found[2]]
        if not least <= given <= most:
            raise unreadable(value, "is out of bounds", f"give a duration from {bounds}")
        return given

    return Reader(type_name=f"duration, {bounds}", read=read)


def read_condition(value: Any) -> Condition:
    """A condition on one known field: `person_email is missing`."""
    remedy = 'write "FIELD is missing" or "FIELD is known", such as "person_email is missing"'
    found = CONDITION.fullmatch(value) if isinstance(value, str) else None
    if not found or found[2] not in tuple(Presence):
        raise unreadable(value, "is not a condition", remedy)
    if fault := field_fault(found[1]):
        raise unreadable(value, "asks for a field that no lead has", fault)
    return Condition(field=found[1], presence=Presence(found[2]))


CONDITIONS = Reader(type_name='"FIELD is missing" or "FIELD is known"', read=read_condition)


def read_function(value: Any) -> str:
    """The place of a Python function: `package.module:function`."""
    name = read_text(value)
    if not FUNCTION.fullmatch(name):
        raise unreadable(value, "is not the place of a function", 'write "package.module:function"')
    return name


FUNCTIONS = Reader(type_name='"package.module:function"', read=read_function)


def read_uuid(value: Any) -> UUID:
    """A uuid in any of its usual spellings."""
    try:
        return UUID(read_text(value))
    except ValueError:
        remedy = "make one with: python -c 'import uuid; print(uuid.uuid4())'"
        raise unreadable(value, "is not a uuid", remedy) from None


UUIDS = Reader(type_name="uuid", read=read_uuid)


def read_header_text(value: Any) -> str:
    """A text that an HTTP header can carry."""
    word = read_text(value, longest=4000)
    if not word.isascii():
        raise unreadable(value, "cannot be sent in an HTTP header", "use only ASCII letters, digits and signs")
    return word


def read_secret(value: Any) -> Secret:
    """A secret that an HTTP header can carry."""
    return Secret(read_header_text(value))


SECRET = Reader(type_name="secret", read=read_secret, secret=True)


def each(value: list[Any], read: Callable[[Any], Any]) -> tuple[Any, ...]:
    """Every entry read, with the troubles of all of them."""
    return tuple(each_value(dict(enumerate(value, 1)), read).values())


def each_value(entries: dict[K, Any], read: Callable[[Any], Any]) -> dict[K, Any]:
    """Every value of a table read, with the troubles of all of them."""
    done: dict[K, Any] = {}
    troubles: list[Trouble] = []
    for key, entry in entries.items():
        try:
            done[key] = read(entry)
        except UnreadableError as error:
            troubles.extend(_inside(key, trouble) for trouble in error.troubles)
    if troubles:
        raise UnreadableError(*troubles)
    return done


def _inside(key: str | int, trouble: Trouble) -> Trouble:
    return evolve(trouble, within=(key, *trouble.within))


def read_secrets(value: Any) -> tuple[Secret, ...]:
    """One secret, or a list of them; each once."""
    if not isinstance(value, list):
        return (read_secret(value),)
    if not value:
        raise unreadable(value, "is empty", "give at least one secret")
    return tuple(dict.fromkeys(each(value, read_secret)))


SECRETS = Reader(type_name="secret or list of secrets", read=read_secrets, secret=True)


def read_tables(value: Any) -> list[Any]:
    """A list whose tables are read later."""
    if not isinstance(value, list):
        raise unreadable(value, "is not a list of tables", "write each as [[workstreams.NAME.steps]]")
    return value


def read_table_of_tables(value: Any) -> dict[str, Any]:
    """A table whose content is read later."""
    if not isinstance(value, dict):
        raise unreadable(value, "is not a table", "write [clients.NAME.webhooks.WORKSTREAM.WORKFLOW]")
    return value


TABLES = Reader(type_name="list of tables", read=read_tables, secret=True, nested=True)
NESTED = Reader(type_name="tables", read=read_table_of_tables, secret=True, nested=True)
