"""Which of a person's e-mail addresses is shown: each is remembered with what is said of it.

What is said of one address is a claim of its own, so that a provider's verdict on an address holds, whoever told the address:
one that bounces is not shown because an import once called it verified.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from enrichcore.fields import email_term
from enrichcore.normalize import is_free_mail, is_shared_mailbox, registrable_domain
from projections.final_leads.state import EMAIL, EMAIL_STATUS, Cell, group_of, order_among
from projections.final_leads.trust import PER_TRUST, trust_in

#: An address that is a guess is worth less than any that is not, whoever gave it, and of those a private one less than one at a
#: company's host; trust comes next; then whether it is at the company that is shown, for people move; then what is said of it. One that many
#: people share is worth less than all of these.
_ONES_OWN, _NOT_GUESSED, _AT_WORK, _AT_COMPANY = 100, 100, 100, 5
_GRADES: Final[Mapping[str | None, int]] = {"guessed": 1, "catch-all": 2, None: 3, "verified": 4}
_SURE: Final = frozenset({None, "verified"})
#: Words on one address that are no guess: of these the newest of the most trusted source counts.
_DEFINITE: Final = frozenset({"verified", "invalid"})
_UNUSABLE: Final = -1


def email_weight(trust: int, status: str | None, *, private: bool = False, shared: bool = False) -> int:
    """What an address is worth, by its source, its host and what is said of it; one that nobody can write to, nothing."""
    term = email_term(status)
    if term == "invalid":
        return _UNUSABLE
    sure = _NOT_GUESSED + (0 if private else _AT_WORK) if term in _SURE else 0
    return (0 if shared else _ONES_OWN + sure) + int(trust) * PER_TRUST + _GRADES[term]


def status_weight(trust: int, status: str) -> int:
    """What a word on an address is worth beside others on the same."""
    return (_NOT_GUESSED if status in _DEFINITE else _GRADES[status]) + int(trust) * PER_TRUST


def email_told_by(cells: Mapping[str, Cell], trusted_for: timedelta, company_domain: object = None) -> dict[str, Cell]:
    """The best address and what is said of it; of one that nobody can write to only that.

    Args:
        cells: What is remembered.
        trusted_for: How long an answer goes before what an import newly tells.
        company_domain: That of the company that is shown.
    """
    found = [(name.partition("/")[2], cell) for name, cell in cells.items() if group_of(name) == EMAIL]
    if not found:
        return {}
    judged = [(cell, cells.get(f"{EMAIL_STATUS}/{address}")) for address, cell in found]
    order = order_among([address for address, _ in judged], trusted_for)
    domain = registrable_domain(company_domain)

    def worth(address: Cell, status: Cell | None) -> tuple[int, int]:
        at_company = _AT_COMPANY if _is_at(domain, address) else 0
        return _weight(address, status, order(address)[0]) + at_company, address.seen

    address, status = max(judged, key=lambda pair: worth(*pair))
    told = {EMAIL: address} if status is None else {EMAIL: address, EMAIL_STATUS: status}
    if _weight(address, status, address.weight) == _UNUSABLE:
        del told[EMAIL]
    return told


def _is_at(domain: str | None, address: Cell) -> bool:
    return domain is not None and registrable_domain(str(address.value).rpartition("@")[2]) == domain


def _weight(address: Cell, status: Cell | None, weight: int) -> int:
    email, said = str(address.value), None if status is None else status.value
    private, shared = is_free_mail(email.rpartition("@")[2]), is_shared_mailbox(email)
    return email_weight(trust_in(weight), said, private=private, shared=shared)
