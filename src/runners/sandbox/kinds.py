"""What a workflow asks for, told by its name or, failing that, by what the row holds."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What an answer holds."""

    COMPANY = "company"
    PERSON = "person"
    EMAIL = "email"


#: Words in a workflow's name, the most telling first.
_WORDS = (
    ("email", Kind.EMAIL),
    ("person", Kind.PERSON),
    ("people", Kind.PERSON),
    ("contact", Kind.PERSON),
    ("company", Kind.COMPANY),
    ("account", Kind.COMPANY),
)


def kind_of(workflow: str, payload: Mapping[str, Any]) -> Kind:
    """What a row's workflow asks for: `find_email_via_waterfall` an e-mail address, and so on."""
    name = workflow.casefold().replace("-", "").replace("e_mail", "email")
    named = next((kind for word, kind in _WORDS if word in name), None)
    return named or (Kind.PERSON if payload.get("person_id") else Kind.COMPANY)
