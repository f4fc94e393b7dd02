"""What an answer cost: as it tells itself, else as the configuration says; else what was reserved."""

from decimal import Decimal
from typing import Any

from attrs import evolve

from enrichcore.domain.amounts import credits_told
from enrichcore.domain.answers import Rank
from enrichcore.domain.ids import ClientId
from enrichcore.domain.step_run import Answer
from enrichcore.fields.payloads import tree, values_at
from enrichcore.fields.sources import path
from enrichcore.registry import Registry, UnknownNameError


def priced(registry: Registry, client: ClientId, workstream: str, workflow: str, answer: Answer) -> Answer:
    """The answer; one that found nothing and does not tell its price, with the price of its lane for that."""
    if answer.credits is not None or answer.rank is not Rank.EMPTY:
        return answer
    try:
        lane = registry.lane(client, workstream, workflow)
    except UnknownNameError:
        return answer
    return answer if lane.credits_when_empty is None else evolve(answer, credits=lane.credits_when_empty)


def credits_in(body: Any, at: str) -> Decimal | None:
    """The credits that a response tells at a path; None where it does not."""
    found = (credits_told(value) for value in values_at(tree(body), path(at))) if at else ()
    return next((amount for amount in found if amount is not None), None)
