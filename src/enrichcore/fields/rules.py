"""What a configuration may say of how answers become fields, and fields indicators; all else is shipped.

The rules are part of the recorded configuration, so read models are made by what the log tells, not by a host's file.
"""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Any

from attrs import field, frozen

from enrichcore.domain.pipeline import Entity
from enrichcore.fields.identity import is_another
from enrichcore.fields.indicators import NEW_IN_ROLE_MONTHS, RECENTLY_FUNDED_MONTHS
from enrichcore.fields.sources import OwnSources, own_sources

#: Under which key of a configuration's snapshot they stand.
KEY = "rules"


class SomebodyElse(StrEnum):
    """What becomes of an answer that is surely about another person or company than the one asked about."""

    TAKE = "take"
    LEAVE_OUT = "leave_out"


@frozen(kw_only=True)
class Rules:
    """Paths of one's own for some fields, how long something is new or trusted, and what wrong matches are worth."""

    #: By field; empty where the shipped ones count.
    sources: OwnSources = field(default=OwnSources(), converter=own_sources)
    #: For how many months a role is new, and funding recent.
    new_in_role_months: int = NEW_IN_ROLE_MONTHS
    recently_funded_months: int = RECENTLY_FUNDED_MONTHS
    about_somebody_else: SomebodyElse = SomebodyElse.TAKE
    #: For how long an answer, or a local step's result, stands against an import that tells something new.
    trusted_for: timedelta = timedelta(days=180)

    @property
    def months(self) -> dict[str, int]:
        """The months, as the indicators take them."""
        return {
            "new_in_role_months": self.new_in_role_months,
            "recently_funded_months": self.recently_funded_months,
        }


def rules_to_json(rules: Rules) -> dict[str, Any]:
    """The rules, fit for JSON; empty for the shipped ones."""
    if rules == Rules():
        return {}
    told: dict[str, Any] = {"fields": {name: list(paths) for name, paths in rules.sources.items()}, **rules.months}
    # What is as shipped is not written, so that configurations from before there was a choice keep their fingerprints.
    if rules.about_somebody_else is not SomebodyElse.TAKE:
        told["about_somebody_else"] = str(rules.about_somebody_else)
    if rules.trusted_for != Rules().trusted_for:
        told["trusted_for_s"] = int(rules.trusted_for.total_seconds())
    return told


def rules_of(snapshot: Mapping[str, Any] | None) -> Rules:
    """The rules in a configuration's snapshot; the shipped ones where it tells of none."""
    told = (snapshot or {}).get(KEY)
    if not isinstance(told, Mapping):
        return Rules()
    shipped = Rules()
    trusted_for_s = told.get("trusted_for_s")
    return Rules(
        sources=told.get("fields") or {},
        new_in_role_months=told.get("new_in_role_months", shipped.new_in_role_months),
        recently_funded_months=told.get("recently_funded_months", shipped.recently_funded_months),
        about_somebody_else=SomebodyElse(told.get("about_somebody_else", shipped.about_somebody_else)),
        trusted_for=shipped.trusted_for if trusted_for_s is None else timedelta(seconds=trusted_for_s),
    )


def turned_away(rules: Rules, asked: Mapping[str, Any], told: Mapping[str, Any], entity: Entity) -> bool:
    """Whether an answer is to count for nothing because it is surely about another than the one asked about.

    Args:
        rules: what such an answer is worth.
        asked: what was known when it was asked.
        told: the answer's fields.
        entity: whom the step concerns.
    """
    return rules.about_somebody_else is SomebodyElse.LEAVE_OUT and is_another(asked, told, entity)
