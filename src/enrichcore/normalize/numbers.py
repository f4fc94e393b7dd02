"""Whole numbers as people and spreadsheets write them."""

import re
from functools import cache
from typing import Any

from enrichcore.normalize.lists import lines
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
_WORD = re.compile(r"[^\W\d_]+")
#: A day, also one that a spreadsheet makes of "11-50", and with a time behind it.
_DAY = re.compile(r"\b(?:\d{4}([./-])\d{1,2}\1\d{1,2}|\d{1,2}([./-])\d{1,2}\2\d{2,4})(?!\d)")
#: A year alone is no amount, and tells of when one was.
_YEAR = re.compile(
    r"(?<![\d.,'\u2019])(?:19|20)\d\d(?![\d.,'\u2019]*\d)(?!\s*(?:[kmbt]\b|m(?:n|io|ill)|bn|bill|thou|tsd))",
    re.IGNORECASE,
)
_NOT_ZERO = re.compile("[1-9]")
#: What stands in no amount: a share, an address, a number to call.
_NO_AMOUNT = re.compile(r"[%@_;?=#]|\d:\d|^\W*[+-]|^0\d|\d-\d+-\d|\(\d{2,5}\)\s*\d")


_UNTOLD_UNIT = re.compile(r"\d{1,3}(?:\.\d+)?(?:\s*[-\u2013]\s*\d{1,3}(?:\.\d+)?)?")


def is_amount(text: str) -> bool:
    """Whether a text is an amount of money or a range of them: numbers, and around them nothing but words of amounts.

    "$25M - $50M" is one; "Bootstrapped since 2010", "12%", "80 employees" and a year alone are none, nor is a number below a
    thousand without a unit: providers that count in millions write "25".
    """
    if (
        _UNTOLD_UNIT.fullmatch(text.strip())
        or _NO_AMOUNT.search(text)
        or _DAY.search(text)
        or not _words_of("amount_words").issuperset(_said(text))
    ):
        return False
    return _NOT_ZERO.search(_YEAR.sub("", text)) is not None


def is_head_count(text: str) -> bool:
    """Whether a text is a count of people or a range of counts, with nothing but words of such around its numbers."""
    return _DAY.search(text) is None and _words_of("head_count_words").issuperset(_said(text))


def _said(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


@cache
def _words_of(name: str) -> frozenset[str]:
    return frozenset(word for line in lines(name) for word in line.split())


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
