import pytest

from enrichcore.normalize import clean_paragraph, clean_text, is_nothing

NOTHING = [
    None, "", " \t\n", "\u200b\u00a0", [], {}, [None, ""], {"a": None, "b": ["", {}]}, "null", "NULL", "undefined", "N/A",
    "n/a", "-", "—", "none", "NaN", float("nan"), "Funding unknown", "No person found", "❌ No email found", "No email found.",
    "No relevant technologies were found", "⚠️ No results found for this company.", "Not found", "Person not found",
    "We could not find an email for this person.", "There were no relevant results found", "[]", "{}",
    {"result": None, "status": "SUCCESS_NO_DATA"}, {"status": "SUCCESS_NO_DATA"}, "&nbsp;", "XXX", "asdf",
]  # fmt: skip

SOMETHING = [
    0, False, 1.5, "0", "NA", "Nan Goldin", "No Code Founder", "Parts Unknown", "Nobel & Sons", "Nothing Phones", "Found Inc",
    "Not Your Average Agency", {"status": "error"}, [{"name": "SAP"}], "None of the Above Ltd", "XX", "Test Engineer", "Test",
]  # fmt: skip


@pytest.mark.parametrize("value", NOTHING, ids=repr)
def test_what_says_nothing_is_nothing(value):
    """Every way in which providers say that there is nothing is recognised."""
    assert is_nothing(value)


@pytest.mark.parametrize("value", SOMETHING, ids=repr)
def test_what_says_something_is_kept(value):
    """Zero, false, and names that resemble the ways of saying nothing are something."""
    assert not is_nothing(value)


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("  Münzwerk\u00a0GmbH\r\n", "Münzwerk GmbH"),
        ("AT&amp;amp;T", "AT&T"),
        ("Zoe\u0308", "Zoë"),
        ("a\u200bb\ufeff", "ab"),
        ("Head of\nPeople", "Head of People"),
        ("x\x00\ud800y", "xy"),
        ("क्\u200dष", "क्\u200dष"),
        (12, "12"),
        (1204.0, "1204"),
        (0.5, "0.5"),
        (True, None),
        (10**400, None),
        (float("inf"), None),
        (["a"], None),
    ],
)
def test_text_becomes_one_clean_line(raw, clean):
    """Entities, widths, invisible characters and line breaks are settled; what is no text gives None."""
    assert clean_text(raw) == clean


def test_a_paragraph_keeps_its_line_breaks():
    """Line breaks stay, runs of spaces and of empty lines do not."""
    assert clean_paragraph("One  two\r\n three\n\n\n\nfour&nbsp;") == "One two\nthree\n\nfour"
