"""What a cleaner said of a short text is remembered.

An answer's texts are asked about many times each, by every field that they may be, and names of companies, places and
dates come again in other answers.
"""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, TypeVar

#: Characters of a text that is remembered, and how many texts are: together they bound the memory of one cleaner.
MAX_CHARACTERS = 200
MAX_TEXTS = 4_096

R = TypeVar("R")


def remembered(clean: Callable[[Any], R]) -> Callable[[Any], R]:
    """A pure function of a value that remembers short texts; any other value is asked about anew."""
    ask = lru_cache(maxsize=MAX_TEXTS)(clean)

    @wraps(clean)
    def asked(value: Any, /) -> R:
        if type(value) is str and len(value) <= MAX_CHARACTERS:
            return ask(value)
        return clean(value)

    return asked
