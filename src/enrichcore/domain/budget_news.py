"""Whether it is news that a budget is spent: once for each time, however often somebody looks.

A budget that is spent stays so for hours or days while credits come and go: a row that is refused gives back what it
reserved, and another takes it at once. That is no news. It is when there was room in between: the budget was raised, its
period went by, or it was seen with room for a while.
"""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from attrs import evolve, frozen

#: Room that closes again within this time was none.
ROOM_FOR: Final = timedelta(minutes=10)


@frozen(kw_only=True)
class Look:
    """A budget, as somebody finds it."""

    budget_credits: Decimal
    #: Credits that are reserved, or were spent in the period.
    used: Decimal
    #: The first day that counts; None where all do.
    since: date | None
    at: datetime
    #: Whether that is so which people want to hear of.
    holds: bool


@frozen(kw_only=True)
class Told:
    """What people were told, with the last look that found it so."""

    look: Look
    #: How often they were told.
    times: int
    #: Whether it was so ever since, but for moments.
    holds: bool


def looked(told: Told | None, look: Look, freed: Decimal) -> Told | None:
    """What is to be remembered after a look; one more of `times` is news.

    Args:
        told: what is remembered; None before the first time.
        look: what is found now.
        freed: credits spent on days that counted at the last look that found it so, and do not now.
    """
    if told is None:
        return Told(look=look, times=1, holds=True) if look.holds else None
    if not look.holds:
        over = look.at - told.look.at >= ROOM_FOR
        return evolve(told, holds=told.holds and not over)
    anew = not told.holds or _had_room(told.look, look, freed)
    return Told(look=look, times=told.times + anew, holds=True)


def _had_room(before: Look, now: Look, freed: Decimal) -> bool:
    """Whether the budget grew, by hand or with time, beyond what was used of it: all that is used since was used anew."""
    grew = now.budget_credits > before.budget_credits or freed > 0
    return grew and before.used - freed < now.budget_credits
