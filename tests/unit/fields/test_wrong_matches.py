"""An answer about another person or company than the one asked about is told from one about the same."""

import pytest

from enrichcore.domain.pipeline import Entity
from enrichcore.fields import is_another

PAGE = "https://www.linkedin.com/in/"
ANN = {"person_full_name": "Ann Fennimarsh"}


def named(full, **more):
    """A person's facts."""
    return {"person_full_name": full, **{f"person_{name}": value for name, value in more.items()}}


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (ANN, named("Bob Stone")), (ANN, named("Ann Stone")), (named("John Smith"), named("John Carter")),
        (named("Ann Fennimarsh", linkedin_url=PAGE + "ann-f"), named("Bob Stone", linkedin_url=PAGE + "bob")),
        (named("Ann Fennimarsh", linkedin_url=PAGE + "ann-f"), named("Ann Fennimarsh", linkedin_url=PAGE + "dr-fennimarsh")),
        (named("Ann Fennimarsh", linkedin_url=PAGE + "ACwAAAwMJ8gB1ACzMnNA"), named("Ann Fennimarsh", linkedin_url=PAGE + "ACwAAAwmJ8gB1ACzMnNA")),
        ({"person_linkedin_url": PAGE + "ann-f"}, {"person_linkedin_url": PAGE + "bob"}),
        ({"person_first_name": "Ann", "person_last_name": "Fennimarsh"}, {"person_first_name": "Bob", "person_last_name": "Stone"}),
        (
            {**ANN, "person_linkedin_url": PAGE + "ann-f", "company_domain": "quillhaven.example"},
            named("Ann Fennimarsh", linkedin_url=PAGE + "fenni", current_companies=[{"domain": "oakmere.example"}]),
        ),
    ],
)  # fmt: skip
def test_an_answer_about_somebody_else(asked, told):
    """Pages on LinkedIn differ, or no last name agrees."""
    assert is_another(asked, told, Entity.PERSON)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (ANN, {}), (ANN, ANN), (ANN, named("ANN FENNIMARSH")), (ANN, named("Ann M. Fennimarsh")), (ANN, named("Ann Fennimarsh-Stone")),
        (ANN, named("Fennimarsh Ann")), (ANN, named("Ann Fenimarsh")), (ANN, named("Annie Fennimarsh")), (ANN, named("Ann F.")), (ANN, named("Ann")),
        (named("Robert Stone"), named("Bob Stone")), (named("María García López"), named("Maria Lopez")), (named("Jürgen Müller"), named("Juergen Mueller")),
        (named("Юрий Гагарин"), named("Yuri Gagarin")), (named("王小明"), named("Xiaoming Wang")), (named("JeanPierre Roux"), named("Jean Pierre Roux")),
        (named("Ann Fennimarsh", linkedin_url=PAGE + "ann-f"), named("Ann Stone", linkedin_url=PAGE + "ann-f")),
        (named("Ann Fennimarsh", linkedin_url=PAGE + "ann-fennimarsh"), named("Ann Fennimarsh", linkedin_url=PAGE + "ann-fennimarsh-1a2b3c")),
        (named("Ann Fennimarsh", linkedin_url=PAGE + "ann-f"), named("Ann Fennimarsh", linkedin_url=PAGE + "ACwAAAwMJ8gB1ACzMnNA")),
        (named("Ann Fennimarsh", email="ann@quillhaven.example"), named("Ann Stone", email="Ann@quillhaven.example")),
        ({"person_email": "ann@quillhaven.example"}, named("Bob Stone", email="bob@quillhaven.example")),
        (
            {**ANN, "person_linkedin_url": PAGE + "ann-f", "company_domain": "quillhaven.example"},
            named("Ann Fennimarsh", linkedin_url=PAGE + "fenni", current_companies=[{"domain": "quillhaven.example"}]),
        ),
    ],
)  # fmt: skip
def test_an_answer_about_the_same_person(asked, told):
    """However the name is written; and a page, an address or an employer in common outweighs a new name or page."""
    assert not is_another(asked, told, Entity.PERSON)


def company(name=None, domain=None, page=None):
    """A company's facts."""
    facts = {"company_name": name, "company_domain": domain, "company_linkedin_url": page}
    return {key: value for key, value in facts.items() if value}


@pytest.mark.parametrize(
    ("asked", "told", "another"),
    [
        (company("Quillhaven", "quillhaven.example"), company("Zenith Corp", "zenith.example"), True),
        (company("Delta Air Lines", "delta.example"), company("Delta Dental", "deltadental.example"), True),
        (company("Quillhaven", "quillhaven.example"), company("Quillhaven Robotics", "quillhaven-robotics.example"), False),
        (company("Quillhaven", "quillhaven.co.uk"), company("QH Group", "quillhaven.com"), False),
        (company("IBM", "ibm.example"), company("International Business Machines"), False),
        (company("Quillhaven", "quillhaven.example"), company("Zenith", "www.quillhaven.example"), False),
        (company("Quillhaven", "quillhaven.example"), company(None, "zenith.example"), False),
        (company("Quillhaven", "quillhaven.example"), {**company("Zenith", "zenith.example"), "company_website": "https://quillhaven.example"}, False),
        (company("GE", "ge.example"), company("General Electric", "general-electric.example"), False),
        (company("Quillhaven GmbH", "quillhaven.example"), company("quillhaven", "qh.example"), False),
        (company("Quillhaven", "old.example", "linkedin.com/company/qh"), company("Zenith", "new.example", "linkedin.com/company/qh/"), False),
        (company("IBM", page="linkedin.com/company/1009"), company("International Business Machines", page="linkedin.com/company/ibm"), False),
        (company("Zenith", page="linkedin.com/company/1009"), company("Quillhaven", page="linkedin.com/company/qh"), False),
        (company("Zenith", page="linkedin.com/company/1009"), company("Quillhaven", page="linkedin.com/company/1010"), True),
    ],
)  # fmt: skip
def test_a_company_is_another_by_domain_and_name(asked, told, another):
    """Another domain alone may be another country's or a new brand's, another name alone a long form."""
    assert is_another(asked, told, Entity.COMPANY) is another
