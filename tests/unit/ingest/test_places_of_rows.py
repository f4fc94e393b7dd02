"""The places of an import are read as those of an answer: areas and words for everywhere are no cities, codes are spelled out."""

import csv
import io

import pytest

from enrichcore.ingest import read_import

UNKNOWN = (None, None, None)
BOSTON = ("Boston", "Massachusetts", "United States")

PLACES = [
    *(
        (word, "", "", *UNKNOWN)
        for word in ("Remote", "Anywhere", "Various", "Headquarters", "EMEA", "Europe", "12345")
    ),
    ("Greater Boston Area", "", "United States", None, None, "United States"),
    ("Boston, MA", "", "", *BOSTON),
    ("Boston MA", "", "", *BOSTON),
    ("Boston, Massachusetts, United States", "", "", *BOSTON),
    ("BOSTON", "MASSACHUSETTS", "UNITED STATES", *BOSTON),
    ("boston", "ma", "us", *BOSTON),
    ("Boston, MA", "", "United Kingdom", "Boston", None, "United Kingdom"),
    ("Paris", "75", "FR", "Paris", None, "France"),
    ("München", "BY", "D", "München", "Bayern", "Germany"),
    ("Toronto", "ON", "", "Toronto", "Ontario", "Canada"),
    ("Milano", "MI", "", "Milano", "Milano", "Italy"),
    ("Perth", "WA", "", "Perth", "Western Australia", "Australia"),
    ("Bergamo", "BG", "", "Bergamo", None, None),
    ("Tulsa", "OK", "US", "Tulsa", "Oklahoma", "United States"),
    ("Chennai", "TN", "IN", "Chennai", "Tamil Nadu", "India"),
    ("Bogotá", "D.C.", "", "Bogotá", None, "Colombia"),
    ("Washington", "DC", "", "Washington", "District of Columbia", "United States"),
    ("Georgia", "", "GE", None, None, "Georgia"),
    ("Atlanta", "Georgia", "", "Atlanta", "Georgia", "United States"),
    ("Bavaria", "", "Germany", None, "Bavaria", "Germany"),
    ("New York", "New York", "US", "New York", "New York", "United States"),
    ("Oregon", "Wisconsin", "US", "Oregon", "Wisconsin", "United States"),
    ("Kraków", "Małopolskie", "PL", "Kraków", "Małopolskie", "Poland"),
]


def imported(**cells):
    """The person and the company of a file of one row."""
    packed = io.StringIO()
    rows = csv.writer(packed)
    rows.writerow(["Full Name", "Email", "Company", *cells])
    rows.writerow(["Jo Vale", "jo@vale.example", "Vale", *cells.values()])
    (row,) = read_import(packed.getvalue().encode(), profile="crm").rows()
    return row.person, row.company


@pytest.mark.parametrize(("city", "state", "country", "told_city", "told_state", "told_country"), PLACES)
def test_a_companys_place_is_a_place(city, state, country, told_city, told_state, told_country):
    """What is no city, state or country is empty, whatever the column says."""
    company = imported(**{"Company City": city, "Company State": state, "Company Country": country})[1]
    assert tuple(company.get(f"company_{part}") for part in ("city", "state", "country")) == (
        told_city, told_state, told_country,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("city", "state", "country", "line"),
    [
        ("Remote", "", "", None), ("EMEA", "", "", None), ("Headquarters", "", "", None), ("Various", "", "", None),
        ("Georgia", "", "GE", "Georgia"), ("boston", "ma", "us", "Boston, Massachusetts, United States"),
        ("Boston, MA", "", "", "Boston, Massachusetts, United States"),
        ("Greater Boston Area", "", "United States", "Greater Boston Area, United States"),
    ],
)  # fmt: skip
def test_a_persons_place_is_made_of_the_same_parts(city, state, country, line):
    """An area is where somebody is, though no city."""
    person = imported(City=city, State=state, Country=country)[0]
    assert person.get("person_location") == line


@pytest.mark.parametrize(
    ("state", "told"), [("Active", None), ("Closed won", None), ("Bavaria", "Bavaria, Germany"), ("CA", "California, United States")]
)  # fmt: skip
def test_a_state_without_a_city_or_country_is_one_that_is_known(state, told):
    """Lists tell in such a column in which state a record is, too."""
    person, company = imported(State=state, **{"Company State": state})
    assert person.get("person_location") == told
    assert company.get("company_state") == (told and told.partition(",")[0])


@pytest.mark.parametrize(
    ("cell", "line"),
    [("Remote", None), ("Remote - EU", None), ("EMEA", None), ("Boston, MA", "Boston, MA"), ("Greater Boston Area", "Greater Boston Area")],
)  # fmt: skip
def test_a_persons_line_is_a_place(cell, line):
    """A column for the place in one line is kept as given, but for what is none."""
    assert imported(Location=cell)[0].get("person_location") == line
