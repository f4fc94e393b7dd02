"""The extractors under the names of the contract; they live in `enrichcore.fields`, because decisions need them too."""

from enrichcore.fields import compute_indicators, extract_all, extract_company_fields, extract_person_fields

__all__ = ["compute_indicators", "extract_all", "extract_company_fields", "extract_person_fields"]
