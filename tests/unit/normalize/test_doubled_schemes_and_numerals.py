"""A scheme that is written twice, a numeral behind a name, and a department that looks like a form of address."""

import pytest

from enrichcore.ingest.cleaning import job_title
from enrichcore.normalize import company_domain, split_full_name, website_url


@pytest.mark.parametrize("url", ["http://http://acorn.com", "https://http://www.acorn.com", "http://https//acorn.com/"])
def test_a_scheme_that_is_written_twice_hides_no_host(url):
    """The website has one scheme."""
    assert company_domain(url) == "acorn.com"
    assert website_url(url).count("http") == 1


@pytest.mark.parametrize("numeral", ["2nd", "3rd", "4th", "2ND"])
def test_a_numeral_behind_a_name_is_no_part_of_it(numeral):
    """As the Roman ones."""
    assert split_full_name(f"Kai Mercer {numeral}") == ("Kai", "Mercer")


@pytest.mark.parametrize("title", ["HR", "IT", "PR", "QA", "R&D"])
def test_a_short_department_is_a_title(title):
    """HR stands for Herr only where it is spelt otherwise."""
    assert job_title(title) == title


def test_a_form_of_address_is_still_no_title():
    """`Hr.` is one."""
    assert job_title("Hr.") is None
