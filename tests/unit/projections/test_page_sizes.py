"""Read models do not depend on how the log is cut into pages, whatever happened in it."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from enrichcore.domain import events as e
from enrichcore.domain.answers import Rank
from enrichcore.projection import MemoryTables
from projections import READ_MODELS
from projections.final_leads import FINAL_LEADS
from tests.unit.projections.written_log import ASK_COMPANY, ASK_EMAIL, ASK_PERSON, START, WrittenLog

PEOPLE = st.integers(1, 4)
COMPANIES = st.integers(1, 3)
BATCHES = st.integers(1, 2)
DATES = st.sampled_from(["2026-02-11", "2025-09", "2025", "2026-03-20", None])
DOMAINS = st.sampled_from(["quillhaven.example", "caldora.example", "brackenford.example"])
STATUSES = st.sampled_from(["Verified", "Extrapolated", None])
KINDS = st.sampled_from([e.StepAnswered, e.AnswerRevised, e.AnswerKept])

person_facts = st.fixed_dictionaries(
    {},
    optional={
        "person_title": st.sampled_from(["Buyer", "Seller", ""]),
        "person_email": st.sampled_from(["a@quillhaven.example", "b@quillhaven.example"]),
        "person_email_status": STATUSES,
        "person_current_job_start_date": DATES,
    },
)
company_facts = st.fixed_dictionaries(
    {},
    optional={
        "company_name": st.sampled_from(["Quillhaven", "Caldora"]),
        "company_domain": DOMAINS,
        "company_last_raised_at": DATES,
        "company_employee_count": st.integers(0, 3),
        "company_website": DOMAINS.map("https://www.{}".format),
        "company_city": st.sampled_from(["Boston", "Berlin"]),
        "company_state": st.sampled_from(["Massachusetts", "MA", "Berlin"]),
        "company_country": st.sampled_from(["United States", "Germany"]),
    },
)


@st.composite
def person_bodies(draw):
    """Answers about a person, some of which tell a history, some nothing."""
    jobs = [
        {
            "company": draw(st.sampled_from(["Quillhaven", "Caldora Bank"])),
            "company_domain": draw(DOMAINS),
            "title": "Buyer",
            "start_date": draw(DATES),
            "end_date": draw(st.none() | st.just("2026-01-01")),
        }
        for _ in range(draw(st.integers(0, 2)))
    ]
    told = {
        "headline": draw(st.sampled_from(["one", "two", None])),
        "work_email": draw(st.none() | st.just("c@x.example")),
    }
    return draw(
        st.sampled_from([{"result": {"first_name": "Ann", "experience": jobs, **told}}, {"result": None}, b"\xff\x00"])
    )


company_bodies = st.builds(
    lambda name, day, city, country: {
        "result": {"name": name, "last_raised_at": day, "city": city, "country": country}
    },
    st.sampled_from(["Quillhaven", "Quillhaven Inc", None]),
    DATES,
    st.sampled_from(["Boston", None]),
    st.sampled_from(["US", "DE", None]),
)


@st.composite
def written_logs(draw):
    """Logs in which people and companies are imported, launched, answered for and merged, while days pass."""
    log = WrittenLog()
    created = set()
    day = START.date()
    log.launches(1)
    log.launches(2)
    for _ in range(draw(st.integers(1, 25))):
        person, company, batch = draw(PEOPLE), draw(COMPANIES), draw(BATCHES)
        match draw(
            st.sampled_from(
                [
                    "import",
                    "company",
                    "item",
                    "item",
                    "local",
                    "answer",
                    "answer",
                    "run",
                    "merge",
                    "join",
                    "day",
                    "customers",
                    "late",
                ]
            )
        ):
            case "import":
                log.imports_person(person, draw(st.none() | st.just(company)), **draw(person_facts))
            case "company":
                log.imports_company(company, **draw(company_facts))
            case "item":
                if (person, batch) not in created:
                    created.add((person, batch))
                    log.creates(
                        person, draw(st.none() | st.just(company)), batch, **draw(person_facts), **draw(company_facts)
                    )
            case "local":
                if (person, batch) in created:
                    log.computes(person, batch, **draw(company_facts), **draw(person_facts))
            case "answer":
                if (person, batch) in created:
                    workflow = draw(st.sampled_from([ASK_PERSON, ASK_EMAIL, ASK_COMPANY]))
                    body = draw(company_bodies if workflow == ASK_COMPANY else person_bodies())
                    log.answers_person(
                        person, body, workflow, batch, kind=draw(KINDS), rank=draw(st.sampled_from(Rank))
                    )
            case "run":
                log.answers_company(company, draw(company_bodies), batch=batch, kind=draw(KINDS))
            case "merge":
                log.merges_persons(person, draw(PEOPLE))
            case "join":
                log.merges_companies(company, draw(COMPANIES))
            case "day":
                day += timedelta(days=draw(st.sampled_from([1, 30, 200])))
                log.passes(day)
            case "customers":
                log.configures(*draw(st.lists(DOMAINS, max_size=2)))
            case "late":
                # An answer may come on a day that no timer has told of yet.
                log.now += timedelta(days=draw(st.sampled_from([1, 100])))
    return log


@given(written_logs(), st.integers(1, 7))
def test_rows_do_not_depend_on_the_size_of_pages(log, page):
    """Folding event by event, in small pages and all at once gives the same rows."""
    whole = log.tables(models=READ_MODELS)
    assert log.tables(page, READ_MODELS) == whole
    assert log.tables(1, READ_MODELS) == whole


@given(written_logs())
def test_a_lead_exists_for_every_launched_person_and_no_other(log):
    """Who was launched has one lead, under the id that stays; who was only imported has none."""
    into = {}
    launched = set()

    def now(person):
        while person in into:
            person = into[person]
        return person

    for recorded in log.events:
        match recorded.event:
            case e.PersonsMerged(merged=merged) if now(merged) != now(recorded.entity_id):
                into[now(merged)] = now(recorded.entity_id)
            case e.ItemCreated(person_id=person):
                launched.add(person)
    leads = log.tables()["final_leads"]
    assert {person for _, person in leads} == {now(person) for person in launched}


@given(written_logs())
def test_a_row_changes_only_when_updated_at_does(log):
    """Whenever a row differs from before, the event just folded is the one that `updated_at` tells the time of."""
    tables, before = MemoryTables(FINAL_LEADS.tables), {}
    for recorded in log.events:
        FINAL_LEADS.project([recorded], tables)
        now = tables.content()["final_leads"]
        for key, row in now.items():
            if before.get(key) != row:
                assert row["updated_at"] == recorded.at
        before = now
