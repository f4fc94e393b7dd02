"""LinkedIn pages of people and companies, as keys and as one canonical URL.

The key is the path segment after `/in/` or `/company/`, percent-decoded and lower-cased; scheme, country sub-domain,
query and what follows do not matter. A bare slug is only taken for one where the caller says that it is.
"""

import re
import unicodedata
from typing import Any, Literal
from urllib.parse import quote, unquote

from enrichcore.normalize.nothing import clean_text, is_nothing
from enrichcore.normalize.remembering import remembered

Kind = Literal["in", "company"]

#: Characters of a text that are searched, and of a slug.
MAX_TEXT = 2_000
MAX_SLUG = 200

_PAGE = {
    "in": re.compile(r"(?:^|[/.\s@])linkedin\.com/+(?:mwlite/+|comm/+|[a-z]{2}/+)?in/+([^/?#\s]+)", re.IGNORECASE),
    "company": re.compile(
        r"(?:^|[/.\s@])linkedin\.com/+(?:mwlite/+|comm/+|[a-z]{2}/+)?(?:company|school|showcase)/+([^/?#\s]+)",
        re.IGNORECASE,
    ),
}
#: Characters of a slug that a URL shows as they are.
_PLAIN = "-_.~'&"
_SLUG = re.compile(r"[\w.\-\u2019'&~]+")
#: A member's opaque id, which Sales Navigator writes in the slug's place. It differs from the slug of the same person's page,
#: and it is not the same in lower case.
_OPAQUE = re.compile(r"a[a-z]{2}aa[\w-]{20,}")


@remembered
def linkedin_key(value: Any, kind: Kind, *, slug: bool = False) -> str | None:
    """The key of a person's (`in`) or company's (`company`) LinkedIn page.

    Args:
        value: A URL, with or without its scheme.
        kind: Whose page it must be; a page of the other kind gives None.
        slug: Whether a bare slug, such as Clay's `slug`, is accepted too.
    """
    text = clean_text(value)
    if text is None:
        return None
    found = _PAGE[kind].search(text[:MAX_TEXT])
    if found:
        return _key(found[1])
    return _key(text.strip("/@")) if slug and "linkedin.com" not in text.casefold() else None


def linkedin_url(value: Any, kind: Kind, *, slug: bool = False) -> str | None:
    """The canonical URL, `https://www.linkedin.com/in/<key>`; arguments as for `linkedin_key`."""
    key = linkedin_key(value, kind, slug=slug)
    return None if key is None else f"https://www.linkedin.com/{kind}/{quote(key, safe=_PLAIN)}"


def _key(segment: str) -> str | None:
    # Lower-casing can take a text out of NFC and back, so it comes first.
    key = unicodedata.normalize("NFC", unquote(segment, errors="replace").lower()).strip("'.,;)")
    if len(key) > MAX_SLUG or not _SLUG.fullmatch(key) or not any(character.isalnum() for character in key):
        return None
    return None if _OPAQUE.fullmatch(key) or is_nothing(key) else key
