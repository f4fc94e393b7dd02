"""A person's e-mail address and what is known of its state, out of the column that holds it.

The user picks the column's name, and its value may be a text, an object with a status, or a list of these. A status belongs
to the address that it stands beside. An address that is known to be undeliverable is only taken when there is no other.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Final

from attrs import frozen

from enrichcore import normalize
from enrichcore.fields import cleaners
from enrichcore.fields.payloads import Tree
from enrichcore.fields.sources import keys

#: Addresses of one column that are looked at.
MAX_ADDRESSES: Final = 20

_STATUS_KEYS: Final = (
    "status", "emailstatus", "verificationstatus", "verification", "result", "state", "validity", "emailverification",
    "quality", "deliverability",
)  # fmt: skip
#: Flags that tell a status, by what they say when they are true and when they are false.
_FLAGS: Final = {
    "verified": ("verified", "unverified"),
    "isverified": ("verified", "unverified"),
    "emailverified": ("verified", "unverified"),
    "valid": ("valid", "invalid"),
    "isvalid": ("valid", "invalid"),
    "emailvalid": ("valid", "invalid"),
    "deliverable": ("deliverable", "undeliverable"),
    "isdeliverable": ("deliverable", "undeliverable"),
}
_PRIVATE: Final = frozenset({"personal", "private", "home", "other"})


@frozen(kw_only=True)
class Address:
    """One address, as a column tells it."""

    email: str
    #: The provider's word, where it stands beside the address.
    status: str | None = None


def addresses(values: Iterable[Tree]) -> Iterator[Address]:
    """The usable-looking addresses of columns, in order."""
    for value in values:
        for part in (value if isinstance(value, list) else [value])[:MAX_ADDRESSES]:
            if isinstance(part, Mapping) and str(part.get("type", "")).strip().casefold() in _PRIVATE:
                continue
            email = normalize.usable_email(part)
            if email is not None:
                yield Address(email=email, status=_status_beside(part))


def best(found: Iterable[Address]) -> Address | None:
    """The first address that is not known to be undeliverable, else the first."""
    first: Address | None = None
    for address in found:
        if verdict(address.status) != "unusable":
            return address
        first = first or address
    return first


def flagged(node: Mapping[str, Tree]) -> str | None:
    """The status that a flag beside an address tells, such as `"Email Valid": true`."""
    if _FLAGS.keys().isdisjoint(node):
        return None
    told = (
        words[0] if value is True else words[1]
        for flag, words in _FLAGS.items()
        if isinstance(value := node.get(flag), bool)
    )
    return next(told, None)


def verdict(status: str | None) -> str:
    """What a provider's word for the state of an address means: `verified`, `guessed` or `unusable`; empty where unknown."""
    return _verdicts().get((status or "").casefold().replace("_", " ").replace("-", " ").strip(), "")


def without_undeliverable(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields without an address that is known to be undeliverable: nobody should write to it."""
    if verdict(fields.get("person_email_status")) != "unusable":
        return dict(fields)
    return {name: value for name, value in fields.items() if name != "person_email"}


@lru_cache(maxsize=4_096)
def speaks_of_email(key: str) -> bool:
    """Whether a column of that folded name holds the person's address, and not something about it or another's."""
    if not any(word in key for word in keys("email_words")):
        return False
    bare = next((key.removeprefix(prefix) for prefix in keys("email_prefixes") if key.startswith(prefix)), key)
    return not any(word in bare for word in keys("not_email_words"))


def _status_beside(part: Tree) -> str | None:
    if not isinstance(part, Mapping):
        return None
    told = (cleaners.status(part.get(key)) for key in _STATUS_KEYS if not isinstance(part.get(key), bool))
    return next((status for status in told if status), None) or flagged(part)


@cache
def _verdicts() -> dict[str, str]:
    lines = files(__package__).joinpath("email_statuses.txt").read_text("utf-8").splitlines()
    pairs = (line.partition(":") for line in lines if line and not line.startswith("#"))
    return {word.strip(): verdict for verdict, _, words in pairs for word in words.split(",")}
