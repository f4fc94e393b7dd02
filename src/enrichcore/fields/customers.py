"""A client's customers, and whether a past employer is one of them.

A customer is told by a domain, by a name, or by both, written `Mooncroft Ltd. <mooncroft.example>`. An employer is known by its
registrable domain first, then by its exact normalised name; the name of a customer whose domain is known does not mean an
employer whose own domain is another one: two companies may share a name.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from attrs import frozen

from enrichcore import normalize
from enrichcore.fields.experience import Job
from enrichcore.fields.identity import share_label

#: How a customer is written that is known by both.
NAME_AND_DOMAIN = re.compile(r"(?P<name>[^<>]*\S)\s*<(?P<domain>[^<>\s]+)>")


@frozen(kw_only=True)
class Customers:
    """A client's customers by what they are compared with."""

    domains: frozenset[str]
    #: The domains of those of a name; none for one that is known by its name alone.
    names: Mapping[str, frozenset[str | None]]
    #: Whether there are some that no name is known of.
    has_nameless: bool

    def include(self, job: Job) -> bool | None:
        """Whether an employer is a customer; None where what is known of the two cannot be compared."""
        if job.domain in self.domains:
            return True
        namesakes = self.names.get(normalize.company_name_key(job.company) or "")
        if namesakes:
            if job.domain is None or None in namesakes:
                return True
            # acorn.de may be the Acorn of acorn.com.
            if any(share_label(job.domain, domain) for domain in namesakes):
                return None
        is_unknown = job.domain is None and (self.has_nameless or normalize.company_name_key(job.company) is None)
        return None if is_unknown else False


def customers_among(given: Iterable[Any]) -> Customers:
    """Customers out of domains, URLs, names, names with a domain, and mappings of these."""
    entries = [given] if isinstance(given, str | Mapping) else given if isinstance(given, Collection) else []
    domains: set[str] = set()
    names: dict[str, set[str | None]] = {}
    has_nameless = False
    for entry in entries:
        texts = _texts(entry)
        found = {text: normalize.registrable_domain(text) for text in texts}
        theirs = {domain for domain in found.values() if domain}
        keys = {key for text, domain in found.items() if not domain and (key := normalize.company_name_key(text))}
        domains |= theirs
        for key in keys:
            names.setdefault(key, set()).update(theirs or {None})
        has_nameless = has_nameless or (bool(theirs) and not keys)
    return Customers(
        domains=frozenset(domains),
        names={key: frozenset(theirs) for key, theirs in names.items()},
        has_nameless=has_nameless,
    )


def _texts(entry: Any) -> list[str]:
    if isinstance(entry, str):
        both = NAME_AND_DOMAIN.fullmatch(entry)
        return [both["name"], both["domain"]] if both else [entry]
    return [text for text in entry.values() if isinstance(text, str)] if isinstance(entry, Mapping) else []
