"""LinkedIn pages of people and companies, as keys and as one canonical URL.

The key is the path segment after `/in/` or `/company/`, percent-decoded and lower-cased; scheme, country sub-domain,
query and what follows do not matter. A bare slug is only taken for one where the caller says that it is.

A member's id may stand in a person's slug's place, and stands in the links of Sales Navigator. Ids that differ in case are of
two members, so it stays as it is; in lower case it leads nowhere. The same member has a slug, too, and an id of another kind in
each of LinkedIn's products, and a company has a number: a key can only be held against one of its own sort
(`enrichcore.domain.keys.sort_of_page`).
"""

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final, Literal
from urllib.parse import quote, unquote

from enrichcore.normalize.lists import entries
from enrichcore.normalize.nothing import clean_text, is_nothing
from enrichcore.normalize.remembering import remembered

Kind = Literal["in", "company"]

#: Characters of a text that are searched, and of a slug.
MAX_TEXT = 2_000
MAX_SLUG = 200

_HOST = r"(?:^|[/.\s@<(\"'=])linkedin\.com/+(?:mwlite/+|comm/+|mobile/+|m/+|[a-z]{2}/+)?"
#: A member's id in a link of Sales Navigator.
_MEMBER = r"A[CE][A-Za-z]AA[\w-]{10,}"
_PAGE = {
    "in": re.compile(
        rf"{_HOST}(?:in/+([^/?#&\s<>\"()\[\]]+)|sales/+(?:lead|people|profile)/+(?-i:({_MEMBER})))", re.IGNORECASE
    ),
    "company": re.compile(
        rf"{_HOST}(?:company|company-beta|school|showcase|organization|sales/+company)/+([^/?#\s<>\"()\[\]]+)",
        re.IGNORECASE,
    ),
}
#: A page of a search engine only asks for somebody.
_SEARCH = re.compile(r"\b(?:google|bing|duckduckgo|yahoo)\.[a-z.]{2,6}/search\b", re.IGNORECASE)
#: Characters of a slug that a URL shows as they are.
_PLAIN = "-_.~'&"
#: A vowel of an Indic or Thai word is a mark, not a letter.
_SLUG = re.compile("[\\w.\\-\u2019'&~\u2600-\u27bf\ufe0f\u200d\U0001f000-\U0001faff]+")
#: One in a slug's place. No slug has a capital, but people write some; none has these.
_IS_MEMBER = re.compile(r"A[CE](?:[a-z]AA[\w-]{4,}|[A-Z]AA[\w-]{20,})")
#: What was a member's id before something took its capitals.
_SPOILED = re.compile(r"a[ce][a-z]aa[\w-]{20,}")


def linkedin_key(value: Any, kind: Kind, *, slug: bool = False) -> str | None:
    """The key of a person's (`in`) or company's (`company`) LinkedIn page.

    Args:
        value: A URL, with or without its scheme.
        kind: Whose page it must be; a page of the other kind gives None.
        slug: Whether a bare slug, such as Clay's `slug`, is accepted too.
    """
    return _KEYS[kind, slug](value)


def _key_of(kind: Kind, *, slug: bool) -> Callable[[Any], str | None]:
    @remembered
    def key_of(value: Any) -> str | None:
        text = clean_text(value)
        segment = None if text is None else _segment(text, kind, slug=slug)
        return None if segment is None else _key(segment, kind)

    return key_of


_KINDS: Final[tuple[Kind, ...]] = ("in", "company")
_KEYS: Final = {(kind, slug): _key_of(kind, slug=slug) for kind in _KINDS for slug in (False, True)}


def linkedin_url(value: Any, kind: Kind, *, slug: bool = False) -> str | None:
    """The canonical URL, `https://www.linkedin.com/in/<key>`; arguments as for `linkedin_key`."""
    key = linkedin_key(value, kind, slug=slug)
    return None if key is None else _page(kind, key)


@lru_cache(maxsize=4_096)
def _page(kind: Kind, key: str) -> str:
    return f"https://www.linkedin.com/{kind}/{quote(key, safe=_PLAIN)}"


def _segment(text: str, kind: Kind, *, slug: bool) -> str | None:
    """The part of a URL that names the page, or the bare slug."""
    whole = text[:MAX_TEXT]
    if "/search" in whole and _SEARCH.search(whole):
        return None
    found = _PAGE[kind].search(whole) or ("%2f" in whole.casefold() and _PAGE[kind].search(unquote(whole)))
    if found:
        return found[found.lastindex or 1]
    return text.strip("/@").removeprefix(f"{kind}/") if slug and "linkedin.com" not in text.casefold() else None


def _key(segment: str, kind: Kind) -> str | None:
    whole = unquote(segment, errors="replace").strip("'.,;)/ ")
    if kind == "in" and _IS_MEMBER.fullmatch(whole):
        return whole
    # Lower-casing can take a text out of NFC and back, so it comes first.
    key = unicodedata.normalize("NFC", whole.lower())
    if (
        len(key) > MAX_SLUG
        or not entries("unusable_pages").isdisjoint({key, f"{kind}/{key}"})
        or not _SLUG.fullmatch(_without_vowel_signs(key))
        or not any(character.isalnum() for character in key)
    ):
        return None
    return None if _SPOILED.fullmatch(key) or is_nothing(key) else key


def _without_vowel_signs(key: str) -> str:
    return key if key.isascii() else "".join(part for part in key if unicodedata.category(part) not in {"Mn", "Mc"})
