"""Values as JSON has them, for programs: from the command line, the API and exports."""

import base64
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from enrichcore.domain.amounts import exact

#: Characters of a body that are shown.
BODY_SHOWN: Final = 20_000


def plain(value: Any) -> Any:
    """A value as JSON has it; decimals stay exact as text, bytes are shown as text."""
    match value:
        case None | bool() | int():
            return value
        case str():
            return str(value)
        case float():
            return value if value == value and abs(value) != float("inf") else str(value)  # noqa: PLR0124 - NaN differs from itself
        case bytes():
            return body_text(value)
        case datetime() | date():
            return value.isoformat()
        case Decimal():
            return exact(value)
        case UUID():
            return str(value)
        case Mapping():
            return {str(name): plain(entry) for name, entry in value.items()}
        case set() | frozenset():
            return sorted(map(plain, value), key=str)
        case Iterable():
            return [plain(entry) for entry in value]
    return str(value)


def body_text(body: bytes, shown: int = BODY_SHOWN) -> str:
    """A body as text, cut after so many characters; one that is no text is shown in base64."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        text = f"base64:{base64.b64encode(body).decode()}"
    rest = len(text) - shown
    return f"{text[:shown]}… ({rest:,} more characters)" if rest > 0 else text
