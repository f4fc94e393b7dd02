"""Lanes as they stand: pace, what is out, what was sent and spent, why one stands still, and when it did; and budgets."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from enrichcore.application import Enrichment
from enrichcore.application.budgets import budgets, pays_again_at, reserved_of, used_now, used_words
from enrichcore.application.claiming import rows_in_budget
from enrichcore.domain.amounts import amount, counted, credits_said
from enrichcore.domain.events import (
    ConnectionsFailed,
    DoubtsCounted,
    Event,
    LaneHeld,
    LaneResumed,
    LaneStopped,
    RefusalsCounted,
    WebhookEndsSoon,
)
from enrichcore.domain.ids import lane_id
from enrichcore.domain.lane import NEARLY_OVER, Lane
from enrichcore.registry import Client, LaneSettings, UnknownClientError
from enrichcore.registry.readers import duration_text
from runners.statements import rows


def known_lanes(enrichment: Enrichment) -> list[dict[str, Any]]:
    """Every lane of the configuration, with what waits for it, and what it did as far as read models have come."""
    waiting = {lane: counts for lane, *counts in rows(enrichment, "rows_of_lanes")}
    used = {lane_id(*row[:3]): row[3:] for row in rows(enrichment, "spent_on_lanes")}
    marked = {lane.lane_id: lane for lane, _ in enrichment.store.lanes()}
    found: list[dict[str, Any]] = []
    sharing = _by_webhook(enrichment)
    for client in enrichment.registry.clients.values():
        for workstream, workflow, webhook in enrichment.registry.webhooks_of(client):
            key, lane = lane_id(client.id, workstream, workflow), f"{client.slug}/{workstream}/{workflow}"
            in_flight, ready = waiting.get(key, (0, 0))
            attempts, spent, reserved = used.get(key, (0, 0, 0))
            settings = webhook.lane
            found.append(
                {
                    "lane": lane,
                    "lane_id": key,
                    "client": client.slug,
                    "workstream": workstream,
                    "workflow": workflow,
                    "pace_group": settings.pace_group,
                    "rate": settings.rate,
                    "burst": settings.burst,
                    "max_in_flight": settings.max_in_flight,
                    "in_flight": in_flight,
                    "ready": ready,
                    # Attempts that were surely not delivered count for this one only. It and credits are as of the read models.
                    "attempts": attempts,
                    # Of the webhook, by all lanes that have it, whatever client they are of.
                    "sent": (taken := enrichment.store.sends_of(webhook.url.fingerprint())),
                    "shared_with": [name for name in sharing[webhook.url.fingerprint()] if name != lane],
                    "lifetime_limit": settings.lifetime_limit,
                    "lifetime_used": f"{taken / settings.lifetime_limit:.0%}" if settings.lifetime_limit else "",
                    "credits_spent": spent,
                    "credits_reserved": reserved,
                    **_breaker(marked.get(key), _limits(enrichment, client, settings, taken), enrichment.now()),
                }
            )
    return found


def _by_webhook(enrichment: Enrichment) -> dict[str, list[str]]:
    """The lanes that share each webhook."""
    found: dict[str, list[str]] = {}
    for client in enrichment.registry.clients.values():
        for workstream, workflow, webhook in enrichment.registry.webhooks_of(client):
            found.setdefault(webhook.url.fingerprint(), []).append(f"{client.slug}/{workstream}/{workflow}")
    return found


def sent_words(lane: dict[str, Any]) -> str:
    """What a lane's webhook took; where several lanes have it, what this one tried stands beside that, refused rows included."""
    if lane["shared_with"]:
        return f"{lane['sent']:,} with others of this webhook; {lane['attempts']:,} tried here"
    return f"{lane['sent']:,}"


def known_budgets(enrichment: Enrichment) -> list[dict[str, Any]]:
    """The budget of every client that has one."""
    return [
        {
            "client": budget.client.slug,
            "budget_credits": budget.budget_credits,
            "budget_period": None if (period := budget.client.budget_period) is None else duration_text(period),
            "credits_used": budget.used,
            "credits_reserved": budget.reserved,
            "credits_left": budget.left,
            "overshoot": budget.overshoot,
            "ended": budget.ended,
        }
        for budget in budgets(enrichment.store, enrichment.registry, enrichment.now())
    ]


def budget_line(budget: dict[str, Any]) -> str:
    """How a client's budget stands, in a sentence without its full stop."""
    period = "" if budget["budget_period"] is None else f" in {budget['budget_period']}"
    told = (
        f"budget {budget['client']}: {amount(budget['credits_used'])} of {credits_said(budget['budget_credits'])}"
        f"{period} are {used_words(budget['credits_used'], budget['credits_reserved'])}"
    )
    if budget["overshoot"]:
        return f"{told}, {amount(budget['overshoot'])} beyond it, for answers cost more than was reserved; nothing more leaves"
    return f"{told}; nothing more leaves" if budget["ended"] else told


def held_back(enrichment: Enrichment, client_id: UUID, workstream: str, workflows: Iterable[str]) -> list[str]:
    """Why rows of some workflows do not leave: for each lane that is stopped, held or at a limit, one sentence."""
    try:
        client = enrichment.registry.client(client_id)
    except UnknownClientError:
        return [f"the configuration has no client {client_id} any more, so nothing of it is sent"]
    marked = {lane.lane_id: lane for lane, _ in enrichment.store.lanes()}
    found = []
    sent_to = {(stream, workflow): webhook for stream, workflow, webhook in enrichment.registry.webhooks_of(client)}
    for workflow in workflows:
        webhook = sent_to.get((workstream, workflow))
        if webhook is None:
            found.append(f"{client.slug}/{workstream}/{workflow} has no webhook in the configuration")
            continue
        taken = enrichment.store.sends_of(webhook.url.fingerprint())
        limits = _limits(enrichment, client, webhook.lane, taken)
        held = _breaker(marked.get(lane_id(client.id, workstream, workflow)), limits, enrichment.now())
        if held["reason"]:
            found.append(f"{client.slug}/{workstream}/{workflow} is {held['status']}: {held['reason']}")
    return found


def _limits(enrichment: Enrichment, client: Client, settings: LaneSettings, taken: int) -> str:
    """What limits a lane that is open, in words; empty when nothing does."""
    told = []
    life = settings.lifetime_limit
    if life is not None and taken >= life * NEARLY_OVER:
        told.append(f"{taken:,} of the {life:,} rows are sent that its webhook takes in its life")
    price = settings.credits_per_send
    if client.budget_credits is not None and not rows_in_budget(enrichment.store, client, price, enrichment.now()):
        later = pays_again_at(enrichment.store, client, price, enrichment.now())
        period = "" if later is None else f", and its period frees credits at {later:%Y-%m-%d %H:%M} UTC"
        used = used_words(
            used_now(enrichment.store, client, enrichment.now()), reserved_of(enrichment.store, client.id)
        )
        told.append(f"the budget of {credits_said(client.budget_credits)} is {used}{period}")
    return "; ".join(told)


def _breaker(lane: Lane | None, limits: str, now: datetime) -> dict[str, Any]:
    if lane is not None and lane.stopped:
        return {"status": "stopped", "reason": lane.stopped, "held_until": None}
    if lane is not None and lane.held_until is not None and lane.held_until > now:
        why = f": {lane.held_for}" if lane.held_for else ""
        reason = f"nothing is sent until {lane.held_until:%Y-%m-%d %H:%M:%S} UTC{why}"
        return {"status": "held", "reason": reason, "held_until": lane.held_until}
    if lane is not None and lane.probed:
        return {"status": "held", "reason": f"one row at a time is tried: {lane.held_for}", "held_until": None}
    return {"status": "open", "reason": limits, "held_until": None}


def lane_words(event: Event) -> str:
    """What an event says of its lane, for people."""
    match event:
        case LaneStopped():
            return f"stopped by {event.by}: {event.reason}"
        case LaneResumed():
            return f"resumed by {event.by}{event.why and f': {event.why}'}"
        case LaneHeld():
            return f"held until {event.until:%Y-%m-%d %H:%M:%S}{event.reason and f': {event.reason}'}"
        case RefusalsCounted(in_a_row=0) | ConnectionsFailed(in_a_row=0) | DoubtsCounted(in_a_row=0):
            return _ENDED[type(event)]
        case RefusalsCounted():
            return f"{counted(event.in_a_row, 'row')} in a row refused for good"
        case ConnectionsFailed():
            return f"{counted(event.in_a_row, 'connection')} in a row failed{event.reason and f', the last: {event.reason}'}"
        case DoubtsCounted():
            last = event.reason and f", the last: {event.reason}"
            return f"{counted(event.in_a_row, 'row')} in a row in doubt{last}"
        case WebhookEndsSoon():
            return f"its webhook has taken {event.sends:,} of the {event.lifetime_limit:,} rows of its life"
    return type(event).__name__


_ENDED: Final[dict[type[Event], str]] = {
    RefusalsCounted: "a row was taken: refusals are counted anew",
    ConnectionsFailed: "the webhook was reached: failures are counted anew",
    DoubtsCounted: "a row is known to be taken: doubts are counted anew",
}
