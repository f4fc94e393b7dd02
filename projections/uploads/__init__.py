"""Imported files: how they were read, how many people and companies they told of, what was rejected."""

from projections.uploads.projection import UPLOADS

__all__ = ["UPLOADS"]
