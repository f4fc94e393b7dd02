"""What a cleaner said of a short text is remembered.

An answer's texts are asked about many times each, by every field that they may be, and names of companies, places and
dates come again in other answers.
"""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

#: Characters of a text that is remembered, and how many texts are: together they bound the memory of one cleaner.
MAX_CHARACTERS = 200
MAX_TEXTS = 4_096

P = ParamSpec("P")
R = TypeVar("R")


def remembered(clean: Callable[Concatenate[Any, P], R]) -> Callable[Concatenate[Any, P], R]:
    """A pure function of a value that remembers short texts; any other value is asked about anew."""
    ask = lru_cache(maxsize=MAX_TEXTS)(clean)

    @wraps(clean)
    def asked(value: Any, /, *args: P.args, **kwargs: P.kwargs) -> R:
        if type(value) is str and len(value) <= MAX_CHARACTERS:
            return ask(value, *args, **kwargs)  # type: ignore[arg-type] # the arguments are texts and flags
        return clean(value, *args, **kwargs)

    return asked
