"""Which texts are types of companies, and how a code of one is spelled.

Under a key as common as `type` many other things stand: a page's network, a trade, whom a company sells to.
"""

import re
from functools import lru_cache

from enrichcore.fields.sources import words
from enrichcore.normalize import folded

#: A code of one word: "PARTNERSHIP". Shorter ones are abbreviations: "LLC", "IPO".
_CAPITALS = re.compile(r"[A-Z][A-Z-]{4,}")
_WORD = re.compile(r"[^\W_]+")


@lru_cache(maxsize=4_096)
def reads_like_a_type(text: str) -> bool:
    """Whether a text is a known type of companies, or has a word that only such types have."""
    told = " ".join(_WORD.findall(folded(text.replace(".", ""))))
    if told in words("company_types"):
        return True
    return any(f" {start}" in f" {told}" for start in words("type_words")) and not told.startswith("public relations")


def spelled(text: str) -> str:
    """A type in words: "Privately Held" for `PRIVATELY_HELD`; what is no code stays as it is."""
    is_code = ("_" in text and " " not in text) or _CAPITALS.fullmatch(text) is not None
    return text.replace("_", " ").title() if is_code else text
