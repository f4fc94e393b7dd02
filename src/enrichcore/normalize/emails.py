"""E-mail addresses out of whatever a cell or an answer holds.

Addresses are compared lower-cased, their domain in ASCII. Deliverability is not asked: that needs the network, and the
provider tells it. Placeholders of providers pass every validator, so they are a list.
"""

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any

from email_validator import EmailNotValidError, validate_email

from enrichcore.normalize.domains import is_misspelt_mail_host, registrable_domain
from enrichcore.normalize.lists import entries, lines
from enrichcore.normalize.nothing import clean_text
from enrichcore.normalize.remembering import MAX_TEXTS, remembered

#: Characters of a cell that are searched for addresses.
MAX_CELL = 2_000
#: Candidates that are tried in one cell or list.
MAX_CANDIDATES = 20

_CANDIDATE = re.compile(r"""[^\s,;<>()\[\]{}"|]{1,100}@[^\s,;<>()\[\]{}"|@]{1,255}""")
#: Addresses of letters, digits and single signs between them, short enough for every limit: nobody doubts them, and the
#: validator takes a tenth of the time that reading an answer takes.
_PLAIN = re.compile(r"[A-Za-z0-9]+(?:[._+-][A-Za-z0-9]+)*@[A-Za-z0-9]+(?:[.-][A-Za-z0-9]+)*\.[A-Za-z]{2,}")
MAX_PLAIN = 63
#: Where an object keeps its address, in the order of trust.
_KEYS = (
    "email", "work_email", "email_address", "emailaddress", "workemail", "address", "value", "result", "data", "emails",
    "work", "business", "professional", "primary", "answer", "response",
)  # fmt: skip
#: Between two addresses: "a@k.example/b@k.example".
_SLASH = re.compile(r"(@[^\s@/]+)/(?=[^\s@/]+@)")
#: Words beside an address that say that it is none: "No email found for jane@...", "bounced: jane@...".
_DENIED = re.compile(
    r"\b(?:no|not|nothing|invalid|bounced?|undeliverable|unable|failed|failure|error|rejected|blocked|guess(?:ed)?"
    r"|could(?:n['\u2019]t| not)|can(?:['\u2019]t|not)|does(?:n['\u2019]t| not))\b",
    re.IGNORECASE,
)
#: Words that say it of an address without a name around it: "jo@acme.example - old".
_GONE = re.compile(
    r"\b(?:old|former(?:ly)?|ex|inactive|expired|disabled|deactivated|wrong|left|outdated|unsubscribed|opt(?:ed)?[- ]?out|dead)\b",
    re.IGNORECASE,
)
#: What a page's markup leaves before an address.
_BEFORE = re.compile(r"^(?:mailto(?::|%3a)|//|\\?u003[ce]|\\?u0022|%20|%22|%3[ce]|%09)+", re.IGNORECASE)
#: What a template joined, of which one was not there: "ann.undefined@acme.example".
_PARTS = re.compile(r"[._-]")
#: Characters of a mailbox, after RFC 5321.
MAX_MAILBOX = 64
#: One word right before an address: part of it, where it is neither its label nor its owner's name. It may be parted from it
#: by a comma that stands for a full stop, "ada,bell@acme.example".
_WORD_BEFORE = re.compile(r"([^\W\d_]+(?:[.-][^\W\d_]+)*)(?:\s+|[,;](?=\S))[^\s<>@]+@[^\s<>@]+")
_LABELS = frozenset({
    "email", "e-mail", "mail", "work", "business", "professional", "company", "office", "primary", "main", "found", "verified", "valid", "address",
    "is", "at", "contact", "guess", "likely",
})  # fmt: skip
_MAILBOX_BEHIND = re.compile(r"[\s,;]+")
_PARTS_OF_MAILBOX = re.compile(r"[._+-]+")
#: Signs of a masked address: "j***@acme.example".
_MASKED = frozenset("*\u2022\u2026")
#: As is "xxxxx@acme.example", and "j.xxxx@acme.example".
_CROSSED_OUT = re.compile(r"(?:^|[._-])x{3,}(?:$|[._-])")


@remembered
def usable_email(value: Any) -> str | None:
    """The first usable address in a text, a list or an object such as `{"email": ...}`; lower-case; None for placeholders.

    Reads `Name <a@b.example>`, `mailto:` and cells with two addresses. The domain is returned in ASCII.
    """
    return _usable(value, depth=3)


def email_domain(email: str) -> str | None:
    """The registrable domain of an e-mail address."""
    text = clean_text(email)
    return None if text is None or "@" not in text else registrable_domain(text.rpartition("@")[2])


def is_shared_mailbox(email: str) -> bool:
    """Whether an address is of a role, also one of several or of one place: `sales@`, `sales2@`, `info.de@`, `hr-team@`."""
    roles, places = _roles()
    first, *more = _PARTS_OF_MAILBOX.split(email.partition("@")[0].rstrip("0123456789"))
    return first in roles and all(part in roles or part in places for part in more)


@cache
def _roles() -> tuple[frozenset[str], frozenset[str]]:
    rows = lines("role_mailboxes")
    return frozenset(row for row in rows if not row.startswith("+")), frozenset(
        row[1:] for row in rows if row.startswith("+")
    )


def _usable(value: Any, *, depth: int) -> str | None:
    if isinstance(value, str):
        text = _SLASH.sub(r"\1 ", clean_text(value) or "")
        found = _CANDIDATE.findall(text[:MAX_CELL])[:MAX_CANDIDATES] if text else []
        if found and text and len(found[0]) < len(text) and _is_spoilt(text):
            return None
        return next((email for candidate in found if (email := _valid(candidate))), None)
    if depth == 0:
        return None
    if isinstance(value, Mapping):
        keyed = {str(key).casefold().replace(" ", "_").replace("-", "_"): part for key, part in value.items()}
        parts: list[Any] = [keyed[key] for key in _KEYS if key in keyed]
    elif isinstance(value, list | tuple):
        parts = list(value[:MAX_CANDIDATES])
    else:
        return None
    return next((email for part in parts if (email := _usable(part, depth=depth - 1))), None)


def _is_spoilt(text: str) -> bool:
    """Whether what stands beside an address says that it is none, or belongs to it: "jo bell@acme.example" is nobody's."""
    beside = _CANDIDATE.sub("", text)
    if _DENIED.search(beside) or ("<" not in text and _GONE.search(beside)):
        return True
    found = _WORD_BEFORE.fullmatch(text.strip())
    if found is None or found[1].casefold() in _LABELS:
        return False
    return found[1].casefold() not in _MAILBOX_BEHIND.split(text.partition("@")[0])[-1].casefold()


def beside_email(value: str) -> str:
    """What stands beside the addresses in a text, without the signs around it: "verified" of "jo@acme.example (verified)"."""
    return _CANDIDATE.sub("", value[:MAX_CELL]).strip(" \t()[]<>|,;:-\u2013")


@lru_cache(maxsize=MAX_TEXTS)
def _valid(candidate: str) -> str | None:
    # An answer's address is asked about several times.
    bare = _BEFORE.sub("", candidate.strip("'`*.:<>")).partition("?")[0]
    if _PLAIN.fullmatch(bare) and len(bare) <= MAX_PLAIN:
        user, _, domain = bare.lower().partition("@")
        return _usable_address(user, domain)
    try:
        # Special-use domains are judged by `registrable_domain`, whose list is ours: `.example` is usable.
        told = validate_email(bare, check_deliverability=False, globally_deliverable=False)
    except (EmailNotValidError, UnicodeError, ValueError):
        return None
    return _usable_address(told.local_part.lower(), (told.ascii_domain or "").lower())


def _usable_address(user: str, domain: str) -> str | None:
    unusable = entries("unusable_emails")
    if (
        not _MASKED.isdisjoint(user)
        or len(user) > MAX_MAILBOX
        or _CROSSED_OUT.search(user) is not None
        or "undefined" in _PARTS.split(user)
        or registrable_domain(domain) is None
        or is_misspelt_mail_host(domain)
        or _is_pressed(user, domain.partition(".")[0])
        or {f"{user}@", f"@{domain}", f"{user}@{domain}"} & unusable
    ):
        return None
    return f"{user}@{domain}"


def _is_pressed(user: str, host: str) -> bool:
    """Whether one key was pressed before and behind the sign, or the same digits: "a@a.com", "123@123.com"."""
    return user == host and (user.isdigit() or len(set(user)) == 1)
