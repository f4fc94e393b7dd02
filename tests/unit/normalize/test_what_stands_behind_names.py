"""Jobs, companies and degrees beside a name are no part of it; a name in two cases is written as one."""

import pytest

from enrichcore import normalize
from enrichcore.fields import extract_company_fields, extract_person_fields


def names(**told):
    """First and last name of an answer."""
    fields = extract_person_fields({"result": {"title": "Cook", **told}})
    return fields["person_first_name"], fields["person_last_name"]


@pytest.mark.parametrize(
    "full",
    [
        "Ida Quill, Lawyer", "Ida Quill, Head of Sales", "Ida Quill, Author & Speaker", "Ida Quill at Elm Ltd", "Ida Quill @ Elm", "Ida - Quill",
        "Quill, Ida",
    ],
)  # fmt: skip
def test_a_full_name_stands_before_its_job_and_company(full):
    """What is behind a comma is a first name only where it is no job."""
    assert names(full_name=full) == ("Ida", "Quill")


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("Quill - Recruiter", "Quill"), ("Quill @ Elm", "Quill"), ("Quill-MARSH", "Quill-Marsh"), ("van MARSH", "van Marsh"), ("de la MARSH", "de la Marsh"),
        ("Ph.D.", None), ("M.B.A.", None), ("MSc", None),
        # These are names.
        ("Ma", "Ma"), ("Do", "Do"), ("St. John", "St. John"), ("Nat", "Nat"), ("van der Marsh", "van der Marsh"), ("McQuill", "McQuill"),
    ],
)  # fmt: skip
def test_a_last_name_alone(told, shown):
    """Without what somebody wrote behind it."""
    assert normalize.last_name(told) == shown


@pytest.mark.parametrize("name", ["Quill Marsh, Ida", "Van Head, Ida"])
def test_two_last_names_before_a_first_are_turned_round(name):
    """The comma parts them as ever."""
    assert names(full_name=name)[0] == "Ida"


@pytest.mark.parametrize(
    "told", ["Open to work", "#OpenToWork", "Open to Work!", "Unemployed", "Career Break", "Auf Jobsuche"]
)
def test_whoever_has_no_job_has_no_title(told):
    """The headline may say so."""
    fields = extract_person_fields({"first_name": "Ida", "title": told, "headline": told})
    assert (fields["person_title"], fields["person_headline"]) == (None, told)


@pytest.mark.parametrize(
    ("facts", "field", "value"),
    [
        ({"annual_revenue": "Revenue: $7M"}, "company_revenue_range", "$7M"),
        ({"size": "Company size: 51-200"}, "company_size_bucket", "51-200"),
        ({"total_funding": "Total funding: $3M"}, "company_funding_range", "$3M"),
        ({"business_stage": "Stage: Growth"}, "company_business_stage", "Growth"),
        ({"business_stage": "Unknown stage"}, "company_business_stage", None),
        ({"business_stage": "Growth stage"}, "company_business_stage", "Growth stage"),
    ],
)
def test_what_a_value_is_called_is_no_part_of_it(facts, field, value):
    """Where it is written before it."""
    assert extract_company_fields(facts)[field] == value
