"""The indicators: true, false, or unknown, and the day on which they change."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichcore.fields import compute_indicators, extract_all, extract_person_fields, next_change

TODAY = date(2026, 11, 15)
ASKED = {"company_domain": "driftline.example", "company_name": "Driftline Ltd"}


def job(company, *, end=None, current=None, domain="", **parts):
    """One job as a provider tells it."""
    told = {
        "title": "CTO",
        "company": company,
        "company_domain": domain or f"{company.lower()}.example",
        "end_date": end,
        **parts,
    }
    return told if current is None else {**told, "is_current": current}


def person(*jobs):
    """A person's answer with the whole history."""
    return {"result": {"first_name": "Jane", "experience": list(jobs)}}


def indicators(raw, customers=(), company=ASKED, **options):
    """The indicators, which must be the same from the raw answer and from its fields."""
    from_raw = compute_indicators({}, company, raw, customers, as_of=TODAY, **options)
    from_fields = compute_indicators(extract_person_fields(raw), company, None, customers, as_of=TODAY, **options)
    assert from_raw == from_fields
    return from_raw


@pytest.mark.parametrize(
    ("told", "worked_there"),
    [
        ({"employment": job("Larkspur")}, None),
        ({"employment": [job("Larkspur", current=True)]}, False),
        ({"positions": {"positionsCount": 7, "positionHistory": [job("Larkspur", current=True)]}}, None),
        ({"positions": {"positionsCount": 1, "positionHistory": [job("Larkspur", current=True)]}}, False),
        ({"employment": "Larkspur", "experience": 7, "positions": job("Larkspur")}, None),
    ],
)
def test_no_customer_among_the_employers_takes_a_list_of_them_all(told, worked_there):
    """A single present job, and a list that counts more jobs than it holds, are no whole history."""
    found = indicators({"first_name": "Jane", "last_name": "Doe", **told}, ["coastline.example"])
    assert found["is_worked_at_customer"] is worked_there


@pytest.mark.parametrize(
    ("start", "is_new"),
    [
        ("2026-08-01", True), ("2026-05-15", True), ("2026-05-14", False), ("2026-06", True), ("2026-11", True), ("2026-05", None),
        ("2026-04", False), ("2026", None), ("2025", None), ("2019", None), ("2026-12-01", False), ("2027", False), (None, None),
        ("soon", None),
    ],
)  # fmt: skip
def test_a_role_is_new_when_every_day_it_may_have_begun_says_so(start, is_new):
    """Less precise dates are unknown near the limit; a year is never new; what lies ahead is not new."""
    told = compute_indicators({"person_current_job_start_date": start}, {}, None, [], as_of=TODAY)
    assert told["is_new_in_role"] is is_new


@pytest.mark.parametrize(
    ("raised", "is_recent"),
    [("2026-09-14", True), ("2025-11-15", True), ("2025-11-14", False), ("2025-11", None), ("2026", None), ("2024", False), ("2027-01-01", False), (None, None)],
)  # fmt: skip
def test_funding_is_recent_within_a_year(raised, is_recent):
    """Without a date it is unknown, never false."""
    told = compute_indicators(
        None, {"company_last_raised_at": raised, "company_latest_funding": "Series B"}, None, [], as_of=TODAY
    )
    assert told["is_recently_funded"] is is_recent


def test_the_months_are_an_argument():
    """A client may call a role new for longer."""
    told = compute_indicators(
        {"person_current_job_start_date": "2025-12-01"}, {}, None, [], as_of=TODAY, new_in_role_months=12
    )
    assert told["is_new_in_role"] is True


@pytest.mark.parametrize(
    "customers",
    [
        ["kestrel.example"],
        ["https://www.Kestrel.example/"],
        ["KESTREL Inc."],
        ["Kestrel Inc. <kestrel.example>"],
        [{"name": "Kestrel", "domain": "kestrel.example"}],
        "kestrel.example",
    ],
)
def test_a_past_employer_among_the_customers_counts(customers):
    """By registrable domain or by exact normalised name."""
    raw = person(job("Driftline", current=True), job("Kestrel", end="2020-01", domain="careers.kestrel.example"))
    assert indicators(raw, customers)["is_worked_at_customer"] is True


@pytest.mark.parametrize(
    ("end", "worked"),
    [
        ("2027-12", False),
        ("2026-12-01", False),
        ("2027", False),
        ("2026-11", True),
        ("2026", True),
        ("2026-11-14", True),
    ],
)
def test_a_job_that_ends_later_is_a_present_one(end, worked):
    """A contract has its last day already; whoever works there still has not been there before."""
    raw = person(job("Driftline", current=True), job("Kestrel", end=end, domain="kestrel.example"))
    for fields in ({}, extract_person_fields(raw)):
        told = compute_indicators(fields, {}, raw, ["kestrel.example"], as_of=TODAY)
        assert told["is_worked_at_customer"] is worked


@pytest.mark.parametrize(
    ("domain", "customers", "worked"),
    [
        (None, ["Kestrel <kestrel.example>"], True),
        (None, [{"name": "KESTREL GmbH", "domain": "https://kestrel.example"}], True),
        ("other.example", ["Kestrel <kestrel.example>"], False),
        ("other.example", ["Kestrel <kestrel.example>", "Kestrel"], True),
        ("kestrel.test", ["Kestrel <kestrel.example>"], None),
        (None, ["Harrow <harrow.example>"], False),
        (None, ["Harrow <harrow.example>", "mooncroft.example"], None),
    ],
)
def test_a_customer_with_a_domain_is_known_by_its_name_where_no_other_domain_is_told(domain, customers, worked):
    """Another domain is another company of the name; the same one elsewhere may be either."""
    raw = person(
        job("Driftline", current=True, domain="driftline.example"), job("Kestrel", end="2020-01", company_domain=domain)
    )
    assert indicators(raw, customers)["is_worked_at_customer"] is worked


def test_the_present_employer_does_not_count_as_a_past_one():
    """An earlier job at the company where the person is now is no past employer."""
    raw = person(job("Kestrel", current=True), job("Kestrel", end="2020-01", title="Intern"))
    assert indicators(raw, ["kestrel.example"])["is_worked_at_customer"] is False


@pytest.mark.parametrize(
    ("raw", "worked"),
    [
        (person(job("Driftline", current=True)), False),
        (person(job("Driftline", current=True), job("Harrow", end="2020")), False),
        (person(job("Driftline", current=True), {"title": "Dev", "company": "Mystery", "end_date": "2020"}), None),
        ({"first_name": "Jane", "latest_experience": job("Driftline")}, None),
        ({"first_name": "Jane"}, None),
        (None, None),
    ],
)  # fmt: skip
def test_no_customer_in_an_unknown_history_is_unknown(raw, worked):
    """False needs the whole history, with employers that can be compared."""
    assert indicators(raw, ["kestrel.example"])["is_worked_at_customer"] is worked


@pytest.mark.parametrize(
    ("jobs", "moved"),
    [
        ([job("Driftline", current=True)], False),
        ([job("Kestrel", current=True), job("Driftline", end="2024")], True),
        ([job("Kestrel", current=True), job("Driftline", current=True)], False),
        ([job("Driftline", current=True, domain="driftline-group.example")], False),
        ([{"title": "CTO", "company": "Driftline Marine", "is_current": True}], None),
        ([{"title": "CTO", "company": "Kestrel", "is_current": True}], True),
        ([job("Driftline", end="2024")], None),
        ([], None),
    ],
)
def test_a_person_moved_when_no_present_job_is_at_the_company(jobs, moved):
    """One present job there is enough to have stayed; a name that may be the same is unknown."""
    assert indicators(person(*jobs))["moved_company"] is moved


def test_the_company_asked_about_may_be_given():
    """It may differ from what the company's own answer says."""
    raw = person(job("Kestrel", current=True))
    assert indicators(raw, company={}, asked_company_domain="kestrel.example")["moved_company"] is False
    assert indicators(raw, company={}, asked_company_domain="driftline.example")["moved_company"] is True
    assert indicators(raw, company={})["moved_company"] is None


def test_a_moment_counts_as_its_day_in_utc():
    """A moment shortly after midnight elsewhere may still be the day before."""
    late = datetime(2026, 11, 16, 1, tzinfo=timezone(timedelta(hours=9)))
    told = compute_indicators({"person_current_job_start_date": "2026-05-15"}, {}, None, [], as_of=late)
    assert told["is_new_in_role"] is True
    assert compute_indicators({}, {}, None, [], as_of=datetime(2026, 11, 16, tzinfo=UTC))["is_new_in_role"] is None


DATES = st.dates(date(2023, 1, 1), date(2028, 12, 31)).flatmap(
    lambda day: st.sampled_from([day.isoformat(), day.isoformat()[:7], day.isoformat()[:4]])
)


@given(
    start=st.none() | DATES,
    raised=st.none() | DATES,
    today=st.dates(date(2024, 1, 1), date(2027, 12, 31)),
    months=st.integers(1, 24),
)
def test_nothing_changes_before_the_next_change_and_something_does_on_it(start, raised, today, months):
    """Leads need looking at again on the day told, and not before."""
    facts = ({"person_current_job_start_date": start}, {"company_last_raised_at": raised}, None, [])

    def on(day):
        return compute_indicators(*facts, as_of=day, new_in_role_months=months)

    change = next_change(*facts, as_of=today, new_in_role_months=months)
    end = change or date(2035, 1, 1)
    for step in {1, 2, 30, 31, 181, (end - today).days - 1, (end - today).days - 2}:
        if 0 < step < (end - today).days:
            assert on(today + timedelta(days=step)) == on(today)
    assert change is None or (change > today and on(change) != on(today))


@pytest.mark.parametrize("title", [None, "VP"])
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_of_two_present_roles_at_one_company_the_newer_or_the_one_told_counts(title, order):
    """A promotion, where the role before it was never ended; in whichever order the two are listed."""
    roles = [("Director", "2020-01"), ("VP", "2026-10")]
    listed = [
        {"title": role, "company": "Quillhaven", "company_domain": "quillhaven.example", "start_date": start, "is_current": True}
        for role, start in (roles[place] for place in order)
    ]  # fmt: skip
    told = extract_all(
        {"domain": "quillhaven.example"}, {"name": "Ann Vale", "title": title, "experience": listed}, [],
        as_of=date(2026, 11, 15),
    )  # fmt: skip
    assert (told["person_title"], told["is_new_in_role"]) == ("VP", True)


@pytest.mark.parametrize(
    ("org", "moved"),
    [
        ("Quillhaven, Inc.", False),
        ("Kelpworks", True),
        ("N/A", None),
        ("Quillhaven Robotics", None),
        ("Quill Haven", None),
        ("QIR", True),
    ],
)
def test_an_employer_beside_the_title_tells_who_moved(org, moved):
    """Where an answer lists no jobs."""
    company = {"name": "Quillhaven", "domain": "quillhaven.example"}
    told = extract_all(company, {"name": "Ann Vale", "title": "CTO", "org": org}, [], as_of=date(2026, 11, 15))
    assert told["moved_company"] is moved


@pytest.mark.parametrize("org", ["IBM", "International Business Machines Corp.", "I.B.M."])
@pytest.mark.parametrize("asked", ["IBM", "International Business Machines"])
def test_the_initials_of_a_company_do_not_tell_that_somebody_moved(asked, org):
    """They may be the company asked about."""
    told = extract_all({"name": asked}, {"name": "Ann Vale", "title": "CTO", "org": org}, [], as_of=date(2026, 11, 15))
    assert told["moved_company"] is not True


@pytest.mark.parametrize(
    ("company", "domain", "moved"),
    [
        ("Acme UK", "acme.co.uk", None),
        (None, "acme.co.uk", None),
        ("Zenith", "acme.co.uk", True),
        ("Acme", "acme.co.uk", False),
        ("Acme UK", "kelp.example", True),
    ],
)
def test_a_company_in_another_country_is_not_surely_another(company, domain, moved):
    """Its domain is the same name below another top level."""
    job = {"title": "CTO", "company": company, "company_domain": domain, "is_current": True}
    asked = {"name": "Acme", "domain": "acme.com"}
    told = extract_all(asked, {"name": "Ann Vale", "experience": [job]}, [], as_of=date(2026, 11, 15))
    assert told["moved_company"] is moved


@pytest.mark.parametrize(
    ("page", "moved"),
    [("https://www.linkedin.com/company/109209384", None), ("https://www.linkedin.com/company/kestrel-boats", True)],
)
def test_a_companys_number_does_not_tell_that_somebody_moved(page, moved):
    """Its page may be the one under the slug; another slug is another page."""
    asked = {"company_name": "Kestrel", "company_linkedin_url": "https://www.linkedin.com/company/kestrel"}
    raw = {
        "first_name": "Ann",
        "experience": [{"title": "Buyer", "company": "Kestrel Boats", "url": page, "is_current": True}],
    }
    assert compute_indicators(extract_person_fields(raw), asked, raw, [])["moved_company"] is moved


def test_a_company_is_not_founded_after_the_day_asked_about():
    """A year that is still to come is a typing error."""
    answers = ({"name": "Quillhaven", "founded": year} for year in (2026, 2027, 2054))
    told = [extract_all(answer, None, [], as_of=date(2026, 3, 1))["company_founded_year"] for answer in answers]
    assert told == [2026, None, None]


@pytest.mark.parametrize(("asked", "moved"), [("acme.example", True), ("newco.example", False)])
@pytest.mark.parametrize(
    "body",
    [
        {
            "employment_history": [
                {"current": True, "organization_name": "Newco Inc.", "title": "CTO", "start_date": "2026-09-01"}
            ],
            "organization": {"name": "Newco", "primary_domain": "newco.example"},
        },
        {"jobTitle": {"title": "CTO"}, "company": {"name": "Newco", "domain": "newco.example"}},
    ],
)
def test_the_domain_of_an_employer_may_stand_beside_the_jobs(body, asked, moved):
    """Apollo and Lusha tell it of an object of its own, by whose name the job is found."""
    raw = {"person": {"first_name": "Ann", "last_name": "Vale", **body}}
    told = extract_all(None, raw, [], as_of=TODAY, asked_company_domain=asked)
    assert told["moved_company"] is moved


@pytest.mark.parametrize("present", ["current_experience", "latest_experience", "experience"])
def test_a_job_that_one_list_ends_and_another_goes_on_with_has_not_ended(present):
    """The present job's own word counts, with all that follows: it is no past employer, and nobody has moved."""
    job = {"title": "CTO", "company": "Quillhaven", "company_domain": "quillhaven.example", "start_date": "2019-03"}
    over, on = {**job, "end_date": "2020-01", "is_current": False}, {**job, "is_current": True}
    answer = {"experience": [over, on]} if present == "experience" else {"experience": [over], present: on}
    told = compute_indicators({}, {"company_domain": "quillhaven.example"}, answer, ["quillhaven.example"], as_of=TODAY)
    assert (told["is_worked_at_customer"], told["moved_company"]) == (False, False)
