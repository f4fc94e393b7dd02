"""Counts, credits and durations are said in one way."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichcore.domain.amounts import amount, counted, credits_said, credits_told, duration_said, exact

DECIMALS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (Decimal(1), "1"),
        (Decimal("1.0"), "1"),
        (Decimal("1.00"), "1"),
        (Decimal(100), "100"),
        (Decimal("1E+3"), "1,000"),
        (Decimal("0.50"), "0.5"),
        (Decimal("0.000"), "0"),
        (Decimal("-0.0"), "0"),
        (Decimal("-1.10"), "-1.1"),
        (Decimal("1234567.8900"), "1,234,567.89"),
        (10.0, "10"),
        (0.1, "0.1"),
        (5000, "5,000"),
    ],
)
def test_an_amount_has_no_needless_zeros(value, said):
    """Whatever made it, and however it was written."""
    assert amount(value) == said


@given(DECIMALS)
def test_an_amount_keeps_every_digit(value):
    """What is said is what it is, for people and for programs."""
    assert Decimal(amount(value).replace(",", "")) == value
    assert Decimal(exact(value)) == value


@pytest.mark.parametrize(
    ("number", "thing", "said"),
    [
        (0, "row", "0 rows"),
        (1, "row", "1 row"),
        (2, "row", "2 rows"),
        (1, "person", "1 person"),
        (1204, "person", "1,204 people"),
        (0, "company", "0 companies"),
    ],
)
def test_one_is_one(number, thing, said):
    """And all else is many."""
    assert counted(number, thing) == said


def test_credits_are_counted_likewise():
    """One credit, and parts of one."""
    told = [credits_said(value) for value in (Decimal("1.0"), Decimal("0.5"), Decimal(0), Decimal(2))]
    assert told == ["1 credit", "0.5 credits", "0 credits", "2 credits"]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (3, "3"),
        (0.1, "0.1"),
        (" 1.50 ", "1.50"),
        ("1e3", "1E+3"),
        ("0.12345678901", "0.1234567890"),
        ("1e-100000", "0E-10"),
        ("2." + "0" * 20_000, "2.0000000000"),
        *((value, None) for value in (-1, "NaN", "Infinity", 1_000_001, True, None, "1,5", [1])),
    ],
)
def test_credits_that_others_tell_are_prices_with_no_more_digits_than_any_store_holds(value, told):
    """PostgreSQL's numbers hold 16,383 digits after the point; the answer that told more could not be recorded."""
    found = credits_told(value)
    assert found is None if told is None else repr(found) == repr(Decimal(told))


@pytest.mark.parametrize(
    ("duration", "said"),
    [
        (timedelta(seconds=1), "1 second"),
        (timedelta(seconds=40), "40 seconds"),
        (timedelta(seconds=90), "90 seconds"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(hours=2), "2 hours"),
        (timedelta(hours=24), "1 day"),
        (timedelta(days=1500), "1,500 days"),
        (timedelta(milliseconds=1500), "1.5 seconds"),
        (timedelta(0), "0 seconds"),
    ],
)
def test_a_duration_is_said_in_one_unit(duration, said):
    """The largest that divides it, as people write it into the file."""
    assert duration_said(duration) == said
