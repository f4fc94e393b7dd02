"""The news as it is told: a JSON object with a sentence for people under `text`, and the facts beside it.

Pure. Nothing secret is in the facts that come in here, and no address of ours goes out.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID, uuid5

import msgspec

from enrichcore.application.budgets import Budget
from enrichcore.domain import events as e
from enrichcore.domain.ids import NAMESPACE
from enrichcore.registry import Client, Notice
from enrichcore.store.outbox import BatchResult, Notification

#: Events of the log that are news.
NEWS: Final = (e.BatchFinished, e.LaneStopped)

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
        f"Batch {recorded.stream_id} of {client} ({result.workstream}) is finished: {counts['completed']:,} items"
        f" completed, {gaps:,} of them with gaps, {counts['failed']:,} failed; {_said(result.credits)} credits."
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


def lane_stopped(recorded: e.Recorded, event: e.LaneStopped, client: str) -> Notification:
    """A lane is stopped."""
    lane = f"{client}/{event.workstream}/{event.workflow}"
    text = (
        f"Lane {lane} is stopped by {event.by}: {event.reason}. Its rows wait; correct the cause, then"
        f" `enrichcore lanes --resume {lane}`."
    )
    facts = {
        "client": client,
        "client_id": recorded.client_id,
        "workstream": event.workstream,
        "workflow": event.workflow,
        "lane": lane,
        "reason": event.reason,
        "by": event.by,
    }
    return _of_event(Notice.LANE_STOPPED, recorded, text, facts)


def budget_ended(budget: Budget, now: datetime, times: int) -> Notification:
    """A budget pays for no further row."""
    name = budget.client.slug
    text = (
        f"The budget of {name} is used up: {_said(budget.used)} of {_said(budget.budget_credits)} credits are spent or reserved."
        f" Its rows wait until answers give back what is reserved, or clients.{name}.budget_credits is raised"
        f"{_or_later(budget.client)}."
    )
    return _of_budget(Notice.BUDGET_ENDED, budget, text, now, times)


def budget_overshot(budget: Budget, now: datetime, times: int) -> Notification:
    """Answers cost more than was reserved."""
    text = (
        f"The budget of {budget.client.slug} is overshot by {_said(budget.overshoot)} credits:"
        f" {_said(budget.used)} of {_said(budget.budget_credits)} are spent or reserved, because answers cost more than"
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


def _said(amount: Decimal) -> str:
    """An amount without needless zeros."""
    return f"{amount.normalize():f}"
