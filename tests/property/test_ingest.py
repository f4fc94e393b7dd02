"""Whatever the bytes, and whatever the dialect."""

import csv
import gzip
import io
import json
import zipfile
from contextlib import suppress

import pytest
from hypothesis import assume, event, example, given
from hypothesis import strategies as st
from openpyxl import Workbook

from enrichcore.ingest import ImportedRow, IngestError, NotATable, open_table, profile_names, read_import
from enrichcore.ingest.profiles import fact_kinds
from enrichcore.ingest.steps import normalize_company_name, split_raw_apollo_scrape

#: What is no word of any language may be another encoding's word, so cp1252 is written in words.
WORDS = [
    "Größe",
    "José",
    "Núñez",
    "Søren",
    "Ærø",
    "façade",
    "naïve",
    "Œuvre",
    "Þór",
    "João",
    "MÜLLER",
    "5 €",
    "“Acme”",
    "L\u2019Oréal",
    "Acme®",
    "\u2013",
]
SIGNS = [*map(chr, range(32, 127)), "\r", "\n", "\t"]
#: Control characters are told from binary data by how many they are, so a table may not be full of them.
TEXT = st.characters(exclude_categories=["Cs", "Cc"], include_characters="\r\n\t")
ENCODINGS = {
    "utf-8": TEXT,
    "utf-8-sig": TEXT,
    "utf-16": TEXT,
    "cp1252": st.sampled_from(SIGNS),
}
HEADERS = ["First Name", "Größe", "E-mail", "Company", "Note", "x" * 40, "Zip.Code", ""]

#: As many columns as text may seem to have, broken at its commas.
FEW = 3

fragments = st.sampled_from(
    [b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"\x00", b'"', b"\r", b"\n", b",", b";", b"\t", b"|", b"sep=;\n", b"Email",
     b"Name", b"Company", b"a@b.example", b"PK\x03\x04", b"<html>", "ü".encode("cp1252"), "ü".encode(), b"\x81", b'""', b"'"]
)  # fmt: skip
contents = st.one_of(
    st.binary(max_size=400),
    st.lists(st.one_of(fragments, st.binary(max_size=6)), max_size=40).map(b"".join),
    st.text(max_size=200).map(lambda text: ("Email,Name,Company\n" + text).encode(errors="replace")),
)


@given(content=contents, profile=st.sampled_from(profile_names()))
def test_no_bytes_raise_anything_but_a_refusal(content, profile):
    """A file is read or refused; whatever is read has keys, and facts that JSON can hold."""
    try:
        reading = read_import(content, profile=profile, name="any.csv")
        rows = list(reading.rows())
    except NotATable as refusal:
        event(refusal.fault)
        return
    for row in rows:
        assert set(reading.headers) <= row.raw.keys()
        if isinstance(row, ImportedRow):
            assert row.person_keys
            json.dumps(row.person | row.company)


def is_utf_8(content):
    """Whether the bytes are UTF-8."""
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


@pytest.fixture(scope="module")
def packed():
    """A small table as gzip, as an archive and as a workbook."""
    text = b"Name,Email\nJo Vale,jo@vale.example\n"
    archive, workbook = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(archive, "w") as writer:
        writer.writestr("people.csv", text)
    book = Workbook()
    for line in text.decode().splitlines():
        book.active.append(line.split(","))
    book.save(workbook)
    return gzip.compress(text), archive.getvalue(), workbook.getvalue()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """For the files of all examples."""
    return tmp_path_factory.mktemp("packed")


@given(data=st.data())
def test_no_damage_to_a_packed_file_raises_anything_but_a_refusal(packed, folder, data):
    """Cut short, with bytes changed, or with others behind it: it is read or refused in words, in memory and as a file."""
    content = bytearray(data.draw(st.sampled_from(packed)))
    for _ in range(data.draw(st.integers(0, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(content)) | st.just(len(content)))
    damaged = bytes(content[:cut]) + data.draw(st.binary(max_size=5))
    with suppress(IngestError):
        list(read_import(damaged, profile="crm").rows())
    packed_file = folder / "damaged"
    packed_file.write_bytes(damaged)
    with suppress(IngestError):
        list(read_import(packed_file, profile="crm").rows())


@st.composite
def tables(draw):
    """A table as the csv module writes it: its bytes, and its rows."""
    encoding = draw(st.sampled_from(list(ENCODINGS)))
    cell = st.text(ENCODINGS[encoding], max_size=12)
    if encoding == "cp1252":
        cell = st.lists(st.one_of(st.sampled_from(WORDS), st.text(st.sampled_from(SIGNS), max_size=3)), max_size=4).map(
            " ".join
        )
    width = draw(st.integers(2, len(HEADERS)))
    headers = draw(st.permutations(HEADERS).map(lambda names: names[:width]))
    rows = draw(st.lists(st.lists(cell, min_size=width, max_size=width), max_size=6))
    end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    # The module leaves line breaks other than its own outside quotes, unless it quotes everything.
    has_breaks = end != "\r\n" and any("\r" in cell or "\n" in cell for row in rows for cell in row)
    written = io.StringIO()
    writer = csv.writer(
        written,
        delimiter=draw(st.sampled_from(",;\t|")),
        lineterminator=end,
        quoting=csv.QUOTE_ALL if has_breaks else draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])),
    )
    writer.writerows([headers, *rows])
    content = written.getvalue().encode(encoding)
    # Rare cp1252 text is UTF-8 as well; the ladder takes it for that.
    assume(encoding != "cp1252" or content.isascii() or not is_utf_8(content))
    return content, writer, headers, rows


@given(table=tables())
@example(table=(b'"First Name","Note"\n"","*\r0"\n', csv.writer(io.StringIO()), ["First Name", "Note"], [["", "*\r0"]]))
def test_a_table_reads_back_as_it_was_written(table):
    """In every dialect and encoding the cells are the same; only blank rows are left out, and counted.

    Of few columns somebody knows the names, as where they are mapped, and of a header alone: else it may be text.
    """
    content, writer, headers, rows = table
    doubtful = len(headers) <= FEW or not any(cell.strip() for row in rows for cell in row)
    opened = open_table(content, knows=set(headers).__contains__) if doubtful else open_table(content)
    assert opened.headers == tuple(headers)
    assert opened.delimiter == writer.dialect.delimiter
    kept = [tuple(row) for row in rows if any(cell.strip() for cell in row)]
    assert [row.cells for row in opened.rows()] == kept
    assert opened.blank_rows == len(rows) - len(kept)


PLAIN_CELLS = st.text(st.characters(categories=["L"], max_codepoint=126), max_size=6)
RECORDS = st.lists(st.lists(PLAIN_CELLS, min_size=4, max_size=4), min_size=3, max_size=6)


@given(records=RECORDS, surplus=st.integers(0, 2), data=st.data())
def test_a_row_with_a_delimiter_outside_quotes_is_never_imported(records, surplus, data):
    """Whatever its last cells hold, and however many delimiters stand behind every row: all others are read as they were."""
    names = ["Ada", "Bob", "Cid", "Dee", "Eve", "Flo"][: len(records)]
    split, place = data.draw(st.sampled_from(names)), data.draw(st.integers(1, 3))
    rows = {name: [name, *cells[1:], *[""] * surplus] for name, cells in zip(names, records, strict=True)}
    written = rows | {split: [*rows[split][:place], "x", *rows[split][place:]]}
    content = "\n".join(",".join(row) for row in [["First Name", "Last Name", "Company", "City"], *written.values()])
    kept = [row for row in read_import(content.encode(), profile="crm").rows() if isinstance(row, ImportedRow)]
    assert [[*row.raw.values()] for row in kept] == [row[:4] for name, row in rows.items() if name != split]


values = st.one_of(
    st.text(max_size=30),
    st.sampled_from(["Inc.", "ACME LTD", "GmbH & Co. KG", "a.b.", "jo@vale.example", "1,204", "A, B"]),
    st.integers(),
    st.none(),
    st.booleans(),
    st.lists(st.text(max_size=5), max_size=3),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)


@given(facts=st.dictionaries(st.sampled_from(sorted(fact_kinds())), values))
def test_local_steps_are_total_deterministic_and_settle(facts):
    """They never raise, give the same twice, and a second run on their own result changes nothing."""
    for step in (normalize_company_name, split_raw_apollo_scrape):
        told = step(facts)
        json.dumps(told)
        assert step(facts) == told
        again = step(facts | told)
        assert all((facts | told)[fact] == value for fact, value in again.items())


@given(name=st.text(min_size=1, max_size=40))
def test_a_normalised_company_name_is_never_empty(name):
    """Where the name says something, so does its short form."""
    assert all(normalize_company_name({"company_name": name}).values())
