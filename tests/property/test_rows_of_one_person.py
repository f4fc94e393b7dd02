"""Rows of one person in one file tell what the same rows tell in files of their own: the newest, and never a mixture of several."""

from hypothesis import given
from hypothesis import strategies as st

from enrichcore import MemoryStore, project
from projections import READ_MODELS
from tests.contracts.world import CRM, World

COMPANIES = ("Roe", "Newco", "Acorn")
TOLD = ("person_full_name", "person_email", "person_title", "company_name", "company_domain", "company_website")


@st.composite
def rows(draw):
    """A row of Jane Roe, at one of a few companies."""
    company = draw(st.sampled_from(COMPANIES))
    site = draw(st.sampled_from(("", f"https://{company.lower()}.example")))
    email = draw(st.sampled_from(("", f"jane@{company.lower()}.example")))
    return {
        "first": "Jane",
        "last": "Roe",
        "linkedin": "https://www.linkedin.com/in/jane-roe-1",
        "title": draw(st.sampled_from(("", "CFO", "CEO"))),
        "company": draw(st.sampled_from((company, ""))) if site or email else company,
        "website": site,
        "email": email,
    }


def lead_of(world):
    """What the one lead tells, as it is built from the log."""
    (lead,) = project(world.store.log(0, 10_000), READ_MODELS)["final_leads"].values()
    return {name: lead[name] for name in TOLD}


def launched(uploads):
    """A world in which files were imported one after the other, and the last was launched."""
    world = World(MemoryStore())
    for people in uploads:
        last = world.upload(*people, workstream=CRM)
    world.app.launch(last.upload_id)
    return world


@given(st.lists(rows(), min_size=1, max_size=5))
def test_one_file_of_a_person_tells_what_a_file_for_each_row_does(told):
    """Whatever the rows tell of jobs, companies and addresses, in whatever order."""
    assert lead_of(launched([told])) == lead_of(launched([row] for row in told))


@given(st.lists(rows(), min_size=1, max_size=5))
def test_the_company_that_is_asked_about_is_the_one_that_is_shown(told):
    """A file's last row that names a company says where its person is."""
    world = launched([told])
    lead = lead_of(world)
    (send,) = world.claim()
    assert {name: send.payload.get(name) for name in ("company_name", "company_domain")} == {
        name: lead[name] for name in ("company_name", "company_domain")
    }
