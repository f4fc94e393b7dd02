import pytest

from enrichcore.normalize import linkedin_key, linkedin_url


@pytest.mark.parametrize(
    "value",
    [
        "https://www.linkedin.com/in/Jane-Doe/",
        "http://de.linkedin.com/in/jane-doe?originalSubdomain=de",
        "linkedin.com/in/jane-doe",
        "www.LinkedIn.com/in/jane-doe/en",
        "https://www.linkedin.com/mwlite/in/jane-doe#about",
    ],
)
def test_a_page_has_one_key_however_it_is_written(value):
    """Scheme, country, case, query and what follows the slug do not matter."""
    assert linkedin_key(value, "in") == "jane-doe"
    assert linkedin_url(value, "in") == "https://www.linkedin.com/in/jane-doe"


def test_a_key_is_percent_decoded_and_its_url_encoded():
    """Letters beyond ASCII are one key, encoded or not."""
    assert linkedin_key("linkedin.com/in/j%C3%BCrgen", "in") == linkedin_key("linkedin.com/in/Jürgen", "in") == "jürgen"
    assert linkedin_url("linkedin.com/in/jürgen", "in") == "https://www.linkedin.com/in/j%C3%BCrgen"


@pytest.mark.parametrize(
    "value",
    [
        "https://www.linkedin.com/company/acme",
        "jane-doe",
        "https://notlinkedin.example/in/jane",
        5,
        None,
        "linkedin.com/in/",
        "linkedin.com/in/undefined",
    ],
)
def test_other_pages_are_no_persons_page(value):
    """A company's page, a bare slug and other sites give no key of a person."""
    assert linkedin_key(value, "in") is None


def test_a_bare_slug_counts_only_where_it_is_said_to_be_one():
    """Clay gives `slug`; any other word must not become a LinkedIn page."""
    assert linkedin_key("Acme-Zz9", "company", slug=True) == "acme-zz9"
    assert linkedin_key("two words", "company", slug=True) is None
    assert linkedin_key("https://www.linkedin.com/in/jane", "company", slug=True) is None


MEMBER = "ACwAAAwMJ8gB1ACzMnNA8Sj1P-0J9_pd4mT3eZ4"


@pytest.mark.parametrize(
    "value",
    [
        f"https://www.linkedin.com/in/{MEMBER}",
        f"linkedin.com/in/{MEMBER}/?trk=x",
        f"https://www.linkedin.com/sales/lead/{MEMBER},NAME_SEARCH,kF3b",
        f"https://www.linkedin.com/sales/people/{MEMBER},OUT_OF_NETWORK,-1xq?_ntb=abc",
        f"https://www.linkedin.com/sales/profile/{MEMBER},,?pathWildcard={MEMBER}",
    ],
)
def test_a_members_id_keeps_its_case(value):
    """Ids that differ in case are of two members, so neither the key nor the address is folded."""
    assert linkedin_key(value, "in") == MEMBER
    assert linkedin_url(value, "in") == f"https://www.linkedin.com/in/{MEMBER}"
    assert linkedin_key(value.replace("MJ8", "mJ8"), "in") != MEMBER


@pytest.mark.parametrize(
    "value",
    [
        f"https://www.linkedin.com/in/{MEMBER.lower()}",
        f"https://www.linkedin.com/sales/lead/{MEMBER.lower()},NAME_SEARCH",
        "https://www.linkedin.com/sales/people/jane-doe",
        "https://www.linkedin.com/sales/search/people?query=ACwAAAwMJ8gB1ACzMnNA8Sj1P",
    ],
)
def test_what_lost_its_case_or_is_no_member_is_nobody(value):
    """An id in lower case leads nowhere, and other pages of Sales Navigator are no person's."""
    assert linkedin_key(value, "in") is None


def test_a_companys_number_is_the_same_in_sales_navigator():
    """Its page there has no slug, and the number leads to the page as well."""
    value = "https://www.linkedin.com/sales/company/1234567?_ntb=x"
    assert linkedin_url(value, "company") == "https://www.linkedin.com/company/1234567"
    assert linkedin_key(value, "in") is None
