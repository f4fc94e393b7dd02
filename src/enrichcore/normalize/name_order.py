"""Full names whose family name does not stand last: in the letters of China, Japan and Korea, of Vietnam, and with a patronymic.

In their own letters Chinese, Japanese and Korean names begin with the family name (W3C, "Personal names around the world";
CLDR, `nameOrderLocales`: ja, ko, yue, zh). A system that joins first and last name writes them the other way round all the
same, and so does everybody with Vietnamese names. What the names themselves do not tell is left open.
"""

import re
import unicodedata
from functools import cache

from enrichcore.normalize.folding import folded
from enrichcore.normalize.known_names import only_first_names
from enrichcore.normalize.lists import entries, lines

_LETTERS = ("CJK ", "HANGUL ", "HIRAGANA ", "KATAKANA ", "IDEOGRAPHIC ")
#: What joins the words of a foreign name that is spelled in these letters.
_JOINERS = frozenset("\u00b7\u2027\u30fb\uff65")
#: Letters that only Vietnamese has: vowels with a horn, and a block of Unicode, without those of Igbo, Yoruba and Guarani.
_OF_VIETNAM = frozenset("ơư") | frozenset(map(chr, range(0x1EA0, 0x1EFA))) - frozenset("ọẹịụẽỹ")
#: Middle names that are no particles.
_MIDDLE_NAMES = frozenset({"van", "thi"})

#: What somebody is called after the father, in Russia and around it. Some last names of men end so, too.
_AFTER_FATHER = re.compile(
    r"\w*(?:[оейє]вич|овна|евна|[іїє]вна|ична|[oe]vna|[iy]vna|ichna|[oey]v[iy]ch)|(?:иль|фом|лук|кузьм|никит|савв)ич|il(?:y|i)?ich",
    re.IGNORECASE,
)
#: In Latin letters only a last name of Russia in front tells a patronymic from a last name: "Ivanov Ivan Ivanovich".
_OF_RUSSIA = re.compile(r"\w+(?:[oe]va?|enko|sk(?:y|iy|ii|aya|aia))", re.IGNORECASE)
#: Endings that last names of Russia share with those of other countries.
_MAYBE_OF_RUSSIA = re.compile(r"\w+(?:ina?|yna?|[uy]k|k[oh])", re.IGNORECASE)
#: No last name ends so.
_DAUGHTER = re.compile(r"\w+[eoiy]vna|\w+ichna", re.IGNORECASE)
_WITH_PATRONYMIC = 3

#: First and last name, each None where the order is in doubt.
Parts = tuple[str | None, str | None]

_UNSURE: Parts = (None, None)


def is_undivided(name: str) -> bool:
    """Whether a name is whole and has no part of its own for the first name: those of China, Japan and Korea in their letters."""
    return len(name) > 1 and _is_east_asian(name)


def joined_name(first: str, last: str) -> str:
    """A full name of its parts, the family name first where the letters are those of China, Japan and Korea."""
    return f"{last} {first}" if _is_east_asian(first) and _is_east_asian(last) else f"{first} {last}"


def is_initial(word: str) -> bool:
    """Whether a word is one letter for a name: a family name of China or Korea is one letter, too, and has no case."""
    letter = word.removesuffix(".")
    return len(letter) == 1 and letter.isalpha() and (letter != word or letter.lower() != letter.upper())


def parts_in_order(words: list[str]) -> Parts | None:
    """First and last name of a full name that is not ordered as in English; None for any other, and for one word."""
    if len(words) == 1:
        return None
    if all(map(_is_east_asian, words)):
        return _of_east_asia(words)
    return _with_patronymic(words) or _of_vietnam(words)


def is_of_any_order(words: list[str]) -> bool:
    """Whether the words of a full name are told in one order by some and in the other by others."""
    if len(words) == 1:
        return False
    ends = words[-1].casefold()
    is_of_vietnam = ends in _without_marks("+") or (ends in _family_names() and not ends.isascii())
    return is_of_vietnam or parts_in_order(words) is not None


def _with_patronymic(words: list[str]) -> Parts | None:
    """First name and patronymic, and last name, where three words have one patronymic that tells the order; else None."""
    if len(words) != _WITH_PATRONYMIC:
        return None
    last, first, end = words
    if _AFTER_FATHER.fullmatch(first):
        return f"{last} {first}", end
    is_sure = not end.isascii() or _OF_RUSSIA.fullmatch(last) or _DAUGHTER.fullmatch(end) or _tells_first(last, first)
    return (f"{first} {end}", last) if is_sure and _AFTER_FATHER.fullmatch(end) else None


def _tells_first(last: str, first: str) -> bool:
    """Whether of two words the latter is a first name, and the former one that may be a last name of Russia and is no first name."""
    known = only_first_names()
    return bool(_MAYBE_OF_RUSSIA.fullmatch(last)) and folded(first) in known and folded(last) not in known


def _is_east_asian(word: str) -> bool:
    return not word.isascii() and all(
        part in _JOINERS or unicodedata.name(part, "").startswith(_LETTERS) for part in word
    )


def _of_east_asia(words: list[str]) -> Parts:
    if len(words) != 2:  # noqa: PLR2004 - a family name and a first name
        return _UNSURE
    known = entries("family_names_of_east_asia")
    first, last = words
    if any(part in _JOINERS or unicodedata.name(part, "").startswith("KATAKANA LETTER") for part in first):
        # A foreign name, which is not turned round, or how a Japanese one is read.
        return _UNSURE
    if _is_hiragana(last) and not _is_hiragana(first):
        # Many first names are written so, and hardly any family name.
        return last, first
    begins, ends = first in known, last in known
    if _is_hangul(first):
        # A family name of two letters is rare, one of one letter is the rule: "민수 김" is turned round.
        if begins or not ends:
            return (last, first) if begins or len(first) == 1 else _UNSURE
        return first, last
    if begins and ends and len(first) != len(last):
        # 小林 is a family name of Japan and a first name of China, and so is 武 the other way round: "王 小林", "武 石田".
        return _UNSURE
    if begins:
        return last, first
    # "太郎 田中" is turned round; "小明 王" may be, and a Japanese "鷲見 林" is not.
    return (first, last) if ends and len(last) > 1 else _UNSURE


def _is_hangul(word: str) -> bool:
    return unicodedata.name(word[0], "").startswith("HANGUL ")


def _is_hiragana(word: str) -> bool:
    return all(unicodedata.name(part, "").startswith("HIRAGANA ") for part in word)


def _of_vietnam(words: list[str]) -> Parts | None:
    begins, ends = _family_names_at_ends(words)
    if begins and not ends:
        # Middle names are given names, as in a passport of Vietnam.
        return " ".join(words[1:]), words[0]
    if ends and not begins:
        is_middle = folded(words[-2]) in _MIDDLE_NAMES and not words[-2].islower()
        return (" ".join(words[:-1]), words[-1]) if is_middle else None
    return _UNSURE if begins else None


def _family_names_at_ends(words: list[str]) -> tuple[bool, bool]:
    """Whether the first and the last word are family names of Vietnam; neither, where the name may be one of elsewhere."""
    ends = words[0].casefold(), words[-1].casefold()
    family = _family_names()
    has_middle = len(words) > 2 and folded(words[1]) in _MIDDLE_NAMES and not words[1].islower()  # noqa: PLR2004
    whole = " ".join(words)
    if not whole.isascii() and (
        not _OF_VIETNAM.isdisjoint(whole.lower()) or any(name in family and not name.isascii() for name in ends)
    ):
        begins = ends[0] in family
        return begins, ends[1] in family and not (begins and has_middle)
    # Without its marks, a name is Vietnamese by words that mean nothing else.
    bare, telling, with_middle = (_without_marks(marks) for marks in ("", "+", "+*"))
    if has_middle and ends[0] in with_middle:
        return True, False
    return ends[0] in telling, ends[1] in (bare if ends[0] in telling else telling)


@cache
def _family_names() -> frozenset[str]:
    return frozenset(line.lstrip("+*") for line in lines("family_names_of_vietnam"))


@cache
def _without_marks(kinds: str) -> frozenset[str]:
    """The family names of some kinds, or all, without their marks."""
    rows = lines("family_names_of_vietnam")
    return frozenset(folded(row.lstrip("+*")) for row in rows if not kinds or row[0] in kinds)
