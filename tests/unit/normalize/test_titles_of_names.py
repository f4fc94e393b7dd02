# ruff: noqa: RUF001 - letters of other scripts are what is tested
"""Titles, degrees and forms of address of many languages are no part of a name, and names that look like them are."""

import pytest

from enrichcore.normalize import person_name, split_full_name


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ("Mevr. drs. Anneke Vos", "Anneke Vos"),
        ("ir. Joost Meer", "Joost Meer"),
        ("Sr. Iván Roldán", "Iván Roldán"),
        ("Dña. Pilar Roldán", "Pilar Roldán"),
        ("Lic. Pilar Roldán", "Pilar Roldán"),
        ("Sig.ra Gaia Corvi", "Gaia Corvi"),
        ("Avv. Prof.ssa Gaia Corvi", "Gaia Corvi"),
        ("Eng.ª Inês Falcão", "Inês Falcão"),
        ("Prof.ª Dr.ª Inês Falcão", "Inês Falcão"),
        ("dr hab. inż. Jan Kot", "Jan Kot"),
        ("MUDr. Eva Srnka", "Eva Srnka"),
        ("Lt. Col. Ann Fox", "Ann Fox"),
        ("Smt. Asha Nair", "Asha Nair"),
        ("Prof. em. Dr. Ann Fox", "Ann Fox"),
        ("Dr.Ann Fox", "Ann Fox"),
        ("Prof.Dr.Ann Fox", "Ann Fox"),
        ("г-жа Анна Лисицына", "Анна Лисицына"),
    ],
)
def test_a_title_in_front_is_no_part_of_a_name(told, name):
    """In whatever language, several at once, and without a space behind the full stop."""
    assert person_name(told) == name


@pytest.mark.parametrize("name", ["Gen Mori", "Sig Fox", "Col Needle", "Maj Berg", "Eng Wei Ming", "Ir Fox", "Av Stern", "Ana Lord", "J.R. Fox"])  # fmt: skip
def test_first_names_that_are_short_forms_of_titles_stay(name):
    """Only the full stop makes a title of them."""
    assert person_name(name) == name


@pytest.mark.parametrize(("told", "name"), [("山田様", "山田"), ("山田 さん", "山田"), ("王小明先生", "王小明"), ("김민지 님", "김민지"), ("小姐", "小姐")])  # fmt: skip
def test_what_somebody_is_called_behind_the_name_leaves_it(told, name):
    """In Japanese, Chinese and Korean; alone it is taken for a name."""
    assert person_name(told) == name


@pytest.mark.parametrize(
    ("told", "parts"),
    [
        ("Ada.Bellweather", ("Ada", "Bellweather")),
        ("Ada_Bellweather", ("Ada", "Bellweather")),
        ("ada.bellweather", (None, None)),
        ("St.Johnstone", ("St.Johnstone", None)),
    ],
)
def test_a_whole_name_in_one_word_is_taken_apart(told, parts):
    """Where both parts begin with a capital; in small letters it is a mailbox."""
    assert split_full_name(told) == parts


@pytest.mark.parametrize(
    ("told", "name"), [("Ute Ahorn M.A.", "Ute Ahorn"), ("Ute Ahorn B.A.", "Ute Ahorn"), ("Yo-Yo Ma", "Yo-Yo Ma")]
)
def test_a_degree_with_its_full_stops_needs_no_comma(told, name):
    """Without them it may be a name."""
    assert person_name(told) == name


@pytest.mark.parametrize(
    ("told", "name"),
    [("DELL'ORTO", "Dell'Orto"), ("SANT'ELIA", "Sant'Elia"), ("SA'ADI", "Sa'adi"), ("O'NEIL", "O'Neil")],
)
def test_behind_an_article_in_capitals_a_name_begins(told, name):
    """As Italian names have it; elsewhere an apostrophe is a letter."""
    assert person_name(told) == name


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ("Ann Fox +44 20 7946 0000", "Ann Fox"),
        ("Ann Fox, tel. 020 7946 0000", "Ann Fox"),
        ("Ann Fox (020) 79460000", "Ann Fox"),
        ("Ann Fox 3", "Ann Fox 3"),
        ("+44 20 7946 0000", None),
    ],
)
def test_a_number_to_call_behind_a_name_leaves_it(told, name):
    """As people note it in the name's cell."""
    assert person_name(told) == name
