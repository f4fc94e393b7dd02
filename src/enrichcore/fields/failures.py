"""Words that tell of a request that failed, so that nobody looked: an outage is no "nothing found"."""

import re
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Final

from enrichcore.normalize import clean_label

#: Characters of a text that may be a failure's words; longer ones are prose.
MAX_FAILURE: Final = 300
#: Characters of a page that are looked at.
MAX_PAGE: Final = 4_000

_HUMP: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_SIGNS: Final = re.compile(r"[\W_]+")
#: What may stand before the words that tell it, in a text that says nothing else: "The request timed out", "HTTP 429: Too many requests".
_BEFORE: Final = (
    r"(?:(?:the|a|an|your|this|api|http|https|request|error|errors|response|status|code|failed|sorry|warning|axios|server|it|is|was|has|have|been|you|we"
    r"|\d{1,4})\b ?)*"
)
_MARKS: Final = ("+", "=", "~", "?")
_DENIAL: Final = re.compile(r"\b(?:no|not found|nothing|none|zero|empty|does not exist)\b")
_ERROR: Final = re.compile(
    r"^\W*(?:error\b|ERROR_|exception\b|(?:http )?[45]\d\d (?:error|bad|internal|too many))", re.IGNORECASE
)
_PAGE: Final = re.compile(r"\s*(?:<\?xml[^>]*>\s*)?<(?:!doctype\s+html|html|head)\b", re.IGNORECASE)
_TITLE: Final = re.compile(r"<(title|h1)\b[^>]*>(.*?)</\1>", re.IGNORECASE | re.DOTALL)
_TAG: Final = re.compile(r"<[^<>]*>")
_LEADING: Final = re.compile(r"^[^\w\s]+\s+")
_NUMBER: Final = re.compile(r"\b[45]\d\d\b")


def failing(value: Any) -> bool:
    """Whether a text about a request says that it failed."""
    return isinstance(value, str) and len(value) <= MAX_FAILURE and _fails(value)


def of_bare_text(text: str) -> str:
    """The words of a failure in the place of a value: a text that begins with them, or a page that tells of it; else empty."""
    if is_page(text):
        told = words_of_page(text)
        return told if failing(told) or _NUMBER.search(told) else ""
    if _ERROR.match(text) or (len(text) <= MAX_FAILURE and _begins_with_failure(text)):
        return without_signs(text)
    return ""


def is_page(text: str) -> bool:
    """Whether a text is a whole page of HTML."""
    return "<" in text[:MAX_FAILURE] and _PAGE.match(text) is not None


def words_of_page(text: str) -> str:
    """The title of a page of HTML; empty for what is none."""
    titles = _TITLE.findall(text[:MAX_PAGE]) if is_page(text) else []
    return next((told for _, title in titles if (told := clean_label(_TAG.sub(" ", title)))), "")


def without_signs(text: str) -> str:
    """A text without the sign that marks a failed cell, which would make it say nothing."""
    return clean_label(_LEADING.sub("", text))


@lru_cache(maxsize=4_096)
def _fails(text: str) -> bool:
    plain = _plain(text)
    return plain in _listed("=") or _anywhere().search(plain) is not None or _fails_vaguely(_vaguely().search(plain))


@lru_cache(maxsize=4_096)
def _begins_with_failure(text: str) -> bool:
    plain = _plain(text)
    if plain in _listed("=") or plain in _listed("~") or _at_start().match(plain) is not None:
        return True
    return _fails_vaguely(_vaguely_at_start().match(plain))


def _fails_vaguely(found: re.Match[str] | None) -> bool:
    """Whether words of a failure are not followed by some that say that there is nothing: "Lookup failed: no match"."""
    return found is not None and _DENIAL.search(found.string, found.end()) is None


def _plain(text: str) -> str:
    """A text or a code as words in small letters: `RATE_LIMITED`, `RateLimited`."""
    return _SIGNS.sub(" ", _HUMP.sub(" ", text)).casefold().strip()


@cache
def _listed(mark: str) -> frozenset[str]:
    """The entries with that mark; those without any for an empty one."""
    lines = files(__package__).joinpath("failures.txt").read_text("utf-8").splitlines()
    entries = [entry.strip() for line in lines if line and not line.startswith("#") for entry in line.split(",")]
    if mark:
        return frozenset(entry[1:].strip() for entry in entries if entry.startswith(mark))
    return frozenset(entry for entry in entries if not entry.startswith(_MARKS))


@cache
def _anywhere() -> re.Pattern[str]:
    return re.compile(rf"\b(?:{_either(_listed('') | _listed('+'))})\b")


@cache
def _at_start() -> re.Pattern[str]:
    return re.compile(rf"{_BEFORE}(?:{_either(_listed(''))})\b")


@cache
def _vaguely() -> re.Pattern[str]:
    return re.compile(rf"\b(?:{_either(_listed('?'))})\b")


@cache
def _vaguely_at_start() -> re.Pattern[str]:
    return re.compile(rf"{_BEFORE}(?:{_either(_listed('?'))})\b")


def _either(phrases: frozenset[str]) -> str:
    return "|".join(sorted(map(re.escape, phrases), key=len, reverse=True))
