"""What an answer is worth, apart from what it says.

Rank decides which answer is in force: data before empty before error; among equals the later in the log.
"""

from decimal import Decimal
from enum import IntEnum
from typing import Any

from attrs import Factory, frozen


class Rank(IntEnum):
    """How much an answer is worth; a higher rank is never replaced by a lower one."""

    #: The provider said that it failed.
    ERROR = 1
    #: The provider looked and found nothing.
    EMPTY = 2
    DATA = 3


@frozen(kw_only=True)
class Reading:
    """An answer's body, understood: made by `enrichcore.fields`, used by decisions and projections."""

    rank: Rank
    #: Fields of `final_leads` (and further `person_*` / `company_*` facts) that the answer gives; no empty values.
    fields: dict[str, Any] = Factory(dict)
    #: Credits that the answer says were spent; None where it does not tell.
    credits: Decimal | None = None
    #: The provider's words, for an error answer.
    error: str = ""
