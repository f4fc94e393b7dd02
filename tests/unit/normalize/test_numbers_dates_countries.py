from datetime import UTC, date, datetime

import pytest

from enrichcore.normalize import country_name, partial_date, subdivision_name, whole_number


@pytest.mark.parametrize(
    "value", [1204, 1204.0, "1204", "1,204", "1.204", "1 204", "1'204", "1,204.00", "1.204,00", "+1204", " 1204 "]
)
def test_one_number_is_written_in_many_ways(value):
    """Thousands separators of all countries are read."""
    assert whole_number(value) == 1204


@pytest.mark.parametrize(
    "value", [True, -1, "-1", 1.5, "1204.5", "12,34", "51-200", "500+", float("nan"), 10**40, "abc", None, []]
)
def test_what_is_no_whole_number_is_none(value):
    """Booleans, negatives, fractions and ranges are no number."""
    assert whole_number(value) is None


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("2023-02-01", "2023-02-01"),
        ("2023-02-01T03:11:07.000Z", "2023-02-01"),
        ("2023-02-01 00:00", "2023-02-01"),
        ("2021-01", "2021-01"),
        ("2021-1", "2021-01"),
        ("2019", "2019"),
        (2019, "2019"),
        ("Mar 2021", "2021-03"),
        ("March 3rd, 2021", "2021-03-03"),
        ("3. März 2021", "2021-03-03"),
        ("3 de marzo de 2021", "2021-03-03"),
        ("2/2023", "2023-02"),
        ("01.03.2021", "2021-03-01"),
        ("13/02/2021", "2021-02-13"),
        ("03/04/2021", "2021"),
        ("20210301", "2021-03-01"),
        ("2021-00-00", "2021"),
        (1614556800000, "2021-03-01"),
        ({"year": 2021, "month": 3}, "2021-03"),
        ({"year": "2021", "month": "Mar", "day": 7}, "2021-03-07"),
        (date(2021, 3, 1), "2021-03-01"),
        (datetime(2021, 3, 1, 5, tzinfo=UTC), "2021-03-01"),
        ("2021-02-30", None),
        ("2021-13", None),
        ("Present", None),
        ("March", None),
        ("0042", None),
        (True, None),
        (None, None),
    ],
)
def test_a_date_keeps_the_precision_it_was_given_with(value, told):
    """Nothing is guessed: an ambiguous day gives its year, an impossible one nothing."""
    assert partial_date(value) == told


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("US", "United States"), ("usa", "United States"), ("U.S.", "United States"), ("United States of America", "United States"),
        ("GB", "United Kingdom"), ("UK", "United Kingdom"), ("Deutschland", "Germany"), ("NO", "Norway"), ("Nowhereland", None), ("Private", None),
        ({"name": "Norway"}, "Norway"), ("EMEA", None), ("Massachusetts", None), ("Norway;Sweden", None), ("Georgia", "Georgia"), ("ZZ", None), ("", None), (4, None),
    ],
)  # fmt: skip
def test_a_country_has_one_english_name(value, name):
    """Codes and names in several languages give one name; an unknown code gives none, and so does what is no country."""
    assert country_name(value) == name


def test_a_states_code_is_read_within_its_country():
    """The same code means different states in different countries, and nothing without one."""
    assert subdivision_name("MA", "United States") == "Massachusetts"
    assert subdivision_name("US-CA", "United States") == "California"
    assert subdivision_name("BY", "Germany") == "Bayern"
    assert subdivision_name("Västra Götaland", "Sweden") == "Västra Götaland"
    assert subdivision_name("MA", None) == "MA"


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("Trinidad & Tobago", "Trinidad and Tobago"), ("St. Lucia", "Saint Lucia"), ("Bosnia-Herzegovina", "Bosnia and Herzegovina"), ("Dominican Rep.", "Dominican Republic"),
        ("Korea (the Republic of)", "South Korea"), ("Korea, Republic of", "South Korea"), ("Democratic People's Republic of Korea", "North Korea"), ("Congo, Democratic Republic of the", "Democratic Republic of the Congo"),
        ("Congo (Kinshasa)", "Democratic Republic of the Congo"), ("Republic of the Congo", "Republic of the Congo"), ("Republic of Niger", "Niger"), ("Federal Republic of Nigeria", "Nigeria"), ("Gambia, The", "Gambia"),
        ("Hong Kong, China", "Hong Kong"), ("Taiwan, China", "Taiwan"), ("People's Republic of China", "China"), ("Republic of China", "Taiwan"), ("Virgin Islands, U.S.", "U.S. Virgin Islands"),
        ("Kingdom of Spain", "Spain"), ("State of Israel", "Israel"), ("England, UK", "United Kingdom"), ("Schweiz/Suisse", "Switzerland"), ("Belgique / België", "Belgium"), ("Germany, France", None),
        ("State of California", None), ("Republic of Texas", None), ("Sudan, South", "South Sudan"),
    ],
)  # fmt: skip
def test_a_country_is_known_in_the_forms_of_lists(value, name):
    """Turned round, in full, in short, or in two languages; two countries are none."""
    assert country_name(value) == name
