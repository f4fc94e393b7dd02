"""A person's e-mail address and what is known of its state, out of the column that holds it.

The user picks the column's name, and its value may be a text, an object with a status, or a list of these. A status belongs
to the address that it stands beside. An address that is known to be undeliverable is only taken when there is no other, and one
that anybody can have, only without one at a company's host; one of a role, only without any other.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

from attrs import frozen

from enrichcore import normalize
from enrichcore.fields.payloads import Tree
from enrichcore.fields.sources import folded_key, keys
from enrichcore.fields.statuses import CATCH_ALL, DOUBTFUL, INVALID, TERMS, plain_word, term

#: Addresses of one column that are looked at.
MAX_ADDRESSES: Final = 20
#: Wrappers around what a provider found.
MAX_WRAPPERS: Final = 3

_STATUS_KEYS: Final = (
    "emailstatus", "verificationstatus", "validationstatus", "emailverification", "verification", "deliverability", "validity", "qualification",
    "smtpvalid", "smtpstatus", "certainty", "status", "result", "state", "quality",
)  # fmt: skip
#: Of these a request may have a state, too, a person a place, and a profile a quality; then such words say nothing of an
#: address.
_SHARED_KEYS: Final = frozenset({"status", "state", "quality"})
_SHARED_WORDS: Final = frozenset({
    "ok", "good", "bad", "low", "medium", "true", "false", "role", "not found", "notfound", "unavailable", "rejected", "blocked",
    "generic", "confirmed", "sure", "validated",
})  # fmt: skip
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
    "smtpvalid": ("valid", "invalid"),
    "workemailverified": ("verified", "unverified"),
    "isemailverified": ("verified", "unverified"),
    "validated": ("verified", "unverified"),
    "workemailvalid": ("valid", "invalid"),
    "isemailvalid": ("valid", "invalid"),
    "emaildeliverable": ("deliverable", "undeliverable"),
    "safetosend": ("safe to send", "risky"),
    "issafetosend": ("safe to send", "risky"),
    # These tell nothing when they are false.
    "bounced": ("bounced", ""),
    "isbounced": ("bounced", ""),
    "hardbounced": ("bounced", ""),
    "emailbounced": ("bounced", ""),
    "disposable": ("disposable", ""),
    "isdisposable": ("disposable", ""),
    "donotemail": ("do not email", ""),
    "donotmail": ("do not email", ""),
    "donotcontact": ("do not email", ""),
    "optedout": ("do not email", ""),
    "emailoptedout": ("do not email", ""),
    "emailoptout": ("do not email", ""),
    "hsemailoptout": ("do not email", ""),
    "hasoptedoutofemail": ("do not email", ""),
    "unsubscribed": ("do not email", ""),
    "emailunsubscribed": ("do not email", ""),
    "hardbounce": ("bounced", ""),
    "ishardbounce": ("bounced", ""),
    "spamtrap": ("spam trap", ""),
    "isspamtrap": ("spam trap", ""),
    "mailboxfull": ("mailbox full", ""),
    "ismailboxfull": ("mailbox full", ""),
    "invalid": ("invalid", ""),
    "isinvalid": ("invalid", ""),
    "undeliverable": ("undeliverable", ""),
    "isundeliverable": ("undeliverable", ""),
}
_WARNINGS: Final = frozenset(flag for flag, words in _FLAGS.items() if not words[1])
#: Flags that tell of a host that takes mail for any name, so that an address there cannot be verified.
_CATCH_ALL_FLAGS: Final = frozenset({
    "catchall", "iscatchall", "domaincatchall", "isdomaincatchall", "catchalldomain", "iscatchalldomain", "acceptall",
    "isacceptall", "isdomainacceptall", "domainacceptall", "emailcatchall", "emaildomaincatchall", "isemailcatchall", "isemaildomaincatchall",
})  # fmt: skip
_ALL_FLAGS: Final = frozenset(_FLAGS) | _CATCH_ALL_FLAGS
_YES, _NO = frozenset({"true", "yes", "y", "1"}), frozenset({"false", "no", "n", "0"})
#: Beside a word for e-mail these make a column the check of an address.
_CHECKS: Final = ("valid", "verif", "deliverab", "bounce", "status", "check")
#: What a column that tells of another one's address is called beside the other's name.
_OF_A_CHECK: Final = re.compile(
    r"(?:is)?(?:verification|validation|verified|validated|verify|validate|validity|valid|deliverability|deliverable|certainty"
    r"|quality|qualification)?(?:status|result|state)$"
    r"|(?:is)?(?:verification|validation|verified|validated|validity|valid|deliverability|deliverable|certainty|quality|qualification)$"
    r"|^(?:validate|verify|check)(?=.)"
)
#: How a column that looks for an address is called before whose it is: "Find CEO Email".
_ASKS: Final = re.compile(r"^(?:find|get|lookup|enrich)(?=.)")
#: What holds a check of the address beside it.
_BARE_CHECKS: Final = frozenset({"verification", "validation", "verificationresult", "validationresult"})
#: Providers that do nothing but check addresses.
_CHECKERS: Final = ("zerobounce", "neverbounce", "debounce", "usebouncer", "millionverifier", "kickbox", "emailable")
_TELLING: Final = frozenset(_STATUS_KEYS) | _ALL_FLAGS
_SEPARATORS: Final = re.compile(r"[\s,;|]+")
_PRIVATE: Final = frozenset({"personal", "private", "home", "other"})
#: How the type begins of an address that somebody had.
_FORMER: Final = re.compile(r"(?:previous|former|past|old|historic)", re.IGNORECASE)
_IS_CURRENT: Final = ("iscurrent", "current")


@frozen(kw_only=True)
class Address:
    """One address, as a column tells it."""

    email: str
    #: The term for what stands beside the address.
    status: str | None = None


def addresses(values: Iterable[Tree]) -> Iterator[Address]:
    """The usable-looking addresses of columns, in order."""
    for value in values:
        for part in (value if isinstance(value, list) else [value])[:MAX_ADDRESSES]:
            if isinstance(part, Mapping) and (_is_private(part) or _is_former(part)):
                continue
            email = normalize.usable_email(part)
            if email is None:
                continue
            yield Address(email=email, status=_status_beside(part))
            if isinstance(part, str) and part.count("@") > 1:
                # Several in one text.
                others = map(normalize.usable_email, _SEPARATORS.split(part)[:MAX_ADDRESSES])
                yield from (Address(email=other) for other in others if other and other != email)


def _is_private(part: Mapping[str, Tree]) -> bool:
    return str(part.get("type", "")).strip().casefold() in _PRIVATE


def _is_former(part: Mapping[str, Tree]) -> bool:
    """Whether an address is said to be that of an employer who was left."""
    return _FORMER.match(str(part.get("type", "")).strip()) is not None or any(
        _flag(part.get(key)) is False for key in _IS_CURRENT
    )


def best(found: Iterable[Address]) -> Address | None:
    """The first address at a company's host that is no guess, else the first there, else the first of all.

    One that many people share is only taken without another, and one that is known to be undeliverable without that.
    """
    doubtful: Address | None = None
    private: Address | None = None
    shared: Address | None = None
    dead: Address | None = None
    for address in found:
        if address.status == INVALID:
            dead = dead or address
        elif normalize.is_shared_mailbox(address.email):
            shared = shared or address
        elif not is_work(address):
            private = private or address
        elif address.status in DOUBTFUL:
            doubtful = doubtful or address
        else:
            return address
    return private or doubtful or shared or dead


def is_work(address: Address) -> bool:
    """Whether an address is one person's at a company's host and not known to be undeliverable."""
    is_private = normalize.is_free_mail(address.email.rpartition("@")[2])
    return address.status != INVALID and not is_private and not normalize.is_shared_mailbox(address.email)


def flagged(node: Mapping[str, Tree]) -> str | None:
    """The status that a flag beside an address tells, such as `"Email Valid": true` or `"valid": "false"`."""
    return _cautious(_told_by_flags(node), node)


def _told_by_flags(node: Mapping[str, Tree]) -> str | None:
    """The most careful of the terms that flags tell, without those for catch-all hosts."""
    there = _FLAGS.keys() & node.keys()
    told = {
        term(_FLAGS[flag][0] if is_so else _FLAGS[flag][1])
        for flag in there
        if (is_so := _flag(node[flag])) is not None
    }
    return next((one for one in TERMS if one in told), None)


def told_beside(nodes: Iterable[Mapping[str, Tree]], email: str) -> str | None:
    """The status of an address in the objects that hold it, or in a column that checks it: `"Validate Email": {...}`.

    Such an object tells of other things as well, so only words that are known to speak of an address count.
    """
    objects = list(nodes)
    for node in objects:
        if not _TELLING.isdisjoint(node) and _holds(node, email):
            of_it = {key: part for key, part in node.items() if not _is_anothers(node, key, email)}
            if status := _known_status(of_it):
                return status
    for node in objects:
        for key, part in node.items():
            if checks_email(key) and not _is_anothers(node, key, email) and (status := _checked(part, email)):
                return status
    return None


def by_column(nodes: Iterable[Mapping[str, Tree]]) -> dict[str, str]:
    """The status of each address that a column tells which is called like the address's own: "Email 2", "Email 2 Status"."""
    told: dict[str, str] = {}
    for node in nodes:
        for key, part in node.items():
            column = _checked_column(key)
            if column and column in node and (email := normalize.usable_email(node[column])) and (status := term(part)):
                told.setdefault(email, status)
    return told


def _is_anothers(node: Mapping[str, Tree], key: str, email: str) -> bool:
    """Whether a key tells of the address in another column: of "Email 2", the key "Email 1 Status"."""
    column = _checked_column(key)
    return bool(column) and column in node and normalize.usable_email(node[column]) not in {None, email}


@lru_cache(maxsize=4_096)
def _checked_column(key: str) -> str:
    """The folded name of the column that one tells of: `email2` for `email2status`; empty for what tells of none."""
    column = _OF_A_CHECK.sub("", key)
    return "" if column == key else column


def cautious(status: str | None, nodes: Iterable[Mapping[str, Tree]], email: str) -> str | None:
    """The status, but for one that is contradicted: by a flag beside the address, or by a check of this very address that finds it invalid."""
    for node in nodes:
        if not _ALL_FLAGS.isdisjoint(node) and _holds(node, email):
            status = _cautious(status, node)
        for key, part in node.items():
            if (
                checks_email(key)
                and isinstance(part, Mapping)
                and _names(part, email)
                and _checked(part, email) == INVALID
            ):
                return INVALID
    return status


def _names(part: Mapping[str, Tree], email: str) -> bool:
    """Whether a check tells whose it is."""
    return folded_key(email) in part or normalize.usable_email(part) == email


def without_undeliverable(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields without an address that is known to be undeliverable: nobody should write to it."""
    if term(fields.get("person_email_status")) != INVALID:
        return dict(fields)
    return {name: value for name, value in fields.items() if name != "person_email"}


def without_useless(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields without an address that spares nobody the search for the person's own: undeliverable, or many people's."""
    kept = without_undeliverable(fields)
    return {
        name: value for name, value in kept.items() if name != "person_email" or not normalize.is_shared_mailbox(value)
    }


@lru_cache(maxsize=4_096)
def speaks_of_email(key: str) -> bool:
    """Whether a column of that folded name holds the person's address, and not something about it or another's."""
    if not any(word in key for word in keys("email_words")):
        return False
    if _ASKS.sub("", key) in keys("not_email_columns"):
        return False
    bare = next((key.removeprefix(prefix) for prefix in keys("email_prefixes") if key.startswith(prefix)), key)
    return not any(word in bare for word in keys("not_email_words"))


@lru_cache(maxsize=4_096)
def is_waterfall(key: str) -> bool:
    """Whether a column of that folded name holds what several providers were asked in turn, and not about somebody else."""
    return _is_called(key, "waterfall_words")


@lru_cache(maxsize=4_096)
def is_finder(key: str) -> bool:
    """Whether a column of that folded name holds what a provider of addresses told, and not about somebody else."""
    return _is_called(key, "email_finders")


@lru_cache(maxsize=4_096)
def may_hold_email(key: str) -> bool:
    """Whether a column of that folded name may hold the person's address, itself or in what it wraps."""
    return speaks_of_email(key) or is_waterfall(key) or is_finder(key)


def _is_called(key: str, kind: str) -> bool:
    """Whether one of these words is in a name, and beside it none of a column that is about something else."""
    for word in keys(kind):
        if word in key:
            bare = key.replace(word, "")
            return not any(other in bare for other in keys("not_email_words"))
    return False


def found_by(value: Tree) -> Iterator[Tree]:
    """The object in a provider's column that holds one address, without what wraps it."""
    for _ in range(MAX_WRAPPERS):
        if not isinstance(value, Mapping):
            return
        if any(isinstance(part, str) and speaks_of_email(key) for key, part in value.items()):
            yield value
            return
        value = next((value[key] for key in value if key in keys("wrappers")), None)


def steps_of(value: Tree) -> list[Tree]:
    """What each provider of a waterfall told, in a list or by its name."""
    listed = list(value.values()) if isinstance(value, Mapping) else value if isinstance(value, list) else []
    return [step for step in listed[:MAX_ADDRESSES] if isinstance(step, Mapping)]


@lru_cache(maxsize=4_096)
def checks_email(key: str) -> bool:
    """Whether a column of that folded name tells whether an address can be written to."""
    is_check = any(word in key for word in keys("email_words")) and any(word in key for word in _CHECKS)
    return is_check or key in _BARE_CHECKS or any(word in key for word in _CHECKERS)


def _status_beside(part: Tree) -> str | None:
    """The status inside an address's own object, or beside it in one text: "jo@acme.example (verified)"."""
    if isinstance(part, str):
        return term(normalize.beside_email(part)) if part.count("@") == 1 else None
    if not isinstance(part, Mapping):
        return None
    told = (status for key in _STATUS_KEYS if (status := term(part.get(key))))
    return _cautious(next(told, None) or flagged(part), part)


def _known_status(node: Mapping[str, Tree]) -> str | None:
    told = (
        status
        for key in _STATUS_KEYS
        if (status := term(node.get(key))) and not (key in _SHARED_KEYS and _is_shared_word(node[key]))
    )
    return _cautious(next(told, None) or flagged(node), node)


def _checked(part: Tree, email: str) -> str | None:
    """What a column that checks addresses says of this one."""
    if isinstance(part, Mapping):
        # `{"ann@acme.example": "Verified"}`: by address.
        by_address = term(part.get(folded_key(email)))
        other = normalize.usable_email(part)
        return by_address or (_known_status(part) if other in {None, email} else None)
    return None if _is_shared_word(part) else term(part)


def _is_shared_word(value: Tree) -> bool:
    return isinstance(value, str) and plain_word(value) in _SHARED_WORDS


def _cautious(status: str | None, node: Mapping[str, Tree]) -> str | None:
    """The status, or that the host takes any name, unless nobody can, or should, write there."""
    if status == INVALID or _is_warned_of(node):
        return INVALID
    if _CATCH_ALL_FLAGS.isdisjoint(node):
        return status
    return CATCH_ALL if any(_flag(node.get(flag)) for flag in _CATCH_ALL_FLAGS) else status


def _is_warned_of(node: Mapping[str, Tree]) -> bool:
    """Whether a flag says that nobody can, or should, write there; what is not valid may be risky, as a word beside it tells."""
    return any(_flag(node[flag]) for flag in _WARNINGS & node.keys())


def _holds(node: Mapping[str, Tree], email: str) -> bool:
    return any(
        isinstance(text, str) and "@" in text and normalize.usable_email(text) == email
        for part in node.values()
        if isinstance(part, (str, list))
        for text in (part if isinstance(part, list) and len(part) == 1 else (part,))
    )


def _flag(value: Tree) -> bool | None:
    if isinstance(value, bool):
        return value
    if value in (0, 1):
        return bool(value)
    said = value.strip().casefold() if isinstance(value, str) else ""
    return True if said in _YES else False if said in _NO else None
