"""Credits reserved and spent, exact, by client, lane and batch."""

from projections.spend.projection import SPEND

__all__ = ["SPEND"]
