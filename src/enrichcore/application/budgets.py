"""Budgets as they stand: what of a client's credits is spent or reserved, and whether that is all, or more than all."""

from bisect import bisect_left
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from attrs import frozen

from enrichcore.application.claiming import rows_in_budget
from enrichcore.domain.amounts import amount
from enrichcore.domain.ids import ClientId
from enrichcore.registry import Client, Registry
from enrichcore.store.commit import Reads


@frozen(kw_only=True)
class Budget:
    """One client's budget, as it stands."""

    client: Client
    budget_credits: Decimal
    #: Credits that are reserved now, or were spent within the period.
    used: Decimal
    #: What of that is reserved: for rows that are out, whose answers may cost less.
    reserved: Decimal
    #: The first day that counts; None where all do.
    since: date | None = None
    #: Whether it pays for no further row on any lane.
    ended: bool

    @property
    def left(self) -> Decimal:
        """Credits that may still be reserved."""
        return max(self.budget_credits - self.used, Decimal(0))

    @property
    def overshoot(self) -> Decimal:
        """Credits beyond the budget: answers that cost more than was reserved, or a budget that was lowered."""
        return max(self.used - self.budget_credits, Decimal(0))


def reserved_of(reads: Reads, client_id: ClientId) -> Decimal:
    """Credits of a client that are reserved now."""
    return reads.credits_of(client_id, date.max)


def used_now(reads: Reads, client: Client, now: datetime) -> Decimal:
    """Credits of a client that count against its budget: what is reserved, and what was spent within its period."""
    return reads.credits_of(client.id, client.budget_since(now))


def used_words(used: Decimal, reserved: Decimal) -> str:
    """How a part of a budget is used: spent, reserved, or some of each."""
    if not reserved:
        return "spent"
    held = "reserved for rows that are out"
    return held if reserved >= used else f"used, {amount(used - reserved)} spent and {amount(reserved)} {held}"


def room_words(client: Client, reserved: Decimal) -> str:
    """What makes room in a budget that is used up, but for its period."""
    given_back = "answers cost less than is reserved for them, or " if reserved else ""
    return f"{given_back}clients.{client.slug}.budget_credits is raised"


def budgets(reads: Reads, registry: Registry, now: datetime) -> Iterator[Budget]:
    """The budget of every client that has one.

    Args:
        reads: where credits are counted.
        registry: the configuration in force.
        now: the time from which the period looks back.
    """
    for client in registry.clients.values():
        if client.budget_credits is None:
            continue
        prices = {webhook.lane.credits_per_send for _, _, webhook in registry.webhooks_of(client)}
        yield Budget(
            client=client,
            budget_credits=client.budget_credits,
            used=used_now(reads, client, now),
            reserved=reserved_of(reads, client.id),
            since=client.budget_since(now),
            ended=not any(rows_in_budget(reads, client, price, now) for price in prices or {Decimal(0)}),
        )


def pays_again_at(reads: Reads, client: Client, price: Decimal, now: datetime) -> datetime | None:
    """When a budget that is used up pays for a row again by its period going by, if nothing else changes.

    None where it has no period, or what is reserved alone uses it up. Asks a handful of questions, whatever the period.
    """
    if client.budget_credits is None or client.budget_period is None:
        return None
    first, days = (now - client.budget_period).date(), client.budget_period.days + 2

    def pays(after: int) -> bool:
        assert client.budget_credits is not None  # noqa: S101 - looked at above
        left = client.budget_credits - reads.credits_of(client.id, first + timedelta(days=after))
        return left > 0 and left >= price

    # Of later days fewer count, so the first that will do is found by halving.
    found = bisect_left(range(days + 1), 1, key=lambda after: int(pays(after)))
    if found > days:
        return None
    return datetime.combine(first + timedelta(days=found), time(), UTC) + client.budget_period
