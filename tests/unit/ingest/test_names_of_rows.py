"""The names of an import: what a column holds of another, or for want of a name, is no part of it."""

import csv
import io

import pytest

from enrichcore.ingest import read_import


def names(**cells):
    """First, last and full name of a file of one row."""
    packed = io.StringIO()
    rows = csv.writer(packed)
    rows.writerow([*cells, "Email"])
    rows.writerow([*cells.values(), "jo@vale.example"])
    (row,) = read_import(packed.getvalue().encode(), profile="crm").rows()
    return tuple(row.person.get(f"person_{part}_name") for part in ("first", "last", "full"))


@pytest.mark.parametrize(
    ("first", "last", "told"),
    [
        ("", "Jo Bell", ("Jo", "Bell", "Jo Bell")),
        ("N/A", "Al Cole", ("Al", "Cole", "Al Cole")),
        ("", "Bell", (None, "Bell", None)),
        ("", "von der Traumaue", (None, "von der Traumaue", None)),
        ("", "De La Tour", (None, "De La Tour", None)),
        ("", "St. Clair", (None, "St. Clair", None)),
        ("LinkedIn", "Member", (None, None, None)),
        ("Jo", "undefined", ("Jo", None, None)),
        ("İBRAHİM", "IŞIK", ("İbrahim", "I\u015f\u0131k", "İbrahim I\u015f\u0131k")),
        ("Jo", "(left company)", ("Jo", None, None)),
        ("Jo", "(INACTIVE)", ("Jo", None, None)),
        ("[deleted]", "[deleted]", (None, None, None)),
        ("Jo", "Former Employee", ("Jo", None, None)),
        ("Jo", "Bell - DO NOT CONTACT", ("Jo", "Bell", "Jo Bell")),
    ],
)
def test_a_name_in_two_columns(first, last, told):
    """A last name must be told in some systems, so that a whole one stands there where the first is not."""
    assert names(**{"First Name": first, "Last Name": last}) == told


@pytest.mark.parametrize(
    ("full", "told"),
    [
        ("Mr Bell", (None, "Bell", None)),
        ("null Bell", (None, "Bell", None)),
        ("Bell, CEO", (None, "Bell", None)),
        ("Jo null", ("Jo", None, "Jo")),
        ("Jo Bell, CEO", ("Jo", "Bell", "Jo Bell")),
        ("García Márquez, Gabriel José", ("Gabriel José", "García Márquez", "Gabriel José García Márquez")),
    ],
)
def test_a_full_name_of_which_half_is_told(full, told):
    """What a form of address, a job or a template's blank leaves of a name is the half that it is."""
    assert names(**{"Full Name": full}) == told


@pytest.mark.parametrize("header", ["ФИО", "Фамилия Имя Отчество", "ПІБ"])
@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("Иванов Иван Иванович", ("Иван Иванович", "Иванов")), ("Иванова Анна Сергеевна", ("Анна Сергеевна", "Иванова")), ("Анна Сергеевна Иванова", ("Анна Сергеевна", "Иванова")),
        ("ШЕВЧЕНКО ОЛЕНА ПЕТРІВНА", ("Олена Петрівна", "Шевченко")), ("Абрамович Роман Аркадьевич", ("Роман Аркадьевич", "Абрамович")), ("Иванов, Иван", ("Иван", "Иванов")),
        ("Иванов Иван", (None, None)), ("Ольга Петрова", (None, None)),
    ],
)  # fmt: skip
def test_a_patronymic_tells_which_end_a_last_name_stands_at(header, cell, told):
    """The header's order is not kept by everybody, so that without one neither name is taken."""
    assert names(**{header: cell})[:2] == told


@pytest.mark.parametrize(
    ("particles", "last", "whole"),
    [
        ("van der", "Brink", "van der Brink"),
        ("Van Den", "BRINK", "van den Brink"),
        ("\u2019t", "Hart", "\u2019t Hart"),
        ("van", "van Dale", "van Dale"),
        ("", "Brink", "Brink"),
        ("-", "Brink", "Brink"),
        ("n.v.t.", "Brink", "Brink"),
    ],
)
def test_particles_in_a_column_of_their_own_belong_to_the_last_name(particles, last, whole):
    """Dutch lists keep them apart, so that they sort by the rest."""
    told = names(Voornaam="Femke", Tussenvoegsel=particles, Achternaam=last)
    assert told == ("Femke", whole, f"Femke {whole}")
