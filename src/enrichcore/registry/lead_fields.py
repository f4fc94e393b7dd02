"""Which fields a condition or a template may name.

Any `person_*` or `company_*` field may be named, since a pipeline's own local functions may add some; but one that
is nearly a field of every lead is a slip of the pen, and a condition on it would silently always hold.
"""

from difflib import get_close_matches
from importlib.resources import files

#: The `person_*` and `company_*` fields of `final_leads`.
LEAD_FIELDS = tuple(files(__package__ or "").joinpath("lead_fields.txt").read_text("utf-8").split())
#: What a send carries besides the known fields.
CORRELATION_FIELDS = ("item_id", "client_id", "workstream", "workflow", "callback_url", "company_id", "person_id")
#: How alike two names are that are taken for a slip of the pen, 0 to 1.
SLIP = 0.9


def field_fault(name: str) -> str:
    """What would be right in place of that field name; empty where the name is right."""
    if name in LEAD_FIELDS:
        return ""
    if near := get_close_matches(name, LEAD_FIELDS, n=1, cutoff=SLIP):
        return f"did you mean {near[0]}?"
    if name.startswith(("person_", "company_")) and name.isidentifier() and name.isascii() and name.islower():
        return ""
    return "use a field that starts with person_ or company_, such as person_email"
