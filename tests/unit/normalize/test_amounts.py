"""Amounts of money and counts of people, told from sentences, dates and numbers of anything else."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from enrichcore.normalize import is_amount, is_head_count
from enrichcore.normalize.lists import lines

AMOUNTS = [
    "$5M", "5000000", "€3,5M", "5 Mio. €", "$25M - $50M", "10M-25M", "under $1M", "$1B+", "USD 5 million per year", "₹500 Cr", "US$ 1.2 billion", "EUR 1.234.567,00",
    "$2,021", "$10 million to $50 million", "12 bis 15 Mio. EUR", "R$ 5 milhões", "$5M (as of 2024)", "Total funding: $5M", "kr 20 mill.", "5億円", "100 000-500 000", "($5M)", "2000K", "4.1E+07",
]  # fmt: skip
NO_AMOUNTS = [
    "No funding information found (as of 2026)", "The company has not raised any funding since 2010", "Bootstrapped since 2010", "Self-funded; no external rounds in 10 years",
    "N/A (private company, est. 1998)", "Not disclosed (2024)", "Seed - 2021", "2 rounds", "12%", "80 employees", "Q4 2024", "2024-12-31", "+54 11 4000 1234", "(555) 123-4567", "555-123-4567", "Pre-revenue (2024)",
    "https://x.example/rev?y=2024", "2021", "1998-2003", "$0 - $0", "-5", "$-5M", "r_00010000", "10/01/2026", "2026-01-10T00:00:00", "25", "25.0", "10-50",
]  # fmt: skip
HEAD_COUNTS = [
    "11-50",
    "51 to 200",
    "5,001-10,000",
    "201-500 employees · 312 on LinkedIn",
    "2-10 Mitarbeiter",
    "11-50人",
    "Employees: 51-200",
    "over 5000",
    "10k+",
]
NO_HEAD_COUNTS = [
    "2026-01-10",
    "2026-01-10T00:00:00",
    "10/01/2026",
    "10-Jan",
    "24/7 support",
    "Founded 2010-2012",
    "10-20 offices",
    "Series A - 2021",
]


@pytest.mark.parametrize("text", AMOUNTS)
def test_numbers_among_words_of_amounts_are_an_amount(text):
    """In any currency, scale or language that is listed."""
    assert is_amount(text)


@pytest.mark.parametrize("text", NO_AMOUNTS)
def test_a_number_of_anything_else_is_no_amount(text):
    """A year in a sentence of a model's is not what a company earned."""
    assert not is_amount(text)


@pytest.mark.parametrize(("text", "told"), [*((text, True) for text in HEAD_COUNTS), *((text, False) for text in NO_HEAD_COUNTS)])  # fmt: skip
def test_a_count_of_people_is_told_from_a_date(text, told):
    """What a spreadsheet made of a range is none."""
    assert is_head_count(text) is told


WORDS = st.text(st.characters(categories=["L"]), min_size=1, max_size=12)


@given(word=WORDS, before=st.sampled_from(["", "$5M ", "2021 ", "10-50 "]), behind=st.sampled_from(["", " $5M", " (2021)", " 10-50"]))  # fmt: skip
def test_one_word_of_something_else_is_enough(word, before, behind):
    """Whatever the number beside it."""
    for name, tells in (("amount_words", is_amount), ("head_count_words", is_head_count)):
        listed = {one for line in lines(name) for one in line.split()}
        assume(word.casefold() not in listed)
        assert not tells(f"{before}{word}{behind}")


@given(text=st.text(max_size=30))
def test_any_text_can_be_asked_about(text):
    """Nothing raises."""
    assert is_amount(text) in {True, False}
    assert is_head_count(text) in {True, False}
