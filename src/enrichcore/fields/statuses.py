"""What the many words for the state of an e-mail address mean, in the four terms that are kept.

`verified` and `invalid` are what they say. `catch-all` is an address at a host that takes mail for any name, so that nobody can
verify it. Every other address that a provider does not vouch for is `guessed`. A word that is none of these says nothing.
"""

import re
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Final

VERIFIED, GUESSED, CATCH_ALL, INVALID = "verified", "guessed", "catch-all", "invalid"
#: From the most careful word on: of several words for one address the most careful one counts.
TERMS: Final = (INVALID, CATCH_ALL, GUESSED, VERIFIED)
#: An address of these may not reach the person.
DOUBTFUL: Final = frozenset({GUESSED, CATCH_ALL})
#: Characters of a text that may be a status.
MAX_STATUS = 60

_PARTS = re.compile(r"\s+[-\u2013\u2014]\s+|[:,;/|@()\[\]]")
_ABOUT = re.compile(r"^(?:the )?(?:e ?mail|address)(?: address| status)?(?: is)? | (?:e ?mail|address)(?: address)?$")


def term(status: Any) -> str | None:
    """The term for a provider's word; None where it says nothing of an address."""
    if isinstance(status, bool) or not isinstance(status, str) or len(status) > MAX_STATUS:
        return None
    return _term(status)


@lru_cache(maxsize=4_096)
def _term(status: str) -> str | None:
    whole = _meaning(status)
    if whole is not None:
        return whole
    told = {_meaning(part) for part in _PARTS.split(status)}
    return next((one for one in TERMS if one in told), None)


def _meaning(text: str) -> str | None:
    plain = plain_word(text)
    return words().get(plain) or words().get(_ABOUT.sub("", plain).strip())


def plain_word(text: str) -> str:
    """A word without case, hyphens, underscores and signs around it."""
    bare = re.sub(r"[\s_\-\u2010-\u2015]+", " ", text.casefold())
    return re.sub(r"^[^\w(]+|[^\w)]+$", "", bare)


@cache
def words() -> dict[str, str]:
    """Each provider's word with its term."""
    lines = files(__package__).joinpath("email_statuses.txt").read_text("utf-8").splitlines()
    pairs = (line.partition(":") for line in lines if line and not line.startswith("#"))
    return {word.strip(): told.strip() for told, _, listed in pairs for word in listed.split(",")}
