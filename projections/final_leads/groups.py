"""Fields that only mean something together: a company's place, and a person's title with the day that job began.

Each source's parts are remembered as one claim, the best one for every set of parts, so that which claim wins does not
depend on the order of the answers. When a row is made the best claim is shown, and what it lacks is taken from the next
ones, as far as they speak of the same: "Boston, Massachusetts, United States" fills a claim that tells only the United
States, and not one that tells only Germany.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

import msgspec
from attrs import frozen

from enrichcore import normalize
from projections.final_leads.emails import email_told_by
from projections.final_leads.state import EMAIL, EMAIL_STATUS, Cell, claim_name, order_among

CITY, STATE, COUNTRY = "company_city", "company_state", "company_country"
TITLE, START = "person_title", "person_current_job_start_date"
DOMAIN, WEBSITE = "company_domain", "company_website"
NAME: Final = "company_name"
JOB: Final = "job"
_PLAIN, _SPELT = "plain", "spelt"

#: Parts by field.
Parts = Mapping[str, Any]


@frozen(kw_only=True)
class Group:
    """Fields that are shown from one claim."""

    name: str
    parts: tuple[str, ...]
    #: Whether what is shown and a claim speak of the same, so that the claim may fill what is missing.
    same: Callable[[Parts, Parts], bool]


def claims(facts: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """What facts claim of each group, under the claim's name."""
    told = ((group, {part: facts[part] for part in group.parts if part in facts}) for group in GROUPS)
    return {claim_name(group.name, (*parts, *_size(parts))): parts for group, parts in told if parts}


def _size(parts: Parts) -> tuple[str, ...]:
    """What sets titles in small letters apart, so that they do not take the place of those that are spelt better."""
    return (_PLAIN,) if parts.get(TITLE, "").islower() else ()


def told_by(cells: Mapping[str, Cell], trusted_for: timedelta) -> dict[str, Cell]:
    """One cell for each field, out of cells and claims."""
    told: dict[str, Cell] = {}
    claimed: dict[str, dict[str, Cell]] = {}
    for name, cell in cells.items():
        group, is_claim, _ = name.partition("/")
        (claimed.setdefault(group, {}) if is_claim else told)[name] = cell
    for shown in GROUPS:
        made = claimed.get(shown.name, {}).values()
        told |= _shown(shown, sorted(made, key=order_among(made, trusted_for), reverse=True))
    told |= _in_better_letters(told, claimed.get(JOB, {}))
    domain = told[DOMAIN].value if DOMAIN in told else None
    told |= email_told_by(claimed.get(EMAIL, {}) | claimed.get(EMAIL_STATUS, {}), trusted_for, domain)
    told |= _name_told_by(claimed.get(NAME, {}), trusted_for)
    return _without_foreign_website(told)


def name_claim(name: str) -> str:
    """Under which name a company's is remembered: what it is without letters' size, and whether these tell anything."""
    return claim_name(NAME, (normalize.company_name_key(name) or name.casefold(), _letters(name)))


def _letters(name: str) -> str:
    return _PLAIN if normalize.is_plain(name) else _SPELT


def _name_told_by(found: Mapping[str, Cell], trusted_for: timedelta) -> dict[str, Cell]:
    """The best name of a company, in the better letters: a later "PAMPANET SA" is "Pampanet S.A." where that is known."""
    if not found:
        return {}
    order = order_among(found.values(), trusted_for)
    best = max(found, key=lambda name: order(found[name]))
    spelt = f"{best.removesuffix(_PLAIN)}{_SPELT}"
    return {NAME: found.get(spelt, found[best]) if best.endswith(f"+{_PLAIN}") else found[best]}


def _in_better_letters(told: Mapping[str, Cell], jobs: Mapping[str, Cell]) -> dict[str, Cell]:
    """The title as another source writes it, where it is in small letters alone: "chief of staff" is "Chief of Staff" elsewhere."""
    title = told.get(TITLE)
    if title is None or not title.value.islower():
        return {}
    same = [
        cell
        for cell in jobs.values()
        if (other := cell.value.get(TITLE, "")).casefold() == title.value.casefold() and not other.islower()
    ]
    best = max(same, key=lambda cell: cell.order, default=None)
    return {} if best is None else {TITLE: msgspec.structs.replace(best, value=best.value[TITLE])}


def _shown(group: Group, best_first: list[Cell]) -> dict[str, Cell]:
    shown: dict[str, Cell] = {}
    for claim in best_first:
        if not shown or group.same({part: cell.value for part, cell in shown.items()}, claim.value):
            shown = {part: msgspec.structs.replace(claim, value=value) for part, value in claim.value.items()} | shown
    return shown


def same_place(shown: Parts, claim: Parts) -> bool:
    """Whether the parts that both have agree; where both have none, whether the one's state is in the other's country."""
    countries = {
        normalize.country_name(parts[COUNTRY]) or parts[COUNTRY] for parts in (shown, claim) if COUNTRY in parts
    }
    country = next(iter(countries)) if len(countries) == 1 else None
    states = {_state(parts[STATE], country) for parts in (shown, claim) if STATE in parts}
    if len(countries) > 1 or len(states) > 1 or not _agree(shown, claim, CITY):
        return False
    told_as_one = any(STATE in parts and COUNTRY in parts for parts in (shown, claim))
    if states and country is not None and not told_as_one:
        homes = normalize.countries_of_state(next(iter(states)))
        if homes:
            return country in homes
    return any(part in shown and part in claim for part in (CITY, STATE, COUNTRY))


def same_job(shown: Parts, claim: Parts) -> bool:
    """Whether title and start agree; a start without a title is of any title that is worth less, and of no better one."""
    first, second = str(shown.get(START, "")), str(claim.get(START, ""))
    starts_agree = first.startswith(second) or second.startswith(first)
    return starts_agree and _agree(shown, claim, TITLE) and TITLE in claim


def _state(state: str, country: str | None) -> str:
    return (normalize.subdivision_name(state, country) or state).casefold()


def _agree(shown: Parts, claim: Parts, part: str) -> bool:
    return part not in shown or part not in claim or shown[part].casefold() == claim[part].casefold()


def _without_foreign_website(told: dict[str, Cell]) -> dict[str, Cell]:
    """A website at another domain than the company's is not shown, unless one source told both."""
    if DOMAIN not in told or WEBSITE not in told or told[DOMAIN].since == told[WEBSITE].since:
        return told
    domain, site = (normalize.registrable_domain(told[name].value) for name in (DOMAIN, WEBSITE))
    return told if domain == site else {name: cell for name, cell in told.items() if name != WEBSITE}


GROUPS: Final = (
    Group(name="place", parts=(CITY, STATE, COUNTRY), same=same_place),
    Group(name=JOB, parts=(TITLE, START), same=same_job),
)
GROUPED: Final = frozenset(part for group in GROUPS for part in group.parts)
