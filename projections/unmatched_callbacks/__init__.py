"""Answers that could not be placed, with their bodies."""

from projections.unmatched_callbacks.projection import UNMATCHED_CALLBACKS

__all__ = ["UNMATCHED_CALLBACKS"]
