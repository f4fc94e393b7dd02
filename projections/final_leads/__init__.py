"""The leads: one row per client and person, with the best that is known of each field and where it came from.

The extractors are exported under the names of the contract; a user may map an old answer with them by hand.
"""

from projections.final_leads.extract import (
    compute_indicators,
    extract_all,
    extract_company_fields,
    extract_person_fields,
)
from projections.final_leads.projection import FINAL_LEADS, final_leads

__all__ = [
    "FINAL_LEADS",
    "compute_indicators",
    "extract_all",
    "extract_company_fields",
    "extract_person_fields",
    "final_leads",
]
