"""From capitals to small letters, also in Turkish, which has an I with a dot and one without, both large and small.

Which language it is, the other letters tell: only Turkish has a large I with a dot, or a G with a breve. An S with a cedilla is
Romanian as well, where I stands beside other vowels.
"""

import re

_SURELY_TURKISH = frozenset("\u0130\u011e")
_OF_BOTH, _ROMANIAN = "\u015e", frozenset("\u0162\u0218\u021a\u0102\u00c2\u00ce")
_NOT_TURKISH = re.compile("I[AEIOU]|[AEOU]I|\\b\u015e[^AEIOU\u00d6\u00dc\\W]")
_SMALL = str.maketrans({"I": "\u0131", "\u0130": "i"})


def is_turkish(text: str) -> bool:
    """Whether capitals are those of a Turkish name."""
    if not _SURELY_TURKISH.isdisjoint(text):
        return True
    return _OF_BOTH in text and _ROMANIAN.isdisjoint(text) and _NOT_TURKISH.search(text) is None


def lowered(text: str, *, turkish: bool) -> str:
    """The text in small letters."""
    return text.translate(_SMALL).lower() if turkish else text.lower()


def capitalised(text: str, *, turkish: bool) -> str:
    """The text with a capital first letter, the others as they are."""
    return ("\u0130" if turkish and text[:1] == "i" else text[:1].upper()) + text[1:]


def is_plain(name: str) -> bool:
    """Whether a name's letters tell nothing of how it is written: all small, or more capitals than an abbreviation has."""
    return name.islower() or (name.isupper() and sum(map(str.isalpha, name)) > _ABBREVIATION)


#: Letters of the longest abbreviations: "IBM", "ASML".
_ABBREVIATION = 4
