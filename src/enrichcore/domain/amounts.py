"""How counts and credits are said to people, in one way everywhere: thousands separated, no needless zeros, and one of one."""

from decimal import Decimal
from typing import Final

#: Plurals that are not made by an s.
_PLURALS: Final = {"person": "people", "company": "companies"}


def amount(value: float | Decimal) -> str:
    """A number without needless zeros, with thousands separated: 1, 1,204 or 0.5."""
    # A float's shortest text is what people wrote; of a decimal no digit is lost.
    exact = value if isinstance(value, Decimal) else Decimal(str(value))
    return _without_zeros(f"{exact:,f}")


def exact(value: Decimal) -> str:
    """A decimal as programs take it: every digit, without needless zeros and separators."""
    return _without_zeros(f"{value:f}")


def counted(number: int, thing: str) -> str:
    """A number of things: `1 row`, `2 rows`, `1,204 people`.

    Args:
        number: how many.
        thing: one of them, such as `row`, `person` or `company`.
    """
    if number == 1:
        return f"1 {thing}"
    return f"{number:,} {_PLURALS.get(thing, f'{thing}s')}"


def credits_said(value: float | Decimal) -> str:
    """A sum of credits: `1 credit`, `0.5 credits`, `1,204 credits`."""
    said = amount(value)
    return f"{said} credit" if said == "1" else f"{said} credits"


def _without_zeros(text: str) -> str:
    short = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if short == "-0" else short
