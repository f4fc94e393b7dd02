"""Of several whom an answer names the one who is meant, or none."""

import pytest

from enrichcore.fields import extract_company_fields, extract_person_fields

COMPANY = {"name": "Marrowfen", "domain": "marrowfen.example"}
POST = {"name": "A year of pumps", "url": "https://marrowfen.example/blog"}
PERSON = {"name": "Orla Penhallow", "title": "Buyer"}


@pytest.mark.parametrize(
    "beside",
    [
        {"elements": [POST]},
        {"entities": [{"name": "Bo Lee", "type": "person"}, {"name": "Oakmere", "type": "org"}]},
        {"data": [POST]},
        {"results": [POST]},
        {"content": POST},
        {"parts": [POST]},
        {"matches": [{"name": "Oakmere", "description": "Chess"}]},
    ],
)
def test_what_a_companys_object_holds_beside_it_is_not_the_company(beside):
    """It names itself, and says where it is on the web."""
    fields = extract_company_fields({**COMPANY, **beside})
    assert (fields["company_name"], fields["company_domain"]) == ("Marrowfen", "marrowfen.example")
    assert fields["company_description"] is None


@pytest.mark.parametrize("wrapper", ["entities", "elements", "candidates", "text", "records"])
def test_whom_a_persons_object_mentions_is_not_the_person(wrapper):
    """Neither the companies nor the people of a text."""
    for other in ({"name": "Oakmere", "type": "org"}, {"name": "Bo Lee", "title": "Chef"}):
        fields = extract_person_fields({**PERSON, wrapper: [other]})
        assert (fields["person_full_name"], fields["person_title"]) == ("Orla Penhallow", "Buyer")


def test_a_name_is_enough_to_tell_whom_a_text_mentions():
    """Beside the name of a company, or of a person, whoever is found in a text is another."""
    mentioned = {"entities": [{"name": "Bo Lee"}, {"name": "Oakmere"}]}
    assert extract_company_fields({"name": "Marrowfen", **mentioned})["company_name"] == "Marrowfen"
    assert extract_person_fields({"name": "Orla Penhallow", **mentioned})["person_full_name"] == "Orla Penhallow"


@pytest.mark.parametrize(
    "answer",
    [
        {**COMPANY, "result": {"name": "MARROWFEN, Inc.", "description": "Pumps."}},
        {**COMPANY, "matches": [{"name": "Marrowfen Pumps", "description": "Pumps."}]},
        {**COMPANY, "data": {"description": "Pumps."}},
        {**COMPANY, "data": {"name": "Oakmere", "domain": "oakmere.example", "description": "Pumps."}},
        {"name": "extract_company", "content": [{"name": "Oakmere", "description": "Pumps."}]},
        {"status": "ok", "elements": [{"name": "Marrowfen", "description": "Pumps."}]},
    ],
)
def test_what_was_asked_may_stand_beside_the_answer(answer):
    """It is no object that names itself; of another domain or kind the wrapper tells whom the provider took for the company."""
    assert extract_company_fields(answer)["company_description"] == "Pumps."


@pytest.mark.parametrize(
    "found",
    [
        [{"name": "Anna Penhallow", "title": "Buyer"}, {"name": "Piet Penhallow", "title": "Chef"}],
        [{"name": "Orla Bray", "email": "ob@marrowfen.example"}, {"name": "Orla Penhallow", "email": "op@oakmere.example"}],
        [{"title": "Buyer", "linkedin_url": "linkedin.com/in/anna"}, {"title": "Chef", "linkedin_url": "linkedin.com/in/piet"}],
        [{"name": "Bo Lee", "title": "Chef", "linkedin_url": f"linkedin.com/in/bo-lee{end}"} for end in ("", "-2")],
    ],
)  # fmt: skip
def test_people_who_share_a_name_are_several(found):
    """Who searches for a name finds those who share a word of it, and those who are called the same."""
    for answer in (found, {"results": found}, {"elements": found}):
        assert not any(extract_person_fields(answer).values())


@pytest.mark.parametrize(
    "found",
    [
        [{"name": "Marrowfen Inc", "domain": "marrowfen.example"}, {"name": "Oakmere Inc", "domain": "oakmere.example"}],
        [{"name": "The Marrow", "industry": "Mining"}, {"name": "The Oak", "industry": "Chess"}],
        [{"name": "Marrowfen", "domain": f"marrowfen.{end}"} for end in ("de", "fr")],
    ],
)  # fmt: skip
def test_companies_that_share_a_legal_form_are_several(found):
    """Neither "Inc" nor "The" is a name; of one name there may be two."""
    assert not any(extract_company_fields(found).values())


@pytest.mark.parametrize(
    "other",
    [
        {"name": "Orla B. Penhallow", "title": None},
        {"name": "Orla", "title": "Chef"},
        {"name": "Orla Bray", "title": "Chef", "linkedin_url": "https://linkedin.com/in/orla"},
        {"name": "O. Bray", "title": "Chef", "email": "orla@marrowfen.example"},
    ],
)
def test_the_same_person_in_two_entries_is_one(other):
    """By the name, written shorter or longer, and else by the page or the address."""
    person = {**PERSON, "linkedin_url": "linkedin.com/in/orla", "email": "orla@marrowfen.example"}
    assert extract_person_fields([person, other])["person_title"] == "Buyer"


def test_short_forms_of_a_first_name_are_one():
    """As the directory has it."""
    found = [{"name": "Robert Bray", "title": "Buyer"}, {"name": "Bob Bray", "title": "Chef"}]
    assert extract_person_fields(found)["person_title"] == "Buyer"
