"""The news as it is told: a JSON object with a sentence for people under `text`, and the facts beside it.

Pure. Nothing secret is in the facts that come in here, and no address of ours goes out.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID, uuid5

import msgspec

from enrichcore.application.budgets import Budget, room_words, used_words
from enrichcore.domain import events as e
from enrichcore.domain.amounts import amount, counted, credits_said
from enrichcore.domain.ids import NAMESPACE
from enrichcore.domain.lane import AWAY_FOR_LONG, DOUBTFUL_FOR_LONG
from enrichcore.registry import Client, Notice
from enrichcore.store.outbox import BatchResult, Notification

#: Events of the log that are news.
NEWS: Final = (e.BatchFinished, e.LaneStopped, e.ConnectionsFailed, e.DoubtsCounted, e.WebhookEndsSoon)

_encoder: Final = msgspec.json.Encoder(decimal_format="number")


def batch_finished(recorded: e.Recorded, client: str, result: BatchResult, items: Mapping[str, int]) -> Notification:
    """A batch is finished.

    Args:
        recorded: the event.
        client: whose batch it is, in words.
        result: what came of it.
        items: its items by status, with `gaps` and `in_doubt`.
    """
    counts = {name: items.get(name, 0) for name in ("completed", "failed", "cancelled")}
    gaps = items.get("gaps", 0)
    text = (
        f"Batch {recorded.stream_id} of {client} ({result.workstream}) is finished: {counted(counts['completed'], 'item')}"
        f" completed, {gaps:,} of them with gaps, {counts['failed']:,} failed; {credits_said(result.credits)}."
    )
    facts = {
        "client": client,
        "client_id": recorded.client_id,
        "workstream": result.workstream,
        "batch_id": recorded.stream_id,
        "upload_id": result.upload_id,
        **{f"items_{name}": count for name, count in counts.items()},
        "items_with_gaps": gaps,
        "credits_spent": result.credits,
    }
    return _of_event(Notice.BATCH_FINISHED, recorded, text, facts)


def of_event(recorded: e.Recorded, client: str) -> Notification | None:
    """The news that an event of a lane is; None where it is none yet."""
    match recorded.event:
        case e.LaneStopped() as event:
            return lane_stopped(recorded, event, client)
        case e.ConnectionsFailed(in_a_row=number) as event if number == AWAY_FOR_LONG:
            return lane_unreachable(recorded, event, client)
        case e.DoubtsCounted(in_a_row=number) as event if number == DOUBTFUL_FOR_LONG:
            return lane_doubtful(recorded, event, client)
        case e.WebhookEndsSoon() as event:
            return webhook_ends_soon(recorded, event, client)
    return None


def lane_unreachable(recorded: e.Recorded, event: e.ConnectionsFailed, client: str) -> Notification:
    """A lane's webhook is away for long."""
    lane = f"{client}/{event.workstream}/{event.workflow}"
    text = (
        f"The webhook of lane {lane} cannot be reached: {event.reason}. One row at a time is tried, at least every five"
        f" minutes, and the lane goes on by itself; `enrichcore lanes --resume {lane}` tries all at once."
    )
    facts = {**_lane_facts(recorded, event, client), "reason": event.reason}
    return _of_event(Notice.LANE_UNREACHABLE, recorded, text, facts)


def lane_doubtful(recorded: e.Recorded, event: e.DoubtsCounted, client: str) -> Notification:
    """Rows of a lane fall in doubt one after the other."""
    lane = f"{client}/{event.workstream}/{event.workflow}"
    text = (
        f"Of {event.in_a_row} rows in a row of lane {lane} nobody knows whether they were delivered, the last:"
        f" {event.reason}. One row at a time is tried, at least every half hour, and the lane goes on by itself;"
        f" `enrichcore lanes --resume {lane}` tries all at once, `enrichcore lanes --stop {lane}` none."
    )
    facts = {**_lane_facts(recorded, event, client), "reason": event.reason, "rows": event.in_a_row}
    return _of_event(Notice.LANE_DOUBTFUL, recorded, text, facts)


def webhook_ends_soon(recorded: e.Recorded, event: e.WebhookEndsSoon, client: str) -> Notification:
    """A webhook's life is nearly over: told once, also where several lanes send to it."""
    lane = f"{client}/{event.workstream}/{event.workflow}"
    text = (
        f"The webhook of lane {lane} has taken {event.sends:,} of the {event.lifetime_limit:,} rows that it takes in its"
        " life; then the lane stops. Give it a new URL before."
    )
    sent = {"sent": event.sends, "lifetime_limit": event.lifetime_limit}
    facts = {**_lane_facts(recorded, event, client), **sent}
    name = uuid5(NAMESPACE, f"{Notice.WEBHOOK_ENDS_SOON}/{event.webhook}/{event.lifetime_limit}")
    return _written(name, Notice.WEBHOOK_ENDS_SOON, recorded.at, text, facts)


def _lane_facts(
    recorded: e.Recorded, event: e.LaneStopped | e.ConnectionsFailed | e.DoubtsCounted | e.WebhookEndsSoon, client: str
) -> dict[str, Any]:
    return {
        "client": client,
        "client_id": recorded.client_id,
        "workstream": event.workstream,
        "workflow": event.workflow,
        "lane": f"{client}/{event.workstream}/{event.workflow}",
    }


def lane_stopped(recorded: e.Recorded, event: e.LaneStopped, client: str) -> Notification:
    """A lane is stopped."""
    lane = f"{client}/{event.workstream}/{event.workflow}"
    text = (
        f"Lane {lane} is stopped by {event.by}: {event.reason}. Its rows wait; correct the cause, then"
        f" `enrichcore lanes --resume {lane}`."
    )
    facts = {**_lane_facts(recorded, event, client), "reason": event.reason, "by": event.by}
    return _of_event(Notice.LANE_STOPPED, recorded, text, facts)


def budget_ended(budget: Budget, now: datetime, times: int) -> Notification:
    """A budget pays for no further row."""
    name = budget.client.slug
    text = (
        f"The budget of {name} is used up: {amount(budget.used)} of {credits_said(budget.budget_credits)} are"
        f" {used_words(budget.used, budget.reserved)}. Its rows wait until {room_words(budget.client, budget.reserved)}"
        f"{_or_later(budget.client)}."
    )
    return _of_budget(Notice.BUDGET_ENDED, budget, text, now, times)


def budget_overshot(budget: Budget, now: datetime, times: int) -> Notification:
    """Answers cost more than was reserved."""
    text = (
        f"The budget of {budget.client.slug} is overshot by {credits_said(budget.overshoot)}:"
        f" {amount(budget.used)} of {amount(budget.budget_credits)} are {used_words(budget.used, budget.reserved)}, because answers cost more than"
        " credits_per_send, or because the budget was lowered."
    )
    return _of_budget(Notice.BUDGET_OVERSHOT, budget, text, now, times)


def _or_later(client: Client) -> str:
    return "" if client.budget_period is None else ", or until its period goes by"


def _of_event(notice: Notice, recorded: e.Recorded, text: str, facts: Mapping[str, Any]) -> Notification:
    return _written(uuid5(NAMESPACE, f"{notice}/{recorded.position}"), notice, recorded.at, text, facts)


def _of_budget(notice: Notice, budget: Budget, text: str, now: datetime, times: int) -> Notification:
    """Told once for each time that it is so."""
    client = budget.client
    facts = {
        "client": client.slug,
        "client_id": client.id,
        "budget_credits": budget.budget_credits,
        "credits_used": budget.used,
        "overshoot": budget.overshoot,
    }
    name = uuid5(NAMESPACE, f"{notice}/{client.id}/{times}")
    return _written(name, notice, now, text, facts)


def _written(name: UUID, notice: Notice, at: datetime, text: str, facts: Mapping[str, Any]) -> Notification:
    told = {"id": name, "notice": str(notice), "at": at.astimezone(UTC), "text": text, **facts}
    return Notification(notification_id=name, notice=str(notice), body=_encoder.encode(told).decode())
