"""What limits are kept by: POSTs by webhook, and credits by client and day, counted from events as they are stored.

Amounts in events are changes, so a count is a sum, whatever the order; a replay of all events gives the same counts.
"""

from collections.abc import Iterable
from datetime import UTC, date
from decimal import Decimal
from uuid import UUID

from attrs import Factory, define

from enrichcore.domain import events as e
from enrichcore.domain.posts import changes

_NOTHING = Decimal(0)


@define(kw_only=True)
class Counts:
    """Sums over some events."""

    #: By hash of the webhook's URL: POSTs that it took, or may have taken.
    sends: dict[str, int] = Factory(dict)
    #: By client and day (UTC): credits reserved, and spent.
    credits: dict[tuple[UUID, date], tuple[Decimal, Decimal]] = Factory(dict)

    def add(self, recorded: e.Recorded) -> None:
        """Count one more event."""
        webhook, sends = _sends(recorded.event)
        if webhook:
            self.sends[webhook] = self.sends.get(webhook, 0) + sends
        if recorded.client_id is not None:
            made = changes(recorded.event)
            self._add(recorded.client_id, recorded.at.astimezone(UTC).date(), made.reserved, made.spent)
            if made.corrected_on is not None:
                self._add(recorded.client_id, made.corrected_on, _NOTHING, made.corrected)

    def _add(self, client: UUID, day: date, reserved: Decimal, spent: Decimal) -> None:
        if reserved or spent:
            before = self.credits.get((client, day), (_NOTHING, _NOTHING))
            self.credits[client, day] = (before[0] + reserved, before[1] + spent)

    def add_all(self, events: Iterable[e.Recorded]) -> None:
        """Count more events."""
        for recorded in events:
            self.add(recorded)

    def without_nothing(self) -> "Counts":
        """The same, without what came to nothing."""
        return Counts(
            sends={webhook: sends for webhook, sends in self.sends.items() if sends},
            credits={day: amounts for day, amounts in self.credits.items() if any(amounts)},
        )

    def of(self, client_id: UUID, since: date | None) -> Decimal:
        """Credits of a client that are reserved, or were spent on a day or later."""
        mine = [(day, *amounts) for (owner, day), amounts in self.credits.items() if owner == client_id]
        reserved = sum((amount for _, amount, _ in mine), _NOTHING)
        return reserved + sum((spent for day, _, spent in mine if since is None or day >= since), _NOTHING)


def counted(events: Iterable[e.Recorded]) -> Counts:
    """The counts of some events."""
    counts = Counts()
    counts.add_all(events)
    return counts


def _sends(event: e.Event) -> tuple[str, int]:
    match event:
        case e.StepSending(webhook=webhook):
            return webhook, 1
        case e.SendRefused(webhook=webhook):
            return webhook, -1
        case e.SendNoted(webhook=webhook, undelivered=True):
            return webhook, -1
    return "", 0
