"""Domains: the strongest key of a company, so they are compared in one form only.

The form is the registrable domain (public suffix and one label), ASCII, lower-case: IDNA 2008 with UTS 46, so that
`münzwerk.example` and `xn--mnzwerk-n2a.example` are one. Free mail and other people's pages belong to no company. The
public suffix list comes with its package; nothing here touches the network.
"""

import re
from functools import cache, lru_cache
from typing import Any
from urllib.parse import unquote

import idna
from publicsuffixlist import PublicSuffixList

from enrichcore.normalize.lists import entries
from enrichcore.normalize.nothing import clean_text
from enrichcore.normalize.remembering import remembered

#: Characters of a host name, after RFC 1035.
MAX_HOST = 253
#: Characters of a URL that are looked at.
MAX_URL = 2_000

#: At times written twice, by a form that puts one in front of what has one.
_SCHEME = re.compile(r"(?:https?(?::/{0,3}|//)|ftp://|//)+", re.IGNORECASE)
_OTHER_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:(?!\d)", re.IGNORECASE)
#: What a link tells of where it was followed, and not of the page.
_TRACKING = re.compile(
    r"(?:utm_\w+|gclid|fbclid|msclkid|mc_[ce]id|_ga|_gl|trk|originalsubdomain)(?:=|$)", re.IGNORECASE
)
_HOST_END = re.compile(r"[/?#\\]")
_SEARCH = re.compile(r"\b(?:google|bing|duckduckgo|yahoo)\.[a-z.]{2,6}/(?:search|maps|url|\?q=)", re.IGNORECASE)
#: A page below the first of a host; a language is none: "/en-us/".
_PAGE_BELOW = r"/(?!(?:[a-z]{2}(?:[-_][a-z]{2})?/?)?(?:[?#\s,;|]|$))"
#: The links inside a text, as pages and notes write them.
_LINK = re.compile(r"https?://[^\s<>\"'()\[\]{}|,;]+", re.IGNORECASE)
#: A note beside one of several: "acme.example (main), acme.co.uk".
_BRACKETED = re.compile(r"\([^()]*\)")
_PORT = re.compile(r":\d{0,5}$")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_REGISTRABLE_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_TOP_LEVEL = re.compile(r"[a-z]{2,63}|xn--[a-z0-9-]{1,59}")


def registrable_domain(value: Any) -> str | None:
    """The registrable domain of a URL, host or host with port; None for addresses of mail, IPs, local names and prose.

    A cell that lists several, separated by comma, semicolon or bar, gives the first usable one.
    """
    host = _first_host(value)
    return None if host is None else _registrable(host)


@remembered
def company_domain(value: Any) -> str | None:
    """As `registrable_domain`, but None where the host is free mail or a place of other people's pages."""
    host = _first_host(value)
    if host is None or is_page_host(host) or _is_page_of_another(value, host):
        return None
    domain = _registrable(host)
    is_nobodys = domain in entries("unusable_domains") or is_misspelt_mail_host(host) or is_free_mail(host)
    return None if is_nobodys else domain


def is_free_mail(domain: str) -> bool:
    """Whether anybody can have an e-mail address at that domain or a host below it."""
    return _listed(domain, "free_mail")


def is_misspelt_mail_host(domain: str) -> bool:
    """Whether that host is what a typing error made of one of free mail: "gmial.com"."""
    return _listed(domain, "misspelt_mail_hosts")


def is_page_host(domain: str) -> bool:
    """Whether that host or domain shows other people's pages: social networks, page builders, directories."""
    return _listed(domain, "page_hosts")


def _is_page_of_another(value: Any, host: str) -> bool:
    """Whether a URL at that host is a search engine's answer, or a page in a directory or at a market place."""
    if not isinstance(value, str) or "/" not in value:
        return False
    if _has_pages_of_others(host):
        return re.search(re.escape(host) + _PAGE_BELOW, value, re.IGNORECASE) is not None
    return _SEARCH.search(value) is not None


@lru_cache(maxsize=8_192)
def _has_pages_of_others(host: str) -> bool:
    name = (_registrable(host) or "").partition(".")[0]
    return _listed(host, "hosts_with_pages_of_others") or f"{name}." in entries("hosts_with_pages_of_others")


def website_url(value: Any) -> str | None:
    """An http(s) URL as given, with its scheme, the host in lower case, no fragment and nothing that only tracks; None when it names no public host."""
    text = clean_text(value)
    if text is None or len(text) > MAX_URL:
        return None
    if _host(text) is None:
        found = [link.rstrip(".") for link in _LINK.findall(text)] or [
            _BRACKETED.sub("", part).strip() for part in re.split(r"[,;|]", text)
        ]
        text = next((part for part in found[:20] if _host(part)), None)
        if text is None or _first_host(value) != _host(text):
            return None
    if text.split() != [text]:
        return None
    scheme = "http" if text[:5].casefold() == "http:" else "https"
    rest = _SCHEME.sub("", text, count=1)
    end = _HOST_END.search(rest)
    authority, tail = (rest, "") if end is None else (rest[: end.start()], rest[end.start() :])
    path = tail.partition("#")[0].replace("\\", "/")
    if "?" in path:
        path = _without_tracking(path)
    host = authority.rpartition("@")[2].rstrip(".").lower()
    return f"{scheme}://{host}{'' if path == '/' else path}"


def _without_tracking(path: str) -> str:
    page, _, query = path.partition("?")
    kept = "&".join(part for part in query.split("&") if part and _TRACKING.match(part) is None)
    return f"{page}?{kept}" if kept else page


def _first_host(value: Any) -> str | None:
    if isinstance(value, list | tuple):
        return next((host for part in value[:20] if isinstance(part, str) and (host := _first_host(part))), None)
    text = clean_text(value) if isinstance(value, str) else None
    if text is None:
        return None
    text = text[:MAX_URL]
    whole = _host(text)
    if whole is not None:
        return whole
    parts = (_BRACKETED.sub("", part).strip() for part in re.split(r"[,;|]", text)[:20])
    listed = next((host for part in parts if (host := _host(part))), None)
    if listed is not None:
        return listed
    linked = {host for link in _LINK.findall(text)[:20] if (host := _host(link))}
    return linked.pop() if len(linked) == 1 else None


@lru_cache(maxsize=4_096)
def _host(text: str) -> str | None:
    """The public host in one URL-like text, in ASCII."""
    rest = _SCHEME.sub("", text, count=1) if _SCHEME.match(text) else text
    has_scheme = len(rest) < len(text)
    if not has_scheme and _OTHER_SCHEME.match(rest):
        return None
    authority = _HOST_END.split(rest, maxsplit=1)[0]
    if "@" in authority:
        if not has_scheme:
            return None
        authority = authority.rpartition("@")[2]
    host = _PORT.sub("", unquote(authority, errors="replace")).strip(".").lower()
    if host.split() != [host]:
        return None
    return _ascii(host)


@lru_cache(maxsize=8_192)
def _ascii(host: str) -> str | None:
    if not host.isascii():
        try:
            host = idna.encode(host, uts46=True).decode("ascii")
        except (idna.IDNAError, UnicodeError):
            return None
    labels = host.split(".")
    if len(host) > MAX_HOST or len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels):  # noqa: PLR2004 - a name and its top level
        return None
    # The top level of an address in numbers is a number.
    if not _TOP_LEVEL.fullmatch(labels[-1]) or labels[-1] in entries("unusable_tlds"):
        return None
    return host if _registrable(host) else None


@lru_cache(maxsize=8_192)
def _registrable(host: str) -> str | None:
    domain = _suffixes().privatesuffix(host)
    if not isinstance(domain, str) or not _REGISTRABLE_LABEL.fullmatch(domain.partition(".")[0]):
        return None
    # "www.acme" lacks its top level, and "www" is nobody's name.
    if domain.startswith("www."):
        return None
    return domain


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


def _listed(domain: str, name: str) -> bool:
    """Whether the domain or one that it lies below is in the list, there with a dot before it where only what lies below is meant."""
    return name in _lists_with(domain)


@lru_cache(maxsize=8_192)
def _lists_with(domain: str) -> frozenset[str]:
    labels = domain.lower().strip(".").removeprefix("www.").split(".")[-10:]
    wholes = [".".join(labels[start:]) for start in range(len(labels))]
    asked = (*wholes, *(f".{whole}" for whole in wholes[1:]))
    return frozenset().union(*(_lists()[one] for one in asked if one in _lists()))


@cache
def _lists() -> dict[str, frozenset[str]]:
    """The names of the lists that each of their entries is in."""
    found: dict[str, frozenset[str]] = {}
    for name in ("free_mail", "misspelt_mail_hosts", "page_hosts", "hosts_with_pages_of_others"):
        for entry in entries(name):
            found[entry] = found.get(entry, frozenset()) | {name}
    return found
