"""The columns of exported leads and their order, which are those of `final_leads` in the contract."""

from collections.abc import Iterator
from typing import Final

from enrichcore.fields import COMPANY_FIELDS, INDICATORS, LEAD_FIELDS, PERSON_FIELDS

_KEYS: Final = (
    "lead_id", "client_id", "person_id", "company_id", "workstreams", "batch_id", "item_id", "updated_at",
)  # fmt: skip
_LAST: Final = ("moved_company", "person_email_status", "provenance")


def _middle() -> Iterator[str]:
    for name in (*PERSON_FIELDS, *COMPANY_FIELDS):
        if name in LEAD_FIELDS and name not in _LAST:
            yield name
    yield from (name for name in INDICATORS if name not in _LAST)


#: The columns of an export, in order.
COLUMNS: Final = (*_KEYS, *_middle(), *_LAST)
