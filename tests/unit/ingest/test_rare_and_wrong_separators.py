"""Files that separate their cells with letters that nobody types, quotes that nobody doubled, and text that is no table."""

import csv

import pytest

from enrichcore.ingest import NotATable, read_import
from enrichcore.ingest.stray_quotes import mended_quotes

REMEDY = "is text, not a table"


def rows_of(content, **options):
    """The rows' cells."""
    return [list(row.raw.values()) for row in read_import(content, profile="crm", **options).rows()]


@pytest.mark.parametrize("apart", ["^", "~", "\u00a6", "\x01", "\x1f"])
def test_cells_may_be_separated_by_what_nobody_types(apart):
    """Also where cells hold commas, and quotes stand around them."""
    lines = [
        ["Full Name", "Email", "Company"],
        ["Jo Vale", "jo@vale.example", "Vale, Sons; Co"],
        ["Al Bo", "al@bo.example", f'"Bo{apart}Al"'],
    ]
    content = "\n".join(apart.join(line) for line in lines).encode()
    assert rows_of(content) == [lines[1], ["Al Bo", "al@bo.example", f"Bo{apart}Al"]]


def test_a_rare_letter_in_a_header_separates_nothing_where_another_does():
    """It is part of a name."""
    assert rows_of(b"Full Name,Email,Size ~ Staff ~ Heads\nJo Vale,jo@vale.example,5 ~ 6 ~ 7\n")[0][2] == "5 ~ 6 ~ 7"


@pytest.mark.parametrize(
    "text",
    [
        "Meeting notes\n\nWe met on Monday.\nJo will call them\nand ask for the list.\n",
        "Dear team,\nplease find below\nwhat we talked about, and more\nbest,\nJo\n",
        "# Leads\n\n- find more of them\n- write to them\n- wait\n",
        "to do\ncall the bank tomorrow morning\nsend the report to legal\n",
    ],
)
def test_text_is_refused_in_one_sentence(text):
    """Not row by row."""
    with pytest.raises(NotATable, match=REMEDY):
        read_import(text.encode(), profile="crm")


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("Attendees", ["Jo Vale", "Ottoline von der Traumaue", "mary ann lee", "Al Bo Jr."]), ("Teilnehmer", ["王小明", "李 明"]), ("col1", ["jo@vale.example", "al@bo.example"]),
        ("Links", ["https://www.linkedin.com/in/jo-vale", "linkedin.com/in/al-bo"]), ("Hosts", ["vale.example", "bo.co.uk"]), ("Firms", ["Vale & Sons Ltd.", "Bo Inc.", "The Harrowgate Company"]),
        ("Numbers", ["12", "+1 202 555 0101"]), ("Email", ["there is no address yet for him", "jo@vale.example"]),
    ],
)  # fmt: skip
def test_a_list_of_one_column_is_a_table(header, cells):
    """Whatever its column is called."""
    table = read_import("\n".join([header, *cells]).encode(), profile="crm")
    assert table.headers == (header,)


def test_a_column_that_is_mapped_by_hand_makes_a_table():
    """Whoever says what it holds has looked."""
    text = "who we want to meet\nsomebody who sells for them\nthe one that buys\n"
    assert read_import(text.encode(), profile="crm", overrides={"who we want to meet": "person_title"}).headers


@pytest.mark.parametrize(
    ("line", "cells"),
    [
        ('a,"Foo "Bar" Inc",c', ["a", 'Foo "Bar" Inc', "c"]), ('"Foo "Bar" Inc"', ['Foo "Bar" Inc']), ('a,"Foo "Bar", Inc",c', ["a", 'Foo "Bar", Inc', "c"]), ('a,"Foo "Bar"",c', ["a", 'Foo "Bar"', "c"]),
        ('a,"5" nail",b', ["a", '5" nail', "b"]), ('"x, "y" z, w",b', ['x, "y" z, w', "b"]), ('a,"He "said" and "did" it",c', ["a", 'He "said" and "did" it', "c"]), ('""Foo" Inc",x', ['"Foo" Inc', "x"]),
        ('"a ""b"" "c" d",e', ['a "b" "c" d', "e"]),
    ],
)  # fmt: skip
def test_quotes_that_nobody_doubled_are_part_of_their_cell(line, cells):
    """They stand around a word, and no delimiter follows."""
    assert next(csv.reader([mended_quotes(line, ",")])) == cells


@pytest.mark.parametrize(
    "line", ['a,"b ""c"" d",e', '"Foo" Bar,x,"y"', '"Foo" Bar, "Baz" x","y"', 'Foo "Bar" Inc,x', 'x,"",y,""', '"a","b","c"', '"Foo ""Bar""",x', '" opened here']
)  # fmt: skip
def test_a_line_that_is_right_or_in_doubt_stays_as_it_is(line):
    """Doubled quotes, quotes of cells that are not quoted, and lines of which nobody knows what was meant."""
    assert mended_quotes(line, ",") == line


def test_a_badly_quoted_cell_is_read_as_it_was_meant():
    """In a file, with its other cells in their places."""
    content = (
        b'Name,Email,Company\n"Jo "JV" Vale","jo@vale.example","Vale "Sons" Inc"\n"Al Bo","al@bo.example","Bo\nInc"\n'
    )
    assert rows_of(content) == [
        ['Jo "JV" Vale', "jo@vale.example", 'Vale "Sons" Inc'],
        ["Al Bo", "al@bo.example", "Bo\nInc"],
    ]
