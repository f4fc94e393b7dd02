# ruff: noqa: RUF001 - letters of other scripts are what is tested
"""Files in the encodings of many systems: each is read as what it is, and none in cp1252 as anything else."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichcore.ingest import read_import

HEADER = "First Name,Last Name,Email,Company,City\n"
WESTERN = ["José,Núñez,j@a.example,Café Münz,Köln", "Zoë,Brontë,z@a.example,Société Générale,Orléans", "Søren,Ågård,s@a.example,Ærø A/S,Århus", "Jürgen,Groß,g@a.example,Müller & Söhne,Düsseldorf"]  # fmt: skip
FRENCH = ["François,Lefèvre,f@a.example,Acme,Besançon"]
POLISH = ["Łukasz,Żółkiewski,l@a.example,Świat Sp. z o.o.,Łódź", "Małgorzata,Wójcik,m@a.example,Źródło,Gdańsk"]
CZECH = ["Jiří,Dvořák,j@a.example,Škoda,Plzeň", "Zdeněk,Němec,z@a.example,Žižka s.r.o.,Brno"]
HUNGARIAN = ["Győző,Szűcs,g@a.example,Őrség Kft.,Győr"]
TURKISH = ["Gökçe,Çalışkan,g@a.example,Güneş A.Ş.,İstanbul"]
RUSSIAN = ["Иван,Петров,i@a.example,ООО Ромашка,Москва", "Мария,Сидорова,m@a.example,Звезда,Казань"]
GREEK = ["Γιώργος,Παπαδόπουλος,g@a.example,Ελλάς ΑΕ,Αθήνα"]
JAPANESE = ["太郎,山田,t@a.example,株式会社アクメ,東京", "花子,鈴木,h@a.example,合同会社さくら,大阪"]
CHINESE = ["小明,王,w@a.example,北京科技有限公司,北京", "丽,张,z@a.example,上海贸易有限公司,上海"]
KOREAN = ["길동,홍,h@a.example,주식회사 가나,서울"]
MACINTOSH_SPANISH = "Begoña,Roldán,b@a.example,Peña,España\nJesús,Muñoz,j@a.example,Unión,España\nÁlvaro,Gascón,a@a.example,Garbí,León\nÍñigo,Ordoñez,i@a.example,Leñas,España\n"
TAIWANESE = ["小明,王,w@a.example,台灣科技股份有限公司,臺北"]


def companies(content):
    """The cells of the companies' column, as read, with the reading."""
    reading = read_import(content, profile="crm")
    return [list(row.raw.values()) for row in reading.rows()], reading


@pytest.mark.parametrize(
    ("lines", "encodings"),
    [
        (WESTERN, ["cp1252", "mac-roman", "cp850", "utf-8", "utf-16-le", "utf-16-be"]), (FRENCH, ["cp1252", "mac-roman", "cp850"]), (POLISH, ["cp1250", "iso8859-2"]), (CZECH, ["cp1250", "iso8859-2"]),
        (HUNGARIAN, ["cp1250"]), (TURKISH, ["cp1254"]), (RUSSIAN, ["cp1251", "koi8-r", "cp866"]), (GREEK, ["cp1253"]), (JAPANESE, ["shift_jis", "euc_jp", "utf-16-le"]), (CHINESE, ["gbk"]),
        (KOREAN, ["cp949"]), (TAIWANESE, ["big5"]),
    ],
)  # fmt: skip
def test_a_file_is_read_in_the_encoding_that_it_is_in(lines, encodings):
    """One row is enough to tell, and more do no harm."""
    for encoding in encodings:
        for some in ([lines[0]], lines):
            content = (HEADER + "\n".join(some) + "\n").encode(encoding)
            assert companies(content)[0] == [line.split(",") for line in some], (encoding, some)


@pytest.mark.parametrize("word", ["Café", "O’Neil", "Acme – Boats", "“Acme”"])
def test_a_single_word_from_a_macintosh_is_enough(word):
    """Also where its only sign beyond ASCII is a quote or a dash."""
    rows, reading = companies((HEADER + f"Ann,Bell,a@a.example,{word},Paris\n").encode("mac-roman"))
    assert (rows[0][3], reading.encoding) == (word, "mac-roman")


def test_letters_of_a_macintosh_that_are_signs_elsewhere_leave_the_others_to_tell():
    """Most of a Spanish list's letters are dashes, apostrophes and small letters in cp1252, and fit there."""
    rows, reading = companies((HEADER + MACINTOSH_SPANISH).encode("mac-roman"))
    assert ([row[0] for row in rows], reading.encoding) == (["Begoña", "Jesús", "Álvaro", "Íñigo"], "mac-roman")


def test_dashes_and_apostrophes_inside_words_make_no_macintosh_of_cp1252():
    """Prose joins words by dashes, and a route two towns."""
    text = HEADER + "Ann,Bell,a@a.example,Bell’s,Köln–Bonn\nBo,O’Neil,b@b.example,good—really,Zürich\n" * 5
    assert companies(text.encode("cp1252"))[1].encoding == "cp1252"


_WORDS = ["José", "Núñez", "Zoë", "Søren", "Ågård", "Ærø", "Jürgen", "Groß", "Müller", "Çelik", "São", "João", "Conceição", "Ações", "Besançon", "Cœur", "Žižek", "Šimun", "Þór", "Guðrún", "Ólafsdóttir", "Peña", "L’Oréal", "Crème", "Brûlée", "naïve", "Åse", "Mötley", "Lluís", "Vía", "Mário", "Häagen", "Tõnu", "Perú", "Ibáñez", "Škoda", "MÜNCHEN", "CAFÉ", "d’Été", "5 €", "“Acme”", "Acme®", "Acme™", "– Boats –", "20 m²", "½ Pint", "¿Qué?", "Nº 5", "…", "«Acme»", "§ 5", "µm"]  # fmt: skip


@given(words=st.lists(st.sampled_from(_WORDS), min_size=1, max_size=12), rest=st.sampled_from(["", "Ann Bell", "a@b.example"]))  # fmt: skip
def test_words_in_cp1252_stay_what_they_are(words, rest):
    """Whatever languages come together in one file."""
    text = HEADER + "".join(f"{word},{rest},a@a.example,{word} Ltd,{word}\n" for word in words)
    assert companies(text.encode("cp1252"))[1].encoding in {"cp1252", "utf-8"}


def test_a_broken_byte_does_not_make_utf_8_another_encoding():
    """The row that has it is told, and every other stays right."""
    content = (HEADER + "\n".join(WESTERN) + "\n").encode().replace("Café".encode(), b"Caf\xe9", 1)
    rows, reading = companies(content)
    assert [row[3] for row in rows] == [line.split(",")[3] for line in WESTERN]
    assert (reading.encoding, reading.notes) == ("utf-8", ("the file is UTF-8 but for one byte, which was read as cp1252: see line 2",))  # fmt: skip


def test_of_many_broken_bytes_the_first_lines_are_told():
    """A note is no list of thousands."""
    broken = (
        (HEADER + "Zoë Brontë Zoë,Ågård Århus,a@a.example,X,Y\n" * 30).encode().replace("Zoë,".encode(), b"Zo\xeb,")
    )
    (note,) = companies(broken)[1].notes
    assert "for 30 bytes" in note
    assert note.endswith("line 11 and further ones")


def test_finding_the_encoding_of_a_large_file_takes_a_moment():
    """What is looked at is bounded: it takes no longer for a larger file."""
    content = (HEADER + "Иван,Петров,i@a.example,ООО Ромашка,Москва\n" * 100_000).encode("cp1251")
    began = time.process_time()
    assert read_import(content, profile="crm").encoding == "cp1251"
    assert time.process_time() - began < 10
