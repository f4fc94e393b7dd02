"""Opening a file as a table, whatever wrote it."""

import csv
from pathlib import Path

import pytest

from enrichcore.ingest import NotATable, Row, open_table

TABLE = "Name,City\r\nZoë,Göteborg\r\n"


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (TABLE.encode(), "utf-8"),
        (TABLE.encode("utf-8-sig"), "utf-8-sig"),
        (TABLE.encode("utf-16"), "utf-16"),
        (b"\xfe\xff" + TABLE.encode("utf-16-be"), "utf-16"),
        (TABLE.encode("utf-32"), "utf-32"),
        (TABLE.encode("cp1252"), "cp1252"),
        (TABLE.encode("latin-1").replace(b"Zo", b"\x81Zo"), "latin-1"),
    ],
)
def test_each_rung_of_the_encoding_ladder_is_found(content, encoding):
    """The first encoding that reads the whole file is the one; a byte order mark is no part of the first header."""
    table = open_table(content)
    assert table.encoding == encoding
    assert table.headers == ("Name", "City")
    assert next(table.rows()).cells[1] == "Göteborg"


def test_one_byte_at_the_end_of_a_long_file_decides_the_encoding():
    """The ladder looks at every byte, not only at the first ones."""
    content = b"Name,City\n" + b"Jo,Leeds\n" * 400_000 + "Åsa,Malmö\n".encode("cp1252")
    assert open_table(content).encoding == "cp1252"


def test_a_character_on_the_edge_of_two_pieces_is_still_utf_8():
    """A character that is read in two halves is no fault."""
    content = b"Name,City\n" + b"x" * ((1 << 20) - 11) + "ü,Leeds\n".encode()
    assert open_table(content).encoding == "utf-8"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_its_mark_is_known_by_its_nuls(encoding):
    """Some systems leave the mark out."""
    table = open_table("Name;Città\nZoë;Łódź\n".encode(encoding))
    assert (table.headers, table.encoding) == (("Name", "Città"), encoding)
    assert [row.cells for row in table.rows()] == [("Zoë", "Łódź")]


def test_a_few_strange_bytes_do_not_spoil_utf_8():
    """Somebody pasted cp1252 into a cell: that cell is read as cp1252, and all the others as what they are."""
    content = (
        "Name,City\nZoë,Łódź\nJürgen,Köln\n".encode() + "O\u2019Neil,Zürich\n".encode("cp1252") + "Åsa,Malmö\n".encode()
    )
    table = open_table(content)
    assert [row.cells for row in table.rows()] == [
        ("Zoë", "Łódź"),
        ("Jürgen", "Köln"),
        ("O\u2019Neil", "Zürich"),
        ("Åsa", "Malmö"),
    ]
    assert table.encoding == "utf-8"


def test_a_utf_8_mark_before_other_text_is_no_part_of_the_header():
    """Tools that prepend the mark to cp1252 text are read all the same."""
    table = open_table(b"\xef\xbb\xbf" + TABLE.encode("cp1252"))
    assert (table.encoding, table.headers) == ("cp1252", ("Name", "City"))


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_what_the_header_holds_most_of(delimiter):
    """Comma, semicolon, tab and bar are told apart."""
    table = open_table(f"First{delimiter}Last{delimiter}Note\nJo{delimiter}Vale{delimiter}a,b;c|d\n".encode())
    assert table.delimiter == delimiter
    assert table.headers == ("First", "Last", "Note")


def test_delimiters_in_quoted_headers_do_not_count():
    """A header such as "Name, first, second" separates nothing, also when it spans lines."""
    table = open_table(b'"Name, first, ""second"",\r\nthird",x;City;"a,b,c"\r\n1;2;3\r\n')
    assert table.delimiter == ";"
    assert len(table.headers) == 3


def test_a_space_before_quotes_is_part_of_the_dialect():
    """Some tools write a space after each comma."""
    table = open_table(b'"Name", "City"\n"Vale, Jo", "Leeds"\n')
    assert [row.cells for row in table.rows()] == [("Vale, Jo", "Leeds")]


@pytest.mark.parametrize(
    "text",
    [
        "'Name','City'\n'Vale, Jo','Leeds'\n",
        'Name, City\n"Vale, Jo", "Leeds"\n',
        '"Name,City"\n"""Vale, Jo"",Leeds"\n',
        '\ufeff"Name";"City"\n"Vale, Jo";"Leeds"\n',
    ],
    ids=["single quotes", "spaces after commas", "saved as text twice", "semicolons"],
)
def test_a_quoted_cell_is_one_however_it_is_quoted(text):
    """Single quotes, quotes after a space, and lines that are one quoted cell each."""
    table = open_table(text.encode())
    assert table.headers == ("Name", "City")
    assert [row.cells for row in table.rows()] == [("Vale, Jo", "Leeds")]


def test_a_backslash_before_a_quote_keeps_it_in_the_cell():
    """MySQL and Hadoop write so; a path that ends in a backslash is no such sign."""
    escaped = open_table(b'Name,City\n"Jo \\"The, Boss\\" Vale",Leeds\n"Al","York"\n')
    assert [row.cells for row in escaped.rows()] == [('Jo "The, Boss" Vale', "Leeds"), ("Al", "York")]
    path = open_table(b'Path,City\n"C:\\exports\\",Leeds\n')
    assert [row.cells for row in path.rows()] == [("C:\\exports\\", "Leeds")]


@pytest.mark.parametrize(
    "title", ["Contacts\n", "Contacts,,\n", "Contacts,,\nAs of today,,\n", '"Contacts, all"\n\n', "Contacts,,\n,,\n"]
)
def test_a_title_right_above_the_header_is_passed_over(title):
    """Single cells above a line of words are no header."""
    table = open_table(f"{title}Name,City,E-mail\nJo,Leeds,jo@vale.example\n".encode())
    assert table.headers == ("Name", "City", "E-mail")
    assert len(list(table.rows())) == 1


def test_a_table_of_one_column_keeps_its_header():
    """A record with surplus cells below it is no header."""
    assert open_table(b"Name\nVale, Jo, 3\nYork\n").headers == ("Name",)


def test_excels_separator_line_is_obeyed():
    """`sep=;` names the delimiter; the header is the line below it."""
    table = open_table(b"sep=;\r\nName;City, Town\r\nJo;Leeds\r\n")
    assert (table.headers, table.delimiter) == (("Name", "City, Town"), ";")
    assert list(table.rows()) == [Row(line=3, cells=("Jo", "Leeds"))]


def test_a_preamble_that_ends_with_a_blank_line_is_passed_over():
    """LinkedIn writes notes above its connections."""
    content = b'Notes:\n"When exporting your connection data, you may miss some.\nThey are private, so it goes."\n\n'
    table = open_table(content + b"First Name,Last Name,URL\nJo,Vale,https://x.example\n")
    assert table.headers == ("First Name", "Last Name", "URL")
    assert [row.line for row in table.rows()] == [6]


def test_lines_are_counted_as_an_editor_does():
    """A record's line is where it starts, through blank lines and line breaks in cells."""
    table = open_table(b'Name,Note\r\nA,"two\r\nlines"\r\n\r\n , \r\nB,\r\n')
    assert [(row.line, row.cells) for row in table.rows()] == [(2, ("A", "two\r\nlines")), (6, ("B", ""))]
    assert table.blank_rows == 2


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_ends_a_line(end):
    """Unix, Windows and old Macintosh files give the same rows, with or without an end of the last line."""
    text = end.join(["Name,City", "Jo,Leeds", "Al,York"])
    for content in (text, text + end):
        assert [row.cells for row in open_table(content.encode()).rows()] == [("Jo", "Leeds"), ("Al", "York")]


def test_reading_twice_gives_the_same_rows_and_count(tmp_path: Path):
    """A table may be read again, for a preview and then for the import."""
    path = tmp_path / "list.csv"
    path.write_bytes(b"Name,City\nJo,Leeds\n,\n")
    table = open_table(path)
    assert list(table.rows()) == list(table.rows())
    assert table.blank_rows == 1


def test_cells_may_be_longer_than_the_csv_module_allows():
    """Exports of notes exceed 131,072 characters."""
    table = open_table(b'Name,Note\nJo,"' + b"x" * 500_000 + b'"\n')
    assert len(next(table.rows()).cells[1]) == 500_000
    assert csv.field_size_limit() >= 500_000


def test_nul_characters_are_left_out():
    """NUL bytes are dirt that databases refuse."""
    assert next(open_table(b"Name,City of birth\nJ\x00o,Leeds and more\n").rows()).cells == ("Jo", "Leeds and more")


def test_a_quote_that_is_never_closed_is_told_with_its_line():
    """Rows that a stray quote swallows are never lost in silence."""
    rows = list(open_table(b'Name,City\nJo,Leeds\nAl,"York\nEd,Bath\n').rows())
    assert rows[0].cells == ("Jo", "Leeds")
    assert rows[1].line == 3
    assert "never closed" in rows[1].fault
    assert "3 to 4" in rows[1].fault


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"  \r\n\n", "empty"),
        (b"\xef\xbb\xbf\n", "empty"),
        (b"PK\x03\x04\x14\x00\x06\x00workbook", "damaged"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + b"data", "save it as XLSX"),
        (b"%PDF-1.7\nwords, words", "PDF"),
        (b"\x1f\x8b\x08\x00", "damaged"),
        (b"\x89PNG\r\n\x1a\n", "picture"),
        (bytes(range(256)) * 4, "no text"),
        (b"<!DOCTYPE html>\n<html><body>Sign in, please</body></html>", "HTML"),
        (b"\n  <table><tr><td>a</td></tr></table>", "HTML"),
        (b'<?xml version="1.0"?><a/>', "XML"),
        (b'[{"name": "Jo", "city": "Leeds"}]', "JSON"),
        (b"This is a letter that somebody wrote one day.\nIt goes on, and on.\n", "text"),
        (b"Letter\nI write to you because there is something to say.\nIt goes on and on and has no columns.\n", "text"),
        (b"Dear all, I would like to say one or two things here.\nBye\n", "text"),
        (b"word", "single line"),
        (b"Dear team,", "single line"),
        (b"We met, ate, and left.", "single line"),
        (b"meeting notes, 4 May, room 2, bring cake", "single line"),
        (b",,,\n,,,\n", "no column names"),
        (b"Ottoline,Fennimarsh,ottoline@quillhaven.example\n", "no column names"),
        (b'"First Name,Last Name,Email"\n"Jo,Vale",jo@vale.example\n', "one quoted cell"),
        (b'Name,"City\nJo,Leeds\n', "never closed"),
        (b"\xff\xfeN\x00a\x00\x00", "utf-16 but is not"),
    ],
)
def test_what_is_no_table_is_refused_in_one_clear_sentence(content, says):
    """The text names the file, what is wrong with it and what to do."""
    with pytest.raises(NotATable) as refusal:
        open_table(content, "leads.csv")
    text = str(refusal.value)
    assert says in text
    assert text.startswith("leads.csv ")
    assert text.endswith(".")
    assert refusal.value.remedy


def test_a_file_that_is_not_there_is_refused_by_its_name(tmp_path: Path):
    """A wrong path reads as clearly as a wrong file."""
    for path in (tmp_path / "absent.csv", tmp_path):
        with pytest.raises(NotATable, match="cannot be read"):
            open_table(path)


def test_a_table_of_one_column_is_a_table():
    """A plain list of addresses under a header is enough."""
    table = open_table(b"Email\njo@vale.example\nal@york.example\n")
    assert [row.cells for row in table.rows()] == [("jo@vale.example",), ("al@york.example",)]
