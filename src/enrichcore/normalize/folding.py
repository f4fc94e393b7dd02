"""Folding of text for comparison: what people and providers write in several ways becomes one.

`Müller`, `Mueller` and `Muller` fold to the same text, in any case, width or composition. Folded text is for keys, never
for show. Scripts other than Latin keep their letters.
"""

import re
import unicodedata

#: Letters that Unicode does not decompose, after case-folding.
_LETTERS = str.maketrans({"ø": "o", "æ": "a", "œ": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "\u0131": "i"})
_MARKS = re.compile("[\u0300-\u036f]")
#: `ä` is written `ae`, `å` `aa`: both sides lose the second letter, whichever spelling they use.
_DIGRAPHS = re.compile("(?<=a)[ae]+|(?<=[ou])e+")


def folded(text: str) -> str:
    """The text without differences of case, width, accents and umlauts."""
    lowered = unicodedata.normalize("NFKC", text).casefold().translate(_LETTERS)
    bare = unicodedata.normalize("NFC", _MARKS.sub("", unicodedata.normalize("NFD", lowered))).translate(_LETTERS)
    return _DIGRAPHS.sub("", bare)


def folded_words(text: str) -> list[str]:
    """The words of a folded text, without punctuation; a sign for "and" is the word."""
    joined = re.sub(r"[&+]", " and ", re.sub(r"\b(\w)/(\w)\b", r"\1\2", folded(text)))
    bare = re.sub(r"[.'\u2019\u2018`\u00b4]", "", joined)
    return "".join(part if part.isalnum() or unicodedata.category(part)[0] == "M" else " " for part in bare).split()
