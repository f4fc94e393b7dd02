"""Which answer a row gets: a recorded one that matches, else one made up from the row.

An answer depends on the settings, the row and its fate, and on nothing else.
"""

import json
from collections.abc import Mapping
from datetime import date
from random import Random
from typing import Any

from attrs import frozen

from . import shapes
from .companies import company_object, technologies
from .fate import Fate, identity
from .fiction import dice_for, world
from .kinds import Kind, kind_of
from .people import email_address, person_object
from .recorded import Recordings

#: Of a hundred: objects without a blemish, people whose e-mail address comes along, addresses not found at all.
_UNBLEMISHED, _EMAIL_ALONG, _EMAIL_UNKNOWN = 60, 30, 15
#: Credits that an answer may tell, by what was asked for; None tells nothing.
_COSTS: Mapping[Kind, tuple[float | None, ...]] = {
    Kind.COMPANY: (0.5, 1, 1, 2, None),
    Kind.PERSON: (1, 1, 1.5, 2, None),
    Kind.EMAIL: (0.3, 2, 2, 4, None),
}


@frozen(kw_only=True)
class Answer:
    """The body of a callback."""

    body: bytes
    #: What the answer says it cost; 0 where it does not tell.
    credits_told: float


@frozen(kw_only=True)
class Answerer:
    """Makes answers. The same row and fate give the same answer."""

    seed: int
    #: The day that start dates are counted back from.
    as_of: date
    recordings: Recordings
    #: The one wrapper to use, from `shapes.WRAPPERS`; None varies it.
    shape: str | None

    def answer(self, payload: Mapping[str, Any], hook: str, fate: Fate) -> Answer:
        """The answer to a row that was posted to a webhook."""
        workflow = str(payload.get("workflow") or hook)
        kind = kind_of(workflow, payload)
        dice = dice_for(self.seed, "answer", workflow, identity(payload))
        if "garbage" in fate:
            return Answer(body=dice.choice(world()["garbage"]).encode(), credits_told=0)
        ids = _echoed(payload)
        if "error_answer" in fate:
            return _written({**ids, "result": None, **dice.choice(world()["errors"])})
        if "empty" in fate:
            return _written({**ids, **_nothing(kind, dice), **_cost(kind, dice)})
        recorded = self.recordings.find(payload, kind, workflow)
        if recorded is not None:
            return _answer(recorded.filled(payload))
        return _written({**self._made_up(payload, ids, kind, dice), **_cost(kind, dice)})

    def _made_up(self, payload: Mapping[str, Any], ids: shapes.Object, kind: Kind, dice: Random) -> dict[str, Any]:
        if kind is Kind.COMPANY:
            technology_column = dice.choice(shapes.TECHNOLOGY_COLUMNS)(technologies(payload, self.seed))
            return {**self._shaped(company_object(payload, self.seed), ids, kind, dice), **technology_column}
        if kind is Kind.PERSON:
            columns = shapes.EMAIL_COLUMNS_ALONG
            along = self._email(payload, columns, dice) if dice.randrange(100) < _EMAIL_ALONG else {}
            return {**self._shaped(person_object(payload, self.seed, self.as_of), ids, kind, dice), **along}
        return {**ids, **self._email(payload, tuple(shapes.EMAIL_COLUMNS), dice)}

    def _shaped(self, thing: shapes.Object, ids: shapes.Object, kind: Kind, dice: Random) -> dict[str, Any]:
        blemish = "none" if dice.randrange(100) < _UNBLEMISHED else dice.choice(list(shapes.BLEMISHES))
        wrapper = self.shape or dice.choice(list(shapes.WRAPPERS))
        return shapes.WRAPPERS[wrapper](shapes.BLEMISHES[blemish](thing), ids, kind)

    def _email(self, payload: Mapping[str, Any], columns: tuple[str, ...], dice: Random) -> dict[str, Any]:
        column = shapes.EMAIL_COLUMNS[dice.choice(columns)]
        recorded = self.recordings.email_of(payload)
        if recorded is None and dice.randrange(100) < _EMAIL_UNKNOWN:
            return column(dice.choice(world()["no_email"]))
        return column(recorded or email_address(payload, self.seed))


def _echoed(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Our ids as the table sends them back: the thing sent, and the person's or else the company's."""
    of_entity = "person_id" if payload.get("person_id") else "company_id"
    return {name: payload[name] for name in ("item_id", of_entity) if name in payload}


def _nothing(kind: Kind, dice: Random) -> dict[str, Any]:
    sentence = dice.choice(world()[f"no_{kind}"])
    if kind is Kind.EMAIL:
        return shapes.EMAIL_COLUMNS[dice.choice(list(shapes.EMAIL_COLUMNS))](sentence)
    ways: tuple[dict[str, Any], ...] = (
        {"result": None, "status": "SUCCESS_NO_DATA"},
        {"result": sentence},
        {"data": {}},
        {"data": [], "result": ""},
        {f"Enrich {kind}": sentence},
        {},
    )
    return dice.choice(ways)


def _cost(kind: Kind, dice: Random) -> dict[str, Any]:
    cost = dice.choice(_COSTS[kind])
    return {} if cost is None else {"metadata": {"upfrontCreditUsage": {"totalCost": cost}}}


def _written(content: Mapping[str, Any]) -> Answer:
    told = content.get("metadata", {}).get("upfrontCreditUsage", {}).get("totalCost", 0)
    return Answer(body=json.dumps(content).encode(), credits_told=float(told))


def _answer(body: bytes) -> Answer:
    """A recorded body, with the credits that it tells at its top, where they are numbers."""
    content = json.loads(body)
    metadata = content.get("metadata") if isinstance(content, dict) else None
    usage = metadata.get("upfrontCreditUsage") if isinstance(metadata, dict) else None
    told = usage.get("totalCost") if isinstance(usage, dict) else None
    return Answer(body=body, credits_told=float(told) if isinstance(told, int | float) else 0)
