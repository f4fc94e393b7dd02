"""Words from outside and of errors, as every place that keeps them can hold them."""

import re
from typing import Final

#: PostgreSQL's text holds every character but 0; no encoding holds half of a surrogate pair.
_UNHELD: Final = re.compile("[\x00\ud800-\udfff]")


def holdable(words: str) -> str:
    """The words with U+FFFD in place of what no text in the store can hold: the character 0, and lone surrogates."""
    return _UNHELD.sub("\ufffd", words)


def words_of_error(error: BaseException) -> str:
    """What went wrong, with the kind of the error first."""
    try:
        words = str(error)
    except Exception:  # noqa: BLE001 - an exception whose words raise has none
        words = "it cannot say why"
    return f"{type(error).__name__}: {words}"
