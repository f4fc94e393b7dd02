"""Wrong use in the words of this product: what Typer's validators say of a value, said again for people.

Typer checks values with pydantic, whose sentences ("Input should be a valid UUID, invalid character: ...") are for
programmers. What is not known here stays as it is said.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

#: What an id looks like, for those who typed something else.
_AN_ID: Final = "0b9c6a52-8c1e-4b8e-9a43-4f6e9d1a7c10"
_PREFIX: Final = "Value error, "


def reword(error: BaseException) -> None:
    """Give an error of Typer's its text in our words, where it is one of a value that does not fit."""
    found = getattr(error.__cause__, "errors", None)
    if hasattr(error, "message") and callable(found) and (faults := found()):
        error.message = wording(faults[0])


def wording(fault: Mapping[str, Any]) -> str:
    """A fault that pydantic found, as a sentence.

    Args:
        fault: one of `ValidationError.errors()`: `type`, `msg`, `input` and, for limits, `ctx`.
    """
    say = _WORDS.get(str(fault.get("type")))
    said = str(fault.get("msg", "")) if say is None else say(f"'{fault.get('input')}'", fault.get("ctx", {}))
    return said.removeprefix(_PREFIX)


#: How each kind of fault is said: of the value as it was typed, and of the limits that it breaks.
_WORDS: Final[dict[str, Callable[[str, Mapping[str, Any]], str]]] = {
    "uuid_parsing": lambda value, _: f"{value} is no id; one looks like {_AN_ID}",
    "uuid_type": lambda value, _: f"{value} is no id; one looks like {_AN_ID}",
    "int_parsing": lambda value, _: f"{value} is not a whole number",
    "int_from_float": lambda value, _: f"{value} is not a whole number",
    "float_parsing": lambda value, _: f"{value} is not a number",
    "bool_parsing": lambda value, _: f"{value} is neither yes nor no",
    "greater_than_equal": lambda value, limits: f"{value} is too small: give {limits.get('ge')} or more",
    "greater_than": lambda value, limits: f"{value} is too small: give more than {limits.get('gt')}",
    "less_than_equal": lambda value, limits: f"{value} is too large: give {limits.get('le')} or less",
    "less_than": lambda value, limits: f"{value} is too large: give less than {limits.get('lt')}",
}
