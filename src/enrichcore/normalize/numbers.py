"""Whole numbers as people and spreadsheets write them."""

import re
from typing import Any

from enrichcore.normalize.nothing import clean_text

#: The largest number taken: what PostgreSQL's bigint holds.
MAX_WHOLE = 2**63 - 1

_PLAIN = re.compile(r"\+?(\d{1,19})(?:[.,]0{1,2})?")
_GROUPED = re.compile(r"\+?(\d{1,3}(?:([,.'\u2019 ])\d{3})(?:\2\d{3}){0,5})(?:(?!\2)[.,]0{1,2})?")
#: How programs name a range: `SIZE_51_200`, `51_200`, `EMPLOYEES_51_TO_200`, `10001_PLUS`.
_CONSTANT = re.compile(
    r"(?:[A-Z]+_)*(\d{1,9})_?(?:(?:_|TO_)([1-9]\d{0,8})(?:[_ ][A-Z]+)*|(?:PLUS|UP|OR_MORE|AND_(?:ABOVE|UP|OVER)|\+))",
    re.IGNORECASE,
)


def constant_range(text: str) -> str | None:
    """The range that a program's constant names: `SIZE_51_200` is "51-200", `10001_PLUS` is "10001+"; None for any other text."""
    found = _CONSTANT.fullmatch(text) if "_" in text else None
    if found is None:
        return None
    first, last = int(found[1]), int(found[2]) if found[2] else None
    return f"{first}+" if last is None else f"{first}-{last}" if first < last else None


def whole_number(value: Any) -> int | None:
    """A whole number of 0 or more: 1204, 1204.0, "1204", "1,204", "1.204", "1 204"; None for anything else.

    In text, three digits after a comma or dot are thousands. Booleans, ranges, fractions and negatives are no number.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value if 0 <= value <= MAX_WHOLE else None
    if isinstance(value, float):
        return whole_number(int(value)) if value.is_integer() else None
    text = clean_text(value)
    found = text and (_GROUPED.fullmatch(text) or _PLAIN.fullmatch(text))
    return whole_number(int(re.sub(r"\D", "", found[1]))) if found else None
