"""How counts, credits and durations are said to people, in one way everywhere: no needless zeros, and one of one.

And how credits that others tell are taken.
"""

from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final

#: Plurals that are not made by an s.
_PLURALS: Final = {"person": "people", "company": "companies"}
#: The largest first, so that a duration is said in the largest that divides it.
_UNITS: Final = {
    "day": timedelta(days=1),
    "hour": timedelta(hours=1),
    "minute": timedelta(minutes=1),
    "second": timedelta(seconds=1),
}
#: Credits above this are a fault, not a price.
MAX_CREDITS: Final = Decimal(1_000_000)
#: Digits after the point that are kept of a price: more than any has, and few enough that every sum of prices is exact.
_PLACES: Final = 10


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


def duration_said(duration: timedelta) -> str:
    """A duration in one unit: `1 day`, `6 hours`, `90 seconds`."""
    unit = next((unit for unit, size in _UNITS.items() if duration and not duration % size), "second")
    said = amount(duration / _UNITS[unit])
    return f"{said} {unit}" if said == "1" else f"{said} {unit}s"


def credits_told(value: Any) -> Decimal | None:
    """A number, or a text of one, as credits, rounded where it has needless digits; None where it is no price."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        told = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    if not told.is_finite() or not 0 <= told <= MAX_CREDITS:
        return None
    places = told.as_tuple().exponent
    return told if isinstance(places, int) and places >= -_PLACES else round(told, _PLACES)


def _without_zeros(text: str) -> str:
    short = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if short == "-0" else short
