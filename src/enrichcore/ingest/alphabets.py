"""Which encoding makes words of a text's bytes: of those that every byte fits, the one whose words are of known languages.

A word fits an encoding when all its letters beyond ASCII are of one language's alphabet, its capitals stand where capitals do, and
no sign stands inside it that none of them has. "Jiøí" is of no language that cp1252 is for, while "Jiří" is Czech. So cp1252 is left
only for words that it cannot mean, and which the other encoding can, and kept where the two disagree about which those are:
a list of names from everywhere has words of several languages, but each word is of one. Scripts that have no alphabet are told
by charset-normalizer, which is not asked about any other: of short text in Latin letters it is wrong more often than right.
"""

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from attrs import frozen

#: Bytes of lines with signs beyond ASCII that are looked at.
MAX_SAMPLE = 1 << 16
#: So many times as many words must speak for another encoding as against it.
_OUTWEIGHS = 5
#: Of the words that the two encodings read differently, but for those that fit both, at least this share must speak for the other.
_SHARE = 0.2
#: And so many must be words in the other.
_FITTING = 0.7
_NOTHING = (0, False)
#: With more of its words unlike any language's, a text is asked about by script.
_STRANGE = 0.5
#: At least this share of such a text's bytes, beside commas and line breaks, is beyond ASCII.
_DENSE = 0.3

_BEYOND = re.compile(rb"[\x80-\xff]")
#: A word: letters, and whatever is beyond ASCII.
_TOKEN = re.compile("(?:[A-Za-z'\u2019\u02bc-]|[^\x00-\x7f\u00a0\u3000])+")
#: What stands around words, alone, or between the parts of one.
_BEFORE, _BEHIND = (
    "\u201c\u201e\u2018\u201a\u00ab\u00bf\u00a1\u2039\u00b5#",
    "\u201d\u201c\u2019\u2018\u00bb\u203a\u2026\u2122\u00ae\u00a9\u00b0\u00aa\u00ba\u00b2\u00b3",
)
_ALONE = frozenset("\u2013\u2014\u2022\u00b7\u20ac\u00a3\u00a5\u00a7\u00a9\u00ae\u2122\u2026\u00b0\u00b1\u00d7\u00ab\u00bb\u201c\u201d\u2018\u2019\u201e\u00bc\u00bd\u00be\u00b5\u00aa\u00ba\u00b2\u00b3\u00a1\u00bf")  # fmt: skip
_PARTS = re.compile("['\u2019\u2018\u02bc\u00b4\u00b7\u2010\u2011\u2013\u2014\u00ad-]")
#: Letters that are words of their own.
_WORDS_OF_ONE = frozenset("\u00e0\u00e1\u00e9\u00e8\u00ea\u00f3\u00f2\u00ed\u00e5\u00f6\u00f8\u00e6\u00fc\u00e4")
_SCRIPTS = ("cp932", "euc_jp", "gb18030", "big5", "cp949")


@frozen(kw_only=True)
class Family:
    """Languages that are written in the same encodings."""

    encodings: tuple[str, ...]
    #: The letters beyond ASCII of each.
    languages: tuple[frozenset[str], ...]
    #: Whether a word with one of them has no ASCII letter.
    alone: bool = False


def better_encoding(start: bytes, found: str) -> str | None:
    """The encoding that makes words of a text where the one found does not; None where that may stay.

    Args:
        start: The text's beginning.
        found: The encoding that was found, `cp1252` or `latin-1`.
    """
    lines = sample_of(start)
    if not lines:
        return None
    told = [_TOKEN.findall(line.decode(found, "replace")) for line in lines]
    strange = [[not _fits(token, _families()["western"]) for token in tokens if not token.isascii()] for tokens in told]
    words = [one for tokens in strange for one in tokens]
    if not any(words):
        return None
    weighed = [(_weight(lines, found, encoding, family), encoding) for encoding, family in _candidates()]
    # Of equal ones the first.
    weight, best = max(weighed, key=lambda pair: pair[0])
    if weight > _NOTHING:
        return best
    return _by_script(b"\n".join(lines)) if sum(words) >= _STRANGE * len(words) else None


def sample_of(start: bytes) -> list[bytes]:
    """The first lines of a text that have signs beyond ASCII."""
    sample: list[bytes] = []
    size = 0
    for line in start.splitlines():
        if size < MAX_SAMPLE and _BEYOND.search(line):
            sample.append(line[:MAX_SAMPLE])
            size += len(line)
    return sample


def _weight(lines: list[bytes], found: str, other: str, family: Family) -> tuple[int, bool]:
    """How many more words the other encoding makes, and whether all are of one language.

    Nothing where it spoils too many, or leaves too many strange.
    """
    made = spoiled = fitting = both = read = 0
    letters: set[str] = set()
    for line in lines:
        try:
            text = line.decode(other)
        except UnicodeDecodeError:
            return _NOTHING
        for before, after in zip(_parts(line.decode(found, "replace")), _parts(text), strict=True):
            if before == after:
                continue
            fits, fitted = _all_fit(after, family), _all_fit(before, _families()["western"])
            # A dash may stand between two words, or be the letter of one: half the letters of Spanish are signs in cp1252, and tell nothing here.
            read, fitting, both = read + 1, fitting + fits, both + (fits and fitted)
            made += fits and not fitted and _tells(after)
            spoiled += fitted and not fits
            letters.update(after.lower())
    if made <= _OUTWEIGHS * spoiled or made < _SHARE * (read - both) or fitting < _FITTING * read:
        return _NOTHING
    told = {letter for letter in letters if letter.isalpha() and not letter.isascii()}
    return made, any(told <= language for language in family.languages)


def _parts(text: str) -> list[str]:
    """The text between ASCII signs: single bytes of it are the same in every encoding, so two readings have as many parts."""
    return _ASCII_SIGNS.split(text)


_ASCII_SIGNS = re.compile(r"[\x00-&(-,./-@\[-`{-~]+")


def _all_fit(part: str, family: Family) -> bool:
    tokens = _TOKEN.findall(part)
    return bool(tokens) and all(_fits(token, family) for token in tokens)


def _tells(part: str) -> bool:
    """Whether a part is more than a letter, which may be anything; a sign alone, such as a dash, tells as well."""
    return len(part.strip()) > 1 or part.strip() in _ALONE


def _fits(token: str, family: Family) -> bool:
    """Whether a word may be one of the family's languages."""
    if token.isascii() or token in _ALONE:
        return True
    bare = token.lstrip(_BEFORE).rstrip(_BEHIND)
    return all(_is_word(part, family) for part in _PARTS.split(bare) if not part.isascii())


def _is_word(part: str, family: Family) -> bool:
    # Portuguese has this letter before an "e" only; in Hungarian text that was read as cp1252 it stands anywhere.
    letters = frozenset(letter for letter in part.lower().replace("\u00f5e", "e") if not letter.isascii())
    if not any(letters <= language for language in family.languages) or (
        family.alone and len(letters) < len(set(part.lower()))
    ):
        return False
    if len(part) == 1 and family is _families()["western"] and part.lower() not in _WORDS_OF_ONE:
        return False
    # A capital inside a word of small letters.
    return part.isupper() or not any(letter.isupper() and not letter.isascii() for letter in part[1:])


@cache
def _families() -> dict[str, Family]:
    told: dict[str, Any] = tomllib.loads(files(__package__).joinpath("alphabets.toml").read_text(encoding="utf-8"))
    return {
        name: Family(
            encodings=tuple(row["encodings"]),
            languages=tuple(frozenset(one) for one in row["languages"]),
            alone=row.get("alone", False),
        )
        for name, row in told.items()
    }


@cache
def _candidates() -> tuple[tuple[str, Family], ...]:
    return tuple((encoding, family) for family in _families().values() for encoding in family.encodings)


def _by_script(text: bytes) -> str | None:
    """The encoding of Chinese, Japanese or Korean text."""
    plain = text.translate(None, b',;\t\r\n" ')
    if len(_BEYOND.findall(plain)) < _DENSE * len(plain):
        return None
    # Imported where it is needed: most files are not of these.
    from charset_normalizer import from_bytes

    best = from_bytes(text, cp_isolation=list(_SCRIPTS)).best()
    return None if best is None or best.encoding not in _SCRIPTS else best.encoding
