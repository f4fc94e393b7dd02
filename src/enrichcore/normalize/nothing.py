"""Cleaning of text, and the many ways in which the outside world says "nothing".

Every cleaner goes through `clean_text`, so that no way of saying nothing can reach a field: providers write null, "N/A",
"Funding unknown", or a finished sentence such as "No person found". Cleaned text can be stored anywhere: it holds no
control characters and no lone surrogates.
"""

import html
import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import cache
from itertools import pairwise
from typing import Any

from enrichcore.normalize.lists import entries, lines
from enrichcore.normalize.remembering import remembered

#: Characters of a text that are looked at; the rest is cut off.
MAX_CHARACTERS = 100_000
#: Levels of lists and mappings that are searched for something.
MAX_DEPTH = 8
#: A sentence that says nothing is shorter than this; longer ones are prose.
MAX_SENTENCE = 160
#: Words of a text that may be made of nothing else than words that say nothing.
MAX_WORDS = 14
#: Times that entities are unescaped: exports of exports escape twice.
MAX_UNESCAPES = 5
#: Numbers above this are no facts about people or companies, and slow to print.
MAX_NUMBER = 10**30

#: Words that say nothing together, too.
_NO_WORDS = frozenset({"null", "undefined", "none", "n/a", "unknown", "nan", "nil"})

#: Keys that say how a request went, not what it found.
STATUS_KEYS = frozenset({"status", "state", "message", "metadata", "success", "ok", "code", "reason"})

_INVISIBLE = re.compile(
    # Controls other than tab and line breaks, lone surrogates, soft hyphen, zero-width and direction marks, non-characters.
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb"
    "\ufffe\uffff\ud800-\udfff]"
)
#: Joiners mean something between letters beyond Latin (Persian, Indic, emoji) and are dirt everywhere else.
_STRAY_JOINER = re.compile("(?<![^\x00-\u024f])[\u200c\u200d]|[\u200c\u200d](?![^\x00-\u024f])")
#: Bytes of UTF-8 that were once read as cp1252 or latin-1: "Ã©", "â€™".
_MISREAD = re.compile(
    "[\u00c2-\u00f4][\x80-\xbf\u20ac\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u017d\u2018\u2019\u201c\u201d"
    "\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u017e\u0178]"
)
#: Letters of mathematical alphabets, which people decorate their names with.
_STYLED = re.compile("[\u2102-\u2139\U0001d400-\U0001d7ff]")
_LINE_BREAK = re.compile("\r\n|[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_BLANK_LINES = re.compile("\n{3,}")

#: What stands around a word that says nothing: "None.", "(not provided)", "*N/A*".
_AROUND = " .!?,;:*_-()[]<>\"'"
_ENDS = frozenset(_AROUND)
_WORD = re.compile(r"\w")
_SIGNS_TO_SPACES = str.maketrans(dict.fromkeys('.,;:!?_-\u2013\u2014()[]<>{}*"|', " "))
#: Between several of them: "unknown/not disclosed".
_SEPARATORS = frozenset(",;|/&+")
_BETWEEN = re.compile(r"[,;|/&+]")
_FAILURE_SIGN = re.compile("^[❌✖✗✘⛔🚫]")
_LEADING_SIGNS = re.compile(r"^[^\w(]+")
_FOUND = (
    r"(?:found|available|returned|identified|detected|provided|matched|discovered|located|determined|disclosed|specified"
    r"|listed|mentioned|stated|verified|publicly (?:available|disclosed|known|listed))"
)
_FIELD = (
    r"(?:position|title|role|job|employer|e-?mails?|website|domain|linkedin|funding|revenue|data|information|info|location"
    r"|description|summary|headline|technolog(?:y|ies)|industry|results?|match(?:es)?|headquarters|name|phone|number)"
)
#: Every sentence that says nothing, and every word that does so with others, holds one of these. Asking for them first spares
#: most texts the search for sentences, which takes longer than all the rest.
_HINT = re.compile(
    r"no|n['\u2019]t|n/a|un[adscke]|fail|nan|nil|null|empty|as an ai|kein|nich|aucun|sin |n\u00e3o|nao|nenhum|sem |geen|niet|nessun|ing[ae]"
    r"|ikke|brak|nie|\u043d\u0435"
)
#: As the hints, and apart from them: a search whose every branch begins with a letter takes a third of the time.
_NONE_OF = re.compile(r"\b0 [a-z]")
#: What a table leaves where a column's value should have come: "{{First Name}}", "${title}", "{title}".
_TOKEN = re.compile(
    r"\{\{[^{}]{0,80}\}\}|\$\{[^{}]{0,80}\}|\{[\w .-]{1,60}\}|<[\w .-]{1,60}>|(?:\[(?i:first|last|full|company|job|person|your)[\w ]{0,30}\]\s*)+"
)
_NOTHING_SENTENCE = re.compile(
    rf"(?:sorry,? )?(?:there (?:was|were|is|are) )?no\b[^.!?]{{0,80}}?\b{_FOUND}\b"
    r"(?: (?:for|in|on|at|with|by|from|within|about|matching|to)\b(?:[^.!?]|\.(?=\w)){0,80})?[.!]*"
    r"|nothing (?:was )?found\b(?:[^.!?]|\.(?=\w)){0,80}[.!]*"
    r"|[\w '\u2019-]{1,40}\b(?:was |were |could |can|is )? ?(?:not|n't) (?:be )?" + _FOUND + r"[.!]*"
    rf"|no (?:current |known |public |valid |relevant )?{_FIELD}(?: data| information| info| yet| known)?[.!]*"
    r"|(?:the|this|that|it|its|their|linkedin)\b[\w '\u2019-]{0,60}\b(?:does|do|did)(?: not|n['\u2019]t) (?:mention|provide|contain|list|specify"
    r"|include|disclose|state|give|have|show|exist|appear|seem|reveal|indicate|share|publish)\b.*"
    r"|as an ai (?:language )?(?:model|assistant)\b.*"
    r"|(?:(?:i['\u2019]m |i am |we are |we['\u2019]re )?sorry,? (?:but )?)?(?:we |i )?(?:could not|couldn['\u2019]t|cannot|can['\u2019]t|unable to|did not|didn['\u2019]t|failed to) "
    r"(?:find|locate|identify|determine|detect|verify|access|provide|retrieve)\b[^.!?]{0,100}[.!]*"
    r"|(?:funding|revenue|size|industry|location|country|head ?count|employee count|founded|amount|date|title|e-?mail|domain"
    r"|website|company|city|state) (?:is |was )?(?:unknown|undisclosed|unavailable|not disclosed)",
    re.IGNORECASE,
)

#: How language models begin when they have nothing, however long they go on.
_REFUSAL_STARTS = (
    "i ", "i'", "i\u2019", "unfortunately", "as an ai", "as of my", "we ", "based on", "the provided", "the given", "the available",
    "apolog", "my apolog", "it is not", "it was not", "not enough", "insufficient", "sorry", "there is", "there was", "there are",
    "after ", "despite ",
)  # fmt: skip
_REFUSAL = re.compile(
    r"(?:unfortunately,? (?:i|we|there|the|no|not|none|this|it|that|your)\b|as an ai|as of my (?:last|knowledge|latest)"
    r"|(?:my )?apologies[,.!]? (?:but|for|i|we|the)\b|i(?: |['\u2019]m | am )(?:apologi[sz]e|sorry)"
    r"|sorry,? (?:but )?(?:i|we)(?:['\u2019]m| am| was| were| could| can| do| did| have)? ?(?:not|n['\u2019]t|unable|cannot|no)\b|(?:i|we)(?: was| were| am|['\u2019]m)? (?:unable|not able) to\b"
    r"|(?:i|we) (?:do not|don['\u2019]t|did not|didn['\u2019]t|could not|couldn['\u2019]t|cannot|can['\u2019]t) (?:find|locate|identify"
    r"|determine|verify|access|provide|retrieve|confirm|have (?:access|enough|any|information|data|sufficient|specific|real))\b"
    r"|it (?:is|was) not (?:possible|clear|specified|stated|mentioned)\b|not enough (?:information|data|context)\b"
    r"|insufficient (?:information|data|context)\b|there (?:is|was|are) (?:no|not enough|insufficient) (?:\w+ ){0,2}(?:information|data|evidence|mention)\b"
    r"|(?:based on|after|despite)\b[^.]{0,120}\b(?:no|not|n['\u2019]t|cannot|unable)\b"
    r"|the (?:provided|given|available) (?:\w+ )?(?:information|data|context|text|content|website|page|profile|sources?|search results)\b"
    r"[^.]{0,120}\b(?:no|not|n['\u2019]t|lacks?)\b).*",
    re.IGNORECASE | re.DOTALL,
)


@remembered
def clean_text(value: Any) -> str | None:
    """A text or number as one line of clean text; None where it says nothing or is no text.

    NFC; HTML entities unescaped; UTF-8 that was read as cp1252 read again; zero-width and control characters removed; runs of white space, also no-break spaces
    and line breaks, become one space.
    """
    text = _text(value)
    if text is None:
        return None
    line = _one_line(text)
    return None if _says_nothing(line) else line


def clean_label(text: str) -> str:
    """As `clean_text`, for the name of a column: "Phone No" is one, whatever it would say in a cell."""
    return _one_line(text[:MAX_CHARACTERS])


def _one_line(text: str) -> str:
    return _settled(text, lambda raw: " ".join(raw.split()))


def clean_paragraph(value: Any) -> str | None:
    """As `clean_text`, but line breaks stay, with one empty line between paragraphs at most."""
    text = _text(value)
    if text is None:
        return None
    paragraph = _settled(text, _tidy_lines)
    return None if _says_nothing(paragraph) else paragraph


def is_nothing(value: Any) -> bool:
    """Whether a value of any JSON type says nothing: see facts on the outside world's ways to do so.

    A list or mapping says nothing when all that it holds says nothing; a mapping's status and message do not count.
    """
    if value is None:
        return True
    return clean_text(value) is None if isinstance(value, str) else _is_nothing(value, MAX_DEPTH)


def _is_nothing(value: Any, depth: int) -> bool:
    if value is None:
        return True
    if isinstance(value, str):
        return clean_text(value) is None
    if isinstance(value, float):
        return not math.isfinite(value)
    if depth == 0 or isinstance(value, int):
        return False
    if isinstance(value, (dict, Mapping)):
        return _holds_nothing(value, depth - 1)
    if isinstance(value, (list, tuple)):
        return all(_is_nothing(part, depth - 1) for part in value)
    return False


def _holds_nothing(value: Mapping[Any, Any], depth: int) -> bool:
    only_status = True
    for key, part in value.items():
        if str(key).casefold() not in STATUS_KEYS:
            if not _is_nothing(part, depth):
                return False
            only_status = False
    return not only_status or all(_is_nothing(part, depth) for part in value.values())


def tells_of_failure(text: str) -> bool:
    """Whether a short text has only words of sentences about a failure, and one that tells of it: see `nothing_parts`."""
    return _is_made_of_nothing(text.casefold(), "~")


def _is_made_of_nothing(plain: str, mark: str = "!") -> bool:
    """Whether a short text has only words of sentences that say nothing, and one with that mark: see `nothing_parts`."""
    if _denial(mark).search(plain) is None:
        return False
    # Pictures are no words: "not found ❌".
    words = [word for word in plain.translate(_SIGNS_TO_SPACES).split() if word.isascii() or _WORD.search(word)]
    denying, plainly = _nothing_parts(mark)
    if denying.isdisjoint(words):
        return False
    if len(words) > 1 and _NO_WORDS.issuperset(words):
        # "null null" is a first and a last name joined.
        return True
    if not 1 < len(words) <= MAX_WORDS:
        return False
    beside = set(words) - denying
    if ("no", "of") in pairwise(words):
        # "No. of employees" is a number.
        return False
    # A number is one of an error only: "Error 500", and not "No 5".
    told = {word for word in beside if not word.isdecimal()} if "error" in words else beside
    return bool(beside) and told <= plainly


@cache
def _denial(mark: str) -> re.Pattern[str]:
    """Any of the words with that mark, also as a part of one: few texts have them, and taking a text apart takes longer."""
    return re.compile("|".join(map(re.escape, sorted(_nothing_parts(mark)[0]))))


@cache
def _nothing_parts(mark: str) -> tuple[frozenset[str], frozenset[str]]:
    """The words with that mark, and those beside them."""
    rows = lines("nothing_parts")
    marked = frozenset(word for row in rows if row.startswith(mark) for word in row[1:].split())
    return marked, frozenset(word for row in rows for word in row.lstrip("!~").split())


def _text(value: Any) -> str | None:
    """The value as raw text, bounded; None for what is no text and no finite number."""
    if isinstance(value, str):
        return value[:MAX_CHARACTERS]
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if abs(value) <= MAX_NUMBER else None
    if isinstance(value, float) and math.isfinite(value) and abs(value) <= MAX_NUMBER:
        return str(int(value) if value.is_integer() else value)
    return None


def _settled(text: str, tidy: Callable[[str], str]) -> str:
    """The text after as many rounds of cleaning as change it: unescaping may bring forth what needs cleaning again."""
    if text.isascii() and text.isprintable() and "&" not in text:
        return tidy(text)
    for _ in range(MAX_UNESCAPES):
        whole = html.unescape(text)
        # Before invisible characters leave: they may be bytes of what was misread.
        if _MISREAD.search(whole):
            whole = _repaired(whole)
        if _STYLED.search(whole):
            whole = whole.translate(_plain_letters())
        visible = _STRAY_JOINER.sub("", _INVISIBLE.sub("", whole))
        cleaned = unicodedata.normalize("NFC", tidy(visible))
        if cleaned == text:
            break
        text = cleaned
    return text


@cache
def _plain_letters() -> dict[int, str]:
    """What each letter that is another in a certain style is without it."""
    styled = (point for points in (range(0x2102, 0x213A), range(0x1D400, 0x1D800)) for point in points)
    return {
        point: unicodedata.normalize("NFKC", chr(point))
        for point in styled
        if unicodedata.decomposition(chr(point)).startswith("<font>")
    }


def _repaired(text: str) -> str:
    # Imported where it is needed: it takes longer to load than most commands take.
    from ftfy import fix_encoding

    return fix_encoding(text)


def _tidy_lines(text: str) -> str:
    if text.isprintable():
        return " ".join(text.split())
    lines = (" ".join(line.split()) for line in _LINE_BREAK.sub("\n", text).split("\n"))
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()


def _says_nothing(text: str) -> bool:
    # An object token in quotes becomes a text with quotes of its own.
    text = text.strip("\"'`")
    if not text:
        return True
    plain = text.casefold()
    if plain in entries("nothing_words") or text in {"NaN", "nan"}:
        return True
    if plain[-1] in _ENDS and plain.strip(_AROUND) in entries("nothing_words"):
        return True
    if plain.startswith(_REFUSAL_STARTS) and _REFUSAL.match(text):
        return True
    if len(text) > MAX_SENTENCE:
        return False
    if not text[0].isalnum():
        if _FAILURE_SIGN.match(text) or _TOKEN.fullmatch(text):
            return True
        text = _LEADING_SIGNS.sub("", text)
        plain = text.casefold()
        if not text or plain in entries("nothing_words"):
            return True
    if _HINT.search(plain) is None and ("0 " not in plain or _NONE_OF.search(plain) is None):
        return False
    if _is_made_of_nothing(plain):
        return True
    if not _SEPARATORS.isdisjoint(plain) and all(
        part.strip(_AROUND) in entries("nothing_words") for part in _BETWEEN.split(plain)
    ):
        return True
    return _NOTHING_SENTENCE.fullmatch(text) is not None
