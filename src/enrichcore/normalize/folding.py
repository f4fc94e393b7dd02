"""Folding of text for comparison: what people and providers write in several ways becomes one.

`Müller`, `Mueller` and `Muller` fold to the same text, in any case, width or composition. Folded text is for keys, never
for show. Scripts other than Latin keep their letters.
"""

import re
import unicodedata

from enrichcore.normalize.remembering import remembered

#: Letters that Unicode does not decompose, after case-folding.
_LETTERS = str.maketrans({"ø": "o", "æ": "a", "œ": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "\u0131": "i"})
_MARKS = re.compile("[\u0300-\u036f]")
_ONE_WORD = re.compile(r"\b(\w)/(\w)\b")
_AND = re.compile(r"[&+]")
_IN_WORDS = re.compile(r"[.'\u2019\u2018`\u00b4]")
#: `ä` is written `ae`, `å` `aa`: both sides lose the second letter, whichever spelling they use.
_DIGRAPHS = re.compile("(?<=a)[ae]+|(?<=[ou])e+")


@remembered
def folded(text: str) -> str:
    """The text without differences of case, width, accents and umlauts."""
    if text.isascii():
        return _DIGRAPHS.sub("", text.lower())
    lowered = unicodedata.normalize("NFKC", text).casefold().translate(_LETTERS)
    bare = unicodedata.normalize("NFC", _MARKS.sub("", unicodedata.normalize("NFD", lowered))).translate(_LETTERS)
    return _DIGRAPHS.sub("", bare)


def folded_words(text: str) -> list[str]:
    """The words of a folded text, without punctuation; a sign for "and" is the word."""
    plain = folded(text)
    joined = _AND.sub(" and ", _ONE_WORD.sub(r"\1\2", plain) if "/" in plain else plain)
    bare = _IN_WORDS.sub("", joined)
    if bare.isascii() and bare.replace(" ", "").isalnum():
        return bare.split()
    return "".join(part if part.isalnum() or unicodedata.category(part)[0] == "M" else " " for part in bare).split()
