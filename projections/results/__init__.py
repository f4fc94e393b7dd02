"""The answers in force, raw: one row for each company or person and workflow."""

from projections.results.projection import RESULTS

__all__ = ["RESULTS"]
