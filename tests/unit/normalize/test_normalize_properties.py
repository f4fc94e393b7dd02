import pytest
from email_validator import validate_email
from hypothesis import given
from hypothesis import strategies as st

from enrichcore import normalize
from enrichcore.normalize import emails

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
TEXTS = st.text(st.characters()) | st.lists(
    st.sampled_from(
        [
            "Dr.",
            "jane@",
            "x.example",
            ",",
            "GmbH",
            "von",
            "&amp;",
            "\u200d",
            "ü",
            "//",
            "linkedin.com/in/",
            "2021-02",
            "(",
            "Mc",
            "'",
            "❌ No",
            "found",
        ]
    )
).map(" ".join)

CLEANERS = {
    "clean_text": normalize.clean_text,
    "clean_paragraph": normalize.clean_paragraph,
    "registrable_domain": normalize.registrable_domain,
    "company_domain": normalize.company_domain,
    "website_url": normalize.website_url,
    "usable_email": normalize.usable_email,
    "linkedin_url": lambda value: normalize.linkedin_url(value, "in"),
    "person_name": normalize.person_name,
    "company_name": normalize.company_name,
    "whole_number": normalize.whole_number,
    "partial_date": normalize.partial_date,
    "country_name": normalize.country_name,
}
IDEMPOTENT = [
    "clean_text",
    "clean_paragraph",
    "registrable_domain",
    "usable_email",
    "linkedin_url",
    "whole_number",
    "partial_date",
    "country_name",
]


@pytest.mark.parametrize("name", CLEANERS)
@given(value=JSON | TEXTS)
def test_no_cleaner_ever_raises_or_returns_an_empty_value(name, value):
    """Any JSON gives a clean value or None, and a clean value can be stored: no surrogates, no NUL."""
    cleaned = CLEANERS[name](value)
    assert (
        cleaned is None
        or not isinstance(cleaned, str)
        or (cleaned.strip() and "\x00" not in cleaned and cleaned.encode())
    )


@pytest.mark.parametrize("name", IDEMPOTENT)
@given(value=TEXTS)
def test_cleaning_what_is_clean_changes_nothing(name, value):
    """A clean value is its own clean form, so values may be cleaned at every edge."""
    cleaned = CLEANERS[name](value)
    assert cleaned is None or CLEANERS[name](cleaned) == cleaned


@given(value=JSON | TEXTS)
def test_keys_and_splits_never_raise(value):
    """Keys and splits are total, too."""
    normalize.company_name_key(value)
    normalize.person_name_key(value)
    normalize.split_full_name(value)
    normalize.is_nothing(value)
    normalize.linkedin_key(value, "company", slug=True)
    normalize.subdivision_name(value, "United States")


def test_depth_is_bounded():
    """A value nested beyond all bounds is looked at no deeper than needed."""
    value: object = None
    for _ in range(100_000):
        value = [value]
    assert not normalize.is_nothing(value)
    assert normalize.usable_email(value) is None


@given(st.from_regex(emails._PLAIN, fullmatch=True).filter(lambda text: len(text) <= emails.MAX_PLAIN))
def test_what_is_taken_for_a_plain_address_is_what_the_validator_takes(text):
    """The short way gives what the long one gives."""
    told = validate_email(text, check_deliverability=False, globally_deliverable=False)
    assert f"{told.local_part}@{told.ascii_domain}".lower() == text.lower()
